# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""From the targets of a mapping's grants to entities of Commvault."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL, Catalogue, Entry, is_commcell_level
from ..._commvault.client import CommvaultClient
from ..._commvault.directory import Directory
from ..._commvault.references import ObjectReference
from ..._commvault.security.grants import ALL_OF_KIND, ENTITY_TYPES, Entity
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, NotFound
from .canonical import Resolved
from .kinds import name_catalogue
from .parse import Target, make_problem


class TargetResolver:
    """Finds the entities of targets, and notes their names and what is wrong in *resolved*."""

    def __init__(self, ctx: Context, client: CommvaultClient, directory: Directory, resolved: Resolved) -> None:
        self._ctx, self._client, self._directory, self._resolved = ctx, client, directory, resolved

    def resolve_target(self, target: Target) -> list[Entity]:
        """Return the entities of a target; what is not there is noted and left out."""
        named = self._find_named_entities(target)
        self._resolved.names.entities.update(named)
        company = target.company if target.pattern else target.reference.company if target.reference else None
        if company is not None and not is_commcell_level(company):
            self._resolved.names.companies.update(dict.fromkeys(named, str(company)))
        return list(named)

    def _find_named_entities(self, target: Target) -> dict[Entity, str]:
        if target.kind == "commcell":
            return self._find_commcell(target)
        if target.every:
            return {Entity(target.kind, ALL_OF_KIND): "all"}
        if target.kind == "company" and target.reference is None:
            return self._find_own_company(target)
        if target.kind not in ENTITY_TYPES:
            number = target.reference.id if target.reference and target.reference.id is not None else 0
            return {Entity(target.kind, number): str(number)}
        entries = self._match_pattern(target) if target.pattern else self._find_reference(target)
        return {Entity(target.kind, entry.id): entry.name for entry in entries}

    def _find_commcell(self, target: Target) -> dict[Entity, str]:
        commcell_id = self._client.commcell_id
        if target.reference is not None and target.reference.id != commcell_id:
            self._note(target, f"the id {target.reference} is not that of this CommCell, which is {commcell_id}")
            return {}
        return {Entity("commcell", commcell_id): self._client.commcell_name or "commcell"}

    def _find_own_company(self, target: Target) -> dict[Entity, str]:
        if not self._client.company_id:
            self._note(
                target, "company without a name means the company of the option commvault_company, which is not set"
            )
            return {}
        return {Entity("company", self._client.company_id): str(self._client.company_name)}

    def _find_reference(self, target: Target) -> list[Entry]:
        catalogue = self._directory.read_catalogue(name_catalogue(target.kind))
        try:
            return [catalogue.find_reference(t.cast(ObjectReference, target.reference))]
        except (NotFound, AmbiguousMatch) as exc:
            self._note(target, str(exc), exc.kind)
            return []

    def _match_pattern(self, target: Target) -> list[Entry]:
        catalogue = self._directory.read_catalogue(name_catalogue(target.kind))
        entries = catalogue.find_matching(str(target.pattern), target.company)
        if len(entries) > target.at_most:
            self._note(
                target,
                f"the pattern {target.pattern!r} matches {len(entries)} {target.kind}, more than at_most {target.at_most}",
            )
            return []
        if not entries:
            self._note_unmatched_pattern(target, catalogue)
        return entries

    def _note_unmatched_pattern(self, target: Target, catalogue: Catalogue) -> None:
        """Warn of a pattern that matches nothing; one that matches something of another company may be meant for it: a problem."""
        others = catalogue.find_matching_elsewhere(str(target.pattern), target.company)
        told = f"the pattern {target.pattern!r} matches no {target.kind}"
        if not others:
            self._ctx.warn(f"{target.where}: {told}")
            return
        companies = sorted({entry.company or COMMCELL_LEVEL for entry in others})
        self._note(
            target,
            f"{told} {catalogue.own_level}, but {others[0].label}{' and others' if len(others) > 1 else ''}."
            f" A pattern is for one company; if you mean {' or '.join(companies[:3])}, add company to it.",
            "not_found",
        )

    def _note(self, target: Target, message: str, kind: str = "config") -> None:
        self._resolved.problems.append(make_problem(target.where, message, kind))
