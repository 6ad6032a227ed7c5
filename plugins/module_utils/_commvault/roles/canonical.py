# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Roles under the names of the options of commvault_role, read from the service and written to it. Pure."""

from __future__ import annotations

import typing as t

from ..permissions import PermissionCatalogue

CanonicalRole = dict[str, t.Any]
ROLE_FIELDS = {"description": "description", "enabled": "enabled", "visible_to_all": "visibleToAll"}


def canonical_role(wire: t.Mapping[str, t.Any], permissions: PermissionCatalogue) -> CanonicalRole:
    """Return a role in canonical form; permissions are names, sorted, with categories expanded."""
    enabled = str(wire.get("status", "ENABLED")).upper() == "ENABLED"
    return {
        "name": str(wire.get("name") or ""),
        "description": str(wire.get("description") or ""),
        "enabled": enabled if wire.get("enabled") is None else bool(wire["enabled"]),
        "visible_to_all": bool(wire.get("visibleToAll", False)),
        "permissions": permissions.format_names(
            permissions.parse_permission_set(wire.get("permissions")).permission_ids
        ),
    }


def serialize_role_fields(fields: t.Mapping[str, t.Any]) -> CanonicalRole:
    """Return fields of a role under the names of the request."""
    return {ROLE_FIELDS[name]: value for name, value in fields.items()}
