# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Object ids of groups as people type them: which of them are groups, which are none, and whether Graph could be asked at all."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.errors import ApiError, ConfigError, CvopsError, MissingLibrary
from ..batches import build_value_queries, list_in_batches
from ..client import GraphClient

_NEEDS = ("GroupMember.Read.All",)

Wire = dict[str, t.Any]


@dataclass(frozen=True)
class GroupIdCheck:
    """What Graph says of object ids, all in lower case.

    ``found``: the groups by object id; ``missing``: ids that no group has. ``failure``: why Graph could not be asked, None when it
    was; an id that is neither found nor missing is not verified then.
    """

    found: t.Mapping[str, Wire] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    failure: CvopsError | None = None


def check_group_ids(connect: t.Callable[[], GraphClient], object_ids: t.Iterable[str], select: str) -> GroupIdCheck:
    """Look for the groups with these ids, many in one request; without ids nothing is asked, and *connect* is not called.

    A group that this run has created counts as there although a replica may not know it yet. No sign-in to Graph, no answer and a
    refusal are no error: they become ``failure``.
    """
    wanted = sorted({object_id.lower() for object_id in object_ids})
    if not wanted:
        return GroupIdCheck()
    try:
        graph = connect()
        found = _read_groups(graph, wanted, select)
    except (ApiError, ConfigError, MissingLibrary) as exc:
        return GroupIdCheck(failure=exc)
    unknown = (object_id for object_id in wanted if object_id not in found)
    return GroupIdCheck(
        found, frozenset(object_id for object_id in unknown if not graph.recent_objects.contains_any([object_id]))
    )


def _read_groups(graph: GraphClient, wanted: t.Sequence[str], select: str) -> dict[str, Wire]:
    queries = build_value_queries(graph, "/groups", "id", wanted, {"$select": select})
    lists = list_in_batches(graph, "/groups", queries, intent="verify object ids of Entra groups", needs=_NEEDS)
    return {str(item["id"]).lower(): item for listed in lists for item in listed}
