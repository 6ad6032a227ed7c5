# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the resolver of role mappings asks of a CommCell and of Entra ID, answered from documents instead of the services. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL, Catalogue, CompanyKeys, Entry, build_company_keys, is_commcell_level
from ..._commvault.listings import LISTINGS
from ..._commvault.references import parse_id
from ..._core.context import Clock, Context
from ..._core.errors import AmbiguousMatch
from ..._core.names import fold_case, is_same_name
from ..mappings.entra_groups import EntraGroup
from ..mappings.parse import MappingEntry, Problem, make_problem
from .commcell_side import CommCellSide, Row
from .entra_side import EntraSide

_QUALIFIED = ("users", "user_groups", "external_groups")


class _StoppedClock(Clock):
    """A clock that stands still, so that nothing depends on how long the work takes."""

    def monotonic(self) -> float:
        """Return always the same."""
        return 0.0


class _Silence:
    """A reporter that drops everything."""

    def debug(self, level: int, message: str) -> None:
        """Drop *message*."""

    def progress(self, message: str) -> None:
        """Drop *message*."""

    def prompt(self, message: str) -> None:
        """Drop *message*."""


def make_quiet_context() -> Context:
    """Return a context that tells nobody and in which no time passes."""
    return Context({}, _Silence(), clock=_StoppedClock())


class SnapshotDirectory:
    """Client and directory of a CommCell in one, as far as the resolver asks them; there is nothing that it may send."""

    def __init__(self, side: CommCellSide) -> None:
        cell = side.document.get("commcell") or {}
        self._side = side
        self.commcell_id = parse_id(cell.get("id")) or 0
        self.commcell_name = str(cell.get("name") or "")
        self.company_id, self.company_name = 0, None
        self._catalogues: dict[str, Catalogue] = {}

    def read_catalogue(self, kind: str) -> Catalogue:
        """Return all objects of a kind that the document has."""
        if kind not in self._catalogues:
            listing = LISTINGS[kind]
            rows = self._list_rows(kind)
            has_levels = {} if listing.companies else {"own_level": None}
            self._catalogues[kind] = Catalogue(
                listing.noun,
                [entry for entry in map(_build_entry, rows) if entry is not None],
                company_keys=self._find_company_keys,
                has_companies=lambda: bool(self._side.entities["company"]),
                qualified=kind in _QUALIFIED,
                **t.cast(t.Any, has_levels),
            )
        return self._catalogues[kind]

    def _list_rows(self, kind: str) -> t.Iterable[Row]:
        if kind == "companies":
            return self._side.entities["company"].values()
        found = self._side.entities.get(kind)
        return found.values() if found is not None else (self._side.document.get(kind) or ())

    def read_linked_object_id(self, group_id: int) -> str | None:
        """Return the object id of the Entra group that a user group is linked to, in lower case; None for none."""
        linked = (self._side.groups.get(str(group_id)) or {}).get("entra_group_id")
        return str(linked).lower() if linked else None

    def find_company_id(self, given: str | int | None) -> int | None:
        """Return the id of a given company: 0 for the CommCell, None when none is given. Raises NotFound, AmbiguousMatch."""
        if given is None or given == "":
            return None
        return 0 if is_commcell_level(given) else self.read_catalogue("companies").find(given).id

    def _find_company_keys(self, company: str | int) -> CompanyKeys:
        found = self.read_catalogue("companies").get(company)
        if found is None:
            return build_company_keys(company)
        return CompanyKeys({fold_case(name) for name in (found.name, *found.aliases)}, {found.id})


def _build_entry(row: Row) -> Entry | None:
    number = parse_id(row.get("id"))
    if number is None or row.get("name") is None:
        return None
    company = row.get("company")
    is_own = company is None or is_same_name(str(company), COMMCELL_LEVEL)
    alias = (str(row["alias"]),) if row.get("alias") else ()
    raw = {"azureGUID": row.get("entra_group_id")} if "entra_group_id" in row else {}
    return Entry(number, str(row["name"]), None if is_own else str(company), raw, aliases=alias)


class SnapshotGroups:
    """The Entra groups of a mapping, found in the Entra document. Without one, a group is what its entry says of it."""

    def __init__(self, entra: EntraSide, match_by: str) -> None:
        self._entra, self._match_by = entra, match_by
        self._found: dict[str, EntraGroup | None] = {}

    def look_up(self, entries: t.Sequence[MappingEntry], problems: list[Problem]) -> None:
        """Find the groups of *entries*; what is wrong with them is added to *problems*."""
        for entry in entries:
            self._found[entry.where] = self._find(entry, problems)

    def find_group(self, entry: MappingEntry) -> EntraGroup | None:
        """Return the group of an entry that was looked up, None when that failed."""
        return self._found.get(entry.where)

    def list_expected_names(self) -> list[str]:
        """Return the names of the Commvault groups that the entries claim."""
        return [group.expected_name for group in self._found.values() if group and group.expected_name]

    def _find(self, entry: MappingEntry, problems: list[Problem]) -> EntraGroup | None:
        name = entry.principal.name
        if entry.object_id is not None:
            wire = self._entra.groups.get(entry.object_id)
            return self._make(entry, entry.object_id, wire, name)
        alike = [
            group
            for group in self._entra.groups_by_name.get(fold_case(str(name)), ())
            if is_same_name(str(group.get("displayName")), str(name))
        ]
        if len(alike) > 1:
            told = f"{len(alike)} Entra groups are named {name!r}: give object_id"
            problems.append(make_problem(f"{entry.where}.principal.entra_group", told, AmbiguousMatch.kind))
            return None
        return self._make(entry, str(alike[0]["id"]).lower() if alike else None, alike[0] if alike else None, name)

    def _make(self, entry: MappingEntry, object_id: str | None, wire: Row | None, name: str | None) -> EntraGroup:
        shown = str(wire["displayName"]) if wire and wire.get("displayName") else name
        sam = (wire or {}).get("onPremisesSamAccountName")
        expected = {
            "object_id_name": object_id,
            "sam_account_name": str(sam) if sam else None,
        }.get(self._match_by, shown)
        return EntraGroup(object_id, shown, expected, entry.object_id is not None)
