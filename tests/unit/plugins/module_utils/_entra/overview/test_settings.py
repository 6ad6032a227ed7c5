# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who holds directory roles, and the tenant: what is told, what is refused, and what is broken."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.directory import People
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.reading import Reading
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.settings import (
    read_directory_roles,
    read_tenant,
)

ADMIN = "62e90394-69f5-4237-9190-012177145e10"
ROOT = "/roleManagement/directory"


def make_reading(make_ctx: t.Any, answers: dict[str, t.Any], **claims: t.Any) -> Reading:
    ctx = make_ctx({})
    graph = FakeGraph(ctx, answers)
    graph.claims = claims
    t.cast("t.Any", graph).read_token_claims = lambda: claims
    return Reading(ctx, t.cast("t.Any", graph))


def hold(number: int, role: str, scope: str | None = "/") -> dict[str, t.Any]:
    return {"id": f"a{number}{role}", "principalId": guid(number), "roleDefinitionId": role, "directoryScopeId": scope}


def test_roles_in_use_with_their_holders(make_ctx: t.Any) -> None:
    """A role of the tenant's own has another template than its id; a role that is held for a part is told apart."""
    own = {"id": guid(90), "templateId": guid(91), "displayName": "Own role"}
    assigned = [hold(2, ADMIN), hold(1, ADMIN), hold(3, guid(90), "/administrativeUnits/x"), hold(4, guid(95), None)]
    reading = make_reading(make_ctx, {f"{ROOT}/roleAssignments": assigned, f"{ROOT}/roleDefinitions": [own]})
    people = People()
    assert read_directory_roles(reading, people) == [
        {
            "roleTemplateId": ADMIN,
            "displayName": "Global Administrator",
            "members": [guid(1), guid(2)],
            "scopedMembers": [],
        },
        {
            "roleTemplateId": guid(91),
            "displayName": "Own role",
            "members": [],
            "scopedMembers": [{"id": guid(3), "directoryScopeId": "/administrativeUnits/x"}],
        },
        {"roleTemplateId": guid(95), "displayName": None, "members": [guid(4)], "scopedMembers": []},
    ]
    assert people.list_ids("") == [guid(number) for number in (1, 2, 3, 4)]


def test_refused_roles_are_told(make_ctx: t.Any) -> None:
    reading = make_reading(make_ctx, {f"{ROOT}/roleAssignments": Forbidden("no"), f"{ROOT}/roleDefinitions": []})
    assert read_directory_roles(reading, People()) == []
    (source,) = reading.list_sources()
    assert (source["complete"], source["count"]) == (False, 0) and "RoleManagement.Read.Directory" in source["why"]


def test_a_holder_that_is_no_id_is_a_bad_answer(make_ctx: t.Any) -> None:
    odd = {**hold(1, ADMIN), "principalId": "../users"}
    reading = make_reading(make_ctx, {f"{ROOT}/roleAssignments": [odd], f"{ROOT}/roleDefinitions": []})
    with pytest.raises(BadAnswer):
        read_directory_roles(reading, People())


@pytest.mark.parametrize("answer", [[], Forbidden("no")])
def test_a_tenant_that_may_not_be_read_has_the_id_of_the_token(make_ctx: t.Any, answer: t.Any) -> None:
    reading = make_reading(make_ctx, {"/organization": answer}, tid=guid(7).upper())
    assert read_tenant(reading) == {"id": guid(7), "displayName": None, "domain": None}


def test_the_tenant_has_its_initial_domain(make_ctx: t.Any) -> None:
    domains = [{"name": "corp.example"}, {"name": "corp.onmicrosoft.com", "isInitial": True}]
    reading = make_reading(
        make_ctx, {"/organization": [{"id": guid(7), "displayName": "Corp", "verifiedDomains": domains}]}
    )
    assert read_tenant(reading) == {"id": guid(7), "displayName": "Corp", "domain": "corp.onmicrosoft.com"}
