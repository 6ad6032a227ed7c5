# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who may sign in through a SAML app, and which user groups they join: from the options to associations, by what Commvault lists."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.context import Context
from ..._core.names import fold_case
from ..app_associations import Association, AssociationChanges, resolve_associations
from ..client import CommvaultClient
from ..directory import Directory
from ..pending_groups import PendingGroups
from ..references import parse_reference
from ..releases import SAML_USERS
from .canonical import SamlAppState, is_created_part, make_association
from .plan import DEFAULT_GROUPS, KIND

#: Kinds of associations that options name by reference, with the list that they are looked up in.
_REFERENCES = {"companies": "companies", "user_groups": "user_groups", DEFAULT_GROUPS: "user_groups"}


class AssociationResolver:
    """Finds what the options of one SAML app name, user groups that an earlier task of the run creates included."""

    def __init__(self, ctx: Context, client: CommvaultClient) -> None:
        self._ctx, self._client, self._directory = ctx, client, Directory(client)

    def resolve(self, options: t.Mapping[str, t.Any]) -> dict[str, list[Association]]:
        """Return the associations and default user groups that are managed, by kind. Raises Problems with all that cannot be resolved.

        Raises ConfigError for a reference in ``pending_user_groups`` that is none.
        """
        self._pending = PendingGroups(self._ctx, self._client, self._directory)
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
        pending = self._pending.find(reference) if _REFERENCES[kind] == "user_groups" else None
        company_id = self._client.company_id
        if pending is None:
            entry = self._directory.read_catalogue(_REFERENCES[kind]).find_reference(reference)
            return make_association(kind, entry.name, entry.id, company_id)
        name, found = pending.name, pending.entry
        if found is None:
            unborn = make_association(kind, name, None, company_id)
            return dataclasses.replace(unborn, pending=(fold_case(name), pending.company_id))
        # Told in the words of the plan, which may not know how Commvault writes the name.
        return dataclasses.replace(make_association(kind, found.name, found.id, company_id), name=name)


def warn_of_hidden_users(ctx: Context, release: int, app: SamlAppState | None, changes: AssociationChanges) -> None:
    """Warn where associations are written together with those of users, which this release does not show."""
    is_shown = SAML_USERS.is_certain(release) or (app is not None and app.shows_users)
    if app and not is_shown and any(map(is_created_part, (*changes.add, *changes.remove))):
        ctx.warn(
            f"Commvault does not show which users are associated with {KIND} {app.name}, as releases before 11.{SAML_USERS.since}"
            " do not. All associations are written together: check in the Command Center whether those of users are still there."
        )
