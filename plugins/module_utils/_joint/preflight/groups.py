# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The check of one mapped group: what its members' tokens emit, and which Commvault user group that finds. Pure.

A finding depends on the entry, on the configuration of sign-on and on the Commvault groups that the entry concerns (by name, by
link or by the emitted value), and on nothing else.
"""

from __future__ import annotations

from ..._core.names import describe_difference, is_lookalike, is_same_name
from ..._entra.claims.group_claim import ROLES_CLAIM, DirectoryGroup, Emission, GroupClaim, predict_emission
from .facts import BROKEN, FORM_WORDS, FORMS_BY_MATCH, UNKNOWN, WARNING, Finding, MappedGroup, PreflightFacts, UserGroup
from .matching import (
    EXTERNAL,
    LETTER_CASE,
    LINKED_BY_NAME,
    is_default_group,
    is_same_company,
    maps_company_name,
    match_user_group,
)
from .members import check_members


class GroupCheck:
    """The check of one mapped group; ``findings`` are in a fixed order, and empty where all is well.

    ``emission``: what Entra ID emits, None while that is not known. ``user_group``: the Commvault group that was found.
    """

    def __init__(self, facts: PreflightFacts, mapped: MappedGroup) -> None:
        self._facts, self.mapped = facts, mapped
        self.findings: list[Finding] = []
        self.emission: Emission | None = None
        self.user_group: UserGroup | None = None
        self._check()

    @property
    def value(self) -> str | None:
        """The emitted value; of several app roles the one that finds the user group. None when nothing is emitted."""
        if self.emission is None or not self.emission.values:
            return None
        name = self.user_group.name if self.user_group else self.mapped.user_group_name
        return name if name in self.emission.values else self.emission.values[0]

    def _add(self, check: str, verdict: str, reason: str, remedy: str) -> None:
        self.findings.append(Finding(check, verdict, reason, remedy))

    def _check(self) -> None:
        entra = self.mapped.entra
        self._check_attribute_mapping()
        if entra is None:
            self._check_missing_group()
        else:
            self._check_emission(entra)
        self.user_group = self._find_user_group()
        self._check_emitted_values()
        if self.user_group is None:
            self._check_missing_user_group()
        else:
            self._check_user_group(self.user_group)
        self._check_rename()
        if entra is not None:
            if self.user_group is not None:
                self._check_link(self.user_group, entra)
                self._check_match(self.user_group)
            self.findings += check_members(self._facts, self.mapped, entra, self.emission)

    def _check_attribute_mapping(self) -> None:
        """Add a finding where the SAML app takes no groups: Commvault changes memberships by USER_GROUPS only."""
        app, application = self._facts.app, self._facts.application
        if app is None:
            self._add(
                "identity_provider",
                BROKEN,
                "no SAML app signs people in, and only SAML carries groups",
                "see the checks of the site",
            )
        elif not app.groups_claim:
            self._add(
                "attribute_mapping",
                BROKEN,
                f"SAML app {app.name} maps no claim to USER_GROUPS, so no token changes a membership",
                "add the attribute mapping of USER_GROUPS",
            )
        elif application is not None and not is_groups_claim(app.groups_claim, application.claim):
            self._add(
                "attribute_mapping",
                BROKEN,
                f"SAML app {app.name} takes USER_GROUPS from {app.groups_claim}, but Entra ID sends groups in {application.claim.uri}",
                f"map USER_GROUPS to {application.claim.uri}",
            )

    def _check_missing_group(self) -> None:
        pending = self.mapped.missing == "pending"
        remedy = {
            "ambiguous": "give object_id in the mapping",
            "pending": "nothing to do: an earlier part of the run creates it",
        }.get(str(self.mapped.missing), "correct the mapping, best with object_id, or create the group")
        check = "ambiguous" if self.mapped.missing == "ambiguous" else "entra_group"
        self._add(check, WARNING if pending else BROKEN, self.mapped.explanation, remedy)

    def _check_emission(self, entra: DirectoryGroup) -> None:
        application, app = self._facts.application, self._facts.app
        if application is None:
            self._add(
                "claim_unknown",
                WARNING,
                "what Entra ID emits is not known, because the application that people sign in to is not",
                "give application",
            )
            return
        self.emission = predict_emission(
            application.claim, entra, (app.groups_claim if app else None) or application.claim.uri
        )

    def _check_emitted_values(self) -> None:
        """Add a finding where nothing is emitted, as far as documented."""
        emission, group = self.emission, self.user_group
        if emission is None or emission.values:
            return
        if group is not None and match_user_group(group, emission.possible).verdict != BROKEN:
            self._add(
                "claim_undocumented",
                UNKNOWN,
                f"whether Entra ID emits {', '.join(emission.possible)}, which leads to Commvault group {group.name}, is not sure:"
                f" {emission.reason}",
                emission.remedy,
            )
        else:
            self._add("claim", BROKEN, f"Entra ID emits nothing for it: {emission.reason}", emission.remedy)

    def _find_user_group(self) -> UserGroup | None:
        """Return the Commvault group by id or name, else by link: a group that was renamed on one side is the same group."""
        groups = sorted(self._facts.user_groups, key=lambda group: group.id)
        if self.mapped.user_group_id is not None:
            wanted_id = self.mapped.user_group_id
            return next((group for group in groups if group.id == wanted_id and not group.external), None)
        wanted = self.mapped.user_group_name or ""
        ours = [group for group in groups if is_same_company(group.company, self.mapped.company)]
        named = [group for group in ours if is_same_name(group.name, wanted)]
        exact = [group for group in named if group.name == self.mapped.user_group_name]
        if named:
            return (exact or named)[0]
        linked = [group for group in ours if self.mapped.entra and group.azure_guid == self.mapped.entra.object_id]
        if linked and wanted:
            self._add(
                "renamed_user_group",
                WARNING,
                f"Commvault group {linked[0].name} is linked to this Entra group under another name than {self.mapped.user_group_name}",
                "rename one of them, or give user_group in the mapping",
            )
        return linked[0] if linked else None

    def _check_missing_user_group(self) -> None:
        wanted = self.mapped.user_group_name
        if self.mapped.user_group_id is not None:
            reason, remedy = f"no Commvault user group has the id {self.mapped.user_group_id}", "correct user_group"
            self._add("user_group", BROKEN, reason, remedy)
        elif wanted is None:
            if self.mapped.entra is not None:
                self._add(
                    "user_group",
                    BROKEN,
                    f"match_by {self._facts.match_by} gives no name for the Commvault group",
                    "give user_group in the mapping, or use match_by azure_guid",
                )
        elif self._facts.mapping_pending:
            self._add("user_group", WARNING, f"Commvault has no user group {wanted} yet", "the role mapping creates it")
        else:
            self._add(
                "user_group",
                BROKEN,
                f"Commvault has no user group {wanted}{_format_company(self.mapped.company)}{self._describe_lookalikes(wanted)}",
                "create it: run the role mapping",
            )

    def _describe_lookalikes(self, wanted: str) -> str:
        """Return words about groups of the same company whose names only look equal; empty when there are none."""
        alike = [
            group
            for group in self._facts.user_groups
            if is_same_company(group.company, self.mapped.company) and is_lookalike(wanted, group.name)
        ]
        told = (
            f"; {group.name!r} looks the same but is a different name: it {describe_difference(wanted, group.name)}"
            for group in alike
        )
        return "".join(told)

    def _check_rename(self) -> None:
        """Add a finding where the Entra group has another name than the mapping gives it: it was renamed, or the object id is wrong."""
        entra, name, guid = (
            self.mapped.entra,
            self.mapped.name,
            self.user_group.azure_guid if self.user_group else None,
        )
        if entra is not None and not is_same_name(name, entra.display_name) and not is_same_name(name, entra.object_id):
            self._add(
                "renamed",
                BROKEN,
                f"the Entra group with the object id {entra.object_id} is named {entra.display_name}, and the role "
                "mapping refuses another name",
                "write that name into the mapping, or correct the object id",
            )
        elif entra is None and self.mapped.missing == "not_found" and guid and self.mapped.linked.get(guid):
            now = self.mapped.linked[guid]
            reason = f"Commvault group {name} is linked to Entra group {now} ({guid}): it was renamed"
            self._add("renamed", BROKEN, reason, f"write {now} and the object id into the mapping")

    def _check_user_group(self, group: UserGroup) -> None:
        if group.enabled is None:
            self._add(
                "disabled",
                UNKNOWN,
                f"Commvault does not show whether group {group.name} is enabled",
                "look at the group in the Command Center",
            )
        elif not group.enabled:
            self._add("disabled", BROKEN, f"Commvault group {group.name} is disabled and gives no rights", "enable it")
        app = self._facts.app
        if app is None:
            return
        if is_default_group(app, group) and app.auto_create:
            self._add(
                "default_group",
                WARNING,
                f"users whom SAML app {app.name} creates join Commvault group {group.name}, whatever their tokens say",
                "remove it from the default user groups of the SAML app",
            )
        if maps_company_name(app):
            claim = (app.attributes or {}).get("COMPANY_NAME")
            self._add(
                "company",
                UNKNOWN,
                f"people belong to the company that their token names in {claim}, and that cannot be read before a sign-in",
                "check the value of the claim; it must be the company's alias, or be missing for the CommCell",
            )
            return
        if is_same_company(group.company, app.company):
            return
        if app.company is not None:
            self._add(
                "company",
                WARNING,
                f"SAML app {app.name} is made for company {app.company}, the group "
                f"is{_format_company(group.company) or ' at CommCell level'}",
                "use a SAML app of the group's company, or at CommCell level",
            )
        else:
            self._add(
                "company",
                WARNING,
                f"the group is{_format_company(group.company)}, and SAML app {app.name} at CommCell level maps no "
                "COMPANY_NAME, so its users belong to no company",
                "map COMPANY_NAME to a claim with the company's alias",
            )

    def _check_link(self, group: UserGroup, entra: DirectoryGroup) -> None:
        guid = group.azure_guid
        if guid == entra.object_id:
            return
        if guid is None:
            if self._facts.match_by == "azure_guid" and self._facts.mapping_pending:
                self._add(
                    "link",
                    WARNING,
                    f"Commvault group {group.name} is not linked to an Entra group yet",
                    "the role mapping links it",
                )
            elif self._facts.match_by == "azure_guid":
                self._add(
                    "link",
                    WARNING,
                    f"Commvault group {group.name} is not linked to an Entra group",
                    "run the role mapping with link_entra_groups",
                )
            return
        other = self.mapped.linked.get(guid)
        reason = (
            f"Commvault group {group.name} is linked to another Entra group, {other} ({guid})"
            if other
            else f"Commvault group {group.name} is linked to {guid}, which no longer exists: the Entra group was re-created"
        )
        if self.mapped.relink and self._facts.mapping_pending:
            self._add("recreated", WARNING, reason, "the role mapping links it again, because the entry has relink")
        else:
            self._add(
                "recreated",
                BROKEN,
                reason,
                "make sure that the Entra group is the right one, then set relink: true in its entry",
            )

    def _check_match(self, group: UserGroup) -> None:
        if self.emission is None or not self.emission.values:
            return
        values, form = self.emission.values, self.emission.form
        others = [
            other
            for other in sorted(self._facts.user_groups, key=lambda item: item.id)
            if (other.id, other.external) != (group.id, group.external)
            and is_same_company(other.company, group.company)
            and (other.name in values or other.azure_guid in values)
        ]
        if others:
            names = ", ".join(other.name for other in others)
            self._add(
                "other_group", WARNING, f"members also become members of Commvault group {names}", "rename or unlink it"
            )
        match = match_user_group(group, values)
        if match.verdict != BROKEN:
            if group.name in values and group.azure_guid not in values:
                self._check_form(form)
            self._check_doubt(group, match.doubt)
            return
        if form == "object_id" and self._facts.mapping_pending and (group.azure_guid is None or self.mapped.relink):
            return  # the mapping links it
        self._add(
            "match",
            BROKEN,
            f"Entra ID emits {', '.join(values)} ({FORM_WORDS[str(form)]}), which does not lead to Commvault group {group.name}",
            "run the role mapping with link_entra_groups"
            if form == "object_id" and group.azure_guid is None
            else "link the Commvault group to the Entra group, or name it as Entra ID emits it",
        )

    def _check_form(self, form: str | None) -> None:
        if form not in FORMS_BY_MATCH[self._facts.match_by] and form != "app_role":
            self._add(
                "match_by",
                WARNING,
                f"the group is found by its name, not by match_by {self._facts.match_by}: a rename takes the members' access away",
                "let the application emit what match_by says, or change match_by",
            )

    def _check_doubt(self, group: UserGroup, doubt: str) -> None:
        """Add a finding where no documentation says that the value leads to the group."""
        if doubt == LETTER_CASE and self.emission is not None:
            self._add(
                LETTER_CASE,
                WARNING,
                f"Entra ID emits {self.emission.values[0]}, the Commvault group is named {group.name}",
                "write both with the same upper and lower case",
            )
        elif doubt == LINKED_BY_NAME:
            self._add(
                LINKED_BY_NAME,
                UNKNOWN,
                f"Commvault group {group.name} is linked to {group.azure_guid}, and whether Commvault finds a linked group by its name"
                " too is not documented",
                "unlink it, or let the application emit object ids (and use match_by azure_guid)",
            )
        elif doubt == EXTERNAL:
            self._add(
                EXTERNAL,
                UNKNOWN,
                f"whether sign-ons put people into group {group.name} of a directory differs between releases",
                "test it with one person, or use a Commvault user group",
            )


def is_groups_claim(groups_claim: str, claim: GroupClaim) -> bool:
    """Return whether the claim that Commvault takes groups from carries the groups, or the application's roles."""
    return groups_claim == claim.uri or (groups_claim == ROLES_CLAIM and not claim.as_roles)


def _format_company(company: str | None) -> str:
    return f" in company {company}" if company else ""
