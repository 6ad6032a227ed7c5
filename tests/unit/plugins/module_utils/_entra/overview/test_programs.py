# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service principals: owners of owners, and what is shown of the resources of their powers."""

from __future__ import annotations

import re
import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.directory import People
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.programs import Programs
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.reading import Reading
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import GRAPH

Wire = dict[str, t.Any]
ROOT = "/servicePrincipals"
STRONG, WEAK, SCOPE = guid(70), guid(71), guid(72)


def make_principal(number: int, **more: t.Any) -> Wire:
    return {"id": guid(number), "appId": guid(1000 + number), "displayName": f"P{number}", **more}


def make_graph_api() -> Wire:
    roles = [(STRONG, "RoleManagement.ReadWrite.Directory"), (WEAK, "User.ReadBasic.All"), (guid(73), "Mail.Read")]
    scopes = [{"id": SCOPE, "value": "User.Read"}, {"id": guid(74), "value": "Mail.Send"}]
    entries = [
        {"id": key, "value": value, "allowedMemberTypes": ["Application"], "isEnabled": True} for key, value in roles
    ]
    return make_principal(60, appId=GRAPH, appRoles=entries, oauth2PermissionScopes=scopes)


def make_tenant(owners: t.Mapping[int, t.Sequence[int]], held: t.Mapping[int, str]) -> Wire:
    """Answers for service principals by number with who owns them, and which permission of Graph each holds."""
    listed = [make_graph_api(), *(make_principal(number) for number in owners)]

    def find(parameters: Wire) -> list[Wire]:
        match = re.fullmatch(r"(\w+) in \((.*)\)", parameters["$filter"])
        assert match
        values = set(re.findall(r"'([^']*)'", match[2]))
        return [row for row in listed if row[match[1]] in values]

    def assign(number: int, role: str) -> Wire:
        return {"id": f"{number}{role}", "principalId": guid(number), "resourceId": guid(60), "appRoleId": role}

    answers: Wire = {ROOT: find, f"{ROOT}/{guid(60)}/appRoleAssignedTo": [assign(*one) for one in held.items()]}
    for number, own in owners.items():
        base = f"{ROOT}/{guid(number)}"
        answers[f"{base}/owners"] = [
            {"id": guid(one), "@odata.type": "#microsoft.graph.servicePrincipal"} for one in own
        ]
        answers[f"{base}/appRoleAssignments"] = [assign(number, held[number])] if number in held else []
        grant = {"id": f"g{number}", "resourceId": guid(60), "scope": " User.Read", "consentType": "AllPrincipals"}
        answers[f"{base}/oauth2PermissionGrants"] = [grant] if number in held else []
    return answers


def make_programs(make_ctx: t.Any, answers: Wire) -> tuple[Programs, FakeGraph]:
    ctx = make_ctx({})
    graph = FakeGraph(ctx, answers)
    return Programs(Reading(ctx, t.cast("t.Any", graph)), People()), graph


def test_who_holds_power_and_who_owns_it(make_ctx: t.Any) -> None:
    """Owners that own each other are read once; a program that holds nothing powerful and owns nothing is not read."""
    owners = {1: [2], 2: [3], 3: [1, 2], 4: [], 5: []}
    programs, graph = make_programs(make_ctx, make_tenant(owners, {1: STRONG, 4: WEAK}))
    programs.read_powerful([guid(5)])
    rows = {row["id"]: row for row in programs.finish()}
    assert set(rows) == {guid(number) for number in (1, 2, 3, 5, 60)}
    assert rows[guid(3)]["owners"] == [guid(1), guid(2)]
    assert [one["appRoleId"] for one in rows[guid(1)]["appRoleAssignments"]] == [STRONG]
    paths = [path for path in graph.reads if path.endswith("/owners")]
    assert len(paths) == len(set(paths)) == 4


@pytest.mark.parametrize("lacking", ["appId", "principalId"])
def test_an_answer_without_an_id_makes_the_source_incomplete(make_ctx: t.Any, lacking: str) -> None:
    """Such an answer is no crash, and nothing that it leaves open counts as read."""
    answers = make_tenant({1: []}, {1: STRONG})
    find = answers[ROOT]
    if lacking == "appId":
        answers[ROOT] = lambda parameters: [{**row, "appId": None} for row in find(parameters)]
    else:
        answers[f"{ROOT}/{guid(60)}/appRoleAssignedTo"][0]["principalId"] = None
    ctx = make_ctx({})
    reading = Reading(ctx, t.cast("t.Any", FakeGraph(ctx, answers)))
    programs = Programs(reading, People())
    programs.read_powerful([])
    programs.finish()
    lacking_sources = [one for one in reading.list_sources() if one["complete"] is False]
    assert lacking_sources and all("without an id" in one["why"] for one in lacking_sources)


def test_a_resource_shows_only_what_of_it_is_used(make_ctx: t.Any) -> None:
    programs, _graph = make_programs(make_ctx, make_tenant({1: []}, {1: STRONG}))
    programs.read_powerful([])
    api = next(row for row in programs.finish() if row["id"] == guid(60))
    assert [role["id"] for role in api["appRoles"]] == [STRONG]
    assert [scope["value"] for scope in api["oauth2PermissionScopes"]] == ["User.Read"]
    assert api["appRoleAssignedTo"] == api["owners"] == api["notVisible"] == []


def test_a_resource_of_which_nothing_is_used_is_left_out(make_ctx: t.Any) -> None:
    programs, _graph = make_programs(make_ctx, make_tenant({}, {}))
    programs.read_powerful([])
    assert programs.finish() == []
