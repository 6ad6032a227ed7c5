# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Results of tasks in the passes of the playbooks, without what no report of theirs tells: a controller keeps each of them as an event of the job."""

from __future__ import annotations

import typing as t

#: What of an Entra group that a task left as it was is told.
_OF_GROUP = ("display_name", "unique_name", "object_id", "changed", "unverified", "not_confirmed")
#: What of a role that a task left as it was is told.
_OF_ROLE = ("name", "changed", "not_confirmed")

Result = dict[str, t.Any]


def shorten_result(result: Result, keep_grants: bool = False) -> Result:
    """Return the *result* of entra_groups, commvault_roles or commvault_role_mappings without the details of what it left as it was.

    Groups and roles that it changed are whole. All grants of a mapping become their number, unless *keep_grants*; those that it added, removed, or
    found beyond the mapping stay. The result of another module, and of a task that failed, stays as it is.
    """
    if result.get("failed"):
        return result
    shortened = dict(result)
    for name, keys in (("groups", _OF_GROUP), ("roles", _OF_ROLE)):
        if isinstance(result.get(name), list):
            shortened[name] = [_shorten_item(item, keys) for item in result[name]]
    mapping = result.get("role_mappings")
    if isinstance(mapping, dict):
        shortened["role_mappings"] = told = dict(mapping)
        if isinstance(mapping.get("roles"), list):
            told["roles"] = [_shorten_item(item, _OF_ROLE) for item in mapping["roles"]]
        if isinstance(mapping.get("grants"), list) and not keep_grants:
            told["grants"] = len(mapping["grants"])
    return shortened


def _shorten_item(item: t.Any, keys: t.Sequence[str]) -> t.Any:
    """Return of an object that was left as it was these *keys*; one that was changed, or does not say, as it is."""
    if not isinstance(item, dict) or item.get("changed") is not False:
        return item
    return {name: item[name] for name in keys if name in item and item[name] != []}
