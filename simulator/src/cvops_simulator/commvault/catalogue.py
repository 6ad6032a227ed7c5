# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permission catalogue: categories, sub-categories and permissions with their ids.

Ids below 300 that the documentation names are the product's own (View 31, Browse 13, ...); all other ids and the
assignment to categories are plausible, not observed.
"""

from __future__ import annotations

from collections.abc import Iterable
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


class Catalogue:
    """The permissions of one CommCell, in categories: the simulator's own, or those that a snapshot tells."""

    def __init__(self, categories: Iterable[Category] = CATEGORIES) -> None:
        self.categories = tuple(categories)
        self.category_by_id = {category.id: category for category in self.categories}
        self._category_by_name = {fold_case(category.name): category for category in self.categories}
        self.names: dict[int, str] = {pid: name for one in self.categories for pid, name in one.permissions}
        self._id_by_name = {fold_case(name): pid for pid, name in self.names.items()}
        self.category_of = {pid: one for one in self.categories for pid, _name in one.permissions}
        #: What the role Master gives; also what handlers ask for and a snapshot may not have.
        self.everything = frozenset(self.names) | frozenset(pid for one in CATEGORIES for pid, _name in one.permissions)

    def __deepcopy__(self, memo: object) -> Catalogue:
        return self  # nothing ever changes in it

    def find_permission(self, name: str) -> int | None:
        """Return the id of a permission, without regard to case; None: there is none of this name."""
        return self._id_by_name.get(fold_case(name))

    def find_category(self, name: str) -> Category | None:
        """Return a category, without regard to case; None: there is none of this name."""
        return self._category_by_name.get(fold_case(name))

    def get_name(self, permission_id: int) -> str:
        """Return the name of a permission; its number where the CommCell has none of this id."""
        return self.names.get(permission_id, str(permission_id))

    def expand_category(self, category_id: int) -> set[int]:
        """Return all permission ids of a category and its sub-categories."""
        found = {pid for pid, _name in self.category_by_id[category_id].permissions}
        for child in self.categories:
            if child.parent == category_id:
                found |= self.expand_category(child.id)
        return found

    def expand(self, permission_ids: set[int], category_ids: set[int]) -> set[int]:
        """Return permissions of a role: the single ones and those of its categories."""
        found = set(permission_ids)
        for category_id in category_ids:
            found |= self.expand_category(category_id)
        return found


DEFAULT = Catalogue()
CATEGORY_BY_NAME = {fold_case(category.name): category for category in CATEGORIES}
PERMISSION_BY_NAME = {fold_case(name): pid for pid, name in DEFAULT.names.items()}
