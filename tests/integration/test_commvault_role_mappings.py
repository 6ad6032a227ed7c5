# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole mapping against a simulated CommCell: convergence, counts, and everything that must not happen."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import PLAN
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.modules import commvault_role_mappings as module
from ansible_collections.cvops.identity.plugins.modules import commvault_role_mappings_info as export
from ansible_collections.cvops.identity.plugins.modules import entra_group

pytestmark = pytest.mark.any_core

Mapping = list[dict[str, t.Any]]


def mapping_of(site: Simulator) -> Mapping:
    """The document's own mapping."""
    return t.cast(Mapping, site.variables()["cvops_role_mappings"])


def run(site: Simulator, mappings: Mapping, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
    site.journal.clear()
    wanted = {"mappings": mappings, "require_object_id": "none", "max_removals": 1000, **options}
    return run_body(module, site, wanted, check=check)


def state(site: Simulator) -> t.Any:
    return next(iter(site.commcells.values())).state


def explicit(site: Simulator) -> set[t.Any]:
    return set(state(site).grants.triples("explicit"))


def entry(group: str, *grants: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {"principal": {"user_group": group}, "grants": list(grants), **more}


def local_group(site: Simulator) -> str:
    """A user group of the CommCell that no Entra group feeds and that is not built in."""
    return next(
        group.name
        for group in state(site).groups
        if not group.system and not group.azure_guid and not group.provider and not group.company_id
    )


def plan_names(site: Simulator) -> list[str]:
    return sorted(plan.name for plan in state(site).entities[PLAN] if not plan.company_id)


def test_a_converged_site_needs_no_write(site: Simulator) -> None:
    result = run(site, mapping_of(site))
    assert result["changed"] is False, result.get("msg")
    assert_no_writes(site)
    assert result["role_mappings"]["added"] == result["role_mappings"]["removed"] == []
    assert len(result["role_mappings"]["grants"]) > 30
    assert result["stats"]["writes"] == 0


def test_drift_is_repaired_and_foreign_grants_stay(site: Simulator) -> None:
    before = explicit(site)
    mapped = run(site, mapping_of(site))["role_mappings"]["grants"]
    grants = state(site).grants
    lost = next(
        grant
        for grant in grants
        if grant.kind == "explicit" and grant.role_id not in (None, 1) and grant_is_mapped(site, grant, mapped)
    )
    grants.remove(lost)
    predicted = run(site, mapping_of(site), check=True)
    assert_no_writes(site)
    real = run(site, mapping_of(site))
    assert real["changed"] is predicted["changed"] is True
    assert real["diff"] == predicted["diff"]
    assert len(real["role_mappings"]["added"]) == 1
    assert explicit(site) == before
    assert run(site, mapping_of(site))["changed"] is False


def grant_is_mapped(site: Simulator, grant: t.Any, mapped: list[dict[str, t.Any]]) -> bool:
    group = state(site).groups.get(grant.principal_id)
    role = state(site).roles.get(grant.role_id)
    rows = {(row["principal"], row["role"]) for row in mapped}
    return bool(group and role and (group.name, role.name) in rows and grant.entity_type == 158)


def test_exclusive_takes_surplus_of_mapped_principals_only(site: Simulator) -> None:
    group, plan = local_group(site), plan_names(site)[0]
    run(site, [entry(group, {"role": "View", "entities": {"plans": plan_names(site)[:3]}})])
    others = explicit(site)
    result = run(site, [entry(group, {"role": "View", "entities": {"plans": [plan]}})], exclusive=True)
    assert len(result["role_mappings"]["removed"]) >= 2
    gone = others - explicit(site)
    number = next(item.id for item in state(site).groups if item.name == group)
    assert gone and all(row[1] == number for row in gone)


def test_a_role_is_exchanged_by_adding_first(site: Simulator) -> None:
    group, plan = local_group(site), plan_names(site)[0]
    run(site, [entry(group, {"role": "View", "entities": {"plans": [plan]}})], exclusive=True)
    result = run(site, [entry(group, {"role": "Client Admins", "entities": {"plans": [plan]}})], exclusive=True)
    assert [row["role"] for row in result["role_mappings"]["added"]] == ["Client Admins"]
    assert [row["role"] for row in result["role_mappings"]["removed"]] == ["View"]
    assert len(writes(site)) == 2


def test_state_absent_and_expired_grants_go(site: Simulator) -> None:
    group, plans = local_group(site), plan_names(site)
    run(site, [entry(group, {"role": "View", "entities": {"plans": plans[:2]}})])
    expired = {"role": "View", "entities": {"plans": [plans[0]]}, "valid_until": "2020-01-31"}
    result = run(
        site, [entry(group, expired), entry(group, {"role": "View", "entities": {"plans": [plans[1]]}}, state="absent")]
    )
    assert sorted(row["entity"] for row in result["role_mappings"]["removed"]) == sorted(plans[:2])
    assert run(site, [entry(group, expired)])["changed"] is False


def make_entra_group(site: Simulator, name: str) -> str:
    """Make a group in Entra ID, beside one that may have the name, and return its object id."""
    made = run_body(entra_group, site, {"display_name": f"{name} new", "unique_name": f"{name} new".lower()})
    object_id = str(made["group"]["object_id"])
    site.tenant.groups[object_id]["displayName"] = name
    return object_id


def test_a_new_group_is_created_linked_and_granted(empty_site: Simulator) -> None:
    object_id = make_entra_group(empty_site, "GG-New")
    mappings = [
        {
            "principal": {"entra_group": {"name": "GG-New", "object_id": object_id}},
            "grants": [{"role": "View", "entities": {"plans": plan_names(empty_site)[:1]}}],
        }
    ]
    predicted = run(empty_site, mappings, check=True)
    assert_no_writes(empty_site)
    real = run(empty_site, mappings)
    assert (
        real["role_mappings"]["user_groups_created"] == ["GG-New"] == predicted["role_mappings"]["user_groups_created"]
    )
    assert real["diff"] == predicted["diff"]
    group = next(item for item in state(empty_site).groups if item.name == "GG-New")
    assert group.azure_guid == object_id
    assert run(empty_site, mappings)["changed"] is False


WRONG_ID = "8d0f1111-2222-4333-8444-555555555555"


def entra_entry(site: Simulator, name: str | None, object_id: str) -> dict[str, t.Any]:
    named = {"object_id": object_id, **({"name": name} if name else {})}
    return {
        "principal": {"entra_group": named},
        "grants": [{"role": "View", "entities": {"plans": plan_names(site)[:1]}}],
    }


def test_an_object_id_that_is_not_that_of_the_group_stops_before_the_first_write(site: Simulator) -> None:
    other = next(group for group in site.tenant.groups.values() if group.get("uniqueName"))
    mappings = [entra_entry(site, "GG-New", WRONG_ID), entra_entry(site, "GG-New", other["id"])]
    predicted, real = run(site, mappings, check=True), run(site, mappings)
    assert_no_writes(site)
    assert predicted["error"] == real["error"]
    assert [(problem["where"], problem["kind"]) for problem in real["error"]["problems"]] == [
        ("mappings[0].principal.entra_group", "not_found"),
        ("mappings[1].principal.entra_group", "config"),
    ]
    assert repr(other["displayName"]) in real["msg"]


def test_object_ids_are_verified_in_one_request(site: Simulator) -> None:
    groups = [group for group in site.tenant.groups.values() if group.get("uniqueName")][:10]
    result = run(site, [entra_entry(site, group["displayName"], group["id"].upper()) for group in groups])
    assert not result.get("failed"), result["msg"]
    assert result["role_mappings"]["unverified"] == []
    assert len(site.journal.entries("graph")) == 1


def test_without_graph_object_ids_are_said_not_to_be_verified(site: Simulator) -> None:
    group = next(group for group in site.tenant.groups.values() if group.get("uniqueName"))
    no_sign_in = {"client_secret": None, "client_id": None}
    result = run(site, [entra_entry(site, group["displayName"], group["id"])], **no_sign_in)
    assert not result.get("failed"), result["msg"]
    assert result["role_mappings"]["unverified"] == [{"name": group["displayName"], "object_id": group["id"]}]
    assert any("were not verified" in warning for warning in result["warnings"])


def test_a_recreated_entra_group_stops_before_the_first_write(site: Simulator) -> None:
    linked = next(group for group in state(site).groups if group.azure_guid)
    other = make_entra_group(site, linked.name)
    mappings: Mapping = [
        {
            "principal": {"entra_group": {"name": linked.name, "object_id": other}},
            "grants": [{"role": "View", "entities": {"plans": plan_names(site)[:1]}}],
        }
    ]
    result = run(site, mappings)
    assert result["failed"]
    assert [problem["kind"] for problem in result["error"]["problems"]] == ["recreated"]
    assert_no_writes(site)
    mappings[0]["relink"] = True
    assert run(site, mappings)["changed"] is True
    assert linked.azure_guid == other


def test_a_renamed_commvault_group_is_found_by_its_anchor(site: Simulator) -> None:
    linked = next(group for group in state(site).groups if group.azure_guid)
    site.tenant.groups[linked.azure_guid]["displayName"] = "GG-Renamed"
    mappings: Mapping = [
        {
            "principal": {"entra_group": {"name": "GG-Renamed", "object_id": linked.azure_guid}},
            "grants": [{"role": "View", "entities": {"plans": plan_names(site)[:1]}}],
        }
    ]
    result = run(site, mappings)
    assert result["role_mappings"]["user_groups_created"] == []
    assert {row["principal"] for row in result["role_mappings"]["grants"]} == {linked.name}


def test_all_problems_are_told_together_before_any_write(site: Simulator) -> None:
    group, plan = local_group(site), plan_names(site)[0]
    mappings: Mapping = [
        entry(group, {"role": "No such role", "entities": {"plans": [plan, "no such plan"]}}),
        entry("no such group", {"role": "View", "entities": "nowhere"}),
        {"principal": {}, "grants": []},
        entry(group, {"role": "View", "entities": {"plans": {"matching": "*"}}}),
        entry(group, {"role": "View", "entities": {"plans": {"matching": "*", "at_most": 1}}}),
        entry(group, {"role": "View", "entities": {"spaceships": ["x"]}, "valid_until": "some day"}),
        {"principal": {"entra_group": {"name": "x", "object_id": "not-a-guid"}}, "grants": []},
    ]
    result = run(site, mappings)
    assert result["failed"] and result["error"]["kind"] == "config"
    assert_no_writes(site)
    told = {problem["where"]: problem["message"] for problem in result["error"]["problems"]}
    for where in (
        "mappings[0].grants[0].role",
        "mappings[1].principal.user_group",
        "mappings[1].grants[0].entities",
        "mappings[2].principal",
        "mappings[3].grants[0].entities.plans",
        "mappings[4].grants[0].entities.plans",
        "mappings[5].grants[0].entities.spaceships",
        "mappings[5].grants[0].valid_until",
        "mappings[6].principal.entra_group.object_id",
    ):
        assert where in told, result["msg"]
    assert any("no such plan" in message for message in told.values())


def test_contradictions_are_refused_and_repetitions_are_told(site: Simulator) -> None:
    group, plan = local_group(site), plan_names(site)[0]
    line = {"role": "View", "entities": {"plans": [plan]}}
    contradicting = run(site, [entry(group, line), entry(group, line, state="absent")])
    assert "contradicts" in contradicting["msg"]
    assert_no_writes(site)
    repeated = run(site, [entry(group, line), entry(group, line)])
    assert repeated["changed"] is True
    assert any("repeats" in warning for warning in repeated["warnings"])


def test_wide_grants_need_an_object_id(site: Simulator) -> None:
    result = run(site, mapping_of(site), require_object_id="privileged")
    assert result["failed"] and "object_id" in result["msg"]
    assert_no_writes(site)


def test_too_many_removals_are_refused(site: Simulator) -> None:
    group, plans = local_group(site), plan_names(site)
    run(site, [entry(group, {"role": "View", "entities": {"plans": plans[:4]}})])
    result = run(site, [entry(group)], exclusive=True, max_removals=3)
    assert result["failed"] and result["error"]["kind"] == "guard" and "max_removals" in result["msg"]
    assert_no_writes(site)


def test_the_last_administrator_and_own_rights_are_guarded(site: Simulator) -> None:
    master = [
        {
            "principal": {"user_group": "master"},
            "grants": [{"role": "Master", "entities": "commcell"}],
            "state": "absent",
        }
    ]
    result = run(site, master)
    assert result["failed"] and result["error"]["risk"] == "own_rights"
    result = run(site, master, accept_risk=["own_rights"], accept_reason="tested")
    assert result["failed"] and result["error"]["risk"] == "last_admin"
    assert_no_writes(site)


def test_max_writes_is_kept_and_the_next_run_goes_on(site: Simulator) -> None:
    group, plans = local_group(site), plan_names(site)
    mappings = [
        entry(
            group,
            *[
                {"role": role, "entities": {"plans": plans[index : index + 2]}}
                for index, role in enumerate(("View", "Client Admins", "Compliance"))
            ],
        )
    ]
    counts = []
    for dummy in range(6):
        result = run(site, mappings, max_writes=1)
        counts.append((len(writes(site)), result["role_mappings"]["remaining"]))
        if not result["changed"]:
            break
    assert counts[-1] == (0, 0)
    assert all(number == 1 for number, dummy in counts[:-1])
    assert [remaining for dummy, remaining in counts[:-1]] == sorted(
        (remaining for dummy, remaining in counts[:-1]), reverse=True
    )


def test_a_write_that_changes_nothing_is_not_confirmed(site: Simulator) -> None:
    group, plan = local_group(site), plan_names(site)[0]
    cell = next(iter(site.commcells.values()))
    cell.behaviours.lost_security_writes = ["*"]
    result = run(site, [entry(group, {"role": "View", "entities": {"plans": [plan]}})])
    assert len(result["role_mappings"]["not_confirmed"]) == 1


def test_a_removal_that_changes_nothing_fails_and_is_repeated_by_the_next_run(site: Simulator) -> None:
    group, plan = local_group(site), plan_names(site)[0]
    cell = next(iter(site.commcells.values()))
    grant = {"role": "View", "entities": {"plans": [plan]}}
    run(site, [entry(group, grant)])
    cell.behaviours.lost_security_writes = ["*"]
    gone = [entry(group, grant, state="absent")]
    result = run(site, gone)
    assert result["failed"] and result["error"]["kind"] == "timeout", result
    assert "That access remains" in result["msg"] and len(result["error"]["unproven"]) == 1
    assert result["changed"] is True, "the request was accepted"
    cell.behaviours.lost_security_writes = []
    again = run(site, gone)
    assert len(again["role_mappings"]["removed"]) == 1 and again["role_mappings"]["not_confirmed"] == []


@pytest.mark.parametrize("action", ["drop_before", "drop_after"])
def test_a_lost_answer_to_a_grant_does_no_harm(site: Simulator, action: str) -> None:
    group, plan = local_group(site), plan_names(site)[0]
    site.faults.add(Fault(service="*", method="POST", path="*/Security", action=action, times=1))
    result = run(site, [entry(group, {"role": "View", "entities": {"plans": [plan]}})])
    assert result["changed"] is True and result["role_mappings"]["not_confirmed"] == []
    assert result["stats"]["retries"] == 1


def test_names_that_need_care(site: Simulator) -> None:
    odd = [plan for plan in plan_names(site) if not plan.isascii() or any(sign in plan for sign in "'\"/\\,#%&")]
    group = local_group(site)
    if not odd:
        pytest.fail("set S has no odd plan names to test with")
    result = run(site, [entry(group, {"role": "View", "entities": {"plans": odd}})])
    assert {row["entity"] for row in result["role_mappings"]["added"]} == set(odd)


def test_both_ways_and_check_mode_agree(play: Player, site: Simulator, in_process: bool) -> None:
    group, plan = local_group(site), plan_names(site)[0]
    tasks = [
        {
            "name": "map",
            "cvops.identity.commvault_role_mappings": {
                "mappings": [entry(group, {"role": "View", "entities": {"plans": [plan]}})],
            },
        }
    ]
    site.journal.clear()
    predicted = play(tasks, check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    real = play(tasks, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    site.journal.clear()
    again = play(tasks, in_process=in_process).ok()
    assert again.one("map")["changed"] is False
    assert_no_writes(site)


@pytest.mark.whole
def test_set_l_keeps_its_budget(make_site: Callable[..., Simulator]) -> None:
    site = make_site(set="L")
    cell = next(iter(site.commcells))
    mappings = mapping_of(site)
    second = run(site, mappings, commcell=cell, require_object_id="privileged")
    assert second["changed"] is False, second.get("msg")
    assert len(site.journal.reads(cell)) <= 160
    # All object ids go to Graph in one request; the journal shows the parts of a batch, too.
    assert [one.path for one in site.journal.entries("graph") if one.user_agent != "$batch"] == ["/v1.0/$batch"]
    assert_no_writes(site)
    for exclusive, managed, budget in (("principals", [], 160), ("none", ["*"], 190), ("managed", ["GG-*"], 190)):
        options = {"exclusive": exclusive, "managed_groups": managed, "accept_risk": ["first_managed_run"]}
        found = run(site, mappings, True, commcell=cell, accept_reason="counted", **options)
        # Master and its like match "*", too: who holds something is told, whatever it is.
        assert found["role_mappings"]["surplus"] != "unknown"
        check_reads = (
            3 if found["changed"] else 0
        )  # who is signed in and what it may do, asked before something is taken away
        assert len(site.journal.reads(cell)) <= budget + check_reads, exclusive
    grants = state(site).grants
    mapped = {group.id for group in state(site).groups if group.azure_guid}
    for grant in [
        grant
        for grant in grants
        if grant.kind == "explicit" and grant.principal_id in mapped and grant.principal_kind == 15
    ]:
        grants.remove(grant)
    first = run(site, mappings, commcell=cell, require_object_id="privileged")
    added = first["role_mappings"]["added"]
    assert len(added) > 1000
    entities = {(row["entity_type"], row["entity"]) for row in added}
    groups = {row["principal"] for row in added}
    assert len(writes(site)) <= min(len(entities), len(groups))
    assert first["role_mappings"]["not_confirmed"] == []
    assert run(site, mappings, commcell=cell)["changed"] is False


def test_an_export_is_planned_to_nothing_and_makes_the_same_grants_anew(site: Simulator) -> None:
    exported = run_body(export, site, {"users": ["*"]})["role_mappings"]
    assert run(site, exported["mappings"], exclusive=True)["changed"] is False
    assert {row["why"] for row in exported["other"]} >= {"inherited"}
    before = explicit(site)
    grants = state(site).grants
    kept = {1}
    for grant in [grant for grant in grants if grant.kind == "explicit" and grant.principal_id not in kept]:
        grants.remove(grant)
    made = run(site, [entry for entry in exported["mappings"] if entry["principal"] != {"user_group": "master"}])
    assert made["changed"] and made["role_mappings"]["not_confirmed"] == []
    assert explicit(site) == before


def test_an_export_can_be_narrowed_and_queried(site: Simulator) -> None:
    result = run_body(export, site, {"principals": ["GG-*"], "query": "mappings[].principal.entra_group.name"})
    assert result["role_mappings"] and all(name.startswith("GG-") for name in result["role_mappings"])


def test_a_canary_writes_one_grant(site: Simulator) -> None:
    group, plans = local_group(site), plan_names(site)
    mappings = [entry(group, {"role": "View", "entities": {"plans": plans[:3]}})]
    first = run(site, mappings, canary=True)
    assert len(first["role_mappings"]["added"]) == 1 and len(writes(site)) == 1
    second = run(site, mappings)
    assert len(second["role_mappings"]["added"]) == 2


@pytest.mark.parametrize("details_lag", [False, True])
def test_user_groups_are_waited_for_so_that_the_next_run_makes_no_second_ones(
    site: Simulator, details_lag: bool
) -> None:
    """The lag is longer than it takes to look for the grants."""
    name = "GG-Late"
    principal = {"entra_group": {"name": name, "object_id": make_entra_group(site, name)}}
    mappings = [{"principal": principal, "grants": [{"role": "View", "entities": {"plans": plan_names(site)[:1]}}]}]
    next(iter(site.commcells.values())).behaviours.change({"replication_lag": 4.0, "details_lag": details_lag})
    made = run(site, mappings)
    assert made["role_mappings"]["user_groups_created"] == [name] and made["role_mappings"]["not_confirmed"] == []
    again = run(site, mappings, check=True)
    assert again["changed"] is False and again["role_mappings"]["user_groups_created"] == []
    assert len(state(site).groups.named(name)) == 1


def test_groups_without_an_entry_are_reported(site: Simulator) -> None:
    whole = mapping_of(site)
    result = run(site, whole[:-1], managed_groups=["GG-*"], check=True)
    missing = whole[-1]["principal"]["entra_group"]["name"]
    assert missing in {row["user_group"] for row in result["role_mappings"]["unmanaged"]}


def test_a_line_and_an_entry_that_leave_the_document_are_told_until_the_access_is_gone(site: Simulator) -> None:
    group, plans = local_group(site), plan_names(site)
    run(site, [entry(group, {"role": "View", "entities": {"plans": plans[:2]}})])
    held = explicit(site)
    shorter = [entry(group, {"role": "View", "entities": {"plans": plans[:1]}})]
    told = run(site, shorter, check=True)["role_mappings"]["surplus"]
    assert (group, "View", plans[1], False) in {
        (row["principal"], row["role"], row["entity"], row["removed"]) for row in told
    }
    failed = run(site, shorter, fail_on_drift=True)
    assert failed["error"]["kind"] == "drift" and f"{group}: View on plans {plans[1]}" in failed["msg"]
    assert explicit(site) == held
    without = run(site, [], managed_groups=[group])
    assert [row["user_group"] for row in without["role_mappings"]["unmanaged"]] == [group]
    managed = {"exclusive": "managed", "managed_groups": [group], "max_removals": 100}
    refused = run(site, [], **managed)
    assert refused["error"]["risk"] == "first_managed_run" and group in refused["msg"]
    assert_no_writes(site)
    taken = run(site, [], **managed, accept_risk=["first_managed_run"], accept_reason="tried")
    assert {row["principal"] for row in taken["role_mappings"]["removed"]} == {group}
    number = next(item.id for item in state(site).groups if item.name == group)
    assert {row for row in held if row[:2] != (15, number)} == explicit(site), "nobody else lost anything"
    assert run(site, [], **managed, fail_on_drift=True).get("failed") is not True


def test_an_old_release_does_not_know_the_surplus(make_site: Callable[..., Simulator]) -> None:
    site = make_site(set="S", release=36)
    result = run(site, mapping_of(site), managed_groups=["GG-*"])
    assert not result.get("failed"), result["msg"]
    assert (result["role_mappings"]["surplus"], result["role_mappings"]["unmanaged"]) == ("unknown", "unknown")
    assert any("unknown" in warning for warning in result["warnings"])
    refused = run(site, mapping_of(site), exclusive="principals")
    assert refused["failed"] and "Use exclusive: none" in refused["msg"]
    assert_no_writes(site)


def test_break_glass_accounts_keep_their_grants(site: Simulator) -> None:
    name = next(user.name for user in state(site).users if not user.provider and user.id > 10)
    mappings = [
        {"principal": {"user": name}, "grants": [{"role": "View", "entities": {"plans": plan_names(site)[:1]}}]}
    ]
    assert run(site, mappings)["changed"]
    refused = run(site, [{**mappings[0], "state": "absent"}], break_glass={"commvault_users": [name.upper()]})
    assert refused["failed"] and refused["error"]["risk"] == "break_glass"


ROLE = {"name": "Night Operator", "permissions": ["View", "Browse"]}


def grant_of(role: str, site: Simulator) -> dict[str, t.Any]:
    return {"role": role, "entities": {"plans": [plan_names(site)[0]]}}


def test_roles_are_made_and_granted_in_one_plan_and_under_one_log_in(site: Simulator) -> None:
    gone = next(role for role in state(site).roles if not role.system and not role.company_id)
    roles = [ROLE, {"name": gone.name, "state": "absent"}]
    mapping = [entry(local_group(site), grant_of("night operator", site))]
    planned = run(site, mapping, check=True, roles=roles, pending_roles=[])
    assert_no_writes(site)
    done = run(site, mapping, roles=roles)
    assert done["steps"] == planned["steps"] and done["changed"], done.get("msg")
    assert [step["action"] for step in done["steps"]] == ["create", "create", "create", "add", "delete"]
    assert [request.path.rpartition("/api/")[2] for request in writes(site)] == [
        "V4/Role",
        "Security",
        f"V4/Role/{gone.id}",
    ]
    created = done["role_mappings"]["roles"][0]
    assert (created["name"], created["changed"], created["permissions"]) == ("Night Operator", True, ["Browse", "View"])
    assert done["role_mappings"]["roles"][1] == {"changed": True}
    assert int(created["id"]) in {triple[2] for triple in explicit(site)}
    again = run(site, mapping, roles=roles)
    assert (again["changed"], again["steps"]) == (False, [])
    paths = [request.path.rpartition("/")[2] for request in site.journal.entries()]
    assert (paths.count("Login"), paths.count("Logout")) == (1, 1)


def test_a_role_stays_until_all_have_the_one_in_its_place(site: Simulator) -> None:
    holders = {row[1] for row in explicit(site)}
    idle = [group for group in state(site).groups if not (group.system or group.provider or group.id in holders)]
    groups = [group.name for group in idle if not group.company_id][:2]
    places = [{"plans": [plan]} for plan in plan_names(site)[:2]]

    def map_all_to(role: str) -> Mapping:
        return [entry(group, {"role": role, "entities": where}) for group, where in zip(groups, places, strict=True)]

    run(site, map_all_to(ROLE["name"]), roles=[ROLE])
    told = []
    for dummy in range(3):
        gone = [{"name": ROLE["name"], "state": "absent"}]
        result = run(site, map_all_to("View"), roles=gone, exclusive=True, max_writes=2)
        (role,) = result["role_mappings"]["roles"]
        told.append(
            ([request.method for request in writes(site)], role["changed"], result["role_mappings"]["remaining"])
        )
    assert told == [(["POST", "POST"], False, 3), (["POST", "POST", "DELETE"], True, 0), ([], False, 0)]


def test_what_is_wrong_with_roles_and_with_the_mapping_is_told_together(site: Simulator) -> None:
    gone = next(role for role in state(site).roles if not role.system and not role.company_id)
    roles = [{**ROLE, "permissions": ["Vew"]}, {"name": gone.name, "state": "absent"}]
    grants = [grant_of("Night Operator", site), grant_of(gone.name, site), grant_of("Nobody's", site)]
    result = run(site, [entry(local_group(site), *grants)], roles=roles)
    assert_no_writes(site)
    places = [problem["where"] for problem in result["error"]["problems"]]
    assert places == ["mappings[0].grants[1].role", "mappings[0].grants[2].role", "roles[0].permissions[0]"]
    assert "3 problems in roles and mapping; nothing was written" in result["msg"]


def limit_caller(site: Simulator) -> dict[str, t.Any]:
    """Options that log in as a user of the built-in group with few permissions."""
    limited = next(
        user
        for user in state(site).users
        if not user.provider
        and not user.company_id
        and all(item.id != 1 for item in state(site).groups_of_user(user.id))
    )
    limited.password, limited.enabled = "Seen-Only-1", True
    state(site).groups.get(3).member_ids.add(limited.id)
    return {"commvault_username": limited.name, "commvault_password": limited.password}


def test_rights_that_the_caller_lacks_are_told_before_the_first_write(site: Simulator) -> None:
    line = {"role": "Master", "entities": "commcell"}
    result = run(site, [entry(local_group(site), line)], **limit_caller(site))
    assert result.get("failed")
    assert "Master" in result["msg"]
    assert_no_writes(site)


def test_what_a_new_role_will_contain_is_compared_with_the_callers_rights(site: Simulator) -> None:
    role = {**ROLE, "permissions": ["Delete Role"]}
    line = {"role": role["name"], "entities": "commcell"}
    result = run(site, [entry(local_group(site), line)], roles=[role], **limit_caller(site))
    assert "role Night Operator on commcell" in result["msg"] and "Delete Role" in result["msg"], result["msg"]
    assert_no_writes(site)


def test_a_used_up_quota_says_what_is_left_and_the_next_run_goes_on(site: Simulator) -> None:
    group, plans = local_group(site), plan_names(site)
    roles = ("View", "Client Admins", "Compliance")
    lines = [{"role": role, "entities": {"plans": plans[index : index + 2]}} for index, role in enumerate(roles)]
    site.quota("cs01", writes=1, reads=1000, per=3600.0)
    stopped = run(site, [entry(group, *lines)], retries=0)
    assert stopped["failed"] and stopped["error"]["kind"] == "throttled"
    assert stopped["changed"] is True and len(stopped["steps_done"]) == 1
    assert stopped["error"]["remaining"] == 2 and "about 2 more runs" in stopped["msg"]
    site.clock.advance(3601)
    site.quota("cs01", writes=100, reads=1000, per=3600.0)
    assert run(site, [entry(group, *lines)])["changed"] is True
    assert run(site, [entry(group, *lines)])["changed"] is False
