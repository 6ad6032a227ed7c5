# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message to a webhook: it arrives over TLS that is verified, once, in seconds, and its address is shown by nothing."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings
from ansible_collections.cvops.identity.plugins.module_utils._core.webhook import (
    LONGEST_S,
    list_address_secrets,
    parse_webhook_address,
    send_message,
)

TOKEN = "T0123ABCD/B0456EFGH/aZ9bY8cX7dW6eV5fU4gT3hS2"
PATH = f"/services/{TOKEN}?sig=q1W2e3R4t5Y6u7I8&v=1"


def send(ctx: t.Any, base: str, ca_path: str | None = None, **settings: t.Any) -> str:
    return send_message(
        ctx, f"{base}{PATH}\n", {"text": "ä"}, HttpSettings("The webhook", ca_path=ca_path, environ={}, **settings)
    )


def assert_no_leak(ctx: t.Any, *texts: str) -> None:
    said = " ".join((*texts, *map(str, vars(ctx.reporter).values()), *ctx.warnings))
    for part in (*TOKEN.split("/"), "q1W2e3R4t5Y6u7I8"):
        assert part not in said


def test_a_message_arrives_once_over_tls_that_is_verified(make_ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(status=202, body="accepted"))
    ctx = make_ctx()
    assert send(ctx, secured.server.url, secured.ca_path) == ""
    (got,) = secured.server.received
    assert (got.method, got.path, json.loads(got.body)) == ("POST", PATH, {"text": "ä"})
    assert got.headers["Content-Type"] == "application/json" and "Authorization" not in got.headers
    assert_no_leak(ctx)


def test_a_certificate_of_nobody_knows_whom_gets_no_message(make_ctx: t.Any, secured: t.Any) -> None:
    ctx = make_ctx()
    reason = send(ctx, secured.server.url)
    assert "certificate" in reason and "ca_path" in reason and secured.server.received == []
    assert_no_leak(ctx, reason)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"status": 404, "body": f"no such hook {TOKEN}"}, "answered HTTP 404"),
        ({"status": 500}, "answered HTTP 500"),
        ({"status": 429, "headers": {"Retry-After": "1"}}, "throttling"),
        (
            {"status": 302, "headers": {"Location": f"https://evil.example{PATH}"}},
            "a redirect to https://evil.example",
        ),
        ({"drop": True}, "the connection was lost"),
    ],
)
def test_what_did_not_arrive_is_told_without_the_address_and_not_sent_again(
    make_ctx: t.Any, secured: t.Any, answer: t.Any, said: dict[str, t.Any], expected: str
) -> None:
    secured.server.says(answer(**said))
    ctx = make_ctx()
    reason = send(ctx, secured.server.url, secured.ca_path)
    assert expected in reason
    assert len(secured.server.received) == 1
    assert_no_leak(ctx, reason)


def test_a_webhook_that_does_not_answer_is_given_up_after_seconds(
    make_ctx: t.Any, secured: t.Any, answer: t.Any
) -> None:
    ctx = make_ctx()
    ctx.deadline_at = ctx.clock.monotonic() + 900
    send(ctx, secured.server.url, secured.ca_path)
    assert ctx.deadline_at == ctx.clock.monotonic() + LONGEST_S <= ctx.clock.monotonic() + 10
    secured.server.says(answer(seconds=2))
    short = make_ctx()
    short.deadline_at = short.clock.monotonic() + 0.3
    reason = send(short, secured.server.url, secured.ca_path)
    assert "no answer came in time" in reason or "deadline" in reason
    assert_no_leak(short, reason)


def test_nobody_there_is_told_by_the_host_alone(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    reason = send(ctx, "https://127.0.0.1:9")
    assert "127.0.0.1:9" in reason and "refused" in reason
    assert_no_leak(ctx, reason)


def test_plain_http_is_for_this_machine_and_goes_through_no_proxy(make_ctx: t.Any, server: t.Any) -> None:
    assert send(make_ctx(), server.url, proxy="http://127.0.0.1:9") == ""
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "base",
    [
        "http://hooks.example",
        "http://127.0.0.1.nip.example",
        "ftp://hooks.example",
        "hooks.example",
        "",
        "https://",
        "https://user:hunter22@hooks.example",
        "https://hooks.example\\@evil.example",
        "https://hooks.exam\u200bple",
        "https://hooks.example:99999",
        "javascript:alert(1)",
    ],
)
def test_another_address_is_refused_before_anything_is_sent_and_not_shown(make_ctx: t.Any, base: str) -> None:
    ctx = make_ctx()
    reason = send(ctx, base)
    assert reason.startswith("cvops_notify_url: ")
    assert "hunter22" not in reason
    assert_no_leak(ctx, reason)
    assert ctx.stats.as_result()["writes"] == 0


def test_an_address_with_an_at_sign_behind_the_host_is_one() -> None:
    """As chats have them: /webhookb2/<group>@<tenant>/IncomingWebhook/…"""
    assert (
        parse_webhook_address("https://x.webhook.example/webhookb2/a@b/IncomingWebhook/c").origin
        == "https://x.webhook.example"
    )


def test_all_of_an_address_but_its_host_is_secret() -> None:
    found = list_address_secrets(f"https://hooks.example{PATH}")
    assert {PATH, PATH[1:], "aZ9bY8cX7dW6eV5fU4gT3hS2", "q1W2e3R4t5Y6u7I8", "T0123ABCD"} <= found
    assert not any(part in ("https://hooks.example", "hooks.example", "", "v", "1") for part in found)
