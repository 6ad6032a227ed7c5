# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reading of HTTP answers within limits: bytes before and after decompression, time, and what JSON may hold.

A socket's timeout bounds one wait, not an answer: a server that sends a byte every second is read for ever. So the
socket is read through :class:`BoundedResponse`, which looks at the time left before each wait and counts what came,
status line and headers included.
"""

from __future__ import annotations

import contextlib
import http.client  # noqa: TID251 - the answers that http.py reads
import io
import json
import re
import socket
import threading
import time
import typing as t
import zlib

from .values import AnswerObject
from .visible import escape_invisible, repair_strings

MIB = 1024 * 1024
#: The largest answer, on the wire and decompressed. The largest lists known are below 40 MiB (20,000 servers of a CommCell).
MAX_BYTES = 64 * MIB
#: Values (objects, lists, members, items) in one answer, about one for 19 bytes of such a list; one takes up to 200 bytes of memory.
MAX_VALUES = 4_000_000
#: Characters of one text in an answer.
MAX_TEXT = MIB
#: Levels of objects and lists in one answer; the services use about 12.
MAX_DEPTH = 100
#: A wait is cut into slices, so that a request to stop, or the deadline, is noticed by every thread.
_WAIT_SLICE_S = 0.5
#: Members of one object; those of the services have fewer than a hundred.
MAX_MEMBERS = 10_000
_ZLIB_HEADER_BYTES = 2
_GZIP_MAGIC = b"\x1f\x8b"
_KNOWN_COMPRESSIONS = ("gzip", "x-gzip", "deflate")
#: Other words in Content-Encoding, such as the name of a character set, are mistakes of a server that sends the body as it is.
_COMPRESSIONS = (*_KNOWN_COMPRESSIONS, "br", "zstd", "compress", "x-compress")
#: Above this size answers are parsed one at a time, whatever number of threads has read one: text takes up to four bytes a character.
_LARGE_ANSWER_BYTES = 8 * MIB
_large_answer_lock = threading.Lock()
_STRUCTURE_BYTES = b'"[]{}'
_OTHER_BYTES = bytes(set(range(256)) - set(_STRUCTURE_BYTES))
_BRACES_TO_BRACKETS = bytes.maketrans(b"{}", b"[]")
_STRING = re.compile(rb'"[^"]*"')
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class AnswerRefused(Exception):
    """An answer beyond the limits or in a form that was not asked for; the text says what it is, as a noun phrase."""


class TimeLimit(t.Protocol):
    """What bounds the time in which an answer is read."""

    def remaining_s(self) -> float:
        """Return the seconds until reading must end; 0 when they are over."""


class BoundedResponse(http.client.HTTPResponse):  # noqa: TID251
    """A response that is read within the time of *limit* and within :data:`MAX_BYTES`, from its first byte on."""

    def __init__(self, limit: TimeLimit, sock: socket.socket, *arguments: t.Any, **keywords: t.Any) -> None:
        super().__init__(sock, *arguments, **keywords)
        self.fp.close()
        self.fp = io.BufferedReader(_BoundedSocket(limit, sock))


class _BoundedSocket(io.RawIOBase):
    """The reading side of *sock*. Reading raises TimeoutError past the socket's timeout or the limit, AnswerRefused past the size."""

    def __init__(self, limit: TimeLimit, sock: socket.socket) -> None:
        super().__init__()
        self._limit, self._sock, self._file = limit, sock, sock.makefile("rb", buffering=0)
        self._timeout_s, self._left = sock.gettimeout(), MAX_BYTES + MIB

    def readable(self) -> bool:
        """Return True: http.client asks."""
        return True

    def readinto(self, buffer: t.Any) -> int:
        """Return the number of bytes that came, 0 at the end."""
        give_up_at = None if self._timeout_s is None else time.monotonic() + self._timeout_s
        while True:
            left = self._limit.remaining_s()
            if give_up_at is not None:
                left = min(left, give_up_at - time.monotonic())
            if left <= 0:
                raise TimeoutError("timed out")
            try:
                self._sock.settimeout(min(left, _WAIT_SLICE_S))
                count = self._sock.recv_into(buffer)
            except TimeoutError:
                continue
            finally:
                # The socket may go on to a TLS handshake behind a proxy, which has the whole time again.
                with contextlib.suppress(OSError):
                    self._sock.settimeout(self._timeout_s)
            self._left -= count
            if self._left < 0:
                raise AnswerRefused(f"more than {MAX_BYTES // MIB} MiB")
            return count

    def close(self) -> None:
        """Close the file of the socket; the socket itself stays open."""
        if not self.closed:
            self._file.close()
        super().close()


def read_body(chunks: t.Iterable[bytes], encoding: str, largest: int | None = None) -> bytes:
    """Return the decompressed body.

    *chunks*: the bytes as they came. *encoding*: the header Content-Encoding. *largest*: in bytes, by default MAX_BYTES.
    Raises AnswerRefused.
    """
    largest = MAX_BYTES if largest is None else largest
    codings = [word for word in encoding.lower().replace(" ", "").split(",") if word in _COMPRESSIONS]
    if len(codings) > 1 or (codings and codings[0] not in _KNOWN_COMPRESSIONS):
        raise AnswerRefused(f"the content encoding {escape_invisible(encoding)[:60]!r}, which was not requested")
    out = bytearray()
    for piece in _inflate_chunks(chunks, codings[0]) if codings else chunks:
        out += piece
        if len(out) > largest:
            raise AnswerRefused(f"more than {largest // MIB} MiB{' after decompression' if codings else ''}")
    return bytes(out)


def _inflate_chunks(chunks: t.Iterable[bytes], coding: str) -> t.Iterator[bytes]:
    """Yield decompressed pieces of at most a MiB each, so that a small chunk cannot become a large one unseen.

    gzip may have several members; what is no member behind one is padding, which is read and left out.
    """
    inflater: t.Any = None
    pending, members, ended = b"", 0, False
    for chunk in chunks:
        pending = b"" if ended else pending + chunk
        while pending:
            if inflater is None:
                ended = members > 0 and (coding == "deflate" or not _GZIP_MAGIC.startswith(pending[: len(_GZIP_MAGIC)]))
                if ended or len(pending) < _ZLIB_HEADER_BYTES:
                    break
                inflater = _create_inflater(coding, pending)
            try:
                piece = inflater.decompress(pending, MIB)
            except zlib.error as exc:
                raise AnswerRefused("a damaged compressed body") from exc
            yield piece
            pending = inflater.unconsumed_tail
            if inflater.eof:
                pending, inflater, members = inflater.unused_data, None, members + 1
    if inflater is not None or (pending and not members):
        raise AnswerRefused("a compressed body that ends too early")


def _create_inflater(coding: str, start: bytes) -> t.Any:
    """Return a decompressor for gzip, or for deflate with its frame (RFC 1950) or, as some servers send it, without."""
    if coding != "deflate":
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    framed = start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:_ZLIB_HEADER_BYTES], "big") % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if framed else -zlib.MAX_WBITS)


def parse_json(content: bytes, *, has_unique_keys: bool = False) -> t.Any:
    """Return the value of a JSON text, its strings free of half surrogates. Raises ValueError, and AnswerRefused beyond the limits.

    *has_unique_keys*: raise ValueError, too, for an object with a key twice, which another reader may take for the other one.
    Bytes that are no UTF-8 are replaced. NaN, infinities and numbers of thousands of digits are refused: no service sends them.
    """
    with _large_answer_lock if len(content) > _LARGE_ANSWER_BYTES else contextlib.nullcontext():
        return _parse_within_limits(content, has_unique_keys)


def check_unique_keys(pairs: t.Sequence[tuple[str, t.Any]]) -> dict[str, t.Any]:
    """Return the members of an object. Raises ValueError for a key that stands twice."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object has a key twice")
    return members


def _parse_within_limits(content: bytes, has_unique_keys: bool) -> t.Any:
    """Return the value of a JSON text. Raises as :func:`parse_json`; numbers of values, lengths and depth are checked before parsing."""
    counted = max(
        content.count(b",") + content.count(b"[") + content.count(b"{"), content.count(b"]") + content.count(b"}")
    )
    if counted > MAX_VALUES:
        raise AnswerRefused(f"JSON of more than {MAX_VALUES} values")
    unescaped = content.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in content else content
    if _has_longer_text(unescaped, MAX_TEXT):
        raise AnswerRefused(f"JSON with a text of more than {MAX_TEXT // MIB} MiB")
    if _is_nested_deeper(unescaped, MAX_DEPTH):
        raise AnswerRefused(f"JSON of more than {MAX_DEPTH} levels")
    text = content.decode("utf-8-sig", "replace")
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_parse_finite_float,
            object_hook=_build_answer_object,
            object_pairs_hook=_build_unique_object if has_unique_keys else None,
        )
    except RecursionError as exc:
        raise AnswerRefused("JSON of too many levels") from exc
    return _convert_to_answer_objects(repair_strings(value)) if _ESCAPED_SURROGATE.search(text) else value


def _has_longer_text(unescaped: bytes, longest: int) -> bool:
    """Return True when more than *longest* bytes in a row have no quote; *unescaped*: JSON without escaped quotes."""
    at = 0
    while len(unescaped) - at > longest:
        quote = unescaped.rfind(b'"', at, at + longest + 1)
        if quote < 0:
            return True
        at = quote + 1
    return False


def _is_nested_deeper(unescaped: bytes, depth: int) -> bool:
    """Return True when brackets nest deeper than *depth*.

    Strings are left out, then innermost pairs are taken away, level by level.
    """
    if unescaped.count(b"[") + unescaped.count(b"{") <= depth:
        return False
    left = _STRING.sub(b"", unescaped.translate(_BRACES_TO_BRACKETS, _OTHER_BYTES))
    for dummy in range(depth):
        fewer = left.replace(b"[]", b"")
        if len(fewer) == len(left):
            break
        left = fewer
    return b"[" in left


def _build_answer_object(members: dict[str, t.Any]) -> AnswerObject:
    """Return *members* as an AnswerObject. Raises AnswerRefused for more members than any object of a service has."""
    if len(members) > MAX_MEMBERS:
        raise AnswerRefused(f"JSON with an object of more than {MAX_MEMBERS} members")
    return AnswerObject(members)


def _build_unique_object(pairs: t.Sequence[tuple[str, t.Any]]) -> AnswerObject:
    return _build_answer_object(check_unique_keys(pairs))


def _convert_to_answer_objects(value: t.Any) -> t.Any:
    """Return *value*, of builtin types, with AnswerObjects in place of its dictionaries."""
    if isinstance(value, dict):
        return AnswerObject({name: _convert_to_answer_objects(item) for name, item in value.items()})
    if isinstance(value, list):
        return [_convert_to_answer_objects(item) for item in value]
    return value


def _refuse_constant(name: str) -> t.NoReturn:
    """Raise ValueError for NaN and the infinities, which Python's parser accepts."""
    raise ValueError(f"{name} is no JSON")


def _parse_finite_float(digits: str) -> float:
    """Return the number. Raises ValueError for one that becomes infinite."""
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number out of range")
    return number
