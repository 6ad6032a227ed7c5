# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API permissions by name."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient
from ansible_collections.cvops.identity.plugins.module_utils._entra.permissions import (
    KINDS,
    WELL_KNOWN,
    ApiResolver,
    RequestedPermissions,
    ResourceApi,
    api_permissions_option,
    match_permissions,
)

GRAPH = {
    "id": "77d1f1a6-3c0f-4c44-9d5e-000000000001",
    "appId": WELL_KNOWN["microsoft graph"],
    "displayName": "Microsoft Graph",
    "appRoles": [
        {"id": "DF021288-0000-0000-0000-000000000001", "value": "User.Read.All", "allowedMemberTypes": ["Application"]},
        {"id": "df021288-0000-0000-0000-000000000002", "value": "Old", "isEnabled": False},
        {"id": "df021288-0000-0000-0000-000000000003", "value": "People.Only", "allowedMemberTypes": ["User"]},
        {"id": "df021288-0000-0000-0000-000000000004", "value": None},
    ],
    "oauth2PermissionScopes": [{"id": "e1fe6dd8-0000-0000-0000-000000000001", "value": "User.Read", "isEnabled": True}],
}
OTHER = {
    "id": "77d1f1a6-3c0f-4c44-9d5e-000000000002",
    "appId": "77d1f1a6-3c0f-4c44-9d5e-000000000003",
    "displayName": "Mine",
}


class FakeGraph:
    """Answers the two reads that names need, and counts them."""

    def __init__(self, *principals: dict[str, t.Any]) -> None:
        self._principals = principals
        self.reads: list[str] = []

    def get(self, path: str, **_unused: t.Any) -> dict[str, t.Any] | None:
        """By application id."""
        self.reads.append(path)
        return next((item for item in self._principals if item["appId"] in path), None)

    def list(self, path: str, *, params: dict[str, str], **_unused: t.Any) -> list[dict[str, t.Any]]:
        """By display name."""
        self.reads.append(params["$filter"])
        return [item for item in self._principals if f"'{item['displayName']}'" in params["$filter"]]


def apis(*principals: dict[str, t.Any]) -> tuple[ApiResolver, FakeGraph]:
    """The resolver over a fake Graph."""
    graph = FakeGraph(*principals)
    return ApiResolver(t.cast(GraphClient, graph)), graph


def test_only_what_can_be_granted_is_known() -> None:
    """Disabled roles, roles for people and roles without value are no application permissions."""
    api = ResourceApi.from_wire(GRAPH)
    assert api.application == {"User.Read.All": "df021288-0000-0000-0000-000000000001"}
    assert api.delegated == {"User.Read": "e1fe6dd8-0000-0000-0000-000000000001"}
    assert api.get_names()["e1fe6dd8-0000-0000-0000-000000000001"] == "User.Read"


def test_names_and_ids() -> None:
    """Names and ids mean the same; duplicates do not matter."""
    api = ResourceApi.from_wire(GRAPH)
    found = match_permissions(api, "application", ["User.Read.All", "DF021288-0000-0000-0000-000000000001"], "here")
    assert found == (("df021288-0000-0000-0000-000000000001",), [])
    (problem,) = match_permissions(api, "application", ["E1FE6DD8-0000-0000-0000-000000000001"], "here")[1]
    assert problem["message"].endswith("; it is a delegated permission there")


def test_resolves_each_api_once() -> None:
    """A well-known name, an application id and a display name; unset kinds stay unset."""
    resolver, graph = apis(GRAPH, OTHER)
    entries = [{"api": "microsoft graph", "application": ["User.Read.All"]}, {"api": "Mine", "delegated": []}]
    first, second = resolver.resolve(entries)
    assert first.application == ("df021288-0000-0000-0000-000000000001",)
    assert first.delegated is None
    assert (second.application, second.delegated) == (None, ())
    assert second.api.app_id == OTHER["appId"]
    assert resolver.find_by_name(GRAPH["appId"]) == [first.api]
    assert resolver.find_by_app_id(OTHER["appId"]) == second.api
    assert len(graph.reads) == 2


def test_all_problems_together() -> None:
    """Unknown names with near matches or the right kind, unknown and ambiguous APIs, and an API listed twice."""
    resolver, _graph = apis(GRAPH, OTHER, {**OTHER, "appId": "77d1f1a6-3c0f-4c44-9d5e-000000000009"})
    entries = [
        {
            "api": "Microsoft Graph",
            "application": ["user.read.all", "User.Read", "Zzz"],
            "delegated": ["User.Read.All"],
        },
        {"api": "Nobody"},
        {"api": "Mine"},
        {"api": WELL_KNOWN["microsoft graph"]},
    ]
    with pytest.raises(Problems) as caught:
        resolver.resolve(entries)
    problems = {problem["where"]: problem for problem in caught.value.facts["problems"]}
    assert problems["api_permissions[0].application[0]"]["message"].endswith("; near: User.Read.All")
    assert problems["api_permissions[0].application[1]"]["message"].endswith("; it is a delegated permission there")
    assert problems["api_permissions[0].application[2]"]["message"].endswith("'Zzz'")
    assert problems["api_permissions[0].delegated[0]"]["message"].endswith("; it is an application permission there")
    assert problems["api_permissions[1].api"]["kind"] == "not_found"
    assert problems["api_permissions[2].api"]["kind"] == "ambiguous"
    assert "listed twice" in problems["api_permissions[3].api"]["message"]
    assert len(problems) == 7


names = st.lists(st.sampled_from(["User.Read", "Mail.Read", "Unknown", "DF021288-0000-0000-0000-000000000001", "x"]))
OFFER = ResourceApi(
    "app",
    "object",
    "Microsoft Graph",
    {"User.Read": "df021288-0000-0000-0000-000000000001", "Mail.Read": "df021288-0000-0000-0000-000000000002"},
    {"Calendars.Read": "e1fe6dd8-0000-0000-0000-000000000001"},
)


@given(names, st.randoms(use_true_random=False))
def test_every_name_is_an_id_or_a_problem_in_any_order(listed: list[str], chance: t.Any) -> None:
    ids, problems = match_permissions(OFFER, "application", listed, "here")
    unknown = [index for index, name in enumerate(listed) if name in ("Unknown", "x")]
    assert [problem["where"] for problem in problems] == [f"here[{index}]" for index in unknown]
    assert list(ids) == sorted(set(ids)) and set(ids) <= set(OFFER.application.values())
    assert match_permissions(OFFER, "application", chance.sample(listed, len(listed)), "here")[0] == ids
    assert match_permissions(OFFER, "application", ids, "here") == (ids, [])


def test_an_id_of_the_other_kind_is_no_permission_of_this_one() -> None:
    ids, problems = match_permissions(OFFER, "application", ["e1fe6dd8-0000-0000-0000-000000000001"], "here")
    assert ids == () and len(problems) == 1


def test_a_role_that_does_not_say_who_may_hold_it_can_be_held() -> None:
    role = {"id": "A", "value": "Run"}
    assert ResourceApi.from_wire({**OTHER, "appRoles": [role]}).application == {"Run": "a"}
    assert ResourceApi.from_wire({**OTHER, "appRoles": [{**role, "allowedMemberTypes": []}]}).application == {}
    assert ResourceApi.from_wire({"id": "1", "appId": "A"}).display_name == "A"


def test_an_api_that_is_not_there_is_asked_for_once() -> None:
    resolver, graph = apis()
    assert resolver.find_by_app_id(OTHER["appId"].upper()) is None
    assert resolver.find_by_app_id(OTHER["appId"]) is None
    assert resolver.find_by_name(OTHER["appId"]) == [] and len(graph.reads) == 1


def test_an_api_whose_name_only_looks_equal_is_told_and_never_taken() -> None:
    class Loose(FakeGraph):
        """Compares as loosely as Graph may."""

        def list(self, path: str, *, params: dict[str, str], **_unused: t.Any) -> t.Any:
            return [{**OTHER, "displayName": "M\u0456ne"}]

    with pytest.raises(Problems) as caught:
        ApiResolver(t.cast("t.Any", Loose())).resolve([{"api": "Mine"}])
    (problem,) = caught.value.facts["problems"]
    assert problem["kind"] == "not_found" and "similar: 'M\u0456ne'" in problem["message"]


def test_suboptions_name_every_kind() -> None:
    assert api_permissions_option()["options"].keys() == {"preset", "api", *KINDS}
    requested = RequestedPermissions(OFFER, ("a",), None)
    assert [requested.get_ids(kind) for kind in KINDS] == [("a",), None]
