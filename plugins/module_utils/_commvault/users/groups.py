# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The user groups of a user: those that it is in, those of the options, and those that an identity provider looks after."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, NotFound, Problems
from ..directory import Directory
from ..lookalikes import warn_of_lookalikes
from ..references import parse_reference
from .canonical import User, parse_group_ids

GroupIds = t.Mapping[str, int]


class UserGroupNames:
    """Finds the groups of one user by name. Groups are listed at the first question."""

    def __init__(self, ctx: Context, directory: Directory) -> None:
        self._ctx, self._directory = ctx, directory

    def list_ids(self, user: User) -> dict[str, int]:
        """Return the ids of the user groups that a user is in, by name; without those of a directory."""
        return parse_group_ids(user, self._find_name)

    def resolve(self, user_name: str, names: t.Sequence[t.Any], current: GroupIds) -> dict[str, int]:
        """Return the ids of the groups that the options name, by name; *current*: those that the user is in.

        Raises Problems for names that are not found, and for groups to join that are linked to an Entra group.
        """
        found: dict[str, int] = {}
        problems = []
        known = {number: label for label, number in current.items()}
        catalogue = self._directory.read_catalogue("user_groups")
        for index, name in enumerate(names):
            where = f"user_groups[{index}]"
            try:
                entry = catalogue.find_reference(parse_reference(name))
            except (AmbiguousMatch, NotFound) as exc:
                problems.append({"kind": exc.kind, "where": where, "message": str(exc)})
                continue
            except ValueError as exc:
                problems.append({"kind": "config", "where": where, "message": str(exc)})
                continue
            linked = None if entry.id in known else self._directory.read_linked_object_id(entry.id)
            if linked is not None:
                message = (
                    f"{entry.label} is linked to the Entra group {linked}, so the identity provider adds and removes "
                    "its members at each sign-in. Add the user to that group in Entra ID"
                )
                problems.append({"kind": "config", "where": where, "message": message})
            # The spelling of a group that the user is in, so that the two sides compare; groups of companies may be namesakes.
            label = known.get(entry.id, entry.name)
            if current.get(label, entry.id) != entry.id or found.get(label, entry.id) != entry.id:
                label = f"{label} (id {entry.id})"
            found[label] = entry.id
        if problems:
            raise Problems(f"User {user_name} cannot be planned:", problems)
        shown = (catalogue.get_by_id(number) for number in found.values())
        warn_of_lookalikes(self._ctx, catalogue, *(entry.name for entry in shown if entry is not None))
        return found

    def find_kept(self, surplus: GroupIds) -> list[str]:
        """Return the names of those of the groups in which an identity provider keeps the user, because an Entra group feeds them."""
        return sorted(
            label for label, number in surplus.items() if self._directory.read_linked_object_id(number) is not None
        )

    def _find_name(self, number: int) -> str | None:
        found = self._directory.read_catalogue("user_groups").get_by_id(number)
        return found.name if found else None
