# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a sign-on preflight has read, and its findings: plain data between reading and checking."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field

from ..._commvault.identity_providers.read import IdentityServer, SamlApp
from ..._entra.claims.group_claim import DirectoryGroup
from ..._entra.claims.read import GroupMember, GroupMembers, SsoApplication

#: Verdicts. ``unknown`` is for what could not be read.
OK, UNKNOWN, WARNING, BROKEN = "ok", "unknown", "warning", "broken"
#: From the best to the gravest.
VERDICTS = (OK, UNKNOWN, WARNING, BROKEN)

#: By match_by: the forms of an emitted group value by which Commvault finds the user group.
FORMS_BY_MATCH = {
    "azure_guid": {"object_id"},
    "object_id_name": {"object_id"},
    "display_name": {"display_name"},
    "sam_account_name": {
        "sam_account_name",
        "netbios_domain_and_sam_account_name",
        "dns_domain_and_sam_account_name",
    },
}

#: Forms of an emitted group value, in words for messages.
FORM_WORDS = {
    "object_id": "the object id",
    "display_name": "the display name",
    "sam_account_name": "the on-premises account name",
    "netbios_domain_and_sam_account_name": "the on-premises account name with its NetBIOS domain",
    "dns_domain_and_sam_account_name": "the on-premises account name with its DNS domain",
    "app_role": "values of app roles",
}


@dataclass(frozen=True)
class Finding:
    """The outcome of one check. ``remedy`` is empty when the verdict is ok."""

    check: str
    verdict: str
    reason: str
    remedy: str = ""

    def as_result(self) -> dict[str, t.Any]:
        """Return the finding as the module returns it."""
        return {"check": self.check, "verdict": self.verdict, "reason": self.reason, "remedy": self.remedy}


def make_ok_finding(check: str, reason: str) -> Finding:
    """Return a finding with the verdict ok."""
    return Finding(check, OK, reason)


def find_worst_verdict(verdicts: t.Iterable[str]) -> str:
    """Return the gravest verdict; ok when there are none."""
    return max(verdicts, key=VERDICTS.index, default=OK)


@dataclass(frozen=True)
class UserGroup:
    """A Commvault user group. ``azure_guid``: in lower case; None when it is not linked to an Entra group. ``enabled``: None when not told.

    ``link_read`` is false where the list does not show links, and this one was not read. ``external``: a group of a directory, whose
    name begins with the domain.
    """

    id: int
    name: str
    company: str | None = None
    azure_guid: str | None = None
    enabled: bool | None = True
    link_read: bool = True
    external: bool = False


@dataclass(frozen=True)
class Candidate:
    """An Entra group whose members may get a Commvault group, whatever the mapping says: by its name, or by a link."""

    entra: DirectoryGroup
    members: GroupMembers


@dataclass(frozen=True)
class MappedGroup:
    """One Entra group of the mapping with the Commvault group that the mapping means.

    ``entra`` is None when it was not found; then ``missing`` is ``not_found``, ``ambiguous`` or ``pending`` and ``explanation``
    says more. ``user_group_name`` is None when the group is given by id, or when its name is not known.
    ``linked``: display names by object id of other Entra groups to which Commvault groups of this entry are linked; None for one
    that is gone. ``namesakes``: object ids of other Entra groups of the same display name. ``members`` is None when they were not read.
    ``others``: these and the linked groups with their members; read for sample users only.
    """

    where: tuple[str, ...]
    name: str
    entra: DirectoryGroup | None = None
    missing: str | None = None
    explanation: str = ""
    user_group_name: str | None = None
    user_group_id: int | None = None
    company: str | None = None
    relink: bool = False
    members: GroupMembers | None = None
    namesakes: tuple[str, ...] = ()
    linked: t.Mapping[str, str | None] = field(default_factory=dict)
    others: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class KnownUser:
    """A user that Commvault has; ``names``: its name, e-mail address and user principal name, in their form for comparison.

    ``enabled`` is None when not told. ``user_groups``: ids of its user groups; None where they were not read.
    """

    names: frozenset[str]
    enabled: bool | None = True
    user_groups: frozenset[int] | None = None


@dataclass(frozen=True)
class CountedUser:
    """A user whose groups were counted; ``groups`` is None for a name that no user has. ``sampled``: named in option sample_users.

    ``groups``: how many count against the limit at most; ``surely``: how many do in any case, None for the same number.
    ``group_ids``: the Entra groups that it is in, nested ones too; None where they were not read.
    """

    member: GroupMember
    groups: int | None
    sampled: bool = False
    surely: int | None = None
    group_ids: frozenset[str] | None = None


@dataclass(frozen=True)
class PreflightFacts:
    """Everything that a preflight has read. ``app`` and ``application`` are None when there is none; ``app_explanation`` says why.

    ``tenant_id`` is None where the token does not tell. ``mapping_pending``: the role mapping is applied after this preflight.
    ``unchecked``: how many members were left out; ``users_explanation``: why no groups of users could be counted.
    ``known_users``: those of Commvault that may be sample users; None where they were not read.
    """

    match_by: str
    now: datetime.datetime
    mapped: tuple[MappedGroup, ...] = ()
    user_groups: tuple[UserGroup, ...] = ()
    servers: tuple[IdentityServer, ...] = ()
    app: SamlApp | None = None
    app_explanation: str = ""
    application: SsoApplication | None = None
    application_explanation: str = ""
    tenant_id: str | None = None
    users: tuple[CountedUser, ...] = ()
    users_explanation: str = ""
    unchecked: int = 0
    known_users: tuple[KnownUser, ...] | None = None
    mapping_pending: bool = False
