# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kept token pair: what its document says, when it is due and when it is dead."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._stores import token_pair
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import (
    PairCustodian,
    RenewalNote,
    TokenPair,
)

NOW = 1_800_000_000.0
words = st.text('abcXYZ019-_ äß"\\', min_size=1, max_size=12)
moments = st.none() | st.integers(1, 4_000_000_000).map(float)
pairs = st.builds(
    TokenPair,
    access_token=words,
    refresh_token=st.none() | words,
    expires=moments,
    refresh_expires=moments,
    renewable_until=moments,
    issued=moments,
    generation=st.integers(0, 9),
    custodian=st.none() | st.builds(PairCustodian, words, words),
    custodian_since=st.none(),
    renewal=st.none()
    | st.builds(RenewalNote, st.sampled_from(["sent", "refused"]), st.integers(1, 9).map(float), words, words),
    token_id=st.none() | words,
    user_id=st.none() | words,
    name=st.none() | words,
    commvault_url=st.none() | words,
)


@given(pairs)
def test_what_is_written_is_read(pair: TokenPair) -> None:
    assert token_pair.parse_pair(json.dumps(token_pair.encode_pair(pair)), "x") == pair


def test_a_file_written_by_hand_needs_little() -> None:
    pair = token_pair.parse_pair(
        '{"access_token": "a", "refresh_token": "r", "expires": 1800000000, "renewable_until": null}', "x"
    )
    assert (pair.expires, pair.generation, pair.custodian, pair.renewal) == (NOW, 0, None, None)
    assert token_pair.parse_pair('{"access_token": "a", "expires": "2027-01-15T08:00:00Z"}', "x").expires == NOW


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        ('{"refresh_token": "s3cret"}', "access_token"),
        ('{"access_token": 7}', "access_token"),
        ('{"access_token": "s3cret", "expires": "soon"}', "expires is neither"),
        ('{"access_token": "s3cret", "refresh_token": ["s3cret"]}', "refresh_token is not text"),
        ('{"access_token": "s3cret", "custodian": "me"}', "custodian"),
        ('{"access_token": "s3cret", "generation": "one"}', "generation"),
        ('{"access_token": "s3cret", "renewal": {"state": "dancing"}}', "renewal"),
        ('{"access_token": "s3cret", "renewal": true}', "renewal"),
    ],
)
def test_a_document_that_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        token_pair.parse_pair(text, "file /there")
    assert said in str(caught.value)
    assert "file /there" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("left", "life", "due"),
    [
        (301, 7200, False),
        (299, 7200, True),
        (0, 7200, True),
        (-9, 7200, True),
        (31, 60, False),
        (29, 60, True),
        (299, None, True),
        (301, None, False),
    ],
)
def test_a_pair_is_renewed_in_the_last_part_of_its_life(left: float, life: float | None, due: bool) -> None:
    expires = NOW + left
    assert TokenPair("a", "r", expires, issued=None if life is None else expires - life).is_renewal_due(NOW) is due
    assert not TokenPair("a", "r").is_renewal_due(NOW), "an unknown end is found out by a refusal"


@pytest.mark.parametrize(
    ("pair", "said", "dead"),
    [
        (TokenPair("a", "r", NOW - 1), None, False),
        (TokenPair("a", None, NOW - 1), "no refresh token", True),
        (TokenPair("a", None, NOW + 1), "no refresh token", False),
        (TokenPair("a", "r", NOW - 1, renewable_until=NOW), "renewable until", True),
        (TokenPair("a", "r", NOW - 1, refresh_expires=NOW), "refresh token was valid", True),
        (TokenPair("a", "r", NOW + 1, renewal=RenewalNote("refused", NOW, "p")), None, True),
        (TokenPair("a", "r", NOW + 1, renewal=RenewalNote("sent", NOW, "p")), None, False),
        (TokenPair("a", "r", NOW - 1, renewal=RenewalNote("sent", NOW, "p")), None, True),
    ],
)
def test_what_blocks_a_renewal_and_when_a_pair_is_unusable(pair: TokenPair, said: str | None, dead: bool) -> None:
    reason = pair.renewal_blocker(NOW)
    assert (reason is None) if said is None else (said in str(reason))
    assert pair.is_unusable(NOW) is dead
