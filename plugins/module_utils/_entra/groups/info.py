# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_group_info: one group by its key, or all that a name, a prefix or a filter selects."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError
from ..._core.names import fold_case, has_prefix
from ..._core.values import is_guid
from ..batches import ReadRequest, Wire, build_value_queries, list_in_batches, read_in_batches
from ..client import GraphClient, filter_by_name, quote_literal
from ..id_holders import MOST_EXPLAINED, explain_id
from ..paging import merge_lists
from ..principals import PrincipalLookup
from ..relations import list_ids
from .lookup import READ_NEEDS, SELECT, build_id_path, build_relation_query, build_unique_name_path
from .plan import RELATIONS, canonical_group

Group = dict[str, t.Any]


def describe_group(wire: t.Mapping[str, t.Any]) -> Group:
    """Return a group of Graph under our names; ``security_enabled`` tells those that access can be given to."""
    return {**canonical_group(wire), "security_enabled": bool(wire.get("securityEnabled"))}


def build_group_filter(options: t.Mapping[str, t.Any]) -> str | None:
    """Return the $filter that the options mean; None for all groups."""
    if options.get("display_name"):
        return f"displayName eq {quote_literal(options['display_name'])}"
    if options.get("prefix"):
        return f"startswith(displayName,{quote_literal(options['prefix'])})"
    condition: str | None = options.get("filter")
    return condition


def find_groups(ctx: Context) -> list[Group]:
    """Return the selected groups, sorted by display name and object id; none is no error.

    With the option ``members`` each has the object ids of its direct members, and what Graph tells of them; with ``owners`` those of its owners.
    """
    graph, options = GraphClient(ctx), ctx.options
    found = [describe_group(wire) for wire in _read_groups(graph, options)]
    found.sort(key=lambda group: (fold_case(group["display_name"] or ""), str(group["object_id"])))
    for relation in RELATIONS:
        if options.get(relation):
            requests = [ReadRequest(*build_relation_query(str(group["object_id"]), relation)) for group in found]
            intent = f"list the {relation} of {len(found)} groups"
            answers = t.cast("list[list[Wire]]", read_in_batches(graph, requests, intent=intent, needs=READ_NEEDS))
            described = (_describe_relation(graph, relation, listed) for listed in answers)
            found = [{**group, **told} for group, told in zip(found, described, strict=True)]
    return found


def _describe_relation(graph: GraphClient, relation: str, listed: t.Sequence[Wire]) -> dict[str, t.Any]:
    ids = list_ids(listed)
    if relation == "owners":
        return {"owners": ids}
    graph.known_objects.learn(listed)
    return {"members": ids, "member_details": [graph.known_objects.describe(object_id) for object_id in ids]}


def _read_groups(graph: GraphClient, options: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    if options.get("object_ids") is not None:
        return _read_groups_by_id(graph, options["object_ids"])
    object_id, unique_name = options.get("object_id"), options.get("unique_name")
    if object_id and not is_guid(object_id):
        raise ConfigError(f"object_id: {object_id!r} is not a GUID", source="option object_id")
    if object_id or unique_name:
        path = build_id_path(object_id) if object_id else build_unique_name_path(str(unique_name))
        intent = f"read group {object_id or unique_name}"
        wire = graph.get(path, intent=intent, needs=READ_NEEDS, params={"$select": SELECT})
        if wire is None and object_id:
            _warn_of_other_kinds(graph, [object_id], "object_id")
        return [wire] if wire is not None else []
    params = {"$select": SELECT, "$top": "999"}
    condition = build_group_filter(options)
    if condition:
        params["$filter"] = condition
    found = graph.list("/groups", intent="list groups", needs=READ_NEEDS, params=params)
    if options.get("display_name"):
        return filter_by_name(found, "displayName", options["display_name"])
    if options.get("prefix"):
        return [wire for wire in found if has_prefix(str(wire.get("displayName") or ""), options["prefix"])]
    return found


def _read_groups_by_id(graph: GraphClient, object_ids: t.Sequence[str]) -> list[Wire]:
    """Return the groups of these object ids that exist, many in one request. Raises ConfigError for what is no id."""
    for index, object_id in enumerate(object_ids):
        if not is_guid(object_id):
            raise ConfigError(f"object_ids[{index}]: {object_id!r} is not a GUID", source="option object_ids")
    wanted = sorted({object_id.lower() for object_id in object_ids})
    queries = build_value_queries(graph, "/groups", "id", wanted, {"$select": SELECT})
    lists = list_in_batches(graph, "/groups", queries, intent=f"read {len(wanted)} groups", needs=READ_NEEDS)
    found = merge_lists(lists)
    shown = {str(wire["id"]).lower() for wire in found}
    missing = [object_id for object_id in wanted if object_id not in shown]
    with contextlib.suppress(
        ApiError
    ):  # only whether there is something to explain: those that are gone are asked for at once
        lookup = PrincipalLookup(graph)
        _warn_of_other_kinds(graph, sorted(lookup.find_existing_ids(missing)), "object_ids")
    return found


def _warn_of_other_kinds(graph: GraphClient, object_ids: t.Sequence[str], option: str) -> None:
    """Warn of the first ids, which no group has, that are of something else."""
    for object_id in object_ids[:MOST_EXPLAINED]:
        if told := explain_id(graph, object_id, "group"):
            graph.ctx.warn(f"{option}: no group has the object id {object_id}{told}")
