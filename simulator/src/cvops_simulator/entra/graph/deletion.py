# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Soft deletion and what refers to the deleted object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.tenant import TABLES

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Kind, Tenant

_GRANTS = {"appRoleAssignments": ("principalId", "resourceId"), "oauth2PermissionGrants": ("clientId", "resourceId")}


def soft_delete(tenant: Tenant, kind: Kind, row: Row) -> None:
    """Move an object to the deleted items. Its grants go with it; memberships of it end."""
    grants: dict[str, list[Row]] = {}
    for table, names in _GRANTS.items():
        rows = tenant.store.primary().rows(table).values()
        grants[table] = [item for item in rows if row["id"] in (item[name] for name in names)]
        for item in grants[table]:
            tenant.store.remove(table, item["id"], "grant")
    memberships = [key for key, item in tenant.store.primary().rows("members").items() if row["id"] in item["ids"]]
    for key in memberships:
        tenant.relate("members", key, [item for item in tenant.members(key) if item != row["id"]])
    tenant.store.remove(TABLES[kind], row["id"])
    entry: Row = {
        "kind": kind,
        "row": {**row, "deletedDateTime": tenant.now()},
        "grants": grants,
        "memberships": memberships,
    }
    tenant.store.put("deletedItems", row["id"], entry, "object")


def restore_object(tenant: Tenant, entry: Row) -> Row:
    """Bring a deleted object back with what went with it, as far as the other ends still exist."""
    row: Row = {**entry["row"], "deletedDateTime": None}
    kind: Kind = entry["kind"]
    tenant.store.remove("deletedItems", row["id"])
    tenant.store.put(TABLES[kind], row["id"], row, "object")
    for table, items in entry["grants"].items():
        for item in items:
            if all(tenant.find(item[name]) for name in _GRANTS[table]):
                tenant.store.put(table, item["id"], item, "grant")
    for key in entry["memberships"]:
        if tenant.find(key):
            tenant.relate("members", key, [*tenant.members(key), row["id"]])
    return row


def purge_object(tenant: Tenant, object_id: str) -> None:
    """Remove a deleted object for good, with its secrets, certificates and relations."""
    tenant.store.remove("deletedItems", object_id)
    for table in ("secrets", "certificates", "signingKeys"):
        rows = tenant.store.primary().rows(table)
        for key in [key for key, item in rows.items() if item["owner"] == object_id]:
            tenant.store.remove(table, key, "credential_token")
    for table in ("members", "owners", "federatedIdentityCredentials"):
        tenant.store.remove(table, object_id)
