# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy goes in force when the sign-ins that really happened on the simulator say nothing against it, and not before."""

from __future__ import annotations

import typing as t

import pytest
import requests
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.conditional_access.policies import add_location
from cvops_simulator.entra.identities import Identity
from cvops_simulator.entra.schema import get_graph_type
from helpers.checks import assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import entra_conditional_access_policy as module
from ansible_collections.cvops.identity.plugins.modules import entra_named_location as location_module

pytestmark = pytest.mark.any_core

KNOWN, OTHER = "203.0.113.7", "198.51.100.20"
POLICY = "CA310 backup job from known places"
RANGE = {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}


@pytest.fixture
def clocked(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The site with a location, for runs in this process, where waits take no time."""
    share_clock(monkeypatch, site)
    values = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Egress", "ipRanges": [RANGE]}
    add_location(site.tenant, values, replicated=True)
    return site


def old_identity(site: Simulator, name: str) -> Identity:
    """An application that was registered long ago."""
    made = site.identity(name=name)
    row = dict(site.tenant.applications[made.app_object_id])
    site.tenant.update("application", {**row, "createdDateTime": "2020-01-01T00:00:00Z"}, replicated=True)
    return made


def sign_in(site: Simulator, identity: Identity, address: str, **changes: str) -> int:
    """A sign-in of an application by itself at the token endpoint; returns the status."""
    form = {
        "grant_type": "client_credentials",
        "client_id": identity.client_id,
        "client_secret": identity.client_secret,
        "scope": f"{site.graph_url}/.default",
        **changes,
    }
    url = f"{site.login_url}/{site.tenant_id}/oauth2/v2.0/token"
    answer = requests.post(url, data=form, headers={"x-client-address": address}, verify=site.ca_path, timeout=30)
    site.clock.advance(60)
    return answer.status_code


def ask(site: Simulator, check: bool = False, otherwise: str = "report_only", **more: t.Any) -> dict[str, t.Any]:
    """Run the task that wants the policy in force."""
    return run_body(module, site, build_options(otherwise, **more), check=check)


def build_options(otherwise: str = "report_only", **more: t.Any) -> dict[str, t.Any]:
    """The options of that task; None leaves one out."""
    options = {
        "display_name": POLICY,
        "policy_state": "enabled",
        "client_applications": {"include": ["backup job"]},
        "applications": {"include": ["all"]},
        "locations": {"include": ["all"], "exclude": ["Egress"]},
        "grant": {"controls": ["block"]},
        "sign_in_history": {"days": 7, "otherwise": otherwise},
        **more,
    }
    return {name: value for name, value in options.items() if value is not None}


def state_of(site: Simulator) -> str | None:
    rows = [row["state"] for row in site.tenant.policies.values() if row["displayName"] == POLICY]
    return rows[0] if rows else None


def test_held_back_until_the_range_has_the_second_address(clocked: Simulator) -> None:
    job = old_identity(clocked, "backup job")
    for address in (KNOWN, OTHER, OTHER):
        assert sign_in(clocked, job, address) == 200
    clocked.journal.clear()
    predicted = ask(clocked, check=True)
    assert_no_writes(clocked)
    result = ask(clocked)
    assert not result.get("failed"), result["msg"]
    assert result["policy"]["policy_state"] == "report_only" == predicted["policy"]["policy_state"]
    assert predicted["steps"] == result["steps"] and state_of(clocked) == "enabledForReportingButNotEnforced"
    (row,) = result["policy"]["held_back"]
    assert row == {
        "who": "backup job",
        "address": OTHER,
        "country": "DE",
        "count": 2,
        "last_seen": row["last_seen"],
        "why": "it would be blocked",
    }
    assert any("held back in report-only" in told and OTHER in told for told in result["warnings"])
    assert sign_in(clocked, job, OTHER) == 200, "it refuses nobody"

    clocked.journal.clear()
    again = ask(clocked)
    assert not again["changed"] and again["policy"]["held_back"][0]["count"] == 3
    assert writes(clocked) == []

    ranges = {"display_name": "Egress", "ip_ranges": ["198.51.100.0/24"]}
    done = run_body(location_module, clocked, ranges)
    assert not done.get("failed"), done["msg"]
    result = ask(clocked)
    assert not result.get("failed"), result["msg"]
    assert state_of(clocked) == "enabled" and result["policy"]["held_back"] == []
    assert [sign_in(clocked, job, address) for address in (KNOWN, OTHER, "192.0.2.1")] == [200, 200, 400]
    clocked.journal.clear()
    assert not ask(clocked)["changed"]
    assert not [entry for entry in clocked.journal.entries() if "auditLogs" in entry.path], "nothing is to be judged"


def test_fail_names_the_address_and_writes_nothing(clocked: Simulator) -> None:
    job = old_identity(clocked, "backup job")
    assert sign_in(clocked, job, OTHER) == 200
    clocked.journal.clear()
    result = ask(clocked, otherwise="fail")
    assert result["failed"] and result["error"]["kind"] == "guard" and result["error"]["risk"] == "lock_out"
    assert f"backup job from {OTHER} (DE), once, last at" in result["msg"]
    assert_no_writes(clocked)
    accepted = ask(clocked, otherwise="fail", accept_risk=["lock_out"], accept_reason="CHG7")
    assert not accepted.get("failed"), accepted["msg"]
    assert state_of(clocked) == "enabled" and any("CHG7" in told and OTHER in told for told in accepted["warnings"])


def test_accepted_in_place_of_held_back(clocked: Simulator) -> None:
    assert sign_in(clocked, old_identity(clocked, "backup job"), OTHER) == 200
    result = ask(clocked, accept_risk=["lock_out"], accept_reason="CHG7")
    assert not result.get("failed"), result["msg"]
    assert state_of(clocked) == "enabled" and result["policy"]["held_back"] == []


def test_sign_ins_that_failed_and_those_of_others_say_nothing(clocked: Simulator) -> None:
    job, other = old_identity(clocked, "backup job"), old_identity(clocked, "another")
    assert sign_in(clocked, job, KNOWN) == 200
    assert sign_in(clocked, job, OTHER, client_secret="wrong") == 401
    assert sign_in(clocked, other, OTHER) == 200
    result = ask(clocked)
    assert not result.get("failed"), result["msg"]
    assert state_of(clocked) == "enabled"


def test_sign_ins_before_these_days_say_nothing(clocked: Simulator) -> None:
    job = old_identity(clocked, "backup job")
    assert sign_in(clocked, job, OTHER) == 200
    clocked.clock.advance(8 * 86400)
    assert sign_in(clocked, job, KNOWN) == 200
    result = ask(clocked, sign_in_history={"days": 30, "otherwise": "report_only"})
    assert result["policy"]["policy_state"] == "report_only"
    result = ask(clocked)
    assert not result.get("failed"), result["msg"]
    assert state_of(clocked) == "enabled"


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        ("forbidden", "AuditLog.Read.All"),
        ("licence", "P1 or P2"),
        ("unanswered", "not read from"),
        ("late", "shows no sign-in"),
        ("broken", "was not read"),
    ],
)
@pytest.mark.parametrize("otherwise", ["report_only", "fail"])
def test_a_log_that_does_not_tell_holds_it_back(clocked: Simulator, trouble: str, told: str, otherwise: str) -> None:
    job = old_identity(clocked, "backup job")
    assert sign_in(clocked, job, KNOWN) == 200
    clocked.clock.advance(60)
    if trouble == "forbidden":
        refused = {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}
        clocked.faults.add(Fault("graph", "GET", "*auditLogs*", status=403, times=0, body={"error": refused}))
    elif trouble == "licence":
        refused = {
            "code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "message": "Neither tenant is B2C or tenant doesn't have premium license",
        }
        clocked.faults.add(Fault("graph", "GET", "*auditLogs*", status=403, times=0, body={"error": refused}))
    elif trouble == "unanswered":
        clocked.faults.add(Fault("graph", "GET", "*auditLogs*", status=504, times=0))
    elif trouble == "broken":
        clocked.faults.add(Fault("graph", "GET", "*auditLogs*", action="truncated", times=0))
    else:
        clocked.tenant.behaviours.log_lag = 7200
    result = ask(clocked, otherwise=otherwise)
    if otherwise == "fail":
        assert result["failed"] and result["error"]["kind"] == "guard" and told in result["msg"]
        assert state_of(clocked) is None
        return
    assert not result.get("failed"), result["msg"]
    assert state_of(clocked) == "enabledForReportingButNotEnforced"
    rows = result["policy"]["held_back"]
    assert rows and {row["who"] for row in rows} == {None} and told in rows[0]["why"]


def test_a_policy_in_force_is_not_taken_back(clocked: Simulator) -> None:
    """It is not to refuse what it lets in now either, unless that is accepted."""
    job = old_identity(clocked, "backup job")
    assert sign_in(clocked, job, KNOWN) == 200
    assert not ask(clocked).get("failed")
    assert state_of(clocked) == "enabled"
    second = old_identity(clocked, "second job")
    assert sign_in(clocked, second, OTHER) == 200
    wider = {"client_applications": {"include": ["second job"]}}
    for otherwise in ("fail", "report_only"):
        for state in ("enabled", None):
            clocked.journal.clear()
            refused = ask(clocked, otherwise=otherwise, policy_state=state, **wider)
            assert refused["failed"] and refused["error"]["risk"] == "lock_out", (otherwise, state)
            assert "second job from" in refused["msg"] and OTHER in refused["msg"]
            assert_no_writes(clocked)
    assert state_of(clocked) == "enabled" and sign_in(clocked, second, OTHER) == 200
    result = ask(clocked, accept_risk=["lock_out"], accept_reason="CHG9", **wider)
    assert not result.get("failed"), result["msg"]
    assert sign_in(clocked, second, OTHER) == 400


def test_a_policy_in_force_is_not_narrowed_against_the_log(clocked: Simulator) -> None:
    """A place that is taken away, with and without a state in the task; what lets more in is made, whatever the log does not tell."""
    job = old_identity(clocked, "backup job")
    second = {"display_name": "Second", "ip_ranges": ["198.51.100.0/24"]}
    assert not run_body(location_module, clocked, second).get("failed")
    assert [sign_in(clocked, job, address) for address in (KNOWN, OTHER)] == [200, 200]
    both = {"locations": {"include": ["all"], "exclude": ["Egress", "Second"]}}
    assert not ask(clocked, **both).get("failed") and state_of(clocked) == "enabled"
    for state in ("enabled", None):
        clocked.journal.clear()
        refused = ask(clocked, policy_state=state, exclusive=True)
        assert refused["failed"] and refused["error"]["risk"] == "lock_out" and OTHER in refused["msg"]
        assert_no_writes(clocked)
    assert not ask(clocked, exclusive=True, accept_risk=["lock_out"], accept_reason="CHG9").get("failed")
    clocked.clock.advance(8 * 86400)
    result = ask(clocked, policy_state=None, **both)
    assert not result.get("failed"), result["msg"]
    assert result["changed"] and state_of(clocked) == "enabled"
    assert any("stays in force and is changed" in told for told in result["warnings"])


def test_people_by_place(clocked: Simulator) -> None:
    """Sign-ins of people to the application; who is excluded may come from anywhere."""
    (application,) = (
        row for row in clocked.tenant.applications.values() if row.get("uniqueName") == "commvault-management"
    )
    user = next(iter(clocked.tenant.users.values()))
    row = {
        "id": "person",
        "createdDateTime": clocked.tenant.now(),
        "userId": user["id"],
        "userPrincipalName": user["userPrincipalName"],
        "appId": application["appId"],
        "resourceId": application["appId"],
        "ipAddress": OTHER,
        "status": {"errorCode": 0},
        "location": {"countryOrRegion": "DE"},
        "isInteractive": True,
        "signInEventTypes": ["interactiveUser"],
    }
    clocked.tenant.sign_ins.append({**dict.fromkeys(get_graph_type("signIn").properties), **row})
    clocked.clock.advance(60)
    glass = next(one for one in clocked.tenant.users.values() if one["id"] != user["id"])
    options = {
        "client_applications": None,
        "users": {"include": {"users": ["all"]}, "exclude": {"users": [glass["userPrincipalName"]]}},
        "applications": {"include": [application["displayName"]]},
        "break_glass": {"users": [glass["userPrincipalName"]]},
    }
    result = ask(clocked, **options)
    assert not result.get("failed"), result["msg"]
    (held,) = result["policy"]["held_back"]
    assert (held["who"], held["address"], held["country"]) == (user["userPrincipalName"], OTHER, "DE")
    mfa = ask(clocked, **options, grant={"controls": ["mfa"]}, exclusive=True)
    assert not mfa.get("failed"), mfa["msg"]
    assert state_of(clocked) == "enabled", "what people meet at sign-in shuts nobody out"
    device = ask(clocked, **options, grant={"controls": ["compliant_device"]}, exclusive=True, otherwise="fail")
    assert device["failed"] and "not meet what is required" in device["msg"]


def test_a_new_application_holds_it_back_until_the_days_are_over(clocked: Simulator) -> None:
    """One sign-in of a job that came into being a moment ago stands for nothing."""
    job = clocked.identity(name="backup job")
    assert sign_in(clocked, job, KNOWN) == 200
    result = ask(clocked)
    assert not result.get("failed") and state_of(clocked) == "enabledForReportingButNotEnforced"
    (row,) = result["policy"]["held_back"]
    assert row["who"] is None and "application backup job was registered at" in row["why"]
    clocked.clock.advance(7 * 86400)
    assert sign_in(clocked, job, KNOWN) == 200
    assert not ask(clocked).get("failed") and state_of(clocked) == "enabled"


POLICY_MODULE = "cvops.identity.entra_conditional_access_policy"
#: The location before, and what the run makes of it.
RANGES = [(None, ["203.0.113.0/24"]), (["192.0.2.0/24"], ["203.0.113.0/24"]), (["203.0.113.0/24"], ["192.0.2.0/24"])]


@pytest.mark.parametrize(("before", "ranges"), RANGES, ids=["new", "made fit", "narrowed"])
def test_with_a_location_of_the_same_run_it_is_for_the_next_one(
    site: Simulator, play: Player, before: list[str] | None, ranges: list[str]
) -> None:
    """The plan cannot judge by what the location will be; check mode tells the steps that are carried out."""
    job = old_identity(site, "backup job")
    assert sign_in(site, job, KNOWN) == 200
    name = "cvops.identity.entra_named_location"
    location: dict[str, t.Any] = {"display_name": "Coming"}
    if before:
        play([{"name": "location", name: {**location, "ip_ranges": before}}]).ok()
    policy = build_options(locations={"include": ["all"], "exclude": ["Coming"]}, pending_named_locations=["Coming"])
    both = [
        {"name": "location", name: {**location, "ip_ranges": ranges, "exclusive": True}},
        {"name": "policy", POLICY_MODULE: policy},
    ]
    predicted = play(both, check=True).ok()
    approved = [step["id"] for step in predicted.result["steps"]]
    real = play([both[0], {**both[1], POLICY_MODULE: {**policy, "approved_steps": approved}}]).ok()
    assert predicted.result["steps"] == real.result["steps"] != []
    assert state_of(site) == "enabledForReportingButNotEnforced"
    for run in (predicted, real):
        assert "the same run makes or changes its location Coming" in [
            row["why"] for row in run.result["policy"]["held_back"]
        ]
    play(both).ok()
    assert (state_of(site) == "enabled") is (ranges == ["203.0.113.0/24"])


def test_days_are_those_that_logs_are_kept(clocked: Simulator) -> None:
    clocked.journal.clear()
    for days in (0, 31):
        result = ask(clocked, sign_in_history={"days": days})
        assert result["failed"] and "within 1 to 30" in result["msg"]
    assert [entry for entry in clocked.journal.entries() if entry.service == "graph"] == []


def test_only_what_is_to_be_in_force_is_judged(clocked: Simulator) -> None:
    old_identity(clocked, "backup job")
    clocked.journal.clear()
    result = ask(clocked, policy_state="report_only")
    assert not result.get("failed") and result["policy"]["held_back"] == []
    assert not [entry for entry in clocked.journal.entries() if "auditLogs" in entry.path]


#: The addresses from which the job signs in; the simulator takes them to be in CH, DE, US, and nowhere.
NOWHERE = "8.8.8.8"
ADDRESSES = ("203.0.113.7", "203.0.113.200", "198.51.100.20", "192.0.2.1", NOWHERE, "2001:db8::7", "2001:db8:8000::7")
PLACES: dict[str, dict[str, t.Any]] = {
    "one range": {"ip_ranges": ["203.0.113.0/25"]},
    "two ranges": {"ip_ranges": ["203.0.113.0/24", "2001:db8::/32"]},
    "all of them": {"ip_ranges": ["192.0.0.0/8", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "8.8.8.8/32"]},
    "countries": {"countries": ["CH", "DE"]},
    "also unknown ones": {"countries": ["CH", "DE", "US"], "include_unknown_countries": True},
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_held_back_is_what_the_service_would_refuse(clocked: Simulator, place: str) -> None:
    """The addresses that are told are those to which the policy, once in force, refuses a token; of no country, maybe more."""
    made = run_body(location_module, clocked, {"display_name": "Place", **PLACES[place]})
    assert not made.get("failed"), made["msg"]
    job = old_identity(clocked, "backup job")
    for address in ADDRESSES:
        assert sign_in(clocked, job, address) == 200
    options = {"locations": {"include": ["all"], "exclude": ["Place"]}}
    result = ask(clocked, **options)
    assert not result.get("failed"), result["msg"]
    held = {row["address"] for row in result["policy"]["held_back"]}
    assert (state_of(clocked) == "enabled") is (not held)
    forced = ask(clocked, **options, accept_risk=["lock_out"], accept_reason="CHG8")
    assert not forced.get("failed"), forced["msg"]
    refused = {address for address in ADDRESSES if sign_in(clocked, job, address) != 200}
    assert refused <= held <= refused | ({NOWHERE} if place == "also unknown ones" else set())
