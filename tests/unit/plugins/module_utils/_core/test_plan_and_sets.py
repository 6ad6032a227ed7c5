# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans, differences of fields, differences of sets."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, Step, find_changed_fields
from ansible_collections.cvops.identity.plugins.module_utils._core.set_changes import find_set_changes

NAMES = st.sets(st.sampled_from("abcdefgh"))
FIELDS = st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers(0, 2) | st.just(""))


def test_changed_is_what_there_is_to_do() -> None:
    assert not Plan({}, {}).changed
    assert Plan({}, {}, (Step("create", "x"),)).changed
    assert Step("create", "x").data == {}


def test_unmanaged_fields_do_not_differ() -> None:
    desired = {"a": None, "b": "", "c": 1, "d": 2}
    assert find_changed_fields(desired, {"a": 5, "b": "text", "c": 1}) == {"b": "", "d": 2}


@given(FIELDS, FIELDS)
def test_applying_the_difference_converges(desired: dict[str, t.Any], current: dict[str, t.Any]) -> None:
    after = {**current, **find_changed_fields(desired, current)}
    assert find_changed_fields(desired, after) == {}
    assert {name: after[name] for name, value in desired.items() if value is not None} == {
        name: value for name, value in desired.items() if value is not None
    }


def test_unset_changes_nothing_and_empty_empties() -> None:
    assert find_set_changes(None, ["b", "a"], exclusive=True) == ([], [], ["a", "b"])
    assert find_set_changes([], ["b", "a"], exclusive=False) == ([], ["a", "b"], [])
    assert find_set_changes(["c"], ["b", "a"], exclusive=False) == (["c"], [], ["a", "b", "c"])
    assert find_set_changes(["c"], ["b", "a"], exclusive=True) == (["c"], ["a", "b"], ["c"])


@given(NAMES, NAMES, st.booleans())
def test_a_difference_does_what_it_says(desired: set[str], current: set[str], exclusive: bool) -> None:
    change = find_set_changes(desired, current, exclusive)
    after = (current | set(change.add)) - set(change.remove)
    assert sorted(after) == change.after
    assert desired <= after
    assert not set(change.add) & set(change.remove)
    assert find_set_changes(desired, after, exclusive)[:2] == ([], [])
    if not exclusive and desired:
        assert current <= after, "strangers stay"
    assert change == find_set_changes([*sorted(desired, reverse=True), *desired], sorted(current), exclusive)
