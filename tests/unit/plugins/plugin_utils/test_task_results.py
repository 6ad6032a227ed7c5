# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registered results, summed up and taken apart."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.task_results import (
    choose_application_key,
    find_group_references,
    find_owned_names,
    sum_results,
)

SKIPPED = {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"}


def result(changed: bool = True, reads: int = 1, writes: int = 2, sign_ins: int = 3, **more: t.Any) -> dict[str, t.Any]:
    return {
        "changed": changed,
        "stats": {"reads": reads, "writes": writes, "sign_ins": sign_ins, "waited_s": 1.5},
        **more,
    }


def group(name: str, object_id: str | None, **more: t.Any) -> dict[str, t.Any]:
    return result(group={"display_name": name, "object_id": object_id, **more})


def test_sums_count_tasks_loops_and_sums_but_not_what_was_skipped() -> None:
    loop = {"changed": True, "results": [result(), SKIPPED, result(changed=False)]}
    earlier = {"changed": False, "reads": 10, "writes": 20, "sign_ins": 30, "commcells": {"x": result()}}
    wanted = {"changed": True, "reads": 13, "writes": 26, "sign_ins": 39}
    found = sum_results([result(changed=False), SKIPPED, {}, None, loop, earlier])
    assert found == wanted and list(found) == list(wanted)


@pytest.mark.parametrize(
    "results", [[], None, [SKIPPED], [{"changed": False, "results": [], "skipped": True}], [{"changed": True}]]
)
def test_nothing_that_a_module_did_is_no_change(results: t.Any) -> None:
    assert sum_results(results) == {"changed": False, "reads": 0, "writes": 0, "sign_ins": 0}


def test_a_change_is_found_wherever_it_is() -> None:
    still = result(changed=False)
    assert not sum_results([still, {"results": [still]}])["changed"]
    for results in ([still, result()], [{"results": [still, result()]}], [{"changed": True, "reads": 1}]):
        assert sum_results(results)["changed"] is True


def test_seconds_are_summed_up_where_they_are_asked_for() -> None:
    still = result(changed=False)
    waited = {"changed": False, "stats": {"reads": 1, "waited_s": 4.0, "throttled_s": 3.25}}
    found = sum_results([still, {"results": [waited]}, {"reads": 1, "waited_s": 1, "throttled_s": 1.0}], seconds=True)
    assert (found["waited_s"], found["throttled_s"]) == (6.5, 4.2)
    assert sum_results([still], seconds=True)["throttled_s"] == 0
    with pytest.raises(FilterInputError, match="waited_s of a result must be a number"):
        sum_results([{"changed": True, "stats": {"waited_s": "long"}}], seconds=True)


@pytest.mark.parametrize("stats", ["many", {"reads": "many"}, {"reads": [1]}])
def test_stats_of_another_form_are_refused(stats: t.Any) -> None:
    with pytest.raises(FilterInputError, match=r"stats of a result must be|reads of a result must be a number"):
        sum_results([{"changed": True, "stats": stats}])


def test_groups_are_known_by_names_that_only_they_have() -> None:
    groups = [group("B", "1"), group("b", "2"), group("z", "3"), group("New", None), group("A", "4"), SKIPPED]
    found = find_group_references([{"results": groups}])
    assert found["object_ids"] == {"B": "1", "b": "2", "z": "3", "New": None, "A": "4"}
    assert found["known"] == {"A": "4", "z": "3"} and list(found["known"]) == ["A", "z"]
    assert found["pending"] == ["New"]


def test_the_groups_of_one_task_count_like_those_of_a_loop() -> None:
    groups = [{"display_name": "A", "object_id": "1", "owners": ["7"]}, {"changed": True}, {"display_name": "New"}]
    found = find_group_references([{"changed": True, "groups": groups}, SKIPPED])
    assert found["known"] == {"A": "1"} and found["pending"] == ["New"]
    assert find_owned_names([{"changed": True, "groups": groups}], "7") == ["A"]


def test_names_that_only_look_equal_are_two_names() -> None:
    """The Kelvin sign is no k, a long s no s: each group is known by its own name."""
    names = ["ks", "\u212as", "k\u017f"]
    found = find_group_references([group(name, str(number)) for number, name in enumerate(names)])
    assert found["known"] == {name: str(number) for number, name in enumerate(names)}


def test_a_new_group_does_not_make_a_known_one_ambiguous() -> None:
    found = find_group_references([group("A", "1"), group("a", None)])
    assert found["known"] == {"A": "1"} and found["pending"] == ["a"]


@pytest.mark.parametrize(
    ("application", "key"),
    [
        ({"app_id": "1", "unique_name": "u"}, {"app_id": "1"}),
        ({"app_id": None, "unique_name": "u"}, {"unique_name": "u"}),
        ({"app_id": "", "unique_name": None, "display_name": "d"}, {}),
        (None, {}),
    ],
)
def test_an_application_is_named_by_its_id_or_before_by_its_unique_name(
    application: t.Any, key: dict[str, str]
) -> None:
    assert choose_application_key(application) == key


def test_what_somebody_owns() -> None:
    loop = {"results": [group("g", "1", owners=["me", "you"]), group("h", "2", owners=["you"]), SKIPPED]}
    objects = [{"display_name": "app", "owners": ["me"]}, {"display_name": "sp", "owners": None}, loop, {}]
    assert find_owned_names(objects, "me") == ["app", "g"]
    assert find_owned_names(objects, "") == find_owned_names(objects, None) == []
