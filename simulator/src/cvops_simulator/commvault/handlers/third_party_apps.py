# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity provider apps through `ThirdParty/App`."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import DOMAIN_MANAGEMENT
from cvops_simulator.commvault.envelopes import (
    DUPLICATE,
    NOT_SUPPORTED,
    ApiError,
    invalid,
    make_success_e,
    make_success_g,
)
from cvops_simulator.commvault.model import IdentityApp
from cvops_simulator.commvault.references import is_in_scope, make_guid, resolve_record
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.core.names import fold_case

LOCAL, OIDC = 4, 5
CREATE, DELETE, MODIFY = 1, 2, 3
_HIDDEN = ("clientSecret",)
#: The member of the error object that has the text, by operation; the official SDK reads this one and no other.
_TEXT_MEMBERS = {CREATE: "errorString", DELETE: "warningMessage"}
#: `_type_` in `assocTree`.
_ALL_USERS, _USER, _USER_GROUP, _PROVIDER = 12, 13, 15, 61


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "ThirdParty/App", _list, envelope="S")
    routes.add("GET", "ThirdParty/App/Local", _render_local, envelope="S", feature="local_identity_app")
    routes.add("POST", "ThirdParty/App", _post, envelope="E")
    routes.add("PUT", "ThirdParty/App", _put, envelope="S")
    routes.add("POST", "ThirdParty/SAML/App", _list, envelope="S", write=False)


def _render_row(app: IdentityApp) -> dict[str, Any]:
    return {
        "appName": app.name,
        "appDisplayName": app.name,
        "appKey": app.key,
        "appType": app.type,
        "appDescription": app.description,
        "flags": app.flags,
        "isEnabled": app.enabled,
    }


def _list(call: Call) -> dict[str, Any]:
    wanted = fold_case(call.query.get("appname", ""))
    shown = [app for app in call.lists.apps if is_in_scope(call, app.company_id)]
    rows = [_render_row(app) for app in shown if not wanted or fold_case(app.name) == wanted]
    return {"clientThirdPartyApps": rows}


def _render_local(call: Call) -> dict[str, Any]:
    apps = [app for app in call.state.apps if app.type == LOCAL]
    if not apps:
        apps = [call.state.apps.add(make_app(call, "Local Identity", LOCAL))]
    return {"clientThirdPartyApps": [_render_row(app) for app in apps]}


def make_app(call: Call, name: str, kind: int) -> IdentityApp:
    """Return an app record with a new key, not yet stored."""
    if not name.strip():
        raise invalid("The app name is missing")
    if call.state.apps.named(name):
        raise ApiError(DUPLICATE, f"App [{name}] already exists")
    return IdentityApp(
        call.state.apps.new_id(), name, make_guid().replace("-", ""), kind, company_id=call.caller.company_id
    )


def _find(call: Call, row: dict[str, Any]) -> IdentityApp:
    key, name = str(row.get("appKey") or ""), str(row.get("appName") or "")
    for app in call.state.apps:
        if (key and app.key == key) or (not key and name and fold_case(app.name) == fold_case(name)):
            return app
    raise invalid(f"App [{name or key}] does not exist")


def _post(call: Call) -> dict[str, Any]:
    data = call.body()
    _require_oidc(call, data)
    return change_apps(call, data)


def _require_oidc(call: Call, data: dict[str, Any]) -> None:
    """Refuse to write an OpenID Connect app where the release takes that with a command only; it takes deletions."""
    rows = data.get("clientThirdPartyApps")
    kinds = [row.get("appType") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if data.get("opType") != DELETE and OIDC in kinds and not call.cell.has("oidc_through_apps"):
        raise ApiError(NOT_SUPPORTED, "OpenID Connect apps are not supported by this operation")


def change_apps(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    """Create, modify or delete the apps of a request, and return the answer."""
    call.caller.rights.require({DOMAIN_MANAGEMENT})
    rows = data.get("clientThirdPartyApps")
    if not isinstance(rows, list) or not rows:
        raise invalid("clientThirdPartyApps is missing")
    kind = int(data.get("opType") or 0)
    try:
        for row in rows:
            _change(call, kind, row)
    except ApiError as error:
        if kind not in _TEXT_MEMBERS:
            raise
        return {"error": {"errorCode": error.code, _TEXT_MEMBERS[kind]: error.message}}
    return make_success_e()


def _change(call: Call, kind: int, row: dict[str, Any]) -> None:
    if kind == DELETE:
        call.state.apps.remove(_find(call, row))
        return
    if kind not in (CREATE, MODIFY):
        raise invalid(f"[{kind}] is not an operation")
    _check_associations(call, row)
    local = row.get("appType") == LOCAL and bool([app for app in call.state.apps if app.type == LOCAL])
    if kind == CREATE and not local:
        app = make_app(call, str(row.get("appName") or ""), int(row.get("appType") or 0))
        call.state.apps.add(app)
    else:
        app = _find(call, row)
    _fill(app, row)


def _check_associations(call: Call, row: dict[str, Any]) -> None:
    """Refuse an association with what is not there; note ids and names of the others."""
    for item in row.get("assocTree") or ():
        if "userName" in item or "userId" in item:
            user = resolve_record(call.state.users, item, "userId", "userName", "User")
            item.update({"_type_": _USER, "userId": user.id, "userName": user.name})
        elif "userGroupName" in item or "userGroupId" in item:
            group = resolve_record(call.state.groups, item, "userGroupId", "userGroupName", "User group")
            item.update({"_type_": _USER_GROUP, "userGroupId": group.id, "userGroupName": group.name})
        elif "providerId" in item or "providerDomainName" in item:
            _check_provider(call, item)
        elif item.get("_type_") != _ALL_USERS:
            raise invalid("An association names nobody")


def _check_provider(call: Call, item: dict[str, Any]) -> None:
    """Fill in a company by its id or alias; a domain, of which this CommCell keeps no list, has a name of its own."""
    company = call.state.companies.get(int(item.get("providerId") or 0))
    name = fold_case(str(item.get("providerDomainName") or ""))
    company = company or next((one for one in call.state.companies if fold_case(one.alias) == name), None)
    if company is None and (item.get("providerId") or not name):
        raise invalid(f"Provider [{item.get('providerId')}] does not exist")
    item["_type_"] = _PROVIDER
    if company is not None:
        item.update({"providerId": company.id, "providerDomainName": company.alias})


def _fill(app: IdentityApp, row: dict[str, Any]) -> None:
    """Take over what the row names; the client secret stays when an update leaves it out."""
    app.description = str(row.get("appDescription", app.description) or "")
    app.flags = int(row.get("flags", app.flags) or 0)
    app.enabled = bool(row.get("isEnabled", app.enabled))
    if "assocTree" in row:
        app.document["assocTree"] = row["assocTree"]
    if isinstance(row.get("props"), dict):
        kept = []
        for item in row["props"].get("nameValues") or []:
            if item.get("name") in _HIDDEN:
                app.secrets[item["name"]] = str(item.get("value") or "")
            else:
                kept.append(item)
        app.document["props"] = {"nameValues": kept}


def _put(call: Call) -> dict[str, Any]:
    call.caller.rights.require({DOMAIN_MANAGEMENT})
    data = call.body()
    _require_oidc(call, data)
    if data.get("opType") != MODIFY:
        raise invalid("opType must be 3")
    for row in data.get("clientThirdPartyApps") or []:
        _check_associations(call, row)
        _fill(_find(call, row), row)
    return make_success_g()


def render_app_properties(call: Call, keys: set[str]) -> dict[str, Any]:
    """Return rows of apps by key, with their properties and associations; secrets are masked."""
    rows = []
    for app in call.state.apps:
        if app.key in keys:
            values = list((app.document.get("props") or {}).get("nameValues") or [])
            values += [{"name": name, "value": "******"} for name in app.secrets if name in _HIDDEN]
            associations = app.document.get("assocTree") or []
            rows.append({**_render_row(app), "props": {"nameValues": values}, "assocTree": associations})
    return {"clientThirdPartyApps": rows}
