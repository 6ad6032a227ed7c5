# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Selections from a variables document: items by state and CommCell, and the permissions that the document needs."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.names import matches_any_pattern
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins, is_guid
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import GRAPH, PRESETS

from .filter_values import FilterInputError, require_list, require_mapping, require_mappings, to_text

Item = t.Mapping[t.Any, t.Any]

_STATES = ("present", "absent")
#: Graph permissions of the scheduled playbooks, least first.
_READ_GROUPS, _READ_USERS, _CREATE_GROUPS = "GroupMember.Read.All", "User.Read.All", "Group.Create"
_OWN_APPLICATIONS = "Application.ReadWrite.OwnedBy"
#: What conditional access takes beside, with names, memberships and the sign-in logs.
_CONDITIONAL_ACCESS = (
    *("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess", "Application.Read.All", _READ_GROUPS, _READ_USERS),
    *("RoleManagement.Read.Directory", "AuditLog.Read.All"),
)


def select_items_in_state(items: t.Any, state: str) -> list[t.Any]:
    """Return the items whose ``state`` this is, equal ones once; ``present`` are all that do not say ``absent``."""
    if state not in _STATES:
        raise FilterInputError(f"the state must be one of {', '.join(_STATES)}")
    # By their text, since each comparison of items as such would evaluate both of them anew, on ansible-core from 2.19 on.
    found: dict[str, t.Any] = {}
    for item in require_mappings(items, "the list"):
        if (item.get("state") == "absent") == (state == "absent"):
            found.setdefault(json.dumps(convert_to_builtins(item), sort_keys=True), item)
    return list(found.values())


def is_commcell_covered(patterns: t.Any, commcell: t.Any) -> bool:
    """Return True when one of the name patterns matches the CommCell, case apart, or when there are none."""
    listed, name = [to_text(pattern) for pattern in require_list(patterns, "commcells")], to_text(commcell)
    return not listed or name in listed or matches_any_pattern(name, listed)


def list_declared_roles(items: t.Any, commcell: t.Any = None) -> list[dict[str, t.Any]]:
    """Return those items of cvops_commvault_roles that are meant for the CommCell, as commvault_roles takes them.

    *commcell*: null for all items.
    """
    return [
        {key: value for key, value in item.items() if key != "commcells"}
        for item in require_mappings(items, "cvops_commvault_roles")
        if commcell is None or is_commcell_covered(item.get("commcells"), commcell)
    ]


def find_document_uses(document: t.Any) -> list[str]:
    """Return what the variables document asks for, as option ``uses`` of connection_info takes it; empty when there is no document.

    *document*: its variables by name; null for one that is not defined.
    """
    given = require_mapping(document, "the document")
    application = _get_application(given)
    groups = _get_groups(given)
    asked = {
        "application": given.get("cvops_application") is not None,
        "consent": _is_true(application.get("grant_admin_consent")),
        "app_role_assignments": application.get("app_role_assignments") is not None,
        "entra_groups": bool(groups),
        "user_names": bool(
            _select_user_names(
                [
                    *_collect_items(groups, "members"),
                    *_list_owners(application),
                    *_list_role_holders(application, "user"),
                ]
            )
        ),
        "group_names": bool(_list_names_to_look_up(given, groups)),
        "commvault_roles": bool(require_list(given.get("cvops_commvault_roles"), "cvops_commvault_roles")),
        "role_mappings": given.get("cvops_role_mappings") is not None,
        "conditional_access": given.get("cvops_conditional_access") is not None,
    }
    return [name for name, needed in asked.items() if needed]


def find_document_permissions(document: t.Any) -> list[dict[str, t.Any]]:
    """Return the Graph permissions that the scheduled playbooks need for the variables document, as option ``api_permissions`` takes them.

    All of them when the document does not say what it is about. *document* as in :func:`find_document_uses`.
    """
    given = require_mapping(document, "the document")
    application = _get_application(given)
    groups = [group for group in _get_groups(given) if "state" not in group]
    names = [*_collect_items(groups, "members"), *_collect_items(groups, "owners"), *_list_owners(application)]
    needed = {
        _READ_GROUPS: bool(groups or _list_mapped_groups(given)),
        _READ_USERS: bool(_select_user_names(names)),
        _CREATE_GROUPS: bool(groups),
        _OWN_APPLICATIONS: bool(application),
    }
    listed = [name for name in needed if needed[name]]
    if given.get("cvops_conditional_access") is not None:
        listed = list(dict.fromkeys([*listed, *_CONDITIONAL_ACCESS]))
    return [{"api": "Microsoft Graph", "application": listed or list(needed)}]


def list_graph_permissions(api_permissions: t.Any) -> list[str]:
    """Return the application permissions of Microsoft Graph among *api_permissions*, those of presets included, each once."""
    found: list[str] = []
    for item in require_mappings(api_permissions, "api_permissions"):
        if item.get("preset") is not None:
            found += _list_preset_permissions(to_text(item["preset"]))
        elif item.get("api") == "Microsoft Graph":
            found += require_list(item.get("application"), "application")
    return list(dict.fromkeys(found))


def _list_preset_permissions(name: str) -> list[str]:
    if name not in PRESETS:
        raise FilterInputError(f"the preset must be one of {', '.join(sorted(PRESETS))}")
    return sorted(PRESETS[name].select_names(GRAPH, "application"))


def find_lacking_permissions(api_permissions: t.Any, held: t.Any) -> list[str]:
    """Return those of :func:`list_graph_permissions` that are not *held*, each once."""
    present = require_list(held, "permissions")
    return [name for name in list_graph_permissions(api_permissions) if name not in present]


def is_owner_removed(items: t.Any, object_id: t.Any) -> bool:
    """Return True when one of the *items* would take away the ownership of this id: ``exclusive``, with ``owners`` that lack it."""
    return any(
        item.get("exclusive") and "owners" in item and object_id not in require_list(item["owners"], "owners")
        for item in require_mappings(items, "the list")
    )


def _get_application(document: Item) -> Item:
    return next(iter(_keep_mappings([document.get("cvops_application")])), {})


def _get_groups(document: Item) -> list[Item]:
    return _keep_mappings(document.get("cvops_entra_groups"))


def _list_mapped_groups(document: Item) -> list[t.Any]:
    """Return the Entra groups of the role mappings, as they are written there."""
    principals = _keep_mappings(
        [entry.get("principal") for entry in _keep_mappings(document.get("cvops_role_mappings"))]
    )
    return [principal["entra_group"] for principal in principals if principal.get("entra_group")]


def _keep_mappings(value: t.Any) -> list[Item]:
    """Return the mappings in a list, without what is none: the module that takes the list refuses that."""
    listed = value if isinstance(value, (list, tuple)) else []
    return [item for item in listed if isinstance(item, t.Mapping)]


def _list_names_to_look_up(document: Item, groups: list[Item]) -> list[t.Any]:
    """Return the names of groups, mapped or with app roles, that need a request: they have no object id, and the document does not create them."""
    holders = _list_role_holders(_get_application(document), "group")
    mapped = [*_list_mapped_groups(document), *(name for name in holders if not is_guid(name))]
    texts = [group for group in mapped if isinstance(group, str)]
    named = [group.get("name") for group in mapped if isinstance(group, t.Mapping) and "object_id" not in group]
    created = {to_text(group.get("display_name")) for group in groups}
    return [name for name in (*texts, *named) if to_text(name) not in created]


def _collect_items(items: list[Item], name: str) -> list[t.Any]:
    return [value for item in items for value in require_list(item.get(name), name)]


def _list_owners(application: Item) -> list[t.Any]:
    return require_list(application.get("owners"), "owners")


def _list_role_holders(application: Item, kind: str) -> list[t.Any]:
    """Return those that hold app roles as *kind*, such as ``user``, as they are written in the document."""
    assigned = next(iter(_keep_mappings([application.get("app_role_assignments")])), {})
    return [entry[kind] for entry in _keep_mappings(assigned.get("assignments")) if entry.get(kind) is not None]


def _select_user_names(names: list[t.Any]) -> list[t.Any]:
    """Return the *names* that are user principal names."""
    return [name for name in names if "@" in to_text(name)]


def _is_true(value: t.Any) -> bool:
    """Return True for what Ansible's filter ``bool`` takes for true."""
    return value in (True, 1) or to_text(value).lower() in ("yes", "on", "1", "true")
