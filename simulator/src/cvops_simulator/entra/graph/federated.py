# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/applications/{id}/federatedIdentityCredentials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.errors import GraphError, bad_request, invalid_value, not_found
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse, parse_key
from cvops_simulator.entra.graph.routing import Route

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row

_READ = ("Application.Read.All", "Application.ReadWrite.OwnedBy")
_WRITE = ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy*")
_TYPE = "federatedIdentityCredential"
_TABLE = "federatedIdentityCredentials"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")
_MAX = 20


def _get_items(call: Call, application_id: str, current: bool = False) -> list[Row]:
    row = (call.tenant.store.primary() if current else call.view).get(_TABLE, application_id)
    return list(row["items"]) if row else []


def _store(call: Call, application_id: str, items: list[Row]) -> None:
    call.tenant.store.put(_TABLE, application_id, {"items": items}, "credential_token")


def _make_context(application_id: str) -> str:
    return f"applications('{application_id}')/{_TABLE}"


def _find(items: list[Row], segment: str) -> Row | None:
    _, value = parse_key(segment)
    return next((item for item in items if value in (item["id"], item["name"])), None)


def _check(item: Row, others: list[Row]) -> None:
    if not _NAME.fullmatch(item["name"] or ""):
        raise invalid_value("name", "FederatedIdentityCredential")
    for name in ("issuer", "subject"):
        if not item[name] or len(item[name]) > 600:
            raise invalid_value(name, "FederatedIdentityCredential")
    if not item["issuer"].startswith("https://"):
        raise invalid_value("issuer", "FederatedIdentityCredential")
    if len(item["audiences"]) != 1 or not 0 < len(item["audiences"][0]) <= 600:
        raise invalid_value("audiences", "FederatedIdentityCredential")
    if len(item["description"] or "") > 600:
        raise invalid_value("description", "FederatedIdentityCredential")
    if any((other["issuer"], other["subject"]) == (item["issuer"], item["subject"]) for other in others):
        text = (
            "The combination of issuer and subject must be unique for the application."
            f" Issuer {item['issuer']} and Subject: {item['subject']} already exist."
        )
        raise GraphError(400, "InvalidFederatedIdentityCredentialValue", text)


def _list(call: Call) -> GraphResponse:
    application = call.require("application", call.arguments[0])
    return call.collection(_TYPE, _get_items(call, application["id"]), _make_context(application["id"]))


def _get(call: Call) -> GraphResponse:
    application = call.require("application", call.arguments[0])
    item = _find(_get_items(call, application["id"]), call.arguments[1])
    if item is None:
        raise not_found(parse_key(call.arguments[1])[1])
    return call.entity(_TYPE, item, _make_context(application["id"]))


def _create(call: Call) -> GraphResponse:
    application = call.require("application", call.arguments[0])
    return _make(call, application, call.body(_TYPE, frozenset({"id"})))


def _make(call: Call, application: Row, body: Row) -> GraphResponse:
    items = _get_items(call, application["id"], current=True)
    item: Row = {"id": call.tenant.new_id(), "name": None, "issuer": None, "subject": None, "description": None}
    item.update({"audiences": [], **body})
    if any(other["name"] == item["name"] for other in items):
        text = f"FederatedIdentityCredential with name {item['name']} already exists."
        raise GraphError(409, "Request_MultipleObjectsWithSameKeyValue", text)
    _check(item, items)
    if len(items) >= _MAX:
        raise bad_request(f"The number of federated identity credentials exceeds the limit of {_MAX}.")
    _store(call, application["id"], [*items, item])
    return call.entity(_TYPE, item, _make_context(application["id"]), 201)


def _update(call: Call) -> GraphResponse:
    application = call.require("application", call.arguments[0])
    body = call.body(_TYPE, frozenset({"id"}))
    items = _get_items(call, application["id"], current=True)
    item = _find(items, call.arguments[1])
    if item is None:
        name, value = parse_key(call.arguments[1])
        if name != "name" or not call.prefers("create-if-missing"):
            raise not_found(value)
        return _make(call, application, {**body, "name": value})
    if body.get("name", item["name"]) != item["name"]:
        raise invalid_value("name", "FederatedIdentityCredential")
    others = [other for other in items if other["id"] != item["id"]]
    changed = {**item, **body}
    _check(changed, others)
    _store(call, application["id"], [changed if other["id"] == item["id"] else other for other in items])
    return NO_CONTENT


def _delete(call: Call) -> GraphResponse:
    application = call.require("application", call.arguments[0])
    items = _get_items(call, application["id"], current=True)
    item = _find(items, call.arguments[1])
    if item is None:
        raise not_found(parse_key(call.arguments[1])[1])
    _store(call, application["id"], [other for other in items if other["id"] != item["id"]])
    return NO_CONTENT


_BASE = f"/applications/{{}}/{_TABLE}"
ROUTES = (
    Route("GET", _BASE, _list, _READ),
    Route("POST", _BASE, _create, _WRITE),
    Route("GET", f"{_BASE}/{{}}", _get, _READ),
    Route("PATCH", f"{_BASE}/{{}}", _update, _WRITE),
    Route("DELETE", f"{_BASE}/{{}}", _delete, _WRITE),
)
