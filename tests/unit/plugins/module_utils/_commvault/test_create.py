# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One POST creates one object: a lost answer is resolved by the list, and never by a second POST."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.create import create_object_once
from ansible_collections.cvops.identity.plugins.module_utils._commvault.directory import Directory
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    Forbidden,
    Throttled,
    Unreachable,
)

LOST = Unreachable("no answer", may_have_acted=True)
EMPTY: dict[str, t.Any] = {"roles": []}
SHOWN = {"roles": [{"id": 9, "name": "R", "company": {"id": 0, "name": "Commcell"}}]}


def create(client: FakeCommvault, company_id: int | None = None) -> int:
    given: t.Any = client
    return create_object_once(
        given, Directory(given), "roles", "V4/Role", {"name": "R"}, company_id=company_id, intent="create role R"
    )


@pytest.mark.parametrize("answer", [{"id": 9}, {"id": "9"}])
def test_the_id_is_that_of_the_answer(make_ctx: t.Any, answer: dict[str, t.Any]) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": answer})
    assert create(client) == 9
    assert client.paths == ["POST V4/Role"]


def test_an_answer_without_an_id_is_resolved_by_the_list(make_ctx: t.Any) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": {"name": "R"}, "V4/Role": SHOWN})
    assert create(client) == 9
    assert len(client.writes) == 1


def test_an_object_that_no_list_shows_is_an_error_of_unknown_effect(make_ctx: t.Any) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": {}, "V4/Role": EMPTY})
    with pytest.raises(ApiError, match="may be waiting for an approval") as caught:
        create(client)
    assert caught.value.may_have_acted
    assert caught.value.facts["pending_approval"] is True


def test_a_body_and_an_answer_of_another_form_have_name_and_id_elsewhere(make_ctx: t.Any) -> None:
    client: t.Any = FakeCommvault(make_ctx(), {"POST Old/Role": {"records": [{"number": 9}]}})
    number = create_object_once(
        client,
        Directory(client),
        "roles",
        "Old/Role",
        {"records": [{"name": "R"}]},
        company_id=None,
        intent="create role R",
        name="R",
        find_id=lambda answer: answer["records"][0]["number"],
    )
    assert number == 9


@pytest.mark.parametrize("answer", [LOST, {"id": 9}])
def test_what_is_taken_for_the_created_object_is_told(make_ctx: t.Any, answer: t.Any) -> None:
    """Only after a lost answer; who is told may refuse it."""
    adopted: list[int] = []

    def adopt(number: int) -> None:
        adopted.append(number)
        raise ApiError("it is another one")

    client: t.Any = FakeCommvault(make_ctx(), {"POST V4/Role": answer, "V4/Role": SHOWN, "Security/Roles": SHOWN})
    given: t.Any = {"company_id": None, "intent": "create role R", "adopt": adopt}
    if answer is LOST:
        with pytest.raises(ApiError, match="another one"):
            create_object_once(client, Directory(client), "roles", "V4/Role", {"name": "R"}, **given)
    else:
        create_object_once(client, Directory(client), "roles", "V4/Role", {"name": "R"}, **given)
    assert adopted == ([9] if answer is LOST else [])


def test_a_lost_answer_is_resolved_by_the_list_past_the_cache(make_ctx: t.Any) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": LOST, "V4/Role": SHOWN, "Security/Roles": SHOWN})
    assert create(client) == 9
    assert len(client.writes) == 1, "a second POST could create a second object"
    refreshed = [one.params for one in client.sent if one.method == "GET" and "hardRefresh" in one.params]
    assert refreshed, "the cached list may be older than the POST"


def test_a_lost_answer_without_a_trace_stays_unknown(make_ctx: t.Any) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": LOST, "V4/Role": EMPTY})
    with pytest.raises(Unreachable) as caught:
        create(client)
    assert caught.value.facts["outcome"] == "unknown"
    assert len(client.writes) == 1


def test_a_list_that_fails_after_a_lost_answer_leaves_the_outcome_unknown(make_ctx: t.Any) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": LOST, "V4/Role": ApiError("HTTP 500")})
    with pytest.raises(ApiError, match="HTTP 500") as caught:
        create(client)
    assert caught.value.facts["outcome"] == "unknown"


TAKEN = ApiError("Cannot create role R: Commvault error 7: Role [R] already exists.", status=200, code="7")


class Repeating(FakeCommvault):
    """A CommServe whose transport asks, before it sends a refused POST again, whether it had an effect."""

    def write(self, method: str, path: str, body: t.Any = None, **more: t.Any) -> t.Any:
        try:
            return super().write(method, path, body, **more)
        except Throttled:
            if not more["is_undone"]():
                raise
            return super().write(method, path, body, **more)


def test_a_post_that_was_refused_and_carried_out_is_not_sent_again(make_ctx: t.Any) -> None:
    client = Repeating(make_ctx(), {"POST V4/Role": Throttled("later", status=429), "V4/Role": SHOWN})
    assert create(client) == 9
    assert len(client.writes) == 1


def test_a_name_that_is_taken_after_a_second_post_is_taken_by_the_first(make_ctx: t.Any) -> None:
    shown = [EMPTY, EMPTY, SHOWN]
    posts = [Throttled("later", status=429), TAKEN]
    client = Repeating(make_ctx(), {"POST V4/Role": posts, "V4/Role": shown, "Security/Roles": EMPTY})
    assert create(client) == 9
    assert len(client.writes) == 2


def test_a_name_that_others_have_taken_is_told_and_not_adopted(make_ctx: t.Any) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": TAKEN, "V4/Role": SHOWN})
    with pytest.raises(ApiError, match="exists already") as caught:
        create(client)
    assert len(client.writes) == 1
    assert "outcome" not in caught.value.facts


def test_a_name_that_a_deleted_object_still_takes_is_waited_for(make_ctx: t.Any) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": [TAKEN, TAKEN, {"id": 9}], "V4/Role": EMPTY})
    assert create(client) == 9
    assert len(client.writes) == 3


def test_the_wait_for_a_name_ends(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    client = FakeCommvault(ctx, {"POST V4/Role": TAKEN, "V4/Role": EMPTY})
    with pytest.raises(ApiError, match="already exists"):
        create(client)
    assert 30 < ctx.clock.monotonic() - 1000 <= 60


def test_an_object_that_shows_late_after_a_lost_answer_is_found(make_ctx: t.Any) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": LOST, "V4/Role": [EMPTY, EMPTY, EMPTY, SHOWN]})
    assert create(client) == 9
    assert len(client.writes) == 1


def test_a_refused_creation_is_not_looked_for(make_ctx: t.Any) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": Forbidden("not for you"), "V4/Role": SHOWN})
    with pytest.raises(Forbidden) as caught:
        create(client)
    assert client.paths == ["POST V4/Role"]
    assert "outcome" not in caught.value.facts


@pytest.mark.parametrize(
    ("scope", "company_id", "headers"),
    [
        (0, None, {}),
        (0, 0, {}),
        (30, 30, {}),
        (30, None, {}),
        (0, 30, {"operatorCompanyId": "30"}),
        (30, 0, {"operatorCompanyId": "0"}),
    ],
)
def test_a_company_other_than_the_scope_is_named_in_the_request(
    make_ctx: t.Any, scope: int, company_id: int | None, headers: dict[str, str]
) -> None:
    client = FakeCommvault(make_ctx(), {"POST V4/Role": {"id": 9}}, company_id=scope)
    create(client, company_id)
    assert client.writes[0].headers == headers


def test_an_object_of_that_name_in_another_company_is_not_taken_for_the_created_one(make_ctx: t.Any) -> None:
    elsewhere = {"roles": [{"id": 8, "name": "R", "company": {"id": 30, "name": "corp"}}]}
    client = FakeCommvault(make_ctx(), {"POST V4/Role": LOST, "V4/Role": elsewhere}, company_id=30)
    with pytest.raises(Unreachable):
        create(client, 0)
    assert create(client, 30) == 8
