# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Next links that are followed, and objects that a list has shown before."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._entra.paging import (
    add_key,
    explain_unusable_link,
    merge_lists,
)

ROOT = "https://graph.example/base"


def test_an_object_is_new_once() -> None:
    keys: set[str] = set()
    wires: list[dict[str, t.Any]] = [{"id": "1"}, {"id": "1", "x": 2}, {"name": "a"}, {"name": "a"}, {"name": "b"}]
    assert [add_key(keys, wire) for wire in wires] == [True, False, True, False, True]


def test_what_several_lists_show_is_there_once() -> None:
    one, two = {"id": "1"}, {"id": "2"}
    assert merge_lists([[two, one], [], [one, {"name": "a"}]]) == [two, one, {"name": "a"}]


@pytest.mark.parametrize("link", [f"{ROOT}/v1.0/groups?x", "https://GRAPH.example/base/v1.0/users"])
def test_a_link_of_the_service_is_followed_once(link: str) -> None:
    assert explain_unusable_link(ROOT, link, set()) is None
    assert explain_unusable_link(ROOT, link, {link}) == "its next page was read already"


@pytest.mark.parametrize(
    "link",
    [
        "https://collector.example/base/v1.0/groups",
        "http://graph.example/base/v1.0/groups",
        f"{ROOT}/beta/groups",
        f"{ROOT}/v1.0/../beta/groups",
        f"{ROOT}/v1.0/%2e%2e/beta/groups",
        "https://[broken",
        7,
    ],
)
def test_a_link_to_anywhere_else_is_not(link: t.Any) -> None:
    assert "not below the address that was asked, but at" in str(explain_unusable_link(ROOT, link, set()))


def test_a_link_of_another_version_is_not_followed_from_beta() -> None:
    assert explain_unusable_link(ROOT, f"{ROOT}/beta/auditLogs/signIns?x", set(), "beta") is None
    assert "not below the address that was asked, but at" in str(
        explain_unusable_link(ROOT, f"{ROOT}/v1.0/x", set(), "beta")
    )
