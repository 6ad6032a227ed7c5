# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What Entra ID puts into a SAML token about groups, by the configuration of the application. Pure.

``groupMembershipClaims`` says which groups, the optional claim ``groups`` of ``saml2Token`` says in which form. Names of the
on-premises directory exist for synchronised groups only, so others are left out; display names are emitted for cloud groups
and only by applications that emit the groups assigned to them. A token with more than 150 groups carries none.
Microsoft Learn: "Configure group claims for applications by using Microsoft Entra ID". Where that page is silent, or sites report
otherwise, a value is possible and no more.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..._core.values import get_objects, get_texts

GROUPS_CLAIM = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"
ROLES_CLAIM = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
#: The largest number of groups in a SAML token.
SAML_LIMIT = 150
_ASSIGNED = "ApplicationGroup"
_SCOPES = ("SecurityGroup", "All", _ASSIGNED)
#: Forms that exist for synchronised groups; the first one configured counts.
_SYNCED_FORMS = ("sam_account_name", "netbios_domain_and_sam_account_name", "dns_domain_and_sam_account_name")


@dataclass(frozen=True)
class GroupClaim:
    """The group claim that an application is configured for.

    ``scopes``: values of groupMembershipClaims that concern groups. ``synced_form``: the form of the value for synchronised
    groups, None for the object id. ``cloud_display_name``: the display name is configured for cloud groups. ``as_roles``:
    groups go into the claim of roles.
    """

    scopes: frozenset[str] = frozenset()
    synced_form: str | None = None
    cloud_display_name: bool = False
    as_roles: bool = False

    @property
    def assigned_only(self) -> bool:
        """Whether only groups that are assigned to the application are emitted, and only to their direct members."""
        return self.scopes == {_ASSIGNED}

    @property
    def uri(self) -> str:
        """The URI of the claim that carries the groups."""
        return ROLES_CLAIM if self.as_roles else GROUPS_CLAIM

    @property
    def shows_display_names(self) -> bool:
        """Whether display names are emitted: the option has no effect unless the application emits assigned groups only."""
        return self.cloud_display_name and self.assigned_only

    @property
    def forms(self) -> frozenset[str]:
        """The kinds of value that the claim may carry: object_id, display_name, or one of the account name forms."""
        if not self.scopes:
            return frozenset()
        found = {self.synced_form} if self.synced_form else set()
        found |= {"display_name"} if self.shows_display_names else set()
        return frozenset(found or {"object_id"})


@dataclass(frozen=True)
class DirectoryGroup:
    """A group, as far as claims depend on it. ``app_roles``: values of the application's roles that it is assigned to.

    ``unified``: a Microsoft 365 group. ``is_role``: a directory role, which is emitted among the groups of a person.
    """

    object_id: str
    display_name: str
    synced: bool = False
    sam_account_name: str | None = None
    netbios_domain: str | None = None
    dns_domain: str | None = None
    security_enabled: bool = True
    assigned: bool = False
    app_roles: tuple[str, ...] = ()
    unified: bool = False
    is_role: bool = False

    @property
    def is_plain_microsoft_365(self) -> bool:
        """Whether it is a Microsoft 365 group and no security group: no source says whether ``All`` means these too."""
        return self.unified and not self.security_enabled


@dataclass(frozen=True)
class Emission:
    """The values that a token carries for one group.

    ``values`` are empty when nothing is emitted; then ``reason`` and ``remedy`` say why, and ``possible`` are values that a token
    may carry all the same. ``form``: one of GroupClaim.forms, or app_role. ``direct_only``: only for direct members.
    """

    values: tuple[str, ...] = ()
    form: str | None = None
    reason: str = ""
    remedy: str = ""
    possible: tuple[str, ...] = ()
    direct_only: bool = False


def parse_group_claim(application: t.Mapping[str, t.Any]) -> GroupClaim:
    """Return the group claim of an application as Graph gives it."""
    said = str(application.get("groupMembershipClaims") or "").replace(" ", "").split(",")
    optional = get_objects(application.get("optionalClaims"), "saml2Token")
    groups: t.Mapping[str, t.Any] = next((item for item in optional if item.get("name") == "groups"), {})
    properties = get_texts(groups, "additionalProperties")
    return GroupClaim(
        frozenset(said) & frozenset(_SCOPES),
        next((item for item in properties if item in _SYNCED_FORMS), None),
        "cloud_displayname" in properties,
        "emit_as_roles" in properties,
    )


def predict_emission(claim: GroupClaim, group: DirectoryGroup, read_claim: str) -> Emission:
    """Return what a direct member's token carries for *group* in the claim *read_claim*, which is the one that Commvault reads.

    In the claim of roles, unless groups are emitted as roles, these are the application's own roles.
    """
    if read_claim == ROLES_CLAIM and not claim.as_roles:
        if group.app_roles:
            return Emission(tuple(sorted(group.app_roles)), "app_role", direct_only=True)
        return Emission(
            reason="the group is not assigned to a role of the application, and Commvault reads the roles claim",
            remedy="assign the group to an app role that has the name of the Commvault group",
        )
    if not claim.scopes:
        return Emission(
            reason="the application emits no groups",
            remedy="set group_claims of the application (entra_application), best to [ApplicationGroup]",
        )
    if claim.assigned_only and not group.assigned:
        return Emission(
            reason="the application emits only groups that are assigned to it, and this group is not",
            remedy="assign the group to the application",
        )
    by_kind = "All" in claim.scopes or (group.security_enabled and "SecurityGroup" in claim.scopes)
    by_assignment = _ASSIGNED in claim.scopes and group.assigned
    if not by_kind and not by_assignment:
        return Emission(
            reason="the application emits security groups only, and this is not a security group",
            remedy="use a security group, or set group_claims to [ApplicationGroup]",
        )
    found = dataclasses.replace(_emit_in_form(claim, group), direct_only=not by_kind)
    if not by_assignment and group.is_plain_microsoft_365 and found.values:
        return Emission(
            reason="it is a Microsoft 365 group and not a security group, and it is not documented whether All includes these",
            remedy="use a security group, or set group_claims to [ApplicationGroup] and assign the group",
            possible=found.values,
        )
    return found


def _emit_in_form(claim: GroupClaim, group: DirectoryGroup) -> Emission:
    if claim.synced_form and group.synced:
        value = _format_account_name(claim.synced_form, group)
        if value:
            return Emission((value,), claim.synced_form)
        return Emission(
            reason="Entra ID has no account name for this group",
            remedy="check Entra Connect",
            possible=(group.object_id,),
        )
    if claim.shows_display_names and not group.synced:
        return Emission((group.display_name,), "display_name")
    if claim.synced_form:
        return Emission(
            reason="the application emits on-premises account names, and this group exists in the cloud only",
            remedy="let the application emit object ids (and use match_by azure_guid)",
            possible=(group.object_id,),
        )
    if claim.shows_display_names:
        return Emission(
            reason="the application emits display names of cloud groups, and this group is synchronised",
            remedy="let the application emit object ids (and use match_by azure_guid)",
            possible=(group.object_id,),
        )
    return Emission((group.object_id,), "object_id")


def _format_account_name(form: str, group: DirectoryGroup) -> str | None:
    domain = {"netbios_domain_and_sam_account_name": group.netbios_domain}.get(form, group.dns_domain)
    if not group.sam_account_name:
        return None
    if form == "sam_account_name":
        return group.sam_account_name
    return f"{domain}\\{group.sam_account_name}" if domain else None


@dataclass(frozen=True)
class EmittedCount:
    """How many groups of a person count against the limit: ``least`` surely, ``most`` if all of them do that may."""

    least: int
    most: int


#: The kinds of groups that the scopes of a claim tell apart, each with one that stands for all of its kind.
KINDS = {
    "security": DirectoryGroup("", ""),
    "microsoft365": DirectoryGroup("", "", security_enabled=False, unified=True),
    "distribution": DirectoryGroup("", "", security_enabled=False),
    "role": DirectoryGroup("", "", is_role=True),
}


def find_kind(group: DirectoryGroup) -> str:
    """Return of which of KINDS a group is."""
    if group.is_role:
        return "role"
    if group.is_plain_microsoft_365:
        return "microsoft365"
    return "security" if group.security_enabled else "distribution"


def count_emitted_kinds(claim: GroupClaim, counts: t.Mapping[str, int]) -> EmittedCount:
    """Return the same as :func:`count_emitted_groups` of a person who is in so many groups of each of KINDS; none counts as assigned.

    Which of them are synchronised is not known, so where the claim has names of the on-premises directory none surely counts.
    """
    found = [(number, count_emitted_groups(claim, [KINDS[kind]], ())) for kind, number in counts.items()]
    return EmittedCount(
        sum(number * one.least for number, one in found), sum(number * one.most for number, one in found)
    )


def count_emitted_groups(
    claim: GroupClaim, groups: t.Iterable[DirectoryGroup], assigned: t.Collection[str]
) -> EmittedCount:
    """Return how many of the *groups* of a person (direct or nested) count against the limit.

    *assigned*: ids of the groups that are assigned to the application. Those without the name that is emitted may count or not:
    Microsoft Learn speaks of the groups in the token, and of the groups that a user is a member of. So may directory roles.
    """
    least = most = 0
    for group in groups:
        by_assignment = _ASSIGNED in claim.scopes and group.object_id in assigned
        if not by_assignment and not (
            "All" in claim.scopes or ("SecurityGroup" in claim.scopes and group.security_enabled)
        ):
            continue
        most += 1
        is_sure = by_assignment or not (group.is_plain_microsoft_365 or group.is_role)
        least += is_sure and bool(_emit_in_form(claim, group).values)
    return EmittedCount(least, most)
