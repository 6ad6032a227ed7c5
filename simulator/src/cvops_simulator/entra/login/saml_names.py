# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of SAML 2.0, and of the claims that Entra ID puts into its assertions."""

from __future__ import annotations

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
REDIRECT_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"

_MICROSOFT = "http://schemas.microsoft.com"
_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
TENANT_CLAIM = f"{_MICROSOFT}/identity/claims/tenantid"
OBJECT_CLAIM = f"{_MICROSOFT}/identity/claims/objectidentifier"
DISPLAY_NAME_CLAIM = f"{_MICROSOFT}/identity/claims/displayname"
PROVIDER_CLAIM = f"{_MICROSOFT}/identity/claims/identityprovider"
METHODS_CLAIM = f"{_MICROSOFT}/claims/authnmethodsreferences"
GROUPS_CLAIM = f"{_MICROSOFT}/ws/2008/06/identity/claims/groups"
GROUPS_LINK_CLAIM = f"{_MICROSOFT}/claims/groups.link"
ROLE_CLAIM = f"{_MICROSOFT}/ws/2008/06/identity/claims/role"
NAME_CLAIM = f"{_XMLSOAP}/name"
EMAIL_CLAIM = f"{_XMLSOAP}/emailaddress"
GIVEN_NAME_CLAIM = f"{_XMLSOAP}/givenname"
SURNAME_CLAIM = f"{_XMLSOAP}/surname"
