# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a service principal follows its application."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Tenant


def copy_properties(application: Row, tenant_id: str) -> Row:
    """Return what a service principal takes over from its application, now and on every change of it."""
    return {
        "appId": application["appId"],
        "displayName": application["displayName"],
        "appDisplayName": application["displayName"],
        "appDescription": application["description"],
        "appOwnerOrganizationId": tenant_id,
        "applicationTemplateId": application["applicationTemplateId"],
        "createdByAppId": application["createdByAppId"],
        "disabledByMicrosoftStatus": application["disabledByMicrosoftStatus"],
        "appRoles": copy.deepcopy(application["appRoles"]),
        "oauth2PermissionScopes": copy.deepcopy(application["api"]["oauth2PermissionScopes"]),
        "info": copy.deepcopy(application["info"]),
        "verifiedPublisher": copy.deepcopy(application["verifiedPublisher"]),
        "signInAudience": application["signInAudience"],
        "servicePrincipalNames": [*application["identifierUris"], application["appId"]],
        "isDisabled": application["isDisabled"],
    }


def copy_initial_properties(application: Row) -> Row:
    """Return what a new service principal takes over once."""
    urls = [*application["web"]["redirectUris"], *application["spa"]["redirectUris"]]
    return {
        "homepage": application["web"]["homePageUrl"],
        "logoutUrl": application["web"]["logoutUrl"],
        "replyUrls": [*urls, *application["publicClient"]["redirectUris"]],
    }


def merge_tags(own: list[str], application: Row | None) -> list[str]:
    """Return tags of a service principal: its own and the application's, each once."""
    return list(dict.fromkeys([*own, *(application["tags"] if application else [])]))


def update_service_principal(tenant: Tenant, before: Row, after: Row) -> None:
    """Carry a change of an application over to its service principal."""
    principal = tenant.service_principal_of(after["appId"])
    if principal is None:
        return
    own = [tag for tag in principal["tags"] if tag not in before["tags"]]
    changed = {**principal, **copy_properties(after, tenant.id), "tags": merge_tags(own, after)}
    for name, value in copy_initial_properties(after).items():
        if copy_initial_properties(before)[name] != value:
            changed[name] = value
    tenant.update("servicePrincipal", changed)
