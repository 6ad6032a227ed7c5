# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sites of preflight tests: some in which sign-on is well, to change one thing of, and strategies of sites in which much may be odd."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.identity_providers.read import (
    SamlApp,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.certificates import SigningCertificate
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import (
    GROUPS_CLAIM,
    ROLES_CLAIM,
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


DRAWN_IDS = [f"{number}d2f0b1e-3b3a-4a0a-9a0e-2f7a9c1b6d11" for number in range(6)]
DRAWN_NAMES = ["ops", "Ops", "view", DRAWN_IDS[0], "CORP\\ops"]

Drawn = t.TypeVar("Drawn")
DRAWN_NAME = st.sampled_from(DRAWN_NAMES)
DRAWN_MEMBERS = st.frozensets(
    st.builds(GroupMember, st.sampled_from("abcd"), st.none(), st.sampled_from([True, False, None])), max_size=3
)


@st.composite
def mapped_groups(draw: st.DrawFn, number: int) -> MappedGroup:
    """An entry about a group with an object id of its own, or about one that is missing."""
    where = (f"mappings[{number}]",)
    if draw(st.integers(0, 5)) == 0:
        missing = draw(st.sampled_from(["not_found", "ambiguous", "pending"]))
        return MappedGroup(
            where, draw(DRAWN_NAME), missing=missing, explanation="why", user_group_name=draw(DRAWN_NAME)
        )
    assigned, synced = draw(st.booleans()), draw(st.booleans())
    roles = (draw(DRAWN_NAME),) if assigned and draw(st.booleans()) else ()
    account = draw(DRAWN_NAME) if synced else None
    entra = DirectoryGroup(
        DRAWN_IDS[number], draw(DRAWN_NAME), synced, account, "CORP", "corp", draw(st.booleans()), assigned, roles
    )
    inherited = draw(DRAWN_MEMBERS)
    members = GroupMembers(draw(DRAWN_MEMBERS), inherited, ("inner",) if inherited else ())
    return MappedGroup(
        where, draw(DRAWN_NAME), entra, user_group_name=draw(DRAWN_NAME), relink=draw(st.booleans()), members=members
    )


def mostly(usual: Drawn, *others: Drawn) -> st.SearchStrategy[Drawn]:
    """*usual* more often than not: a site in which everything is odd has no verdict but broken."""
    return st.sampled_from([usual] * 4 + list(others))


@st.composite
def claims(draw: st.DrawFn) -> GroupClaim:
    scopes = draw(
        mostly(frozenset({"SecurityGroup"}), frozenset({"ApplicationGroup"}), frozenset({"All"}), frozenset())
    )
    form = draw(mostly(None, "sam_account_name", "netbios_domain_and_sam_account_name"))
    return GroupClaim(scopes, form, draw(st.booleans()), draw(mostly(False, True)))


@st.composite
def all_facts(draw: st.DrawFn) -> PreflightFacts:
    """Sites in which the Commvault groups have much to do with the mapping, but not always what they should."""
    claim = draw(claims())
    attribute = draw(mostly(claim.uri, ROLES_CLAIM, GROUPS_CLAIM, ""))
    entries = [draw(mapped_groups(number)) for number in range(draw(st.integers(0, 4)))]
    places = [(item.user_group_name, item.entra.object_id if item.entra else None) for item in entries]
    places += [(name, None) for name in draw(st.lists(DRAWN_NAME, max_size=2))]
    groups: dict[tuple[str | None, str | None], UserGroup] = {}
    for number, (name, guid) in enumerate(places):
        linked = draw(mostly(guid, None, *DRAWN_IDS[:4]))
        company = draw(mostly(None, "corp"))
        group = UserGroup(number, draw(mostly(str(name), *DRAWN_NAMES)), company, linked, draw(mostly(True, False)))
        groups.setdefault((group.name, company), group)
    principal = SsoPrincipal("sp", assignment_required=draw(st.booleans()))
    users = [
        CountedUser(GroupMember(item, f"{item}@corp"), draw(st.sampled_from([1, 150, 151, None])), draw(st.booleans()))
        for item in sorted(draw(st.sets(st.sampled_from("abcd"))))
    ]
    return PreflightFacts(
        draw(mostly("azure_guid", "object_id_name", "display_name", "sam_account_name")),
        NOW,
        tuple(entries),
        tuple(groups.values()),
        app=SamlApp("corp", attributes={"USER_GROUPS": attribute} if attribute else {}),
        application=SsoApplication("1", "sign-on", claim, (), principal),
        users=tuple(users),
        mapping_pending=draw(st.booleans()),
    )
