# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads of a preflight from both services, independent ones side by side. Nothing is written."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL, Entry, is_commcell_level
from ..._commvault.client import CommvaultClient
from ..._commvault.directory import Directory
from ..._commvault.identity_providers.read import IdentityProviders
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch
from ..._core.names import fold_case
from ..._core.parallel import map_in_parallel
from ..._entra.applications.reference import explain_application_id
from ..._entra.claims.group_claim import DirectoryGroup
from ..._entra.claims.read import ClaimReader, SsoApplication
from ..._entra.client import GraphClient
from ..mappings.entra_groups import EntraGroups
from ..mappings.parse import MappingEntry, Problem
from .facts import Candidate, MappedGroup, PreflightFacts, UserGroup
from .group_counts import count_groups_of_users
from .known_users import read_known_users
from .provider_choice import choose_saml_app


def read_preflight_facts(ctx: Context, entries: t.Sequence[MappingEntry]) -> PreflightFacts:
    """Read everything that the checks of *entries* need. Raises AmbiguousMatch when it is not clear which SAML app is meant."""
    graph = GraphClient(ctx)
    commvault, claims = CommvaultClient(ctx), ClaimReader(ctx, graph)
    servers = IdentityProviders(commvault)
    listed = servers.list_providers()
    chosen, explanation = choose_saml_app(listed, ctx.options.get("saml_app"), ctx.options.get("oidc_app"))
    app = servers.read_saml_app(chosen.name) if chosen else None
    if chosen and app is None:
        explanation = f"SAML app {chosen.name} is listed, but cannot be read"
    elif app and chosen:
        enabled = chosen.enabled if app.enabled is None else app.enabled
        app = dataclasses.replace(app, company=app.company or chosen.company, enabled=enabled)
    asked = {name: value for name, value in (ctx.options.get("application") or {}).items() if value}
    application = claims.read_application(asked or None, app.service_id if app else None)
    mapped = _MappedGroupReader(ctx, commvault, graph, claims, application)
    found = mapped.read_mapped_groups(entries)
    counted = count_groups_of_users(ctx, claims, application, found, app.groups_claim if app else None)
    return PreflightFacts(
        match_by=ctx.options["match_by"],
        now=graph.get_service_time(),
        mapped=tuple(found),
        user_groups=tuple(mapped.user_groups),
        servers=tuple(listed),
        app=app,
        app_explanation=explanation,
        application=application,
        application_explanation=""
        if application
        else _explain_unknown_application(graph, asked, app.service_id if app else None),
        tenant_id=str(graph.read_token_claims().get("tid") or "") or None,
        users=counted.users,
        users_explanation=counted.explanation,
        unchecked=counted.unchecked,
        known_users=read_known_users(ctx, commvault, mapped.directory, counted.users) if app else None,
        mapping_pending=ctx.options["mapping_pending"],
    )


def _explain_unknown_application(graph: GraphClient, asked: t.Mapping[str, t.Any], identifier: str | None) -> str:
    if asked:
        name, value = next(iter(asked.items()))
        return f"no application with {name} {value} is in the tenant{explain_application_id(graph, name, str(value))}"
    if identifier:
        return f"no application of the tenant has the identifier {identifier} of the SAML app"
    return "the application that people sign in to is not known"


class _MappedGroupReader:
    """Reader of the mapped groups on both sides. ``user_groups`` is filled by read_mapped_groups."""

    def __init__(
        self,
        ctx: Context,
        commvault: CommvaultClient,
        graph: GraphClient,
        claims: ClaimReader,
        application: SsoApplication | None,
    ) -> None:
        self._ctx, self._commvault, self._graph, self._claims = ctx, commvault, graph, claims
        self._application = application
        self.directory = Directory(commvault)
        self.user_groups: list[UserGroup] = []
        #: Other Entra groups that lead to mapped Commvault groups, by object id.
        self._others: dict[str, DirectoryGroup] = {}

    def read_mapped_groups(self, entries: t.Sequence[MappingEntry]) -> list[MappedGroup]:
        """Read one item per pair of Entra group and Commvault group that the entries name."""
        found = self._merge_pairs(self._resolve_entries(entries))
        self.user_groups = self._read_user_groups(found)
        found = self._add_links(found)
        found = self._add_namesakes(found)
        others = self._others if self._ctx.options.get("sample_users") else {}
        ids = {item.entra.object_id for item in found if item.entra}
        members = self._claims.list_members(sorted(ids | set(others)))
        return [
            dataclasses.replace(
                item,
                members=members[item.entra.object_id] if item.entra else None,
                others=tuple(
                    Candidate(others[key], members[key]) for key in (*item.namesakes, *item.linked) if key in others
                ),
            )
            for item in found
        ]

    def _resolve_entries(self, entries: t.Sequence[MappingEntry]) -> list[MappedGroup]:
        problems: list[Problem] = []
        named = EntraGroups(
            lambda: self._graph, self._ctx.options["match_by"], self._ctx.options["pending_entra_groups"]
        )
        named.look_up([entry for entry in entries if entry.object_id is None], problems)
        said = {str(problem["where"]).partition(".")[0]: problem for problem in problems}
        ids: dict[str, str] = {}
        for entry in entries:
            group = named.find_group(entry)
            object_id = entry.object_id or (group.object_id if group else None)
            if object_id:
                ids[entry.where] = object_id
        groups = self._claims.read_groups(set(ids.values()), self._application)
        return [
            self._build_mapped_group(entry, ids.get(entry.where), groups, said.get(entry.where), named.explain_missing)
            for entry in entries
        ]

    def _build_mapped_group(
        self,
        entry: MappingEntry,
        object_id: str | None,
        groups: t.Mapping[str, DirectoryGroup],
        problem: Problem | None,
        explain: t.Callable[[str], str],
    ) -> MappedGroup:
        entra = groups.get(object_id) if object_id else None
        missing, explanation = None, ""
        if problem is not None:
            missing, explanation = str(problem["kind"]), str(problem["message"])
        elif object_id and entra is None:
            missing, explanation = "not_found", f"no Entra group has the object id {object_id}{explain(object_id)}"
        elif entra is None:
            missing, explanation = "pending", "the Entra group does not exist yet"
        given = entry.user_group
        return MappedGroup(
            where=(entry.where,),
            name=str(entry.principal.name or object_id),
            entra=entra,
            missing=missing,
            explanation=explanation,
            user_group_name=given.name if given and given.name else self._get_expected_name(entry, entra),
            user_group_id=given.id if given and not given.name else None,
            company=self._find_company_name(given.company if given else None),
            relink=entry.relink,
        )

    def _get_expected_name(self, entry: MappingEntry, entra: DirectoryGroup | None) -> str | None:
        """Return the name that the role mapping gives to the Commvault group; None when that is not known."""
        match_by = self._ctx.options["match_by"]
        if match_by == "object_id_name":
            return entra.object_id if entra else entry.object_id
        if match_by == "sam_account_name":
            return entra.sam_account_name if entra else None
        return entry.principal.name or (entra.display_name if entra else None)

    def _find_company_name(self, given: str | int | None) -> str | None:
        company = (self._commvault.company_id or None) if given is None or given == "" else given
        if company is None or is_commcell_level(company):
            return None
        found = self.directory.find_company(company)
        return found.name if found else str(company)

    def _merge_pairs(self, items: t.Sequence[MappedGroup]) -> list[MappedGroup]:
        """Merge entries about the same pair of groups into one."""
        found: dict[tuple[t.Any, ...], MappedGroup] = {}
        for item in items:
            pair = (
                item.entra.object_id if item.entra else fold_case(item.name),
                self._get_wrong_name(item),
                fold_case(item.user_group_name or ""),
                item.user_group_id,
                fold_case(item.company or ""),
            )
            known = found.get(pair)
            if known is None:
                found[pair] = item
            else:
                relink = known.relink or item.relink
                found[pair] = dataclasses.replace(known, where=known.where + item.where, relink=relink)
        return list(found.values())

    @staticmethod
    def _get_wrong_name(item: MappedGroup) -> str:
        """Return the name that the mapping gives where it is not that of the object, in its form for comparison; else empty text."""
        right = item.entra is None or fold_case(item.name) in (fold_case(item.entra.display_name), item.entra.object_id)
        return "" if right else fold_case(item.name)

    def _read_user_groups(self, found: t.Sequence[MappedGroup]) -> list[UserGroup]:
        """Read all Commvault groups; links of those that the mapping names, and of all when one of these is missing."""
        catalogue = self.directory.read_catalogue("user_groups")
        complete = [self._has_user_group(item) for item in found]
        names = {fold_case(item.user_group_name) for item in found if item.user_group_name}
        numbers = {item.user_group_id for item in found}
        wanted = [
            entry
            for entry in catalogue
            if "azureGUID" not in entry.raw
            and (not all(complete) or fold_case(entry.name) in names or entry.id in numbers)
        ]
        details = map_in_parallel(
            lambda entry: self.directory.read_user_group(entry.id),
            wanted,
            max(1, self._ctx.options["parallel_reads"]),
            self._ctx,
            "user groups read",
        )
        gone = {entry.id for entry, found in zip(wanted, details, strict=True) if found is None}
        local = [self._build_user_group(entry) for entry in catalogue if entry.id not in gone]
        return [*local, *self._read_external_groups(found)]

    def _read_external_groups(self, found: t.Sequence[MappedGroup]) -> list[UserGroup]:
        """Read the groups of directories that the mapping names; it is rare, so that their list is read only then."""
        given = (item.user_group_name or "" for item in found)
        names = {fold_case(name) for name in given if "\\" in name}
        if not names:
            return []
        listed = self.directory.read_catalogue("external_groups")
        return [
            UserGroup(entry.id, entry.name, entry.company, enabled=entry.raw.get("enabled"), external=True)
            for entry in listed
            if fold_case(entry.name) in names
        ]

    def _has_user_group(self, item: MappedGroup) -> bool:
        name = item.user_group_id if item.user_group_id is not None else item.user_group_name
        if name is None:
            return False
        try:
            return self.directory.read_catalogue("user_groups").get(name, item.company or COMMCELL_LEVEL) is not None
        except AmbiguousMatch:
            return True

    def _build_user_group(self, entry: Entry) -> UserGroup:
        known = self.directory.get_cached_user_group(entry.id)
        details = known or {}
        guid = entry.azure_guid or str(details.get("azureGUID") or "").lower() or None
        enabled = details.get("enabled", entry.raw.get("enabled"))
        return UserGroup(
            entry.id,
            entry.name,
            entry.company,
            guid,
            None if enabled is None else bool(enabled),
            known is not None or "azureGUID" in entry.raw,
        )

    def _add_links(self, found: t.Sequence[MappedGroup]) -> list[MappedGroup]:
        """Add the other Entra groups to which the Commvault groups are linked; one that is gone was deleted (or recreated)."""
        guids: list[set[str]] = []
        for item in found:
            own = item.entra.object_id if item.entra else None
            named = {fold_case(item.user_group_name or "")}
            guids.append(
                {
                    group.azure_guid
                    for group in self.user_groups
                    if group.azure_guid
                    and group.azure_guid != own
                    and (fold_case(group.name) in named or group.id == item.user_group_id)
                }
            )
        every = {guid for part in guids for guid in part}
        known = self._claims.read_groups(every, self._application) if every else {}
        self._others.update(known)
        return [
            dataclasses.replace(
                item, linked={guid: known[guid].display_name if guid in known else None for guid in part}
            )
            for item, part in zip(found, guids, strict=True)
        ]

    def _add_namesakes(self, found: t.Sequence[MappedGroup]) -> list[MappedGroup]:
        """Add Entra groups of the same display name, where the application emits display names."""
        if self._application is None or not self._application.claim.shows_display_names:
            return list(found)
        wanted = {item.entra.display_name for item in found if item.entra}
        named = self._claims.find_groups_named(wanted, self._application)
        self._others.update({group.object_id: group for groups in named.values() for group in groups})
        return [
            dataclasses.replace(
                item,
                namesakes=tuple(
                    group.object_id
                    for group in named.get(fold_case(item.entra.display_name), ())
                    if group.object_id != item.entra.object_id
                ),
            )
            if item.entra
            else item
            for item in found
        ]
