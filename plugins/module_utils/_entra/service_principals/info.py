# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_service_principal_info: what enterprise applications offer, how people sign in to them, and who may; never a private key."""

from __future__ import annotations

import datetime
import typing as t

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.names import fold_case
from ..._core.values import get_objects, get_texts, is_guid
from ..app_role_assignments.plan import read_assignments, report_assignments
from ..app_role_assignments.roles import read_app_roles
from ..applications.reference import READ_NEEDS
from ..applications.roles_and_scopes import ROLE, SCOPE, EntitlementKind
from ..batches import ReadRequest, Wire, read_in_batches
from ..client import GraphClient, filter_by_name, format_alternate_key, quote_literal
from ..id_holders import Key, explain_id
from ..references import build_relation_params
from ..relations import list_ids
from ..signing_certificates.canonical import (
    find_private_parts,
    get_signing_entries,
    list_signing_certificates,
    read_preferred,
)
from ..signing_certificates.plan import build_rows
from .plan import SELECT, canonical_service_principal

Described: t.TypeAlias = dict[str, t.Any]
_SELECT = f"{SELECT},servicePrincipalNames,appOwnerOrganizationId,appRoles,oauth2PermissionScopes,keyCredentials,passwordCredentials"
_IDS: tuple[Key, ...] = ("object_id", "app_id")
_ASSIGNMENT_NEEDS = ("Application.Read.All",)


def find_service_principals(ctx: Context) -> list[Described]:
    """Return the selected service principals, sorted by display name and object id; none is no error.

    With the option ``assignments`` each has who holds its app roles; with ``owners`` who owns it. Raises ConfigError, ApiError.
    """
    graph, options = GraphClient(ctx), ctx.options
    wires = sorted(_read_service_principals(graph, options), key=_make_sort_key)
    for wire in wires:
        ctx.secrets.update(find_private_parts(get_signing_entries(wire)))
    now = graph.get_service_time()
    found = [describe_service_principal(wire, now) for wire in wires]
    if options["assignments"]:
        listed = _read_relation(graph, found, "appRoleAssignedTo", {"$top": "999"}, _ASSIGNMENT_NEEDS)
        for item, wire, rows in zip(found, wires, listed, strict=True):
            item["assignments"] = report_assignments(read_assignments(rows, read_app_roles(wire)))
    if options["owners"]:
        for item, rows in zip(
            found, _read_relation(graph, found, "owners", build_relation_params(), READ_NEEDS), strict=True
        ):
            graph.known_objects.learn(rows)
            item["owners"] = list_ids(rows)
            item["owner_details"] = [graph.known_objects.describe(object_id) for object_id in item["owners"]]
    return found


def describe_service_principal(wire: t.Mapping[str, t.Any], now: datetime.datetime) -> Described:
    """Return a service principal of Graph under our names. Raises BadAnswer for credentials that are none. Pure."""
    certificates = list_signing_certificates(get_signing_entries(wire), read_preferred(wire))
    return {
        "object_id": wire["id"],
        "app_id": wire.get("appId"),
        "display_name": wire.get("displayName"),
        "type": wire.get("servicePrincipalType"),
        "owner_tenant_id": wire.get("appOwnerOrganizationId"),
        "identifiers": sorted(get_texts(wire, "servicePrincipalNames")),
        **canonical_service_principal(wire),
        "app_roles": _describe_entitlements(ROLE, get_objects(wire, "appRoles")),
        "api_scopes": _describe_entitlements(SCOPE, get_objects(wire, "oauth2PermissionScopes")),
        "signing_certificates": build_rows(certificates, read_preferred(wire), now),
    }


def _describe_entitlements(kind: EntitlementKind, wires: t.Iterable[Wire]) -> list[dict[str, t.Any]]:
    """Return app roles or scopes sorted by value; those without one, as of SAML applications, by display name after them."""
    listed = [kind.canonicalize(item) for item in wires]
    name = "display_name" if kind is ROLE else "admin_consent_display_name"
    return sorted(
        listed,
        key=lambda item: (not item["value"], item["value"] or "", fold_case(str(item[name] or "")), str(item["id"])),
    )


def _read_service_principals(graph: GraphClient, options: t.Mapping[str, t.Any]) -> list[Wire]:
    """Return the service principals that one key or the filter names, all of them when nothing is given; one read, or one list."""
    for key in _IDS:
        if options.get(key):
            return _read_by_id(graph, key, str(options[key]))
    condition = options.get("filter")
    if options.get("display_name"):
        condition = f"displayName eq {quote_literal(options['display_name'])}"
    params = {"$select": _SELECT, "$top": "999", **({"$filter": condition} if condition else {})}
    found = graph.list("/servicePrincipals", intent="list service principals", needs=READ_NEEDS, params=params)
    return filter_by_name(found, "displayName", options["display_name"]) if options.get("display_name") else found


def _read_by_id(graph: GraphClient, key: Key, given: str) -> list[Wire]:
    if not is_guid(given):
        raise ConfigError(f"{key}: {given!r} is not a GUID", source=f"option {key}")
    path = f"/{quote_segment(given)}" if key == "object_id" else format_alternate_key("appId", given)
    intent = f"read service principal {given}"
    wire = graph.get(f"/servicePrincipals{path}", intent=intent, needs=READ_NEEDS, params={"$select": _SELECT})
    if wire is not None:
        return [wire]
    if told := explain_id(graph, given, "servicePrincipal", key):
        graph.ctx.warn(f"{key}: no service principal with {key} {given} is in the tenant{told}")
    return []


def _read_relation(
    graph: GraphClient,
    found: t.Sequence[Described],
    relation: str,
    params: t.Mapping[str, str],
    needs: t.Sequence[str],
) -> list[list[Wire]]:
    """Return what each service principal has in *relation*, twenty of them in one request."""
    requests = [
        ReadRequest(f"/servicePrincipals/{quote_segment(str(item['object_id']))}/{relation}", params) for item in found
    ]
    intent = f"list {relation} of {len(found)} service principals"
    return t.cast("list[list[Wire]]", read_in_batches(graph, requests, intent=intent, needs=needs))


def _make_sort_key(wire: t.Mapping[str, t.Any]) -> tuple[str, str]:
    return fold_case(str(wire.get("displayName") or "")), str(wire["id"])
