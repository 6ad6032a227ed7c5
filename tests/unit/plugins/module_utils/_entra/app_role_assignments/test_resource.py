# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module entra_app_role_assignment: what is read, what is sent, and what is refused before."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, carry_out, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ConfigError,
    GuardRefused,
    Problems,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.resource import (
    AppRoleAssignmentsResource,
)

APP_ID, SERVICE = guid(1), guid(2)
PRINCIPAL = f"/servicePrincipals(appId='{APP_ID}')"
LIST = f"/servicePrincipals/{SERVICE}/appRoleAssignedTo"
ROLES = [
    {"id": guid(11), "value": "Operate", "displayName": "Operate", "allowedMemberTypes": ["User"], "isEnabled": True},
    {"id": guid(12), "value": "Read", "displayName": "Read", "allowedMemberTypes": ["User"], "isEnabled": True},
]
WIRE = {
    "id": SERVICE,
    "appId": APP_ID,
    "displayName": "commvault",
    "appRoles": ROLES,
    "appRoleAssignmentRequired": True,
}
GROUPS = [{"id": guid(21), "displayName": "GG One"}, {"id": guid(22), "displayName": "GG Two"}]


def row(number: int, principal: int, role: int, kind: str = "Group") -> dict[str, t.Any]:
    name = {21: "GG One", 22: "GG Two"}.get(principal, f"somebody {principal}")
    return {
        "id": f"a{number}",
        "principalId": guid(principal),
        "principalType": kind,
        "principalDisplayName": name,
        "appRoleId": guid(role),
    }


def make(
    make_ctx: t.Any, rows: t.Any, assignments: list[dict[str, t.Any]], *, wire: t.Any = WIRE, **options: t.Any
) -> tuple[AppRoleAssignmentsResource, FakeGraph]:
    usual = {
        "app_id": APP_ID,
        "application": None,
        "assignments": assignments,
        "exclusive": False,
        "max_removals": 20,
        "pending_app_roles": [],
        "pending_entra_groups": [],
        "state": "present",
        "accept_risk": None,
        "accept_reason": None,
    }
    graph = FakeGraph(make_ctx({**usual, **options}), {PRINCIPAL: wire, LIST: rows, "/groups": GROUPS})
    return call_with_graph(AppRoleAssignmentsResource, graph), graph


ONE = {"group": "GG One", "app_role": "Operate"}
TWO = {"group": "GG Two", "app_role": "Read"}


def test_what_is_missing_is_assigned_and_what_is_there_stays(make_ctx: t.Any) -> None:
    resource, graph = make(make_ctx, [row(1, 21, 11), row(2, 30, 12, "User")], [ONE, TWO])
    planned = resource.plan()
    carry_out(resource, planned)
    assert graph.writes == [("POST", LIST, {"principalId": guid(22), "resourceId": SERVICE, "appRoleId": guid(12)})]
    assert [(item["name"], item["app_role"]) for item in resource.result()] == [
        ("GG One", "Operate"),
        ("GG Two", "Read"),
        ("somebody 30", "Read"),
    ]
    resource, graph = make(make_ctx, [row(1, 21, 11), row(2, 22, 12)], [ONE, TWO])
    assert not resource.plan().changed
    assert sorted(graph.reads) == sorted([PRINCIPAL, LIST, "/groups"]), "three reads where nothing changes"


def test_exclusive_takes_the_others_away_after_it_has_added(make_ctx: t.Any) -> None:
    resource, graph = make(make_ctx, [row(1, 21, 12), row(2, 30, 12, "User")], [ONE], exclusive=True)
    carry_out(resource, resource.plan())
    assert graph.sent() == [f"POST {LIST}", f"DELETE {LIST}/a1", f"DELETE {LIST}/a2"]


def test_absent_takes_only_what_is_listed(make_ctx: t.Any) -> None:
    resource, graph = make(make_ctx, [row(1, 21, 11), row(2, 21, 12)], [ONE], state="absent")
    carry_out(resource, resource.plan())
    assert graph.sent() == [f"DELETE {LIST}/a1"]
    resource, graph = make(make_ctx, [], [ONE], state="absent", wire=None)
    assert not resource.plan().changed


def test_all_that_is_wrong_is_told_together(make_ctx: t.Any) -> None:
    wrong = [
        {"group": "GG None", "app_role": "Opperate"},
        ONE,
        {"group": "gg one", "app_role": "operate"},
        {"user": "nobody@corp.example", "app_role": "Read"},
    ]
    resource, graph = make(make_ctx, [], wrong)
    graph.answers["/users"] = []
    with pytest.raises(Problems) as refused:
        resource.plan()
    assert [problem["where"] for problem in refused.value.facts["problems"]] == [
        "assignments[0].app_role",
        "assignments[0].group",
        "assignments[2]",
        "assignments[3].user",
    ]


def test_an_application_without_a_service_principal_has_no_roles(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="create it with entra_service_principal"):
        make(make_ctx, [], [ONE], wire=None)[0].plan()


def test_check_mode_takes_what_earlier_tasks_would_create(make_ctx: t.Any) -> None:
    new = {"group": "GG New", "app_role": "Audit"}
    resource, graph = make(make_ctx, [], [new], pending_entra_groups=["GG New"], pending_app_roles=["Audit"])
    graph.ctx.check_mode = True
    assert [step.action for step in resource.plan().steps] == ["assign"]
    assert resource.result()[0] == {
        "app_role": "Audit",
        "app_role_id": None,
        "principal_type": "group",
        "name": "GG New",
        "object_id": None,
        "not_confirmed": [],
    }
    graph.ctx.check_mode = False
    with pytest.raises(Problems):
        resource.plan()
    resource, graph = make(make_ctx, [], [ONE], wire=None)
    graph.ctx.check_mode = True
    assert [step.data["role_id"] for step in resource.plan().steps] == [None]


def test_nobody_is_locked_out_unless_that_is_accepted(make_ctx: t.Any) -> None:
    rows = [row(1, 21, 11), row(2, 31, 11, "ServicePrincipal")]
    options: dict[str, t.Any] = {"exclusive": True, "assignments": []}
    with pytest.raises(GuardRefused, match="Nobody could sign in to commvault"):
        make(make_ctx, rows, [], **{k: v for k, v in options.items() if k != "assignments"})[0].plan()
    accepted = {"exclusive": True, "accept_risk": ["lock_out"], "accept_reason": "it goes"}
    assert len(make(make_ctx, rows, [], **accepted)[0].plan().steps) == 2
    free = {**WIRE, "appRoleAssignmentRequired": False}
    assert make(make_ctx, rows, [], exclusive=True, wire=free)[0].plan().changed
    assert make(make_ctx, rows, [TWO], exclusive=True)[0].plan().changed
    only_services = [row(2, 31, 11, "ServicePrincipal")]
    assert make(make_ctx, only_services, [], exclusive=True)[0].plan().changed


def test_more_removals_than_expected_and_the_callers_own_role_are_refused(make_ctx: t.Any) -> None:
    rows = [row(number, 40 + number, 11, "User") for number in range(3)]
    with pytest.raises(GuardRefused, match="max_removals 2"):
        make(make_ctx, rows, [ONE], exclusive=True, max_removals=2)[0].plan()
    resource, graph = make(make_ctx, rows, [ONE], exclusive=True)
    graph.claims = {"oid": guid(41).upper()}
    with pytest.raises(GuardRefused, match="one of its own"):
        resource.plan()


def test_what_is_not_shown_is_told_and_what_was_taken_away_fails(make_ctx: t.Any) -> None:
    resource, _graph = make(make_ctx, [], [ONE])
    carry_out(resource, resource.plan())
    assert [finding["field"] for finding in resource.verify()] == ["added"]
    assert [item["not_confirmed"] for item in resource.result()] == [[{"field": "assignment"}]]
    resource, graph = make(make_ctx, [], [ONE])
    carry_out(resource, resource.plan())
    graph.answers[LIST] = [row(1, 21, 11)]
    assert (resource.verify(), resource.result()[0]["not_confirmed"]) == ([], [])
    resource, _graph = make(make_ctx, [row(1, 21, 11)], [ONE], state="absent", accept_risk=["lock_out"])
    carry_out(resource, resource.plan())
    with pytest.raises(WaitTimeout):
        resource.verify()


def test_steps_are_worded_by_the_unique_name_also_where_the_application_is_given_by_its_id(make_ctx: t.Any) -> None:
    """Before the application exists, nothing else is known; the steps that were approved then are those of the run."""
    resource, graph = make(make_ctx, [], [ONE])
    registration = {"id": guid(3), "appId": APP_ID, "uniqueName": "cv", "displayName": "Commvault"}
    graph.answers[f"/applications(appId='{APP_ID}')"] = registration
    assert [change.sentence for step in resource.plan().steps for change in step.changes] == [
        "assign app role Operate of cv"
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Audti", "near: Audit"),
        ("audit", "near: Audit"),
        ("Backups", "there will be: Audit, Operate"),
        ("Audit", None),
        (None, None),
    ],
)
def test_a_misspelt_role_of_an_application_that_does_not_exist_yet_is_told(
    make_ctx: t.Any, asked: str | None, said: str | None
) -> None:
    entry = {"group": "GG One", **({"app_role": asked} if asked else {})}
    resource, graph = make(make_ctx, [], [entry], wire=None, pending_app_roles=["Operate", "Audit"])
    graph.ctx.check_mode = True
    if said is None:
        assert len(resource.plan().steps) == 1
        return
    with pytest.raises(Problems, match=said):
        resource.plan()


def test_of_two_roles_of_one_label_the_one_that_is_not_shown_is_told(make_ctx: t.Any) -> None:
    twins = [{**ROLES[0], "value": None}, {**ROLES[1], "value": "Operate", "displayName": "Other"}]
    wanted = [{"group": "GG One", "app_role": guid(11)}, {"group": "GG One", "app_role": "Operate"}]
    resource, graph = make(make_ctx, [], wanted, wire={**WIRE, "appRoles": twins})
    carry_out(resource, resource.plan())
    graph.answers[LIST] = [row(1, 21, 11)]
    resource.verify()
    told = {item["app_role_id"]: bool(item["not_confirmed"]) for item in resource.result()}
    assert told == {guid(11): False, guid(12): True}
