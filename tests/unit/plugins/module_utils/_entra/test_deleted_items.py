# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleted items: listed without a filter, restored once."""

from __future__ import annotations

import typing as t
from urllib.parse import unquote

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient
from ansible_collections.cvops.identity.plugins.module_utils._entra.deleted_items import (
    list_deleted_items,
    restore_deleted_item,
)

GROUP = {
    "id": "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f",
    "displayName": "Operators",
    "appId": "5b1c2f0e-0000-4000-8000-000000000001",
}
DENIED = {
    "error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."}
}
MISSING = {"error": {"code": "Request_ResourceNotFound", "message": "Resource 'x' does not exist."}}


def methods(secured: t.Any) -> list[str]:
    return [one.method for one in secured.server.received]


def test_all_deleted_items_of_a_kind_are_listed(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    for collection, kind in (("applications", "application"), ("servicePrincipals", "servicePrincipal")):
        secured.server.says(answer(200, {"value": [GROUP]}))
        assert list_deleted_items(graph, collection, "id") == [GROUP]
        (request,) = secured.server.received
        assert unquote(request.path) == f"/v1.0/directory/deletedItems/microsoft.graph.{kind}?$select=id&$top=999"


def test_a_restored_item_is_one_of_this_run(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, GROUP))
    restore_deleted_item(graph, "applications", GROUP["id"], intent="restore it")
    (request,) = secured.server.received
    assert (request.method, request.path) == ("POST", f"/v1.0/directory/deletedItems/{GROUP['id']}/restore")
    assert graph.recent_objects.contains_any([GROUP["id"]]) and graph.recent_objects.contains_any([GROUP["appId"]])


def test_a_restore_whose_answer_was_lost_is_looked_for_where_it_should_be(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(drop=True), answer(404, MISSING), answer(404, MISSING), answer(200, GROUP))
    restore_deleted_item(graph, "applications", GROUP["id"], intent="restore it")
    assert methods(secured) == ["POST", "GET", "GET", "GET"]
    assert secured.server.received[-1].path.startswith(f"/v1.0/applications/{GROUP['id']}?")
    assert graph.recent_objects.contains_any([GROUP["id"]])


def test_a_restore_that_did_not_happen_is_an_error(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(500, b""), answer(404, MISSING))
    with pytest.raises(ApiError) as caught:
        restore_deleted_item(graph, "applications", GROUP["id"], intent="restore it")
    assert caught.value.status == 500 and methods(secured) == ["POST", *["GET"] * 5]


def test_a_refused_restore_is_not_looked_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(403, DENIED))
    with pytest.raises(Forbidden):
        restore_deleted_item(graph, "applications", GROUP["id"], intent="restore it")
    assert methods(secured) == ["POST"]


def test_a_restore_whose_look_fails_leaves_the_outcome_unknown(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(500, b""), answer(403, DENIED))
    with pytest.raises(Forbidden) as caught:
        restore_deleted_item(graph, "applications", GROUP["id"], intent="restore it")
    assert caught.value.facts["outcome"] == "unknown"
