# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the decisions of a review mean for the mapping document: which grants leave it, and what no mapping can say. Pure.

A grant of a group belongs to everybody in the group. It leaves the document when it is revoked for all of them; for some of them, only a change
of the group's members does that, which is proposed in words and never done.
"""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass, field

from ..._commvault.catalogue import is_commcell_level
from ..._commvault.references import ObjectReference
from ..._core.names import is_same_name, matches_any_pattern, matches_pattern
from ..mappings.parse import DesiredGrant, MappingEntry, Target, parse_mappings
from .decisions import CHANGE, REVOKE, describe_row
from .tables import Row
from .words import describe_right

Rows = t.Mapping[str, t.Sequence[Row]]

#: Where a target stands, as parse_mappings tells it. Kinds are a fixed set of words.
_PLACE = re.compile(r"mappings\[(\d+)\]\.grants\[(\d+)\]\.entities(?:\.(\w+))?")
#: By the key under which an entry names its principal: what ``access`` calls it.
_PRINCIPAL_KINDS = {
    "entra_group": "user_group",
    "user_group": "user_group",
    "directory_group": "external_group",
    "user": "user",
    "service_account": "user",
}
#: What ``access`` says of grants that the document did not declare when the bundle was made, so that no line of it is meant.
_BEYOND = ("surplus", "unmanaged", "not_managed")
_GRANT_COLUMNS = (
    "commcell",
    "principal_kind",
    "principal_id",
    "principal",
    "role_id",
    "role",
    "entity_kind",
    "entity_id",
)


class Place(t.NamedTuple):
    """What leaves the document: an entity (``item`` of ``kind``), all of a kind (no ``item``), or a whole grant (no ``kind``)."""

    entry: int
    grant: int
    kind: str | None
    item: int | None


class Removal(t.NamedTuple):
    """One place that leaves the document, what that is in words, and the ids of the rows that were decided."""

    place: Place
    words: str
    rows: tuple[str, ...]


@dataclass
class Revocations:
    """``group_changes``: people who are to leave a group, one row each. ``by_hand``: what the document cannot say, ``what``, ``why``, ``rows``.

    ``to_change``: rows that were decided to be changed, with the reason.
    """

    removals: list[Removal] = field(default_factory=list)
    group_changes: list[Row] = field(default_factory=list)
    by_hand: list[Row] = field(default_factory=list)
    to_change: list[Row] = field(default_factory=list)

    def add_by_hand(self, what: str, why: str, ids: t.Iterable[str]) -> None:
        """Note what people have to do themselves."""
        self.by_hand.append({"what": what, "why": why, "rows": sorted(ids)})


def plan_revocations(
    rows: Rows,
    decisions: t.Sequence[Row],
    find_access: t.Callable[[Row], list[Row]],
    mappings: t.Sequence[t.Mapping[str, t.Any]],
    today: datetime.date,
) -> Revocations:
    """Return what *decisions* (rows of SIGN_OFF, checked) mean for *mappings*, the entries of the mapping document.

    *find_access*: from a row of SIGN_OFF to the rows of ACCESS that it is about. Sorted, whatever the order of the rows.
    """
    found = Revocations()
    decided: dict[str, Row] = {}
    for decision in decisions:
        for row in find_access(decision):
            decided[str(row["id"])] = decision
    grants: dict[tuple[t.Any, ...], list[Row]] = {}
    for row in rows["access"]:
        if row["person_kind"] != "nobody":
            grants.setdefault(_get_grant(row), []).append(row)
    revoked: list[list[Row]] = []
    for key in sorted(grants, key=lambda parts: [str(part or "") for part in parts]):
        held = sorted(grants[key], key=lambda row: str(row["id"]))
        said = [decided[str(row["id"])]["decision"] if str(row["id"]) in decided else None for row in held]
        found.to_change += [
            {"what": describe_row(row), "reason": decided[str(row["id"])]["reason"], "rows": [str(row["id"])]}
            for row, word in zip(held, said, strict=True)
            if word == CHANGE
        ]
        if all(word == REVOKE for word in said):
            revoked.append(held)
        else:
            for row, word in zip(held, said, strict=True):
                if word == REVOKE:
                    _propose_group_change(row, found)
    others = [held[0] for held in grants.values() if held[0]["grant_kind"] == "explicit"]
    _find_removals(revoked, others, rows["roles"], mappings, today, found)
    return found


def _propose_group_change(row: Row, found: Revocations) -> None:
    """Note that a person is to leave the group through which they have a grant that others keep."""
    what, ids = describe_row(row), [str(row["id"])]
    if row["principal_kind"] != "user_group" or not (row["entra_user_id"] or row["commvault_user_id"]):
        found.add_by_hand(what, "others have the same grant and keep it, and who is meant is not in the data", ids)
        return
    group = row["entra_group_id"] or None
    path = row["path"] if isinstance(row["path"], list) else ([str(row["path"])] if row["path"] else [])
    named = row["entra_group"] or row["principal"]
    through = f", of which they are a member through {' > '.join(map(str, path))}" if len(path) > 1 else ""
    side = f"Entra group {named}" if group else f"Commvault user group {named} of {row['commcell']}"
    found.group_changes.append(
        {
            "words": f"remove {row['person']} from the {side}{through}",
            "commcell": row["commcell"],
            "group": named,
            "group_object_id": group,
            "path": path,
            "person": row["person"],
            "user_object_id": row["entra_user_id"] or None,
            "commvault_user": row["commvault_user"] or None,
            "loses": f"{row['role'] or 'single permissions'} on {row['entity']}",
            "rows": ids,
        }
    )


def _find_removals(
    revoked: t.Sequence[t.Sequence[Row]],
    granted: t.Sequence[Row],
    roles: t.Sequence[Row],
    mappings: t.Sequence[t.Mapping[str, t.Any]],
    today: datetime.date,
    found: Revocations,
) -> None:
    """Add to *found* the places of the document that grant what is *revoked*, each a list of the rows of one grant.

    *granted*: a row of each explicit grant.
    """
    entries, problems = parse_mappings(mappings, None, today)
    companies = {(str(row["commcell"]), str(row["role_id"])): _fold_level(row["company"]) for row in roles}
    unreadable = f" ({len(problems)} places of the document cannot be read)" if problems else ""
    gone = {_get_grant(held[0]) for held in revoked}
    places: dict[Place, tuple[list[str], list[str]]] = {}
    for held in revoked:
        row, ids = held[0], [str(one["id"]) for one in held]
        words = f"{_describe_grant(row)} ({row['commcell']})"
        if row["grant_kind"] != "explicit" or not row["role_id"]:
            found.add_by_hand(words, f"is not a grant of a mapping ({row['grant_kind']})", ids)
            continue
        is_beyond = row["in_mapping"] in _BEYOND
        matches = [] if is_beyond else list(_match(row, entries, mappings, companies))
        if not matches:
            why = f"is not in the mapping document{unreadable}: remove it on the CommCell, or converge with exclusive grants"
            found.add_by_hand(words, why, ids)
        for entry, grant, target in matches:
            obstacle = _find_obstacle(row, entry, grant, target, granted, mappings[_read_number(entry.where)], gone)
            if obstacle:
                found.add_by_hand(words, f"{target.where}: {obstacle}", ids)
                continue
            told, noted = places.setdefault(_find_place(grant, target, mappings), ([], []))
            told.append(words)
            noted += ids
    found.removals = [
        Removal(place, "; ".join(told), tuple(sorted(ids)))
        for place, (told, ids) in sorted(places.items(), key=lambda one: _sort_key(one[0]))
    ]


def _match(
    row: Row,
    entries: t.Sequence[MappingEntry],
    mappings: t.Sequence[t.Mapping[str, t.Any]],
    companies: t.Mapping[tuple[str, str], str],
) -> t.Iterator[tuple[MappingEntry, DesiredGrant, Target]]:
    """Yield the lines of the document that grant what *row* shows."""
    commcell = str(row["commcell"])
    for entry in entries:
        if not entry.present or not _concerns(mappings[_read_number(entry.where)], commcell):
            continue
        if not _is_principal(row, entry):
            continue
        for grant in entry.grants:
            if grant.present and _is_role(row, grant.role, companies.get((commcell, str(row["role_id"])))):
                yield from ((entry, grant, target) for target in grant.targets if _is_entity(row, target))


def _concerns(raw: t.Mapping[str, t.Any], commcell: str) -> bool:
    patterns = raw.get("commcells")
    return not patterns or matches_any_pattern(commcell, [str(item) for item in patterns])


def _is_principal(row: Row, entry: MappingEntry) -> bool:
    if _PRINCIPAL_KINDS[entry.kind] != row["principal_kind"]:
        return False
    if entry.kind != "entra_group":
        return _is_reference(entry.principal, row["principal_id"], row["principal"])
    if entry.object_id is not None:
        return entry.object_id == str(row["entra_group_id"] or "").lower()
    named = [str(row[column]) for column in ("entra_group", "principal") if row[column]]
    if entry.user_group is not None and not _is_reference(entry.user_group, row["principal_id"], row["principal"]):
        return False
    return any(is_same_name(name, str(entry.principal.name)) for name in named)


def _is_role(row: Row, role: ObjectReference, company: str | None) -> bool:
    if role.id is not None:
        return str(role.id) == str(row["role_id"])
    if not is_same_name(str(role.name), str(row["role"])):
        return False
    # without a company, a name means the CommCell's own level
    return company is None or is_same_name(company, _fold_level(role.company))


def _fold_level(company: t.Any) -> str:
    """Return the name of a company; empty for the CommCell's own level, and where none is shown."""
    return "" if is_commcell_level(str(company or "")) else str(company)


def _is_entity(row: Row, target: Target) -> bool:
    if target.kind != row["entity_kind"]:
        return False
    if target.every:
        return row["entity_id"] == "all"
    if target.pattern is not None:
        return row["entity_id"] != "all" and matches_pattern(str(row["entity"]), target.pattern)
    if target.reference is None:
        return True
    return row["entity_id"] != "all" and _is_reference(target.reference, row["entity_id"], row["entity"])


def _is_reference(reference: ObjectReference, key: t.Any, name: t.Any) -> bool:
    if reference.id is not None:
        return str(reference.id) == str(key)
    return reference.name is not None and is_same_name(reference.name, str(name))


def _find_obstacle(
    row: Row,
    entry: MappingEntry,
    grant: DesiredGrant,
    target: Target,
    granted: t.Sequence[Row],
    raw: t.Mapping[str, t.Any],
    gone: t.Collection[tuple[t.Any, ...]],
) -> str:
    """Return why the line cannot simply leave the document, empty where it can. *raw*: the entry as it is written."""
    if target.pattern is not None:
        return f"is granted by the pattern {target.pattern!r}, which grants others as well: write the names that stay"
    found = _PLACE.fullmatch(target.where)
    value = raw["grants"][int(found[2])]["entities"][found[3]] if found and found[3] else None
    if isinstance(value, list) and len(value) != sum(one.where == target.where for one in grant.targets):
        return "the list has items that cannot be read: remove the right one by hand"
    same_line = [
        other
        for other in granted
        if _concerns(raw, str(other["commcell"]))
        and _is_principal(other, entry)
        and _is_role(other, grant.role, None)
        and _is_entity(other, target)
    ]
    if any(other["commcell"] == row["commcell"] and _get_ids(other) != _get_ids(row) for other in same_line):
        return "the names match several objects of the CommCell: remove the right one by hand"
    kept = sorted({str(other["commcell"]) for other in same_line if _get_grant(other) not in gone})
    return f"the entry also holds for {', '.join(kept)}, where it stays: split it by commcells" if kept else ""


def _get_grant(row: Row) -> tuple[t.Any, ...]:
    """Return what is the same for all rows of one grant."""
    return tuple(row[name] for name in _GRANT_COLUMNS)


def _get_ids(row: Row) -> tuple[t.Any, ...]:
    return row["principal_id"], row["role_id"], row["entity_id"]


def _describe_grant(row: Row) -> str:
    """Return principal, role and entity of a grant in words."""
    return f"{row['principal']}: {describe_right(row)}"


def _sort_key(place: Place) -> tuple[int, int, str, int]:
    return place.entry, place.grant, place.kind or "", -1 if place.item is None else place.item


def _find_place(grant: DesiredGrant, target: Target, mappings: t.Sequence[t.Mapping[str, t.Any]]) -> Place:
    """Return where *target* of *grant* stands. An item of a list is known by its position among the targets of the list."""
    found = _PLACE.fullmatch(target.where)
    if found is None:
        raise ValueError(f"{target.where} is not a place in a mapping")
    entry, number, kind = int(found[1]), int(found[2]), found[3]
    value = mappings[entry]["grants"][number]["entities"][kind] if kind else None
    siblings = [one for one in grant.targets if one.where == target.where]
    return Place(
        entry,
        number,
        kind,
        next(n for n, one in enumerate(siblings) if one is target) if isinstance(value, list) else None,
    )


def _read_number(where: str) -> int:
    """Return the number of the entry ``mappings[N]``."""
    return int(where[len("mappings[") : where.index("]")])
