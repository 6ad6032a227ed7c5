# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""How many groups each user is in, which decides whether a token carries any of them. Counts alone are kept, never the groups."""

from __future__ import annotations

import typing as t

from ..batches import Answer
from ..claims.group_claim import GroupClaim, find_kind, parse_group_claim
from ..claims.memberships import KIND_SELECT, USER_NEEDS, build_directory_group, build_membership_request, has_type
from .document import Row
from .reading import Reading, describe_needs
from .selection import FLAG, TEXTS, Table, select_row

#: The source of the counts, and the key of a user's row with them.
SOURCE, KEY = "group_counts", "groupCounts"
#: The kinds of groups that are counted; directory roles are in a document of their own.
COUNTED = ("security", "microsoft365", "distribution")
#: More groups than anybody is in: what a document says beyond is no count.
MOST_GROUPS = 1_000_000
_MEMBERSHIP: Table = {"securityEnabled": FLAG, "groupTypes": TEXTS}
_NOT_NEEDED = "not read: the tokens of all applications contain only the assigned groups"


def add_group_counts(reading: Reading, users: t.Sequence[Row], applications: t.Iterable[Row]) -> None:
    """Add the counts to the rows of *users*: None for those who cannot sign in, and where they could not be read.

    One request counts for twenty users. None is made where no token of *applications*, the registrations that were read, depends on the counts.
    """
    for row in users:
        row[KEY] = None
    # Of registrations that could not be read nobody knows what their tokens carry.
    if reading.is_complete("applications") and not needs_counts(map(parse_group_claim, applications)):
        reading.note(SOURCE, 0, why=_NOT_NEEDED)
        return
    able = [row for row in users if row["accountEnabled"] is not False]
    requests = [build_membership_request(row["id"], KIND_SELECT) for row in able]
    intent = f"count the groups of {len(able)} users"
    unseen = 0
    for row, counts in zip(able, reading.take_each(SOURCE, requests, intent, USER_NEEDS, _count), strict=True):
        row[KEY] = counts or None
        unseen += counts is None
    if unseen:
        why = f"the kind of the groups of {unseen} users is not visible: {describe_needs(USER_NEEDS)}"
        reading.note(SOURCE, 0, False, why)
    reading.note(SOURCE, sum(row[KEY] is not None for row in able))


def needs_counts(claims: t.Iterable[GroupClaim]) -> bool:
    """Return whether the groups in tokens depend on all groups of a person; so they are taken to do where no application has a group claim."""
    known = [claim for claim in claims if claim.scopes]
    return not known or not all(claim.assigned_only for claim in known)


def read_group_counts(user: t.Mapping[str, t.Any]) -> dict[str, int] | None:
    """Return the counts of a user's row; None where it has none, or something else than counts."""
    told = user.get(KEY)
    if not isinstance(told, dict):
        return None
    counts = {kind: told.get(kind) for kind in COUNTED}
    is_sound = all(
        isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MOST_GROUPS
        for count in counts.values()
    )
    return t.cast("dict[str, int]", counts) if is_sound else None


def _count(answer: Answer) -> dict[str, int] | None:
    """Return how many groups of each kind are in a list; None where the kind of one is not shown."""
    counts = dict.fromkeys(COUNTED, 0)
    for item in answer if isinstance(answer, list) else ():
        if "@odata.type" in item and not has_type(item, "group"):
            continue
        row = select_row(_MEMBERSHIP, item, "group of a user")
        if row["securityEnabled"] is None or "@odata.type" not in item:
            return None
        counts[find_kind(build_directory_group({"id": item.get("id"), **row}, {}))] += 1
    return counts
