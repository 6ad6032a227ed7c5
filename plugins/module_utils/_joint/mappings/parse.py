# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The mapping as its authors wrote it, checked and put into types. Pure: names stay names, nothing is looked up."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
from dataclasses import dataclass

from ..._commvault.references import ObjectReference, parse_company_reference, parse_decimal_id, parse_reference
from ..._commvault.security.grants import ENTITY_TYPES
from ..._core.names import fold_case, matches_any_pattern
from ..._core.values import is_guid, parse_time

#: Other words for the same entity kinds.
ALIASES = {"clients": "servers", "client_groups": "server_groups"}
_WHOLE = ("commcell", "company")
_PRINCIPALS = ("entra_group", "user_group", "directory_group", "user", "service_account")

Problem = dict[str, t.Any]


@dataclass(frozen=True)
class Target:
    """What a grant applies to: one entity by reference, all of a kind, or those (of ``company``) that match a pattern."""

    kind: str
    reference: ObjectReference | None = None
    every: bool = False
    pattern: str | None = None
    at_most: int = 0
    company: str | int | None = None
    where: str = ""


@dataclass(frozen=True)
class WantedGrant:
    """One line of ``grants``; ``present`` is false for what must go (state absent, or validity over)."""

    role: ObjectReference
    targets: tuple[Target, ...]
    present: bool
    where: str


@dataclass(frozen=True)
class MappingEntry:
    """One entry of the mapping. ``kind``: a key of the principal; ``object_id`` only for Entra groups."""

    kind: str
    principal: ObjectReference
    object_id: str | None
    user_group: ObjectReference | None
    grants: tuple[WantedGrant, ...]
    relink: bool
    present: bool
    where: str


def parse(
    mappings: t.Sequence[t.Mapping[str, t.Any]], commcell: str | None, today: datetime.date
) -> tuple[list[MappingEntry], list[Problem]]:
    """Entries that concern *commcell* (all of them when None) and everything that is wrong with the mapping.

    A grant whose ``valid_until`` lies before *today* counts as absent.
    """
    entries: list[MappingEntry] = []
    problems: list[Problem] = []
    for index, raw in enumerate(mappings):
        where = f"mappings[{index}]"
        entry = _entry(raw, where, today, problems)
        patterns = raw.get("commcells")
        concerned = commcell is None or not patterns or matches_any_pattern(commcell, (str(item) for item in patterns))
        if entry is not None and concerned:
            entries.append(entry)
    return entries, problems


def evidence(mappings: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """What the entries say about approval, owner and review, each with its principal; entries that say nothing are left out."""
    told = []
    for raw in mappings:
        said = {name: raw[name] for name in ("approval", "business_owner", "review_by") if raw.get(name) is not None}
        grants = [
            {"role": grant.get("role"), "entities": grant.get("entities"), "approval": grant["approval"]}
            for grant in raw.get("grants") or []
            if isinstance(grant, t.Mapping) and grant.get("approval")
        ]
        if said or grants:
            principal = {kind: value for kind, value in (raw.get("principal") or {}).items() if value is not None}
            told.append({"principal": principal, **said, **({"grants": grants} if grants else {})})
    return told


def with_known_ids(entries: t.Sequence[MappingEntry], known: t.Mapping[str, t.Any]) -> list[MappingEntry]:
    """Entries whose Entra groups have no object id take it from *known* (display name to object id), letter case apart."""
    by_name = {str(name): str(value).lower() for name, value in known.items() if is_guid(value)}
    by_key: dict[str, set[str]] = {}
    for name, object_id in by_name.items():
        by_key.setdefault(fold_case(name), set()).add(object_id)

    def known_id(name: str) -> str | None:
        """Case decides only between names that differ in nothing else."""
        alike = by_key.get(fold_case(name), set())
        return by_name.get(name) or (next(iter(alike)) if len(alike) == 1 else None)

    def complete(entry: MappingEntry) -> MappingEntry:
        if entry.kind != "entra_group" or entry.object_id is not None or entry.principal.name is None:
            return entry
        return dataclasses.replace(entry, object_id=known_id(entry.principal.name))

    return [complete(entry) for entry in entries]


def _entry(
    raw: t.Mapping[str, t.Any], where: str, today: datetime.date, problems: list[Problem]
) -> MappingEntry | None:
    given = {kind: raw["principal"][kind] for kind in _PRINCIPALS if (raw.get("principal") or {}).get(kind) is not None}
    if len(given) != 1:
        problems.append(
            _problem(
                f"{where}.principal",
                f"exactly one of {', '.join(_PRINCIPALS)} is needed, found {', '.join(given) or 'none'}",
            )
        )
        return None
    (kind, value) = next(iter(given.items()))
    if kind == "entra_group" and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # Entra ID numbers no groups, but people name them with numbers
    principal = _named(value, f"{where}.principal.{kind}", problems)
    object_id = value.get("object_id") if isinstance(value, t.Mapping) else None
    if object_id is not None and not is_guid(object_id):
        problems.append(_problem(f"{where}.principal.{kind}.object_id", f"{object_id!r} is not an object id (a GUID)"))
    user_group = (
        _named(raw["user_group"], f"{where}.user_group", problems) if raw.get("user_group") is not None else None
    )
    if user_group is not None and kind != "entra_group":
        problems.append(
            _problem(f"{where}.user_group", "names the Commvault group of an Entra group; this principal is none")
        )
    present = raw.get("state", "present") != "absent"
    grants = []
    for index, grant in enumerate(raw.get("grants") or []):
        parsed = _grant(grant, f"{where}.grants[{index}]", present, today, problems)
        if parsed is not None:
            grants.append(parsed)
    anchor = object_id.lower() if isinstance(object_id, str) else None
    if principal is not None and kind == "entra_group" and principal.name is None and anchor is None:
        problems.append(_problem(f"{where}.principal.{kind}", "needs name or object_id"))
        return None
    if principal is None or (principal.name is None and principal.id is None and anchor is None):
        return None
    return MappingEntry(kind, principal, anchor, user_group, tuple(grants), bool(raw.get("relink")), present, where)


def _grant(raw: t.Any, where: str, present: bool, today: datetime.date, problems: list[Problem]) -> WantedGrant | None:
    if not isinstance(raw, t.Mapping) or raw.get("role") is None or raw.get("entities") is None:
        problems.append(_problem(where, "a grant needs role and entities"))
        return None
    role = _named(raw["role"], f"{where}.role", problems)
    targets = _targets(raw["entities"], f"{where}.entities", problems)
    until = _date(raw.get("valid_until"), f"{where}.valid_until", problems)
    if role is None:
        return None
    return WantedGrant(role, tuple(targets), present and (until is None or until >= today), where)


def _date(value: t.Any, where: str, problems: list[Problem]) -> datetime.date | None:
    if value is None:
        return None
    try:
        return parse_time(str(value)).date()
    except ValueError:
        problems.append(_problem(where, f"{value!r} is not a date such as 2027-01-31"))
        return None


def _targets(raw: t.Any, where: str, problems: list[Problem]) -> list[Target]:
    if isinstance(raw, str):
        if raw in _WHOLE:
            return [Target(raw, where=where)]
        problems.append(
            _problem(
                where,
                f"{raw!r} is not one of {', '.join(_WHOLE)}; other entities are given by kind, for example {{plans: [gold]}}",
            )
        )
        return []
    if not isinstance(raw, t.Mapping) or not raw:
        problems.append(_problem(where, "must be commcell, company, or a dictionary of kinds"))
        return []
    if "type" in raw:
        return _by_number(raw, where, problems)
    found: list[Target] = []
    for given, value in raw.items():
        kind = ALIASES.get(given, given)
        if kind not in ENTITY_TYPES:
            problems.append(
                _problem(
                    f"{where}.{given}",
                    f"unknown kind; known are {', '.join([*ENTITY_TYPES, *ALIASES])}, or type with id",
                )
            )
        elif kind == "company" and value is not True:
            found += [
                Target(kind, reference, where=f"{where}.{given}")
                for reference in _many(value, f"{where}.{given}", problems)
            ]
        elif kind in _WHOLE:
            found.append(Target(kind, where=f"{where}.{given}"))
        else:
            found += _of_kind(kind, value, f"{where}.{given}", problems)
    return found


def _of_kind(kind: str, value: t.Any, where: str, problems: list[Problem]) -> list[Target]:
    if value == "all":
        return [Target(kind, every=True, where=where)]
    if isinstance(value, t.Mapping) and "matching" in value:
        pattern, at_most = str(value["matching"]), value.get("at_most")
        if not isinstance(at_most, int) or isinstance(at_most, bool) or at_most < 1:
            problems.append(
                _problem(
                    where, f"the pattern {pattern!r} needs at_most, the largest number of entities that it may match"
                )
            )
            return []
        company = value.get("company")
        return [
            Target(
                kind,
                pattern=pattern,
                at_most=at_most,
                company=parse_company_reference(company),
                where=where,
            )
        ]
    return [Target(kind, reference, where=where) for reference in _many(value, where, problems)]


def _by_number(raw: t.Mapping[str, t.Any], where: str, problems: list[Problem]) -> list[Target]:
    number, entity_id = parse_decimal_id(raw.get("type")), parse_decimal_id(raw.get("id"))
    if number is None or entity_id is None:
        problems.append(_problem(where, "type and id must both be numbers"))
        return []
    known = next((kind for kind, type_number in ENTITY_TYPES.items() if type_number == number), f"type:{number}")
    return [Target(known, ObjectReference(None, None, entity_id), where=where)]


def _many(value: t.Any, where: str, problems: list[Problem]) -> list[ObjectReference]:
    items = value if isinstance(value, (list, tuple)) else [value]
    if not items:
        problems.append(_problem(where, "is an empty list; leave the kind out, or name entities"))
    found = [_named(item, f"{where}[{index}]", problems) for index, item in enumerate(items)]
    return [item for item in found if item is not None]


def _named(value: t.Any, where: str, problems: list[Problem]) -> ObjectReference | None:
    try:
        return parse_reference(value)
    except ValueError as exc:
        problems.append(_problem(where, str(exc)))
        return None


def _problem(where: str, message: str, kind: str = "config") -> Problem:
    return {"kind": kind, "where": where, "message": message}
