# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SAML apps as Commvault shows them, and federation metadata."""

from __future__ import annotations

import base64
import typing as t

from certificate_examples import make_public

TENANT = "11111111-2222-4333-8444-555555555555"
ENTITY = f"https://sts.windows.net/{TENANT}/"
SIGN_ON = f"https://login.microsoftonline.com/{TENANT}/saml2"
CONSOLE = "https://cv.corp.example:443/webconsole"
GROUPS = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"
KEY = "M0VGRjUy"
FINGERPRINT = "AB" * 32
MARK = f"{FINGERPRINT} until 2028-05-01T00:00:00Z"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


def make_body(**more: t.Any) -> dict[str, t.Any]:
    """The answer about an app."""
    return {
        "name": "people",
        "appKey": KEY,
        "description": f"People\n[cvops certificate: {MARK}]",
        "enabled": True,
        "autoCreateUser": False,
        "type": "SAML",
        "nameIDAttribute": "Email",
        "userGroups": [{"companyInfo": {"id": 0, "name": "Commcell"}, "userGroupInfo": {"id": 21, "name": "ops"}}],
        "attributeMappings": [{"customAttribute": "USER_GROUPS", "SAMLAttribute": GROUPS}],
        "identityProviderMetaData": {"entityId": ENTITY, "redirectUrl": SIGN_ON, "logoutUrl": SIGN_ON},
        "serviceProviderMetaData": {
            "entityId": CONSOLE,
            "spAliases": [],
            "singleSignOnUrl": f"{CONSOLE}/samlAcsIdpInitCallback.do?samlAppKey={KEY}",
            "singleLogoutUrl": "",
        },
        "associations": {
            "emailSuffixes": ["corp.example"],
            "companies": [{"id": 30, "name": "corp"}],
            "domains": [],
            "userGroups": [],
            "users": [{"id": 4, "name": "anna"}],
        },
        **more,
    }


def make_row(**more: t.Any) -> dict[str, t.Any]:
    """The row of that app."""
    return {"appName": "people", "appKey": KEY, "appType": 2, "flags": 4, "isEnabled": True, **more}


def make_key(text: str | None = None, use: str = ' use="signing"') -> str:
    """A key descriptor with the certificate *text*."""
    body = text if text is not None else base64.b64encode(make_public("sign").der).decode()
    return (
        f'<KeyDescriptor{use}><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{body}</X509Certificate>'
        "</X509Data></KeyInfo></KeyDescriptor>"
    )


def make_service(name: str = "SingleSignOnService", address: str = SIGN_ON, binding: str = _REDIRECT) -> str:
    """A service at an address."""
    return f'<{name} Binding="{binding}" Location="{address}"/>'


def make_metadata(
    inner: str | None = None, entity: str = ENTITY, before: str = "", more: str = "", after: str = ""
) -> bytes:
    """Metadata of a tenant, by default with one certificate."""
    parts = make_key() + make_service() + make_service("SingleLogoutService") if inner is None else inner
    protocol = "urn:oasis:names:tc:SAML:2.0:protocol"
    return (
        f'{before}<EntityDescriptor entityID="{entity}" xmlns="urn:oasis:names:tc:SAML:2.0:metadata"{more}>'
        f'<IDPSSODescriptor protocolSupportEnumeration="{protocol}">{parts}</IDPSSODescriptor>{after}</EntityDescriptor>'
    ).encode()
