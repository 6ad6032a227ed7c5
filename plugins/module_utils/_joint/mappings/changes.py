# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The requests of a mapping in the words of a plan: one change per grant, also where one request writes many. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.security.grants import ALL_OF_KIND, Entity, name_entity_kind
from ..._core.names import fold_case
from ..._core.plan import Change, ObjectId, Sign
from .canonical import Pending, PlannedGrant, PrincipalReference, Resolved, RoleReference

_SIGNS: dict[str, Sign] = {"add": "+", "remove": "-"}
_VERBS = {"add": "grant", "remove": "revoke"}


class ChangeWriter:
    """Describes requests; *typed_object_ids*: those that people wrote into the mapping, which identify a link beside the names.

    Names identify principals and roles that a run before the approval knows as pending only; what exists is identified by its id, too.
    """

    def __init__(self, resolved: Resolved, typed_object_ids: t.Collection[str] = ()) -> None:
        self._resolved, self._typed = resolved, frozenset(typed_object_ids)
        names = resolved.names
        self._roles = _label_apart({role: names.label_role(role) for role in names.roles})
        self._entities = _label_apart(
            {entity: _describe_entity(entity, names.label_entity(entity)) for entity in names.entities}
        )

    def describe_new_group(self, principal: Pending) -> tuple[Change, ...]:
        """Return the change that creates a user group."""
        return (Change("+", "user group", self._name(principal), "create the user group"),)

    def describe_link(self, principal: PrincipalReference, object_id: str | None) -> tuple[Change, ...]:
        """Return the change that links a user group to its Entra group."""
        group = self._resolved.principals[principal].entra_group
        name = group.display_name if group is not None else None
        sentence = f"link to the Entra group {name or f'with the object id {object_id}, whose name is not known'}"
        typed = object_id if object_id in self._typed else None
        ids = {"principal": _get_id(principal), "entra_group": object_id}
        return (Change("~", "user group", self._name(principal), sentence, {"object_id": typed}, ids=ids),)

    def describe_grants(self, operation: str, grants: t.Iterable[PlannedGrant]) -> tuple[Change, ...]:
        """Return one change per grant that is added or removed."""
        return tuple(
            Change(
                _SIGNS[operation],
                "grant",
                self._name(grant.principal),
                f"{_VERBS[operation]} {self.describe_right(grant.role, grant.entity)}",
                {"principal_kind": grant.principal.kind, "entity": [grant.entity.kind, grant.entity.id]},
                ids={"principal": _get_id(grant.principal), "role": _get_id(grant.role)},
            )
            for grant in grants
        )

    def describe_right(self, role: RoleReference, entity: Entity) -> str:
        """Return a role on an entity in words, such as ``View on plan gold``."""
        return f"{self._name_role(role)} on {self.name_entity(entity)}"

    def name_entity(self, entity: Entity, shown: str = "") -> str:
        """Return an entity in words; *shown*: its name where the mapping knows none."""
        return self._entities.get(entity) or _describe_entity(entity, shown or self._resolved.names.show_entity(entity))

    def _name(self, principal: PrincipalReference) -> str:
        return self._resolved.names.show_principal(principal)

    def _name_role(self, role: RoleReference) -> str:
        return self._roles.get(role) or self._resolved.names.show_role(role)


def _get_id(reference: PrincipalReference | RoleReference) -> ObjectId:
    """Return the id of what exists, None for what is pending."""
    if isinstance(reference, Pending):
        return None
    return reference if isinstance(reference, int) else reference.id


_Key = t.TypeVar("_Key", bound=t.Hashable)


def _label_apart(labels: t.Mapping[_Key, str]) -> dict[_Key, str]:
    """Return the labels, with the id added to those that several objects have; what is pending has none."""
    counts: dict[str, int] = {}
    for label in labels.values():
        counts[fold_case(label)] = counts.get(fold_case(label), 0) + 1
    found = {}
    for key, label in labels.items():
        number = key.id if isinstance(key, Entity) else key
        alike = counts[fold_case(label)] > 1 and isinstance(number, int)
        found[key] = f"{label} (id {number})" if alike else label
    return found


def _describe_entity(entity: Entity, name: str) -> str:
    if entity.id == ALL_OF_KIND:
        return f"all {entity.kind.replace('_', ' ')}, future ones included"
    if entity.kind == "commcell":
        return "the CommCell"
    return f"{name_entity_kind(entity.kind)} {name}"
