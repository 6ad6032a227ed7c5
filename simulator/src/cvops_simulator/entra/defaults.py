# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New rows with every property of their type, and what a plain read of each type returns."""

from __future__ import annotations

import copy
from typing import Any

from cvops_simulator.entra.schema import Property, get_graph_type

#: Complete values of complex properties that the service never returns as null.
_COMPLEX: dict[str, dict[str, Any]] = {
    "application": {
        "api": {
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "requestedAccessTokenVersion": None,
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
        },
        "info": {
            "logoUrl": None,
            "marketingUrl": None,
            "privacyStatementUrl": None,
            "supportUrl": None,
            "termsOfServiceUrl": None,
        },
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "publicClient": {"redirectUris": []},
        "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
        "web": {
            "homePageUrl": None,
            "logoutUrl": None,
            "redirectUris": [],
            "redirectUriSettings": [],
            "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
        },
        "spa": {"redirectUris": []},
    },
    "servicePrincipal": {
        "info": {
            "logoUrl": None,
            "marketingUrl": None,
            "privacyStatementUrl": None,
            "supportUrl": None,
            "termsOfServiceUrl": None,
        },
        "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
    },
}

#: Scalars that are set from the start.
_SCALARS: dict[str, dict[str, Any]] = {
    "application": {"signInAudience": "AzureADMyOrg"},
    "servicePrincipal": {
        "accountEnabled": True,
        "appRoleAssignmentRequired": False,
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
    },
    "user": {"accountEnabled": True, "userType": "Member"},
}

#: Returned only when they are named in $select.
_ON_SELECT: dict[str, frozenset[str]] = {
    "application": frozenset({"authenticationBehaviors", "logo", "managerApplications", "oauth2RequirePostResponse"}),
    "servicePrincipal": frozenset({"customSecurityAttributes", "isDisabled"}),
    "group": frozenset(
        {
            "accessType",
            "allowExternalSenders",
            "assignedLabels",
            "assignedLicenses",
            "autoSubscribeNewMembers",
            "hasMembersWithLicenseErrors",
            "hideFromAddressLists",
            "hideFromOutlookClients",
            "infoCatalogs",
            "isArchived",
            "isFavorite",
            "isSubscribedByMail",
            "licenseProcessingState",
            "onPremisesExtensionAttributes",
            "organizationId",
            "unseenConversationsCount",
            "unseenCount",
            "unseenMessagesCount",
            "welcomeMessageEnabled",
        }
    ),
}

#: Types whose plain read returns a short list.
_SHORT: dict[str, tuple[str, ...]] = {
    "user": (
        "businessPhones",
        "displayName",
        "givenName",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
        "id",
    ),
}


def _make_empty(prop: Property) -> Any:
    if prop.collection:
        return []
    if not prop.nullable and prop.type == "Edm.Boolean":
        return False
    if not prop.nullable and prop.type == "Edm.Int32":
        return 0
    return None


def make_row(type_name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return a complete row of a type: every property present.

    `values` win, complex values are completed per property.
    """
    row = {name: _make_empty(prop) for name, prop in get_graph_type(type_name).properties.items()}
    row.update(copy.deepcopy(_SCALARS.get(type_name, {})))
    row.update(copy.deepcopy(_COMPLEX.get(type_name, {})))
    return merge_row(type_name, row, values)


def merge_row(type_name: str, row: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return a new row with `values` laid over it: complex values per property, collections and scalars whole.

    Null resets a complex value that is never null to its empty form. The rows share what did not change.
    """
    result = dict(row)
    whole = _COMPLEX.get(type_name, {})
    for name, value in values.items():
        if name in whole:
            result[name] = _merge_complex(result[name], value, whole[name])
        else:
            result[name] = copy.deepcopy(value)
    return result


def _merge_complex(current: Any, value: Any, empty: dict[str, Any]) -> Any:
    if not isinstance(value, dict):
        return copy.deepcopy(empty) if value is None else copy.deepcopy(value)
    merged = dict(current or {})
    for key, item in value.items():
        nested = isinstance(item, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **copy.deepcopy(item)} if nested else copy.deepcopy(item)
    return merged


def get_default_select(type_name: str) -> tuple[str, ...]:
    """Return the properties that a read without $select returns."""
    if type_name in _SHORT:
        return _SHORT[type_name]
    hidden = _ON_SELECT.get(type_name, frozenset())
    return tuple(name for name in get_graph_type(type_name).properties if name not in hidden)
