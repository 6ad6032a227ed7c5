# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names as ids and ids as names: asked for once, and never left out where they are not found."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Forbidden, Problems
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.fields import Refers
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.names import NameResolver

LOCATIONS = "/identity/conditionalAccess/namedLocations"
ANSWERS: dict[str, t.Any] = {
    "/groups": [{"id": guid(2).upper(), "displayName": "Ops"}],
    "/users": [{"id": guid(1), "userPrincipalName": "jo@corp.example"}],
    "/servicePrincipals": [{"id": guid(6), "appId": guid(7), "displayName": "Console"}],
    "/directoryRoleTemplates": [{"id": guid(3), "displayName": "Global Administrator"}],
    LOCATIONS: [
        {"id": guid(4), "displayName": "Egress"},
        {"id": guid(5), "displayName": "Twin"},
        {"id": guid(8), "displayName": "twin"},
    ],
    "/policies/authenticationStrengthPolicies": [{"id": guid(9), "displayName": "Strong"}],
}


def make_resolver(
    make_ctx: t.Any, pending: t.Mapping[Refers, t.Any] | None = None, **answers: t.Any
) -> tuple[NameResolver, FakeGraph]:
    graph = FakeGraph(make_ctx({}), {**ANSWERS, **answers})
    return NameResolver(t.cast(t.Any, graph), pending or {}), graph


ASKED = {
    "users.include.users": frozenset({"jo@corp.example", "all"}),
    "users.exclude.groups": frozenset({"ops"}),
    "users.exclude.roles": frozenset({"global administrator"}),
    "applications.include": frozenset({"Console", "office365"}),
    "locations.exclude": frozenset({"Egress", guid(5).upper(), "all_trusted"}),
    "grant.authentication_strength": "Strong",
    "grant.terms_of_use": frozenset({guid(20).upper()}),
    "grant.controls": frozenset({"mfa"}),
    "session.persistent_browser": None,
}


def test_names_of_all_kinds_become_ids(make_ctx: t.Any) -> None:
    resolver, graph = make_resolver(make_ctx)
    found = resolver.resolve(ASKED, {})
    assert found.desired == {
        "users.include.users": frozenset({guid(1), "all"}),
        "users.exclude.groups": frozenset({guid(2)}),
        "users.exclude.roles": frozenset({guid(3)}),
        "applications.include": frozenset({guid(7), "office365"}),
        "locations.exclude": frozenset({guid(4), guid(5), "all_trusted"}),
        "grant.authentication_strength": guid(9),
        "grant.terms_of_use": frozenset({guid(20)}),
        "grant.controls": frozenset({"mfa"}),
        "session.persistent_browser": None,
    }
    assert found.names[Refers.GROUP, guid(2)] == "Ops" and found.dead == []
    assert len(graph.reads) == len(set(graph.reads)), "each is asked for once"


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("users.exclude.groups", frozenset({"Nobody"}), "no group 'Nobody'"),
        ("users.exclude.users", frozenset({"x@corp.example"}), "no user x@corp.example"),
        ("users.exclude.roles", frozenset({"Emperor"}), "no directory role 'Emperor'"),
        ("applications.exclude", frozenset({"Nothing"}), "no application 'Nothing'"),
        ("applications.exclude", frozenset({guid(66)}), "has a service principal in the tenant"),
        ("locations.exclude", frozenset({"Twin"}), "2 of the kind named location"),
        ("locations.exclude", frozenset({guid(30)}), "no named location"),
        ("grant.authentication_strength", "Weak", "no authentication strength 'Weak'"),
        ("grant.terms_of_use", frozenset({"The terms"}), "is not an id"),
    ],
)
def test_what_is_not_found_is_a_problem_of_its_option(make_ctx: t.Any, option: str, value: t.Any, told: str) -> None:
    resolver, graph = make_resolver(make_ctx)
    with pytest.raises(Problems) as caught:
        resolver.resolve({**ASKED, option: value}, {})
    (problem,) = caught.value.facts["problems"]
    assert problem["where"] == option and told in problem["message"]


def test_what_an_earlier_task_creates_has_no_id_yet(make_ctx: t.Any) -> None:
    pending = {Refers.LOCATION: ["New place"], Refers.GROUP: ["New group"]}
    resolver, graph = make_resolver(make_ctx, pending)
    asked = {"locations.include": frozenset({"new PLACE"}), "users.include.groups": frozenset({"New group"})}
    found = resolver.resolve(asked, {})
    assert found.desired["locations.include"] == frozenset({"pending new place"})
    assert found.names[Refers.GROUP, "pending new group"] == "New group"


def test_an_application_that_an_earlier_task_registers_is_that_one(make_ctx: t.Any) -> None:
    """It stands for its service principal, too; another application with the same display name is not taken for it."""
    resolver, graph = make_resolver(make_ctx, {Refers.APPLICATION: ["Console", "New app"]})
    asked = {
        "applications.include": frozenset({"console", "New app", "office365"}),
        "client_applications.exclude": frozenset({"new APP"}),
    }
    found = resolver.resolve(asked, {})
    assert found.desired["applications.include"] == frozenset({"pending console", "pending new app", "office365"})
    assert found.desired["client_applications.exclude"] == frozenset({"pending new app"})
    assert found.names[Refers.APPLICATION, "pending console"] == "Console"
    assert found.names[Refers.SERVICE_PRINCIPAL, "pending new app"] == "New app"


def test_what_a_policy_has_gets_names_and_what_is_gone_is_told(make_ctx: t.Any) -> None:
    resolver, graph = make_resolver(
        make_ctx, **{"/directoryObjects/getByIds": [{"id": guid(40), "displayName": "Old", "@odata.type": "#x.group"}]}
    )
    current = {
        "users.exclude.groups": frozenset({guid(40), guid(41)}),
        "users.exclude.roles": frozenset({guid(42)}),
        "users.include.groups": frozenset({guid(43)}),
    }
    asked = {"users.exclude.groups": frozenset({"Ops"}), "users.exclude.roles": frozenset[str]()}
    found = resolver.resolve(asked, current)
    assert found.names[Refers.GROUP, guid(40)] == "Old"
    assert found.dead == [f"group {guid(41)}", f"directory role {guid(42)}"], "only in fields that are asked for"


def test_where_ids_may_not_be_looked_up_none_is_called_dead(make_ctx: t.Any) -> None:
    resolver, graph = make_resolver(make_ctx, **{"/directoryObjects/getByIds": Forbidden("no")})
    found = resolver.resolve(
        {"users.exclude.groups": frozenset({"Ops"})}, {"users.exclude.groups": frozenset({guid(41)})}
    )
    assert found.dead == []
