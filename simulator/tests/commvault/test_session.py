# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log-in, token headers, sessions, addresses."""

from __future__ import annotations

import httpx
import pytest
from commvault_client import Api, b64

from cvops_simulator import Simulator
from cvops_simulator.commvault import CommCellService


def test_the_base_answers_without_a_token(cell: CommCellService, sim: Simulator) -> None:
    with Api(cell, sim.ca_path) as client:
        assert client.send("GET", "").status_code == 200
        assert client.send("GET", "CommServ").status_code == 401
        assert client.call("GET", "CommServ") == {"errorCode": 5, "errorMessage": "Access denied"}


@pytest.mark.parametrize(
    "path",
    [
        "/commandcenter/api/CommServ",
        "/webconsole/api/commserv/",
        "/SearchSvc/CVWebService.svc//COMMSERV",
        "/COMMANDCENTER/API//CommServ",
    ],
)
def test_paths_are_tolerant(api: Api, cell: CommCellService, path: str) -> None:
    assert api.get(cell.origin + path)["commcell"]["commCellId"] == 2


def test_login_needs_the_right_password(cell: CommCellService, sim: Simulator) -> None:
    with Api(cell, sim.ca_path) as client:
        answer = client.login("admin", "wrong")
        assert client.status == 200
        assert "token" not in answer
        assert answer["errList"][0]["errLogMessage"]
        assert client.login("ADMIN", cell.admin[1])["userName"] == "admin"


def test_five_wrong_passwords_lock_the_account(cell: CommCellService, sim: Simulator) -> None:
    with Api(cell, sim.ca_path) as client:
        for _ in range(5):
            client.login("admin", "wrong")
        answer = client.login("admin", cell.admin[1])
        assert answer["isAccountLocked"] is True
        assert answer["remainingLockTime"] > 0
        sim.clock.advance(3601)
        assert "token" in client.login("admin", cell.admin[1])


def test_xml_login(api: Api, cell: CommCellService) -> None:
    name, password = cell.automation
    body = f'<DM2ContentIndexing_CheckCredentialReq username="{name}" password="{b64(password)}" timeOut="10000"/>'
    response = api.client.post(cell.url + "/Login", content=body, headers={"Accept": "application/xml"})
    assert response.headers["content-type"].startswith("application/xml")
    assert response.text.count("<ownerOrganization") == 1
    assert 'token="QSDK ' in response.text


@pytest.mark.parametrize("form", ["{}", "QSDK {}", "Bearer {}"])
def test_authtoken_forms(api: Api, cell: CommCellService, form: str) -> None:
    token = cell.access_token()
    api.headers = {"Authtoken": form.format(token)}
    assert api.call("POST", "WhoAmI")["user"]["userName"] == "svc-cvops"


def test_authorization_bearer(api: Api, cell: CommCellService) -> None:
    api.headers = {"Authorization": f"Bearer {cell.access_token()}"}
    assert api.call("POST", "WhoAmI")["user"]["userName"] == "svc-cvops"
    cell.behaviours.authtoken_only = True
    api.call("POST", "WhoAmI")
    assert api.status == 401


def test_authtoken_wins_over_a_bearer_for_a_gateway(api: Api) -> None:
    api.headers["Authorization"] = "Bearer aaa.bbb.ccc"
    assert api.get("v2/WhoAmI")["name"] == "svc-cvops"


def test_a_session_dies_by_idling_and_can_be_renewed_by_its_device(api: Api, sim: Simulator) -> None:
    sim.clock.advance(1700)
    assert api.get("CommServ")
    sim.clock.advance(1801)
    api.get("CommServ")
    assert api.status == 401
    old = api.headers["Authtoken"]
    assert "error" in api.call("POST", "RenewLoginToken", {"sessionId": old, "deviceId": "other"})
    api.headers["Authtoken"] = api.call("POST", "RenewLoginToken", {"sessionId": old, "deviceId": "t"})["token"]
    assert api.get("CommServ")["currentSPVersion"] == 44


def test_logout_ends_the_session(api: Api) -> None:
    assert api.send("POST", "Logout").status_code == 200
    assert api.send("GET", "CommServ").status_code == 401


def test_disabled_user_is_out_at_once(api: Api, cell: CommCellService) -> None:
    cell.user("svc-cvops").enabled = False
    assert api.send("GET", "CommServ").status_code == 401


def test_two_factor_pin_is_appended_to_the_password(api: Api, cell: CommCellService) -> None:
    cell.behaviours.two_factor_pin = "123456"
    name, password = cell.automation
    assert "token" not in api.login(name, password)
    assert "token" in api.login(name, password + "123456")
    group = f"V4/UserGroup/{api.group('Storage Team').id}"
    assert api.call("PUT", group, {"enableTwoFactorAuthentication": "ON"})["errorCode"] != 0
    assert api.call("PUT", group, {"enableTwoFactorAuthentication": 1}, {"otp": "123456"})["errorCode"] == 0
    assert api.get(group)["enableTwoFactorAuthentication"] == "ON"


def test_a_token_of_the_simulated_entra_signs_in(sim: Simulator, cell: CommCellService, api: Api) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": sim.automation.client_id,
        "client_secret": sim.automation.client_secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    url = f"{sim.login_url}/{sim.tenant_id}/oauth2/v2.0/token"
    token = httpx.post(url, data=form, verify=api.context).json()["access_token"]
    api.headers = {"Authorization": f"Bearer {token}"}
    assert api.send("POST", "WhoAmI").status_code == 401
    cell.behaviours.oauth = True
    cell.behaviours.oauth_app_users = {sim.automation.client_id: "svc-cvops"}
    assert api.call("POST", "WhoAmI")["user"]["userName"] == "svc-cvops"
    for taken, accepted in (
        ("authorization", {"Authorization"}),
        ("authtoken", {"Authtoken"}),
        ("both", {"Authorization", "Authtoken"}),
    ):
        cell.behaviours.change({"oauth_header": taken})
        for header in ("Authorization", "Authtoken"):
            api.headers = {header: f"Bearer {token}"}
            assert (api.send("POST", "WhoAmI").status_code == 200) is (header in accepted), (taken, header)
    api.headers = {"Authtoken": token}  # without the word, it is one of the product's own tokens
    assert api.send("POST", "WhoAmI").status_code == 401
    api.headers = {"Authorization": f"Bearer {token}x"}
    assert api.send("POST", "WhoAmI").status_code == 401
    cell.release = 40
    api.headers = {"Authorization": f"Bearer {token}"}
    assert api.send("POST", "WhoAmI").status_code == 401
