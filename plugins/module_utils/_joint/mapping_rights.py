# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the caller may grant what is planned: one must hold every permission that one gives, on the entity."""

from __future__ import annotations

import typing as t

from .._commvault.client import CommvaultClient, segment
from .._commvault.grants import ALL, Entity, Grant
from .._commvault.listings import as_id
from .._commvault.role_contents import RoleContents
from .._core.errors import ApiError, Forbidden, NotFound
from .mapping_entries import Problem

#: Entity kinds for which the service tells the caller's permissions, by the word that it uses in the path.
_TYPE_NAMES = {
    "commcell": "COMMCELL_ENTITY",
    "servers": "CLIENT_ENTITY",
    "server_groups": "CLIENT_GROUP_ENTITY",
    "storage_pools": "STORAGE_POLICY_ENTITY",
}
_CHANGE_SECURITY = 107

Read = t.Callable[[t.Callable[[t.Any], t.Any], t.Iterable[t.Any]], list[t.Any]]


class Rights:
    """Reads the caller's permissions and the roles' contents, each once, several at a time."""

    def __init__(self, client: CommvaultClient, role_contents: RoleContents, side_by_side: Read) -> None:
        self._client, self._role_contents, self._side_by_side = client, role_contents, side_by_side

    def missing(self, added: t.Collection[Grant], names: t.Mapping[t.Any, str]) -> list[Problem]:
        """One finding per role and kind of entity: permissions of the role that the caller does not hold there.

        What holds on the CommCell holds everywhere below it, so most callers are judged by one request. Where the service does
        not tell, nothing is found: the write itself will.
        """
        real = sorted(grant for grant in added if grant.role_id > 0)
        if not real:
            return []
        everywhere = self._held(Entity("commcell", self._client.commcell_id))
        roles = sorted({grant.role_id for grant in real})
        contents = dict(zip(roles, self._side_by_side(self._contents, roles), strict=True))
        open_roles = {
            role: needed - everywhere
            for role, needed in contents.items()
            if everywhere is not None and needed - everywhere
        }
        if everywhere is None or not open_roles:
            return []
        places = sorted({grant.entity for grant in real if grant.role_id in open_roles and self._tells(grant.entity)})
        held = dict(zip(places, self._side_by_side(self._held, places), strict=True))
        return _findings(real, open_roles, held, contents, names)

    def _tells(self, entity: Entity) -> bool:
        return entity.kind in _TYPE_NAMES and entity.kind != "commcell" and entity.id != ALL

    def _held(self, entity: Entity) -> frozenset[int] | None:
        path = f"Security/{_TYPE_NAMES[entity.kind]}/{segment(entity.id)}/Permissions"
        try:
            answer = self._client.get(path, intent="read the caller's own permissions", missing_ok=True)
        except (Forbidden, NotFound, ApiError):
            return None
        return None if answer is None else frozenset(_ids(answer))

    def _contents(self, role_id: int) -> frozenset[int]:
        return (self._role_contents.of(role_id) or frozenset()) | {_CHANGE_SECURITY}


def _ids(answer: t.Any) -> t.Iterator[int]:
    """Permission ids anywhere in the answer: its shape is not published."""
    if isinstance(answer, dict):
        number = as_id(answer.get("permissionId"))
        if number:
            yield number
        answer = list(answer.values())
    if isinstance(answer, list):
        for item in answer:
            yield from _ids(item)


def _findings(
    added: t.Sequence[Grant],
    open_roles: t.Mapping[int, frozenset[int]],
    held: t.Mapping[Entity, frozenset[int] | None],
    contents: t.Mapping[int, frozenset[int]],
    names: t.Mapping[t.Any, str],
) -> list[Problem]:
    problems: dict[tuple[int, tuple[int, ...]], list[Entity]] = {}
    for grant in added:
        here = held.get(grant.entity)
        if grant.role_id not in open_roles or (here is None and grant.entity.kind != "commcell"):
            continue
        lacking = open_roles[grant.role_id] - (here or frozenset())
        if lacking:
            problems.setdefault((grant.role_id, tuple(sorted(lacking))), []).append(grant.entity)
    found = []
    for (role_id, numbers), entities in sorted(problems.items()):
        permissions = ", ".join(names.get(("permission", number), str(number)) for number in numbers)
        first = entities[0]
        where = f"{first.kind} {names.get(first, first.id)}" + (
            f" and {len(set(entities)) - 1} more" if len(set(entities)) > 1 else ""
        )
        message = f"role {names.get(role_id, role_id)} on {where} needs permissions that the signed-in user does not hold there: {permissions}"
        found.append({"kind": "forbidden", "where": "rights", "message": message})
    return found
