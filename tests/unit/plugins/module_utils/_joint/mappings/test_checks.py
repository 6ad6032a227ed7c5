# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guards where facts are missing: nobody counts as an administrator, and no name as protected, on a guess."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    Association,
    Entity,
    Grant,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import GuardRefused
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.caller import Administrators
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.checks import check_break_glass
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.resolve import (
    MASTER_ROLE,
    Holder,
    Resolved,
)

CELL = Entity("commcell", 2)
USER, GROUP = Principal("user", 8), Principal("user_group", 21)


def counted(holder: Principal, user: t.Any, group: t.Any = None) -> int:
    client = types.SimpleNamespace(commcell_id=2, get=lambda path, **_more: user)
    rows = [Association(holder, "p", MASTER_ROLE, "Master", CELL, "cs", "explicit")]
    security = types.SimpleNamespace(list_on_entity=lambda entity: rows)
    directory = types.SimpleNamespace(read_user_group=lambda number: group)
    return Administrators(t.cast(t.Any, client), t.cast(t.Any, security), t.cast(t.Any, directory)).left_after([])


@pytest.mark.parametrize(
    ("user", "count"),
    [
        ({"name": "admin", "enabled": True}, 1),
        ({"name": "admin", "enabled": False}, 0),
        ({"name": "admin"}, 0),
        ({"name": "admin", "enabled": None}, 0),
        ({"name": "corp\\admin", "enabled": True}, 0),
        ({"enabled": True}, 0),
        ({"name": "admin", "enabled": True, "authenticationMethodServer": {"id": 3}}, 0),
        (None, 0),
    ],
)
def test_who_surely_can_sign_in(user: t.Any, count: int) -> None:
    assert counted(USER, user) == count


@pytest.mark.parametrize(
    ("group", "count"),
    [
        ({"enabled": True, "users": [{"id": 8}]}, 1),
        ({"enabled": False, "users": [{"id": 8}]}, 0),
        ({"users": [{"id": 8}]}, 0),
        ({"enabled": True, "azureGUID": "x", "users": [{"id": 8}]}, 0),
        ({"enabled": True}, 0),
        (None, 0),
    ],
)
def test_groups_that_surely_give_rights(group: t.Any, count: int) -> None:
    assert counted(GROUP, {"name": "admin", "enabled": True}, group) == count


def broken(ctx: t.Any, *entries: Entry) -> None:
    """Remove a grant of user 8 while "emergency" is kept."""
    grant = Grant(USER, 35, CELL)
    resolved = Resolved(holders={USER: Holder(USER, "emergency")})
    check_break_glass(ctx, [grant], resolved, str, lambda: Catalogue("user", list(entries)))


def test_a_break_glass_name_that_nobody_has_is_told(make_ctx: t.Any) -> None:
    options = {"break_glass": {"commvault_users": ["emergency"]}, "accept_risk": []}
    ctx = make_ctx(options)
    with pytest.raises(GuardRefused):
        broken(ctx, Entry(8, "Emergency"))
    assert ctx.warnings == []
    broken(ctx, Entry(8, "emergency-2"))
    assert len(ctx.warnings) == 1 and "emergency" in ctx.warnings[0]
