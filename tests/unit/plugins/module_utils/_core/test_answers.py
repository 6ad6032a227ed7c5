# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers without measure: endless, trickling, exploding, bottomless; read to a limit, and called what they are."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socket
import threading
import time
import typing as t
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core import answers as subject
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, BadAnswer, WaitTimeout
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import RetryPolicy

Chunks = t.Iterable[bytes]
HANGING_S = 60.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextlib.contextmanager
def raw_server(sends: Callable[[], Chunks]) -> Iterator[str]:
    """The address of a server that answers each request with the chunks of ``sends()``, whatever they are."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve(peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            peer.recv(65536)
            for chunk in sends():
                if ended.is_set():
                    return
                peer.sendall(chunk)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.close()


def trickle(prefix: bytes, drop: bytes = b" ") -> Chunks:
    """*prefix*, then a little all the time."""
    yield prefix
    while True:
        time.sleep(0.05)
        yield drop


def endless(prefix: bytes, block: bytes) -> Chunks:
    yield prefix
    while True:
        yield block


def ask(make_ctx: t.Any, url: str, deadline_s: float, **settings: t.Any) -> t.Any:
    ctx = make_ctx(clock=Clock())
    ctx.deadline_at = ctx.clock.monotonic() + deadline_s
    usual = {"service": "Service", "policy": RetryPolicy(tries=1), "environ": {}, "timeout_s": 30.0}
    try:
        return Transport(ctx, HttpSettings(**{**usual, **settings})).request("GET", url)
    finally:
        ctx.close()


@pytest.mark.parametrize(
    "sends",
    [
        lambda: trickle(HEAD + b"Content-Length: 100000\r\n\r\n"),
        lambda: trickle(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        lambda: trickle(HEAD + b"\r\n"),
        lambda: trickle(HEAD, b"X"),
        lambda: trickle(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
        lambda: trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        lambda: trickle(b""),
    ],
    ids=["body", "chunks", "no length", "header line", "headers", "1xx", "status line"],
)
def test_an_answer_that_trickles_ends_at_the_deadline(make_ctx: t.Any, sends: Callable[[], Chunks]) -> None:
    with raw_server(sends) as url:
        began = time.monotonic()
        with pytest.raises(ApiError) as caught:
            ask(make_ctx, url, 1.0)
    assert time.monotonic() - began < HANGING_S
    assert caught.value.kind in ("unreachable", "bad_answer")


def test_a_proxy_that_trickles_ends_at_the_deadline(make_ctx: t.Any) -> None:
    with raw_server(lambda: trickle(b"HTTP/1.1 200 OK\r\n", b"X")) as url, pytest.raises(ApiError):
        ask(make_ctx, "https://localhost/", 1.0, proxy=url)


@pytest.mark.parametrize(
    "sends",
    [
        lambda: endless(HEAD + b"\r\n", b" " * 65536),
        lambda: endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"),
    ],
    ids=["no length", "chunks"],
)
def test_an_answer_without_end_is_not_read_beyond_the_limit(
    make_ctx: t.Any, sends: Callable[[], Chunks], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "MAX_BYTES", 2 * subject.MIB)
    with raw_server(sends) as url, pytest.raises(BadAnswer, match="more than 2 MiB"):
        ask(make_ctx, url, HANGING_S)


def test_a_chunk_size_without_end_is_not_read_beyond_the_limit(make_ctx: t.Any) -> None:
    with (
        raw_server(lambda: endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1" * 65536)) as url,
        pytest.raises(ApiError),
    ):
        ask(make_ctx, url, HANGING_S)


def bomb(coding: str, size: int) -> bytes:
    data = b" " * size
    return gzip.compress(data, mtime=0) if coding == "gzip" else zlib.compress(data)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_explodes_is_stopped(make_ctx: t.Any, coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MAX_BYTES", 2 * subject.MIB)
    content = bomb(coding, 64 * subject.MIB)
    assert len(content) < subject.MIB
    answer = HEAD + f"Content-Encoding: {coding}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
    with raw_server(lambda: [answer]) as url, pytest.raises(BadAnswer, match="more than 2 MiB after decompression"):
        ask(make_ctx, url, HANGING_S)


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0)),
        ("x-gzip", gzip.compress(b'{"a"', mtime=0) + gzip.compress(b": 1}", mtime=0)),
        ("GZIP", gzip.compress(b'{"a": 1}', mtime=0)),
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0) + b"\0\0\r\n"),
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0) + b"\x1f"),
        ("UTF-8", b'{"a": 1}'),
        ("none", b'{"a": 1}'),
        ("deflate", zlib.compress(b'{"a": 1}')),
        ("deflate", zlib.compress(b'{"a": 1}')[2:-4]),
        ("identity", b'{"a": 1}'),
        ("", b'{"a": 1}'),
    ],
)
def test_the_usual_encodings_are_decompressed(encoding: str, content: bytes) -> None:
    """In pieces of any size."""
    for size in (1, 3, len(content)):
        chunks = (content[start : start + size] for start in range(0, len(content), size))
        assert subject.read_body(chunks, encoding) == b'{"a": 1}'


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "deflate,gzip", "\x1b[2K,br"])
def test_encodings_that_were_not_asked_for(encoding: str) -> None:
    with pytest.raises(subject.AnswerRefused, match="not requested") as caught:
        subject.read_body([b"x"], encoding)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"x" * 500, mtime=0)[:-9], gzip.compress(b"x", mtime=0)[:12]]
)
def test_broken_compression_is_refused(content: bytes) -> None:
    with pytest.raises(subject.AnswerRefused, match="damaged|ends too early"):
        subject.read_body([content], "gzip")


def test_a_redirect_with_a_bomb_is_not_read(make_ctx: t.Any) -> None:
    """Libraries read what a redirect carries before they say that they do not follow it."""
    head = b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Encoding: gzip\r\n\r\n"
    refused = pytest.raises(BadAnswer, match="a redirect to an address that cannot be read")
    with raw_server(lambda: endless(head, bomb("gzip", 8 * subject.MIB))) as url, refused:
        ask(make_ctx, url, HANGING_S)


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + closing * depth).encode()


@pytest.mark.parametrize(
    "content",
    [
        nested(200_000),
        nested(101),
        nested(1_000, '{"a":', "}")[:-1000] + b"1" + b"}" * 1000,
        b'{"value":' + nested(150) + b"}",
        b"[" * 101,
        b'["' + b"\\" * 2 + b'",' + nested(200) + b"]",
    ],
)
def test_json_that_is_too_deep(content: bytes) -> None:
    with pytest.raises(subject.AnswerRefused, match="levels"):
        subject.parse_json(content)


@pytest.mark.parametrize(
    "content",
    [
        nested(100),
        json.dumps(["[" * 500, '"' * 3, "\\" * 5, '\\"[', "{" * 500]).encode(),
        json.dumps([[["["]] * 1000, {"}": "]]]]" * 100}] * 3).encode(),
    ],
)
def test_what_is_no_json_is_refused(content: bytes) -> None:
    assert subject.parse_json(content) == json.loads(content)


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MAX_VALUES", 10)
    with pytest.raises(subject.AnswerRefused, match="10 values"):
        subject.parse_json(b"[" + b"1," * 10 + b"1]")


@pytest.mark.parametrize(
    "content",
    [b"NaN", b'{"a": -Infinity}', b"1e999999", b"[-1e400]", b"1" * 5000, b"\xff\xfe\x00", b"{broken", b'{"a":1}x'],
)
def test_what_is_no_json(content: bytes) -> None:
    with pytest.raises(ValueError):
        subject.parse_json(content)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1.5}', {"a": 1.5}),
        (b'{"a": "b\xffc"}', {"a": "b\ufffdc"}),
        (b'["\\ud83d\\ude00", "\\ud800", "\\udc00\\ud800x"]', ["\U0001f600", "\ufffd", "\ufffd\ufffdx"]),
        (b'{"\\udfff": {"b": ["\\ud800"]}}', {"\ufffd": {"b": ["\ufffd"]}}),
        (b'["\\\\ud800"]', ["\\ud800"]),
    ],
)
def test_texts_are_made_whole(content: bytes, value: t.Any) -> None:
    assert subject.parse_json(content) == value


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON_VALUES, st.booleans())
def test_any_json_is_read_as_it_is(value: t.Any, ascii_only: bool) -> None:
    content = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    if "\\ud" not in content.decode("utf-8", "replace").lower():
        assert subject.parse_json(content) == json.loads(content)


@given(JSON_VALUES, st.integers(1, 12))
def test_depth_is_counted_as_a_parser_would(value: t.Any, limit: int) -> None:
    def depth(item: t.Any) -> int:
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    unescaped = json.dumps(value).encode().replace(b"\\\\", b"").replace(b'\\"', b"")
    assert subject._is_nested_deeper(unescaped, limit) is (depth(value) > limit)


@pytest.mark.parametrize(
    ("content", "longest"),
    [
        (b'["' + b"x" * 11 + b'"]', True),
        (b'["' + b"x" * 9 + b'", "' + b"y" * 9 + b'"]', False),
        (b"", False),
        (b'""' * 50, False),
    ],
)
def test_a_text_longer_than_the_limit_is_found(content: bytes, longest: bool) -> None:
    assert subject._has_longer_text(content, 10) is longest


def test_a_long_text_is_refused_whatever_is_escaped_in_it() -> None:
    with pytest.raises(subject.AnswerRefused, match="a text of more than 1 MiB"):
        subject.parse_json(b'["' + b'\\"' * 10 + b"x" * subject.MAX_TEXT + b'x"]')
    assert subject.parse_json(json.dumps(["x" * 1000] * 2000).encode()) == ["x" * 1000] * 2000


def test_closing_brackets_alone_cost_little() -> None:
    with pytest.raises(subject.AnswerRefused):
        subject.parse_json(b"[" * 1_000_000 + b"]" * 5_000_000)
    with pytest.raises(subject.AnswerRefused):
        subject.parse_json(b"[" * 101 + b"]" * 3_000_000)


class SlowProxy(threading.Thread):
    """Answers CONNECT, and lets the TLS handshake that follows begin late."""

    def __init__(self, target: int, pause_s: float) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.target, self.pause_s = target, pause_s
        self.start()

    def run(self) -> None:
        near, dummy = self.listener.accept()
        near.recv(65536)
        near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        far = socket.create_connection(("127.0.0.1", self.target))
        time.sleep(self.pause_s)
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)


def test_a_tls_handshake_behind_a_proxy_has_the_whole_time(make_ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    """Reading the proxy's answer to CONNECT in slices left the socket with the timeout of a slice."""
    secured.server.says(answer(body={"a": 1}))
    proxy = SlowProxy(secured.server.port, 1.2)
    reply = ask(make_ctx, secured.server.url, HANGING_S, proxy=proxy.url, ca_path=secured.ca_path)
    assert reply.json() == {"a": 1}
    proxy.listener.close()


def test_nothing_is_sent_after_the_deadline(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    """Else pages that name a next page for ever are read for ever."""
    server.says(answer(body={}))
    ctx = make_ctx({"deadline": 5})
    ctx.deadline_at = ctx.clock.monotonic() + 5
    transport = Transport(ctx, HttpSettings(service="Service", environ={}))
    for dummy in itertools.repeat(None, 3):
        transport.request("GET", server.url)
    ctx.clock.passed += 5
    with pytest.raises(WaitTimeout, match="time limit of 5 s"):
        transport.request("GET", server.url)
    assert transport.request("POST", server.url, closing=True).status == 200, "tidying up is allowed"
    assert len(server.received) == 4
    ctx.close()


def test_no_request_leaves_the_origins(make_ctx: t.Any, server: t.Any) -> None:
    transport = Transport(
        make_ctx(), HttpSettings(service="Service", environ={}, origins=frozenset(["https://graph.example"]))
    )
    for address in (
        server.url,
        "https://graph.example.evil/",
        "https://u:p@graph.example/",
        "http://graph.example/",
        "http://[",
    ):
        with pytest.raises(BadAnswer, match="nothing is sent there") as caught:
            transport.request("GET", address)
        assert "u:p" not in str(caught.value)
    assert not server.received


def test_tidying_up_does_not_shorten_what_comes_after(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(body={}))
    ctx = make_ctx(clock=Clock())
    transport = Transport(ctx, HttpSettings(service="Service", environ={}, timeout_s=20.0))
    transport.request("POST", server.url, closing=True)
    assert transport._compute_timeouts()[1] == 20.0
    ctx.close()


@pytest.mark.parametrize("content", [b'{"a": [{"b": {}}]}', b'{"a": [{"b": {"\\ud800": 1}}]}'])
def test_a_member_that_is_missing_is_the_answers_fault(content: bytes) -> None:
    answered = subject.parse_json(content)
    with pytest.raises(BadAnswer, match="An answer has an object without appId"):
        answered["a"][0]["b"]["appId"]
    assert answered.get("x") is None
    assert set(answered) == {"a"}


def test_an_object_with_too_many_members() -> None:
    members = {str(number): 0 for number in range(subject.MAX_MEMBERS)}
    assert subject.parse_json(json.dumps(members).encode()) == members
    with pytest.raises(subject.AnswerRefused, match="members"):
        subject.parse_json(json.dumps([{**members, "one more": 0}]).encode())
