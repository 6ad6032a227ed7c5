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


class KnownObjects:
    """Directory objects as Graph has told them, by object id in lower case.

    ``names``: user principal names of users, display names of others; ``types``: such as "user" and "group". What is not told is missing.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.types: dict[str, str] = {}

    def learn(self, listed: t.Iterable[t.Mapping[str, t.Any]]) -> None:
        """Take up what Graph has told of objects."""
        for item in listed:
            object_id = str(item["id"]).lower()
            if name := item.get("userPrincipalName") or item.get("displayName"):
                self.names[object_id] = str(name)
            if kind := _find_type(item):
                self.types[object_id] = kind

    def describe(self, object_id: str) -> dict[str, str | None]:
        """Return ``object_id``, ``name`` and ``type`` of an object; None for what Graph has not told."""
        return {"object_id": object_id, "name": self.names.get(object_id), "type": self.types.get(object_id)}


def _find_type(item: t.Mapping[str, t.Any]) -> str:
    """Return the type of an object, empty where it is not told; a list of users does not name it, and they alone have a user principal name."""
    told = str(item.get("@odata.type") or "").rpartition(".")[2]
    return told or ("user" if item.get("userPrincipalName") else "")
