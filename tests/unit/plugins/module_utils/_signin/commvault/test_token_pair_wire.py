# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Commvault's answers about access tokens mean."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault import token_pair_wire as wire
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import RenewalNote, TokenPair

NOW = 1_800_000_000.0
OLD = TokenPair(
    "old", "old-refresh", NOW, renewable_until=NOW + 99, generation=3, name="n", renewal=RenewalNote("sent", NOW, "p")
)


@pytest.mark.parametrize(
    ("content", "access", "refresh", "expires"),
    [
        ('{"accessToken":"a","refreshToken":"r","tokenExpiryTimestamp":1800007200}', "a", "r", NOW + 7200),
        ('{"tokenInfo":{"accessToken":"a","refreshToken":"r"}}', "a", "r", None),
        ('{"refreshToken":"r","tokenExpiryTimestamp":"1800007200"}', "old", "r", NOW + 7200),
        ('{"accessToken":"a"}', "a", None, None),
        ('{"accessToken" : "a", "refreshToken":"r", oops, "tokenExpiryTimestamp": 1800007200', "a", "r", NOW + 7200),
        ('{"accessToken":"a","refreshToken":"r","tokenExpiryTimestamp":0}', "a", "r", None),
    ],
)
def test_the_pair_in_an_answer_to_a_renewal(
    content: str, access: str, refresh: str | None, expires: float | None
) -> None:
    pair = wire.parse_renewed_pair(OLD, content, NOW)
    assert pair is not None
    assert (pair.access_token, pair.refresh_token, pair.expires) == (access, refresh, expires)
    assert (pair.generation, pair.renewal, pair.name, pair.renewable_until) == (4, None, "n", NOW + 99)


@pytest.mark.parametrize("content", ["", "{}", "[]", "<html>", '{"error": {"errorCode": 5}}', '{"accessToken": null}'])
def test_an_answer_without_tokens_holds_no_pair(content: str) -> None:
    assert wire.parse_renewed_pair(OLD, content, NOW) is None


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"tokensInfo": [{"accessTokenId": 9, "tokenName": "n"}]}, ["9"]),
        ({"error": {"errorCode": 0}, "tokens": {"list": [{"id": "7", "name": "n"}, {"id": 0, "name": "x"}]}}, ["7"]),
        ({"warnings": [{"text": "x"}], "tokens": [{"tokenId": 8, "tokenName": "n"}]}, ["8"]),
        ({"tokensInfo": []}, []),
        ([], []),
        (None, []),
    ],
)
def test_tokens_are_found_in_any_list_of_the_answer(body: t.Any, ids: list[str]) -> None:
    assert [wire.get_token_id(row) for row in wire.find_token_rows(body)] == ids


LISTED_ROW: dict[str, t.Any] = {"accessTokenId": 9, "tokenName": "Nightly", "tokenType": 3}


@pytest.mark.parametrize(
    "body",
    [
        {"tokens": [{"key": 9, "label": "Nightly"}]},
        {"accessTokens": {"row": [{"accessTokenId": 9}]}},
        {"tokenInfo": {"accessTokenId": 9, "apiEndpoints": ["/V4/Role"]}},
        {"tokens": ["Nightly"]},
        {"tokens": [LISTED_ROW, {"tokenName": "Other"}]},
        {"tokenInfo": {"tokens": [{"name": "Nightly"}]}},
    ],
)
def test_a_list_that_cannot_be_understood_is_not_an_empty_one(body: dict[str, t.Any]) -> None:
    """Else a token would count as revoked, or be made a second time."""
    with pytest.raises(BadAnswer, match="access tokens"):
        wire.parse_token_list(body)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({}, 0),
        ({"tokens": []}, 0),
        ({"tokens": None, "error": {"errorCode": 0}}, 0),
        ({"processinginstructioninfo": {"attributes": [{"name": "exitval", "value": "0"}]}}, 0),
        ({"tokens": [LISTED_ROW]}, 1),
        ({"tokens": [LISTED_ROW, {"accessTokenId": 10, "tokenName": ""}]}, 1),
        ({"tokenScopes": [1], "tokens": [LISTED_ROW]}, 1),
        ({"tokenInfo": {"tokens": [LISTED_ROW, {"id": 1, "name": "n"}]}}, 2),
        ({"tokenCount": 0, "tokenType": "all"}, 0),
        ({"total": 1, "items": [{"id": 1, "name": "n"}]}, 1),
    ],
)
def test_lists_of_tokens(body: dict[str, t.Any], count: int) -> None:
    assert len(wire.parse_token_list(body)) == count


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({}, []),
        ({"tokens": []}, []),
        ({"tokensInfo": {}}, []),
        ({"tokens": None, "tokenCount": 0, "tokenType": "all"}, []),
        ({"tokenScopes": [1], "tokens": [LISTED_ROW, {"accessTokenId": 10}]}, ["10", "9"]),
        ({"tokens": {"list": [LISTED_ROW]}, "total": 1}, ["9"]),
        ({"total": 1, "items": [{"id": 1, "name": "n"}]}, ["1"]),
        ({"tokens": [LISTED_ROW, LISTED_ROW]}, ["9"]),
    ],
)
def test_every_token_of_a_list(body: dict[str, t.Any], ids: list[str]) -> None:
    assert sorted(str(wire.get_token_id(row)) for row in wire.parse_every_token(body)) == ids


@pytest.mark.parametrize(
    "body",
    [
        {"tokens": "Nightly"},
        {"accessTokens": 3},
        {"tokensInfo": True},
        {"tokenInfo": LISTED_ROW},
        {"tokens": [LISTED_ROW, None]},
        {"tokens": [LISTED_ROW, {"tokenName": "Other"}]},
        {"tokens": [{"accessTokenId": [9]}]},
        {"tokens": [{"accessTokenId": True}]},
        {"tokens": ["Nightly"]},
    ],
)
def test_no_token_of_a_list_is_overlooked(body: dict[str, t.Any]) -> None:
    with pytest.raises(BadAnswer, match="access tokens"):
        wire.parse_every_token(body)
