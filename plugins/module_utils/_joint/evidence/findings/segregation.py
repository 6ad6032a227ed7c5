# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Segregation of duties: nobody holds both sides of a rule where they meet. Pure."""

from __future__ import annotations

import typing as t

from ...._commvault.catalogue import is_commcell_level
from ...._core.names import matches_any_pattern
from ..entra_side import fold_id
from ..facts import AccessRow, CellFacts, Facts
from ..grants import Grant
from ..people import NO, Person
from ..tables import Rule
from ..words import describe_rights
from .model import Finding, FindingRule
from .rules import DEFAULT_RULES, RULES

Entity = tuple[str, str]
Role = tuple[str, ...]
_ALL = "all"
_COMMCELL = "commcell"


class _Side:
    """What somebody holds of one side of a rule, indexed by the entities that it covers and by all that contains those."""

    def __init__(self, held: t.Sequence[AccessRow], list_places: t.Callable[[Entity], frozenset[Entity]]) -> None:
        self.held, self._list_places = held, list_places
        self._on: dict[Entity, set[Role]] = {}
        self._within: dict[Entity, set[Role]] = {}
        for made in held:
            role = _identify_role(made.grant)
            self._on.setdefault(made.grant.entity, set()).add(role)
            for place in list_places(made.grant.entity):
                self._within.setdefault(place, set()).add(role)

    def meets(self, grant: Grant) -> bool:
        """Return whether something of this side, through another role, covers the entity of *grant* or a part of it."""
        found = set(self._within.get(grant.entity, ()))
        for place in self._list_places(grant.entity):
            found |= self._on.get(place, set())
        return bool(found - {_identify_role(grant)})


def find_conflicts(facts: Facts) -> t.Iterator[Finding]:
    """Yield a finding per rule and person who holds both sides, now or at the next sign-in."""
    rules = list(facts.inputs.rules) or list(DEFAULT_RULES)
    for cell in facts.cells:
        held: dict[tuple[str, str], list[AccessRow]] = {}
        for made in cell.access:
            person = made.holder.person
            is_held = made.row["effective_now"] != NO or made.row["expected_at_next_login"] != NO
            if is_held and (person.user is not None or person.entra is not None):
                # Somebody with several accounts is one person.
                key = ("entra", fold_id(person.entra["id"])) if person.entra else person.key
                held.setdefault(key, []).append(made)
        judge = _Judge(cell)
        for rule in rules:
            for key in sorted(held):
                yield from judge.find(rule, key, held[key])
        unknown = [made for made in cell.access if made.row["privileged"] is None]
        if unknown:
            told = (
                f"It is not known what these roles permit: {describe_rights(made.grant.columns for made in unknown)}."
            )
            ids = [made.row["id"] for made in unknown]
            yield Finding(
                RULES["segregation_not_evaluable"], cell.name, _COMMCELL, cell.name, cell.name, told, ids, False
            )


class _Judge:
    """Judges people of one CommCell; each grant and side once."""

    def __init__(self, cell: CellFacts) -> None:
        self._cell = cell
        self._matched: dict[tuple[str, int, Grant], bool] = {}
        self._places: dict[Entity, frozenset[Entity]] = {}
        entities = cell.side.entities
        self._whole = {(_COMMCELL, key) for key in (*entities[_COMMCELL], _ALL)}
        self._companies: dict[str, list[Entity]] = {}
        for key, row in entities["company"].items():
            self._companies.setdefault(str(row.get("name")), []).append(("company", key))

    def find(self, rule: Rule, key: tuple[str, str], rows: t.Sequence[AccessRow]) -> t.Iterator[Finding]:
        """Yield the conflict of one person with one rule. A role that has both sides by itself is no conflict of two duties."""
        first_side, second_side = (
            _Side([made for made in rows if self._is_on_side(rule, number, made.grant)], self._list_places)
            for number in (0, 1)
        )
        first = [made for made in first_side.held if second_side.meets(made.grant)]
        second = [made for made in second_side.held if first_side.meets(made.grant)]
        if not first or not second:
            return
        person: Person = rows[0].holder.person
        told = (
            f"{person.label} holds {describe_rights(made.grant.columns for made in first)}"
            f" together with {describe_rights(made.grant.columns for made in second)}."
        )
        found = FindingRule(f"segregation_{rule['id']}", rule["severity"], rule["title"], rule["remedy"])
        ids = [made.row["id"] for made in (*first, *second)]
        yield Finding(found, self._cell.name, "person", " ".join(key), person.label, told, ids)

    def _is_on_side(self, rule: Rule, number: int, grant: Grant) -> bool:
        key = (rule["id"], number, grant)
        if key not in self._matched:
            patterns = rule["second"] if number else rule["first"]
            role = self._cell.side.roles.get(grant.role_id) or {}
            names = [str(grant.columns["role"] or ""), *map(str, role.get("permissions") or ())]
            names += t.cast("list[str]", grant.columns["permissions"])
            self._matched[key] = any(matches_any_pattern(name, patterns) for name in names if name)
        return self._matched[key]

    def _list_places(self, entity: Entity) -> frozenset[Entity]:
        """Return an entity and all that contains it: all of its kind, its company, the CommCell."""
        if entity not in self._places:
            kind, number = entity
            found = {entity, (kind, _ALL), *self._whole}
            company = self._cell.side.find_company(kind, number)
            if company is not None and not is_commcell_level(company):
                found |= {("company", _ALL), *self._companies.get(company, ())}
            self._places[entity] = frozenset(found)
        return self._places[entity]


def _identify_role(grant: Grant) -> Role:
    return (grant.role_id, str(grant.columns["role"]), *t.cast("list[str]", grant.columns["permissions"]))
