# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Behaviours, credentials, companies, and the control listener's view of a CommCell."""

from __future__ import annotations

import httpx
import pytest
from commvault_client import Api, b64

from cvops_simulator import Simulator
from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.model import CREDENTIAL, USER, Credential, Grant


def names(api: Api, query: str = "") -> set[str]:
    """Names in the V1 list of groups."""
    return {row["userGroupEntity"]["userGroupName"] for row in api.get(f"UserGroup{query}")["userGroups"]}


def test_list_lag(api: Api, cell: CommCellService, sim: Simulator) -> None:
    cell.behaviours.list_lag = 30.0
    created = api.call("POST", "V4/UserGroup", {"name": "late"})
    api.call("PUT", f"V4/UserGroup/{api.group('Storage Team').id}", {"newName": "Disk Team"})
    assert "late" not in names(api)
    assert "Storage Team" in names(api)
    assert api.get(f"V4/UserGroup/{created['id']}")["name"] == "late"
    assert "late" in {row["name"] for row in api.get("V4/UserGroup")["userGroups"]}
    sim.clock.advance(31)
    assert "late" in names(api)
    api.call("POST", "V4/UserGroup", {"name": "later"})
    assert "later" not in names(api)
    assert "later" in names(api, "?hardRefresh=true")
    assert "later" in names(api)


@pytest.mark.parametrize("details_lag", [False, True])
def test_replication_lag(api: Api, cell: CommCellService, sim: Simulator, details_lag: bool) -> None:
    cell.behaviours.change({"replication_lag": 30.0, "details_lag": details_lag})

    def listed() -> set[str]:
        return {row["name"] for row in api.get("V4/UserGroup?hardRefresh=true")["userGroups"]}

    gone, created = api.group("Storage Team").id, api.call("POST", "V4/UserGroup", {"name": "late"})["id"]
    sim.clock.advance(20)
    api.call("DELETE", f"V4/UserGroup/{gone}?newUserId=1")
    token = api.call("POST", "V4/AccessToken", {"tokenName": "nightly"})["tokenInfo"]["accessTokenId"]
    assert "late" not in listed() and "Storage Team" in listed()
    assert api.get("V4/AccessToken")["tokensInfo"] == []
    for number, status in ((created, 404 if details_lag else 200), (gone, 200 if details_lag else 404)):
        api.get(f"V4/UserGroup/{number}")
        assert api.status == status
    sim.clock.advance(11)
    assert {"late", "Storage Team"} <= listed(), "each write shows when its own time has come"
    sim.clock.advance(20)
    assert "Storage Team" not in listed()
    assert [row["accessTokenId"] for row in api.get("V4/AccessToken")["tokensInfo"]] == [token]


def test_error_in_200(api: Api, cell: CommCellService) -> None:
    cell.behaviours.v1_write_error = 77
    row = api.security("ADD", {"userGroupId": 1}, 1, {"commCellId": 2})
    assert (api.status, row["errorCode"]) == (200, 77)
    assert api.call("DELETE", "UserGroup/11")["response"][0]["errorCode"] == 77
    assert api.group("Storage Team")


def test_control_listener(sim: Simulator, api: Api, cell: CommCellService) -> None:
    base = f"{sim.control_url}/services/cs01"
    with httpx.Client(trust_env=False) as client:
        answer = client.post(f"{base}/behaviours", json={"list_lag": 5, "release": 42}).json()
        assert (answer["list_lag"], answer["release"], cell.release) == (5.0, 42, 42)
        assert client.post(f"{base}/behaviours", json={"nonsense": 1}).status_code == 400
        assert client.post(f"{base}/behaviours", json={"list_lag": "5"}).status_code == 400
        body = {"users": [{"userEntity": {"userName": "robot"}, "isServiceAccount": True}]}
        api.call("POST", "User", body)
        assert client.post(f"{base}/approve").json() == {"approved": ["robot"], "writes": 0}
        assert len(client.get(f"{base}/grants").json()["grants"]) == len(cell.state.grants)


def test_reads_and_writes_in_the_journal(api: Api, sim: Simulator) -> None:
    sim.journal.clear()
    api.get("CommServ")
    api.call("POST", "WhoAmI")
    api.call("POST", "V4/UserGroup", {"name": "x"})
    assert [(entry.method, entry.read) for entry in sim.journal.entries("cs01")] == [
        ("GET", True),
        ("POST", True),
        ("POST", False),
    ]


AZURE = {
    "accountType": "CLOUD_ACCOUNT",
    "vendorType": "MICROSOFT_AZURE_TYPE",
    "authType": "AZUREACCOUNT",
    "tenantId": "t",
    "applicationId": "a",
    "environment": "AZURE_CLOUD",
}


def test_duplicate_credential(api: Api) -> None:
    body = {**AZURE, "name": "azure-prod", "applicationSecret": b64("hush")}
    answer = api.call("POST", "V4/Credential", body)
    assert (api.status, answer["errorCode"]) == (500, 587206339)
    del body["tenantId"]
    assert "tenantId" in api.call("POST", "V4/Credential", {**body, "name": "new"})["errorMessage"]


def own_credential(cell: CommCellService) -> Credential:
    """Return the seeded credential, which belongs to the automation account from now on."""
    (credential,) = cell.state.credentials.named("azure-prod")
    credential.owner = (USER, cell.cell.user(cell.automation[0]).id)
    return credential


@pytest.mark.parametrize("key", ["applicationSecret", "newApplicationSecret"])
def test_rotation_of_a_credential(api: Api, cell: CommCellService, key: str) -> None:
    own_credential(cell)
    credential_id = api.get("V4/Credential/AZURE-prod")["id"]
    answer = api.call("PUT", f"V5/Credential/{credential_id}", {"authType": "AZUREACCOUNT", key: b64("next")})
    assert (answer["errorCode"], answer[key]) == (0, b64("next"))
    assert cell.state.credentials.named("azure-prod")[0].secrets["applicationSecret"] == "next"
    assert "next" not in api.send("GET", f"V5/Credential/{credential_id}").text
    cell.behaviours.credential_echo = False
    assert key not in api.call("PUT", f"V5/Credential/{credential_id}", {key: b64("last")})


def test_only_the_owner_changes_a_credential(api: Api, cell: CommCellService) -> None:
    """The specification makes no exception for administrators."""
    for method, body in (("PUT", {"description": "mine"}), ("DELETE", None)):
        assert api.call(method, "V4/Credential/azure-prod", body)["errorCode"] != 0
        assert api.status == 403
    own_credential(cell)
    assert api.call("PUT", "V4/Credential/azure-prod", {"description": "mine"})["errorCode"] == 0


def test_a_credential_in_use_is_not_deleted(api: Api, cell: CommCellService) -> None:
    credential = own_credential(cell)
    credential.used_by.append("azure-hypervisor")
    answer = api.call("DELETE", f"V5/Credential/{credential.id}")
    assert (api.status, "in use by [azure-hypervisor]" in answer["errorMessage"]) == (400, True)
    credential.used_by.clear()
    assert api.call("DELETE", f"V5/Credential/{credential.id}")["errorCode"] == 0
    assert "errorMessage" in api.get("V4/Credential")
    assert api.status == 404


@pytest.mark.parametrize(("how", "code"), [("code", True), ("text", False), ("silent", False)])
def test_writes_of_credentials_may_wait_for_an_approval(api: Api, cell: CommCellService, how: str, code: bool) -> None:
    credential = own_credential(cell)
    cell.behaviours.change({"credential_approval": how})
    new = {**AZURE, "name": "new", "applicationSecret": b64("hush")}
    for method, path, body in (
        ("PUT", f"V5/Credential/{credential.id}", {"description": "changed"}),
        ("POST", "V4/Credential", new),
        ("DELETE", f"V5/Credential/{credential.id}", None),
    ):
        answer = api.call(method, path, body)
        assert (answer["errorCode"] != 0) is code
        assert ("approval" in answer["errorMessage"]) is (how != "silent")
    assert [(item.name, item.description) for item in cell.state.credentials] == [
        ("azure-prod", credential.description)
    ]
    assert credential.description != "changed"
    assert (cell.cell.approve_writes(), cell.cell.approve_writes()) == (3, 0)
    assert [item.name for item in cell.state.credentials] == ["new"]
    assert credential.description == "changed"
    with pytest.raises(ValueError, match="credential_approval is one of"):
        cell.behaviours.change({"credential_approval": "maybe"})


def test_sharing_a_credential_is_a_grant(api: Api, cell: CommCellService) -> None:
    own_credential(cell)
    group = api.group("Storage Team").id
    security = {"associations": [{"userGroup": {"id": group}, "permissions": {"permissionId": 218}}]}
    api.call("PUT", "V4/Credential/azure-prod", {"security": security})
    (row,) = api.get("V4/Credential/azure-prod")["security"]["associations"]
    assert row["userGroup"] == {"id": group, "name": "Storage Team"}
    assert row["permissions"] == {"permissionId": 218}
    (grant,) = cell.state.grants.of_entity(154, 61)
    assert grant.principal == (15, group)


def test_the_list_of_associations_is_written_as_a_whole(api: Api, cell: CommCellService) -> None:
    """Other permissions stay what they are; what the creator has as such stays in any case."""
    credential, group = own_credential(cell), api.group("Storage Team").id
    cell.state.grants.add(
        Grant(USER, 1, None, CREDENTIAL, credential.id, kind="creator", permission_ids=frozenset({218}))
    )
    rows = [{"userGroup": {"id": group}, "permissions": {"permissionId": 219}}]
    api.call("PUT", f"V5/Credential/{credential.id}", {"security": {"associations": rows}})
    shown = api.get(f"V5/Credential/{credential.id}")["security"]["associations"]
    assert [(row["permissions"]["permissionId"], row["isCreatorAssociation"]) for row in shown] == [
        (218, True),
        (219, False),
    ]
    api.call("PUT", f"V5/Credential/{credential.id}", {"security": {"associations": []}})
    assert [row["isCreatorAssociation"] for row in api.get("V5/Credential/61")["security"]["associations"]] == [True]


def test_releases_without_newer_calls_for_credentials(api: Api, cell: CommCellService) -> None:
    credential = own_credential(cell)
    cell.release = 28
    assert api.get("V4/Credential")["errorCode"] != 0
    assert api.status == 404
    (row,) = api.get("CommCell/Credentials?propertyLevel=30")["credentialRecordInfo"]
    record = {
        "recordType": row["recordType"],
        "credentialRecord": row["credentialRecord"],
        "record": {"userName": "application-2", "password": b64("next")},
        "additionalInformation": {"azureCredInfo": {"tenantId": "tenant-2"}},
    }
    assert api.call("PUT", "Commcell/Credentials", {"credentialRecordInfo": [record]})["error"]["errorCode"] == 0
    assert (credential.fields["applicationId"], credential.fields["tenantId"]) == ("application-2", "tenant-2")
    assert credential.secrets == {"applicationSecret": "next"}


def test_company_scope(api: Api, cell: CommCellService) -> None:
    company = api.call("POST", "V4/company", {"name": "Corp Ltd", "alias": "corp"})["id"]
    scope = {"operatorCompanyId": str(company)}
    role = {"name": "Restore Operator", "permissionList": [{"permission": {"id": 31}}]}
    created = api.call("POST", "V4/Role", role, scope)
    assert created["id"] != api.role_id("Restore Operator")
    rows = {(row["name"], row["company"]["id"]) for row in api.get("V4/Role")["roles"]}
    assert {("Restore Operator", 0), ("Restore Operator", company)} <= rows
    inside = {row["name"] for row in api.get("V4/UserGroup", **scope)["userGroups"]}
    assert inside == {"corp\\Tenant Admin", "corp\\Tenant Operator", "corp\\Tenant Users"}
    assert api.get("Client", **scope)["clientProperties"] == []
    api.limited_user("View")
    api.login("limited", "limited-1")
    assert api.send("GET", "V4/Role", headers=scope).status_code == 403


def test_company_local_authentication(api: Api, cell: CommCellService, sim: Simulator) -> None:
    company = api.call("POST", "V4/company", {"name": "Corp Ltd", "alias": "corp"})["id"]
    cell.user("breakglass").company_id = company
    password = cell.user("breakglass").password or ""
    path = f"V4/Company/{company}/LocalAuthentication"
    assert api.call("PUT", f"{path}/Action/Disable")["error"]["errorCode"] == 0
    with Api(cell, sim.ca_path) as client:
        assert "token" not in client.login("breakglass", password)
        api.call("PUT", f"{path}/Action/Enable", {"localAuthenticationInfo": {"mode": "ENABLED_FOR_ALL"}})
        assert "token" in client.login("breakglass", password)


def test_former_names_still_work(sim: Simulator, cell: CommCellService) -> None:
    base = f"{sim.control_url}/services/cs01"
    with httpx.Client(trust_env=False) as client:
        assert client.post(f"{base}/switches", json={"list_lag": 5}).json()["list_lag"] == 5.0
        assert client.get(f"{base}/switches").json() == client.get(f"{base}/behaviours").json()
    assert cell.switches is cell.behaviours
    assert sim.site.mess is sim.site.anomalies
