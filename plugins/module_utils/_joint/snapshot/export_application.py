# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One application of a tenant's document in the form of the variable cvops_application. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.values import get_objects
from ..._entra.app_role_assignments.writer import DEFAULT_ACCESS
from ..._entra.applications.canonical import canonical_application
from ..._entra.applications.options import AUDIENCES, GROUP_CLAIMS
from ..._entra.federated_credentials.plan import canonical_federated_credential
from ..._entra.overview.document import EntraDocument, Row
from ..._entra.permission_presets.presets import APIS
from ..._entra.permissions import KINDS
from ..._entra.service_principals.plan import NO_MODE, canonical_service_principal

Options: t.TypeAlias = dict[str, t.Any]
_MODES = ("saml", "oidc", "password", "notSupported")
_NO_PLACE = "the variables document has no key for it"
#: Kinds of principals by Graph's word: the suboption of an assignment, and the member type that a role has to allow.
_PRINCIPALS = {
    "Group": ("group", "User"),
    "User": ("user", "User"),
    "ServicePrincipal": ("service_principal", "Application"),
}


@dataclass
class Directory:
    """Names of the objects of a document, and what the export could not say (``other``)."""

    document: EntraDocument
    other: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.users = {
            row["id"]: str(row["userPrincipalName"]) for row in self.document["users"] if row["userPrincipalName"]
        }
        names: dict[str, list[str]] = {}
        for row in self.document["groups"]:
            names.setdefault(str(row["displayName"] or ""), []).append(row["id"])
        self.groups = {ids[0]: name for name, ids in names.items() if name.strip() and len(ids) == 1}
        self.principals = {row["appId"]: row for row in self.document["service_principals"]}

    def tell(self, kind: str, name: t.Any, object_id: t.Any, why: str, options: Options | None = None) -> None:
        """Note what the document of variables cannot say; *options*: those of the module that can."""
        row: Row = {"kind": kind, "name": str(name or ""), "id": str(object_id or ""), "why": why}
        self.other.append({**row, "options": options or {}})

    def name_people(self, ids: t.Iterable[str]) -> list[str]:
        """Return user principal names of users, object ids of all others, sorted."""
        return sorted(self.users.get(one, one) for one in ids)


def export_application(directory: Directory, row: Row) -> Options:
    """Return *row* as the variable has it; what it does not say is as Entra ID makes it, or is told in *directory*."""
    form = canonical_application(row)
    name = str(row["displayName"] or row["appId"])
    found: Options = {"unique_name": form["unique_name"]} if form["unique_name"] else {"app_id": form["app_id"]}
    found["display_name"] = form["display_name"]
    if form["sign_in_audience"] in AUDIENCES:
        found["sign_in_audience"] = form["sign_in_audience"]
    found.update({key: form[key] for key in ("description", "notes")})
    found["enabled"] = None if form["enabled"] else False
    found.update({key: form[key] for key in ("tags", "identifier_uris")})
    found["owners"] = directory.name_people(row["owners"])
    web = form["web"]
    implicit = {key: value for key, value in web["implicit_grant"].items() if value}
    found["web"] = prune({**web, "implicit_grant": implicit})
    found.update({key: prune(form[key]) for key in ("spa", "public_client")})
    found["app_roles"] = _export_entitlements(directory, name, "app role", form["app_roles"])
    found["api_scopes"] = _export_entitlements(directory, name, "API scope", form["api_scopes"])
    found["api_permissions"] = _export_permissions(directory, name, row)
    found["group_claims"] = [claim for claim in form["group_claims"] if claim in GROUP_CLAIMS]
    found["optional_claims"] = prune(
        {key: [prune(one) for one in claims] for key, claims in form["optional_claims"].items()}
    )
    found["access_token_version"] = 2 if form["access_token_version"] == 2 else None
    principal = directory.principals.get(str(row["appId"]))
    if principal is not None:
        found["service_principal"] = _export_principal(directory, name, principal, row)
        found["grant_admin_consent"] = _is_consented(directory, name, principal, row) or None
        assignments = _list_assignments(directory, name, principal)
        found["app_role_assignments"] = prune({"assignments": assignments})
    _tell_credentials(directory, name, row)
    _tell_unread(directory, "application", name, row)
    return prune(found)


def prune(options: t.Mapping[str, t.Any]) -> Options:
    """Return *options* without what says nothing: None, and empty texts, lists and dictionaries."""
    return {name: value for name, value in options.items() if value not in (None, "", [], {})}


def _export_entitlements(directory: Directory, name: str, kind: str, entries: t.Iterable[Row]) -> list[Options]:
    """Return app roles or scopes, which a value identifies; one that is enabled does not say so."""
    found = []
    for entry in entries:
        if not entry["value"]:
            directory.tell(
                kind,
                f"{name}: {entry.get('display_name') or entry['id']}",
                entry["id"],
                "it has no value, and the document identifies it by its value",
            )
            continue
        kept = {key: value for key, value in entry.items() if key not in ("id", "enabled")}
        found.append(prune({**kept, "enabled": None if entry["enabled"] else False}))
    return found


def _map_permissions(principal: Row, kind: str) -> dict[str, str]:
    """Return the values of the permissions of one kind that can be requested, by id."""
    entries = principal["appRoles"] if kind == "application" else principal["oauth2PermissionScopes"]
    return {
        entry["id"]: str(entry["value"])
        for entry in entries
        if entry["value"]
        and entry["isEnabled"] is not False
        and (kind != "application" or "Application" in entry["allowedMemberTypes"])
    }


def _export_permissions(directory: Directory, name: str, row: Row) -> list[Options]:
    """Return the requested permissions by name; one that its API does not offer any more cannot be asked for."""
    found = []
    for entry in row["requiredResourceAccess"]:
        api = str(entry["resourceAppId"])
        principal = directory.principals.get(api)
        chosen: dict[str, list[str]] = {kind: [] for kind in KINDS}
        for access in entry["resourceAccess"]:
            kind = next((kind for kind, word in KINDS.items() if word == access["type"]), None)
            value = _map_permissions(principal, kind).get(access["id"]) if principal and kind else None
            if value is None or kind is None:
                directory.tell(
                    "api permission",
                    f"{name}: {APIS.get(api, api)}",
                    access["id"],
                    "its API does not offer it, or could not be read",
                )
            else:
                chosen[kind].append(value)
        if any(chosen.values()):
            found.append({"api": APIS.get(api, api), **prune({kind: sorted(names) for kind, names in chosen.items()})})
    return sorted(found, key=lambda one: str(one["api"]))


def _export_principal(directory: Directory, name: str, principal: Row, row: Row) -> Options:
    """Return the options of the enterprise application, without what it has from the registration."""
    form = canonical_service_principal(principal)
    own_uris = {uri for key in ("web", "spa", "publicClient") for uri in row[key]["redirectUris"]}
    mode = form["sign_on_mode"]
    if mode not in (NO_MODE, *_MODES):
        directory.tell("sign-on mode", name, principal["id"], f"the document does not support {mode}")
    if principal["preferredTokenSigningKeyThumbprint"]:
        directory.tell(
            "signing certificate",
            name,
            principal["id"],
            "its key cannot be read; signing_certificate creates a new one",
        )
    _tell_unread(directory, "service principal", name, principal)
    return prune(
        {
            "assignment_required": form["assignment_required"] or None,
            "enabled": None if form["enabled"] else False,
            "sign_on_mode": mode if mode in _MODES else None,
            "login_url": form["login_url"],
            "relay_state": form["relay_state"],
            "reply_urls": [url for url in form["reply_urls"] if url not in own_uris],
            "notification_emails": form["notification_emails"],
            "tags": [tag for tag in form["tags"] if tag not in row["tags"]],
            "description": form["description"],
            "notes": form["notes"],
            "owners": directory.name_people(principal["owners"]),
        }
    )


def _is_consented(directory: Directory, name: str, principal: Row, row: Row) -> bool:
    """Return True where all that is requested is granted for everybody; tell what is granted beside it."""
    ids = {one["id"]: one for one in directory.document["service_principals"]}
    held = {
        (ids[one["resourceId"]]["appId"], "Role", one["appRoleId"])
        for one in principal["appRoleAssignments"]
        if one["resourceId"] in ids
    }
    for grant in principal["oauth2PermissionGrants"]:
        resource = ids.get(grant["resourceId"])
        if resource is None or grant["consentType"] != "AllPrincipals":
            continue
        names = {str(scope["value"]): scope["id"] for scope in resource["oauth2PermissionScopes"]}
        held |= {
            (resource["appId"], "Scope", names[text]) for text in str(grant["scope"] or "").split() if text in names
        }
    asked = {
        (entry["resourceAppId"], access["type"], access["id"])
        for entry in row["requiredResourceAccess"]
        for access in entry["resourceAccess"]
    }
    for api, kind, object_id in sorted(held - asked):
        kinds = [kind_ for kind_, word in KINDS.items() if word == kind]
        value = _map_permissions(directory.principals[api], kinds[0]).get(object_id, object_id)
        why = "it is granted without being requested"
        directory.tell("granted permission", f"{name}: {APIS.get(api, api)} {value}", object_id, why)
    if asked and held & asked and not asked <= held:
        directory.tell(
            "consent",
            name,
            principal["id"],
            "only a part of the requested permissions is granted; grant_admin_consent would grant all",
        )
    return bool(asked) and asked <= held


def _list_assignments(directory: Directory, name: str, principal: Row) -> list[Options]:
    """Return who holds which role; one that could not be assigned anew is told instead."""
    roles = {role["id"]: role for role in principal["appRoles"]}
    found = []
    for one in principal["appRoleAssignedTo"]:
        key, member_type = _PRINCIPALS.get(str(one["principalType"]), ("", ""))
        role = roles.get(one["appRoleId"])
        usable = any(
            item["isEnabled"] is not False and member_type in item["allowedMemberTypes"] for item in roles.values()
        )
        is_plain = one["appRoleId"] == DEFAULT_ACCESS and not usable
        is_held = role is not None and role["isEnabled"] is not False and member_type in role["allowedMemberTypes"]
        if not key or not (is_plain or is_held):
            directory.tell(
                "app role assignment",
                name,
                one["principalId"],
                "the application no longer offers this role to such a holder",
            )
            continue
        names = {"group": directory.groups, "user": directory.users}.get(key, {})
        entry: Options = {key: names.get(one["principalId"], one["principalId"])}
        if role is not None:
            entry["app_role"] = role["value"] or role["id"]
        found.append(entry)
    return sorted(found, key=lambda entry: (list(entry)[0], str(list(entry.values()))))


def _tell_credentials(directory: Directory, name: str, row: Row) -> None:
    """Tell what the document does not hold: credentials that cannot be read, and federated ones, which have a module of their own."""
    key = {"unique_name": row["uniqueName"]} if row["uniqueName"] else {"app_id": row["appId"]}
    for wire in get_objects(row, "federatedIdentityCredentials"):
        form = canonical_federated_credential(wire)
        options = {"application": key, **prune(form)}
        why = f"{_NO_PLACE}; the module entra_federated_credential takes these options"
        directory.tell("federated credential", f"{name}: {form['name']}", wire["id"], why, options)
    for kind, entries in (("secret", row["passwordCredentials"]), ("certificate", row["keyCredentials"])):
        for entry in entries:
            why = "its value cannot be read; cvops_rotations keeps a new one"
            directory.tell(kind, f"{name}: {entry['displayName'] or entry['keyId']}", entry["keyId"], why)


def _tell_unread(directory: Directory, kind: str, name: str, row: Row) -> None:
    for part in row["notVisible"]:
        directory.tell(kind, name, row["id"], f"{part} could not be read")
