# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Sums over registered results of tasks, and values that later tasks take from them."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case

from .filter_values import FilterInputError, require_list, require_mapping, require_mappings, to_text

Mapping = t.Mapping[str, t.Any]

_COUNTED = ("reads", "writes", "sign_ins")
_SECONDS = ("waited_s", "throttled_s")


def sum_results(results: t.Any, seconds: bool = False) -> dict[str, t.Any]:
    """Return ``changed``, and the sums ``reads``, ``writes`` and ``sign_ins``, over registered results.

    *seconds*: also ``waited_s``, and ``throttled_s``, those of them that were waited since a service had answered "too many requests".
    Results of loops count with each of their items, sums made by this function with what they say; skipped tasks and what is empty are left out.
    Raises FilterInputError for what is no result.
    """
    counted = [found for result in require_mappings(results, "results") for found in _list_counts(result)]
    sums: dict[str, t.Any] = {"changed": any(changed for changed, dummy in counted)}
    for name in _COUNTED:
        sums[name] = sum(_get_count(stats, name) for dummy, stats in counted)
    for name in _SECONDS if seconds else ():
        sums[name] = round(sum(_get_seconds(stats, name) for dummy, stats in counted), 1)
    return sums


def flatten_results(results: t.Any) -> list[Mapping]:
    """Return the results with the items of loops in place of the loops."""
    found: list[Mapping] = []
    for result in require_mappings(results, "results"):
        found += require_mappings(result["results"], "results of a loop") if "results" in result else [result]
    return found


def find_group_references(results: t.Any, declared: t.Any = None) -> dict[str, t.Any]:
    """Return how later tasks know the Entra groups of the results of entra_group and entra_groups.

    ``object_ids``: object id by name, null for one that would be created; ``known``: the same without those, and without names that several
    groups have (case apart), which the mapping then reports as ambiguous; ``pending``: names of those that would be created, and of those
    which only the items of cvops_entra_groups tell, *declared*, because their task has failed.
    """
    groups = [group for result in flatten_results(results) for group in _list_groups(result, None)]
    named = [(group["display_name"], group.get("object_id")) for group in groups if group.get("display_name")]
    by_name: dict[str, list[tuple[t.Any, t.Any]]] = {}
    for name, object_id in named:
        if object_id:
            by_name.setdefault(fold_case(to_text(name)), []).append((name, object_id))
    told = {name for name, dummy in named}
    names = [item.get("display_name") for item in require_mappings(declared, "the declared groups")]
    return {
        "object_ids": dict(named),
        "known": dict(found[0] for dummy, found in sorted(by_name.items()) if len(found) == 1),
        "pending": [
            *(name for name, object_id in named if not object_id),
            *dict.fromkeys(name for name in names if name and name not in told),
        ],
    }


def choose_application_key(application: t.Any) -> dict[str, t.Any]:
    """Return how a task names an application: by ``app_id``; before it exists, as in check mode, by ``unique_name``; empty when it has neither."""
    found = require_mapping(application, "the application")
    for name in ("app_id", "unique_name"):
        if found.get(name):
            return {name: found[name]}
    return {}


def find_owned_names(objects: t.Any, object_id: t.Any) -> list[t.Any]:
    """Return the display names of those *objects* that this id owns; results of entra_group and entra_groups, loops too, count as their groups."""
    owned = [group for result in flatten_results(objects) for group in _list_groups(result, result)]
    return [
        item.get("display_name")
        for item in owned
        if object_id and object_id in require_list(item.get("owners"), "owners")
    ]


def _list_groups(result: Mapping, otherwise: t.Any) -> list[Mapping]:
    """Return the groups of a result of entra_group or entra_groups; *otherwise*: what a result of neither stands for."""
    if "groups" in result:
        return require_mappings(result["groups"], "groups")
    return [require_mapping(result.get("group", otherwise), "group")]


def _list_counts(result: Mapping) -> t.Iterator[tuple[bool, Mapping]]:
    if "results" in result:
        for item in require_mappings(result["results"], "results of a loop"):
            yield from _list_counts(item)
    elif "stats" in result:
        yield bool(result.get("changed")), require_mapping(result["stats"], "stats of a result")
    elif any(name in result for name in _COUNTED):
        yield bool(result.get("changed")), result


def _get_count(stats: Mapping, name: str) -> int:
    value = stats.get(name, 0)
    if not isinstance(value, int):
        raise FilterInputError(
            f"{name} of a result must be a number; give registered results of modules of this collection"
        )
    return int(value)


def _get_seconds(stats: Mapping, name: str) -> float:
    value = stats.get(name, 0)
    if not isinstance(value, (int, float)):
        raise FilterInputError(
            f"{name} of a result must be a number; give registered results of modules of this collection"
        )
    return float(value)
