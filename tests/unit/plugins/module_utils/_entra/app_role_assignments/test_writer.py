# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One assignment, written and deleted, whatever became of the try before."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid, refusal

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError
from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.writer import (
    assign_app_role,
    unassign_app_role,
)

LIST = f"/servicePrincipals/{guid(1)}/appRoleAssignedTo"
UNKNOWN = "Permission being assigned was not found on application"


def assign(make_ctx: t.Any, *replies: t.Any) -> FakeGraph:
    graph = FakeGraph(make_ctx({}), {}, *replies)
    assign_app_role(t.cast("t.Any", graph), guid(1), guid(2), guid(3), intent="assign it")
    return graph


def test_the_assignment_is_created_on_the_side_of_the_application(make_ctx: t.Any) -> None:
    graph = assign(make_ctx)
    body = {"principalId": guid(2), "resourceId": guid(1), "appRoleId": guid(3)}
    assert graph.writes == [("POST", LIST, body)]
    assert graph.needs == [("AppRoleAssignment.ReadWrite.All",)]


@pytest.mark.parametrize(
    "text",
    [
        "Permission being assigned already exists on the object",
        "EntitlementGrant entry already exists.",
        "Permission entry already exists.",
    ],
)
def test_one_that_is_there_is_fine(make_ctx: t.Any, text: str) -> None:
    assert len(assign(make_ctx, refusal(text)).writes) == 1


def test_a_role_that_a_replica_does_not_know_yet_is_waited_for(make_ctx: t.Any) -> None:
    assert len(assign(make_ctx, refusal(UNKNOWN), refusal(UNKNOWN), None).writes) == 3


@pytest.mark.parametrize("text", ["Not a valid reference update.", "permission was not found", "x " + UNKNOWN])
def test_any_other_refusal_is_told(make_ctx: t.Any, text: str) -> None:
    with pytest.raises(ApiError):
        assign(make_ctx, refusal(text))


def test_a_role_that_never_comes_is_told(make_ctx: t.Any) -> None:
    with pytest.raises(ApiError, match="was not found on application"):
        assign(make_ctx, *[refusal(UNKNOWN)] * 100)


def unassign(make_ctx: t.Any, reply: t.Any) -> FakeGraph:
    graph = FakeGraph(make_ctx({}), {}, reply)
    unassign_app_role(t.cast("t.Any", graph), LIST, "a/1", intent="take it away")
    return graph


def test_an_assignment_is_deleted_where_it_was_listed(make_ctx: t.Any) -> None:
    assert unassign(make_ctx, None).sent() == [f"DELETE {LIST}/a%2F1"]
    gone = refusal("EntitlementGrant being updated or deleted is not found.")
    assert len(unassign(make_ctx, gone).writes) == 1
    with pytest.raises(ApiError, match="something else"):
        unassign(make_ctx, refusal("something else"))
