# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Lookup of the objects of one kind by name or id. A name means the task's own level, and letter case does not matter."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._core.errors import AmbiguousMatch, NotFound
from .._core.names import (
    describe_difference,
    find_appearances,
    find_nearest_names,
    fold_case,
    is_same_name,
    matches_pattern,
)
from .references import ObjectReference, format_reference, parse_id

#: The company name that stands for "of no company, at the level of the CommCell".
COMMCELL_LEVEL = "Commcell"
_NEAR = 3


@dataclass(frozen=True)
class Entry:
    """One object of a list. ``company`` is None at CommCell level; ``aliases`` are other names by which it is found.

    ``raw`` is the row as the service wrote it. ``company_shown`` is false where the release does not show the companies of objects.
    """

    id: int
    name: str
    company: str | None = None
    raw: t.Mapping[str, t.Any] = field(default_factory=dict, compare=False, repr=False)
    company_id: int | None = None
    aliases: tuple[str, ...] = ()
    company_shown: bool = field(default=True, compare=False)

    @property
    def azure_guid(self) -> str | None:
        """The object id of the linked Entra group, lower case; None when there is none or the list does not show it."""
        return str(self.raw["azureGUID"]).lower() if self.raw.get("azureGUID") else None

    @property
    def label(self) -> str:
        """Name, id and company for messages."""
        return f"{self.name} (id {self.id}{f', company {self.company}' if self.company else ''})"

    @property
    def exact_form(self) -> str:
        """The reference that means this object at its level, for messages: with its company, else by id."""
        if not self.company_shown or (self.company is not None and is_commcell_level(self.company)):
            return f"{{id: {self.id}}}"
        return format_reference(self.name, self.company or COMMCELL_LEVEL)


class CompanyKeys(t.NamedTuple):
    """The names and aliases (after fold_case) and the ids by which lists refer to one company."""

    names: t.AbstractSet[str]
    ids: t.AbstractSet[int]


@dataclass(frozen=True)
class OwnLevel:
    """The level at which a name without a company is looked up: the CommCell (id 0), or the company that the task acts in."""

    company_id: int = 0
    company: str | None = None

    def __str__(self) -> str:
        return f"in company {self.company or self.company_id}" if self.company_id else "at the level of the CommCell"


def is_commcell_level(company: str | int) -> bool:
    """Return whether *company* stands for the CommCell: empty, 0 or the word Commcell."""
    return fold_case(str(company)) in ("", "0", fold_case(COMMCELL_LEVEL))


def name_with_company(name: str, company: str | None) -> str:
    """Return a name for people; an object in a company says so."""
    return name if company is None or is_commcell_level(company) else f"{name} (company {company})"


def pluralize(noun: str) -> str:
    """Return the plural of a noun: users, companies."""
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


Refresh = t.Callable[[], t.Sequence[Entry]]


def build_company_keys(company: str | int) -> CompanyKeys:
    """Return the keys of a company of which only the given name or id is known."""
    if isinstance(company, int):
        return CompanyKeys(set(), {company})
    number = parse_id(company)
    return CompanyKeys({fold_case(company)}, set() if number is None else {number})


class Catalogue:
    r"""The objects of one kind, found by name or id.

    When an object is not found, ``refresh`` reads the list once more past the service's cache. ``own_level`` is None for kinds
    that belong to no company. ``company_keys`` returns how lists refer to a company, ``has_companies`` whether there is any; both
    may send requests. ``qualified``: names such as ``company\user`` may carry their company or directory, as those of users and groups.
    ``is_there`` tells whether a listed object can be read: it is asked where several answer to a name, since lists may show what was deleted.
    """

    def __init__(
        self,
        noun: str,
        entries: t.Sequence[Entry],
        refresh: Refresh | None = None,
        company_keys: t.Callable[[str | int], CompanyKeys] = build_company_keys,
        *,
        own_level: OwnLevel | None = OwnLevel(),  # noqa: B008 -- immutable
        has_companies: t.Callable[[], bool] = lambda: False,
        qualified: bool = False,
        is_there: t.Callable[[Entry], bool] | None = None,
    ) -> None:
        self.noun, self.own_level = noun, own_level or OwnLevel()
        self._has_levels = own_level is not None
        self._refresh, self._company_keys, self._has_companies = refresh, company_keys, has_companies
        self._qualified, self._is_there = qualified, is_there
        self._index(entries)

    def __iter__(self) -> t.Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, name_or_id: str | int, company: str | int | None = None) -> Entry:
        """Return the one object of this name or id.

        Letter case decides only between names that differ in nothing else. ``company`` is a name, an alias or an id (a number is
        an id only), or ``Commcell``. Without it a name means the task's own level, and an id any object of this id. Raises
        AmbiguousMatch with the candidates, and NotFound as build_not_found makes it.
        """
        found = self._find_one(name_or_id, company)
        if found is None:
            raise self.build_not_found(name_or_id, company)
        return found

    def get(self, name_or_id: str | int, company: str | int | None = None) -> Entry | None:
        """Return the one object of this name or id as find does; None when there is none. Raises AmbiguousMatch."""
        return self._find_one(name_or_id, company)

    def find_reference(self, reference: ObjectReference) -> Entry:
        """Return the object of a reference. Raises AmbiguousMatch, and NotFound also for an id whose object has another name."""
        found = self.find(reference.id if reference.id is not None else str(reference.name), reference.company)
        if reference.id is not None and reference.name is not None and not is_same_name(found.name, reference.name):
            raise NotFound(
                f"No {self.noun} has the id {reference.id} and the name {reference.name!r}: the id belongs to "
                f"{found.label}. Give only one of the two, or correct the wrong one.",
                service="Commvault",
                near=[found.label],
            )
        return found

    def get_by_id(self, number: int) -> Entry | None:
        """Return the object of this id in the list that was read; None when it is not in it. No request is sent."""
        return self._by_id.get(number)

    def find_matching(self, pattern: str, company: str | int | None = None) -> list[Entry]:
        """Return the objects of one level (as for find) whose name matches a shell pattern in any letter case, sorted by name."""
        found = self._select_level(self._select_matching(pattern), company)
        if not found and self.refresh_once():
            found = self._select_level(self._select_matching(pattern), company)
        return found

    def find_matching_elsewhere(self, pattern: str, company: str | int | None = None) -> list[Entry]:
        """Return the objects of other levels whose name matches, for messages. The list is not read again."""
        return self._select_other_levels(self._select_matching(pattern), company)

    def filter_by_level(self, entries: t.Iterable[Entry], company: str | int | None = None) -> list[Entry]:
        """Return those of *entries* that are of this company, by default of the task's own level."""
        return self._select_level(list(entries), company)

    def find_lookalikes(self, name: str) -> list[Entry]:
        """Return objects of any company with another name that looks equal to *name*."""
        if not self._by_appearance:
            for entry in self._entries:
                for seen in find_appearances(entry.name):
                    self._by_appearance.setdefault(seen, []).append(entry)
        found = {entry.id: entry for seen in find_appearances(name) for entry in self._by_appearance.get(seen, ())}
        return [entry for dummy, entry in sorted(found.items()) if not is_same_name(entry.name, name)]

    def refresh_once(self) -> bool:
        """Read the list again past the service's cache, unless that was done before; return whether it was done now."""
        if self._refresh is None:
            return False
        refresh, self._refresh = self._refresh, None
        self._index(refresh())
        return True

    def replace_entries(self, entries: t.Sequence[Entry]) -> None:
        """Replace the list, for example by one that was read after a write."""
        self._index(entries)

    def _index(self, entries: t.Sequence[Entry]) -> None:
        self._entries = tuple(sorted(entries, key=lambda entry: (fold_case(entry.name), entry.name, entry.id)))
        self._by_id = {entry.id: entry for entry in self._entries}
        self._by_name: dict[str, list[Entry]] = {}
        self._by_alias: dict[str, list[Entry]] = {}
        self._by_short_name: dict[str, list[Entry]] = {}
        self._by_appearance: dict[str, list[Entry]] = {}
        for entry in self._entries:
            self._by_name.setdefault(fold_case(entry.name), []).append(entry)
            for alias in entry.aliases:
                self._by_alias.setdefault(fold_case(alias), []).append(entry)
            if self._qualified and entry.company is not None and "\\" in entry.name:
                self._by_short_name.setdefault(fold_case(entry.name.partition("\\")[2]), []).append(entry)

    def _find_one(self, name_or_id: str | int, company: str | int | None) -> Entry | None:
        found = self._find_candidates(name_or_id, company)
        if not found and self.refresh_once():
            found = self._find_candidates(name_or_id, company)
        if len(found) > 1 and self._is_there is not None:
            found = [entry for entry in found if self._is_there(entry)] or found
        if len(found) > 1:
            listed = "; ".join(entry.label for entry in found)
            raise AmbiguousMatch(
                f"{len(found)} {pluralize(self.noun)} are named {name_or_id!r}: {listed}. Give the company or the id.",
                candidates=[str(entry.id) for entry in found],
            )
        return found[0] if found else None

    def _find_candidates(self, name_or_id: str | int, company: str | int | None) -> list[Entry]:
        if isinstance(name_or_id, int):
            known = [self._by_id[name_or_id]] if name_or_id in self._by_id else []
            return known if company is None else self._select_level(known, company)
        for index in (self._by_name, self._by_alias):
            found = self._select_named(index.get(fold_case(name_or_id), []), company)
            exact = [entry for entry in found if entry.name == name_or_id]
            if found:
                return exact if len(exact) == 1 else found
        short = self._select_level(self._by_short_name.get(fold_case(name_or_id), []), company)
        short = [entry for entry in short if self._has_company_prefix(entry)]
        number = parse_id(name_or_id)
        if short or number is None:
            return short
        # An id written as text is no exact form of a reference: it may as well be the name of something that is gone.
        return self._select_level([self._by_id[number]] if number in self._by_id else [], company)

    def _select_named(self, entries: t.Sequence[Entry], company: str | int | None) -> list[Entry]:
        found = self._select_level(entries, company)
        if found or company is not None or not self._qualified:
            return found
        return [entry for entry in entries if self._has_company_prefix(entry)]

    def _has_company_prefix(self, entry: Entry) -> bool:
        r"""Return whether the entry's name begins with its company, such as ``corp\Ops Team`` of company corp."""
        prefix, separator, dummy = entry.name.partition("\\")
        if not separator or entry.company is None:
            return False
        if is_same_name(prefix, entry.company):
            return True
        known = entry.company if entry.company_id is None else entry.company_id
        return fold_case(prefix) in self._company_keys(known).names

    def _select_level(self, entries: t.Sequence[Entry], company: str | int | None) -> list[Entry]:
        """Return those of *entries* that are of this company; None is the own level."""
        if not entries:
            return []
        if company is None and self.own_level.company_id:
            own = self.own_level
            found = [entry for entry in entries if entry.company_id == own.company_id]
            rest = [entry for entry in entries if entry.company_id is None and entry.company is not None]
            if rest:
                names = set(self._company_keys(own.company_id).names)
                if own.company and parse_id(own.company) != own.company_id:
                    names.add(fold_case(own.company))
                found += [entry for entry in rest if fold_case(str(entry.company)) in names]
            return found
        if company is None or is_commcell_level(company):
            return [entry for entry in entries if entry.company is None and self._is_surely_of_commcell(entry)]
        # Only its id tells a company from another one that has the alias or the id of the first for a name.
        keys = self._company_keys(company)
        return [entry for entry in entries if _is_of_company(entry, keys)]

    def _is_surely_of_commcell(self, entry: Entry) -> bool:
        """Return whether an entry without a company is one of the CommCell: the list shows companies, or there are none."""
        return entry.company_shown or not self._has_companies()

    def _select_other_levels(self, entries: t.Sequence[Entry], company: str | int | None) -> list[Entry]:
        within = {entry.id for entry in self._select_level(entries, company)}
        return [entry for entry in entries if entry.id not in within]

    def _select_matching(self, pattern: str) -> list[Entry]:
        return [entry for entry in self._entries if matches_pattern(entry.name, pattern)]

    def build_not_found(self, name_or_id: str | int, company: str | int | None) -> NotFound:
        """Return the error for an object that is not there. No request is sent.

        It names what is near: the same name at other levels with the form to write if it is meant, names that look equal, similar names.
        """
        where = f" {self.own_level}" if self._has_levels else ""
        if company is not None:
            where = f" {OwnLevel()}" if is_commcell_level(company) else f" in company {company}"
        if isinstance(name_or_id, int):
            return NotFound(
                f"No {self.noun} has the id {name_or_id}{where if company is not None else ''}.", service="Commvault"
            )
        key = fold_case(name_or_id)
        elsewhere = {entry.id: entry for index in (self._by_name, self._by_alias) for entry in index.get(key, ())}
        number = parse_id(name_or_id)
        if number is not None and number in self._by_id:
            elsewhere.setdefault(number, self._by_id[number])
        alike = self.find_lookalikes(name_or_id)
        told = {*elsewhere, *(entry.id for entry in alike)}
        similar = [
            entry
            for name in find_nearest_names(name_or_id, (entry.name for entry in self._entries), _NEAR)
            for entry in self._by_name[fold_case(name)]
            if entry.id not in told
        ]
        parts = [f"No {self.noun} is named {name_or_id!r}{where}, or it is not visible to this account."]
        parts += [_describe_other_level(entry) for entry in list(elsewhere.values())[:_NEAR]]
        parts += [_describe_lookalike(entry, name_or_id) for entry in alike[:_NEAR]]
        names = [entry.label if entry.company else entry.name for entry in similar][:_NEAR]
        if names:
            parts.append(f"Near: {', '.join(names)}.")
        near = [entry.label for entry in (*elsewhere.values(), *alike)][:_NEAR] + names
        return NotFound(" ".join(parts), service="Commvault", near=near or None)


def _describe_other_level(entry: Entry) -> str:
    if not entry.company_shown:
        return f"Similar: {entry.label}. This release does not show whether it belongs to a company. If you mean it, write {entry.exact_form}."
    place = "of another company" if entry.company else "at the level of the CommCell"
    return f"Similar: {entry.label}, which is {place}. If you mean it, write {entry.exact_form}."


def _describe_lookalike(entry: Entry, name: str) -> str:
    return f"Similar: {entry.label} looks the same but is a different name: it {describe_difference(name, entry.name)}."


def _is_of_company(entry: Entry, keys: CompanyKeys) -> bool:
    if entry.company_id is not None and keys.ids:
        return entry.company_id in keys.ids
    return entry.company is not None and fold_case(entry.company) in keys.names
