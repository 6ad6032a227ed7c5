# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity provider apps through `ThirdParty/App`."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import DOMAIN_MANAGEMENT
from cvops_simulator.commvault.envelopes import DUPLICATE, ApiError, invalid, make_success_e, make_success_g
from cvops_simulator.commvault.model import IdentityApp
from cvops_simulator.commvault.references import make_guid
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.core.names import fold_case

LOCAL, OIDC = 4, 5
CREATE, DELETE, MODIFY = 1, 2, 3
_HIDDEN = ("clientSecret",)


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "ThirdParty/App", _list, envelope="S")
    routes.add("GET", "ThirdParty/App/Local", _render_local, envelope="S")
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
    rows = [_render_row(app) for app in call.lists.apps if not wanted or fold_case(app.name) == wanted]
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
    call.caller.rights.require({DOMAIN_MANAGEMENT})
    data = call.body()
    rows = data.get("clientThirdPartyApps")
    if not isinstance(rows, list) or not rows:
        raise invalid("clientThirdPartyApps is missing")
    for row in rows:
        _change(call, int(data.get("opType") or 0), row)
    return make_success_e()


def _change(call: Call, kind: int, row: dict[str, Any]) -> None:
    if kind == DELETE:
        call.state.apps.remove(_find(call, row))
        return
    if kind not in (CREATE, MODIFY):
        raise invalid(f"[{kind}] is not an operation")
    local = row.get("appType") == LOCAL and bool([app for app in call.state.apps if app.type == LOCAL])
    if kind == CREATE and not local:
        app = make_app(call, str(row.get("appName") or ""), int(row.get("appType") or 0))
        call.state.apps.add(app)
    else:
        app = _find(call, row)
    _fill(app, row)


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
    if data.get("opType") != MODIFY:
        raise invalid("opType must be 3")
    for row in data.get("clientThirdPartyApps") or []:
        _fill(_find(call, row), row)
    return make_success_g()


def render_app_properties(call: Call, keys: set[str]) -> dict[str, Any]:
    """Return rows of apps by key, with their properties; secrets are masked."""
    rows = []
    for app in call.state.apps:
        if app.key in keys:
            values = list((app.document.get("props") or {}).get("nameValues") or [])
            values += [{"name": name, "value": "******"} for name in app.secrets if name in _HIDDEN]
            rows.append({**_render_row(app), "props": {"nameValues": values}})
    return {"clientThirdPartyApps": rows}
