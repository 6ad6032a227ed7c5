# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether the caller may grant what is planned: one must hold every permission that one gives, on the entity."""

from __future__ import annotations

import typing as t

from ..._commvault.client import CommvaultClient
from ..._commvault.envelope import is_withheld
from ..._commvault.references import parse_id
from ..._commvault.security.grants import ALL_OF_KIND, Entity
from ..._core.addresses import quote_segment
from ..._core.errors import ApiError, AuthError, Throttled, Unreachable
from .canonical import Names, PlannedGrant, RoleReference
from .declared_roles import DeclaredRoles
from .parse import Problem, make_problem

#: Entity kinds for which the service tells the caller's permissions, by the word that it uses in the path.
_TYPE_NAMES = {
    "commcell": "COMMCELL_ENTITY",
    "servers": "CLIENT_ENTITY",
    "server_groups": "CLIENT_GROUP_ENTITY",
    "storage_pools": "STORAGE_POLICY_ENTITY",
}
_CHANGE_SECURITY = 107
_SHOWN = 5

#: Reads something of each key, in the order of the keys; the text completes the count of those that are read.
ReadEach = t.Callable[[t.Callable[[t.Any], t.Any], t.Iterable[t.Any], str], list[t.Any]]


_PLACES_READ = "objects read with what the caller may do on them"
#: In place of a role: a grant that is taken away, for which it does not matter what the role contains.
_REMOVAL = 0


class RoleOnEntity(t.NamedTuple):
    """A role whose contents can be asked for, or _REMOVAL, on an entity: what has to be held there to grant it, or to take a grant away."""

    role: RoleReference
    entity: Entity


class RightsCheck:
    """Compares the caller's permissions with the contents of roles; reads each once, several at a time."""

    def __init__(self, client: CommvaultClient, roles: DeclaredRoles, read_each: ReadEach) -> None:
        self._client, self._roles, self._read_each = client, roles, read_each
        self._unchecked: set[RoleOnEntity] = set()

    def find_missing(
        self, added: t.Collection[PlannedGrant], removed: t.Collection[PlannedGrant], names: Names
    ) -> list[Problem]:
        """Return a problem per role and missing permissions: those of the role that the caller does not hold on the entities.

        To take a grant away, the caller only has to be allowed to change security there. What holds on the CommCell holds everywhere
        below it, so most callers are judged by one request. Where the service offers no answer, nothing is found, a warning says so,
        and :meth:`list_unchecked` has the grants: the write itself will tell. Raises ApiError for a read that fails.
        """
        judged = [grant for grant in sorted(added) if self._roles.has_contents(grant.role)]
        grants = [RoleOnEntity(grant.role, grant.entity) for grant in judged]
        grants += [RoleOnEntity(_REMOVAL, grant.entity) for grant in sorted(removed)]
        if not grants:
            return []
        everywhere = self._read_held(Entity("commcell", self._client.commcell_id))
        if everywhere is None:
            self._note_unchecked(grants, names)
            return []
        roles = sorted({grant.role for grant in grants} - {_REMOVAL})
        contents: dict[RoleReference, frozenset[int] | None] = {_REMOVAL: frozenset()}
        read = self._read_each(self._roles.read_permission_ids, roles, "roles read")
        contents.update(zip(roles, read, strict=True))
        needed = {role: (held or frozenset()) | {_CHANGE_SECURITY} for role, held in contents.items()}
        lacking = {role: numbers - everywhere for role, numbers in needed.items() if numbers - everywhere}
        places = sorted({grant.entity for grant in grants if grant.role in lacking and _lists_rights_on(grant.entity)})
        held = dict(zip(places, self._read_each(self._read_held, places, _PLACES_READ), strict=True))
        self._note_unchecked([grant for grant in grants if not _can_be_decided(grant, contents, lacking, held)], names)
        holders: dict[RoleOnEntity, set[str]] = {}
        for role, grant in [(grant.role, grant) for grant in judged] + [(_REMOVAL, grant) for grant in removed]:
            holders.setdefault(RoleOnEntity(role, grant.entity), set()).add(names.show_principal(grant.principal))
        return _list_problems(holders, lacking, held, names)

    def list_unchecked(self, added: t.Iterable[PlannedGrant], removed: t.Iterable[PlannedGrant]) -> list[PlannedGrant]:
        """Return those of the grants of which it is not known whether the caller may give them, or take them away.

        A role that an earlier task would create is one of them.
        """
        known = self._roles.has_contents
        found = [grant for grant in added if not known(grant.role) or self._is_unchecked(grant.role, grant)]
        return found + [grant for grant in removed if self._is_unchecked(_REMOVAL, grant)]

    def _is_unchecked(self, role: RoleReference, grant: PlannedGrant) -> bool:
        return RoleOnEntity(role, grant.entity) in self._unchecked

    def _note_unchecked(self, grants: t.Sequence[RoleOnEntity], names: Names) -> None:
        """Note grants that could not be judged, and warn of them."""
        if not grants:
            return
        self._unchecked.update(grants)
        told = [
            f"{_describe_act(grant.role, names)} on {_describe_entity(grant.entity, names)}"
            for grant in dict.fromkeys(grants)
        ]
        more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
        self._client.ctx.warn(
            f"Whether the signed-in user may grant this could not be checked: {'; '.join(told[:_SHOWN])}{more}. "
            "Commvault does not show the permissions held there, or those of the role; it refuses the write if they "
            "are not enough. All of these"
            " grants are in role_mappings.unchecked."
        )

    def _read_held(self, entity: Entity) -> frozenset[int] | None:
        """Return the ids of the permissions that the caller holds on *entity*; None where the service does not tell them."""
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
        return None if answer is None else frozenset(_find_permission_ids(answer))


def _lists_rights_on(entity: Entity) -> bool:
    """Return whether the service tells what is held on this entity, beside what is held on the CommCell."""
    return entity.kind in _TYPE_NAMES and entity.kind != "commcell" and entity.id != ALL_OF_KIND


def _find_permission_ids(answer: t.Any) -> t.Iterator[int]:
    """Yield the permission ids anywhere in the answer: its shape is not published."""
    if isinstance(answer, dict):
        number = parse_id(answer.get("permissionId"))
        if number:
            yield number
        answer = list(answer.values())
    if isinstance(answer, list):
        for item in answer:
            yield from _find_permission_ids(item)


def _can_be_decided(
    grant: RoleOnEntity,
    contents: t.Mapping[RoleReference, frozenset[int] | None],
    lacking: t.Mapping[RoleReference, frozenset[int]],
    held: t.Mapping[Entity, frozenset[int] | None],
) -> bool:
    """Return whether enough was told to say that the caller may, or may not, give this grant."""
    if grant.role in lacking and grant.entity.kind != "commcell" and held.get(grant.entity) is None:
        return False
    return contents[grant.role] is not None


def _describe_act(role: RoleReference, names: Names) -> str:
    """Return what is done in words, to be followed by "on" and an entity."""
    return "taking grants away" if role == _REMOVAL else names.show_role(role)


def _describe_entity(entity: Entity, names: Names) -> str:
    return f"{entity.kind} {names.entities.get(entity, 'all' if entity.id == ALL_OF_KIND else str(entity.id))}"


def _list_problems(
    holders: t.Mapping[RoleOnEntity, t.Collection[str]],
    lacking: t.Mapping[RoleReference, frozenset[int]],
    held: t.Mapping[Entity, frozenset[int] | None],
    names: Names,
) -> list[Problem]:
    """*holders*: names of the principals by what they are to get or lose; *lacking*: by role, what the caller does not hold on the CommCell;
    *held*: what it holds on other entities.
    """
    places: dict[tuple[RoleReference, tuple[int, ...]], list[Entity]] = {}
    for grant in holders:
        here = held.get(grant.entity)
        if grant.role not in lacking or (here is None and grant.entity.kind != "commcell"):
            continue
        missing = lacking[grant.role] - (here or frozenset())
        if missing:
            places.setdefault((grant.role, tuple(sorted(missing))), []).append(grant.entity)
    problems = []
    for (role, permission_ids), entities in sorted(places.items()):
        permissions = ", ".join(names.show_permission(number) for number in permission_ids)
        more = f" and {len(entities) - 1} more" if len(entities) > 1 else ""
        message = (
            f"{'' if role == _REMOVAL else 'role '}{_describe_act(role, names)} on {_describe_entity(entities[0], names)}{more}"
            f" needs permissions that the signed-in user does not hold there: {permissions}"
        )
        who = sorted({name for entity in entities for name in holders[RoleOnEntity(role, entity)]})
        others = f" and {len(who) - _SHOWN} more" if len(who) > _SHOWN else ""
        problems.append(
            {**make_problem("rights", message, "forbidden"), "principal": f"{', '.join(who[:_SHOWN])}{others}"}
        )
    return problems
