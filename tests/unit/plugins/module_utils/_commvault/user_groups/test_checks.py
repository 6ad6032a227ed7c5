# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members of a group that is linked to an Entra group are the identity provider's."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.canonical import NEW_USER_GROUP
from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.checks import (
    check_members_are_not_linked,
    find_group_name_fault,
    find_narrowed_fields,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.desired import desired_user_group
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

GUID = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"


@pytest.mark.parametrize(
    ("wanted", "current", "refused"),
    [
        (GUID, None, True),
        (None, GUID, True),
        (GUID, GUID, True),
        (None, "", False),
        (None, None, False),
        ("", GUID, False),
    ],
)
def test_members_of_linked_groups_are_not_ours(wanted: str | None, current: str | None, refused: bool) -> None:
    options = desired_user_group({"entra_group_id": wanted})
    have = None if current is None else {"entra_group_id": current}
    check_members_are_not_linked(options, have, None)
    if not refused:
        check_members_are_not_linked(options, have, ["anna"])
        return
    with pytest.raises(ConfigError, match="identity provider"):
        check_members_are_not_linked(options, have, [])


@pytest.mark.parametrize(
    ("before", "after", "narrowed"),
    [
        ({}, {"enabled": False}, {"enabled"}),
        ({"enabled": False}, {}, set()),
        ({}, {"two_factor": True}, {"two_factor"}),
        ({"two_factor": True}, {}, set()),
        ({}, {"restricted_consoles": ["WEB"]}, {"restricted_consoles"}),
        ({"restricted_consoles": ["WEB"]}, {}, set()),
        ({"entra_group_id": GUID}, {}, {"entra_group_id"}),
        ({}, {"entra_group_id": GUID}, set()),
        ({"members": ["a", "b"]}, {"members": ["a"]}, {"members"}),
        ({"members": ["a"]}, {"members": ["a", "b"]}, set()),
        ({}, {"description": "d"}, set()),
    ],
)
def test_a_field_is_narrowed_where_rights_are_taken_away(before: t.Any, after: t.Any, narrowed: set[str]) -> None:
    assert find_narrowed_fields({**NEW_USER_GROUP, **before}, {**NEW_USER_GROUP, **after}) == narrowed


@pytest.mark.parametrize("name", ["CORP\\ops", "\\", "", "ops ", "x" * 256])
def test_names_of_directory_groups_and_names_that_cannot_be_used_have_a_fault(name: str) -> None:
    assert find_group_name_fault(name)
    assert find_group_name_fault("ops / emea") is None
