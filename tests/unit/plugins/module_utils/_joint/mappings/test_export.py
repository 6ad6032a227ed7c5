# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is exported is read back as what was there, for any names that Commvault may hold."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_fakes import COMMCELL_ID, LISTS, FakeCommCell, make_options, make_silent_context, refuse_connection

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Association,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import PlannedGrant, Resolved
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.entra_groups import EntraGroups
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.export import (
    ExportLookups,
    export_mappings,
    make_reference,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import parse_mappings
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import find_differences
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.resolve import Resolver

NAMES = st.sampled_from(["gold", "Gold", "GOLD", "Bücher", "it's", "a/b, c#%&", "12", "3", "view"])
COMPANIES = st.sampled_from([None, "corp", "acme"])
KINDS = ("servers", "server_groups", "plans", "storage_pools", "workflows", "credentials", "company")


def make_site(commcell: FakeCommCell, *, named: bool = True) -> ExportLookups:
    names = {
        object_id: entry.name
        for number, object_id in commcell.links.items()
        if (entry := commcell.read_catalogue("user_groups").get_by_id(number)) is not None
    }
    return ExportLookups(
        commcell.read_catalogue, COMMCELL_ID, object_ids=commcell.links, entra_names=names if named else {}
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[FakeCommCell, list[Association]]:
    entries = st.lists(st.tuples(NAMES, COMPANIES), min_size=1, max_size=4, unique=True)
    world = FakeCommCell({kind: draw(entries) for kind in LISTS})
    world.link_every_second_group()
    rows = []
    for dummy in range(draw(st.integers(0, 12))):
        who = draw(
            st.sampled_from([("user", "users"), ("user_group", "user_groups"), ("external_group", "external_groups")])
        )
        principal = Principal(who[0], draw(st.integers(1, len(world.read_catalogue(who[1])))))
        role = draw(st.one_of(st.none(), st.integers(1, len(world.read_catalogue("roles")) + 1)))
        kind = draw(st.sampled_from([*KINDS, "commcell", "type:64"]))
        if kind == "commcell":
            entity = Entity(kind, COMMCELL_ID)
        elif kind == "type:64":
            entity = Entity(kind, draw(st.integers(1, 3)))
        else:
            size = len(world.read_catalogue({"company": "companies"}.get(kind, kind)))
            entity = Entity(
                kind,
                draw(st.sampled_from([*([ALL_OF_KIND] if kind != "credentials" else []), *range(1, size + 1)])),
            )
        grant_kind = draw(
            st.sampled_from(["explicit", "explicit", "explicit", "creator", "owner", "inherited", "unknown"])
        )
        rows.append(
            Association(principal, "who", role, None if role is None else f"role {role}", entity, "where", grant_kind)
        )
    return world, rows


def read_back(world: FakeCommCell, mappings: list[dict[str, t.Any]]) -> Resolved:
    entries, problems = parse_mappings(mappings, None, datetime.date(2026, 11, 23))
    assert problems == []
    options = make_options(create_user_groups=False)
    ctx = make_silent_context()
    resolver = Resolver(
        ctx, options, t.cast(t.Any, world), t.cast(t.Any, world), EntraGroups(refuse_connection, "azure_guid", ())
    )
    return resolver.resolve_entries(entries)


@given(worlds(), st.booleans())
def test_planning_an_export_against_the_same_commcell_gives_nothing(
    made: tuple[FakeCommCell, list[Association]], named: bool
) -> None:
    world, rows = made
    exported = export_mappings(rows, make_site(world, named=named))
    resolved = read_back(world, exported.mappings)
    assert resolved.problems == []
    current = {
        PlannedGrant(*row.grant)
        for row in rows
        if row.grant is not None and row.role_id in {entry.id for entry in world.read_catalogue("roles")}
    }
    changes = find_differences(resolved.present, resolved.absent, current, True, resolved.principals)
    assert (changes.add, changes.remove) == (frozenset(), frozenset())


@given(made=worlds())
def test_every_row_is_exported_or_listed_with_a_reason(made: tuple[FakeCommCell, list[Association]]) -> None:
    world, rows = made
    exported = export_mappings(rows, make_site(world))
    resolved = read_back(world, exported.mappings)
    managed = [row for row in rows if row.grant in resolved.present]
    assert len(managed) + len(exported.other) == len(rows)
    assert all(row["why"] for row in exported.other)


@given(worlds(), st.randoms(use_true_random=False))
def test_order_of_the_rows_is_irrelevant(made: tuple[FakeCommCell, list[Association]], chance: t.Any) -> None:
    world, rows = made
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert export_mappings(rows, make_site(world)) == export_mappings(shuffled, make_site(world))


def test_an_export_reads_well() -> None:
    names: dict[str, list[tuple[str, str | None]]] = {kind: [("x", None)] for kind in LISTS}
    names.update(
        user_groups=[("GG-Operators", None)],
        roles=[("Restore Operator", None), ("View", None)],
        plans=[("gold", None), ("gold", "corp")],
    )
    world = FakeCommCell(names)
    world.link_every_second_group()
    who = Principal("user_group", 1)
    rows = [
        Association(who, "", 1, "", Entity("plans", 1), "", "explicit"),
        Association(who, "", 1, "", Entity("plans", 2), "", "explicit"),
        Association(who, "", 2, "", Entity("servers", ALL_OF_KIND), "", "explicit"),
        Association(who, "", 2, "", Entity("commcell", COMMCELL_ID), "", "explicit"),
    ]
    assert export_mappings(rows, make_site(world)).mappings == [
        {
            "principal": {"entra_group": {"name": "GG-Operators", "object_id": world.links[1]}},
            "grants": [
                {
                    "role": "Restore Operator",
                    "entities": {"plans": ["gold", {"name": "gold", "company": "corp"}]},
                },
                {"role": "View", "entities": "commcell"},
                {"role": "View", "entities": {"servers": "all"}},
            ],
        }
    ]


NAMES_OF_ALL: dict[str, list[tuple[str, str | None]]] = {
    **{kind: [("x", None)] for kind in LISTS},
    "plans": [("gold", None), ("gold", "corp"), ("tin", None), ("tin", None), ("5", None)],
}


@pytest.mark.parametrize(
    ("number", "reference"),
    [
        (1, "gold"),
        (2, {"name": "gold", "company": "corp"}),
        (3, {"id": 3, "name": "tin"}),
        (5, "5"),
    ],
)
def test_the_shortest_reference_that_is_read_back_is_taken(number: int, reference: t.Any) -> None:
    catalogue = FakeCommCell(NAMES_OF_ALL).read_catalogue("plans")
    entry = catalogue.get_by_id(number)
    assert entry and make_reference(entry, catalogue) == reference


GROUP = Principal("user_group", 1)


def row(principal: Principal = GROUP, role: int | None = 1, **more: t.Any) -> Association:
    given: dict[str, t.Any] = {"entity": Entity("plans", 1), "grant_kind": "explicit", **more}
    return Association(principal, "who", role, "role", given["entity"], "where", given["grant_kind"])


@pytest.mark.parametrize(
    ("association", "why"),
    [
        (row(grant_kind="owner"), "owner"),
        (row(grant_kind="inherited"), "inherited"),
        (row(role=None, grant_kind="permissions"), "permissions"),
        (row(Principal("user_group", 9)), "principal is not listed"),
        (row(Principal("unknown", 0)), "principal is not listed"),
        (row(role=9), "role does not exist any more"),
        (row(entity=Entity("commcell", 9)), "entity is of another CommCell"),
        (row(entity=Entity("plans", 9)), "entity is not listed"),
        (row(entity=Entity("company", 9)), "entity is not listed"),
        (row(entity=Entity("type:0", 0)), "entity is not known"),
    ],
)
def test_a_row_that_no_mapping_manages_is_listed_with_the_reason(association: Association, why: str) -> None:
    exported = export_mappings([association], make_site(FakeCommCell(NAMES_OF_ALL)))
    assert exported.mappings == []
    assert exported.other == [
        {
            "principal": "who",
            "principal_kind": association.principal.kind,
            "role": "role",
            "entity_type": association.entity.kind,
            "entity": "where",
            "grant_kind": association.grant_kind,
            "why": why,
        }
    ]


def test_what_has_no_name_is_listed_by_id() -> None:
    nameless = Association(Principal("user", 9), "", 1, None, Entity("plans", 9), "", "explicit")
    (other,) = export_mappings([nameless], make_site(FakeCommCell(NAMES_OF_ALL))).other
    assert (other["principal"], other["role"], other["entity"]) == ("9", None, "9")


def test_principals_are_named_by_their_kinds_and_entities_of_other_types_by_number() -> None:
    rows = [
        row(Principal("user", 1), entity=Entity("type:64", 7)),
        row(Principal("external_group", 1)),
        row(Principal("user_group", 1)),
    ]
    exported = export_mappings(rows, make_site(FakeCommCell(NAMES_OF_ALL)))
    assert [(entry["principal"], entry["grants"][0]["entities"]) for entry in exported.mappings] == [
        ({"directory_group": "x"}, {"plans": ["gold"]}),
        ({"user": "x"}, {"type": 64, "id": 7}),
        ({"user_group": "x"}, {"plans": ["gold"]}),
    ]


def test_a_linked_group_whose_name_is_not_enough_is_named_beside_its_entra_group() -> None:
    names = {**NAMES_OF_ALL, "user_groups": [("ops", None), ("ops", None), ("ops", "corp")]}
    world = FakeCommCell(names, links={1: "id-1", 3: "id-3"})
    exported = export_mappings([row(Principal("user_group", number)) for number in (1, 2, 3)], make_site(world))
    assert [(entry["principal"], entry.get("user_group")) for entry in exported.mappings] == [
        ({"entra_group": {"name": "ops", "object_id": "id-1"}}, {"id": 1}),
        ({"user_group": {"id": 2, "name": "ops"}}, None),
        ({"entra_group": {"name": "ops", "object_id": "id-3"}}, {"name": "ops", "company": "corp"}),
    ]


def test_all_credentials_which_no_mapping_can_name_are_listed_apart() -> None:
    world = FakeCommCell(NAMES_OF_ALL)
    exported = export_mappings([row(entity=Entity("credentials", ALL_OF_KIND))], make_site(world))
    assert exported.mappings == [] and [item["why"] for item in exported.other] == ["entity is not known"]


def test_all_companies_are_exported_as_they_are_read_back() -> None:
    world = FakeCommCell(NAMES_OF_ALL)
    exported = export_mappings([row(entity=Entity("company", ALL_OF_KIND))], make_site(world)).mappings
    assert [entry["grants"][0]["entities"] for entry in exported] == [{"company": "all"}]
    assert {grant.entity for grant in read_back(world, exported).present} == {Entity("company", ALL_OF_KIND)}
