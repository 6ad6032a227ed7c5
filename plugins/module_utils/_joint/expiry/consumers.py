# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a CommCell holds keys for, as consumers. Pure."""

from __future__ import annotations

from ..._commvault.credentials.canonical import Credential
from ..._commvault.identity_providers.read import IdentityServer, SamlApp
from ..._core.values import is_guid
from .facts import Consumer


def parse_credential_consumer(credential: Credential, commcell: str) -> Consumer:
    """Return a credential of an application as a consumer. A mark that is no key id is text of somebody's own: it tells no key."""
    mark = credential.secret_fingerprint
    return {
        "kind": "credential",
        "name": credential.name,
        "commcell": commcell,
        "company": credential.company,
        "app_id": credential.azure_application_id,
        "tenant_id": credential.azure_tenant_id,
        "key_id": mark.lower() if mark and is_guid(mark) else None,
        "identifiers": [],
    }


def parse_saml_consumer(server: IdentityServer, app: SamlApp | None, commcell: str) -> Consumer:
    """Return a SAML app as a consumer; *app*: None where the list names one that cannot be read, whose application is not known then."""
    return {
        "kind": "saml_app",
        "name": server.name,
        "commcell": commcell,
        "company": (app.company if app else None) or server.company,
        "app_id": None,
        "tenant_id": None,
        "key_id": None,
        "identifiers": [app.service_id] if app and app.service_id else [],
    }
