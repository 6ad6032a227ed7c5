# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The users that the names in a log are of, as far as the CommServe still knows them."""

from __future__ import annotations

import collections
import typing as t

from ..._core.errors import ApiError
from ..._core.names import fold_case
from ..client import CommvaultClient
from ..directory import Directory
from ..envelope import is_declined

#: Where lists have a user's other names: V4 and V1.
_OTHER_NAMES = ("email", "userPrincipalName", "UPN")


class LogUsers:
    """The users of a CommServe by name, e-mail address and user principal name; read at the first question."""

    def __init__(self, client: CommvaultClient) -> None:
        self._client = client
        self._ids: dict[str, set[int]] | None = None
        self._names: dict[str, set[str]] = {}

    @property
    def is_known(self) -> bool:
        """Whether this account may list users. Raises ApiError where the list cannot be read for another reason."""
        return bool(self._read())

    def find_id(self, name: str) -> str | None:
        """Return the id of the one user that has this name now; None for none, for several, and where users are not shown."""
        found = self.list_ids([name])
        return str(found[0]) if len(found) == 1 else None

    def list_ids(self, names: t.Iterable[str]) -> list[int]:
        """Return the ids of all users that have one of these names now."""
        known = self._read()
        return sorted(set[int]().union(*(known.get(fold_case(name), set()) for name in names)))

    def list_names(self, wanted: str) -> set[str]:
        """Return the names, as names are compared, by which a log may have a user that is asked for by any of its names."""
        self._read()
        return {fold_case(wanted)} | self._names.get(fold_case(wanted), set())

    def _read(self) -> dict[str, set[int]]:
        if self._ids is not None:
            return self._ids
        ids: dict[str, set[int]] = collections.defaultdict(set)
        names: dict[str, set[str]] = collections.defaultdict(set)
        try:
            for entry in Directory(self._client).read_catalogue("users"):
                name = fold_case(entry.name)
                ids[name].add(entry.id)
                for other in (entry.raw.get(key) for key in _OTHER_NAMES):
                    if isinstance(other, str) and other:
                        names[fold_case(other)].add(name)
        except ApiError as exc:
            if not is_declined(exc):
                raise
            self._client.ctx.debug(1, f"Users of the CommServe unknown: {exc}")
        self._ids, self._names = dict(ids), dict(names)
        return self._ids


class WantedUsers:
    """The users that option users names. An entry is of one whose name it has, also where that user is gone."""

    def __init__(self, names: t.Sequence[str], users: LogUsers) -> None:
        self._users = users
        self._names = {name: users.list_names(name) for name in names}
        self._rows: collections.Counter[str] = collections.Counter()

    def take(self, user: str) -> bool:
        """Return whether an entry of *user* is wanted, and count it."""
        folded = fold_case(user)
        found = [name for name, known in self._names.items() if folded in known]
        self._rows.update(found)
        return bool(found)

    def describe(self, warn: t.Callable[[str], None]) -> list[dict[str, t.Any]]:
        """Return what was found of each name, and warn of one that neither an entry nor a user has."""
        described = []
        for name, known in self._names.items():
            ids = self._users.list_ids(known)
            exists = bool(ids) if self._users.is_known else None
            if not self._rows[name] and not exists:
                whom = "" if exists is None else ", and this account sees no user of this name"
                warn(f"option users: the period has no entry of {name!r}{whom}.")
            described.append(
                {
                    "name": name,
                    "commvault_id": str(ids[0]) if len(ids) == 1 else None,
                    "exists": exists,
                    "rows": self._rows[name],
                }
            )
        return described
