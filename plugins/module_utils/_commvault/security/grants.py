# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The canonical form of grants: one principal holds one role on one entity."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

#: Entity kinds as role mappings write them, and Commvault's type numbers.
ENTITY_TYPES: dict[str, int] = {
    "commcell": 1,
    "company": 61,
    "servers": 3,
    "server_groups": 28,
    "plans": 158,
    "storage_pools": 17,
    "workflows": 83,
    "credentials": 0,  # no type number is published: addressed by credentialId alone
}
#: The entity id that stands for all entities of a kind, future ones included.
ALL_OF_KIND = -1


def name_entity_kind(kind: str) -> str:
    """Return a kind of entities for people, in the singular: ``server group``, ``CommCell``, ``entity of type 64``."""
    if kind == "commcell":
        return "CommCell"
    if kind.startswith("type:"):
        return f"entity of type {kind.removeprefix('type:')}"
    # "conditional_access", of findings, is no plural.
    return (kind if kind.endswith("ss") else kind.removesuffix("s")).replace("_", " ")


class Entity(t.NamedTuple):
    """An entity of a grant. ``kind`` is a key of ENTITY_TYPES, or ``type:<number>`` for others; ``id`` may be ALL_OF_KIND."""

    kind: str
    id: int


class Principal(t.NamedTuple):
    """A holder of grants. ``kind``: ``user``, ``user_group`` or ``external_group`` (a directory group, with ids of its own)."""

    kind: str
    id: int


class Grant(t.NamedTuple):
    """A role of a principal on an entity: the unit in which grants are compared and planned."""

    principal: Principal
    role_id: int
    entity: Entity


@dataclass(frozen=True)
class Association:
    """A security association as the service shows it. Only ``explicit`` ones with a role are grants that may be revoked.

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
        """The grant; None for an association that a role mapping may not manage."""
        if self.role_id is None or self.grant_kind != "explicit":
            return None
        return Grant(self.principal, self.role_id, self.entity)
