# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mapping in ids: every finding at once, no order of entries or lines that matters, and warnings about names that look alike."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_fakes import FakeCommCell, make_options, make_silent_context, refuse_connection

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import ObjectReference
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import NotFound
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    Pending,
    PlannedGrant,
    Resolved,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.entra_groups import EntraGroups
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import (
    DesiredGrant,
    MappingEntry,
    Target,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.resolve import Resolver

NAMES: dict[str, list[tuple[str, str | None]]] = {
    "user_groups": [("ops", None), ("night", None)],
    "users": [("jvega", None)],
    "roles": [("View", None), ("Edit", None), ("View", "corp")],
    "plans": [("gold", None), ("silver", None)],
    "companies": [("corp", None)],
}
OPS, NIGHT = Principal("user_group", 1), Principal("user_group", 2)
GOLD, SILVER = Entity("plans", 1), Entity("plans", 2)
IDS = ("11111111-2222-4333-8444-555555555555", "66666666-2222-4333-8444-555555555555")


def resolve(ctx: t.Any, *entries: MappingEntry, names: t.Any = None, **options: t.Any) -> Resolved:
    fake = t.cast(t.Any, FakeCommCell(names or NAMES))
    given = make_options(**options)
    return Resolver(ctx, given, fake, fake, EntraGroups(refuse_connection, given.match_by, ())).resolve_entries(entries)


def line(role: str | ObjectReference, *plans: str, present: bool = True, where: str = "a line") -> DesiredGrant:
    reference = role if isinstance(role, ObjectReference) else ObjectReference(role)
    targets = tuple(Target("plans", ObjectReference(name), where=f"{where}.entities") for name in plans)
    return DesiredGrant(reference, targets, present, where)


def entry(
    name: str, *lines: DesiredGrant, where: str = "mappings[0]", kind: str = "user_group", object_id: str | None = None
) -> MappingEntry:
    return MappingEntry(kind, ObjectReference(name), object_id, None, lines, False, True, where)


def test_lines_become_grants_with_the_place_that_says_so(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    gone = line("Edit", "gold", present=False, where="second")
    resolved = resolve(ctx, entry("OPS", line("view", "gold", "silver", where="first"), gone))
    assert resolved.present == {PlannedGrant(OPS, 1, GOLD): "first", PlannedGrant(OPS, 1, SILVER): "first"}
    assert resolved.absent == {PlannedGrant(OPS, 2, GOLD): "second"}
    assert resolved.names.describe_grant(PlannedGrant(OPS, 1, GOLD)) == "ops: View on plans gold"
    assert (resolved.problems, ctx.warnings) == ([], [])


def test_all_findings_are_told_at_once(make_ctx: t.Any) -> None:
    """Roles and entities of a principal that is not there are looked up, too."""
    resolved = resolve(
        make_ctx(),
        entry("nobody", line("Nothing", "copper", where="first")),
        entry("ops", line("Nothing", "gold", where="second"), line("View", "tin", where="third")),
    )
    assert [(item["where"], item["kind"]) for item in resolved.problems] == [
        ("mappings[0].principal.user_group", "not_found"),
        ("first.role", "not_found"),
        ("first.entities", "not_found"),
        ("second.role", "not_found"),
        ("third.entities", "not_found"),
    ]
    assert (resolved.present, resolved.absent) == ({}, {})


def test_lines_that_contradict_each_other_are_told(make_ctx: t.Any) -> None:
    resolved = resolve(
        make_ctx(),
        entry("ops", line("View", "gold", where="first")),
        entry("ops", line("View", "gold", present=False, where="second"), where="mappings[1]"),
    )
    assert [(item["where"], item["message"]) for item in resolved.problems] == [
        ("first", "contradicts second, which wants the same grant absent: ops: View on plans gold")
    ]


def test_a_line_that_is_repeated_is_a_warning(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    resolved = resolve(ctx, entry("ops", line("View", "gold", where="first"), line("VIEW", "gold", where="second")))
    assert resolved.present == {PlannedGrant(OPS, 1, GOLD): "first"}
    assert ctx.warnings == ["second repeats first: ops: View on plans gold"]


@pytest.mark.parametrize(
    ("pending", "role", "found"),
    [
        (["Restore"], ObjectReference("RESTORE"), Pending("role", "Restore", 1)),
        (["Zeta", "Restore"], ObjectReference("Zeta"), Pending("role", "Zeta", 2)),
        (["View"], ObjectReference("View"), 1),
        ([], ObjectReference("Restore"), None),
        ([ObjectReference("Restore", "corp")], ObjectReference("Restore"), None),
        ([ObjectReference("Restore", "corp")], ObjectReference("Restore", "CORP"), Pending("role", "Restore", 1)),
        ([ObjectReference("Restore", 1)], ObjectReference("Restore", "corp"), Pending("role", "Restore", 1)),
        ([ObjectReference("Restore", "acme")], ObjectReference("Restore", "Acme"), Pending("role", "Restore", 1)),
        ([ObjectReference(None, None, 9)], ObjectReference(None, None, 9), None),
        (["Restore"], ObjectReference("Restore", None, 9), None),
    ],
)
def test_a_role_that_an_earlier_task_would_create_is_pending_in_its_company(
    make_ctx: t.Any, pending: t.Any, role: ObjectReference, found: t.Any
) -> None:
    given = tuple(ObjectReference(item) if isinstance(item, str) else item for item in pending)
    resolved = resolve(make_ctx(), entry("ops", line(role, "gold")), pending_roles=given)
    assert list(resolved.present) == ([] if found is None else [PlannedGrant(OPS, found, GOLD)])
    assert [item["kind"] for item in resolved.problems] == ["not_found"] * (found is None)


@pytest.mark.parametrize("when", ["at first", "again"])
@pytest.mark.parametrize("given", [ObjectReference("Restore"), ObjectReference("Restore", "corp")])
def test_a_role_is_not_pending_where_no_list_of_roles_was_read(
    make_ctx: t.Any, given: ObjectReference, when: str
) -> None:
    """The list may hold a role of this name, which the earlier task would then not create."""

    def read_nothing() -> t.Any:
        raise NotFound("This CommServe does not give this account a list of roles.")

    fake = FakeCommCell(NAMES)
    roles = Catalogue("role", [Entry(1, "View")], refresh=read_nothing)
    read = fake.read_catalogue
    fake.read_catalogue = lambda kind: (  # type: ignore[method-assign]
        read(kind) if kind != "roles" else roles if when == "again" else read_nothing()
    )
    options = make_options(pending_roles=(given,))
    groups = EntraGroups(lambda: t.cast(t.Any, None), options.match_by, ())
    site = t.cast(t.Any, fake)
    resolved = Resolver(make_ctx(), options, site, site, groups).resolve_entries([entry("ops", line(given, "gold"))])
    assert [item["message"] for item in resolved.problems] == [
        "This CommServe does not give this account a list of roles."
    ]
    assert resolved.present == {}


def test_an_ambiguous_role_is_not_pending(make_ctx: t.Any) -> None:
    names = {**NAMES, "roles": [("Restore", None), ("Restore", None)]}
    resolved = resolve(
        make_ctx(), entry("ops", line("Restore", "gold")), names=names, pending_roles=(ObjectReference("Restore"),)
    )
    assert [item["kind"] for item in resolved.problems] == ["ambiguous"]


def test_new_groups_are_numbered_by_the_order_of_their_names(make_ctx: t.Any) -> None:
    entries = [
        entry("GG-B", line("View", "gold"), kind="entra_group", object_id=IDS[0]),
        entry("GG-A", line("View", "gold"), kind="entra_group", object_id=IDS[1], where="mappings[1]"),
    ]
    for ordered in itertools.permutations(entries):
        resolved = resolve(make_ctx(), *ordered)
        assert set(resolved.principals) == {Pending("user_group", "GG-A", 1, 0), Pending("user_group", "GG-B", 2, 0)}
        assert {grant.principal for grant in resolved.present} == set(resolved.principals)


LINES = st.lists(
    st.builds(
        line,
        st.sampled_from(["View", "Edit", "Restore", "Missing"]),
        st.sampled_from(["gold", "silver", "copper"]),
        present=st.booleans(),
        where=st.uuids().map(str),
    ),
    max_size=4,
)
ENTRIES = st.lists(
    st.builds(
        lambda name, lines, where: entry(
            name,
            *lines,
            where=where,
            kind="entra_group" if name.startswith("GG") else "user_group",
            object_id=IDS[0] if name.startswith("GG") else None,
        ),
        st.sampled_from(["ops", "night", "nobody", "GG-New"]),
        LINES,
        st.uuids().map(str),
    ),
    max_size=4,
)


@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_order_of_entries_and_lines_is_irrelevant(entries: list[MappingEntry], chance: t.Any) -> None:
    def run(given: list[MappingEntry]) -> Resolved:
        return resolve(make_silent_context(), *given, pending_roles=(ObjectReference("Restore"),))

    shuffled = []
    for item in entries:
        lines = list(item.grants)
        chance.shuffle(lines)
        shuffled.append(
            entry(item.principal.name or "", *lines, where=item.where, kind=item.kind, object_id=item.object_id)
        )
    chance.shuffle(shuffled)
    one, other = run(entries), run(shuffled)
    assert (one.present.keys(), one.absent.keys()) == (other.present.keys(), other.absent.keys())
    assert one.names == other.names
    assert one.principals.keys() == other.principals.keys()
    contradictions = [problem for problem in one.problems if "contradicts" in problem["message"]]
    assert len(contradictions) == len(one.present.keys() & one.absent.keys())
    assert len(one.problems) == len(other.problems)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({"roles": [("View", None), ("Vıew", None)]}, "Role"),
        ({"user_groups": [("ops", None), ("оps", None)]}, "User group"),
    ],
)
def test_names_that_look_like_others_are_told_where_they_get_a_right(make_ctx: t.Any, names: t.Any, told: str) -> None:
    ctx = make_ctx()
    resolve(ctx, entry("ops", line("View", "gold")), names={**NAMES, **names})
    assert [warning.startswith(told) for warning in ctx.warnings] == [True]
    ctx = make_ctx()
    resolve(ctx, entry("ops", line("View", "gold", present=False)), names={**NAMES, **names})
    assert ctx.warnings == []


def test_an_entra_group_whose_name_can_be_taken_for_another_is_told(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    resolve(ctx, entry("GG-Оps", line("View", "gold"), kind="entra_group", object_id=IDS[0]))
    assert any("Entra group" in warning for warning in ctx.warnings), ctx.warnings


def test_all_of_a_kind_is_an_entity_of_its_own(make_ctx: t.Any) -> None:
    every = DesiredGrant(ObjectReference("View"), (Target("plans", every=True),), True, "first")
    resolved = resolve(make_ctx(), entry("ops", every))
    assert list(resolved.present) == [PlannedGrant(OPS, 1, Entity("plans", ALL_OF_KIND))]
    assert resolved.names.describe_role_on_entity(next(iter(resolved.present))) == "View on plans all"
