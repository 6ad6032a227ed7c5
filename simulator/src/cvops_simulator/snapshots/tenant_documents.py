# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of a simulated tenant, straight from its state; see `commcell_documents`."""

from __future__ import annotations

from typing import Any

from cvops_simulator.entra.tenant import Tenant
from cvops_simulator.entra.wellknown import list_resources
from cvops_simulator.snapshots.commcell_documents import make_provenance
from cvops_simulator.snapshots.formats import ENTRA_FORMAT
from cvops_simulator.snapshots.group_counts import KEY as COUNTS
from cvops_simulator.snapshots.group_counts import count_groups

Row = dict[str, Any]

_USER = (
    "id",
    "displayName",
    "userPrincipalName",
    "mail",
    "accountEnabled",
    "userType",
    "onPremisesSyncEnabled",
    "createdDateTime",
)


def make_entra_document(tenant: Tenant, collector: tuple[str, str]) -> Row:
    """Return the document. `collector`: application id and name of what read it."""
    document: Row = {
        "format": ENTRA_FORMAT,
        "tenant": {"id": tenant.id, "displayName": tenant.display_name, "domain": tenant.domain},
        "users": _list_users(tenant),
        "groups": _sort(
            {**row, "members": sorted(tenant.members(key)), "owners": sorted(tenant.owners(key))}
            for key, row in tenant.groups.items()
        ),
        "applications": _sort(_describe_application(tenant, row) for row in tenant.applications.values()),
        "service_principals": _list_service_principals(tenant),
        "directory_roles": [
            {"roleTemplateId": key, "displayName": name, "members": sorted(tenant.role_members(key))}
            for key, name in sorted(tenant.directory_roles.items())
            if tenant.role_members(key)
        ],
        "named_locations": _sort(tenant.named_locations.values()),
        "conditional_access_policies": _sort(tenant.policies.values()),
        "policy_report": {},
        "deleted_users": _list_deleted(tenant, "user", (*_USER, "deletedDateTime")),
        "deleted_groups": _list_deleted(tenant, "group", ("id", "displayName", "deletedDateTime")),
        "others": [],
    }
    counts = {key: len(value) for key, value in document.items() if isinstance(value, list)}
    counts["group_counts"] = sum(row[COUNTS] is not None for row in document["users"])
    document["provenance"] = make_provenance("application", *collector, counts)
    return document


def _list_users(tenant: Tenant) -> list[Row]:
    groups = [{**row, "members": tenant.members(key)} for key, row in tenant.groups.items()]
    able = [key for key, row in tenant.users.items() if row.get("accountEnabled") is not False]
    counts = count_groups(groups, able)
    return _sort({**_pick(row, _USER), COUNTS: counts.get(key)} for key, row in tenant.users.items())


def _sort(rows: Any) -> list[Row]:
    return sorted(rows, key=lambda row: str(row["id"]))


def _pick(row: Row, names: tuple[str, ...]) -> Row:
    return {name: row[name] for name in names if name in row}


def _list_deleted(tenant: Tenant, kind: str, names: tuple[str, ...]) -> list[Row]:
    return _sort(_pick(item["row"], names) for item in tenant.deleted.values() if item["kind"] == kind)


def _describe_application(tenant: Tenant, row: Row) -> Row:
    return {
        **row,
        "owners": sorted(tenant.owners(row["id"])),
        "federatedIdentityCredentials": _sort(tenant.federated_credentials(row["id"])),
    }


def _list_service_principals(tenant: Tenant) -> list[Row]:
    assignments = list(tenant.app_role_assignments.values())
    grants = list(tenant.oauth2_permission_grants.values())
    resources = {resource["appId"] for resource in list_resources()}
    used = {row["resourceId"] for row in (*assignments, *grants)}
    found = []
    for key, row in tenant.service_principals.items():
        if row["appId"] in resources and key not in used:
            continue
        held = [item for item in assignments if item["principalId"] == key]
        given = [item for item in assignments if item["resourceId"] == key]
        own = [item for item in grants if item["clientId"] == key]
        shown = row if row["appId"] not in resources else _keep_used(row, key, given, grants)
        found.append(
            {
                **shown,
                "owners": sorted(tenant.owners(key)),
                "appRoleAssignments": _sort(_pick(item, ("id", "resourceId", "appRoleId")) for item in held),
                "appRoleAssignedTo": _sort(
                    _pick(item, ("id", "principalId", "principalType", "appRoleId")) for item in given
                ),
                "oauth2PermissionGrants": _sort(
                    _pick(item, ("id", "resourceId", "scope", "consentType", "principalId")) for item in own
                ),
            }
        )
    return _sort(found)


def _keep_used(row: Row, key: str, given: list[Row], grants: list[Row]) -> Row:
    """Return an API with those of its permissions that somebody holds."""
    roles = {item["appRoleId"] for item in given}
    scopes = {scope for item in grants if item["resourceId"] == key for scope in item["scope"].split()}
    return {
        **row,
        "appRoles": _sort(role for role in row["appRoles"] if role["id"] in roles),
        "oauth2PermissionScopes": _sort(one for one in row["oauth2PermissionScopes"] if one["value"] in scopes),
    }
