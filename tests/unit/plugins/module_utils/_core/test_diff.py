# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The diff: what is shown is exactly what lies between before and after."""

from __future__ import annotations

import json
import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.diff import build_diff, cut_equal_parts
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Change, Plan, Step

PLAIN = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "b"])
LISTS = st.lists(st.sampled_from("abc") | st.fixed_dictionaries({"value": st.sampled_from("xy"), "on": st.booleans()}))
FORMS = st.recursive(
    PLAIN | LISTS, lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3), max_leaves=12
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), FORMS, max_size=4)


def apply(form: t.Any, gone: t.Any, new: t.Any) -> t.Any:
    """What a reader gets who takes from *form* what the diff shows as before, and adds what it shows as after."""
    if isinstance(gone, dict) and isinstance(new, dict) and isinstance(form, dict):
        left = {name: value for name, value in form.items() if name not in gone or name in new}
        return {**left, **{name: apply(form.get(name), gone.get(name), new[name]) for name in new}}
    if isinstance(gone, list) and isinstance(new, list) and isinstance(form, list):
        left = list(form)
        for item in gone:
            left.remove(item)
        return [*left, *new]
    return new


def settle(value: t.Any) -> t.Any:
    """A form as it counts: lists without their order, mappings without empty members."""
    if isinstance(value, dict):
        found = {name: settle(item) for name, item in value.items()}
        return {name: item for name, item in found.items() if item not in (None, "", [], {})}
    return (
        sorted(map(settle, value), key=lambda item: json.dumps(item, sort_keys=True))
        if isinstance(value, list)
        else value
    )


@given(OBJECTS, OBJECTS)
def test_what_is_shown_applied_to_before_gives_after(before: dict[str, t.Any], after: dict[str, t.Any]) -> None:
    assert settle(apply(before, *cut_equal_parts(before, after))) == settle(after)


@given(OBJECTS, OBJECTS)
def test_nothing_is_shown_on_both_sides(before: dict[str, t.Any], after: dict[str, t.Any]) -> None:
    def check(gone: t.Any, new: t.Any) -> None:
        if isinstance(gone, dict) and isinstance(new, dict):
            for name in gone.keys() & new.keys():
                assert gone[name] != new[name] or type(gone[name]) is not type(new[name])
                check(gone[name], new[name])
        elif isinstance(gone, list) and isinstance(new, list) and settle(gone) != settle(new):
            assert not [item for item in gone if item in new]

    check(*cut_equal_parts(before, after))


@given(OBJECTS)
def test_equal_forms_show_nothing(form: dict[str, t.Any]) -> None:
    assert cut_equal_parts(form, json.loads(json.dumps(form))) == ({}, {})


def test_parts_that_are_not_managed_are_left_out() -> None:
    before, after = cut_equal_parts({}, {"name": "x", "description": None, "members": [], "enabled": False, "web": {}})
    assert (before, after) == ({}, {"name": "x", "enabled": False})
    assert cut_equal_parts({"members": ["a"]}, {"members": []}) == ({"members": ["a"]}, {"members": []})


def test_a_list_of_which_only_the_order_changes_is_shown_whole() -> None:
    assert cut_equal_parts({"a": ["x", "y"]}, {"a": ["y", "x"]}) == ({"a": ["x", "y"]}, {"a": ["y", "x"]})


def test_a_diff_names_the_object_that_it_is_about() -> None:
    def diff(*principals: str) -> dict[str, str]:
        changes = tuple(Change("+", "member", name, "add member x") for name in principals)
        return build_diff(
            "group", Plan({"name": "A", "members": []}, {"name": "A", "members": ["x"]}, (Step("a", "b", {}, changes),))
        )

    assert diff("GG-\x1bOperators") == {
        "before": '{\n  "members": []\n}\n',
        "after": '{\n  "members": [\n    "x"\n  ]\n}\n',
        "before_header": "group GG-\\x1bOperators",
        "after_header": "group GG-\\x1bOperators",
    }
    assert diff("A", "B")["after_header"] == "group"
