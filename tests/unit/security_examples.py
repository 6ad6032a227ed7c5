# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants, and the forms in which releases of Commvault write them: what stands for hypothesis in tests of security associations."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    ENTITY_TYPES,
    Entity,
    Grant,
    Principal,
)

Wire = dict[str, t.Any]
NUMBERS = st.integers(1, 2**31)
KINDS = [*ENTITY_TYPES, "type:4", "type:7", "type:13", "type:64", "type:120", "type:999"]
WITHOUT_ALL = ["credentials"]
ENTITIES = st.builds(Entity, st.sampled_from(KINDS), NUMBERS) | st.builds(
    Entity, st.sampled_from([kind for kind in KINDS if kind not in WITHOUT_ALL]), st.just(ALL_OF_KIND)
)
PRINCIPALS = st.builds(Principal, st.sampled_from(["user", "user_group", "external_group"]), NUMBERS)
NAMES = st.text(min_size=1).filter(lambda text: text.strip("\\") != "" and not text.startswith("\\"))
GRANTS = st.frozensets(st.builds(Grant, PRINCIPALS, st.integers(1, 5), ENTITIES), max_size=8)
#: Names of the types in answers that write them so.
TYPE_NAMES = {
    "commcell": "COMMCELL_ENTITY",
    "company": "PROVIDER_ENTITY",
    "servers": "CLIENT_ENTITY",
    "server_groups": "CLIENT_GROUP_ENTITY",
    "plans": "PLAN_ENTITY",
    "storage_pools": "STORAGE_POLICY_ENTITY",
    "workflows": "WORKFLOW_ENTITY",
}
ID_FIELDS = {
    "commcell": ("commCellId",),
    "company": ("providerId",),
    "servers": ("clientId",),
    "server_groups": ("clientGroupId",),
    "plans": ("planId",),
    "storage_pools": ("storagePolicyId", "storagePoolId"),
    "workflows": ("workflowId",),
    "credentials": ("credentialId",),
    "type:4": ("applicationId",),
    "type:7": ("subclientId",),
    "type:13": ("userId",),
    "type:64": ("alertId",),
    "type:120": ("roleId",),
}
#: Kinds that are known by their id field alone.
KNOWN_BY_FIELD = {*ENTITY_TYPES}


def number_of(kind: str) -> int:
    """Return the type number of a kind of entity; 0 for credentials."""
    return ENTITY_TYPES[kind] if kind in ENTITY_TYPES else int(kind.partition(":")[2])


@st.composite
def entity_wires(draw: st.DrawFn, entity: Entity) -> Wire:
    """One of the forms in which an answer may write *entity*: type as number or word or none, id as number or text."""
    number = number_of(entity.kind)
    types: list[Wire] = [{"_type_": number}, {"_type_": str(number)}] if number else [{}]
    if entity.kind in TYPE_NAMES:
        name = TYPE_NAMES[entity.kind]
        types += [{"_type_": name}, {"_type_": name.lower()}, {"entityTypeName": name, "_type_": 150}]
    if entity.id == ALL_OF_KIND:
        return {**draw(st.sampled_from(types)), "flags": {"includeAll": draw(st.sampled_from([True, 1]))}}
    shown = draw(st.sampled_from([entity.id, str(entity.id)]))
    flags = draw(st.sampled_from([{}, {"flags": {}}, {"flags": {"includeAll": False}}, {"flags": None}]))
    outer = draw(st.sampled_from([{}, {"commCellId": 2, "commCellName": "cs01"}])) if entity.kind != "commcell" else {}
    forms: list[Wire] = []
    for field in ID_FIELDS.get(entity.kind, ()):
        forms += [{field: shown, **kind} for kind in types]
        if entity.kind in KNOWN_BY_FIELD and field != "storagePoolId":
            forms.append({field: shown})
    if number:
        generic = draw(st.sampled_from([150, "150", "GENERIC_ENTITY"]))
        forms.append({"entityId": shown, "entityType": number, "_type_": generic})
    return {**outer, **flags, **draw(st.sampled_from(forms))}


@st.composite
def principal_wires(draw: st.DrawFn, principal: Principal) -> Wire:
    """One of the forms in which an answer may write *principal*."""
    shown = draw(st.sampled_from([principal.id, str(principal.id)]))
    if principal.kind == "user":
        return {"userId": shown, **draw(st.sampled_from([{}, {"_type_": 13}, {"_type_": "USER_ENTITY"}]))}
    if principal.kind == "user_group":
        return {"userGroupId": shown, **draw(st.sampled_from([{}, {"_type_": 15}, {"_type_": "USERGROUP_ENTITY"}]))}
    forms = [
        {"groupId": shown},
        {"groupId": shown, "_type_": 62, "externalGroupName": "ops", "providerDomainName": "CORP"},
        {"userGroupId": shown, "externalGroupName": "CORP\\ops"},
        {"userGroupId": shown, "_type_": 62},
    ]
    return draw(st.sampled_from(forms))


@st.composite
def rows_of_entity(draw: st.DrawFn, grants: t.Collection[Grant]) -> list[Wire]:
    """Rows of associations for grants on one entity, some of them with several principals of one role."""
    rows: list[Wire] = []
    for role_id in sorted({grant.role_id for grant in grants}):
        holders = [draw(principal_wires(grant.principal)) for grant in sorted(grants) if grant.role_id == role_id]
        role = {"role": {"roleId": draw(st.sampled_from([role_id, str(role_id)])), "roleName": "r"}}
        together = draw(st.booleans())
        for who in [holders] if together else [[holder] for holder in holders]:
            rows.append({"userOrGroup": who, "properties": role})
    return rows


@st.composite
def entity_answers(draw: st.DrawFn, grants: t.Collection[Grant]) -> Wire:
    """An answer of ``GET Security`` that holds exactly *grants*, with blocks and rows in any order."""
    blocks: list[Wire] = draw(st.lists(st.just({"entityAssociated": {"commCellId": 2, "_type_": 1}}), max_size=1))
    for entity in sorted({grant.entity for grant in grants}):
        rows = draw(rows_of_entity([grant for grant in grants if grant.entity == entity]))
        where = draw(entity_wires(entity))
        around = draw(st.sampled_from([where, [where], {"entity": [where]}, {"entity": where}]))
        inner = {"associations": draw(st.permutations(rows))}
        blocks.append({"entityAssociated": around, "securityAssociations": inner})
    return {"securityAssociations": draw(st.permutations(blocks))}
