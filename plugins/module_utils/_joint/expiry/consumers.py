# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a CommCell holds keys for, as consumers. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._commvault.credentials.canonical import Credential
from ..._commvault.identity_providers.read import IdentityServer, SamlApp
from ..._commvault.key_holders.canonical import KeyHolder
from ..._commvault.oidc_apps.canonical import OidcApp
from ..._commvault.saml_apps.certificates import parse_mark
from ..._commvault.secret_marks import CERTIFICATE, split_mark
from ..._core.names import fold_case
from ..._core.values import is_guid
from .facts import Consumer

#: The tenant in the address of an issuer's metadata, such as ``https://login.microsoftonline.com/<tenant>/v2.0/...``.
_TENANT = re.compile(r"https://[^/]+/([0-9A-Fa-f-]{36})(?:/|$)")


def parse_credential_consumer(credential: Credential, commcell: str) -> Consumer:
    """Return a credential of an application as a consumer. A mark that is no key id is text of somebody's own: it tells no key."""
    return _make_consumer(
        "credential",
        credential.name,
        commcell,
        company=credential.company,
        app_id=credential.azure_application_id,
        tenant_id=credential.azure_tenant_id,
        key_id=_parse_mark(credential.secret_fingerprint),
    )


def parse_oidc_consumer(app: OidcApp, commcell: str) -> Consumer | None:
    """Return an OpenID Connect app as a consumer; None for one that cannot be of Entra ID, where the ids of clients are GUIDs."""
    app_id, found = app.settings.application_id.strip(), _TENANT.match(app.settings.discovery_url.strip())
    if not is_guid(app_id):
        return None
    return _make_consumer(
        "oidc_app",
        app.name,
        commcell,
        app_id=fold_case(app_id),
        tenant_id=found[1] if found and is_guid(found[1]) else None,
        key_id=_parse_mark(app.settings.secret_fingerprint),
    )


def parse_saml_consumer(server: IdentityServer, app: SamlApp | None, commcell: str) -> Consumer:
    """Return a SAML app as a consumer; *app*: None where the list names one that cannot be read, whose application is not known then."""
    mark = parse_mark(split_mark(app.description, CERTIFICATE).fingerprint) if app else None
    return _make_consumer(
        "saml_app",
        server.name,
        commcell,
        company=(app.company if app else None) or server.company,
        identifiers=[app.service_id] if app and app.service_id else [],
        fingerprint=mark.fingerprint if mark else None,
        expires=mark.expires if mark else None,
    )


def parse_holder_consumer(holder: KeyHolder, commcell: str) -> Consumer:
    """Return what keeps a key where nothing shows which, or uses that of a credential, as a consumer."""
    return _make_consumer(
        holder.kind,
        holder.name,
        commcell,
        app_id=holder.app_id,
        tenant_id=holder.tenant_id,
        credential=holder.credential,
    )


def _parse_mark(mark: str | None) -> str | None:
    return mark.lower() if mark and is_guid(mark) else None


def _make_consumer(
    kind: str,
    name: str,
    commcell: str,
    *,
    company: str | None = None,
    app_id: str | None = None,
    tenant_id: str | None = None,
    key_id: str | None = None,
    identifiers: t.Sequence[str] = (),
    credential: str | None = None,
    fingerprint: str | None = None,
    expires: str | None = None,
) -> Consumer:
    return {
        "kind": kind,
        "name": name,
        "commcell": commcell,
        "company": company,
        "app_id": app_id,
        "tenant_id": tenant_id,
        "key_id": key_id,
        "identifiers": list(identifiers),
        "credential": credential,
        "fingerprint": fingerprint,
        "expires": expires,
    }
