# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The canonical form of who may do what where: one grant is one principal, one role, one entity."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

#: Entity kinds as users write them, and Commvault's type numbers.
ENTITY_TYPES: dict[str, int] = {
    "commcell": 1,
    "company": 61,
    "servers": 3,
    "server_groups": 28,
    "plans": 158,
    "storage_pools": 17,
    "workflows": 83,
    "credentials": 0,  # addressed by credentialId; no type number is published, so it has a form of its own on the wire
}
#: The entity id of "all of this type, future ones included".
ALL_OF_KIND = -1


class Entity(t.NamedTuple):
    """What a grant applies to. ``kind`` is a key of ENTITY_TYPES or ``type:<number>`` for others; ``id`` may be ALL."""

    kind: str
    id: int


class Principal(t.NamedTuple):
    """Who holds a grant. ``kind``: ``user``, ``user_group`` or ``external_group`` (a directory group, its own id space)."""

    kind: str
    id: int


class Grant(t.NamedTuple):
    """The unit of planning, and the key by which grants are compared."""

    principal: Principal
    role_id: int
    entity: Entity


@dataclass(frozen=True)
class Association:
    """A row that the service shows. Only ``explicit`` rows with a role are grants that may be removed.

    ``grant_kind``: explicit, creator, owner, inherited, permissions (no role, single permissions) or unknown.
    ``role_id`` is None for rows without a role.
    """

    principal: Principal
    principal_name: str
    role_id: int | None
    role_name: str | None
    entity: Entity
    entity_name: str
    grant_kind: str
    permission_ids: tuple[int, ...] = ()

    @property
    def grant(self) -> Grant | None:
        """The grant, if this row is one that a mapping may manage."""
        if self.role_id is None or self.grant_kind != "explicit":
            return None
        return Grant(self.principal, self.role_id, self.entity)
