# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-on through SAML apps: people are sent to the identity provider; python3-saml checks what they bring back.

The web console would show a page; here the answer says in JSON who is signed in, with which groups. Which memberships a
sign-on adds and removes follows the vendor's page on SAML attribute mappings, as far as it says.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from cvops_simulator.commvault.audit_trail import clean_text
from cvops_simulator.commvault.cell import Cell
from cvops_simulator.commvault.model import IdentityApp, User
from cvops_simulator.commvault.references import make_guid
from cvops_simulator.core.names import fold_case

SAML = 2
CONSUMER = "samlacsidpinitcallback.do"
LOGIN = "samllogin"
_EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
_CLOCK_LOCK = threading.Lock()


class SignOnError(Exception):
    """A sign-on that ends without a session; the text says why."""


@contextmanager
def _use_clock(now: float) -> Iterator[None]:
    """Let the library believe that it is *now*, since it offers no clock of its own; one thread at a time."""
    with _CLOCK_LOCK:
        usual = OneLogin_Saml2_Utils.now
        OneLogin_Saml2_Utils.now = staticmethod(lambda: int(now))
        try:
            yield
        finally:
            OneLogin_Saml2_Utils.now = usual


def get_endpoint(app: IdentityApp, origin: str) -> str:
    """Return the address of the web console that the app stands for, which is its identifier."""
    service = app.document.get("serviceProviderMetaData") or {}
    return str(service.get("serviceProviderEndpoint") or f"{origin}/webconsole")


def get_consumer_url(app: IdentityApp, origin: str) -> str:
    """Return the reply URL of the app."""
    return f"{get_endpoint(app, origin)}/samlAcsIdpInitCallback.do?samlAppKey={app.key}"


def list_certificates(app: IdentityApp) -> list[str]:
    """Return the certificates that the app believes; which of them the product does is a question of the model."""
    return [app.secrets[name] for name in ("certificateData", "previousCertificateData") if app.secrets.get(name)]


def _build_settings(app: IdentityApp, origin: str) -> OneLogin_Saml2_Settings:
    provider = app.document.get("identityProviderMetaData") or {}
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {
                "entityId": get_endpoint(app, origin),
                "assertionConsumerService": {"url": get_consumer_url(app, origin)},
                "NameIDFormat": _EMAIL_FORMAT,
            },
            "idp": {
                "entityId": str(provider.get("entityId") or ""),
                "singleSignOnService": {"url": str(provider.get("redirectUrl") or "")},
                "x509certMulti": {"signing": list_certificates(app)},
            },
            "security": {
                "wantAssertionsSigned": True,
                "wantNameId": True,
                "rejectDeprecatedAlgorithm": True,
                "requestedAuthnContext": False,
                "allowRepeatAttributeName": True,
            },
        }
    )


def find_app(cell: Cell, key: str) -> IdentityApp:
    """Return the enabled SAML app of this key. Raises SignOnError."""
    for app in cell.state.apps:
        if app.type == SAML and key and app.key == key:
            if not app.enabled:
                raise SignOnError("The SAML app is disabled")
            return app
    raise SignOnError("There is no SAML app with this key")


def build_login_address(cell: Cell, origin: str, key: str) -> str:
    """Return where the identity provider is asked to sign somebody in. Raises SignOnError."""
    app = find_app(cell, key)
    try:
        settings = _build_settings(app, origin)
    except OneLogin_Saml2_Error as error:
        raise SignOnError(f"The SAML app is not complete: {error}") from error
    with _use_clock(cell.clock.now()):
        request = OneLogin_Saml2_Authn_Request(settings)
    cell.sign_ons.requests.add(request.get_id())
    base = settings.get_idp_sso_url()
    joint = "&" if urlsplit(base).query else "?"
    query = urlencode({"SAMLRequest": request.get_request(), "RelayState": get_endpoint(app, origin)})
    return f"{base}{joint}{query}"


def take_response(cell: Cell, origin: str, key: str, form: bytes) -> dict[str, Any]:
    """Return who is signed in by a form with a response of the identity provider. Raises SignOnError."""
    app = find_app(cell, key)
    response = _read_response(cell, app, origin, form)
    attributes = response.get_attributes()
    company_id = _find_company(cell, app, attributes)
    user = _find_user(cell, app, str(response.get_nameid() or ""), company_id)
    names = _take_groups(cell, app, user, company_id, attributes)
    user.last_login = cell.clock.now()
    token = cell.sessions.login(user.id, "", cell.clock.now(), prefix="SAML ")
    details = f"User [{clean_text(user.name)}]\nMethod: [SAML]\nSAML App: [{clean_text(app.name)}]"
    cell.audit_session(user, "Login", details)
    return {"userName": user.name, "userGroups": names, "token": token}


def _read_response(cell: Cell, app: IdentityApp, origin: str, form: bytes) -> OneLogin_Saml2_Response:
    given = parse_qs(form.decode("utf-8", "replace"), keep_blank_values=True).get("SAMLResponse", [""])[0]
    if not given:
        raise SignOnError("SAMLResponse is missing")
    target = urlsplit(get_consumer_url(app, origin))
    seen = {
        "https": "on",
        "http_host": target.netloc,
        "script_name": target.path,
        "get_data": {"samlAppKey": app.key},
        "query_string": target.query,
    }
    try:
        with _use_clock(cell.clock.now()):
            response = OneLogin_Saml2_Response(_build_settings(app, origin), given)
            response.is_valid(seen, raise_exceptions=True)
            asked, used = response.get_in_response_to(), str(response.get_assertion_id())
    except (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError) as error:
        raise SignOnError(str(error)) from error
    except Exception as error:  # what is no SAML at all meets errors of several libraries
        raise SignOnError(f"The response cannot be read: {type(error).__name__}") from error
    if asked is not None and asked not in cell.sign_ons.requests:
        raise SignOnError("The response answers a request that was not sent from here")
    if used in cell.sign_ons.assertions:
        raise SignOnError("The assertion was used before")
    cell.sign_ons.assertions.add(used)
    cell.sign_ons.requests.discard(str(asked))
    return response


def _find_company(cell: Cell, app: IdentityApp, attributes: Mapping[str, list[str]]) -> int:
    """Return the company of the person: the app's, or the one whose alias is in the attribute mapped to COMPANY_NAME.

    As the vendor's page "Enabling Single Sign-On for Tenants at the CommCell Level" has it; without a value none.
    """
    values = [] if app.company_id else _list_values(app, "COMPANY_NAME", attributes)
    if not values:
        return app.company_id
    for company in cell.state.companies:
        if fold_case(company.alias) == fold_case(values[0]):
            return company.id
    raise SignOnError(f"No company has the alias {values[0]}")


def _list_values(app: IdentityApp, name: str, attributes: Mapping[str, list[str]]) -> list[str]:
    claims = _list_mapped_claims(app, name)
    return [value for claim in claims for value in attributes.get(claim, [])]


def _list_mapped_claims(app: IdentityApp, name: str) -> list[str]:
    return [
        str(row.get("SAMLAttribute"))
        for row in app.document.get("attributeMappings") or []
        if str(row.get("customAttribute")).upper() == name
    ]


def _find_user(cell: Cell, app: IdentityApp, name_id: str, company_id: int) -> User:
    wanted = fold_case(name_id)
    for user in cell.state.users:
        if wanted and wanted in (fold_case(user.upn), fold_case(user.email), fold_case(user.name)):
            if not user.enabled:
                raise SignOnError("The user is disabled")
            return user
    suffixes = [fold_case(str(item)) for item in (app.document.get("associations") or {}).get("emailSuffixes") or []]
    if not app.document.get("autoCreateUser") or wanted.rpartition("@")[2] not in suffixes or "@" not in wanted:
        raise SignOnError(f"No user is known as {name_id}, and the app creates none for this name")
    user = User(cell.state.users.new_id(), name_id, make_guid(), email=name_id, upn=name_id, company_id=company_id)
    user.auth_method, user.auth_server_id = "SAML", app.id
    for row in app.document.get("userGroups") or []:
        group = cell.state.groups.get(int((row.get("userGroupInfo") or row).get("id") or 0))
        if group is not None:
            group.member_ids.add(user.id)
    return cell.state.users.add(user)


def _take_groups(
    cell: Cell, app: IdentityApp, user: User, company_id: int, attributes: Mapping[str, list[str]]
) -> list[str]:
    """Put the user into the groups that the mapped attribute names, out of those of an earlier one; return all names.

    A group is named by the object id that it is linked to, or by its name, which begins with the domain for one of a
    directory: up to release 11.24 the vendor's page on attributes is about these. Without a mapping nothing changes.
    """
    if _list_mapped_claims(app, "USER_GROUPS"):
        named = {fold_case(value) for value in _list_values(app, "USER_GROUPS", attributes)}
        groups = [group for group in cell.state.groups if group.company_id == company_id]
        given = {group.id for group in groups if fold_case(group.azure_guid or group.name) in named}
        linked = {group.id for group in groups if group.azure_guid}
        for group in groups:
            if group.id in given:
                group.member_ids.add(user.id)
            elif group.id in cell.sign_ons.given_groups.get(user.id, set()) | linked:
                group.member_ids.discard(user.id)
        cell.sign_ons.given_groups[user.id] = given
    return sorted(group.name for group in cell.state.groups if user.id in group.member_ids)
