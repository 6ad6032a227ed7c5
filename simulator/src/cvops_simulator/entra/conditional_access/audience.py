# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a policy of conditional access is for: users, groups, roles, guests, workload identities, applications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.conditional_access.rules import RuleError, parse_rule, rule_holds
from cvops_simulator.entra.wellknown import EXCHANGE_APP_ID, SHAREPOINT_APP_ID

if TYPE_CHECKING:
    from cvops_simulator.entra.conditional_access.sign_ins import SignIn
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

#: Applications that stand behind one word. Microsoft's own lists are longer.
_SUITES = {
    "Office365": frozenset({EXCHANGE_APP_ID, SHAREPOINT_APP_ID, "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe"}),
    "MicrosoftAdminPortals": frozenset({"c44b4083-3bb0-49c1-b47d-974e53cbdf3c"}),
}


def list_groups_of(view: View, object_id: str) -> frozenset[str]:
    """Return ids of all groups that an object is in, directly or through other groups."""
    parents: dict[str, set[str]] = {}
    for group, row in view.rows("members").items():
        for member in row["ids"]:
            parents.setdefault(member, set()).add(group)
    found: set[str] = set()
    todo = [object_id]
    while todo:
        for group in parents.get(todo.pop(), set()) - found:
            found.add(group)
            todo.append(group)
    return frozenset(found)


def list_roles_of(view: View, object_id: str, groups: frozenset[str]) -> frozenset[str]:
    """Return template ids of the directory roles that a user holds, also through a group."""
    holders = {object_id, *groups}
    return frozenset(role for role, row in view.rows("roleMembers").items() if holders & set(row["ids"]))


def covers_user(view: View, users: Row | None, sign_in: SignIn, skips_group_exclusions: bool) -> bool:
    """Tell whether a user is meant. `skips_group_exclusions`: excluded groups are not looked at."""
    if users is None:
        return False
    groups = list_groups_of(view, sign_in.subject["id"])
    roles = list_roles_of(view, sign_in.subject["id"], groups)

    def names(side: str, in_groups: frozenset[str]) -> bool:
        words, kind = users[f"{side}Users"], sign_in.guest_kind
        return bool(
            sign_in.subject["id"] in words
            or "All" in words
            or ("GuestsOrExternalUsers" in words and kind is not None)
            or in_groups & set(users[f"{side}Groups"])
            or roles & set(users[f"{side}Roles"])
            or _names_guest(users[f"{side}GuestsOrExternalUsers"], kind, sign_in.circumstances.home_tenant)
        )

    return names("include", groups) and not names("exclude", frozenset() if skips_group_exclusions else groups)


def _names_guest(guests: Row | None, kind: str | None, home_tenant: str | None) -> bool:
    if guests is None or kind is None or kind not in (guests["guestOrExternalUserTypes"] or "").split(","):
        return False
    tenants = guests["externalTenants"]
    if tenants is None or tenants["membershipKind"] != "enumerated" or kind == "internalGuest":
        return True
    return home_tenant in tenants["members"]


def is_coverable(tenant: Tenant, principal: Row) -> bool:
    """Tell whether policies can cover a service principal: the tenant's own, for it alone, and no managed identity."""
    return bool(
        principal["servicePrincipalType"] == "Application"
        and principal["signInAudience"] == "AzureADMyOrg"
        and principal["appOwnerOrganizationId"] == tenant.id
    )


def covers_workload(tenant: Tenant, clients: Row | None, principal: Row) -> bool:
    """Tell whether a service principal that signs in by itself is meant."""
    if clients is None or not is_coverable(tenant, principal):
        return False
    filter_, held = clients["servicePrincipalFilter"], _list_security_attributes(principal)
    included = clients["includeServicePrincipals"]
    if principal["id"] in clients["excludeServicePrincipals"] or _filter_names(filter_, "exclude", held):
        return False
    is_named = principal["id"] in included or "ServicePrincipalsInMyTenant" in included
    return is_named or _filter_names(filter_, "include", held)


def covers_target(tenant: Tenant, view: View, applications: Row, app_id: str) -> bool:
    """Tell whether an application is one that the policy protects."""
    principal = tenant.service_principal_of(app_id, view)
    held = _list_security_attributes(principal or {})

    def names(side: str) -> bool:
        words = applications[f"{side}Applications"]
        suites = any(app_id in _SUITES[word] for word in words if word in _SUITES)
        return (
            app_id in words or "All" in words or suites or _filter_names(applications["applicationFilter"], side, held)
        )

    return names("include") and not names("exclude")


def _filter_names(filter_: Row | None, mode: str, attributes: Mapping[str, Any]) -> bool:
    """Tell whether a filter of this mode names an object; a rule that is not understood names none."""
    if filter_ is None or filter_["mode"] != mode:
        return False
    try:
        return rule_holds(parse_rule(filter_["rule"]), attributes)
    except RuleError:
        return False


def _list_security_attributes(principal: Row) -> dict[str, Any]:
    """Return custom security attributes as rules name them: `customsecurityattribute.<set>_<name>`."""
    return {
        f"customsecurityattribute.{group}_{name}".lower(): value
        for group, values in (principal.get("customSecurityAttributes") or {}).items()
        if isinstance(values, dict)
        for name, value in values.items()
    }
