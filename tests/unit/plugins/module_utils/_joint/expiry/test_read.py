# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read for expiry_info, with how few requests, and what a failed read makes of it."""

from __future__ import annotations

import base64
import hashlib
import typing as t
from urllib.parse import unquote

import pytest
from expiry_examples import TENANT, guid
from failed_reads import FAILED_READS
from fake_commvault import FakeCommvault
from fake_graph import FakeGraph

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    ConfigError,
    Forbidden,
    Throttled,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.values import AnswerObject
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import COMMVAULT_SOURCES
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.read import (
    CommvaultExpiryReader,
    EntraExpiryReader,
)

HOPELESS = (AuthError, Unreachable, Throttled)
SECRET = {"keyId": guid(1001), "displayName": "s", "endDateTime": "2027-01-01T00:00:00Z"}


def app(number: int, **members: t.Any) -> AnswerObject:
    return AnswerObject(
        {"id": guid(100 + number), "appId": guid(number), "displayName": f"app-{number}", **members},
    )


def principal(number: int, **members: t.Any) -> AnswerObject:
    return app(100 + number, **{"appId": guid(number), **members})


class Tenant:
    """Graph with so many applications, each with a service principal and a federated credential."""

    def __init__(self, make_ctx: t.Any, count: int = 1) -> None:
        self.applications = [app(number, passwordCredentials=[SECRET]) for number in range(1, count + 1)]
        self.principals: list[t.Any] = [principal(number) for number in range(1, count + 1)]
        self.graph = FakeGraph(
            make_ctx({}),
            {
                "/applications": lambda params: self.applications,
                "/servicePrincipals": lambda params: [
                    item for item in self.principals if not params.get("$filter") or item["appId"] in params["$filter"]
                ],
            },
        )
        self.graph.claims = {"tid": TENANT, "appid": guid(9).upper()}
        for item in self.applications:
            self.graph.answers[f"/applications(appId='{item['appId']}')"] = item
            self.graph.answers[self.federated(item)] = [{"id": guid(500), "name": "awx"}]
        self.reader = EntraExpiryReader(self.graph.ctx, t.cast("t.Any", self.graph))

    @staticmethod
    def federated(item: t.Mapping[str, t.Any]) -> str:
        return f"/applications/{item['id']}/federatedIdentityCredentials"

    def read(self, *asked: dict[str, str]) -> dict[str, str]:
        """Read, and return the statuses of the sources."""
        self.reader.read(asked)
        return {source["what"]: source["status"] for source in self.reader.facts["sources"]}

    @property
    def requests(self) -> int:
        """How many requests were sent: a batch is one."""
        parts = sum(map(len, self.graph.batches))
        return len(self.graph.reads) - parts + len(self.graph.batches)


READ = dict.fromkeys(("applications", "service_principals", "federated_credentials"), "read")


def test_all_applications_with_everything_that_belongs_to_them(make_ctx: t.Any) -> None:
    tenant = Tenant(make_ctx, 3)
    assert tenant.read() == READ
    kinds = [item["kind"] for item in tenant.reader.facts["key_list"]]
    assert sorted(kinds) == ["federated_credential"] * 3 + ["secret"] * 3
    source = tenant.reader.facts["sources"][0]
    assert (source["found"], source["complete"], source["tenant_id"]) == (3, True, TENANT)
    assert source["caller_app_id"] == guid(9)
    assert tenant.requests == 3


@pytest.mark.parametrize("count", [1, 2, 15, 40])
def test_at_most_two_requests_for_each_application(make_ctx: t.Any, count: int) -> None:
    tenant = Tenant(make_ctx, count)
    assert tenant.read(*({"app_id": item["appId"]} for item in tenant.applications)) == READ
    assert len(tenant.reader.facts["applications"]) == count
    assert tenant.requests <= 2 * count
    assert tenant.requests <= 2 + count // 8


@pytest.mark.parametrize("count", [1, 45])
def test_of_all_applications_far_fewer(make_ctx: t.Any, count: int) -> None:
    tenant = Tenant(make_ctx, count)
    tenant.read()
    assert tenant.requests <= 2 + -(-count // 20)


def test_an_application_that_is_named_twice_is_one(make_ctx: t.Any) -> None:
    tenant = Tenant(make_ctx)
    tenant.graph.answers[f"/applications/{guid(101)}"] = tenant.applications[0]
    tenant.read({"app_id": guid(1)}, {"object_id": guid(101), "app_id": ""})
    assert len(tenant.reader.facts["applications"]) == 1


def test_an_application_that_is_not_there_is_told(make_ctx: t.Any) -> None:
    tenant = Tenant(make_ctx)
    assert tenant.read({"unique_name": "gone"}, {"app_id": guid(1)}) == READ
    found = {item["application"]: item["is_found"] for item in tenant.reader.facts["applications"]}
    assert found == {"gone": False, "app-1": True}
    assert tenant.reader.facts["sources"][0]["complete"] is False


@pytest.mark.parametrize("asked", [{"app_id": "x"}, {"object_id": "x"}, {"unique_name": ""}, {}])
def test_an_application_is_named_by_a_key(make_ctx: t.Any, asked: dict[str, str]) -> None:
    tenant = Tenant(make_ctx)
    with pytest.raises(ConfigError, match=r"^applications\[0\]"):
        tenant.read(asked)
    assert tenant.requests == 0


def test_a_service_principal_of_an_application_elsewhere_counts_when_it_has_keys(make_ctx: t.Any) -> None:
    tenant = Tenant(make_ctx)
    tenant.principals += [principal(7, displayName="Elsewhere", passwordCredentials=[SECRET]), principal(8)]
    tenant.read()
    assert [item["application"] for item in tenant.reader.facts["applications"]] == ["app-1", "Elsewhere"]
    assert tenant.reader.facts["sources"][1]["found"] == 3


def test_the_names_of_the_service_principal_identify_the_application_too(make_ctx: t.Any) -> None:
    tenant = Tenant(make_ctx)
    tenant.principals[0]["servicePrincipalNames"] = ["https://cv"]
    tenant.read()
    assert tenant.reader.facts["applications"][0]["identifiers"] == ["https://cv"]


@pytest.mark.parametrize("error", FAILED_READS, ids=lambda error: type(error).__name__)
def test_a_list_of_applications_that_fails_is_a_failed_source(make_ctx: t.Any, error: ApiError) -> None:
    tenant = Tenant(make_ctx)
    tenant.graph.answers["/applications"] = error
    assert tenant.read() == {"applications": "failed"}
    assert tenant.reader.errors == [error]
    assert tenant.reader.facts["sources"][0]["reason"] == str(error)
    assert tenant.requests == 1


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("error", [*FAILED_READS, Forbidden("no", status=403)], ids=lambda error: type(error).__name__)
def test_a_part_that_fails_fails_alone(make_ctx: t.Any, error: ApiError, named: bool) -> None:
    tenant = Tenant(make_ctx)
    tenant.graph.answers[tenant.federated(tenant.applications[0])] = error
    found = tenant.read(*([{"app_id": guid(1)}] if named else []))
    shares_request = named and isinstance(error, HOPELESS)
    assert found == {
        **READ,
        "federated_credentials": "failed",
        **({"service_principals": "failed"} if shares_request else {}),
    }
    assert [item["kind"] for item in tenant.reader.facts["key_list"]] == ["secret"]


@pytest.mark.parametrize("where", ["applications", "service_principals"])
def test_an_answer_that_cannot_be_understood_is_a_failed_source(make_ctx: t.Any, where: str) -> None:
    tenant = Tenant(make_ctx)
    odd = {"passwordCredentials": [{**SECRET, "endDateTime": "soon"}]}
    if where == "applications":
        tenant.applications = [app(1, **odd)]
    else:
        tenant.principals = [principal(1, **odd)]
    assert tenant.read()[where] == "failed"
    assert isinstance(tenant.reader.errors[0], BadAnswer)
    assert [item["kind"] for item in tenant.reader.facts["key_list"]] == (
        [] if where == "applications" else ["secret", "federated_credential"]
    )


SIGNING = {"preferredSingleSignOnMode": "saml", "preferredTokenSigningKeyThumbprint": "DEADBEEF"}
SIGN = {"keyId": guid(3), "customKeyIdentifier": "3q2+7w==", "usage": "Sign", "endDateTime": "2027-01-01T00:00:00Z"}
VERIFY = {**SIGN, "keyId": guid(4), "usage": "Verify"}


def sign_on(make_ctx: t.Any, *, public: t.Any = "MIIB", private: t.Any = None) -> Tenant:
    """A tenant whose application signs; *public* and *private*: what a read of the service principal alone shows as keys."""
    tenant = Tenant(make_ctx)
    tenant.principals = [principal(1, **SIGNING, keyCredentials=[SIGN, VERIFY])]
    alone = principal(1, keyCredentials=[{**SIGN, "key": private}, {**VERIFY, "key": public}])
    tenant.graph.answers[f"/servicePrincipals/{alone['id']}"] = alone
    return tenant


@pytest.mark.parametrize("asked", [(), ({"app_id": guid(1)},)], ids=["all", "named"])
def test_signing_certificates_are_known_by_the_fingerprint_of_what_verifies(make_ctx: t.Any, asked: t.Any) -> None:
    tenant = sign_on(make_ctx, public=base64.b64encode(b"0\x05public").decode(), private="c2VjcmV0LWtleQ==")
    assert tenant.read(*asked) == {**READ, "signing_certificates": "read"}
    (key,) = (item for item in tenant.reader.facts["key_list"] if item["kind"] == "saml_signing_certificate")
    assert key["fingerprint"] == hashlib.sha256(b"0\x05public").hexdigest().upper()
    assert (key["active"], key["is_named"]) == (True, True)
    assert "c2VjcmV0LWtleQ==" in tenant.graph.ctx.secrets


@pytest.mark.parametrize("public", [None, "", "not base64", base64.b64encode(b"0\x04\x02\x01\x00x").decode()])
def test_what_is_no_certificate_has_no_fingerprint(make_ctx: t.Any, public: t.Any) -> None:
    tenant = sign_on(make_ctx, public=public, private=base64.b64encode(b"0\x05public").decode())
    tenant.read()
    (key,) = (item for item in tenant.reader.facts["key_list"] if item["kind"] == "saml_signing_certificate")
    assert key["fingerprint"] is None


def test_signing_certificates_that_cannot_be_read_are_a_failed_source(make_ctx: t.Any) -> None:
    tenant = sign_on(make_ctx)
    tenant.graph.answers[f"/servicePrincipals/{tenant.principals[0]['id']}"] = Forbidden("no")
    assert tenant.read()["signing_certificates"] == "failed"
    assert [item["kind"] for item in tenant.reader.facts["key_list"]].count("saml_signing_certificate") == 1


TOKENS = {"tokens": [{"accessTokenId": 9, "tokenName": "ci", "renewableUntilTimestamp": 1780185600}]}
SERVERS = {"identityServers": [{"name": "corp", "type": "SAML", "samlType": "AZURE", "company": {"id": 0}}]}
OIDC = {"appName": "console", "appKey": "k1", "appType": 5, "isEnabled": True}
APPS = {"clientThirdPartyApps": [{"appName": "corp", "appType": 2, "isEnabled": True}, OIDC]}
PROPS = {"nameValues": [{"name": "clientId", "value": guid(2)}]}
SAML = {"name": "corp", "serviceProviderMetaData": {"entityId": "https://cv"}}


CREDENTIAL = {
    "id": 7,
    "name": "azure-prod",
    "accountType": "CLOUD_ACCOUNT",
    "authType": "AZUREACCOUNT",
    "tenantId": TENANT,
    "applicationId": guid(1),
    "description": f"of the team\n[cvops secret: {guid(1001)}]",
}


KEY_SERVER = {"keyProviderType": 4, "provider": {"keyProviderName": "kms"}}
KINDS = ["credential", "saml_app", "oidc_app", "office365_client", "key_management_server"]


class Cell:
    """A CommCell with an access token and a consumer of each kind."""

    def __init__(self, make_ctx: t.Any, name: str | None = None) -> None:
        self.answers: dict[str, t.Any] = {
            "V4/AccessToken/": TOKENS,
            "V4/IdentityServers": SERVERS,
            "ThirdParty/App": APPS,
            "v4/SAML/corp": SAML,
            "V4/Credential": {"credentialManager": [CREDENTIAL, {**CREDENTIAL, "id": 8, "authType": "WINDOWS"}]},
            "V5/Credential/7": CREDENTIAL,
            "Office365/entities": {"o365Client": [{"clientId": 70, "clientName": "exchange"}]},
            "Instance": {"instanceProperties": [{"azureAppList": {"azureApps": [{"azureAppId": guid(3)}]}}]},
            "CommCell/KeyManagementServers": {"keyProviders": [KEY_SERVER]},
            "App_GetClientThirdPartyAppPropReq": {"clientThirdPartyApps": [{**OIDC, "props": PROPS}]},
        }
        self.client = FakeCommvault(make_ctx({"parallel_reads": 2}), self.answers)
        self.client.answers = self.answers
        self.reader = CommvaultExpiryReader(self.client.ctx, t.cast("t.Any", self.client), name)

    def read(self, *left_out: str) -> dict[str, str]:
        self.reader.read(left_out)
        return {source["what"]: source["status"] for source in self.reader.facts["sources"]}


def test_a_commcell(make_ctx: t.Any) -> None:
    cell = Cell(make_ctx)
    assert set(cell.read().values()) == {"read"}
    (token,), (credential, saml, oidc, office, server) = cell.reader.facts["key_list"], cell.reader.facts["consumers"]
    assert [item["kind"] for item in cell.reader.facts["consumers"]] == KINDS
    assert (oidc["name"], oidc["app_id"], office["app_id"], server["name"]) == ("console", guid(2), guid(3), "kms")
    assert (credential["name"], credential["app_id"], credential["key_id"]) == ("azure-prod", guid(1), guid(1001))
    assert (token["key_id"], token["owner"], token["commcell"]) == ("9", "svc", "cs01")
    assert (saml["name"], saml["identifiers"], saml["commcell"], saml["company"]) == (
        "corp",
        ["https://cv"],
        "cs01",
        None,
    )
    # Tokens; credentials and one of them; the two lists of identity providers, one SAML app and one OpenID Connect app; the two
    # lists of clients and one of them; key management servers.
    assert len(cell.client.sent) == 1 + 2 + 4 + 3 + 1


def test_what_is_left_out_is_not_asked_for_and_told(make_ctx: t.Any) -> None:
    cell = Cell(make_ctx)
    found = cell.read("office365_clients", "key_management_servers", "saml_apps")
    assert {what for what, status in found.items() if status == "left_out"} == {
        "office365_clients",
        "key_management_servers",
        "saml_apps",
    }
    assert [item["kind"] for item in cell.reader.facts["consumers"]] == ["credential", "oidc_app"]
    assert len(cell.client.sent) == 1 + 2 + 3


@pytest.mark.parametrize(
    ("path", "what"),
    [("Office365/entities", "office365_clients"), ("CommCell/KeyManagementServers", "key_management_servers")],
)
def test_a_release_that_does_not_list_them(make_ctx: t.Any, path: str, what: str) -> None:
    cell = Cell(make_ctx)
    del cell.answers[path]
    assert cell.read()[what] == "not_offered"


def test_the_name_that_the_task_gives_is_taken(make_ctx: t.Any) -> None:
    cell = Cell(make_ctx, "emea")
    cell.read()
    assert cell.reader.facts["key_list"][0]["commcell"] == "emea"
    assert {item["commcell"] for item in cell.reader.facts["consumers"]} == {"emea"}


def test_a_release_without_access_tokens(make_ctx: t.Any) -> None:
    cell = Cell(make_ctx)
    del cell.answers["V4/AccessToken/"]
    assert cell.read()["access_tokens"] == "not_offered"
    assert cell.reader.errors == []


@pytest.mark.parametrize(
    "more",
    [{"samlType": "OKTA"}, {"type": "LDAP"}],
)
def test_what_does_not_trust_entra_id_is_left_out(make_ctx: t.Any, more: dict[str, t.Any]) -> None:
    cell = Cell(make_ctx)
    cell.answers["V4/IdentityServers"] = {"identityServers": [{**SERVERS["identityServers"][0], **more}]}
    cell.answers["ThirdParty/App"] = {"clientThirdPartyApps": []}
    cell.read()
    assert [item["kind"] for item in cell.reader.facts["consumers"]] == [KINDS[0], *KINDS[3:]]


def test_disabled_apps_are_left_out(make_ctx: t.Any) -> None:
    cell = Cell(make_ctx)
    disabled = [{**row, "isEnabled": False} for row in APPS["clientThirdPartyApps"]]
    cell.answers["ThirdParty/App"] = {"clientThirdPartyApps": disabled}
    cell.read()
    assert [item["kind"] for item in cell.reader.facts["consumers"]] == [KINDS[0], *KINDS[3:]]


def test_a_saml_app_that_is_listed_and_cannot_be_read_is_a_consumer(make_ctx: t.Any) -> None:
    cell = Cell(make_ctx)
    del cell.answers["v4/SAML/corp"]
    cell.read()
    saml = cell.reader.facts["consumers"][1]
    assert (saml["name"], saml["identifiers"]) == ("corp", [])


@pytest.mark.parametrize("error", FAILED_READS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    ("what", "path"),
    [
        ("access_tokens", "V4/AccessToken/"),
        ("credentials", "V5/Credential/7"),
        ("saml_apps", "v4/SAML/corp"),
        ("oidc_apps", "App_GetClientThirdPartyAppPropReq"),
        ("office365_clients", "Instance"),
        ("key_management_servers", "CommCell/KeyManagementServers"),
    ],
)
def test_a_list_that_fails_is_a_failed_source(make_ctx: t.Any, error: ApiError, what: str, path: str) -> None:
    """Where the CommCell cannot be reached or signed in to, those after it were not read either."""
    cell = Cell(make_ctx)
    cell.answers[path] = error
    names = list(COMMVAULT_SOURCES)
    place = names.index(what)
    failed = names[place:] if isinstance(error, HOPELESS) else [what]
    assert cell.read() == {name: "failed" if name in failed else "read" for name in names}
    assert cell.reader.errors == [error]


def test_paths_hold_nothing_but_ids(make_ctx: t.Any) -> None:
    """A unique name of anybody's choice is one key of a path."""
    tenant = Tenant(make_ctx)
    tenant.read({"unique_name": "x')/owners?$top=1&a=("})
    assert unquote(tenant.graph.reads[0]) == "/applications(uniqueName='x'')/owners?$top=1&a=(')"
