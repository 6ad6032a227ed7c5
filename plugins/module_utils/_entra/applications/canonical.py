# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The canonical form of an application registration, from what Graph gives, and back into what Graph takes. Pure."""

from __future__ import annotations

import typing as t

from ..._core.values import get_object, get_objects, get_texts
from ..permissions import KINDS
from .roles_and_scopes import ROLE, SCOPE, sort_entitlements

CanonicalApplication = dict[str, t.Any]
Wire = dict[str, t.Any]

#: Text options and Graph's names for them.
TEXTS = {
    "unique_name": "uniqueName",
    "display_name": "displayName",
    "sign_in_audience": "signInAudience",
    "description": "description",
    "notes": "notes",
}
#: Sets of text at the top level.
SETS = {"tags": "tags", "identifier_uris": "identifierUris"}
#: Platforms that have nothing but redirect URIs.
PLATFORMS = {"web": "web", "spa": "spa", "public_client": "publicClient"}
WEB_TEXTS = {"logout_url": "logoutUrl", "home_page_url": "homePageUrl"}
IMPLICIT = {"access_tokens": "enableAccessTokenIssuance", "id_tokens": "enableIdTokenIssuance"}
TOKENS = {"access_token": "accessToken", "id_token": "idToken", "saml2_token": "saml2Token"}
#: What one read of an application has to bring, without its credentials.
SELECT = ",".join(
    [
        "id,appId,isDisabled,groupMembershipClaims,optionalClaims,requiredResourceAccess,appRoles,api",
        *TEXTS.values(),
        *SETS.values(),
        *PLATFORMS.values(),
    ]
)
#: Parts of ``api`` that the collection does not manage; they are sent back as they were when another part is written.
_API_KEPT = ("acceptMappedClaims", "knownClientApplications", "preAuthorizedApplications")


def canonical_application(wire: t.Mapping[str, t.Any]) -> CanonicalApplication:
    """Return an application of Graph under the names of our options.

    Sets are sorted, empty text is None, the access token version is 1 where it is not set, and an application is enabled where
    nothing says otherwise. An empty *wire* gives the form of
    an application that does not exist: nothing set, ``object_id`` None.
    """
    found: CanonicalApplication = {name: wire.get(graph_name) or None for name, graph_name in TEXTS.items()}
    found["object_id"], found["app_id"] = wire.get("id"), wire.get("appId")
    found["enabled"] = not wire.get("isDisabled")
    found.update({name: sorted(get_texts(wire, graph_name)) for name, graph_name in SETS.items()})
    for name, graph_name in PLATFORMS.items():
        found[name] = {"redirect_uris": sorted(get_texts(get_object(wire, graph_name), "redirectUris"))}
    web = get_object(wire, "web")
    implicit = get_object(web, "implicitGrantSettings")
    found["web"].update({name: web.get(graph_name) or None for name, graph_name in WEB_TEXTS.items()})
    found["web"]["implicit_grant"] = {name: bool(implicit.get(graph_name)) for name, graph_name in IMPLICIT.items()}
    api = get_object(wire, "api")
    found["access_token_version"] = api.get("requestedAccessTokenVersion") or 1
    found["app_roles"] = sort_entitlements(ROLE.canonicalize(item) for item in get_objects(wire, "appRoles"))
    found["api_scopes"] = sort_entitlements(
        SCOPE.canonicalize(item) for item in get_objects(api, "oauth2PermissionScopes")
    )
    found["api_permissions"] = _canonical_permissions(get_objects(wire, "requiredResourceAccess"))
    claims = str(wire.get("groupMembershipClaims") or "")
    found["group_claims"] = sorted(name for name in claims.replace(" ", "").split(",") if name not in ("", "None"))
    optional = get_object(wire, "optionalClaims")
    found["optional_claims"] = {
        name: sort_optional_claims([canonical_optional_claim(item) for item in get_objects(optional, graph_name)])
        for name, graph_name in TOKENS.items()
    }
    return found


def _canonical_permissions(wire: t.Iterable[t.Mapping[str, t.Any]]) -> list[CanonicalApplication]:
    by_api: dict[str, CanonicalApplication] = {}
    for resource in wire:
        api = str(resource.get("resourceAppId")).lower()
        entry = by_api.setdefault(api, {"api": api, "application": set(), "delegated": set()})
        for access in get_objects(resource, "resourceAccess"):
            kind = next((kind for kind, word in KINDS.items() if word == access.get("type")), "delegated")
            entry[kind].add(str(access.get("id")).lower())
    return [
        {"api": api, **{kind: sorted(by_api[api][kind]) for kind in KINDS}}
        for api in sorted(by_api)
        if any(by_api[api][kind] for kind in KINDS)
    ]


def name_permissions(
    entries: t.Sequence[CanonicalApplication], names: t.Mapping[str, str]
) -> list[CanonicalApplication]:
    """Return API permissions with *names* in place of ids wherever they are known, sorted."""
    listed = [
        {
            "api": names.get(entry["api"], entry["api"]),
            "application": sorted(names.get(item, item) for item in entry["application"]),
            "delegated": sorted(names.get(item, item) for item in entry["delegated"]),
        }
        for entry in entries
    ]
    return sorted(listed, key=lambda entry: str(entry["api"]))


def canonical_optional_claim(wire: t.Mapping[str, t.Any]) -> CanonicalApplication:
    """Return an optional claim of Graph under our names; ``source`` None is one of Entra ID's own claims."""
    return {
        "name": wire.get("name"),
        "source": wire.get("source") or None,
        "essential": bool(wire.get("essential")),
        "additional_properties": sorted(get_texts(wire, "additionalProperties")),
    }


def sort_optional_claims(claims: t.Iterable[CanonicalApplication]) -> list[CanonicalApplication]:
    """Return the claims sorted by name and source."""
    return sorted(claims, key=get_claim_key)


def get_claim_key(claim: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """Return name and source, which identify an optional claim within one kind of token."""
    return str(claim["name"]), claim.get("source") or ""


def build_application_patch(
    current: CanonicalApplication, after: CanonicalApplication, raw: t.Mapping[str, t.Any]
) -> Wire:
    """Return the body of the PATCH that makes *current* into *after*; empty when nothing differs.

    Graph replaces collections as a whole, so each part that differs is sent whole. *raw* is the application as Graph gave it;
    what it has beside our options goes back unchanged, and lists keep their order.
    """
    body: Wire = {graph_name: after[name] for name, graph_name in TEXTS.items() if after[name] != current[name]}
    if after["enabled"] != current["enabled"]:
        body["isDisabled"] = not after["enabled"]
    for name, graph_name in SETS.items():
        if after[name] != current[name]:
            body[graph_name] = keep_order(raw.get(graph_name), after[name])
    for name, graph_name in PLATFORMS.items():
        if after[name] != current[name]:
            body[graph_name] = _build_platform(after[name], raw.get(graph_name) or {})
    if after["app_roles"] != current["app_roles"]:
        had = {str(role.get("id")).lower(): role for role in get_objects(raw, "appRoles")}
        body["appRoles"] = [ROLE.build_wire(entry, had.get(entry["id"])) for entry in after["app_roles"]]
    api = build_api_patch(current, after, raw)
    if api:
        body["api"] = api
    if after["api_permissions"] != current["api_permissions"]:
        body["requiredResourceAccess"] = [_build_resource_access(entry) for entry in after["api_permissions"]]
    if after["group_claims"] != current["group_claims"]:
        body["groupMembershipClaims"] = ",".join(after["group_claims"]) or None
    if after["optional_claims"] != current["optional_claims"]:
        body["optionalClaims"] = {
            graph_name: [_build_optional_claim(claim) for claim in after["optional_claims"][name]]
            for name, graph_name in TOKENS.items()
        }
    return body


def build_api_patch(current: CanonicalApplication, after: CanonicalApplication, raw: t.Mapping[str, t.Any]) -> Wire:
    """Return the ``api`` part of a PATCH; empty when nothing in it differs."""
    scopes, version = after["api_scopes"], after["access_token_version"]
    if scopes == current["api_scopes"] and version == current["access_token_version"]:
        return {}
    had = raw.get("api") or {}
    body: Wire = {name: had[name] for name in _API_KEPT if had.get(name) not in (None, [])}
    gone = {entry["id"] for entry in current["api_scopes"]} - {entry["id"] for entry in scopes}
    if gone and "preAuthorizedApplications" in body:
        body["preAuthorizedApplications"] = _drop_scopes(body["preAuthorizedApplications"], gone)
    body["oauth2PermissionScopes"] = [SCOPE.build_wire(entry) for entry in scopes]
    if version != current["access_token_version"] or had.get("requestedAccessTokenVersion") is not None:
        body["requestedAccessTokenVersion"] = version
    return body


def _drop_scopes(pre_authorized: t.Iterable[t.Mapping[str, t.Any]], gone: set[str]) -> list[Wire]:
    kept = []
    for entry in pre_authorized:
        ids = [item for item in entry.get("delegatedPermissionIds") or () if str(item).lower() not in gone]
        if ids:
            kept.append({**entry, "delegatedPermissionIds": ids})
    return kept


def keep_order(had: t.Iterable[str] | None, desired: t.Iterable[str]) -> list[str]:
    """Return *desired* as a list: first what was in *had*, in its order, then the rest sorted."""
    desired, before = set(desired), list(dict.fromkeys(had or ()))
    return [item for item in before if item in desired] + sorted(desired.difference(before))


def _build_platform(after: CanonicalApplication, had: t.Mapping[str, t.Any]) -> Wire:
    body: Wire = {"redirectUris": keep_order(had.get("redirectUris"), after["redirect_uris"])}
    if "implicit_grant" in after:
        body.update({graph_name: after[name] for name, graph_name in WEB_TEXTS.items()})
        body["implicitGrantSettings"] = {IMPLICIT[name]: value for name, value in after["implicit_grant"].items()}
    return body


def _build_resource_access(entry: CanonicalApplication) -> Wire:
    access = [{"id": item, "type": word} for kind, word in KINDS.items() for item in entry[kind]]
    return {"resourceAppId": entry["api"], "resourceAccess": access}


def _build_optional_claim(claim: CanonicalApplication) -> Wire:
    return {
        "name": claim["name"],
        "source": claim["source"],
        "essential": claim["essential"],
        "additionalProperties": claim["additional_properties"],
    }
