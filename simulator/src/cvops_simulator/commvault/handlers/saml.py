# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAML apps, the list of identity servers, and where a user is sent to log in."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import DOMAIN_MANAGEMENT
from cvops_simulator.commvault.envelopes import invalid, make_success_g, not_found
from cvops_simulator.commvault.handlers.third_party_apps import make_app
from cvops_simulator.commvault.model import IdentityApp
from cvops_simulator.commvault.references import make_company_reference, resolve_record
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.commvault.saml_sign_on import get_consumer_url, get_endpoint
from cvops_simulator.commvault.state import Records
from cvops_simulator.core.names import fold_case

SAML, OIDC = 2, 5
_CREATE = frozenset(
    {"name", "description", "identityProviderMetaData", "serviceProviderMetaData", "associations", "type"}
)
_UPDATE = (_CREATE - {"name"}) | {"enabled", "autoCreateUser", "nameIDAttribute", "attributeMappings", "userGroups"}
_PROVIDER = ("entityId", "redirectUrl", "logoutUrl", "certificateData", "SAMLProtocolVersion")
_WRITE_ONLY_PROVIDER = ("certificateData", "SAMLProtocolVersion")
_WRITE_ONLY_SERVICE = (
    "certificateData",
    "JKSPrivateKey",
    "jksFileContents",
    "privateKeyPassword",
    "keyStorePassword",
    "aliasName",
)
_LISTS = ("emailSuffixes", "companies", "domains", "userGroups", "users")


def _get_lists(call: Call) -> tuple[str, ...]:
    """Return the lists of associations that the release has."""
    return tuple(name for name in _LISTS if name != "users" or call.cell.has("saml_type_and_users"))


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "V4/IdentityServers", _list_servers)
    routes.add("GET", "IdentityServers", _list_servers_v1, envelope="S")
    routes.add("POST", "V4/SAML", _create)
    routes.add("GET", "V4/SAML/{name}", _read)
    routes.add("PUT", "V4/SAML/{name}", _update)
    routes.add("DELETE", "V4/SAML/{name}", _delete)
    routes.add("GET", "CommcellRedirect/RedirectListforUser", _list_redirects)


def _list_servers(call: Call) -> dict[str, Any]:
    return {
        "identityServers": [
            {
                "id": app.id,
                "name": app.name,
                "type": "SAML" if app.type == SAML else "OTHER",
                "samlType": app.saml_type if app.type == SAML else "UNKNOWN",
                "company": make_company_reference(call, app.company_id),
                "configured": True,
            }
            for app in call.state.apps
            if app.type in (SAML, OIDC)
        ]
    }


def _list_servers_v1(call: Call) -> dict[str, Any]:
    rows = [{"IdentityServerName": app.name, "samlType": 1} for app in call.state.apps if app.type == SAML]
    return {"identityServers": rows}


def _find(call: Call) -> IdentityApp:
    for app in call.state.apps.named(call.params["name"]):
        if app.type == SAML:
            return app
    raise not_found(f"SAML app [{call.params['name']}] does not exist")


def _read(call: Call) -> dict[str, Any]:
    app = _find(call)
    document = app.document
    service = document.get("serviceProviderMetaData") or {}
    endpoint = get_endpoint(app, call.origin)
    associations = document.get("associations") or {}
    groups = document.get("userGroups") or []
    answer: dict[str, Any] = {
        "name": app.name,
        "appKey": app.key,
        "description": app.description,
        "enabled": app.enabled,
        "autoCreateUser": document.get("autoCreateUser", False),
        "type": "SAML",
        "nameIDAttribute": document.get("nameIDAttribute", "Email"),
        "userGroups": groups,
        "samlTestSummary": "NOT_TESTED",
        "attributeMappings": document.get("attributeMappings") or [],
        "identityProviderMetaData": document.get("identityProviderMetaData") or {},
        "serviceProviderMetaData": {
            "entityId": endpoint,
            "spAliases": service.get("spAliases") or [],
            "singleSignOnUrl": get_consumer_url(app, call.origin),
            "singleLogoutUrl": f"{endpoint}/server/SAMLSingleLogout?samlAppKey={app.key}",
        },
        "associations": {name: associations.get(name) or [] for name in _get_lists(call)},
    }
    if not call.cell.has("saml_type_and_users"):
        del answer["type"]
    if groups:
        answer["userGroup"] = groups[0].get("userGroupInfo") or groups[0]
    if app.company_id:
        answer["createdForCompany"] = make_company_reference(call, app.company_id)
    return answer


def _check_lists(call: Call, data: dict[str, Any]) -> None:
    """Refuse associations and default groups that are not there; fill in ids and names of the others."""
    state = call.state
    known: dict[str, Records[Any]] = {"companies": state.companies, "userGroups": state.groups, "users": state.users}
    associations = data.get("associations") or {}
    if unknown := sorted(set(associations) - set(_get_lists(call))):
        raise invalid(f"Unknown associations: {', '.join(unknown)}")
    for name, records in known.items():
        for entry in associations.get(name) or []:
            found = resolve_record(records, entry, "id", "name", name)
            entry.update({"id": found.id, "name": found.name})
    for row in data.get("userGroups") or []:
        inner = row.get("userGroupInfo") or row
        group = resolve_record(call.state.groups, inner, "id", "name", "User group")
        inner.update({"id": group.id, "name": group.name})


def _take(call: Call, app: IdentityApp, data: dict[str, Any]) -> None:
    """Store the readable parts; lists replace the old ones; certificates are kept apart and never returned."""
    provider = data.get("identityProviderMetaData")
    if provider is not None:
        missing = [key for key in _PROVIDER if key not in provider]
        if missing:
            raise invalid(f"Missing in identityProviderMetaData: {', '.join(missing)}")
        certificate = str(provider["certificateData"])
        previous = app.secrets.get("certificateData")
        app.secrets.pop("previousCertificateData", None)
        if call.cell.behaviours.saml_keeps_previous_certificate and previous and previous != certificate:
            app.secrets["previousCertificateData"] = previous
        app.secrets["certificateData"] = certificate
        app.document["identityProviderMetaData"] = {
            key: value for key, value in provider.items() if key not in _WRITE_ONLY_PROVIDER
        }
    service = data.get("serviceProviderMetaData")
    if service is not None:
        app.document["serviceProviderMetaData"] = {
            key: value for key, value in service.items() if key not in _WRITE_ONLY_SERVICE
        }
    if "associations" in data and "users" not in _get_lists(call):
        # A call that does not know the users of an app leaves them alone.
        held = (app.document.get("associations") or {}).get("users")
        data["associations"] = {**data["associations"], **({"users": held} if held else {})}
    for key in ("associations", "autoCreateUser", "nameIDAttribute", "attributeMappings", "userGroups"):
        if key in data:
            app.document[key] = data[key]
    app.enabled = bool(data.get("enabled", app.enabled))
    app.description = str(data.get("description", app.description) or "")


def _create(call: Call) -> dict[str, Any]:
    call.caller.rights.require({DOMAIN_MANAGEMENT})
    data = call.strict_body(_CREATE)
    missing = [key for key in ("name", "description", "identityProviderMetaData") if data.get(key) is None]
    if missing:
        raise invalid(f"Missing: {', '.join(missing)}")
    service = data.get("serviceProviderMetaData")
    if service is not None and "serviceProviderEndpoint" not in service:
        raise invalid("Missing in serviceProviderMetaData: serviceProviderEndpoint")
    app = make_app(call, str(data["name"]), SAML)
    _check_lists(call, data)
    _take(call, app, data)
    call.state.apps.add(app)
    return make_success_g()


def _update(call: Call) -> dict[str, Any]:
    call.caller.rights.require({DOMAIN_MANAGEMENT})
    app, data = _find(call), call.strict_body(frozenset(_UPDATE))
    _check_lists(call, data)
    _take(call, app, data)
    return make_success_g()


def _delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require({DOMAIN_MANAGEMENT})
    call.state.apps.remove(_find(call))
    return make_success_g()


def _list_redirects(call: Call) -> dict[str, Any]:
    suffix = fold_case(call.query.get("user", "").rsplit("@", 1)[-1])
    found = []
    for app in call.state.apps:
        suffixes = (app.document.get("associations") or {}).get("emailSuffixes") or []
        if app.enabled and app.type == SAML and suffix in [fold_case(str(item)) for item in suffixes]:
            found.append({"redirectUrl": f"{call.origin}/identity/samlLogin?samlAppKey={app.key}"})
    return {"AvailableRedirects": found}
