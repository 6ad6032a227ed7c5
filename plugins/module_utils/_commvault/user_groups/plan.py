# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps that bring a user group into its desired form. Pure."""

from __future__ import annotations

import typing as t

from ..._core.plan import Plan, Step, find_changed_fields
from ..._core.set_changes import find_set_changes
from .canonical import NEW_USER_GROUP, CanonicalUserGroup, UserIds, build_user_group_update

#: Fields that only an update takes; a new group gets them in a second request.
_AFTER_CREATE = ("enabled", "entra_group_id", "restricted_consoles", "two_factor")


def plan_user_group(
    name: str,
    wanted: CanonicalUserGroup,
    current: CanonicalUserGroup | None,
    members: UserIds | None,
    current_members: UserIds,
    exclusive: bool,
) -> Plan:
    """Plan to create the group, to update in one request the fields that differ, and to add and remove members.

    *members* are those of the options with their ids (None: not managed). Without ``exclusive``, members and consoles are only added.
    """
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
    """Return *wanted* with the full set of consoles: without ``exclusive``, the present ones stay."""
    if wanted["restricted_consoles"] is None:
        return wanted
    full = find_set_changes(wanted["restricted_consoles"], have["restricted_consoles"], exclusive).after
    return {**wanted, "restricted_consoles": full}


def plan_user_group_removal(current: CanonicalUserGroup | None, heir: t.Mapping[str, int]) -> Plan:
    """Plan to delete the group; *heir* holds ``user_id`` and ``group_id`` of the new owner (0: not this one)."""
    if current is None:
        return Plan({}, {})
    return Plan(current, {}, (Step("delete", f"user group {current['name']}", dict(heir)),))
