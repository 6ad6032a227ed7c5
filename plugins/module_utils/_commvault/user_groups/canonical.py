# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""User groups under the names of the options of commvault_user_group, read from the service and written to it. Pure."""

from __future__ import annotations

import typing as t

from ..._core.values import get_objects, get_values
from ..references import parse_id

CanonicalUserGroup = dict[str, t.Any]
UserIds = t.Mapping[str, int]
#: The built-in groups master and View All, which cannot be deleted.
BUILT_IN_GROUP_IDS = (1, 3)
MASTER_GROUP_ID = 1
_TWO_FACTOR = {"ON": True, "1": True, "OFF": False, "0": False}
NEW_USER_GROUP: CanonicalUserGroup = {
    "description": "",
    "enabled": True,
    "entra_group_id": "",
    "restricted_consoles": [],
    "two_factor": False,
}


def canonical_user_group(wire: t.Mapping[str, t.Any]) -> CanonicalUserGroup:
    """Return a group in canonical form, without members (see parse_member_ids). ``two_factor`` is None where the company forbids it.

    Raises BadAnswer for consoles that are no list.
    """
    consoles = get_values(wire, "restrictedConsoleTypes")
    named = [row.get("consoleType") if isinstance(row, dict) else row for row in consoles]
    return {
        "name": str(wire.get("name") or ""),
        "description": str(wire.get("description") or ""),
        "enabled": bool(wire.get("enabled", True)),
        "entra_group_id": str(wire.get("azureGUID") or "").lower(),
        "restricted_consoles": sorted(str(name).upper() for name in named if name),
        "two_factor": _TWO_FACTOR.get(str(wire.get("enableTwoFactorAuthentication", "OFF")).upper()),
    }


def parse_member_ids(wire: t.Mapping[str, t.Any]) -> dict[str, int]:
    """Return ids of the members by name; the id is added to a name that several members have."""
    rows = get_objects(wire, "users")
    pairs = [
        (
            row.get("name") or row.get("userName"),
            parse_id(row.get("id") if row.get("id") is not None else row.get("userId")),
        )
        for row in rows
    ]
    found: dict[str, int] = {}
    for name, number in pairs:
        if number is not None:
            label = str(name or number)
            found[label if found.get(label, number) == number else f"{label} (id {number})"] = number
    return found


def build_user_group_update(changes: t.Mapping[str, t.Any]) -> CanonicalUserGroup:
    """Return the body of an update; its names differ from those of create and of read."""
    body: CanonicalUserGroup = {}
    for name, value in changes.items():
        if name == "description":
            body["newDescription"] = value
        elif name == "entra_group_id":
            body["azureGUID"] = value
        elif name == "restricted_consoles":
            body.update(restrictConsoleTypes={"consoleType": value}, consoleTypeOperationType="OVERWRITE")
        elif name == "two_factor":
            body["enableTwoFactorAuthentication"] = "ON" if value else "OFF"
        else:
            body[name] = value
    return body
