# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which lists of a document are complete, so that only what was certainly seen is said to be missing. Pure."""

from __future__ import annotations

import typing as t

#: Sources that tell of a list beside those of its own name: what one call per object adds to it.
_DETAILS = {
    "users": ("user_details",),
    "user_groups": ("user_group_details",),
    "roles": ("role_permissions",),
    "groups": ("group_members", "members"),
}
#: Between the name of a list and what is said of a part of it.
_SEPARATORS = (".", "/", ":", " ")


class Visibility:
    """The sources of one document, by the list that they are of. A list is named as its key in the document."""

    def __init__(self, document: t.Mapping[str, t.Any] | None) -> None:
        provenance = (document or {}).get("provenance") or {}
        self.sources: list[t.Mapping[str, t.Any]] = [
            source for source in provenance.get("sources") or () if isinstance(source, t.Mapping)
        ]

    def has_source(self, name: str) -> bool:
        """Return whether the document tells of a source of this name."""
        return any(source.get("name") == name for source in self.sources)

    def is_complete(self, *names: str) -> bool:
        """Return whether all of these lists were certainly read in full; False also where no source tells of one."""
        return all(self._is_list_complete(name) for name in names)

    def is_kind_complete(self, kind: str) -> bool:
        """Return whether the entities of a kind were certainly read in full."""
        is_whole = any(str(source.get("name")) == "entities" for source in self.sources)
        own = "entities" if is_whole else f"entities.{kind}"
        return self._is_list_complete(own) or (self._is_list_complete(kind) and kind not in ("users", "roles"))

    def _is_list_complete(self, name: str) -> bool:
        names = (name, *_DETAILS.get(name, ()))
        prefixes = tuple(f"{one}{separator}" for one in names for separator in _SEPARATORS)
        told = [
            source.get("complete")
            for source in self.sources
            if str(source.get("name")) in names or str(source.get("name")).startswith(prefixes)
        ]
        return bool(told) and all(value is True for value in told)
