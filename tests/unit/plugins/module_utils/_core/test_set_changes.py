# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of sets that users manage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.set_changes import find_set_changes

NAMES = st.sets(st.sampled_from("abcdefgh"))


def test_unset_changes_nothing_and_empty_empties() -> None:
    assert find_set_changes(None, ["b", "a"], exclusive=True) == ([], [], ["a", "b"])
    assert find_set_changes([], ["b", "a"], exclusive=False) == ([], ["a", "b"], [])
    assert find_set_changes(["c"], ["b", "a"], exclusive=False) == (["c"], [], ["a", "b", "c"])
    assert find_set_changes(["c"], ["b", "a"], exclusive=True) == (["c"], ["a", "b"], ["c"])


@given(NAMES, NAMES, st.booleans())
def test_applying_the_changes_gives_what_they_say(desired: set[str], current: set[str], exclusive: bool) -> None:
    change = find_set_changes(desired, current, exclusive)
    after = (current | set(change.add)) - set(change.remove)
    assert sorted(after) == change.after
    assert desired <= after
    assert not set(change.add) & set(change.remove)


@given(NAMES, NAMES, st.booleans())
def test_applied_changes_leave_nothing_to_change(desired: set[str], current: set[str], exclusive: bool) -> None:
    after = find_set_changes(desired, current, exclusive).after
    assert find_set_changes(desired, after, exclusive) == ([], [], after)


@given(NAMES.filter(bool), NAMES)
def test_foreign_members_stay_unless_exclusive(desired: set[str], current: set[str]) -> None:
    assert set(find_set_changes(desired, current, exclusive=False).after) == desired | current
    assert set(find_set_changes(desired, current, exclusive=True).after) == desired


@given(st.lists(st.sampled_from("abcdefgh")), st.lists(st.sampled_from("abcdefgh")), st.booleans())
def test_order_and_duplicates_never_matter(desired: list[str], current: list[str], exclusive: bool) -> None:
    plain = find_set_changes(sorted(set(desired)), sorted(set(current)), exclusive)
    assert find_set_changes([*reversed(desired), *desired], [*reversed(current), *current], exclusive) == plain


@given(NAMES, st.booleans())
def test_unset_is_not_managed(current: set[str], exclusive: bool) -> None:
    assert find_set_changes(None, current, exclusive) == ([], [], sorted(current))
