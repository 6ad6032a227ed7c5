# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an application may hold: rules that the schema alone does not tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cvops_simulator.core.names import fold_case
from cvops_simulator.entra.graph.errors import GraphError, bad_request, invalid_value

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Tenant

RESOURCE = "Application"
_AUDIENCES = frozenset(
    {"AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"}
)
_ROLE_VALUE = re.compile(
    r"[A-Za-z0-9!#$%&'()*+,\-/:;<=>?@\[\]^_`{|}~][A-Za-z0-9!#$%&'()*+,\-./:;<=>?@\[\]^_`{|}~]{0,119}"
)
_LONGEST = {"displayName": 256, "description": 1024, "notes": 1024}
_PERSONAL = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
_PLATFORMS = ("web", "spa", "publicClient")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f<>\"\\^`{|}]+")
_WEB_ADDRESS = re.compile(r"[hH][tT][tT][pP][sS]?://(?P<host>[^/:?#\s]+)(:\d+)?([/?#]\S*)?")
_PLATFORM_SCHEMES = {"web": ("urn", "ms-appx-web"), "spa": ("brk-multihub",)}
_MAX_PERMISSIONS = 400
_MAX_RESOURCES = 50
_MAX_ENTITLEMENTS = 700


def check_values(body: Row) -> None:
    """Check the values that need no knowledge of other objects."""
    for name, longest in _LONGEST.items():
        if len(body.get(name) or "") > longest:
            raise invalid_value(name, RESOURCE)
    if "displayName" in body and not body["displayName"]:
        raise invalid_value("displayName", RESOURCE)
    if body.get("signInAudience") and body["signInAudience"] not in _AUDIENCES:
        raise invalid_value("signInAudience", RESOURCE)
    check_tags(body.get("tags", []), RESOURCE)
    _check_requested(body.get("requiredResourceAccess", []))
    identifiers = body.get("identifierUris", [])
    folded = {fold_case(uri) for uri in identifiers}
    if len(folded) != len(identifiers) or any(not _is_identifier_uri(uri) for uri in identifiers):
        raise invalid_value("identifierUris", RESOURCE)
    web = body.get("web") or {}
    if web.get("homePageUrl") and not _WEB_ADDRESS.fullmatch(web["homePageUrl"]):
        raise invalid_value("homePageUrl", RESOURCE)
    if web.get("logoutUrl") and (len(web["logoutUrl"]) > 255 or not _is_sign_in_address(web["logoutUrl"])):
        raise invalid_value("logoutUrl", RESOURCE)


def check_tags(tags: list[str], resource: str) -> None:
    """Check the tags of an application or a service principal."""
    if len(set(tags)) != len(tags) or any(not 1 <= len(tag) <= 256 or re.search(r"\s", tag) for tag in tags):
        raise invalid_value("tags", resource)


def _check_requested(items: list[dict[str, Any]]) -> None:
    resources = [item.get("resourceAppId") for item in items]
    if None in resources or len(set(resources)) != len(resources) or len(items) > _MAX_RESOURCES:
        raise invalid_value("requiredResourceAccess", RESOURCE)
    wanted = [access for item in items for access in item.get("resourceAccess") or []]
    wrong = any(access.get("type") not in ("Role", "Scope") or not access.get("id") for access in wanted)
    if wrong or len(wanted) > _MAX_PERMISSIONS:
        raise invalid_value("resourceAccess", RESOURCE)


def check_platforms(row: Row, before: Row | None) -> None:
    """Check redirect URIs of the resulting application: the form of those that are new, the number of all."""
    lists = {name: list((row.get(name) or {}).get("redirectUris") or []) for name in _PLATFORMS}
    personal = row["signInAudience"] in _PERSONAL
    everything = [uri for uris in lists.values() for uri in uris]
    if len(everything) > (100 if personal else 256) or len(set(everything)) != len(everything):
        raise invalid_value("redirectUris", RESOURCE)
    for name, uris in lists.items():
        known = set((((before or {}).get(name)) or {}).get("redirectUris") or [])
        for uri in uris:
            if uri not in known and not _is_redirect_uri(uri, name, personal):
                raise invalid_value("redirectUris", RESOURCE)


def is_reply_url(uri: str) -> bool:
    """Return True for an address that has the form of a reply URL; each scheme may be its own."""
    return len(uri) <= 256 and bool(_URI.fullmatch(uri))


def _is_redirect_uri(uri: str, platform: str, personal: bool) -> bool:
    if not is_reply_url(uri) or "#" in uri or (personal and set(uri) & {"*", "?"}):
        return False
    scheme = uri.partition(":")[0].lower()
    if scheme not in ("http", "https"):
        return platform == "publicClient" or scheme in _PLATFORM_SCHEMES[platform]
    return _is_sign_in_address(uri)


def _is_sign_in_address(uri: str) -> bool:
    """Return True for an https address, and for an http address of the machine itself."""
    found = _WEB_ADDRESS.fullmatch(uri)
    return found is not None and (uri[:6].lower() == "https:" or found["host"].lower() in ("localhost", "127.0.0.1"))


def _is_identifier_uri(uri: str) -> bool:
    return len(uri) <= 255 and not uri.endswith("/") and "*" not in uri and bool(_URI.fullmatch(uri))


def check_audience(row: Row) -> None:
    """Check what an audience with personal accounts demands of the resulting application."""
    if row["signInAudience"] not in _PERSONAL:
        return
    if row["api"].get("requestedAccessTokenVersion") != 2:
        text = "Property api.requestedAccessTokenVersion must be 2 where signInAudience includes personal accounts."
        raise bad_request(text, "InvalidValue", "requestedAccessTokenVersion")
    if row["appRoles"]:
        raise invalid_value("appRoles", RESOURCE)
    if len(row["identifierUris"]) > 50 or any(len(uri) > 120 for uri in row["identifierUris"]):
        raise invalid_value("identifierUris", RESOURCE)


def check_entitlements(row: Row, before: Row | None) -> None:
    """Check app roles and scopes of the resulting application. `before`: as the replica knows it."""
    roles, scopes = row["appRoles"], row["api"]["oauth2PermissionScopes"]
    for items, name in ((roles, "appRoles"), (scopes, "oauth2PermissionScopes")):
        ids = [item.get("id") for item in items]
        if None in ids or len(set(ids)) != len(ids):
            raise invalid_value(name, RESOURCE)
    if len(roles) + len(scopes) > _MAX_ENTITLEMENTS:
        raise invalid_value("appRoles", RESOURCE)
    for role in roles:
        _check_role(role)
    _check_unique_values(roles, "appRoles")
    _check_unique_values(scopes, "oauth2PermissionScopes")
    _check_shared(roles, scopes)
    _check_disabled_first(_by_kind_and_id(before) if before else {}, _by_kind_and_id(row))


def _by_kind_and_id(row: Row) -> dict[tuple[str, str], Row]:
    lists = {"role": row["appRoles"], "scope": row["api"]["oauth2PermissionScopes"]}
    return {(kind, item["id"]): item for kind, items in lists.items() for item in items}


def _check_shared(roles: list[Row], scopes: list[Row]) -> None:
    """Check a role and a scope of one id or value: they are one permission, with equal texts and state."""
    for role in roles:
        for scope in scopes:
            same_value = bool(role.get("value")) and role.get("value") == scope.get("value")
            if role["id"] != scope["id"] and not same_value:
                continue
            shared = (
                (role["id"], scope["id"]),
                (role.get("value"), scope.get("value")),
                (role.get("displayName"), scope.get("adminConsentDisplayName")),
                (role.get("description"), scope.get("adminConsentDescription")),
                (role.get("isEnabled"), scope.get("isEnabled")),
            )
            if any(ours != theirs for ours, theirs in shared):
                raise invalid_value("appRoles", RESOURCE)


def _check_role(role: Row) -> None:
    members = role.get("allowedMemberTypes") or []
    if not members or set(members) - {"User", "Application"}:
        raise invalid_value("allowedMemberTypes", RESOURCE)
    if not role.get("displayName") or not role.get("description"):
        raise invalid_value("appRoles", RESOURCE)
    if role.get("value") and not _ROLE_VALUE.fullmatch(role["value"]):
        raise invalid_value("value", RESOURCE)


def _check_unique_values(items: list[Row], name: str) -> None:
    values = [item["value"] for item in items if item.get("value")]
    if len(set(values)) != len(values):
        raise bad_request(f"Property {name} has duplicate values.", "DuplicateValue", name)


def _check_disabled_first(old: dict[tuple[str, str], Row], new: dict[tuple[str, str], Row]) -> None:
    """Refuse to remove or change an enabled role or scope, unless disabling it is the only change."""
    for key, item in old.items():
        if not item.get("isEnabled"):
            continue
        after = new.get(key)
        same = after is not None and {**after, "isEnabled": True, "origin": None} == {**item, "origin": None}
        if not same:
            text = "Permission (scope or role) cannot be deleted or updated unless disabled first."
            raise GraphError(400, "CannotDeleteOrUpdateEnabledEntitlement", text)


def check_new_entitlements(items: list[Row], known: set[str]) -> None:
    """Refuse new roles and scopes that are not enabled."""
    for item in items:
        if item.get("id") not in known and item.get("isEnabled") is not True:
            raise invalid_value("isEnabled", RESOURCE)


def complete_entitlements(row: Row) -> None:
    """Add the keys that a reader always sees; refuse what the client must not send."""
    for role in row["appRoles"]:
        if role.get("origin") not in (None, "Application"):
            raise invalid_value("origin", RESOURCE)
        role.update({key: role.get(key) for key in ("description", "displayName", "value")}, origin="Application")
        role.setdefault("isEnabled", False)
    names = ("adminConsentDescription", "adminConsentDisplayName", "userConsentDescription", "userConsentDisplayName")
    for scope in row["api"]["oauth2PermissionScopes"]:
        scope.update({key: scope.get(key) for key in (*names, "value")}, origin="Application")
        scope.setdefault("isEnabled", False)
        scope.setdefault("type", "Admin")


def check_conflicts(tenant: Tenant, row: Row) -> None:
    """Refuse values that another object of the tenant has, deleted applications included."""
    deleted = [item["row"] for item in tenant.deleted.values() if item["kind"] == "application"]
    others = [other for other in [*tenant.applications.values(), *deleted] if other["id"] != row["id"]]
    taken = {fold_case(uri) for other in others for uri in other["identifierUris"]}
    if taken & {fold_case(uri) for uri in row["identifierUris"]}:
        text = "Another object with the same value for property identifierUris already exists."
        raise bad_request(text, "ObjectConflict", "identifierUris")
    name = row["uniqueName"]
    if name and any(fold_case(other["uniqueName"] or "") == fold_case(name) for other in others):
        text = "A conflicting object with one or more of the specified property values is present in the directory."
        raise bad_request(text, "ConflictingObjects")


def check_identifier_policy(call: Call, row: Row, before: Row | None) -> None:
    """Check new identifier URIs against the tenant's policy, when it is enabled."""
    policy = call.tenant.store.primary().get("policies", "defaultAppManagementPolicy") or {}
    rules = (policy.get("applicationRestrictions") or {}).get("identifierUris") or {}
    rule = rules.get("uriAdditionWithoutUniqueTenantIdentifier") or {}
    if not policy.get("isEnabled") or rule.get("state") != "enabled":
        return
    known = set(before["identifierUris"]) if before else set()
    marks = (row["appId"], call.tenant.id, call.tenant.domain)
    for uri in row["identifierUris"]:
        if uri not in known and not any(mark in uri.lower() for mark in marks):
            raise bad_request(
                f"Failed to add identifier URI {uri}. All newly added URIs must contain a tenant verified domain, "
                "tenant ID, or app ID, as per the default tenant policy of your organization. See "
                "https://aka.ms/identifier-uri-addition-error for more information on this error."
            )
