# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In how many groups of a tenant users are, as a snapshot tells it, and groups that bring it about in a copy.

A snapshot names the groups that bear on Commvault. In a copy each user is in as many more as the snapshot counts: they
form a chain, each within the one before, so that a member of the last is in all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from cvops_simulator.snapshots.notes import Notes

Row = Mapping[str, Any]

KEY = "groupCounts"
#: So many groups of one kind are made at most: nobody is in more.
_MOST = 10_000
#: Properties of the groups that are made, by kind.
_PROPERTIES: dict[str, dict[str, Any]] = {
    "security": {"securityEnabled": True, "mailEnabled": False, "groupTypes": []},
    "microsoft365": {"securityEnabled": False, "mailEnabled": True, "groupTypes": ["Unified"]},
    "distribution": {"securityEnabled": False, "mailEnabled": True, "groupTypes": []},
}
KINDS = tuple(_PROPERTIES)


def count_groups(groups: Iterable[Row], users: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return in how many of *groups* (with `members`) each of *users* is, by kind, through nesting as well."""
    kinds: dict[str, str] = {}
    parents: dict[str, list[str]] = {}
    for group in groups:
        kinds[group["id"]] = _find_kind(group)
        for member in group["members"]:
            parents.setdefault(member, []).append(group["id"])
    found = {}
    for user in users:
        seen, waiting = set[str](), [user]
        while waiting:
            for parent in parents.get(waiting.pop(), ()):
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        counts = dict.fromkeys(KINDS, 0)
        for group_id in seen:
            counts[kinds[group_id]] += 1
        found[user] = counts
    return found


def make_further_groups(groups: Iterable[Row], users: Iterable[Row], notes: Notes) -> list[dict[str, Any]]:
    """Return the groups that *users* are in by the counts of their rows, beside *groups*, which are there already."""
    wanted = {row["id"]: row[KEY] for row in users if row.get(KEY)}
    own = count_groups(groups, wanted)
    made: list[dict[str, Any]] = []
    for kind in KINDS:
        lacking = {user: counts[kind] - own[user][kind] for user, counts in wanted.items()}
        if few := sorted(user for user, number in lacking.items() if number < 0):
            notes.tell(f"users who are in more {kind} groups of the snapshot than it counts", *few)
        if many := sorted(user for user, number in lacking.items() if number > _MOST):
            notes.tell(
                f"users for whom {_MOST} further {kind} groups are made, and not as many as the snapshot counts", *many
            )
        made += _make_chain(kind, {user: min(number, _MOST) for user, number in lacking.items() if number > 0})
    if made:
        notes.tell(
            "groups of users that the snapshot counts and does not name have made-up names",
            *(row["displayName"] for row in made),
        )
    return made


def _make_chain(kind: str, lacking: Mapping[str, int]) -> list[dict[str, Any]]:
    members: dict[int, list[str]] = {}
    for user, number in sorted(lacking.items()):
        members.setdefault(number, []).append(user)
    length = max(members, default=0)
    ids = [str(uuid.uuid5(uuid.NAMESPACE_OID, f"cvops further group {kind} {number}")) for number in range(length + 1)]
    return [
        {
            "id": ids[number],
            "displayName": f"Not in the snapshot: {kind} group {number}",
            "description": "",
            "mailNickname": ids[number].split("-")[0],
            **_PROPERTIES[kind],
            "members": [*members.get(number, ()), *ids[number + 1 : number + 2]],
            "owners": [],
        }
        for number in range(1, length + 1)
    ]


def _find_kind(group: Row) -> str:
    if group.get("securityEnabled") is not False:
        return "security"
    return "microsoft365" if "Unified" in (group.get("groupTypes") or ()) else "distribution"
