# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App role assignments and delegated grants as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.identifiers import make_opaque_id

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Tenant

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
_TYPE_NAMES = {"user": "User", "group": "Group", "servicePrincipal": "ServicePrincipal"}


def assign_role(tenant: Tenant, principal_id: str, resource_id: str, role_id: str, replicated: bool = False) -> Row:
    """Grant an app role of a resource to a user, group or service principal. Both must exist."""
    principal, resource = tenant.find(principal_id), tenant.find(resource_id)
    kind = tenant.kind_of(principal_id)
    if principal is None or resource is None or kind is None:
        raise LookupError("principal or resource does not exist")
    row: Row = {
        "id": make_opaque_id(principal_id, resource_id, role_id, tenant.new_id()),
        "deletedDateTime": None,
        "appRoleId": role_id,
        "createdDateTime": tenant.now(),
        "principalDisplayName": principal["displayName"],
        "principalId": principal_id,
        "principalType": _TYPE_NAMES[kind],
        "resourceDisplayName": resource["displayName"],
        "resourceId": resource_id,
    }
    tenant.store.put("appRoleAssignments", row["id"], row, "grant", replicated)
    return row


def grant_scopes(
    tenant: Tenant,
    client_id: str,
    resource_id: str,
    scope: str,
    principal_id: str | None = None,
    replicated: bool = False,
) -> Row:
    """Record delegated consent, for everybody or for one user."""
    row: Row = {
        "clientId": client_id,
        "consentType": "Principal" if principal_id else "AllPrincipals",
        "id": make_opaque_id(client_id, resource_id, principal_id or "", tenant.new_id()),
        "principalId": principal_id,
        "resourceId": resource_id,
        "scope": scope,
    }
    tenant.store.put("oauth2PermissionGrants", row["id"], row, "grant", replicated)
    return row
