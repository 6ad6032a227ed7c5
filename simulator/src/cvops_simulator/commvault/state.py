# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one CommCell: indexed records and the store of grants."""

from __future__ import annotations

import copy
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from cvops_simulator.commvault.model import (
    COMMCELL,
    COMMCELL_ID,
    COMPANY,
    CREDENTIAL,
    ROLE,
    USER,
    USER_GROUP,
    CommCellSeed,
    Company,
    Credential,
    Entity,
    Grant,
    IdentityApp,
    KeyServer,
    OfficeClient,
    Role,
    User,
    UserGroup,
)
from cvops_simulator.core.names import fold_case


class _Named(Protocol):
    id: int
    name: str


T = TypeVar("T", bound=_Named)


class Records(Generic[T]):
    """Records by id and by name, case apart."""

    def __init__(self, records: Iterable[T] = (), first_id: int = 1) -> None:
        self._by_id: dict[int, T] = {}
        self._by_name: dict[str, list[int]] = defaultdict(list)
        self._next = first_id
        for record in records:
            self.add(record)

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    def new_id(self) -> int:
        """Return an id that was never used."""
        return self._next

    def add(self, record: T) -> T:
        """Add a record under its id."""
        self._by_id[record.id] = record
        self._by_name[fold_case(record.name)].append(record.id)
        self._next = max(self._next, record.id + 1)
        return record

    def get(self, record_id: int) -> T | None:
        """Return a record by id, if there is one."""
        return self._by_id.get(record_id)

    def named(self, name: str) -> list[T]:
        """Return all records of a name, without regard to case."""
        return [self._by_id[record_id] for record_id in self._by_name.get(fold_case(name), [])]

    def rename(self, record: T, name: str) -> None:
        """Give a record another name."""
        self._by_name[fold_case(record.name)].remove(record.id)
        record.name = name
        self._by_name[fold_case(name)].append(record.id)

    def remove(self, record: T) -> None:
        """Remove a record; its id is not used again."""
        del self._by_id[record.id]
        self._by_name[fold_case(record.name)].remove(record.id)


class Grants:
    """All grants, findable by entity and by principal. Order is the order of creation."""

    def __init__(self, grants: Iterable[Grant] = ()) -> None:
        self._by_entity: dict[tuple[int, int], dict[Grant, None]] = defaultdict(dict)
        self._by_principal: dict[tuple[int, int], dict[Grant, None]] = defaultdict(dict)
        for grant in grants:
            self.add(grant)

    def __iter__(self) -> Iterator[Grant]:
        return iter([grant for row in self._by_principal.values() for grant in row])

    def __len__(self) -> int:
        return sum(len(row) for row in self._by_principal.values())

    def __contains__(self, grant: Grant) -> bool:
        return grant in self._by_entity.get(grant.entity, {})

    def add(self, grant: Grant) -> None:
        """Add a grant; a present one stays as it is."""
        self._by_entity[grant.entity][grant] = None
        self._by_principal[grant.principal][grant] = None

    def remove(self, grant: Grant) -> None:
        """Remove a grant; an absent one is no error."""
        self._by_entity[grant.entity].pop(grant, None)
        self._by_principal[grant.principal].pop(grant, None)

    def of_entity(self, entity_type: int, entity_id: int) -> list[Grant]:
        """Return grants on an entity."""
        return list(self._by_entity.get((entity_type, entity_id), {}))

    def of_principal(self, kind: int, principal_id: int) -> list[Grant]:
        """Return grants of a user or group."""
        return list(self._by_principal.get((kind, principal_id), {}))

    def triples(self, kind: str | None = None) -> set[tuple[int, int, int | None, int, int]]:
        """Return the role grants, all or those of one kind.

        As (principal kind, principal id, role id, entity type, entity id).
        """
        return {
            (grant.principal_kind, grant.principal_id, grant.role_id, grant.entity_type, grant.entity_id)
            for grant in self
            if kind in (None, grant.kind) and grant.role_id is not None
        }


def copy_seed(seed: CommCellSeed) -> CommCellSeed:
    """Return a copy that shares nothing that ever changes; grants are immutable."""
    copied = copy.copy(seed)
    copied.users = [copy.copy(user) for user in seed.users]
    copied.entities = [copy.copy(entity) for entity in seed.entities]
    copied.grants = list(seed.grants)
    own = ("groups", "roles", "companies", "credentials", "apps", "office_clients", "key_servers", "group_clients")
    for name in (*own, "two_factor"):
        setattr(copied, name, copy.deepcopy(getattr(seed, name)))
    return copied


class Lists:
    """What list calls show: records only, no grants."""

    def __init__(self, seed: CommCellSeed) -> None:
        self.users: Records[User] = Records(seed.users, 1001)
        self.groups: Records[UserGroup] = Records(seed.groups, 1001)
        self.roles: Records[Role] = Records(seed.roles, 1001)
        self.companies: Records[Company] = Records(seed.companies, 9001)
        self.credentials: Records[Credential] = Records(seed.credentials, 5001)
        self.apps: Records[IdentityApp] = Records(seed.apps, 5001)
        self.office_clients: Records[OfficeClient] = Records(seed.office_clients, 7001)
        self.key_servers: Records[KeyServer] = Records(seed.key_servers, 101)
        self.entities: dict[int, Records[Entity]] = defaultdict(Records)
        for entity in seed.entities:
            self.entities[entity.type].add(entity)

    def snapshot(self) -> Lists:
        """Return a copy that later writes do not change."""
        copied = copy.copy(self)
        for name in ("users", "groups", "roles", "companies", "credentials", "apps"):
            setattr(copied, name, Records(copy.copy(record) for record in getattr(self, name)))
        for group in copied.groups:
            group.member_ids = set(group.member_ids)
        return copied


class State(Lists):
    """Everything that a CommCell remembers. Made from a seed, which stays untouched."""

    def __init__(self, seed: CommCellSeed) -> None:
        own = copy_seed(seed)
        super().__init__(own)
        self.name = own.name
        self.grants = Grants(own.grants)
        self.group_clients = own.group_clients
        self.guid = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{own.name}.commcell.cvops.example")).upper()
        self.two_factor: dict[str, Any] = own.two_factor
        self.catalogue = own.catalogue
        self.unlisted = own.unlisted
        self._groups_of_client: dict[int, list[int]] = defaultdict(list)
        for group_id, clients in self.group_clients.items():
            for client_id in clients:
                self._groups_of_client[client_id].append(group_id)

    def groups_of_client(self, client_id: int) -> list[int]:
        """Return ids of the server groups that a server is in."""
        return self._groups_of_client.get(client_id, [])

    def groups_of_user(self, user_id: int) -> list[UserGroup]:
        """Return groups of a user: direct ones, and local groups through a directory group of the user."""
        direct = [group for group in self.groups if user_id in group.member_ids]
        outer = {group_id for group in direct for group_id in group.local_group_ids}
        inner = {group.id for group in direct}
        indirect = [
            group
            for group in self.groups
            if group.id not in inner and (group.id in outer or group.external_group_ids & inner)
        ]
        return direct + indirect

    def entity_exists(self, entity_type: int, entity_id: int) -> bool:
        """Tell whether a grant may point there; id 0 stands for all entities of the type."""
        if entity_type == COMMCELL:
            return entity_id == COMMCELL_ID
        if entity_id == 0:
            return True
        return self.entity_name(entity_type, entity_id) is not None

    def entity_name(self, entity_type: int, entity_id: int) -> str | None:
        """Return the name of an entity of any type."""
        if entity_type == COMMCELL:
            return self.name
        records = self._get_records(entity_type)
        record = records.get(entity_id) if records is not None else None
        return record.name if record is not None else self.unlisted.get((entity_type, entity_id))

    def entity_named(self, entity_type: int, name: str) -> list[int]:
        """Return ids of the entities of a type and name."""
        if entity_type == COMMCELL:
            return [COMMCELL_ID] if fold_case(name) == fold_case(self.name) else []
        records = self._get_records(entity_type)
        return [record.id for record in records.named(name)] if records is not None else []

    def company_of(self, entity_type: int, entity_id: int) -> int:
        """Return the company of an entity; 0: the CommCell itself."""
        if entity_type == COMPANY:
            return entity_id
        records = self._get_records(entity_type)
        record = records.get(entity_id) if records is not None else None
        return int(getattr(record, "company_id", 0))

    def _get_records(
        self, entity_type: int
    ) -> (
        Records[Entity]
        | Records[Role]
        | Records[User]
        | Records[UserGroup]
        | (Records[Company] | Records[Credential] | None)
    ):
        special: dict[int, Records[Role] | Records[User] | Records[UserGroup] | Records[Company] | Records[Credential]]
        special = {
            ROLE: self.roles,
            USER: self.users,
            USER_GROUP: self.groups,
            COMPANY: self.companies,
            CREDENTIAL: self.credentials,
        }
        if entity_type in special:
            return special[entity_type]
        return self.entities.get(entity_type)
