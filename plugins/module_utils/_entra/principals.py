# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users and other directory objects as people write them: an object id, or a user principal name."""

from __future__ import annotations

import typing as t

from .._core.errors import Problems
from .._core.values import is_guid
from .client import GraphClient, segment


def object_ids(graph: GraphClient, names: t.Sequence[str] | None, option: str) -> list[str] | None:
    """Object ids for *names*, in their order without duplicates; None stays None.

    Raises Problems that lists every name that is neither a GUID nor the name of a user.
    """
    if names is None:
        return None
    found: dict[str, None] = {}
    problems = []
    for index, name in enumerate(names):
        if is_guid(name):
            found[name.lower()] = None
            continue
        where = f"{option}[{index}]"
        if "@" not in name:
            problems.append(
                {
                    "kind": "config",
                    "where": where,
                    "message": f"{name!r} is neither an object id nor a user principal name",
                }
            )
            continue
        user = graph.get(
            f"/users/{segment(name)}", intent=f"find user {name}", needs=["User.Read.All"], params={"$select": "id"}
        )
        if user is None:
            problems.append({"kind": "not_found", "where": where, "message": f"no user {name} in the tenant"})
        else:
            found[str(user["id"]).lower()] = None
    if problems:
        raise Problems(f"{len(problems)} entries of {option} cannot be used", problems)
    return list(found)
