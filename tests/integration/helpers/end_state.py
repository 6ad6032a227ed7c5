# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both services hold, in a form in which two runs that came to the same are equal: names for ids, no times, no random parts."""

from __future__ import annotations

import base64
import collections
import dataclasses
import json
import re
import typing as t

from cvops_simulator import Simulator

State = dict[str, collections.Counter[str]]

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_ATTEMPT = re.compile(r"(?<=/)[0-9a-f]{12}(?=\")")
_PLACEHOLDER = re.compile("(?<=no-secret-yet-)[0-9a-f]{32}")
_TABLES = (
    "groups",
    "applications",
    "servicePrincipals",
    "appRoleAssignments",
    "oauth2PermissionGrants",
    "members",
    "owners",
    "federatedIdentityCredentials",
    "deletedItems",
)
_RANDOM_MEMBERS = ("securityIdentifier", "hint", "secretText", "keyId", "etag")


def read_end_state(site: Simulator) -> State:
    """Return everything that the writers change, counted, by table."""
    found = _read_tenant(site)
    for name, service in site.commcells.items():
        state = service.state
        names = {
            (kind, item.id): item.name for kind, items in ((13, state.users), (15, state.groups)) for item in items
        }
        roles = {role.id: role.name for role in state.roles}
        groups = {group.id: group.name for group in state.groups}
        users = {user.id: user.name for user in state.users}
        found[f"{name} roles"] = _count(_describe(role) for role in state.roles)
        found[f"{name} groups"] = _count(
            _describe(
                group,
                member_ids=sorted(users.get(item, "?") for item in group.member_ids),
                external_group_ids=sorted(groups.get(item, "?") for item in group.external_group_ids),
                local_group_ids=sorted(groups.get(item, "?") for item in group.local_group_ids),
            )
            for group in state.groups
        )
        found[f"{name} credentials"] = _count(
            _describe(
                item,
                shares=sorted(
                    f"{names.get(grant.principal, '?')} {sorted(grant.permission_ids)}"
                    for grant in state.grants.of_entity(154, item.id)
                ),
            )
            for item in state.credentials
        )
        found[f"{name} grants"] = _count(
            str([names.get((kind, number), groups.get(number, number)), roles.get(t.cast("int", role)), *entity])
            for kind, number, role, *entity in state.grants.triples("explicit")
        )
        found[f"{name} tokens"] = _count(
            str([item.name, item.user_id, sorted(item.allowed_ips), sorted(item.api_endpoints)])
            for item in service.sessions.store.list_all()
        )
    return found


def find_differences(expected: State, found: State) -> dict[str, t.Any]:
    """Return what is missing and what is too much, by table; empty for equal states."""
    return {
        name: {"missing": dict(expected[name] - found[name]), "too much": dict(found[name] - expected[name])}
        for name in expected
        if expected[name] != found[name]
    }


def _read_tenant(site: Simulator) -> State:
    store = site.tenant.store.primary()
    names: dict[str, str] = {}
    for table in ("users", "groups", "applications", "servicePrincipals"):
        for row in store.rows(table).values():
            names[row["id"]] = f"{table}/{row.get('displayName')}"
            if row.get("appId"):
                names[row["appId"]] = f"app/{row.get('displayName')}"

    def normalise(row: t.Any) -> str:
        plain = {name: value for name, value in row.items() if name != "id"}
        text = json.dumps(_drop_random(plain), sort_keys=True, default=str)
        text = _name_keys(text, row.get("keyCredentials") or [])
        text = _GUID.sub(lambda match: names.get(match.group().lower(), "*"), text)
        return _ATTEMPT.sub("*", _MOMENT.sub("then", text))

    found: State = {}
    for table in _TABLES:
        rows = store.rows(table)
        found[table] = _count(
            f"{names.get(key, '*')}: {normalise(row)}" for key, row in rows.items() if row.get("ids") != []
        )
    return found


def _name_keys(text: str, keys: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """Return *text* with numbers for the thumbprints of certificates that the service makes, in the order of the collection."""
    signing = dict.fromkeys(item["customKeyIdentifier"] for item in keys if item.get("usage") == "Sign")
    for number, identifier in enumerate(signing):
        text = text.replace(identifier, f"key {number}")
        text = text.replace(base64.b64decode(identifier).hex().upper(), f"key {number}")
    return text


def _drop_random(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        dropped = {name: _drop_random(item) for name, item in value.items() if name not in _RANDOM_MEMBERS}
        ids = dropped.get("ids")
        return {**dropped, "ids": sorted(ids)} if isinstance(ids, list) else dropped
    return [_drop_random(item) for item in value] if isinstance(value, list) else value


def _describe(record: t.Any, **replaced: t.Any) -> str:
    values = {**{item.name: getattr(record, item.name) for item in dataclasses.fields(record)}, **replaced}
    for name in ("id", "guid"):
        values.pop(name, None)
    text = json.dumps(
        {
            name: sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
            for name, value in values.items()
        },
        sort_keys=True,
        default=str,
    )
    return _PLACEHOLDER.sub("RANDOM", text)


def _count(items: t.Iterable[str]) -> collections.Counter[str]:
    return collections.Counter(items)
