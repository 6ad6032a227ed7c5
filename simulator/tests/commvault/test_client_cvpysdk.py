# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official SDK against the simulator."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from cvpysdk.commcell import Commcell
from cvpysdk.exception import SDKException
from cvpysdk.security.security_association import SecurityAssociation
from cvpysdk.security.two_factor_authentication import TwoFactorAuthentication

from cvops_simulator import Simulator
from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.model import CLIENT


def connect(sim: Simulator, cell: CommCellService, **options: str) -> Commcell:
    """The SDK's entry point, towards the simulator."""
    return Commcell(f"localhost:{cell.port}", certificate_path=sim.ca_path, **options)


@pytest.fixture
def sdk(sim: Simulator, cell: CommCellService) -> Iterator[Commcell]:
    name, password = cell.automation
    commcell = connect(sim, cell, commcell_username=name, commcell_password=password)
    yield commcell
    commcell.logout()


def test_log_in_and_out(sim: Simulator, cell: CommCellService) -> None:
    name, password = cell.automation
    commcell = connect(sim, cell, commcell_username=name, commcell_password=password)
    assert (commcell.commserv_name, commcell.commserv_version, commcell.commcell_id) == ("cs01", 44, 2)
    assert len(cell.sessions.logins) == 1
    commcell.logout()
    assert cell.sessions.logins == {}
    with pytest.raises(SDKException, match="not correct"):
        connect(sim, cell, commcell_username=name, commcell_password="wrong")


@pytest.mark.parametrize("prefix", ["", "QSDK ", "Bearer "])
def test_access_token_as_authtoken(sim: Simulator, cell: CommCellService, prefix: str) -> None:
    commcell = connect(sim, cell, authtoken=prefix + cell.access_token())
    assert commcell.commcell_username == "svc-cvops"


def test_an_expired_session_is_renewed(sim: Simulator, sdk: Commcell) -> None:
    sim.clock.advance(3600)
    assert sdk.users.has_user("admin")


def test_users(sdk: Commcell, cell: CommCellService) -> None:
    user = sdk.users.add(
        "jvega", "jvega@corp.example", "J. Vega", password="Secret-1", local_usergroups=["Storage Team"]
    )
    record = cell.user("jvega")
    assert (record.full_name, record.password, record.upn) == ("J. Vega", "Secret-1", "jvega@corp.example")
    assert user.associated_usergroups == ["Storage Team"]
    user.add_usergroups(["NOC Night Shift"])
    user.remove_usergroups(["Storage Team"])
    assert user.associated_usergroups == ["NOC Night Shift"]
    user.overwrite_usergroups(["View All"])
    assert user.associated_usergroups == ["View All"]
    user.status = False
    assert (user.status, cell.user("jvega").enabled) == (False, False)
    user.description = "first line"
    assert cell.user("jvega").description == "first line"
    user.update_security_associations({"one": {"clientGroupName": ["hq-vm"], "role": ["View"]}}, "UPDATE")
    assert user.user_security_associations == {0: ["clientGroupName", "hq-vm", "view"]}
    sdk.users.delete("jvega", new_user="admin")
    assert cell.state.users.named("jvega") == []
    with pytest.raises(SDKException, match="already exists"):
        sdk.users._add_user({"users": [{"userEntity": {"userName": "admin"}, "email": "a@corp.example"}]})


def test_users_through_v4(sdk: Commcell, cell: CommCellService) -> None:
    sdk.users.v4_add("kim", "kim@corp.example", "Kim", password="Secret-1", local_usergroups=["Storage Team"])
    assert cell.user("kim").id in cell.state.groups.named("Storage Team")[0].member_ids
    user = sdk.users.get("kim")
    user.update_v4_user_password("Secret-2", cell.automation[1])
    assert cell.user("kim").password == "Secret-2"
    user.update_user_password("Secret-3", cell.automation[1])
    assert cell.user("kim").password == "Secret-3"
    sdk.users.v4_delete("kim", new_usergroup="Storage Team")
    assert not sdk.users.has_user("kim")


def test_user_cache_and_locks(sdk: Commcell, cell: CommCellService) -> None:
    cell.user("breakglass").locked_until = time.time() + 100
    user = sdk.users.get("breakglass")
    assert user.get_account_lock_info["isAccountLocked"] is True
    assert user.unlock() == ("Success", 0)
    assert cell.user("breakglass").locked_until == 0
    assert user.is_tfa_enabled is False


def test_service_accounts_wait_for_approval(sdk: Commcell, cell: CommCellService) -> None:
    with pytest.raises(SDKException, match="doesn't exist"):
        sdk.users.add_service_account("robot", "Robot")
    assert cell.user("robot").approved is False
    cell.user("robot").approved = True
    sdk.users.refresh()
    assert sdk.users.get("robot").full_name == "Robot"


def test_user_groups(sdk: Commcell, cell: CommCellService) -> None:
    group = sdk.user_groups.add("sg-cv-operators", users_list=["breakglass"])
    record = cell.state.groups.named("sg-cv-operators")[0]
    assert group.users == ["breakglass"]
    group.azure_guid = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"
    assert (record.azure_guid, group.azure_guid) == ("5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f",) * 2
    group.update_usergroup_members("UPDATE", users_list=["admin"])
    assert sorted(group.users) == ["admin", "breakglass"]
    group.update_security_associations({"one": {"clientName": ["cs01"], "role": ["View"]}}, "UPDATE")
    assert group.associations == {0: ["clientName", "cs01", "view"]}
    group.enable_tfa()
    assert group.is_tfa_enabled is True
    group.name = "sg-cv-ops"
    assert record.name == "sg-cv-ops"
    group.status = False
    assert record.enabled is False
    sdk.user_groups.refresh()
    sdk.user_groups.delete("sg-cv-ops", new_user="admin")
    assert cell.state.groups.named("sg-cv-ops") == []


def test_overwriting_associations_empties_the_group(sdk: Commcell, cell: CommCellService) -> None:
    """The SDK sets all three operation types of a group at once."""
    group = sdk.user_groups.get("Storage Team")
    assert group.users
    group.update_security_associations({"one": {"clientName": ["cs01"], "role": ["View"]}}, "OVERWRITE")
    assert group.users == []
    cell.behaviours.group_wipe = False
    group.update_usergroup_members("UPDATE", users_list=["admin"])
    group.update_security_associations({"one": {"clientName": ["cs01"], "role": ["View"]}}, "OVERWRITE")
    assert group.users == ["admin"]


def test_user_groups_through_v4(sdk: Commcell, cell: CommCellService) -> None:
    group = sdk.user_groups.v4_add(
        "sg-v4", users_list=["breakglass"], external_usergroup=["CORP\\cv-operators"], entity_dictionary={
            "one": {"_type_": ["CLIENT_ENTITY"], "role": ["View"]}
        }
    )  # fmt: skip
    assert (group.users, group.usergroups) == (["breakglass"], ["CORP\\cv-operators"])
    assert group.associations[0][0] == 3
    assert "master" not in sdk.user_groups.non_system_usergroups()
    sdk.user_groups.v4_delete("sg-v4", new_usergroup="Storage Team")
    assert not sdk.user_groups.has_user_group("sg-v4")


def test_roles(sdk: Commcell, cell: CommCellService) -> None:
    role = sdk.roles.add("Tape Librarian", ["View"], ["Alert"])
    record = cell.state.roles.named("Tape Librarian")[0]
    assert role.permissions == {"permission_list": ["View"], "category_list": ["Alert"]}
    role.modify_capability("UPDATE", ["Browse"])
    assert role.permissions["permission_list"] == ["Browse", "View"]
    role.modify_capability("DELETE", ["View"], ["Alert"])
    assert (record.permission_ids, record.category_ids) == ({13}, set())
    role.modify_capability("OVERWRITE", ["View"])
    assert record.permission_ids == {31}
    role.associate_user("View", "breakglass")
    role.associate_usergroup("View", "Storage Team")
    role.refresh()
    assert role._security_associations == {"breakglass": {"roles": {"View"}}, "Storage Team": {"roles": {"View"}}}
    role.status = False
    assert (role.status, record.enabled) == ("DISABLED", False)
    role.role_description = "tapes"
    assert record.description == "tapes"
    sdk.roles.delete("Tape Librarian")
    assert cell.state.roles.named("Tape Librarian") == []
    sdk.roles.v4_add("Tape Reader", ["View"])
    sdk.roles.v4_delete("Tape Reader")
    master = sdk.roles.get("Master")
    assert len(master.permissions["permission_list"]) > 50


def test_security_associations(sdk: Commcell, cell: CommCellService) -> None:
    before = cell.state.grants.triples()
    rows = [{"user_name": "Storage Team", "role_name": "Restore Operator"}]
    role = cell.state.roles.named("Restore Operator")[0].id
    group = cell.state.groups.named("Storage Team")[0].id
    SecurityAssociation(sdk)._add_security_association(rows, user=False, request_type="UPDATE")
    assert cell.state.grants.triples() - before == {(15, group, role, 1, 2)}
    assert sdk.get_security_associations()["Storage Team"] == [["Restore Operator"]]
    SecurityAssociation(sdk)._add_security_association(rows, user=False, request_type="DELETE")
    assert cell.state.grants.triples() == before


def test_an_unknown_word_overwrites(sdk: Commcell, cell: CommCellService) -> None:
    """The SDK turns ADD into OVERWRITE: everybody else is gone."""
    rows = [{"user_name": "svc-cvops", "role_name": "Master"}]
    SecurityAssociation(sdk)._add_security_association(rows, user=True, request_type="ADD")
    assert [grant.principal for grant in cell.state.grants.of_entity(1, 2)] == [(13, 2)]


def test_entities(sdk: Commcell) -> None:
    assert sdk.clients.has_client("cs01")
    assert sdk.client_groups.all_clientgroups["hq-vm"] == "101"
    assert sdk.plans.all_plans["gold-hq-vm"] == "301"
    assert sdk.storage_pools.all_storage_pools["hq-ber-disk"] == "601"
    assert sdk.workflows.all_workflows["restore approval"]["id"] == "701"


def test_companies(sdk: Commcell, cell: CommCellService) -> None:
    company = sdk.organizations.add("Corp Ltd", "it@corp.example", "IT", "corp")
    record = cell.state.companies.named("Corp Ltd")[0]
    assert (record.alias, company.domain_name) == ("corp", "corp")
    assert company.user_groups == ["corp\\Tenant Admin", "corp\\Tenant Operator", "corp\\Tenant Users"]
    company.update_security_associations("Storage Team", "View", "UPDATE", isUserGroup=True)
    assert company.get_security_associations() == {"Storage Team": ["View"]}
    company.update_security_associations("Storage Team", "View", "DELETE", isUserGroup=True)
    assert company.get_security_associations() == {}
    sdk.organizations.delete("Corp Ltd")
    assert not sdk.organizations.has_organization("Corp Ltd")


def test_identity_apps(sdk: Commcell, cell: CommCellService) -> None:
    apps = sdk.identity_management
    assert apps.has_identity_app("corp-entra")
    provider = {
        "entityId": "https://sts.windows.net/x/",
        "redirectUrl": "https://login.microsoftonline.com/x/saml2",
        "logoutUrl": "https://login.microsoftonline.com/x/saml2",
        "certificateData": "MIIC",
        "SAMLProtocolVersion": "urn:oasis:names:tc:SAML:2.0:metadata",
    }
    service = {"serviceProviderEndpoint": "https://cv.corp.example:443/webconsole", "autoGenerateSPMetaData": True}
    app = apps.configure_saml_app("new.example", "", provider, service, {"emailSuffixes": ["new.example"]})
    assert "certificateData" not in app.saml_app_identity_provider_metadata
    assert app.saml_app_service_provider_metadata["entityId"] == "https://cv.corp.example:443/webconsole"
    app.modify_saml_app({"enabled": False, "type": "SAML", "nameIDAttribute": "User Principal Name"})
    assert (app.is_saml_app_enabled, app.saml_app_nameid_attribute) == (False, "User Principal Name")
    app.modify_saml_app({"enabled": True, "type": "SAML"})
    assert "samlLogin" in app.get_saml_user_redirect_url("a@new.example")
    assert app.get_saml_user_redirect_url("a@else.example") is None
    app.set_auto_redirect_to_idp(True)
    assert app.get_all_saml_app_prop()["flags"] == 1
    assert "new.example" in {item["name"] for item in apps.get_saml_apps()}
    apps.delete_saml_app("new.example")
    assert not apps.has_identity_app("new.example")


def test_an_app_with_capitals_cannot_be_opened(sdk: Commcell) -> None:
    """The SDK asks in lower case and compares exactly."""
    with pytest.raises((SDKException, KeyError)):
        sdk.identity_management.get_saml("Corp-Entra")


def test_openid_connect(sdk: Commcell, cell: CommCellService) -> None:
    apps = sdk.identity_management
    props = [{"name": "clientId", "value": "66666666"}, {"name": "clientSecret", "value": "hush"}]
    apps.configure_openid_app("entra-oidc", props, ["admin"])
    values = {item["name"]: item["value"] for item in apps.get("entra-oidc").get_app_props()}
    assert (values["clientId"], values["clientSecret"]) == ("66666666", "******")
    assert cell.state.apps.named("entra-oidc")[0].secrets == {"clientSecret": "hush"}
    with pytest.raises(SDKException, match="already exists"):
        apps.configure_openid_app("entra-oidc", props, ["admin"])
    row = apps.all_apps["entra-oidc"]
    apps.delete_identity_app("entra-oidc")
    assert not apps.has_identity_app("entra-oidc")
    apps.all_apps["entra-oidc"] = row
    with pytest.raises(SDKException, match="does not exist"):
        apps.delete_identity_app("entra-oidc")


def test_local_identity_app(sdk: Commcell) -> None:
    app = sdk.identity_management.get_local_identity_app
    assert app.app_type == "Local Identity"
    assert sdk.identity_management.configure_local_identity_app(["admin"]).app_key == app.app_key


def test_credentials(sdk: Commcell, cell: CommCellService) -> None:
    credentials = sdk.credentials
    assert credentials.has_credential("azure-prod")
    credentials.add_azure_app_registration_creds("az-new", "tenant", "application", "s3cr3t", "new")
    record = cell.state.credentials.named("az-new")[0]
    assert record.secrets == {"applicationSecret": "s3cr3t"}
    assert record.fields["tenantId"] == "tenant"
    credential = credentials.get("az-new")
    credential.update_azure_app_credential("s3cr3t-2")
    assert record.secrets == {"applicationSecret": "s3cr3t-2"}
    credential.update_securtiy("Storage Team", is_user=False)
    assert credential.credential_security_properties[-1] == {"userGroup": "Storage Team"}
    credentials.add("linux", "lin", "root", "pw")
    assert credentials.get("lin").credential_record_type == "Linux"
    credentials.add_database_creds("MYSQL", "my", "root", "pw")
    credentials.delete("az-new")
    assert cell.state.credentials.named("az-new") == []


def test_access_tokens(sim: Simulator, sdk: Commcell, cell: CommCellService) -> None:
    user = sdk.users.get("svc-cvops")
    until = int(sim.clock.now()) + 86400 * 30
    token = user.create_access_token("ci", 3, until, api_endpoints=["/V4/UserGroup"], ip_allowlist=["127.0.0.0/8"])
    assert token["tokenExpiryTimestamp"] - sim.clock.now() == pytest.approx(7200, abs=5)
    user.edit_access_token(token["accessTokenId"], token_name="ci-2", token_type=3, api_endpoints=["/Security"])
    assert [item["tokenName"] for item in user.get_access_tokens()["tokensInfo"]] == ["ci-2"]
    renewed = user.renew_access_token(token["accessToken"], token["refreshToken"])
    assert renewed["accessToken"] != token["accessToken"]
    with pytest.raises(SDKException):
        user.renew_access_token(token["accessToken"], token["refreshToken"])
    assert cell.sessions.store.of_user(user.user_id) == []
    other = user.create_access_token("other")
    user.delete_access_token(other["accessTokenId"])
    assert user.get_access_tokens()["tokensInfo"] == []


def test_two_factor(sdk: Commcell) -> None:
    tfa = TwoFactorAuthentication(sdk)
    assert tfa.is_tfa_enabled is False
    tfa.enable_tfa(["Storage Team"])
    assert (tfa.is_tfa_enabled, tfa.tfa_enabled_user_groups) == (True, [{"userGroupName": "Storage Team"}])
    tfa.disable_tfa()
    assert tfa.is_tfa_enabled is False


def test_whom_two_factor_authentication_concerns(sdk: Commcell, cell: CommCellService) -> None:
    cell.state.groups.named("Storage Team")[0].member_ids.add(cell.user("admin").id)
    tfa = TwoFactorAuthentication(sdk)
    tfa.enable_tfa(["Storage Team"])
    assert [sdk.users.get(name).is_tfa_enabled for name in ("admin", "svc-cvops")] == [True, False]
    tfa.enable_tfa()
    assert sdk.users.get("svc-cvops").is_tfa_enabled is True
    tfa.disable_tfa()
    assert sdk.users.get("admin").is_tfa_enabled is False


def test_two_factor_of_a_company(sdk: Commcell, cell: CommCellService) -> None:
    company = sdk.organizations.add("Corp Ltd", "it@corp.example", "IT", "corp")
    tfa = company.tfa
    assert tfa.is_tfa_enabled is False
    tfa.enable_tfa()
    assert (tfa.is_tfa_enabled, TwoFactorAuthentication(sdk).is_tfa_enabled) == (True, False)
    cell.user("breakglass").company_id = int(company.organization_id)
    assert [sdk.users.get(name).is_tfa_enabled for name in ("breakglass", "admin")] == [True, False]


def test_owners_of_a_server(sim: Simulator, sdk: Commcell, cell: CommCellService) -> None:
    grant = sim.site.anomalies["owner_grant"]["grant"]
    server = cell.state.entities[CLIENT].get(grant.entity_id)
    assert grant.entity_type == CLIENT and server is not None
    owner = cell.state.users.get(grant.principal_id)
    assert owner is not None
    client = sdk.clients.get(server.name)
    assert [(row["userId"], row["userName"]) for row in client.owners] == [(owner.id, owner.name)]
    client.add_client_owner(["admin"])
    assert {row["userName"] for row in sdk.clients.get(server.name).owners} == {owner.name, "admin"}
