# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What of Entra ID a variables document names, for a snapshot: what it declares is looked for, too, where no CommCell refers to it yet. Pure."""

from __future__ import annotations

import typing as t

from .access_log import list_logged_subjects
from .declared_access import is_gone
from .filter_values import require_list, require_mapping, require_mappings, to_text

Mapping = t.Mapping[str, t.Any]

_GROUP_KEYS = ("object_id", "unique_name", "display_name", "name")


def list_snapshot_subjects(variables: t.Any) -> dict[str, list[str]]:
    """Return ``applications`` and ``groups`` of a variables document, by id or name, each once. What is to be absent is left out.

    *variables*: the evaluated variables by name. Raises FilterInputError.
    """
    given = require_mapping(variables, "the variables")
    registered = require_mapping(given.get("cvops_application"), "cvops_application")
    kept = {name: value for name, value in given.items() if name != "cvops_application" or not is_gone(registered)}
    applications = list_logged_subjects(kept)["applications"]
    for credential in _list_present(given, "cvops_commvault_credentials"):
        applications.append(to_text(credential.get("azure_application_id") or ""))
    groups = [_get_name(group) for group in _list_present(given, "cvops_entra_groups")]
    for mapping in _list_present(given, "cvops_role_mappings"):
        groups.append(_get_name(require_mapping(mapping.get("principal"), "principal").get("entra_group")))
    glass = require_mapping(given.get("cvops_break_glass"), "cvops_break_glass")
    groups += [to_text(name) for name in require_list(glass.get("entra_groups"), "entra_groups")]
    return {"applications": _unite(applications), "groups": _unite(groups)}


def _list_present(variables: Mapping, name: str) -> list[Mapping]:
    """Return the items of the list *name* that are not to be absent."""
    return [item for item in require_mappings(variables.get(name), name) if not is_gone(item)]


def _get_name(group: t.Any) -> str:
    """Return by what a group is looked for: its id where it is given, else the name that does not change, else its name."""
    if isinstance(group, t.Mapping):
        return next((to_text(group[key]) for key in _GROUP_KEYS if group.get(key)), "")
    return to_text(group or "")


def _unite(names: t.Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.strip()]
