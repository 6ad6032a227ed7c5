# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_named_location against the simulator, and what conditional access policies make of it."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.conditional_access.policies import add_location, add_policy
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._entra.named_locations.resource import (
    NamedLocationResource,
)
from ansible_collections.cvops.identity.plugins.modules import entra_named_location as module

pytestmark = pytest.mark.any_core

WANTED: dict[str, t.Any] = {
    "display_name": "Commvault egress",
    "ip_ranges": ["203.0.113.16/28", "2001:DB8:40:0::/48", "198.51.100.7"],
    "trusted": True,
}
IP_TYPE = "#microsoft.graph.ipNamedLocation"


def task(**options: t.Any) -> dict[str, t.Any]:
    """One task of the module."""
    return {"name": "location", "cvops.identity.entra_named_location": options}


def ranges(site: Simulator, name: str = "Commvault egress") -> list[str]:
    """The ranges of the location of this name, as the tenant has them."""
    (row,) = (row for row in site.tenant.named_locations.values() if row["displayName"] == name)
    return sorted(item["cidrAddress"] for item in row["ipRanges"])


def make_location(site: Simulator, **more: t.Any) -> str:
    """A location that is there already; returns its id."""
    listed = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.17/28"}]
    values = {"@odata.type": IP_TYPE, "displayName": "Commvault egress", "ipRanges": listed, "isTrusted": False, **more}
    return str(add_location(site.tenant, values, replicated=True)["id"])


def make_policy(site: Simulator, included: list[str], excluded: list[str], state: str = "enabled") -> str:
    """A policy of this name that blocks everybody in the places; returns its id."""
    values = {
        "displayName": "CA210 block the rest",
        "state": state,
        "conditions": {
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"]},
            "locations": {"includeLocations": included, "excludeLocations": excluded},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
    }
    return str(add_policy(site.tenant, values, replicated=True)["id"])


@pytest.fixture
def clocked(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The site for runs in this process, where waits take no time."""
    share_clock(monkeypatch, site)
    return site


def test_rhythm(site: Simulator, play: Player) -> None:
    """Predict, create, leave alone, change, delete, leave alone; in Ansible's worker, since the module's own process would really wait."""
    site.tenant.behaviours.conditional_access_rate = 1
    site.journal.clear()
    predicted = play([task(**WANTED)], check=True, diff=True).ok()
    assert_no_writes(site)
    assert predicted.result["named_location"]["object_id"] is None

    real = play([task(**WANTED)], diff=True).ok()
    assert_diff_agrees(predicted, real)
    assert ranges(site) == ["198.51.100.7/32", "2001:db8:40::/48", "203.0.113.16/28"]
    assert real.result["named_location"]["trusted"] is True and real.result["named_location"]["not_confirmed"] == []

    site.journal.clear()
    again = play([task(**WANTED, exclusive=True)], diff=True).ok()
    assert not again.result["changed"] and again.result["stats"]["reads"] == 1
    assert_no_writes(site)

    changed = {**WANTED, "ip_ranges": ["203.0.113.16/28"], "trusted": None, "exclusive": True}
    assert_diff_agrees(
        play([task(**changed)], check=True, diff=True).ok(),
        play([task(**changed)], diff=True).ok(),
    )
    assert ranges(site) == ["203.0.113.16/28"]

    gone = task(display_name="commvault EGRESS", state="absent")
    site.journal.clear()
    removed = play([gone]).ok()
    assert removed.result["named_location"] == {} and not site.tenant.named_locations
    assert [entry.method for entry in writes(site)] == ["PATCH", "DELETE"], "a trusted one is distrusted first"
    assert not play([gone]).ok().result["changed"]


def test_countries(clocked: Simulator) -> None:
    options = {"display_name": "Operators", "countries": ["ch", "LI"]}
    made = run_body(module, clocked, options)
    assert made["named_location"] == {
        "object_id": made["named_location"]["object_id"],
        "display_name": "Operators",
        "kind": "country",
        "countries": ["CH", "LI"],
        "include_unknown_countries": False,
        "country_lookup": "client_ip_address",
        "not_confirmed": [],
    }
    assert not run_body(module, clocked, {**options, "exclusive": True})["changed"]
    more = run_body(module, clocked, {**options, "countries": ["AT"], "include_unknown_countries": True})
    assert more["changed"] and more["named_location"]["countries"] == ["AT", "CH", "LI"]
    other = run_body(module, clocked, {"display_name": "Operators", "ip_ranges": ["203.0.113.0/24"]})
    assert other["failed"] and "of another kind" in other["msg"]


def test_what_the_service_shows_otherwise_is_no_change(clocked: Simulator) -> None:
    """Host bits as somebody wrote them in the portal, and lists in any order."""
    make_location(clocked)
    options = {"display_name": "Commvault egress", "ip_ranges": ["203.0.113.16/28"], "exclusive": True}
    assert not run_body(module, clocked, options)["changed"]
    for order in ("sent", "reversed"):
        clocked.tenant.behaviours.list_order = order
        options = {"display_name": f"Of {order}", "countries": ["LI", "CH", "AT"], "exclusive": True}
        assert run_body(module, clocked, options)["changed"]
        assert not run_body(module, clocked, options)["changed"]


def test_requests_are_kept_apart(clocked: Simulator) -> None:
    """At most one a second, so that the limit of the tenant is met without being refused once."""
    clocked.tenant.behaviours.conditional_access_rate = 1
    made = run_body(module, clocked, WANTED)
    assert made["changed"] and made["stats"]["retries"] == 0
    assert not [entry for entry in clocked.journal.entries("graph") if entry.status == 429]


def test_what_others_use_up_is_waited_for(clocked: Simulator) -> None:
    """429 without Retry-After."""
    clocked.faults.add(Fault("graph", action="status", status=429, path="*/namedLocations", times=2))
    made = run_body(module, clocked, WANTED)
    assert made["changed"] and made["stats"]["retries"] == 2


def test_a_new_location_that_shows_late_is_waited_for(clocked: Simulator) -> None:
    clocked.tenant.behaviours.location_lag = 20.0
    made = run_body(module, clocked, WANTED)
    assert made["changed"] and made["named_location"]["not_confirmed"] == [] and made["stats"]["waited_s"] >= 15


def test_a_location_that_a_policy_names_is_not_deleted(clocked: Simulator) -> None:
    object_id = make_location(clocked)
    make_policy(clocked, ["All"], [object_id], "disabled")
    clocked.journal.clear()
    result = run_body(module, clocked, {"display_name": "Commvault egress", "state": "absent"})
    assert result["failed"] and "CA210 block the rest (disabled)" in result["msg"]
    assert_no_writes(clocked)


def test_a_change_that_shuts_people_out_has_to_be_accepted(clocked: Simulator) -> None:
    object_id = make_location(clocked)
    make_policy(clocked, ["All"], [object_id])
    moved = {"object_id": object_id, "ip_ranges": ["198.51.100.0/24"], "exclusive": True}
    clocked.journal.clear()
    refused = run_body(module, clocked, moved)
    assert refused["error"]["kind"] == "guard" and refused["error"]["risk"] == "lock_out"
    assert "CA210 block the rest" in refused["msg"]
    assert_no_writes(clocked)
    wider = run_body(module, clocked, {**moved, "exclusive": False})
    assert wider["changed"] and wider["warnings"] == [], "more places to come from shut nobody out"
    accepted = run_body(
        module, clocked, {**moved, "accept_risk": ["lock_out"], "accept_reason": "CHG0042317, the office is closed"}
    )
    assert accepted["changed"] and "CHG0042317" in accepted["warnings"][0]


def test_a_location_that_is_used_between_plan_and_write_is_refused_by_the_service(clocked: Simulator) -> None:
    """The service has the last word, and its reason is told."""
    object_id = make_location(clocked)
    clocked.faults.add(
        Fault(
            "graph",
            method="DELETE",
            path="*/namedLocations/*",
            action="status",
            status=400,
            body={
                "error": {
                    "code": "BadRequest",
                    "message": "The server could not process the request because it is malformed or incorrect.",
                    "innerError": {"message": "1038: NamedLocation is referenced by policies.", "request-id": "x"},
                }
            },
        )
    )
    result = run_body(module, clocked, {"object_id": object_id, "state": "absent"})
    assert result["failed"] and "1038: NamedLocation is referenced by policies." in result["msg"]


def test_ranges_that_somebody_adds_meanwhile_stay(clocked: Simulator) -> None:
    """Between plan and write; ranges are sent as a whole."""
    object_id = make_location(clocked)
    plan, calls = NamedLocationResource.plan, list[int]()

    def plan_and_add(self: NamedLocationResource) -> t.Any:
        found = plan(self)
        if not calls:
            calls.append(1)
            row = clocked.tenant.named_locations[object_id]
            more = {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}
            clocked.tenant.store.put("namedLocations", object_id, {**row, "ipRanges": [*row["ipRanges"], more]})
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(NamedLocationResource, "plan", plan_and_add)
        made = run_body(module, clocked, {"object_id": object_id, "ip_ranges": ["198.51.100.0/24"]})
    assert made["changed"] and ranges(clocked) == ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.17/28"]


def test_rights_that_are_missing_are_named(clocked: Simulator) -> None:
    reader = clocked.identity("Policy.Read.All", name="location-reader")
    options = {**WANTED, "client_id": reader.client_id, "client_secret": reader.client_secret}
    result = run_body(module, clocked, options)
    assert result["error"]["kind"] == "forbidden"
    assert "Policy.ReadWrite.ConditionalAccess together with Policy.Read.All" in result["msg"]


def test_a_tenant_without_the_licence_says_so(clocked: Simulator) -> None:
    clocked.tenant.behaviours.licences = []
    result = run_body(module, clocked, WANTED)
    assert result["failed"] and "licen" in result["msg"].lower()


def test_names_of_the_service_reach_no_template(site: Simulator, play: Player) -> None:
    """A location of a name that is code, found by id."""
    object_id = make_location(site, displayName="{{ lookup('pipe', 'id') }}")
    run = play([task(object_id=object_id, ip_ranges=["198.51.100.0/24"])]).ok()
    assert run.result["named_location"]["display_name"] == "{{ lookup('pipe', 'id') }}" and "uid=" not in run.text
