# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Owners of applications and service principals."""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError
from .._core.retry import Repeat
from .client import GraphClient, quote_segment
from .errors import is_already_done

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
    for owner in step["add"]:
        _add(graph, path, subject, owner)
    remove = list(step["remove"])
    if step.get("only_these"):
        remove += sorted(set(list_owners(graph, path, subject)) - set(step["add"]))
    for owner in remove:
        _remove(graph, path, subject, owner)


def _add(graph: GraphClient, path: str, subject: str, owner: str) -> None:
    try:
        # Adding an owner who is there already is refused with a known text, so the request may be repeated.
        graph.write(
            "POST",
            f"{path}/owners/$ref",
            {"@odata.id": graph.reference(owner)},
            intent=f"add owner {owner} to {subject}",
            needs=_WRITE,
            repeat=Repeat.ALWAYS,
        )
    except ApiError as exc:
        if not is_already_done(exc, "already exist"):
            raise


def _remove(graph: GraphClient, path: str, subject: str, owner: str) -> None:
    try:
        graph.write(
            "DELETE",
            f"{path}/owners/{quote_segment(owner)}/$ref",
            intent=f"remove owner {owner} from {subject}",
            needs=_WRITE,
            missing_ok=True,
        )
    except ApiError as exc:
        if not is_already_done(exc, "removed object references do not exist"):
            raise
