# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Built-in roles of a CommCell, and the custom roles that the variables document defines."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import CATEGORY_BY_NAME, PERMISSION_BY_NAME
from cvops_simulator.commvault.model import Role
from cvops_simulator.core.names import fold_case
from cvops_simulator.seeds.ids import Ids
from cvops_simulator.seeds.profile import Profile

_Definition = tuple[str, str, tuple[str, ...], tuple[str, ...]]

#: Name, description, permissions, categories. Master holds everything by being role 1.
_BUILT_IN: tuple[_Definition, ...] = (
    ("Master", "Administrative role", (), ()),
    ("View", "Sees entities and their jobs", ("View",), ()),
    (
        "Client Admins",
        "Administration of servers",
        ("View", "Browse", "In Place Recover", "Out-of-Place Recover", "Job Management"),
        ("Client",),
    ),
    ("Compliance", "Compliance officer", ("View",), ("Compliance",)),
    ("End User", "Restores own data", ("View", "Browse", "In Place Recover"), ()),
    ("VM Owner", "Owner of virtual machines", ("View", "Browse", "In Place Recover", "Full Machine Recovery"), ()),
    ("Data Controller", "Owner of data sources", ("View", "File Analytics"), ("Compliance",)),
)

#: Order matters: a smaller set takes the first ones.
_CUSTOM: tuple[_Definition, ...] = (
    (
        "Backup Operator",
        "Runs and repeats backups, no restores",
        ("View", "Data Protection/Management Operations", "Agent Scheduling", "Job Management"),
        (),
    ),
    (
        "Restore Operator",
        "First-line restores to the original or another place",
        ("View",),
        ("Restore",),
    ),
    (
        "Backup Administrator",
        "Everything about the servers, plans and schedules of one scope",
        ("View", "Job Management", "Use Storage Policy"),
        ("Client", "Plan", "Schedule Policy"),
    ),
    ("Access Auditor", "Reads settings, jobs and the audit trail", ("View", "Report Management", "Audit"), ()),
    (
        "Platform Administrator",
        "Runs the backup platform; no user management",
        ("View", "Administrative Management", "License Management", "Job Management", "Report Management"),
        ("Client", "Client Group", "Plan", "Storage Management", "Schedule Policy", "Alert", "Workflow"),
    ),
    (
        "Identity Automation",
        "Converges users, groups, roles and associations",
        ("View",),
        ("User Management", "Credential Manager"),
    ),
    ("Plan Manager", "Edits and assigns plans", ("View", "Job Management"), ("Plan",)),
    (
        "Storage Operator",
        "Looks after storage pools",
        ("View", "MediaAgent Management", "Library Management", "Use Storage Policy"),
        (),
    ),
    ("Restore Approver", "Approves restores that others request", ("View", "Approve Restore", "Execute Workflow"), ()),
    ("Alert Manager", "Maintains alerts", ("View",), ("Alert",)),
    ("Report Author", "Builds and schedules reports", ("View", "Report Management"), ()),
    ("Schedule Manager", "Maintains schedule policies", ("View", "Agent Scheduling"), ("Schedule Policy",)),
    (
        "Database Restore Operator",
        "Restores databases in place",
        ("View", "Browse", "In Place Recover", "Overwrite on Restore"),
        (),
    ),
    ("Mailbox Restore Operator", "Restores mailboxes", ("View", "Browse", "Live Browse", "Download"), ()),
    ("Workflow Author", "Builds workflows", ("View",), ("Workflow",)),
    ("Credential User", "May use stored credentials", ("View", "User Credential"), ()),
    ("Server Onboarding", "Installs agents and adds servers", ("View", "Install Package/Update", "Create Client"), ()),
    ("Legal Hold Officer", "Runs searches and legal holds", ("View",), ("Compliance",)),
)

#: Custom roles that replace a built-in one as soon as a set has them.
TIER_ROLES = {
    "Admin": ("Backup Administrator", "Client Admins"),
    "Operator": ("Backup Operator", "Backup Operator"),
    "Restore": ("Restore Operator", "Restore Operator"),
    "View": ("View", "View"),
    "Audit": ("Access Auditor", "Compliance"),
}


def get_tier_role(profile: Profile, tier: str) -> str:
    """Return the role of a tier: one small table for the whole set."""
    custom, built_in = TIER_ROLES[tier]
    return custom if custom in {name for name, *_rest in _CUSTOM[: profile.custom_roles]} else built_in


def make_custom_roles(profile: Profile) -> list[dict[str, Any]]:
    """Return the document's `cvops_commvault_roles`."""
    return [
        {
            "name": name,
            "description": description,
            "permissions": list(permissions),
            "categories": list(categories),
            "commcells": ["*"],
        }
        for name, description, permissions, categories in _CUSTOM[: profile.custom_roles]
    ]


def _make_role(definition: _Definition, role_id: int, ids: Ids, commcell: str, system: bool) -> Role:
    name, description, permissions, categories = definition
    return Role(
        id=role_id,
        name=name,
        guid=ids.guid(commcell, "role", name),
        description=description,
        permission_ids={PERMISSION_BY_NAME[fold_case(item)] for item in permissions},
        category_ids={CATEGORY_BY_NAME[fold_case(item)].id for item in categories},
        system=system,
        visible_to_all=system,
    )


def make_seeded_roles(profile: Profile, ids: Ids, commcell: str, empty: bool, first_id: int) -> list[Role]:
    """Return built-in roles (1, 2, ...), and unless `empty` the custom ones from `first_id` on."""
    definitions = _BUILT_IN[: profile.built_in_roles]
    roles = [_make_role(item, number, ids, commcell, True) for number, item in enumerate(definitions, 1)]
    if not empty:
        custom = _CUSTOM[: profile.custom_roles]
        roles += [_make_role(item, first_id + number, ids, commcell, False) for number, item in enumerate(custom)]
    return roles
