# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transport against a small local server: what goes out, what comes back, what is tried again."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core import http as subject
from ansible_collections.cvops.identity.plugins.module_utils._core.context import CountAs
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    BadAnswer,
    Cancelled,
    MissingLibrary,
    Throttled,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport, describe_proxy, find_proxies
from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import Repeat, RetryPolicy

QUICK = RetryPolicy(tries=3)


class Keys:
    """Credentials that can be renewed ``renewals`` times."""

    def __init__(self, renewals: int = 1) -> None:
        self.number, self.left = 1, renewals

    def build_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer token-number-{self.number}"}

    def renew(self) -> bool:
        if not self.left:
            return False
        self.left -= 1
        self.number += 1
        return True


def transport(ctx: t.Any, keys: Keys | None = None, **settings: t.Any) -> Transport:
    return Transport(ctx, HttpSettings(**{"service": "Service", "policy": QUICK, "environ": {}, **settings}), keys)


def counted(ctx: t.Any) -> dict[str, t.Any]:
    return {name: value for name, value in ctx.stats.as_result().items() if value and name != "waited_s"}


def test_one_connection_is_kept(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(body={"n": 1}))
    ctx = make_ctx()
    service = transport(ctx)
    replies = [service.request("GET", f"{server.url}/one", params={"q": "a b"}) for dummy in range(3)]
    service.request("POST", f"{server.url}/two", json_body={"ü": 1})
    assert [reply.json() for reply in replies] == [{"n": 1}] * 3
    assert len({request.peer for request in server.received}) == 1
    assert server.received[0].path == "/one?q=a+b"
    assert json.loads(server.received[3].body) == {"ü": 1}
    assert counted(ctx) == {"reads": 3, "writes": 1}
    ctx.close()


@pytest.mark.parametrize(
    ("method", "count_as", "expected"),
    [
        ("GET", CountAs.METHOD, {"reads": 1}),
        ("HEAD", CountAs.METHOD, {"reads": 1}),
        ("DELETE", CountAs.METHOD, {"writes": 1}),
        ("POST", CountAs.READ, {"reads": 1}),
        ("GET", CountAs.WRITE, {"writes": 1}),
        ("POST", CountAs.NOTHING, {}),
    ],
)
def test_a_request_counts_where_it_is_asked_to(
    make_ctx: t.Any, server: t.Any, method: str, count_as: CountAs, expected: dict[str, int]
) -> None:
    ctx = make_ctx()
    transport(ctx).request(method, server.url, count_as=count_as)
    assert counted(ctx) == expected


def test_a_request_that_is_tried_again_counts_once(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(503), answer(503), answer(200))
    ctx = make_ctx()
    assert transport(ctx).request("GET", server.url).tries == 3
    assert counted(ctx) == {"reads": 1, "retries": 2}


def test_the_tries_of_one_request_share_an_id_that_is_sent_and_told(
    make_ctx: t.Any, server: t.Any, answer: t.Any
) -> None:
    server.says(answer(503), answer(200, headers={"request-id": "theirs"}), answer(200))
    ctx = make_ctx()
    service = transport(ctx)
    first, second = service.request("GET", server.url), service.request("GET", server.url)
    sent = [request.headers["client-request-id"] for request in server.received]
    assert sent[0] == sent[1] == first.correlation_id != sent[2], "tries of one request share its id"
    assert (first.request_id, second.request_id) == ("theirs", sent[2])
    assert first.correlation_id in "\n".join(ctx.reporter.lines)
    transport(make_ctx(), correlation_header="traceparent").request("GET", server.url)
    version, trace, parent, flags = server.received[-1].headers["traceparent"].split("-")
    assert (version, flags, len(trace), len(parent)) == ("00", "01", 32, 16)


def test_no_secret_is_said(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(503), answer(400, body={"password": "in the answer"}))
    ctx = make_ctx(secrets={"known-secret"})
    body = {"password": "in the body", "note": "known-secret"}
    transport(ctx, Keys()).request("PATCH", f"{server.url}/x", json_body=body)
    said = "\n".join(ctx.reporter.lines)
    assert "PATCH" in said
    for secret in ("token-number", "in the body", "known-secret", "in the answer"):
        assert secret not in said


def test_a_refused_token_is_renewed_once(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(401), answer(200))
    ctx = make_ctx()
    assert transport(ctx, Keys()).request("POST", server.url).status == 200
    assert [request.headers["Authorization"][-1] for request in server.received] == ["1", "2"]
    server.says(answer(401))
    assert transport(ctx, Keys(renewals=5)).request("GET", server.url).status == 401
    assert len(server.received) == 2
    server.says(answer(401))
    assert transport(ctx, Keys(renewals=0)).request("GET", server.url).status == 401
    assert len(server.received) == 1


def test_an_unauthenticated_request_carries_no_token(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(401))
    transport(make_ctx(), Keys()).request("GET", server.url, authenticated=False)
    assert len(server.received) == 1
    assert "Authorization" not in server.received[0].headers


def test_netrc_and_cookies_are_not_used(
    make_ctx: t.Any, server: t.Any, answer: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login somebody password theirs\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.says(answer(headers={"Set-Cookie": "session=1; Path=/"}))
    service = transport(make_ctx())
    for dummy in range(2):
        service.request("GET", server.url)
    assert all("Authorization" not in request.headers for request in server.received)
    assert all("Cookie" not in request.headers for request in server.received)


def test_a_redirect_is_refused(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(302, headers={"Location": "https://login.example/?x=1"}))
    with pytest.raises(BadAnswer, match="a redirect to https://login.example, which is not followed"):
        transport(make_ctx(), Keys()).request("GET", server.url)
    server.says(answer(307, headers={"Location": "/elsewhere"}))
    with pytest.raises(BadAnswer, match="another path of the same host"):
        transport(make_ctx(), Keys()).request("GET", server.url)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("", "application/json", "an empty body"),
        ("  \n", "application/json", "an empty body"),
        (
            "<html><head><TITLE> 502 Bad Gateway </TITLE></head>secret words</html>",
            "text/html",
            "an HTML page titled '502 Bad Gateway'",
        ),
        ("<html>secret words</html>", "text/html", "25 bytes of text/html instead of JSON"),
        ("{broken secret words", "application/json", "20 bytes of application/json instead of JSON"),
        (b"\xff\xfe\x00", "image/png", "3 bytes of image/png instead of JSON"),
    ],
)
def test_answers_that_are_no_json(
    make_ctx: t.Any, server: t.Any, answer: t.Any, body: t.Any, kind: str, said: str
) -> None:
    server.says(answer(200, body=body, headers={"Content-Type": kind}))
    reply = transport(make_ctx()).request("POST", f"{server.url}/things?token=x")
    with pytest.raises(BadAnswer) as bad:
        reply.json()
    assert f"Service answered POST /things (HTTP 200) with {said}." in str(bad.value)
    assert "secret words" not in str(bad.value)
    assert bad.value.may_have_acted
    assert bad.value.facts["path"] == "/things"


def test_a_connection_lost_before_the_answer(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(drop=True), answer(drop=True), answer(200))
    assert transport(make_ctx()).request("GET", server.url).tries == 3
    server.says(answer(drop=True))
    with pytest.raises(Unreachable) as lost:
        transport(make_ctx()).request("POST", f"{server.url}/x")
    assert len(server.received) == 1, "the service may have acted: never again by itself"
    assert lost.value.may_have_acted
    assert lost.value.code == "connection_lost"
    server.says(answer(drop=True), answer(200))
    assert transport(make_ctx()).request("POST", server.url, repeat=Repeat.ALWAYS).tries == 2
    server.says(answer(drop=True))
    with pytest.raises(Unreachable):
        transport(make_ctx()).request("GET", server.url, repeat=Repeat.NEVER)
    assert len(server.received) == 1


def test_an_answer_that_breaks_off(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(200, body="{}", promised=500))
    with pytest.raises(Unreachable) as lost:
        transport(make_ctx()).request("POST", server.url)
    assert lost.value.may_have_acted
    assert len(server.received) == 1


def test_an_idle_connection_that_the_server_closed(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(200, headers={"Connection": "close"}), answer(200))
    service = transport(make_ctx())
    service.request("POST", server.url)
    assert service.request("POST", server.url).status == 200


def test_no_answer_in_time_is_unreachable(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(seconds=1.0))
    with pytest.raises(Unreachable) as late:
        transport(make_ctx(), timeout_s=0.1).request("POST", server.url)
    assert (late.value.code, late.value.may_have_acted) == ("read_timeout", True)
    assert "no answer came in time" in str(late.value)


def test_a_refused_connection_was_not_received(make_ctx: t.Any, server: t.Any) -> None:
    server.stop()
    ctx = make_ctx()
    with pytest.raises(Unreachable) as refused:
        transport(ctx).request("POST", f"{server.url}/x")
    assert (refused.value.code, refused.value.may_have_acted) == ("refused", False)
    assert counted(ctx) == {"writes": 1, "retries": 2}, "nothing was sent, so that it may be tried again"
    assert f"Service at localhost:{server.port} gave no answer to POST /x" in str(refused.value)
    assert "no proxy" in str(refused.value)


def test_a_name_that_cannot_be_resolved_is_told(make_ctx: t.Any) -> None:
    with pytest.raises(Unreachable) as unknown:
        transport(make_ctx()).request("GET", "https://nowhere.invalid/x")
    assert (unknown.value.code, unknown.value.may_have_acted) == ("name_resolution", False)


@pytest.mark.parametrize(
    "url", ["https://exa mple:bad/x", "no-scheme/x", "ftp://localhost/x", "https://[::1/x", "https://[x]/y"]
)
def test_addresses_that_cannot_be_used(make_ctx: t.Any, url: str) -> None:
    with pytest.raises(Unreachable) as bad:
        transport(make_ctx()).request("GET", url)
    assert (bad.value.code, bad.value.may_have_acted) == ("invalid_request", False)


@pytest.mark.parametrize("token", ["line\nbreak", "😀😀😀😀😀", "umläut\r"])
def test_tokens_that_no_header_can_carry(make_ctx: t.Any, server: t.Any, token: str) -> None:
    """A token with a line break (a file read carelessly) or with letters that HTTP cannot carry: one message, and not the token."""
    with pytest.raises(Unreachable) as bad:
        transport(make_ctx(), t.cast(Keys, Fixed(token))).request("GET", server.url)
    assert bad.value.code == "invalid_request"
    assert "header" in str(bad.value)
    assert token not in str(bad.value)


class Fixed:
    def __init__(self, token: str) -> None:
        self.token = token

    def build_headers(self) -> dict[str, str]:
        return {"Authtoken": self.token}


def test_throttling_is_obeyed_within_patience_and_told_beyond(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(429, headers={"Retry-After": "7"}), answer(200))
    ctx = make_ctx()
    assert transport(ctx).request("GET", server.url).status == 200
    assert ctx.cancellation.waits == [pytest.approx(7.25)]
    assert ctx.stats.as_result()["throttled_s"] == ctx.stats.as_result()["waited_s"] > 7
    assert ctx.reporter.news == []  # at -vvvv, where each repetition is told
    server.says(answer(429, headers={"Retry-After": "7"}), answer(503), answer(200))
    ctx = make_ctx(verbosity=1)
    transport(ctx).request("GET", f"{server.url}/x")
    assert ctx.reporter.news == ["Service: HTTP 429 to GET /x, trying again in 7.2 s"]  # and not of the short pause
    assert 7 < ctx.stats.as_result()["throttled_s"] < ctx.stats.as_result()["waited_s"], (
        "a service that fails speaks of no quota"
    )
    server.says(answer(429, headers={"Retry-After": "600", "X-RateLimit-Limit": "100", "X-RateLimit-Period": "1h"}))
    with pytest.raises(Throttled) as throttled:
        transport(make_ctx()).request("GET", f"{server.url}/x")
    assert len(server.received) == 1
    assert throttled.value.facts["retry_after_s"] == 600
    assert str(throttled.value) == "Service is throttling GET /x. It asks to wait 600 s. Its quota is 100 per 1h."
    server.says(answer(429))
    with pytest.raises(Throttled, match="does not say how long") as again:
        transport(make_ctx()).request("GET", server.url)
    assert len(server.received) == QUICK.tries
    assert again.value.status == 429


def test_a_refused_post_is_repeated_only_if_the_caller_says_so(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(429), answer(200))
    with pytest.raises(Throttled):
        transport(make_ctx()).request("POST", server.url)
    server.says(answer(429), answer(503, headers={"Retry-After": "1"}), answer(200))
    assert transport(make_ctx()).request("POST", server.url, repeat=Repeat.IF_REFUSED).tries == 3
    server.says(answer(503), answer(200))
    assert transport(make_ctx()).request("POST", server.url, repeat=Repeat.IF_REFUSED).status == 503


def test_the_last_answer_is_returned_when_patience_ends(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(503, body={"error": "busy"}))
    reply = transport(make_ctx()).request("GET", server.url)
    assert (reply.status, reply.tries, len(server.received)) == (503, 3, 3)


def test_the_deadline_of_the_task(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    ctx = make_ctx()
    ctx.deadline_at = ctx.clock.monotonic() + 5
    server.says(answer(503, headers={"Retry-After": "6"}))
    assert transport(ctx).request("GET", server.url).status == 503
    assert len(server.received) == 1, "a pause that ends after the deadline is not begun"
    server.says(answer(seconds=1.0))
    ctx.deadline_at = ctx.clock.monotonic() + 0.1
    with pytest.raises(Unreachable) as late:
        transport(ctx).request("PATCH", server.url)
    assert late.value.code == "read_timeout"
    assert "deadline" in str(late.value)


def test_cancelled_runs_send_nothing_but_their_good_byes(make_ctx: t.Any, server: t.Any) -> None:
    ctx = make_ctx()
    service = transport(ctx, Keys())
    ctx.cancellation.request_stop("SIGINT")
    with pytest.raises(Cancelled):
        service.request("GET", server.url)
    assert server.received == []
    assert service.request("POST", f"{server.url}/Logout", closing=True).status == 200


def test_tidying_up_is_tried_once_and_briefly(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(503))
    service = transport(make_ctx(), Keys())
    assert service.request("POST", server.url, closing=True, repeat=Repeat.ALWAYS).status == 503
    server.says(answer(401))
    assert service.request("POST", server.url, closing=True).status == 401
    assert len(server.received) == 1


def test_a_missing_library_is_one_clear_message(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "HAS_REQUESTS", False)
    monkeypatch.setattr(subject, "REQUESTS_IMPORT_ERROR", "Traceback ...")
    with pytest.raises(MissingLibrary, match="pip install 'requests>=") as missing:
        transport(make_ctx())
    assert missing.value.facts["library"] == "requests"
    assert missing.value.facts["details"] == "Traceback ..."


def test_the_proxy_is_described_without_the_library_that_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report on a connection names it, and the missing library beside it."""
    monkeypatch.setattr(subject, "HAS_REQUESTS", False)
    monkeypatch.delattr(subject, "requests")
    assert describe_proxy(HttpSettings("Service"), "https://graph.example") == "no proxy"


def test_a_port_without_tls_is_unreachable(make_ctx: t.Any, server: t.Any) -> None:
    with pytest.raises(Unreachable) as failed:
        transport(make_ctx()).request("GET", server.url.replace("http:", "https:"))
    assert failed.value.code in ("tls", "connection_lost")


def test_the_proxy_comes_from_the_option_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://somebody:hushed@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "direct.example")
    way = HttpSettings("Service")
    assert describe_proxy(way, "https://graph.example/x") == "proxy http://proxy.example:3128"
    assert describe_proxy(way, "https://direct.example/x") == "no proxy"
    assert find_proxies(HttpSettings("Service", environment_proxies=False), "https://graph.example") == {}
    own = HttpSettings("Service", proxy="http://own.example", environment_proxies=False)
    assert find_proxies(own, "https://direct.example") == {"http": "http://own.example", "https": "http://own.example"}
    assert describe_proxy(own, "https://direct.example") == "proxy http://own.example"


def test_requests_go_through_the_proxy(make_ctx: t.Any, server: t.Any) -> None:
    transport(make_ctx(), proxy=server.url).request("GET", "http://service.example/x")
    assert server.received[0].path == "http://service.example/x"


def test_a_dead_proxy_is_named_without_its_password(make_ctx: t.Any, server: t.Any) -> None:
    server.stop()
    way = f"http://somebody:hushed@localhost:{server.port}"
    with pytest.raises(Unreachable) as dead:
        transport(make_ctx(), proxy=way).request("POST", "https://service.example/x")
    assert (dead.value.code, dead.value.may_have_acted) == ("proxy", False)
    assert f"proxy http://localhost:{server.port}" in str(dead.value)
    assert "hushed" not in str(dead.value)


def test_a_proxy_that_refuses_is_told(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(407))
    with pytest.raises(Unreachable) as refused:
        transport(make_ctx(), proxy=server.url).request("POST", "https://service.example/x")
    assert refused.value.code == "proxy"
    assert server.received[0].method == "CONNECT"


@pytest.mark.parametrize("undone", [True, False])
@pytest.mark.parametrize("refusal", [(429, {"Retry-After": "1"}), (503, {"Retry-After": "1"}), (401, {})])
def test_a_refused_post_is_sent_again_only_where_a_look_says_that_nothing_was_done(
    make_ctx: t.Any, server: t.Any, answer: t.Any, undone: bool, refusal: t.Any
) -> None:
    status, headers = refusal
    server.says(answer(status, {}, headers), answer(200, {"n": 1}))
    looks: list[int] = []

    def is_undone() -> bool:
        looks.append(len(server.received))
        return undone

    def send() -> t.Any:
        return transport(make_ctx(), Keys()).request("POST", server.url, repeat=Repeat.IF_REFUSED, is_undone=is_undone)

    if status == 429 and not undone:
        with pytest.raises(Throttled):
            send()
    else:
        assert send().status == (200 if undone else status)
    assert looks == [1]
    assert len(server.received) == (2 if undone else 1)


def test_a_request_that_was_never_received_is_sent_again_without_a_look(make_ctx: t.Any, server: t.Any) -> None:
    server.stop()
    looks: list[int] = []
    with pytest.raises(Unreachable):
        transport(make_ctx()).request("POST", server.url, is_undone=lambda: bool(looks.append(1)))
    assert looks == []
