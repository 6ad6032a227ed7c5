# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reading what claims depend on: the application that people sign in to, groups, their members. Nothing is written."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch
from ..._core.names import fold_case
from ..._core.parallel import map_in_parallel
from ..._core.values import get_objects, get_texts
from ..applications.reference import READ_NEEDS, find_application
from ..batches import build_value_queries
from ..client import GraphClient, format_alternate_key, quote_literal
from ..paging import merge_lists
from .certificates import SigningCertificate, list_signing_certificates
from .group_claim import DirectoryGroup, GroupClaim, parse_group_claim
from .memberships import GROUP_SELECT, USER_NEEDS, build_directory_group, build_membership_request, has_type

GROUP_NEEDS = ("GroupMember.Read.All",)
_APPLICATION = ("groupMembershipClaims", "optionalClaims", "identifierUris")
_PRINCIPAL = (
    "id,accountEnabled,appRoleAssignmentRequired,preferredSingleSignOnMode,preferredTokenSigningKeyThumbprint,"
    "servicePrincipalNames,appRoles,keyCredentials"
)
Wire = dict[str, t.Any]
Key = t.TypeVar("Key")
Answer = t.TypeVar("Answer")


@dataclass(frozen=True)
class SsoPrincipal:
    """The enterprise application. ``assigned``: values of app roles by object id of the groups that are assigned to it.

    ``assigned_users``: object ids of the users that are assigned themselves.
    """

    object_id: str
    enabled: bool = True
    assignment_required: bool = False
    sign_on_mode: str | None = None
    names: tuple[str, ...] = ()
    certificates: tuple[SigningCertificate, ...] = ()
    assigned: t.Mapping[str, tuple[str, ...]] | None = None
    assigned_users: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SsoApplication:
    """The registration that people sign in to; ``principal`` is None when it has no enterprise application in the tenant."""

    app_id: str
    display_name: str
    claim: GroupClaim
    identifier_uris: tuple[str, ...] = ()
    principal: SsoPrincipal | None = None


@dataclass(frozen=True)
class GroupMember:
    """A user; ``name`` (user principal name) and ``enabled`` are None where this identity may not read them."""

    object_id: str
    name: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True)
class GroupMembers:
    """The users of a group: ``direct`` ones, those ``inherited`` from nested groups only, and the names of these groups."""

    direct: frozenset[GroupMember] = frozenset()
    inherited: frozenset[GroupMember] = frozenset()
    nested: tuple[str, ...] = ()


class ClaimReader:
    """Reader of one task; independent requests are sent several at a time."""

    def __init__(self, ctx: Context, graph: GraphClient) -> None:
        self._ctx, self._graph = ctx, graph

    def read_application(self, asked: t.Mapping[str, t.Any] | None, identifier: str | None) -> SsoApplication | None:
        """Return the application that *asked* names, else the one with this *identifier* URI, or None.

        Raises ConfigError, AmbiguousMatch.
        """
        if asked:
            found = find_application(self._graph, asked, _APPLICATION)
            wire = dict(found.wire) if found else None
        else:
            wire = self._find_by_identifier(identifier) if identifier else None
        if wire is None:
            return None
        return SsoApplication(
            str(wire["appId"]),
            str(wire.get("displayName")),
            parse_group_claim(wire),
            tuple(sorted(get_texts(wire, "identifierUris"))),
            self._read_principal(str(wire["appId"])),
        )

    def read_groups(
        self, object_ids: t.Collection[str], application: SsoApplication | None
    ) -> dict[str, DirectoryGroup]:
        """Return the groups that exist, by object id in lower case."""
        return {group.object_id: group for group in self._read_groups_by("id", object_ids, application)}

    def find_groups_named(
        self, names: t.Collection[str], application: SsoApplication | None = None
    ) -> dict[str, list[DirectoryGroup]]:
        """Return all groups of each display name, by the name in its form for comparison."""
        found: dict[str, list[DirectoryGroup]] = {}
        for group in self._read_groups_by("displayName", names, application):
            found.setdefault(fold_case(group.display_name), []).append(group)
        return found

    def list_members(self, object_ids: t.Sequence[str]) -> dict[str, GroupMembers]:
        """Return the members by group: one request each, and one more for a group that has groups in it."""
        found = self._run_side_by_side(self._read_members, object_ids, "groups read with their members")
        return dict(zip(object_ids, found, strict=True))

    def find_users(self, names: t.Sequence[str]) -> list[GroupMember]:
        """Return those of the named users that exist."""
        found = self._read_in_chunks(
            "/users", "userPrincipalName", names, "id,userPrincipalName,accountEnabled", USER_NEEDS
        )
        asked = {fold_case(name) for name in names}
        return [_build_member(item) for item in found if fold_case(str(item.get("userPrincipalName"))) in asked]

    def list_groups_of_users(self, object_ids: t.Sequence[str]) -> dict[str, list[DirectoryGroup]]:
        """Return all groups and directory roles that each user is in, through nesting too."""
        found = self._run_side_by_side(self._list_groups_of_user, object_ids, "users read with their groups")
        return dict(zip(object_ids, found, strict=True))

    def _run_side_by_side(self, work: t.Callable[[Key], Answer], items: t.Sequence[Key], what: str) -> list[Answer]:
        return map_in_parallel(work, items, max(1, self._ctx.options["parallel_reads"]), self._ctx, what)

    def _find_by_identifier(self, identifier: str) -> Wire | None:
        params = {
            "$filter": f"identifierUris/any(uri:uri eq {quote_literal(identifier)})",
            "$select": ",".join(("id", "appId", "displayName", *_APPLICATION)),
        }
        found = self._graph.list(
            "/applications", intent=f"find the application of {identifier}", needs=READ_NEEDS, params=params
        )
        if len(found) > 1:
            ids = sorted(str(item["appId"]) for item in found)
            raise AmbiguousMatch(
                f"{len(found)} applications have the identifier {identifier} ({', '.join(ids)}): give the option application",
                candidates=ids,
            )
        return found[0] if found else None

    def _read_principal(self, app_id: str) -> SsoPrincipal | None:
        wire = self._graph.get(
            f"/servicePrincipals{format_alternate_key('appId', app_id)}",
            intent="read the enterprise application",
            needs=READ_NEEDS,
            params={"$select": _PRINCIPAL},
        )
        if wire is None:
            return None
        return SsoPrincipal(
            str(wire["id"]),
            wire.get("accountEnabled") is not False,
            bool(wire.get("appRoleAssignmentRequired")),
            wire.get("preferredSingleSignOnMode"),
            tuple(sorted(get_texts(wire, "servicePrincipalNames"))),
            list_signing_certificates(wire),
            *self._list_assigned(wire),
        )

    def _list_assigned(self, principal: Wire) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
        """Return values of app roles by object id of the groups that are assigned, and the object ids of such users."""
        listed = self._graph.list(
            f"/servicePrincipals/{quote_segment(str(principal['id']))}/appRoleAssignedTo",
            intent="list who is assigned to the enterprise application",
            needs=("Application.Read.All",),
            params={"$top": "999"},
        )
        values = {str(role["id"]).lower(): role.get("value") for role in get_objects(principal, "appRoles")}
        found: dict[str, tuple[str, ...]] = {}
        users = frozenset(str(item["principalId"]).lower() for item in listed if item.get("principalType") == "User")
        for item in listed:
            if item.get("principalType") == "Group":
                value = values.get(str(item.get("appRoleId")).lower())
                group_id = str(item["principalId"]).lower()
                found[group_id] = tuple(sorted({*found.get(group_id, ()), *([str(value)] if value else [])}))
        return found, users

    def _read_groups_by(
        self, field: str, values: t.Collection[str], application: SsoApplication | None
    ) -> list[DirectoryGroup]:
        assigned = (application.principal.assigned if application and application.principal else None) or {}
        listed = self._read_in_chunks("/groups", field, values, GROUP_SELECT, GROUP_NEEDS)
        return [build_directory_group(item, assigned) for item in listed]

    def _read_in_chunks(
        self, path: str, field: str, values: t.Collection[str], select: str, needs: t.Sequence[str]
    ) -> list[Wire]:
        wanted = sorted({fold_case(value): value for value in values}.values())
        queries = build_value_queries(self._graph, path, field, wanted, {"$select": select})

        def read(query: t.Mapping[str, str]) -> list[Wire]:
            return self._graph.list(path, intent=f"read {path[1:]} by {field}", needs=needs, params=query)

        return merge_lists(self._run_side_by_side(read, queries, f"lists of {path[1:]} read"))

    def _read_members(self, object_id: str) -> GroupMembers:
        params = {"$select": "id,displayName,userPrincipalName,accountEnabled", "$top": "999"}
        path = f"/groups/{quote_segment(object_id)}"
        intent = f"list members of group {object_id}"
        listed = self._graph.list(f"{path}/members", intent=intent, needs=GROUP_NEEDS, params=params)
        nested = sorted(str(item.get("displayName") or item["id"]) for item in listed if has_type(item, "group"))
        direct = frozenset(_build_member(item) for item in listed if has_type(item, "user"))
        if not nested:
            return GroupMembers(direct)
        every = self._graph.list(f"{path}/transitiveMembers", intent=intent, needs=GROUP_NEEDS, params=params)
        return GroupMembers(
            direct, frozenset(_build_member(item) for item in every if has_type(item, "user")) - direct, tuple(nested)
        )

    def _list_groups_of_user(self, object_id: str) -> list[DirectoryGroup]:
        asked = build_membership_request(object_id, GROUP_SELECT)
        listed = self._graph.list(
            asked.path,
            intent=f"list the groups of user {object_id}",
            needs=USER_NEEDS,
            params=asked.params,
        )
        groups = [build_directory_group(item, {}) for item in listed if has_type(item, "group")]
        roles = [build_directory_group(item, {}) for item in listed if has_type(item, "directoryRole")]
        return groups + [dataclasses.replace(role, is_role=True) for role in roles]


def _build_member(item: t.Mapping[str, t.Any]) -> GroupMember:
    name, enabled = item.get("userPrincipalName"), item.get("accountEnabled")
    return GroupMember(str(item["id"]).lower(), name or None, enabled if isinstance(enabled, bool) else None)
