# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a plan writes, and an application's token holds no permission for: told with the plan, before the first write is refused."""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError
from .._core.plan import Plan

#: Values of the claim ``wids`` that are no role: "no guest" for people, "an application" for applications.
NO_ROLES = frozenset({"b79fbf4d-3ef9-4689-8143-76b194e85509", "0997a1d0-0d1d-4acb-b408-d5ca73121e90"})
_APPLICATIONS = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
_GROUPS = ("Group.Create", "Group.ReadWrite.All")
_ACCESS = ("Policy.ReadWrite.ConditionalAccess",)
#: Permissions of which one is enough to write, least first, by the noun of the plan (Microsoft Learn: permissions of each call).
_ENOUGH: dict[str, tuple[str, ...]] = {
    "app_role_assignments": ("AppRoleAssignment.ReadWrite.All",),
    "application": _APPLICATIONS,
    "certificates": _APPLICATIONS,
    "federated_credential": _APPLICATIONS,
    "group": _GROUPS,
    "groups": _GROUPS,
    "named_location": _ACCESS,
    "policy": _ACCESS,
    "secret": _APPLICATIONS,
    "service_principal": _APPLICATIONS,
}
#: The actions on the members of a group, for which a permission for those alone is enough, too.
_MEMBERS = frozenset({"add", "remove"})
_ON_MEMBERS = "GroupMember.ReadWrite.All"
#: What also allows to write groups and applications, though nothing here asks for it.
_WIDE = "Directory.ReadWrite.All"
_WIDE_FOR = frozenset((*_APPLICATIONS, *_GROUPS))


def describe_lacking(noun: str, plan: Plan, read_claims: t.Callable[[], t.Mapping[str, t.Any]]) -> str:
    """Return what the *plan* of a *noun* writes and the token holds no permission for, as a sentence; empty where nothing can be said.

    *read_claims*: of the token. People act by directory roles, which tokens do not tell in full; an application may have one, too.
    """
    enough = _ENOUGH.get(noun)
    if enough is None or not plan.steps:
        return ""
    try:
        claims = read_claims()
    except ApiError:  # the plan was made without a sign-in
        return ""
    held = claims.get("roles", [])
    roles = claims.get("wids", [])
    if not claims or claims.get("scp") is not None or not isinstance(held, list) or not isinstance(roles, list):
        return ""
    if claims.get("idtyp") == "user" or not NO_ROLES.issuperset(str(role).lower() for role in roles):
        return ""
    if noun.startswith("group") and all(step.action in _MEMBERS for step in plan.steps):
        enough = (*enough[:-1], _ON_MEMBERS, enough[-1])
    allowing = {*enough, _WIDE} if _WIDE_FOR.issuperset(enough[:1]) else set(enough)
    if not allowing.isdisjoint(map(str, held)):
        return ""
    return (
        f"The token of the application that is signed in holds neither {' nor '.join(enough)} nor a directory role: Microsoft Graph will "
        f"refuse to write the {noun.replace('_', ' ')}, unless the application has a role for an administrative unit, which tokens do not "
        "tell. Have one of the permissions granted first; a new token tells it."
    )
