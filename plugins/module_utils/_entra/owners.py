# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Owners of applications and service principals: listing, planning and changing them."""

from __future__ import annotations

import typing as t

from .._core.plan import Change, Plan, Step
from .._core.risks import check_removals
from .._core.set_changes import find_set_changes
from .client import GraphClient
from .references import add_reference, list_relation, remove_reference
from .relations import describe_relation_changes, list_ids

_READ = ("Application.ReadWrite.OwnedBy", "Application.Read.All")
_WRITE = ("Application.ReadWrite.OwnedBy with Directory.Read.All", "Application.ReadWrite.All")


def list_owners(graph: GraphClient, path: str, subject: str) -> list[str]:
    """Return the object ids of the owners of the object at *path*, in lower case and sorted."""
    return list_ids(list_relation(graph, f"{path}/owners", intent=f"list owners of {subject}", needs=_READ))


def plan_owners(
    desired: t.Sequence[str],
    current: t.Sequence[str],
    *,
    exclusive: bool,
    is_new: bool,
    principal: str,
    names: t.Mapping[str, str] | None = None,
) -> tuple[list[Step], list[str]]:
    """Return the step that changes the owners, none when they are as desired, and the owners after it. Pure.

    *principal*: the name of the object that they own; *names*: of directory objects by object id.
    *is_new*: the object is created by the same plan. Entra ID makes the creator an owner, whom the plan cannot know; where
    owners are exclusive, ``only_these`` in the step's data removes him.
    """
    change = find_set_changes(desired, current, exclusive)
    only_these = is_new and exclusive
    if not (change.add or change.remove or only_these):
        return [], change.after
    subject = f"owners: {len(change.add)} added, {len(change.remove)} removed"
    data = {"add": change.add, "remove": change.remove, "only_these": only_these}
    told = [
        *describe_relation_changes("add", "owners", principal, change.add, names or {}),
        *describe_relation_changes("remove", "owners", principal, change.remove, names or {}),
    ]
    if only_these:
        told.append(
            Change("-", "owner", principal, "remove the signed-in identity as owner, which it became by creating it")
        )
    return [Step("owners", subject, data, tuple(told))], change.after


def check_owner_removals(planned: Plan, limit: int) -> None:
    """Raise GuardRefused for a plan that removes more than *limit* owners; that of a new object is not counted."""
    removed = [owner for step in planned.steps if step.action == "owners" for owner in step.data["remove"]]
    check_removals(removed, limit, "owners", "the list")


def find_unshown_owners(graph: GraphClient, path: str, subject: str, steps: t.Iterable[Step]) -> list[str]:
    """Return ``["owners"]`` where the object at *path* does not list its owners as *steps* change them, else nothing."""
    changes = [step.data for step in steps if step.action == "owners"]
    if not changes:
        return []
    listed = set(list_owners(graph, path, subject))
    is_shown = all(
        listed.issuperset(data["add"])
        and listed.isdisjoint(data["remove"])
        and not (data["only_these"] and listed.difference(data["add"]))
        for data in changes
    )
    return [] if is_shown else ["owners"]


def change_owners(graph: GraphClient, path: str, subject: str, step: t.Mapping[str, t.Any]) -> None:
    """Add and remove owners as the data of a step says; *subject* names the object in messages.

    ``add`` and ``remove``: object ids. ``only_these``: remove all other owners too. Adding comes first: an object is never without an owner in between.
    """
    owners_path = f"{path}/owners"
    for owner in step["add"]:
        add_reference(graph, owners_path, owner, intent=f"add owner {owner} to {subject}", needs=_WRITE)
    remove = list(step["remove"])
    if step.get("only_these"):
        remove += sorted(set(list_owners(graph, path, subject)) - set(step["add"]))
    for owner in remove:
        remove_reference(graph, owners_path, owner, intent=f"remove owner {owner} from {subject}", needs=_WRITE)
