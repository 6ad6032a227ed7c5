# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an assertion says about a user: by default, and by the group claim and the app roles of the application.

Microsoft Learn: "SAML token claims reference", "Configure group claims for applications".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.login.claims import is_assigned, list_app_roles
from cvops_simulator.entra.login.saml_names import (
    DISPLAY_NAME_CLAIM,
    EMAIL_CLAIM,
    GIVEN_NAME_CLAIM,
    GROUPS_CLAIM,
    GROUPS_LINK_CLAIM,
    METHODS_CLAIM,
    NAME_CLAIM,
    OBJECT_CLAIM,
    PROVIDER_CLAIM,
    ROLE_CLAIM,
    SURNAME_CLAIM,
    TENANT_CLAIM,
)

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row, View

#: A token with more groups carries a link in their place.
_MOST_GROUPS = 150
_ASSIGNED = "ApplicationGroup"
_PASSWORD_METHOD = "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password"
#: Forms of names of synchronised groups: the property in front of the account name, None for none.
_SYNCED_FORMS = {
    "sam_account_name": None,
    "netbios_domain_and_sam_account_name": "onPremisesNetBiosName",
    "dns_domain_and_sam_account_name": "onPremisesDomainName",
}


def make_saml_attributes(
    view: View, tenant_id: str, application: Row | None, principal: Row, user: Row
) -> dict[str, list[str]]:
    """Return the attributes of an assertion, values by the URI of the claim; claims without a value are left out."""
    issuer = f"https://sts.windows.net/{tenant_id}/"
    attributes: dict[str, list[str | None]] = {
        TENANT_CLAIM: [tenant_id],
        OBJECT_CLAIM: [user["id"]],
        DISPLAY_NAME_CLAIM: [user["displayName"]],
        PROVIDER_CLAIM: [issuer],
        METHODS_CLAIM: [_PASSWORD_METHOD],
        GIVEN_NAME_CLAIM: [user["givenName"]],
        SURNAME_CLAIM: [user["surname"]],
        EMAIL_CLAIM: [user["mail"]],
        NAME_CLAIM: [get_sign_on_name(user)],
    }
    found = {uri: [value for value in values if value] for uri, values in attributes.items()}
    direct = list_direct_groups(view, user["id"])
    roles = {role for holder in (user["id"], *direct) for role in list_app_roles(view, holder, principal)}
    values, as_roles = _list_group_values(view, application or {}, principal, user)
    if len(values) > _MOST_GROUPS:
        found[GROUPS_LINK_CLAIM] = [f"https://graph.windows.net/{tenant_id}/users/{user['id']}/getMemberObjects"]
    elif as_roles:
        roles = set(values)  # no app role is shown beside them
    else:
        found[GROUPS_CLAIM] = values
    found[ROLE_CLAIM] = sorted(roles)
    return {uri: values for uri, values in found.items() if values}


def get_sign_on_name(user: Row) -> str:
    """Return the user principal name that an application is told: of a guest the one in the home tenant.

    Microsoft Learn: "B2B collaboration user claims mapping", for guests that sign in with an account of another tenant,
    as all guests here do.
    """
    stored, mark, _domain = str(user["userPrincipalName"]).partition("#EXT#@")
    return "@".join(stored.rsplit("_", 1)) if mark and user["userType"] == "Guest" else str(user["userPrincipalName"])


def may_sign_in(view: View, principal: Row, user: Row) -> bool:
    """Tell whether a user gets tokens: anybody does, or only who is assigned, also as a direct member of a group."""
    if not principal["appRoleAssignmentRequired"]:
        return True
    holders = (user["id"], *list_direct_groups(view, user["id"]))
    return any(is_assigned(view, holder, principal) for holder in holders)


def list_direct_groups(view: View, object_id: str) -> list[str]:
    """Return object ids of the groups with this direct member."""
    return [group_id for group_id in view.owners_of("members", object_id) if view.get("groups", group_id)]


def _list_all_groups(view: View, object_id: str) -> list[str]:
    """Return object ids of the groups with this member, direct or through other groups."""
    found: dict[str, None] = {}
    waiting = list_direct_groups(view, object_id)
    while waiting:
        group_id = waiting.pop(0)
        if group_id not in found:
            found[group_id] = None
            waiting += list_direct_groups(view, group_id)
    return list(found)


def _list_group_values(view: View, application: Row, principal: Row, user: Row) -> tuple[list[str], bool]:
    """Return the values for the user's groups, and whether they go into the claim of roles."""
    scopes = {scope.strip() for scope in (application.get("groupMembershipClaims") or "").split(",")}
    options = _read_group_options(application)
    groups: dict[str, Row] = {}
    if scopes & {"SecurityGroup", "All"}:
        listed = {key: view.rows("groups")[key] for key in _list_all_groups(view, user["id"])}
        groups.update({key: row for key, row in listed.items() if row["securityEnabled"] or "All" in scopes})
    if _ASSIGNED in scopes:
        direct = list_direct_groups(view, user["id"])
        groups.update({key: view.rows("groups")[key] for key in direct if is_assigned(view, key, principal)})
    shows_names = "cloud_displayname" in options and scopes & {"SecurityGroup", "All", _ASSIGNED} == {_ASSIGNED}
    values = [_name_group(row, options, shows_names) for row in groups.values()]
    return sorted(value for value in values if value), "emit_as_roles" in options


def _read_group_options(application: Row) -> list[str]:
    claims = (application.get("optionalClaims") or {}).get("saml2Token") or []
    groups: dict[str, Any] = next((item for item in claims if item.get("name") == "groups"), {})
    return list(groups.get("additionalProperties") or [])


def _name_group(group: Row, options: list[str], shows_names: bool) -> str | None:
    """Return the value for one group, None where it is left out: one without a name of the directory on premises."""
    form = next((item for item in options if item in _SYNCED_FORMS), None)
    if group["onPremisesSyncEnabled"] and form:
        prefix, account = _SYNCED_FORMS[form], group["onPremisesSamAccountName"]
        if prefix is None or not account:
            return account or None
        return f"{group[prefix]}\\{account}" if group.get(prefix) else None
    if shows_names and not group["onPremisesSyncEnabled"]:
        return str(group["displayName"])
    return None if form else str(group["id"])
