# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Entities and principals as the security calls write and read them. Pure: bodies in, named tuples out, and back."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError
from ..listings import as_id
from .grants import ALL, ENTITY_TYPES, Entity, Principal

_GENERIC = 150
#: Id field and name field of each entity kind that has a form of its own.
_FIELDS = {
    "commcell": ("commCellId", "commCellName"),
    "company": ("providerId", "providerDomainName"),
    "servers": ("clientId", "clientName"),
    "server_groups": ("clientGroupId", "clientGroupName"),
    "plans": ("planId", "planName"),
    "storage_pools": ("storagePolicyId", "storagePolicyName"),
    "workflows": ("workflowId", "workflowName"),
    "credentials": ("credentialId", "credentialName"),
}
_KINDS = {number: kind for kind, number in ENTITY_TYPES.items() if number}
#: Id fields of further types, for rows that are shown and never written.
_OTHER_IDS = {
    4: "applicationId",
    5: "instanceId",
    6: "backupsetId",
    7: "subclientId",
    13: "userId",
    15: "userGroupId",
    64: "alertId",
    120: "roleId",
}
_WORDS = {
    "COMMCELL_ENTITY": 1,
    "CLIENT_ENTITY": 3,
    "APPTYPE_ENTITY": 4,
    "INSTANCE_ENTITY": 5,
    "BACKUPSET_ENTITY": 6,
    "SUBCLIENT_ENTITY": 7,
    "USER_ENTITY": 13,
    "USERGROUP_ENTITY": 15,
    "STORAGE_POLICY_ENTITY": 17,
    "CLIENT_GROUP_ENTITY": 28,
    "PROVIDER_ENTITY": 61,
    "WORKFLOW_ENTITY": 83,
    "ROLE_ENTITY": 120,
    "GENERIC_ENTITY": _GENERIC,
    "PLAN_ENTITY": 158,
}
#: Without a type number the most special id decides: every entity may also carry the id of its CommCell and its server.
_BY_FIELD = (
    "credentials",
    "plans",
    "workflows",
    "storage_pools",
    "server_groups",
    "servers",
    "company",
    "commcell",
)
#: Stands for an entity or principal that cannot be read; nothing that holds it is ever written.
UNKNOWN_ENTITY = Entity("type:0", 0)
UNKNOWN_PRINCIPAL = Principal("unknown", 0)


def type_number(kind: str) -> int:
    """Commvault's number of an entity kind; 0 for credentials, whose number is not published."""
    if kind.startswith("type:"):
        return int(kind[len("type:") :])
    return ENTITY_TYPES[kind]


def wire_entity(entity: Entity, name: str | None = None) -> dict[str, t.Any]:
    """An entity as ``POST Security`` takes it. Raises ConfigError for "all credentials", which cannot be expressed."""
    number = type_number(entity.kind)
    if entity.id == ALL:
        if not number:
            raise ConfigError(
                "A grant on all credentials cannot be expressed in Commvault's API: name the credentials."
            )
        return {"_type_": number, "flags": {"includeAll": True}}
    if entity.kind not in _FIELDS:
        return _named({"entityId": entity.id, "entityType": number, "_type_": _GENERIC}, "entityName", name)
    id_field, name_field = _FIELDS[entity.kind]
    wire: dict[str, t.Any] = {id_field: entity.id}
    if number:
        wire["_type_"] = number
    if entity.kind == "workflows":
        wire["entityType"] = number
    return _named(wire, name_field, name)


def wire_principal(principal: Principal, name: str | None = None) -> dict[str, t.Any]:
    """A user, user group or directory group as ``POST Security`` takes it."""
    if principal.kind == "user":
        return _named({"userId": principal.id, "_type_": 13}, "userName", name)
    if principal.kind == "user_group":
        return _named({"userGroupId": principal.id, "_type_": 15}, "userGroupName", name)
    if principal.kind != "external_group":
        raise ValueError(f"no principal kind: {principal.kind}")
    wire: dict[str, t.Any] = {"groupId": principal.id, "_type_": 62}
    domain, backslash, group = (name or "").partition("\\")
    if backslash and domain and group:
        wire.update(providerDomainName=domain, externalGroupName=group)
    return wire


def _named(wire: dict[str, t.Any], field: str, name: str | None) -> dict[str, t.Any]:
    return {**wire, field: name} if name else wire


def read_entity(wire: t.Mapping[str, t.Any]) -> tuple[Entity, str]:
    """Entity and name of any form that the service shows; UNKNOWN_ENTITY where type or id cannot be told."""
    number = _type_in(wire)
    kind = _KINDS.get(number or 0) or _kind_by_field(wire, number)
    if kind is None:
        return UNKNOWN_ENTITY, _name_in(wire, None)
    flags = wire.get("flags")
    if isinstance(flags, dict) and flags.get("includeAll"):
        return Entity(kind, ALL), f"all {kind}"
    found = next(filter(None, (as_id(wire.get(field)) for field in (*_id_fields(kind), "entityId"))), None)
    return (Entity(kind, found) if found else UNKNOWN_ENTITY), _name_in(wire, kind)


def _type_in(wire: t.Mapping[str, t.Any]) -> int | None:
    for field in ("_type_", "entityType", "entityTypeName"):
        value = wire.get(field)
        number = _WORDS.get(str(value).upper()) or as_id(value)
        if number and number != _GENERIC:
            return number
    return None


def _kind_by_field(wire: t.Mapping[str, t.Any], number: int | None) -> str | None:
    if as_id(wire.get("credentialId")):
        return "credentials"
    if number:
        return f"type:{number}"
    return next((kind for kind in _BY_FIELD if as_id(wire.get(_FIELDS[kind][0]))), None)


def _id_fields(kind: str) -> tuple[str, ...]:
    if kind == "storage_pools":
        return ("storagePolicyId", "storagePoolId")
    if kind in _FIELDS:
        return (_FIELDS[kind][0],)
    own = _OTHER_IDS.get(type_number(kind))
    return (own,) if own else ()


def _name_in(wire: t.Mapping[str, t.Any], kind: str | None) -> str:
    fields = (_FIELDS[kind][1],) if kind in _FIELDS and kind is not None else ()
    return next((str(wire[field]) for field in (*fields, "displayName", "entityName") if wire.get(field)), "")


def read_principal(wire: t.Mapping[str, t.Any]) -> tuple[Principal, str]:
    """Principal and name; a directory group is named ``DOMAIN\\group``."""
    number = _type_in(wire)
    group_id = as_id(wire.get("groupId"))
    if number == 62 or group_id or wire.get("externalGroupName"):
        name = str(wire.get("externalGroupName") or wire.get("userGroupName") or "")
        if wire.get("providerDomainName") and "\\" not in name:
            name = f"{wire['providerDomainName']}\\{name}"
        return _principal("external_group", group_id or as_id(wire.get("userGroupId"))), name
    if as_id(wire.get("userGroupId")) or number == 15:
        return _principal("user_group", as_id(wire.get("userGroupId"))), str(wire.get("userGroupName") or "")
    return _principal("user", as_id(wire.get("userId"))), str(wire.get("userName") or "")


def _principal(kind: str, number: int | None) -> Principal:
    return Principal(kind, number) if number else UNKNOWN_PRINCIPAL
