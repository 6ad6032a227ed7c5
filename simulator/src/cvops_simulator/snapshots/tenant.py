# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of a tenant as the seed of a simulated one."""

from __future__ import annotations

from typing import Any

from cvops_simulator.core.site import TenantSeed
from cvops_simulator.entra.directory_roles import DIRECTORY_ROLES
from cvops_simulator.entra.schema import get_graph_type
from cvops_simulator.entra.wellknown import list_resources
from cvops_simulator.snapshots.files import Document
from cvops_simulator.snapshots.group_counts import KEY as COUNTS
from cvops_simulator.snapshots.group_counts import make_further_groups
from cvops_simulator.snapshots.notes import Notes

_OF_PRINCIPALS = ("owners", "appRoleAssignments", "appRoleAssignedTo", "oauth2PermissionGrants", "notVisible")
#: Keys of rows that are no properties of theirs but lists of what belongs to them.
_EXTRAS = {
    "user": frozenset({COUNTS}),
    "group": frozenset({"members", "owners", "notVisible"}),
    "application": frozenset({"owners", "federatedIdentityCredentials", "notVisible"}),
    "servicePrincipal": frozenset(
        {"owners", "appRoleAssignments", "appRoleAssignedTo", "oauth2PermissionGrants", "notVisible"}
    ),
}
#: Values of these, of credentials, are in no snapshot; a document that has one is not to bring it here.
_VALUES = ("secretText", "key")
_PRINCIPAL_TYPES = {"users": "User", "groups": "Group", "service_principals": "ServicePrincipal"}


class TenantReader:
    """Makes the seed of the tenant."""

    def __init__(self, document: Document, notes: Notes) -> None:
        self._document = document
        self._notes = notes
        self._types = {row["id"]: kind for name, kind in _PRINCIPAL_TYPES.items() for row in document[name]}
        self._others = {row["id"]: row["kind"] for row in document["others"]}

    def read(self) -> TenantSeed:
        """Return the seed; what has no place in it is noted."""
        tenant, document = self._document["tenant"], self._document
        seed = TenantSeed(tenant["id"], tenant["domain"] or "unknown.invalid", tenant["displayName"] or "")
        seed.users = [self._read_row("user", row) for row in document["users"]]
        seed.groups = [self._read_group(row) for row in document["groups"]]
        seed.groups += make_further_groups(seed.groups, document["users"], self._notes)
        seed.applications = [self._read_application(row) for row in document["applications"]]
        seed.service_principals = [self._read_principal(row) for row in document["service_principals"]]
        self._read_grants(seed)
        self._read_roles(seed)
        seed.named_locations = list(document["named_locations"])
        seed.policies = list(document["conditional_access_policies"])
        for name, kind in (("deleted_users", "user"), ("deleted_groups", "group")):
            seed.deleted += [{**self._read_row(kind, row), "kind": kind} for row in document[name]]
        self._note_what_is_made_up(seed)
        return seed

    def _read_row(self, kind: str, row: Document) -> dict[str, Any]:
        """Return the properties of a row that the simulator's schema has."""
        known, extras = get_graph_type(kind).properties, _EXTRAS[kind]
        if unknown := sorted(key for key in row if key not in known and key not in extras and "@" not in key):
            self._notes.tell(f"properties of the type {kind} that the simulator does not have", *unknown)
        for part in row.get("notVisible") or ():
            self._notes.tell(f"{part} that were not visible when the snapshot was taken", row["displayName"])
        found = {key: value for key, value in row.items() if key in known}
        for name in ("passwordCredentials", "keyCredentials"):
            if name in found:
                found[name] = [{**item, **{key: None for key in _VALUES if key in item}} for item in found[name] or ()]
        return found

    def _list_ids(self, row: Document, relation: str) -> list[str]:
        """Return the ids of a relation that are objects of the copy."""
        found: list[str] = []
        left_out: list[str] = []
        for object_id in row.get(relation) or ():
            (found if object_id in self._types else left_out).append(object_id)
        for object_id in left_out:
            kind = self._others.get(object_id, "object that is not in the snapshot")
            self._notes.tell(f"{relation} of another kind are left out", f"{kind} {object_id} of {row['displayName']}")
        return found

    def _read_group(self, row: Document) -> dict[str, Any]:
        lists = {name: self._list_ids(row, name) for name in ("members", "owners")}
        return {**self._read_row("group", row), **lists}

    def _read_application(self, row: Document) -> dict[str, Any]:
        return {
            **self._read_row("application", row),
            "servicePrincipal": None,
            "owners": self._list_ids(row, "owners"),
            "federatedIdentityCredentials": row.get("federatedIdentityCredentials") or [],
        }

    def _read_principal(self, row: Document) -> dict[str, Any]:
        return {**self._read_row("servicePrincipal", row), "owners": self._list_ids(row, "owners")}

    def _read_grants(self, seed: TenantSeed) -> None:
        """Read assignments from both of their ends, and delegated grants."""
        found: dict[str, dict[str, Any]] = {}
        for row in self._document["service_principals"]:
            for item in row.get("appRoleAssignments") or ():
                found[item["id"]] = {**item, "principalId": row["id"], "principalType": "ServicePrincipal"}
            for item in row.get("appRoleAssignedTo") or ():
                kind = item.get("principalType") or self._types.get(item["principalId"])
                found[item["id"]] = {**item, "resourceId": row["id"], "principalType": kind}
            for item in row.get("oauth2PermissionGrants") or ():
                seed.oauth2_permission_grants.append({**item, "clientId": row["id"], "scope": item["scope"] or ""})
        seed.app_role_assignments = list(found.values())
        strangers = [
            item["id"]
            for item in seed.app_role_assignments
            if item["principalId"] not in self._types or item["resourceId"] not in self._types
        ]
        if strangers:
            self._notes.tell("app role assignments with one end that is not in the snapshot", *strangers)

    def _read_roles(self, seed: TenantSeed) -> None:
        for row in self._document["directory_roles"]:
            key = row["roleTemplateId"]
            seed.roles[key] = self._list_ids({**row, "displayName": row["displayName"] or key}, "members")
            for held in row.get("scopedMembers") or ():
                seed.scoped_roles.append(
                    {"role": key, "principalId": held["id"], "directoryScopeId": held["directoryScopeId"]}
                )
            if key not in DIRECTORY_ROLES:
                seed.role_names[key] = row["displayName"] or key

    def _note_what_is_made_up(self, seed: TenantSeed) -> None:
        secrets = sum(len(row.get("passwordCredentials") or ()) for row in seed.applications)
        certificates = sum(
            len(row.get("keyCredentials") or ()) for row in (*seed.applications, *seed.service_principals)
        )
        if secrets or certificates:
            self._notes.tell(
                f"nobody can sign in with the {secrets} secrets and {certificates} certificates that applications have:"
                " a snapshot holds none, and SAML needs a new signing certificate"
            )
        here = {row["appId"].lower() for row in seed.service_principals}
        missing = [row["displayName"] for row in list_resources() if row["appId"] not in here]
        if missing:
            self._notes.tell("APIs of Microsoft that are not in the snapshot have made-up object ids", *missing)
