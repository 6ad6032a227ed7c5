# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits that Entra ID sets to texts, tags and owners: the longest that is taken, and the first that is not."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import guid

from ansible_collections.cvops.identity.plugins.module_utils._entra.option_checks import (
    find_excess_owners,
    find_long_texts,
    find_wrong_tags,
)


def test_a_text_is_as_long_as_it_may_be() -> None:
    options = {"description": "x" * 5, "notes": None, "display_name": "x" * 4}
    problems = find_long_texts(options, {"description": 4, "notes": 4, "display_name": 4, "unset": 4})
    assert problems == [{"kind": "config", "where": "description", "message": "longer than 4 characters"}]


@pytest.mark.parametrize("tags", [None, [], ["x" * 256, "WindowsAzureActiveDirectoryIntegratedApp"]])
def test_tags_that_are_taken(tags: t.Any) -> None:
    assert find_wrong_tags(tags) == []


@pytest.mark.parametrize("tag", ["", "x" * 257, "a b", "a\u00a0b", "a\n"])
def test_a_tag_that_is_refused_is_told_by_its_place(tag: str) -> None:
    (problem,) = find_wrong_tags(["fine", tag])
    assert problem["where"] == "tags[1]" and "no blanks" in problem["message"]


def test_an_owner_who_is_named_twice_is_one_owner() -> None:
    most = [guid(number) for number in range(100)]
    assert find_excess_owners([*most, guid(0)], "a group") == find_excess_owners(None, "a group") == []
    assert find_excess_owners([*most, guid(100)], "a group") == [
        {"kind": "config", "where": "owners", "message": "a group has at most 100 owners"}
    ]
