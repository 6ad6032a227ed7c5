# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model of both services for undoing runs: it writes records of what is done to it, tells what is there, and takes options of modules."""

from __future__ import annotations

import copy
import typing as t

TENANT = "11111111-2222-3333-4444-555555555555"
CELL = "cs01"
URL = "https://cs01.example/commandcenter/api"
CELLS = {CELL: {"url": URL, "company": ""}}


def guid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def make_record(module: str, *steps: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """Return a record as ``check_record`` returns it."""
    place = TENANT if module.startswith("entra") else URL
    base = {
        "module": module,
        "run": "run",
        "job_id": "",
        "place": place,
        "began": "2026-01-01T00:00:00Z",
        "outcome": "done",
    }
    return {**base, "steps": list(steps), **more}


def make_step(undo: t.Any, state: str = "done") -> dict[str, t.Any]:
    change = {"sign": "+", "kind": "thing", "principal": "GG-A", "sentence": "do it"}
    return {"action": "do", "state": state, "undo": undo, "changes": [change]}


def make_grant(group: int | None, role: int | None, plan: int, name: str = "") -> dict[str, t.Any]:
    return {
        "principal": {"kind": "user_group", "id": group, "name": name or f"group {group}"},
        "role": {"id": role, "name": f"role {role}"},
        "entity": {"kind": "plans", "id": plan},
    }


Grant = tuple[int, int, int]


class Site:
    """One tenant and one CommCell. Grants are of user groups on plans, as ``(group, role, plan)``."""

    def __init__(self) -> None:
        self.entra: dict[str, dict[str, t.Any]] = {}
        self.roles: dict[int, dict[str, t.Any]] = {}
        self.groups: dict[int, dict[str, t.Any]] = {}
        self.grants: set[Grant] = set()
        self.next_id = 100

    def copy(self) -> Site:
        return copy.deepcopy(self)

    def read(self) -> tuple[t.Any, ...]:
        """Return everything, roles by name since one that is made anew has another id."""
        roles = {role["name"]: {**role, "permissions": sorted(role["permissions"])} for role in self.roles.values()}
        grants = {(group, self.roles[role]["name"], plan) for group, role, plan in self.grants}
        entra = {key: {**group, "members": sorted(group["members"])} for key, group in self.entra.items()}
        return entra, roles, self.groups, grants

    def show_entra(self) -> dict[str, t.Any]:
        rows = [{"object_id": key, **group, "owners": []} for key, group in self.entra.items()]
        return {"tenant": TENANT, "groups": rows}

    def show_cell(self) -> dict[str, t.Any]:
        associations = [
            {
                "principal": {"kind": "user_group", "id": str(group), "name": self.groups[group]["name"]},
                "role": {"id": str(role), "name": self.roles[role]["name"]},
                "entity": {"kind": "plans", "id": str(plan), "name": ""},
            }
            for group, role, plan in sorted(self.grants)
        ]
        return {
            "users": [],
            "external_groups": [],
            "user_groups": [{"id": str(key), "company": None, **group} for key, group in self.groups.items()],
            "roles": [{"id": str(key), "company": None, **role} for key, role in self.roles.items()],
            "associations": associations,
        }

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id

    # what a run does, and what its record has of it

    def grant(self, grant: Grant, wanted: bool) -> dict[str, t.Any] | None:
        if (grant in self.grants) == wanted:
            return None
        (self.grants.add if wanted else self.grants.discard)(grant)
        told = [make_grant(*grant)]
        return {"kind": "grants", "added": told if wanted else [], "removed": [] if wanted else told}

    def write_role(self, number: int, fields: dict[str, t.Any] | None) -> dict[str, t.Any] | None:
        had = self.roles.get(number)
        about = {"kind": "role", "id": number, "name": (had or fields or {}).get("name"), "company": "Commcell"}
        if fields is None:
            if had is None or any(role == number for dummy, role, plan in self.grants):
                return None
            del self.roles[number]
            return {**about, "before": had, "after": None}
        if had is None:
            self.roles[number] = fields
            return {**about, "before": None, "after": fields}
        changed = [name for name in fields if name != "name" and had[name] != fields[name]]
        if not changed:
            return None
        self.roles[number] = {**had, **{name: fields[name] for name in changed}}
        return {
            **about,
            "before": {name: had[name] for name in changed},
            "after": {name: fields[name] for name in changed},
        }

    def create_group(self, number: int) -> dict[str, t.Any] | None:
        if number in self.groups:
            return None
        self.groups[number] = {"name": f"group {number}", "entra_group_id": None, "members": []}
        return {
            "kind": "user_group",
            "id": number,
            "name": f"group {number}",
            "company": "Commcell",
            "before": None,
            "after": {},
        }

    def write_entra(self, key: str, description: str | None) -> dict[str, t.Any] | None:
        had = self.entra.get(key)
        about = {"kind": "entra_group", "object_id": key, "name": "GG"}
        if had is None:
            self.entra[key] = {"display_name": "GG", "description": description or "", "members": []}
            return {**about, "before": None, "after": {"display_name": "GG", "description": description or ""}}
        if description is None or had["description"] == description:
            return None
        self.entra[key] = {**had, "description": description}
        return {**about, "before": {"description": had["description"]}, "after": {"description": description}}

    def write_member(self, key: str, member: str, wanted: bool) -> dict[str, t.Any] | None:
        members = set(self.entra[key]["members"]) if key in self.entra else set()
        if key not in self.entra or (member in members) == wanted:
            return None
        self.entra[key]["members"] = sorted(members ^ {member})
        about = {"kind": "entra_members", "object_id": key, "name": "GG", "relation": "members"}
        return {**about, "added": [member] if wanted else [], "removed": [] if wanted else [member]}

    # what the modules do with the options of an undo

    def apply_entra(self, undo: t.Mapping[str, t.Any]) -> None:
        for item in undo["groups"]:
            if item.get("state") == "absent":
                del self.entra[item["object_id"]]
                continue
            known = self.entra[item["object_id"]]
            known.update({name: value for name, value in item.items() if name not in ("object_id", "exclusive")})

    def apply_cell(self, undo: t.Mapping[str, t.Any]) -> None:
        by_name = {role["name"]: number for number, role in self.roles.items()}
        for item in undo["roles"]:
            fields = {name: value for name, value in item.items() if name not in ("company", "state")}
            if item.get("state") != "absent":
                number = by_name.setdefault(item["name"], self.new_id())
                self.roles[number] = {**self.roles.get(number, {}), **fields}
        for entry in undo["mappings"]:
            for grant in entry["grants"]:
                role = grant["role"].get("id") or by_name[grant["role"]["name"]]
                found = (entry["principal"]["user_group"]["id"], role, grant["entities"]["id"])
                assert found[0] in self.groups and role in self.roles
                (self.grants.add if entry["state"] == "present" else self.grants.discard)(found)
        for item in undo["roles"]:
            if item.get("state") == "absent":
                number = by_name[item["name"]]
                assert not any(role == number for dummy, role, plan in self.grants)
                del self.roles[number]
        for item in undo["user_groups"]:
            (number,) = (key for key, group in self.groups.items() if group["name"] == item["name"])
            assert not any(group == number for group, dummy, plan in self.grants)
            del self.groups[number]


def make_role_undo(before: t.Any, after: t.Any, number: int = 5) -> dict[str, t.Any]:
    return {"kind": "role", "id": number, "name": "Night", "company": "Commcell", "before": before, "after": after}
