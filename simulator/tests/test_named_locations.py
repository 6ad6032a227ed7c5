# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Named locations of conditional access."""

from __future__ import annotations

from typing import Any

import pytest

from access_bodies import (
    LOCATIONS,
    NOBODY,
    POLICIES,
    countries,
    ip_location,
    make_location,
    make_policy,
    policy,
    reason,
)
from cvops_simulator import Replication, Simulator
from cvops_simulator.testing import running_simulator
from graph_client import GraphClient


def test_addresses_from_create_to_delete(graph: GraphClient) -> None:
    created = graph.ok(201, "POST", LOCATIONS, ip_location("203.0.113.16/28", "2001:0DB8:40::/48", isTrusted=True))
    assert created.pop("@odata.context").endswith("#identity/conditionalAccess/namedLocations/$entity")
    assert created["@odata.type"] == "#microsoft.graph.ipNamedLocation"
    assert created["ipRanges"] == [
        {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.16/28"},
        {"@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8:40::/48"},
    ]
    path = f"{LOCATIONS}/{created['id']}"
    assert {**graph.ok(200, "GET", path), "@odata.context": ""} == {**created, "@odata.context": ""}
    graph.ok(204, "PATCH", path, {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "hq"})
    changed = graph.ok(200, "GET", path)
    assert (changed["displayName"], changed["isTrusted"], len(changed["ipRanges"])) == ("hq", True, 2)
    graph.ok(204, "PATCH", path, ip_location("198.51.100.0/24"))
    assert len(graph.ok(200, "GET", path)["ipRanges"]) == 1
    assert "is trusted" in reason(graph, "DELETE", path)
    graph.ok(204, "PATCH", path, {"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": False})
    graph.ok(204, "DELETE", path)
    error = graph.error(404, "GET", path)
    assert error["code"] == "ResourceNotFound"
    assert error["message"] == f"NamedLocation with id {created['id']} does not exist in the directory."
    graph.error(404, "DELETE", path)


def test_countries(graph: GraphClient) -> None:
    created = graph.ok(201, "POST", LOCATIONS, countries("li", "CH"))
    assert created["countriesAndRegions"] == ["CH", "LI"]
    assert (created["includeUnknownCountriesAndRegions"], created["countryLookupMethod"]) == (False, "clientIpAddress")
    path = f"{LOCATIONS}/{created['id']}"
    graph.ok(204, "PATCH", path, countries("DE", countryLookupMethod="authenticatorAppGps"))
    changed = graph.ok(200, "GET", path)
    assert (changed["countriesAndRegions"], changed["countryLookupMethod"]) == (["DE"], "authenticatorAppGps")
    graph.ok(204, "DELETE", path)


def test_lists(graph: GraphClient) -> None:
    first = make_location(graph, ip_location("203.0.113.0/24"))
    second = make_location(graph, countries("CH"))
    rows = graph.ok(200, "GET", LOCATIONS)["value"]
    assert {row["id"]: row["@odata.type"].rpartition(".")[2] for row in rows} == {
        first: "ipNamedLocation",
        second: "countryNamedLocation",
    }
    found = graph.ok(200, "GET", f"{LOCATIONS}?$filter=displayName eq 'home'&$select=id,displayName")["value"]
    assert found == [{"@odata.type": "#microsoft.graph.countryNamedLocation", "id": second, "displayName": "home"}]
    assert make_location(graph, countries("DE")) != second


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "x"},
        {**ip_location("203.0.113.0/24"), "@odata.type": "#microsoft.graph.compliantNetworkNamedLocation"},
        {**ip_location("203.0.113.0/24"), "countriesAndRegions": ["CH"]},
        {**ip_location(), "ipRanges": [{"cidrAddress": "203.0.113.0/24"}]},
        ip_location(),
        ip_location("203.0.113.0"),
        ip_location("0.0.0.0/0"),
        ip_location("203.0.113.0/255.255.255.0"),
        ip_location("office"),
        ip_location("203.0.113.0/24", displayName=""),
        ip_location("203.0.113.0/24", isTrusted=None),
        ip_location("203.0.113.0/24", id=NOBODY),
        ip_location(*(f"10.{i // 250}.{i % 250}.0/24" for i in range(2001))),
        countries(),
        countries("Switzerland"),
        countries("CH", countryLookupMethod="guess"),
        [],
    ],
)
def test_bodies_that_are_refused(graph: GraphClient, body: Any) -> None:
    assert reason(graph, "POST", LOCATIONS, body).startswith("NamedLocation validation failed")
    assert graph.ok(200, "GET", LOCATIONS)["value"] == []


def test_a_patch_names_the_type_of_its_location(graph: GraphClient) -> None:
    path = f"{LOCATIONS}/{make_location(graph, countries('CH'))}"
    for body in ({"displayName": "x"}, ip_location("203.0.113.0/24")):
        assert "@odata.type" in reason(graph, "PATCH", path, body)


def test_a_location_in_use_stays(graph: GraphClient) -> None:
    path = f"{LOCATIONS}/{make_location(graph, ip_location('203.0.113.0/24'))}"
    locations = {"includeLocations": ["All"], "excludeLocations": [path.rpartition("/")[2]]}
    made = make_policy(graph, state="disabled", conditions={"locations": locations})
    assert made["id"] in reason(graph, "DELETE", path)
    graph.ok(204, "PATCH", f"{POLICIES}/{made['id']}", {"conditions": {"locations": None}})
    graph.ok(204, "DELETE", path)


def test_host_bits_stay(graph: GraphClient) -> None:
    created = graph.ok(201, "POST", LOCATIONS, ip_location("203.0.113.77/24", "2001:db8::1/64"))
    assert [item["cidrAddress"] for item in created["ipRanges"]] == ["203.0.113.77/24", "2001:db8::1/64"]


def test_limit_and_licence(sim: Simulator, graph: GraphClient) -> None:
    sim.tenant.behaviours.location_limit = 1
    make_location(graph, ip_location("203.0.113.0/24"))
    assert "limit of 1" in reason(graph, "POST", LOCATIONS, ip_location("203.0.113.0/24"))
    path = f"{LOCATIONS}/{make_location(graph, countries('CH'))}"
    sim.tenant.behaviours.licences.remove("P1")
    for method, target in (("POST", LOCATIONS), ("PATCH", path)):
        error = graph.error(403, method, target, countries("CH"))
        assert error["code"] == "AccessDenied"
        assert error["message"].startswith("Your tenant is not licensed for this feature.")
    assert len(graph.ok(200, "GET", LOCATIONS)["value"]) == 2


def test_a_new_location_is_found_after_a_while(sim: Simulator, graph: GraphClient) -> None:
    sim.tenant.behaviours.location_lag = 15
    created = make_location(graph, ip_location("203.0.113.0/24"))
    conditions = {"locations": {"includeLocations": [created]}}
    graph.error(404, "GET", f"{LOCATIONS}/{created}")
    assert graph.ok(200, "GET", LOCATIONS)["value"] == []
    text = f"1040: NamedLocation with id {created} does not exist in the directory."
    assert reason(graph, "POST", POLICIES, policy(conditions=conditions)) == text
    sim.clock.advance(15)
    graph.ok(200, "GET", f"{LOCATIONS}/{created}")
    make_policy(graph, conditions=conditions)


def test_replicas_learn_late() -> None:
    replication = Replication(seed=3, object_lag=30.0, property_lag=30.0, tail=0.0)
    with running_simulator(set="S", seed=1, replication=replication) as sim, GraphClient(sim, sim.automation) as graph:
        created = make_location(graph, ip_location("203.0.113.0/24", isTrusted=True))
        path = f"{LOCATIONS}/{created}"
        assert 404 in {graph.call("GET", path).status_code for _ in range(20)}
        sim.clock.advance(30)
        assert {graph.call("GET", path).status_code for _ in range(20)} == {200}
        graph.ok(204, "PATCH", path, {"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": False})
        # The replica that is asked does not know yet that the location is trusted no more.
        assert "is trusted" in reason(graph, "DELETE", path)
        sim.clock.advance(30)
        graph.ok(204, "DELETE", path)


@pytest.mark.parametrize(
    ("permissions", "read", "write"),
    [
        ((), 403, 403),
        (("Policy.Read.All",), 200, 403),
        (("Policy.ReadWrite.ConditionalAccess",), 403, 403),
        (("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"), 200, 201),
    ],
)
def test_permissions(sim: Simulator, permissions: tuple[str, ...], read: int, write: int) -> None:
    with GraphClient(sim, sim.identity(*permissions)) as client:
        answers = [client.call("GET", LOCATIONS), client.call("POST", LOCATIONS, countries("CH"))]
    assert [answer.status_code for answer in answers] == [read, write]
    for answer in answers:
        if answer.status_code == 403:
            error = answer.json()["error"]
            assert error["code"] == "AccessDenied"
            assert error["message"].endswith("required scopes are missing in the token.")
