# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a CommCell holds keys for, as consumers. Pure."""

from __future__ import annotations

from ..._commvault.identity_providers.read import IdentityServer, SamlApp
from .facts import Consumer


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
