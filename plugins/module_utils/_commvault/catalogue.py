# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and ids of one kind of object. A name is compared without regard to letter case, and never guessed."""

from __future__ import annotations

import difflib
import fnmatch
import typing as t
from dataclasses import dataclass, field

from .._core.errors import AmbiguousMatch, NotFound
from .._core.values import folded

#: The company name that stands for "of no company, at the level of the CommCell".
COMMCELL_LEVEL = "Commcell"
_NEAR = 3


@dataclass(frozen=True)
class Entry:
    """One object of a list. ``company`` is None at CommCell level; ``aliases`` are other names it answers to."""

    id: int
    name: str
    company: str | None = None
    raw: t.Mapping[str, t.Any] = field(default_factory=dict, compare=False, repr=False)
    company_id: int | None = None
    aliases: tuple[str, ...] = ()

    @property
    def azure_guid(self) -> str | None:
        """Object id of the linked Entra group, lower case, where the list shows it."""
        return str(self.raw["azureGUID"]).lower() if self.raw.get("azureGUID") else None

    @property
    def label(self) -> str:
        """For messages: name, company and id."""
        return f"{self.name} (id {self.id}{f', company {self.company}' if self.company else ''})"


def plural(noun: str) -> str:
    """Users, companies."""
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


Refresh = t.Callable[[], t.Sequence[Entry]]
#: All ways to name a company: folded names and its id as text.
CompanyNames = t.Callable[[str], t.AbstractSet[str]]


def _company_as_given(company: str) -> t.AbstractSet[str]:
    return {folded(company)}


class Catalogue:
    """All objects of one kind. On a miss the list is read once more past the service's cache; what is missing then is missing."""

    def __init__(
        self,
        noun: str,
        entries: t.Sequence[Entry],
        refresh: Refresh | None = None,
        company_names: CompanyNames = _company_as_given,
    ) -> None:
        self.noun = noun
        self._refresh, self._company_names = refresh, company_names
        self._index(entries)

    def __iter__(self) -> t.Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, name_or_id: str | int, company: str | None = None) -> Entry:
        """The one object of this name or id.

        Letter case decides only between names that differ in nothing else. ``company`` (name, alias or id; ``Commcell`` for
        the CommCell level) narrows the search; None looks everywhere. Raises AmbiguousMatch with the candidates, NotFound
        with up to three near names.
        """
        found = self._candidates(name_or_id, company)
        if not found and self.refresh_once():
            found = self._candidates(name_or_id, company)
        if len(found) == 1:
            return found[0]
        if found:
            listed = "; ".join(entry.label for entry in found)
            raise AmbiguousMatch(
                f"{len(found)} {plural(self.noun)} are named {name_or_id!r}: {listed}. Give the company or the id.",
                candidates=[str(entry.id) for entry in found],
            )
        raise self._missing(name_or_id, company)

    def get(self, name_or_id: str | int, company: str | None = None) -> Entry | None:
        """As find, but None when there is none."""
        try:
            return self.find(name_or_id, company)
        except NotFound:
            return None

    def by_id(self, number: int) -> Entry | None:
        """The object of this id in what is at hand; nothing is read."""
        return self._by_id.get(number)

    def matching(self, pattern: str) -> list[Entry]:
        """Objects whose name matches a shell pattern without regard to case, sorted by name."""
        found = self._matching(pattern)
        if not found and self.refresh_once():
            found = self._matching(pattern)
        return found

    def refresh_once(self) -> bool:
        """Read the list again past the service's cache, unless that was done already. True when it was done now."""
        if self._refresh is None:
            return False
        refresh, self._refresh = self._refresh, None
        self._index(refresh())
        return True

    def replace(self, entries: t.Sequence[Entry]) -> None:
        """Go on with another list, such as one read after a write."""
        self._index(entries)

    def _index(self, entries: t.Sequence[Entry]) -> None:
        self._entries = tuple(sorted(entries, key=lambda entry: (folded(entry.name), entry.name, entry.id)))
        self._by_id = {entry.id: entry for entry in self._entries}
        self._by_name: dict[str, list[Entry]] = {}
        self._by_alias: dict[str, list[Entry]] = {}
        for entry in self._entries:
            self._by_name.setdefault(folded(entry.name), []).append(entry)
            for alias in entry.aliases:
                self._by_alias.setdefault(folded(alias), []).append(entry)

    def _candidates(self, name_or_id: str | int, company: str | None) -> list[Entry]:
        if isinstance(name_or_id, int):
            return self._within([self._by_id[name_or_id]] if name_or_id in self._by_id else [], company)
        for index in (self._by_name, self._by_alias):
            found = self._within(index.get(folded(name_or_id), []), company)
            exact = [entry for entry in found if entry.name == name_or_id]
            if found:
                return exact if len(exact) == 1 else found
        if name_or_id.isascii() and name_or_id.isdigit():
            return self._candidates(int(name_or_id), company)
        return []

    def _within(self, entries: t.Sequence[Entry], company: str | None) -> list[Entry]:
        if company is None or not entries:
            return list(entries)
        if folded(company) in ("", "0", folded(COMMCELL_LEVEL)):
            return [entry for entry in entries if entry.company is None]
        wanted = {folded(company)}
        found = [entry for entry in entries if _of_company(entry, wanted)]
        return found or [entry for entry in entries if _of_company(entry, self._company_names(company))]

    def _matching(self, pattern: str) -> list[Entry]:
        return [entry for entry in self._entries if fnmatch.fnmatchcase(folded(entry.name), folded(pattern))]

    def _missing(self, name_or_id: str | int, company: str | None) -> NotFound:
        where = f" in company {company}" if company else ""
        if isinstance(name_or_id, int):
            return NotFound(f"No {self.noun} has the id {name_or_id}{where}.", service="Commvault")
        near = difflib.get_close_matches(folded(name_or_id), self._by_name, n=_NEAR, cutoff=0.6)
        names = [entry.label if entry.company else entry.name for key in near for entry in self._by_name[key]][:_NEAR]
        hint = f" Near: {', '.join(names)}." if names else ""
        return NotFound(
            f"No {self.noun} is named {name_or_id!r}{where}, or it is not visible to this account.{hint}",
            service="Commvault",
            near=names or None,
        )


def _of_company(entry: Entry, names: t.AbstractSet[str]) -> bool:
    return (entry.company is not None and folded(entry.company) in names) or (
        bool(entry.company_id) and str(entry.company_id) in names
    )
