# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site in which sign-on is well, for tests that change one thing of it."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.identity_providers.read import (
    SamlApp,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.certificates import SigningCertificate
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import (
    GROUPS_CLAIM,
    DirectoryGroup,
    GroupClaim,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.read import (
    GroupMember,
    GroupMembers,
    SsoApplication,
    SsoPrincipal,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.facts import (
    CountedUser,
    MappedGroup,
    PreflightFacts,
    UserGroup,
)

ID, OTHER = "5d2f0b1e-3b3a-4a0a-9a0e-2f7a9c1b6d11", "8d0f0b1e-3b3a-4a0a-9a0e-2f7a9c1b6d12"
NOW = datetime.datetime(2026, 10, 1, 12, tzinfo=datetime.timezone.utc)
ANNA, PAUL, GONE = GroupMember("a", "anna@x", True), GroupMember("p", "paul@x", True), GroupMember("g", "gone@x", False)
UNREAD = GroupMember("u")
ENTRA = DirectoryGroup(ID, "Ops")
GROUP = UserGroup(7, "Ops", None, ID)
ENTRY = MappedGroup(("mappings[0]",), "Ops", ENTRA, user_group_name="Ops", members=GroupMembers(frozenset({ANNA})))
APP = SamlApp("corp", attributes={"USER_GROUPS": GROUPS_CLAIM})
ALL_GROUPS, ASSIGNED = GroupClaim(frozenset({"SecurityGroup"})), GroupClaim(frozenset({"ApplicationGroup"}))
SSO = SsoApplication("1", "sign-on", ALL_GROUPS, (), SsoPrincipal("2"))
FACTS = PreflightFacts("azure_guid", NOW, (ENTRY,), (GROUP,), app=APP, application=SSO)


def entry(**changes: t.Any) -> dict[str, t.Any]:
    return {"mapped": (dataclasses.replace(ENTRY, **changes),)}


def group(**changes: t.Any) -> dict[str, t.Any]:
    return {"user_groups": (dataclasses.replace(GROUP, **changes),)}


def application(claim: GroupClaim = ALL_GROUPS, **principal: t.Any) -> dict[str, t.Any]:
    changed = dataclasses.replace(t.cast(SsoPrincipal, SSO.principal), **principal)
    return {"application": dataclasses.replace(SSO, claim=claim, principal=changed)}


def app(**changes: t.Any) -> dict[str, t.Any]:
    return {"app": dataclasses.replace(APP, **changes)}


NESTED = GroupMembers(frozenset({ANNA}), frozenset({PAUL}), ("Inner",))
ONLY_NESTED = GroupMembers(frozenset(), frozenset({PAUL}), ("Inner",))
SHOWN = dataclasses.replace(ASSIGNED, cloud_display_name=True)
HERE = dataclasses.replace(ENTRA, assigned=True)

TENANT = "11111111-2222-4333-8444-555555555555"
SERVICE = "https://cv.corp.example:443/webconsole"


def certificate(days: float, active: bool = True) -> SigningCertificate:
    return SigningCertificate("key", "CN=x", NOW + datetime.timedelta(days=days), active)


SITE_APP = SamlApp(
    "corp.example",
    name_id="Email",
    attributes={"USER_GROUPS": GROUPS_CLAIM},
    provider_id=f"https://sts.windows.net/{TENANT}/",
    service_id=SERVICE,
    email_suffixes=("corp.example",),
)
SITE_PRINCIPAL = SsoPrincipal("2", True, False, "saml", (SERVICE,), (certificate(100), certificate(5, False)))
SITE_CLAIM = GroupClaim(frozenset({"SecurityGroup"}))
SITE_SSO = SsoApplication("1", "sign-on", SITE_CLAIM, (), SITE_PRINCIPAL)
SITE = PreflightFacts("azure_guid", NOW, app=SITE_APP, application=SITE_SSO, tenant_id=TENANT)


def site_app(**changes: t.Any) -> dict[str, t.Any]:
    return {"app": dataclasses.replace(SITE_APP, **changes)}


def site_principal(**changes: t.Any) -> dict[str, t.Any]:
    return {"application": dataclasses.replace(SITE_SSO, principal=dataclasses.replace(SITE_PRINCIPAL, **changes))}


def site_claim(*scopes: str, **changes: t.Any) -> dict[str, t.Any]:
    return {"application": dataclasses.replace(SITE_SSO, claim=GroupClaim(frozenset(scopes), **changes))}


def member_of(*suffixes: str | None) -> dict[str, t.Any]:
    names = [f"anna@{suffix}" if suffix else None for suffix in suffixes]
    members = GroupMembers(frozenset(GroupMember(f"id {name}", name, True) for name in names))
    return {"mapped": (MappedGroup(("mappings[0]",), "x", members=members),)}


def person(name: str, groups: int | None, sampled: bool = False) -> CountedUser:
    return CountedUser(GroupMember(name, f"{name}@corp.example", True), groups, sampled)
