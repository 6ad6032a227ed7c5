# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""App roles of a service principal: found by value, display name or id, and checked against whom they are for. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.names import find_nearest_names, is_same_name
from ..._core.values import get_objects, get_texts, is_guid
from .options import Kind
from .writer import DEFAULT_ACCESS

#: What Graph calls those who can hold a role, by kind of principal (Microsoft Learn: appRole).
_MEMBER_TYPES: dict[Kind, str] = {"group": "User", "user": "User", "service_principal": "Application"}
_FOR: dict[str, str] = {"User": "users and groups", "Application": "service principals"}


@dataclass(frozen=True)
class AppRole:
    """A role that an application offers. ``value`` None: it has none, as the roles of SAML applications from the gallery."""

    role_id: str
    value: str | None
    display_name: str
    member_types: frozenset[str]
    enabled: bool

    @property
    def label(self) -> str:
        """Return what people call it."""
        return self.value or self.display_name or self.role_id


def read_app_roles(wire: t.Mapping[str, t.Any]) -> list[AppRole]:
    """Return the app roles of a service principal as Graph gives it."""
    return [
        AppRole(
            str(item["id"]).lower(),
            str(item["value"]) if item.get("value") else None,
            str(item.get("displayName") or ""),
            frozenset(get_texts(item, "allowedMemberTypes")),
            bool(item.get("isEnabled", True)),
        )
        for item in get_objects(wire, "appRoles")
    ]


def find_app_role(roles: t.Sequence[AppRole], asked: str | None, kind: Kind) -> tuple[str, str]:
    """Return id and label of the role that *asked* names and *kind* can hold; *asked* None: access without a role.

    A value counts before a display name, and that before an id. Raises LookupError, whose text says what is wrong and what there is.
    """
    usable = [role for role in roles if role.enabled and _MEMBER_TYPES[kind] in role.member_types]
    if asked is None:
        if usable:
            raise LookupError(
                f"app_role is missing: the application has roles for this kind of member{_list_labels(usable)}"
            )
        return DEFAULT_ACCESS, ""
    found = _match(roles, asked)
    if not found:
        near = find_nearest_names(asked, [role.label for role in usable], 3, 0.6)
        told = f"; near: {', '.join(near)}" if near else _list_labels(usable)
        raise LookupError(f"the application has no app role {asked!r}{told}")
    if len(found) > 1:
        ids = ", ".join(sorted(role.role_id for role in found))
        raise LookupError(
            f"{len(found)} app roles have the display name {asked!r}: give the value or one of the ids {ids}"
        )
    (role,) = found
    if not role.enabled:
        raise LookupError(f"the app role {role.label} is disabled, so it cannot be assigned")
    if role not in usable:
        holders = " and ".join(_FOR.get(name, name) for name in sorted(role.member_types)) or "nobody"
        raise LookupError(f"the app role {role.label} is for {holders} (allowed_member_types){_list_labels(usable)}")
    return role.role_id, role.label


def label_role(roles: t.Sequence[AppRole], role_id: str) -> str:
    """Return what people call the role with this id: the id itself where the application does not offer it, empty for access without a role."""
    if role_id == DEFAULT_ACCESS:
        return ""
    return next((role.label for role in roles if role.role_id == role_id), role_id)


def _match(roles: t.Sequence[AppRole], asked: str) -> list[AppRole]:
    by_value = [role for role in roles if role.value == asked]
    if by_value:
        return by_value
    by_name = [role for role in roles if role.display_name and is_same_name(role.display_name, asked)]
    if by_name or not is_guid(asked):
        return by_name
    return [role for role in roles if role.role_id == asked.lower()]


def _list_labels(usable: t.Sequence[AppRole]) -> str:
    return f"; there are: {', '.join(sorted(role.label for role in usable))}" if usable else "; there is none for it"
