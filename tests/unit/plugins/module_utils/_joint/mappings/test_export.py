# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is exported is read back as what was there, for any names that Commvault may hold."""

from __future__ import annotations

import datetime
import typing as t
import uuid

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Association,
    Entity,
    Grant,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.entra_groups import EntraGroups
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.export import Site, export
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import parse
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import differences
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.resolve import Resolved, Resolver

COMMCELL = 2
NAMES = st.sampled_from(["gold", "Gold", "GOLD", "Bücher", "it's", "a/b, c#%&", "12", "3", "view"])
COMPANIES = st.sampled_from([None, "corp", "acme"])
LISTS = (
    "users",
    "user_groups",
    "external_groups",
    "roles",
    "companies",
    "servers",
    "server_groups",
    "plans",
    "storage_pools",
    "workflows",
    "credentials",
)
KINDS = ("servers", "server_groups", "plans", "storage_pools", "workflows", "credentials", "company")


class Silent:
    """A reporter that nobody hears."""

    def debug(self, level: int, message: str) -> None: ...

    def progress(self, message: str) -> None: ...

    def prompt(self, message: str) -> None: ...


class World:
    """A CommCell made of catalogues, as far as the resolver looks at one."""

    company_name = None
    company_id = 0
    commcell_id = COMMCELL
    commcell_name = "cs01"

    def __init__(self, names: t.Mapping[str, list[tuple[str, str | None]]]) -> None:
        self.catalogues = {
            kind: Catalogue(
                kind, [Entry(number + 1, name, company) for number, (name, company) in enumerate(names[kind])]
            )
            for kind in LISTS
        }
        linked = [entry.id for entry in self.catalogues["user_groups"] if entry.id % 2]
        self.anchors = {number: str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number))) for number in linked}

    def read_catalogue(self, kind: str) -> Catalogue:
        return self.catalogues[kind]

    def read_user_group(self, number: int) -> dict[str, t.Any]:
        return {"azureGUID": self.anchors.get(number, "")}

    def site(self) -> Site:
        return Site(self.read_catalogue, COMMCELL, anchors=self.anchors)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[World, list[Association]]:
    entries = st.lists(st.tuples(NAMES, COMPANIES), min_size=1, max_size=4, unique=True)
    world = World({kind: draw(entries) for kind in LISTS})
    rows = []
    for dummy in range(draw(st.integers(0, 12))):
        who = draw(
            st.sampled_from([("user", "users"), ("user_group", "user_groups"), ("external_group", "external_groups")])
        )
        principal = Principal(who[0], draw(st.integers(1, len(world.read_catalogue(who[1])))))
        role = draw(st.one_of(st.none(), st.integers(1, len(world.read_catalogue("roles")) + 1)))
        kind = draw(st.sampled_from([*KINDS, "commcell", "type:64"]))
        if kind == "commcell":
            entity = Entity(kind, COMMCELL)
        elif kind == "type:64":
            entity = Entity(kind, draw(st.integers(1, 3)))
        else:
            size = len(world.read_catalogue({"company": "companies"}.get(kind, kind)))
            entity = Entity(
                kind,
                draw(st.sampled_from([ALL_OF_KIND, *range(1, size + 1)] if kind != "company" else range(1, size + 1))),
            )
        grant_kind = draw(
            st.sampled_from(["explicit", "explicit", "explicit", "creator", "owner", "inherited", "unknown"])
        )
        rows.append(
            Association(principal, "who", role, None if role is None else f"role {role}", entity, "where", grant_kind)
        )
    return world, rows


def read_back(world: World, mappings: list[dict[str, t.Any]]) -> Resolved:
    options = {"pending_roles": [], "pending_entra_groups": [], "match_by": "azure_guid", "create_user_groups": False}
    ctx = Context(options=options, reporter=Silent())

    def never() -> t.Any:
        raise AssertionError("an export carries object ids, so Entra ID need not be asked")

    entries, problems = parse(mappings, None, datetime.date(2026, 11, 23))
    assert problems == []
    resolver = Resolver(ctx, t.cast("t.Any", world), t.cast("t.Any", world), EntraGroups(ctx, never))
    return resolver.resolve(entries)


@given(worlds())
def test_planning_an_export_against_the_same_commcell_gives_nothing(made: tuple[World, list[Association]]) -> None:
    world, rows = made
    exported = export(rows, world.site())
    resolved = read_back(world, exported.mappings)
    assert resolved.problems == []
    current: set[Grant] = {
        row.grant
        for row in rows
        if row.grant is not None and row.role_id in {entry.id for entry in world.read_catalogue("roles")}
    }
    changes = differences(resolved.present, resolved.absent, current, True, resolved.holders)
    assert (changes.add, changes.remove) == (frozenset(), frozenset())


@given(worlds())
def test_every_row_is_exported_or_listed_with_a_reason(made: tuple[World, list[Association]]) -> None:
    world, rows = made
    exported = export(rows, world.site())
    resolved = read_back(world, exported.mappings)
    managed = [row for row in rows if row.grant in resolved.present]
    assert len(managed) + len(exported.other) == len(rows)
    assert all(row["why"] for row in exported.other)


@given(worlds(), st.randoms(use_true_random=False))
def test_order_of_the_rows_is_irrelevant(made: tuple[World, list[Association]], chance: t.Any) -> None:
    world, rows = made
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert export(rows, world.site()) == export(shuffled, world.site())


def test_an_export_reads_well() -> None:
    names: dict[str, list[tuple[str, str | None]]] = {kind: [("x", None)] for kind in LISTS}
    names.update(
        user_groups=[("GG-Operators", None)],
        roles=[("Restore Operator", None), ("View", None)],
        plans=[("gold", None), ("gold", "corp")],
    )
    world = World(names)
    who = Principal("user_group", 1)
    rows = [
        Association(who, "", 1, "", Entity("plans", 1), "", "explicit"),
        Association(who, "", 1, "", Entity("plans", 2), "", "explicit"),
        Association(who, "", 2, "", Entity("servers", ALL_OF_KIND), "", "explicit"),
        Association(who, "", 2, "", Entity("commcell", COMMCELL), "", "explicit"),
    ]
    assert export(rows, world.site()).mappings == [
        {
            "principal": {"entra_group": {"name": "GG-Operators", "object_id": world.anchors[1]}},
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
