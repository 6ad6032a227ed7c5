# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Grants and entities in words, as all tables and findings have them. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import pluralize
from ..._commvault.security.grants import name_entity_kind

Columns = t.Mapping[str, t.Any]
_ALL = "all"


def describe_entity(kind: t.Any, number: t.Any, name: t.Any) -> str:
    """Return an entity in words: ``server group hq-vm``, ``CommCell cs01``, ``all plans``; one without a name by its id."""
    if str(number) == _ALL:
        return f"all {_name_kinds(str(kind))}"
    return f"{name_entity_kind(str(kind))} {name or (f'with the id {number}' if number else 'without a name')}"


def describe_right(columns: Columns) -> str:
    """Return what a grant gives, without who holds it: ``View on server group hq-vm``. *columns*: of ``access``."""
    return f"{_name_what(columns)} {describe_entity(columns['entity_kind'], columns['entity_id'], columns['entity'])}"


def describe_rights(grants: t.Iterable[Columns], most: int = 5, *, with_holder: bool = True) -> str:
    """Return what several grants give, each role of each holder once: ``View on server groups a, b and c (through ops)``.

    *most*: so many entities of one role, and so many roles, are named; the others are counted.
    """
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for columns in grants:
        holder = str(columns["principal"] or columns["principal_id"]) if with_holder else ""
        shown = _ALL if columns["entity_id"] == _ALL else str(columns["entity"] or columns["entity_id"])
        kinds = found.setdefault((holder, _name_what(columns)), {})
        kinds.setdefault(str(columns["entity_kind"]), set()).add(shown)
    told = []
    for (holder, what), kinds in sorted(found.items()):
        places = [_list_entities(kind, sorted(names), most) for kind, names in sorted(kinds.items())]
        told.append(f"{what} {'; '.join(places)}{f' (through {holder})' if holder else ''}")
    return join_words(told, most)


def join_words(names: t.Iterable[str], most: int = 5) -> str:
    """Return names as people list them, in their order, the first few: ``a``, ``a and b``, ``a, b and 3 more``."""
    found = list(names)
    shown = found[:most]
    if len(found) > most:
        return f"{', '.join(shown)} and {len(found) - most} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else "".join(shown)


def _name_kinds(kind: str) -> str:
    """Return a kind of entities in the plural."""
    noun, of, number = name_entity_kind(kind).partition(" of ")
    return f"{pluralize(noun)}{of}{number}"


def _name_what(columns: Columns) -> str:
    what = columns["role"] or ", ".join(columns["permissions"])
    return f"{what} on" if what else "ownership of"


def _list_entities(kind: str, names: t.Sequence[str], most: int) -> str:
    if _ALL in names:
        return describe_entity(kind, _ALL, "")
    return f"{name_entity_kind(kind) if len(names) == 1 else _name_kinds(kind)} {join_words(names, most)}"
