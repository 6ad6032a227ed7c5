# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A review in words, and under which name a patch knows the document."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.review import (
    format_review,
    get_patch,
    name_in_repository,
    plan_review,
)

FOUND: dict[str, t.Any] = {
    "bundle": "bundle a as of 2026-11-27",
    "patch": "--- a/x\n",
    "counts": {"keep": 3, "revoke": 2, "change": 1},
    "notes": [],
    "removals": [{"what": "Operators: View on cs\u202e01", "rows": ["access-1"]}],
    "group_changes": [
        {
            "words": "remove Sam from the Entra group GG",
            "group_object_id": "2222",
            "user_object_id": None,
            "loses": "View on db01",
        }
    ],
    "by_hand": [{"what": "x", "why": "y", "rows": []}],
    "to_change": [{"what": "z", "reason": "less", "rows": []}],
}
STAYS = "A grant that is removed from the document stays on the CommCell"


def test_lines() -> None:
    assert format_review(FOUND, "principals") == [
        "bundle a as of 2026-11-27: 3 keep, 2 revoke, 1 change",
        "Removed from the document by the patch:",
        "  Operators: View on cs\\u202e01",
        "Change of a group, which the mapping cannot express:",
        "  remove Sam from the Entra group GG (group 2222); ends View on db01",
        "To be done by hand:",
        "  x: y",
        "Decided to be changed:",
        "  z: less",
    ]
    assert get_patch(FOUND) == "--- a/x\n"


@pytest.mark.parametrize(
    ("exclusive", "is_told"),
    [(None, True), ("none", True), (False, True), (True, False), ("managed", False), ("principals", False)],
)
def test_what_stays_on_the_commcell_is_told(exclusive: t.Any, is_told: bool) -> None:
    assert any(line.startswith(STAYS) for line in format_review(FOUND, exclusive)) == is_told
    assert not any(line.startswith(STAYS) for line in format_review({**FOUND, "removals": []}, exclusive))


def test_long_lists_are_cut() -> None:
    many = {**FOUND, "by_hand": [{"what": str(number), "why": "", "rows": []} for number in range(5)]}
    assert "  3 more, see the file" in format_review(many, limit=2)
    assert not any("more, see" in line for line in format_review(many, limit=0))
    with pytest.raises(FilterInputError):
        format_review(FOUND, limit=-1)


@pytest.mark.parametrize("value", [None, [], {"removals": []}, {**FOUND, "by_hand": ["x"]}])
def test_what_is_no_review(value: t.Any) -> None:
    with pytest.raises(FilterInputError):
        get_patch(value)


def test_a_file_is_named_as_its_repository_knows_it(tmp_path: pathlib.Path) -> None:
    inner = tmp_path / "repository" / "access"
    inner.mkdir(parents=True)
    (tmp_path / "repository" / ".git").write_text("gitdir: elsewhere\n")  # of a worktree
    assert name_in_repository(str(inner / "a b.yml")) == ("access/a b.yml", str(tmp_path / "repository"))
    (tmp_path / "repository" / ".git").unlink()
    assert name_in_repository(str(inner / "a.yml")) == ("a.yml", str(inner))


def test_all_three_files_are_needed() -> None:
    with pytest.raises(ConfigError, match="signoff is missing"):
        plan_review({"bundle": "a", "document": "b"}, t.cast("t.Any", None))
