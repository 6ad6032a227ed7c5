# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Permissions that the service does not show are not written over."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.permissions import PermissionSet
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.checks import check_permissions_are_shown
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

NONE, SOME = PermissionSet(frozenset(), frozenset()), PermissionSet(frozenset({31}), frozenset())
ONLY_A_CATEGORY = PermissionSet(frozenset(), frozenset({101}))


def check(
    wire: t.Any = (), chosen: PermissionSet | None = SOME, held: PermissionSet = NONE, exclusive: bool = False
) -> None:
    check_permissions_are_shown({"name": "R", "exclusive": exclusive}, {} if wire == () else wire, chosen, held)


def test_nothing_can_be_added_to_what_is_not_shown() -> None:
    with pytest.raises(ConfigError, match="shows no permissions of role R") as caught:
        check()
    assert "set exclusive to true" in str(caught.value) and caught.value.facts["source"] == "option exclusive"


@pytest.mark.parametrize(
    "fine",
    [
        {"exclusive": True},
        {"wire": None},
        {"chosen": None},
        {"held": SOME},
        {"held": ONLY_A_CATEGORY},
    ],
)
def test_where_nothing_is_added_or_all_is_shown_there_is_no_doubt(fine: dict[str, t.Any]) -> None:
    check(**fine)
