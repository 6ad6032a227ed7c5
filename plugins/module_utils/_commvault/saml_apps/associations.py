# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who may sign in through a SAML app, and which user groups they join: from the options to associations, by what Commvault lists."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.context import Context
from ..._core.errors import NotFound, WaitTimeout
from ..._core.names import fold_case, is_same_name
from ..._core.polling import poll_until
from ..app_associations import Association, resolve_associations
from ..catalogue import Entry
from ..client import CommvaultClient
from ..create import LAG_LIMIT_S
from ..directory import Directory
from ..references import ObjectReference, parse_reference, parse_reference_option
from .canonical import make_association
from .plan import DEFAULT_GROUPS, KIND

#: Kinds of associations that options name by reference, with the list that they are looked up in.
_REFERENCES = {"companies": "companies", "user_groups": "user_groups", DEFAULT_GROUPS: "user_groups"}


class AssociationResolver:
    """Finds what the options of one SAML app name, user groups that an earlier task of the run creates included."""

    def __init__(self, ctx: Context, client: CommvaultClient) -> None:
        self._ctx, self._client, self._directory = ctx, client, Directory(client)
        self._pending: list[ObjectReference] = []
        #: Whether waiting for one of them was in vain: the others are not waited for, too.
        self._is_overdue = False

    def resolve(self, options: t.Mapping[str, t.Any]) -> dict[str, list[Association]]:
        """Return the associations and default user groups that are managed, by kind. Raises Problems with all that cannot be resolved.

        Raises ConfigError for a reference in ``pending_user_groups`` that is none.
        """
        self._pending = [
            parse_reference_option(value, f"pending_user_groups[{index}]")
            for index, value in enumerate(options.get("pending_user_groups") or ())
        ]
        given = {kind: listed for kind, listed in (options.get("associations") or {}).items() if listed is not None}
        if options.get(DEFAULT_GROUPS) is not None:
            given[DEFAULT_GROUPS] = options[DEFAULT_GROUPS]
        return resolve_associations(
            given, self._resolve_one, f"{KIND} {options['name']}", {DEFAULT_GROUPS: DEFAULT_GROUPS}
        )

    def _resolve_one(self, kind: str, value: t.Any) -> Association:
        """Return the association that an option names. Raises ValueError, NotFound, AmbiguousMatch."""
        if kind not in _REFERENCES:
            if not value.strip():
                raise ValueError("a name is needed")
            return make_association(kind, fold_case(value) if kind == "email_suffixes" else value, None)
        reference = parse_reference(value)
        pending = self._find_pending(reference) if _REFERENCES[kind] == "user_groups" else None
        company_id = self._client.company_id
        if pending is None:
            entry = self._directory.read_catalogue(_REFERENCES[kind]).find_reference(reference)
            return make_association(kind, entry.name, entry.id, company_id)
        name, level = pending
        found = self._find_created(reference)
        if found is None:
            unborn = make_association(kind, name, None, company_id)
            return dataclasses.replace(unborn, pending=(fold_case(name), level))
        # Told in the words of the plan, which may not know how Commvault writes the name.
        return dataclasses.replace(make_association(kind, found.name, found.id, company_id), name=name)

    def _find_pending(self, reference: ObjectReference) -> tuple[str, int] | None:
        """Return name and company id of the user group of a reference that an earlier task creates; None of any other one."""
        named = [
            item
            for item in self._pending
            if reference.id is None
            and reference.name is not None
            and item.name is not None
            and is_same_name(item.name, reference.name)
        ]
        if not named:
            return None
        level = self._find_level(reference)
        return next(((str(item.name), level) for item in named if self._find_level(item) == level), None)

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
