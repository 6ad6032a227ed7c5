# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Entities and principals of security associations, parsed from answers and serialized for requests. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError
from ..references import parse_id
from .grants import ALL_OF_KIND, ENTITY_TYPES, Entity, Principal

_GENERIC_ENTITY = 150
#: Id field and name field of each entity kind that has a form of its own.
_WIRE_FIELDS = {
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
_TYPE_NAMES = {
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
    "GENERIC_ENTITY": _GENERIC_ENTITY,
    "PLAN_ENTITY": 158,
}
#: Without a type number the first of these kinds whose id field is there: an entity may also carry the ids of its server and CommCell.
_KINDS_BY_ID_FIELD = (
    "credentials",
    "plans",
    "workflows",
    "storage_pools",
    "server_groups",
    "servers",
    "company",
    "commcell",
)
#: An entity or principal that cannot be parsed; nothing that holds it is ever written.
UNKNOWN_ENTITY = Entity("type:0", 0)
UNKNOWN_PRINCIPAL = Principal("unknown", 0)


def is_flag_set(value: t.Any) -> bool:
    """Return whether a flag of an answer is set; an object, such as the parent that a grant is inherited from, counts as set."""
    if isinstance(value, str):
        return value.strip().lower() in ("1", "true", "yes")
    return bool(value)


def get_type_number(kind: str) -> int:
    """Return Commvault's type number of an entity kind; 0 for credentials, whose number is not published."""
    if kind.startswith("type:"):
        return int(kind[len("type:") :])
    return ENTITY_TYPES[kind]


def serialize_entity(entity: Entity, name: str | None = None) -> dict[str, t.Any]:
    """Return an entity as ``POST Security`` takes it. Raises ConfigError for all credentials, which cannot be expressed."""
    number = get_type_number(entity.kind)
    if entity.id == ALL_OF_KIND:
        if not number:
            raise ConfigError(
                "A grant on all credentials cannot be expressed in Commvault's API: name the credentials."
            )
        return {"_type_": number, "flags": {"includeAll": True}}
    if entity.kind not in _WIRE_FIELDS:
        return _add_name({"entityId": entity.id, "entityType": number, "_type_": _GENERIC_ENTITY}, "entityName", name)
    id_field, name_field = _WIRE_FIELDS[entity.kind]
    wire: dict[str, t.Any] = {id_field: entity.id}
    if number:
        wire["_type_"] = number
    if entity.kind == "workflows":
        wire["entityType"] = number
    return _add_name(wire, name_field, name)


def serialize_principal(principal: Principal, name: str | None = None) -> dict[str, t.Any]:
    """Return a user, user group or directory group as ``POST Security`` takes it. Raises ValueError for another kind."""
    if principal.kind == "user":
        return _add_name({"userId": principal.id, "_type_": 13}, "userName", name)
    if principal.kind == "user_group":
        return _add_name({"userGroupId": principal.id, "_type_": 15}, "userGroupName", name)
    if principal.kind != "external_group":
        raise ValueError(f"no principal kind: {principal.kind}")
    wire: dict[str, t.Any] = {"groupId": principal.id, "_type_": 62}
    domain, backslash, group = (name or "").partition("\\")
    if backslash and domain and group:
        wire.update(providerDomainName=domain, externalGroupName=group)
    return wire


def _add_name(wire: dict[str, t.Any], field: str, name: str | None) -> dict[str, t.Any]:
    return {**wire, field: name} if name else wire


def parse_entity(wire: t.Mapping[str, t.Any]) -> tuple[Entity, str]:
    """Parse an entity and its name from any form that the service shows; UNKNOWN_ENTITY where type or id are missing."""
    number = _parse_type_number(wire)
    kind = _KINDS.get(number or 0) or _guess_kind(wire, number)
    if kind is None:
        return UNKNOWN_ENTITY, _parse_name(wire, None)
    flags = wire.get("flags")
    if isinstance(flags, dict) and is_flag_set(flags.get("includeAll")):
        return Entity(kind, ALL_OF_KIND), f"all {kind}"
    found = next(filter(None, (parse_id(wire.get(field)) for field in (*_list_id_fields(kind), "entityId"))), None)
    return (Entity(kind, found) if found else UNKNOWN_ENTITY), _parse_name(wire, kind)


def _parse_type_number(wire: t.Mapping[str, t.Any]) -> int | None:
    for field in ("_type_", "entityType", "entityTypeName"):
        value = wire.get(field)
        number = _TYPE_NAMES.get(str(value).upper()) or parse_id(value)
        if number and number != _GENERIC_ENTITY:
            return number
    return None


def _guess_kind(wire: t.Mapping[str, t.Any], number: int | None) -> str | None:
    if parse_id(wire.get("credentialId")):
        return "credentials"
    if number:
        return f"type:{number}"
    return next((kind for kind in _KINDS_BY_ID_FIELD if parse_id(wire.get(_WIRE_FIELDS[kind][0]))), None)


def _list_id_fields(kind: str) -> tuple[str, ...]:
    if kind == "storage_pools":
        return ("storagePolicyId", "storagePoolId")
    if kind in _WIRE_FIELDS:
        return (_WIRE_FIELDS[kind][0],)
    own = _OTHER_IDS.get(get_type_number(kind))
    return (own,) if own else ()


def _parse_name(wire: t.Mapping[str, t.Any], kind: str | None) -> str:
    fields = (_WIRE_FIELDS[kind][1],) if kind in _WIRE_FIELDS and kind is not None else ()
    return next((str(wire[field]) for field in (*fields, "displayName", "entityName") if wire.get(field)), "")


def parse_principal(wire: t.Mapping[str, t.Any]) -> tuple[Principal, str]:
    r"""Parse a principal and its name; a directory group is named ``DOMAIN\group``. UNKNOWN_PRINCIPAL where the id is missing."""
    number = _parse_type_number(wire)
    group_id = parse_id(wire.get("groupId"))
    if number == 62 or group_id or wire.get("externalGroupName"):
        name = str(wire.get("externalGroupName") or wire.get("userGroupName") or "")
        if wire.get("providerDomainName") and "\\" not in name:
            name = f"{wire['providerDomainName']}\\{name}"
        return _build_principal("external_group", group_id or parse_id(wire.get("userGroupId"))), name
    if parse_id(wire.get("userGroupId")) or number == 15:
        return _build_principal("user_group", parse_id(wire.get("userGroupId"))), str(wire.get("userGroupName") or "")
    return _build_principal("user", parse_id(wire.get("userId"))), str(wire.get("userName") or "")


def _build_principal(kind: str, number: int | None) -> Principal:
    return Principal(kind, number) if number else UNKNOWN_PRINCIPAL
