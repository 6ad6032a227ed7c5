# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens: life, chains, limits."""

from __future__ import annotations

from typing import Any

import pytest
from commvault_client import Api

from cvops_simulator import Simulator
from cvops_simulator.commvault import CommCellService


def create(api: Api, **values: Any) -> dict[str, Any]:
    """Create a token; returns `tokenInfo` or the error object."""
    answer = api.call("POST", "V4/AccessToken", {"tokenName": "ci", **values})
    found: dict[str, Any] = answer.get("tokenInfo") or answer["error"]
    return found


def renew(api: Api, pair: dict[str, Any]) -> dict[str, Any]:
    """Trade a pair."""
    return api.call("POST", "V4/AccessToken/Renew", {key: pair[key] for key in ("accessToken", "refreshToken")})


def alive(api: Api, token: str) -> bool:
    """Whether a token is accepted."""
    api.send("POST", "WhoAmI", headers={"Authtoken": token})
    return api.status == 200


@pytest.mark.parametrize(("release", "life"), [(38, 1800), (42, 1800), (44, 7200)])
def test_life_depends_on_the_release(api: Api, cell: CommCellService, sim: Simulator, release: int, life: int) -> None:
    cell.release = release
    token = create(api)
    assert alive(api, token["accessToken"])
    sim.clock.advance(life - 5)
    assert alive(api, token["accessToken"])
    sim.clock.advance(10)
    assert not alive(api, token["accessToken"])


def test_renewal_rotates_both_and_reuse_destroys_the_chain(api: Api, cell: CommCellService, sim: Simulator) -> None:
    first = create(api)
    sim.clock.advance(3 * 86400)
    second = renew(api, first)
    assert second["accessTokenId"] == first["accessTokenId"]
    assert "tokenInfo" not in second
    assert alive(api, second["accessToken"])
    assert not alive(api, first["accessToken"])
    assert renew(api, first)["errorCode"] != 0
    assert api.status == 404
    assert not alive(api, second["accessToken"])
    assert cell.sessions.store.destroyed == [2]


def test_renewal_ends_with_the_refresh_token(api: Api, sim: Simulator) -> None:
    first = create(api)
    sim.clock.advance(7200 + 14 * 86400 + 5)
    assert renew(api, first)["errorCode"] != 0


def test_renewal_ends_at_renewable_until(api: Api, sim: Simulator) -> None:
    first = create(api, renewableUntilTimestamp=int(sim.clock.now()) + 86400)
    sim.clock.advance(86405)
    assert renew(api, first)["errorCode"] != 0


def test_an_unknown_pair_harms_nobody(api: Api) -> None:
    first = create(api)
    assert renew(api, {"accessToken": "x", "refreshToken": "y"})["errorCode"] != 0
    assert renew(api, {**first, "refreshToken": "y"})["errorCode"] != 0
    assert alive(api, first["accessToken"])


def test_a_token_manages_no_tokens(api: Api, cell: CommCellService) -> None:
    session, token = dict(api.headers), create(api)
    api.headers = {"Authtoken": token["accessToken"]}
    assert "authenticated with an access token" in create(api, tokenName="next")["errorMessage"]
    assert api.call("DELETE", f"V4/AccessToken/{token['accessTokenId']}")["errorCode"] != 0
    cell.behaviours.token_by_token = True
    assert create(api, tokenName="next")["tokenName"] == "next"
    api.headers = session
    assert api.call("DELETE", f"V4/AccessToken/{token['accessTokenId']}")["errorCode"] == 0
    assert not alive(api, token["accessToken"])


def test_endpoints_are_a_prefix(api: Api) -> None:
    assert "apiEndpoints" in create(api, tokenType=3)["errorMessage"]
    token = create(api, tokenType=3, apiEndpoints=["/V4/UserGroup", "commserv"])
    api.headers = {"Authtoken": token["accessToken"]}
    assert api.get("v4/usergroup/1")["name"] == "master"
    assert api.get("CommServ")["hostName"]
    assert api.get("V4/Role") == {"errorCode": 5, "errorMessage": "Access denied"}
    assert api.status == 403


@pytest.mark.parametrize(
    ("allowed", "client", "status"),
    [
        (["127.0.0.0/8"], "", 200),
        (["10.20.0.0/24"], "", 403),
        (["10.20.0.0/24"], "10.20.0.7", 200),
        (["10.20.0.1-10.20.0.9"], "10.20.0.7", 200),
        (["10.20.0.1-10.20.0.9"], "10.20.0.10", 403),
        (["2001:db8::/32", "10.0.0.1"], "2001:db8::1", 200),
    ],
)
def test_addresses(api: Api, cell: CommCellService, allowed: list[str], client: str, status: int) -> None:
    token = create(api, allowedIPs=allowed)
    cell.behaviours.client_address = client
    assert api.send("GET", "CommServ", headers={"Authtoken": token["accessToken"]}).status_code == status


def test_names_are_unique_and_secrets_are_shown_once(api: Api) -> None:
    token = create(api)
    assert "Token name already present" in create(api)["errorMessage"]
    text = api.send("GET", "V4/AccessToken/?userId=2").text
    assert '"ci"' in text
    assert token["accessToken"] not in text
    assert token["refreshToken"] not in text


def test_other_users_need_to_be_service_accounts(api: Api, cell: CommCellService) -> None:
    assert create(api, userId=3)["errorCode"] != 0
    body = {"users": [{"userEntity": {"userName": "robot"}, "isServiceAccount": True}]}
    robot = api.call("POST", "User", body)["response"][0]["entity"]["userId"]
    assert create(api, userId=robot)["errorCode"] != 0
    cell.user("robot").approved = True
    token = create(api, userId=robot)
    assert token["userId"] == robot
    assert alive(api, token["accessToken"])


def test_types_with_a_fixed_life_have_no_refresh_token(api: Api, sim: Simulator) -> None:
    token = create(api, tokenType=1)
    assert "refreshToken" not in token
    sim.clock.advance(29 * 86400)
    assert alive(api, token["accessToken"])


def test_release_gates(api: Api, cell: CommCellService) -> None:
    cell.release = 40
    assert create(api, allowedIPs=["10.0.0.1"])["errorCode"] != 0
    body = {"users": [{"userEntity": {"userName": "robot"}, "isServiceAccount": True}]}
    assert api.call("POST", "User", body)["response"][0]["errorCode"] != 0
    cell.release = 32
    assert api.send("POST", "V4/AccessToken", {"tokenName": "x"}).status_code == 404
    assert api.get("CommServ")["currentSPVersion"] == 32
    assert api.call("POST", "ApiToken/User", {"tokenName": "old", "scope": 2})["token"]
