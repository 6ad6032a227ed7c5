# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Members and owners in the words of a plan."""

from __future__ import annotations

import typing as t

from .._core.plan import Change

#: The fields that name a directory object.
NAMING_FIELDS = "id,displayName,userPrincipalName"


def describe_relation_changes(
    action: str,
    relation: str,
    principal: str,
    object_ids: t.Iterable[str],
    names: t.Mapping[str, str],
    unique_name: str = "",
) -> tuple[Change, ...]:
    """Return one change per directory object that *principal* gets, or loses with the action "remove", as one of its *relation*.

    *action*: "add" or "remove"; *relation*: ``members`` or ``owners``; *names*: of objects by object id; *unique_name*: that of the
    *principal*, which tells groups of one name apart before they are created.
    """
    kind = relation.removesuffix("s")
    sign: t.Literal["+", "-"] = "-" if action == "remove" else "+"
    return tuple(
        Change(
            sign,
            kind,
            principal,
            f"{action} {kind} {names.get(object_id) or f'with the object id {object_id}, whose name is not known'}",
            {"object_id": object_id, **({"unique_name": unique_name} if unique_name else {})},
        )
        for object_id in object_ids
    )


def list_ids(listed: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Return the object ids of *listed* in lower case and sorted."""
    return sorted(str(item["id"]).lower() for item in listed)


def collect_object_names(listed: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, str]:
    """Return the user principal names of users, and the display names of other directory objects, by object id; without those that Graph does not tell."""
    named = ((item, item.get("userPrincipalName") or item.get("displayName")) for item in listed)
    return {str(item["id"]).lower(): str(name) for item, name in named if name}
