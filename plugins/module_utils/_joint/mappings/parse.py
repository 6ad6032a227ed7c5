# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The option ``mappings`` as its authors wrote it, checked and put into types. Pure: names stay names, nothing is looked up."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
from dataclasses import dataclass

from ..._commvault.references import ObjectReference, parse_company_reference, parse_id, parse_reference
from ..._commvault.security.grants import ENTITY_TYPES
from ..._core.names import find_nearest_names, fold_case, matches_any_pattern
from ..._core.values import is_guid, parse_time

#: Other words for the same entity kinds.
ALIASES = {"clients": "servers", "client_groups": "server_groups"}
_WHOLE = ("commcell", "company")
_PATTERN_KEYS = ("matching", "at_most", "company")
_TYPE_KEYS = ("type", "id")
_PRINCIPALS = ("entra_group", "user_group", "directory_group", "user", "service_account")

Problem = dict[str, t.Any]


def make_problem(where: str, message: str, kind: str = "config") -> Problem:
    """Return a finding about the place *where* of the mapping; *kind* as in the results of errors."""
    return {"kind": kind, "where": where, "message": message}


@dataclass(frozen=True)
class Target:
    """What a grant applies to: one entity by reference, all of a kind, or the at most ``at_most`` (of ``company``) that match a pattern."""

    kind: str
    reference: ObjectReference | None = None
    every: bool = False
    pattern: str | None = None
    at_most: int = 0
    company: str | int | None = None
    where: str = ""


@dataclass(frozen=True)
class DesiredGrant:
    """One line of ``grants``; ``present`` is false for what must go: the state is absent, or ``valid_until`` has passed."""

    role: ObjectReference
    targets: tuple[Target, ...]
    present: bool
    where: str


@dataclass(frozen=True)
class MappingEntry:
    """One entry of the mapping. ``kind``: the key of ``principal``; ``object_id``: in lower case, of Entra groups only."""

    kind: str
    principal: ObjectReference
    object_id: str | None
    user_group: ObjectReference | None
    grants: tuple[DesiredGrant, ...]
    relink: bool
    present: bool
    where: str


def parse_mappings(
    mappings: t.Sequence[t.Mapping[str, t.Any]], commcell: str | None, today: datetime.date
) -> tuple[list[MappingEntry], list[Problem]]:
    """Return the entries that concern *commcell* (all of them when None), and everything that is wrong with the mapping.

    A grant whose ``valid_until`` lies before *today* counts as absent.
    """
    entries: list[MappingEntry] = []
    problems: list[Problem] = []
    for index, raw in enumerate(mappings):
        where = f"mappings[{index}]"
        entry = _parse_entry(raw, where, today, problems)
        patterns = raw.get("commcells")
        concerned = commcell is None or not patterns or matches_any_pattern(commcell, (str(item) for item in patterns))
        if entry is not None and concerned:
            entries.append(entry)
    return entries, problems


def collect_evidence(mappings: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return what the entries say about approval, owner and review, each with its principal; entries that say nothing are left out."""
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


def add_known_object_ids(entries: t.Sequence[MappingEntry], known: t.Mapping[str, t.Any]) -> list[MappingEntry]:
    """Return the entries with the object ids of *known* (by display name, letter case apart) where they have none themselves."""
    by_name = {str(name): str(value).lower() for name, value in known.items() if is_guid(value)}
    by_key: dict[str, set[str]] = {}
    for name, object_id in by_name.items():
        by_key.setdefault(fold_case(name), set()).add(object_id)

    def find_object_id(name: str) -> str | None:
        # Letter case decides only between names that differ in nothing else.
        alike = by_key.get(fold_case(name), set())
        return by_name.get(name) or (next(iter(alike)) if len(alike) == 1 else None)

    def complete(entry: MappingEntry) -> MappingEntry:
        if entry.kind != "entra_group" or entry.object_id is not None or entry.principal.name is None:
            return entry
        return dataclasses.replace(entry, object_id=find_object_id(entry.principal.name))

    return [complete(entry) for entry in entries]


def _parse_entry(
    raw: t.Mapping[str, t.Any], where: str, today: datetime.date, problems: list[Problem]
) -> MappingEntry | None:
    given = {kind: raw["principal"][kind] for kind in _PRINCIPALS if (raw.get("principal") or {}).get(kind) is not None}
    if len(given) != 1:
        problems.append(
            make_problem(
                f"{where}.principal",
                f"exactly one of {', '.join(_PRINCIPALS)} is needed, found {', '.join(given) or 'none'}",
            )
        )
        return None
    (kind, value) = next(iter(given.items()))
    if kind == "entra_group" and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # Entra ID numbers no groups, but people name them with numbers
    if kind == "entra_group" and isinstance(value, t.Mapping) and value.get("object_id") is not None:
        # As an id of Commvault does, it tells which object is meant: the group of a task's result has other keys, too.
        value = {key: value[key] for key in ("name", "id", "company", "object_id") if key in value}
    principal = _parse_reference(value, f"{where}.principal.{kind}", problems, may_have_object_id=kind == "entra_group")
    object_id = value.get("object_id") if isinstance(value, t.Mapping) else None
    if object_id is not None and not is_guid(object_id):
        problems.append(
            make_problem(f"{where}.principal.{kind}.object_id", f"{object_id!r} is not an object id (a GUID)")
        )
    user_group = (
        _parse_reference(raw["user_group"], f"{where}.user_group", problems)
        if raw.get("user_group") is not None
        else None
    )
    if user_group is not None and kind != "entra_group":
        problems.append(
            make_problem(
                f"{where}.user_group",
                "names the Commvault group of an Entra group, but this principal is not an Entra group",
            )
        )
    present = raw.get("state", "present") != "absent"
    grants = []
    for index, grant in enumerate(raw.get("grants") or []):
        parsed = _parse_grant(grant, f"{where}.grants[{index}]", present, today, problems)
        if parsed is not None:
            grants.append(parsed)
    object_id = object_id.lower() if isinstance(object_id, str) and kind == "entra_group" else None
    if principal is not None and kind == "entra_group" and principal.name is None and object_id is None:
        problems.append(make_problem(f"{where}.principal.{kind}", "needs name or object_id"))
        return None
    if principal is None:
        return None
    return MappingEntry(kind, principal, object_id, user_group, tuple(grants), bool(raw.get("relink")), present, where)


def _parse_grant(
    raw: t.Any, where: str, present: bool, today: datetime.date, problems: list[Problem]
) -> DesiredGrant | None:
    if not isinstance(raw, t.Mapping) or raw.get("role") is None or raw.get("entities") is None:
        problems.append(make_problem(where, "a grant needs role and entities"))
        return None
    role = _parse_reference(raw["role"], f"{where}.role", problems)
    targets = _parse_targets(raw["entities"], f"{where}.entities", problems)
    until = _parse_date(raw.get("valid_until"), f"{where}.valid_until", problems)
    if role is None:
        return None
    return DesiredGrant(role, tuple(targets), present and (until is None or until >= today), where)


def _parse_date(value: t.Any, where: str, problems: list[Problem]) -> datetime.date | None:
    if value is None:
        return None
    try:
        return parse_time(str(value)).date()
    except ValueError:
        problems.append(make_problem(where, f"{value!r} is not a date such as 2027-01-31"))
        return None


def _parse_targets(raw: t.Any, where: str, problems: list[Problem]) -> list[Target]:
    if isinstance(raw, str):
        if raw in _WHOLE:
            return [Target(raw, where=where)]
        problems.append(
            make_problem(
                where,
                f"{raw!r} is not one of {', '.join(_WHOLE)}; other entities are given by kind, for example "
                f"{{plans: [gold]}}{_describe_near(raw, _WHOLE)}",
            )
        )
        return []
    if not isinstance(raw, t.Mapping) or not raw:
        problems.append(make_problem(where, "must be commcell, company, or a dictionary of kinds"))
        return []
    if "type" in raw:
        return _parse_type_and_id(raw, where, problems)
    found: list[Target] = []
    for given, value in raw.items():
        kind = ALIASES.get(given, given)
        if kind not in ENTITY_TYPES:
            problems.append(
                make_problem(
                    f"{where}.{given}",
                    f"unknown kind; known are {', '.join([*ENTITY_TYPES, *ALIASES])}, or type with id{_describe_near(str(given))}",
                )
            )
        elif kind == "company" and value is not True and value != "all":
            found += [
                Target(kind, reference, where=f"{where}.{given}")
                for reference in _parse_references(value, f"{where}.{given}", problems)
            ]
        elif kind == "company" and value == "all":
            found.append(Target(kind, every=True, where=f"{where}.{given}"))
        elif kind in _WHOLE and (value is True or value == "all"):
            found.append(Target(kind, where=f"{where}.{given}"))
        elif kind in _WHOLE:
            # Whatever else is given there, it does not say that the grant is for everything.
            problems.append(
                make_problem(
                    f"{where}.{given}", f"must be true; for the whole CommCell or company, write entities: {kind}"
                )
            )
        else:
            found += _parse_kind(kind, value, f"{where}.{given}", problems)
    return found


def _describe_near(given: str, known: t.Collection[str] = (*ENTITY_TYPES, *ALIASES)) -> str:
    near = find_nearest_names(given, known, 1)
    return f". Near: {near[0]}." if near else ""


def _parse_kind(kind: str, value: t.Any, where: str, problems: list[Problem]) -> list[Target]:
    if value == "all" and not ENTITY_TYPES[kind]:
        problems.append(make_problem(where, f"all {kind} cannot be expressed in Commvault's API: name them"))
        return []
    if value == "all":
        return [Target(kind, every=True, where=where)]
    if isinstance(value, t.Mapping) and "matching" in value:
        pattern, at_most = str(value["matching"]), value.get("at_most")
        _note_unknown_keys(value, _PATTERN_KEYS, where, problems)
        if not isinstance(at_most, int) or isinstance(at_most, bool) or at_most < 1:
            problems.append(
                make_problem(
                    where, f"the pattern {pattern!r} needs at_most, the largest number of entities that it may match"
                )
            )
            return []
        company = parse_company_reference(value.get("company"))
        return [Target(kind, pattern=pattern, at_most=at_most, company=company, where=where)]
    return [Target(kind, reference, where=where) for reference in _parse_references(value, where, problems)]


def _parse_type_and_id(raw: t.Mapping[str, t.Any], where: str, problems: list[Problem]) -> list[Target]:
    number, entity_id = parse_id(raw.get("type")), parse_id(raw.get("id"))
    _note_unknown_keys(raw, _TYPE_KEYS, where, problems)
    if number is None or entity_id is None:
        problems.append(make_problem(where, "type and id must both be numbers"))
        return []
    if number == 0:
        problems.append(make_problem(where, "no type has the number 0; credentials are given as {credentials: [...]}"))
        return []
    known = next((kind for kind, type_number in ENTITY_TYPES.items() if type_number == number), f"type:{number}")
    return [Target(known, ObjectReference(None, None, entity_id), where=where)]


def _parse_references(value: t.Any, where: str, problems: list[Problem]) -> list[ObjectReference]:
    items = value if isinstance(value, (list, tuple)) else [value]
    if not items:
        problems.append(make_problem(where, "is an empty list; leave the kind out, or name entities"))
    found = [_parse_reference(item, f"{where}[{index}]", problems) for index, item in enumerate(items)]
    return [item for item in found if item is not None]


def _parse_reference(
    value: t.Any, where: str, problems: list[Problem], *, may_have_object_id: bool = False
) -> ObjectReference | None:
    try:
        reference = parse_reference(value)
    except ValueError as exc:
        problems.append(make_problem(where, str(exc)))
        return None
    if reference.name is None and reference.id is None and not may_have_object_id:
        problems.append(make_problem(where, "needs name or id; object_id is for Entra groups"))
        return None
    return reference


def _note_unknown_keys(
    value: t.Mapping[str, t.Any], known: t.Sequence[str], where: str, problems: list[Problem]
) -> None:
    """Note keys beside *known*: a misspelt one would be left out, and the grant be for other entities than those meant."""
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        problems.append(
            make_problem(
                where, f"{', '.join(unknown)} cannot be combined with {known[0]}; known are {', '.join(known)}"
            )
        )
