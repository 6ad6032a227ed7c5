# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Groups with what is nested in them, people, and what is neither: the part of a snapshot that says who belongs to what."""

from __future__ import annotations

import re
import typing as t

from ..._core.names import fold_case, is_same_name, list_unicode_forms
from ..._core.values import is_guid
from ..batches import ReadRequest
from ..groups.lookup import READ_NEEDS as GROUP_NEEDS
from ..groups.lookup import build_relation_query, build_unique_name_path
from .document import Row
from .reading import Reading, describe_needs, fill_lists
from .selection import DELETED_GROUP, DELETED_USER, GROUP, USER, build_select, select_rows

USER_NEEDS = ("User.Read.All",)
OWNER_NEEDS = ("Group.Read.All",)
#: Levels of nesting that are followed; those of people have some five.
_MOST_LEVELS = 50
_DELETED = "/directory/deletedItems/microsoft.graph."
#: Entra ID puts the object id, without its hyphens, before the user principal name of a user that is deleted.
_DELETED_PREFIX = re.compile(r"[0-9a-fA-F]{32}(?=.+@)")
#: Kinds of directory objects by the last part of their type, as rows of ``others`` have them.
_OTHER_KINDS = {"device": "device", "orgContact": "contact"}


class People:
    """Directory objects that lists of members, owners and holders have shown: ids by kind, with names as far as they were told."""

    def __init__(self) -> None:
        self.names: dict[str, str | None] = {}
        self.kinds: dict[str, str] = {}

    def learn(self, wires: t.Iterable[Row]) -> list[str]:
        """Note objects of a list with their types; return their ids, sorted."""
        found = []
        for wire in wires:
            object_id = str(wire.get("id") or "").lower()
            if not is_guid(object_id):
                continue
            kind = str(wire.get("@odata.type") or "").rpartition(".")[2]
            self.note(object_id, kind or ("user" if wire.get("userPrincipalName") else ""), wire.get("displayName"))
            found.append(object_id)
        return sorted(set(found))

    def note(self, object_id: str, kind: str = "", name: t.Any = None) -> None:
        """Note one object; what is known of it already stays."""
        if kind or object_id not in self.kinds:
            self.kinds[object_id] = kind
        if self.names.get(object_id) is None:
            self.names[object_id] = name if isinstance(name, str) else None

    def list_ids(self, *kinds: str) -> list[str]:
        """Return the ids of objects of these kinds, sorted."""
        return sorted(object_id for object_id, kind in self.kinds.items() if kind in kinds)

    def list_others(self, known: t.Collection[str]) -> list[Row]:
        """Return rows of the objects that are not among *known* ids."""
        return [
            {"id": object_id, "kind": _OTHER_KINDS.get(kind, "unknown"), "displayName": self.names.get(object_id)}
            for object_id, kind in sorted(self.kinds.items())
            if object_id not in known
        ]


def count_unusable(wires: t.Iterable[Row]) -> int:
    """Return how many objects of a list :meth:`People.learn` leaves out, since they have no id."""
    return sum(not is_guid(str(wire.get("id") or "")) for wire in wires)


def find_groups_named(reading: Reading, texts: t.Iterable[str]) -> set[str]:
    """Return the ids of the groups that people name by object id, unique name or display name; note which there are not.

    Of several groups with one display name, all are.
    """
    found, missing = set[str](), list[str]()
    ids, names = (sorted({text for text in texts if is_guid(text) is wanted}) for wanted in (True, False))
    select = {"$select": "id,displayName"}
    keys = [ReadRequest(build_unique_name_path(one), select, is_list=False) for one in names]
    answers = reading.read_each("groups", keys, "find groups by unique name", GROUP_NEEDS)
    unclear = [text for text, answer in zip(names, answers, strict=True) if not isinstance(answer, dict)]
    found |= {str(answer["id"]).lower() for answer in answers if isinstance(answer, dict)}
    forms = {form for text in unclear for form in list_unicode_forms(text)}
    by_name, by_id = (
        reading.list_by_values("groups", "/groups", member, values, "id,displayName", GROUP_NEEDS, counts=False)
        for member, values in (("displayName", forms), ("id", {text.lower() for text in ids}))
    )
    for text in unclear:
        own = {str(wire["id"]).lower() for wire in by_name if is_same_name(str(wire.get("displayName")), text)}
        missing += [] if own else [text]
        found |= own
    there = {str(wire["id"]).lower() for wire in by_id}
    missing += [text for text in ids if text.lower() not in there]
    if names or ids:
        # What could not be looked for is not taken for missing.
        reading.note_named("named_groups", len(found | there), missing if reading.is_clear("groups") else ())
    # A group that is deleted is known by its id alone.
    return found | {text.lower() for text in ids}


def find_namesakes(reading: Reading, names: t.Collection[str]) -> set[str]:
    """Return the ids of all groups whose display name is one of *names*; there need not be any."""
    if not names:
        return set()
    forms = {form for name in names for form in list_unicode_forms(name)}
    listed = reading.list_by_values(
        "groups", "/groups", "displayName", forms, "id,displayName", GROUP_NEEDS, counts=False
    )
    wanted = {fold_case(name) for name in names}
    return {str(wire["id"]).lower() for wire in listed if fold_case(str(wire.get("displayName"))) in wanted}


def read_groups(
    reading: Reading, ids: t.Iterable[str], people: People, known: t.Collection[str] = frozenset()
) -> list[Row]:
    """Return the groups with these ids that there are and all groups nested in them but *known* ones, each with its direct members and owners.

    A group that contains itself, through others or not, is read once. Groups below _MOST_LEVELS are noted as missing: each level takes requests
    of its own.
    """
    rows: dict[str, Row] = {}
    asked = set(known)
    waiting, level = set(ids), 0
    while waiting:
        level += 1
        if level > _MOST_LEVELS:
            why = f"{len(waiting)} groups that are nested deeper than {_MOST_LEVELS} levels were not read"
            reading.note("groups", 0, False, why)
            reading.note("group_members", 0, False, why)
            break
        asked |= waiting
        wires = reading.list_by_values("groups", "/groups", "id", waiting, build_select(GROUP), GROUP_NEEDS)
        fresh = {row["id"]: row for row in select_rows(GROUP, wires, "group")}
        for row in fresh.values():
            people.note(row["id"], "group", row["displayName"])
        _add_relation(reading, "members", fresh, people, GROUP_NEEDS)
        _add_relation(reading, "owners", fresh, people, OWNER_NEEDS)
        rows.update(fresh)
        waiting = {one for row in fresh.values() for one in row["members"] if people.kinds.get(one) == "group"} - asked
    return [rows[key] for key in sorted(rows)]


def _add_relation(
    reading: Reading, relation: str, groups: t.Mapping[str, Row], people: People, needs: t.Sequence[str]
) -> None:
    """Add the ids of the direct members or owners to *groups*, and to ``notVisible`` of those whose list could not be read."""
    source = f"group_{relation}"
    order = sorted(groups)
    requests = [ReadRequest(*build_relation_query(key, relation)) for key in order]
    answers = reading.read_each(source, requests, f"list the {relation} of {len(order)} groups", needs)
    for key, answer, listed in zip(order, answers, fill_lists(answers), strict=True):
        groups[key][relation] = people.learn(listed)
        reading.note_unusable(source, count_unusable(listed))
        not_visible = groups[key].setdefault("notVisible", [])
        if answer is False:
            not_visible.append(relation)
    reading.note(source, sum(len(groups[key][relation]) for key in order))


def read_users(reading: Reading, people: People, names: t.Iterable[str]) -> list[Row]:
    """Return the users among *people*, and those that have one of *names* as user principal name, or else as e-mail address."""
    ids = people.list_ids("user", "")
    found = _read_users(reading, "id", ids)
    wanted = {fold_case(name): name for name in names if "@" in name}
    for member in ("userPrincipalName", "mail"):
        known = {fold_case(str(row[key])) for row in found for key in ("userPrincipalName", "mail") if row[key]}
        found += _read_users(reading, member, sorted(name for key, name in wanted.items() if key not in known))
    rows = {row["id"]: row for row in found}
    for row in rows.values():
        people.note(row["id"], "user", row["displayName"])
    unknown = sum(row["accountEnabled"] is None for row in rows.values())
    if unknown:
        why = f"it is not visible whether {unknown} users can sign in: {describe_needs(USER_NEEDS)}"
        reading.note("users", 0, None, why)
    lost = [object_id for object_id in people.list_ids("user") if object_id not in rows]
    if lost:
        reading.note("users", 0, False, f"{len(lost)} users that are members, owners or holders could not be read")
    return [rows[key] for key in sorted(rows)]


def _read_users(reading: Reading, member: str, values: t.Sequence[str]) -> list[Row]:
    """Return the users whose *member* is one of *values*; Graph compares names more loosely than they are told apart here."""
    wires = reading.list_by_values("users", "/users", member, values, build_select(USER), USER_NEEDS)
    asked = {fold_case(value) for value in values}
    return [row for row in select_rows(USER, wires, "user") if fold_case(str(row[member])) in asked]


def read_deleted_users(reading: Reading, names: t.Iterable[str], ids: t.Container[str]) -> list[Row]:
    """Return the deleted users that have one of *names* or *ids*; a user principal name counts without what deletion puts before it."""
    wanted = {fold_case(name) for name in names}
    params = {"$select": build_select(DELETED_USER), "$top": "999"}
    wires = reading.list_all("deleted_users", f"{_DELETED}user", params, "list deleted users", USER_NEEDS)
    return [
        row
        for row in select_rows(DELETED_USER, wires, "deleted user")
        if row["id"] in ids
        or not wanted.isdisjoint(
            fold_case(name) for name in (strip_deletion(row["userPrincipalName"]), row["mail"]) if name
        )
    ]


def strip_deletion(name: str | None) -> str | None:
    """Return the user principal name that a deleted user had."""
    return _DELETED_PREFIX.sub("", name, count=1) if name else name


def read_deleted_groups(reading: Reading, ids: t.Container[str]) -> list[Row]:
    """Return the deleted groups with one of *ids*."""
    params = {"$select": build_select(DELETED_GROUP), "$top": "999"}
    wires = reading.list_all("deleted_groups", f"{_DELETED}group", params, "list deleted groups", OWNER_NEEDS)
    return [row for row in select_rows(DELETED_GROUP, wires, "deleted group") if row["id"] in ids]
