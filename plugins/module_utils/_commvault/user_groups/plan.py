# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps that bring a user group into its desired form. Pure."""

from __future__ import annotations

import typing as t

from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Sign, Step, find_changed_fields
from ..._core.set_changes import find_set_changes
from ..catalogue import name_with_company
from .canonical import NEW_USER_GROUP, CanonicalUserGroup, UserIds, build_user_group_update

_WORDS = {"two_factor": "two-factor authentication"}
#: Fields that only an update takes; a new group gets them in a second request.
_AFTER_CREATE = ("enabled", "entra_group_id", "restricted_consoles", "two_factor")


def plan_user_group(
    name: str,
    wanted: CanonicalUserGroup,
    current: CanonicalUserGroup | None,
    members: UserIds | None,
    current_members: UserIds,
    exclusive: bool,
    linked_name: str | None = None,
    company: str | None = None,
) -> Plan:
    """Plan to create the group, to update in one request the fields that differ, and to add and remove members.

    *members* are those of the options with their ids (None: not managed). Without ``exclusive``, members and consoles are only added.
    *linked_name*: the name of the Entra group that it is to be linked to, None where that is not known; *company*: the name of the
    group's company, None at the level of the CommCell.
    """
    have = current or {"name": name, **NEW_USER_GROUP}
    principal = name_with_company(str(have["name"]), company)
    changes = find_changed_fields(_merge_consoles(wanted, have, exclusive), have)
    after: CanonicalUserGroup = {**have, **changes}
    steps: list[Step] = []
    if current is None:
        steps.append(
            Step(
                "create",
                f"user group {name}",
                {"description": after["description"]},
                describe_creation("user group", principal, {"description": after["description"]}),
            )
        )
        changes = {field: value for field, value in changes.items() if field in _AFTER_CREATE}
    if changes:
        subject = f"user group {name}: {', '.join(sorted(changes))}"
        steps.append(
            Step(
                "update",
                subject,
                {"body": build_user_group_update(changes)},
                _describe_update(principal, have, changes, linked_name),
            )
        )
    before = None if current is None else dict(current)
    if members is not None:
        change = find_set_changes(members, current_members, exclusive)
        after["members"] = change.after
        if before is not None:
            before["members"] = sorted(current_members)
        for action, chosen, ids in (("add", change.add, members), ("remove", change.remove, current_members)):
            if chosen:
                subject = f"user group {name}: {action} {', '.join(chosen)}"
                sign: Sign = "+" if action == "add" else "-"
                told = (
                    Change(sign, "member", principal, f"{action} member {label}", ids={"member": ids[label]})
                    for label in chosen
                )
                steps.append(Step(action, subject, {"ids": [ids[label] for label in chosen]}, tuple(told)))
    return Plan(before or {}, after, tuple(steps))


def _describe_update(
    principal: str, have: CanonicalUserGroup, changes: CanonicalUserGroup, linked_name: str | None
) -> tuple[Change, ...]:
    plain = {field: value for field, value in changes.items() if field != "entra_group_id"}
    told = describe_object_changes(principal, {field: have.get(field) for field in plain}, plain, _WORDS)
    if "entra_group_id" not in changes:
        return told
    object_id = changes["entra_group_id"]
    named = linked_name if linked_name != object_id else None
    to = named or f"with the object id {object_id}, whose name is not known"
    sentence = f"link to the Entra group {to}" if object_id else "remove the link to its Entra group"
    return (*told, Change("~", "user group", principal, sentence, {"object_id": object_id}))


def _merge_consoles(wanted: CanonicalUserGroup, have: CanonicalUserGroup, exclusive: bool) -> CanonicalUserGroup:
    """Return *wanted* with the full set of consoles: without ``exclusive``, the present ones stay."""
    if wanted["restricted_consoles"] is None:
        return wanted
    full = find_set_changes(wanted["restricted_consoles"], have["restricted_consoles"], exclusive).after
    return {**wanted, "restricted_consoles": full}


def plan_user_group_removal(
    current: CanonicalUserGroup | None, heir: t.Mapping[str, int], company: str | None = None
) -> Plan:
    """Plan to delete the group; *heir* holds ``user_id`` and ``group_id`` of the new owner (0: not this one)."""
    if current is None:
        return Plan({}, {})
    gone = Change(
        "-",
        "user group",
        name_with_company(str(current["name"]), company),
        "delete the user group",
        ids={f"heir_{name}": number or None for name, number in heir.items()},
    )
    return Plan(current, {}, (Step("delete", f"user group {current['name']}", dict(heir), (gone,)),))
