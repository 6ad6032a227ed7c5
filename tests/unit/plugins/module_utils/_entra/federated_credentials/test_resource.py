# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module entra_federated_credential: what is read, what is sent, what comes of it."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, carry_out, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Forbidden, WaitTimeout
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.plan import LIMIT
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.resource import (
    FederatedCredentialResource,
)

APPLICATION = {"id": guid(1), "appId": guid(2)}
APPLICATION_PATH = f"/applications/{guid(1)}"
PATH = f"{APPLICATION_PATH}/federatedIdentityCredentials"
WIRE = {
    "id": guid(3),
    "name": "ci-main",
    "issuer": "https://x",
    "subject": "s",
    "audiences": ["a"],
    "description": None,
}


def make_credential(
    make_ctx: t.Any, rows: list[dict[str, t.Any]], *replies: t.Any, application: t.Any = APPLICATION, **options: t.Any
) -> tuple[t.Any, FakeGraph]:
    usual = {
        "state": "present",
        "name": "ci-main",
        "issuer": "https://x",
        "subject": "s",
        "audiences": ["a"],
        "cloud": "public",
        "authority_url": None,
        "application": {"object_id": guid(1)},
    }
    graph = FakeGraph(make_ctx({**usual, **options}), {APPLICATION_PATH: application, PATH: rows}, *replies)
    return call_with_graph(FederatedCredentialResource, graph), graph


def test_a_credential_is_created_by_its_name(make_ctx: t.Any) -> None:
    credential, graph = make_credential(make_ctx, [], {"id": guid(3)}, description="why")
    planned = credential.plan()
    assert credential.result() == {"id": None, **planned.after}
    carry_out(credential, planned)
    assert graph.sent() == [f"PATCH {PATH}(name='ci-main')"]
    assert graph.writes[0].body == {"issuer": "https://x", "subject": "s", "audiences": ["a"], "description": "why"}
    assert credential.result()["id"] == guid(3)


def test_a_change_sends_only_what_differs(make_ctx: t.Any) -> None:
    credential, graph = make_credential(make_ctx, [WIRE], subject="other")
    carry_out(credential, credential.plan())
    assert graph.writes == [("PATCH", f"{PATH}/{guid(3)}", {"subject": "other"})]
    unchanged, graph = make_credential(make_ctx, [WIRE])
    assert not unchanged.plan().changed and unchanged.result()["id"] == guid(3)


def test_a_credential_is_deleted_and_a_missing_application_has_none(make_ctx: t.Any) -> None:
    credential, graph = make_credential(make_ctx, [WIRE], state="absent", issuer=None, subject=None)
    carry_out(credential, credential.plan())
    assert graph.sent() == [f"DELETE {PATH}/{guid(3)}"] and credential.result() == {}
    assert graph.forgotten == [guid(3), f"{PATH}(name='ci-main')"], "a replica that shows it still is not believed"
    credential, graph = make_credential(make_ctx, [WIRE], state="absent", application=None)
    assert not credential.plan().changed and graph.reads[0] == APPLICATION_PATH


def test_a_missing_application_is_an_error_for_present(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="create it first"):
        make_credential(make_ctx, [], application=None)[0].plan()


def test_an_application_that_check_mode_cannot_see_yet_has_no_credentials(make_ctx: t.Any) -> None:
    credential, graph = make_credential(make_ctx, [], application=None)
    graph.ctx.check_mode = True
    graph.ctx.options["application"] = {"unique_name": "ops"}
    assert [step.action for step in credential.plan().steps] == ["create"]
    assert graph.reads == ["/applications(uniqueName='ops')"]


@pytest.mark.parametrize(("number", "warned"), [(LIMIT - 2, False), (LIMIT - 1, True)])
def test_the_last_credential_that_fits_is_told(make_ctx: t.Any, number: int, warned: bool) -> None:
    rows = [{**WIRE, "id": str(one), "name": f"ci-{one}", "subject": f"s{one}"} for one in range(number)]
    credential, graph = make_credential(make_ctx, rows)
    credential.plan()
    assert bool(graph.ctx.warnings) is warned


def test_what_a_trust_in_job_templates_rests_on_is_told_when_it_is_written(make_ctx: t.Any) -> None:
    awx = {"issuer": "https://aap.example/o", "organization": "Platform", "job_template": "Converge access"}
    options = {"issuer": None, "subject": None, "awx": awx}
    credential, graph = make_credential(make_ctx, [], **options)
    after = credential.plan().after
    assert [text[:13] for text in graph.ctx.warnings] == ["awx: Whether ", "awx: The subj"]
    wire = {**WIRE, "issuer": after["issuer"], "subject": after["subject"]}
    credential, graph = make_credential(make_ctx, [wire], **options)
    assert not credential.plan().changed and not graph.ctx.warnings, "what is there already is no news"


@pytest.mark.parametrize(
    ("tenant_id", "claims", "tenant"),
    [(guid(7).upper(), {}, guid(7)), ("corp.example", {"tid": guid(8)}, guid(8)), (None, {"tid": guid(8)}, guid(8))],
)
def test_a_managed_identity_is_trusted_by_the_tenants_own_issuer(
    make_ctx: t.Any, tenant_id: str | None, claims: dict[str, str], tenant: str
) -> None:
    credential, graph = make_trust(make_ctx, {PRINCIPAL_PATH: PRINCIPAL}, [], **BY_PRESET, tenant_id=tenant_id)
    graph.claims = claims
    after = credential.plan().after
    assert after["issuer"] == f"https://login.microsoftonline.com/{tenant}/v2.0" and after["subject"] == guid(9)


def test_an_unknown_tenant_has_no_issuer(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="the tenant's id is not known"):
        make_trust(make_ctx, {}, [], **BY_PRESET, tenant_id=None)[0].plan()


ABSENT = {"state": "absent", "issuer": None, "subject": None}


@pytest.mark.parametrize(
    ("rows", "options", "shown", "found"),
    [
        ([], {}, [WIRE], []),
        ([], {}, [], ["list"]),
        ([WIRE], {"description": "new"}, [{**WIRE, "description": "new"}], []),
        ([WIRE], {"description": "new"}, [WIRE], ["description"]),
        ([WIRE], ABSENT, [], []),
    ],
)
def test_what_was_written_is_read_back(
    make_ctx: t.Any, rows: t.Any, options: dict[str, t.Any], shown: t.Any, found: list[str]
) -> None:
    credential, graph = make_credential(make_ctx, rows, {"id": guid(3)}, **options)
    carry_out(credential, credential.plan())
    graph.answers[PATH] = shown
    assert credential.verify() == [{"field": field} for field in found]


@pytest.mark.parametrize(
    ("options", "unproven"),
    [(ABSENT, "state"), ({"subject": "other"}, "subject"), ({"issuer": "https://y"}, "issuer"), ({"audiences": ["b"]}, "audiences")],
)  # fmt: skip
def test_a_trust_that_was_taken_away_must_show(make_ctx: t.Any, options: dict[str, t.Any], unproven: str) -> None:
    credential, _graph = make_credential(make_ctx, [WIRE], **options)
    carry_out(credential, credential.plan())
    with pytest.raises(WaitTimeout, match="federated credential ci-main") as caught:
        credential.verify()
    assert caught.value.facts["unproven"] == [unproven]


def test_nothing_is_read_back_where_nothing_was_written(make_ctx: t.Any) -> None:
    credential, graph = make_credential(make_ctx, [WIRE])
    credential.plan()
    graph.reads.clear()
    assert credential.verify() == [] and graph.reads == []


IDENTITY = guid(9)
TENANT = guid(7)
PRINCIPAL_PATH = f"/servicePrincipals/{IDENTITY}"
PRINCIPAL = {
    "id": IDENTITY,
    "appId": guid(10),
    "displayName": "rotator",
    "servicePrincipalType": "ManagedIdentity",
    "alternativeNames": ["isExplicit=True", "/subscriptions/x"],
}
BY_IDS = "/directoryObjects/getByIds"
OTHER = {"id": IDENTITY, "displayName": "ops"}
OWN_ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"
BY_PRESET = {"issuer": None, "subject": None, "managed_identity": {"object_id": IDENTITY}}
BY_TEXT = {"issuer": OWN_ISSUER, "subject": IDENTITY}
EXCHANGE = ["api://AzureADTokenExchange"]


def make_trust(
    make_ctx: t.Any, objects: dict[str, t.Any], rows: list[dict[str, t.Any]], **options: t.Any
) -> tuple[t.Any, FakeGraph]:
    """A credential for a managed identity, in a directory with these objects."""
    credential, graph = make_credential(make_ctx, rows, **{"audiences": EXCHANGE, "tenant_id": TENANT, **options})
    graph.answers.update(objects)
    return credential, graph


@pytest.mark.parametrize("options", [BY_PRESET, BY_TEXT], ids=["preset", "issuer and subject"])
@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ({PRINCIPAL_PATH: PRINCIPAL}, None),
        ({PRINCIPAL_PATH: {**PRINCIPAL, "alternativeNames": None}}, None),
        ({PRINCIPAL_PATH: {**PRINCIPAL, "alternativeNames": ["isExplicit=False"]}}, "system-assigned"),
        ({PRINCIPAL_PATH: {**PRINCIPAL, "servicePrincipalType": "Application"}}, "service principal of an application"),
        (
            {f"/servicePrincipals(appId='{IDENTITY}')": PRINCIPAL},
            f"client id.* of the application rotator; the object id of its .*service principal.* is {IDENTITY}",
        ),
        ({BY_IDS: [{**OTHER, "@odata.type": "#microsoft.graph.application"}]}, "the application .registration. ops"),
        ({}, "no service principal of this tenant"),
    ],
)
def test_what_a_managed_identity_is_said_to_be_is_looked_at_before_it_is_trusted(
    make_ctx: t.Any, options: dict[str, t.Any], objects: dict[str, t.Any], said: str | None
) -> None:
    credential, graph = make_trust(make_ctx, objects, [], **options)
    if said is None:
        assert [step.action for step in credential.plan().steps] == ["create"]
        assert graph.ctx.warnings == []
        return
    with pytest.raises(ConfigError, match=said) as refused:
        credential.plan()
    assert str(refused.value).startswith(
        "managed_identity.object_id: " if "managed_identity" in options else "subject: "
    )
    assert graph.writes == []


def test_one_that_may_not_be_looked_at_is_told_and_not_taken_for_right(make_ctx: t.Any) -> None:
    credential, graph = make_trust(make_ctx, {PRINCIPAL_PATH: Forbidden("no", status=403)}, [], **BY_PRESET)
    assert [step.action for step in credential.plan().steps] == ["create"]
    (warning,) = graph.ctx.warnings
    assert "could not be checked" in warning and "Application.Read.All" in warning


def test_a_trust_that_stays_is_not_looked_at_again(make_ctx: t.Any) -> None:
    stored = {**WIRE, "issuer": OWN_ISSUER, "subject": IDENTITY, "audiences": EXCHANGE}
    for options, actions in (({}, []), ({"description": "why"}, ["update"])):
        credential, graph = make_trust(make_ctx, {}, [stored], **BY_PRESET, **options)
        assert [step.action for step in credential.plan().steps] == actions
        assert graph.reads == [APPLICATION_PATH, PATH]


def test_a_repository_by_its_names_is_warned_of_when_it_is_written(make_ctx: t.Any) -> None:
    github = {"repository": "corp/access", "branch": "main", "issuer": "https://token.actions.githubusercontent.com"}
    options = {"issuer": None, "subject": None, "audiences": EXCHANGE}
    credential, graph = make_credential(make_ctx, [], github=github, **options)
    credential.plan()
    (warning,) = graph.ctx.warnings
    assert "repo:corp/access:ref:refs/heads/main" in warning and "github.owner_id" in warning
    stored = {
        **WIRE,
        "issuer": github["issuer"],
        "subject": "repo:corp/access:ref:refs/heads/main",
        "audiences": EXCHANGE,
    }
    for rows, given in (([stored], github), ([], {**github, "owner_id": "1", "repository_id": "2"})):
        credential, graph = make_credential(make_ctx, rows, github=given, **options)
        credential.plan()
        assert graph.ctx.warnings == []
