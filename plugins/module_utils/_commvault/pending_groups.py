# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""User groups that an earlier task of the same run creates, and that are not there yet while the run is planned."""

from __future__ import annotations

import typing as t

from .._core.context import Context
from .._core.errors import NotFound, WaitTimeout
from .._core.names import is_same_name
from .._core.polling import poll_until
from .catalogue import Entry
from .client import CommvaultClient
from .create import LAG_LIMIT_S
from .directory import Directory
from .references import ObjectReference, parse_reference_option


class PendingGroup(t.NamedTuple):
    """A user group that an earlier task creates: ``name`` as the plan tells it, which may not know how Commvault writes it.

    ``number``: which of the option it is, from 1; ``company_id``: 0 for the CommCell; ``entry``: None while it is not there.
    """

    name: str
    number: int
    company_id: int
    entry: Entry | None


class PendingGroups:
    """The user groups in the option ``pending_user_groups`` of a module. Raises ConfigError for a reference that is none."""

    def __init__(self, ctx: Context, client: CommvaultClient, directory: Directory) -> None:
        self._ctx, self._client, self._directory = ctx, client, directory
        self._references = [
            parse_reference_option(value, f"pending_user_groups[{index}]")
            for index, value in enumerate(ctx.options.get("pending_user_groups") or ())
        ]
        #: Whether waiting for one of them was in vain: the others are not waited for, too.
        self._is_overdue = False

    def find(self, reference: ObjectReference) -> PendingGroup | None:
        """Return the user group of a reference where an earlier task creates it; None of any other one.

        Outside check mode it is waited for. Raises NotFound, AmbiguousMatch.
        """
        named = [
            (number, item)
            for number, item in enumerate(self._references, start=1)
            if reference.id is None
            and reference.name is not None
            and item.name is not None
            and is_same_name(item.name, reference.name)
        ]
        if not named:
            return None
        level = self._find_level(reference)
        found = next(((number, item) for number, item in named if self._is_at_level(item, level)), None)
        if found is None:
            return None
        number, item = found
        return PendingGroup(str(item.name), number, level, self._find_created(reference))

    def _is_at_level(self, item: ObjectReference, level: int) -> bool:
        """Return whether a coming group is of the company with the id *level*; no where its company is not shown here."""
        try:
            return self._find_level(item) == level
        except NotFound:
            return False

    def _find_level(self, reference: ObjectReference) -> int:
        """Return the id of the company of a reference, 0 for the CommCell. Raises NotFound, AmbiguousMatch."""
        found = self._directory.find_company_id(reference.company)
        return self._client.company_id if found is None else found

    def _find_created(self, reference: ObjectReference) -> Entry | None:
        """Return the user group that an earlier task has created; None where it is not there yet, in check mode only.

        Otherwise it is waited for. Raises NotFound, AmbiguousMatch.
        """
        missing: list[NotFound] = []

        def look() -> Entry | None:
            try:
                if missing:
                    self._directory.reread_catalogue("user_groups")
                return self._directory.read_catalogue("user_groups").find_reference(reference)
            except NotFound as exc:
                missing[:] = [exc]
                return None

        if self._ctx.check_mode:
            return look()
        if self._is_overdue:
            return self._directory.read_catalogue("user_groups").find_reference(reference)
        what = f"user group {reference} to show, which this run has created"
        try:
            return poll_until(self._ctx, look, lambda found: found is not None, what=what, timeout_s=LAG_LIMIT_S)
        except WaitTimeout:
            self._is_overdue = True
            if missing:
                raise missing[0] from None
            raise
