# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a role is assigned to: by name, by object id, and what an id of something else is."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.principals import (
    Principal,
    PrincipalFinder,
)

GROUPS = [
    {"id": guid(1), "displayName": "GG Operators"},
    {"id": guid(2), "displayName": "GG Twin"},
    {"id": guid(3), "displayName": "gg twin"},
    {"id": guid(4), "displayName": "GG Op\u0435rators"},  # a Cyrillic letter
]
USERS = [{"id": guid(5), "userPrincipalName": "j.vega@corp.example"}]
SERVICES = [{"id": guid(6), "displayName": "backup-reports", "appId": guid(7)}]
BY_IDS = "/directoryObjects/getByIds"


def find(
    make_ctx: t.Any, kind: t.Any, asked: str, pending: t.Sequence[str] = (), **answers: t.Any
) -> tuple[Principal, PrincipalFinder, FakeGraph]:
    listed = {"/groups": GROUPS, "/users": USERS, "/servicePrincipals": SERVICES}
    graph = FakeGraph(make_ctx({}), {**listed, **answers.get("answers", {})})
    shown = {guid(9): Principal("user", "Jo Vega", guid(9))}
    finder = PrincipalFinder(t.cast("t.Any", graph), shown, pending)
    finder.prepare([(kind, asked)])
    return finder.find(kind, asked), finder, graph


@pytest.mark.parametrize(
    ("kind", "asked", "expected"),
    [
        ("group", "gg operators", ("GG Operators", guid(1))),
        ("user", "J.Vega@corp.example", ("J.Vega@corp.example", guid(5))),
        ("service_principal", "backup-reports", ("backup-reports", guid(6))),
        ("user", guid(9).upper(), ("Jo Vega", guid(9))),
    ],
)
def test_a_principal_is_found(make_ctx: t.Any, kind: str, asked: str, expected: tuple[str, str]) -> None:
    found, _finder, _graph = find(make_ctx, kind, asked)
    assert (found.name, found.object_id) == expected


def test_a_name_that_only_looks_equal_gets_nothing_and_is_told(make_ctx: t.Any) -> None:
    _found, _finder, graph = find(make_ctx, "group", "GG Operators")
    assert any("looks" in warning for warning in graph.ctx.warnings)
    listed = {"answers": {"/groups": [GROUPS[3]]}}
    with pytest.raises(LookupError, match="no group 'GG Operators' in the tenant; similar:"):
        find(make_ctx, "group", "GG Operators", **listed)


@pytest.mark.parametrize(
    ("kind", "asked", "said"),
    [
        ("group", "GG Twin", f"2 groups have the display name 'GG Twin': .*{guid(2)}, {guid(3)}"),
        ("group", "GG None", "no group 'GG None'"),
        ("user", "nobody@corp.example", "no user nobody@corp.example"),
        ("user", "Jo Vega", "give the user principal name"),
        ("service_principal", "nothing", "no service principal 'nothing'"),
        ("group", guid(9), "object id of the user Jo Vega"),
    ],
)
def test_what_is_not_found_is_told(make_ctx: t.Any, kind: str, asked: str, said: str) -> None:
    with pytest.raises(LookupError, match=said):
        find(make_ctx, kind, asked)


def test_a_group_that_an_earlier_task_would_create_is_pending(make_ctx: t.Any) -> None:
    assert find(make_ctx, "group", "GG None", ["gg none"])[0] == Principal("group", "GG None", None)
    for kind in ("user", "service_principal"):
        with pytest.raises(LookupError):
            find(make_ctx, kind, "gg none", ["gg none"])


def typed(object_id: str, kind: str, **more: t.Any) -> dict[str, t.Any]:
    return {"answers": {BY_IDS: [{"id": object_id, "@odata.type": f"#microsoft.graph.{kind}", **more}]}}


def test_an_object_id_is_verified_with_its_kind(make_ctx: t.Any) -> None:
    found, finder, _graph = find(make_ctx, "group", guid(20), **typed(guid(20), "group", displayName="GG Shown"))
    assert (found, finder.unverified) == (Principal("group", "GG Shown", guid(20)), set())
    with pytest.raises(LookupError, match=f"{guid(20)}; it is the object id of the user j.vega@corp.example"):
        find(make_ctx, "group", guid(20), **typed(guid(20), "user", userPrincipalName="j.vega@corp.example"))


def test_the_id_of_an_application_is_told_with_that_of_its_service_principal(make_ctx: t.Any) -> None:
    answers = typed(guid(20), "application", displayName="reports", appId=guid(21))["answers"]
    said = rf"application \(registration\) reports; the object id of its .*\(service principal\) is {guid(22)}"
    with pytest.raises(LookupError, match=said):
        by_app_id = {f"/servicePrincipals(appId='{guid(21)}')": {"id": guid(22)}}
        find(make_ctx, "service_principal", guid(20), answers={**answers, **by_app_id})
    client = {
        f"/servicePrincipals(appId='{guid(30)}')": {"id": guid(31), "appId": guid(30), "displayName": "reports"},
        BY_IDS: [],
    }
    with pytest.raises(
        LookupError, match=rf"application id .* of the application reports; .*service principal\) is {guid(31)}"
    ):
        find(make_ctx, "service_principal", guid(30), answers=client)
    with pytest.raises(LookupError, match="no group has the object id [0-9a-f-]{36}$"):
        find(make_ctx, "group", guid(30), answers={BY_IDS: []})


def test_an_id_that_may_not_be_looked_up_is_unverified(make_ctx: t.Any) -> None:
    found, finder, _graph = find(make_ctx, "group", guid(20), answers={BY_IDS: Forbidden("no", status=403)})
    assert (found.object_id, finder.unverified) == (guid(20), {guid(20)})


def test_names_of_a_kind_are_asked_for_together(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx({}), {"/groups": GROUPS, "/users": USERS})
    finder = PrincipalFinder(t.cast("t.Any", graph), {})
    names = [*(f"GG {number}" for number in range(10)), "GG Operators"]
    finder.prepare([*(("group", name) for name in names), ("user", "j.vega@corp.example")])
    assert sorted(graph.reads) == ["/groups", "/users"]


def test_a_name_in_the_document_that_may_deceive_is_told(make_ctx: t.Any) -> None:
    deceiving = str(GROUPS[3]["displayName"])
    found, _finder, graph = find(make_ctx, "group", deceiving)
    assert found.object_id == guid(4)
    assert any("can be mistaken for another one" in warning for warning in graph.ctx.warnings)
