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
    graph = tenant.service_principal_of(GRAPH_APP_ID)
    if graph is None:
        raise LookupError("the tenant has no service principal of Microsoft Graph")
    roles = {role["value"]: role["id"] for role in graph["appRoles"]}
    for permission in permissions:
        assign_role(tenant, values["id"], graph["id"], roles[permission], replicated=True)
