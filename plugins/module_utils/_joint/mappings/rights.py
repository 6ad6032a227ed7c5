# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether the caller may grant what is planned: one must hold every permission that one gives, on the entity."""

from __future__ import annotations

import typing as t

from ..._commvault.client import CommvaultClient, quote_segment
from ..._commvault.envelope import is_withheld
from ..._commvault.listings import parse_id
from ..._commvault.roles.contents import RolePermissions
from ..._commvault.security.grants import ALL_OF_KIND, Entity, Grant
from ..._core.errors import ApiError, AuthError, Throttled, Unreachable
from .parse import Problem

#: Entity kinds for which the service tells the caller's permissions, by the word that it uses in the path.
_TYPE_NAMES = {
    "commcell": "COMMCELL_ENTITY",
    "servers": "CLIENT_ENTITY",
    "server_groups": "CLIENT_GROUP_ENTITY",
    "storage_pools": "STORAGE_POLICY_ENTITY",
}
_CHANGE_SECURITY = 107
_SHOWN = 5

Read = t.Callable[[t.Callable[[t.Any], t.Any], t.Iterable[t.Any]], list[t.Any]]


class Rights:
    """Reads the caller's permissions and the roles' contents, each once, several at a time."""

    def __init__(self, client: CommvaultClient, role_contents: RolePermissions, side_by_side: Read) -> None:
        self._client, self._role_contents, self._side_by_side = client, role_contents, side_by_side

    def missing(self, added: t.Collection[Grant], names: t.Mapping[t.Any, str]) -> list[Problem]:
        """One finding per role and kind of entity: permissions of the role that the caller does not hold there.

        What holds on the CommCell holds everywhere below it, so most callers are judged by one request. Where the service offers
        no answer, nothing is found and a warning says so: the write itself will tell. Raises ApiError for a read that fails.
        """
        real = sorted(grant for grant in added if grant.role_id > 0)
        if not real:
            return []
        everywhere = self._held(Entity("commcell", self._client.commcell_id))
        if everywhere is None:
            self._tell_unchecked(real, names)
            return []
        roles = sorted({grant.role_id for grant in real})
        contents = dict(zip(roles, self._side_by_side(self._role_contents.read_permission_ids, roles), strict=True))
        needed = {role: (held or frozenset()) | {_CHANGE_SECURITY} for role, held in contents.items()}
        open_roles = {role: numbers - everywhere for role, numbers in needed.items() if numbers - everywhere}
        places = sorted({grant.entity for grant in real if grant.role_id in open_roles and self._tells(grant.entity)})
        held = dict(zip(places, self._side_by_side(self._held, places), strict=True))
        self._tell_unchecked([grant for grant in real if not _is_judged(grant, contents, open_roles, held)], names)
        return _findings(real, open_roles, held, names)

    def _tell_unchecked(self, grants: t.Sequence[Grant], names: t.Mapping[t.Any, str]) -> None:
        if not grants:
            return
        told = [f"{names.get(grant.role_id, grant.role_id)} on {_place(grant.entity, names)}" for grant in grants]
        more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
        self._client.ctx.warn(
            f"Whether the signed-in user may grant this could not be checked: {'; '.join(told[:_SHOWN])}{more}. Commvault does not"
            " tell the permissions that are held there, or those of the role; it refuses the write if they do not suffice."
        )

    def _tells(self, entity: Entity) -> bool:
        return entity.kind in _TYPE_NAMES and entity.kind != "commcell" and entity.id != ALL_OF_KIND

    def _held(self, entity: Entity) -> frozenset[int] | None:
        path = f"Security/{_TYPE_NAMES[entity.kind]}/{quote_segment(entity.id)}/Permissions"
        try:
            answer = self._client.get(path, intent="read the caller's own permissions", unknown_ok=True)
        except (AuthError, Throttled, Unreachable):
            raise
        except ApiError as exc:
            if not is_withheld(exc):
                raise type(exc)(
                    f"{exc} So it is not known whether the signed-in user may grant what the mapping asks for, and nothing was"
                    " written. To go on without this check, set check_rights to false.",
                    **exc.facts,
                ) from exc
            self._client.ctx.debug(1, str(exc))
            return None
        return None if answer is None else frozenset(_ids(answer))


def _ids(answer: t.Any) -> t.Iterator[int]:
    """Permission ids anywhere in the answer: its shape is not published."""
    if isinstance(answer, dict):
        number = parse_id(answer.get("permissionId"))
        if number:
            yield number
        answer = list(answer.values())
    if isinstance(answer, list):
        for item in answer:
            yield from _ids(item)


def _is_judged(
    grant: Grant,
    contents: t.Mapping[int, frozenset[int] | None],
    open_roles: t.Mapping[int, frozenset[int]],
    held: t.Mapping[Entity, frozenset[int] | None],
) -> bool:
    """Whether enough was told to say that the caller may, or may not, give this grant."""
    if grant.role_id in open_roles and grant.entity.kind != "commcell" and held.get(grant.entity) is None:
        return False
    return contents[grant.role_id] is not None


def _place(entity: Entity, names: t.Mapping[t.Any, str]) -> str:
    return f"{entity.kind} {names.get(entity, 'all' if entity.id == ALL_OF_KIND else entity.id)}"


def _findings(
    added: t.Sequence[Grant],
    open_roles: t.Mapping[int, frozenset[int]],
    held: t.Mapping[Entity, frozenset[int] | None],
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
        where = _place(first, names) + (f" and {len(set(entities)) - 1} more" if len(set(entities)) > 1 else "")
        message = f"role {names.get(role_id, role_id)} on {where} needs permissions that the signed-in user does not hold there: {permissions}"
        found.append({"kind": "forbidden", "where": "rights", "message": message})
    return found
