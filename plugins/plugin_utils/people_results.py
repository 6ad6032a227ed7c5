# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the results of a plan say of people: the holders of rights on the CommCells, who comes to Entra groups and who goes, and who is in them.

Invisible characters in names are escaped here.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case

from .filter_values import make_visible, require_list, require_mapping, require_mappings, to_text
from .passes import ENTRA
from .task_results import flatten_results

Mapping = t.Mapping[str, t.Any]

_DIRECTLY = "directly"


class Right(t.NamedTuple):
    """A role on an entity of one CommCell."""

    commcell: str
    id: str


class Way(t.NamedTuple):
    """How somebody has a right: ``label``, for people, and what tells holders of one label apart."""

    label: str
    holder: str
    kind: str
    group: str


@dataclass(frozen=True, order=True)
class Person:
    """Who may hold a right; ``key`` tells one from all others. ``label``: for people; ``is_named``: whether it has a name."""

    key: tuple[str, ...]
    label: str = field(compare=False)
    is_named: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class Holder:
    """A principal of a CommCell and what the plan makes of its rights, in words by right.

    ``kind``: as the result has it; ``group``: the key of the Entra group whose members have the rights, empty for none; ``group_id`` is empty
    where that group is not there yet, or not known; ``through``: how people call the way.
    """

    commcell: str
    name: str
    kind: str
    group: str
    group_id: str
    through: str
    added: Mapping
    removed: Mapping
    kept: Mapping
    is_complete: bool

    @property
    def is_user(self) -> bool:
        """Whether it is a person by itself."""
        return self.kind == "user"

    @property
    def label(self) -> str:
        """The holder for people."""
        return f"{self.name if self.is_user else self.through} on {self.commcell}"

    @property
    def way(self) -> Way:
        """The way on which people have a right through this holder."""
        return Way(self.through, self.name, self.kind, self.group)

    def is_for(self, name: str) -> bool:
        """Return whether its Entra group is there and has this name."""
        return bool(self.group_id) and fold_case(self.through) == fold_case(name)

    def list_rights(self, is_after: bool) -> dict[Right, str]:
        """Return what a member has through this holder, before the plan or after it."""
        rights = {**self.kept, **(self.added if is_after else self.removed)}
        return {Right(self.commcell, key): text for key, text in rights.items()}


@dataclass
class GroupChange:
    """What the plan of Entra ID makes of the members of one group. ``is_new``: it has no members but those that are added."""

    name: str
    added: set[Person] = field(default_factory=set)
    removed: set[Person] = field(default_factory=set)
    is_new: bool = False
    is_deleted: bool = False

    @property
    def is_change(self) -> bool:
        """Whether anybody comes or goes."""
        return bool(self.added or self.removed or self.is_deleted)


def read_results(results: t.Any) -> tuple[list[Holder], dict[str, GroupChange]]:
    """Return the holders on all CommCells, and by key what is planned for Entra groups."""
    given = {
        to_text(host): flatten_results(require_list(listed, "the results of a host"))
        for host, listed in require_mapping(results, "the results by host").items()
    }
    holders = [
        _read_holder(to_text(make_visible(host)), make_visible(row))
        for host, listed in sorted(given.items())
        if host != ENTRA
        for result in listed
        for row in _list_effects(result)
    ]
    groups: dict[str, GroupChange] = {}
    for result in given.get(ENTRA, ()):
        for group in require_mappings(result.get("groups"), "groups"):
            shown = make_visible(group)
            if shown.get("display_name"):
                groups[_make_key(shown.get("object_id"), shown["display_name"])] = _read_group(shown)
        for step in make_visible(require_mappings(result.get("steps"), "steps")):
            if step.get("kind") == "group" and step.get("sign") == "-":
                _note_deletion(groups, to_text(step.get("principal")), holders)
    return holders, groups


def _list_effects(result: Mapping) -> list[Mapping]:
    return require_mappings(
        require_mapping(result.get("role_mappings"), "role_mappings").get("effects"), "effects of a mapping"
    )


def _make_key(object_id: t.Any, name: t.Any) -> str:
    return to_text(object_id).lower() or f"new {fold_case(to_text(name))}"


def _read_holder(commcell: str, row: Mapping) -> Holder:
    group = row.get("entra_group")
    found = require_mapping(group, "entra_group")
    name = to_text(row.get("principal"))
    kind = to_text(row.get("principal_kind"))
    rights = {key: _read_rights(row.get(key)) for key in ("added", "removed", "kept")}
    return Holder(
        commcell,
        name,
        kind,
        _make_key(found.get("object_id"), found.get("name") or name) if group else "",
        to_text(found.get("object_id")).lower(),
        _DIRECTLY if kind == "user" else to_text(found.get("name")) or name,
        rights["added"],
        rights["removed"],
        rights["kept"],
        row.get("complete") is True,
    )


def _read_rights(rows: t.Any) -> dict[str, str]:
    return {to_text(row.get("id")): to_text(row.get("text")) for row in require_mappings(rows, "rights")}


def _read_group(group: Mapping) -> GroupChange:
    added, removed = (
        {_read_person(item) for item in require_mappings(group.get(key), key)}
        for key in ("members_added", "members_removed")
    )
    return GroupChange(to_text(group["display_name"]), added, removed, is_new=not group.get("object_id"))


def _note_deletion(groups: dict[str, GroupChange], name: str, holders: t.Sequence[Holder]) -> None:
    """Take up that a group goes; the step tells its name only, which says whose group it is where one mapped group has it."""
    keys = {holder.group for holder in holders if holder.is_for(name)}
    groups[keys.pop() if len(keys) == 1 else f"gone {fold_case(name)}"] = GroupChange(name, is_deleted=True)


def _read_person(member: Mapping) -> Person:
    """Return a member of an Entra group as a person; what is no user is called what it is."""
    object_id, kind = to_text(member.get("object_id")).lower(), to_text(member.get("type"))
    name = to_text(member.get("name"))
    if not name:
        told = f"the {kind or 'member'} with the object id {object_id}, whose name cannot be read"
        return Person((object_id,), told, is_named=False)
    words = {"group": "everybody in the Entra group ", "servicePrincipal": "the application "}
    known = "" if kind in ("user", "") else f"the {kind} "
    return Person((object_id,), f"{words.get(kind, known)}{name}")


def read_members(result: t.Any) -> tuple[dict[str, set[Person]], str]:
    """Return the members by object id of their group, and why they could not be read, empty when they were."""
    found = make_visible(require_mapping(result, "the members"))
    if found and "groups" not in found and not found.get("skipped"):
        return {}, to_text(found.get("msg")) or "the reason is not known"
    return {
        to_text(group.get("object_id")).lower(): {
            _read_person(item) for item in require_mappings(group.get("member_details"), "members")
        }
        for group in require_mappings(found.get("groups"), "groups")
    }, ""
