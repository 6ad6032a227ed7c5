# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Owners of applications and service principals."""

from __future__ import annotations

import typing as t

from .client import GraphClient
from .references import add_reference, remove_reference

_READ = ("Application.ReadWrite.OwnedBy", "Application.Read.All")
_WRITE = ("Application.ReadWrite.OwnedBy with Directory.Read.All", "Application.ReadWrite.All")


def list_owners(graph: GraphClient, path: str, subject: str) -> list[str]:
    """Object ids of the owners of the object at *path*, sorted."""
    listed = graph.list(
        f"{path}/owners", intent=f"list owners of {subject}", needs=_READ, params={"$select": "id", "$top": "999"}
    )
    return sorted(str(item["id"]).lower() for item in listed)


def change_owners(graph: GraphClient, path: str, subject: str, step: t.Mapping[str, t.Any]) -> None:
    """Carry out a step's ``add`` and ``remove``; with ``only_these`` all others go too, which only a new object needs.

    Adding comes first: an object is never without an owner in between.
    """
    owners_path = f"{path}/owners"
    for owner in step["add"]:
        add_reference(graph, owners_path, owner, intent=f"add owner {owner} to {subject}", needs=_WRITE)
    remove = list(step["remove"])
    if step.get("only_these"):
        remove += sorted(set(list_owners(graph, path, subject)) - set(step["add"]))
    for owner in remove:
        remove_reference(graph, owners_path, owner, intent=f"remove owner {owner} from {subject}", needs=_WRITE)
