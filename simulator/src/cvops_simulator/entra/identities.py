# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications that a test or an automation signs in as."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cvops_simulator.entra.grants import assign_role
from cvops_simulator.entra.principals import copy_properties
from cvops_simulator.entra.secrets import add_secret
from cvops_simulator.entra.tenant import format_graph_time
from cvops_simulator.entra.wellknown import GRAPH_APP_ID

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Tenant

#: Every Graph application permission that the collection's playbooks need.
AUTOMATION_PERMISSIONS = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.Read.All",
    "Application.ReadWrite.All",
    "AuditLog.Read.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "Group.Create",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "Policy.Read.All",
    "Policy.ReadWrite.ApplicationConfiguration",
    "Policy.ReadWrite.ConditionalAccess",
    "User.Read.All",
)
_RESOURCES = "/subscriptions/5f3c1b2a-0000-4000-8000-7d1e2f3a4b5c/resourcegroups/backup/providers"
_YEAR = 365 * 86400.0


@dataclass(frozen=True)
class Identity:
    """`object_id`: of the service principal; `app_object_id`: of the application."""

    client_id: str
    client_secret: str = field(repr=False)
    object_id: str
    app_object_id: str


def make_identity(tenant: Tenant, name: str, permissions: Iterable[str]) -> Identity:
    """Make an application with a service principal, one secret and these Graph application permissions.

    Everything is visible at once, whatever the replication. A known name gets the same ids in every run.
    """
    with tenant.lock:
        app_object_id = tenant.name_id("application", name)
        unused = app_object_id not in tenant.applications
        values: Row = {
            "id": app_object_id if unused else tenant.new_id(),
            "appId": tenant.name_id("appId", name) if unused else tenant.new_id(),
            "displayName": name,
            "createdDateTime": tenant.now(),
            "publisherDomain": tenant.domain,
        }
        application = tenant.add("application", values, replicated=True)
        principal_id = tenant.name_id("servicePrincipal", name) if unused else tenant.new_id()
        _add_principal(tenant, {"id": principal_id, **copy_properties(application, tenant.id)}, permissions)
        now = tenant.clock.now()
        dates = {
            "displayName": "automation",
            "startDateTime": tenant.now(),
            "endDateTime": format_graph_time(now + _YEAR),
        }
        secret = add_secret(tenant, "application", application, dates, replicated=True)
        return Identity(application["appId"], secret["secretText"], principal_id, application["id"])


def adopt_identity(tenant: Tenant, app_id: str, secret: str, permissions: Iterable[str]) -> tuple[Identity, list[str]]:
    """Let a registered application sign in with a secret that Graph does not show, and grant what it lacks of these.

    Returns it, and the names of the permissions that it lacked. Raises LookupError without application or principal.
    """
    with tenant.lock:
        application, principal = tenant.application_of(app_id), tenant.service_principal_of(app_id)
        if application is None or principal is None:
            raise LookupError(f"the tenant has no application {app_id} with a service principal")
        now = tenant.clock.now()
        known: Row = {"owner": application["id"], "text": secret, "start": now - _YEAR, "end": now + _YEAR}
        tenant.store.put("secrets", tenant.name_id("automation", app_id), known, "credential_token", True)
        lacking = _add_permissions(tenant, principal["id"], permissions)
        return Identity(application["appId"], secret, principal["id"], application["id"]), lacking


def make_managed_identity(tenant: Tenant, name: str, permissions: Iterable[str], *, system: bool = False) -> Identity:
    """Make a managed identity with these Graph application permissions; it has no application and no secret.

    *system*: it belongs to one machine.
    """
    with tenant.lock:
        kind = "Microsoft.Compute/virtualMachines" if system else "Microsoft.ManagedIdentity/userAssignedIdentities"
        values: Row = {
            "id": tenant.name_id("managedIdentity", name),
            "appId": tenant.name_id("managedIdentityAppId", name),
            "displayName": name,
            "servicePrincipalType": "ManagedIdentity",
            "alternativeNames": [f"isExplicit={not system}", f"{_RESOURCES}/{kind}/{name}"],
            "servicePrincipalNames": [tenant.name_id("managedIdentityAppId", name)],
        }
        _add_principal(tenant, values, permissions)
        return Identity(values["appId"], "", values["id"], "")


def _add_principal(tenant: Tenant, values: Row, permissions: Iterable[str]) -> None:
    tenant.add("servicePrincipal", values, replicated=True)
    _add_permissions(tenant, values["id"], permissions)


def _add_permissions(tenant: Tenant, principal_id: str, permissions: Iterable[str]) -> list[str]:
    """Grant permissions of Microsoft Graph that a principal does not have yet; returns their names."""
    graph = tenant.service_principal_of(GRAPH_APP_ID)
    if graph is None:
        raise LookupError("the tenant has no service principal of Microsoft Graph")
    roles = {role["value"]: role["id"] for role in graph["appRoles"]}
    held = {
        row["appRoleId"]
        for row in tenant.app_role_assignments.values()
        if (row["principalId"], row["resourceId"]) == (principal_id, graph["id"])
    }
    lacking = [permission for permission in permissions if roles[permission] not in held]
    for permission in lacking:
        assign_role(tenant, principal_id, graph["id"], roles[permission], replicated=True)
    return lacking
