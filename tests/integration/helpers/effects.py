# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site holds, in the words of a plan, and which step a write request belongs to: to compare plans with what they did."""

from __future__ import annotations

import re
import typing as t

from cvops_simulator import Simulator
from cvops_simulator.core.journal import Entry

_USER, _USER_GROUP = 13, 15
_ENTITY_WORDS = {3: "server", 17: "storage pool", 28: "server group", 61: "company", 83: "workflow", 158: "plan"}
#: Kinds of steps of which :func:`observe` sees the effect.
OBSERVED = frozenset(
    (
        *("application", "application permission", "delegated permission", "grant", "group", "member"),
        *("membership", "permission", "role", "service principal", "user", "user group"),
    )
)
#: What holds while an application is deactivated.
DEACTIVATION = "deactivation"
#: By module, the requests of its actions; several actions where a path alone does not tell them apart.
_ID = r"[^/()]+"
_GROUPS = (
    ("PATCH .*/groups\\(uniqueName.*|POST .*/groups", ("create",)),
    (f"PATCH .*/groups/{_ID}$", ("update", "add")),
    (f"DELETE .*/groups/{_ID}/(members|owners)/.*", ("remove",)),
    (f"DELETE .*/groups/{_ID}$", ("delete",)),
)
_ROLES = (
    ("POST .*/V4/Role$", ("create",)),
    (f"PUT .*/V4/Role/{_ID}$", ("update",)),
    (f"DELETE .*/V4/Role/{_ID}$", ("delete",)),
)
_REQUESTS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "entra_group": _GROUPS,
    "entra_groups": _GROUPS,
    "entra_application": (
        (r"PATCH .*/applications\(uniqueName.*|POST .*/applications", ("create",)),
        (f"PATCH .*/applications/{_ID}$", ("disable", "update")),
        (f"DELETE .*/applications/{_ID}$", ("delete",)),
    ),
    "entra_service_principal": (
        (
            f"PATCH .*/servicePrincipals/{_ID}$",
            ("update", "activate_signing_certificate", "remove_signing_certificate"),
        ),
        ("POST .*/addTokenSigningCertificate$", ("add_signing_certificate",)),
        (f"DELETE .*/servicePrincipals/{_ID}$", ("delete",)),
    ),
    "entra_admin_consent": (
        ("POST .*/appRoleAssignedTo$", ("assign",)),
        ("POST .*/oauth2PermissionGrants$", ("consent",)),
    ),
    "entra_app_role_assignment": (
        ("POST .*/appRoleAssignedTo$", ("assign",)),
        (f"DELETE .*/appRoleAssignedTo/{_ID}$", ("unassign",)),
    ),
    "entra_snapshot": (),
    "entra_application_certificate": ((f"PATCH .*/applications/{_ID}$", ("add", "remove")),),
    "entra_application_secret": (("POST .*/addPassword$", ("add",)),),
    "secret_rotation": (("POST .*/addPassword$", ("add",)),),
    "entra_federated_credential": (("PATCH .*/federatedIdentityCredentials.*", ("create",)),),
    "entra_conditional_access_policy": (
        ("POST .*/conditionalAccess/policies$", ("create",)),
        (f"PATCH .*/conditionalAccess/policies/{_ID}$", ("update", "restore_session")),
        (f"DELETE .*/conditionalAccess/policies/{_ID}$", ("delete",)),
    ),
    "entra_named_location": (
        ("POST .*/namedLocations$", ("create",)),
        (f"PATCH .*/namedLocations/{_ID}$", ("update", "distrust")),
        (f"DELETE .*/namedLocations/{_ID}$", ("delete",)),
    ),
    "commvault_role": _ROLES,
    "commvault_roles": _ROLES,
    "commvault_user_group": (
        ("POST .*/V4/UserGroup$", ("create",)),
        (f"PUT .*/V4/UserGroup/{_ID}$", ("update", "add", "remove")),
        (f"DELETE .*/V4/UserGroup/{_ID}$", ("delete",)),
    ),
    "commvault_user": (
        ("POST .*/(v4/user|User)$", ("create",)),
        (f"PUT .*/v4/user/{_ID}$", ("update", "set_password", "join", "leave")),
        (f"DELETE .*/v4/user/{_ID}$", ("delete",)),
    ),
    "commvault_role_mappings": (
        ("POST .*/V4/UserGroup$", ("create_group",)),
        (f"PUT .*/V4/UserGroup/{_ID}$", ("link_group",)),
        ("POST .*/Security$", ("add", "remove")),
    ),
    "commvault_oidc_app": (
        ("POST .*/ThirdParty/App$", ("create", "delete")),
        ("PUT .*/ThirdParty/App$", ("update",)),
    ),
    "commvault_saml_app": (
        ("POST .*/v4/SAML$", ("create",)),
        ("PUT .*/v4/SAML/[^/]*$", ("update",)),
        ("POST .*/ThirdParty/App$", ("delete",)),
        ("DELETE .*/v4/SAML/[^/]*$", ("delete",)),  # where the list does not show the app
        ("PUT .*/ThirdParty/App$", ("redirect",)),
    ),
    "commvault_access_token": (("POST .*/AccessToken$", ("create",)),),
    "commvault_credential": (
        ("POST .*/V4/Credential$", ("create",)),
        (f"PUT .*/V5/Credential/{_ID}$", ("update",)),
        (f"DELETE .*/V5/Credential/{_ID}$", ("delete",)),
    ),
}
#: By module, the actions that write nothing to a service: a proof signs in.
READING = {"secret_rotation": frozenset({"prove"})}


class Effect(t.NamedTuple):
    """Something that holds: *principal* has *what*, told as "VERB what" when it comes or goes.

    ``needs``: the object without which it cannot hold; ``key``: ids that tell namesakes apart.
    """

    kind: str
    place: str
    principal: str
    what: str
    needs: str = ""
    key: str = ""


def find_actions(module: str, entry: Entry) -> tuple[str, ...]:
    """The actions of steps to which a write may belong; a request that no step may send is an error."""
    line = f"{entry.method} {entry.path}"
    for pattern, actions in _REQUESTS[module]:
        if re.fullmatch(pattern, line):
            return actions
    raise AssertionError(f"no step of {module} sends {line}")


def observe(site: Simulator) -> frozenset[Effect]:
    """Everything that holds on a site and that steps of the kinds OBSERVED bring about or end."""
    found = {*_observe_entra(site)}
    for name in site.commcells:
        found |= {*_observe_commcell(site, name)}
    return frozenset(found)


def name_objects(site: Simulator) -> dict[tuple[str, str], str]:
    """The names of objects by service and by what addresses them in a path."""
    rows = site.tenant.store.primary().rows
    found = {("graph", key): str(row["displayName"]) for key, row in rows("groups").items()}
    applications = {row["appId"]: row for row in rows("applications").values()}
    for row in applications.values():
        found["graph", row["id"]] = str(row["displayName"])
    for key, row in rows("servicePrincipals").items():
        found["graph", key] = _label(row, applications)
    for name, cell in site.commcells.items():
        for item in cell.state.users:
            found[name, f"user/{item.id}"] = item.name
        for item in cell.state.roles:
            found[name, f"Role/{item.id}"] = item.name
        for item in cell.state.groups:
            found[name, f"UserGroup/{item.id}"] = item.name
        for item in cell.state.credentials:
            found[name, f"Credential/{item.id}"] = item.name
    return found


def find_principal(entry: Entry, names: t.Mapping[tuple[str, str], str]) -> str | None:
    """The name of the object that a write addresses; None where the path has none."""
    for part in (*re.findall(r"(?:Role|UserGroup|Credential|user)/\d+", entry.path), *re.split(r"[/()]", entry.path)):
        if (entry.service, part) in names:
            return names[entry.service, part]
    return None


def _label(principal: t.Mapping[str, t.Any], applications: t.Mapping[str, t.Mapping[str, t.Any]]) -> str:
    application = applications.get(principal["appId"], {})
    return str(application.get("uniqueName") or principal["displayName"])


def _observe_entra(site: Simulator) -> t.Iterator[Effect]:
    rows = site.tenant.store.primary().rows
    users = {key: row["userPrincipalName"] for key, row in rows("users").items()}
    for key, row in rows("groups").items():
        name = str(row["displayName"])
        yield Effect("group", "", name, "the group")
        for member in rows("members").get(key, {"ids": []})["ids"]:
            yield Effect("member", "", name, f"member {users.get(member, member)}", "the group")
    applications = {row["appId"]: row for row in rows("applications").values()}
    for row in applications.values():
        name = str(row["displayName"])
        yield Effect("application", "", name, "the application")
        if row.get("isDisabled"):
            yield Effect("application", "", name, DEACTIVATION, "the application")
    principals = rows("servicePrincipals")
    for row in principals.values():
        name = _label(row, applications)
        yield Effect("service principal", "", name, "the service principal", "the application")
    for row in rows("appRoleAssignments").values():
        client, api = principals.get(row["principalId"]), principals.get(row["resourceId"])
        values = {item["id"]: item["value"] for item in (api or {}).get("appRoles", ())}
        if client and api and row["appRoleId"] in values:
            what = f"application permission {values[row['appRoleId']]} of {api['displayName']}"
            yield Effect("application permission", "", _label(client, applications), what, "the service principal")
    for row in rows("oauth2PermissionGrants").values():
        client, api = principals.get(row["clientId"]), principals.get(row["resourceId"])
        for scope in (row.get("scope") or "").split() if client and api else ():
            what = f"delegated permission {scope} of {api['displayName']}"
            yield Effect("delegated permission", "", _label(client, applications), what, "the service principal")


def _observe_commcell(site: Simulator, place: str) -> t.Iterator[Effect]:
    state = site.commcells[place].state
    entra = {key.lower(): row["displayName"] for key, row in site.tenant.store.primary().rows("groups").items()}
    users = {user.id: user.name for user in state.users}
    groups = {group.id: group for group in state.groups}
    roles = {role.id: role for role in state.roles}
    for user in state.users:
        yield Effect("user", place, user.name, "the user", key=str(user.id))
    for role in roles.values():
        yield Effect("role", place, role.name, "the role", key=str(role.id))
        for number in state.catalogue.expand(set(role.permission_ids), set(role.category_ids)):
            yield Effect(
                "permission", place, role.name, f"permission {state.catalogue.names[number]}", "the role", str(role.id)
            )
    for group in groups.values():
        yield Effect("user group", place, group.name, "the user group", key=str(group.id))
        for member in group.member_ids:
            yield Effect("member", place, group.name, f"member {users.get(member)}", "the user group", str(group.id))
        if group.azure_guid.lower() in entra:
            what = f"to the Entra group {entra[group.azure_guid.lower()]}"
            yield Effect("user group", place, group.name, what, "the user group", str(group.id))
    for grant in state.grants:
        if grant.role_id is None or grant.kind != "explicit" or grant.principal_kind not in (_USER, _USER_GROUP):
            continue
        named = users if grant.principal_kind == _USER else {key: group.name for key, group in groups.items()}
        word = _ENTITY_WORDS.get(grant.entity_type, "")
        on = f"{word} {state.entity_name(grant.entity_type, grant.entity_id)}" if word else "the CommCell"
        if not grant.entity_id:
            on = f"all {word}s, future ones included"
        what = f"{roles[grant.role_id].name} on {on}"
        yield Effect("grant", place, str(named.get(grant.principal_id)), what, "the user group", str(grant))
