# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module entra_service_principal: what is read, what is sent, what comes of it."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, carry_out, guid, refusal
from fake_signing import DEFAULTS, get_thumbprint, make_signing
from fake_signing import make_principal as make_signing_principal

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    ConfigError,
    Forbidden,
    GuardRefused,
    Unreachable,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.service_principals.plan import FLAGS, SETS, TEXTS
from ansible_collections.cvops.identity.plugins.module_utils._entra.service_principals.resource import (
    ServicePrincipalResource,
)

NONE: dict[str, t.Any] = dict.fromkeys([*TEXTS, *FLAGS, *SETS, "owners", "app_id", "object_id", "application"])
WIRE = {"id": guid(1), "appId": guid(2), "displayName": "Ops"}
BY_APP_ID = f"/servicePrincipals(appId='{guid(2)}')"
PATH = f"/servicePrincipals/{guid(1)}"
APPLICATION = f"/applications(appId='{guid(2)}')"
DELETED = "/directory/deletedItems/microsoft.graph.servicePrincipal"


def make_principal(
    make_ctx: t.Any, answers: dict[str, t.Any], *replies: t.Any, **options: t.Any
) -> tuple[ServicePrincipalResource, FakeGraph]:
    usual = {**NONE, "state": "present", "exclusive": False, "max_removals": 20}
    if not options.keys() & {"object_id", "application"}:
        usual["app_id"] = guid(2)
    graph = FakeGraph(make_ctx({**usual, **options}), answers, *replies)
    return call_with_graph(ServicePrincipalResource, graph), graph


def test_a_principal_is_created_by_its_application_id(make_ctx: t.Any) -> None:
    created = {**WIRE, "tags": ["ours", "of the application"]}
    principal, graph = make_principal(make_ctx, {}, created, tags=["ours"], enabled=False)
    planned = principal.plan()
    predicted = principal.result()
    assert (predicted["object_id"], predicted["app_id"], predicted["tags"]) == (None, guid(2), ["ours"])
    carry_out(principal, planned)
    assert graph.writes == [("PATCH", BY_APP_ID, {"accountEnabled": False, "tags": ["ours"]})]
    result = principal.result()
    assert (result["object_id"], result["display_name"]) == (guid(1), "Ops")
    assert result["tags"] == ["of the application", "ours"]


def test_what_entra_would_refuse_is_refused_while_planning(make_ctx: t.Any) -> None:
    principal, graph = make_principal(make_ctx, {}, reply_urls=[""])
    with pytest.raises(ConfigError, match="reply_urls"):
        principal.plan()
    assert graph.reads == []
    managed = {**WIRE, "servicePrincipalType": "ManagedIdentity"}
    with pytest.raises(ConfigError, match="managed identity"):
        make_principal(make_ctx, {BY_APP_ID: managed}, state="absent")[0].plan()


def test_only_what_differs_is_sent(make_ctx: t.Any) -> None:
    principal, graph = make_principal(
        make_ctx, {BY_APP_ID: {**WIRE, "notes": "n", "tags": ["b"]}}, notes="", tags=["a"]
    )
    carry_out(principal, principal.plan())
    assert graph.writes == [("PATCH", PATH, {"notes": None, "tags": ["b", "a"]})]
    principal, graph = make_principal(make_ctx, {BY_APP_ID: WIRE}, exclusive=True)
    assert not principal.plan().changed and graph.reads == [BY_APP_ID]


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ({"tags": ["a"], "exclusive": True}, True),
        ({"tags": []}, True),
        ({"reply_urls": []}, False),
        ({"tags": ["a"]}, False),
        ({"tags": ["a", "b"], "exclusive": True}, False),
        ({"notification_emails": [], "exclusive": True}, False),
    ],
)
def test_the_application_is_read_only_where_something_would_be_removed(
    make_ctx: t.Any, options: dict[str, t.Any], read: bool
) -> None:
    principal, graph = make_principal(make_ctx, {BY_APP_ID: {**WIRE, "tags": ["a", "b"]}}, **options)
    principal.plan()
    assert (APPLICATION in graph.reads) is read


def test_what_comes_from_the_application_is_not_fought_with(make_ctx: t.Any) -> None:
    wire = {**WIRE, "tags": ["app", "own"], "replyUrls": ["https://own", "https://spa", "https://web"]}
    ids = {"id": guid(5), "appId": guid(2)}
    application = {
        **ids,
        "tags": ["app"],
        "web": {"redirectUris": ["https://web"]},
        "spa": {"redirectUris": ["https://spa"]},
    }
    answers = {BY_APP_ID: wire, APPLICATION: application}
    principal, graph = make_principal(make_ctx, answers, tags=[], reply_urls=["https://x"], exclusive=True)
    carry_out(principal, principal.plan())
    assert graph.writes[0].body == {"tags": ["app"], "replyUrls": ["https://spa", "https://web", "https://x"]}
    answers = {BY_APP_ID: {**wire, "tags": ["app"]}, APPLICATION: application}
    assert not make_principal(make_ctx, answers, tags=[])[0].plan().changed


def test_owners_are_read_only_where_they_are_managed(make_ctx: t.Any) -> None:
    answers = {BY_APP_ID: WIRE, f"{PATH}/owners": [{"id": guid(8)}]}
    principal, graph = make_principal(make_ctx, answers, owners=[guid(9)], exclusive=True)
    carry_out(principal, principal.plan())
    assert graph.sent() == [f"POST {PATH}/owners/$ref", f"DELETE {PATH}/owners/{guid(8)}/$ref"]
    assert principal.result()["owners"] == [guid(9)]


def test_of_a_new_principal_the_creator_goes_where_owners_are_exclusive(make_ctx: t.Any) -> None:
    principal, graph = make_principal(make_ctx, {}, WIRE, owners=[], exclusive=True)
    planned = principal.plan()
    graph.answers[f"{PATH}/owners"] = [{"id": guid(7)}]
    carry_out(principal, planned)
    assert graph.sent() == [f"PATCH {BY_APP_ID}", f"DELETE {PATH}/owners/{guid(7)}/$ref"]


@pytest.mark.parametrize(("state", "error"), [("present", True), ("absent", False)])
def test_an_object_id_that_nothing_has_is_an_error_only_for_present(make_ctx: t.Any, state: str, error: bool) -> None:
    principal, _graph = make_principal(make_ctx, {}, object_id=guid(1), state=state)
    if error:
        with pytest.raises(ConfigError, match="give app_id to create one"):
            principal.plan()
    else:
        assert not principal.plan().changed


def test_keys_of_two_principals_are_refused(make_ctx: t.Any) -> None:
    principal, _graph = make_principal(make_ctx, {PATH: WIRE}, object_id=guid(1), app_id=guid(9))
    with pytest.raises(ConfigError, match=f"belongs to application {guid(2)}, not {guid(9)}"):
        principal.plan()
    principal, _graph = make_principal(make_ctx, {PATH: WIRE}, object_id=guid(1), app_id=guid(2).upper())
    assert not principal.plan().changed and principal.result()["app_id"] == guid(2)
    principal, graph = make_principal(make_ctx, {}, object_id="x")
    with pytest.raises(ConfigError, match="object_id: 'x' is not a GUID"):
        principal.plan()
    assert graph.reads == []


@pytest.mark.parametrize("options", [{"object_id": guid(1)}, {}])
def test_a_deleted_principal_is_forgotten_by_its_keys(make_ctx: t.Any, options: dict[str, t.Any]) -> None:
    principal, graph = make_principal(make_ctx, {PATH: WIRE, BY_APP_ID: WIRE}, state="absent", **options)
    carry_out(principal, principal.plan())
    assert graph.sent() == [f"DELETE {PATH}"] and graph.forgotten == [guid(1), BY_APP_ID]
    assert principal.result() == {}


def test_a_registration_that_is_gone_has_no_principal_to_delete(make_ctx: t.Any) -> None:
    principal, graph = make_principal(make_ctx, {}, state="absent", application={"unique_name": "ops"})
    assert not principal.plan().changed and graph.reads == ["/applications(uniqueName='ops')"]


def test_in_check_mode_the_registration_may_not_be_there_yet(make_ctx: t.Any) -> None:
    principal, graph = make_principal(make_ctx, {}, application={"unique_name": "ops"})
    graph.ctx.check_mode = True
    assert [step.action for step in principal.plan().steps] == ["create"]
    assert principal.result()["app_id"] is None


CONFLICT = refusal("it exists", 409)


@pytest.mark.parametrize(
    ("listed", "kind", "text"),
    [
        ([{"id": guid(5), "appId": guid(2)}], ConfigError, "purge it from the deleted items"),
        ([{"id": guid(5), "appId": guid(6)}], ApiError, "it exists"),
        (Forbidden("Cannot list deleted", status=403), ApiError, "it exists"),
        (Unreachable("no answer"), Unreachable, "no answer"),
    ],
)
def test_a_conflict_is_explained_by_a_deleted_principal(make_ctx: t.Any, listed: t.Any, kind: t.Any, text: str) -> None:
    principal, _graph = make_principal(make_ctx, {DELETED: listed}, CONFLICT)
    with pytest.raises(kind, match=text):
        carry_out(principal, principal.plan())


def test_other_refusals_of_a_creation_are_told_as_they_are(make_ctx: t.Any) -> None:
    principal, graph = make_principal(make_ctx, {}, refusal("no", 400))
    with pytest.raises(ApiError, match="Cannot: no"):
        carry_out(principal, principal.plan())
    assert DELETED not in graph.reads


def test_more_owners_than_the_limit_are_not_removed(make_ctx: t.Any) -> None:
    owners = [{"id": guid(number)} for number in range(10, 31)]
    answers = {BY_APP_ID: WIRE, f"/servicePrincipals/{guid(1)}/owners": owners}
    principal, graph = make_principal(make_ctx, answers, owners=[])
    with pytest.raises(GuardRefused, match="21 owners would be removed, more than max_removals 20"):
        principal.plan()
    assert graph.writes == []
    assert make_principal(make_ctx, answers, owners=[], max_removals=21)[0].plan().changed


def test_check_mode_names_the_principal_that_would_be_created(make_ctx: t.Any) -> None:
    answers = {f"/applications(appId='{guid(2)}')": {"id": guid(5), "appId": guid(2), "displayName": "Ops"}}
    principal, dummy = make_principal(make_ctx, answers)
    principal.plan()
    assert (principal.result()["object_id"], principal.result()["display_name"]) == (None, "Ops")
    foreign, dummy = make_principal(make_ctx, {})
    foreign.plan()
    assert foreign.result()["display_name"] is None


OWNERS = f"{PATH}/owners"
GONE = {"state": "absent"}
TAGGED = {**WIRE, "tags": ["a"]}


def make_written(
    make_ctx: t.Any, wire: dict[str, t.Any] | None, shown: dict[str, t.Any], **options: t.Any
) -> ServicePrincipalResource:
    """Return a service principal that was *wire* and then written; *shown*: what Graph answers from then on."""
    answers = {BY_APP_ID: wire, PATH: wire, OWNERS: [{"id": guid(8)}]}
    principal, graph = make_principal(make_ctx, answers, WIRE, **options)
    carry_out(principal, principal.plan())
    graph.answers = {**answers, **shown}
    return principal


def show(wire: dict[str, t.Any] | None) -> dict[str, t.Any]:
    """Return what Graph answers where both keys show the same."""
    return {BY_APP_ID: wire, PATH: wire}


@pytest.mark.parametrize(
    ("wire", "shown", "options", "found"),
    [
        (WIRE, show(TAGGED), {"tags": ["a"]}, []),
        (WIRE, {}, {"tags": ["a"]}, ["tags"]),
        (None, show({**WIRE, "tags": ["a", "of the application"]}), {"tags": ["a"]}, []),
        (None, show(WIRE), {"tags": ["a"]}, ["tags"]),
        (None, {PATH: WIRE}, {}, ["list"]),
        (None, {BY_APP_ID: WIRE}, {}, ["list"]),
        (WIRE, {OWNERS: [{"id": guid(8)}, {"id": guid(9)}]}, {"owners": [guid(9)]}, []),
        (WIRE, {}, {"owners": [guid(9)]}, ["owners"]),
        (WIRE, show(None), GONE, []),
    ],
)
def test_what_was_written_is_read_back(
    make_ctx: t.Any, wire: t.Any, shown: t.Any, options: dict[str, t.Any], found: list[str]
) -> None:
    principal = make_written(make_ctx, wire, shown, **options)
    assert principal.verify() == [{"field": field} for field in found]


@pytest.mark.parametrize(
    ("shown", "options", "unproven"),
    [
        ({}, {"tags": []}, "tags"),
        ({}, {"enabled": False}, "enabled"),
        ({}, {"assignment_required": True}, "assignment_required"),
        ({}, {"owners": []}, "owners"),
        ({PATH: None}, GONE, "state"),
        ({BY_APP_ID: None}, GONE, "state"),
    ],
)
def test_what_was_taken_away_must_show(make_ctx: t.Any, shown: t.Any, options: t.Any, unproven: str) -> None:
    principal = make_written(make_ctx, TAGGED, shown, **options)
    with pytest.raises(WaitTimeout, match="service principal Ops") as caught:
        principal.verify()
    assert caught.value.facts["unproven"] == [unproven]


def test_nothing_is_read_back_where_nothing_was_written(make_ctx: t.Any) -> None:
    principal, graph = make_principal(make_ctx, {BY_APP_ID: WIRE})
    principal.plan()
    graph.reads.clear()
    assert principal.verify() == [] and graph.reads == []


SAML = {**WIRE, "preferredSingleSignOnMode": "saml"}


def test_certificates_are_read_only_where_they_are_managed(make_ctx: t.Any) -> None:
    principal, graph = make_principal(make_ctx, {BY_APP_ID: SAML})
    principal.plan()
    assert graph.reads == [BY_APP_ID] and "signing_certificates" not in principal.result()
    held = {**make_signing_principal(make_signing(1, "a"), preferred=get_thumbprint("a")), **SAML}
    principal, graph = make_principal(make_ctx, {BY_APP_ID: SAML, PATH: held}, signing_certificate=DEFAULTS)
    assert not principal.plan().changed and graph.reads == [BY_APP_ID, PATH]
    (row,) = principal.result()["signing_certificates"]
    assert (row["thumbprint"], row["active"]) == (get_thumbprint("a"), True)


def test_another_certificate_is_activated_with_one_request(make_ctx: t.Any) -> None:
    held = {**make_signing_principal(make_signing(1, "a"), make_signing(3, "b")), **SAML}
    answers = {BY_APP_ID: SAML, PATH: held}
    asked = {**DEFAULTS, "activate": get_thumbprint("b")}
    principal, graph = make_principal(make_ctx, answers, signing_certificate=asked)
    planned = principal.plan()
    for step in planned.steps:
        principal.wait_before(step)
    carry_out(principal, planned)
    assert graph.writes == [("PATCH", PATH, {"preferredTokenSigningKeyThumbprint": get_thumbprint("b")})]
    graph.answers[PATH] = graph.answers[BY_APP_ID] = {**held, "preferredTokenSigningKeyThumbprint": get_thumbprint("b")}
    assert principal.verify() == []
    assert [row["active"] for row in principal.result()["signing_certificates"]] == [False, True]


def test_an_activation_that_does_not_show_fails(make_ctx: t.Any) -> None:
    held = {**make_signing_principal(make_signing(1, "a")), **SAML}
    asked = {**DEFAULTS, "activate": get_thumbprint("a")}
    principal, _graph = make_principal(make_ctx, {BY_APP_ID: held, PATH: held}, signing_certificate=asked)
    carry_out(principal, principal.plan())
    with pytest.raises(WaitTimeout, match="signing_certificate"):
        principal.verify()


def test_certificates_need_saml(make_ctx: t.Any) -> None:
    for options in ({"sign_on_mode": "oidc"}, {}):
        principal, graph = make_principal(make_ctx, {}, signing_certificate=DEFAULTS, **options)
        with pytest.raises(ConfigError, match="such certificates are used for SAML only"):
            principal.plan()
        assert graph.writes == []
