# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a variables document declares: which items are meant where, and which rights it takes to do it."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.names import matches_any_pattern

from .filter_values import UnexpectedForm, as_list, as_mapping, mappings_in, text_of

Item = t.Mapping[t.Any, t.Any]

_STATES = ("present", "absent")
#: Graph permissions of the scheduled playbooks, least first.
_READ_GROUPS, _READ_USERS, _CREATE_GROUPS = "GroupMember.Read.All", "User.Read.All", "Group.Create"
_OWN_APPLICATIONS = "Application.ReadWrite.OwnedBy"


def items_in_state(items: t.Any, state: str) -> list[t.Any]:
    """Return the items whose ``state`` this is, equal ones once; ``present`` are all that do not say ``absent``."""
    if state not in _STATES:
        raise UnexpectedForm(f"the state must be one of {', '.join(_STATES)}")
    found: list[t.Any] = []
    for item in mappings_in(items, "the list"):
        if (item.get("state") == "absent") == (state == "absent") and item not in found:
            found.append(item)
    return found


def covers_commcell(patterns: t.Any, commcell: t.Any) -> bool:
    """Return True when one of the name patterns matches the CommCell, case apart, or when there are none."""
    listed, name = [text_of(pattern) for pattern in as_list(patterns, "commcells")], text_of(commcell)
    return not listed or name in listed or matches_any_pattern(name, listed)


def find_uses(document: t.Any) -> list[str]:
    """Return what the variables document asks for, as option ``uses`` of connection_info takes it; empty when there is no document.

    *document*: its variables by name; null for one that is not defined.
    """
    given = as_mapping(document, "the document")
    application = _application(given)
    groups = _groups(given)
    asked = {
        "application": given.get("cvops_application") is not None,
        "consent": _is_true(application.get("grant_admin_consent")),
        "entra_groups": bool(groups),
        "user_names": bool(_user_names([*_listed(groups, "members"), *_owners(application)])),
        "group_names": bool(_looked_up(given, groups)),
        "commvault_roles": bool(as_list(given.get("cvops_commvault_roles"), "cvops_commvault_roles")),
        "role_mappings": given.get("cvops_role_mappings") is not None,
    }
    return [name for name, needed in asked.items() if needed]


def find_permissions(document: t.Any) -> list[dict[str, t.Any]]:
    """Return the Graph permissions that the scheduled playbooks need for the variables document, as option ``api_permissions`` takes them.

    All of them when the document does not say what it is about. *document* as in :func:`find_uses`.
    """
    given = as_mapping(document, "the document")
    application = _application(given)
    groups = [group for group in _groups(given) if "state" not in group]
    names = [*_listed(groups, "members"), *_listed(groups, "owners"), *_owners(application)]
    needed = {
        _READ_GROUPS: bool(groups or _mapped(given)),
        _READ_USERS: bool(_user_names(names)),
        _CREATE_GROUPS: bool(groups),
        _OWN_APPLICATIONS: bool(application),
    }
    return [{"api": "Microsoft Graph", "application": [name for name in needed if needed[name]] or list(needed)}]


def graph_permissions(api_permissions: t.Any) -> list[str]:
    """Return the application permissions of Microsoft Graph among *api_permissions*."""
    return [
        name
        for item in mappings_in(api_permissions, "api_permissions")
        if item.get("api") == "Microsoft Graph"
        for name in as_list(item.get("application"), "application")
    ]


def lacking_permissions(api_permissions: t.Any, held: t.Any) -> list[str]:
    """Return those of :func:`graph_permissions` that are not *held*, each once."""
    present = as_list(held, "permissions")
    return [name for name in dict.fromkeys(graph_permissions(api_permissions)) if name not in present]


def removes_owner(items: t.Any, object_id: t.Any) -> bool:
    """Return True when one of the *items* would take away the ownership of this id: ``exclusive``, with ``owners`` that lack it."""
    return any(
        item.get("exclusive") and "owners" in item and object_id not in as_list(item["owners"], "owners")
        for item in mappings_in(items, "the list")
    )


def _application(document: Item) -> Item:
    return next(iter(_mappings([document.get("cvops_application")])), {})


def _groups(document: Item) -> list[Item]:
    return _mappings(document.get("cvops_entra_groups"))


def _mapped(document: Item) -> list[t.Any]:
    """The Entra groups of the mapping, as it names them."""
    principals = _mappings([entry.get("principal") for entry in _mappings(document.get("cvops_role_mappings"))])
    return [principal["entra_group"] for principal in principals if principal.get("entra_group")]


def _mappings(value: t.Any) -> list[Item]:
    """The mappings in a list. What is none is for the module that takes it to refuse; here it asks for nothing."""
    listed = value if isinstance(value, (list, tuple)) else []
    return [item for item in listed if isinstance(item, t.Mapping)]


def _looked_up(document: Item, groups: list[Item]) -> list[t.Any]:
    """Names of mapped groups that have to be looked up: without object id, and not known by name because the document creates them."""
    mapped = _mapped(document)
    texts = [group for group in mapped if isinstance(group, str)]
    named = [group.get("name") for group in mapped if isinstance(group, t.Mapping) and "object_id" not in group]
    created = {text_of(group.get("display_name")) for group in groups}
    return [name for name in (*texts, *named) if text_of(name) not in created]


def _listed(items: list[Item], name: str) -> list[t.Any]:
    return [value for item in items for value in as_list(item.get(name), name)]


def _owners(application: Item) -> list[t.Any]:
    return as_list(application.get("owners"), "owners")


def _user_names(names: list[t.Any]) -> list[t.Any]:
    """Those that are no object ids."""
    return [name for name in names if "@" in text_of(name)]


def _is_true(value: t.Any) -> bool:
    """As Jinja's filter ``bool`` of Ansible reads it."""
    return value in (True, 1) or text_of(value).lower() in ("yes", "on", "1", "true")
