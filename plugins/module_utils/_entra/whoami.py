# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The identity that signs in to Entra ID, the inputs that it signs in with, and what it may do. Reads only."""

from __future__ import annotations

import typing as t

from .._core.addresses import quote_segment
from .._core.context import Context
from .._core.errors import ApiError, Forbidden, NotFound
from .._core.http import describe_proxy
from .._core.values import get_objects
from .._signin.clouds import get_authority_url, get_graph_scope, get_graph_url
from .._signin.inputs import list_option_sources
from .._signin.options import entra_spec
from .._signin.tokens import describe_identity, get_expiry, get_identity_kind
from .._signin.transport_settings import build_graph_settings
from .client import GraphClient
from .write_permissions import NO_ROLES

#: Names of the services whose answers tell the time; no sign-in is sent when the token comes from the cache.
ENTRA_SERVICES = ("Entra sign-in", "Microsoft Graph")
#: Options any of which asks for a sign-in to Entra ID.
_INPUTS = (
    "tenant_id",
    "client_id",
    "client_secret",
    "client_certificate",
    "federated_token",
    "federated_token_file",
    "federated_managed_identity",
    "managed_identity_client_id",
    "access_token",
)
#: Directory roles that matter here by template id, which is the same in every tenant (Microsoft Learn: built-in roles).
DIRECTORY_ROLES = {
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "cf1c38e5-3621-4004-a7cb-879624dced7c": "Application Developer",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c": "Groups Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
}


def is_entra_configured(options: t.Mapping[str, t.Any]) -> bool:
    """Return True when the options ask for a sign-in to Entra ID."""
    return options.get("auth_method") not in (None, "auto") or any(options.get(name) for name in _INPUTS)


def describe_entra_connection(ctx: Context) -> dict[str, t.Any]:
    """Return what is known before any sign-in: cloud, addresses, CA, proxy, and the source of each option."""
    settings = build_graph_settings(ctx.options)
    graph = get_graph_url(ctx.options)
    return {
        "cloud": ctx.options["cloud"],
        "authority_url": get_authority_url(ctx.options),
        "graph_url": graph,
        "ca": settings.describe_ca(),
        "proxy": describe_proxy(settings, graph),
        "sources": list_option_sources(ctx, entra_spec().options),
    }


def read_entra_identity(ctx: Context, graph: GraphClient) -> dict[str, t.Any]:
    """Return the identity and what it may do; what it may not read is None. Raises AuthError, Unreachable, Throttled."""
    token = graph.sign_in.get_token(get_graph_scope(ctx.options))
    claims = graph.read_token_claims()
    kind = get_identity_kind(claims, graph.sign_in.method)
    ends_at = token.expires_at or get_expiry(claims)
    return {
        "method": graph.sign_in.method,
        "identity": describe_identity(claims, graph.sign_in.method),
        "permissions": list_token_permissions(claims),
        "tenant": _read_tenant(graph, claims),
        "directory_roles": _list_directory_roles(graph, claims) if kind == "user" else None,
        "owned_applications": _count_owned_applications(graph, claims, kind),
        "token_life_s": max(0, int(ends_at - ctx.clock.now().timestamp())) if ends_at else None,
    }


def list_token_permissions(claims: t.Mapping[str, t.Any]) -> list[str] | None:
    """Return the names of the permissions in the token, sorted; None for a token that cannot be read.

    These are application permissions, for people delegated ones.
    """
    if not claims:
        return None
    roles = claims.get("roles")
    held = str(claims["scp"]).split() if claims.get("scp") is not None else roles if isinstance(roles, list) else []
    return sorted(map(str, held))


def _read_tenant(graph: GraphClient, claims: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    listed = _ask_if_allowed(
        lambda: graph.list(
            "/organization", intent="read the tenant", params={"$select": "id,displayName,verifiedDomains"}
        )
    )
    found = listed[0] if listed else {}
    domains = [str(domain["name"]) for domain in get_objects(found, "verifiedDomains") if domain.get("name")]
    return {
        "id": claims.get("tid") or found.get("id"),
        "display_name": found.get("displayName"),
        "domains": sorted(domains) if listed else None,
    }


def _list_directory_roles(graph: GraphClient, claims: t.Mapping[str, t.Any]) -> list[str] | None:
    """Return the names of the active directory roles, sorted; None where they are not known.

    The token carries template ids (claim ``wids``). Graph is asked where it carries none, or one that has no name here.
    """
    told = claims.get("wids")
    ids = {str(found).lower() for found in told} - NO_ROLES if isinstance(told, list) else None
    if ids is not None and ids <= DIRECTORY_ROLES.keys():
        return sorted(DIRECTORY_ROLES[found] for found in ids)
    path = f"/users/{quote_segment(str(claims.get('oid')))}/transitiveMemberOf/microsoft.graph.directoryRole"
    listed = _ask_if_allowed(
        lambda: graph.list(path, intent="read directory roles", params={"$select": "displayName,roleTemplateId"})
    )
    if listed is not None:
        return sorted(str(role["displayName"]) for role in listed if role.get("displayName"))
    return None if ids is None else sorted(DIRECTORY_ROLES.get(found, found) for found in ids)


def _count_owned_applications(graph: GraphClient, claims: t.Mapping[str, t.Any], kind: str) -> int | None:
    if not claims.get("oid"):
        return None
    collection = "users" if kind == "user" else "servicePrincipals"
    path = f"/{collection}/{quote_segment(str(claims['oid']))}/ownedObjects/microsoft.graph.application"
    listed = _ask_if_allowed(lambda: graph.list(path, intent="count owned applications", params={"$select": "id"}))
    return None if listed is None else len(listed)


def _ask_if_allowed(ask: t.Callable[[], list[dict[str, t.Any]]]) -> list[dict[str, t.Any]] | None:
    """Return the answer, or None where the identity may not ask or the service does not offer it. Other errors stay errors."""
    try:
        return ask()
    except (Forbidden, NotFound):
        return None
    except ApiError as exc:
        if exc.status == 400 and exc.code is not None:
            return None
        raise
