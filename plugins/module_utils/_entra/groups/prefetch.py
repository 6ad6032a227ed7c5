# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The reads that planning many groups needs, in few requests."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError, NotFound
from ..._core.names import find_appearances, fold_case, list_unicode_forms
from ..._core.values import is_guid
from ..batches import ReadRequest, Wire, build_value_queries, list_in_batches, read_in_batches
from ..paging import merge_lists
from ..prefetching import PrefetchingGraph
from ..principals import PrincipalLookup, find_unknown_ids, list_user_names
from ..relations import list_ids
from .lookup import (
    READ_NEEDS,
    SELECT,
    build_id_path,
    build_name_query,
    build_relation_query,
    build_unique_name_path,
    find_group,
)
from .plan import RELATIONS

_SELECTED = {"$select": SELECT}

Options: t.TypeAlias = t.Mapping[str, t.Any]


def prefetch_groups(graph: PrefetchingGraph, principals: PrincipalLookup, items: t.Sequence[Options]) -> None:
    """Read what planning the groups of *items* (options of each) asks *graph* and *principals* for, and keep it there.

    What is missing is asked for when it is needed, so that what is wrong with one group is told where that group is planned.
    Raises ApiError.
    """
    _prefetch_by_key(graph, items)
    unknown = [item for item in items if not item.get("object_id") and item.get("unique_name")]
    _prefetch_by_name(graph, [item for item in unknown if _find_group(graph, item, by_key=True) is None])
    found = [(item, _find_group(graph, item)) for item in items if item["state"] == "present"]
    listed = _prefetch_relations(graph, [(item, wire) for item, wire in found if wire is not None])
    for wires in listed.values():
        principals.learn_users(wires)
    names = [name for item, dummy in found for relation in RELATIONS for name in item.get(relation) or ()]
    principals.find_users(list_user_names(names))
    object_ids = {str(item["object_id"]).lower() for item in items if _is_gone(graph, item)}
    for item, wire in found:
        given = {relation: item.get(relation) for relation in RELATIONS}
        of_group = str(wire["id"]) if wire else ""
        known = {relation: list_ids(listed.get((of_group, relation), ())) for relation in RELATIONS}
        object_ids.update(find_unknown_ids(graph, given, known))
    if object_ids:
        principals.remember_existing_ids(object_ids)


def _is_gone(graph: PrefetchingGraph, item: Options) -> bool:
    """Return True for a group that is to be absent and whose object id no group has: something else may."""
    is_by_id = item["state"] == "absent" and is_guid(item.get("object_id"))
    return is_by_id and _find_group(graph, item) is None


def _prefetch_by_key(graph: PrefetchingGraph, items: t.Sequence[Options]) -> None:
    """Read the groups by the first key that each of *items* gives."""
    ids = {str(item["object_id"]) for item in items if is_guid(item.get("object_id"))}
    keyless = [item for item in items if not item.get("object_id")]
    paths = sorted({build_unique_name_path(item["unique_name"]) for item in keyless if item.get("unique_name")})
    names = {item["display_name"] for item in keyless if not item.get("unique_name")}
    by_id = build_value_queries(graph, "/groups", "id", sorted({item.lower() for item in ids}), _SELECTED)
    by_name = _build_name_queries(graph, names)
    requests = [ReadRequest(path, _SELECTED, is_list=False) for path in paths]
    requests += [ReadRequest("/groups", query) for query in (*by_id, *by_name)]
    answers = read_in_batches(graph, requests, intent=f"find {len(items)} groups", needs=READ_NEEDS)
    for path, answer in zip(paths, answers, strict=False):
        graph.keep_answer(path, _SELECTED, answer)
    lists = t.cast("list[list[Wire]]", answers[len(paths) :])
    shown = {str(wire["id"]).lower(): wire for listed in lists[: len(by_id)] for wire in listed}
    for object_id in ids:
        wire, path = shown.get(object_id.lower()), build_id_path(object_id)
        # One of this run that is not shown is not known everywhere yet: it is waited for when it is needed.
        if wire is not None or not graph.is_awaited(path):
            graph.keep_answer(path, _SELECTED, wire)
    _keep_names(graph, names, merge_lists(lists[len(by_id) :]))


def _prefetch_by_name(graph: PrefetchingGraph, items: t.Sequence[Options]) -> None:
    """Read the groups of the display names of *items*, whose unique names are of no group."""
    names = {item["display_name"] for item in items if item.get("display_name")}
    queries = _build_name_queries(graph, names)
    intent = f"find groups of {len(names)} names"
    lists = list_in_batches(graph, "/groups", queries, intent=intent, needs=READ_NEEDS)
    _keep_names(graph, names, merge_lists(lists))


def _build_name_queries(graph: PrefetchingGraph, names: t.Iterable[str]) -> list[dict[str, str]]:
    forms = {fold_case(form): form for name in names for form in list_unicode_forms(name)}
    return build_value_queries(graph, "/groups", "displayName", sorted(forms.values()), _SELECTED)


def _keep_names(graph: PrefetchingGraph, names: t.Iterable[str], shown: t.Sequence[Wire]) -> None:
    """Keep for each name the groups that have it, and those whose name only looks equal, which are told."""
    # Names that are the same look equal, too: each is compared with those that look like it alone.
    seen: dict[str, set[int]] = {}
    for index, wire in enumerate(shown):
        for appearance in find_appearances(str(wire.get("displayName") or "")):
            seen.setdefault(appearance, set()).add(index)
    for name in names:
        alike = sorted({index for appearance in find_appearances(name) for index in seen.get(appearance, ())})
        graph.keep_answer("/groups", build_name_query(name), [shown[index] for index in alike])


def _find_group(graph: PrefetchingGraph, item: Options, by_key: bool = False) -> Wire | None:
    """Return the group of *item*, None when there is none, or none that can be used: planning says why."""
    options = {**item, "display_name": None} if by_key else item
    try:
        return find_group(graph, options)
    except ConfigError:
        return None


def _prefetch_relations(
    graph: PrefetchingGraph, found: t.Sequence[tuple[Options, Wire]]
) -> dict[tuple[str, str], list[Wire]]:
    """Read the members and owners that are managed, and return them by group id and relation; none where a group is not known yet."""
    wanted = [(str(wire["id"]), name) for item, wire in found for name in RELATIONS if item.get(name) is not None]
    wanted = list(dict.fromkeys(wanted))
    requests = [ReadRequest(*build_relation_query(object_id, relation)) for object_id, relation in wanted]
    intent = f"list members and owners of {len(found)} groups"
    try:
        answers = t.cast("list[list[Wire]]", read_in_batches(graph, requests, intent=intent, needs=READ_NEEDS))
    except NotFound:
        return {}  # of a group that was shown: planning waits for the replica that lags
    for request, answer in zip(requests, answers, strict=True):
        graph.keep_answer(request.path, request.params, answer)
    return dict(zip(wanted, answers, strict=True))
