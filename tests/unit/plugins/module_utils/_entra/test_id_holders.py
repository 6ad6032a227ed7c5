# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an id of another kind is of: told with the id that is wanted, for all kinds, and in the way of no other error."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    ConfigError,
    Forbidden,
    Throttled,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.id_holders import explain_id, refuse_other_kind

APPLICATION, PRINCIPAL, APP_ID, GROUP, USER, TENANT = (guid(number) for number in range(1, 7))
BY_IDS = "/directoryObjects/getByIds"
REGISTRATION = {"id": APPLICATION, "appId": APP_ID, "displayName": "Backup SSO"}
SERVICE = {"id": PRINCIPAL, "appId": APP_ID, "displayName": "Backup SSO"}
TYPED = {
    APPLICATION: {**REGISTRATION, "@odata.type": "#microsoft.graph.application"},
    PRINCIPAL: {**SERVICE, "@odata.type": "#microsoft.graph.servicePrincipal"},
    GROUP: {"id": GROUP, "displayName": "GG Ops", "@odata.type": "#microsoft.graph.group"},
    USER: {"id": USER, "userPrincipalName": "j.vega@corp.example", "@odata.type": "#microsoft.graph.user"},
}
READABLE = {
    f"/applications(appId='{APP_ID}')": REGISTRATION,
    f"/servicePrincipals(appId='{APP_ID}')": SERVICE,
    f"/applications/{APPLICATION}": REGISTRATION,
    f"/servicePrincipals/{PRINCIPAL}": SERVICE,
    f"/groups/{GROUP}": TYPED[GROUP],
    f"/users/{USER}": TYPED[USER],
}
THE_REGISTRATION = "the object id of the application (registration) Backup SSO"
THE_SERVICE = "the object id of the enterprise application (service principal) Backup SSO"
THE_APPLICATION = "the application id (client id) of the application Backup SSO"
CASES = [
    (
        PRINCIPAL,
        "application",
        "object_id",
        f"{THE_SERVICE}; the object id of its application (registration) is {APPLICATION}",
    ),
    (
        APP_ID,
        "application",
        "object_id",
        f"{THE_APPLICATION}; the object id of its application (registration) is {APPLICATION}",
    ),
    (PRINCIPAL, "application", "app_id", f"{THE_SERVICE}; its application id (client id) is {APP_ID}"),
    (APPLICATION, "application", "app_id", f"{THE_REGISTRATION}; its application id (client id) is {APP_ID}"),
    (
        APPLICATION,
        "servicePrincipal",
        "object_id",
        f"{THE_REGISTRATION}; the object id of its enterprise application (service principal) is {PRINCIPAL}",
    ),
    (
        APP_ID,
        "servicePrincipal",
        "object_id",
        f"{THE_APPLICATION}; the object id of its enterprise application (service principal) is {PRINCIPAL}",
    ),
    (PRINCIPAL, "servicePrincipal", "app_id", f"{THE_SERVICE}; its application id (client id) is {APP_ID}"),
    (USER, "group", "object_id", "the object id of the user j.vega@corp.example"),
    (GROUP, "user", "object_id", "the object id of the group GG Ops"),
    (GROUP, "application", "app_id", "the object id of the group GG Ops"),
    (APP_ID, "group", "object_id", THE_APPLICATION),
    (TENANT, "application", "app_id", "the id of the tenant"),
]
RIGHT = [
    (APPLICATION, "application", "object_id"),
    (APP_ID, "application", "app_id"),
    (PRINCIPAL, "servicePrincipal", "object_id"),
    (APP_ID, "servicePrincipal", "app_id"),
    (GROUP, "group", "object_id"),
    (USER, "user", "object_id"),
    (guid(9), "group", "object_id"),
]


def make_graph(make_ctx: t.Any, **more: t.Any) -> t.Any:
    def find(body: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        return [{**TYPED[one], "id": one.upper()} for one in body["ids"] if one in TYPED]

    graph = FakeGraph(make_ctx(), {**READABLE, BY_IDS: find, **more})
    graph.claims = {"tid": TENANT}
    return graph


@pytest.mark.parametrize("may_read_all", [True, False])
@pytest.mark.parametrize(("given", "wanted", "by", "said"), CASES)
def test_an_id_of_another_kind_is_told_with_the_right_one(
    make_ctx: t.Any, given: str, wanted: t.Any, by: t.Any, said: str, may_read_all: bool
) -> None:
    graph = make_graph(make_ctx, **({} if may_read_all else {BY_IDS: Forbidden("no", status=403)}))
    told = explain_id(graph, given.upper(), wanted, by)
    assert told.lower() == f"; it is {said}".lower() and graph.writes == []
    with pytest.raises(ConfigError, match="^owners: no ") as caught:
        refuse_other_kind(graph, given, wanted, by, "owners")
    assert said.lower() in str(caught.value).lower() and caught.value.facts["source"] == "option owners"


@pytest.mark.parametrize(("given", "wanted", "by"), RIGHT)
def test_an_id_of_the_kind_that_is_wanted_and_of_nothing_says_nothing(
    make_ctx: t.Any, given: str, wanted: t.Any, by: t.Any
) -> None:
    graph = make_graph(make_ctx)
    assert explain_id(graph, given, wanted, by) == ""
    refuse_other_kind(graph, given, wanted, by, "x")


def test_an_application_of_another_tenant_has_no_registration_here(make_ctx: t.Any) -> None:
    graph = make_graph(make_ctx, **{f"/applications(appId='{APP_ID}')": None})
    assert explain_id(graph, APP_ID, "application", "app_id").endswith(
        "; it has no application (registration) in this tenant"
    )
    assert explain_id(graph, PRINCIPAL, "application").endswith("Backup SSO")
    refuse_other_kind(graph, APP_ID, "application", "app_id", "x")


def test_what_graph_tells_in_part_is_read_from_where_it_is_told_whole(make_ctx: t.Any) -> None:
    bare = {"id": PRINCIPAL, "@odata.type": "#microsoft.graph.servicePrincipal", "appId": None, "displayName": None}
    graph = make_graph(make_ctx, **{BY_IDS: [bare]})
    assert explain_id(graph, PRINCIPAL, "application", "app_id").endswith(APP_ID)
    graph = make_graph(make_ctx, **{BY_IDS: [bare], f"/servicePrincipals/{PRINCIPAL}": Forbidden("no", status=403)})
    assert explain_id(graph, PRINCIPAL, "group").endswith("(service principal) without a name")


@pytest.mark.parametrize("error", [ApiError("x"), Throttled("x"), BadAnswer("x"), Forbidden("x", status=403)])
def test_a_read_that_fails_is_in_the_way_of_no_error(make_ctx: t.Any, error: ApiError) -> None:
    graph = FakeGraph(make_ctx(), {BY_IDS: error, **dict.fromkeys(READABLE, error)})
    assert explain_id(t.cast("t.Any", graph), PRINCIPAL, "application") == ""
    refuse_other_kind(t.cast("t.Any", graph), PRINCIPAL, "application", "object_id", "x")


@pytest.mark.parametrize("odd", [{"id": GROUP}, {"@odata.type": "#microsoft.graph.user"}, {"id": 7, "@odata.type": 8}])
def test_an_answer_about_something_else_is_not_believed(make_ctx: t.Any, odd: dict[str, t.Any]) -> None:
    graph = FakeGraph(make_ctx(), {BY_IDS: [odd]})
    assert explain_id(t.cast("t.Any", graph), GROUP, "user") == ""
