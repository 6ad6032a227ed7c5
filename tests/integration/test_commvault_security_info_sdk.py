# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_security_info shows what the official SDK shows, and what the SDK has written."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import pytest
from cvops_simulator import Simulator
from helpers.direct import run_body

from ansible_collections.cvops.identity.plugins.modules import commvault_security_info as module

commcell_module = pytest.importorskip(
    "cvpysdk.commcell", reason="the official SDK is installed with the simulator's tests"
)
two_factor_module = pytest.importorskip("cvpysdk.security.two_factor_authentication")
NAMES = ("admin", "breakglass", "svc-cvops")


@pytest.fixture
def sdk(site: Simulator) -> Iterator[t.Any]:
    """The SDK, signed in as the automation account."""
    cell = site.commcells["cs01"]
    name, password = cell.automation
    commcell = commcell_module.Commcell(
        f"localhost:{cell.port}", name, password, certificate_path=str(site.ca_path), force_https=True
    )
    yield commcell
    commcell.logout()


def read(site: Simulator, *subset: str, **options: t.Any) -> dict[str, t.Any]:
    result = run_body(module, site, {"subset": list(subset), **options})
    assert not result.get("failed"), result["msg"]
    found: dict[str, t.Any] = result["security"]
    return found


@pytest.mark.parametrize("groups", [None, [], ["Storage Team"]], ids=["off", "everyone", "user groups"])
def test_users(site: Simulator, sdk: t.Any, groups: list[str] | None) -> None:
    team = site.commcells["cs01"].state.groups.named("Storage Team")[0]
    team.member_ids.add(site.commcells["cs01"].user("admin").id)
    if groups is not None:
        two_factor_module.TwoFactorAuthentication(sdk).enable_tfa(groups)
    found = {row["name"]: row for row in read(site, "user_details", principals=list(NAMES))["users"]}
    sdk.users.refresh()
    for name in NAMES:
        user, row = sdk.users.get(name), found[name]
        assert (str(user.user_id), user.status, user.email) == (row["id"], row["enabled"], row["email"])
        assert (user.full_name, user.upn) == (row["full_name"], row["user_principal_name"])
        assert user.is_tfa_enabled is row["two_factor"]
        assert sorted(user.associated_usergroups) == sorted(group["name"] for group in row["groups"])


def test_a_service_account_and_its_tokens(site: Simulator, sdk: t.Any) -> None:
    site.commcells["cs01"].behaviours.pending_approval = False
    made = sdk.users.add_service_account("svc-robot", "Robot")
    until = int(site.clock.now()) + 86400 * 30
    token = sdk.users.get("svc-cvops").create_access_token(
        "ci",
        3,
        until,
        api_endpoints=["/V4/UserGroup"],
        service_account_id=int(made.user_id),
        ip_allowlist=["10.0.0.0/8"],
    )
    found = read(site, "user_details", "access_tokens", principals=["svc-robot"])
    (user,), (row,) = found["users"], found["access_tokens"]
    assert (user["kind"], user["local_password"], user["signs_in_with"]) == ("service_account", False, "access_token")
    assert row["owner"] == {"kind": "user", "id": str(made.user_id), "name": "svc-robot"}
    assert (row["id"], row["name"], row["token_type"]) == (str(token["accessTokenId"]), "ci", "custom")
    assert (row["api_endpoints"], row["allowed_ips"]) == (["/V4/UserGroup"], ["10.0.0.0/8"])
    assert token["accessToken"] not in str(found)
    made.delete_access_token(token["accessTokenId"])
    assert read(site, "access_tokens", principals=["svc-robot"])["access_tokens"] == []


def test_owners_of_a_server(site: Simulator, sdk: t.Any) -> None:
    cell = site.commcells["cs01"]
    server = next(iter(cell.state.entities[3]))
    client = sdk.clients.get(server.name)
    client.add_client_owner(["admin", "breakglass"])
    rows = [
        row for row in read(site, "owners", entity_kinds=["servers"])["owners"] if row["entity"]["name"] == server.name
    ]
    shown = {row["userName"] for row in sdk.clients.get(server.name).owners}
    assert {row["principal"]["name"] for row in rows} == shown >= {"admin", "breakglass"}
