# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the findings look at beside policies: groups and who may change them, applications. Reads only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError
from ..._core.values import get_texts, is_guid
from ..batches import ReadRequest, Wire, build_value_queries, list_in_batches, read_in_batches
from ..client import GraphClient, filter_by_name
from ..id_holders import explain_id
from ..lookalikes import describe_lookalikes, warn_of_lookalikes
from ..option_checks import Problem, describe_problem
from ..paging import merge_lists
from ..references import build_relation_params
from ..relations import list_ids
from .reach import Application
from .rows import Unread

_GROUP_NEEDS = ("Group.Read.All",)
_GROUP_SELECT = "id,displayName,isAssignableToRole,isManagementRestricted,groupTypes,onPremisesSyncEnabled"
_APPLICATION_NEEDS = ("Application.Read.All",)
_APPLICATION_SELECT = "id,appId,displayName,servicePrincipalType,signInAudience,appOwnerOrganizationId"


@dataclass(frozen=True)
class UsedGroup:
    """A group that policies name. None for what is not shown. ``owners``: object ids."""

    object_id: str
    name: str
    is_role_assignable: bool | None
    is_restricted: bool | None
    is_dynamic: bool
    is_synced: bool
    owners: tuple[str, ...] | None = None


def read_groups(graph: GraphClient, ids: t.Collection[str], unread: Unread) -> dict[str, UsedGroup]:
    """Return the groups with these ids that there are, with owners where others may change them; none where they cannot be read."""
    if not ids:
        return {}
    queries = build_value_queries(graph, "/groups", "id", sorted(ids), {"$select": _GROUP_SELECT})
    try:
        lists = list_in_batches(
            graph, "/groups", queries, intent=f"read {len(ids)} groups of policies", needs=_GROUP_NEEDS
        )
    except ApiError as exc:
        unread.note("who may change groups in policies", exc, _GROUP_NEEDS, ["unprotected_group"])
        return {}
    found = {str(wire["id"]).lower(): _read_group(wire) for wire in merge_lists(lists)}
    for group in found.values():
        if None in (group.is_role_assignable, group.is_restricted):
            reason = "Microsoft Graph does not show whether it is assignable to roles and restricted"
            unread.tell(f"who may change group {group.name}", reason, _GROUP_NEEDS, ["unprotected_group"])
    return _add_owners(graph, found, unread)


def _read_group(wire: Wire) -> UsedGroup:
    """Return a group; null stands for no, and what is not there at all is not known."""
    return UsedGroup(
        str(wire["id"]).lower(),
        str(wire.get("displayName") or wire["id"]),
        wire.get("isAssignableToRole") is True if "isAssignableToRole" in wire else None,
        wire.get("isManagementRestricted") is True if "isManagementRestricted" in wire else None,
        "DynamicMembership" in get_texts(wire, "groupTypes"),
        wire.get("onPremisesSyncEnabled") is True,
    )


def _add_owners(graph: GraphClient, groups: dict[str, UsedGroup], unread: Unread) -> dict[str, UsedGroup]:
    # Owners change the members of a group that is assignable to roles as well.
    open_groups = sorted(key for key, group in groups.items() if not group.is_restricted)
    if not open_groups:
        return groups
    requests = [ReadRequest(f"/groups/{quote_segment(key)}/owners", build_relation_params()) for key in open_groups]
    try:
        answers = read_in_batches(
            graph, requests, intent=f"list the owners of {len(open_groups)} groups", needs=_GROUP_NEEDS
        )
    except ApiError as exc:
        unread.note("owners of groups in policies", exc, _GROUP_NEEDS, ["unprotected_group"])
        return groups
    owned = dict(groups)
    for key, rows in zip(open_groups, t.cast("list[list[Wire]]", answers), strict=True):
        graph.known_objects.learn(rows)
        group = groups[key]
        owned[key] = UsedGroup(
            group.object_id,
            group.name,
            group.is_role_assignable,
            group.is_restricted,
            group.is_dynamic,
            group.is_synced,
            tuple(list_ids(rows)),
        )
    return owned


def find_applications(
    graph: GraphClient, asked: t.Sequence[str], option: str
) -> tuple[list[Application], list[Problem]]:
    """Return the applications that people name by application id, object id or display name, and a problem for each that is not clear.

    The object id is that of the service principal. Raises ApiError.
    """
    if not asked:
        return [], []
    ids = sorted({text.lower() for text in asked if is_guid(text)})
    names = sorted({text for text in asked if not is_guid(text)})
    listed = _list_principals(graph, {"appId": ids, "id": ids, "displayName": names})
    found: dict[str, Application] = {}
    problems: list[Problem] = []
    for index, text in enumerate(asked):
        where = f"{option}[{index}]"
        if is_guid(text):
            matching = [
                wire for wire in listed if text.lower() in (str(wire.get("appId")).lower(), str(wire["id"]).lower())
            ]
        else:
            matching = filter_by_name(listed, "displayName", text)
            warn_of_lookalikes(graph.ctx, "application", listed, text)
        if len(matching) == 1:
            application = _build_application(graph, matching[0])
            found[application.app_id] = application
        elif matching:
            told = ", ".join(sorted(str(wire.get("appId")) for wire in matching))
            message = f"{len(matching)} applications have the display name {text!r}: give one of the ids {told}"
            problems.append(describe_problem(where, message))
        else:
            near = describe_lookalikes(listed, "displayName", text)
            near += explain_id(graph, text, "servicePrincipal", "app_id") if is_guid(text) else ""
            problems.append(
                describe_problem(where, f"no application {text!r} has a service principal in the tenant{near}")
            )
    return sorted(found.values(), key=lambda application: application.app_id), problems


def read_named_principals(graph: GraphClient, ids: t.Collection[str], unread: Unread) -> dict[str, Application]:
    """Return the service principals with these object ids; none where they cannot be read."""
    if not ids:
        return {}
    try:
        listed = _list_principals(graph, {"id": sorted(ids)})
    except ApiError as exc:
        unread.note("service principals in policies", exc, _APPLICATION_NEEDS, ["covers_no_workload_identity"])
        return {}
    return {str(wire["id"]).lower(): _build_application(graph, wire) for wire in listed}


def _list_principals(graph: GraphClient, wanted: t.Mapping[str, t.Sequence[str]]) -> list[Wire]:
    """Return the service principals that have one of the values in a member, each once."""
    params = {"$select": _APPLICATION_SELECT}
    path = "/servicePrincipals"
    queries = [
        query
        for member, values in wanted.items()
        if values
        for query in build_value_queries(graph, path, member, values, params)
    ]
    lists = list_in_batches(graph, path, queries, intent="find applications", needs=_APPLICATION_NEEDS)
    return list({str(wire["id"]): wire for wire in merge_lists(lists)}.values())


def _build_application(graph: GraphClient, wire: Wire) -> Application:
    tenant = str(graph.read_token_claims().get("tid") or "").lower()
    owner, audience = wire.get("appOwnerOrganizationId"), wire.get("signInAudience")
    return Application(
        str(wire.get("appId")).lower(),
        str(wire["id"]).lower(),
        str(wire.get("displayName") or wire.get("appId")),
        str(wire.get("servicePrincipalType") or ""),
        str(owner).lower() == tenant if owner and tenant else None,
        audience == "AzureADMyOrg" if audience else None,
    )
