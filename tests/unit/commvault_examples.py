# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a CommServe says in many tests: an access token, a small catalogue of permissions, and answers that withhold something."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault import listings
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.desired import (
    desired_access_token,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue
from ansible_collections.cvops.identity.plugins.module_utils._commvault.permissions import PermissionCatalogue

#: An access token as the service lists it.
TOKEN_ROW: dict[str, t.Any] = {
    "accessTokenId": 9,
    "tokenName": "Nightly",
    "tokenType": 3,
    "tokenExpiryTimestamp": 1800000000,
    "renewableUntilTimestamp": 1806624000,
    "apiEndpoints": ["V4/Role", "/Security/"],
    "allowedIPs": ["10.1.0.1", "10.20.0.7/24", "10.0.0.1 - 10.0.0.9"],
}
#: The same in canonical form.
CANONICAL_TOKEN = {
    "name": "Nightly",
    "token_type": "custom",
    "api_endpoints": ["/Security", "/V4/Role"],
    "allowed_ips": ["10.0.0.1-10.0.0.9", "10.1.0.1", "10.20.0.0/24"],
    "renewable_until": "2027-04-02T00:00:00Z",
}

#: The answer of ``GET V4/Permissions``: a sub-category, and one name for two permissions.
PERMISSION_TREE: dict[str, t.Any] = {
    "permissions": [
        {
            "category": {"id": 101, "name": "Global"},
            "permissions": [{"id": 31, "name": "View"}, {"id": 13, "name": "Browse"}],
        },
        {
            "category": {"id": 117, "name": "Alert"},
            "permissions": [{"id": 151, "name": "Create"}, {"id": 153, "name": "Delete"}],
            "categoryList": [{"category": {"id": 210, "name": "Sub"}, "permissions": [{"id": 900, "name": "Create"}]}],
        },
    ]
}
#: The ids in it, as a user may write them.
PERMISSION_IDS = ["31", "13", "151", "153", "900"]
CATEGORY_IDS = ["101", "117", "210"]

NO_OBJECT = {"errorCode": 587205849, "errorMessage": "No such object"}
NO_RIGHTS = {"errorCode": 9, "errorMessage": "The user does not have the View permission"}
#: What a web server in front of the CommServe says of an address that it does not know.
NOT_FOUND_PAGE = "<html><head><title>404 Not Found</title></head></html>"


def make_desired_token(**options: t.Any) -> dict[str, t.Any]:
    """Return what is wanted of the access token nightly by *options*."""
    return desired_access_token({"name": "nightly", **options})


def make_permission_catalogue() -> PermissionCatalogue:
    """Return the catalogue of PERMISSION_TREE."""
    return PermissionCatalogue(
        Catalogue("permission", listings.parse_entries("permissions", PERMISSION_TREE)),
        listings.flatten_categories(PERMISSION_TREE),
    )
