# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The matrices: numbers, tints, what is privileged, and that it is told what does not fit."""

from __future__ import annotations

import typing as t

import page_examples

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.page import matrix
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import ACCESS, ROLES, Row


def make_role(
    role: str, permission: str | None, category: str | None, privileged: bool = False, **others: t.Any
) -> Row:
    row: Row = dict.fromkeys(ROLES.columns)
    return (
        row
        | {
            "commcell": "cs",
            "role_id": role,
            "role": role,
            "permission": permission,
            "category": category,
            "privileged": privileged,
        }
        | others
    )


def make_access(**others: t.Any) -> Row:
    row: Row = dict.fromkeys(ACCESS.columns)
    return (
        row
        | {
            "commcell": "cs",
            "person": "Ada",
            "person_kind": "commvault_user",
            "principal": "admins",
            "principal_kind": "user_group",
            "principal_id": "7",
            "entity_kind": "plan",
            "entity_id": "1",
        }
        | others
    )


def test_a_cell_counts_permissions_and_tells_what_is_privileged() -> None:
    roles = [
        make_role("Admin", "Edit", "Plan"),
        make_role("Admin", "Delete", "Plan", privileged=True),
        make_role("View", "Browse", None),
        make_role("Empty", None, None),
    ]
    found = matrix.build_roles_matrix(roles, [make_access(role_id="View", role="View")], several=False)
    assert found.columns == ["Other", "Plan"]
    cells = {line.name: [(cell.text, cell.privileged) for cell in line.cells] for line in found.lines}
    assert cells == {
        "Admin": [("", False), ("2", True)],
        "View": [("1", False), ("", False)],
        "Empty": [("", False), ("", False)],
    }
    assert [line.name for line in found.lines] == ["Admin", "View", "Empty"], "power first, then people"
    assert [line.people for line in found.lines] == [0, 1, 0]


def test_tints_grow_with_the_number_and_are_none_for_nothing() -> None:
    roles = [
        make_role(role, f"p{number}", "Plan")
        for role, many in (("A", 10), ("B", 5), ("C", 1))
        for number in range(many)
    ]
    lines = matrix.build_roles_matrix(roles, [], several=False).lines
    assert [line.cells[0].tint for line in lines] == [5, 3, 1]


def test_all_entities_of_a_kind_are_told_as_all() -> None:
    access = [
        make_access(),
        make_access(entity_id="2"),
        make_access(entity_id="all", principal_id="8", privileged=True),
    ]
    found = matrix.build_groups_matrix(access, several=True)
    assert [(line.cells[0].text, line.cells[0].tint, line.privileged) for line in found.lines] == [
        ("all", matrix.TINTS, True),
        ("2", 5, False),
    ]
    assert found.lines[0].note == "User group, cs"


def test_roles_of_one_name_on_two_commcells_are_two_rows() -> None:
    roles = [make_role("Admin", "Edit", "Plan"), make_role("Admin", "Edit", "Plan", commcell="other")]
    found = matrix.build_roles_matrix(roles, [], several=True)
    assert [line.note for line in found.lines] == ["cs", "other"]


def test_what_does_not_fit_is_counted() -> None:
    roles = [make_role(f"role {number}", "Edit", f"category {number}") for number in range(300)]
    found = matrix.build_roles_matrix(roles, [], several=False)
    assert (len(found.lines), found.lines_in_all) == (matrix.MOST_ROWS, 300)
    assert (len(found.columns), found.columns_in_all) == (matrix.MOST_COLUMNS, 300)


def test_a_site_without_anything_has_empty_matrices() -> None:
    tables = page_examples.build_tables(0)
    assert not matrix.build_roles_matrix(tables.rows["roles"], tables.rows["access"], several=False).lines
    assert not matrix.build_groups_matrix(tables.rows["access"], several=False).lines
