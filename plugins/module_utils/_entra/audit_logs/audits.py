# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Entries of the directory's audit log in the form of all logs. Pure. Source: Microsoft Learn, resource type directoryAudit."""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import BadAnswer
from ..._core.log_events import Actor, LogEvent, Target
from ..._core.values import get_time
from .values import decode_value, list_objects, parse_keys, read_text, read_user_name

LOG = "directory_audits"
_OPERATIONS = {"add": "add", "update": "change", "delete": "remove", "assign": "assign", "unassign": "unassign"}
#: First words of an activity, for entries whose operation is told otherwise or not at all.
_FIRST_WORDS = {
    "add": "add",
    "create": "add",
    "update": "change",
    "change": "change",
    "set": "change",
    "restore": "change",
    "disable": "change",
    "enable": "change",
    "reset": "change",
    "delete": "remove",
    "remove": "remove",
    "hard": "remove",
    "consent": "assign",
}
#: What is given to, or taken from, an object, rather than made or removed.
_GIVEN = ("member", "owner", "role assignment", "permission grant", "delegated permission")
_KEYS = "KeyDescription"
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def read_audit(wire: t.Mapping[str, t.Any]) -> LogEvent:
    """Return an entry of the audit log. Raises BadAnswer for one without a date."""
    moment = get_time(wire, "activityDateTime", " of an audit entry")
    if moment is None:
        raise BadAnswer("The directory's audit log contains an entry without a date.", member="activityDateTime")
    activity = read_text(wire, "activityDisplayName") or "unknown"
    operation = _find_operation(read_text(wire, "operationType") or "", activity)
    wires = _order_targets(list_objects(wire, "targetResources"), activity, operation)
    targets = [_read_target(item) for item in wires]
    before, after, keys = _read_changes(wires)
    result = read_text(wire, "result")
    actor, said_of_actor = _read_actor(wire.get("initiatedBy"))
    return LogEvent(
        time=moment,
        service="entra",
        log=LOG,
        activity=activity,
        operation=operation,
        outcome=result if result in ("success", "failure") else "unknown",
        reason=read_text(wire, "resultReason") or (result if result not in ("success", "failure") else None),
        actor=actor,
        address=read_text(_get(wire.get("initiatedBy"), "user"), "ipAddress", 100),
        target=targets[0] if targets else Target(),
        others=tuple(targets[1:]),
        before=before,
        after=after,
        details={
            "api": "v1.0",
            "category": read_text(wire, "category"),
            "logged_by": read_text(wire, "loggedByService"),
            "operation_type": read_text(wire, "operationType"),
            **keys,
            **said_of_actor,
            "more": {
                read_text(item, "key") or "": read_text(item, "value")
                for item in list_objects(wire, "additionalDetails")
            },
        },
        correlation_id=read_text(wire, "correlationId"),
        record_id=read_text(wire, "id") or "",
    )


def _find_operation(told: str, activity: str) -> str:
    """Return what was done in our words, by the operation that is told, else by the words of the activity."""
    words = activity.lower().split()
    found = _OPERATIONS.get(told.lower()) or _FIRST_WORDS.get(words[0] if words else "", "other")
    if found in ("add", "remove") and any(text in activity.lower() for text in _GIVEN):
        return {"add": "assign", "remove": "unassign"}[found]
    return found


def _order_targets(wires: list[t.Mapping[str, t.Any]], activity: str, operation: str) -> list[t.Mapping[str, t.Any]]:
    """Return the objects with the one first that something was given to or taken from, which the activity names last ("… to group").

    The log lists the member first in some entries, and the group in others.
    """
    if operation not in ("assign", "unassign"):
        return wires
    last = activity.lower().replace(" ", "")
    own = [item for item in wires if last.endswith((read_text(item, "type") or "\n").lower())]
    return own[:1] + [item for item in wires if not own or item is not own[0]]


def _read_target(wire: t.Mapping[str, t.Any]) -> Target:
    kind = _CAPITAL.sub("_", read_text(wire, "type", 100) or "").lower() or None
    return Target(kind, read_text(wire, "displayName") or read_text(wire, "userPrincipalName"), read_text(wire, "id"))


def _read_actor(initiator: t.Any) -> tuple[Actor, dict[str, bool]]:
    """Return who made a change, and what the details have to say of the name."""
    user, app = _get(initiator, "user"), _get(initiator, "app")
    if user:
        name, said = read_user_name(user, "displayName")
        return Actor("user", name, entra_id=read_text(user, "id")), said
    if app:
        app_id = read_text(app, "appId")
        entra_id = read_text(app, "servicePrincipalId")
        kind = "application" if app_id or entra_id else "service"  # parts of Entra ID itself are named without ids
        return Actor(kind, read_text(app, "displayName"), entra_id=entra_id, app_id=app_id), {}
    return Actor(), {}


def _get(holder: t.Any, name: str) -> t.Mapping[str, t.Any]:
    found = holder.get(name) if isinstance(holder, t.Mapping) else None
    return found if isinstance(found, t.Mapping) else {}


def _read_changes(
    wires: t.Sequence[t.Mapping[str, t.Any]],
) -> tuple[dict[str, t.Any], dict[str, t.Any], dict[str, t.Any]]:
    """Return the modified properties of all objects before and after, and the credentials that were added and removed."""
    before: dict[str, t.Any] = {}
    after: dict[str, t.Any] = {}
    keys: dict[str, t.Any] = {}
    for wire in wires:
        for change in list_objects(wire, "modifiedProperties"):
            name = read_text(change, "displayName") or "unnamed"
            if name in before or name in after:
                name = f"{name} ({read_text(wire, 'displayName') or read_text(wire, 'id')})"
            old, new = decode_value(change.get("oldValue")), decode_value(change.get("newValue"))
            before.update({} if old is None else {name: old})
            after.update({} if new is None else {name: new})
            if name == _KEYS:
                had, has = parse_keys(old), parse_keys(new)
                keys = {
                    "credentials_added": [has[key] for key in sorted(has.keys() - had.keys())],
                    "credentials_removed": [had[key] for key in sorted(had.keys() - has.keys())],
                }
    return before, after, keys
