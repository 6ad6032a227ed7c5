# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a role ask for: what is not given is not managed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.desired import desired_role


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, (None, None, None)),
        ({"name": "R", "permissions": ["View"], "description": ""}, ("", None, None)),
        ({"enabled": False, "visible_to_all": True}, (None, False, True)),
    ],
)
def test_unset_is_none_and_empty_is_a_wish(options: dict[str, t.Any], found: tuple[t.Any, ...]) -> None:
    desired = desired_role(options)
    assert list(desired) == ["description", "enabled", "visible_to_all"]
    assert tuple(desired.values()) == found
