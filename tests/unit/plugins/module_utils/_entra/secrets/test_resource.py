# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module entra_application_secret: what is shown once is kept, what may be needed is guarded."""

from __future__ import annotations

import json
import types
import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, carry_out, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    BadAnswer,
    ConfigError,
    GuardRefused,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import ApplicationReference
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets import resource as subject

PATH = f"/applications/{guid(1)}"
ENDS = "2026-05-31T09:41:00Z"


def key(number: int, display_name: str | None = "job", ends: t.Any = ENDS) -> dict[str, t.Any]:
    """Return a passwordCredential as Graph lists it."""
    return {"keyId": guid(number), "displayName": display_name, "endDateTime": ends, "hint": f"h{number}~"}


def make_secret(
    make_ctx: t.Any, keys: list[dict[str, t.Any]] | None, *replies: t.Any, **options: t.Any
) -> tuple[subject.SecretResource, FakeGraph]:
    """Return the resource for a registration that holds *keys*; None: there is no such registration."""
    usual = {"state": "present", "name": "job", "lifetime_days": 90, "application": {"object_id": guid(1)}}
    wire = None if keys is None else {"id": guid(1), "appId": guid(2), "passwordCredentials": keys}
    graph = FakeGraph(make_ctx({**usual, **options}), {PATH: wire}, *replies)
    return call_with_graph(subject.SecretResource, graph), graph


def test_a_secret_is_added_and_its_value_is_the_result(make_ctx: t.Any) -> None:
    secret, graph = make_secret(
        make_ctx, [key(3, "other")], {**key(4, "job/x"), "keyId": guid(4).upper(), "secretText": "shown once"}
    )
    planned = secret.plan()
    assert secret.result() == {"key_id": None, "display_name": None, "expires": ENDS, "value": None}
    assert secret.salvage() == {}
    carry_out(secret, planned)
    assert secret.result() == {"key_id": guid(4), "display_name": "job/x", "expires": ENDS, "value": "shown once"}
    assert secret.salvage() == {"salvaged": {"secret": secret.result()}}
    assert graph.sent() == [f"POST {PATH}/addPassword"]
    assert "shown once" in graph.ctx.secrets


@pytest.mark.parametrize(
    ("audience", "held", "refused"),
    [("PersonalMicrosoftAccount", 2, True), ("PersonalMicrosoftAccount", 1, False), ("AzureADMyOrg", 2, False)],
)
def test_personal_accounts_leave_room_for_two_secrets(make_ctx: t.Any, audience: str, held: int, refused: bool) -> None:
    keys = [key(number, "other", "2020-01-01T00:00:00Z") for number in range(held)]
    secret, graph = make_secret(make_ctx, keys)
    graph.answers[PATH]["signInAudience"] = audience
    if refused:
        with pytest.raises(ConfigError, match="2 client secrets"):
            secret.plan()
    else:
        assert secret.plan().changed


def test_a_secret_that_lives_is_shown_without_a_value(make_ctx: t.Any) -> None:
    secret, _graph = make_secret(make_ctx, [key(3), key(4, "job/0123456789ab", "2027-01-01T00:00:00Z")])
    assert not secret.plan().changed
    assert (secret.result()["key_id"], secret.result()["value"]) == (guid(4), None)


def test_a_removal_names_one_key(make_ctx: t.Any) -> None:
    secret, graph = make_secret(make_ctx, [key(3), key(4)], state="absent", key_id=guid(3))
    graph.sign_in.method = "client_certificate"
    planned = secret.plan()
    carry_out(secret, planned)
    graph.answers[PATH]["passwordCredentials"] = [key(4)]
    assert secret.verify() == []
    assert graph.writes == [("POST", f"{PATH}/removePassword", {"keyId": guid(3)})]
    assert secret.result() == {}


def test_a_secret_that_stays_listed_after_its_removal_is_an_error(make_ctx: t.Any) -> None:
    secret, graph = make_secret(make_ctx, [key(3), key(4)], state="absent", key_id=guid(3))
    graph.sign_in.method = "client_certificate"
    carry_out(secret, secret.plan())
    with pytest.raises(WaitTimeout, match="does not show it: state"):
        secret.verify()


@pytest.mark.parametrize("keys", [None, []])
def test_a_secret_that_is_gone_needs_no_removal(make_ctx: t.Any, keys: t.Any) -> None:
    secret, _graph = make_secret(make_ctx, keys, state="absent", key_id=guid(3))
    assert not secret.plan().changed


@pytest.mark.parametrize(
    ("keys", "claims", "risk"),
    [([3, 4], {"appid": guid(2)}, "own_key"), ([3], {"appid": guid(9)}, "last_key"), ([3], {}, "own_key")],
)
def test_a_key_that_may_be_needed_goes_only_with_the_risk_accepted(
    make_ctx: t.Any, keys: list[int], claims: dict[str, str], risk: str
) -> None:
    options = {"state": "absent", "key_id": guid(3)}
    secret, graph = make_secret(make_ctx, [key(number) for number in keys], **options)
    graph.claims = claims
    with pytest.raises(GuardRefused) as caught:
        secret.plan()
    assert caught.value.facts["risk"] == risk
    accepted = {"accept_risk": ["own_key", "last_key"], "accept_reason": "leak"}
    secret, graph = make_secret(make_ctx, [key(number) for number in keys], **options, **accepted)
    graph.claims = claims
    assert secret.plan().changed and graph.ctx.warnings


def test_a_missing_registration_is_an_error_for_present(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="create it first"):
        make_secret(make_ctx, None)[0].plan()


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({"key_id": guid(3)}, "key_id"),
        ({"lifetime_days": 0}, "lifetime_days"),
        ({"name": ""}, "name"),
        ({"name": " x"}, "name"),
        ({"name": "x\ny"}, "name"),
        ({"name": "x" * 81}, "name"),
    ],
)
def test_options_that_cannot_be_right_are_refused_before_any_read(
    make_ctx: t.Any, options: dict[str, t.Any], source: str
) -> None:
    secret, graph = make_secret(make_ctx, [], **options)
    with pytest.raises(ConfigError) as caught:
        secret.plan()
    assert caught.value.facts["source"] == f"option {source}" and graph.reads == []


@pytest.mark.parametrize("name", ["x", "x" * 80, "a b"])
def test_names_of_one_line_are_taken(make_ctx: t.Any, name: str) -> None:
    assert make_secret(make_ctx, [], name=name)[0].plan().changed


def test_a_secret_may_live_for_a_single_day(make_ctx: t.Any) -> None:
    secret, _graph = make_secret(make_ctx, [], lifetime_days=1)
    assert secret.plan().changed and secret.result()["expires"] == "2026-03-03T09:41:00Z"


def test_the_token_of_a_task_that_runs_elsewhere_is_looked_at(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the option holds one token per scope; the one that is used tells."""
    ctx = make_ctx({"access_token": json.dumps({"scope": "x"}), "accept_risk": []})
    graph = types.SimpleNamespace(
        ctx=ctx,
        sign_in=types.SimpleNamespace(method="token"),
        read_token_claims=lambda: {"appid": "app", "appidacr": "1"},
    )
    monkeypatch.setattr(subject, "GraphClient", lambda ctx: graph)
    passwords = subject.SecretResource(ctx)
    passwords._application = ApplicationReference(app_id="app", object_id="o")
    with pytest.raises(GuardRefused, match="signs in with"):
        passwords._check_removal(key(1)["keyId"], [key(1)])


@pytest.mark.parametrize("odd", [7, ["x"], {"a": 1}, "not a date", "9" * 5000])
def test_a_secret_is_not_lost_by_an_answer_that_makes_no_sense(odd: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown once, and by then it was made."""
    answer = {**key(1, ends=odd), "keyId": guid(1).upper(), "secretText": "shown once"}
    writer = type("Writer", (), {"__init__": lambda *_words: None, "add": lambda *_words: answer})
    monkeypatch.setattr(subject, "SecretWriter", writer)
    monkeypatch.setattr(subject, "GraphClient", lambda ctx: None)
    secret = subject.SecretResource(t.cast("t.Any", None))
    with pytest.raises(BadAnswer, match="no valid date as endDateTime"):
        secret.actions["add"](Step("add", "secret job", {"name": "job", "lifetime_days": 1}))
    assert secret.salvage()["salvaged"]["secret"] == {"key_id": guid(1), "value": "shown once"}


def test_a_secret_that_shows_at_a_second_look_is_not_added_again(make_ctx: t.Any) -> None:
    secret, graph = make_secret(make_ctx, [])
    empty, full = (
        {"id": guid(1), "appId": guid(2), "passwordCredentials": keys} for keys in ([], [key(4, "job/0123456789ab")])
    )
    looks = iter([empty, empty, full])
    graph.answers[PATH] = lambda params: next(looks)
    assert not secret.plan().changed
    assert (secret.result()["key_id"], secret.result()["value"]) == (guid(4), None)


def make_added(make_ctx: t.Any, looks: t.Callable[[t.Any], t.Any]) -> tuple[subject.SecretResource, FakeGraph]:
    """Return the resource after a secret was added; *looks* answers the reads that follow."""
    secret, graph = make_secret(make_ctx, [], {**key(4, "job/x"), "secretText": "shown once"})
    planned = secret.plan()
    graph.reads.clear()
    graph.answers[PATH] = looks
    carry_out(secret, planned)
    assert graph.reads == [], "a step ends with its write: a request to stop after it makes no failed step of it"
    return secret, graph


def test_a_new_secret_is_waited_for_until_it_is_listed_several_times(make_ctx: t.Any) -> None:
    shown = iter([True, False, False, True, True, True])
    secret, graph = make_added(make_ctx, lambda params: {"passwordCredentials": [key(4)] if next(shown) else []})
    assert secret.verify() == []
    assert len(graph.reads) == 6 and graph.ctx.warnings == []


@pytest.mark.parametrize("answer", [{"passwordCredentials": []}, BadAnswer("no")])
def test_a_new_secret_that_is_not_listed_is_kept_and_said(make_ctx: t.Any, answer: t.Any) -> None:
    secret, graph = make_added(make_ctx, lambda params: answer)
    assert secret.verify() == [{"field": "list"}]
    assert secret.result()["value"] == "shown once"
    assert len(graph.ctx.warnings) == 1 and "may add a second one" in graph.ctx.warnings[0]


def test_where_nothing_was_written_nothing_is_awaited(make_ctx: t.Any) -> None:
    secret, graph = make_secret(make_ctx, [key(3)])
    secret.plan()
    graph.reads.clear()
    assert (secret.verify(), graph.reads) == ([], [])
