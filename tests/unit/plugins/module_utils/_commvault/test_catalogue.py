# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: letter case, twins, companies, ids, near misses, and the one second look."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry, plural
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AmbiguousMatch, NotFound

ROLES = [
    Entry(35, "Restore Operator"),
    Entry(36, "Restore Operator", "corp", {}, 30),
    Entry(37, "ops", "corp", {}, 30),
    Entry(38, "Ops", "corp", {}, 30),
    Entry(39, "42"),
    Entry(42, "Grüße / \"#%&\" 'x' 😀"),
    Entry(50, "srv01", None, {}, None, ("Server One",)),
]


def catalogue() -> Catalogue:
    """Roles of a CommCell and one company, which answers to three names."""
    return Catalogue("role", ROLES, company_names=lambda name: {"corp ltd": {"corp", "30"}}.get(name.casefold(), set()))


@pytest.mark.parametrize(
    ("name", "company", "found"),
    [
        ("restore operator", "Commcell", 35),
        ("restore operator", "", 35),
        ("RESTORE OPERATOR", "CORP", 36),
        ("restore operator", "30", 36),
        ("restore operator", "Corp Ltd", 36),
        ("ops", None, 37),
        ("Ops", None, 38),
        ("42", None, 39),
        (42, None, 42),
        ("39", None, 39),
        ("grüSSe / \"#%&\" 'X' 😀", None, 42),
        ("server one", None, 50),
    ],
)
def test_found(name: str | int, company: str | None, found: int) -> None:
    assert catalogue().find(name, company).id == found


@pytest.mark.parametrize(("name", "company"), [("Restore Operator", None), ("OPS", None), ("oPs", "corp")])
def test_ambiguous(name: str, company: str | None) -> None:
    with pytest.raises(AmbiguousMatch) as caught:
        catalogue().find(name, company)
    assert len(caught.value.facts["candidates"]) == 2
    assert all(f"id {number}" in str(caught.value) for number in caught.value.facts["candidates"])


def test_near_names() -> None:
    with pytest.raises(NotFound) as caught:
        catalogue().find("Restore Operater")
    assert caught.value.facts["near"] == ["Restore Operator", "Restore Operator (id 36, company corp)"]
    with pytest.raises(NotFound, match="No role has the id 7 "):
        catalogue().find(7, "corp")
    with pytest.raises(NotFound, match="or it is not visible"):
        catalogue().find("ops", "Commcell")


def test_one_second_look() -> None:
    """The list is read again once, whatever the number of misses; a hit needs no second look."""
    looks = []

    def refresh() -> list[Entry]:
        looks.append(1)
        return [*ROLES, Entry(99, "New")]

    made = Catalogue("role", ROLES, refresh)
    assert made.find("ops").id == 37
    assert not looks
    assert made.find("new").id == 99
    assert made.get("other") is None
    assert made.matching("nothing*") == []
    assert len(looks) == 1
    assert made.by_id(99) == Entry(99, "New")


def test_patterns() -> None:
    assert [entry.id for entry in catalogue().matching("*OP*")] == [38, 37, 35, 36]
    assert len(catalogue()) == len(list(catalogue())) == len(ROLES)


def test_words() -> None:
    assert (plural("company"), plural("user group")) == ("companies", "user groups")
    assert Entry(1, "g", raw={"azureGUID": "AB"}).azure_guid == "ab"
    assert Entry(1, "g").azure_guid is None
