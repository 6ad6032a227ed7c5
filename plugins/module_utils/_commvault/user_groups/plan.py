# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a user group shall be, and the steps that make it so. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError
from ..._core.plan import Plan, Step, find_changed_fields
from ..._core.set_changes import find_set_changes
from ..._core.values import get_objects, is_guid
from ..listings import parse_id

CanonicalUserGroup = dict[str, t.Any]
UserIds = t.Mapping[str, int]
#: Groups that every CommCell has and that cannot be deleted: master and View All.
BUILT_IN_GROUP_IDS = (1, 3)
MASTER_GROUP_ID = 1
_TWO_FACTOR = {"ON": True, "1": True, "OFF": False, "0": False}
#: Fields that only an update takes; a new group gets them in a second request.
_AFTER_CREATE = ("enabled", "entra_group_id", "restricted_consoles", "two_factor")
NEW_USER_GROUP: CanonicalUserGroup = {
    "description": "",
    "enabled": True,
    "entra_group_id": "",
    "restricted_consoles": [],
    "two_factor": False,
}


def canonical_user_group(wire: t.Mapping[str, t.Any]) -> CanonicalUserGroup:
    """A group under the names of our options. ``two_factor`` is None where the company forbids it; members are read by member_ids."""
    consoles = wire.get("restrictedConsoleTypes")
    named = [row.get("consoleType") if isinstance(row, dict) else row for row in consoles or []]
    return {
        "name": str(wire.get("name") or ""),
        "description": str(wire.get("description") or ""),
        "enabled": bool(wire.get("enabled", True)),
        "entra_group_id": str(wire.get("azureGUID") or "").lower(),
        "restricted_consoles": sorted(str(name).upper() for name in named if name),
        "two_factor": _TWO_FACTOR.get(str(wire.get("enableTwoFactorAuthentication", "OFF")).upper()),
    }


def parse_member_ids(wire: t.Mapping[str, t.Any]) -> dict[str, int]:
    """Names and ids of the members."""
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


def desired_user_group(options: t.Mapping[str, t.Any]) -> CanonicalUserGroup:
    """The managed fields; None is not managed. Raises ConfigError for an entra_group_id that is no GUID."""
    wanted = {name: options.get(name) for name in NEW_USER_GROUP}
    guid = wanted["entra_group_id"]
    if guid and not is_guid(guid):
        raise ConfigError(
            f"entra_group_id: {guid} is not an object id of Entra ID (8-4-4-4-12 hexadecimal digits)",
            source="option entra_group_id",
        )
    if guid is not None:
        wanted["entra_group_id"] = guid.lower()
    if wanted["restricted_consoles"] is not None:
        wanted["restricted_consoles"] = sorted({name.upper() for name in wanted["restricted_consoles"]})
    return wanted


def check_members_are_not_linked(
    wanted: CanonicalUserGroup, current: CanonicalUserGroup | None, members: object | None
) -> None:
    """Members of a linked group follow the identity provider at each sign-in. Raises ConfigError when they are managed here."""
    linked = (
        wanted["entra_group_id"]
        if wanted["entra_group_id"] is not None
        else (current or NEW_USER_GROUP)["entra_group_id"]
    )
    if members is not None and linked:
        raise ConfigError(
            f"members: this group is linked to the Entra group {linked}, whose members the identity provider adds and"
            " removes at each sign-in. Manage them in Entra ID, or take the link away with an empty entra_group_id.",
            source="option members",
        )


def plan_user_group(
    name: str,
    wanted: CanonicalUserGroup,
    current: CanonicalUserGroup | None,
    members: UserIds | None,
    current_members: UserIds,
    exclusive: bool,
) -> Plan:
    """Create with what a create takes, update what differs in one request, then add and remove members."""
    have = current or {"name": name, **NEW_USER_GROUP}
    changes = find_changed_fields(_merge_consoles(wanted, have, exclusive), have)
    after: CanonicalUserGroup = {**have, **changes}
    steps: list[Step] = []
    if current is None:
        steps.append(Step("create", f"user group {name}", {"description": after["description"]}))
        changes = {field: value for field, value in changes.items() if field in _AFTER_CREATE}
    if changes:
        subject = f"user group {name}: {', '.join(sorted(changes))}"
        steps.append(Step("update", subject, {"body": build_user_group_update(changes)}))
    before = None if current is None else dict(current)
    if members is not None:
        change = find_set_changes(members, current_members, exclusive)
        after["members"] = change.after
        if before is not None:
            before["members"] = sorted(current_members)
        for action, chosen, ids in (("add", change.add, members), ("remove", change.remove, current_members)):
            if chosen:
                subject = f"user group {name}: {action} {', '.join(chosen)}"
                steps.append(Step(action, subject, {"ids": [ids[label] for label in chosen]}))
    return Plan(before or {}, after, tuple(steps))


def _merge_consoles(wanted: CanonicalUserGroup, have: CanonicalUserGroup, exclusive: bool) -> CanonicalUserGroup:
    """*wanted* with the full set of consoles: without ``exclusive`` those there now stay."""
    if wanted["restricted_consoles"] is None:
        return wanted
    full = find_set_changes(wanted["restricted_consoles"], have["restricted_consoles"], exclusive).after
    return {**wanted, "restricted_consoles": full}


def plan_user_group_removal(current: CanonicalUserGroup | None, heir: t.Mapping[str, int]) -> Plan:
    """Delete what is there; *heir* holds ``user_id`` and ``group_id`` of the new owner (0: not this one)."""
    if current is None:
        return Plan({}, {})
    return Plan(current, {}, (Step("delete", f"user group {current['name']}", dict(heir)),))


def build_user_group_update(changes: t.Mapping[str, t.Any]) -> CanonicalUserGroup:
    """The body of an update; its names differ from those of create and of read."""
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
