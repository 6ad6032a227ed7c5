# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: letter case, twins, companies, ids, near misses, and the one second look."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import (
    Catalogue,
    CompanyKeys,
    Entry,
    OwnLevel,
    pluralize,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import ObjectReference
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
    return Catalogue("role", ROLES, company_keys=company_keys)


def company_keys(company: str | int) -> CompanyKeys:
    """Company 30, Corp Ltd by name and corp by alias."""
    name = str(company)
    known = name.lower() in ("corp", "corp ltd", "30")
    return CompanyKeys({"corp", "corp ltd"}, {30}) if known else CompanyKeys({name.lower()}, set())


@pytest.mark.parametrize(
    ("name", "company", "found"),
    [
        ("restore operator", "Commcell", 35),
        ("restore operator", "", 35),
        ("RESTORE OPERATOR", "CORP", 36),
        ("restore operator", "30", 36),
        ("restore operator", "Corp Ltd", 36),
        ("ops", "corp", 37),
        ("Ops", "corp", 38),
        ("Restore Operator", None, 35),
        (36, None, 36),
        (36, "corp", 36),
        ("42", None, 39),
        (42, None, 42),
        ("39", None, 39),
        ("GRÜßE / \"#%&\" 'X' 😀", None, 42),
        ("server one", None, 50),
    ],
)
def test_found(name: str | int, company: str | None, found: int) -> None:
    assert catalogue().find(name, company).id == found


@pytest.mark.parametrize(("name", "company"), [("OPS", "corp"), ("oPs", "corp")])
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
    assert made.find("ops", "corp").id == 37
    assert not looks
    assert made.find("new").id == 99
    assert made.get("other") is None
    assert made.find_matching("nothing*") == []
    assert len(looks) == 1
    assert made.get_by_id(99) == Entry(99, "New")


def test_patterns() -> None:
    assert [entry.id for entry in catalogue().find_matching("*OP*")] == [35]
    assert [entry.id for entry in catalogue().find_matching("*OP*", "corp")] == [38, 37, 36]
    assert [entry.id for entry in catalogue().find_matching_elsewhere("*OP*")] == [38, 37, 36]
    assert len(catalogue()) == len(list(catalogue())) == len(ROLES)


def test_words() -> None:
    assert (pluralize("company"), pluralize("user group")) == ("companies", "user groups")
    assert Entry(1, "g", raw={"azureGUID": "AB"}).azure_guid == "ab"
    assert Entry(1, "g").azure_guid is None


@pytest.mark.parametrize("name", ["ops", "OPS", "Ops"])
def test_a_bare_name_reaches_into_no_company(name: str) -> None:
    """Whoever administers the company decides what its objects are."""
    with pytest.raises(NotFound) as caught:
        catalogue().find(name)
    assert "write {name: Ops, company: corp}" in str(caught.value)
    assert "at the level of the CommCell" in str(caught.value)
    assert caught.value.facts["near"] == ["Ops (id 38, company corp)", "ops (id 37, company corp)"]
    assert catalogue().get(name) is None


def test_an_id_as_text_reaches_into_no_company() -> None:
    with pytest.raises(NotFound, match=r"Restore Operator \(id 36, company corp\).*write .name: Restore Operator"):
        catalogue().find("36")


def own(**values: t.Any) -> Catalogue:
    """As a task sees the roles that acts in company 30."""
    return Catalogue("role", ROLES, company_keys=company_keys, own_level=OwnLevel(30, "Corp Ltd"), **values)


def test_in_a_company_a_bare_name_means_its_own() -> None:
    assert own().find("restore operator").id == 36
    assert own().find("restore operator", "Commcell").id == 35
    with pytest.raises(NotFound) as caught:
        own().find("srv01")
    assert "in company Corp Ltd" in str(caught.value)
    assert "write {name: srv01, company: Commcell}" in str(caught.value)
    assert [entry.id for entry in own().find_matching("*")] == [38, 37, 36]


def test_rows_without_a_company_id_are_found_by_any_name_of_the_company() -> None:
    made = Catalogue(
        "role",
        [Entry(1, "x", "corp"), Entry(2, "y", "acme")],
        company_keys=company_keys,
        own_level=OwnLevel(30, "Corp Ltd"),
    )
    assert made.find("x").id == 1
    assert made.get("y") is None


def test_a_row_is_of_the_company_of_its_id() -> None:
    """What one company has for a name may be the alias, or the id, of the company that is meant."""
    roles = [
        Entry(1, "x", "30", {}, 77),
        Entry(2, "x", "Corp Ltd", {}, 30),
        Entry(3, "x", "corp", {}, 78),
        Entry(4, "y", "corp", {}, 78),
        Entry(5, "z", "corp"),
    ]

    made = Catalogue("role", roles, company_keys=company_keys)
    for company in ("corp", "30", 30):
        assert made.find("x", company).id == 2
        assert made.get("y", company) is None
        assert made.find("z", company).id == 5


def test_a_number_is_no_name_of_a_company() -> None:
    made = Catalogue("role", [Entry(1, "x", "30", {}, 77), Entry(2, "x", "corp", {}, 30), Entry(3, "y", "30")])
    assert made.find("x", 30).id == 2
    assert made.get("y", 30) is None
    assert made.find("y", "30").id == 3
    assert made.get("x", 0) is None


def test_an_id_with_the_name_of_another_object() -> None:
    assert catalogue().find_reference(ObjectReference("RESTORE operator", None, 36)).id == 36
    with pytest.raises(NotFound) as caught:
        catalogue().find_reference(ObjectReference("Restore Operator", None, 37))
    assert all(part in str(caught.value) for part in ("37", "'Restore Operator'", "ops (id 37, company corp)"))


PRINCIPALS = [
    Entry(1, "CORP\\operators"),
    Entry(2, "ACME\\operators", "Tailspin", {}, 40),
    Entry(3, "DIR\\operators", "DIR", {}, 50),
    Entry(4, "corp\\jvega", "Corp Ltd", {}, 30),
    Entry(5, "jvega"),
    Entry(6, "corp\\only", "Corp Ltd", {}, 30),
    Entry(7, "evil\\x", "corp", {}, 30),
]


def principals(**values: t.Any) -> Catalogue:
    """Users and groups, whose names may carry a company or a directory."""
    return Catalogue("directory group", PRINCIPALS, company_keys=company_keys, qualified=True, **values)


@pytest.mark.parametrize(
    ("name", "company", "found"),
    [
        ("corp\\OPERATORS", None, 1),  # a directory of the CommCell: the domain is part of the name
        ("DIR\\operators", None, 3),  # the list writes the directory where it writes companies
        ("ACME\\operators", "Tailspin", 2),
        ("corp\\jvega", None, 4),  # says its company itself
        ("jvega", None, 5),
        ("jvega", "corp", 4),
        ("only", "Corp Ltd", 6),
        ("corp\\only", "corp", 6),
    ],
)
def test_names_with_a_company_or_a_directory(name: str, company: str | None, found: int) -> None:
    assert principals().find(name, company).id == found


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("ACME\\operators", "{name: ACME\\operators, company: Tailspin}"),  # a directory that a company brought
        ("evil\\x", "{name: evil\\x, company: corp}"),
    ],
)
def test_a_directory_of_a_company_is_the_companys(name: str, form: str) -> None:
    with pytest.raises(NotFound) as caught:
        principals().find(name)
    assert form in str(caught.value)


def test_a_short_name_is_looked_up_in_its_company_only() -> None:
    assert principals().get("only") is None
    assert principals().get("x", "corp") is None
    assert principals(own_level=OwnLevel(30, "Corp Ltd")).find("only").id == 6


def test_where_companies_are_not_shown_only_a_commcell_without_any_leaves_no_doubt() -> None:
    hidden = [Entry(1, "x", company_shown=False)]
    assert Catalogue("role", hidden).find("x").id == 1
    made = Catalogue("role", hidden, has_companies=lambda: True)
    with pytest.raises(NotFound) as caught:
        made.find("x")
    assert "does not show whether it belongs to a company" in str(caught.value)
    assert "write {id: 1}" in str(caught.value)
    assert made.find(1).id == 1


def test_a_company_that_is_named_like_the_commcell_is_a_company() -> None:
    made = Catalogue("role", [Entry(1, "x", "Commcell", {}, 30)])
    for company in (None, "Commcell"):
        with pytest.raises(NotFound, match=r"write \{id: 1\}"):
            made.find("x", company)
    assert made.find("x", "30").id == 1


def test_what_only_looks_equal_is_told_and_not_taken() -> None:
    made = Catalogue("role", [Entry(1, "Night\u017fhift Operator"), Entry(2, "View")])
    with pytest.raises(NotFound) as caught:
        made.find("Nightshift Operator")
    assert "it has U+017F LATIN SMALL LETTER LONG S where yours has 's'" in str(caught.value)
    assert caught.value.facts["near"] == ["Night\u017fhift Operator (id 1)"]
    assert [entry.id for entry in made.find_lookalikes("NIGHTSHIFT operator")] == [1]
    assert made.find_lookalikes("Night\u017fhift operator") == []
    assert made.find_matching("nightshift*") == []


def test_digits_without_end_are_no_id() -> None:
    assert catalogue().get("9" * 5000) is None
