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
        ["entra", "sso", "roles", "mappings", "credentials", "conditional_access"],
        False,
    )
    assert scope["problems"] == []


@pytest.mark.parametrize(
    ("more", "commcells", "parts"),
    [
        ({"only": "EMEA-*"}, ["emea-1"], 6),
        ({"only": ["emea-1", "apac-1"]}, ["emea-1", "apac-1"], 6),
        ({"grouped": ["emea-1", "apac-1"], "limited": ["apac-1", "localhost"]}, ["apac-1"], 6),
        ({"run_tags": ["mappings"]}, ["emea-1", "apac-1"], 1),
        ({"skip_tags": ["entra", "sso"]}, ["emea-1", "apac-1"], 4),
        ({"grouped": ["emea-1"]}, ["emea-1"], 4),
        ({"grouped": ["emea-1"], "run_tags": ["conditional_access"]}, ["emea-1"], 1),
        ({"grouped": ["emea-1"], "run_tags": ["entra", "mappings"]}, ["emea-1"], 2),
    ],
)
def test_a_narrowed_run_says_so(more: dict[str, t.Any], commcells: list[str], parts: int) -> None:
    scope = select_scope(["emea-1", "apac-1"], **more)
    assert (scope["commcells"], len(scope["parts"]), scope["problems"]) == (commcells, parts, [])
    assert scope["narrowed"] == (len(commcells) < 2 or parts < 6)


@pytest.mark.parametrize(
    ("names", "more", "told"),
    [
        (["localhost"], {}, "localhost needs another name"),
        (["cs01:8080"], {}, "cs01:8080 needs another name"),
        (["cs01"], {"only": "cs02"}, "cvops_only=cs02 matches no CommCell; there are: cs01"),
        (["cs01", "cs02"], {"limited": ["localhost"], "only": "cs02"}, "--limit leaves out cs02: "),
        (
            ["cs01"],
            {"run_tags": ["mapping"]},
            "the tags select nothing (did you mean mappings); this playbook has: entra, sso",
        ),
        (["cs01"], {"run_tags": ["mapping", "role"]}, "(did you mean mappings,roles); this playbook has"),
        (["cs01"], {"run_tags": ["xyz"]}, "the tags select nothing; this playbook has: entra, sso"),
        (
            ["cs01"],
            {"run_tags": ["conditional_access"], "parts": ["entra", "sso"], "undeclared": ["conditional_access"]},
            "nothing (the document has no cvops_conditional_access); this playbook has: entra, sso, conditional_access",
        ),
    ],
)
def test_a_selection_that_cannot_be_is_a_problem(names: list[str], more: dict[str, t.Any], told: str) -> None:
    (problem,) = select_scope(names, **more)["problems"]
    assert told in problem


def test_a_limit_to_localhost_is_enough_for_entra_id_alone() -> None:
    scope = select_scope(["cs01"], limited=["localhost"], run_tags=["entra"])
    assert (scope["commcells"], scope["problems"], scope["narrowed"]) == ([], [], True)


ALL = ["emea-1", "apac-1", "amer-1"]


@pytest.mark.parametrize(
    ("hosts", "told"),
    [
        (["emea-1"], "has 1 of the 3 CommCells of the connection, as a slice"),
        ([], "has 0 of the 3 CommCells"),
        (["emea-1", "apac-1", "other"], "has 2 of the 3 CommCells of the connection and others (other), as a slice"),
        ([*ALL, "a\x1b\n"], "has 3 of the 3 CommCells of the connection and others (a\\x1b), as a slice"),
    ],
)
def test_a_slice_leaves_entra_id_to_a_job_of_its_own_and_says_so(hosts: list[str], told: str) -> None:
    scope = select_scope(ALL, grouped=hosts, run_tags=["all"])
    assert (scope["commcells"], scope["parts"], scope["grouped"]) == (
        hosts,
        ["sso", "roles", "mappings", "credentials"],
        True,
    )
    (note,) = scope["notes"]
    assert note.startswith("Entra ID is left out: ") and told in note and "--tags entra" in note
    assert scope["narrowed"]


@pytest.mark.parametrize(
    "more",
    [
        {"grouped": ["amer-1", "apac-1", "emea-1"]},
        {"grouped": None},
        {"grouped": ["emea-1"], "run_tags": ["entra"]},
        {"grouped": [*ALL], "only": "emea-*"},
        {"grouped": [*ALL], "limited": ["emea-1", "localhost"]},
    ],
)
def test_entra_id_is_a_part_where_all_commcells_are_there_or_it_is_asked_for(more: dict[str, t.Any]) -> None:
    scope = select_scope(ALL, **more)
    assert "entra" in scope["parts"] and scope["notes"] == []


def test_a_slice_without_entra_id_says_nothing_where_it_was_left_out_already() -> None:
    assert select_scope(ALL, grouped=["emea-1"], skip_tags=["entra", "conditional_access"])["notes"] == []
    (note,) = select_scope(ALL, grouped=["emea-1"], skip_tags=["entra"])["notes"]
    assert "Run --tags conditional_access once for all slices" in note
    assert select_scope(ALL, grouped=["emea-1"], run_tags=["roles"])["notes"] == []
    assert select_scope([], grouped=["emea-1"])["notes"] == [], "a connection without CommCells tells nothing of slices"


def test_a_slice_that_has_none_of_the_chosen_commcells_is_no_mistake() -> None:
    scope = select_scope(ALL, grouped=["emea-1"], only="apac-*")
    assert (scope["commcells"], scope["problems"]) == ([], [])
    (problem,) = select_scope(ALL, grouped=["emea-1"], only="apca-*")["problems"]
    assert "matches no CommCell" in problem


def test_a_slice_of_a_playbook_that_only_has_entra_id_is_no_mistake() -> None:
    scope = select_scope(ALL, grouped=["emea-1"], parts=["entra"])
    assert (scope["parts"], scope["problems"]) == ([], [])
