# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Entries of the joined log as events of the Open Cybersecurity Schema Framework, for a SIEM. Pure.

Nothing is guessed: what an entry does not tell is left out, or is 0 or ``unknown`` where the schema requires it. What the schema has no
place for stands below ``unmapped``, so that nothing of an entry is lost.
"""

from __future__ import annotations

import datetime
import ipaddress
import typing as t
import urllib.parse

from ..._core.values import parse_time
from .reading import ENTRA, Row, get_commcell

#: The version of the schema. All that is used here is the same in each 1.x since.
VERSION = "1.1.0"
UNKNOWN_NAME = "unknown"
_IAM = 3
#: Classes by uid, and activities of each, by our words for operations.
BASE, ACCOUNT_CHANGE, AUTHENTICATION, ENTITY, USER_ACCESS, GROUP = 0, 3001, 3002, 3004, 3005, 3006
CLASS_NAMES = {
    BASE: "Base Event",
    ACCOUNT_CHANGE: "Account Change",
    AUTHENTICATION: "Authentication",
    ENTITY: "Entity Management",
    USER_ACCESS: "User Access Management",
    GROUP: "Group Management",
}
OTHER = 99
_SIGN_IN_ACTIVITIES = {"sign_in": (1, "Logon"), "sign_out": (2, "Logoff")}
_ACCOUNT_ACTIVITIES = {"add": (1, "Create"), "remove": (6, "Delete")}
#: What Entra ID calls changes of accounts that the schema has activities for.
_ENTRA_ACCOUNT_ACTIVITIES = {
    "Enable account": (2, "Enable"),
    "Change user password": (3, "Password Change"),
    "Change password (self-service)": (3, "Password Change"),
    "Reset user password": (4, "Password Reset"),
    "Reset password (by admin)": (4, "Password Reset"),
    "Reset password (self-service)": (4, "Password Reset"),
    "Disable account": (5, "Disable"),
}
_ENTITY_ACTIVITIES = {
    "add": (1, "Create"),
    "change": (3, "Update"),
    "assign": (3, "Update"),
    "unassign": (3, "Update"),
    "remove": (4, "Delete"),
}
_PRIVILEGE_ACTIVITIES = {"assign": (1, "Assign Privileges"), "unassign": (2, "Revoke Privileges")}
_MEMBER_ACTIVITIES = {"assign": (3, "Add User"), "unassign": (4, "Remove User")}
_STATUSES = {"success": (1, "Success"), "failure": (2, "Failure")}
#: Severities that the log of a CommCell tells; that of Entra ID tells none.
_SEVERITIES = {
    "info": (1, "Informational"),
    "information": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
_USER_TYPES: dict[str, dict[str, t.Any]] = {
    "user": {"type_id": 1, "type": "User"},
    "application": {"type_id": OTHER, "type": "Application"},
    "service": {"type_id": OTHER, "type": "Service"},
}
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_USER, _GROUPS, _ROLES = "user", ("group", "user_group", "external_group"), ("role", "directory_role")

Event = dict[str, t.Any]
Activity: t.TypeAlias = "tuple[int, str]"


def build_ocsf_event(row: Row) -> Event:
    """Return an entry of the joined log as one event of OCSF."""
    class_uid, activity, own = _classify(row)
    activity_id, activity_name = activity or (OTHER, row["activity"] or UNKNOWN_NAME)
    status_id, status = _STATUSES.get(row["outcome"], (0, "Unknown"))
    severity_id, severity = _SEVERITIES.get(str(row["details"].get("severity")).lower(), (0, "Unknown"))
    category = _IAM if class_uid else 0
    event: Event = {
        "activity_id": activity_id,
        "activity_name": activity_name,
        "category_uid": category,
        "category_name": "Identity & Access Management" if category else "Uncategorized",
        "class_uid": class_uid,
        "class_name": CLASS_NAMES[class_uid],
        "type_uid": class_uid * 100 + activity_id,
        "type_name": f"{CLASS_NAMES[class_uid]}: {activity_name if activity_id != OTHER else 'Other'}",
        "time": _to_milliseconds(row["time"]),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": row["activity"],
        "metadata": _build_metadata(row),
        **own,
    }
    if row.get("reason"):
        event["status_detail"] = row["reason"]
    if actor := _build_actor(row):
        event["actor"] = {"user": actor}
    if row.get("address"):
        event["src_endpoint"] = _build_endpoint(row["address"])
    event["unmapped"] = _keep_rest(row)
    return event


def _classify(row: Row) -> tuple[int, Activity | None, Event]:
    """Return class, activity (None: the schema has none for it), and the attributes of the class."""
    operation, target, others = row["operation"], row["object"], _list_others(row)
    if operation in _SIGN_IN_ACTIVITIES:
        user = _build_actor(row) or {"name": UNKNOWN_NAME, "type_id": 0}
        return AUTHENTICATION, _SIGN_IN_ACTIVITIES[operation], {"user": user, "service": _build_service(row)}
    if operation in _PRIVILEGE_ACTIVITIES and (found := _classify_relation(operation, target, others)):
        return found
    described = _describe(target)
    if target.get("kind") == _USER and described and operation in ("add", "change", "remove"):
        named = _ENTRA_ACCOUNT_ACTIVITIES.get(row["activity"]) if row["service"] == ENTRA else None
        activity = named or _ACCOUNT_ACTIVITIES.get(operation)
        return ACCOUNT_CHANGE, activity, {"user": {**described, "type_id": 0}}
    if described:
        kind = {"type": target["kind"]} if target.get("kind") else {}
        return ENTITY, _ENTITY_ACTIVITIES.get(operation), {"entity": {**described, **kind}}
    return BASE, None, {}


def _classify_relation(
    operation: str, target: Row, others: t.Sequence[Row]
) -> tuple[int, Activity | None, Event] | None:
    """Return the class of what was given or taken away, None where it is no grant and no membership of one person.

    *target*: what it was given to, as both logs put it.
    """
    kind, described = target.get("kind"), _describe(target)
    users = [other for other in others if other.get("kind") == _USER and _describe(other)]
    roles = [_get_name(other) for other in others if other.get("kind") in _ROLES and _describe(other)]
    if not described:
        return None
    if kind in _GROUPS and len(users) == 1 and not roles:
        user = {**_describe(users[0]), "type_id": 0}
        return GROUP, _MEMBER_ACTIVITIES[operation], {"group": described, "user": user}
    if kind in _GROUPS and roles and not users:
        return GROUP, _PRIVILEGE_ACTIVITIES[operation], {"group": described, "privileges": roles}
    if kind == _USER and roles:
        own = {"user": {**described, "type_id": 0}, "privileges": roles}
        return USER_ACCESS, _PRIVILEGE_ACTIVITIES[operation], own
    if kind in _ROLES and len(users) == 1:
        own = {"user": {**_describe(users[0]), "type_id": 0}, "privileges": [_get_name(target)]}
        return USER_ACCESS, _PRIVILEGE_ACTIVITIES[operation], own
    return None


def _list_others(row: Row) -> list[Row]:
    listed = row.get("others")
    return [other for other in listed if isinstance(other, t.Mapping)] if isinstance(listed, list) else []


def _describe(target: Row) -> dict[str, str]:
    """Return name and id of an object as the schema names them; empty where the log tells neither."""
    named = {"name": target.get("name"), "uid": target.get("id")}
    return {key: str(value) for key, value in named.items() if value}


def _get_name(target: Row) -> str:
    return str(target.get("name") or target.get("id"))


def _build_actor(row: Row) -> Event:
    """Return who did it, empty where the log tells nobody. ``uid_alt``: the id in Entra ID of a person who acted on a CommCell."""
    actor = row["actor"]
    uid = actor.get("entra_id") or actor.get("app_id") if row["service"] == ENTRA else actor.get("commvault_id")
    other = row.get("entra_id") if row["service"] != ENTRA else actor.get("app_id")
    user = {"name": actor.get("name"), "uid": uid, "uid_alt": other if other != uid else None}
    told = {key: value for key, value in user.items() if value}
    if not ("name" in told or "uid" in told):
        return {}
    return {**told, **_USER_TYPES.get(actor.get("kind") or "", {"type_id": 0})}


def _build_service(row: Row) -> Event:
    """Return what somebody signed in to: an application of the tenant, or a CommCell."""
    if row["service"] != ENTRA:
        return {"name": "Commvault", "uid": get_commcell(row) or UNKNOWN_NAME}
    return _describe(row["object"]) or {"name": "Microsoft Entra ID"}


def _build_endpoint(address: str) -> dict[str, str]:
    try:
        return {"ip": str(ipaddress.ip_address(address))}
    except ValueError:
        return {"name": address}


def _build_metadata(row: Row) -> Event:
    """Return where the entry is from. ``uid`` is the same in each run, and no other entry has it."""
    is_entra = row["service"] == ENTRA
    metadata: Event = {
        "version": VERSION,
        "product": {
            "vendor_name": "Microsoft" if is_entra else "Commvault",
            "name": "Entra ID" if is_entra else "Commvault",
            "version": UNKNOWN_NAME,
        },
        "log_name": row["log"],
        "log_provider": "cvops.identity",
        "event_code": row["activity"],
        "original_time": row["time"],
        "uid": f"{urllib.parse.quote(get_commcell(row) or ENTRA, safe='')}/{row['log']}/{row['record_id']}",
    }
    if row.get("correlation_id"):
        metadata["correlation_uid"] = row["correlation_id"]
    return metadata


def _keep_rest(row: Row) -> Event:
    """Return what the schema has no place for."""
    names = ("operation", "others", "before", "after", "details", "person")
    rest = {name: row[name] for name in names if row.get(name)}
    return {**rest, "object": dict(row["object"]), "commcell": row.get("commcell")}


def _to_milliseconds(moment: str) -> int:
    """Return a moment in milliseconds since 1970."""
    return (parse_time(moment) - _EPOCH) // datetime.timedelta(milliseconds=1)
