# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads a tenant seed: plain data into rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.conditional_access.policies import add_location, add_policy
from cvops_simulator.entra.conditional_access.strengths import add_built_in
from cvops_simulator.entra.defaults import make_row
from cvops_simulator.entra.directory_roles import DIRECTORY_ROLES
from cvops_simulator.entra.grants import DEFAULT_ACCESS, assign_role, grant_scopes
from cvops_simulator.entra.identifiers import make_security_identifier
from cvops_simulator.entra.principals import copy_initial_properties, copy_properties, merge_tags
from cvops_simulator.entra.secrets import add_secret
from cvops_simulator.entra.tenant import Tenant
from cvops_simulator.entra.wellknown import add_resources

if TYPE_CHECKING:
    from cvops_simulator.core.clock import Clock
    from cvops_simulator.core.site import TenantSeed
    from cvops_simulator.entra.replication import Replication
    from cvops_simulator.entra.store import Row

_USER_EXTRAS = frozenset({"password"})
_GROUP_EXTRAS = frozenset({"members", "owners"})
_OWNED = frozenset({"owners"})
_APPLICATION_EXTRAS = frozenset(
    {"servicePrincipal", "owners", "secrets", "consented", "assignments", "federatedIdentityCredentials"}
)


def make_tenant(seed: TenantSeed, clock: Clock, replication: Replication | None = None) -> Tenant:
    """Return a new tenant that holds a seed; every replica knows it at once."""
    tenant = Tenant(seed.tenant_id, seed.domain, seed.display_name, clock, replication)
    _fill(tenant, seed)
    return tenant


def reset_tenant(tenant: Tenant, seed: TenantSeed) -> None:
    """Replace everything in a tenant by a seed."""
    tenant.clear(seed.tenant_id, seed.domain, seed.display_name)
    _fill(tenant, seed)


def _fill(tenant: Tenant, seed: TenantSeed) -> None:
    tenant.directory_roles = {**DIRECTORY_ROLES, **seed.role_names}
    add_resources(tenant, {row["appId"].lower(): row for row in seed.service_principals})
    tenant.store.put("organization", tenant.id, _make_organization(tenant), "object", replicated=True)
    tenant.store.put("policies", "defaultAppManagementPolicy", _make_default_policy(), "object", replicated=True)
    tenant.store.put("policies", "identitySecurityDefaultsEnforcementPolicy", _make_security_defaults(), "object", True)
    add_built_in(tenant)
    for user in seed.users:
        _add_user(tenant, user)
    names = {row["userPrincipalName"].lower(): key for key, row in tenant.users.items()}
    for group in seed.groups:
        _add_group(tenant, group)
    for group in seed.groups:
        for relation in ("members", "owners"):
            tenant.relate(relation, group["id"], [names.get(x.lower(), x) for x in group.get(relation, [])], True)
    for application in seed.applications:
        add_application(tenant, application, names)
    for application in seed.applications:
        _add_consent(tenant, application)
        _add_assignments(tenant, application, names)
    _add_service_principals(tenant, seed)
    _add_grants(tenant, seed)
    for template_id, members in seed.roles.items():
        tenant.relate("roleMembers", template_id, [names.get(x.lower(), x) for x in members], True)
    for number, held in enumerate(seed.scoped_roles):
        tenant.store.put("scopedRoleMembers", str(number), dict(held), "object", replicated=True)
    for location in seed.named_locations:
        add_location(tenant, location, replicated=True)
    for policy in seed.policies:
        add_policy(tenant, policy, replicated=True)
    for item in seed.deleted:
        kind, values = item["kind"], {key: value for key, value in item.items() if key != "kind"}
        entry: Row = {"kind": kind, "row": make_row(kind, values), "grants": {}, "memberships": []}
        tenant.store.put("deletedItems", values["id"], entry, "object", replicated=True)


def _add_service_principals(tenant: Tenant, seed: TenantSeed) -> None:
    for values in seed.service_principals:
        if values["id"] not in tenant.service_principals:
            tenant.add("servicePrincipal", _drop_extras(values, _OWNED), replicated=True)
        tenant.relate("owners", values["id"], values.get("owners", []), True)


def _add_grants(tenant: Tenant, seed: TenantSeed) -> None:
    """Add grants as they are, also those of which one end is not there."""

    def find_name(object_id: str) -> str | None:
        found = tenant.find(object_id)
        return found["displayName"] if found else None

    for assignment in seed.app_role_assignments:
        names = {
            "principalDisplayName": find_name(assignment["principalId"]),
            "resourceDisplayName": find_name(assignment["resourceId"]),
        }
        row = {"deletedDateTime": None, "createdDateTime": None, **names, **assignment}
        tenant.store.put("appRoleAssignments", row["id"], row, "grant", replicated=True)
    for grant in seed.oauth2_permission_grants:
        tenant.store.put("oauth2PermissionGrants", grant["id"], dict(grant), "grant", replicated=True)


def _make_organization(tenant: Tenant) -> Row:
    domain: dict[str, Any] = {
        "capabilities": "Email, OfficeCommunicationsOnline",
        "isDefault": True,
        "isInitial": True,
        "name": tenant.domain,
        "type": "Managed",
    }
    values = {"id": tenant.id, "displayName": tenant.display_name, "tenantType": "AAD", "verifiedDomains": [domain]}
    return make_row("organization", values)


def _make_security_defaults() -> Row:
    return {
        "id": "00000000-0000-0000-0000-000000000005",
        "deletedDateTime": None,
        "displayName": "Security Defaults",
        "description": "Security defaults is a set of basic identity security mechanisms recommended by Microsoft. "
        "When enabled, these recommendations will be automatically enforced in your organization.",
        "isEnabled": False,
    }


def _make_default_policy() -> Row:
    return {
        "id": "00000000-0000-0000-0000-000000000000",
        "deletedDateTime": None,
        "displayName": "Default app management tenant policy",
        "description": "Default tenant policy that enforces app management restrictions on applications and "
        "service principals.",
        "isEnabled": False,
        "applicationRestrictions": {"passwordCredentials": [], "keyCredentials": []},
        "servicePrincipalRestrictions": {"passwordCredentials": [], "keyCredentials": []},
    }


def _drop_extras(values: Row, extras: frozenset[str]) -> Row:
    return {key: value for key, value in values.items() if key not in extras}


def _add_user(tenant: Tenant, user: Row) -> None:
    values = {"id": tenant.name_id("user", user["userPrincipalName"]), **_drop_extras(user, _USER_EXTRAS)}
    tenant.add("user", values, replicated=True)


def _add_group(tenant: Tenant, group: Row) -> None:
    values = {
        "createdDateTime": tenant.now(),
        "mailEnabled": False,
        "securityEnabled": True,
        "mailNickname": group["displayName"],
        **_drop_extras(group, _GROUP_EXTRAS),
    }
    tenant.add("group", {**values, "securityIdentifier": make_security_identifier(values["id"])}, replicated=True)


def add_application(tenant: Tenant, application: Row, names: dict[str, str]) -> Row:
    """Add an application of a seed with its service principal, owners and secrets."""
    name = application["displayName"]
    values = {
        "id": tenant.name_id("application", name),
        "appId": tenant.name_id("appId", name),
        "createdDateTime": tenant.now(),
        "publisherDomain": tenant.domain,
        **_drop_extras(application, _APPLICATION_EXTRAS),
    }
    row = tenant.add("application", values, replicated=True)
    owners = [names.get(owner.lower(), owner) for owner in application.get("owners", [])]
    tenant.relate("owners", row["id"], owners, True)
    if items := application.get("federatedIdentityCredentials"):
        rows = [make_row("federatedIdentityCredential", item) for item in items]
        tenant.store.put("federatedIdentityCredentials", row["id"], {"items": rows}, "credential_token", True)
    for secret in application.get("secrets", []):
        dates = {"startDateTime": tenant.now(), **secret}
        add_secret(tenant, "application", tenant.applications[row["id"]], dates, secret["value"], replicated=True)
    own = application.get("servicePrincipal", {})
    if own is not None:
        principal = {
            "id": tenant.name_id("servicePrincipal", name),
            **copy_properties(row, tenant.id),
            **copy_initial_properties(row),
            **own,
            "tags": merge_tags(own.get("tags", []), row),
        }
        tenant.add("servicePrincipal", principal, replicated=True)
        tenant.relate("owners", principal["id"], owners, True)
    return tenant.applications[row["id"]]


def _add_consent(tenant: Tenant, application: Row) -> None:
    client = _find_principal(tenant, application)
    if client is None or not application.get("consented"):
        return
    for request in application.get("requiredResourceAccess", []):
        resource = tenant.service_principal_of(request["resourceAppId"])
        if resource is None:
            raise LookupError(f"resource {request['resourceAppId']} of {application['displayName']} is unknown")
        scopes = {scope["id"]: scope["value"] for scope in resource["oauth2PermissionScopes"]}
        wanted = [scopes[item["id"]] for item in request["resourceAccess"] if item["type"] == "Scope"]
        for item in request["resourceAccess"]:
            if item["type"] == "Role":
                assign_role(tenant, client["id"], resource["id"], item["id"], replicated=True)
        if wanted:
            grant_scopes(tenant, client["id"], resource["id"], " ".join(wanted), replicated=True)


def _add_assignments(tenant: Tenant, application: Row, names: dict[str, str]) -> None:
    principal = _find_principal(tenant, application)
    for assignment in application.get("assignments", []):
        if principal is None:
            raise LookupError(f"{application['displayName']} has assignments but no service principal")
        roles = {role["value"]: role["id"] for role in principal["appRoles"]}
        role = DEFAULT_ACCESS if assignment["appRole"] is None else roles[assignment["appRole"]]
        who = names.get(assignment["principal"].lower(), assignment["principal"])
        assign_role(tenant, who, principal["id"], role, replicated=True)


def _find_principal(tenant: Tenant, application: Row) -> Row | None:
    app_id = application.get("appId") or tenant.name_id("appId", application["displayName"])
    return tenant.service_principal_of(app_id)
