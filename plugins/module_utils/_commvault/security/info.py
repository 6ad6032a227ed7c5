# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Facts for commvault_security_info: users, groups, roles, permissions, companies and security associations."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.names import matches_any_pattern
from ..._core.parallel import map_in_parallel
from ..catalogue import Catalogue, Entry
from ..client import CommvaultClient
from ..directory import Directory
from ..permissions import PermissionCatalogue
from ..roles.canonical import canonical_role
from ..user_groups.canonical import canonical_user_group, parse_member_ids
from .calls import SecurityAssociations
from .grants import ALL_OF_KIND, Association, Principal

#: Parts that cost one list call each.
LISTED = ("users", "user_groups", "external_groups", "roles", "permissions", "companies")
#: Parts that cost one call per object.
DETAILED = ("role_permissions", "user_group_details", "associations")
_HOLDERS = (("users", "user"), ("user_groups", "user_group"), ("external_groups", "external_group"))

Row = dict[str, t.Any]


def _build_object_row(entry: Entry) -> Row:
    row: Row = {"id": str(entry.id), "name": entry.name, "company": entry.company}
    if "enabled" in entry.raw:
        row["enabled"] = bool(entry.raw["enabled"])
    elif "enableUser" in entry.raw:
        row["enabled"] = bool(entry.raw["enableUser"])
    elif "status" in entry.raw:
        row["enabled"] = str(entry.raw["status"]).upper() in ("ENABLED", "ACTIVE")
    return row


def build_association_row(
    row: Association, names: t.Mapping[Principal, str], permission_names: t.Mapping[int, str]
) -> Row:
    """Return one association as the module returns it; ids are text, ``all`` stands for all entities of a kind."""
    return {
        "principal": {
            "kind": row.principal.kind,
            "id": str(row.principal.id),
            "name": row.principal_name or names.get(row.principal, ""),
        },
        "role": None if row.role_id is None else {"id": str(row.role_id), "name": row.role_name},
        "permissions": [permission_names.get(number, str(number)) for number in row.permission_ids],
        "entity": {
            "kind": row.entity.kind,
            "id": "all" if row.entity.id == ALL_OF_KIND else str(row.entity.id),
            "name": row.entity_name,
        },
        "grant_kind": row.grant_kind,
    }


def take_snapshot(ctx: Context) -> Row:
    """Return the value of the module commvault_security_info."""
    return SecuritySnapshot(ctx, CommvaultClient(ctx)).read_parts(ctx.options["subset"])


class SecuritySnapshot:
    """The reads of one task: each list once, independent reads in parallel."""

    def __init__(self, ctx: Context, client: CommvaultClient) -> None:
        self._ctx, self._client = ctx, client
        self._directory = Directory(client)
        self._security = SecurityAssociations(client)

    def read_parts(self, subset: t.Collection[str]) -> Row:
        """Read the parts of *subset*; the result has ``commcell`` and one key per part."""
        found: Row = {
            "commcell": {
                "id": str(self._client.commcell_id),
                "name": self._client.commcell_name,
                "release": self._client.release or None,
                "company": self._client.company_name,
            }
        }
        for kind in LISTED:
            if kind in subset:
                found[kind] = [_build_object_row(entry) for entry in self._directory.read_catalogue(kind)]
        if "role_permissions" in subset:
            found["roles"] = self._read_roles()
        if "user_group_details" in subset:
            found["user_groups"] = self._read_user_groups()
        if "associations" in subset:
            found["associations"] = self._read_associations()
        return found

    def _read_each(self, work: t.Callable[[Entry], Row], entries: t.Iterable[Entry], what: str) -> list[Row]:
        return map_in_parallel(work, list(entries), self._ctx.options["parallel_reads"], self._ctx, what)

    def _read_roles(self) -> list[Row]:
        permissions = PermissionCatalogue(
            self._directory.read_catalogue("permissions"), self._directory.read_permission_categories()
        )

        def read(entry: Entry) -> Row:
            body = self._client.get(f"V4/Role/{quote_segment(entry.id)}", intent=f"read role {entry.name}")
            shown = canonical_role({**entry.raw, **body}, permissions)
            return {**_build_object_row(entry), **shown, "name": entry.name}

        return self._read_each(read, self._directory.read_catalogue("roles"), "roles read")

    def _read_user_groups(self) -> list[Row]:
        """Read all user groups in full; one that was deleted since it was listed is left out."""

        def read(entry: Entry) -> Row:
            body = self._directory.read_user_group(entry.id)
            if body is None:
                return {}
            shown = canonical_user_group({"name": entry.name, **body})
            members = sorted(parse_member_ids(body))
            return {**_build_object_row(entry), **shown, "name": entry.name, "members": members}

        found = self._read_each(read, self._directory.read_catalogue("user_groups"), "user groups read")
        return [row for row in found if row]

    def _read_associations(self) -> list[Row]:
        if not self._security.can_list_principal:
            raise ConfigError(
                f"Release 11.{self._client.release} cannot list the associations of a user or group completely;"
                " take associations out of subset.",
                source="option subset",
            )
        self._security.warn_of_unknown_release()
        holders = [
            (Principal(kind, entry.id), entry)
            for catalogue, kind in _HOLDERS
            for entry in self._select_holders(self._directory.read_catalogue(catalogue))
        ]
        names = {principal: entry.name for principal, entry in holders}
        permission_names = {entry.id: entry.name for entry in self._directory.read_catalogue("permissions")}
        answers = map_in_parallel(
            self._security.list_of_principal,
            list(names),
            self._ctx.options["parallel_reads"],
            self._ctx,
            "users and groups read with their associations",
        )
        rows = sorted(
            (row for answer in answers for row in answer),
            key=lambda row: (row.principal, row.entity, row.role_id or 0, row.grant_kind, row.permission_ids),
        )
        return [build_association_row(row, names, permission_names) for row in rows]

    def _select_holders(self, catalogue: Catalogue) -> list[Entry]:
        patterns = self._ctx.options.get("principals")
        if patterns is None:
            return list(catalogue)
        return [entry for entry in catalogue if matches_any_pattern(entry.name, patterns)]
