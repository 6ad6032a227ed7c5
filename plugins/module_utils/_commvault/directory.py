# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The lists and details of a CommServe's objects, each read once per task, when it is first asked for."""

from __future__ import annotations

import threading
import typing as t

from .._core.addresses import quote_segment
from .._core.errors import AmbiguousMatch, ApiError
from .._core.names import fold_case
from .._core.polling import Backoff
from . import listings
from .catalogue import Catalogue, CompanyKeys, Entry, build_company_keys, is_commcell_level, pluralize
from .client import CommvaultClient
from .envelope import is_declined, is_withheld
from .references import parse_id

#: Kinds whose names may begin with a company or a directory, such as ``corp\\jvega``.
_QUALIFIED = ("users", "user_groups", "external_groups")
#: The call that reads one object of a kind, for kinds whose lists are checked with it: lists lag behind writes.
_DETAIL_PATHS = {"roles": "V4/Role", "user_groups": "V4/UserGroup", "users": "V4/User"}
_GROUP_KINDS = ("user_groups", "external_groups")
#: How often an object that is listed and not there when it is read is looked for.
_LOOKS = 4


class Directory:
    """The lists and user groups of a CommServe, cached for the task. Threads may share one."""

    def __init__(self, client: CommvaultClient) -> None:
        self._client = client
        self._lock = threading.RLock()
        self._answers: dict[tuple[str, bool], dict[str, t.Any] | None] = {}
        self._catalogues: dict[str, Catalogue] = {}
        self._details: dict[int, dict[str, t.Any] | None] = {}
        self._gone: dict[str, set[int]] = {}

    def read_catalogue(self, kind: str) -> Catalogue:
        """Return all objects of a kind (see listings.OBJECT_KINDS), listed at the first call."""
        with self._lock:
            if kind not in self._catalogues:
                listing = listings.LISTINGS[kind]
                self._catalogues[kind] = Catalogue(
                    listing.noun,
                    listings.list_objects(kind, self._build_reader(kind, False)),
                    refresh=lambda: self._reread_entries(kind),
                    company_keys=self._find_company_keys,
                    # Companies and permissions are of no company, wherever a task acts.
                    own_level=self._client.own_level if listing.companies else None,
                    has_companies=self._has_companies,
                    qualified=kind in _QUALIFIED,
                    is_there=(lambda entry: self._is_there(kind, entry.id)) if kind in _DETAIL_PATHS else None,
                )
            return self._catalogues[kind]

    def describe_gaps(self, kind: str) -> tuple[str, str]:
        """Return what the list of *kind* that was read lacks, and what it may lack; see :func:`listings.describe_gaps`."""
        with self._lock:
            answers = (self._answers.get((path, False)) for path, _params in listings.LISTINGS[kind].calls)
            return next((listings.describe_gaps(kind, body) for body in answers if body is not None), ("", ""))

    def find_company(self, given: str | int) -> Entry | None:
        """Return the company of this name, alias or id (a number is an id only); None when there is none.

        Raises AmbiguousMatch, also for digits in text that are the name of one company and the id of another one.
        """
        companies = self.read_catalogue("companies")
        found = companies.get(given)
        number = None if isinstance(given, int) else parse_id(given)
        other = None if number is None else companies.get_by_id(number)
        if found is not None and other is not None and found.id != other.id:
            raise AmbiguousMatch(
                f"company {given!r} is the name of {found.label} and the id of {other.label}."
                f" If you mean the first, write {found.id}; if the second, write its name or alias.",
                candidates=[str(found.id), str(other.id)],
            )
        return found

    def find_company_id(self, given: str | int | None) -> int | None:
        """Return the id of a given company: 0 for the CommCell, None when none is given. Raises NotFound, AmbiguousMatch."""
        if given is None or given == "":
            return None
        if is_commcell_level(given):
            return 0
        found = self.find_company(given)
        if found is None:
            raise self.read_catalogue("companies").build_not_found(given, None)
        return found.id

    def is_company(self, number: int | None, name: str) -> bool:
        """Return whether this is the id or, without one, the name or alias of a company that this account may see; else it is a domain."""
        try:
            companies = self.read_catalogue("companies")
        except ApiError as exc:
            if not is_declined(exc):
                raise
            return False
        if number is not None:
            return companies.get_by_id(number) is not None
        return any(fold_case(name) in map(fold_case, (entry.name, *entry.aliases)) for entry in companies)

    def reread_catalogue(self, kind: str) -> Catalogue:
        """Read the list of a kind again past the service's cache and return it, for example when the answer to a write was lost."""
        with self._lock:
            catalogue = self.read_catalogue(kind)
            self._answers.clear()
            catalogue.replace_entries(self._reread_entries(kind))
            return catalogue

    def find_living(
        self, kind: str, name: str, company: str | int | None, read: t.Callable[[int], dict[str, t.Any] | None]
    ) -> tuple[Entry, dict[str, t.Any]] | None:
        """Return the object of this name and what *read* tells of it; None when there is none.

        One that is listed and not there when it is read was deleted or created a moment ago: it is looked for again, a few times, and
        taken for deleted then. Raises AmbiguousMatch.
        """
        backoff, seen = Backoff(self._client.ctx), 0
        for number in range(_LOOKS):
            if number > 1:
                backoff.pause(about=f"waiting until Commvault's list and its objects match ({name!r})")
            if number:
                self.reread_catalogue(kind)
            entry = self.read_catalogue(kind).get(name, company)
            if entry is None:
                return None
            seen, found = entry.id, read(entry.id)
            if found is not None:
                return entry, found
        self.mark_gone(kind, seen)
        return self.find_living(kind, name, company, read)

    def mark_gone(self, kind: str, number: int) -> None:
        """Leave an object out of the list of its kind from now on, although the service goes on to list it: it was deleted."""
        with self._lock:
            self._gone.setdefault(kind, set()).add(number)
            catalogue = self.read_catalogue(kind)
            catalogue.replace_entries([entry for entry in catalogue if entry.id != number])

    def read_permission_categories(self) -> list[t.Mapping[str, t.Any]]:
        """Return the categories of the permission catalogue, sub-categories included, as the service writes them."""
        with self._lock:
            self.read_catalogue("permissions")
            fresh = self._answers.get(("V4/Permissions", True))
            return listings.flatten_categories(fresh or self._answers[("V4/Permissions", False)] or {})

    def read_user_group(self, group_id: int) -> dict[str, t.Any] | None:
        """Return one user group in full, as the service writes it; None when it is not there.

        This answer holds ``azureGUID``, the link to an Entra group, which most lists leave out. A group that the list shows and that is
        not there when it is read is looked for a few times: its details may lag behind the list.
        """
        with self._lock:
            if group_id in self._details:
                return self._details[group_id]
        backoff, found = Backoff(self._client.ctx), self._fetch_user_group(group_id)
        for dummy in range(1, _LOOKS):
            if found is not None or not self._is_group_listed(group_id):
                break
            backoff.pause(about=f"waiting until Commvault shows user group {group_id}, which it lists")
            found = self._fetch_user_group(group_id)
        with self._lock:
            self._details[group_id] = found
        return found

    def _fetch_user_group(self, group_id: int) -> dict[str, t.Any] | None:
        path = f"V4/UserGroup/{quote_segment(group_id)}"
        return self._client.get(path, intent=f"read user group {group_id}", missing_ok=True)

    def _is_group_listed(self, group_id: int) -> bool:
        """Return whether a list of user groups that was read shows this one; none is read for this."""
        with self._lock:
            catalogues = [self._catalogues[kind] for kind in _GROUP_KINDS if kind in self._catalogues]
            return any(catalogue.get_by_id(group_id) is not None for catalogue in catalogues)

    def read_linked_object_id(self, group_id: int) -> str | None:
        """Return the object id of the Entra group that a user group is linked to, in lower case; None when it is linked to none."""
        entry = self.read_catalogue("user_groups").get_by_id(group_id)
        if entry is not None and "azureGUID" in entry.raw:
            return entry.azure_guid
        details = self.read_user_group(group_id) or {}
        return str(details["azureGUID"]).lower() if details.get("azureGUID") else None

    def reread_user_group(self, group_id: int) -> dict[str, t.Any] | None:
        """Return one user group as it is now; None when it is not there, whatever the list shows."""
        found = self._fetch_user_group(group_id)
        with self._lock:
            self._details[group_id] = found
        return found

    def get_cached_user_group(self, group_id: int) -> dict[str, t.Any] | None:
        """Return what read_user_group has read before; None when it was not read. No request is sent."""
        with self._lock:
            return self._details.get(group_id)

    def forget_user_group(self, group_id: int) -> None:
        """Drop a user group that was changed from the cache, so that read_user_group reads it again."""
        with self._lock:
            self._details.pop(group_id, None)

    def _reread_entries(self, kind: str) -> list[Entry]:
        with self._lock:
            entries = listings.list_objects(kind, self._build_reader(kind, True), hard_refresh=True)
            gone = self._gone.get(kind, ())
            return [entry for entry in entries if entry.id not in gone]

    def _is_there(self, kind: str, number: int) -> bool:
        """Return whether an object that is listed can be read; True where this account may not read it."""
        path = f"{_DETAIL_PATHS[kind]}/{quote_segment(number)}"
        noun = listings.LISTINGS[kind].noun
        try:
            return self._client.get(path, intent=f"read {noun} {number}", missing_ok=True) is not None
        except ApiError as exc:
            if not is_withheld(exc):
                raise
            return True

    def _build_reader(self, kind: str, hard: bool) -> listings.PathReader:
        nouns = pluralize(listings.LISTINGS[kind].noun)

        def read(path: str, params: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
            # Local and directory groups come in one answer, which is then fetched once.
            if (path, hard) not in self._answers:
                self._answers[path, hard] = self._client.get(
                    path, intent=f"list {nouns}", params=params, unknown_ok=True
                )
            return self._answers[path, hard]

        return read

    def _find_company_keys(self, company: str | int) -> CompanyKeys:
        try:
            found = self.find_company(company)
        except ApiError as exc:
            if not is_withheld(exc):
                raise
            found = None  # no list of companies for this account
        if found is None:
            return build_company_keys(company)
        return CompanyKeys({fold_case(name) for name in (found.name, *found.aliases)}, {found.id})

    def _has_companies(self) -> bool:
        """Return whether the CommCell has companies; True when this account may not list them."""
        try:
            return len(self.read_catalogue("companies")) > 0
        except ApiError as exc:
            if not is_withheld(exc):
                raise
            return True
