# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module entra_application: what is read, what is sent in which order, what comes of it."""

from __future__ import annotations

import typing as t

import pytest
from application_model import role, scope
from fake_graph import FakeGraph, call_with_graph, carry_out, guid, refusal

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    ConfigError,
    GuardRefused,
    NotFound,
    Problems,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import list_planned_changes
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.interrupted_change import TAG
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.options import application_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.resource import ApplicationResource

DEFAULTS = {name: option.get("default") for name, option in application_spec().options.items()}
WIRE = {"id": guid(1), "appId": guid(2), "displayName": "Ops", "signInAudience": "AzureADMyOrg"}
PATH = f"/applications/{guid(1)}"
DELETED = "/directory/deletedItems/microsoft.graph.application"
DELETED_PRINCIPALS = "/directory/deletedItems/microsoft.graph.servicePrincipal"
HOLDERS = f"/servicePrincipals(appId='{guid(2)}')/appRoleAssignedTo"
STILL_ENABLED = "CannotDeleteOrUpdateEnabledEntitlement"


def make_application(
    make_ctx: t.Any, answers: dict[str, t.Any], *replies: t.Any, **options: t.Any
) -> tuple[ApplicationResource, FakeGraph]:
    graph = FakeGraph(make_ctx({**DEFAULTS, "max_removals": 20, **options}), answers, *replies)
    return call_with_graph(ApplicationResource, graph), graph


def make_existing(
    make_ctx: t.Any, more: dict[str, t.Any], *replies: t.Any, **options: t.Any
) -> tuple[ApplicationResource, FakeGraph]:
    """Return the resource for an application that is in use."""
    answers = {PATH: {**WIRE, **more}, HOLDERS: [], DELETED: []}
    return make_application(make_ctx, answers, *replies, **{"object_id": guid(1), **options})


def test_an_application_is_created_by_its_unique_name_and_completed_when_its_id_is_known(make_ctx: t.Any) -> None:
    options = {"unique_name": "ops", "display_name": "Ops", "identifier_uris": ["api://{app_id}"]}
    created = {"id": guid(1), "appId": guid(2)}
    application, graph = make_application(
        make_ctx, {"/applications": [], DELETED: []}, created, **options, app_roles=[{"value": "Run"}]
    )
    planned = application.plan()
    assert graph.reads == ["/applications(uniqueName='ops')", "/applications", DELETED]
    predicted = application.result()
    assert (predicted["object_id"], predicted["identifier_uris"]) == (None, ["api://{app_id}"])
    carry_out(application, planned)
    assert graph.sent() == ["PATCH /applications(uniqueName='ops')", f"PATCH {PATH}"]
    assert "uniqueName" not in graph.writes[0].body and graph.writes[0].body["appRoles"][0]["id"]
    assert graph.writes[1].body == {"identifierUris": [f"api://{guid(2)}"]}
    result = application.result()
    assert (result["app_id"], result["identifier_uris"]) == (guid(2), [f"api://{guid(2)}"])
    assert result["app_roles"] == predicted["app_roles"]


def test_ids_that_derive_from_the_application_id_are_those_of_the_result(make_ctx: t.Any) -> None:
    options = {
        "display_name": "Ops",
        "app_roles": [{"value": "Run"}],
        "api_scopes": [{"value": "Run"}, {"value": "See"}],
    }
    application, graph = make_application(make_ctx, {"/applications": []}, {"id": guid(1), "appId": guid(2)}, **options)
    planned = application.plan()
    assert [entry["id"] for entry in application.result()["app_roles"]] == [None]
    carry_out(application, planned)
    assert graph.sent() == ["POST /applications", f"PATCH {PATH}"]
    sent, result = graph.writes[1].body, application.result()
    assert [item["id"] for item in sent["appRoles"]] == [entry["id"] for entry in result["app_roles"]]
    scopes = {item["value"]: item["id"] for item in sent["api"]["oauth2PermissionScopes"]}
    assert scopes == {entry["value"]: entry["id"] for entry in result["api_scopes"]}
    assert scopes["Run"] == sent["appRoles"][0]["id"] != scopes["See"]
    again, _graph = make_application(make_ctx, {"/applications": []}, {"id": guid(1), "appId": guid(2)}, **options)
    carry_out(again, again.plan())
    assert again.result() == result, "the same application and value always get the same id"


def test_without_a_key_of_its_own_nobody_looks_through_the_deleted_ones(make_ctx: t.Any) -> None:
    application, graph = make_application(make_ctx, {"/applications": []}, display_name="Ops")
    application.plan()
    assert DELETED not in graph.reads


@pytest.mark.parametrize("name", ["object_id", "app_id"])
def test_an_id_that_no_application_has_is_not_created(make_ctx: t.Any, name: str) -> None:
    application, _graph = make_application(make_ctx, {DELETED: []}, **{name: guid(9), "display_name": "Ops"})
    with pytest.raises(ConfigError, match=f"No application has the {name} .* in use or deleted"):
        application.plan()


def test_a_deleted_application_is_restored_only_where_that_is_asked_for(make_ctx: t.Any) -> None:
    answers = {
        DELETED: [WIRE],
        DELETED_PRINCIPALS: [{"id": guid(8), "appId": guid(9)}, {"id": guid(3), "appId": guid(2)}],
    }
    application, _graph = make_application(make_ctx, answers, object_id=guid(1))
    with pytest.raises(ConfigError, match="Set restore_deleted") as caught:
        application.plan()
    assert caught.value.facts["deleted_object_id"] == guid(1)
    application, graph = make_application(make_ctx, answers, object_id=guid(1), restore_deleted=True, notes="n")
    planned = application.plan()
    assert (planned.before["state"], planned.after["state"]) == ("deleted", "present")
    carry_out(application, planned)
    assert graph.sent() == [
        f"POST /directory/deletedItems/{guid(1)}/restore",
        f"POST /directory/deletedItems/{guid(3)}/restore",
        f"PATCH {PATH}",
    ]
    assert {guid(1), guid(2), guid(3)} <= set(graph.remembered)


def test_a_uri_of_a_deleted_application_is_told_before_entra_refuses_it(make_ctx: t.Any) -> None:
    gone = {"id": guid(7), "appId": guid(8), "displayName": "Old", "identifierUris": ["api://x"]}
    answers = {PATH: {**WIRE, "identifierUris": ["api://mine"]}, DELETED: [gone]}
    application, _graph = make_application(make_ctx, answers, object_id=guid(1), identifier_uris=["api://x"])
    with pytest.raises(ConfigError, match="the deleted application Old .* purge it first") as caught:
        application.plan()
    assert caught.value.facts["deleted_object_id"] == guid(7)
    application, graph = make_application(make_ctx, answers, object_id=guid(1), identifier_uris=["api://mine"])
    assert not application.plan().changed and graph.reads == [PATH]


def test_who_loses_a_role_is_told(make_ctx: t.Any) -> None:
    held = [
        {"appRoleId": guid(11).upper(), "principalDisplayName": "Zoe", "principalId": "z"},
        {"appRoleId": guid(11), "principalId": "a"},
        {"appRoleId": guid(12), "principalDisplayName": "Bob"},
    ]
    answers = {PATH: {**WIRE, "appRoles": [role(11, "Gone", enabled=False), role(12, "Kept")]}, HOLDERS: held}
    options = {"object_id": guid(1), "app_roles": [{"value": "Kept"}], "exclusive": True}
    application, graph = make_application(make_ctx, answers, **options)
    planned = application.plan()
    assert graph.ctx.warnings == ["App role Gone is removed from 2 principals: Zoe, a"]
    assert [entry.get("assigned_to") for entry in planned.before["app_roles"]] == [["Zoe", "a"], None]
    application, graph = make_application(make_ctx, {**answers, HOLDERS: NotFound("no", status=404)}, **options)
    assert application.plan().changed and graph.ctx.warnings == []
    application, _graph = make_application(make_ctx, {**answers, HOLDERS: refusal("no", 500)}, **options)
    with pytest.raises(ApiError):
        application.plan()


def test_permissions_are_written_as_ids_and_shown_as_names(make_ctx: t.Any) -> None:
    api = {
        "id": guid(5),
        "appId": guid(6),
        "displayName": "An API",
        "oauth2PermissionScopes": [{"id": guid(7), "value": "Read"}],
    }
    answers = {PATH: WIRE, f"/servicePrincipals(appId='{guid(6)}')": api}
    permissions = [{"api": guid(6), "application": None, "delegated": ["Read"]}]
    application, graph = make_application(make_ctx, answers, object_id=guid(1), api_permissions=permissions)
    planned = application.plan()
    carry_out(application, planned)
    assert graph.writes[0].body["requiredResourceAccess"] == [
        {"resourceAppId": guid(6), "resourceAccess": [{"id": guid(7), "type": "Scope"}]}
    ]
    shown = [{"api": "An API", "application": [], "delegated": ["Read"]}]
    assert planned.after["api_permissions"] == application.result()["api_permissions"] == shown


def test_owners_are_read_only_where_they_are_managed(make_ctx: t.Any) -> None:
    answers = {PATH: WIRE, f"{PATH}/owners": [{"id": guid(8)}]}
    application, graph = make_application(make_ctx, answers, object_id=guid(1))
    assert not application.plan().changed and graph.reads == [PATH] and "owners" not in application.result()
    application, graph = make_application(make_ctx, answers, object_id=guid(1), owners=[guid(9)], exclusive=True)
    carry_out(application, application.plan())
    assert graph.sent() == [f"POST {PATH}/owners/$ref", f"DELETE {PATH}/owners/{guid(8)}/$ref"]
    assert application.result()["owners"] == [guid(9)]


def test_what_is_enabled_is_disabled_and_seen_so_before_it_changes(make_ctx: t.Any) -> None:
    options = {"app_roles": [{"value": "Run", "description": "new"}]}
    application, graph = make_existing(make_ctx, {"appRoles": [role(11, "Run")]}, **options)
    planned = application.plan()
    looks = iter([role(11, "Run"), role(11, "Run"), role(11, "Run", enabled=False)])
    graph.answers[PATH] = lambda params: {**WIRE, "appRoles": [next(looks)]}
    carry_out(application, planned)
    assert [one.body["appRoles"][0]["isEnabled"] for one in graph.writes] == [False, True]
    assert graph.reads.count(PATH) == 4


CHANGE = {"app_roles": [{"value": "Run", "description": "new"}]}
OFF = {**WIRE, "appRoles": [role(11, "Run", enabled=False)], "tags": [f"{TAG}{guid(11)}", "x"]}


def make_half_done(make_ctx: t.Any, *replies: t.Any) -> tuple[ApplicationResource, FakeGraph, t.Any]:
    """Return the resource for an application whose role is disabled and then meets *replies*."""
    more = {"appRoles": [role(11, "Run")], "tags": ["x"]}
    application, graph = make_existing(make_ctx, more, *replies, **CHANGE)
    planned = application.plan()
    graph.answers[PATH] = OFF
    return application, graph, planned


def test_what_is_disabled_to_be_changed_is_tagged_in_the_same_request(make_ctx: t.Any) -> None:
    application, graph, planned = make_half_done(make_ctx)
    carry_out(application, planned)
    assert [one.body["tags"] for one in graph.writes] == [["x", f"{TAG}{guid(11)}"], ["x"]]
    assert graph.ctx.warnings == []


def test_a_refused_change_is_undone_and_said(make_ctx: t.Any) -> None:
    application, graph, planned = make_half_done(make_ctx, None, refusal("no", 400))
    with pytest.raises(ApiError, match="no"):
        carry_out(application, planned)
    assert len(graph.writes) == 3
    assert graph.writes[2].body == {"appRoles": [role(11, "Run")], "tags": ["x"]}
    assert graph.ctx.warnings == [
        "Run: it was disabled before the change, and enabled again because the change failed."
    ]


@pytest.mark.parametrize("replies", [[None, refusal("no", 500)], [None, refusal("no", 400), refusal("no", 403)]])
def test_what_stays_disabled_is_said(make_ctx: t.Any, replies: list[t.Any]) -> None:
    application, graph, planned = make_half_done(make_ctx, *replies)
    with pytest.raises(ApiError, match="no"):
        carry_out(application, planned)
    assert len(graph.writes) == len(replies)
    assert len(graph.ctx.warnings) == 1 and "Run the task again" in graph.ctx.warnings[0]


def test_a_refused_disabling_leaves_nothing_to_undo(make_ctx: t.Any) -> None:
    application, graph, planned = make_half_done(make_ctx, refusal("no", 403))
    with pytest.raises(ApiError, match="no"):
        carry_out(application, planned)
    assert len(graph.writes) == 1 and graph.ctx.warnings == []


def test_a_disabling_that_nobody_sees_is_undone(make_ctx: t.Any) -> None:
    application, graph, planned = make_half_done(make_ctx)
    graph.answers[PATH] = {**WIRE, "appRoles": [role(11, "Run")]}
    with pytest.raises(WaitTimeout):
        carry_out(application, planned)
    assert [one.body["appRoles"][0]["isEnabled"] for one in graph.writes] == [False, True]


@pytest.mark.parametrize("options", [{}, CHANGE, {"app_roles": [{"value": "Run", "enabled": True}]}])
def test_what_another_run_left_disabled_is_enabled_and_told(make_ctx: t.Any, options: dict[str, t.Any]) -> None:
    application, graph = make_application(make_ctx, {PATH: OFF}, object_id=guid(1), **options)
    planned = application.plan()
    assert len(planned.steps) == 1, "a disabled role is changed at once"
    assert len(graph.ctx.warnings) == 1 and "Run were disabled by an interrupted run" in graph.ctx.warnings[0]
    carry_out(application, planned)
    assert graph.writes[0].body["appRoles"][0]["isEnabled"] and graph.writes[0].body["tags"] == ["x"]


def test_a_role_that_is_asked_to_be_disabled_stays_so_and_loses_its_tag(make_ctx: t.Any) -> None:
    options = {"app_roles": [{"value": "Run", "enabled": False}]}
    application, graph = make_application(make_ctx, {PATH: OFF}, object_id=guid(1), **options)
    carry_out(application, application.plan())
    assert [one.body for one in graph.writes] == [{"tags": ["x"]}]


def test_a_service_principal_that_a_cut_off_restore_left_deleted_comes_back(make_ctx: t.Any) -> None:
    answers = {DELETED_PRINCIPALS: [{"id": guid(3), "appId": guid(2)}]}
    application, graph = make_existing(make_ctx, answers)
    assert not application.plan().changed, "nobody asked for a restore"
    options = {"object_id": guid(1), "restore_deleted": True}
    application, graph = make_application(make_ctx, {PATH: WIRE, **answers}, **options)
    planned = application.plan()
    assert planned.before != planned.after
    carry_out(application, planned)
    assert graph.sent() == [f"POST /directory/deletedItems/{guid(3)}/restore"]
    used = {f"/servicePrincipals(appId='{guid(2)}')": {"id": guid(4), "appId": guid(2)}}
    application, _graph = make_application(make_ctx, {PATH: WIRE, **answers, **used}, **options)
    assert not application.plan().changed


@pytest.mark.parametrize("said", [None, {"appRoles": [role(11, "Run")]}])
def test_roles_that_were_not_seen_disabled_are_waited_for(make_ctx: t.Any, said: t.Any) -> None:
    application, graph = make_existing(make_ctx, {})
    application.object_id, graph.answers[PATH] = guid(1), said
    with pytest.raises(WaitTimeout, match="to be disabled"):
        application._await_disabled({"appRoles": [role(11, "Run", enabled=False)]})


def test_scopes_are_waited_for_like_roles(make_ctx: t.Any) -> None:
    application, graph = make_existing(make_ctx, {})
    application.object_id = guid(1)
    graph.answers[PATH] = {"api": {"oauth2PermissionScopes": [scope(12, "Run", enabled=False)]}}
    disabled = {**scope(12, "Run", enabled=False), "id": guid(12).upper()}
    application._await_disabled({"api": {"oauth2PermissionScopes": [disabled, scope(13, "On")]}})
    assert len(graph.reads) == 1


def test_a_replica_that_has_not_heard_of_the_disabling_is_borne_for_a_while(make_ctx: t.Any) -> None:
    enabled = refusal("enabled", code=STILL_ENABLED)
    application, graph = make_existing(make_ctx, {}, enabled, enabled, notes="n")
    carry_out(application, application.plan())
    assert len(graph.writes) == 3
    application, graph = make_existing(make_ctx, {}, *[enabled] * 99, notes="n")
    with pytest.raises(ApiError, match="enabled"):
        carry_out(application, application.plan())
    assert 3 < len(graph.writes) < 20 and graph.ctx.clock.monotonic() <= 1000 + 60
    application, graph = make_existing(make_ctx, {}, refusal("else", code="Request_BadRequest"), notes="n")
    with pytest.raises(ApiError, match="else"):
        carry_out(application, application.plan())
    assert len(graph.writes) == 1


def test_a_deleted_application_is_forgotten_by_all_its_keys(make_ctx: t.Any) -> None:
    answers = {"/applications(uniqueName='ops')": {**WIRE, "uniqueName": "ops"}}
    application, graph = make_application(make_ctx, answers, unique_name="ops", state="absent")
    carry_out(application, application.plan())
    assert graph.sent() == [f"DELETE {PATH}"]
    assert graph.forgotten == [guid(1), guid(2), "/applications(uniqueName='ops')"]
    assert application.result() == {}
    nothing, _graph = make_application(make_ctx, {}, unique_name="ops", state="absent")
    assert not nothing.plan().changed


def test_everything_is_checked_before_the_first_request(make_ctx: t.Any) -> None:
    application, graph = make_application(make_ctx, {}, object_id=guid(1), tags=[""])
    with pytest.raises(ConfigError):
        application.plan()
    assert graph.reads == []


def test_more_owners_than_the_limit_are_not_removed(make_ctx: t.Any) -> None:
    owners = [{"id": guid(number)} for number in range(10, 31)]
    answers = {PATH: WIRE, f"{PATH}/owners": owners}
    application, graph = make_application(make_ctx, answers, object_id=guid(1), owners=[])
    with pytest.raises(GuardRefused, match="21 owners would be removed, more than max_removals 20"):
        application.plan()
    assert graph.writes == []
    assert make_application(make_ctx, answers, object_id=guid(1), owners=[], max_removals=21)[0].plan().changed


OWNERS = f"{PATH}/owners"
BY_NAME = "/applications(uniqueName='ops')"
WEB = {"web": {"redirectUris": ["https://a.example"]}}
NO_WEB = {"web": {"redirect_uris": []}}
NEW = {"object_id": None, "unique_name": "ops", "display_name": "Ops"}
GONE = {"state": "absent"}
STOP = {"enabled": False, "accept_risk": ["kill_switch"], "accept_reason": "leaked"}


def make_written(
    make_ctx: t.Any, had: dict[str, t.Any], shown: dict[str, t.Any], **options: t.Any
) -> ApplicationResource:
    """Return an application that was written with these options; *shown*: what Graph answers from then on."""
    answers = {PATH: {**WIRE, **WEB}, DELETED: [], OWNERS: [{"id": guid(8)}], **had}
    created = {"id": guid(1), "appId": guid(2)}
    application, graph = make_application(make_ctx, answers, created, **{"object_id": guid(1), **options})
    carry_out(application, application.plan())
    graph.answers = {**answers, **shown}
    return application


@pytest.mark.parametrize(
    ("had", "shown", "options", "found"),
    [
        ({}, {PATH: {**WIRE, **WEB, "notes": "n"}}, {"notes": "n"}, []),
        ({}, {}, {"notes": "n"}, ["notes"]),
        ({}, {PATH: WIRE}, NO_WEB, []),
        ({PATH: None, "/applications": []}, {PATH: {**WIRE, "uniqueName": "ops"}, BY_NAME: WIRE}, NEW, []),
        ({PATH: None, "/applications": []}, {PATH: {**WIRE, "uniqueName": "ops"}}, NEW, ["list"]),
        ({PATH: None, "/applications": []}, {BY_NAME: WIRE}, NEW, ["list"]),
        ({}, {OWNERS: [{"id": guid(8)}, {"id": guid(9)}]}, {"owners": [guid(9)]}, []),
        ({}, {}, {"owners": [guid(9)]}, ["owners"]),
        ({}, {PATH: None}, GONE, []),
    ],
)
def test_what_was_written_is_read_back(
    make_ctx: t.Any, had: t.Any, shown: t.Any, options: dict[str, t.Any], found: list[str]
) -> None:
    application = make_written(make_ctx, had, shown, **options)
    assert application.verify() == [{"field": field} for field in found]


@pytest.mark.parametrize(
    ("shown", "options", "unproven"),
    [({}, NO_WEB, "web"), ({}, {"owners": []}, "owners"), ({}, GONE, "state"), ({}, STOP, "enabled")],
)
def test_what_was_taken_away_must_show(make_ctx: t.Any, shown: t.Any, options: t.Any, unproven: str) -> None:
    application = make_written(make_ctx, {}, shown, **options)
    with pytest.raises(WaitTimeout, match="the change of application Ops") as caught:
        application.verify()
    assert caught.value.facts["unproven"] == [unproven]


def test_nothing_is_read_back_where_nothing_was_written(make_ctx: t.Any) -> None:
    application, graph = make_existing(make_ctx, {})
    application.plan()
    graph.reads.clear()
    assert application.verify() == [] and graph.reads == []


@pytest.mark.parametrize(
    ("client", "said"),
    [(guid(2).upper(), "until they end. This task itself signs in as this application. If"), (None, "end. If")],
)
def test_a_deactivation_needs_the_risk_and_says_whose_tokens_end(make_ctx: t.Any, client: t.Any, said: str) -> None:
    application, graph = make_existing(make_ctx, {}, enabled=False, client_id=client)
    with pytest.raises(GuardRefused, match=said) as caught:
        application.plan()
    assert caught.value.facts["risk"] == "kill_switch" and graph.writes == []


@pytest.mark.parametrize(("disabled", "enabled"), [(True, True), (True, False), (False, True), (True, None)])
def test_only_a_deactivation_needs_a_risk(make_ctx: t.Any, disabled: bool, enabled: bool | None) -> None:
    application, _graph = make_existing(make_ctx, {"isDisabled": disabled}, enabled=enabled)
    assert application.plan().changed == (disabled is True and enabled is True)
    assert application.result()["enabled"] is (not disabled if enabled is None else enabled)


def test_a_new_application_is_deactivated_in_a_request_of_its_own(make_ctx: t.Any) -> None:
    options = {**STOP, "unique_name": "ops", "display_name": "Ops"}
    created = {"id": guid(1), "appId": guid(2)}
    application, graph = make_application(make_ctx, {"/applications": [], DELETED: []}, created, **options)
    carry_out(application, application.plan())
    assert graph.writes[-1] == ("PATCH", PATH, {"isDisabled": True})
    assert "isDisabled" not in str(graph.writes[:-1])


REPLY = {"name": "reply URL of SAML app people on cs01"}
REPLY_URL = "https://cv.corp.example:443/webconsole/samlAcsIdpInitCallback.do?samlAppKey=AB"
BY_NAME = {"unique_name": "ops", "display_name": "Ops"}


def test_an_approval_covers_a_uri_and_an_application_that_were_not_there_yet(make_ctx: t.Any) -> None:
    """In check mode neither is known; the run that knows both does what was told, and no more."""
    nothing: dict[str, t.Any] = {"/applications(uniqueName='ops')": None, "/applications": [], DELETED: []}
    graph = FakeGraph(
        make_ctx(
            {**DEFAULTS, "max_removals": 20, **BY_NAME, "pending_application": True, "pending_redirect_uris": [REPLY]},
            check_mode=True,
        ),
        nothing,
    )
    planned = list_planned_changes("application", call_with_graph(ApplicationResource, graph).plan())
    assert [change["sentence"] for change in planned] == [
        "send people back to the reply URL of SAML app people on cs01"
    ]
    resource, graph = make_existing(make_ctx, {}, {}, pending_redirect_uris=[{**REPLY, "uri": REPLY_URL}])
    plan = resource.plan()
    approved = {change["id"] for change in planned}
    assert {change["id"] for change in list_planned_changes("application", plan, approved)} == approved
    assert plan.after["web"]["redirect_uris"] == [REPLY_URL]
    other, _graph = make_existing(make_ctx, {}, {}, pending_redirect_uris=[{"name": "another", "uri": REPLY_URL}])
    assert {change["id"] for change in list_planned_changes("application", other.plan(), approved)} != approved


def test_a_uri_that_is_there_is_no_change(make_ctx: t.Any) -> None:
    web = {"web": {"redirectUris": [REPLY_URL]}}
    resource, _graph = make_existing(make_ctx, web, pending_redirect_uris=[{**REPLY, "uri": REPLY_URL}], exclusive=True)
    assert not resource.plan().changed


def test_what_is_still_not_known_is_an_error_outside_check_mode(make_ctx: t.Any) -> None:
    resource, _graph = make_existing(make_ctx, {}, pending_redirect_uris=[REPLY, REPLY])
    with pytest.raises(Problems) as caught:
        resource.plan()
    assert [problem["where"] for problem in caught.value.facts["problems"]] == [
        "pending_redirect_uris[0].uri",
        "pending_redirect_uris[1].name",
        "pending_redirect_uris[1].uri",
    ]
    missing, _graph = make_application(
        make_ctx,
        {"/applications(uniqueName='ops')": None, "/applications": [], DELETED: []},
        **BY_NAME,
        pending_application=True,
    )
    with pytest.raises(ConfigError, match="should have been created by an earlier task"):
        missing.plan()


def test_a_pending_uri_is_checked_like_any_other(make_ctx: t.Any) -> None:
    resource, _graph = make_existing(make_ctx, {}, pending_redirect_uris=[{**REPLY, "uri": "http://cv.corp.example/x"}])
    with pytest.raises(Problems, match="redirect_uris"):
        resource.plan()
