# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a renewal whose answer is missing: only Commvault's own word makes a pair void."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault.token_pair_service import (
    PairStatus,
    RenewalOutcome,
    RenewalService,
    RenewalState,
    build_token_headers,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.transport_settings import build_commvault_settings
from ansible_collections.cvops.identity.plugins.module_utils._stores import hashi_vault, lockable_file
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import RenewalNote, TokenPair

NOW = 1_772_366_400.0
PAIR = TokenPair(
    "access0",
    "renewal0",
    NOW + 7000,
    issued=NOW - 200,
    token_id="9",
    renewal=RenewalNote("sent", NOW - 100, "somebody"),
)


def open_transport(ctx: t.Any) -> Transport:
    return Transport(ctx, build_commvault_settings(ctx.options))


@pytest.fixture
def check_pair_status(secured: t.Any, make_ctx: t.Any, answer: t.Any) -> t.Callable[..., PairStatus]:
    defaults = {name: option.get("default") for name, option in commvault_spec().options.items()}
    url = f"{secured.server.url}/commandcenter/api"
    ctx = make_ctx({**defaults, "commvault_url": url, "commvault_ca_path": secured.ca_path})

    def ask(*answers: t.Any, pair: TokenPair = PAIR) -> PairStatus:
        secured.server.says(*[answer(*one) for one in answers])
        return RenewalService(ctx, url, dict, open_transport(ctx)).check_pair_status(pair, NOW)

    return ask


def listed(expires: t.Any) -> tuple[int, t.Any]:
    return 200, {"tokens": [{"accessTokenId": 9, "tokenName": "n", "tokenExpiryTimestamp": expires}]}


def test_commvault_refuses_the_token(check_pair_status: t.Callable[..., PairStatus]) -> None:
    assert check_pair_status((401, {"errorMessage": "Access denied", "errorCode": 5})) is PairStatus.REPLACED


def test_commvault_shows_the_token_as_it_was(check_pair_status: t.Callable[..., PairStatus]) -> None:
    assert check_pair_status(listed(NOW + 7000)) is PairStatus.UNCHANGED
    assert check_pair_status(listed(NOW + 9000)) is PairStatus.UNKNOWN


@pytest.mark.parametrize(
    "told",
    [
        (401, "<html><title>Sign in</title>"),
        (401, b""),
        (401, {"message": "Unauthorized"}),
        (401, [5]),
        (403, {"errorMessage": "not from this address", "errorCode": 5}),
        (404, b""),
        (500, b""),
        (200, {"errorCode": 5, "errorMessage": "Access denied"}),
        (200, "<html><title>Sign in</title>"),
        (200, {"tokens": [{"key": 9}]}),
        (200, {"tokens": []}),
    ],
)
def test_any_other_answer_proves_nothing(
    check_pair_status: t.Callable[..., PairStatus], told: tuple[int, t.Any]
) -> None:
    """A gateway's refusal of its own credential must not make the stored pair void for ever."""
    assert check_pair_status(told) is PairStatus.UNKNOWN


def test_too_early_to_look(check_pair_status: t.Callable[..., PairStatus], secured: t.Any) -> None:
    young = dataclasses.replace(PAIR, renewal=RenewalNote("sent", NOW - 10, "somebody"))
    assert check_pair_status(listed(NOW + 7000), pair=young) is PairStatus.UNKNOWN
    assert secured.server.received == []


@pytest.mark.parametrize(("timeout", "most_s"), [(600, 60.0), (5, 5.0)])
def test_a_renewal_ends_before_those_who_wait_for_the_lock_give_up(
    make_ctx: t.Any, timeout: int, most_s: float
) -> None:
    defaults = {name: option.get("default") for name, option in commvault_spec().options.items()}
    url = "https://cs01.example/commandcenter/api"
    ctx = make_ctx({**defaults, "commvault_url": url, "commvault_timeout": timeout, "retries": 50})
    settings = RenewalService(ctx, url, dict, open_transport(ctx))._transport.settings
    assert (settings.timeout_s, settings.policy.tries) == (most_s, 2)
    assert settings.timeout_s * settings.policy.tries <= min(lockable_file.LOCK_WAIT_S, hashi_vault.WATCH_S)


@pytest.fixture
def renew(secured: t.Any, make_ctx: t.Any, answer: t.Any) -> t.Callable[..., RenewalOutcome]:
    """``renew(*answers, header=...)``: the outcome of a renewal that the service answers so."""
    defaults = {name: option.get("default") for name, option in commvault_spec().options.items()}
    url = f"{secured.server.url}/commandcenter/api"

    def send(*answers: t.Any, header: str = "Authtoken", gateway: dict[str, str] | None = None) -> RenewalOutcome:
        given = {"commvault_url": url, "commvault_ca_path": secured.ca_path, "commvault_token_header": header}
        secured.server.says(*answers)
        ctx = make_ctx({**defaults, **given})
        return RenewalService(ctx, url, lambda: gateway or {}, open_transport(ctx)).renew_pair(PAIR)

    return send


NEW = {"accessToken": "a1", "refreshToken": "r1", "tokenExpiryTimestamp": 1800007200}


def test_a_renewal_sends_the_pair_once_and_returns_the_new_one(
    renew: t.Callable[..., RenewalOutcome], secured: t.Any, answer: t.Any
) -> None:
    outcome = renew(answer(body=NEW), gateway={"Authorization": "Bearer of-the-gateway"})
    assert outcome.state is RenewalState.RENEWED
    assert outcome.pair is not None
    assert (outcome.pair.access_token, outcome.pair.refresh_token, outcome.pair.generation) == ("a1", "r1", 1)
    assert (outcome.pair.expires, outcome.pair.issued, outcome.pair.renewal) == (1800007200.0, NOW, None)
    (sent,) = secured.server.received
    assert (sent.method, sent.path) == ("POST", "/commandcenter/api/V4/AccessToken/Renew")
    assert json.loads(sent.body) == {"accessToken": "access0", "refreshToken": "renewal0"}
    assert (sent.headers["Authtoken"], sent.headers["Authorization"]) == ("access0", "Bearer of-the-gateway")


@pytest.mark.parametrize(
    ("status", "body", "state", "said"),
    [
        (200, {}, RenewalState.UNKNOWN, "It holds no tokens"),
        (200, "<title>Portal</title>", RenewalState.UNKNOWN, "an HTML page titled 'Portal'"),
        (200, b"", RenewalState.UNKNOWN, "It holds no tokens"),
        (200, {"errorCode": 5, "errorMessage": "Invalid token."}, RenewalState.REFUSED, "error 5: Invalid token."),
        (200, {"error": {"errorCode": "7", "errorString": "gone"}}, RenewalState.REFUSED, "error 7: gone."),
        (200, {"response": {"errorCode": 8, "errLogMessage": "gone"}}, RenewalState.REFUSED, "error 8: gone."),
        (200, {**NEW, "errorCode": 0}, RenewalState.RENEWED, ""),
        (200, {**NEW, "error": {"errorCode": "0"}}, RenewalState.RENEWED, ""),
        (401, {"errorCode": 5, "errorMessage": "no"}, RenewalState.REFUSED, "HTTP 401, error 5: no."),
        (401, "<title>Sign in</title>", RenewalState.NOT_SENT, "That is a gateway's answer"),
        (404, b"", RenewalState.NOT_SENT, "or commvault_url is wrong"),
        (403, {"errorCode": 5}, RenewalState.NOT_SENT, "list of allowed addresses may not contain this host"),
        (403, "<html>", RenewalState.NOT_SENT, "list of allowed addresses may not contain this host"),
        (400, {"errorCode": 9}, RenewalState.REFUSED, "error 9: no reason given."),
        (500, {"errorMessage": "down"}, RenewalState.UNKNOWN, "HTTP 500"),
        (502, "<html>", RenewalState.UNKNOWN, "HTTP 502"),
    ],
)
def test_what_an_answer_stands_for(
    renew: t.Callable[..., RenewalOutcome],
    secured: t.Any,
    answer: t.Any,
    status: int,
    body: t.Any,
    state: RenewalState,
    said: str,
) -> None:
    """Void is a pair only on Commvault's own word; what may have renewed it is not sent again."""
    outcome = renew(answer(status, body))
    assert outcome.state is state
    assert said in outcome.said
    assert (outcome.pair is not None) is (state is RenewalState.RENEWED)
    assert (outcome.error is None) is (state is RenewalState.RENEWED)
    if outcome.error is not None:
        assert outcome.error.may_have_acted is (state is RenewalState.UNKNOWN)
        assert not any(secret in json.dumps(outcome.error.as_result()) for secret in ("access0", "renewal0"))
    assert len(secured.server.received) == 1


def test_a_lost_answer_leaves_the_outcome_unknown(
    renew: t.Callable[..., RenewalOutcome], secured: t.Any, answer: t.Any
) -> None:
    assert renew(answer(drop=True)).state is RenewalState.UNKNOWN
    assert len(secured.server.received) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_has_not_looked_at_the_pair(
    renew: t.Callable[..., RenewalOutcome], secured: t.Any, answer: t.Any, status: int
) -> None:
    assert renew(answer(status, b"", headers={"Retry-After": "1"})).state is RenewalState.NOT_SENT
    assert len(secured.server.received) == 1


def test_a_503_without_a_time_leaves_the_outcome_unknown(renew: t.Callable[..., RenewalOutcome], answer: t.Any) -> None:
    assert renew(answer(503, b"")).state is RenewalState.UNKNOWN


@pytest.mark.parametrize(
    ("header", "token", "headers"),
    [
        ("Authtoken", "abc", {"Authtoken": "abc"}),
        ("Authorization", "abc", {"Authorization": "Bearer abc"}),
        ("Authorization", "Bearer abc", {"Authorization": "Bearer abc"}),
    ],
)
def test_the_header_of_an_access_token(header: str, token: str, headers: dict[str, str]) -> None:
    assert build_token_headers({"commvault_token_header": header}, token) == headers


def test_the_list_is_asked_for_the_owner_of_the_token(
    check_pair_status: t.Callable[..., PairStatus], secured: t.Any
) -> None:
    assert check_pair_status(listed(NOW + 7000), pair=dataclasses.replace(PAIR, user_id="44")) is PairStatus.UNCHANGED
    assert secured.server.received[0].path == "/commandcenter/api/V4/AccessToken/?userId=44"


def test_a_pair_without_a_known_id_or_end_proves_nothing(check_pair_status: t.Callable[..., PairStatus]) -> None:
    for change in ({"token_id": None}, {"expires": None}, {"token_id": "10"}):
        assert check_pair_status(listed(NOW + 7000), pair=dataclasses.replace(PAIR, **change)) is PairStatus.UNKNOWN
    assert check_pair_status((200, {}), pair=dataclasses.replace(PAIR, renewal=None)) is PairStatus.UNKNOWN


def test_a_service_that_does_not_answer_proves_nothing(
    check_pair_status: t.Callable[..., PairStatus], secured: t.Any, answer: t.Any
) -> None:
    secured.server.stop()
    assert check_pair_status((200, {})) is PairStatus.UNKNOWN
