# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who may sign in through an app: entries of its ``assocTree``, by kind, and the changes to those that are asked for. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.names import is_same_name
from ..references import parse_id

Wire = dict[str, t.Any]

#: The lists of option ``associations``; what is of no such kind is "others", which nobody manages.
KINDS = ("users", "user_groups", "companies", "domains")
OTHERS = "others"
WORDS = {"users": "user", "user_groups": "user group", "companies": "company", "domains": "domain"}
#: Names and numbers in an entry (SDK, configure_openid_app and configure_local_identity_app).
_MEMBERS = {
    "users": (13, "userId", "userName"),
    "user_groups": (15, "userGroupId", "userGroupName"),
    "providers": (61, "providerId", "providerDomainName"),
}
_ALL_USERS = 12


@dataclass(frozen=True)
class Association:
    """One association. ``id``: None where it is not known, as that of a domain by name. ``wire``: the entry as it is sent."""

    kind: str
    name: str
    id: int | None
    wire: t.Mapping[str, t.Any]

    def is_same(self, other: Association) -> bool:
        """Return whether both are about the same object: by id, or by name where one has no id."""
        if self.kind != other.kind:
            return False
        if self.id is not None and other.id is not None:
            return self.id == other.id
        return is_same_name(self.name, other.name)


class AssociationChanges(t.NamedTuple):
    """What is added, what is removed, and what there is afterwards."""

    add: list[Association]
    remove: list[Association]
    after: list[Association]


def parse_association(entry: t.Mapping[str, t.Any], is_company: t.Callable[[int | None, str], bool]) -> Association:
    """Return the association of an entry; *is_company* tells companies from domains, by id and name."""
    for kind, (_number, id_member, name_member) in _MEMBERS.items():
        number, name = parse_id(entry.get(id_member)) or None, str(entry.get(name_member) or "")
        if number is None and not name:
            continue
        chosen = ("companies" if is_company(number, name) else "domains") if kind == "providers" else kind
        return Association(chosen, name or str(number), number, dict(entry))
    name = "all users" if parse_id(entry.get("_type_")) == _ALL_USERS else f"entry of type {entry.get('_type_')}"
    return Association(OTHERS, name, None, dict(entry))


def make_association(kind: str, name: str, number: int | None) -> Association:
    """Return an association to add."""
    type_number, id_member, name_member = _MEMBERS["providers" if kind in ("companies", "domains") else kind]
    ids = {} if number is None else {id_member: number}
    return Association(kind, name, number, {"_type_": type_number, **ids, name_member: name})


def plan_associations(
    wanted: t.Mapping[str, t.Sequence[Association]], current: t.Sequence[Association], exclusive: bool
) -> AssociationChanges:
    """Return the changes to *current*. *wanted*: by kind, only those that are managed; an empty list removes all of its kind.

    Without *exclusive*, associations are only added. Others keep their entries, and their order.
    """
    added: list[Association] = []
    removed: list[Association] = []
    for kind, listed in wanted.items():
        have = [item for item in current if item.kind == kind]
        for item in listed:
            if not any(item.is_same(other) for other in (*have, *added)):
                added.append(item)
        if exclusive or not listed:
            removed += [item for item in have if not any(item.is_same(other) for other in listed)]
    after = [item for item in current if item not in removed] + added
    return AssociationChanges(added, removed, after)


def describe_associations(associations: t.Iterable[Association]) -> dict[str, list[str]]:
    """Return the names by kind, sorted; namesakes with their ids."""
    found: dict[str, list[str]] = {kind: [] for kind in (*KINDS, OTHERS)}
    listed = list(associations)
    for item in listed:
        twins = [other for other in listed if other.kind == item.kind and is_same_name(other.name, item.name)]
        found[item.kind].append(f"{item.name} (id {item.id})" if len(twins) > 1 and item.id else item.name)
    return {kind: sorted(names) for kind, names in found.items()}
