# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The canonical form of a mapping: grants by id, or by what the run will create, with the names that go with the ids. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._commvault.security.grants import Entity, Principal
from .entra_groups import EntraGroup
from .parse import Problem


@dataclass(frozen=True)
class Pending:
    """A user group or a role that does not exist yet: this run, or in check mode an earlier task, creates it.

    It is no id and is never sent. ``number``: its position among the pending ones of its kind, from 1; ``company_id``: where a user
    group is created, 0 for the CommCell, None for a role.
    """

    kind: t.Literal["user_group", "role"]
    name: str
    number: int
    company_id: int | None = None

    def __lt__(self, other: object) -> bool:
        """Sort before all of the same kind that exist; of pending ones the last found is first."""
        if isinstance(other, Pending):
            return (self.kind, other.number) < (other.kind, self.number)
        if isinstance(other, Principal):
            return self.kind <= other.kind
        return True if isinstance(other, int) else NotImplemented

    def __gt__(self, other: object) -> bool:
        """Sort as the opposite of ``<``: a principal or an id asks here, because it does not know this type."""
        if isinstance(other, (Pending, Principal, int)):
            return self != other and not self < other
        return NotImplemented


PrincipalReference: t.TypeAlias = "Principal | Pending"
RoleReference: t.TypeAlias = "int | Pending"


class PlannedGrant(t.NamedTuple):
    """The unit of planning: who holds which role on what; compared and sorted by all three."""

    principal: PrincipalReference
    role: RoleReference
    entity: Entity


@dataclass
class Names:
    """Names for people by what they name; what has none is shown by its id. ``companies``: where the mapping names one."""

    principals: dict[PrincipalReference, str] = field(default_factory=dict)
    roles: dict[RoleReference, str] = field(default_factory=dict)
    entities: dict[Entity, str] = field(default_factory=dict)
    permissions: dict[int, str] = field(default_factory=dict)
    companies: dict[RoleReference | Entity, str] = field(default_factory=dict)

    def add_missing(self, other: Names) -> None:
        """Take from *other* the names that are not known here."""
        self.principals = {**other.principals, **self.principals}
        self.roles = {**other.roles, **self.roles}
        self.entities = {**other.entities, **self.entities}
        self.permissions = {**other.permissions, **self.permissions}

    def show_principal(self, principal: PrincipalReference) -> str:
        """Return the name of a principal, else its id."""
        return self.principals.get(principal, _show(principal))

    def show_role(self, role: RoleReference) -> str:
        """Return the name of a role, else its id."""
        return self.roles.get(role, role.name if isinstance(role, Pending) else str(role))

    def show_entity(self, entity: Entity) -> str:
        """Return the name of an entity, else its id."""
        return self.entities.get(entity, str(entity.id))

    def label_role(self, role: RoleReference) -> str:
        """Return the name of a role with the company that the mapping gives it."""
        return self._add_company(role, self.show_role(role))

    def label_entity(self, entity: Entity) -> str:
        """Return the name of an entity with the company that the mapping gives it."""
        return self._add_company(entity, self.show_entity(entity))

    def _add_company(self, key: RoleReference | Entity, name: str) -> str:
        return f"{name} (company {self.companies[key]})" if key in self.companies else name

    def show_permission(self, permission_id: int) -> str:
        """Return the name of a permission, else its id."""
        return self.permissions.get(permission_id, str(permission_id))

    def describe_role_on_entity(self, grant: PlannedGrant) -> str:
        """Return role and entity of a grant in words, such as ``View on plans gold``."""
        return f"{self.show_role(grant.role)} on {grant.entity.kind} {self.show_entity(grant.entity)}"

    def describe_grant(self, grant: PlannedGrant) -> str:
        """Return a grant in words, with its principal, such as ``Operators: View on plans gold``."""
        return f"{self.show_principal(grant.principal)}: {self.describe_role_on_entity(grant)}"


def _show(principal: PrincipalReference) -> str:
    return principal.name if isinstance(principal, Pending) else str(principal.id)


@dataclass(frozen=True)
class MappedPrincipal:
    """A principal that entries of the mapping name.

    ``company``: name of its company for people, None at the level where the task acts; ``entra_group``: the Entra group that it is
    for, None for other principals; ``where``: the first entry that names it; ``relink``: whether an entry allows that its link is
    changed.
    """

    reference: PrincipalReference
    name: str
    where: str
    company: str | None = None
    entra_group: EntraGroup | None = None
    relink: bool = False

    @property
    def exists(self) -> bool:
        """Whether Commvault has it."""
        return not isinstance(self.reference, Pending)

    @property
    def object_id(self) -> str | None:
        """Object id of its Entra group; None where there is none, or it is not known yet."""
        return self.entra_group.object_id if self.entra_group else None

    @property
    def label(self) -> str:
        """Its name for people; one in a company says so."""
        return f"{self.name} (company {self.company})" if self.company else self.name


@dataclass
class Resolved:
    """A mapping in canonical form. ``present`` and ``absent``: what must and must not be granted, with the line that says so."""

    present: dict[PlannedGrant, str] = field(default_factory=dict)
    absent: dict[PlannedGrant, str] = field(default_factory=dict)
    principals: dict[PrincipalReference, MappedPrincipal] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    problems: list[Problem] = field(default_factory=list)

    def add_principal(self, principal: MappedPrincipal) -> None:
        """Take a principal up, in place of what was known of it."""
        self.principals[principal.reference] = principal
        self.names.principals[principal.reference] = principal.label
