# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/users and /organization: read only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.errors import GraphError, denied
from cvops_simulator.entra.graph.routing import Route

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.graph.messages import GraphResponse
    from cvops_simulator.entra.store import Row

_READ = ("User.Read.All", "User.ReadBasic.All")
_ACTIVITY = "signInActivity"


def _list(call: Call) -> GraphResponse:
    _check_activity(call)
    rows = list(call.view.rows("users").values())
    return call.collection("user", rows, "users", lambda row: _show(call, row))


def _check_activity(call: Call) -> None:
    """Refuse to tell when somebody signed in without the permission for logs, and without a licence."""
    if _ACTIVITY not in (call.options.select or ()):
        return
    if "AuditLog.Read.All" not in call.caller.permissions:
        raise denied()
    if not {"P1", "P2"} & set(call.tenant.behaviours.licences):
        text = "Neither tenant is B2C or tenant doesn't have premium license"
        raise GraphError(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", text)


def _show(call: Call, row: Row) -> Row:
    """Return a user; when it signed in is left out of one that never did."""
    shown = call.project("user", row, call.options.select)
    if _ACTIVITY in shown:
        activity = row[_ACTIVITY] or _read_activity(call, row["id"])
        del shown[_ACTIVITY]
        return {**shown, _ACTIVITY: activity} if activity else shown
    return shown


def _read_activity(call: Call, user_id: str) -> Row | None:
    """Return the last sign-ins that the log knows, by what they were."""
    found: Row = {}
    for entry in call.tenant.sign_ins:
        if entry["userId"] != user_id:
            continue
        kinds = ["lastSignIn" if entry["isInteractive"] else "lastNonInteractiveSignIn"]
        kinds += [] if entry["status"]["errorCode"] else ["lastSuccessfulSignIn"]
        for kind in kinds:
            found[f"{kind}DateTime"], found[f"{kind}RequestId"] = entry["createdDateTime"], entry["id"]
    return found or None


def _count(call: Call) -> GraphResponse:
    return call.count("user", list(call.view.rows("users").values()))


def _get(call: Call) -> GraphResponse:
    _check_activity(call)
    row = call.require("user", call.arguments[0])
    return call.entity("user", row, "users", project=lambda row: _show(call, row))


def _get_organization(call: Call) -> GraphResponse:
    return call.collection("organization", list(call.view.rows("organization").values()), "organization")


ROUTES = (
    Route("GET", "/users", _list, _READ),
    Route("GET", "/users/$count", _count, _READ),
    Route("GET", "/users/{}", _get, _READ),
    Route("GET", "/organization", _get_organization, ("Organization.Read.All", "User.Read.All")),
)
