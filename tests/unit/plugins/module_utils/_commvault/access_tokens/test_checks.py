# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cannot be asked of a token of this type or of this release, and whose pair a store holds."""

from __future__ import annotations

import typing as t

import pytest
from commvault_examples import CANONICAL_TOKEN, TOKEN_ROW, make_desired_token

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.checks import (
    check_access_token,
    is_pair_of_token,
    list_late_options,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.releases import list_missing
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import TokenPair

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("options", "current", "release", "where"),
    [
        ({"token_type": "custom"}, None, 44, ["api_endpoints"]),
        ({"token_type": "custom", "api_endpoints": []}, CANONICAL_TOKEN, 44, ["api_endpoints"]),
        ({"api_endpoints": []}, CANONICAL_TOKEN, 44, ["api_endpoints"]),
        ({"api_endpoints": ["/x"]}, {"name": "n", "token_type": "all"}, 44, ["api_endpoints"]),
        ({"renewable_until": "2027-01-01", "token_type": "one_touch"}, None, 44, ["renewable_until"]),
        ({"expires": "2027-01-01"}, None, 44, ["expires"]),
        ({"allowed_ips": ["10.0.0.1"], "token_type": "hyperscale"}, None, 40, ["allowed_ips", "token_type"]),
        ({"allowed_ips": ["10.0.0.1"], "token_type": "hyperscale"}, None, 0, []),
        ({"renewable_until": "2099-01-01"}, None, 41, ["renewable_until"]),
        ({"renewable_until": "2099-01-01"}, None, 42, []),
        ({"renewable_until": "2028-01-15"}, None, 38, []),
        ({"renewable_until": "2099-01-01"}, {"renewable_until": "2099-01-01T00:00:00Z"}, 38, []),
        ({"api_endpoints": ["/x"]}, CANONICAL_TOKEN, 44, []),
        ({}, CANONICAL_TOKEN, 44, []),
    ],
)
def test_what_does_not_fit(options: dict[str, t.Any], current: t.Any, release: int, where: list[str]) -> None:
    if not where:
        check_access_token("n", make_desired_token(**options), current, release, now=NOW, is_foreign=False)
        return
    with pytest.raises(Problems) as caught:
        check_access_token("n", make_desired_token(**options), current, release, now=NOW, is_foreign=False)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == where


@pytest.mark.parametrize(("current", "release", "refused"), [(None, 41, True), (None, 42, False), ({}, 41, False)])
def test_whose_token_it_is(current: t.Any, release: int, refused: bool) -> None:
    """Nobody makes a token for somebody else on an old release; one that is there may be changed by an administrator."""
    late = list_late_options(make_desired_token(), current, now=NOW, is_foreign=True)
    assert [option for option, dummy in list_missing(late, release)] == (["user"] if refused else [])


@pytest.mark.parametrize(
    ("pair", "row", "own"),
    [
        (TokenPair("a", token_id="9", name="other"), TOKEN_ROW, True),
        (TokenPair("a", token_id="8", name="nightly"), TOKEN_ROW, False),
        (TokenPair("a", name="NIGHTLY"), TOKEN_ROW, True),
        (TokenPair("a", token_id="8", name="nightly"), None, True),
        (TokenPair("a"), None, False),
    ],
)
def test_whose_pair_it_is(pair: TokenPair, row: t.Any, own: bool) -> None:
    assert is_pair_of_token(pair, "nightly", row) is own
