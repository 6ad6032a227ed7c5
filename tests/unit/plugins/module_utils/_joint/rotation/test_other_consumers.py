# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What signs in as the application of a rotation without being known to use the new key."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, ConfigError, Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation import other_consumers as subject

APP, OTHER, OLD, NEW = (f"abcdef00-0000-4000-8000-00000000000{number}" for number in range(4))
OIDC = {"appName": "console", "appKey": "k1", "appType": 5, "isEnabled": True}


def answers(app: str = APP, mark: str | None = OLD, client: str = APP, server: str = APP) -> dict[str, t.Any]:
    """A CommCell on which one of everything signs in."""
    told = f"[cvops secret: {mark}]" if mark else ""
    credential = {
        "id": 7,
        "name": "azure-prod",
        "accountType": "CLOUD_ACCOUNT",
        "authType": "AZUREACCOUNT",
        "applicationId": app,
        "description": told,
    }
    props = {"nameValues": [{"name": "clientId", "value": app}]}
    shared = {"credentialEntity": {"credentialName": "azure-prod"}}
    access = {"keyVaultCredential": {"applicationId": server}}
    return {
        "V4/Credential": {"credentialManager": [credential]},
        "V5/Credential/7": credential,
        "V4/IdentityServers": {"identityServers": []},
        "ThirdParty/App": {"clientThirdPartyApps": [OIDC]},
        "App_GetClientThirdPartyAppPropReq": {
            "clientThirdPartyApps": [{**OIDC, "appDescription": told, "props": props}]
        },
        "Office365/entities": {"o365Client": [{"clientId": 70, "clientName": "Exchange"}]},
        "Instance": {"instanceProperties": [{"azureAppList": {"azureApps": [{"azureAppId": client}, shared]}}]},
        "CommCell/KeyManagementServers": {
            "keyProviders": [
                {"keyProviderType": 4, "provider": {"keyProviderName": "kms"}, "properties": access},
            ]
        },
    }


class Cells:
    """CommCells under their names."""

    def __init__(self, make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, **cells: dict[str, t.Any]) -> None:
        self.clients = {name: FakeCommvault(make_ctx({}), found) for name, found in cells.items()}
        by_context = {id(client.ctx): client for client in self.clients.values()}
        monkeypatch.setattr(subject, "CommvaultClient", lambda ctx: by_context[id(ctx)])

    def read(self, *acknowledged: str) -> subject.OtherConsumers:
        commcells = [(name, client.ctx) for name, client in self.clients.items()]
        said = {name: "kms" in name for name in acknowledged}
        return subject.read_other_consumers(commcells, APP.upper(), NEW, said)


def test_everything_that_may_use_an_older_key_is_told(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What uses the key of a credential is not told apart from that."""
    cells = Cells(make_ctx, monkeypatch, cs01=answers())
    assert cells.read() == (
        [
            "Microsoft 365 client Exchange on cs01",
            "OIDC app console on cs01",
            "credential azure-prod on cs01",
            "key management server kms on cs01",
        ],
        [],
    )


@pytest.mark.parametrize("mark", [None, OLD, OTHER])
def test_only_the_mark_of_the_active_key_settles(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, mark: str | None
) -> None:
    told = "credential azure-prod on cs01"
    assert told in Cells(make_ctx, monkeypatch, cs01=answers(mark=mark)).read().unsettled
    assert told not in Cells(make_ctx, monkeypatch, cs01=answers(mark=NEW.upper())).read().unsettled


@pytest.mark.parametrize("acknowledged", [("exchange", "kms"), ("exchange on cs01", "kms on cs01")])
def test_what_keeps_its_key_itself_is_settled_by_its_owner(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, acknowledged: tuple[str, ...]
) -> None:
    cells = Cells(make_ctx, monkeypatch, cs01=answers(mark=NEW))
    assert cells.read(*acknowledged) == ([], [])


def test_a_key_management_server_is_acknowledged_as_one(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said of another thing of its name says nothing of it: a wrong key there blocks restores."""
    cells = Cells(make_ctx, monkeypatch, cs01=answers(mark=NEW))
    commcells = [("cs01", cells.clients["cs01"].ctx)]
    found = subject.read_other_consumers(commcells, APP, NEW, {"exchange": False, "kms": False})
    assert found.unsettled == ["key management server kms on cs01"]


def test_an_acknowledgement_for_one_commcell_is_none_for_another(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = Cells(make_ctx, monkeypatch, cs01=answers(mark=NEW), cs02=answers(mark=NEW))
    assert cells.read("exchange on cs01", "kms").unsettled == ["Microsoft 365 client Exchange on cs02"]


def test_what_signs_in_as_another_application_is_none_of_it(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Cells(make_ctx, monkeypatch, cs01=answers(OTHER, OLD, OTHER, OTHER)).read() == ([], [])


def test_what_cannot_be_read_may_hide_more(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = answers(mark=NEW)
    found["Instance"] = Forbidden("no", status=403)
    cells = Cells(make_ctx, monkeypatch, cs01=found, cs02=answers(mark=NEW))
    unsettled, unread = cells.read("exchange", "kms")
    assert (unsettled, len(unread)) == ([], 1)
    assert unread[0].startswith("office365 clients of Commvault (cs01) could not be read")


@pytest.mark.parametrize("error", [ConfigError("no password"), ApiError("gone", service="Commvault")])
def test_a_commcell_without_a_sign_in_may_hide_anything(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    cells = Cells(make_ctx, monkeypatch, cs01={})

    def refuse(_ctx: t.Any) -> t.Any:
        raise error

    monkeypatch.setattr(subject, "CommvaultClient", refuse)
    assert cells.read() == ([], [f"cs01 could not be read: {error}"])
