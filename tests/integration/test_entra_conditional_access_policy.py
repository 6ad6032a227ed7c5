# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_conditional_access_policy against the simulator: names, no perpetual change, what others have set, and locking nobody out."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
import yaml
from collection_tree import ROOT
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.conditional_access.policies import add_location, add_policy, extend_policy
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import entra_conditional_access_policy as module

pytestmark = pytest.mark.any_core

GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_conditional_access.rst"
NAME = "CA210 console from known places"
RANGE = {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}


def task(**options: t.Any) -> dict[str, t.Any]:
    """One task of the module."""
    return {"name": "policy", "cvops.identity.entra_conditional_access_policy": options}


def users_of(site: Simulator) -> list[dict[str, t.Any]]:
    """Users of the tenant."""
    return [dict(user) for user in site.tenant.users.values() if user.get("userType") != "Guest"]


def group_of(site: Simulator, name: str, members: t.Sequence[str] = ()) -> str:
    """A new group of this name; returns its id."""
    group = site.tenant.add("group", {"displayName": name, "securityEnabled": True}, replicated=True)
    if members:
        site.tenant.relate("members", group["id"], list(members), replicated=True)
    return str(group["id"])


def location_of(site: Simulator, name: str = "Egress") -> str:
    """A location of addresses; returns its id."""
    values = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": name, "ipRanges": [RANGE]}
    return str(add_location(site.tenant, values, replicated=True)["id"])


def policies(site: Simulator) -> list[dict[str, t.Any]]:
    """The policies that the tenant has."""
    return [dict(row) for row in site.tenant.policies.values()]


def wanted(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """Who comes from elsewhere is blocked, but for a group."""
    return {
        "display_name": NAME,
        "users": {"include": {"users": ["all"]}, "exclude": {"groups": ["GG-Break-Glass"]}},
        "applications": {"include": ["Commvault Management"]},
        "locations": {"include": ["all"], "exclude": ["Egress"]},
        "grant": {"controls": ["block"]},
        **more,
    }


@pytest.fixture
def clocked(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The site with what the policies name, for runs in this process, where waits take no time."""
    share_clock(monkeypatch, site)
    prepare(site)
    return site


def prepare(site: Simulator) -> None:
    """A break-glass group with one member, and a location."""
    group_of(site, "GG-Break-Glass", [users_of(site)[0]["id"]])
    location_of(site)


def application_name(site: Simulator) -> str:
    """The display name of the management application."""
    (found,) = (row for row in site.tenant.applications.values() if row.get("uniqueName") == "commvault-management")
    return str(found["displayName"])


def ask(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    return {**wanted(site), "applications": {"include": [application_name(site)]}, **more}


def test_rhythm(site: Simulator, play: Player) -> None:
    """Predict, create in report-only, leave alone, put in force, change, delete."""
    prepare(site)
    options = ask(site)
    site.journal.clear()
    predicted = play([task(**options)], check=True, diff=True).ok()
    assert_no_writes(site)
    real = play([task(**options)], diff=True).ok()
    assert_diff_agrees(predicted, real)
    (row,) = policies(site)
    assert row["state"] == "enabledForReportingButNotEnforced"
    assert real.result["policy"]["users"]["exclude"]["groups"][0]["name"] == "GG-Break-Glass"
    site.journal.clear()
    again = play([task(**options, exclusive=True)], diff=True).ok()
    assert not again.result["changed"]
    assert_no_writes(site)

    forced = {
        "display_name": NAME,
        "policy_state": "enabled",
        "break_glass": {"groups": ["GG-Break-Glass"]},
    }
    real = play([task(**forced)]).ok()
    assert policies(site)[0]["state"] == "enabled"
    tried = {row["reason"]: row for row in real.result["policy"]["evaluation"]}
    assert tried["break_glass"]["applies"] == "no" and tried["caller"]["applies"] == "no"
    assert tried["caller"]["what_if"] == "does_not_apply"
    assert not play([task(**forced)]).ok().result["changed"]
    assert play([task(display_name=NAME, state="absent")]).ok().result["policy"] == {}
    assert not policies(site)
    assert not play([task(display_name=NAME, state="absent")]).ok().result["changed"]


@pytest.mark.parametrize(
    "part",
    [
        {"users": {"include": {"groups": ["No-Such-Group"]}}},
        {"users": {"exclude": {"users": ["nobody@corp.example"]}}},
        {"users": {"exclude": {"roles": ["Grand Administrator"]}}},
        {"applications": {"include": ["No such application"]}},
        {"locations": {"exclude": ["No such place"]}},
        {"grant": {"authentication_strength": "No such strength"}},
        {"users": {"exclude": {"groups": ["3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"]}}},
        {"applications": {"exclude": ["3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"]}},
    ],
    ids=str,
)
def test_an_unknown_name_fails_before_anything_is_written(clocked: Simulator, part: dict[str, t.Any]) -> None:
    """It never becomes an empty list."""
    clocked.journal.clear()
    options = ask(clocked)
    for name, value in part.items():
        options[name] = {**options[name], **value}
    result = run_body(module, clocked, options)
    (problem,) = result["error"]["problems"]
    (name,) = part
    assert problem["where"].startswith(name), problem
    assert_no_writes(clocked)


def test_two_of_a_name_are_not_guessed(clocked: Simulator) -> None:
    group_of(clocked, "GG-Break-Glass")
    location_of(clocked)
    result = run_body(module, clocked, ask(clocked))
    assert sorted(problem["where"] for problem in result["error"]["problems"]) == [
        "locations.exclude",
        "users.exclude.groups",
    ]


SHAPES: list[dict[str, t.Any]] = [
    {"grant": {"operator": "or", "controls": []}, "session": {"persistent_browser": "never"}},
    {"session": {"cloud_app_security": "configured"}},
    {"session": {"persistent_browser": "always", "sign_in_frequency": {"interval": "every_time"}}},
    {"session": {"sign_in_frequency": {"interval": "time_based", "value": 8, "unit": "hours"}}},
    {"session": {"application_enforced_restrictions": True}},
    {"session": {"disable_resilience_defaults": True}},
    {"session": {"disable_resilience_defaults": False}},
    {"session": {"application_enforced_restrictions": False, "persistent_browser": "none"}},
    {"locations": {"include": ["all"], "exclude": ["mfa_trusted_ips"]}},
    {"applications": {"include": ["all"], "exclude": []}},
    {"platforms": {"include": ["all"], "exclude": ["ios", "macos"]}},
    {"client_app_types": ["browser", "mobile_and_desktop"]},
    {"client_app_types": []},
    {"device_filter": {"mode": "exclude", "rule": 'device.model   -eq "X"'}},
    {"grant": {"operator": "and", "controls": ["mfa", "compliant_device"]}},
    {"grant": {"authentication_strength": "Phishing-resistant MFA"}},
    {
        "grant": {
            "operator": "or",
            "authentication_strength": "Multifactor authentication",
            "controls": ["compliant_device"],
        }
    },
    {"users": {"include": {"users": ["guests_or_external_users"]}}},
    {"users": {"include": {"guests": {"types": ["b2b_collaboration_guest", "internal_guest"]}}}},
    {
        "users": {
            "include": {
                "guests": {
                    "types": ["b2b_collaboration_guest"],
                    "tenants": ["3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"],
                }
            }
        }
    },
    {"users": {"include": {"users": ["all"]}, "exclude": {"roles": ["Global Administrator"]}}},
    {"user_risk": ["high"], "sign_in_risk": ["medium", "high"]},
    {"insider_risk": ["elevated", "minor"]},
    {"authentication_flows": ["device_code_flow"]},
    {"applications": {"user_actions": ["register_security_info"]}},
    {"users": {"include": {"users": ["all"]}, "exclude": {"groups": []}}},
]
SERVICES: list[dict[str, t.Any]] = [
    {},
    {"list_order": "reversed"},
    {"shows_session_controls_off": True, "fills_sign_in_frequency": True},
    {"patch_replaces_objects": True},
    {"patch_replaces_objects": True, "patch_refuses_nulls": True},
]


def base(**part: t.Any) -> dict[str, t.Any]:
    """A policy that demands MFA of everybody, with *part* laid over it."""
    found: dict[str, t.Any] = {
        "display_name": "CA1",
        "users": {"include": {"users": ["all"]}},
        "applications": {"include": ["all"]},
        "grant": {"controls": ["mfa"]},
    }
    if "user_actions" in part.get("applications", {}):
        found.pop("applications")
    return {**found, **part}


@pytest.mark.parametrize("behaviours", SERVICES, ids=str)
@pytest.mark.parametrize("part", SHAPES, ids=str)
def test_no_perpetual_change(clocked: Simulator, part: dict[str, t.Any], behaviours: dict[str, t.Any]) -> None:
    """Whatever form the service keeps it in: created, and there is nothing to do; taken back to the plain policy, and nothing to do again."""
    clocked.tenant.behaviours.change(behaviours)
    options = base(**part)
    made = run_body(module, clocked, {**options, "exclusive": True})
    assert made["changed"] and made["policy"]["not_confirmed"] == [], made
    again = run_body(module, clocked, {**options, "exclusive": True})
    assert not again.get("failed") and not again["changed"], again.get("diff")
    assert again["policy"] == made["policy"]


@pytest.mark.parametrize("behaviours", SERVICES, ids=str)
def test_from_each_shape_to_the_next(clocked: Simulator, behaviours: dict[str, t.Any]) -> None:
    """Everything that one shape has is taken away for the next."""
    clocked.tenant.behaviours.change(behaviours)
    plain: dict[str, t.Any] = {
        "users": {
            "include": {"users": [], "groups": [], "roles": [], "guests": {"types": []}},
            "exclude": {"users": [], "groups": [], "roles": [], "guests": {"types": []}},
        },
        "applications": {"include": [], "exclude": [], "user_actions": []},
        "locations": {"include": [], "exclude": []},
        "platforms": {"include": [], "exclude": []},
        "client_app_types": [],
        "device_filter": {"rule": ""},
        "authentication_flows": [],
        "user_risk": [],
        "sign_in_risk": [],
        "insider_risk": [],
        "grant": {"controls": [], "authentication_strength": ""},
        "session": {
            "application_enforced_restrictions": False,
            "cloud_app_security": "none",
            "persistent_browser": "none",
            "sign_in_frequency": {"interval": "none"},
            "disable_resilience_defaults": False,
        },
    }
    for part in SHAPES:
        options = lay_over(plain, base(**part))
        made = run_body(module, clocked, {**options, "exclusive": True, "max_removals": 100})
        assert not made.get("failed"), (part, made["msg"])
        assert made["policy"]["not_confirmed"] == [], (part, made)
        again = run_body(module, clocked, {**options, "exclusive": True})
        assert not again.get("failed") and not again["changed"], (part, again.get("diff"))


def lay_over(below: t.Any, above: t.Any) -> t.Any:
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {
        name: lay_over(below.get(name), above[name]) if name in above else below[name] for name in {**below, **above}
    }


def test_what_others_have_set_stays(clocked: Simulator) -> None:
    """Properties of beta, and an exclusion that somebody made in the portal."""
    run_body(module, clocked, ask(clocked))
    (row,) = policies(clocked)
    other = group_of(clocked, "GG-Made-In-Portal")
    conditions = {**row["conditions"], "agentIdRiskLevels": "high"}
    conditions["users"] = {
        **row["conditions"]["users"],
        "excludeGroups": [*row["conditions"]["users"]["excludeGroups"], other],
    }
    assert extend_policy(clocked.tenant, row["id"], {"conditions": conditions})
    assert not run_body(module, clocked, ask(clocked))["changed"]
    changed = run_body(module, clocked, ask(clocked, client_app_types=["browser"]))
    assert changed["changed"]
    (row,) = policies(clocked)
    assert row["conditions"]["agentIdRiskLevels"] == "high" and other in row["conditions"]["users"]["excludeGroups"]
    exclusive = run_body(module, clocked, ask(clocked, exclusive=True))
    assert [step["sentence"] for step in exclusive["steps"]] == ["remove excluded group GG-Made-In-Portal"]


def test_a_policy_that_is_changed_between_plan_and_write_is_planned_anew(clocked: Simulator) -> None:
    """The exclusion that somebody adds meanwhile is not lost."""
    run_body(module, clocked, ask(clocked))
    (row,) = policies(clocked)
    other = group_of(clocked, "GG-Meanwhile")

    def add_exclusion() -> None:
        now = dict(clocked.tenant.policies[row["id"]])
        users = {**now["conditions"]["users"], "excludeGroups": [*now["conditions"]["users"]["excludeGroups"], other]}
        extend_policy(clocked.tenant, row["id"], {"conditions": {**now["conditions"], "users": users}})

    changed = run_with_interference(
        clocked, ask(clocked, users={"exclude": {"roles": ["Global Administrator"]}}), add_exclusion
    )
    assert changed["changed"], changed
    (row,) = policies(clocked)
    assert other in row["conditions"]["users"]["excludeGroups"] and row["conditions"]["users"]["excludeRoles"]


def run_with_interference(site: Simulator, options: dict[str, t.Any], act: t.Callable[[], None]) -> dict[str, t.Any]:
    """Run the module; *act* once, after the list of policies was read."""
    from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.resource import (
        ConditionalAccessPolicyResource,
    )

    plan, calls = ConditionalAccessPolicyResource.plan, []

    def plan_and_act(self: t.Any) -> t.Any:
        found = plan(self)
        if not calls:
            calls.append(1)
            act()
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ConditionalAccessPolicyResource, "plan", plan_and_act)
        return run_body(module, site, options)


def test_nobody_is_locked_out_unasked(clocked: Simulator) -> None:
    clocked.journal.clear()
    blunt = base(policy_state="enabled", grant={"controls": ["block"]})
    refused = run_body(module, clocked, blunt)
    assert refused["error"]["risk"] == "lock_out" and "break_glass names no account" in refused["msg"]
    assert_no_writes(clocked)
    named = {**blunt, "break_glass": {"groups": ["GG-Break-Glass"]}}
    refused = run_body(module, clocked, named)
    assert refused["error"]["risk"] == "lock_out" and "of GG-Break-Glass (break_glass)" in refused["msg"]
    left_out = {**named, "users": {"include": {"users": ["all"]}, "exclude": {"groups": ["GG-Break-Glass"]}}}
    made = run_body(module, clocked, left_out)
    assert made["changed"] and policies(clocked)[0]["state"] == "enabled"


def test_a_break_glass_account_may_be_left_out_through_a_group_in_a_group(clocked: Simulator) -> None:
    user = users_of(clocked)[1]
    inner = group_of(clocked, "GG-Inner", [user["id"]])
    group_of(clocked, "GG-Outer", [inner])
    options = base(
        policy_state="enabled",
        grant={"controls": ["block"]},
        users={"include": {"users": ["all"]}, "exclude": {"groups": ["GG-Outer"]}},
        break_glass={"users": [user["userPrincipalName"]]},
    )
    made = run_body(module, clocked, options)
    assert made["changed"], made
    assert made["policy"]["evaluation"][0]["applies"] == "no"
    other = {**options, "break_glass": {"users": [users_of(clocked)[2]["userPrincipalName"]]}}
    assert not run_body(module, clocked, other)["changed"], "a policy in force that stays as it is, is not judged again"


def test_the_identity_that_runs_this_is_not_shut_out(clocked: Simulator) -> None:
    """A policy for service principals by address."""
    automation = clocked.tenant.service_principals[clocked.automation.object_id]["displayName"]
    options = {
        "display_name": "CA300",
        "policy_state": "enabled",
        "client_applications": {"include": [automation]},
        "applications": {"include": ["all"]},
        "locations": {"include": ["all"], "exclude": ["Egress"]},
        "grant": {"controls": ["block"]},
    }
    refused = run_body(module, clocked, options)
    assert (
        refused["error"]["risk"] == "lock_out"
        and "(caller)" in refused["msg"]
        and "locations not known" in refused["msg"]
    )
    refused = run_body(module, clocked, {**options, "caller_address": "198.51.100.7"})
    assert "it applies to the identity that runs this" in refused["msg"]
    made = run_body(module, clocked, {**options, "caller_address": "203.0.113.7"})
    assert made["changed"], made


def test_one_administrator_at_least_gets_in(clocked: Simulator) -> None:
    one, two = (user["userPrincipalName"] for user in users_of(clocked)[1:3])
    options = base(
        policy_state="enabled",
        users={"include": {"users": ["all"]}, "exclude": {"groups": ["GG-Break-Glass"]}},
        grant={"operator": "and", "controls": ["mfa", "compliant_device"]},
        break_glass={"groups": ["GG-Break-Glass"]},
        one_must_get_in=[{"user": one, "can": ["mfa"]}, {"user": two, "can": ["mfa"]}],
    )
    refused = run_body(module, clocked, options)
    assert (
        refused["error"]["risk"] == "lock_out"
        and "it is not certain that any of those in one_must_get_in" in refused["msg"]
    )
    options["one_must_get_in"][1]["can"].append("compliant_device")
    made = run_body(module, clocked, options)
    assert made["changed"], made
    assert [row["gets_in"] for row in made["policy"]["evaluation"] if row["reason"] == "one_must_get_in"] == [
        False,
        True,
    ]


IN_FORCE = {
    "policy_state": "enabled",
    "users": {"include": {"users": ["all"]}, "exclude": {"groups": ["GG-Break-Glass"]}},
    "grant": {"controls": ["block"]},
    "break_glass": {"groups": ["GG-Break-Glass"]},
}


@pytest.mark.parametrize(
    "change",
    [
        {"users": {"exclude": {"groups": []}}},
        {"users": {"exclude": {"groups": [], "users": ["USER1"]}}, "exclusive": True},
        {"users": {"exclude": {"groups": []}}, "break_glass": {"users": ["USER0"]}},
        {"users": {"exclude": {"groups": []}}, "must_get_in": [{"user": "USER0"}]},
    ],
)
def test_an_exclusion_is_not_taken_from_a_policy_in_force(clocked: Simulator, change: dict[str, t.Any]) -> None:
    names = [user["userPrincipalName"] for user in users_of(clocked)]
    text = json.dumps(change).replace("USER0", names[0]).replace("USER1", names[1])
    assert run_body(module, clocked, base(**IN_FORCE))["changed"]
    clocked.journal.clear()
    options = {"display_name": "CA1", "break_glass": {"groups": ["GG-Break-Glass"]}, **json.loads(text)}
    refused = run_body(module, clocked, options)
    assert refused["error"]["risk"] == "lock_out" and "it applies to" in refused["msg"], refused
    assert_no_writes(clocked)


def test_places_are_not_taken_from_a_policy_in_force(clocked: Simulator) -> None:
    """Neither from people nor from the identity that runs this."""
    user = users_of(clocked)[1]["userPrincipalName"]
    by_place = {**IN_FORCE, "locations": {"include": ["Egress"]}}
    assert run_body(module, clocked, base(**by_place))["changed"]
    elsewhere = [{"user": user, "address": "198.51.100.7"}]
    glass = {"break_glass": {"groups": ["GG-Break-Glass"]}, "must_get_in": elsewhere}
    refused = run_body(module, clocked, {"display_name": "CA1", "locations": {"include": []}, **glass})
    assert refused["error"].get("risk") == "lock_out" and "(must_get_in)" in refused["msg"], refused
    automation = clocked.tenant.service_principals[clocked.automation.object_id]["displayName"]
    clocked.tenant.behaviours.client_address = "203.0.113.7"  # the policy holds for this identity, too
    own = {
        "display_name": "CA300",
        "policy_state": "enabled",
        "client_applications": {"include": [automation]},
        "applications": {"include": ["all"]},
        "locations": {"include": ["all"], "exclude": ["Egress"]},
        "grant": {"controls": ["block"]},
        "caller_address": "203.0.113.7",
    }
    assert run_body(module, clocked, own)["changed"]
    refused = run_body(module, clocked, {"display_name": "CA300", "locations": {"exclude": []}})
    assert refused["error"].get("risk") == "lock_out" and "(caller)" in refused["msg"], refused


def test_what_is_demanded_does_not_grow_unasked(clocked: Simulator) -> None:
    """A policy that lacks an exclusion, and asks for more than before."""
    accepted = {"accept_risk": ["lock_out"], "accept_reason": "it is the test"}
    mfa = {**IN_FORCE, "users": {"include": {"users": ["all"]}}, "grant": {"controls": ["mfa"]}}
    assert run_body(module, clocked, base(**mfa, **accepted))["changed"]
    glass = {"display_name": "CA1", "break_glass": {"groups": ["GG-Break-Glass"]}, "exclusive": True}
    refused = run_body(module, clocked, {**glass, "grant": {"controls": ["block"]}})
    assert refused["error"]["risk"] == "lock_out"
    narrower = run_body(module, clocked, {**glass, "users": {"exclude": {"roles": ["Global Administrator"]}}})
    assert narrower["changed"] and "was true before" in narrower["warnings"][0], narrower


def test_holders_of_a_role_are_known(clocked: Simulator) -> None:
    """Directly, and through a group."""
    role, user = "62e90394-69f5-4237-9190-012177145e10", users_of(clocked)[2]
    group = group_of(clocked, "GG-Admins", [user["id"]])
    clocked.tenant.relate("roleMembers", role, [group], True)
    options = base(
        policy_state="enabled",
        users={"include": {"roles": ["Global Administrator"]}},
        grant={"controls": ["block"]},
        break_glass={"users": [user["userPrincipalName"]]},
    )
    refused = run_body(module, clocked, options)
    assert refused["error"]["risk"] == "lock_out" and "it applies to" in refused["msg"], refused


@pytest.mark.parametrize(("method", "number"), [("drop_after", 1), ("drop_before", 2), ("drop_after", 2)])
def test_session_controls_are_not_lost_between_two_requests(clocked: Simulator, method: str, number: int) -> None:
    """Whatever becomes of one of them: they are there, or the message says which have to be given again."""
    kept = {"sign_in_frequency": {"interval": "time_based", "value": 8, "unit": "hours"}}
    run_body(module, clocked, base(session={"persistent_browser": "never", **kept}))
    fault = Fault("graph", method="PATCH", path="*/policies/*", action=method, after=number - 1, times=5)
    clocked.faults.add(fault)
    failed = run_body(module, clocked, {"display_name": "CA1", "session": {"persistent_browser": "none"}})
    session = policies(clocked)[0]["sessionControls"] or {}
    if (session.get("signInFrequency") or {}).get("value") != 8:
        assert failed["failed"] and "session.sign_in_frequency.value 8" in failed["msg"], failed


def test_where_the_service_judges_otherwise_that_is_told(clocked: Simulator) -> None:
    """That evaluation is known to miss exclusions through groups."""
    clocked.tenant.behaviours.what_if_ignores_group_exclusions = True
    user = users_of(clocked)[0]["userPrincipalName"]
    options = base(
        users={"include": {"users": ["all"]}, "exclude": {"groups": ["GG-Break-Glass"]}},
        grant={"controls": ["block"]},
    )
    run_body(module, clocked, options)
    forced = run_body(
        module, clocked, {"display_name": "CA1", "policy_state": "enabled", "break_glass": {"users": [user]}}
    )
    assert forced["changed"], forced
    assert any("own evaluation" in warning and " differs: " in warning for warning in forced["warnings"])
    (row,) = (row for row in forced["policy"]["evaluation"] if row["reason"] == "break_glass")
    assert (row["applies"], row["what_if"]) == ("no", "applies")


def test_a_service_that_cannot_be_asked_is_no_judge(clocked: Simulator) -> None:
    run_body(module, clocked, ask(clocked))
    clocked.faults.add(Fault("graph", action="status", status=403, path="*/evaluate", times=0))
    options = {"display_name": NAME, "policy_state": "enabled", "break_glass": {"groups": ["GG-Break-Glass"]}}
    forced = run_body(module, clocked, options)
    assert forced["changed"] and any("could not be asked" in warning for warning in forced["warnings"])
    assert {row["what_if"] for row in forced["policy"]["evaluation"]} == {None}


def test_security_defaults_are_told_before_anything_is_written(clocked: Simulator) -> None:
    row = clocked.tenant.store.tables["policies"]["identitySecurityDefaultsEnforcementPolicy"]
    clocked.tenant.store.put("policies", "identitySecurityDefaultsEnforcementPolicy", {**row, "isEnabled": True})
    clocked.journal.clear()
    options = ask(clocked, policy_state="enabled", break_glass={"groups": ["GG-Break-Glass"]})
    result = run_body(module, clocked, options)
    assert result["error"]["kind"] == "config" and "Security defaults are on" in result["msg"]
    assert_no_writes(clocked)
    assert run_body(module, clocked, ask(clocked))["changed"], "report-only is possible beside them"


def test_the_reason_of_the_service_is_told(clocked: Simulator) -> None:
    clocked.tenant.behaviours.policy_limit = 0
    result = run_body(module, clocked, ask(clocked))
    assert result["failed"] and "The server could not process the request" not in result["msg"], result["msg"]


def test_two_hundred_and_forty_policies(clocked: Simulator) -> None:
    """Read in pages, one found among them."""
    for number in range(239):
        add_policy(
            clocked.tenant, {"displayName": f"CA{number}", "state": "disabled", "conditions": {}}, replicated=True
        )
    made = run_body(module, clocked, ask(clocked))
    assert made["changed"], made
    assert not run_body(module, clocked, ask(clocked))["changed"]


def test_location_and_policy_in_one_run(site: Simulator, play: Player) -> None:
    """The location is created, waited for, then named; check mode tells both."""
    group_of(site, "GG-Break-Glass", [users_of(site)[0]["id"]])
    site.tenant.behaviours.location_lag = 12.0
    both = [
        {
            "name": "location",
            "cvops.identity.entra_named_location": {"display_name": "Egress", "ip_ranges": ["203.0.113.0/24"]},
        },
        task(**ask(site, pending_named_locations=["Egress"])),
    ]
    site.journal.clear()
    predicted = play(both, check=True, diff=True).ok()
    assert_no_writes(site)
    # A step has the id from before the location was there when that is what was approved.
    approved = [step["id"] for step in predicted.result["steps"]]
    both[1] = task(**ask(site, pending_named_locations=["Egress"], approved_steps=approved))
    real = play(both, diff=True).ok()
    assert_diff_agrees(predicted, real)
    ids = [[step["id"] for step in run.result["steps"]] for run in (predicted, real)]
    assert ids[0] == ids[1], "an approval of the plan holds"
    both[1] = task(**ask(site, pending_named_locations=["Egress"]))
    assert len(writes(site)) == 2 and not play(both).ok().result["changed"]


def test_the_guide_does_as_it_says(site: Simulator, play: Player) -> None:
    """Its tasks, one after the other: created in report-only, put in force, and nothing to do when they are played again."""
    group_of(site, "GG-Break-Glass", [users_of(site)[0]["id"]])
    text = GUIDE.read_text().replace("Commvault Management", application_name(site))
    found = [
        yaml.safe_load(block)
        for block in re.findall(r"^\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)", text, re.MULTILINE)
    ]
    blocks = [block for block in found if isinstance(block, list)]  # the document is played by the tests of its role
    reading = [
        tasks for tasks in blocks if any("cvops.identity.entra_conditional_access_info" in item for item in tasks)
    ]
    writing = [tasks for tasks in blocks if tasks not in reading]
    assert (len(writing), len(reading)) == (4, 1)
    for tasks in writing[:3]:
        assert all(result["changed"] for result in play(tasks).ok().results)
        assert not any(result["changed"] for result in play(tasks).ok().results)
    states = {row["displayName"][:5]: row["state"] for row in policies(site)}
    assert states == {"CA210": "enabled", "CA310": "enabledForReportingButNotEnforced"}
    held = play(writing[3]).ok().result
    assert not held["changed"] and "shows no sign-in" in held["policy"]["held_back"][0]["why"]
    lines = play(reading[0]).ok().results[-1]["msg"]
    assert "  Excluded: GG-Break-Glass: break glass" in lines, lines
