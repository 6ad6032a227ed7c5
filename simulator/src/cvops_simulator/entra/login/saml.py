# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAML sign-on as Entra ID does it: the response with a signed assertion, and the page that posts it."""

from __future__ import annotations

import base64
import html
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from lxml import etree

from cvops_simulator.core.names import fold_case
from cvops_simulator.entra.login.errors import TokenError
from cvops_simulator.entra.login.saml_claims import get_sign_on_name, make_saml_attributes, may_sign_in
from cvops_simulator.entra.login.saml_keys import SamlKey, get_saml_key
from cvops_simulator.entra.login.saml_names import (
    ASSERTION,
    BEARER,
    EMAIL_FORMAT,
    PASSWORD,
    PROTOCOL,
    SIGNATURE,
    SUCCESS,
)

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

#: An assertion is good from five minutes before it is made until an hour after.
_EARLY = 300.0
_LIFETIME = 3600.0


def issue_saml_response(
    tenant: Tenant,
    *,
    app_id: str,
    user_id_or_upn: str,
    reply_url: str,
    now: float,
    in_response_to: str | None = None,
    identifier: str | None = None,
    view: View | None = None,
) -> str:
    """Return base64 of the SAML response for one user, its assertion signed with the active certificate.

    `now`: seconds since the epoch. `identifier`: the audience, one of the application's; without it the first one.
    `view`: what one replica knows; without it the primary copy. Raises TokenError as Entra ID refuses.
    """
    seen = view or tenant.store.primary()
    principal = seen_principal(tenant, app_id, seen)
    application = tenant.application_of(app_id, seen)
    uris = application["identifierUris"] if application else []
    audience = identifier or next(iter(uris), principal["appId"])
    if audience not in principal["servicePrincipalNames"]:
        raise TokenError(700016, client_id=audience, tenant=tenant.display_name)
    if reply_url not in principal["replyUrls"]:
        raise TokenError(50011, client_id=principal["appId"], value=reply_url)
    user = _find_user(seen, user_id_or_upn)
    if not may_sign_in(seen, principal, user):
        raise TokenError(50105, client_id=principal["appId"], value=user["userPrincipalName"])
    key = get_saml_key(seen, principal)
    attributes = make_saml_attributes(seen, tenant.id, application, principal, user)
    assertion = _make_assertion(
        tenant.id, key, user, audience, reply_url, attributes, now, in_response_to, f"_{uuid.uuid4()}"
    )
    return base64.b64encode(_make_response(tenant.id, assertion, reply_url, now, in_response_to)).decode()


def seen_principal(tenant: Tenant, app_id: str, view: View) -> Row:
    """Return the service principal of an application that may be signed in to. Raises TokenError."""
    principal = tenant.service_principal_of(app_id, view)
    if principal is None:
        raise TokenError(700016, client_id=app_id, tenant=tenant.display_name)
    if not principal["accountEnabled"] or principal.get("isDisabled"):
        raise TokenError(7000112, client_id=principal["appId"])
    return principal


def find_by_identifier(tenant: Tenant, identifier: str, view: View) -> Row:
    """Return the service principal that a request names as its issuer. Raises TokenError."""
    rows = view.rows("servicePrincipals").values()
    found = next((row for row in rows if identifier in row["servicePrincipalNames"]), None)
    if found is None:
        raise TokenError(700016, client_id=identifier, tenant=tenant.display_name)
    return found


def make_form(reply_url: str, response: str, relay_state: str) -> str:
    """Return the page that posts a response to the application, as the browser does at once."""
    fields = {"SAMLResponse": response, **({"RelayState": relay_state} if relay_state else {})}
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}" />' for name, value in fields.items()
    )
    return (
        '<html><head><title>Working...</title></head><body><form method="POST" name="hiddenform" '
        f'action="{html.escape(reply_url)}">{inputs}<noscript><p>Script is disabled. Click Submit to continue.</p>'
        '<input type="submit" value="Submit" /></noscript></form>'
        '<script language="javascript">document.forms[0].submit();</script></body></html>'
    )


def _find_user(view: View, name: str) -> Row:
    """Return the user with this object id or user principal name. Raises TokenError."""
    for row in view.rows("users").values():
        if fold_case(name) in (row["id"], fold_case(row["userPrincipalName"])):
            if not row["accountEnabled"]:
                raise TokenError(50057)
            return row
    raise TokenError(50034, value=name)


def _make_assertion(
    tenant_id: str,
    key: SamlKey,
    user: Row,
    audience: str,
    reply_url: str,
    attributes: dict[str, list[str]],
    now: float,
    in_response_to: str | None,
    assertion_id: str,
) -> Any:
    """Return the signed assertion, in the order of elements that the schema demands."""
    root = etree.Element(
        f"{{{ASSERTION}}}Assertion",
        {"ID": assertion_id, "IssueInstant": _format(now), "Version": "2.0"},
        nsmap={None: ASSERTION},
    )
    _add(root, "Issuer", text=f"https://sts.windows.net/{tenant_id}/")
    etree.SubElement(root, f"{{{SIGNATURE}}}Signature", {"Id": "placeholder"}, nsmap={None: SIGNATURE})
    subject = _add(root, "Subject")
    _add(subject, "NameID", {"Format": EMAIL_FORMAT}, get_sign_on_name(user))
    confirmation = _add(subject, "SubjectConfirmation", {"Method": BEARER})
    end = _format(now + _LIFETIME)
    told = {"InResponseTo": in_response_to} if in_response_to else {}
    _add(confirmation, "SubjectConfirmationData", {**told, "NotOnOrAfter": end, "Recipient": reply_url})
    conditions = _add(root, "Conditions", {"NotBefore": _format(now - _EARLY), "NotOnOrAfter": end})
    _add(_add(conditions, "AudienceRestriction"), "Audience", text=audience)
    statement = _add(root, "AttributeStatement")
    for uri, values in attributes.items():
        attribute = _add(statement, "Attribute", {"Name": uri})
        for value in values:
            _add(attribute, "AttributeValue", text=value)
    login = _add(root, "AuthnStatement", {"AuthnInstant": _format(now), "SessionIndex": assertion_id})
    _add(_add(login, "AuthnContext"), "AuthnContextClassRef", text=PASSWORD)
    return key.sign(root, assertion_id)


def _make_response(tenant_id: str, assertion: Any, reply_url: str, now: float, in_response_to: str | None) -> bytes:
    told = {"InResponseTo": in_response_to} if in_response_to else {}
    root = etree.Element(
        f"{{{PROTOCOL}}}Response",
        {
            "ID": f"_{uuid.uuid4()}",
            "Version": "2.0",
            "IssueInstant": _format(now),
            "Destination": reply_url,
            **told,
        },
        nsmap={"samlp": PROTOCOL},
    )
    issuer = etree.SubElement(root, f"{{{ASSERTION}}}Issuer", nsmap={None: ASSERTION})
    issuer.text = f"https://sts.windows.net/{tenant_id}/"
    status = etree.SubElement(root, f"{{{PROTOCOL}}}Status")
    etree.SubElement(status, f"{{{PROTOCOL}}}StatusCode", {"Value": SUCCESS})
    root.append(assertion)
    return bytes(etree.tostring(root))


def _add(parent: Any, name: str, attributes: dict[str, str] | None = None, text: str | None = None) -> Any:
    element = etree.SubElement(parent, f"{{{ASSERTION}}}{name}", attributes or {})
    element.text = text
    return element


def _format(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
