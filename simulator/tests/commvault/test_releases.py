# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each feature release serves and what it lacks: the table of `releases`, asked through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from commvault_client import Api, b64

from cvops_simulator import Simulator
from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.model import User
from cvops_simulator.commvault.releases import FEATURES, has_feature

RELEASES = (32, 34, 36, 38, 40, 42, 44)
DAY = 86400
#: Ids of service accounts that tests put into the state.
_ROBOT = 9001


def _is_served(answer: dict[str, Any]) -> bool:
    """Tell whether an answer is a success, in whatever envelope."""
    parts = [answer, answer.get("error") or {}, *(answer.get("response") or [])]
    return not any(part.get("errorCode") for part in parts)


def _make_token(api: Api, **body: Any) -> dict[str, Any]:
    return api.call("POST", "V4/AccessToken", {"tokenName": f"made-{len(body)}", **body})


def _make_others_token(api: Api) -> bool:
    api.cell.state.users.add(User(_ROBOT, "robot", password=None, is_service_account=True))
    return _is_served(_make_token(api, userId=_ROBOT))


def _make_endless_token(api: Api) -> bool:
    until = int(api.cell.cell.clock.now()) + 2000 * DAY
    return _is_served(_make_token(api, renewableUntilTimestamp=until))


def _make_service_account(api: Api) -> bool:
    row = {"userEntity": {"userName": "svc"}, "isServiceAccount": True}
    return _is_served(api.call("POST", "User", {"users": [row]}))


def _shows_type_and_users(api: Api) -> bool:
    shown = api.get("V4/SAML/Corp-Entra")
    assert shown["name"] == "Corp-Entra" and "emailSuffixes" in shown["associations"]
    assert ("type" in shown) == ("users" in shown["associations"])
    return "type" in shown


def _make_oidc_app(api: Api) -> bool:
    row = {"appName": "entra-oidc", "appType": 5}
    return _is_served(api.call("POST", "ThirdParty/App", {"opType": 1, "clientThirdPartyApps": [row]}))


def _needs_pin(api: Api) -> bool:
    api.cell.behaviours.two_factor_pin = "123456"
    number = api.cell.user("breakglass").id
    return not _is_served(api.call("PUT", f"V4/User/{number}", {"email": "b@corp.example"}))


def _lives_long(api: Api) -> bool:
    return api.cell.cell.token_life > 2 * 1800


def _list_credentials(api: Api) -> bool:
    return api.send("GET", "V4/Credential?recordType=1000").status_code == 200


#: By feature: what shows through the API whether it is there.
SHOWN: dict[str, Callable[[Api], bool]] = {
    "credentials_v4": _list_credentials,
    "group_guid_after_creation": lambda api: "GUID" in api.call("POST", "V4/UserGroup", {"name": "made"}),
    "access_tokens": lambda api: _is_served(_make_token(api)),
    "saml_type_and_users": _shows_type_and_users,
    "service_accounts": _make_service_account,
    "tokens_of_others": _make_others_token,
    "token_addresses": lambda api: _is_served(_make_token(api, allowedIPs=["10.0.0.1"])),
    "hyperscale_tokens": lambda api: _is_served(_make_token(api, tokenType=5)),
    "endless_tokens": _make_endless_token,
    "oidc_through_apps": _make_oidc_app,
    "local_identity_app": lambda api: api.send("GET", "ThirdParty/App/Local").status_code == 200,
    "principal_security": lambda api: api.send("GET", "User/1/Security").status_code == 200,
    "pin_for_changes": _needs_pin,
    "long_access_tokens": _lives_long,
}
#: Tested beside the sign-in, which needs a provider of tokens (test_session).
ELSEWHERE = {"external_tokens"}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_each_feature_is_there_from_its_release_on(api: Api, cell: CommCellService, release: int, feature: str) -> None:
    cell.release = release
    assert api.get("CommServ")["currentSPVersion"] == release
    if feature not in ELSEWHERE:
        assert SHOWN[feature](api) == has_feature(release, feature)
    assert set(SHOWN) | ELSEWHERE == set(FEATURES)


@pytest.mark.parametrize("release", RELEASES)
def test_what_every_release_has(api: Api, cell: CommCellService, release: int) -> None:
    """Lists, single objects, the older calls, and sign-in: none of it came or went between these releases."""
    cell.release = release
    number = cell.user("breakglass").id
    for path in (
        *("V4/User", "V4/UserGroup", "V4/Role", "V4/Permissions", "V4/IdentityServers", "V2/WhoAmI", "ThirdParty/App"),
        *(f"V4/User/{number}", f"User/{number}?Level=50", "V4/UserGroup/1", "V4/Role/1", "Security/1/2"),
        *("Security/COMMCELL_ENTITY/2/Permissions", "Commcell/Properties/TwoFactorAuth", "V4/SAML/Corp-Entra"),
        *("CommCell/Credentials?propertyLevel=30", "Office365/entities", "CommCell/KeyManagementServers"),
    ):
        answer = api.send("GET", path)
        assert answer.status_code == 200 and _is_served(answer.json()), path
    user = {"name": "made", "email": "made@corp.example", "password": b64("Secret-1234")}
    assert _is_served(api.call("POST", "V4/User", {"users": [user]}))
    assert _is_served(api.call("POST", "V4/Role", {"name": "Made", "permissionList": [{"permission": {"id": 31}}]}))


@pytest.mark.parametrize("release", RELEASES)
def test_an_oidc_app_by_command_in_every_release(api: Api, sim: Simulator, cell: CommCellService, release: int) -> None:
    """As the official client of older releases: a command in JSON, which counts as a write; one that reads does not."""
    cell.release = release
    sim.journal.clear()
    values = [{"name": "clientId", "value": "1"}, {"name": "clientSecret", "value": "hush"}]
    row = {"appName": "entra-oidc", "appType": 5, "isEnabled": 1, "props": {"nameValues": values}}
    body = {"App_SetClientThirdPartyAppPropReq": {"opType": 1, "clientThirdPartyApps": [row]}}
    assert _is_served(api.call("POST", "Qcommand/qoperation%20execute", body))
    (app,) = cell.state.apps.named("entra-oidc")
    assert app.secrets == {"clientSecret": "hush"}
    changed = {"opType": 3, "clientThirdPartyApps": [{"appKey": app.key, "appDescription": "by command"}]}
    assert _is_served(api.call("POST", "Qcommand/qoperation%20execute", {next(iter(body)): changed}))
    assert (app.description, app.secrets) == ("by command", {"clientSecret": "hush"})
    command = (
        f"<App_GetClientThirdPartyAppPropReq propLevel='30'><appKeys val='{app.key}'/>"
        "</App_GetClientThirdPartyAppPropReq>"
    )
    headers = {**api.headers, "Content-Type": "application/xml"}
    path = f"{cell.url}/Qcommand/qoperation%20execute"
    assert httpx.post(path, content=command, headers=headers, verify=api.context).json()["clientThirdPartyApps"]
    assert [entry.read for entry in sim.journal.entries()] == [False, False, True]
    gone = {"opType": 2, "clientThirdPartyApps": [{"appKey": app.key, "appType": 5}]}
    assert _is_served(api.call("POST", "ThirdParty/App", gone)), "deletions go through the list of apps in all of them"


def test_a_call_that_does_not_know_the_users_of_an_app_keeps_them(api: Api, cell: CommCellService) -> None:
    name = "Corp-Entra"
    assert _is_served(api.call("PUT", f"V4/SAML/{name}", {"associations": {"users": [{"name": "admin"}]}}))
    cell.release = 36
    refused = api.call("PUT", f"V4/SAML/{name}", {"associations": {"users": []}})
    assert "Unknown associations: users" in refused["errorMessage"]
    assert _is_served(api.call("PUT", f"V4/SAML/{name}", {"associations": {"emailSuffixes": ["new.example"]}}))
    cell.release = 44
    shown = api.get(f"V4/SAML/{name}")["associations"]
    assert ([user["name"] for user in shown["users"]], shown["emailSuffixes"]) == (["admin"], ["new.example"])


@pytest.mark.parametrize("release", [0, 9, 100, 1144, 2024])
def test_what_is_no_feature_release_is_refused(sim: Simulator, cell: CommCellService, release: int) -> None:
    with pytest.raises(ValueError, match="44 stands for 11.44"):
        cell.release = release
    with pytest.raises(ValueError, match="44 stands for 11.44"):
        Simulator(release=release)
    with httpx.Client(verify=False, base_url=sim.control_url, trust_env=False) as client:
        answer = client.post("/services/cs01/behaviours", json={"release": release})
        assert (answer.status_code, cell.release) == (400, 44)
