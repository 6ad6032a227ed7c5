# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which roles and permissions administer."""

from __future__ import annotations

import typing as t

import pytest
from evidence_examples import ADMIN, MASTER, VIEW, build, make_commcell, make_grant, make_user


def judge(role: str | None, **more: t.Any) -> tuple[t.Any, t.Any]:
    given = more.pop("cell", {})
    cell = make_commcell(users=[make_user(1, "a")], associations=[make_grant(("user", 1), role, **more)], **given)
    (row,) = build(cell).rows["access"]
    return row["privileged"], row["privileged_by"]


@pytest.mark.parametrize(
    ("role", "more", "wanted"),
    [
        (MASTER, {}, (True, ["Master"])),
        (ADMIN, {}, (True, ["Change security settings"])),
        (VIEW, {}, (False, [])),
        ("77", {}, (None, [])),
        (None, {"permissions": ["Change Security Settings", "View"]}, (True, ["Change Security Settings"])),
        (None, {"permissions": ["View"]}, (False, [])),
        (None, {"permissions": ["View"], "grant_kind": "owner"}, (False, [])),
        # names in another language, and names that several permissions have, are known by their ids
        (
            None,
            {"permissions": ["Sicherheit"], "cell": {"permissions": [{"id": "107", "name": "sicherheit"}]}},
            (True, ["Sicherheit"]),
        ),
        (None, {"permissions": ["Sicherheit (107)"]}, (True, ["Sicherheit (107)"])),
        (None, {"permissions": ["Sicherheit (9107)"]}, (False, [])),
    ],
)
def test_privileged_by(role: str | None, more: t.Any, wanted: t.Any) -> None:
    assert judge(role, **more) == wanted


def test_a_role_whose_permissions_are_not_shown_is_not_known_and_never_ordinary() -> None:
    cell = make_commcell()
    roles = [{**role, "permissions": None} for role in cell["roles"]]
    assert judge(VIEW, cell={"roles": roles}) == (None, [])


def test_roles_have_a_row_per_permission() -> None:
    rows = build(make_commcell()).rows["roles"]
    found = {(row["role"], row["permission_id"], row["permission"], row["category"], row["privileged"]) for row in rows}
    assert ("Backup Administrator", "107", "Change security settings", "User Management", True) in found
    assert ("Master", "", "all", None, True) in found
    assert ("View", "31", "View", "Global", False) in found
