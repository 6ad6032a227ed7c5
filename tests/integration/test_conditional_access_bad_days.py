# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditional access on bad days: others change what was planned, names move, licences lack, and refusals are told in the service's words."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.conditional_access.policies import add_location, add_policy, extend_policy
from helpers.blocked_addresses import block_application
from helpers.checks import assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import entra_conditional_access_policy as policy_module
from ansible_collections.cvops.identity.plugins.modules import entra_named_location as location_module

pytestmark = pytest.mark.any_core

NAME, GLASS = "CA500 everybody", "GG-Break-Glass"
POLICY, LOCATION = "cvops.identity.entra_conditional_access_policy", "cvops.identity.entra_named_location"
GENERIC = "The server could not process the request because it is malformed or incorrect."
RANGE = {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}


def wanted(**more: t.Any) -> dict[str, t.Any]:
    """MFA for everybody outside, but for a group."""
    return {
        "display_name": NAME,
        "users": {"include": {"users": ["all"]}, "exclude": {"groups": [GLASS]}},
        "applications": {"include": ["all"]},
        "locations": {"include": ["all"], "exclude": ["Egress"]},
        "grant": {"controls": ["mfa"]},
        **more,
    }


def add_group(site: Simulator, name: str) -> str:
    """A group with a member; returns its id."""
    group = site.tenant.add("group", {"displayName": name, "securityEnabled": True}, replicated=True)
    member = next(row["id"] for row in site.tenant.users.values() if row.get("userType") != "Guest")
    site.tenant.relate("members", group["id"], [member], replicated=True)
    return str(group["id"])


def prepare(site: Simulator) -> str:
    """A break-glass group, whose id is returned, and a location."""
    values = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Egress", "ipRanges": [RANGE]}
    add_location(site.tenant, values, replicated=True)
    return add_group(site, GLASS)


@pytest.fixture
def clocked(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The site with what the policy names, for runs in this process, where waits take no time."""
    share_clock(monkeypatch, site)
    prepare(site)
    return site


def find_policy(site: Simulator, name: str = NAME) -> dict[str, t.Any]:
    """The policy of this name."""
    return next(dict(row) for row in site.tenant.policies.values() if row["displayName"] == name)


def exclude_too(site: Simulator, group: str) -> None:
    """Exclude one more group, as in the portal."""
    row = find_policy(site)
    users = {**row["conditions"]["users"], "excludeGroups": [*row["conditions"]["users"]["excludeGroups"], group]}
    assert extend_policy(site.tenant, row["id"], {"conditions": {**row["conditions"], "users": users}})


def test_a_policy_that_is_changed_between_the_passes_of_a_play(site: Simulator, play: Player) -> None:
    """What would be removed beyond the plan is refused; what is not in the way stays."""
    prepare(site)
    play([{"name": "policy", POLICY: wanted()}]).ok()
    change = wanted(client_app_types=["browser"], exclusive=True)
    planned = play([{"name": "policy", POLICY: change}], check=True).ok()
    approved = {"approved_steps": [step["id"] for step in planned.result["steps"]]}
    other = add_group(site, "GG-Portal")
    exclude_too(site, other)
    site.journal.clear()
    refused = play([{"name": "policy", POLICY: {**change, **approved}}])
    assert refused.rc != 0 and refused.result["error"]["kind"] == "plan_changed"
    assert "GG-Portal" in str(refused.result)
    assert_no_writes(site)
    kept = play([{"name": "policy", POLICY: {**change, **approved, "exclusive": False}}]).ok()
    assert kept.result["changed"]
    row = find_policy(site)["conditions"]
    assert row["clientAppTypes"] == ["browser"] and other in row["users"]["excludeGroups"]


def test_a_policy_that_is_deleted_between_the_passes_is_not_made_anew(site: Simulator, play: Player) -> None:
    prepare(site)
    play([{"name": "policy", POLICY: wanted()}]).ok()
    change = wanted(client_app_types=["browser"])
    planned = play([{"name": "policy", POLICY: change}], check=True).ok()
    approved = {"approved_steps": [step["id"] for step in planned.result["steps"]]}
    site.tenant.store.remove("conditionalAccessPolicies", find_policy(site)["id"])
    site.journal.clear()
    refused = play([{"name": "policy", POLICY: {**change, **approved}}])
    assert refused.rc != 0 and refused.result["error"]["kind"] == "plan_changed"
    assert_no_writes(site)


def test_a_location_that_two_policies_name_goes_after_both(clocked: Simulator) -> None:
    """Whoever deletes in the wrong order is told of both policies, and nothing is done."""
    for name in ("CA1", "CA2"):
        assert run_body(policy_module, clocked, wanted(display_name=name))["changed"]
    gone = {"display_name": "Egress", "state": "absent"}
    for left in (["CA1", "CA2"], ["CA2"]):
        clocked.journal.clear()
        refused = run_body(location_module, clocked, gone)
        assert refused["failed"] and all(f"{name} (enabledForReporting" in refused["msg"] for name in left), refused[
            "msg"
        ]
        assert_no_writes(clocked)
        assert run_body(policy_module, clocked, {"display_name": left[0], "state": "absent"})["changed"]
    assert run_body(location_module, clocked, gone)["changed"]
    assert not clocked.tenant.named_locations


def test_a_location_that_somebody_has_deleted_is_told(clocked: Simulator) -> None:
    """By name it is unknown, before anything is written; where others are asked for, a warning names the dead reference."""
    assert run_body(policy_module, clocked, wanted())["changed"]
    (location,) = clocked.tenant.named_locations
    clocked.tenant.store.remove("namedLocations", location)
    clocked.clock.advance(3600)
    clocked.journal.clear()
    refused = run_body(policy_module, clocked, wanted())
    assert [problem["where"] for problem in refused["error"]["problems"]] == ["locations.exclude"]
    assert_no_writes(clocked)
    values = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Other", "ipRanges": [RANGE]}
    other = add_location(clocked.tenant, values, replicated=True)["id"]
    ask = {"display_name": NAME, "locations": {"exclude": ["Other"]}}
    planned = run_body(policy_module, clocked, ask, check=True)
    assert any("do not exist" in text and location in text for text in planned["warnings"]), planned
    mended = run_body(policy_module, clocked, {**ask, "exclusive": True})
    assert mended["changed"], mended
    assert find_policy(clocked)["conditions"]["locations"]["excludeLocations"] == [other]


def test_a_group_that_is_renamed_is_the_same_group(clocked: Simulator) -> None:
    """Named by its id, or by its new name, there is nothing to do; the result shows the name that it has now."""
    assert run_body(policy_module, clocked, wanted())["changed"]
    (group,) = find_policy(clocked)["conditions"]["users"]["excludeGroups"]
    clocked.tenant.update("group", {**clocked.tenant.groups[group], "displayName": "GG-Emergency"})
    clocked.clock.advance(3600)
    for name in (group, "GG-Emergency"):
        users = {"include": {"users": ["all"]}, "exclude": {"groups": [name]}}
        found = run_body(policy_module, clocked, wanted(users=users, exclusive=True))
        assert found.get("changed") is False, found
        assert found["policy"]["users"]["exclude"]["groups"] == [{"id": group, "name": "GG-Emergency"}]
    refused = run_body(policy_module, clocked, wanted())
    assert [problem["where"] for problem in refused["error"]["problems"]] == ["users.exclude.groups"], refused


def test_a_new_group_that_takes_the_name_is_another_group(clocked: Simulator) -> None:
    """It is added beside the one that was renamed, which stays; in force, the exclusion is not given away."""
    assert run_body(policy_module, clocked, wanted())["changed"]
    (group,) = find_policy(clocked)["conditions"]["users"]["excludeGroups"]
    clocked.tenant.update("group", {**clocked.tenant.groups[group], "displayName": "GG-Emergency"})
    other = add_group(clocked, GLASS)
    clocked.clock.advance(3600)
    added = run_body(policy_module, clocked, wanted())
    assert [step["sentence"] for step in added["steps"]] == [f"add excluded group {GLASS}"]
    assert sorted(find_policy(clocked)["conditions"]["users"]["excludeGroups"]) == sorted([group, other])
    shown = {item["id"]: item["name"] for item in added["policy"]["users"]["exclude"]["groups"]}
    assert shown == {group: "GG-Emergency", other: GLASS}
    planned = run_body(policy_module, clocked, wanted(exclusive=True), check=True)
    assert [step["sentence"] for step in planned["steps"]] == ["remove excluded group GG-Emergency"]


def test_the_limit_of_the_tenant_is_told_in_its_words(clocked: Simulator) -> None:
    """All policies are read, page by page, and counted once; of 240 the last one is found, and one more is refused."""
    for number in range(240):
        values = {"displayName": f"CA{number:03}", "state": "disabled", "conditions": {}}
        add_policy(clocked.tenant, values, replicated=True)
    found = run_body(policy_module, clocked, {"display_name": "ca239", "policy_state": "disabled"}, check=True)
    assert not found.get("failed") and found["policy"]["display_name"] == "CA239", found
    refused = run_body(policy_module, clocked, wanted())
    assert "The limit of 240 conditional access policies has been reached" in refused["msg"]
    assert len(clocked.tenant.policies) == 240
    assert run_body(policy_module, clocked, {"display_name": "CA000", "state": "absent"})["changed"]
    assert run_body(policy_module, clocked, wanted())["changed"]


PRINCIPALS = {"client_applications": {"include": ["all_in_tenant"]}, "grant": {"controls": ["block"]}}


@pytest.mark.parametrize(
    ("licences", "part", "told", "untold"),
    [
        ([], {}, "Microsoft Entra ID P1.", "P2"),
        (["P1"], {"user_risk": ["high"]}, "Microsoft Entra ID P1 and Microsoft Entra ID P2 (user_risk", "Workload"),
        (["P1"], {"sign_in_risk": ["high"]}, "and Microsoft Entra ID P2 (", "Workload"),
        (["P1", "P2"], {**PRINCIPALS, "users": None}, "and Microsoft Entra Workload Identities Premium", "P2"),
    ],
)
def test_a_licence_that_lacks_is_told_by_the_service_and_by_us(
    clocked: Simulator, licences: list[str], part: dict[str, t.Any], told: str, untold: str
) -> None:
    clocked.tenant.behaviours.licences = licences
    refused = run_body(policy_module, clocked, wanted(**part))
    assert refused["error"]["kind"] == "forbidden"
    assert "Your tenant is not licensed for this feature" in refused["msg"], "the service's words"
    assert told in refused["msg"], refused["msg"]
    assert untold not in refused["msg"]
    assert "Policy.ReadWrite.ConditionalAccess" in refused["msg"], "the same code is for a right that lacks"


def test_a_policy_that_comes_to_take_a_licence_is_told_it_too(clocked: Simulator) -> None:
    assert run_body(policy_module, clocked, wanted())["changed"]
    clocked.tenant.behaviours.licences = ["P1"]
    refused = run_body(policy_module, clocked, wanted(sign_in_risk=["high"]))
    assert "P2 (user_risk, sign_in_risk)" in refused["msg"]
    assert not find_policy(clocked)["conditions"]["signInRiskLevels"]


def test_a_location_without_the_licence(clocked: Simulator) -> None:
    clocked.tenant.behaviours.licences = []
    refused = run_body(location_module, clocked, {"display_name": "New", "ip_ranges": ["203.0.113.0/24"]})
    assert "Your tenant is not licensed for this feature" in refused["msg"]
    assert "Needed: Microsoft Entra ID P1." in refused["msg"]


def test_security_defaults_that_cannot_be_read_are_told_by_the_service(clocked: Simulator) -> None:
    name = "identitySecurityDefaultsEnforcementPolicy"
    row = clocked.tenant.store.tables["policies"][name]
    clocked.tenant.store.put("policies", name, {**row, "isEnabled": True})
    clocked.faults.add(Fault("graph", "GET", f"*/policies/{name}", "status", times=0, status=403))
    refused = run_body(policy_module, clocked, wanted(policy_state="enabled", break_glass={"groups": [GLASS]}))
    assert refused["failed"] and "ecurity defaults" in refused["msg"].replace("Defaults", "defaults"), refused["msg"]
    assert not clocked.tenant.policies


def test_what_others_use_up_is_waited_for_in_every_request(clocked: Simulator) -> None:
    """429 without Retry-After; no write is done twice."""
    for method in ("GET", "POST", "PATCH", "DELETE"):
        clocked.faults.add(Fault("graph", method, "*/conditionalAccess/*", "status", times=2, status=429))
    clocked.journal.clear()
    assert run_body(policy_module, clocked, wanted())["changed"]
    assert run_body(policy_module, clocked, wanted(client_app_types=["browser"]))["changed"]
    assert run_body(policy_module, clocked, {"display_name": NAME, "state": "absent"})["changed"]
    done = [entry.method for entry in writes(clocked) if entry.status < 300]
    assert done == ["POST", "PATCH", "DELETE"]


def refusal(text: str) -> dict[str, t.Any]:
    """An error as conditional access answers, with the real reason inside."""
    return {"error": {"code": "BadRequest", "message": GENERIC, "innerError": {"message": text, "request-id": "x"}}}


@pytest.mark.parametrize(
    ("module", "method", "path", "options"),
    [
        (policy_module, "GET", "*/policies", wanted()),
        (policy_module, "GET", "*/namedLocations", wanted()),
        (policy_module, "POST", "*/policies", wanted(display_name="CA999")),
        (policy_module, "PATCH", "*/policies/*", wanted(client_app_types=["browser"])),
        (policy_module, "DELETE", "*/policies/*", {"display_name": NAME, "state": "absent"}),
        (policy_module, "GET", "*/policies/*", {"display_name": NAME, "state": "absent"}),
        (location_module, "GET", "*/namedLocations", {"display_name": "Egress", "ip_ranges": ["192.0.2.0/24"]}),
        (location_module, "GET", "*/policies", {"display_name": "Spare", "state": "absent"}),
        (location_module, "POST", "*/namedLocations", {"display_name": "New", "ip_ranges": ["192.0.2.0/24"]}),
        (location_module, "PATCH", "*/namedLocations/*", {"display_name": "Spare", "ip_ranges": ["192.0.2.0/24"]}),
        (location_module, "DELETE", "*/namedLocations/*", {"display_name": "Spare", "state": "absent"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_real_reason_is_told_of_every_request(
    clocked: Simulator, module: t.Any, method: str, path: str, options: dict[str, t.Any]
) -> None:
    """It stands inside the error; the text outside is the same for all."""
    values = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Spare", "ipRanges": [RANGE]}
    add_location(clocked.tenant, values, replicated=True)
    assert run_body(policy_module, clocked, wanted())["changed"]
    reason = "1077: the reason of the day"
    clocked.faults.add(Fault("graph", method, path, "status", times=0, status=400, body=refusal(reason)))
    failed = run_body(module, clocked, options)
    assert failed["failed"] and reason in failed["msg"] and GENERIC not in failed["msg"], failed


def test_a_policy_that_somebody_puts_in_force_meanwhile_stops_the_run_with_its_name_for_it(
    site: Simulator, play: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The identity that runs the play is blocked after its first task; what was done is done, and the next task says what it is."""
    prepare(site)
    add = site.journal.add

    def add_and_block(entry: t.Any) -> None:
        add(entry)
        if entry.method == "POST" and entry.path.endswith("/namedLocations") and not site.tenant.policies:
            block_application(site, site.automation.client_id)

    monkeypatch.setattr(site.journal, "add", add_and_block)
    tasks = [
        {"name": "location", LOCATION: {"display_name": "New", "ip_ranges": ["192.0.2.0/24"], "token_cache": "none"}},
        {"name": "policy", POLICY: wanted(token_cache="none")},
    ]
    stopped = play(tasks)
    assert stopped.rc != 0 and stopped.one("location")["changed"]
    failed = stopped.one("policy")
    assert (failed["error"]["kind"], failed["error"]["code"]) == ("conditional_access", "AADSTS53003")
    assert "report-only" in failed["msg"] and "named location" in failed["msg"]
    assert len(site.tenant.policies) == 1, "the policy of the play was not written"
