# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The order of the lists of a CommCell's document: by ids, so that two documents differ only where the CommCell does. Pure."""

from __future__ import annotations

import typing as t

from .document import Row


def get_number(text: t.Any) -> tuple[int, str]:
    """Return the key that sorts ids by value, and what is no number behind all."""
    shown = str(text or "")
    return (int(shown), "") if shown.isascii() and shown.isdigit() and len(shown) < 19 else (10**19, shown)


def sort_rows(rows: t.Iterable[Row]) -> list[Row]:
    """Return rows by their ids; one that a service lists twice, once."""
    ordered = sorted(rows, key=lambda row: (get_number(row["id"]), str(row.get("name"))))
    return [row for number, row in enumerate(ordered) if number == 0 or row != ordered[number - 1]]


def sort_grants(rows: t.Iterable[Row]) -> list[Row]:
    """Return associations or owners by the ids of their principals, entities and roles."""

    def get_key(row: Row) -> tuple[t.Any, ...]:
        principal, entity, role = row["principal"], row["entity"], row["role"] or {}
        return (
            *(principal["kind"], get_number(principal["id"]), entity["kind"], get_number(entity["id"])),
            *(get_number(role.get("id")), row["grant_kind"], row["permissions"], principal["name"], entity["name"]),
        )

    return sorted(rows, key=get_key)
