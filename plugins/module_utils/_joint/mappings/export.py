# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a CommCell holds, written in the mapping's own form: planning it against the same CommCell gives nothing. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._commvault.catalogue import COMMCELL_LEVEL, Catalogue, Entry
from ..._commvault.references import ObjectReference
from ..._commvault.security.grants import ALL_OF_KIND, ENTITY_TYPES, Association, Entity, Principal
from ..._core.errors import AmbiguousMatch, NotFound
from ..._core.names import fold_case, is_same_name
from .kinds import PRINCIPAL_KINDS, name_catalogue

#: By the kind of a grant's principal: the key under which an entry names it, and the list in which it is.
_KEYS = {PRINCIPAL_KINDS[key].kind: key for key in ("user_group", "directory_group", "user")}
_CATALOGUES = {kind: PRINCIPAL_KINDS[key].catalogue for kind, key in _KEYS.items()}
_ORDER = (*ENTITY_TYPES,)


@dataclass(frozen=True)
class ExportLookups:
    """What the names are read against: lists by kind, which know the level of a bare name, and the CommCell's id.

    ``object_ids``: of the Entra groups that user groups are linked to, by the id of the user group; ``entra_names``: the display names of
    these Entra groups, by object id, as far as Graph tells them.
    """

    catalogue: t.Callable[[str], Catalogue]
    commcell_id: int
    object_ids: t.Mapping[int, str] = field(default_factory=dict)
    entra_names: t.Mapping[str, str] = field(default_factory=dict)


@dataclass
class Export:
    """``mappings`` in the form of the option; ``other``: rows that no mapping manages, with why."""

    mappings: list[dict[str, t.Any]] = field(default_factory=list)
    other: list[dict[str, t.Any]] = field(default_factory=list)


def export_mappings(rows: t.Iterable[Association], site: ExportLookups) -> Export:
    """Return the explicit grants of roles as entries, one per principal, sorted by name; all other rows are listed apart."""
    held: dict[Principal, dict[int, set[Entity]]] = {}
    found = Export()
    for row in rows:
        why = _explain_unmanaged(row, site)
        if why is None and row.role_id is not None:
            held.setdefault(row.principal, {}).setdefault(row.role_id, set()).add(row.entity)
        else:
            found.other.append(_describe_other(row, str(why)))
    entries = [_export_principal(principal, roles, site) for principal, roles in held.items()]
    found.mappings = [entry for dummy, entry in sorted(entries, key=lambda item: item[0])]
    found.other.sort(key=lambda row: [str(value) for value in row.values()])
    return found


def _explain_unmanaged(row: Association, site: ExportLookups) -> str | None:
    """Return why no mapping manages a row; None for one that may be."""
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
    if row.entity.id == ALL_OF_KIND and not ENTITY_TYPES.get(row.entity.kind, 1):
        return "entity is not known"
    if row.entity.kind in ENTITY_TYPES and row.entity.kind != "commcell" and row.entity.id != ALL_OF_KIND:
        return (
            None if site.catalogue(name_catalogue(row.entity.kind)).get_by_id(row.entity.id) else "entity is not listed"
        )
    return "entity is not known" if row.entity.id == 0 else None


def _describe_other(row: Association, why: str) -> dict[str, t.Any]:
    return {
        "principal": row.principal_name or str(row.principal.id),
        "principal_kind": row.principal.kind,
        "role": row.role_name,
        "entity_type": row.entity.kind,
        "entity": row.entity_name or str(row.entity.id),
        "grant_kind": row.grant_kind,
        "why": why,
    }


def _export_principal(
    principal: Principal, roles: t.Mapping[int, set[Entity]], site: ExportLookups
) -> tuple[tuple[str, ...], dict[str, t.Any]]:
    catalogue = site.catalogue(_CATALOGUES[principal.kind])
    entry = t.cast(Entry, catalogue.get_by_id(principal.id))
    object_id = site.object_ids.get(principal.id) if principal.kind == "user_group" else None
    shown: dict[str, t.Any] = {}
    if object_id:
        # The name of the Commvault group is none that the Entra group is known to have: a mapping with a wrong name is refused.
        name = site.entra_names.get(object_id)
        shown["principal"] = {"entra_group": {**({"name": name} if name else {}), "object_id": object_id}}
        reference = make_reference(entry, catalogue)
        if isinstance(reference, dict):
            shown["user_group"] = {
                name: value for name, value in reference.items() if name != "name" or "id" not in reference
            }
        elif name is None or not is_same_name(name, entry.name):
            shown["user_group"] = reference
    else:
        shown["principal"] = {_KEYS[principal.kind]: make_reference(entry, catalogue)}
    grants = [_export_role(role_id, entities, site) for role_id, entities in roles.items()]
    shown["grants"] = [
        line for lines in sorted(grants, key=lambda lines: _make_name_key(lines[0]["role"])) for line in lines
    ]
    return (fold_case(entry.name), entry.name, principal.kind, str(principal.id)), shown


def _export_role(role_id: int, entities: set[Entity], site: ExportLookups) -> list[dict[str, t.Any]]:
    """Return the lines of one role: named kinds together, the CommCell and entities by number each on their own."""
    roles = site.catalogue("roles")
    entry = t.cast(Entry, roles.get_by_id(role_id))
    role = make_reference(entry, roles)
    lines: list[dict[str, t.Any]] = []
    kinds: dict[str, t.Any] = {}
    for entity in sorted(entities, key=_make_entity_key):
        if entity.kind == "commcell":
            lines.append({"role": role, "entities": "commcell"})
        elif entity.kind not in ENTITY_TYPES:
            lines.append({"role": role, "entities": {"type": int(entity.kind.partition(":")[2]), "id": entity.id}})
        elif entity.id == ALL_OF_KIND:
            lines.append({"role": role, "entities": {entity.kind: "all"}})
        else:
            kinds.setdefault(entity.kind, []).append(_export_entity(entity, site))
    if kinds:
        named = {kind: sorted(kinds[kind], key=_make_name_key) for kind in _ORDER if kind in kinds}
        lines.append({"role": role, "entities": named})
    return lines


def _export_entity(entity: Entity, site: ExportLookups) -> t.Any:
    catalogue = site.catalogue(name_catalogue(entity.kind))
    return make_reference(t.cast(Entry, catalogue.get_by_id(entity.id)), catalogue)


def _make_entity_key(entity: Entity) -> tuple[int, int]:
    return (_ORDER.index(entity.kind) if entity.kind in _ORDER else len(_ORDER), entity.id)


def _make_name_key(reference: t.Any) -> tuple[str, str]:
    """Return a key that sorts names, or names with their companies, without case first, so that names that differ in case alone have an order, too."""
    return fold_case(str(reference)), str(reference)


def make_reference(entry: Entry, catalogue: Catalogue) -> str | dict[str, t.Any]:
    """Return the shortest reference that is read back as *entry*: its name, else name and company, else its id."""
    for form in (ObjectReference(entry.name), ObjectReference(entry.name, entry.company or COMMCELL_LEVEL)):
        try:
            if catalogue.find_reference(form).id == entry.id:
                return entry.name if form.company is None else {"name": entry.name, "company": form.company}
        except (NotFound, AmbiguousMatch):
            continue
    return {"id": entry.id, "name": entry.name}
