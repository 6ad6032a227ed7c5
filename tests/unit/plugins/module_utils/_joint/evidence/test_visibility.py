# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only what certainly was seen in full counts as complete."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.visibility import Visibility


def see(*sources: tuple[str, bool | None]) -> Visibility:
    return Visibility({"provenance": {"sources": [{"name": name, "complete": complete} for name, complete in sources]}})


@pytest.mark.parametrize(
    ("sources", "is_complete"),
    [
        ([("users", True)], True),
        ([("users", False)], False),
        ([("users", None)], False),
        ([("roles", True)], False),
        ([], False),
        ([("users", True), ("user_details", False)], False),
        ([("users", True), ("users.groups", False)], False),
        ([("users", True), ("users_of_others", False)], True),
    ],
)
def test_a_list_is_complete_where_all_its_sources_are(sources: t.Any, is_complete: bool) -> None:
    assert see(*sources).is_complete("users") is is_complete


def test_entities_are_told_by_kind() -> None:
    assert see(("entities.plans", True)).is_kind_complete("plans")
    assert see(("plans", True)).is_kind_complete("plans")
    assert not see(("entities.plans", False)).is_kind_complete("plans")
    assert not see(("plans", True)).is_kind_complete("servers")


def test_without_a_document_nothing_is_complete() -> None:
    assert not Visibility(None).is_complete("users")
