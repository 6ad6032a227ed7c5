# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pseudonyms of ids: of the same form, never two the same, and others with another key."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.pseudonym_ids import (
    IdPseudonyms,
    parse_guid,
    parse_number,
)

IDS, OTHERS = IdPseudonyms(b"k" * 32), IdPseudonyms(b"l" * 32)
LIMIT, LARGEST = 2**31, 10**18 - 1


def test_no_two_numbers_have_one_pseudonym() -> None:
    numbers = [*range(-3, 4000), *range(LIMIT - 500, LIMIT + 500), *range(LARGEST - 500, LARGEST + 1)]
    made = [IDS.make_number(number) for number in numbers]
    assert len(set(made)) == len(numbers)
    assert sum(one == other for one, other in zip(numbers, made, strict=True)) == 5, "-3 to 1 stay"


@given(st.integers(2, LARGEST))
def test_a_number_stays_in_its_range(number: int) -> None:
    made = IDS.make_number(number)
    assert (2 <= made < LIMIT) if number < LIMIT else (LIMIT <= made <= LARGEST)
    assert made == IdPseudonyms(b"k" * 32).make_number(number)


def test_another_key_makes_others() -> None:
    assert sum(IDS.make_number(number) == OTHERS.make_number(number) for number in range(2, 2000)) < 3
    guid = uuid.uuid4()
    assert len({guid, IDS.make_guid(guid), OTHERS.make_guid(guid)}) == 3
    assert IDS.make_guid(guid).version == 4 and str(IDS.make_guid(guid)) == str(IDS.make_guid(guid)).lower()
    assert IDS.make_opaque("x") != OTHERS.make_opaque("x") and "=" not in IDS.make_opaque("x")


def test_what_is_an_id() -> None:
    assert [parse_number(text) for text in ("0", "17", "007", "-1", "", "\u0661", "1" * 19)] == [0, 17, *[None] * 5]
    text = "0F8FAD5B-D9CB-469F-A165-70867728950E"
    assert str(parse_guid(text)) == text.lower()
    assert [parse_guid(one) for one in (text.replace("-", ""), f"{{{text}}}", f"urn:uuid:{text}", "", "x")] == [
        None
    ] * 5
