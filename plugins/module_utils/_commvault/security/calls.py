# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads and writes of security associations: read by entity or by principal, written for all entities in one request."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError, ConfigError
from ..._core.retry import Repeat
from ..client import CommvaultClient
from ..releases import COMPLETE_GRANTS, describe_missing, warn_of_unknown_release
from .associations import parse_associations, parse_client_owners, parse_owners
from .canonical import get_type_number, serialize_entity, serialize_principal
from .grants import ALL_OF_KIND, Association, Entity, Principal


class SecurityAssociations:
    """The security associations of a CommServe. Reads are independent of each other and may run in parallel."""

    def __init__(self, client: CommvaultClient) -> None:
        self._client = client
        self._names: dict[Entity | Principal | int, str] = {}

    def remember_name(self, key: Entity | Principal | int, name: str) -> None:
        """Remember a name to be sent beside the id, for the service's audit trail; an int is a role's id."""
        if name:
            self._names[key] = name

    @property
    def can_list_principal(self) -> bool:
        """Whether this release lists a principal's associations completely; True when the release is unknown."""
        return not COMPLETE_GRANTS.is_missing(self._client.release)

    @property
    def is_known_to_list_principals(self) -> bool:
        """Whether it is certain that this release lists a principal's associations completely."""
        return COMPLETE_GRANTS.is_certain(self._client.release)

    def describe_missing_lists(self, instead: str) -> str | None:
        """Return why this release does not list a principal's associations completely; None where it does, or may. *instead*: what to do."""
        return describe_missing(COMPLETE_GRANTS, self._client.release, instead)

    def warn_of_unknown_release(self) -> None:
        """Warn where the release is unknown, so that can_list_principal may be wrong; for callers that rely on complete lists."""
        warn_of_unknown_release(
            self._client.ctx,
            self._client.release,
            f"Before 11.{COMPLETE_GRANTS.since} Commvault does not list all grants of a user or group, so some grants would be missed.",
        )

    @property
    def commcell(self) -> Entity:
        """The CommCell as an entity."""
        return Entity("commcell", self._client.commcell_id)

    def can_list_entity(self, entity: Entity) -> bool:
        """Return whether there is a call that lists an entity's associations: none for all of a kind, and none for credentials."""
        return entity.id != ALL_OF_KIND and get_type_number(entity.kind) != 0

    def list_on_entity(self, entity: Entity) -> list[Association]:
        """Return all associations that the service shows on an entity. Raises ConfigError where can_list_entity is False."""
        return parse_associations(self._read_entity(entity), entity=entity)

    def list_owners(self, entity: Entity) -> list[Association]:
        """Return those who own an entity, see parse_owners. Raises ConfigError where can_list_entity is False.

        Of a server its own properties tell, as the official client reads them; where they say nothing, its security does, as of all others.
        """
        if entity.kind == "servers" and self.can_list_entity(entity):
            intent = f"read the owners of {self._describe(entity)}"
            body = self._client.get(f"Client/{quote_segment(entity.id)}", intent=intent)
            found = parse_client_owners(body, entity)
            if found is not None:
                return found
        return parse_owners(self._read_entity(entity), entity)

    def _read_entity(self, entity: Entity) -> dict[str, t.Any]:
        if not self.can_list_entity(entity):
            raise ConfigError(f"Commvault has no call that lists the associations of {entity.kind} {entity.id}.")
        return self._client.get(
            f"Security/{get_type_number(entity.kind)}/{quote_segment(entity.id)}",
            intent=f"read the security associations of {self._describe(entity)}",
        )

    def list_of_principal(self, principal: Principal) -> list[Association]:
        """Return all associations that a user or group holds itself; memberships are not followed.

        Raises ApiError when there is no such principal: this call answers an error code, not HTTP 404.
        """
        name = self._names.get(principal, "")
        family = "User" if principal.kind == "user" else "UserGroup"
        body = self._client.get(
            f"{family}/{quote_segment(principal.id)}/Security",
            intent=f"read the security associations of {self._describe(principal)}",
        )
        return parse_associations(body, principal=(principal, name))

    def add(self, entities: t.Sequence[Entity], pairs: t.Sequence[tuple[Principal, int]]) -> None:
        """Grant every pair of principal and role on every entity, in one request."""
        self._write("ADD", entities, pairs)

    def remove(self, entities: t.Sequence[Entity], pairs: t.Sequence[tuple[Principal, int]]) -> None:
        """Revoke every pair of principal and role on every entity, in one request."""
        self._write("DELETE", entities, pairs)

    def build_request(
        self, operation: str, entities: t.Sequence[Entity], pairs: t.Sequence[tuple[Principal, int]]
    ) -> dict[str, t.Any]:
        """Return the request body: by ids, never with OVERWRITE, never with owners."""
        return {
            "entityAssociated": {"entity": [serialize_entity(entity, self._names.get(entity)) for entity in entities]},
            "securityAssociations": {
                "associationsOperationType": operation,
                "associations": [
                    {
                        "userOrGroup": [serialize_principal(principal, self._names.get(principal))],
                        "properties": {"role": self._serialize_role(role_id)},
                    }
                    for principal, role_id in pairs
                ],
            },
        }

    def _serialize_role(self, role_id: int) -> dict[str, t.Any]:
        name = {"roleName": self._names[role_id]} if role_id in self._names else {}
        return {"roleId": role_id, **name, "_type_": 120}

    def _write(self, operation: str, entities: t.Sequence[Entity], pairs: t.Sequence[tuple[Principal, int]]) -> None:
        if not entities or not pairs:
            return
        verb = "grant" if operation == "ADD" else "revoke"
        intent = f"{verb} {len(pairs)} role{'s' * (len(pairs) > 1)} on {len(entities)} entit{'ies' if len(entities) > 1 else 'y'}"
        try:
            # Adding or deleting the same grants twice has the effect of once, so the request may be repeated when its answer is lost.
            self._client.write(
                "POST", "Security", self.build_request(operation, entities, pairs), intent=intent, repeat=Repeat.ALWAYS
            )
        except ApiError as exc:
            exc.facts["needs"] = (
                "user management on the principals, Change security settings on the entities, and every permission "
                "of the granted roles on these entities"
            )
            raise

    def _describe(self, key: Entity | Principal) -> str:
        name = self._names.get(key)
        return f"{key.kind} {name} (id {key.id})" if name else f"{key.kind} {key.id}"
