# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users: kinds by release, companies, accounts and changes that wait for an approval, proofs of password changes."""

from __future__ import annotations

from typing import Any

import pytest
from commvault_client import Api, b64

from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.model import Company

ROBOT = {"users": [{"userEntity": {"userName": "robot"}, "isServiceAccount": True}]}


def add_user(api: Api, name: str, **more: Any) -> dict[str, Any]:
    """Create a user through V4 and return the answer."""
    return api.call("POST", "v4/user", {"users": [{"name": name, "email": "x@corp.example", **more}]})


def test_an_account_that_waits_is_hidden_on_request(api: Api, cell: CommCellService) -> None:
    number = api.call("POST", "User", ROBOT)["response"][0]["entity"]["userId"]
    paths = (f"v4/user/{number}", f"User/{number}?Level=50", "User/byName(userName='robot')")
    assert all("errorCode" not in api.get(path) for path in paths)
    assert "robot" not in {row["name"] for row in api.get("v4/user")["users"]}
    assert "already exists" in api.call("POST", "User", ROBOT)["response"][0]["errorString"]
    cell.behaviours.hide_pending_accounts = True
    for path in paths:
        assert api.get(path)["errorCode"] != 0
        assert api.status == (404 if path.startswith("v4") else 200)
    cell.user("robot").approved = True
    assert api.get(paths[0])["isServiceAccount"] is True


def test_which_users_are_service_accounts_depends_on_the_release(api: Api, cell: CommCellService) -> None:
    assert api.get("v4/user/1")["isServiceAccount"] is False
    cell.behaviours.hide_service_accounts = True
    assert "isServiceAccount" not in api.get("v4/user/1")
    assert api.get("User/1?Level=50")["users"][0]["isServiceAccount"] is False
    cell.cell.release = 40
    assert "isServiceAccount" not in api.get("User/1?Level=50")["users"][0]


def test_names_are_unique_per_company(api: Api, cell: CommCellService) -> None:
    cell.state.companies.add(Company(9100, "Corp Ltd", "corp9"))
    assert "users" in add_user(api, "jvega")
    assert "users" in add_user(api, "JVega", company={"id": 9100})
    assert "already exists" in add_user(api, "jvega", company={"id": 9100})["errorMessage"]
    inside = api.call("GET", "User/byName(userName='jvega')", headers={"operatorCompanyId": "9100"})
    assert inside["users"][0]["userEntity"]["entityInfo"]["companyId"] == 9100
    assert api.get("User/byName(userName='jvega')")["users"][0]["userEntity"]["entityInfo"]["companyId"] == 0


def test_a_domain_makes_a_directory_user_and_a_company_does_not(api: Api, cell: CommCellService) -> None:
    cell.state.companies.add(Company(9100, "Corp Ltd", "corp9"))
    for name, kind in (("ELSE\\a", "ACTIVE_DIRECTORY"), ("CORP9\\a", "COMMSERVE"), ("a", "COMMSERVE")):
        number = add_user(api, name)["users"][0]["id"]
        assert api.get(f"v4/user/{number}")["serviceType"] == kind


@pytest.mark.parametrize("whose", ["caller", "user"])
def test_whose_password_allows_a_new_one(api: Api, cell: CommCellService, whose: str) -> None:
    number = add_user(api, "jvega", password=b64("first"))["users"][0]["id"]
    cell.behaviours.change({"validation_password": whose})
    proofs = {"caller": cell.automation[1], "user": "first"}
    for name, proof in sorted(proofs.items(), key=lambda item: item[0] == whose):
        body = {"newPassword": b64("second"), "validationPassword": b64(proof)}
        assert (api.call("PUT", f"v4/user/{number}", body)["errorCode"] == 0) is (name == whose)
    assert cell.user("jvega").password == "second"
    with pytest.raises(ValueError, match="validation_password is one of"):
        cell.behaviours.change({"validation_password": "nobody"})


@pytest.mark.parametrize(("how", "code"), [("code", True), ("text", False), ("silent", False)])
def test_changes_of_users_may_wait_for_an_approval(api: Api, cell: CommCellService, how: str, code: bool) -> None:
    number = add_user(api, "jvega")["users"][0]["id"]
    cell.behaviours.change({"user_approval": how})
    for method, body in (("PUT", {"fullName": "J. Vega"}), ("DELETE", None)):
        answer = api.call(method, f"v4/user/{number}", body)
        assert (answer["errorCode"] != 0) is code
        assert ("approval" in answer["errorMessage"]) is (how != "silent")
    user = cell.user("jvega")
    assert user.full_name == ""
    assert cell.cell.approve_writes() == 2
    assert user.full_name == "J. Vega" and cell.state.users.named("jvega") == []


def test_people_of_the_tenant_sign_in_with_the_saml_app(api: Api, cell: CommCellService) -> None:
    app = next(app for app in cell.state.apps if app.enabled)
    tied = [user for user in cell.state.users if user.auth_method == "SAML"]
    assert tied and {user.auth_server_id for user in tied} == {app.id}
    shown = api.get(f"v4/user/{tied[0].id}")
    assert (shown["authenticationMethod"], shown["authenticationMethodServer"]["id"]) == (app.name, app.id)
    assert api.get(f"v4/user/{cell.user('admin').id}")["authenticationMethod"] == "Commcell"
