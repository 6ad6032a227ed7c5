# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who may sign in through an app: entries of its ``assocTree``, by kind, and the changes to those that are asked for. Pure."""

from __future__ import annotations

import typing as t

from ..app_associations import OTHERS, Association
from ..references import parse_id

Wire = dict[str, t.Any]

#: The lists of option ``associations``; what is of no such kind is "others", which nobody manages.
KINDS = ("users", "user_groups", "companies", "domains")
#: Names and numbers in an entry (SDK, configure_openid_app and configure_local_identity_app).
_MEMBERS = {
    "users": (13, "userId", "userName"),
    "user_groups": (15, "userGroupId", "userGroupName"),
    "providers": (61, "providerId", "providerDomainName"),
}
_ALL_USERS = 12


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
