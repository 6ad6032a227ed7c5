# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""$filter parsing and evaluation, list options and paging."""

from __future__ import annotations

from typing import Any

import pytest

from cvops_simulator import Simulator
from cvops_simulator.entra.graph.errors import GraphError
from cvops_simulator.entra.graph.filters import check_filter, matches, parse_filter
from cvops_simulator.entra.graph.messages import parse_key, split_path
from cvops_simulator.testing import running_simulator
from graph_client import GraphClient

ROW: dict[str, Any] = {
    "displayName": "Ops Team's",
    "appId": "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d",
    "tags": ["owner:platform", "x"],
    "enabled": True,
    "created": "2026-03-02T09:41:07.1834412Z",
    "web": {"homePageUrl": "https://a.example"},
    "roles": [{"value": "Operate", "number": 3}],
    "description": None,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("displayName eq 'ops team''s'", True),
        ("displayName eq 'ops'", False),
        ("displayName ne 'ops'", True),
        ("startsWith(displayName,'OPS')", True),
        ("startswith(displayName, 'team')", False),
        ("endsWith(displayName,'s')", True),
        ("appId eq '3F0C6D2E-31a5-4b0b-9f5b-0d6f4a1c2b3d'", True),
        ("appId eq 3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d", True),
        ("appId in ('a', '3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d')", True),
        ("appId in ('a','b')", False),
        ("tags/any(t:t eq 'x')", True),
        ("tags/any(t:startsWith(t,'own'))", True),
        ("tags/any(t:t eq 'y')", False),
        ("not (displayName eq 'x') and enabled eq true", True),
        ("NOT startsWith(displayName,'Ops')", False),
        ("displayName eq 'x' or (enabled eq true and description eq null)", True),
        ("displayName eq 'x' or enabled eq true and description ne null", False),
        ("created ge 2026-03-01T00:00:00Z and created lt 2026-03-03T00:00:00+01:00", True),
        ("created gt 2026-03-02T09:41:08Z", False),
        ("web/homePageUrl eq 'https://a.example'", True),
        ("roles/any(r:r/value eq 'operate' and r/number le 3)", True),
        ("tags/$count eq 2", True),
        ("tags/any()", True),
    ],
)
def test_filters(text: str, expected: bool) -> None:
    assert matches(parse_filter(text), ROW) is expected


@pytest.mark.parametrize(
    "text", ["", "displayName", "displayName eq", "displayName like 'x'", "(a eq 'b'", "a eq 'b' c", "a eq b"]
)
def test_broken_filters(text: str) -> None:
    with pytest.raises(GraphError) as caught:
        parse_filter(text)
    assert caught.value.status == 400


def test_advanced_operators_and_unsupported_properties() -> None:
    names = frozenset({"displayName", "tags"})
    for text in ("displayName ne 'x'", "not displayName eq 'x'", "endsWith(displayName,'x')", "tags/$count eq 0"):
        check_filter(parse_filter(text), names, "Application", advanced=True)
        with pytest.raises(GraphError) as caught:
            check_filter(parse_filter(text), names, "Application", advanced=False)
        assert caught.value.code == "Request_UnsupportedQuery"
    with pytest.raises(GraphError, match="property 'notes' of resource 'Application'"):
        check_filter(parse_filter("notes eq 'x'"), names, "Application", advanced=True)


def test_paths_and_keys() -> None:
    assert split_path("/applications(appId='a/b')/addPassword") == ["applications", "(appId='a/b')", "addPassword"]
    assert split_path("//groups/{id}//members") == ["groups", "{id}", "members"]
    assert parse_key("(uniqueName='it''s')") == ("uniqueName", "it's")
    assert parse_key("('x=y')") == ("id", "x=y")
    with pytest.raises(GraphError):
        parse_key("(appId=x)")


def test_select_count_search_and_order(graph: GraphClient) -> None:
    for name in ("Zeta runner", "Alpha runner", "Beta"):
        graph.application(displayName=name)
    found = graph.ok(200, "GET", "/applications?$filter=startsWith(displayName,'Zeta')&$select=displayName")
    assert found["value"] == [{"displayName": "Zeta runner"}]
    assert found["@odata.context"].endswith("#applications(displayName)")
    assert "@odata.count" not in graph.ok(200, "GET", "/applications?$count=true")
    eventual = {"ConsistencyLevel": "eventual"}
    counted = graph.ok(200, "GET", "/applications?$count=true&$top=1", **eventual)
    assert counted["@odata.count"] > len(counted["value"]) == 1
    error = graph.error(400, "GET", "/applications/$count")
    assert (error["code"], error["message"]) == ("Request_BadRequest", "$count is not currently supported.")
    answer = graph.call("GET", "/applications/$count", **eventual)
    assert int(answer.text) == counted["@odata.count"]
    assert graph.error(400, "GET", '/applications?$search="displayName:runner"')["code"] == "Request_UnsupportedQuery"
    hits = graph.ok(200, "GET", '/applications?$search="displayName:runner"', **eventual)["value"]
    assert {item["displayName"] for item in hits} == {"Zeta runner", "Alpha runner"}
    assert graph.error(400, "GET", "/applications?$orderby=displayName")["code"] == "Request_UnsupportedQuery"
    query = "/applications?$orderby=displayName desc&$count=true&$filter=endsWith(displayName,'runner')"
    ordered = graph.ok(200, "GET", query, **eventual)["value"]
    assert [item["displayName"] for item in ordered] == ["Zeta runner", "Alpha runner"]
    assert len(graph.ok(200, "GET", "/groups?$orderby=displayName")["value"]) > 1


@pytest.mark.parametrize(
    "query",
    ["$skip=1", "$expand=owners", "$top=0", "$top=1000", "$select=nonsense", "$filter=notes eq 'x'", "$skiptoken=x"],
)
def test_refused_options(graph: GraphClient, query: str) -> None:
    graph.error(400, "GET", f"/applications?{query}")


def test_a_filter_names_at_most_fifteen_values(graph: GraphClient) -> None:
    names = ", ".join(f"'n{number}'" for number in range(15))
    assert graph.ok(200, "GET", f"/groups?$filter=displayName in ({names})")["value"] == []
    assert (
        "Max allowed: 15" in graph.error(400, "GET", f"/groups?$filter=displayName in ({names}, 'one more')")["message"]
    )


def test_an_address_of_many_values_has_at_most_2048_characters(graph: GraphClient) -> None:
    long = ", ".join(f"'{letter * 140}'" for letter in "abcdefghijklmno")
    query = f"$filter=displayName%20in%20({long.replace(' ', '%20')})"
    graph.error(414, "GET", f"/groups?{query}")
    parts = [{"id": "1", "method": "GET", "url": f"/groups?{query}"}, {"id": "2", "method": "GET", "url": "/groups"}]
    answers = {item["id"]: item for item in graph.ok(200, "POST", "/$batch", {"requests": parts})["responses"]}
    assert (answers["1"]["status"], answers["2"]["status"]) == (414, 200)


def test_paging() -> None:
    with running_simulator(set="S", seed=1, page_size=2) as sim, GraphClient(sim, sim.automation) as graph:
        link = "/users?$select=id&$top=999"
        found: list[str] = []
        while link:
            page = graph.ok(200, "GET", link)
            assert len(page["value"]) <= 2
            found += [item["id"] for item in page["value"]]
            link = page.get("@odata.nextLink", "")
            assert link.startswith(f"{sim.graph_url}/v1.0/users?$select=id&$top=999&$skiptoken=") or not link
        assert sorted(found) == sorted(sim.tenant.users)


def test_top_beyond_the_default_page(sim: Simulator, graph: GraphClient) -> None:
    with running_simulator(set="M", seed=1) as large, GraphClient(large, large.automation) as client:
        assert len(client.ok(200, "GET", "/users")["value"]) == 100
        page = client.ok(200, "GET", "/users?$top=999")
        assert len(page["value"]) == min(999, len(large.tenant.users)) > 100
