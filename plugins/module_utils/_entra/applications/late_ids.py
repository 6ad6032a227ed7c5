# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What is known of an application only once it exists: its application id in addresses, and ids that derive from it. Pure."""

from __future__ import annotations

import typing as t

from .canonical import CanonicalApplication, Wire
from .desired import APP_ID_TEXT
from .roles_and_scopes import assign_entitlement_ids


def complete_ids(application: CanonicalApplication, app_id: str) -> CanonicalApplication:
    """Return the members of *application* that hold its id, or ids that derive from it: addresses, app roles and scopes."""
    namespace = application["unique_name"] or app_id
    roles = assign_entitlement_ids(application["app_roles"], application["api_scopes"], namespace)
    return {
        "identifier_uris": [uri.replace(APP_ID_TEXT, app_id) for uri in application["identifier_uris"]],
        "app_roles": roles,
        "api_scopes": assign_entitlement_ids(application["api_scopes"], roles, namespace),
    }


def fill_in_ids(body: Wire, application: CanonicalApplication, app_id: str) -> Wire:
    """Return the *body* of a request that was planned for *application* with what was unknown then."""
    filled, complete = dict(body), complete_ids(application, app_id)
    if "identifierUris" in body:
        filled["identifierUris"] = [uri.replace(APP_ID_TEXT, app_id) for uri in body["identifierUris"]]
    ids = {entry["value"]: entry["id"] for name in ("app_roles", "api_scopes") for entry in complete[name]}
    if "appRoles" in body:
        filled["appRoles"] = [_fill_in_id(item, ids) for item in body["appRoles"]]
    if "oauth2PermissionScopes" in body.get("api", {}):
        scopes = [_fill_in_id(item, ids) for item in body["api"]["oauth2PermissionScopes"]]
        filled["api"] = {**body["api"], "oauth2PermissionScopes": scopes}
    return filled


def _fill_in_id(item: Wire, ids: t.Mapping[str, str]) -> Wire:
    return item if item["id"] else {**item, "id": ids[item["value"]]}
