# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Facts for commvault_security_info: users, groups, roles, permissions, companies, associations, owners and access tokens."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError, Problems
from ..._core.names import matches_any_pattern
from ..._core.parallel import map_in_parallel
from ..access_tokens.report import read_access_tokens
from ..catalogue import Entry
from ..client import CommvaultClient
from ..directory import Directory
from ..envelope import is_declined, is_withheld
from ..permissions import PermissionCatalogue
from ..releases import ACCESS_TOKENS, COMPLETE_GRANTS, describe_missing
from ..roles.canonical import canonical_role
from ..security.calls import SecurityAssociations
from ..security.canonical import is_flag_set
from ..security.grants import ALL_OF_KIND, ENTITY_TYPES, Association, Entity, Principal
from ..user_groups.canonical import canonical_user_group, parse_member_ids
from ..users.calls import Users
from ..users.canonical import GroupRow
from ..users.details import UNSHOWN, describe_group_row, describe_user
from ..users.two_factor import TwoFactor
from ..whoami import read_own_rights
from .owners import EntityOwners

#: Parts that cost one list call each.
LISTED = ("users", "user_groups", "external_groups", "roles", "permissions", "companies")
#: Parts that cost one call per object.
DETAILED = ("role_permissions", "user_group_details", "user_details", "associations", "owners", "access_tokens")
#: Parts that not every release can show.
_LATE_PARTS = {"associations": COMPLETE_GRANTS, "access_tokens": ACCESS_TOKENS}
#: Permissions on the CommCell (ids): who has one of these sees all users, all entities, and the tokens of all users.
_SEES_USERS, _SEES_ENTITIES, _SEES_TOKENS = frozenset((31, 101)), frozenset((31,)), frozenset((1, 101))
_MOST_NAMED = 5
#: For progress, what a part that costs one call per object reads.
_DETAILS_OF = {"role_permissions": "roles", "user_group_details": "user groups", "user_details": "users"}
#: The fields of a role and of a user group whose details are not shown.
UNSHOWN_ROLE: t.Mapping[str, None] = dict.fromkeys(
    ("enabled", "description", "visible_to_all", "permissions", "categories")
)
UNSHOWN_GROUP: t.Mapping[str, None] = dict.fromkeys(
    ("enabled", "description", "entra_group_id", "restricted_consoles", "two_factor", "members")
)
_HOLDERS = (("users", "user"), ("user_groups", "user_group"), ("external_groups", "external_group"))

Row = dict[str, t.Any]
Found = t.TypeVar("Found")
#: Told of what is not read of a part: the id of the object, None for a whole list, and the refusal, None for what is gone since it was listed.
TellUnread: t.TypeAlias = "t.Callable[[str, int | None, ApiError | None], None]"


def _build_object_row(entry: Entry) -> Row:
    row: Row = {"id": str(entry.id), "name": entry.name, "company": entry.company}
    shown = next((entry.raw[name] for name in ("enabled", "enableUser") if entry.raw.get(name) is not None), None)
    if shown is not None:
        row["enabled"] = is_flag_set(shown)
    elif entry.raw.get("status") is not None:
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
        "entity": _build_entity_row(row.entity, row.entity_name),
        "grant_kind": row.grant_kind,
    }


def _build_entity_row(entity: Entity, name: str) -> Row:
    return {"kind": entity.kind, "id": "all" if entity.id == ALL_OF_KIND else str(entity.id), "name": name}


def _build_name_finder(entries: t.Iterable[Entry]) -> t.Callable[[int], str | None]:
    return {entry.id: entry.name for entry in entries}.get


def take_snapshot(ctx: Context) -> Row:
    """Return the value of the module commvault_security_info."""
    return SecuritySnapshot(ctx, CommvaultClient(ctx)).read_parts(ctx.options["subset"])


class SecuritySnapshot:
    """The reads of one task: each list once, independent reads in parallel.

    *tell_unread*: told of what the service declines to show; None where that ends the task.
    """

    def __init__(
        self,
        ctx: Context,
        client: CommvaultClient,
        directory: Directory | None = None,
        tell_unread: TellUnread | None = None,
    ) -> None:
        self._ctx, self._client = ctx, client
        self._directory = directory or Directory(client)
        self._security = SecurityAssociations(client)
        self._tell_unread = tell_unread
        self._is_refusal = is_withheld if tell_unread is None else is_declined
        self._rights: dict[int, str] | None = None

    def read_parts(self, subset: t.Collection[str]) -> Row:
        """Read the parts of *subset*; the result has ``commcell``, one key per part, and what is to be said about its completeness.

        Raises ConfigError or Problems, before any list is read, where the release has no call for a part.
        """
        self._check_release(subset)
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
        if "user_details" in subset:
            found.update(self._read_users())
        if "associations" in subset:
            found["associations"] = self._read_associations()
        if "owners" in subset:
            found.update(self._read_owners())
        if "access_tokens" in subset:
            found.update(self._read_access_tokens())
        return found

    def _check_release(self, subset: t.Collection[str]) -> None:
        late = [
            describe_missing(feature, self._client.release, f"Remove {part} from subset.")
            for part, feature in _LATE_PARTS.items()
            if part in subset
        ]
        faults = [fault for fault in late if fault is not None]
        if len(faults) == 1:
            raise ConfigError(f"subset: {faults[0]}", source="option subset")
        if faults:
            problems = [{"kind": "config", "where": "subset", "message": one} for one in faults]
            raise Problems("The snapshot cannot be taken:", problems)

    def _read_each(
        self, part: str, work: t.Callable[[Entry], Row], entries: t.Iterable[Entry], unshown: t.Mapping[str, None]
    ) -> list[Row]:
        """Return *work* of each entry; its row of the list with the fields of *unshown* where the service declines, and that may be."""

        def read(entry: Entry) -> Row:
            return self._read_or_tell(part, entry.id, lambda: work(entry), {**unshown, **_build_object_row(entry)})

        at_most = self._ctx.options["parallel_reads"]
        return map_in_parallel(read, list(entries), at_most, self._ctx, f"{_DETAILS_OF[part]} read")

    def _read_or_tell(self, part: str, number: int | None, read: t.Callable[[], Found], instead: Found) -> Found:
        """Return what *read* returns, or *instead* where the service declines and somebody is to be told of that."""
        try:
            return read()
        except ApiError as exc:
            if self._tell_unread is None or not is_declined(exc):
                raise
            self._ctx.debug(1, str(exc))
            self._tell_unread(part, number, exc)
            return instead

    def _list(self, part: str, kind: str) -> list[Entry]:
        """Return the list of a kind that *part* needs; empty where the service declines and somebody was told of that."""
        return self._read_or_tell(part, None, lambda: list(self._directory.read_catalogue(kind)), [])

    def _read_roles(self) -> list[Row]:
        permissions = PermissionCatalogue(
            self._directory.read_catalogue("permissions"), self._directory.read_permission_categories()
        )

        def read(entry: Entry) -> Row:
            body = self._client.get(f"V4/Role/{quote_segment(entry.id)}", intent=f"read role {entry.name}")
            if not body and self._tell_unread is not None:
                self._tell_unread("role_permissions", entry.id, None)
                return {**UNSHOWN_ROLE, **_build_object_row(entry)}
            wire = {**entry.raw, **body}
            held = permissions.parse_permission_set(wire.get("permissions"))
            categories = permissions.format_category_names(held.category_ids)
            shown = canonical_role(wire, permissions)
            return {**_build_object_row(entry), **shown, "categories": categories, "name": entry.name}

        return self._read_each("role_permissions", read, self._directory.read_catalogue("roles"), UNSHOWN_ROLE)

    def _read_user_groups(self) -> list[Row]:
        """Read all user groups in full; one that was deleted since it was listed is left out, unless somebody is told of that."""

        def read(entry: Entry) -> Row:
            body = self._directory.read_user_group(entry.id)
            if not body and self._tell_unread is not None:
                self._tell_unread("user_group_details", entry.id, None)
                return {**UNSHOWN_GROUP, **_build_object_row(entry)}
            if body is None:
                return {}
            shown = canonical_user_group({"name": entry.name, **body})
            members = sorted(parse_member_ids(body))
            return {**_build_object_row(entry), **shown, "name": entry.name, "members": members}

        groups = self._directory.read_catalogue("user_groups")
        found = self._read_each("user_group_details", read, groups, UNSHOWN_GROUP)
        return [row for row in found if row]

    def _read_users(self) -> Row:
        """Read the users of the principals in full, and the two-factor setting; one user after the list, side by side."""
        catalogue = self._directory.read_catalogue("users")
        entries, calls, two_factor = (
            self._select_holders(catalogue),
            Users(self._client, self._directory),
            TwoFactor(self._client),
        )
        finders = [_build_name_finder(self._list("user_details", kind)) for kind in ("user_groups", "external_groups")]
        two_factor.read_settings(entries, catalogue)

        gone: list[str] = []

        def describe_group(row: GroupRow) -> Row:
            return describe_group_row(row, *finders)

        def read(entry: Entry) -> Row:
            listed, wire = _build_object_row(entry), calls.read(entry.id)
            if not wire:
                gone.append(entry.label)
                if self._tell_unread is not None:
                    self._tell_unread("user_details", entry.id, None)
                return {**UNSHOWN, **listed}
            shown = describe_user(wire, calls.find_kind(entry.id, wire), describe_group)
            if shown["enabled"] is None:
                shown["enabled"] = listed.get("enabled")
            return {**listed, **shown, "two_factor": two_factor.find_state(entry, shown["signs_in_with"])}

        users, labels = self._read_each("user_details", read, entries, UNSHOWN), sorted(gone)
        if labels and self._tell_unread is None:
            more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
            self._ctx.warn(
                "In the list, but gone when they were read (for example users that were just deleted): "
                f"{', '.join(labels[:_MOST_NAMED])}{more}. What only their own answers show is null."
            )
        return {
            "users": users,
            "two_factor": {"mode": two_factor.mode, "user_groups": two_factor.user_group_names},
        }

    def _read_owners(self) -> Row:
        kinds = self._ctx.options["entity_kinds"]
        owners = EntityOwners(self._ctx, self._client, self._directory, self._security, self._is_refusal)
        found = owners.read(kinds)
        names = self._find_holder_names("owners") if any(not row.principal_name for row in found.rows) else {}
        rows = [build_association_row(row, names, {}) for row in found.rows]
        is_complete = not found.unread and set(kinds) == set(ENTITY_TYPES) and self._has_right(_SEES_ENTITIES)
        return {
            # An owner whose name nobody knows may be one of those that are meant.
            "owners": [row for row in rows if not row["principal"]["name"] or self._is_meant(row["principal"]["name"])],
            "owners_complete": is_complete,
            "owners_unread": [_build_entity_row(entity, name) for entity, name in found.unread],
        }

    def _read_access_tokens(self) -> Row:
        catalogue = self._directory.read_catalogue("users")
        entries = self._select_holders(catalogue)
        names = _build_name_finder(catalogue)
        found = read_access_tokens(self._ctx, self._client, entries, names, self._is_refusal)
        return {
            "access_tokens": found.rows,
            "access_tokens_complete": not found.unread
            and self._has_right(_SEES_USERS)
            and self._has_right(_SEES_TOKENS),
            "access_tokens_unread": [
                {"kind": "user", "id": str(entry.id), "name": entry.name}
                for entry in entries
                if entry.id in found.unread
            ],
        }

    def _has_right(self, one_of: t.AbstractSet[int]) -> bool:
        """Return whether the signed-in user certainly has one of these permissions on the whole CommCell."""
        if self._rights is None:
            self._rights = read_own_rights(self._client) or {}
        return not one_of.isdisjoint(self._rights)

    def _find_holder_names(self, part: str) -> dict[Principal, str]:
        return {
            Principal(kind, entry.id): entry.name
            for catalogue, kind in _HOLDERS
            for entry in self._list(part, catalogue)
        }

    def _read_associations(self) -> list[Row]:
        self._security.warn_of_unknown_release()
        holders = [
            (Principal(kind, entry.id), entry)
            for catalogue, kind in _HOLDERS
            for entry in self._select_holders(self._list("associations", catalogue))
        ]
        names = {principal: entry.name for principal, entry in holders}
        permission_names = {entry.id: entry.name for entry in self._list("associations", "permissions")}

        def read(principal: Principal) -> list[Association]:
            return self._read_or_tell(
                "associations", principal.id, lambda: self._security.list_of_principal(principal), []
            )

        answers = map_in_parallel(
            read,
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

    def _select_holders(self, entries: t.Iterable[Entry]) -> list[Entry]:
        return [entry for entry in entries if self._is_meant(entry.name)]

    def _is_meant(self, name: str) -> bool:
        patterns = self._ctx.options.get("principals")
        return patterns is None or matches_any_pattern(name, patterns)
