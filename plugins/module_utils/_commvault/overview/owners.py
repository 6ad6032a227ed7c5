# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who owns which entity: a way to an entity that no association shows. Reads only."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError
from ..._core.parallel import map_in_parallel
from ..client import CommvaultClient
from ..credentials.calls import Credentials
from ..directory import Directory
from ..envelope import is_withheld
from ..security.calls import SecurityAssociations
from ..security.grants import ALL_OF_KIND, ENTITY_TYPES, Association, Entity

#: By kind of entity, the kind of object in the Directory.
_LISTS = {kind: kind for kind in ENTITY_TYPES} | {"company": "companies"}
NamedEntity = tuple[Entity, str]


class OwnersFound(t.NamedTuple):
    """``rows``: the owners. ``unread``: entities whose owners the service does not show to this account, ALL_OF_KIND where not even those."""

    rows: list[Association]
    unread: list[NamedEntity]


class EntityOwners:
    """The owners of the entities of a CommServe: one list per kind, and one call per entity.

    *is_refusal* tells which errors mean that this account is not shown something; all others are raised.
    """

    def __init__(
        self,
        ctx: Context,
        client: CommvaultClient,
        directory: Directory,
        security: SecurityAssociations,
        is_refusal: t.Callable[[ApiError], bool] = is_withheld,
    ) -> None:
        self._ctx, self._client, self._directory, self._security = ctx, client, directory, security
        self._is_refusal = is_refusal
        self._credentials = Credentials(client, directory)

    def read(self, kinds: t.Iterable[str]) -> OwnersFound:
        """Read the owners of all entities of *kinds* (keys of ENTITY_TYPES), sorted. Raises ApiError for a read that fails."""
        entities, unread = self._list_entities(kinds)
        answers = map_in_parallel(
            self._read_owners,
            entities,
            self._ctx.options["parallel_reads"],
            self._ctx,
            "entities read with their owners",
        )
        rows: list[Association] = []
        for named, found in zip(entities, answers, strict=True):
            if found is None:
                unread.append(named)
            else:
                rows += found
        rows.sort(key=lambda row: (row.entity, row.principal, row.principal_name, row.grant_kind))
        return OwnersFound(rows, sorted(unread))

    def _list_entities(self, kinds: t.Iterable[str]) -> tuple[list[NamedEntity], list[NamedEntity]]:
        """Return the entities of *kinds*, and a stand-in for all entities of each kind that this account may not list."""
        listed: list[NamedEntity] = []
        withheld: list[NamedEntity] = []
        for kind in sorted(set(kinds)):
            if kind == "commcell":
                listed.append((self._security.commcell, self._client.commcell_name))
                continue
            try:
                entries = self._directory.read_catalogue(_LISTS[kind])
            except ApiError as exc:
                if not self._is_refusal(exc):
                    raise
                self._ctx.debug(1, str(exc))
                withheld.append((Entity(kind, ALL_OF_KIND), f"all {kind}"))
                continue
            listed += [(Entity(kind, entry.id), entry.name) for entry in entries]
        for entity, name in listed:
            self._security.remember_name(entity, name)
        if any(entity.kind == "credentials" for entity, _name in listed):
            self._credentials.uses_older_calls  # noqa: B018  decided before threads ask for it
        return listed, withheld

    def _read_owners(self, named: NamedEntity) -> list[Association] | None:
        """Return the owners of an entity; None where the service does not show them to this account."""
        entity, name = named
        try:
            found = (
                self._read_credential(entity) if entity.kind == "credentials" else self._security.list_owners(entity)
            )
        except ApiError as exc:
            if not self._is_refusal(exc):
                raise
            self._ctx.debug(1, str(exc))
            return None
        return None if found is None else [_add_entity_name(row, entity, name) for row in found]

    def _read_credential(self, entity: Entity) -> list[Association] | None:
        """Return the owner of a credential, which its own properties tell; None where they do not: a credential always has one."""
        credential = None if self._credentials.uses_older_calls else self._credentials.read(entity.id)
        if credential is None or credential.owner is None:
            return None
        owner = credential.owner
        return [Association(owner.principal, owner.name, None, None, entity, credential.name, "owner")]


def _add_entity_name(row: Association, entity: Entity, name: str) -> Association:
    return dataclasses.replace(row, entity_name=name) if row.entity == entity and not row.entity_name else row
