# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of a Vault: which addresses it takes, what it sends and how often, and what of an answer hvac gets to see."""

from __future__ import annotations

import json
import sys
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    BadAnswer,
    Cancelled,
    ConfigError,
    MissingLibrary,
    Throttled,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.http import find_proxies
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources
from ansible_collections.cvops.identity.plugins.module_utils._stores.hashi_vault import VaultStore
from ansible_collections.cvops.identity.plugins.module_utils._stores.hashi_vault_client import (
    VaultSession,
    load_hvac,
    parse_vault_address,
)

TOKEN = "hvs.Planted4711"


@pytest.fixture
def make_store(make_ctx: t.Any) -> t.Callable[..., VaultStore]:
    def make(url: str | None, environ: dict[str, str] | None = None) -> VaultStore:
        options = {"path": "commvault/cs01", "url": url, **({} if environ else {"token": TOKEN})}
        return VaultStore(make_ctx({"retries": 0}, sources=OptionSources(environ=environ or {})), options)

    return make


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "needs an https address"),
        ("http://vault.example:8200", "https only, or over http to an agent on this host"),
        ("http://127.0.0.1.vault.example", "https only"),
        ("http://10.0.0.1:8200", "https only"),
        ("https://svc:Planted4711@vault.example", "user information"),
        ("https://vault.example/?x", "query"),
        ("https://vault.example:99999", "between 1 and 65535"),
        ("unix:///run/vault.sock", "not an https"),
        ("https://vаult.example", "outside ASCII"),
    ],
)
def test_addresses_that_are_refused(make_store: t.Any, url: str | None, said: str) -> None:
    for found in ({"url": url}, {"url": None, "environ": {"VAULT_ADDR": url, "VAULT_TOKEN": TOKEN}}):
        with pytest.raises(ConfigError, match=said) as refused:
            make_store(**found)
        assert "Planted4711" not in json.dumps(refused.value.as_result())


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.1:1", "http://127.9.9.9:1", "http://[::1]:1", "https://h"]
)
def test_addresses_that_are_taken(make_store: t.Any, url: str) -> None:
    assert make_store(url).location.endswith(url.split("//")[1])


@pytest.fixture
def make_session(make_ctx: t.Any, server: t.Any) -> t.Callable[..., VaultSession]:
    def make(retries: int = 0) -> VaultSession:
        ctx = make_ctx({"retries": retries})
        return VaultSession(ctx, parse_vault_address(server.url, "option url"), None)

    return make


def test_what_hvac_asks_for_is_sent(make_session: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(body={"data": {"a": [1]}}))
    found = make_session().request(
        "post", f"{server.url}/v1/x", headers={"X-Vault-Token": TOKEN}, params={"a": "b"}, json={"c": 1}, timeout=5
    )
    (sent,) = server.received
    assert (sent.method, sent.path, json.loads(sent.body)) == ("POST", "/v1/x?a=b", {"c": 1})
    assert sent.headers["X-Vault-Token"] == TOKEN
    assert (found.status_code, found.ok, found.json(), json.loads(found.text)) == (
        200,
        True,
        {"data": {"a": [1]}},
        {"data": {"a": [1]}},
    )


def test_an_empty_answer_is_an_empty_object(make_session: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(204, b""))
    assert make_session().request("DELETE", server.url).json() == {}


def test_a_member_that_is_missing_is_a_key_error_for_hvac(make_session: t.Any, server: t.Any, answer: t.Any) -> None:
    """Objects of other answers raise BadAnswer, with which hvac would go wrong."""
    server.says(answer(body={"data": {}}))
    with pytest.raises(KeyError):
        make_session().request("GET", server.url).json()["data"]["keys"]


def test_the_errors_of_a_refusal_are_few_short_and_printable(make_session: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(400, {"errors": ["[2J" + "x" * 500, 7, None, {"a": 1}, "five", "six"], "data": 1}))
    found = make_session().request("GET", server.url)
    assert not found.ok
    errors = found.json()["errors"]
    assert len(errors) == 5 and all(error.isprintable() and len(error) <= 200 for error in errors)
    server.says(answer(403, {"errors": "no list"}))
    assert make_session().request("GET", server.url).json()["errors"] == []


@pytest.mark.parametrize("body", [{"message": "no Route matched"}, {"errors": None}, {}])
def test_a_404_that_is_not_a_vaults_is_no_absence(
    make_session: t.Any, server: t.Any, answer: t.Any, body: dict[str, t.Any]
) -> None:
    server.says(answer(404, body))
    with pytest.raises(BadAnswer, match="a refusal that is not HashiCorp Vault's"):
        make_session().request("GET", server.url)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_was_refused_unread_is_sent_again(make_session: t.Any, server: t.Any, answer: t.Any, method: str) -> None:
    server.says(answer(429, {"errors": []}, headers={"Retry-After": "1"}), answer(body={"data": {}}))
    assert make_session(retries=1).request(method, server.url).ok
    assert len(server.received) == 2
    server.says(answer(429, {"errors": []}))
    with pytest.raises(Throttled):
        make_session(retries=1).request(method, server.url)


def test_a_write_whose_answer_is_lost_is_not_sent_again(make_session: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(drop=True))
    with pytest.raises(Unreachable) as lost:
        make_session(retries=3).request("POST", server.url, json={})
    assert lost.value.may_have_acted
    assert len(server.received) == 1


def test_a_stopped_run_sends_only_what_must_arrive(make_session: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(body={}))
    session = make_session()
    session._ctx.cancellation.request_stop("SIGTERM")
    with pytest.raises(Cancelled):
        session.request("POST", server.url)
    assert server.received == []
    session.must_arrive = True
    assert session.request("POST", server.url).ok
    session.must_arrive, session.closing = False, True
    assert session.request("POST", server.url).ok
    assert len(server.received) == 2


def test_after_the_deadline_only_what_must_arrive_is_sent(make_session: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(body={}))
    session = make_session()
    session._ctx.deadline_at = session._ctx.clock.monotonic()
    session.must_arrive = True
    assert session.request("POST", server.url).ok


def test_a_request_goes_to_the_vault_and_nowhere_else(
    make_session: t.Any, server: t.Any, secured: t.Any, answer: t.Any
) -> None:
    with pytest.raises((BadAnswer, ConfigError)):
        make_session().request("GET", f"{secured.server.url}/v1/x", headers={"X-Vault-Token": TOKEN})
    assert secured.server.received == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:8200", "http://127.9.9.9:8200", "https://vault.example"])
def test_a_token_for_an_agent_on_this_host_goes_through_no_proxy(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """It would be readable there, as the way to the agent is plain HTTP."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    session = VaultSession(make_ctx({}), parse_vault_address(url, "option url"), None)
    assert bool(find_proxies(session._transport.settings, url)) is url.startswith("https:")


def test_without_the_library_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_hvac().exceptions.InvalidPath
    monkeypatch.setitem(sys.modules, "hvac", None)
    with pytest.raises(MissingLibrary, match="pip install hvac"):
        load_hvac()
