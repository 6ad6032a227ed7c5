# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The permission catalogue: names to ids, categories to the permissions in them."""

from __future__ import annotations

import collections
import typing as t

from .._core.errors import AmbiguousMatch, ConfigError, NotFound
from .._core.values import objects_in
from .catalogue import Catalogue, Entry
from .listings import as_id

Node = t.Mapping[str, t.Any]


class Chosen(t.NamedTuple):
    """What a role shall hold: all permission ids, and the categories that were asked for as such."""

    permission_ids: frozenset[int]
    category_ids: frozenset[int]


class Permissions:
    """Pure, made from the catalogue's answer. Permissions of a category include those of its sub-categories."""

    def __init__(self, permissions: Catalogue, nodes: t.Sequence[Node]) -> None:
        self._permissions = permissions
        self._names = {entry.id: entry.name for entry in permissions}
        twins = {name for name, times in collections.Counter(self._names.values()).items() if times > 1}
        self._labels = {number: f"{name} ({number})" if name in twins else name for number, name in self._names.items()}
        self._content = {}
        entries = []
        for node in nodes:
            category = node.get("category") or {}
            number = as_id(category.get("id"))
            if number is not None:
                self._content[number] = frozenset(_ids(node))
                entries.append(Entry(number, str(category.get("name") or number)))
        self._categories = Catalogue("permission category", entries, own_level=None)

    def choose(
        self, permissions: t.Sequence[str] | None, categories: t.Sequence[str] | None
    ) -> tuple[Chosen | None, list[dict[str, str]]]:
        """What the options ask for (None when neither is given), and a problem for each name that is not known or not clear."""
        if permissions is None and categories is None:
            return None, []
        problems: list[dict[str, str]] = []
        singles = self._found("permissions", self._permissions, permissions or [], problems)
        wholes = self._found("categories", self._categories, categories or [], problems)
        return Chosen(frozenset(singles) | self.expanded(wholes), frozenset(wholes)), problems

    def _found(
        self, option: str, catalogue: Catalogue, names: t.Sequence[str], problems: list[dict[str, str]]
    ) -> list[int]:
        found = []
        for index, name in enumerate(names):
            try:
                found.append(catalogue.find(name).id)
            except (AmbiguousMatch, NotFound) as exc:
                problems.append({"kind": exc.kind, "where": f"{option}[{index}]", "message": str(exc)})
        return found

    def expanded(self, category_ids: t.Iterable[int]) -> frozenset[int]:
        """All permissions of these categories."""
        return frozenset().union(*(self._content.get(number, frozenset()) for number in category_ids))

    def knows(self, category_ids: t.Iterable[int]) -> bool:
        """Whether the catalogue tells what is in these categories."""
        return all(number in self._content for number in category_ids)

    def held(self, wire: t.Any) -> Chosen:
        """What a role holds, from its ``permissions`` in either form. Raises BadAnswer for what is no list of objects."""
        singles, wholes = set(), set()
        for row in objects_in({"permissions": wire}, "permissions"):
            permission = as_id((row.get("permission") or {}).get("id"))
            category = as_id((row.get("category") or {}).get("id"))
            if permission and row.get("type") != "CATEGORY_ENTITY":
                singles.add(permission)
                self._names.setdefault(permission, str(row["permission"].get("name") or permission))
            elif category:
                wholes.add(category)
        return Chosen(frozenset(singles) | self.expanded(wholes), frozenset(wholes))

    def labels(self, permission_ids: t.Iterable[int]) -> list[str]:
        """Names for people, sorted; the id is added where a name stands for several permissions."""
        return sorted(self._labels.get(number) or self._names.get(number) or str(number) for number in permission_ids)

    def wire(self, chosen: Chosen) -> list[dict[str, t.Any]]:
        """``permissionList`` of a role: whole categories as such, so that they grow with the product, then single permissions."""
        wholes = sorted(number for number in chosen.category_ids if self.expanded([number]) <= chosen.permission_ids)
        singles = sorted(chosen.permission_ids - self.expanded(wholes))
        return [{"category": {"id": number}} for number in wholes] + [
            {"permission": {"id": number}} for number in singles
        ]


def _ids(node: Node) -> t.Iterator[int]:
    for row in objects_in(node, "permissions"):
        number = as_id(row.get("id")) if isinstance(row, dict) else None
        if number is not None:
            yield number
    for child in objects_in(node, "categoryList"):
        if isinstance(child, dict):
            yield from _ids(child)


def check_not_empty(chosen: Chosen) -> None:
    """Commvault has no roles without permissions. Raises ConfigError."""
    if not chosen.permission_ids:
        raise ConfigError(
            "A role needs at least one permission: list some in permissions or categories, or use state absent.",
            source="option permissions",
        )
