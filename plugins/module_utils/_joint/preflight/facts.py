# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a sign-on preflight looks at, and what it finds: plain data between reading and judging."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field

from ..._commvault.identity_providers.read import IdentityServer, SamlApp
from ..._entra.claims.group_claim import DirectoryGroup
from ..._entra.claims.read import GroupMember, GroupMembers, SsoApplication

#: ``unknown`` is for what could not be looked at: nothing speaks against it, and nothing for it.
OK, UNKNOWN, WARNING, BROKEN = "ok", "unknown", "warning", "broken"
VERDICTS = (OK, UNKNOWN, WARNING, BROKEN)

#: The forms of an emitted value that are what each match_by looks for.
FORMS = {
    "azure_guid": {"object_id"},
    "object_id_name": {"object_id"},
    "display_name": {"display_name"},
    "sam_account_name": {
        "sam_account_name",
        "netbios_domain_and_sam_account_name",
        "dns_domain_and_sam_account_name",
    },
}

#: The forms in words.
WORDS = {
    "object_id": "the object id",
    "display_name": "the display name",
    "sam_account_name": "the on-premises account name",
    "netbios_domain_and_sam_account_name": "the on-premises account name with its NetBIOS domain",
    "dns_domain_and_sam_account_name": "the on-premises account name with its DNS domain",
    "app_role": "values of app roles",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``remedy`` is empty when it is ok."""

    check: str
    verdict: str
    reason: str
    remedy: str = ""

    def as_result(self) -> dict[str, t.Any]:
        """As it is returned."""
        return {"check": self.check, "verdict": self.verdict, "reason": self.reason, "remedy": self.remedy}


def ok(check: str, reason: str) -> Finding:
    """Nothing to do."""
    return Finding(check, OK, reason)


def worst(verdicts: t.Iterable[str]) -> str:
    """The gravest of them; ok when there are none."""
    return max(verdicts, key=VERDICTS.index, default=OK)


@dataclass(frozen=True)
class UserGroup:
    """A Commvault user group. ``azure_guid``: in lower case; None when it is linked to no Entra group. ``enabled``: None when not told.

    ``link_read`` is false where the list does not show links, and this one was not read.
    """

    id: int
    name: str
    company: str | None = None
    azure_guid: str | None = None
    enabled: bool | None = True
    link_read: bool = True


@dataclass(frozen=True)
class Mapped:
    """One Entra group of the mapping with the Commvault group that the mapping means.

    ``entra`` is None when it was not found; then ``missing`` is ``not_found``, ``ambiguous`` or ``pending`` and ``explanation``
    says more. ``user_group_name`` is None when the group is given by id, or when its name is not known.
    ``linked``: other Entra groups by object id, to which Commvault groups of this entry are linked; None for one that is gone.
    ``twins``: object ids of other Entra groups of the same display name. ``members`` is None when they were not read.
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
    twins: tuple[str, ...] = ()
    linked: t.Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """A user whose groups were counted; ``groups`` is None for a name that no user has. ``sampled``: the task asked for this one."""

    member: GroupMember
    groups: int | None
    sampled: bool = False


@dataclass(frozen=True)
class Scene:
    """Everything that was read. ``app`` and ``application`` are None when there is none; ``app_explanation`` says why.

    ``tenant_id`` is None where the token does not tell. ``mapping_pending``: the role mapping comes after this.
    ``unchecked``: how many members were left out; ``people_explanation``: why nobody could be counted.
    """

    match_by: str
    now: datetime.datetime
    mapped: tuple[Mapped, ...] = ()
    user_groups: tuple[UserGroup, ...] = ()
    servers: tuple[IdentityServer, ...] = ()
    app: SamlApp | None = None
    app_explanation: str = ""
    application: SsoApplication | None = None
    application_explanation: str = ""
    tenant_id: str | None = None
    people: tuple[Person, ...] = ()
    people_explanation: str = ""
    unchecked: int = 0
    mapping_pending: bool = False
