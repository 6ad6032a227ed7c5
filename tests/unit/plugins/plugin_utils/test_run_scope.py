# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which CommCells and parts a run is about, and what cannot be chosen."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.run_scope import (
    select_scope,
)


def test_without_a_selection_everything_is_done() -> None:
    scope = select_scope(["b", "a"], run_tags=["all"])
    assert (scope["commcells"], scope["parts"], scope["narrowed"]) == (
        ["b", "a"],
        ["entra", "sso", "roles", "mappings"],
        False,
    )
    assert scope["problems"] == []


@pytest.mark.parametrize(
    ("more", "commcells", "parts"),
    [
        ({"only": "EMEA-*"}, ["emea-1"], 4),
        ({"only": ["emea-1", "apac-1"]}, ["emea-1", "apac-1"], 4),
        ({"grouped": ["emea-1", "apac-1"], "limited": ["apac-1", "localhost"]}, ["apac-1"], 4),
        ({"run_tags": ["mappings"]}, ["emea-1", "apac-1"], 1),
        ({"skip_tags": ["entra", "sso"]}, ["emea-1", "apac-1"], 2),
        ({"grouped": ["emea-1"]}, ["emea-1"], 4),
    ],
)
def test_a_narrowed_run_says_so(more: dict[str, t.Any], commcells: list[str], parts: int) -> None:
    scope = select_scope(["emea-1", "apac-1"], **more)
    assert (scope["commcells"], len(scope["parts"]), scope["problems"]) == (commcells, parts, [])
    assert scope["narrowed"] == (len(commcells) < 2 or parts < 4)


@pytest.mark.parametrize(
    ("names", "more", "told"),
    [
        (["localhost"], {}, "localhost needs another name"),
        (["cs01:8080"], {}, "cs01:8080 needs another name"),
        (["cs01"], {"only": "cs02"}, "cvops_only=cs02 matches no CommCell; there are: cs01"),
        (["cs01", "cs02"], {"limited": ["localhost"], "only": "cs02"}, "--limit leaves out cs02: "),
        (["cs01"], {"run_tags": ["mapings"]}, "the tags leave nothing to do; this playbook has: entra, sso"),
    ],
)
def test_a_selection_that_cannot_be_is_a_problem(names: list[str], more: dict[str, t.Any], told: str) -> None:
    (problem,) = select_scope(names, **more)["problems"]
    assert told in problem


def test_a_limit_to_localhost_is_enough_for_entra_id_alone() -> None:
    scope = select_scope(["cs01"], limited=["localhost"], run_tags=["entra"])
    assert (scope["commcells"], scope["problems"], scope["narrowed"]) == ([], [], True)
