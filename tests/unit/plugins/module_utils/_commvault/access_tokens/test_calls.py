# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating a token: one that nobody can use is revoked before the next POST, and no other one ever is."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.calls import AccessTokens
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    Throttled,
    Unreachable,
)

SETTINGS = {"name": "Nightly", "token_type": "all", "api_endpoints": [], "allowed_ips": []}
LIST, POST = "V4/AccessToken/", "POST V4/AccessToken"
LOST, LATER = Unreachable("no answer", may_have_acted=True), Throttled("later", status=429)
TAKEN = ApiError("Cannot create it: Commvault error 9: Token name already present.", code="9", status=400)


def row(number: int, name: str = "Nightly") -> dict[str, t.Any]:
    return {"accessTokenId": number, "tokenName": name}


def tokens(*rows: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"tokens": list(rows)}


CREATED = {"tokenInfo": {**row(10), "accessToken": "value-10", "refreshToken": "refresh-10"}}


def make(make_ctx: t.Any, posts: t.Any, lists: t.Any = tokens()) -> tuple[AccessTokens, FakeCommvault]:  # noqa: B008 -- not changed
    client = FakeCommvault(make_ctx(), {POST: posts, LIST: lists})
    return AccessTokens(t.cast(t.Any, client)), client


def count_calls(client: FakeCommvault) -> list[str]:
    return [one.method if one.method != "DELETE" else f"DELETE {one.path.rpartition('/')[2]}" for one in client.writes]


def test_the_answer_alone_holds_the_value_which_becomes_a_secret(make_ctx: t.Any) -> None:
    made, client = make(make_ctx, CREATED)
    assert made.create(SETTINGS, "access token Nightly") == CREATED["tokenInfo"]
    assert client.ctx.secrets >= {"value-10", "refresh-10"}
    assert "allowedIPs" not in client.writes[0].body and "userId" not in client.writes[0].body


def test_a_token_of_another_user_names_its_owner(make_ctx: t.Any) -> None:
    made, client = make(make_ctx, CREATED)
    made.owner, made.is_foreign_owner = (7, "robot"), True
    made.create({**SETTINGS, "allowed_ips": ["10.0.0.1"]}, "access token Nightly")
    assert (client.writes[0].body["userId"], client.writes[0].body["allowedIPs"]) == (7, ["10.0.0.1"])
    made.list_all()
    assert client.sent[-1].params == {"userId": "7"} and made.describe_owner() == "robot"


@pytest.mark.parametrize("doubt", [LOST, LATER, ApiError("HTTP 503", status=503), {"tokenInfo": row(11)}])
def test_what_came_of_a_post_without_a_value_is_revoked_before_the_next_one(make_ctx: t.Any, doubt: t.Any) -> None:
    made, client = make(make_ctx, [doubt, CREATED], tokens(row(11), row(12, "Other")))
    assert made.create(SETTINGS, "access token Nightly")["accessToken"] == "value-10"
    assert count_calls(client) == ["POST", "DELETE 11", "POST"]


@pytest.mark.parametrize("there", [[row(11)], [row(12, "Other")], [], [row(11), row(13), row(14)]])
def test_nothing_is_revoked_unless_one_token_alone_can_be_the_orphan(make_ctx: t.Any, there: t.Any) -> None:
    made, client = make(make_ctx, LOST, tokens(*there))
    made.remember_known([row(11)])
    with pytest.raises(Unreachable) as caught:
        made.create(SETTINGS, "access token Nightly")
    assert caught.value.facts["outcome"] == "unknown"
    assert count_calls(client) == ["POST"] * 3


def test_a_name_that_a_revoked_token_still_takes_is_tried_again_for_a_while(make_ctx: t.Any) -> None:
    made, client = make(make_ctx, [TAKEN, TAKEN, CREATED])
    assert made.create(SETTINGS, "access token Nightly")["accessToken"] == "value-10"
    assert count_calls(client) == ["POST"] * 3
    endless, client = make(make_ctx, TAKEN)
    with pytest.raises(ApiError, match="already present") as caught:
        endless.create(SETTINGS, "access token Nightly")
    assert "outcome" not in caught.value.facts and 30 < client.ctx.clock.monotonic() - 1000 <= 60


def test_a_name_that_a_living_token_takes_is_told_and_that_token_stays(make_ctx: t.Any) -> None:
    made, client = make(make_ctx, TAKEN, tokens(row(11)))
    with pytest.raises(ApiError, match="exists already;") as caught:
        made.create(SETTINGS, "access token Nightly")
    assert caught.value.is_outdated and count_calls(client) == ["POST"]


@pytest.mark.parametrize("refusal", [AuthError("no", status=401), ApiError("wrong", status=400, code="5")])
def test_a_refusal_that_is_certain_ends_it(make_ctx: t.Any, refusal: ApiError) -> None:
    made, client = make(make_ctx, refusal)
    with pytest.raises(type(refusal)) as caught:
        made.create(SETTINGS, "access token Nightly")
    assert client.paths == [POST] and "outcome" not in caught.value.facts


def test_late_orphans_are_revoked_where_a_post_was_doubtful_and_others_never(make_ctx: t.Any) -> None:
    rows = [row(10), row(11), row(12), row(13, "Other")]
    for posts, revoked in ((CREATED, []), ([LOST, CREATED], ["DELETE 12"])):
        made, client = make(make_ctx, posts)
        made.remember_known([row(11)])
        made.create(SETTINGS, "access token Nightly")
        client.sent.clear()
        made.revoke_late_orphans(rows, "nightly", "10")
        made.revoke_late_orphans(rows, "nightly", "10")
        assert count_calls(client) == revoked
