# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""How many groups the token of a person would carry: with too many of them it carries none. Pure.

What counts is said by the application that a CommCell signs people in with; in how many groups of the whole tenant somebody is, the document says.
"""

from __future__ import annotations

import typing as t

from ..._core.errors import BadAnswer
from ..._core.names import fold_case
from ..._entra.claims.group_claim import (
    ROLES_CLAIM,
    SAML_LIMIT,
    DirectoryGroup,
    EmittedCount,
    GroupClaim,
    count_emitted_groups,
    count_emitted_kinds,
    parse_group_claim,
)
from ..._entra.claims.memberships import build_directory_group
from ..._entra.overview.group_counts import read_group_counts
from ..snapshot.relevant import list_identifiers
from .commcell_side import CommCellSide, Row
from .entra_side import EntraSide, fold_id
from .people import Person

#: Where no application is known by which people sign in: what most applications have.
_USUAL = GroupClaim(frozenset({"SecurityGroup"}))


class _Claim(t.NamedTuple):
    """The group claim of one application. ``assigned``: ids of the groups that are assigned to it, None where they are not known.

    ``are_roles_read``: Commvault reads app roles in the place of groups, which have no limit.
    """

    claim: GroupClaim
    assigned: frozenset[str] | None
    are_roles_read: bool = False


class TokenGroups:
    """Counts for the people of one CommCell."""

    def __init__(self, side: CommCellSide, entra: EntraSide) -> None:
        self._side, self._entra = side, entra
        self._claims: dict[str, list[_Claim]] = {}
        self._groups: dict[str, DirectoryGroup] = {}
        self._known: dict[tuple[str, str], EmittedCount | None] = {}
        self._roles = [
            {fold_id(one) for one in role.get("members") or ()} for role in entra.document.get("directory_roles") or ()
        ]

    def count(self, person: Person) -> EmittedCount | None:
        """Return how many groups count against the limit, surely and at most; None where that is not known."""
        if person.entra is None:
            return EmittedCount(0, 0)
        key = fold_id(person.entra["id"]), str((person.user or {}).get("identity_provider") or "")
        if key not in self._known:
            found = [self._count(person.entra, one) for one in self._find_claims(key[1])]
            sure = [one for one in found if one is not None]
            self._known[key] = (
                EmittedCount(min(one.least for one in sure), max(one.most for one in sure))
                if len(sure) == len(found)
                else None
            )
        return self._known[key]

    def _count(self, user: Row, asked: _Claim) -> EmittedCount | None:
        if asked.are_roles_read:
            return EmittedCount(0, 0)
        claim, user_id = asked.claim, fold_id(user["id"])
        if not claim.scopes:
            # The token carries no groups, unless a policy of claims adds some, which is not read.
            return None
        own_ids = self._entra.list_groups_of(user_id)
        own = [self._build_group(one) for one in own_ids]
        assigned = frozenset(own_ids) if asked.assigned is None else asked.assigned
        seen = count_emitted_groups(claim, own, assigned)
        if claim.assigned_only:
            is_whole = len(assigned) <= SAML_LIMIT or self._entra.visibility.is_complete("groups")
            return seen if asked.assigned is not None and is_whole else None
        counts = read_group_counts(user)
        if counts is None:
            # Those of the document are so many at least.
            return EmittedCount(seen.least, seen.least) if seen.least > SAML_LIMIT else None
        roles = sum(not members.isdisjoint({user_id, *own_ids}) for members in self._roles)
        told = count_emitted_kinds(claim, {**counts, "role": roles})
        # Of a kind that does not count, those that are assigned do.
        other = [one for one in own if not count_emitted_groups(claim, [one], ()).most]
        more = count_emitted_groups(claim, other, assigned)
        return EmittedCount(max(told.least + more.least, seen.least), max(told.most + more.most, seen.most))

    def _build_group(self, group_id: str) -> DirectoryGroup:
        if group_id not in self._groups:
            row = self._entra.groups[group_id]
            listed = row.get("groupTypes")
            types = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
            self._groups[group_id] = build_directory_group({**row, "groupTypes": types}, {})
        return self._groups[group_id]

    def _find_claims(self, provider: str) -> list[_Claim]:
        """Return the claims of the applications that may sign in who uses this identity provider, any of the CommCell where it is empty."""
        if provider not in self._claims:
            self._claims[provider] = self._list_claims(provider)
        return self._claims[provider]

    def _list_claims(self, provider: str) -> list[_Claim]:
        own = [
            (app, self._find_registrations(app))
            for app in self._side.document.get("identity_providers") or ()
            if app.get("kind") == "saml"
            and (
                fold_case(str(app.get("name"))) == fold_case(provider) if provider else app.get("enabled") is not False
            )
        ]
        found = [self._build_claim(row, app) for app, rows in own for row in rows]
        return found if own and all(rows for _app, rows in own) else found + self._list_possible_claims()

    def _list_possible_claims(self) -> list[_Claim]:
        """Return the claims by which people may sign in where no application is known to be that of the CommCell: all that name groups."""
        rows = self._entra.document.get("applications") or ()
        found = [one for one in (self._build_claim(row, {}) for row in rows) if one.claim.scopes]
        is_whole = found and self._entra.visibility.is_complete("applications")
        return found if is_whole else [*found, _Claim(_USUAL, frozenset())]

    def _find_registrations(self, app: Row) -> list[Row]:
        """Return the registrations with the identifier of a SAML app."""
        wanted = {fold_case(one) for one in list_identifiers(app)}
        return [
            row
            for row in self._entra.document.get("applications") or ()
            if not wanted.isdisjoint(fold_case(str(uri)) for uri in row.get("identifierUris") or ())
        ]

    def _build_claim(self, application: Row, app: Row) -> _Claim:
        try:
            claim = parse_group_claim(application)
        except BadAnswer:
            # A document may hold anything.
            claim = _USUAL
        mappings = app.get("attribute_mappings")
        are_roles_read = (
            isinstance(mappings, dict) and mappings.get("user_groups") == ROLES_CLAIM and not claim.as_roles
        )
        return _Claim(claim, self._list_assigned(application), are_roles_read)

    def _list_assigned(self, application: Row) -> frozenset[str] | None:
        app_id = fold_id(application.get("appId"))
        programs = [
            row
            for row in self._entra.document.get("service_principals") or ()
            if app_id and fold_id(row.get("appId")) == app_id
        ]
        is_seen = all("appRoleAssignedTo" not in (row.get("notVisible") or ()) for row in programs)
        if not is_seen or not self._entra.visibility.is_complete("service_principals"):
            return None
        return frozenset(
            fold_id(one.get("principalId"))
            for row in programs
            for one in row.get("appRoleAssignedTo") or ()
            if one.get("principalType") == "Group"
        )
