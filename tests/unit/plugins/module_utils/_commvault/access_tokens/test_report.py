# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens of several users: each once, with its owner, never with the token itself, and nobody is passed as one without tokens."""

from __future__ import annotations

import typing as t

import pytest
from commvault_examples import TOKEN_ROW
from fake_commvault import FakeCommvault
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.canonical import (
    describe_access_token,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.report import (
    TokensFound,
    merge_answers,
    read_access_tokens,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Entry
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Forbidden,
    NotFound,
    Throttled,
    Unreachable,
)

NAMES = {4: "anna", 5: "ben", 6: "eva"}
LIST = "V4/AccessToken/"


def row(number: int, user: int | None = None, name: str = "nightly") -> dict[str, t.Any]:
    return {"accessTokenId": number, "tokenName": name, **({} if user is None else {"userId": user})}


def owners(found: TokensFound) -> list[tuple[str, str | None]]:
    return sorted((one["id"], one["owner"]["id"]) for one in found.rows)


def read(make_ctx: t.Any, by_user: t.Mapping[int, t.Any]) -> tuple[TokensFound, FakeCommvault]:
    ctx = make_ctx({"parallel_reads": 2})
    client = FakeCommvault(ctx, {LIST: lambda sent: by_user[int(sent.params["userId"])]})
    users = [Entry(number, NAMES[number]) for number in by_user]
    return read_access_tokens(ctx, t.cast(t.Any, client), users, NAMES.get), client


def test_all_that_the_list_shows_of_a_token() -> None:
    assert describe_access_token(TOKEN_ROW) == {
        "id": "9",
        "name": "Nightly",
        "token_type": "custom",
        "api_endpoints": ["/Security", "/V4/Role"],
        "allowed_ips": ["10.0.0.1-10.0.0.9", "10.1.0.1", "10.20.0.0/24"],
        "expires": "2027-01-15T08:00:00Z",
        "renewable_until": "2027-04-02T00:00:00Z",
        "created": None,
        "last_used": None,
    }


def test_what_the_list_does_not_show_is_none() -> None:
    shown = dict.fromkeys(describe_access_token(TOKEN_ROW))
    for wire in (
        {"id": 7},
        {"id": 7, "tokenName": "", "tokenType": None, "apiEndpoints": None, "tokenExpiryTimestamp": 0},
    ):
        assert describe_access_token(wire) == {**shown, "id": "7"}


def test_no_limits_are_not_unknown_limits() -> None:
    found = describe_access_token({**row(7), "apiEndpoints": [], "allowedIPs": []})
    assert (found["api_endpoints"], found["allowed_ips"]) == ([], [])


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (0, "all"),
        (2, "all"),
        ("3", "custom"),
        (1, "scim"),
        (4, "one_touch"),
        (9, None),
        (-1, None),
        ("x", None),
        ([], None),
    ],
)
def test_types(number: t.Any, word: str | None) -> None:
    assert describe_access_token({**TOKEN_ROW, "tokenType": number})["token_type"] == word


def test_a_token_that_is_not_renewed_has_no_renewal() -> None:
    assert describe_access_token({**TOKEN_ROW, "tokenType": 1})["renewable_until"] is None


def test_moments_that_a_release_may_show() -> None:
    found = describe_access_token({**row(7), "createdTimestamp": 1767225600, "lastUsedTimestamp": "1767225600"})
    assert (found["created"], found["last_used"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize("member", ["apiEndpoints", "allowedIPs"])
@pytest.mark.parametrize("wrong", ["/x", 7, {"a": 1}, [1], [None], [["/x"]]])
def test_limits_of_another_shape_are_refused(member: str, wrong: t.Any) -> None:
    """Taken for no limits they would be all rights; taken for limits, none."""
    with pytest.raises(BadAnswer):
        describe_access_token({**TOKEN_ROW, member: wrong})


def test_one_call_per_user_and_their_owners(make_ctx: t.Any) -> None:
    found, client = read(make_ctx, {4: {"tokens": [row(1), row(2)]}, 5: {"tokens": [row(3, 5)]}, 6: {"errorCode": 0}})
    assert owners(found) == [("1", "4"), ("2", "4"), ("3", "5")] and not found.unread
    assert found.rows[0]["owner"] == {"kind": "user", "id": "4", "name": "anna"}
    assert len(client.sent) == 3


@pytest.mark.parametrize("refusal", [Forbidden("no"), NotFound("no such call")])
def test_users_whose_tokens_are_not_shown_are_told(make_ctx: t.Any, refusal: ApiError) -> None:
    found, _client = read(make_ctx, {4: refusal, 5: {"tokens": [row(3)]}})
    assert (owners(found), found.unread) == ([("3", "5")], {4})


@pytest.mark.parametrize("error", [Throttled("later"), Unreachable("gone"), ApiError("no", code="7", status=200)])
def test_a_read_that_fails_is_an_error(make_ctx: t.Any, error: ApiError) -> None:
    with pytest.raises(type(error)):
        read(make_ctx, {4: {"tokens": [row(1)]}, 5: error})


@pytest.mark.parametrize(
    "answer",
    [
        {"tokens": "none"},
        {"tokens": 3},
        {"tokenInfo": {"accessTokenId": 9, "tokenName": "n"}},
        {"tokens": ["nightly"]},
        {"tokens": [row(1), "nightly"]},
        {"tokens": [row(1), {"tokenName": "without id"}]},
        {"tokens": [{"accessTokenId": {"n": 1}, "tokenName": "n"}]},
        {"tokens": [{**row(1), "apiEndpoints": "/x"}]},
    ],
)
def test_a_list_that_cannot_be_understood_is_an_error(make_ctx: t.Any, answer: t.Any) -> None:
    with pytest.raises(BadAnswer):
        read(make_ctx, {4: answer})


def test_a_token_without_a_name_and_equal_names_are_told(make_ctx: t.Any) -> None:
    found, _client = read(make_ctx, {4: {"tokens": [row(1), row(2), {"accessTokenId": 3}]}})
    assert [(one["id"], one["name"]) for one in found.rows] == [("3", None), ("1", "nightly"), ("2", "nightly")]


def test_many_tokens_are_told_once_each(make_ctx: t.Any) -> None:
    found, _client = read(make_ctx, {4: {"tokens": [row(number, 4, f"t {number}") for number in range(1, 1001)]}})
    assert len({one["id"] for one in found.rows}) == len(found.rows) == 1000


def test_a_token_itself_is_never_told_and_hidden_from_then_on(make_ctx: t.Any) -> None:
    secret = {"accessToken": "4f7c-value", "refreshToken": "8A1D-value"}
    found, client = read(make_ctx, {4: {"tokens": [{**row(1), **secret}]}})
    assert not any(value in str(found) for value in secret.values())
    assert client.ctx.secrets >= set(secret.values())


def test_a_service_that_answers_with_the_tokens_of_the_caller_has_not_answered(make_ctx: t.Any) -> None:
    """The rows are told, and nobody else is said to have them, or to have none."""
    own = {"tokens": [row(1, 4)]}
    found, _client = read(make_ctx, {4: own, 5: own, 6: own})
    assert (owners(found), found.unread) == ([("1", "4")], {5, 6})
    silent = {"tokens": [row(1)]}
    found, _client = read(make_ctx, {4: silent, 5: silent, 6: {"tokens": []}})
    assert (owners(found), found.unread) == ([("1", None)], {4, 5})
    found, _client = read(make_ctx, {5: own})
    assert (owners(found), found.unread) == ([("1", "4")], {5})
    assert found.rows[0]["owner"]["name"] == "anna"


ROWS = st.builds(row, st.integers(1, 6), st.none() | st.integers(3, 7), st.sampled_from(["a", "b"]))
ANSWERS = st.dictionaries(st.integers(3, 7), st.none() | st.lists(ROWS, max_size=4), max_size=5)


@given(ANSWERS, st.randoms())
def test_every_token_is_told_once_in_any_order(answers: dict[int, t.Any], random: t.Any) -> None:
    found = merge_answers(answers, NAMES.get)
    listed = {str(one["accessTokenId"]) for rows in answers.values() for one in rows or ()}
    assert sorted(one["id"] for one in found.rows) == sorted(listed)
    numbers = random.sample(list(answers), len(answers))
    shuffled = {number: answers[number] and random.sample(answers[number], len(answers[number])) for number in numbers}
    assert merge_answers(shuffled, NAMES.get) == found


@given(ANSWERS)
def test_who_is_not_unread_was_answered_with_own_tokens_alone(answers: dict[int, t.Any]) -> None:
    found = merge_answers(answers, NAMES.get)
    shown = {one["id"]: one["owner"]["id"] for one in found.rows}
    assert {number for number, rows in answers.items() if rows is None} <= found.unread <= answers.keys()
    for number in answers.keys() - found.unread:
        assert all(shown[str(one["accessTokenId"])] == str(number) for one in answers[number])
