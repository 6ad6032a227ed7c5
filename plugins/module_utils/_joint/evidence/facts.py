# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""All that rows and findings are made of, each part made once: documents with indexes, people, grants and who holds them. Pure."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ..._core.values import parse_time
from .commcell_side import CommCellSide
from .entra_side import EntraSide
from .grants import Grant, expand_grants, list_grants
from .holders import Holder, Holders
from .mapping import MappingOfCommCell, read_mapping
from .people import PeopleOfCommCell
from .privilege import Privileges
from .tables import Inputs, Row


class AccessRow(t.NamedTuple):
    """One row of ``access`` with what it was made of."""

    grant: Grant
    holder: Holder
    row: Row


@dataclass(frozen=True)
class CellFacts:
    """One CommCell."""

    side: CommCellSide
    privileges: Privileges
    people: PeopleOfCommCell
    holders: Holders
    mapping: MappingOfCommCell
    grants: t.Sequence[Grant]
    access: t.Sequence[AccessRow]

    @property
    def name(self) -> str:
        """The name of the CommCell."""
        return self.side.name


@dataclass(frozen=True)
class Facts:
    """Everything. ``date``: the day on which the last document was finished, empty where none says so."""

    inputs: Inputs
    entra: EntraSide
    cells: t.Sequence[CellFacts]
    date: str


def collect_facts(inputs: Inputs) -> Facts:
    """Return what the documents say, with the people joined and the grants expanded."""
    entra = EntraSide(inputs.entra)
    cells = [
        _collect_cell(CommCellSide(document), entra, inputs)
        for document in sorted(inputs.commcells, key=lambda one: str(one["name"]))
    ]
    return Facts(inputs, entra, cells, max([entra.date, *(cell.side.date for cell in cells)]))


def _collect_cell(side: CommCellSide, entra: EntraSide, inputs: Inputs) -> CellFacts:
    privileges, people = Privileges(side), PeopleOfCommCell(side, entra)
    holders, mapping = (
        Holders(side, entra, people),
        read_mapping(inputs.document, side, entra, are_people_hidden=inputs.are_people_hidden),
    )
    grants = list_grants(side, privileges)
    access = [AccessRow(*made) for made in expand_grants(grants, holders, mapping.describe)]
    return CellFacts(side, privileges, people, holders, mapping, grants, access)


def get_day(value: t.Any) -> datetime.date | None:
    """Return the day of a date in text; None for anything else."""
    try:
        return parse_time(str(value)).date()
    except ValueError:
        return None


def is_before(value: t.Any, day: str, days: int = 0) -> bool:
    """Return whether a date lies before a day, or within so many *days* after it; False where either is no date."""
    moment, today = get_day(value), get_day(day)
    return moment is not None and today is not None and (moment - today).days < days
