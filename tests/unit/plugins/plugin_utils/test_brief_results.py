# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results in the passes of the playbooks are short, and say what is reported of them."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.brief_results import shorten_result

GROUP = {
    "display_name": "GG-A",
    "unique_name": "gg-a",
    "object_id": "1",
    "members": ["2", "3"],
    "members_added": [],
    "changed": False,
    "unverified": ["3"],
    "not_confirmed": [],
}
GRANT = {"principal": "GG-A", "role": "View", "entity_type": "commcell", "entity": "all"}
MAPPING = {
    "grants": [GRANT, GRANT],
    "added": [GRANT],
    "surplus": "unknown",
    "roles": [{"name": "R", "permissions": ["a"], "changed": False}],
}


def test_what_a_task_left_as_it_was_is_told_by_its_name() -> None:
    given = {"changed": True, "steps": [1], "stats": {"reads": 1}, "groups": [GROUP, {**GROUP, "changed": True}]}
    before = copy.deepcopy(given)
    told = shorten_result(given)
    short = {"display_name": "GG-A", "unique_name": "gg-a", "object_id": "1", "changed": False, "unverified": ["3"]}
    assert told == {**given, "groups": [short, {**GROUP, "changed": True}]}
    assert given == before


@pytest.mark.parametrize(("keep", "grants"), [(False, 2), (True, [GRANT, GRANT])])
def test_grants_are_counted_unless_they_are_told(keep: bool, grants: t.Any) -> None:
    told = shorten_result({"role_mappings": MAPPING, "steps": []}, keep_grants=keep)["role_mappings"]
    assert told == {**MAPPING, "grants": grants, "roles": [{"name": "R", "changed": False}]}


@pytest.mark.parametrize(
    "result",
    [{"failed": True, "groups": [GROUP]}, {"groups": "none"}, {"role_mappings": None}, {"roles": [7, {"name": "R"}]}],
)
def test_what_failed_or_has_another_form_stays(result: dict[str, t.Any]) -> None:
    assert shorten_result(result) == result
