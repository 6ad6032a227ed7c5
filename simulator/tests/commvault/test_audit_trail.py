# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail and the event log of a CommCell, of what the test itself has done."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from commvault_client import Api

from cvops_simulator import Simulator
from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.audit_trail import CRITICAL, HIGH, LOW, MEDIUM

REPORT = "5e7dfa05-07cd-4beb-be9c-181a1722c2e8:571a5443-fb35-435e-b013-ecd1a6dcfb65"
COLUMNS = ["Audit ID", "Severity", "User", "Time", "Operation", "Details", "Notes", "Company"]


def get_page(api: Api, **parameters: Any) -> dict[str, Any]:
    """A page of the report; names of parameters with an underscore for the point."""
    query = {
        name.replace("_", ".", 1) if name.startswith("parameter") else name: value for name, value in parameters.items()
    }
    return api.get(f"cr/reportsplusengine/datasets/{REPORT}/data?{urlencode({'limit': 1000, **query})}")


def read(api: Api, **parameters: Any) -> list[dict[str, Any]]:
    """Rows by the names of their columns, oldest first."""
    page = get_page(api, **parameters)
    names = [column["name"] for column in page["columns"]]
    return [dict(zip(names, row, strict=True)) for row in reversed(page["records"])]


def told(api: Api) -> list[tuple[str, str, str]]:
    """Severity, operation and details of all that was done but log-ins."""
    rows = [row for row in read(api) if row["Operation"] != "Login"]
    return [(row["Severity"], row["Operation"], row["Details"]) for row in rows]


# -- what leaves an entry ----------------------------------------------------------------------------------------------


def test_sessions(sim: Simulator, cell: CommCellService, api: Api) -> None:
    with Api(cell, sim.ca_path) as other:
        other.login("breakglass", "wrong")
        other.login("no\nbody", "wrong")
        other.login(*cell.admin)
        other.send("POST", "Logout")
    assert [(row["User"], row["Operation"]) for row in read(api)] == [
        (cell.automation[0], "Login"),
        ("breakglass", "Login Failed"),
        ("no body", "Login Failed"),
        (cell.admin[0], "Login"),
        (cell.admin[0], "Logout"),
    ]
    assert {row["Severity"] for row in read(api)} == {LOW}
    assert read(api)[0]["Details"] == f"User [{cell.automation[0]}]\nMethod: [Password]"


def test_first_use_of_an_external_token(sim: Simulator, cell: CommCellService, api: Api) -> None:
    cell.behaviours.oauth = True
    cell.behaviours.oauth_app_users = {sim.automation.client_id: "svc-cvops"}
    identity = sim.automation
    form = {
        "grant_type": "client_credentials",
        "client_id": identity.client_id,
        "client_secret": identity.client_secret,
        "scope": f"{identity.client_id}/.default",
    }
    url = f"{sim.login_url}/{sim.tenant_id}/oauth2/v2.0/token"
    token = httpx.post(url, data=form, verify=api.context, trust_env=False).json()["access_token"]
    with Api(cell, sim.ca_path) as other:
        other.headers = {"Authorization": f"Bearer {token}"}
        assert [other.get("V2/WhoAmI")["name"] for _ in range(2)] == ["svc-cvops"] * 2
    logins = [row for row in read(api) if "External token" in row["Details"]]
    assert [row["User"] for row in logins] == ["svc-cvops"]


def test_sign_on_that_is_refused(sim: Simulator, cell: CommCellService, api: Api) -> None:
    url = f"{cell.url.removesuffix('/commandcenter/api')}/webconsole/samlAcsIdpInitCallback.do?samlAppKey=none"
    assert httpx.post(url, data={"SAMLResponse": "x"}, verify=api.context, trust_env=False).status_code == 403
    assert told(api) == [(LOW, "Login Failed", "Method: [SAML]\nThere is no SAML app with this key")]


def test_groups_their_members_and_associations(api: Api) -> None:
    made = api.call("POST", "V4/UserGroup", {"name": "Night [x]\nUser Group [y]"})["id"]
    user = api.cell.user("breakglass")
    api.call("PUT", f"V4/UserGroup/{made}", {"newDescription": "nights", "users": [{"id": user.id}]})
    group, commcell = {"userGroupId": int(made), "_type_": 15}, {"commCellId": 2, "_type_": 1}
    for operation in ("ADD", "ADD", "DELETE"):
        api.security(operation, group, api.role_id("View"), commcell)
    api.call("DELETE", f"V4/UserGroup/{made}?newUserId=1")
    name = "Night [x] User Group [y]"
    grant = f"User Group [{name}]\nRole: [View]\nEntity: [COMMCELL_ENTITY] [{api.cell.state.name}]"
    assert told(api) == [
        (LOW, "Add User Group", f"User Group [{name}]"),
        (
            MEDIUM,
            "Modify User Group",
            f"User Group [{name}]\nDescription: Old value [], New value [nights]\nMembers added: [breakglass]",
        ),
        (MEDIUM, "Add Security Association", grant),
        (HIGH, "Delete Security Association", grant),
        (HIGH, "Delete User Group", f"User Group [{name}]"),
    ]
    assert {row["User"] for row in read(api)} == {api.cell.automation[0]}


def test_users_roles_credentials_apps_tokens_and_companies_without_any_secret(api: Api) -> None:
    user = {"name": "nina", "fullName": "N", "email": "nina@corp.example", "password": "UGFzc3dvcmQhMQ=="}
    api.call("POST", "v4/user", {"users": [user]})
    api.call("POST", "V4/Role", {"name": "Night", "permissionList": [{"permission": {"name": "View"}, "type": "ADD"}]})
    token = api.call("POST", "V4/AccessToken", {"tokenName": "nightly"})["tokenInfo"]
    app = {
        "appName": "Sign-on",
        "appType": 5,
        "props": {"nameValues": [{"name": "clientSecret", "value": "s3cret-app"}]},
    }
    api.call("POST", "ThirdParty/App", {"opType": 1, "clientThirdPartyApps": [app]})
    rows = told(api)
    assert {"Add User", "Add Role", "Add Access Token", "Add OpenID Connect App"} <= {row[1] for row in rows}
    text = json.dumps(read(api))
    assert not any(
        secret in text for secret in ("Password!1", "s3cret-app", token["accessToken"], token["refreshToken"])
    )


def test_what_is_refused_lost_or_changes_nothing_leaves_no_entry(api: Api, cell: CommCellService) -> None:
    cell.behaviours.lost_security_writes = ["*"]
    group = api.group("Storage Team")
    api.security("ADD", {"userGroupId": group.id, "_type_": 15}, api.role_id("View"), {"commCellId": 2, "_type_": 1})
    api.call("PUT", f"V4/UserGroup/{group.id}", {"newDescription": group.description})
    api.call("POST", "V4/UserGroup", {"name": ""})
    assert told(api) == []


def test_a_change_that_waits_for_approval_is_told_when_it_is_made(api: Api, cell: CommCellService) -> None:
    cell.behaviours.user_approval = "silent"
    user = cell.user("breakglass")
    api.call("PUT", f"v4/user/{user.id}", {"fullName": "Later"})
    assert told(api) == []
    cell.cell.approve_writes()
    ((severity, operation, details),) = told(api)
    assert (severity, operation, details.splitlines()[0]) == (MEDIUM, "Modify User", "User [breakglass]")


# -- how it is read ----------------------------------------------------------------------------------------------------


def fill(cell: CommCellService, count: int, every: float = 60.0, severity: str = LOW) -> float:
    """Write entries, the last of them a minute ago; returns the simulator's time."""
    now = cell.cell.clock.now()
    for number in range(count):
        cell.cell.trail.write(now - every * (count - number), severity, (1, "admin"), "Login", f"number {number}")
    return now


def test_pages_newest_first(api: Api, cell: CommCellService) -> None:
    fill(cell, 25)
    pages = [get_page(api, limit=10, offset=offset) for offset in (0, 10, 20, 30)]
    assert [len(page["records"]) for page in pages] == [10, 10, 6, 0]
    assert {page["totalRecordCount"] for page in pages} == {26}
    assert [column["name"] for column in pages[0]["columns"]] == COLUMNS
    times = [row[COLUMNS.index("Time")] for page in pages for row in page["records"]]
    assert times == sorted(times, reverse=True)
    assert len(get_page(api, limit="")["records"]) == 26


def test_narrowed_by_time_user_group_and_text(api: Api, cell: CommCellService) -> None:
    now = fill(cell, 10, every=3600.0)
    stamp = [
        datetime.fromtimestamp(now - hours * 3600, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (5, 2)
    ]
    assert len(read(api, parameter_TimeRange=" ".join(stamp))) == 3
    assert len(read(api, parameter_TimeRange="-PT4H")) == 3 + 1
    assert len(read(api, parameter_userlist=cell.user(cell.automation[0]).id)) == 1
    assert len(read(api, parameter_usergrouplist="1", parameter_userlist="1")) <= 10
    assert [row["Details"] for row in read(api, parameter_serachString="NUMBER 7")] == ["number 7"]
    assert read(api, parameter_i_anomalous="1") == []
    get_page(api, parameter_TimeRange="yesterday")
    assert api.status == 400


def test_who_may_read(sim: Simulator, cell: CommCellService, api: Api) -> None:
    api.limited_user("View")
    with Api(cell, sim.ca_path) as other:
        other.login("limited", "limited-1")
        assert "permission" in get_page(other)["errorMessage"]
        assert other.status == 403
        assert "auditTrailInfo" in other.get("CommServ/AuditTrail")
        assert other.get("Events") == {}


def test_retention_by_severity(sim: Simulator, cell: CommCellService, api: Api) -> None:
    assert api.get("CommServ/AuditTrail") == {
        "auditTrailInfo": {
            "retentionForLow": 120,
            "retentionForMedium": 240,
            "retentionForHigh": 365,
            "retentionForCritical": 365,
        }
    }
    now = cell.cell.clock.now()
    for severity in (LOW, MEDIUM, HIGH, CRITICAL):
        for days in (119, 121, 241, 366):
            cell.cell.trail.write(now - days * 86400, severity, (1, "admin"), "Old", f"{severity} {days}")
    kept = {row["Details"] for row in read(api, parameter_TimeRange="-P24M") if row["Operation"] == "Old"}
    assert kept == {
        *("Low 119", "Medium 119", "Medium 121"),
        *(f"{severity} {days}" for severity in (HIGH, CRITICAL) for days in (119, 121, 241)),
    }


# -- behaviours --------------------------------------------------------------------------------------------------------


def test_columns_in_another_order_and_one_more(api: Api, cell: CommCellService) -> None:
    (usual,) = read(api)
    cell.behaviours.audit_columns = "shuffled"
    assert [column["name"] for column in get_page(api)["columns"]] == COLUMNS[::-1]
    assert read(api) == [usual]
    cell.behaviours.audit_columns = "extra"
    assert read(api) == [{**usual, "Data Source": "cs01"}]


@pytest.mark.parametrize(
    ("how", "zone", "wanted"),
    [
        ("seconds", "UTC", 1794000000),
        ("milliseconds", "UTC", 1794000000000),
        ("iso", "Europe/Berlin", "2026-11-06T21:20:00Z"),
        ("text", "Europe/Berlin", "2026-11-06 22:20:00"),
    ],
)
def test_forms_of_times(api: Api, cell: CommCellService, how: str, zone: str, wanted: int | str) -> None:
    cell.behaviours.change({"audit_times": how, "time_zone": zone})
    cell.cell.trail.write(1794000000.0, HIGH, (1, "admin"), "Old", "")
    cell.cell.clock.advance(1794000060 - cell.cell.clock.now())
    api.login(*cell.automation)
    rows = {row["Operation"]: row["Time"] for row in read(api)}
    assert rows["Old"] == wanted
    if how == "text":
        assert {row["Operation"]: row["Time"] for row in read(api, parameter_timeZone=1)}[
            "Old"
        ] == "2026-11-06 21:20:00"
    assert api.get("CommServ")["csTimeZone"]["TimeZoneName"] == zone


def test_late_entries(sim: Simulator, api: Api, cell: CommCellService) -> None:
    cell.behaviours.audit_delay = 3600.0
    assert read(api) == [] and api.get("Events") == {}
    sim.clock.advance(3601)
    api.login(*cell.automation)
    assert len(read(api)) == 1


def test_pages_that_repeat_and_counts_that_are_wrong(api: Api, cell: CommCellService) -> None:
    fill(cell, 30)
    cell.behaviours.change({"audit_repeated_pages": 1, "audit_count_error": 7, "audit_page_size": 10})
    first, again, second = (get_page(api, offset=offset) for offset in (0, 10, 10))
    assert again["records"] == first["records"] != second["records"]
    assert first["totalRecordCount"] == 38


def test_missing_failing_and_slow(api: Api, cell: CommCellService) -> None:
    fill(cell, 30)
    cell.behaviours.audit_most_rows = 10
    assert api.send("GET", f"cr/reportsplusengine/datasets/{REPORT}/data").status_code == 504
    assert len(read(api, parameter_TimeRange="-PT1H", parameter_serachString="number 29")) == 1
    cell.behaviours.change({"audit_most_rows": 0, "audit_failure": "timed out", "audit_warning": "slow"})
    page = get_page(api)
    assert (page["failures"], page["warnings"]) == ({"cs01": "timed out"}, {"cs01": "slow"})
    cell.behaviours.audit_missing = True
    get_page(api)
    assert api.status == 404


# -- events ------------------------------------------------------------------------------------------------------------


def test_events_of_failed_log_ins(sim: Simulator, cell: CommCellService, api: Api) -> None:
    with Api(cell, sim.ca_path) as other:
        for _ in range(5):
            other.login("breakglass", "wrong")
    rows = api.get("Events?level=10")["commservEvents"]
    assert [row["severity"] for row in rows] == [6, 3, 3, 3, 3, 3]
    assert rows[0]["description"] == "User [breakglass] is locked after failed log-ins."
    major = api.get("Events?level=10&showInfo=false&showMinor=false&showMajor=true&showCritical=true")
    assert [row["severity"] for row in major["commservEvents"]] == [6]
    assert api.get("Events", pagingInfo="4,10")["commservEvents"] == rows[4:]
    assert api.get(f"Events?fromTime={rows[0]['timeSource'] + 1}") == {}
    assert api.get(f"Events/{rows[0]['id']}")["commservEvents"][0]["severity"] == 6
    cell.behaviours.events_without_pages = True
    assert api.get("Events", pagingInfo="4,1")["commservEvents"] == rows
