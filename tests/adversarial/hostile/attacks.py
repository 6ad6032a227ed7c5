# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hostile service does with one request: bytes on the wire, headers, bodies, structures."""

from __future__ import annotations

import base64
import gzip
import json
import typing as t
import urllib.parse
import zlib

from .proxy import Exchange, Serve

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNK = b"100000\r\n" + b" " * 0x100000 + b"\r\n"


# -- on the wire


def raw(*parts: bytes, linger_s: float = 0.0) -> Serve:
    """Exactly these bytes, then the end of the connection."""

    def serve(ex: Exchange) -> None:
        for part in parts:
            ex.send(part)
        if linger_s:
            ex.pause(linger_s)

    return serve


def endless(head: bytes, piece: bytes) -> Serve:
    """The head once, the piece for ever: some 30 megabytes a second, so that what takes them all in is seen and the machine lives."""

    def serve(ex: Exchange) -> None:
        ex.send(head)
        while ex.pause(0.002):
            ex.send(piece)

    return serve


def trickled(head: bytes, piece: bytes, pause_s: float = 0.3) -> Serve:
    """The head once, the piece for ever, slowly enough to outlast every timeout between two bytes."""

    def serve(ex: Exchange) -> None:
        ex.send(head)
        while ex.pause(pause_s):
            ex.send(piece)

    return serve


def silent(head: bytes) -> Serve:
    """The head, then nothing."""

    def serve(ex: Exchange) -> None:
        ex.send(head)
        while ex.pause(0.5):
            pass

    return serve


def reset_after(head: bytes) -> Serve:
    """The head, then a reset."""

    def serve(ex: Exchange) -> None:
        if head:
            ex.send(head)
        ex.reset()

    return serve


def body(content: bytes, status: int = 200, **headers: str) -> Serve:
    """A well-formed answer with this body; underscores in header names stand for hyphens."""

    def serve(ex: Exchange) -> None:
        ex.answer(status, content, [(name.replace("_", "-"), value) for name, value in headers.items()])

    return serve


def compressed(encoding: str, make: t.Callable[[], bytes]) -> Serve:
    """A body under a Content-Encoding, made when it is needed."""

    def serve(ex: Exchange) -> None:
        ex.answer(200, make(), [("Content-Encoding", encoding)])

    return serve


def zeros(mebibytes: int, wbits: int) -> bytes:
    """Blanks, compressed a thousandfold: a bomb."""
    packer, piece = zlib.compressobj(9, zlib.DEFLATED, wbits), b" " * (1 << 20)
    return b"".join(packer.compress(piece) for _number in range(mebibytes)) + packer.flush()


def real_gzip(ex: Exchange) -> bytes:
    return gzip.compress(ex.relay().body)


# -- the true answer, changed


def relayed(change: t.Callable[[bytes], bytes]) -> Serve:
    """The true answer, its body changed as bytes."""

    def serve(ex: Exchange) -> None:
        true = ex.relay()
        ex.answer(true.status, change(true.body), true.headers)

    return serve


def changed(change: t.Callable[[t.Any], t.Any]) -> Serve:
    """The true answer, changed as a structure; one that is no JSON stays."""

    def serve(ex: Exchange) -> None:
        true = ex.relay()
        try:
            content = json.dumps(change(json.loads(true.body))).encode()
        except ValueError:
            content = true.body
        ex.answer(true.status, content, true.headers)

    return serve


def with_headers(*more: tuple[str, str], status: int | None = None) -> Serve:
    """The true answer with more headers."""

    def serve(ex: Exchange) -> None:
        true = ex.relay()
        given = {name.lower() for name, _value in more}
        kept = [(name, value) for name, value in true.headers if name.lower() not in given]
        ex.answer(status or true.status, true.body, [*kept, *more])

    return serve


def echoed(how: str) -> Serve:
    """A refusal that quotes the request, in one of the forms in which gateways quote."""

    def serve(ex: Exchange) -> None:
        said = ex.request.text
        if how == "base64":
            said = base64.b64encode(said.encode()).decode()
        elif how == "percent":
            said = urllib.parse.quote(said)
        elif how == "python":
            said = repr(said)
        elif how == "json":
            said = json.dumps(said)
        ex.answer(400, json.dumps(error_shapes(said, "BadRequest")).encode())

    return serve


def error_shapes(text: t.Any, code: t.Any) -> dict[str, t.Any]:
    """The errors of all services in one body: each client finds its own."""
    return {
        "error": {
            "code": code,
            "message": text,
            "innerError": {"message": text, "request-id": text},
            "errorMessage": text,
        },
        "error_description": text,
        "error_codes": [code],
        "correlation_id": text,
        "timestamp": text,
        "errors": [text],
        "errList": [{"errorCode": 5, "errLogMessage": text}],
        "errorCode": 7,
        "errorMessage": text,
        "errorString": text,
        "detail": text,
        "warningMessage": text,
        "response": [{"errorCode": 7, "errorString": text, "warningMessage": text}],
        "message": text,
    }


def token_error(text: t.Any, code: t.Any) -> dict[str, t.Any]:
    """The error of the token service and of managed identities."""
    return {**error_shapes(text, code), "error": code}


# -- structures

_SWAPS: dict[str, t.Any] = {
    "text": "text",
    "number": 7,
    "negative": -1,
    "float": 1.5,
    "true": True,
    "null": None,
    "list": ["x"],
    "list-of-lists": [[["x"]]],
    "object": {"x": {"y": 1}},
}


def swapped(kind: str) -> t.Callable[[t.Any], t.Any]:
    """Every value below the top, of whatever type, replaced by one of *kind*; the keys stay."""

    def change(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {key: _SWAPS[kind] for key in value}
        return [_SWAPS[kind] for _item in value] if isinstance(value, list) else _SWAPS[kind]

    return change


def swapped_leaves(kind: str) -> t.Callable[[t.Any], t.Any]:
    """Every leaf replaced; the containers stay."""

    def change(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {key: change(item) for key, item in value.items()}
        if isinstance(value, list):
            return [change(item) for item in value]
        return _SWAPS[kind]

    return change


def swapped_items(kind: str) -> t.Callable[[t.Any], t.Any]:
    """The items of all lists replaced."""

    def change(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {key: change(item) for key, item in value.items()}
        return [_SWAPS[kind] for _item in value] or [_SWAPS[kind]] if isinstance(value, list) else value

    return change


def swapped_key(name: str, kind: str) -> t.Callable[[t.Any], t.Any]:
    """The value of one key, wherever it stands, replaced; ``missing`` takes it out."""

    def change(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            kept = value.items() if kind != "missing" else [pair for pair in value.items() if pair[0] != name]
            return {key: _SWAPS[kind] if key == name else change(item) for key, item in kept}
        return [change(item) for item in value] if isinstance(value, list) else value

    return change


def keys_of(value: t.Any) -> set[str]:
    """All keys of a structure."""
    if isinstance(value, dict):
        return set(value) | {key for item in value.values() for key in keys_of(item)}
    return {key for item in value for key in keys_of(item)} if isinstance(value, list) else set()


def texts_replaced(text: str, extend: bool = False) -> t.Callable[[t.Any], t.Any]:
    """Every text but ids, addresses and times replaced, or extended."""

    def change(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {key: item if _is_protocol(key) else change(item) for key, item in value.items()}
        if isinstance(value, list):
            return [change(item) for item in value]
        if isinstance(value, str):
            return value + text if extend else text
        return value

    return change


_PROTOCOL = frozenset(
    (
        "id",
        "appid",
        "keyid",
        "token",
        "access_token",
        "token_type",
        "client_token",
        "expires_on",
        "expires_in",
        "resource",
        "type",
        "guid",
        "issuer",
    )
)


def _is_protocol(key: str) -> bool:
    lowered = key.lower()
    return (
        lowered in _PROTOCOL
        or lowered.startswith("@odata")
        or lowered.endswith(("id", "guid", "endpoint", "datetime", "uri"))
    )


def put(**values: t.Any) -> t.Callable[[t.Any], t.Any]:
    """Members set at the top."""
    return lambda value: {**value, **values} if isinstance(value, dict) else value
