# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who has what on which CommCell, and where that differs from the document, out of the results of commvault_role_mappings of a run.

What was not read, or cannot be told for certain, is never told as right. Invisible characters in names are escaped here.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case, matches_any_pattern

from .filter_values import make_visible, require_list, require_mapping, require_mappings, to_text
from .passes import ENTRA, read_managed_groups
from .task_results import flatten_results

Mapping = t.Mapping[str, t.Any]

#: What a cell says, the worst first.
MISSING, SURPLUS, NOT_READ, UNKNOWN, IN_LINE, NOT_DECLARED = STATES = (
    "missing",
    "surplus",
    "not read",
    "unknown",
    "in line",
    "not declared",
)
_RANKS = {state: rank for rank, state in enumerate(STATES)}
#: Statuses of hosts whose results are those of what was written; of all others they are the plan.
_WRITTEN = frozenset({"applied", "failed", "plan_changed"})
_HELD, _ABSENT, _WRONG = (frozenset(pair) for pair in ((IN_LINE, SURPLUS), (MISSING, NOT_DECLARED), (MISSING, SURPLUS)))
#: So many cells are told at most: 200 CommCells with 1000 rows.
_CELLS = 200_000
#: The kind of entity that is the whole CommCell, and what stands in place of its name, which is another one on each.
_WHOLE, _ITSELF = "commcell", "itself"
#: How the kinds of principals in results are told; what is no other one is a user group.
_KINDS = {"user": "user", "external_group": "directory group"}
#: In place of the role of a right that consists of single permissions.
_PERMISSIONS = "single permissions"


class Principal(t.NamedTuple):
    """A group or user in the form in which equal ones are equal on all CommCells."""

    folded: str
    kind: str


class Key(t.NamedTuple):
    """A right of a principal in the form in which equal ones are equal on all CommCells."""

    principal: Principal
    right: tuple[str, str, str]


@dataclass
class CommCell:
    """What is known of one CommCell.

    ``cells``: by right, as far as the results name it; ``mapped``: the principals of which all is known where the list ``is_complete``;
    ``leftover``: groups without an entry, with what they hold in words, None where only some of it is told. ``knows_leftover`` says whether groups
    without an entry that match ``patterns`` are all told: of user groups alone, those of other directories are not looked for.
    """

    name: str
    is_read: bool = False
    is_complete: bool = False
    cells: dict[Key, str] = field(default_factory=dict)
    mapped: set[Principal] = field(default_factory=set)
    leftover: dict[Principal, frozenset[str] | None] = field(default_factory=dict)
    knows_leftover: bool = False
    patterns: tuple[str, ...] = ()

    def set_cell(self, key: Key, state: str) -> None:
        """Note a state; of several for what has the same name, the worst one holds."""
        self.cells[key] = min(self.cells.get(key, state), state, key=_RANKS.__getitem__)

    def get_cell(self, key: Key) -> str:
        """Return what is known of a right here, also where the results do not name it."""
        if not self.is_read:
            return NOT_READ
        known = self.cells.get(key)
        if known is not None:
            return known
        if key.principal in self.mapped:
            return NOT_DECLARED if self.is_complete else NOT_READ
        if key.principal in self.leftover:
            return UNKNOWN if self.leftover[key.principal] is None else NOT_DECLARED
        if key.principal.kind == "group" and matches_any_pattern(key.principal.folded, self.patterns):
            # One that has an entry is never among the groups without: its rows are complete, or nobody knows.
            return NOT_DECLARED if self.knows_leftover and self.is_complete else NOT_READ
        return UNKNOWN


@dataclass
class _Names:
    """How the names of principals and rights are shown: of several ways to write one, the first by order, so that no order of results matters."""

    principals: dict[Principal, str] = field(default_factory=dict)
    rights: dict[Key, tuple[str, str, str]] = field(default_factory=dict)
    words: dict[tuple[Principal, str], Key] = field(default_factory=dict)

    def add(self, name: t.Any, kind: t.Any, right: tuple[str, str, str]) -> Key:
        """Return the key of a right."""
        principal = self.add_principal(name, kind)
        role, entity_type, entity = right = (*right[:2], _ITSELF) if right[1] == _WHOLE else right
        key = Key(principal, (fold_case(role), fold_case(entity_type), fold_case(entity)))
        self.rights[key] = min(self.rights.get(key, right), right)
        words = (principal, fold_case(f"{role} on {entity_type} {entity}"))
        self.words[words] = min(self.words.get(words, key), key)
        return key

    def find_words(self, principal: Principal, text: str) -> Key:
        """Return the key of a right that is told in words only; one of its own where no row tells the same."""
        name = self.principals[principal]
        role, mark, dummy = text.partition(f" on {_WHOLE} ")
        if mark:
            return self.add(name, principal.kind, (role, _WHOLE, ""))
        return self.words.get((principal, fold_case(text))) or self.add(name, principal.kind, (text, "", ""))

    def add_principal(self, name: t.Any, kind: t.Any) -> Principal:
        """Return the principal of this name."""
        shown = to_text(name)
        principal = Principal(fold_case(shown), _KINDS.get(to_text(kind), "group"))
        self.principals[principal] = min(self.principals.get(principal, shown), shown)
        return principal

    def add_row(self, row: Mapping) -> Key:
        """Return the key of a row of a result."""
        right = (
            to_text(row.get("role")) or _PERMISSIONS,
            to_text(row.get("entity_type")),
            to_text(row.get("entity")),
        )
        return self.add(row.get("principal"), row.get("principal_kind"), right)


def compare_commcells(
    results: t.Any, scope: t.Any = None, hosts: t.Any = None, managed_groups: t.Any = None
) -> dict[str, t.Any]:
    """Return the comparison: the ``commcells`` by name, those ``not_read``, ``principals`` and ``rows`` with the state of each on every CommCell.

    *results*: registered results by host; *scope*: that of the run; *hosts*: what came of the run on each, which says whether their results are
    the plan or what was written; *managed_groups*: the role's variable, or by host what it is there. Of rows and principals, what differs comes first
    where not all are told.
    """
    given, chosen = require_mapping(results, "the results by host"), require_mapping(scope, "the scope")
    concluded = require_mapping(hosts, "what came of the hosts")
    patterns = read_managed_groups(managed_groups)
    elsewhere = {to_text(name) for name in require_list(chosen.get("elsewhere"), "elsewhere")}
    found: dict[str, list[Mapping]] = {}
    for key in ("commcells", "left_out"):
        found.update({to_text(name): [] for name in require_list(chosen.get(key), key)})
    for host, listed in given.items():
        if host != ENTRA:
            found[to_text(host)] = flatten_results(require_list(listed, "the results of a host"))
    names = _Names()
    cells, held = [], []
    for host in sorted(set(found) - elsewhere, key=lambda name: (fold_case(name), name)):
        status = require_mapping(concluded.get(host), "what came of a host").get("status")
        commcell, leftover = _read_commcell(to_text(make_visible(host)), found[host], status in _WRITTEN, names)
        commcell.patterns = tuple(map(to_text, patterns(host)))
        cells.append(commcell)
        held.append(leftover)
    # Now that all rights are known: what is told in words only may be one of them.
    for commcell, leftover in zip(cells, held, strict=True):
        for principal, texts in leftover.items():
            for text in texts:
                right = names.find_words(principal, text)
                if commcell.cells.get(right) != NOT_DECLARED:  # else this run took it away
                    commcell.set_cell(right, SURPLUS)
    return _build_comparison(cells, names, sorted(map(make_visible, elsewhere)))


def _read_commcell(
    name: str, results: t.Sequence[Mapping], is_written: bool, names: _Names
) -> tuple[CommCell, dict[Principal, list[str]]]:
    """Return what the results of one CommCell say, and what groups without an entry hold, in words."""
    commcell = CommCell(name)
    # In a plan, a task that failed is told as one that has not: its error tells it.
    done = [result for result in results if not (result.get("failed") or "error" in result or result.get("skipped"))]
    told = next((found for found in (result.get("role_mappings") for result in done) if found), None)
    mapping = require_mapping(told, "role_mappings")
    if not isinstance(mapping.get("grants"), (list, tuple)):  # their number alone says nothing
        return commcell, {}
    rows = {
        kind: require_mappings(_list_known(mapping, kind), kind)
        for kind in ("grants", "added", "removed", "not_confirmed", "surplus", "other", "unmanaged")
    }
    rows = {kind: make_visible(listed) for kind, listed in rows.items()}
    commcell.is_read = True
    commcell.is_complete = isinstance(mapping.get("surplus"), (list, tuple))
    commcell.knows_leftover = isinstance(mapping.get("unmanaged"), (list, tuple))
    _note_declared(commcell, rows, is_written, bool(mapping.get("remaining")), names)
    for row in rows["surplus"]:
        key = names.add_row(row)
        commcell.mapped.add(key.principal)
        commcell.set_cell(key, NOT_DECLARED if is_written and row.get("removed") else SURPLUS)
    for row in rows["removed"]:
        commcell.set_cell(names.add_row(row), NOT_DECLARED if is_written else SURPLUS)
    for row in rows["other"]:
        key = names.add_row(row)
        if commcell.cells.get(key, NOT_DECLARED) == NOT_DECLARED:
            commcell.set_cell(key, SURPLUS)
    held: dict[Principal, list[str]] = {}
    for row in rows["unmanaged"]:
        principal = names.add_principal(row.get("user_group"), "group")
        texts = [to_text(text) for text in require_list(row.get("held"), "held")]
        is_whole = len(texts) == row.get("grants")
        # Two groups without an entry may have one name.
        known = commcell.leftover.get(principal, frozenset())
        is_whole = len(texts) == row.get("grants") and known is not None
        commcell.leftover[principal] = (known or frozenset()).union(texts) if is_whole else None
        held.setdefault(principal, []).extend([] if is_written and row.get("removed") else texts)
    return commcell, held


def _list_known(mapping: Mapping, kind: str) -> t.Any:
    """Return the rows of a kind; none in place of a text that says that they are not known."""
    listed = mapping.get(kind)
    return None if isinstance(listed, str) else listed


def _note_declared(
    commcell: CommCell, rows: t.Mapping[str, list[Mapping]], is_written: bool, is_part: bool, names: _Names
) -> None:
    """Note the rights that the document declares here. *is_part*: some requests are left to a later run, and nobody says which."""
    added = {names.add_row(row) for row in rows["added"]}
    unconfirmed = {names.add_row(row) for row in rows["not_confirmed"]}
    for key in [*map(names.add_row, rows["grants"]), *sorted(added)]:
        commcell.mapped.add(key.principal)
        if key in unconfirmed:
            state = UNKNOWN
        elif key in added:
            state = IN_LINE if is_written else MISSING
        else:
            state = UNKNOWN if is_part else IN_LINE
        commcell.set_cell(key, state)


def _build_comparison(cells: t.Sequence[CommCell], names: _Names, elsewhere: list[str]) -> dict[str, t.Any]:
    """Return the comparison as data."""
    rows: list[dict[str, t.Any]] = []
    principals: dict[Principal, list[dict[str, t.Any]]] = {}
    for key in sorted(names.rights, key=lambda key: (key, names.rights[key])):
        states = [commcell.get_cell(key) for commcell in cells]
        role, entity_type, entity = names.rights[key]
        row = {
            "principal": names.principals[key.principal],
            "principal_kind": key.principal.kind,
            "role": role,
            "entity_type": entity_type,
            "entity": entity,
            **_judge([states]),
            "cells": states,
        }
        rows.append(row)
        principals.setdefault(key.principal, []).append(row)
    told = [_sum_up(listed) for listed in principals.values()]
    limit = max(1, _CELLS // max(1, len(cells)))
    return {
        "commcells": [commcell.name for commcell in cells],
        "not_read": [commcell.name for commcell in cells if not commcell.is_read],
        "elsewhere": elsewhere,
        "counts": {
            "principals": len(told),
            **{key: sum(row[key] for row in told) for key in ("differs_between", "differs_from_document")},
            "unknown": sum(any(state in (UNKNOWN, NOT_READ) for state in row["cells"]) for row in told),
            "rows": len(rows),
        },
        "principals": _select(told, limit),
        "principals_left_out": max(0, len(told) - limit),
        "rows": _select(rows, limit),
        "rows_left_out": max(0, len(rows) - limit),
    }


def _judge(lines: t.Sequence[t.Sequence[str]]) -> dict[str, bool]:
    """Return whether CommCells differ in what is there, and whether any differs from the document."""
    states = [frozenset(line) for line in lines]
    return {
        "differs_between": any(found & _HELD and found & _ABSENT for found in states),
        "differs_from_document": any(bool(found & _WRONG) for found in states),
    }


def _sum_up(rows: t.Sequence[Mapping]) -> dict[str, t.Any]:
    """Return the row of a principal, with the worst of its states on each CommCell."""
    columns = zip(*(row["cells"] for row in rows), strict=True)
    return {
        "principal": rows[0]["principal"],
        "principal_kind": rows[0]["principal_kind"],
        "rights": len(rows),
        **{key: any(row[key] for row in rows) for key in ("differs_between", "differs_from_document")},
        "cells": [min(column, key=_RANKS.__getitem__) for column in columns],
    }


def _select(rows: list[dict[str, t.Any]], limit: int) -> list[dict[str, t.Any]]:
    """Return at most *limit* rows in their order, those that differ before all others."""
    if len(rows) <= limit:
        return rows
    order = sorted(range(len(rows)), key=lambda number: (not is_differing(rows[number]), number))
    return [rows[number] for number in sorted(order[:limit])]


def is_differing(row: Mapping) -> bool:
    """Return whether a row of the comparison is told by itself."""
    return bool(row.get("differs_between") or row.get("differs_from_document"))
