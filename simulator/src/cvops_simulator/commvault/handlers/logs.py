# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail, which is the data set of a report, how long it is kept, and the event log."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from cvops_simulator.commvault.audit_trail import CRITICAL, HIGH, INFORMATION, LOW, MAJOR, MEDIUM, MINOR, AuditEntry
from cvops_simulator.commvault.catalogue import VIEW
from cvops_simulator.commvault.envelopes import MISSING_RIGHTS, ApiError, invalid, not_found
from cvops_simulator.commvault.model import COMMCELL_ID
from cvops_simulator.commvault.routing import Call, Routes

_REPORT = "5e7dfa05-07cd-4beb-be9c-181a1722c2e8:571a5443-fb35-435e-b013-ecd1a6dcfb65"
_SPAN = re.compile(r"-P(?:(\d+)M|(\d+)D|T(\d+)H)")
_DEFAULT_ROWS = 50
_DEFAULT_SPAN = "-PT24H"
_EVENT_CRITICAL = 9
_SHOWN = {"showinfo": INFORMATION, "showminor": MINOR, "showmajor": MAJOR, "showcritical": _EVENT_CRITICAL}


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", f"cr/reportsplusengine/datasets/{_REPORT}/data", _read_audit_trail)
    routes.add("GET", "CommServ/AuditTrail", _read_retention)
    routes.add("GET", "Events", _list_events)
    routes.add("GET", "Events/{id}", _read_event)


def _read_retention(call: Call) -> dict[str, Any]:
    call.caller.rights.require({VIEW})
    retention = call.cell.trail.retention
    return {"auditTrailInfo": {f"retentionFor{name}": retention[name] for name in (LOW, MEDIUM, HIGH, CRITICAL)}}


def _require_master(call: Call) -> None:
    """Refuse everybody but members of the master group and their like, as the vendor's page on the report says."""
    if not call.caller.rights.master:
        raise ApiError(MISSING_RIGHTS, "User does not have the permission(s) [Administrative Management].", 403)


def _read_audit_trail(call: Call) -> Response | dict[str, Any]:
    behaviours = call.cell.behaviours
    if behaviours.audit_missing:
        raise not_found(f"Dataset [{_REPORT}] does not exist")
    _require_master(call)
    found = [
        entry for entry in call.cell.trail.list_entries(call.now, behaviours.audit_delay) if _is_wanted(call, entry)
    ]
    if behaviours.audit_most_rows and len(found) > behaviours.audit_most_rows:
        return Response("<html><head><title>504 Gateway Time-out</title></head></html>", 504, media_type="text/html")
    limit, offset = (_parse_count(call, name, usual) for name, usual in (("limit", _DEFAULT_ROWS), ("offset", 0)))
    limit = min(limit, behaviours.audit_page_size)
    offset = _repeat_page(call, offset, limit)
    columns = _choose_columns(call)
    return {
        "cacheId": "",
        "offset": offset,
        "limit": limit,
        "totalRecordCount": len(found) + behaviours.audit_count_error,
        "columns": [
            {"name": name, "dataField": f"[{name}]", "displayName": name, "type": kind} for name, kind, _make in columns
        ],
        "recordsCount": len(found[offset : offset + limit]),
        "records": [[make(entry) for _name, _kind, make in columns] for entry in found[offset : offset + limit]],
        "failures": {call.state.name: behaviours.audit_failure} if behaviours.audit_failure else {},
        "warnings": {call.state.name: behaviours.audit_warning} if behaviours.audit_warning else {},
    }


def _parse_count(call: Call, name: str, usual: int) -> int:
    text = call.query.get(name, "")
    if text and not text.isdigit():
        raise invalid(f"[{text}] is not a number")
    return int(text) if text else usual


def _repeat_page(call: Call, offset: int, limit: int) -> int:
    """Return the offset of the page that is given for that of *offset*."""
    if offset and call.cell.behaviours.audit_repeated_pages > 0:
        call.cell.behaviours.audit_repeated_pages -= 1
        return max(0, offset - limit)
    return offset


def _is_wanted(call: Call, entry: AuditEntry) -> bool:
    """Tell whether an entry is what the parameters of the report ask for."""
    since, until = _parse_range(call)
    users = {item for item in call.query.get("parameter.userlist", "").split(",") if item not in ("", "0")}
    groups = {item for item in call.query.get("parameter.usergrouplist", "").split(",") if item not in ("", "0")}
    text = call.query.get("parameter.serachstring", "").lower()
    return (
        since <= entry.time <= until
        and (not users or str(entry.user_id) in users)
        and (not groups or any(str(group.id) in groups for group in call.state.groups_of_user(entry.user_id)))
        and text in f"{entry.user} {entry.operation} {entry.details}".lower()
        and call.query.get("parameter.i_anomalous", "0") in ("", "0")
    )


def _parse_range(call: Call) -> tuple[float, float]:
    """Return begin and end of `parameter.TimeRange`: a span before now, or two ISO times."""
    text = call.query.get("parameter.timerange") or _DEFAULT_SPAN
    if span := _SPAN.fullmatch(text):
        months, days, hours = (int(item or 0) for item in span.groups())
        return call.now - timedelta(days=30 * months + days, hours=hours).total_seconds(), call.now
    try:
        since, until = (datetime.fromisoformat(part.replace("Z", "+00:00")) for part in text.split(" "))
    except ValueError:
        raise invalid(f"[{text}] is not a time range") from None
    return since.timestamp(), until.timestamp()


Column = tuple[str, str, Callable[[AuditEntry], Any]]


def _choose_columns(call: Call) -> list[Column]:
    """Return the columns of the report; their names are those on the page, the technical ones are not known."""
    columns: list[Column] = [
        ("Audit ID", "Long", lambda entry: entry.id),
        ("Severity", "String", lambda entry: entry.severity),
        ("User", "String", lambda entry: entry.user),
        ("Time", "TimeStamp", lambda entry: _show_time(call, entry.time)),
        ("Operation", "String", lambda entry: entry.operation),
        ("Details", "String", lambda entry: entry.details),
        ("Notes", "String", lambda entry: ""),
        ("Company", "String", lambda entry: _name_company(call, entry.company_id)),
    ]
    if call.cell.behaviours.audit_columns == "extra":
        columns.insert(2, ("Data Source", "String", lambda entry: call.state.name))
    if call.cell.behaviours.audit_columns == "shuffled":
        columns = columns[::-1]
    return columns


def _name_company(call: Call, company_id: int) -> str:
    company = call.state.companies.get(company_id)
    return company.name if company else "CommCell"


def _show_time(call: Call, at: float) -> int | str:
    how = call.cell.behaviours.audit_times
    if how == "seconds":
        return int(at)
    if how == "milliseconds":
        return int(at * 1000)
    moment = datetime.fromtimestamp(int(at), timezone.utc)
    if how == "iso":
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    # What "local" is to a client that is no browser is not known: here it is UTC.
    zone = timezone.utc if call.query.get("parameter.timezone") == "1" else ZoneInfo(call.cell.behaviours.time_zone)
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


# -- events ------------------------------------------------------------------------------------------------------------


def _list_events(call: Call) -> dict[str, Any]:
    call.caller.rights.require({VIEW})
    offset, limit = _parse_paging(call)
    shown = {number for name, number in _SHOWN.items() if call.query.get(name, "true").lower() == "true"}
    since, until = (float(call.query.get(name) or usual) for name, usual in (("fromtime", 0), ("totime", call.now)))
    latest = min(until, call.now - call.cell.behaviours.audit_delay)
    found = [
        {
            "id": event.id,
            "eventCode": str(event.id + 318767861),
            "eventCodeString": event.code,
            "timeSource": int(event.time),
            "severity": event.severity,
            "jobId": 0,
            "description": event.description,
            "subsystem": "CvSecurity",
            "clientEntity": {"clientId": COMMCELL_ID, "clientName": call.state.name},
        }
        for event in reversed(call.cell.trail.events)
        if event.severity in shown and since <= int(event.time) <= latest
    ]
    if call.cell.behaviours.events_without_pages:
        return {"commservEvents": found} if found else {}
    offset = _repeat_page(call, offset, limit)
    rows = found[offset : offset + limit]
    return {"commservEvents": rows} if rows else {}


def _parse_paging(call: Call) -> tuple[int, int]:
    """Return offset and limit of the header `pagingInfo`."""
    offset, _comma, limit = call.headers.get("paginginfo", f"0,{_DEFAULT_ROWS}").partition(",")
    if not offset.strip().isdigit() or not limit.strip().isdigit():
        raise invalid("pagingInfo is not an offset and a limit")
    return int(offset), min(int(limit), call.cell.behaviours.audit_page_size)


def _read_event(call: Call) -> dict[str, Any]:
    call.caller.rights.require({VIEW})
    for event in call.cell.trail.events:
        if event.id == call.number():
            row = {"id": event.id, "eventCodeString": event.code, "timeSource": int(event.time)}
            return {"commservEvents": [{**row, "severity": event.severity, "description": event.description}]}
    raise not_found(f"Event [{call.params['id']}] does not exist")
