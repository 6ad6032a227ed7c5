# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may do where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from cvops_simulator.commvault.catalogue import VIEW
from cvops_simulator.commvault.envelopes import MISSING_RIGHTS, ApiError
from cvops_simulator.commvault.model import (
    ALL_OF_KIND,
    CLIENT,
    CLIENT_GROUP,
    COMMCELL,
    COMMCELL_ID,
    COMPANY,
    USER,
    Grant,
)

if TYPE_CHECKING:
    from cvops_simulator.commvault.model import User
    from cvops_simulator.commvault.state import State

MASTER_ROLE = 1
MASTER_GROUP = 1


def get_role_permissions(state: State, role_id: int) -> frozenset[int]:
    """Return all permissions of a role; Master has every one, a disabled or absent role none."""
    if role_id == MASTER_ROLE:
        return state.catalogue.everything
    role = state.roles.get(role_id)
    if role is None or not role.enabled:
        return frozenset()
    return frozenset(state.catalogue.expand(role.permission_ids, role.category_ids))


def get_grant_permissions(state: State, grant: Grant) -> frozenset[int]:
    """Return permissions of one grant."""
    return grant.permission_ids if grant.role_id is None else get_role_permissions(state, grant.role_id)


class Rights:
    """The rights of one user at one moment: own grants and those of enabled groups."""

    def __init__(self, state: State, user: User) -> None:
        self._state = state
        groups = [group for group in state.groups_of_user(user.id) if group.enabled]
        self.principals = [(USER, user.id), *((group.kind, group.id) for group in groups)]
        self._in_master = any(group.id == MASTER_GROUP for group in groups)

    @cached_property
    def _by_entity(self) -> dict[tuple[int, int], set[int]]:
        found: dict[tuple[int, int], set[int]] = defaultdict(set)
        for principal in self.principals:
            for grant in self._state.grants.of_principal(*principal):
                found[grant.entity] |= get_grant_permissions(self._state, grant)
        return found

    @cached_property
    def everywhere(self) -> frozenset[int]:
        """Permissions on the CommCell, which hold for everything in it."""
        if self._in_master:
            return self._state.catalogue.everything
        return frozenset(self._by_entity.get((COMMCELL, COMMCELL_ID), ()))

    @cached_property
    def master(self) -> bool:
        """Holds every permission on the CommCell."""
        return self.everywhere >= self._state.catalogue.names.keys()

    def on(self, entity_type: int, entity_id: int) -> frozenset[int]:
        """Return the permissions on one entity.

        They come through the CommCell, its company, its server groups, its kind and itself.
        """
        if self.master:
            return self._state.catalogue.everything
        found = set(self.everywhere)
        places = [(entity_type, entity_id), (entity_type, ALL_OF_KIND)]
        if company := self._state.company_of(entity_type, entity_id):
            places.append((COMPANY, company))
        if entity_type == CLIENT:
            places += [(CLIENT_GROUP, group_id) for group_id in self._state.groups_of_client(entity_id)]
        for place in places:
            found |= self._by_entity.get(place, set())
        return frozenset(found)

    def sees(self, entity_type: int, entity_id: int) -> bool:
        """Tell whether lists show the entity to this user."""
        return VIEW in self.everywhere or bool(self.on(entity_type, entity_id))

    def require(self, permissions: Iterable[int], entity_type: int = COMMCELL, entity_id: int = COMMCELL_ID) -> None:
        """Refuse unless the user holds all of these permissions on the entity."""
        missing = sorted(set(permissions) - self.on(entity_type, entity_id))
        if missing:
            names = ", ".join(self._state.catalogue.get_name(item) for item in missing)
            raise ApiError(MISSING_RIGHTS, f"User does not have the permission(s) [{names}] on this entity.", 403)

    def require_any(self, permissions: Iterable[int]) -> None:
        """Refuse unless the user holds one of these permissions on the CommCell."""
        wanted = set(permissions)
        if not wanted & self.everywhere:
            names = ", ".join(self._state.catalogue.get_name(item) for item in sorted(wanted))
            raise ApiError(MISSING_RIGHTS, f"User needs one of the permissions [{names}].", 403)
