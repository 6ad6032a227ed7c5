# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of Microsoft 365 and key management servers, as the official SDK reads them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from commvault_client import Api
from cvpysdk.backupset import Backupset
from cvpysdk.commcell import Commcell
from cvpysdk.instances.cloudapps.dynamics365_instance import MSDynamics365Instance
from cvpysdk.instances.cloudapps.onedrive_instance import OneDriveInstance
from cvpysdk.key_management_server import KeyManagementServers

from cvops_simulator import Simulator
from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.model import KeyServer, OfficeClient

APP = {"azureAppId": "a-1", "azureDirectoryId": "t-1"}


@pytest.fixture
def sdk(sim: Simulator, cell: CommCellService) -> Iterator[Commcell]:
    name, password = cell.automation
    commcell = Commcell(
        f"localhost:{cell.port}", certificate_path=sim.ca_path, commcell_username=name, commcell_password=password
    )
    yield commcell
    commcell.logout()


@pytest.fixture(autouse=True)
def clients(cell: CommCellService) -> None:
    """A client of each kind."""
    general = [("OneDrive", 134, False), ("Dynamics", 134, True), ("Exchange", 137, False), ("SharePoint", 78, False)]
    for number, (name, agent, is_dynamics) in enumerate(general):
        cell.state.office_clients.add(OfficeClient(7001 + number, name, agent, is_dynamics, [APP]))


def test_the_lists_of_clients(sdk: Commcell) -> None:
    clients = sdk.clients
    assert set(clients.office_365_clients) == {"onedrive", "exchange", "sharepoint"}
    assert clients.dynamics365_clients == {"dynamics": {"id": "7002"}}


@pytest.mark.parametrize(("client", "kind"), [(7001, OneDriveInstance), (7002, MSDynamics365Instance)])
def test_the_instance_of_a_cloud_app_shows_its_applications(sdk: Commcell, client: int, kind: Any) -> None:
    found: Any = object.__new__(kind)
    agent = SimpleNamespace(agent_id=134, _client_object=SimpleNamespace(client_id=client))
    own = {"_instance_id": client, "_INSTANCE": sdk._services["INSTANCE"] % client, "_agent_object": agent}
    vars(found).update(own, _cvpysdk_object=sdk._cvpysdk_object, _update_response_=sdk._update_response_)
    found._get_instance_properties()
    assert (found._client_id, found._tenant) == ("a-1", "t-1")


def test_the_agent_of_exchange_shows_its_applications(sdk: Commcell) -> None:
    address = sdk._services["GET_AGENT"] % (7003, 137)
    (shown,) = sdk._cvpysdk_object.make_request("GET", address)[1].json()["agentProperties"]
    assert shown["onePassProperties"]["onePassProp"]["azureAppList"]["azureApps"] == [APP]


def test_the_backup_set_of_sharepoint_shows_its_applications(sdk: Commcell) -> None:
    found: Any = object.__new__(Backupset)
    vars(found).update(
        _cvpysdk_object=sdk._cvpysdk_object,
        _update_response_=sdk._update_response_,
        _BACKUPSET=sdk._services["BACKUPSET"] % 7004,
    )
    found._get_backupset_properties()
    assert found._properties["sharepointBackupSet"]["spOffice365BackupSetProp"]["azureAppList"]["azureApps"] == [APP]


def test_key_management_servers(sdk: Commcell, cell: CommCellService) -> None:
    cell.state.key_servers.add(KeyServer(101, "Vault", access={"authType": 2, "applicationId": "a-1"}))
    assert KeyManagementServers(sdk)._get_kms_dict() == {"vault": {"name": "vault", "id": 101, "type_id": 4}}


def test_a_client_that_is_not_there(api: Api) -> None:
    for path in ("Instance?clientId=9", "Instance/9", "Agent?clientId=x", "Backupset/9"):
        assert not any(name.endswith("Properties") for name in api.get(path)), path
