# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The anomalies that evidence has to find are what they say, in every set, and stand beside everything else."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from cvops_simulator import Simulator
from cvops_simulator.commvault.model import OWNER, USER, Grant
from cvops_simulator.commvault.rights import Rights
from cvops_simulator.core.site import Site
from cvops_simulator.seeds import build_site

SETS = ("S", "M", "L", "XL")
PLANTED = {
    "automation_in_human_group_held",
    "deleted_entra_user",
    "guest_with_grant",
    "leaver_access_token",
    "leaver_holding_everything",
    "leaver_who_administers",
    "many_groups_with_grant",
    "nested_group_with_grant",
    "orphan_group",
    "orphan_user",
    "sod_admin_and_approver_held",
    "sod_audit_and_admin_held",
    "tier_0_backup_app",
    "tier_0_stranger",
}


@cache
def simulator(name: str) -> Simulator:
    """A simulator with the anomalies, not listening; tests do not change it."""
    return Simulator(set=name, seed=1, anomalies="evidence")


def find(name: str, anomaly: str) -> dict[str, Any]:
    """What is recorded of an anomaly."""
    found: dict[str, Any] = simulator(name).site.anomalies[anomaly]
    return found


def list_grants(value: Any) -> list[Grant]:
    """All grants in what is recorded."""
    if isinstance(value, Grant):
        return [value]
    return [grant for item in value.values() for grant in list_grants(item)] if isinstance(value, dict) else []


@pytest.mark.parametrize("name", SETS)
def test_they_are_added_to_what_is_there(name: str) -> None:
    plain, planted = build_site(name, 1, False), simulator(name).site
    assert set(planted.anomalies) - set(plain.anomalies) == PLANTED
    assert planted.variables == plain.variables
    for kind in ("users", "groups", "applications"):
        before, after = getattr(plain.tenant_seed, kind), getattr(planted.tenant_seed, kind)
        assert after[: len(before)] == before
    for cell, seed in plain.commcells.items():
        for kind in ("users", "groups", "roles", "grants", "credentials"):
            before, after = getattr(seed, kind), getattr(planted.commcells[cell], kind)
            assert after[: len(before)] == before
    assert build_site(name, 1, True, "evidence") == build_site(name, 1, True)


def test_other_words_are_refused() -> None:
    with pytest.raises(ValueError, match="'mess' are no anomalies"):
        build_site("S", 1, False, "mess")


@pytest.mark.parametrize("name", SETS)
def test_every_grant_is_there_once(name: str) -> None:
    site: Site = simulator(name).site
    for anomaly in PLANTED:
        grants = list_grants(site.anomalies[anomaly])
        state = simulator(name).commcells[site.anomalies[anomaly]["commcell"]].state
        assert all(grant in state.grants for grant in grants)
    for seed in site.commcells.values():
        assert len(seed.grants) == len(set(seed.grants))
        assert len({user.id for user in seed.users}) == len(seed.users)
        assert len({group.id for group in seed.groups}) == len(seed.groups)


@pytest.mark.parametrize("name", SETS)
def test_a_leaver_holds_one_of_everything(name: str) -> None:
    sim, leaver = simulator(name), find(name, "leaver_holding_everything")
    cell = sim.commcells[leaver["commcell"]]
    person = sim.tenant.users[leaver["entra_user_id"]]
    assert person["accountEnabled"] is False
    user, local = cell.state.users.get(leaver["user_id"]), cell.state.users.get(leaver["local_user_id"])
    assert user is not None and user.enabled and user.upn == person["userPrincipalName"]
    assert local is not None and local.password and local.email == person["mail"]
    assert user.id in cell.state.groups.get(leaver["group"]["user_group_id"]).member_ids
    assert leaver["entra_user_id"] in sim.tenant.members(leaver["group"]["object_id"])
    assert {grant.kind for grant in cell.state.grants.of_principal(USER, user.id)} == {"explicit", OWNER}
    assert [token.id for token in cell.sessions.store.of_user(user.id)] == [leaver["token_id"]]
    assert find(name, "leaver_access_token")["token_id"] == leaver["token_id"]
    stranger = find(name, "tier_0_stranger")
    assert sim.tenant.owners(stranger["object_id"]) == [leaver["entra_user_id"]]


@pytest.mark.parametrize("name", SETS)
def test_a_leaver_who_administers(name: str) -> None:
    sim, leaver = simulator(name), find(name, "leaver_who_administers")
    cell = sim.commcells[leaver["commcell"]]
    local = cell.state.users.get(leaver["user_id"])
    assert sim.tenant.users[leaver["entra_user_id"]]["accountEnabled"] is False
    assert local is not None and local.enabled and local.password
    assert cell.state.grants.of_principal(USER, local.id) == [leaver["grant"]]
    assert [token.id for token in cell.sessions.store.of_user(local.id)] == [leaver["token_id"]]


@pytest.mark.parametrize("name", SETS)
def test_the_deleted_and_the_unknown(name: str) -> None:
    sim, gone = simulator(name), find(name, "deleted_entra_user")
    state = sim.commcells[gone["commcell"]].state
    assert gone["entra_user_id"] not in sim.tenant.users
    assert sim.tenant.deleted[gone["entra_user_id"]]["row"]["userPrincipalName"] == gone["upn"]
    assert gone["user_id"] in state.groups.get(gone["user_group_id"]).member_ids
    orphan = find(name, "orphan_user")
    upns = {row["userPrincipalName"] for row in sim.tenant.users.values()}
    assert orphan["upn"] not in upns
    assert state.grants.of_principal(USER, orphan["user_id"]) == [orphan["grant"]]
    lost = find(name, "orphan_group")
    assert state.groups.get(lost["user_group_id"]).azure_guid == lost["object_id"]
    assert lost["object_id"] not in sim.tenant.groups
    guest = find(name, "guest_with_grant")
    assert {row["userPrincipalName"]: row["userType"] for row in sim.tenant.users.values()}[guest["upn"]] == "Guest"


@pytest.mark.parametrize("name", SETS)
def test_duties_really_meet(name: str) -> None:
    for anomaly, permission in (
        ("sod_admin_and_approver_held", "approve restore"),
        ("sod_audit_and_admin_held", "audit"),
    ):
        found = find(name, anomaly)
        state = simulator(name).commcells[found["commcell"]].state
        user = next(user for user in state.users if user.upn == found["upn"])
        held = Rights(state, user).on(*found["other"].entity)
        assert state.catalogue.find_permission(permission) in held
        assert state.catalogue.find_permission("agent management") in held


@pytest.mark.parametrize("name", SETS)
def test_ways_through_groups(name: str) -> None:
    sim, nested = simulator(name), find(name, "nested_group_with_grant")
    assert sim.tenant.members(nested["object_id"]) == [nested["middle"]]
    assert sim.tenant.members(nested["middle"]) == [nested["inner"]]
    (person,) = sim.tenant.members(nested["inner"])
    assert sim.tenant.users[person]["userPrincipalName"] == nested["upn"]
    many = find(name, "many_groups_with_grant")
    members = {sim.tenant.users[key]["userPrincipalName"] for key in sim.tenant.members(many["object_id"])}
    assert set(many["upns"]) == members
    for anomaly, number in (("user_in_151_groups", 151), ("user_in_201_groups", 201)):
        key = sim.site.anomalies[anomaly]["object_id"]
        assert sum(key in sim.tenant.members(group) for group in sim.tenant.groups) == number
    human = find(name, "automation_in_human_group_held")
    state = sim.commcells[human["commcell"]].state
    names = {state.users.get(key).name for key in state.groups.get(human["user_group_id"]).member_ids}
    assert "svc-cvops" in names
    assert len(names) == 2


@pytest.mark.parametrize("name", SETS)
def test_applications_with_power(name: str) -> None:
    sim = simulator(name)
    for anomaly, permission in (
        ("tier_0_backup_app", "Sites.FullControl.All"),
        ("tier_0_stranger", "RoleManagement.ReadWrite.Directory"),
    ):
        found = find(name, anomaly)
        principal = sim.tenant.service_principal_of(found["app_id"])
        assert principal is not None
        graph = next(row for row in sim.tenant.service_principals.values() if row["displayName"] == "Microsoft Graph")
        roles = {role["id"]: role["value"] for role in graph["appRoles"]}
        held = [row for row in sim.tenant.app_role_assignments.values() if row["principalId"] == principal["id"]]
        assert permission in {roles[row["appRoleId"]] for row in held}
    backup = find(name, "tier_0_backup_app")
    credential = sim.commcells[backup["commcell"]].state.credentials.get(backup["credential_id"])
    assert credential.fields["applicationId"] == backup["app_id"]
