# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All tables of generated sites: no grant is lost, no order matters, and one changed grant changes its own rows alone."""

from __future__ import annotations

import copy
import json
import random
import typing as t

from evidence_examples import (
    GRANTS,
    VIEW,
    build,
    generate_site,
    make_commcell,
    make_entra,
    make_grant,
    make_group,
    make_user,
)
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import TABLES, Tables

_OF_GRANT = ("principal_kind", "principal_id", "role_id", "permissions", "entity_kind", "entity_id", "grant_kind")


def show(tables: Tables) -> str:
    return json.dumps(tables.rows)


def identify_wire(row: t.Mapping[str, t.Any]) -> str:
    role, permissions = row["role"] or {"id": ""}, sorted(row["permissions"])
    principal, entity = row["principal"], row["entity"]
    parts = [principal["kind"], principal["id"], role["id"], permissions, entity["kind"], entity["id"]]
    return json.dumps([*parts, row["grant_kind"]])


@given(generate_site())
def test_every_grant_at_the_server_is_a_row_and_every_row_is_a_grant(site: tuple[t.Any, t.Any]) -> None:
    cell, entra = site
    rows = build(cell, entra=entra).rows["access"]
    wanted = {identify_wire(row) for row in (*cell["associations"], *cell["owners"])}
    assert {json.dumps([row[name] for name in _OF_GRANT]) for row in rows} == wanted


@given(generate_site())
def test_ids_are_unique_and_all_cells_are_there(site: tuple[t.Any, t.Any]) -> None:
    cell, entra = site
    tables = build(cell, entra=entra)
    assert list(tables.rows) == [table.name for table in TABLES]
    for table in TABLES:
        rows = tables.rows[table.name]
        assert len({row["id"] for row in rows}) == len(rows)
        for row in rows:
            assert tuple(row) == table.columns
            for cell_value in row.values():
                assert cell_value is None or isinstance(cell_value, (str, bool, list))


def shuffle(value: t.Any, chance: random.Random) -> t.Any:
    if isinstance(value, dict):
        return {key: item if key == "provenance" else shuffle(item, chance) for key, item in value.items()}
    if isinstance(value, list):
        found = [shuffle(item, chance) for item in value]
        chance.shuffle(found)
        return found
    return value


@given(generate_site(), st.integers(0, 5))
def test_the_order_of_lists_does_not_matter(site: tuple[t.Any, t.Any], seed: int) -> None:
    chance = random.Random(seed)
    cell, entra = (copy.deepcopy(document) for document in site)
    assert show(build(shuffle(cell, chance), entra=shuffle(entra, chance))) == show(build(*site[:1], entra=site[1]))


@given(generate_site(), GRANTS)
def test_one_more_grant_is_its_own_rows_and_all_others_stay(site: tuple[t.Any, t.Any], grant: t.Any) -> None:
    cell, entra = site
    before = build(cell, entra=entra).rows["access"]
    known = {identify_wire(row) for row in (*cell["associations"], *cell["owners"])}
    after = build({**cell, "associations": [*cell["associations"], grant]}, entra=entra).rows["access"]
    new = [row for row in after if row not in before]
    if identify_wire(grant) not in known:
        assert new
        assert {json.dumps([row[name] for name in _OF_GRANT]) for row in new} == {identify_wire(grant)}
        assert [row for row in after if row not in new] == before


@given(generate_site())
def test_accounts_are_joined_by_a_name_that_one_person_has_and_by_nothing_else(site: tuple[t.Any, t.Any]) -> None:
    cell, entra = site
    users = {user["id"]: user for user in cell["users"]}
    people = {user["id"]: user for user in (*entra["users"], *entra["deleted_users"])}
    for row in build(cell, entra=entra).rows["access"]:
        if row["commvault_user_id"] in users and row["entra_user_id"]:
            user, person = users[row["commvault_user_id"]], people[row["entra_user_id"]]
            assert person["userPrincipalName"] in (user["user_principal_name"], user["name"], user["email"])


def test_of_several_names_of_one_grant_the_same_one_is_taken_in_any_order() -> None:
    grants = [make_grant(("user", 1), VIEW, ("plans", 9), entity_name=name) for name in ("b", "a", "c")]
    tables = [
        build(make_commcell(users=[make_user(1, "x")], associations=order))
        for order in (grants, list(reversed(grants)))
    ]
    assert [row["entity"] for row in tables[0].rows["access"]] == ["a"]
    assert show(tables[0]) == show(tables[1])


def test_hostile_names_pass_through_as_they_are() -> None:
    name = '=HYPERLINK("http://x","y")\x1b[2J' + "n" * 256
    cell = make_commcell(
        users=[make_user(1, name)],
        user_groups=[make_group(5, name, [1])],
        associations=[make_grant(("user_group", 5), VIEW, ("plans", 9), entity_name=name)],
    )
    (row,) = build(cell, entra=make_entra()).rows["access"]
    assert (row["principal"], row["entity"], row["commvault_user"]) == (name, name, name)
