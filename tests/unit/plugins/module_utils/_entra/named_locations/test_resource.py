# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module entra_named_location: what is read, what is sent, what is refused."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, carry_out, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    ConfigError,
    GuardRefused,
    Unreachable,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.named_locations.resource import (
    NamedLocationResource,
)

PATH, POLICIES = "/identity/conditionalAccess/namedLocations", "/identity/conditionalAccess/policies"
WIRE: dict[str, t.Any] = {
    "@odata.type": "#microsoft.graph.ipNamedLocation",
    "id": guid(1),
    "displayName": "Egress",
    "isTrusted": False,
    "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.16/28"}],
}
BLOCKS_ALL_ELSE = {
    "id": guid(9),
    "displayName": "CA210",
    "state": "enabled",
    "conditions": {"locations": {"includeLocations": ["All"], "excludeLocations": [guid(1)]}},
}


def make_location(
    make_ctx: t.Any, rows: t.Any, *replies: t.Any, policies: t.Any = (), shown: t.Any = None, **options: t.Any
) -> tuple[t.Any, FakeGraph]:
    usual = {
        "state": "present",
        "display_name": "Egress",
        "ip_ranges": ["203.0.113.16/28"],
        "exclusive": False,
        "max_removals": 20,
    }
    answers = {PATH: rows, POLICIES: list(policies), f"{PATH}/{guid(1)}": shown}
    graph = FakeGraph(make_ctx({**usual, **options}), answers, *replies)
    return call_with_graph(NamedLocationResource, graph), graph


def test_a_location_that_is_as_asked_costs_one_read(make_ctx: t.Any) -> None:
    location, graph = make_location(make_ctx, [WIRE])
    assert not location.plan().changed and graph.reads == [PATH]
    assert location.result() == {
        "object_id": guid(1),
        "display_name": "Egress",
        "kind": "ip",
        "ip_ranges": ["203.0.113.16/28"],
        "trusted": False,
    }


def test_a_change_sends_the_type_and_what_differs(make_ctx: t.Any) -> None:
    location, graph = make_location(make_ctx, [WIRE], shown=WIRE, trusted=True)
    carry_out(location, location.plan())
    body = {"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": True}
    assert graph.writes == [("PATCH", f"{PATH}/{guid(1)}", body)]
    assert graph.needs == [("Policy.ReadWrite.ConditionalAccess together with Policy.Read.All",)]


def test_a_location_that_is_used_in_no_policy_is_deleted_and_forgotten(make_ctx: t.Any) -> None:
    trusted = {**WIRE, "isTrusted": True}
    location, graph = make_location(make_ctx, [trusted], shown=trusted, state="absent", ip_ranges=None)
    carry_out(location, location.plan())
    assert graph.sent() == [f"PATCH {PATH}/{guid(1)}", f"DELETE {PATH}/{guid(1)}"]
    assert graph.writes[0].body == {"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": False}
    assert graph.forgotten == [guid(1)] and location.result() == {}


@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_somebody_has_changed_meanwhile_is_not_overwritten(make_ctx: t.Any, state: str) -> None:
    """Ranges are written as a whole, so that theirs would be lost."""
    theirs = {**WIRE, "ipRanges": [*WIRE["ipRanges"], {"cidrAddress": "192.0.2.0/24"}]}
    options = {"trusted": True} if state == "present" else {"ip_ranges": None}
    location, graph = make_location(make_ctx, [WIRE], shown=theirs, state=state, **options)
    with pytest.raises(ApiError) as caught:
        carry_out(location, location.plan())
    assert caught.value.is_outdated and not graph.writes


@pytest.mark.parametrize("state", ["enabled", "disabled", "enabledForReportingButNotEnforced"])
def test_a_location_that_a_policy_names_is_not_deleted(make_ctx: t.Any, state: str) -> None:
    policies = [{**BLOCKS_ALL_ELSE, "state": state}]
    location, graph = make_location(make_ctx, [WIRE], policies=policies, state="absent", ip_ranges=None)
    with pytest.raises(ConfigError, match=rf"CA210 \({state}\)"):
        location.plan()
    assert not graph.writes


def test_what_makes_a_policy_reach_further_has_to_be_accepted(make_ctx: t.Any) -> None:
    options: dict[str, t.Any] = {"ip_ranges": ["198.51.100.0/24"], "exclusive": True, "policies": [BLOCKS_ALL_ELSE]}
    location, graph = make_location(make_ctx, [WIRE], **options)
    with pytest.raises(GuardRefused, match="CA210") as caught:
        location.plan()
    assert caught.value.facts["risk"] == "lock_out"
    location, graph = make_location(
        make_ctx, [WIRE], **options, accept_risk=["lock_out"], accept_reason="the office is closed"
    )
    assert location.plan().changed and "the office is closed" in graph.ctx.warnings[0]


def test_what_makes_no_policy_reach_further_needs_no_word(make_ctx: t.Any) -> None:
    more = ["203.0.113.16/28", "198.51.100.0/24"]
    location, graph = make_location(make_ctx, [WIRE], policies=[BLOCKS_ALL_ELSE], ip_ranges=more)
    assert location.plan().changed and not graph.ctx.warnings
    location, graph = make_location(
        make_ctx, [WIRE], policies=[BLOCKS_ALL_ELSE], display_name="New", object_id=guid(1), shown=WIRE
    )
    assert location.plan().changed and POLICIES not in graph.reads, "a new name changes no place"


def test_policies_that_cannot_be_read_are_not_none(make_ctx: t.Any) -> None:
    location, graph = make_location(make_ctx, [WIRE], ip_ranges=["198.51.100.0/24"], exclusive=True)
    graph.answers[POLICIES] = Unreachable("no answer")
    with pytest.raises(Unreachable):
        location.plan()
    assert not graph.writes


def test_more_is_not_removed_than_the_task_may(make_ctx: t.Any) -> None:
    many = [{"cidrAddress": f"203.0.113.{number}/32"} for number in range(30)]
    location, graph = make_location(make_ctx, [{**WIRE, "ipRanges": many}], ip_ranges=["192.0.2.0/24"], exclusive=True)
    with pytest.raises(GuardRefused, match="30 IP ranges would be removed, more than max_removals 20"):
        location.plan()
    location, graph = make_location(make_ctx, [{**WIRE, "ipRanges": many}], state="absent", ip_ranges=None)
    assert location.plan().changed, "a location that goes is no list that has lost its contents"


def test_of_two_locations_of_one_name_none_is_chosen(make_ctx: t.Any) -> None:
    location, graph = make_location(make_ctx, [WIRE, {**WIRE, "id": guid(2), "displayName": "EGRESS"}])
    with pytest.raises(AmbiguousMatch, match="give object_id") as caught:
        location.plan()
    assert caught.value.facts["candidates"] == [guid(1), guid(2)]


def test_a_name_that_looks_the_same_is_another_one_and_told(make_ctx: t.Any) -> None:
    location, graph = make_location(make_ctx, [{**WIRE, "displayName": "Еgress"}])
    assert [step.action for step in location.plan().steps] == ["create"]
    assert any("Еgress" in warning or "egress" in warning for warning in graph.ctx.warnings)


def test_an_id_that_no_location_has(make_ctx: t.Any) -> None:
    location, graph = make_location(make_ctx, [], object_id=guid(1))
    with pytest.raises(ConfigError, match="leave object_id out"):
        location.plan()
    location, graph = make_location(make_ctx, [], object_id=guid(1), state="absent", ip_ranges=None)
    assert not location.plan().changed and location.result() == {}
    location, graph = make_location(make_ctx, [], object_id="Egress")
    with pytest.raises(ConfigError, match="is not a GUID"):
        location.plan()
    assert graph.reads == []


def test_addresses_that_nobody_comes_from_are_told_once(make_ctx: t.Any) -> None:
    location, graph = make_location(make_ctx, [WIRE], ip_ranges=["10.0.0.0/8"])
    location.plan()
    assert len(graph.ctx.warnings) == 1
    known = {**WIRE, "ipRanges": [{"cidrAddress": "10.0.0.0/8"}]}
    location, graph = make_location(make_ctx, [known], ip_ranges=["10.0.0.0/8"])
    location.plan()
    assert not graph.ctx.warnings


def test_a_trusted_location_is_deleted_when_no_replica_shows_it_as_trusted(make_ctx: t.Any) -> None:
    """Any of them may refuse the deletion."""
    trusted, looks = {**WIRE, "isTrusted": True}, [True, False, True, *[False] * 5]
    shown = iter([{**WIRE, "isTrusted": is_trusted} for is_trusted in looks])
    location, graph = make_location(make_ctx, [trusted], state="absent", ip_ranges=None)
    graph.answers[f"{PATH}/{guid(1)}"] = lambda params: next(shown)
    distrust, delete = location.plan().steps
    location.wait_before(distrust)
    assert graph.reads.count(f"{PATH}/{guid(1)}") == 0
    location.wait_before(delete)
    assert graph.reads.count(f"{PATH}/{guid(1)}") == len(looks)


def test_a_location_that_stays_trusted_is_not_deleted(make_ctx: t.Any) -> None:
    trusted = {**WIRE, "isTrusted": True}
    location, graph = make_location(make_ctx, [trusted], shown=trusted, state="absent", ip_ranges=None)
    steps = location.plan().steps
    with pytest.raises(WaitTimeout):
        location.wait_before(steps[1])


@pytest.mark.parametrize(
    ("shown", "field"), [(None, "list"), (WIRE, "ip_ranges"), ({**WIRE, "displayName": "Old"}, "display_name")]
)
def test_what_does_not_show_is_told(make_ctx: t.Any, shown: t.Any, field: str) -> None:
    location, graph = make_location(make_ctx, [WIRE], shown=shown, ip_ranges=["203.0.113.16/28", "192.0.2.0/24"])
    location.plan()
    assert {"field": field} in location.verify()


def test_a_switch_that_does_not_show_fails_the_task(make_ctx: t.Any) -> None:
    location, graph = make_location(make_ctx, [WIRE], shown=WIRE, trusted=True)
    location.plan()
    with pytest.raises(WaitTimeout, match="trusted"):
        location.verify()


def test_a_location_that_still_shows_after_its_deletion_fails_the_task(make_ctx: t.Any) -> None:
    location, graph = make_location(make_ctx, [WIRE], shown=WIRE, state="absent", ip_ranges=None)
    location.plan()
    with pytest.raises(WaitTimeout):
        location.verify()
    graph.answers[f"{PATH}/{guid(1)}"] = None
    assert location.verify() == []
