# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/auditLogs: sign-ins and directory audits, of what has happened here."""

from __future__ import annotations

import datetime
import urllib.parse
from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.errors import GraphError, denied, not_found, unsupported_query
from cvops_simulator.entra.graph.messages import GraphResponse
from cvops_simulator.entra.graph.query import select_rows
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.schema import get_graph_type, parse_date_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.graph.filters import Node
    from cvops_simulator.entra.store import Row

_READ = ("AuditLog.Read.All",)
_SEES_POLICIES = frozenset({"Policy.Read.All", "Policy.Read.ConditionalAccess", "Policy.ReadWrite.ConditionalAccess"})
_TYPES = "signInEventTypes"
#: In the link to a page that is given again.
_AGAIN = "again=1"
_DAY = 86400.0
_COMPARED_BY_TIME = ("createdDateTime", "activityDateTime")
#: Operators of filters: dates are compared, all else is equal or begins like a text.
_TIME_OPERATORS = frozenset({"eq", "ge", "le", "gt", "lt"})
_TEXT_OPERATORS = frozenset({"eq", "startswith", "in", "any", "and", "or"})


def _check_access(call: Call) -> None:
    if call.tenant.behaviours.logs_need_directory_read and "Directory.Read.All" not in call.caller.permissions:
        raise denied()


def _check_licence(call: Call) -> None:
    if not {"P1", "P2"} & set(call.tenant.behaviours.licences):
        text = "Neither tenant is B2C or tenant doesn't have premium license"
        raise GraphError(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", text)


def _list_readable(call: Call, rows: list[Row], date: str) -> list[Row]:
    """Return entries that are old enough to be seen and not too old to be kept, newest first."""
    behaviours, now = call.tenant.behaviours, call.tenant.clock.now()
    kept = 30 * _DAY if {"P1", "P2"} & set(behaviours.licences) else 7 * _DAY
    return [row for row in rows[::-1] if behaviours.log_lag <= now - parse_date_time(row[date]) <= kept]


def _check_filter(node: Node | None) -> None:
    if node is None:
        return
    allowed = _TIME_OPERATORS if node.path[-1:] and node.path[-1] in _COMPARED_BY_TIME else _TEXT_OPERATORS
    if node.op not in allowed:
        raise unsupported_query(f"Filter operator '{node.op}' is not supported for this query.")
    for part in node.parts:
        _check_filter(part)


def _names_types(node: Node | None) -> bool:
    return node is not None and (_TYPES in node.path or any(map(_names_types, node.parts)))


def _read_sign_ins(call: Call) -> list[Row]:
    """Return the sign-ins of the request: only interactive ones unless its filter says which."""
    _check_access(call)
    _check_licence(call)
    _check_filter(call.options.filter)
    rows = _list_readable(call, call.tenant.sign_ins, "createdDateTime")
    if _names_types(call.options.filter):
        if not call.is_beta and not call.tenant.behaviours.v1_takes_event_types:
            raise unsupported_query(f"Could not find a property named '{_TYPES}' on type 'microsoft.graph.signIn'.")
        return rows
    return [row for row in rows if row["isInteractive"]]


def _show_sign_in(call: Call, row: Row) -> Row:
    """Return a sign-in; what policies did to it only to those who may read policies."""
    known = get_graph_type("signIn").properties
    shown = dict(row) if call.is_beta else {name: row[name] for name in known}
    if not _SEES_POLICIES & call.caller.permissions:
        shown["appliedConditionalAccessPolicies"] = []
    names = call.options.select
    return {name: shown[name] for name in names if name in shown} if names else shown


def _list_sign_ins(call: Call) -> GraphResponse:
    return _list(call, "signIn", "createdDateTime", _read_sign_ins(call), lambda row: _show_sign_in(call, row))


def _list(call: Call, kind: str, date: str, rows: list[Row], show: Callable[[Row], Row]) -> GraphResponse:
    """Return a page of a log, with what the tenant is said to do to it."""
    behaviours = call.tenant.behaviours
    start, end = _find_period(call.options.filter, 0.0, call.tenant.clock.now())
    if 0 < behaviours.log_longest_hours * 3600 < end - start:
        raise GraphError(504, "UnknownError", "")
    if 0 < behaviours.log_most_entries < len(select_rows(rows, call.options, kind)):
        raise GraphError(500, "UnknownError", "")

    def project(row: Row) -> Row:
        return _shift(show(row), date, behaviours.log_offset)

    answer = call.collection(kind, rows, f"auditLogs/{kind}s", project)
    if behaviours.log_repeats_pages and isinstance(answer.body, dict) and "@odata.nextLink" in answer.body:
        link = answer.body["@odata.nextLink"].replace(f"&{_AGAIN}", "")
        if _AGAIN not in "&".join(f"{name}={value}" for name, value in call.request.query.items()):
            query = urllib.parse.urlencode(call.request.query, safe="$,'()")
            link = f"{call.root}{call.request.path}?{query}&{_AGAIN}"
        answer.body["@odata.nextLink"] = link
    return answer


def _find_period(node: Node | None, start: float, end: float) -> tuple[float, float]:
    """Return the period that a filter asks for, in seconds since the epoch."""
    if node is None:
        return start, end
    if node.op == "and":
        for part in node.parts:
            start, end = _find_period(part, start, end)
    elif node.path[-1:] and node.path[-1] in _COMPARED_BY_TIME:
        moment = parse_date_time(str(node.value))
        start = max(start, moment) if node.op in ("ge", "gt", "eq") else start
        end = min(end, moment) if node.op in ("le", "lt", "eq") else end
    return start, end


def _shift(row: Row, date: str, offset: str) -> Row:
    """Return an entry whose date is written with an offset."""
    if not offset or date not in row:
        return row
    zone = datetime.datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo
    moment = datetime.datetime.fromtimestamp(parse_date_time(row[date]), zone)
    return {**row, date: moment.isoformat(timespec="seconds")}


def _get_sign_in(call: Call) -> GraphResponse:
    _check_access(call)
    _check_licence(call)
    rows = _list_readable(call, call.tenant.sign_ins, "createdDateTime")
    found = _find(rows, call.arguments[0])
    return call.entity("signIn", found, "auditLogs/signIns", project=lambda row: _show_sign_in(call, row))


def _list_audits(call: Call) -> GraphResponse:
    _check_access(call)
    _check_filter(call.options.filter)
    rows = _list_readable(call, call.tenant.directory_audits, "activityDateTime")
    return _list(call, "directoryAudit", "activityDateTime", rows, dict)


def _get_audit(call: Call) -> GraphResponse:
    _check_access(call)
    rows = _list_readable(call, call.tenant.directory_audits, "activityDateTime")
    return call.entity("directoryAudit", _find(rows, call.arguments[0]), "auditLogs/directoryAudits")


def _find(rows: list[Row], key: str) -> Row:
    found = next((row for row in rows if row["id"].lower() == key.lower()), None)
    if found is None:
        raise not_found(key)
    return found


ROUTES = (
    Route("GET", "/auditLogs/signIns", _list_sign_ins, _READ, beta=True),
    Route("GET", "/auditLogs/signIns/{}", _get_sign_in, _READ, beta=True),
    Route("GET", "/auditLogs/directoryAudits", _list_audits, _READ, beta=True),
    Route("GET", "/auditLogs/directoryAudits/{}", _get_audit, _READ, beta=True),
)
