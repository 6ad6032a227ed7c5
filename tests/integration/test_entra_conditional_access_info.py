# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_conditional_access_info against the simulator: policies in words and as options, each finding, and reads that fail."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.conditional_access.conditions import APPLIES, find_reason
from cvops_simulator.entra.conditional_access.policies import add_policy, extend_policy
from cvops_simulator.entra.conditional_access.sign_ins import SignIn as RealSignIn
from helpers.checks import assert_no_writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock
from test_entra_conditional_access_policy import (
    SERVICES,
    SHAPES,
    application_name,
    ask,
    base,
    group_of,
    policies,
    prepare,
    users_of,
)

from ansible_collections.cvops.identity.plugins.modules import entra_conditional_access_info as module
from ansible_collections.cvops.identity.plugins.modules import entra_conditional_access_policy as writer
from ansible_collections.cvops.identity.plugins.plugin_utils.policy_lines import format_policies

pytestmark = pytest.mark.any_core

NAME = "cvops.identity.entra_conditional_access_info"
NOBODY = "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"
ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
GLASS = {"groups": ["GG-Break-Glass"]}
Rows: t.TypeAlias = "list[dict[str, t.Any]]"


@pytest.fixture
def clocked(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The site with a break-glass group and a location; waits take no time."""
    share_clock(monkeypatch, site)
    prepare(site)
    return site


def look(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    result = run_body(module, site, options)
    assert not result.get("failed"), result["msg"]
    return result


def write(site: Simulator, **options: t.Any) -> str:
    """Carry a policy out; returns its id."""
    made = run_body(writer, site, options)
    assert made.get("changed"), made
    return str(made["policy"]["object_id"])


def find(result: t.Mapping[str, t.Any], kind: str) -> Rows:
    return [row for row in result["findings"] if row["kind"] == kind]


def add(site: Simulator, name: str = "CA", state: str = "enabled", grant: str = "mfa", **conditions: t.Any) -> str:
    """A policy that Graph would not have to take; returns its id."""
    whole = {
        "users": {"includeUsers": ["All"]},
        "applications": {"includeApplications": ["All"]},
        "clientAppTypes": ["all"],
        **conditions,
    }
    values = {
        "displayName": name,
        "state": state,
        "conditions": whole,
        "grantControls": {"operator": "OR", "builtInControls": [grant]},
    }
    return str(add_policy(site.tenant, values, replicated=True)["id"])


@pytest.mark.parametrize("behaviours", SERVICES, ids=str)
@pytest.mark.parametrize("part", SHAPES, ids=str)
def test_what_it_returns_is_what_the_writing_module_takes(
    clocked: Simulator, part: dict[str, t.Any], behaviours: dict[str, t.Any]
) -> None:
    """Nothing is planned, and nothing of the policy is unknown; the data are those of that module."""
    clocked.tenant.behaviours.change(behaviours)
    made = run_body(writer, clocked, {**base(**part), "exclusive": True})["policy"]
    (found,) = look(clocked)["policies"]
    assert found["unknown_fields"] == []
    again = run_body(writer, clocked, {**found["options"], "exclusive": True})
    assert not again.get("failed") and not again["changed"], (again, found["options"])
    same = set(made) - {"evaluation", "held_back", "not_confirmed"}
    assert {name: found[name] for name in same} == {name: made[name] for name in same}


def test_reading(site: Simulator, play: Player, in_process: bool) -> None:
    """Of an application, with a query, as text; nothing is written."""
    prepare(site)
    name = application_name(site)
    add(site, "CA1 everybody")
    add(site, "CA2 another", applications={"includeApplications": [NOBODY]})
    assert look(site, applications=[])["policies"] == [] == look(site, policies=[])["policies"]
    site.journal.clear()
    run = play([{NAME: {"applications": [name], "break_glass": GLASS}}], in_process=in_process).ok()
    assert [policy["display_name"] for policy in run.result["policies"]] == ["CA1 everybody"]
    assert run.result["counts"]["policies"] == 2 and not run.result["changed"]
    names = play([{NAME: {"query": "[].display_name"}}], in_process=in_process).ok()
    assert names.result["policies"] == ["CA1 everybody", "CA2 another"]
    assert_no_writes(site)
    tasks = [
        {NAME: {"applications": [name]}, "register": "found"},
        {"ansible.builtin.debug": {"msg": "{{ found | cvops.identity.policy_lines('warning') }}"}},
    ]
    lines = play(tasks).ok().results[-1]["msg"]
    assert "  For all users." in lines and "  Demands mfa." in lines, lines


def test_an_application_is_given_by_any_of_its_keys(clocked: Simulator) -> None:
    (application,) = (
        row for row in clocked.tenant.applications.values() if row.get("uniqueName") == "commvault-management"
    )
    principal = clocked.tenant.service_principal_of(application["appId"])
    assert principal is not None
    add(clocked, applications={"includeApplications": [application["appId"]]})
    for key in (application["appId"], principal["id"].upper(), application["displayName"].upper()):
        (row,) = look(clocked, applications=[key])["policies"][0]["reach"]
        assert (row["app_id"], row["role"], row["reaches"]) == (application["appId"], "resource", "yes")
    failed = run_body(module, clocked, {"applications": [application["id"], "No such"], "policies": ["CA9"]})
    assert [problem["where"] for problem in failed["error"]["problems"]] == [
        "applications[0]",
        "applications[1]",
        "policies[0]",
    ]
    assert principal["id"] in failed["msg"] or application["appId"] in failed["msg"]


def test_an_application_is_reached_in_several_ways(clocked: Simulator) -> None:
    name = application_name(clocked)
    (application,) = (row for row in clocked.tenant.applications.values() if row["displayName"] == name)
    principal = clocked.tenant.service_principal_of(application["appId"])
    assert principal is not None
    rule = {"mode": "include", "rule": 'CustomSecurityAttribute.a_b -eq "c"'}
    add(clocked, "a rule", applications={"applicationFilter": rule})
    add(clocked, "action", applications={"includeUserActions": ["urn:user:registersecurityinfo"]})
    add(clocked, "context", applications={"includeAuthenticationContextClassReferences": ["c1"]})
    add(clocked, "office", applications={"includeApplications": ["Office365"]})
    clients = {"includeServicePrincipals": [principal["id"]]}
    add(clocked, "program", grant="block", users=None, clientApplications=clients)
    add(
        clocked,
        "excluded",
        applications={"includeApplications": ["All"], "excludeApplications": [application["appId"]]},
    )
    found = look(clocked, applications=[name])
    reached = {
        policy["display_name"]: [(row["role"], row["reaches"]) for row in policy["reach"]]
        for policy in found["policies"]
    }
    # What is registered here is none of Microsoft's applications.
    assert reached == {
        "a rule": [("resource", "may")],
        "action": [("resource", "may")],
        "context": [("resource", "may")],
        "program": [("resource", "yes"), ("client", "yes")],
    }
    (miss,) = (row for row in find(found, "near_miss") if row["policies"][0]["display_name"] == "excluded")
    assert miss["but_for"][0]["how"] == "excluded" and miss["but_for"][0]["by"][0]["id"] == application["appId"]
    assert "c1" in str(find(found, "dead_reference")), "there is no such context"


def test_dead_references(clocked: Simulator) -> None:
    """Of every kind; what exists is none, and what a policy in force is for is graver than what it leaves out."""
    user, group = users_of(clocked)[0]["id"], group_of(clocked, "GG-There")
    users = {
        "includeUsers": [user, NOBODY],
        "includeGroups": [group, user],
        "includeRoles": [ADMINISTRATOR, NOBODY],
        "excludeGroups": [NOBODY],
    }
    add(
        clocked,
        users=users,
        applications={"includeApplications": ["All"], "excludeApplications": [NOBODY]},
        locations={"includeLocations": ["All"], "excludeLocations": [NOBODY]},
    )
    extend_policy(
        clocked.tenant,
        add(clocked, "CB", users=None, clientApplications={"includeServicePrincipals": [NOBODY]}),
        {"grantControls": {"authenticationStrength": {"id": NOBODY}, "termsOfUse": [NOBODY]}},
    )
    found = look(clocked)
    dead = {(row["object"]["type"], row["object"]["id"], row["severity"]) for row in find(found, "dead_reference")}
    assert dead == {
        ("user", NOBODY, "error"),
        ("group", user, "error"),
        ("group", NOBODY, "warning"),
        ("directory role", NOBODY, "error"),
        ("application", NOBODY, "warning"),
        ("named location", NOBODY, "warning"),
        ("service principal", NOBODY, "error"),
        ("authentication strength", NOBODY, "error"),
    }
    # No application may read terms of use: that is said, and it is no pass.
    (row,) = found["not_evaluable"]
    assert (
        row["what"] == "terms of use" and row["kinds"] == ["dead_reference"] and "Agreement.Read.All" in row["needs"][0]
    )
    summary = " ".join(found["policies"][0]["summary"])
    assert f"{NOBODY} (does not exist)" in summary and "(which is not a group)" in summary


def test_gaps_of_exclusions(clocked: Simulator) -> None:
    user, group = users_of(clocked)[1]["id"], group_of(clocked, "GG-Service")
    glass = next(key for key, row in clocked.tenant.groups.items() if row["displayName"] == "GG-Break-Glass")
    add(clocked, "CA1", users={"includeUsers": ["All"], "excludeUsers": [user], "excludeGroups": [group, glass]})
    add(clocked, "CA2", users={"includeGroups": [group], "excludeGroups": [glass]})
    add(clocked, "CA3", state="disabled")
    result = look(clocked, policies=["CA1"], break_glass=GLASS)
    rows = {row["id"]: row for row in result["policies"][0]["exclusions"]}
    assert (rows[group]["status"], rows[group]["covered_by"]) == ("covered", ["CA2"])
    assert rows[glass]["status"] == "break_glass" and rows[user]["status"] == "may_be_covered"
    (gap,) = find(result, "exclusion_gap")
    assert gap["object"]["id"] == user and gap["severity"] == "info"
    assert gap["details"]["may_be_covered_by"][0]["display_name"] == "CA2"
    add(clocked, "CA4", state="enabledForReportingButNotEnforced")
    assert find(look(clocked, policies=["CA1"], break_glass=GLASS), "exclusion_gap"), "not in force"
    add(clocked, "CA5", grant="block", users={"includeUsers": ["All"], "excludeGroups": [glass]})
    assert not find(look(clocked, policies=["CA1"], break_glass=GLASS), "exclusion_gap")


def test_groups_that_others_may_change(clocked: Simulator) -> None:
    owner = users_of(clocked)[3]
    made = {
        name: clocked.tenant.add("group", {"displayName": name, "securityEnabled": True, **values}, replicated=True)[
            "id"
        ]
        for name, values in {
            "GG-Open": {},
            "GG-Role": {"isAssignableToRole": True},
            "GG-Restricted": {"isManagementRestricted": True},
            "GG-Dynamic": {"groupTypes": ["DynamicMembership"], "membershipRule": "user.department -eq 1"},
            "GG-Off": {},
        }.items()
    }
    clocked.tenant.relate("owners", made["GG-Open"], [owner["id"]], True)
    state = "enabledForReportingButNotEnforced"
    add(clocked, "CA1", state=state, users={"includeUsers": ["All"], "excludeGroups": sorted(made.values())[:4]})
    add(clocked, "CA2", state=state, users={"includeGroups": [made[name] for name in made if name != "GG-Off"]})
    add(clocked, "CA3", state="disabled", users={"includeGroups": [made["GG-Off"]]})
    rows = {row["object"]["name"]: row for row in find(look(clocked, policies=["CA2"]), "unprotected_group")}
    assert set(rows) == {"GG-Open", "GG-Dynamic"}
    assert rows["GG-Open"]["details"]["owners"] == [{"object_id": owner["id"], "name": owner["userPrincipalName"]}]
    assert rows["GG-Dynamic"]["details"]["dynamic"] and "from a rule" in rows["GG-Dynamic"]["text"]
    assert rows["GG-Open"]["details"]["report_only"] and rows["GG-Open"]["severity"] == "info"


def test_break_glass_accounts(clocked: Simulator) -> None:
    one, two, three = (dict(user) for user in users_of(clocked)[:3])
    outer = group_of(clocked, "GG-Outer", [group_of(clocked, "GG-Inner", [two["id"]])])
    clocked.tenant.update("user", {**three, "accountEnabled": False}, replicated=True)
    activity = {
        "lastSignInDateTime": "2026-10-01T08:00:00Z",
        "lastNonInteractiveSignInDateTime": "2026-10-02T08:00:00Z",
        "lastSuccessfulSignInDateTime": "2026-09-30T08:00:00Z",
    }
    clocked.tenant.update("user", {**one, "signInActivity": activity}, replicated=True)
    add(clocked, "CA1", users={"includeUsers": ["All"], "excludeGroups": [outer]})
    add(clocked, "CA2", users={"includeRoles": [ADMINISTRATOR]})
    names = [user["userPrincipalName"] for user in (one, two, three)]
    result = look(clocked, break_glass={"users": [names[0], names[2]], "groups": ["GG-Outer"]})
    hit = find(result, "break_glass_not_excluded")
    assert {row["object"]["name"] for row in hit} == {names[0], names[2]}, "who is in a group in the group is left out"
    assert {row["severity"] for row in hit} == {"error"}
    assert {policy["display_name"] for row in hit for policy in row["policies"]} == {"CA1"}, "none holds the role"
    assert [row["object"]["name"] for row in find(result, "break_glass_disabled")] == [names[2]]
    (used,) = find(result, "break_glass_used_last")
    assert used["object"]["name"] == names[0] and used["details"]["last_used"] == "2026-09-30T08:00:00Z"
    assert {row["object"]["name"] for row in find(result, "break_glass_unused")} == {names[1], names[2]}
    empty = group_of(clocked, "GG-Nobody")
    (row,) = find(look(clocked, break_glass={"groups": ["GG-Nobody"]}), "break_glass_disabled")
    assert row["object"]["id"] == empty and row["severity"] == "error"
    failed = run_body(module, clocked, {"break_glass": {"users": ["nobody@corp.example", "all"], "groups": ["GG-No"]}})
    assert [problem["where"] for problem in failed["error"]["problems"]] == [
        "break_glass.users[0]",
        "break_glass.users[1]",
        "break_glass.groups[0]",
    ]


def test_sign_ins_are_evaluated_and_near_misses_told(clocked: Simulator) -> None:
    user = users_of(clocked)[1]
    group = group_of(clocked, "GG-Left-Out", [user["id"]])
    (office,) = clocked.tenant.named_locations
    add(clocked, "all")
    add(clocked, "excluded", users={"includeUsers": ["All"], "excludeGroups": [group]})
    add(clocked, "elsewhere", locations={"includeLocations": [office]})
    add(clocked, "off", state="disabled")
    add(clocked, "two reasons", state="disabled", users={"includeUsers": ["All"], "excludeGroups": [group]})
    add(
        clocked,
        "programs",
        users=None,
        clientApplications={"includeServicePrincipals": [NOBODY]},
    )
    entry = {"user": user["userPrincipalName"], "address": "198.51.100.7", "can": ["mfa"]}
    result = look(clocked, sign_ins=[entry])
    verdicts = {row["policy"]: (row["applies"], row["gets_in"]) for row in result["evaluation"]}
    assert verdicts == {
        "all": ("yes", True),
        "elsewhere": ("no", True),
        "excluded": ("no", True),
        "off": ("yes", True),
        "programs": ("no", True),
        "two reasons": ("no", True),
    }
    misses = {row["policies"][0]["display_name"]: row for row in find(result, "near_miss")}
    told = {name: (row["but_for"][0]["condition"], row["but_for"][0]["how"]) for name, row in misses.items()}
    assert told == {
        "excluded": ("users", "excluded"),
        "elsewhere": ("locations", "not_included"),
        "off": ("policy_state", "not_in_force"),
    }
    by = misses["excluded"]["but_for"][0]["by"]
    assert by == [{"option": "users.exclude.groups", "id": group, "name": "GG-Left-Out"}]
    assert "but for the exclusion of group GG-Left-Out" in misses["excluded"]["text"]
    assert {row["details"]["would_apply"] for row in misses.values()} == {"yes"}
    # The service says the same: why it does not apply, and that it does once the condition is lifted.
    real = RealSignIn(user, True, targets=(NOBODY,), address=entry["address"], country="DE", client_app="browser")
    lifted: dict[str, tuple[str, dict[str, t.Any]]] = {
        "excluded": ("users", {"users": {"excludeGroups": []}}),
        "elsewhere": ("location", {"locations": {"includeLocations": ["All"]}}),
    }
    for name, (reason, conditions) in lifted.items():
        (key,) = (row["id"] for row in policies(clocked) if row["displayName"] == name)
        told = [find_reason(clocked.tenant, clocked.tenant.store.primary(), clocked.tenant.policies[key], real)]
        extend_policy(clocked.tenant, key, {"conditions": conditions})
        told.append(find_reason(clocked.tenant, clocked.tenant.store.primary(), clocked.tenant.policies[key], real))
        assert told == [reason, APPLIES], name


def test_states_and_licences(clocked: Simulator) -> None:
    state = "enabledForReportingButNotEnforced"
    add(clocked, "old", state=state)
    name = application_name(clocked)
    assert not find(look(clocked), "report_only_too_long")
    (row,) = find(look(clocked, report_only_days=-1), "report_only_too_long")
    assert row["policies"][0]["display_name"] == "old"
    (row,) = find(look(clocked, applications=[name]), "no_policy_reaches_application")
    assert row["object"]["name"] == name and row["policies"][0]["display_name"] == "old"
    add(clocked, "now")
    assert not find(look(clocked, applications=[name]), "no_policy_reaches_application")
    defaults = "identitySecurityDefaultsEnforcementPolicy"
    shown = clocked.tenant.store.tables["policies"][defaults]
    clocked.tenant.store.put("policies", defaults, {**shown, "isEnabled": True})
    clocked.tenant.behaviours.licences = []
    result = look(clocked, break_glass=GLASS)
    assert result["security_defaults"] is True and find(result, "security_defaults")
    assert find(result, "not_licensed") and not find(result, "break_glass_unused"), "not known is not never"
    (row,) = result["not_evaluable"]
    assert row["kinds"] == ["break_glass_unused", "break_glass_used_last"] and "AuditLog.Read.All" in row["needs"][0]


def test_programs_that_no_policy_covers(clocked: Simulator) -> None:
    """Managed identities, and applications for several tenants or of another one."""
    name = application_name(clocked)
    (application,) = (row for row in clocked.tenant.applications.values() if row["displayName"] == name)
    principal = dict(clocked.tenant.service_principal_of(application["appId"]) or {})
    clients = {"includeServicePrincipals": [principal["id"]]}
    add(clocked, "program", grant="block", users=None, clientApplications=clients)
    assert not find(look(clocked), "covers_no_workload_identity")
    for values in (
        {"servicePrincipalType": "ManagedIdentity"},
        {"signInAudience": "AzureADMultipleOrgs"},
        {"appOwnerOrganizationId": NOBODY},
    ):
        clocked.tenant.update("servicePrincipal", {**principal, **values}, replicated=True)
        (row,) = find(look(clocked), "covers_no_workload_identity")
        assert row["severity"] == "warning" and row["object"]["name"] == name
        (policy,) = look(clocked, applications=[name])["policies"]
        assert [row["role"] for row in policy["reach"]] == ["resource"]


READS = {
    "*/namedLocations*": "named locations",
    "*/identitySecurityDefaultsEnforcementPolicy": "security defaults",
    "*/directoryObjects/getByIds": "users in policies",
    "*/directoryRoleTemplates": "directory roles in policies",
    "*/authenticationStrengthPolicies": "authentication strengths in policies",
    "*/authenticationContextClassReferences": "authentication contexts in policies",
    "*/groups": "who may change groups in policies",
    "*/owners": "owners of groups in policies",
    "*/transitiveMembers": "members of the break-glass groups",
    "*/transitiveMemberOf": "groups of the break-glass accounts",
    "*/users/*": "break-glass accounts",
    "*/roleManagement/*": "who holds directory roles",
}


@pytest.mark.parametrize("status", [403, 400])
@pytest.mark.parametrize("path", READS, ids=READS.get)
def test_a_read_that_fails_is_told_and_is_no_pass(clocked: Simulator, path: str, status: int) -> None:
    """Each in turn: the rest is read, and no finding of those kinds is silently missing."""
    user = users_of(clocked)[0]["userPrincipalName"]
    group = next(key for key, row in clocked.tenant.groups.items() if row["displayName"] == "GG-Break-Glass")
    first = add(
        clocked,
        users={"includeUsers": ["All", NOBODY], "excludeRoles": [ADMINISTRATOR], "excludeGroups": [group]},
        locations={"includeLocations": ["All"], "excludeLocations": list(clocked.tenant.named_locations)},
        applications={"includeApplications": ["All"], "includeAuthenticationContextClassReferences": ["c7"]},
    )
    (strength, *_rest) = clocked.tenant.store.tables["authenticationStrengthPolicies"]
    extend_policy(clocked.tenant, first, {"grantControls": {"authenticationStrength": {"id": strength}}})
    glass = {"groups": [group], "users": [users_of(clocked)[0]["id"]]}
    whole = look(clocked, break_glass=glass, sign_ins=[{"user": user}])
    assert whole["not_evaluable"] == []
    clocked.faults.add(Fault("graph", path=path, status=status, times=0))
    if path == "*/directoryObjects/getByIds":
        glass = {"groups": ["GG-Break-Glass"], "users": [user]}
    if path == "*/groups":
        glass = {"users": [users_of(clocked)[0]["id"]]}
    one = user if path == "*/directoryObjects/getByIds" else users_of(clocked)[0]["id"]
    broken = look(clocked, break_glass=glass, sign_ins=[{"user": one}])
    rows = {row["what"]: row for row in broken["not_evaluable"]}
    assert READS[path] in rows, rows
    assert rows[READS[path]]["kinds"] and rows[READS[path]]["needs"] and rows[READS[path]]["reason"]
    missing = {
        kind
        for kind in whole["counts"]["findings"]
        if whole["counts"]["findings"][kind] > broken["counts"]["findings"][kind]
    }
    assert missing <= {kind for row in rows.values() for kind in row["kinds"]}, missing
    assert len(broken["policies"]) == 1
    assert any(line.startswith("NOT JUDGED") for line in format_policies(broken))


def test_policies_that_cannot_be_read_fail_the_task(clocked: Simulator) -> None:
    clocked.faults.add(Fault("graph", path="*/conditionalAccess/policies*", status=403, times=0))
    result = run_body(module, clocked, {})
    assert result["failed"] and "Policy.Read.All" in result["msg"]


def test_what_is_not_known_is_shown_and_told_safely(clocked: Simulator) -> None:
    first = add(clocked)
    text = "x" * 5000 + "\u202e"
    values = {
        "newThing": {"a\u001b[31m": text, "empty": None},
        "conditions": {"agentContext": "new", "clientAppTypes": ["browser", "hologram"], "agentIdRiskLevels": "high"},
        "grantControls": {"builtInControls": ["mfa", "thinkHard"]},
    }
    extend_policy(clocked.tenant, first, values)
    (policy,) = look(clocked)["policies"]
    shown = {row["path"]: row["value"] for row in policy["unknown_fields"]}
    assert set(shown) == {
        "newThing",
        "conditions.agentContext",
        "conditions.clientAppTypes",
        "grantControls.builtInControls",
    }, "what v1.0 does not show is not known here"
    assert "\u001b" not in str(shown) and len(shown["newThing"]) < 600
    assert shown["conditions.clientAppTypes"] == "hologram" and "thinkHard" in " ".join(policy["summary"])
    assert "client_app_types" not in policy["options"] and "controls" not in policy["options"]["grant"]
    assert not run_body(writer, clocked, policy["options"])["changed"]


def test_names_that_look_equal_are_told_apart(clocked: Simulator) -> None:
    one, two = group_of(clocked, "GG-Admins"), group_of(clocked, "GG-\u0410dmins")
    three, four = group_of(clocked, "GG-Same"), group_of(clocked, "GG-Same")
    add(clocked, users={"includeUsers": ["All"], "excludeGroups": [one, two, three, four]})
    result = look(clocked)
    summary = " ".join(result["policies"][0]["summary"])
    assert all(f"({group})" in summary for group in (one, two, three, four))
    assert len(result["warnings"]) == 1 and one in result["warnings"][0] + summary


def test_the_order_in_which_policies_come_does_not_matter(clocked: Simulator) -> None:
    user = users_of(clocked)[0]
    for number in range(5):
        group = group_of(clocked, f"GG-{number % 2}")
        add(clocked, f"CA{number % 3}", users={"includeUsers": ["All"], "excludeGroups": [group, NOBODY]})
    asked = {"break_glass": GLASS, "sign_ins": [{"user": user["userPrincipalName"]}]}
    one = look(clocked, **asked)
    rows = policies(clocked)
    for row in rows:
        clocked.tenant.store.remove("conditionalAccessPolicies", row["id"])
    for row in rows[::-1]:
        clocked.tenant.store.put("conditionalAccessPolicies", row["id"], row, "object", True)
    two = look(clocked, **asked)
    assert {name: one[name] for name in one if name != "stats"} == {name: two[name] for name in two if name != "stats"}


@pytest.mark.whole
def test_two_hundred_and_forty_policies_and_three_hundred_groups(clocked: Simulator) -> None:
    """Few requests, those to conditional access a second apart."""
    groups = [group_of(clocked, f"GG-{number:03}") for number in range(300)]
    for number in range(240):
        excluded = groups[number : number + 61]
        add(clocked, f"CA{number:03}", users={"includeUsers": ["All"], "excludeGroups": excluded})
    clocked.journal.clear()
    began = clocked.clock.now()
    result = look(clocked)
    requests = [entry.path.removeprefix("/v1.0") for entry in clocked.journal.entries("graph")]
    # The journal has the parts of batches, too.
    parts = [path for path in requests if path.startswith("/groups")]
    counted = {path: requests.count(path) for path in set(requests) - set(parts)}
    assert len(parts) == 20 + 300
    assert counted == {
        "/identity/conditionalAccess/policies": 3,
        "/identity/conditionalAccess/namedLocations": 1,
        "/policies/identitySecurityDefaultsEnforcementPolicy": 1,
        "/directoryObjects/getByIds": 1,
        "/$batch": 1 + 15,  # twenty filters of fifteen groups, then their owners
    }
    assert clocked.clock.now() - began >= 3 * 1.1
    assert result["counts"]["findings"]["unprotected_group"] == 300 and len(result["policies"]) == 240


def test_the_examples_of_ready_policies_are_covered(clocked: Simulator) -> None:
    """A policy by place, as the guide has it."""
    write(clocked, **ask(clocked))
    (policy,) = look(clocked, applications=[application_name(clocked)])["policies"]
    assert policy["summary"] == [
        "Report-only: it refuses nobody, and the sign-in logs show what it would do.",
        "For all users.",
        "Never for members of GG-Break-Glass.",
        f"When they sign in to {application_name(clocked)}.",
        "From anywhere.",
        "Not from Egress.",
        "Blocks the sign-in.",
    ]
