# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Finding one security group by object id, unique name or unambiguous display name, and listing its members or owners."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.addresses import quote_segment
from ..._core.errors import AmbiguousMatch, ApiError, ConfigError
from ..._core.names import is_same_name
from ..._core.values import is_guid
from ..client import GraphClient, build_name_filter, filter_by_name, find_by_unique_name, format_alternate_key
from ..id_holders import explain_id, refuse_other_kind
from ..lookalikes import describe_lookalikes, warn_of_lookalikes
from ..principals import PrincipalLookup
from ..references import build_relation_params, list_relation

#: What one read of a group has to bring.
SELECT = "id,displayName,uniqueName,mailNickname,description,securityEnabled,groupTypes,onPremisesSyncEnabled"
#: Graph permissions that reading groups takes, least first.
READ_NEEDS = ("GroupMember.Read.All", "Group.Read.All")

Wire = dict[str, t.Any]


def find_group(graph: GraphClient, options: t.Mapping[str, t.Any]) -> Wire | None:
    """Return the group that object_id, unique_name or an unambiguous display_name names, or None.

    A group that has the display name but not the unique name is never adopted. Raises AmbiguousMatch, and ConfigError for a group
    that is no security group.
    """
    wire = _find_any_group(graph, options)
    if wire is not None and not wire.get("securityEnabled", True):
        raise ConfigError(
            f"Group {wire.get('displayName')} ({wire.get('id')}) is not a security group, so this task does not change it"
        )
    return wire


def _find_any_group(graph: GraphClient, options: t.Mapping[str, t.Any]) -> Wire | None:
    object_id, unique_name = options.get("object_id"), options.get("unique_name")
    if object_id:
        if not is_guid(object_id):
            raise ConfigError(f"object_id: {object_id!r} is not a GUID", source="option object_id")
        return _read_group(graph, build_id_path(object_id), object_id)
    if unique_name:
        wire = _read_group(graph, build_unique_name_path(unique_name), unique_name)
        if wire is not None:
            _check_unique_name(wire, unique_name)
        if wire is not None or not options.get("display_name"):
            return wire
    named = list_groups_named(graph, options["display_name"])
    own = find_by_unique_name(named, unique_name)
    if own is not None:
        return own
    if unique_name and named:
        raise AmbiguousMatch(
            f"No group has the unique name {unique_name}, but {len(named)} already have the display name {options['display_name']}"
            f" ({_join_ids(named)}): give object_id to manage one of them, or choose another display_name",
            candidates=[item["id"] for item in named],
        )
    if len(named) > 1:
        raise AmbiguousMatch(
            f"{len(named)} groups have the display name {options['display_name']} ({_join_ids(named)}): give object_id or unique_name",
            candidates=[item["id"] for item in named],
        )
    return named[0] if named else None


def refuse_unknown_id(graph: GraphClient, options: t.Mapping[str, t.Any], principals: PrincipalLookup) -> None:
    """Raise ConfigError for the option object_id, which no group has; with state absent only where something else has it.

    *principals*: what was asked before, so that the groups of a list that are gone already are asked for together.
    """
    object_id = options.get("object_id")
    if not object_id:
        return
    if options.get("state") == "absent":
        with contextlib.suppress(ApiError):
            if principals.find_existing_ids([object_id.lower()]):
                refuse_other_kind(graph, object_id, "group", "object_id", "object_id")
        return
    told = explain_id(graph, object_id, "group") or "; leave object_id out to create one"
    raise ConfigError(f"No group has the object id {object_id}{told}", source="option object_id")


def build_id_path(object_id: str) -> str:
    """Return the path of the group with this object id."""
    return f"/groups/{quote_segment(object_id)}"


def build_unique_name_path(unique_name: str) -> str:
    """Return the path of the group with this unique name."""
    return f"/groups{format_alternate_key('uniqueName', unique_name)}"


def _read_group(graph: GraphClient, path: str, asked: str) -> Wire | None:
    return graph.get(path, intent=f"read group {asked}", needs=READ_NEEDS, params={"$select": SELECT})


def _check_unique_name(wire: t.Mapping[str, t.Any], unique_name: str) -> None:
    """Raise ConfigError for a group whose unique name only looks equal: Graph's key compares more loosely than we do."""
    has = str(wire.get("uniqueName") or unique_name)
    if not is_same_name(has, unique_name):
        told = describe_lookalikes([wire], "uniqueName", unique_name) or f", but {has!r}, which is another name"
        raise ConfigError(f"No group has the unique name {unique_name!r}{told}", source="option unique_name")


def build_name_query(name: str) -> dict[str, str]:
    """Return the parameters of the list of groups of this display name."""
    return {"$filter": build_name_filter(name), "$select": SELECT}


def list_groups_named(graph: GraphClient, name: str) -> list[Wire]:
    """Return all groups of exactly this display name, letter case apart; warn of others that Graph gives for it."""
    params = build_name_query(name)
    found = graph.list("/groups", intent=f"find groups named {name}", needs=READ_NEEDS, params=params)
    warn_of_lookalikes(graph.ctx, "group", found, name)
    return filter_by_name(found, "displayName", name)


def read_group_relation(graph: GraphClient, object_id: str, relation: str) -> list[Wire]:
    """Return the group's direct ``members`` or ``owners``: their ids and names."""
    path, dummy = build_relation_query(object_id, relation)
    return list_relation(graph, path, intent=f"list {relation} of group {object_id}", needs=READ_NEEDS)


def build_relation_query(object_id: str, relation: str) -> tuple[str, dict[str, str]]:
    """Return path and parameters of the list of the group's ``members`` or ``owners``."""
    return f"{build_id_path(object_id)}/{relation}", build_relation_params()


def _join_ids(found: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    return ", ".join(str(item["id"]) for item in found)
