# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.counts import count_named, count_words


@pytest.mark.parametrize(
    ("number", "noun", "told"),
    [
        (1, "grant", "1 grant"),
        (0, "grant", "0 grants"),
        (2, "policy", "2 policies"),
        (2, "key", "2 keys"),
        (2, "access", "2 accesses"),
    ],
)
def test_a_number_with_its_noun(number: int, noun: str, told: str) -> None:
    assert count_words(number, noun) == told


@pytest.mark.parametrize(
    ("number", "nouns", "told"),
    [
        (1, "external_groups", "1 external group"),
        (3, "external_groups", "3 external groups"),
        (1, "companies", "1 company"),
        (1, "conditional_access", "1 conditional access"),
        (1, "sign-ins", "1 sign-in"),
    ],
)
def test_a_number_with_what_is_named_in_the_plural(number: int, nouns: str, told: str) -> None:
    assert count_named(number, nouns) == told
