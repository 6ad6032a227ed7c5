# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a CommCell holds, written in the mapping's own form: planning it against the same CommCell gives nothing. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._commvault.catalogue import Catalogue, Entry
from ..._commvault.security.grants import ALL_OF_KIND, ENTITY_TYPES, Association, Entity, Principal
from ..._core.names import fold_case
from .names import list_of, written

_CATALOGUES = {"user_group": "user_groups", "external_group": "external_groups", "user": "users"}
_WORDS = {"user_group": "user_group", "external_group": "directory_group", "user": "user"}
_ORDER = (*ENTITY_TYPES,)


@dataclass(frozen=True)
class Site:
    """What the names are read against: catalogues by kind, which know the level of a bare name, and the CommCell's id."""

    catalogue: t.Callable[[str], Catalogue]
    commcell_id: int
    company_id: int = 0
    anchors: t.Mapping[int, str] = field(default_factory=dict)


@dataclass
class Exported:
    """``mappings`` in the mapping's form; ``other``: rows that no mapping manages, with why."""

    mappings: list[dict[str, t.Any]] = field(default_factory=list)
    other: list[dict[str, t.Any]] = field(default_factory=list)


def export(rows: t.Iterable[Association], site: Site) -> Exported:
    """Explicit grants of a role become entries, one per principal, sorted by name; all other rows are listed apart."""
    held: dict[Principal, dict[int, set[Entity]]] = {}
    found = Exported()
    for row in rows:
        why = _unmanaged(row, site)
        if why is None and row.role_id is not None:
            held.setdefault(row.principal, {}).setdefault(row.role_id, set()).add(row.entity)
        else:
            found.other.append(_other(row, str(why)))
    entries = [_entry(principal, roles, site) for principal, roles in held.items()]
    found.mappings = [entry for dummy, entry in sorted(entries, key=lambda item: item[0])]
    found.other.sort(key=lambda row: [str(value) for value in row.values()])
    return found


def _unmanaged(row: Association, site: Site) -> str | None:
    """Why a row is none of a mapping's, or None."""
    if row.grant_kind != "explicit" or row.role_id is None:
        return row.grant_kind
    if (
        row.principal.kind not in _CATALOGUES
        or site.catalogue(_CATALOGUES[row.principal.kind]).get_by_id(row.principal.id) is None
    ):
        return "principal is not listed"
    if site.catalogue("roles").get_by_id(row.role_id) is None:
        return "role does not exist any more"
    if row.entity.kind == "commcell" and row.entity.id != site.commcell_id:
        return "entity is of another CommCell"
    if row.entity.kind in ENTITY_TYPES and row.entity.kind != "commcell" and row.entity.id != ALL_OF_KIND:
        return None if site.catalogue(list_of(row.entity.kind)).get_by_id(row.entity.id) else "entity is not listed"
    return "entity is not known" if row.entity.id == 0 else None


def _other(row: Association, why: str) -> dict[str, t.Any]:
    return {
        "principal": row.principal_name or str(row.principal.id),
        "principal_kind": row.principal.kind,
        "role": row.role_name,
        "entity_type": row.entity.kind,
        "entity": row.entity_name or str(row.entity.id),
        "grant_kind": row.grant_kind,
        "why": why,
    }


def _entry(
    principal: Principal, roles: t.Mapping[int, set[Entity]], site: Site
) -> tuple[tuple[str, ...], dict[str, t.Any]]:
    catalogue = site.catalogue(_CATALOGUES[principal.kind])
    entry = t.cast(Entry, catalogue.get_by_id(principal.id))
    anchor = site.anchors.get(principal.id) if principal.kind == "user_group" else None
    shown: dict[str, t.Any] = {}
    if anchor:
        shown["principal"] = {"entra_group": {"name": entry.name, "object_id": anchor}}
        reference = written(entry, catalogue)
        if isinstance(reference, dict):
            shown["user_group"] = {
                name: value for name, value in reference.items() if name != "name" or "id" not in reference
            }
    else:
        shown["principal"] = {_WORDS[principal.kind]: written(entry, catalogue)}
    grants = [_grant(role_id, entities, site) for role_id, entities in roles.items()]
    shown["grants"] = [
        line for lines in sorted(grants, key=lambda lines: _name_key(lines[0]["role"])) for line in lines
    ]
    return (fold_case(entry.name), entry.name, principal.kind, str(principal.id)), shown


def _grant(role_id: int, entities: set[Entity], site: Site) -> list[dict[str, t.Any]]:
    """The lines of one role: named kinds together, the CommCell and entities by number each on their own."""
    roles = site.catalogue("roles")
    entry = t.cast(Entry, roles.get_by_id(role_id))
    role = written(entry, roles)
    lines: list[dict[str, t.Any]] = []
    kinds: dict[str, t.Any] = {}
    for entity in sorted(entities, key=_rank):
        if entity.kind == "commcell":
            lines.append({"role": role, "entities": "commcell"})
        elif entity.kind not in ENTITY_TYPES:
            lines.append({"role": role, "entities": {"type": int(entity.kind.partition(":")[2]), "id": entity.id}})
        elif entity.id == ALL_OF_KIND:
            lines.append({"role": role, "entities": {entity.kind: "all"}})
        else:
            kinds.setdefault(entity.kind, []).append(_entity(entity, site))
    if kinds:
        named = {kind: sorted(kinds[kind], key=_name_key) for kind in _ORDER if kind in kinds}
        lines.append({"role": role, "entities": named})
    return lines


def _entity(entity: Entity, site: Site) -> t.Any:
    catalogue = site.catalogue(list_of(entity.kind))
    return written(t.cast(Entry, catalogue.get_by_id(entity.id)), catalogue)


def _rank(entity: Entity) -> tuple[int, int]:
    return (_ORDER.index(entity.kind) if entity.kind in _ORDER else len(_ORDER), entity.id)


def _name_key(written: t.Any) -> tuple[str, str]:
    """Sorts names, or names with their companies, without case first, so that names that differ in case alone have an order, too."""
    return fold_case(str(written)), str(written)
