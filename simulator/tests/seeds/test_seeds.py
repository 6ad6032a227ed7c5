# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seeded sites: sizes, determinism, convergence, anomalies."""

from __future__ import annotations

import copy
import time
from collections import Counter
from functools import cache
from typing import Any

import httpx
import pytest

from cvops_simulator.commvault.catalogue import CATEGORY_BY_NAME, PERMISSION_BY_NAME
from cvops_simulator.commvault.model import CLIENT, CLIENT_GROUP, EXPLICIT, PLAN, CommCellSeed
from cvops_simulator.commvault.state import State
from cvops_simulator.core.site import Site
from cvops_simulator.seeds import build_site
from cvops_simulator.seeds.mapping import ENTITY_KEYS
from cvops_simulator.testing import running_simulator

SETS = ("S", "M", "L", "XL")
ANOMALIES = {
    "automation_in_human_group",
    "cloud_only_and_synced_equal_names",
    "creator_grant",
    "custom_permission_grant",
    "disabled_entra_user",
    "foreign_grant_on_mapped_group",
    "group_without_members",
    "inherited_duplicate",
    "local_admin_outside_sso",
    "mapping_to_missing_role",
    "nested_group",
    "owner_grant",
    "recreated_entra_group",
    "renamed_entra_group",
    "sod_admin_and_approver",
    "sod_audit_and_admin",
    "two_roles_on_one_entity",
    "user_in_151_groups",
    "user_in_201_groups",
}


@cache
def site(name: str, empty: bool = False) -> Site:
    """A site, built once; tests do not change it."""
    return build_site(name, 1, empty)


@cache
def state_of(name: str, commcell: str) -> State:
    """The state that a CommCell of a converged site starts with; tests do not change it."""
    return State(site(name).commcells[commcell])


def reached(entry: dict[str, Any], names: list[str]) -> list[str]:
    """CommCells that the patterns of an entry name."""
    patterns = entry["commcells"]
    return [name for name in names if any(name == item or name.startswith(item.rstrip("*")) for item in patterns)]


def wanted(name: str, commcell: str, entry: dict[str, Any]) -> set[tuple[str, int, int]]:
    """(role name, entity type, entity id) of an entry on one CommCell; every name must exist there."""
    state = state_of(name, commcell)
    found = set()
    for grant in entry["grants"]:
        if grant["entities"] == "commcell":
            found.add((grant["role"], 1, 2))
            continue
        for key, names in grant["entities"].items():
            for item in names:
                text = item["name"] if isinstance(item, dict) else item
                (entity_id,) = state.entity_named(ENTITY_KEYS[key], text)
                if isinstance(item, dict):
                    company = state.companies.get(state.company_of(ENTITY_KEYS[key], entity_id))
                    assert company is not None and company.alias == item["company"]
                found.add((grant["role"], ENTITY_KEYS[key], entity_id))
    return found


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("name", SETS)
def test_the_same_arguments_give_the_same_site(name: str, empty: bool) -> None:
    assert build_site(name, 1, empty) == site(name, empty)
    assert build_site(name, 2, empty).tenant_seed.tenant_id != site(name, empty).tenant_seed.tenant_id
    assert site(name, True).variables == site(name, False).variables


def counts(name: str) -> dict[str, int]:
    """Sizes of a set."""
    source = site(name)
    cells: list[CommCellSeed] = list(source.commcells.values())
    kinds = Counter(entity.type for cell in cells for entity in cell.entities)
    return {
        "commcells": len(cells),
        "people": len(source.tenant_seed.users),
        "mapped": len(source.variables["cvops_role_mappings"]),
        "user_groups": len({group.name for cell in cells for group in cell.groups}),
        "roles": len({role.name for cell in cells for role in cell.roles}),
        "custom_roles": len(source.variables["cvops_commvault_roles"]),
        "clients": kinds[CLIENT],
        "client_groups": kinds[CLIENT_GROUP],
        "plans": kinds[PLAN],
        "grants": sum(
            len(wanted(name, cell, entry))
            for entry in source.variables["cvops_role_mappings"]
            for cell in reached(entry, list(source.commcells))
        ),
    }


def test_size_of_s() -> None:
    found = counts("S")
    assert {
        key: found[key] for key in ("commcells", "mapped", "roles", "custom_roles", "clients", "client_groups")
    } == {
        "commcells": 1,
        "mapped": 12,
        "roles": 6,
        "custom_roles": 2,
        "clients": 40,
        "client_groups": 5,
    }
    assert 35 <= found["grants"] <= 45


def test_size_of_m() -> None:
    found = counts("M")
    assert (found["commcells"], found["mapped"], found["user_groups"]) == (3, 60, 70)
    assert (found["roles"], found["custom_roles"], found["clients"]) == (15, 9, 1000)
    assert (found["client_groups"], found["plans"]) == (60, 40)
    assert 330 <= found["grants"] <= 370


def test_size_of_l() -> None:
    found = counts("L")
    assert (found["commcells"], found["mapped"], found["user_groups"]) == (5, 150, 180)
    assert (found["roles"], found["custom_roles"]) == (25, 18)
    assert 1450 <= found["grants"] <= 1550
    assert len(site("L").commcells["core-cs01"].entities) > 5000
    assert {reached(entry, list(site("L").commcells))[0] for entry in site("L").variables["cvops_role_mappings"]} == {
        "core-cs01"
    }


def test_size_of_xl() -> None:
    found = counts("XL")
    assert (found["commcells"], found["mapped"], found["user_groups"]) == (2, 900, 950)
    assert (found["roles"], found["custom_roles"], found["plans"], found["client_groups"]) == (12, 6, 600, 300)
    # The people, and the account that is in a group of people.
    assert found["people"] == 6001
    cells = site("XL").commcells.values()
    assert sum(len(cell.companies) for cell in cells) == 300
    assert 2850 <= sum(len(cell.grants) for cell in cells) <= 3150
    assert 2800 <= found["grants"] <= 2900


def test_xl_is_built_in_seconds() -> None:
    started = time.process_time()
    build_site("XL", 3, False)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("name", SETS)
def test_a_converged_site_lacks_nothing(name: str) -> None:
    source = site(name)
    by_name = {group["displayName"]: group for group in source.tenant_seed.groups if "uniqueName" in group}
    states = {cell: state_of(name, cell) for cell in source.commcells}
    for entry in source.variables["cvops_role_mappings"]:
        entra = entry["principal"]["entra_group"]
        assert entra.get("object_id", by_name[entra["name"]]["id"]) == by_name[entra["name"]]["id"]
        for cell in reached(entry, list(source.commcells)):
            (group,) = states[cell].groups.named(entra["name"])
            assert group.azure_guid == by_name[entra["name"]]["id"]
            roles = {role.id: role.name for role in states[cell].roles}
            held = {
                (roles[grant.role_id], *grant.entity)
                for grant in states[cell].grants.of_principal(15, group.id)
                if grant.kind == EXPLICIT and grant.role_id is not None
            }
            assert wanted(name, cell, entry) <= held


@pytest.mark.parametrize("name", ["S", "M"])
def test_groups_of_the_document_exist_with_their_members(name: str) -> None:
    source = site(name)
    upns = {user["id"]: user["userPrincipalName"] for user in source.tenant_seed.users}
    rows = {group.get("uniqueName"): group for group in source.tenant_seed.groups}
    for group in source.variables["cvops_entra_groups"]:
        row = rows[group["unique_name"]]
        assert (row["displayName"], row["description"]) == (group["display_name"], group["description"])
        assert sorted(upns[item] for item in row["members"]) == sorted(group["members"])


@pytest.mark.parametrize("name", SETS)
def test_roles_of_the_document_are_valid_and_present(name: str) -> None:
    source = site(name)
    for cell in source.commcells.values():
        roles = {role.name: role for role in cell.roles if not role.company_id}
        for role in source.variables["cvops_commvault_roles"]:
            permissions = {PERMISSION_BY_NAME[item.casefold()] for item in role["permissions"]}
            categories = {CATEGORY_BY_NAME[item.casefold()].id for item in role["categories"]}
            assert (roles[role["name"]].permission_ids, roles[role["name"]].category_ids) == (permissions, categories)


@pytest.mark.parametrize("name", SETS)
def test_an_empty_site_has_only_what_nobody_converges(name: str) -> None:
    source, full = site(name, True), site(name)
    custom = {role["name"] for role in source.variables["cvops_commvault_roles"]}
    mapped = {entry["principal"]["entra_group"]["name"] for entry in source.variables["cvops_role_mappings"]}
    assert source.tenant_seed.applications == []
    assert len(source.tenant_seed.groups) == {"L": 150, "XL": 900}.get(name, 0)
    for cell, seed in source.commcells.items():
        assert not custom & {role.name for role in seed.roles if not role.company_id}
        assert not mapped & {group.name for group in seed.groups}
        assert seed.entities == full.commcells[cell].entities
        assert {user.name for user in seed.users} == {user.name for user in full.commcells[cell].users}
        assert set(seed.grants) <= set(full.commcells[cell].grants)
        assert len(seed.grants) >= 10


@pytest.mark.parametrize("name", SETS)
def test_grants_point_at_what_exists(name: str) -> None:
    for cell in site(name).commcells:
        state = state_of(name, cell)
        for grant in state.grants:
            assert state.entity_exists(*grant.entity)
            assert grant.role_id is None or state.roles.get(grant.role_id) is not None
            principals = state.users if grant.principal_kind == 13 else state.groups
            assert principals.get(grant.principal_id) is not None


@pytest.mark.parametrize("name", SETS)
def test_every_item_of_the_mess_can_be_found(name: str) -> None:
    found = set(site(name).anomalies)
    assert found >= ANOMALIES
    assert ("group_missing_in_one_commcell" in found) == (name != "S")
    assert ("odd_names" in found) == (name == "S")


def test_mess_is_what_it_says() -> None:
    source = site("M")
    anomalies, groups = source.anomalies, {group["id"]: group for group in source.tenant_seed.groups}
    cell = State(next(iter(source.commcells.values())))
    renamed = anomalies["renamed_entra_group"]
    assert groups[renamed["object_id"]]["displayName"] == renamed["new_name"]
    assert cell.groups.named(renamed["old_name"])[0].azure_guid == renamed["object_id"]
    recreated = anomalies["recreated_entra_group"]
    assert cell.groups.named(recreated["name"])[0].azure_guid == recreated["old_object_id"]
    assert recreated["old_object_id"] not in groups
    assert groups[recreated["object_id"]]["displayName"] == recreated["name"]
    assert anomalies["nested_group"]["inner"] in groups[anomalies["nested_group"]["outer"]]["members"]
    for key, number in (("user_in_151_groups", 151), ("user_in_201_groups", 201)):
        member = anomalies[key]["object_id"]
        assert sum(member in group["members"] for group in groups.values()) == number
    partial = anomalies["group_missing_in_one_commcell"]
    present = [name for name, seed in source.commcells.items() if any(g.name == partial["name"] for g in seed.groups)]
    assert present == partial["present"]
    assert set(source.commcells) - set(present) == {partial["missing"]}
    both = anomalies["two_roles_on_one_entity"]
    assert both["grant"].entity == both["other"].entity
    assert both["grant"].role_id != both["other"].role_id
    leaver = anomalies["disabled_entra_user"]
    users = {user["userPrincipalName"]: user for user in source.tenant_seed.users}
    assert users[leaver["upn"]]["accountEnabled"] is False
    assert leaver["commcells"]
    assert cell.users.named(anomalies["local_admin_outside_sso"]["user"])[0].upn == ""


def test_a_mapping_of_the_demo_needs_no_object_ids_and_the_large_one_has_them() -> None:
    assert all("object_id" not in e["principal"]["entra_group"] for e in site("M").variables["cvops_role_mappings"])
    assert all("object_id" in e["principal"]["entra_group"] for e in site("L").variables["cvops_role_mappings"])
    wide = [e for e in site("M").variables["cvops_role_mappings"] if e["grants"][0]["entities"] == "commcell"]
    assert len(wide) == 3


def test_building_a_state_leaves_the_seed_alone() -> None:
    seed = site("S").commcells["cs01"]
    before = copy.deepcopy(seed)
    state = State(seed)
    state.users.remove(state.users.named("admin")[0])
    state.groups.named("master")[0].member_ids.clear()
    assert seed == before


def test_the_large_set_answers_quickly() -> None:
    """A bound against quadratic loops, with room for a slow machine."""
    with running_simulator(set="L", seed=1) as sim:
        cell = sim.commcells["core-cs01"]
        headers = {"Authtoken": cell.access_token()}
        with httpx.Client(verify=False, headers=headers, trust_env=False, timeout=30) as client:  # noqa: S501
            started = time.process_time()
            assert len(client.get(f"{cell.url}/Client").json()["clientProperties"]) == 5000
            groups = client.get(f"{cell.url}/V4/UserGroup").json()["userGroups"]
            total = 0
            for group in groups:
                rows = client.get(f"{cell.url}/UserGroup/{group['id']}/Security").json()["associations"]
                total += len(rows)
        assert total > 1500
        assert time.process_time() - started < 15
