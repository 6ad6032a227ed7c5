# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What sets one place back: the changes of a run there and what is there now become options of modules, and words for what stays. Pure."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import COMMCELL_LEVEL
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    ENTITY_TYPES,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case
from ansible_collections.cvops.identity.plugins.module_utils._core.values import is_guid

from .counts import count_words
from .filter_values import make_visible, require_list, require_mappings, to_text
from .undo_changes import Key, Mapping, ObjectChange, PartChange, PlaceChanges

_PRINCIPALS = {"user_group": "user_group", "external_group": "directory_group", "user": "user"}
_LISTS = {"user_group": "user_groups", "external_group": "external_groups", "user": "users"}
_MASTER_GROUP = {"id": 1}
_ROLE_FIELDS = ("description", "enabled", "visible_to_all", "permissions")


class HostUndo(t.TypedDict):
    """What undoes a run on one host: the options of the tasks, and in words what is not undone, and why: ``by_hand`` what a person can undo.

    ``linked``: object ids of the Entra groups to which user groups of a CommCell, as far as they were read, stay linked.
    """

    groups: list[dict[str, t.Any]]
    roles: list[dict[str, t.Any]]
    mappings: list[dict[str, t.Any]]
    user_groups: list[dict[str, t.Any]]
    linked: list[str]
    by_hand: list[str]
    told: list[str]
    problems: list[str]


class _Undo:
    """What undoes the changes at one place."""

    def __init__(self, changes: PlaceChanges, overwrite: bool) -> None:
        self._changes, self._overwrite = changes, overwrite
        self._by_hand = [f"cannot be undone here: {line}" for line in changes.by_hand]
        self._told = [
            f"{module} did not finish: what it may have done is undone if it exists"
            for module in dict.fromkeys(changes.unfinished)
        ]

    def _keep(self, what: str, why: str) -> None:
        """Tell what was changed since the run and stays."""
        self._told.append(to_text(make_visible(f"changed since then, and not undone: {what}: {why}")))

    def _refuse(self, what: str, advice: str) -> None:
        self._by_hand.append(to_text(make_visible(f"cannot be undone here: {what}; by hand: {advice}")))

    def _find_former_fields(self, what: str, change: ObjectChange, there: Mapping) -> dict[str, t.Any]:
        """Return the fields to set back; those that are as before already are no change, and others were changed since."""
        found = {}
        for name, old in (change.before or {}).items():
            new, now = (change.after or {}).get(name), there.get(name)
            if _is_same(now, old) or _is_same(old, new):
                continue
            if self._overwrite or _is_same(now, new):
                found[name] = old
            else:
                self._keep(what, f"its {name.replace('_', ' ')} is a different one")
        return found

    def _is_as_left(self, what: str, change: ObjectChange, there: Mapping) -> bool:
        """Return whether an object that the run made is as it left it; told where it is not, and stays."""
        differing = [name for name, new in (change.after or {}).items() if not _is_same(there.get(name), new)]
        if differing and not self._overwrite:
            self._keep(what, f"its {', '.join(differing).replace('_', ' ')} is not what the run gave it")
        return self._overwrite or not differing

    def _make(self, **found: list[t.Any]) -> HostUndo:
        nothing = {name: list[t.Any]() for name in HostUndo.__annotations__}
        told = {"by_hand": list(dict.fromkeys(self._by_hand)), "told": list(dict.fromkeys(self._told))}
        return t.cast("HostUndo", {**nothing, **found, **told})


class EntraUndo(_Undo):
    """What undoes the changes of Entra groups; *linked*: object ids of those to which user groups of CommCells stay linked."""

    def __init__(self, changes: PlaceChanges, there: Mapping, overwrite: bool, linked: t.Collection[str] = ()) -> None:
        super().__init__(changes, overwrite)
        self._linked = {to_text(object_id).lower() for object_id in linked}
        self._groups = {to_text(group["object_id"]).lower(): group for group in _list_rows(there, "groups")}

    def plan(self) -> HostUndo:
        """Return the options of entra_groups, and what is told."""
        parts: dict[Key, list[PartChange]] = collections.defaultdict(list)
        for part in self._changes.entra_members.values():
            parts[to_text(part.about["object_id"]).lower()].append(part)
        keys = dict.fromkeys([*parts, *self._changes.entra_groups])
        planned = [self._plan_group(key, self._changes.entra_groups.get(key), parts.get(key, [])) for key in keys]
        return self._make(groups=[item for item in planned if item is not None])

    def _plan_group(
        self, key: Key, change: ObjectChange | None, parts: t.Sequence[PartChange]
    ) -> dict[str, t.Any] | None:
        about = change.about if change is not None else parts[0].about
        what, object_id = f"Entra group {about['name']}", to_text(about["object_id"]).lower()
        if change is not None and change.was_deleted:
            if object_id not in self._groups:
                self._refuse(
                    f"{what} was deleted (object id {object_id})",
                    "restore it from the deleted groups within 30 days, with members and owners; a new one is another group",
                )
            return None
        if not object_id:
            self._refuse(f"it is not known whether {what} was created", "look for it, and delete it if it is there")
            return None
        there = self._groups.get(object_id)
        if there is None:
            if change is None or not change.was_created:
                self._keep(what, "it no longer exists")
            return None
        if change is not None and change.was_created:
            return self._plan_removal(what, change, parts, there)
        fields = {} if change is None else self._find_former_fields(what, change, there)
        if "unique_name" in fields:
            self._refuse(f"{what} has got a unique name", "nothing: it cannot be removed")
            del fields["unique_name"]
        named = {"object_id": object_id, "display_name": there["display_name"]}
        relations = self._plan_relations(what, parts, there)
        return {**named, **fields, **relations} if fields or relations else None

    def _plan_removal(
        self, what: str, change: ObjectChange, parts: t.Sequence[PartChange], there: Mapping
    ) -> dict[str, t.Any] | None:
        given = {part.about["member"] for part in parts if part.after and part.about["relation"] == "members"}
        others = set(_list_ids(there, "members")) - given
        if others and not self._overwrite:
            self._keep(what, f"it has {len(others)} members that the run did not give it")
            return None
        if to_text(there["object_id"]).lower() in self._linked and not self._overwrite:
            self._keep(what, "a user group that stays is linked to it, and its members would lose what the group holds")
            return None
        if not self._is_as_left(what, change, there):
            return None
        return {"object_id": there["object_id"], "display_name": there["display_name"], "state": "absent"}

    def _plan_relations(self, what: str, parts: t.Sequence[PartChange], there: Mapping) -> dict[str, t.Any]:
        """Return the whole sets of members and owners that are to be, where they differ from those that are there."""
        found: dict[str, t.Any] = {}
        for relation in ("members", "owners"):
            own = [part for part in parts if part.about["relation"] == relation]
            has = set(_list_ids(there, relation))
            back = {part.about["member"] for part in own if part.before}
            wanted = (has - {part.about["member"] for part in own if not part.before}) | back
            if relation == "owners" and has and not wanted:
                self._refuse(
                    f"{what} has got its only owners",
                    "Entra ID does not remove the last one: add another owner, and remove these",
                )
            elif wanted != has:
                found.update({relation: sorted(wanted), "exclusive": True})
        return found


class CommcellUndo(_Undo):
    """What undoes the changes of grants, roles and user groups on one CommCell."""

    def __init__(self, changes: PlaceChanges, there: Mapping, overwrite: bool) -> None:
        super().__init__(changes, overwrite)
        lists = (*_LISTS.values(), "roles")
        self._rows = {name: {_to_number(row["id"]): row for row in _list_rows(there, name)} for name in lists}
        self._associations = _list_rows(there, "associations")

    def plan(self) -> HostUndo:
        """Return the options of commvault_role_mappings and commvault_user_group, and what is told."""
        roles = [role for role in map(self._plan_role, self._changes.roles.values()) if role is not None]
        groups = [
            group for group in map(self._plan_user_group, self._changes.user_groups.values()) if group is not None
        ]
        return self._make(
            roles=roles, mappings=self._plan_mappings(), user_groups=groups, linked=self._list_linked(groups)
        )

    def _list_linked(self, changed: t.Sequence[Mapping]) -> list[str]:
        """Return the Entra groups to which user groups are linked that stay as they are. *changed*: options of those that do not."""
        named = {(fold_case(item["name"]), fold_case(item["company"])) for item in changed}
        return sorted(
            {
                to_text(row["entra_group_id"]).lower()
                for row in self._rows["user_groups"].values()
                if row.get("entra_group_id")
                and not named
                & {(fold_case(to_text(row["name"])), fold_case(to_text(row.get("company")) or COMMCELL_LEVEL))}
            }
        )

    def _plan_role(self, change: ObjectChange) -> dict[str, t.Any] | None:
        about, what = change.about, f"role {change.about['name']}"
        there = self._find_object("roles", about)
        if change.was_deleted:
            named = {"name": about["name"], "company": about["company"]}
            return None if there is not None else self._plan_role_anew(what, named, change)
        if there is None:
            if not change.was_created:
                self._keep(what, "it no longer exists")
            return None
        named = _name_object(there, about)
        if change.was_created:
            others = [row for row in self._associations if self._is_other_holder(row, there)]
            if others and not self._overwrite:
                self._keep(what, f"{_name_holders(others)} holds it, which the run did not give")
                return None
            if not self._is_as_left(what, change, there):
                return None
            return {**named, "state": "absent"}
        fields = self._find_former_fields(what, change, there)
        return {**named, **fields} if fields else None

    def _plan_role_anew(self, what: str, named: dict[str, t.Any], change: ObjectChange) -> dict[str, t.Any] | None:
        if self._find_named("roles", change.about) is None:
            self._told.append(to_text(make_visible(f"{what} is created again, and gets another id than before")))
            return {**named, **{name: value for name, value in (change.before or {}).items() if name in _ROLE_FIELDS}}
        if self._find_remade_role(change) is None:
            self._keep(what, "there is another role of this name")
        return None

    def _find_remade_role(self, change: ObjectChange) -> Mapping | None:
        """Return the role that an earlier undo has made in place of a deleted one: it has its name and is what that was."""
        found = self._find_named("roles", change.about)
        fields = {name: value for name, value in (change.before or {}).items() if name in _ROLE_FIELDS}
        is_same = found is not None and all(_is_same(found.get(name), value) for name, value in fields.items())
        return found if is_same else None

    def _is_other_holder(self, row: Mapping, role: Mapping) -> bool:
        """Return whether an association gives *role* to somebody without this run."""
        held = row.get("role") or {}
        return held.get("id") == role["id"] and not self._was_given(row)

    def _was_given(self, row: Mapping) -> bool:
        """Return whether an association is a grant that the run added."""
        key = _find_row_key(row)
        return any(
            part.after and not part.before and self._find_part_key(part) == key
            for part in self._changes.grants.values()
        )

    def _find_part_key(self, part: PartChange) -> tuple[t.Any, ...]:
        grant = part.about
        principal, role = self._find_principal(grant), self._find_object("roles", grant["role"])
        entity = grant["entity"]
        number = "all" if entity["id"] == ALL_OF_KIND else to_text(entity["id"])
        return (
            grant["principal"]["kind"],
            to_text((principal or {}).get("id")),
            to_text((role or {}).get("id")),
            entity["kind"],
            number,
        )

    def _plan_user_group(self, change: ObjectChange) -> dict[str, t.Any] | None:
        about, what = change.about, f"user group {change.about['name']}"
        there = self._find_object("user_groups", about)
        if there is None:
            if not change.was_created:
                self._keep(what, "it no longer exists")
            return None
        named = _name_object(there, about)
        if not change.was_created:
            fields = self._find_former_fields(what, change, there)
            return {**named, "entra_group_id": fields["entra_group_id"] or ""} if fields else None
        own = [row for row in self._associations if row["principal"]["kind"] == "user_group"]
        others = [
            row
            for row in own
            if row["principal"]["id"] == there["id"] and _gives_rights(row) and not self._was_given(row)
        ]
        has_members = not there.get("entra_group_id") and bool(there.get("members"))
        if (others or has_members) and not self._overwrite:
            why = (
                f"it holds {count_words(len(others), 'grant')} that the run did not give it"
                if others
                else "it has members"
            )
            self._keep(what, why)
            return None
        if fold_case(to_text(there["name"])) != fold_case(about["name"]) and not self._overwrite:
            self._keep(what, f"it is called {there['name']} now")  # and what it holds under that name was not asked for
            return None
        if not self._is_as_left(what, change, there):
            return None
        return {**named, "state": "absent", "transfer_to_group": _MASTER_GROUP}

    def _plan_mappings(self) -> list[dict[str, t.Any]]:
        entries: dict[Key, dict[str, t.Any]] = {}
        for part in self._changes.grants.values():
            if part.before == part.after:
                continue
            grant, state = part.about, "present" if part.before else "absent"
            what = f"{grant['principal']['name']}: the grant of {grant['role']['name']} on {grant['entity']['kind']} {grant['entity']['id']}"
            principal, role = self._find_principal(grant), self._find_role_reference(grant["role"])
            entities = _describe_entities(grant["entity"])
            if principal is None or role is None:
                if state == "present":
                    self._keep(what, "its principal or its role no longer exists")
                continue
            if entities is None:
                self._refuse(what, "set it in the Command Center, because a mapping cannot name its entity")
                continue
            kind, number = _PRINCIPALS[grant["principal"]["kind"]], _to_number(principal["id"])
            entry = entries.setdefault(
                (kind, number, state), {"principal": {kind: {"id": number}}, "state": state, "grants": []}
            )
            entry["grants"].append({"role": role, "entities": entities})
        return [entries[key] for key in sorted(entries, key=str)]

    def _find_principal(self, grant: Mapping) -> Mapping | None:
        return self._find_object(_LISTS[grant["principal"]["kind"]], grant["principal"])

    def _find_role_reference(self, role: Mapping) -> dict[str, t.Any] | None:
        """Return how a mapping names a role: by its id, or by the name under which this undo makes it anew."""
        there = self._find_object("roles", role)
        if there is not None:
            return {"id": _to_number(there["id"])}
        for change in self._changes.roles.values():
            if change.was_deleted and change.about["id"] == role["id"]:
                remade = self._find_remade_role(change)
                if remade is not None:
                    return {"id": _to_number(remade["id"])}
                is_made = self._find_named("roles", change.about) is None
                return {"name": change.about["name"], "company": change.about["company"]} if is_made else None
        return None

    def _find_object(self, kind: str, about: Mapping) -> Mapping | None:
        """Return what is there under the id of a record; by name where the record was written before the id was known."""
        if about["id"] is not None:
            return self._rows[kind].get(about["id"])
        return self._find_named(kind, about)

    def _find_named(self, kind: str, about: Mapping) -> Mapping | None:
        company = about.get("company")
        alike = [
            row for row in self._rows[kind].values() if fold_case(to_text(row["name"])) == fold_case(about["name"])
        ]
        if company is not None:
            alike = [
                row for row in alike if fold_case(to_text(row.get("company")) or COMMCELL_LEVEL) == fold_case(company)
            ]
        return alike[0] if len(alike) == 1 else None


def _name_object(row: Mapping, about: Mapping) -> dict[str, str]:
    """Return how options name a role or user group that is there; some releases show no companies, then that of the record counts."""
    return {"name": to_text(row["name"]), "company": to_text(row.get("company") or about["company"])}


def _gives_rights(row: Mapping) -> bool:
    """Return whether an association gives a role, or single permissions without one."""
    return bool(row.get("role") or row.get("permissions"))


def _describe_entities(entity: Mapping) -> t.Any:
    """Return an entity as a mapping takes it; None for one that it cannot name."""
    kind, number = entity["kind"], entity["id"]
    if number == ALL_OF_KIND:
        return {kind: "all"} if ENTITY_TYPES.get(kind) else None
    if kind == "credentials":
        return {"credentials": [{"id": number}]}
    type_number = ENTITY_TYPES.get(kind) or _to_number(kind.removeprefix("type:"))
    return {"type": type_number, "id": number} if type_number else None


def _find_row_key(row: Mapping) -> tuple[t.Any, ...]:
    role, entity = row.get("role") or {}, row["entity"]
    return (
        row["principal"]["kind"],
        row["principal"]["id"],
        to_text(role.get("id")),
        entity["kind"],
        to_text(entity["id"]),
    )


def _name_holders(rows: t.Sequence[Mapping]) -> str:
    names = sorted({to_text(row["principal"]["name"]) for row in rows})
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]


def _is_same(one: t.Any, other: t.Any) -> bool:
    """Return whether two values of a field are the same; unset is empty, ids have no letter case, lists no order."""
    if isinstance(one, list) or isinstance(other, list):
        return sorted(map(str, one or [])) == sorted(map(str, other or []))
    if is_guid(one) and is_guid(other):
        return bool(one.lower() == other.lower())
    return (one or "") == (other or "")


def _list_rows(there: Mapping, name: str) -> list[Mapping]:
    return require_mappings(there.get(name), name)


def _list_ids(there: Mapping, relation: str) -> list[str]:
    return [to_text(item).lower() for item in require_list(there.get(relation), relation)]


def _to_number(value: t.Any) -> int:
    text = to_text(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
