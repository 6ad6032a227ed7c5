# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers: their parts, and the errors for those that are not what a service sends."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._core.reply import Reply


def reply(content: bytes = b"{}", method: str = "GET", status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(method, "https://service.example/a/b?secret=1", status, named, content, "ours", "Service")


def test_the_path_has_neither_host_nor_query() -> None:
    assert reply().path == "/a/b"


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, "ours"),
        ({"request_id": "theirs"}, "theirs"),
        ({"x_ms_request_id": "theirs"}, "theirs"),
        ({"request_id": "x" * 500}, "x" * 128 + "…"),
    ],
)
def test_the_id_of_a_request(headers: dict[str, str], found: str) -> None:
    assert reply(**headers).request_id == found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty body"),
        (b" \n", "an empty body"),
        (b"<html><title>Sign in\n here</title>", "an HTML page titled"),
        (b"\xff\xfe", "2 bytes of text/plain instead of JSON"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_no_json_is_named_without_its_content(content: bytes, said: str, method: str) -> None:
    with pytest.raises(BadAnswer, match=said) as bad:
        reply(content, method, content_type="text/plain").json()
    assert bad.value.may_have_acted is (method == "POST")
    assert bad.value.facts["path"] == "/a/b" and "secret" not in str(bad.value) and "\n" not in str(bad.value)


@pytest.mark.parametrize(
    ("told_s", "headers", "said", "quota"),
    [
        (None, {}, "It does not say how long to wait.", None),
        (0.0, {}, "It asks to wait 0 s.", None),
        (7.4, {"x_ratelimit_limit": "60"}, "It asks to wait 7 s. Its quota is 60 per period.", 60),
        (7.4, {"x_ratelimit_limit": "60", "x_ratelimit_period": "1m"}, "Its quota is 60 per 1m.", 60),
        (7.4, {"x_ratelimit_limit": "many"}, "It asks to wait 7 s.", None),
    ],
)
def test_a_service_that_asks_to_wait(
    told_s: float | None, headers: dict[str, t.Any], said: str, quota: int | None
) -> None:
    error = reply(status=429, **headers).build_throttled(told_s)
    assert str(error).startswith("Service is throttling GET /a/b. ") and str(error).endswith(said)
    assert (error.facts.get("retry_after_s"), error.facts.get("quota"), error.facts.get("code")) == (
        told_s,
        quota,
        "429",
    )


@pytest.mark.parametrize(
    ("content", "content_type", "told"),
    [
        (b"", "text/html", "an empty body"),
        (b" \r\n\t", None, "an empty body"),
        (b"nothing here", None, "12 bytes of unnamed type instead of JSON"),
        (b"<html>no title", "text/html; charset=utf-8", "14 bytes of text/html; charset=utf-8 instead of JSON"),
        (b"<TITLE>\x1b[31m Gate\n way</title>", "text/html", "an HTML page titled '\\\\x1b[31m Gate way'"),
        (b"x" * 20_000 + b"<title>late</title>", "text/html", "20019 bytes of text/html instead of JSON"),
    ],
)
def test_a_body_is_described_without_its_content(content: bytes, content_type: str | None, told: str) -> None:
    named = {"content_type": content_type} if content_type else {}
    assert reply(content, **named).describe_body() == told


@pytest.mark.parametrize(("method", "acted"), [("GET", False), ("POST", True), ("DELETE", True)])
def test_an_answer_that_cannot_be_read_may_be_that_of_a_write(method: str, acted: bool) -> None:
    error = reply(method=method, status=502).build_bad_answer("an empty body")
    assert error.may_have_acted is acted
    assert error.facts == {
        "service": "Service",
        "status": 502,
        "request_id": "ours",
        "method": method,
        "path": "/a/b",
    }
    assert str(error).startswith(f"Service answered {method} /a/b (HTTP 502) with an empty body.")


@pytest.mark.parametrize("content", [b'{"a": NaN}', b"[1e999]", b"{", b"\xff", b'{"a": 1} x'])
def test_what_a_parser_would_take_or_leave_is_refused_as_one_error(content: bytes) -> None:
    with pytest.raises(BadAnswer):
        reply(content).json()


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert reply(b"a\xffb").text == "a\ufffdb"
    assert reply(b'{"a": "x\xff"}').json() == {"a": "x\ufffd"}
