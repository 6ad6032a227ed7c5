# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps of identity providers through `ThirdParty/App`."""

from __future__ import annotations

from typing import Any

import pytest
from commvault_client import Api

from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.model import Company

APP = "ThirdParty/App"
ROW: dict[str, Any] = {
    "appName": "entra-oidc",
    "appType": 5,
    "props": {"nameValues": [{"name": "clientId", "value": "1"}, {"name": "clientSecret", "value": "hush"}]},
}


def change(api: Api, kind: int, row: dict[str, Any]) -> dict[str, Any]:
    """Return the error object of one change."""
    found: dict[str, Any] = api.call("POST", APP, {"opType": kind, "clientThirdPartyApps": [row]})["error"]
    return found


def test_the_text_of_an_error_stands_elsewhere_by_operation(api: Api) -> None:
    """The official SDK reads errorString after a creation, warningMessage after a deletion."""
    assert change(api, 1, ROW)["errorCode"] == 0
    assert "already exists" in change(api, 1, ROW)["errorString"]
    assert "does not exist" in change(api, 2, {"appKey": "nope"})["warningMessage"]


def test_associations_name_what_is_there(api: Api, cell: CommCellService) -> None:
    cell.state.companies.add(Company(9100, "Corp Ltd", "corp"))
    tree = [{"_type_": 13, "userName": "ADMIN"}, {"userGroupName": "master"}, {"providerDomainName": "corp"}]
    assert change(api, 1, {**ROW, "assocTree": [*tree, {"_type_": 12}]})["errorCode"] == 0
    (app,) = cell.state.apps.named("entra-oidc")
    assert [item["_type_"] for item in app.document["assocTree"]] == [13, 15, 61, 12]
    (admin,) = cell.state.users.named("admin")
    assert (app.document["assocTree"][0]["userId"], app.document["assocTree"][2]["providerId"]) == (admin.id, 9100)


@pytest.mark.parametrize("item", [{"userName": "nobody"}, {"userGroupId": 99999}, {"providerId": 99999}, {}])
def test_associations_with_nobody_are_refused(api: Api, item: dict[str, Any]) -> None:
    assert change(api, 1, {**ROW, "assocTree": [item]})["errorCode"] != 0


def test_a_company_lists_its_own_apps_only(api: Api, cell: CommCellService) -> None:
    cell.state.companies.add(Company(9100, "Corp Ltd", "corp"))
    api.headers["operatorCompanyId"] = "9100"
    assert change(api, 1, ROW)["errorCode"] == 0
    assert [row["appName"] for row in api.get(APP)["clientThirdPartyApps"]] == ["entra-oidc"]
    del api.headers["operatorCompanyId"]
    assert "Corp-Entra" in {row["appName"] for row in api.get(APP)["clientThirdPartyApps"]}
