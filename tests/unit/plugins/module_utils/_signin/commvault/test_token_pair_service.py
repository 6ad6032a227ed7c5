# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a renewal whose answer is missing: only Commvault's own word makes a pair void."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault.token_pair_service import (
    PairStatus,
    RenewalService,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import RenewalNote, TokenPair

NOW = 1_772_366_400.0
PAIR = TokenPair(
    "a0", "r0", NOW + 7000, issued=NOW - 200, token_id="9", renewal=RenewalNote("sent", NOW - 100, "somebody")
)


@pytest.fixture
def check_pair_status(secured: t.Any, make_ctx: t.Any, answer: t.Any) -> t.Callable[..., PairStatus]:
    defaults = {name: option.get("default") for name, option in commvault_spec().options.items()}
    url = f"{secured.server.url}/commandcenter/api"
    ctx = make_ctx({**defaults, "commvault_url": url, "commvault_ca_path": secured.ca_path})

    def ask(*answers: t.Any, pair: TokenPair = PAIR) -> PairStatus:
        secured.server.says(*[answer(*one) for one in answers])
        return RenewalService(ctx, url, dict).check_pair_status(pair, NOW)

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
