# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The option ``api_permissions`` with presets in it, as plain entries. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .presets import APIS, PRESETS

_KINDS = ("application", "delegated")


@dataclass(frozen=True)
class PermissionEntry:
    """Permissions of one API that an item of the option asks for; a kind of None is not managed.

    ``where``: the path of the item; ``preset``: its preset, None for an item that names its API itself.
    """

    where: str
    api: str
    application: tuple[str, ...] | None
    delegated: tuple[str, ...] | None
    preset: str | None = None

    def get_names(self, kind: str) -> tuple[str, ...] | None:
        """Return the names of *kind*; None where it is not managed."""
        return self.application if kind == "application" else self.delegated

    @property
    def label(self) -> str:
        """What to call the API in a message."""
        return f"{APIS[self.api]} ({self.api})" if self.preset else self.api

    def get_place(self, key: str) -> str:
        """Return the path of the suboption that says *key*."""
        return f"{self.where}.{'preset' if self.preset else key}"


def expand_presets(
    entries: t.Sequence[t.Mapping[str, t.Any]], option: str = "api_permissions", exclusive: bool = False
) -> list[PermissionEntry]:
    """Return the items of the option as entries, each preset as one entry per API, in their order.

    With *exclusive*, a preset manages both kinds of its APIs: what it does not name is taken away. Raises KeyError for a preset that
    there is not; options with choices do not let it pass.
    """
    found: list[PermissionEntry] = []
    for index, entry in enumerate(entries):
        where = f"{option}[{index}]"
        if entry.get("preset") is None:
            names = [None if entry.get(kind) is None else tuple(entry[kind]) for kind in _KINDS]
            found.append(PermissionEntry(where, entry["api"], names[0], names[1]))
        else:
            found += _expand_preset(where, entry["preset"], exclusive)
    return found


def _expand_preset(where: str, name: str, exclusive: bool) -> t.Iterator[PermissionEntry]:
    """Yield one entry per API of the preset, by application id."""
    preset = PRESETS[name]
    for api in sorted({part.api for part in preset.permissions}):
        chosen = [tuple(sorted(preset.select_names(api, kind))) for kind in _KINDS]
        application, delegated = (names if names or exclusive else None for names in chosen)
        yield PermissionEntry(where, api, application, delegated, preset=name)


def list_presets(entries: t.Sequence[t.Mapping[str, t.Any]] | None) -> list[str]:
    """Return the presets that the items name, sorted, each once."""
    return sorted({str(entry["preset"]) for entry in entries or () if entry.get("preset") is not None})


def unite_names(first: t.Iterable[str] | None, second: t.Iterable[str] | None) -> tuple[str, ...] | None:
    """Return the union of two sets of names or ids, sorted; None, which is not managed, only where both are."""
    if first is None and second is None:
        return None
    return tuple(sorted({*(first or ()), *(second or ())}))
