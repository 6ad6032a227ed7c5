# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Principals of a mapping: found at their level, by link where they were renamed, or to be created once; never guessed."""

from __future__ import annotations

import typing as t

import pytest
from mapping_fakes import FakeCommCell, make_options

from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import ObjectReference
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Principal
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import NotFound
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    MappedPrincipal,
    Pending,
    Resolved,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.entra_groups import EntraGroup
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import DesiredGrant, MappingEntry
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.principals import (
    CompanyLevel,
    PrincipalResolver,
    find_company_level,
)

OPS_ID, OTHER_ID = "abcdef11-2222-4333-8444-555555555555", "66666666-2222-4333-8444-555555555555"
NAMES: dict[str, list[tuple[str, str | None]]] = {
    "user_groups": [("GG-Ops", None), ("Night", None), ("GG-Ops", "corp"), ("Twins", None), ("twins", None)],
    "users": [("jvega", None), ("corp\\jvega", "corp")],
    "external_groups": [("CORP\\ops", None)],
    "companies": [("corp", None)],
}
GRANTS = (DesiredGrant(ObjectReference("View"), (), True, "mappings[0].grants[0]"),)


class FakeGroups:
    """Entra groups by the place of their entries."""

    def __init__(self, **found: EntraGroup | None) -> None:
        self.found = found

    def find_group(self, entry: MappingEntry) -> EntraGroup | None:
        return self.found.get(entry.where)

    def list_expected_names(self) -> list[str]:
        return [group.expected_name for group in self.found.values() if group and group.expected_name]


class Case:
    """One resolver with what it has found."""

    def __init__(
        self, ctx: t.Any, commcell: FakeCommCell | None = None, groups: FakeGroups | None = None, **options: t.Any
    ) -> None:
        self.commcell = commcell or FakeCommCell(NAMES)
        self.resolved, self.groups = Resolved(), groups or FakeGroups()
        fake = t.cast(t.Any, self.commcell)
        self.resolver = PrincipalResolver(ctx, make_options(**options), fake, fake)

    def resolve(self, entry: MappingEntry) -> MappedPrincipal | None:
        return self.resolver.resolve_principal(entry, t.cast(t.Any, self.groups), self.resolved)

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(problem["where"], problem["kind"]) for problem in self.resolved.problems]


def local(kind: str, reference: ObjectReference, **more: t.Any) -> MappingEntry:
    given: dict[str, t.Any] = {"relink": False, "present": True, **more}
    return MappingEntry(kind, reference, None, None, (), where="one", **given)


def entra(where: str = "one", user_group: ObjectReference | None = None, **more: t.Any) -> MappingEntry:
    given: dict[str, t.Any] = {"relink": False, "present": True, "grants": GRANTS, **more}
    return MappingEntry("entra_group", ObjectReference("x"), None, user_group, where=where, **given)


def ops(object_id: str | None = OPS_ID, name: str | None = "GG-Ops") -> EntraGroup:
    return EntraGroup(object_id, name, name)


@pytest.mark.parametrize(
    ("kind", "reference", "principal", "name", "company"),
    [
        ("user_group", ObjectReference("night"), Principal("user_group", 2), "Night", None),
        ("user_group", ObjectReference("GG-Ops", "corp"), Principal("user_group", 3), "GG-Ops", "corp"),
        ("user_group", ObjectReference(None, None, 2), Principal("user_group", 2), "Night", None),
        ("user", ObjectReference("jvega"), Principal("user", 1), "jvega", None),
        ("service_account", ObjectReference("jvega"), Principal("user", 1), "jvega", None),
        ("directory_group", ObjectReference("corp\\OPS"), Principal("external_group", 1), "CORP\\ops", None),
    ],
)
def test_a_principal_of_commvault_is_found_in_its_list(
    make_ctx: t.Any, kind: str, reference: ObjectReference, principal: Principal, name: str, company: str | None
) -> None:
    case = Case(make_ctx())
    assert case.resolve(local(kind, reference)) == MappedPrincipal(principal, name, "one", company)
    assert list(case.resolved.principals) == [principal] and case.problems == []


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        (ObjectReference("nobody"), "not_found"),
        (ObjectReference("TWINS"), "ambiguous"),
        (ObjectReference("Night", None, 1), "not_found"),
    ],
)
def test_a_principal_that_is_not_there_is_told_with_its_place(
    make_ctx: t.Any, reference: ObjectReference, kind: str
) -> None:
    case = Case(make_ctx())
    assert case.resolve(local("user_group", reference)) is None
    assert case.problems == [("one.principal.user_group", kind)]


@pytest.mark.parametrize(
    ("user_group", "group_id"),
    [
        (None, 1),
        (ObjectReference("Night"), 2),
        (ObjectReference(None, None, 2), 2),
        (ObjectReference("GG-Ops", "corp"), 3),
        (ObjectReference(None, "corp"), 3),
    ],
)
def test_an_entra_group_stands_for_a_user_group(
    make_ctx: t.Any, user_group: ObjectReference | None, group_id: int
) -> None:
    case = Case(make_ctx(), groups=FakeGroups(one=ops()))
    found = case.resolve(entra(user_group=user_group))
    assert found and found.reference == Principal("user_group", group_id)
    assert found.entra_group == ops() and case.problems == []


def test_an_entra_group_that_was_not_found_has_no_principal_and_no_second_problem(make_ctx: t.Any) -> None:
    case = Case(make_ctx(), groups=FakeGroups(one=None))
    assert case.resolve(entra()) is None
    assert case.problems == []


def test_a_user_group_needs_a_name(make_ctx: t.Any) -> None:
    case = Case(make_ctx(), groups=FakeGroups(one=ops(name=None)), match_by="sam_account_name")
    assert case.resolve(entra()) is None
    assert case.problems == [("one", "config")]
    assert "match_by sam_account_name gives no name" in case.resolved.problems[0]["message"]
    found = case.resolve(entra(user_group=ObjectReference(None, None, 2)))
    assert found and found.reference == Principal("user_group", 2)


@pytest.mark.parametrize(
    ("user_group", "kind"),
    [
        (ObjectReference("Twins"), "ambiguous"),
        (ObjectReference(None, None, 99), "not_found"),
        (ObjectReference("New", "acme"), "not_found"),
    ],
)
def test_a_user_group_that_is_not_clear_is_told(make_ctx: t.Any, user_group: ObjectReference, kind: str) -> None:
    groups = FakeGroups(one=ops())
    case = Case(make_ctx(), groups=groups)
    reference = user_group if user_group.name != "Twins" else ObjectReference("TWINS")
    assert case.resolve(entra(user_group=reference)) is None
    assert case.problems == [("one.user_group", kind)]


def test_a_group_that_was_renamed_is_found_by_its_link(make_ctx: t.Any) -> None:
    ctx, commcell = make_ctx(), FakeCommCell(NAMES, links={2: OPS_ID.upper(), 3: OPS_ID})
    case = Case(ctx, commcell, FakeGroups(one=ops(name="GG-Renamed"), two=ops(OTHER_ID, "GG-Ops")))
    found = case.resolve(entra())
    assert found and (found.reference, found.name) == (Principal("user_group", 2), "Night")
    assert len(ctx.warnings) == 1 and "although the names differ" in ctx.warnings[0]
    assert 1 not in commcell.read_groups, "a group that another entry claims by name is not read"


def test_of_two_groups_with_one_link_none_is_taken(make_ctx: t.Any) -> None:
    """Which of them is meant is not known; the other one would count as a group without an entry."""
    commcell = FakeCommCell({**NAMES, "user_groups": [("Night", None), ("Day", None)]}, links={1: OPS_ID, 2: OPS_ID})
    case = Case(make_ctx(), commcell, FakeGroups(one=ops(name="GG-Renamed")))
    assert case.resolve(entra()) is None
    assert case.problems == [("one.user_group", "ambiguous")]


def test_links_of_other_groups_are_read_once(make_ctx: t.Any) -> None:
    commcell = FakeCommCell(NAMES)
    case = Case(make_ctx(), commcell, FakeGroups(one=ops(name="GG-A"), two=ops(OTHER_ID, "GG-B")))
    case.resolve(entra())
    first = len(commcell.read_groups)
    case.resolve(entra("two"))
    assert len(commcell.read_groups) == first > 0, "what was read is kept by its link"


def test_a_group_of_another_company_is_never_found_by_its_link(make_ctx: t.Any) -> None:
    commcell = FakeCommCell(NAMES, links={3: OPS_ID})
    case = Case(make_ctx(), commcell, FakeGroups(one=ops(name="GG-New")))
    found = case.resolve(entra())
    assert found and found.reference == Pending("user_group", "GG-New", 1, 0)


def test_no_link_is_read_where_the_level_has_no_groups(make_ctx: t.Any) -> None:
    commcell = FakeCommCell({**NAMES, "user_groups": [("GG-Ops", "corp"), ("Night", "corp")]}, links={1: OPS_ID})
    case = Case(make_ctx(), commcell, FakeGroups(one=ops(name="GG-New")))
    found = case.resolve(entra())
    assert found and not found.exists
    assert commcell.read_groups == [], "groups of other companies cannot be the one that is meant"


def test_a_group_without_an_object_id_is_found_by_name_alone(make_ctx: t.Any) -> None:
    commcell = FakeCommCell(NAMES, links={2: OPS_ID})
    case = Case(make_ctx(), commcell, FakeGroups(one=ops(None, "GG-New")))
    found = case.resolve(entra())
    assert found and not found.exists
    assert commcell.read_groups == []


def test_entries_that_ask_for_the_same_new_group_get_one(make_ctx: t.Any) -> None:
    groups = FakeGroups(
        one=ops(name="GG-New"), two=ops(name="gg-new"), three=ops(OTHER_ID, "GG-Other"), four=ops(name="GG-New")
    )
    case = Case(make_ctx(), groups=groups)
    found = [case.resolve(entra(where)) for where in ("one", "two", "three")]
    found.append(case.resolve(entra("four", ObjectReference("GG-New", "corp"))))
    assert [item and item.reference for item in found] == [
        Pending("user_group", "GG-New", 1, 0),
        Pending("user_group", "GG-New", 1, 0),
        Pending("user_group", "GG-Other", 2, 0),
        Pending("user_group", "GG-New", 3, 1),
    ]
    assert case.problems == []
    assert [item and item.label for item in found][2:] == ["GG-Other", "GG-New (company corp)"]


@pytest.mark.parametrize(
    "entry",
    [
        entra(present=False),
        entra(grants=()),
        entra(grants=(DesiredGrant(ObjectReference("View"), (), False, "x"),)),
    ],
    ids=["absent", "no grants", "grants absent"],
)
def test_a_group_that_is_to_hold_nothing_is_not_created(make_ctx: t.Any, entry: MappingEntry) -> None:
    case = Case(make_ctx(), groups=FakeGroups(one=ops(name="GG-New")))
    assert case.resolve(entry) is None
    assert (case.problems, case.resolved.principals) == ([], {})


def test_a_missing_group_is_a_problem_where_none_may_be_created(make_ctx: t.Any) -> None:
    case = Case(make_ctx(), groups=FakeGroups(one=ops(name="GG-New")), create_user_groups=False)
    assert case.resolve(entra()) is None
    assert case.problems == [("one.user_group", "not_found")]
    assert "create_user_groups is off" in case.resolved.problems[0]["message"]


@pytest.mark.parametrize("name", ["GG-New ", "CORP\\GG-New", "x" * 256])
def test_a_group_that_cannot_have_the_name_is_a_problem_before_it_is_created(make_ctx: t.Any, name: str) -> None:
    case = Case(make_ctx(), groups=FakeGroups(one=ops(name=name)))
    assert case.resolve(entra()) is None
    assert case.problems == [("one.user_group", "config")]
    assert "Give another name" in case.resolved.problems[0]["message"]
    assert case.resolve(entra(user_group=ObjectReference("GG-New")))


def test_two_entra_groups_cannot_have_one_user_group(make_ctx: t.Any) -> None:
    case = Case(make_ctx(), groups=FakeGroups(one=ops(), two=ops(OTHER_ID)))
    case.resolve(entra())
    case.resolve(entra("two"))
    assert case.problems == [("two", "config")]
    assert "which one uses for another Entra group" in case.resolved.problems[0]["message"]


def test_one_entry_that_allows_a_new_link_is_enough_and_the_first_place_stays(make_ctx: t.Any) -> None:
    case = Case(make_ctx(), groups=FakeGroups(one=ops(), two=ops(), three=ops()))
    for where, relink in (("one", False), ("two", True), ("three", False)):
        case.resolve(entra(where, relink=relink))
    (found,) = case.resolved.principals.values()
    assert (found.relink, found.where) == (True, "one")


@pytest.mark.parametrize(
    ("acting_in", "given", "level"),
    [
        (None, None, CompanyLevel(0, None)),
        ((30, "acme"), None, CompanyLevel(30, "acme")),
        (None, "corp", CompanyLevel(1, "corp")),
        ((30, "acme"), "Commcell", CompanyLevel(0, "Commcell")),
        (None, "Commcell", CompanyLevel(0, None)),
    ],
)
def test_the_level_is_that_of_the_task_unless_a_company_is_given(
    acting_in: tuple[int, str] | None, given: str | None, level: CompanyLevel
) -> None:
    commcell = FakeCommCell(NAMES)
    if acting_in:
        commcell.company_id, commcell.company_name = acting_in
    assert find_company_level(t.cast(t.Any, commcell), t.cast(t.Any, commcell), given) == level


def test_a_company_that_is_not_there_is_an_error() -> None:
    commcell = t.cast(t.Any, FakeCommCell(NAMES))
    with pytest.raises(NotFound):
        find_company_level(commcell, commcell, "acme")
