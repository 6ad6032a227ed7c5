# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token is created once, its value is never lost, and what is stored belongs to it."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

import pytest
from commvault_examples import NOT_FOUND_PAGE, TOKEN_ROW
from fake_commvault import FakeCommvault, make_resource
from fake_graph import carry_out

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens import resource as token_resource
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.resource import (
    AccessTokenResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.client import CommvaultClient
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    BadAnswer,
    ConfigError,
    Forbidden,
    GuardRefused,
    NotFound,
    Unreachable,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step, list_planned_changes
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import PairCustodian, TokenPair


def test_a_value_is_kept_although_the_rest_of_the_answer_makes_no_sense(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is shown once, and by then the token was made; without it nobody could use it or know of it."""

    def refuse(row: t.Any) -> t.NoReturn:
        raise BadAnswer("no date")

    resource = object.__new__(AccessTokenResource)
    resource._store, resource._result, resource._values = None, {}, {}
    assert resource.salvage() == {}
    answer = {**TOKEN_ROW, "accessToken": "shown once", "refreshToken": "renews"}
    monkeypatch.setattr(resource, "_post_token", lambda step: answer, raising=False)
    monkeypatch.setattr(token_resource, "_format_lifetimes", refuse)
    with pytest.raises(BadAnswer):
        resource.actions["create"](Step("create", "access token Nightly"))
    kept = {"id": "9", "value": "shown once", "refresh_token": "renews"}
    assert resource.salvage() == {"salvaged": {"access_token": kept}}


def test_a_token_whose_look_fails_has_an_unknown_outcome(
    client: CommvaultClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(drop=True), answer(500, NOT_FOUND_PAGE))
    settings = {"name": "n", "token_type": "all", "api_endpoints": [], "allowed_ips": []}
    tokens = AccessTokenResource(client.ctx)
    with pytest.raises(ApiError, match="HTTP 500") as caught:
        tokens._post_token(Step("create", "access token n", {"settings": settings}))
    assert caught.value.facts["outcome"] == "unknown"


class Refusing:
    """A token store that takes nothing."""

    location, custodian = "the test's store", PairCustodian("h", "u")

    def write_pair(self, pair: t.Any) -> None:
        raise ConfigError("The token store is full")


@pytest.mark.parametrize(("status", "told"), [(200, 0), (500, 1)])
def test_a_token_that_can_neither_be_stored_nor_revoked_is_told(
    client: CommvaultClient, secured: t.Any, answer: t.Any, status: int, told: int
) -> None:
    secured.server.says(answer(status, {"errorCode": 0 if status == 200 else 587}))
    tokens = AccessTokenResource(client.ctx)
    tokens._store = t.cast(t.Any, Refusing())
    row = {"accessTokenId": 9, "tokenName": "n", "accessToken": "value-4711", "refreshToken": "refresh-4711"}
    with pytest.raises(ConfigError, match="full"):
        tokens._store_pair(t.cast(t.Any, Refusing()), row)
    assert [one.method for one in secured.server.received][:1] == ["DELETE"]
    assert len(client.ctx.warnings) == told
    assert all("id 9" in warning and "revoke" in warning for warning in client.ctx.warnings)


STORE_KEPT = TokenPair("kept", token_id="9", name="Nightly", renewable_until=1806624000.0)
OPTIONS = {
    "state": "present",
    "name": "Nightly",
    "id": None,
    "user": None,
    "store": None,
    "commvault_auth_method": "password",
    "commvault_url": "https://cs.example",
    "accept_risk": [],
}
CREATED = {"tokenInfo": {**TOKEN_ROW, "accessTokenId": 10, "accessToken": "value-10", "refreshToken": "refresh-10"}}


class FakeStore:
    """A token store in memory."""

    location, custodian = "the test's store", PairCustodian("h", "u")

    def __init__(self, pair: TokenPair | None = None, error: Exception | None = None) -> None:
        self.pair, self.error = pair, error

    def read_pair(self) -> TokenPair | None:
        return self.pair

    @contextlib.contextmanager
    def lock(self, create: bool = False) -> t.Iterator[FakeStore]:
        if self.error:
            raise self.error
        yield self

    def write_pair(self, pair: TokenPair) -> None:
        self.pair = pair

    def remove_pair(self) -> None:
        self.pair = None


def site(
    make_ctx: t.Any,
    rows: t.Any = (TOKEN_ROW,),
    store: FakeStore | None = None,
    answers: t.Any = None,
    release: int = 44,
    **options: t.Any,
) -> tuple[AccessTokenResource, FakeCommvault]:
    known = {"V4/AccessToken/": {"tokens": list(rows)}, "POST V4/AccessToken": CREATED, **(answers or {})}
    client = FakeCommvault(make_ctx({**OPTIONS, **options}), known, release=release)
    resource = make_resource(AccessTokenResource, client)
    resource._store = t.cast(t.Any, store)
    return resource, client


def actions(planned: t.Any) -> list[str]:
    return [step.action for step in planned.steps]


def test_a_token_that_is_there_is_left(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx)
    assert not resource.plan().changed
    assert client.sent[-1].params == {"userId": "44"}, "names are those of one owner"
    assert resource.result() == {
        "name": "Nightly",
        "user": "svc",
        "id": "9",
        "expires": "2027-01-15T08:00:00Z",
        "renewable_until": "2027-04-02T00:00:00Z",
        "stored_in": None,
        "value": None,
        "refresh_token": None,
    }


def test_a_created_token_is_shown_once_where_no_store_is_given(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, ())
    carry_out(resource, resource.plan())
    assert client.writes[0].body == {"tokenName": "Nightly", "tokenType": 2}
    found = resource.result()
    assert (found["id"], found["value"], found["refresh_token"]) == ("10", "value-10", "refresh-10")
    assert {"value-10", "refresh-10"} <= client.ctx.secrets, "so that no message shows them"
    assert resource.salvage()["salvaged"]["access_token"]["value"] == "value-10"


def test_a_created_token_is_stored_and_not_shown(make_ctx: t.Any) -> None:
    store = FakeStore()
    resource, _client = site(make_ctx, (), store)
    carry_out(resource, resource.plan())
    found = resource.result()
    assert (found["id"], found["value"], found["refresh_token"], found["stored_in"]) == (
        "10",
        None,
        None,
        store.location,
    )
    assert store.pair is not None and (store.pair.access_token, store.pair.token_id) == ("value-10", "10")
    assert (store.pair.custodian, store.pair.commvault_url) == (store.custodian, "https://cs.example")
    assert resource.salvage() == {}


def test_a_token_whose_pair_is_stored_is_left(make_ctx: t.Any) -> None:
    assert not site(make_ctx, store=FakeStore(STORE_KEPT))[0].plan().changed


def test_a_token_whose_value_may_be_kept_elsewhere_is_not_replaced_without_a_word(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, store=FakeStore())
    with pytest.raises(GuardRefused, match="old one could no longer sign in") as caught:
        resource.plan()
    assert caught.value.facts["risk"] == "lost_value"
    accepted, client = site(make_ctx, store=FakeStore(), accept_risk=["lost_value"], accept_reason="new host")
    planned = accepted.plan()
    carry_out(accepted, planned)
    assert actions(planned) == ["revoke", "create"]
    assert [one.method for one in client.writes] == ["DELETE", "POST"]


def test_the_dead_pair_of_this_very_token_may_be_replaced(make_ctx: t.Any) -> None:
    over = dataclasses.replace(STORE_KEPT, expires=1.0, refresh_token=None)
    row = {**TOKEN_ROW, "renewableUntilTimestamp": 1}
    resource, _client = site(make_ctx, (row,), FakeStore(over))
    assert actions(resource.plan()) == ["revoke", "create"]


def test_the_living_pair_of_another_token_is_not_written_over(make_ctx: t.Any) -> None:
    other = dataclasses.replace(STORE_KEPT, token_id="7", name="Other")
    for rows in ((TOKEN_ROW,), ()):
        with pytest.raises(ConfigError, match="which is not Nightly") as caught:
            site(make_ctx, rows, FakeStore(other))[0].plan()
        assert "(id 7)" in str(caught.value) and "kept" not in str(caught.value)


def test_a_store_that_cannot_be_written_costs_no_token(make_ctx: t.Any) -> None:
    store = FakeStore(dataclasses.replace(STORE_KEPT, expires=1.0, refresh_token=None), ConfigError("read-only"))
    resource, client = site(make_ctx, ({**TOKEN_ROW, "renewableUntilTimestamp": 1},), store)
    planned = resource.plan()
    with pytest.raises(ConfigError, match="read-only"):
        carry_out(resource, planned)
    assert client.writes == []


def test_nothing_is_changed_while_the_store_that_has_to_learn_of_it_is_held(make_ctx: t.Any) -> None:
    """The next run would find the token as asked for, and leave the store as it is."""
    store = FakeStore(STORE_KEPT, WaitTimeout("held by another process"))
    resource, client = site(make_ctx, store=store, renewable_until="2027-12-31T00:00:00Z")
    with pytest.raises(WaitTimeout):
        carry_out(resource, resource.plan())
    assert client.writes == []


def test_a_change_is_sent_with_what_stays_and_the_stored_pair_learns_of_it(make_ctx: t.Any) -> None:
    store = FakeStore(STORE_KEPT)
    resource, client = site(make_ctx, store=store, renewable_until="2027-12-31T00:00:00Z")
    carry_out(resource, resource.plan())
    (sent,) = client.writes
    assert (sent.method, sent.path) == ("PUT", "V4/AccessToken/9")
    assert sent.body["renewableUntilTimestamp"] == 1830211200 and sent.body["apiEndpoints"] == ["/Security", "/V4/Role"]
    assert store.pair is not None and store.pair.renewable_until == 1830211200.0
    assert resource.result()["renewable_until"] == "2027-12-31T00:00:00Z"


def test_a_token_that_takes_the_place_of_another_one_has_other_steps(make_ctx: t.Any) -> None:
    """What was approved for the one that is gone allows nothing for it; a new one is known by its name, whatever it replaces."""

    def list_ids(number: int, **options: t.Any) -> list[str]:
        accepted = {"accept_risk": ["lost_value"], "accept_reason": "new host"}
        row = {**TOKEN_ROW, "accessTokenId": number}
        planned = site(make_ctx, (row,), FakeStore(), **accepted, **options)[0].plan()
        return [change["id"] for change in list_planned_changes("access_token", planned)]

    one, other = list_ids(9), list_ids(10)
    assert len(one) > 1 and one[0] != other[0] and one[1:] == other[1:]
    assert list_ids(9, state="absent") == one[:1]


def test_an_absent_token_is_revoked_and_its_pair_forgotten(make_ctx: t.Any) -> None:
    store = FakeStore(STORE_KEPT)
    resource, client = site(make_ctx, store=store, state="absent")
    planned = resource.plan()
    carry_out(resource, planned)
    assert actions(planned) == ["revoke", "forget"]
    assert client.paths[-1] == "DELETE V4/AccessToken/9" and store.pair is None
    assert resource.result() == {}


def test_the_pair_of_another_token_stays_when_a_token_goes(make_ctx: t.Any) -> None:
    store = FakeStore(dataclasses.replace(STORE_KEPT, token_id="7", name="Other"))
    resource, _client = site(make_ctx, store=store, state="absent")
    assert actions(resource.plan()) == ["revoke"]


def test_a_pair_whose_token_is_gone_is_forgotten_by_id_too(make_ctx: t.Any) -> None:
    resource, _client = site(make_ctx, (), FakeStore(STORE_KEPT), state="absent", name=None, id="9")
    assert actions(resource.plan()) == ["forget"]


@pytest.mark.parametrize(("release", "refused"), [(0, True), (41, False), (42, True)])
@pytest.mark.parametrize("method", ["access_token", "token_store"])
def test_a_token_manages_no_tokens_since_11_42(make_ctx: t.Any, release: int, refused: bool, method: str) -> None:
    unchanged, _client = site(make_ctx, release=release, commvault_auth_method=method)
    assert not unchanged.plan().changed, "to look is allowed"
    resource, client = site(make_ctx, (), release=release, commvault_auth_method=method)
    if not refused:
        assert resource.plan().changed
        return
    with pytest.raises(ConfigError, match="Set commvault_auth_method to password"):
        resource.plan()
    assert client.writes == []


def test_before_11_38_there_are_no_such_tokens(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="needs? release 11.38"):
        site(make_ctx, release=37)[0].plan()


USERS = {
    "users": [
        {"id": 50, "name": "robot", "isServiceAccount": True, "company": {"id": 0}},
        {"id": 51, "name": "anna", "isServiceAccount": False},
    ]
}


def test_a_token_for_a_service_account_names_its_owner(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, (), answers={"v4/user": USERS}, user="robot")
    carry_out(resource, resource.plan())
    assert client.writes[0].body["userId"] == 50
    assert {"userId": "50"} in [one.params for one in client.sent]
    assert resource.result()["user"] == "robot"


def test_a_token_for_another_person_is_refused(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="anna is an ordinary user"):
        site(make_ctx, (), answers={"v4/user": USERS}, user="anna")[0].plan()
    gone, _client = site(make_ctx, (), answers={"v4/user": USERS}, user="anna", state="absent")
    assert not gone.plan().changed, "to revoke one is not to have one"


def test_a_token_for_somebody_else_needs_11_42(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="needs release 11.42"):
        site(make_ctx, (), answers={"v4/user": USERS}, release=40, user="robot")[0].plan()


TWO = (TOKEN_ROW, {**TOKEN_ROW, "accessTokenId": 12, "tokenName": "nightly"})


def test_two_tokens_of_a_name_need_an_id(make_ctx: t.Any) -> None:
    with pytest.raises(AmbiguousMatch, match="ids 12, 9") as caught:
        site(make_ctx, TWO)[0].plan()
    assert caught.value.facts["candidates"] == ["12", "9"]
    chosen, client = site(make_ctx, TWO, id="12", state="absent")
    carry_out(chosen, chosen.plan())
    assert client.paths[-1] == "DELETE V4/AccessToken/12"


def test_an_id_with_the_name_of_another_token_is_refused(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="is named Nightly, not Other"):
        site(make_ctx, name="Other", id="9")[0].plan()


def test_an_id_that_is_not_there_is_no_token_to_create(make_ctx: t.Any) -> None:
    with pytest.raises(NotFound, match="svc has no access token with the id 77"):
        site(make_ctx, id="77")[0].plan()


LOST = Unreachable("no answer", may_have_acted=True)
ORPHAN = {**TOKEN_ROW, "accessTokenId": 11}


def test_a_token_whose_value_was_lost_is_revoked_before_the_next_attempt(make_ctx: t.Any) -> None:
    lists = [{"tokens": []}, {"tokens": [ORPHAN]}]
    resource, client = site(make_ctx, answers={"V4/AccessToken/": lists, "POST V4/AccessToken": [LOST, CREATED]})
    carry_out(resource, resource.plan())
    assert [f"{one.method} {one.path}" for one in client.writes] == [
        "POST V4/AccessToken",
        "DELETE V4/AccessToken/11",
        "POST V4/AccessToken",
    ]
    assert resource.result()["id"] == "10"


def test_a_token_that_was_there_before_is_no_orphan(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, TWO[1:], answers={"POST V4/AccessToken": LOST}, name="Other")
    planned = resource.plan()
    client.answers["V4/AccessToken/"] = {"tokens": [{**TOKEN_ROW, "accessTokenId": 12, "tokenName": "Other"}]}
    with pytest.raises(Unreachable) as caught:
        carry_out(resource, planned)
    assert caught.value.facts["outcome"] == "unknown"
    assert all(one.method != "DELETE" for one in client.writes)


def test_attempts_come_to_an_end_and_the_last_orphan_is_revoked(make_ctx: t.Any) -> None:
    lists = [{"tokens": []}, *({"tokens": [{**ORPHAN, "accessTokenId": number}]} for number in (10, 11, 12))]
    resource, client = site(make_ctx, answers={"V4/AccessToken/": lists, "POST V4/AccessToken": LOST})
    with pytest.raises(Unreachable) as caught:
        carry_out(resource, resource.plan())
    assert caught.value.facts["outcome"] == "undone"
    assert [one.method for one in client.writes] == ["POST", "DELETE"] * 3


def test_a_refused_creation_is_not_repeated_or_looked_for(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, (), answers={"POST V4/AccessToken": Forbidden("no")})
    planned, before = resource.plan(), len(client.sent)
    with pytest.raises(Forbidden) as caught:
        carry_out(resource, planned)
    assert [one.method for one in client.sent[before:]] == ["POST"] and "outcome" not in caught.value.facts


def test_a_pair_whose_renewal_is_extended_is_kept(make_ctx: t.Any) -> None:
    row = {**TOKEN_ROW, "renewableUntilTimestamp": 1}
    store = FakeStore(dataclasses.replace(STORE_KEPT, refresh_token="r", expires=1.0))
    assert actions(site(make_ctx, (row,), store)[0].plan()) == ["revoke", "create"]
    assert actions(site(make_ctx, (row,), store, renewable_until="2027-12-31T00:00:00Z")[0].plan()) == ["edit"]


def test_fields_that_commvault_does_not_show_are_told(make_ctx: t.Any) -> None:
    bare = {"accessTokenId": 9, "tokenName": "Nightly"}
    resource, client = site(make_ctx, (bare,), allowed_ips=[])
    assert not resource.plan().changed
    assert client.ctx.warnings == [
        "Commvault does not show allowed_ips of access tokens, so differences from the options are not detected."
    ]


LIMITED = {"tokenInfo": {"accessTokenId": 9, "allowedIPs": ["10.0.0.1"]}}


@pytest.mark.parametrize("shown_by", ["answer", "list", "nobody"])
def test_a_limit_that_no_list_shows_is_written_and_proven_or_the_task_fails(make_ctx: t.Any, shown_by: str) -> None:
    bare = {"accessTokenId": 9, "tokenName": "Nightly"}
    answered: dict[str, t.Any] = LIMITED if shown_by == "answer" else {"errorCode": 0}
    resource, client = site(make_ctx, (bare,), answers={"PUT V4/AccessToken/9": answered}, allowed_ips=["10.0.0.1"])
    carry_out(resource, resource.plan())
    assert "Whether they differ from the options is unknown" in client.ctx.warnings[0]
    assert client.writes[0].body["allowedIPs"] == ["10.0.0.1"]
    if shown_by == "list":
        client.answers["V4/AccessToken/"] = {"tokens": [{**bare, "allowedIPs": ["10.0.0.1"]}]}
    if shown_by == "nobody":
        with pytest.raises(WaitTimeout, match="may still be in force") as caught:
            resource.verify()
        assert caught.value.facts["unproven"] == ["allowed_ips"]
    else:
        assert resource.verify() == []


def test_a_list_that_lags_is_waited_for_after_each_write(make_ctx: t.Any) -> None:
    after = [{"tokens": []}, {"tokens": []}, {"tokens": [CREATED["tokenInfo"]]}]
    resource, client = site(make_ctx, (), answers={"V4/AccessToken/": after})
    carry_out(resource, resource.plan())
    assert resource.verify() == []
    gone = [{"tokens": [TOKEN_ROW]}, {"tokens": [TOKEN_ROW]}, {"tokens": []}]
    resource, client = site(make_ctx, answers={"V4/AccessToken/": gone}, state="absent")
    carry_out(resource, resource.plan())
    assert resource.verify() == []
    assert client.paths[-2:] == ["GET V4/AccessToken/"] * 2


def test_an_orphan_that_shows_after_the_second_post_is_revoked(make_ctx: t.Any) -> None:
    lists = [{"tokens": []}, {"tokens": []}, {"tokens": [ORPHAN, CREATED["tokenInfo"]]}]
    answers = {"V4/AccessToken/": lists, "POST V4/AccessToken": [LOST, CREATED]}
    resource, client = site(make_ctx, (), answers=answers)
    carry_out(resource, resource.plan())
    assert resource.verify() == []
    assert client.writes[-1][:2] == ("DELETE", "V4/AccessToken/11")
