# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permission catalogue: categories, sub-categories and permissions with their ids.

Ids below 300 that the documentation names are the product's own (View 31, Browse 13, ...); all other ids and the
assignment to categories are plausible, not observed.
"""

from __future__ import annotations

from typing import NamedTuple

from cvops_simulator.core.names import fold_case


class Category(NamedTuple):
    """`parent` 0: a top-level category."""

    id: int
    name: str
    parent: int
    permissions: tuple[tuple[int, str], ...]


ADMINISTRATIVE_MANAGEMENT = 1
VIEW = 31
USER_MANAGEMENT = 101
GROUP_MANAGEMENT = 102
DOMAIN_MANAGEMENT = 103
CHANGE_SECURITY = 107
USER_CREDENTIAL = 218
CREATE_ROLE = 229
EDIT_ROLE = 230
DELETE_ROLE = 231
CREATE_CREDENTIAL = 219

CATEGORIES: tuple[Category, ...] = (
    Category(
        101,
        "Global",
        0,
        (
            (ADMINISTRATIVE_MANAGEMENT, "Administrative Management"),
            (VIEW, "View"),
            (8, "License Management"),
            (14, "Report Management"),
            (18, "Job Management"),
            (134, "File Analytics"),
        ),
    ),
    Category(
        102,
        "Client",
        0,
        (
            (2, "Agent Management"),
            (3, "Agent Scheduling"),
            (4, "Data Protection/Management Operations"),
            (15, "Create Client"),
            (16, "Delete Client"),
            (17, "Install Package/Update"),
            (19, "Change client associations"),
        ),
    ),
    Category(
        103,
        "Restore",
        102,
        (
            (13, "Browse"),
            (20, "In Place Recover"),
            (21, "Out-of-Place Recover"),
            (22, "Overwrite on Restore"),
            (23, "Download"),
            (24, "Live Browse"),
            (25, "Full Machine Recovery"),
        ),
    ),
    Category(
        105,
        "Client Group",
        0,
        ((40, "Create Client Group"), (41, "Edit Client Group"), (42, "Delete Client Group")),
    ),
    Category(
        106,
        "Plan",
        0,
        ((160, "Create Plan"), (161, "Edit Plan"), (162, "Delete Plan"), (163, "Use Plan")),
    ),
    Category(
        107,
        "Storage Management",
        0,
        (
            (50, "MediaAgent Management"),
            (51, "Library Management"),
            (52, "Library Administration"),
            (53, "Storage Policy Management"),
            (54, "VaultTracker Operations"),
            (55, "Use Storage Policy"),
        ),
    ),
    Category(
        108,
        "Schedule Policy",
        0,
        (
            (115, "Create Schedule Policy"),
            (116, "Edit Schedule Policy"),
            (117, "Delete Schedule Policy"),
            (118, "Edit Schedule Policy Associations"),
        ),
    ),
    Category(
        110,
        "User Management",
        0,
        (
            (USER_MANAGEMENT, "add / delete / modify a user"),
            (GROUP_MANAGEMENT, "add / delete / modify a user group"),
            (DOMAIN_MANAGEMENT, "add / delete / modify a domain"),
            (CHANGE_SECURITY, "Change security settings"),
        ),
    ),
    Category(
        112,
        "Role",
        110,
        ((CREATE_ROLE, "Create Role"), (EDIT_ROLE, "Edit Role"), (DELETE_ROLE, "Delete Role")),
    ),
    Category(
        114,
        "Workflow",
        0,
        (
            (70, "Create Workflow"),
            (71, "Edit Workflow"),
            (72, "Delete Workflow"),
            (73, "Execute Workflow"),
            (74, "Approve Restore"),
        ),
    ),
    Category(
        117,
        "Alert",
        0,
        ((151, "Create Alert"), (152, "Edit Alert"), (153, "Delete Alert"), (154, "Edit Alert Associations")),
    ),
    Category(
        118,
        "Compliance",
        0,
        ((80, "Compliance Search"), (81, "Legal Hold Management"), (82, "Annotation Management"), (83, "Audit")),
    ),
    Category(
        119,
        "Credential Manager",
        0,
        ((USER_CREDENTIAL, "User Credential"), (CREATE_CREDENTIAL, "Create Credential")),
    ),
    Category(120, "Billing", 0, ((90, "View Billing"), (91, "Billing Management"))),
    Category(
        122,
        "Developer Tools",
        0,
        ((265, "Create Webhook"), (266, "Edit Webhook"), (267, "Delete Webhook"), (268, "Create Access Token")),
    ),
)

CATEGORY_BY_ID = {category.id: category for category in CATEGORIES}
CATEGORY_BY_NAME = {fold_case(category.name): category for category in CATEGORIES}
PERMISSIONS: dict[int, str] = {pid: name for category in CATEGORIES for pid, name in category.permissions}
PERMISSION_BY_NAME = {fold_case(name): pid for pid, name in PERMISSIONS.items()}
CATEGORY_OF = {pid: category for category in CATEGORIES for pid, _name in category.permissions}
ALL_PERMISSIONS = frozenset(PERMISSIONS)


def expand_category(category_id: int) -> set[int]:
    """Return all permission ids of a category and its sub-categories."""
    found = {pid for pid, _name in CATEGORY_BY_ID[category_id].permissions}
    for child in CATEGORIES:
        if child.parent == category_id:
            found |= expand_category(child.id)
    return found


def expand(permission_ids: set[int], category_ids: set[int]) -> set[int]:
    """Return permissions of a role: the single ones and those of its categories."""
    found = set(permission_ids)
    for category_id in category_ids:
        found |= expand_category(category_id)
    return found
