# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/groups: create, upsert, read, change, delete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cvops_simulator.entra.defaults import make_row, merge_row
from cvops_simulator.entra.graph.deletion import soft_delete
from cvops_simulator.entra.graph.errors import bad_request, denied, invalid_value, not_found
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse, parse_key
from cvops_simulator.entra.graph.references import (
    add_references,
    check_master,
    check_members_writable,
    resolve_bound_ids,
)
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.identifiers import make_security_identifier

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row

_READ = ("Group.ReadBasic.All", "Group.Create")
_CREATE = ("Group.Create",)
_WRITE = ("Group.ReadWrite.All", "Group.Create*")
_READ_ONLY = frozenset(
    {
        "id",
        "createdDateTime",
        "deletedDateTime",
        "expirationDateTime",
        "hasMembersWithLicenseErrors",
        "isArchived",
        "isManagementRestricted",
        "licenseProcessingState",
        "mail",
        "onPremisesDomainName",
        "onPremisesLastSyncDateTime",
        "onPremisesNetBiosName",
        "onPremisesSamAccountName",
        "onPremisesSecurityIdentifier",
        "onPremisesSyncEnabled",
        "organizationId",
        "proxyAddresses",
        "renewedDateTime",
        "securityIdentifier",
    }
)
_IMMUTABLE = ("isAssignableToRole", "mailEnabled", "securityEnabled")
_REQUIRED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
_NICKNAME = re.compile(r"[\x21-\x7e]{1,64}")
_FORBIDDEN = set('@()\\[]";:<>, ')
_VISIBILITIES = (None, "Private", "Public", "HiddenMembership")


def _list_rows(call: Call) -> list[Row]:
    view = call.view
    return [
        {**row, "members": view.ids("members", row["id"]), "owners": view.ids("owners", row["id"])}
        for row in view.rows("groups").values()
    ]


def _list(call: Call) -> GraphResponse:
    return call.collection("group", _list_rows(call), "groups")


def _count(call: Call) -> GraphResponse:
    return call.count("group", _list_rows(call))


def _get(call: Call) -> GraphResponse:
    return call.entity("group", call.require("group", call.arguments[0]), "groups")


def _check_values(body: Row) -> None:
    if "displayName" in body and not 1 <= len(body["displayName"] or "") <= 256:
        raise invalid_value("displayName", "Group")
    nickname = body.get("mailNickname")
    if "mailNickname" in body and (not _NICKNAME.fullmatch(nickname or "") or set(nickname or "") & _FORBIDDEN):
        raise invalid_value("mailNickname", "Group")
    if len(body.get("description") or "") > 1024:
        raise invalid_value("description", "Group")
    if set(body.get("groupTypes", [])) - {"Unified", "DynamicMembership"}:
        raise invalid_value("groupTypes", "Group")
    if body.get("visibility") not in _VISIBILITIES:
        raise invalid_value("visibility", "Group")


def _check_unique_name(call: Call, name: str | None, own_id: str) -> None:
    if name and any(row["uniqueName"] == name and row["id"] != own_id for row in call.tenant.groups.values()):
        text = "A conflicting object with one or more of the specified property values is present in the directory."
        raise bad_request(text, "ConflictingObjects")


def _check_new(call: Call, row: Row) -> None:
    if row["mailEnabled"] and "Unified" not in row["groupTypes"]:
        raise bad_request("Cannot Create a mail-enabled security groups and or distribution list.")
    if not row["securityEnabled"] and "Unified" not in row["groupTypes"]:
        raise invalid_value("securityEnabled", "Group")
    dynamic = "DynamicMembership" in row["groupTypes"]
    if dynamic != bool(row["membershipRule"]):
        raise invalid_value("membershipRule", "Group")
    if not row["isAssignableToRole"]:
        return
    if "RoleManagement.ReadWrite.Directory" not in call.caller.permissions:
        raise denied()
    if dynamic or row["visibility"] not in (None, "Private"):
        raise invalid_value("visibility", "Group")


def _create(call: Call) -> GraphResponse:
    return _make(call, call.body("group", _READ_ONLY))


def _make(call: Call, body: Row) -> GraphResponse:
    missing = [name for name in _REQUIRED if body.get(name) is None]
    if missing:
        raise bad_request(
            f"A value is required for property '{missing[0]}' of resource 'Group'.", "Required", missing[0]
        )
    _check_values(body)
    members = resolve_bound_ids(call, body, "members", ("user", "group", "servicePrincipal"))
    owners = resolve_bound_ids(call, body, "owners", ("user", "servicePrincipal"))
    if len(members) + len(owners) > 20:
        raise bad_request("The number of references in the request exceeds the limit of 20.")
    values = {name: value for name, value in body.items() if "@" not in name}
    object_id = call.tenant.new_id()
    fixed = {
        "id": object_id,
        "createdDateTime": call.tenant.now(),
        "renewedDateTime": call.tenant.now(),
        "securityIdentifier": make_security_identifier(object_id),
    }
    row = make_row("group", {**values, **fixed})
    _check_new(call, row)
    _check_unique_name(call, row["uniqueName"], object_id)
    call.tenant.add("group", row)
    call.tenant.relate("members", object_id, members)
    if call.caller.is_user:
        owners = [call.caller.object_id, *owners]
    call.tenant.relate("owners", object_id, owners)
    return call.entity("group", row, "groups", 201)


def _update(call: Call) -> GraphResponse:
    name, value = parse_key(call.arguments[0])
    body = call.body("group", _READ_ONLY)
    if call.look_up("group", call.arguments[0]) is None and name == "uniqueName":
        if not call.prefers("create-if-missing"):
            raise not_found(value)
        return _make(call, {**body, "uniqueName": value})
    row = call.require("group", call.arguments[0])
    check_master(row)
    _check_values(body)
    changed = [key for key in _IMMUTABLE if key in body and (body[key] or False) != (row[key] or False)]
    if row["uniqueName"] and body.get("uniqueName", row["uniqueName"]) != row["uniqueName"]:
        changed.append("uniqueName")
    if changed:
        raise bad_request(f"Property '{changed[0]}' is read-only and cannot be set.")
    _check_unique_name(call, body.get("uniqueName"), row["id"])
    members = resolve_bound_ids(call, body, "members", ("user", "group", "servicePrincipal"))
    if members:
        check_members_writable(call, row)
        add_references(call, row, "members", members)
    values = {key: item for key, item in body.items() if "@" not in key}
    if values:
        call.tenant.update("group", merge_row("group", row, values))
    return NO_CONTENT


def _delete(call: Call) -> GraphResponse:
    row = call.require("group", call.arguments[0])
    check_master(row)
    soft_delete(call.tenant, "group", row)
    return NO_CONTENT


ROUTES = (
    Route("GET", "/groups", _list, _READ),
    Route("GET", "/groups/$count", _count, _READ),
    Route("POST", "/groups", _create, _CREATE),
    Route("GET", "/groups/{}", _get, _READ),
    Route("PATCH", "/groups/{}", _update, _WRITE),
    Route("DELETE", "/groups/{}", _delete, _WRITE),
)
