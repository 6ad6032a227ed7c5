# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Commvault's permission catalogue: permissions by name, categories with the permissions in them, and what a role holds of both."""

from __future__ import annotations

import collections
import typing as t

from .._core.errors import AmbiguousMatch, ConfigError, NotFound
from .._core.values import get_object, get_objects
from .catalogue import Catalogue, Entry
from .references import parse_id

CategoryNode = t.Mapping[str, t.Any]


class PermissionSet(t.NamedTuple):
    """The permissions of a role: all permission ids, those of categories included, and the categories that it holds as such."""

    permission_ids: frozenset[int]
    category_ids: frozenset[int]


class PermissionCatalogue:
    """The permission catalogue of a CommServe. Permissions of a category include those of its sub-categories. No I/O."""

    def __init__(self, permissions: Catalogue, nodes: t.Sequence[CategoryNode]) -> None:
        self._permissions = permissions
        self._names = {entry.id: entry.name for entry in permissions}
        twins = {name for name, times in collections.Counter(self._names.values()).items() if times > 1}
        self._labels = {number: f"{name} ({number})" if name in twins else name for number, name in self._names.items()}
        self._content = {}
        entries = []
        for node in nodes:
            category = node.get("category") or {}
            number = parse_id(category.get("id"))
            if number is not None:
                self._content[number] = frozenset(_iterate_permission_ids(node))
                entries.append(Entry(number, str(category.get("name") or number)))
        self._categories = Catalogue("permission category", entries, own_level=None)

    def select_permissions(
        self, permissions: t.Sequence[str] | None, categories: t.Sequence[str] | None
    ) -> tuple[PermissionSet | None, list[dict[str, str]]]:
        """Return the permissions that the options ask for (None when neither is given), and a problem per unknown or ambiguous name."""
        if permissions is None and categories is None:
            return None, []
        problems: list[dict[str, str]] = []
        singles = self._find_ids("permissions", self._permissions, permissions or [], problems)
        wholes = self._find_ids("categories", self._categories, categories or [], problems)
        return PermissionSet(frozenset(singles) | self.expand_categories(wholes), frozenset(wholes)), problems

    def _find_ids(
        self, option: str, catalogue: Catalogue, names: t.Sequence[str], problems: list[dict[str, str]]
    ) -> list[int]:
        found = []
        for index, name in enumerate(names):
            try:
                found.append(catalogue.find(name).id)
            except (AmbiguousMatch, NotFound) as exc:
                problems.append({"kind": exc.kind, "where": f"{option}[{index}]", "message": str(exc)})
        return found

    def expand_categories(self, category_ids: t.Iterable[int]) -> frozenset[int]:
        """Return the ids of all permissions in these categories."""
        return frozenset().union(*(self._content.get(number, frozenset()) for number in category_ids))

    def has_categories(self, category_ids: t.Iterable[int]) -> bool:
        """Return whether the catalogue holds all these categories."""
        return all(number in self._content for number in category_ids)

    def parse_permission_set(self, wire: t.Any) -> PermissionSet:
        """Parse ``permissions`` of a role, in either form. Raises BadAnswer for what is no list of objects that hold objects."""
        singles, wholes = set(), set()
        for row in get_objects({"permissions": wire}, "permissions"):
            single = get_object(row, "permission")
            permission, category = parse_id(single.get("id")), parse_id(get_object(row, "category").get("id"))
            if permission and row.get("type") != "CATEGORY_ENTITY":
                singles.add(permission)
                self._names.setdefault(permission, str(single.get("name") or permission))
            elif category:
                wholes.add(category)
        return PermissionSet(frozenset(singles) | self.expand_categories(wholes), frozenset(wholes))

    def format_names(self, permission_ids: t.Iterable[int]) -> list[str]:
        """Return names of permissions, sorted; the id is added where several permissions have the name."""
        return sorted(self._labels.get(number) or self._names.get(number) or str(number) for number in permission_ids)

    def format_category_names(self, category_ids: t.Iterable[int]) -> list[str]:
        """Return names of categories, sorted; the id of one that the catalogue does not have."""
        found = ((number, self._categories.get_by_id(number)) for number in category_ids)
        return sorted(str(number) if entry is None else entry.name for number, entry in found)

    def serialize_permission_set(self, chosen: PermissionSet) -> list[dict[str, t.Any]]:
        """Return ``permissionList`` of a role: whole categories as such, so that they grow with the product, then single permissions."""
        wholes = sorted(
            number for number in chosen.category_ids if self.expand_categories([number]) <= chosen.permission_ids
        )
        singles = sorted(chosen.permission_ids - self.expand_categories(wholes))
        return [{"category": {"id": number}} for number in wholes] + [
            {"permission": {"id": number}} for number in singles
        ]


def _iterate_permission_ids(node: CategoryNode) -> t.Iterator[int]:
    for row in get_objects(node, "permissions"):
        number = parse_id(row.get("id")) if isinstance(row, dict) else None
        if number is not None:
            yield number
    for child in get_objects(node, "categoryList"):
        if isinstance(child, dict):
            yield from _iterate_permission_ids(child)


def check_has_permissions(chosen: PermissionSet) -> None:
    """Raise ConfigError for an empty set: Commvault has no roles without permissions."""
    if not chosen.permission_ids:
        raise ConfigError(
            "A role needs at least one permission: list some in permissions or categories, or use state absent.",
            source="option permissions",
        )
