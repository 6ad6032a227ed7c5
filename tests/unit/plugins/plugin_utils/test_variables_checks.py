# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a value is told in one line, at its place, with what was probably meant; and never with the value."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.plugin_utils.variables_checks import (
    Place,
    find_label,
    find_value_problems,
)

OPTIONS: dict[str, t.Any] = {
    "type": "dict",
    "options": {
        "name": {"type": "str", "required": True},
        "members": {"type": "list", "elements": "str"},
        "count": {"type": "int"},
        "exclusive": {"type": "bool"},
        "notes": {"type": "str", "may_be_empty": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "level": {"type": "str", "choices": ["none", "all"]},
        "keys": {"type": "list", "elements": "dict", "options": {"value": {"type": "str", "required": True}}},
        "places": {"type": "dict", "values": {"type": "dict", "options": {"url": {"type": "str"}}}},
        "role": {
            "forms": [
                {"type": "str"},
                {"type": "int"},
                {"type": "dict", "options": {"name": {"type": "str"}, "id": {"type": "int"}}, "loose_with": ["id"]},
            ],
            "words": "a name, or a mapping with name or id",
        },
    },
}


def problems(value: t.Any, option: t.Mapping[str, t.Any] = OPTIONS) -> list[str]:
    return [str(problem) for problem in find_value_problems(value, option, Place("it"))]


RIGHT = [
    {"name": "one"},
    {"name": 17, "members": "one, two", "count": "3", "exclusive": "yes"},
    {"name": "one", "members": 5, "count": 3, "exclusive": 0, "notes": "", "state": "absent"},
    {"name": "one", "members": None, "count": None, "keys": [], "places": {"a": {"url": "x"}, "b": None}},
    {"name": "one", "role": "View"},
    {"name": "one", "role": 12},
    {"name": "one", "role": {"id": 12, "of": "a result"}},
]


@pytest.mark.parametrize("value", RIGHT, ids=str)
def test_what_ansible_takes_is_right(value: t.Any) -> None:
    assert problems(value) == []


WRONG = [
    ({"nmae": "x"}, ["it.nmae: there is no such key; did you mean name?"]),
    ({"Name": "x"}, ["it.Name: there is no such key; did you mean name?"]),
    ({}, ["it.name: is missing; add it"]),
    ({"name": None}, ["it.name: is missing; add it"]),
    ({"name": "x", "count": "many"}, ["it.count: must be a whole number, not another text"]),
    ({"name": "x", "count": True}, ["it.count: must be a whole number, not a boolean"]),
    ({"name": "x", "exclusive": "perhaps"}, ["it.exclusive: must be true or false, not another text"]),
    ({"name": "x", "members": {"a": 1}}, ["it.members: must be a list, not a mapping; put '- ' before it"]),
    ({"name": "x", "members": ["a", None]}, ["it.members[1]: is an empty item; remove it, or give it a value"]),
    ({"name": "x", "members": [["a"]]}, ["it.members[0]: must be a text, not a list"]),
    ({"name": "x", "keys": "a"}, ["it.keys: must be a list, not a text"]),
    ({"name": "x", "keys": [{"valeu": "a"}]}, ["it.keys[0].valeu: there is no such key; did you mean value?"]),
    ({"name": "x", "places": "a"}, ["it.places: must be a mapping of names, not a text"]),
    (
        {"name": "x", "places": {"a b": {"ulr": "x"}}},
        ["it.places['a b'].ulr: there is no such key; did you mean url?"],
    ),
    ({"name": "x", "places": {" ": {}}}, ["it.places: a key is an empty text; give it a name"]),
    ({"name": True}, ["it.name: must be a text, not a boolean; put it in quotes"]),
    ({"name": " "}, ["it.name: is an empty text; give it a value, or leave it out"]),
    ({"name": "x", "state": "absnt"}, ["it.state: must be one of present, absent; did you mean absent?"]),
    ({"name": "x", "role": ["a"]}, ["it.role: must be a name, or a mapping with name or id, not a list"]),
    ({"name": "x", "role": {"nam": "a"}}, ["it.role.nam: there is no such key; did you mean name?"]),
    ({"name": "x", "role": True}, ["it.role: must be a name, or a mapping with name or id, not a boolean"]),
    ("x", ["it: must be a mapping with keys such as name, members, count, not a text"]),
]


@pytest.mark.parametrize(("value", "told"), WRONG, ids=[str(value) for value, told in WRONG])
def test_what_is_wrong_is_told_at_its_place(value: t.Any, told: list[str]) -> None:
    assert problems(value) == told


def test_a_boolean_without_quotes_is_the_choice_that_it_means() -> None:
    option = {"type": "str", "choices": ["off", "report"]}
    assert problems(False, option) == []
    assert problems(True, option) == ["it: must be one of off, report"]


def test_all_problems_are_told_together_in_the_order_of_the_document() -> None:
    value = {"keys": [{"value": "a"}, {"walue": "b"}], "name": "", "count": "x", "zzz": 1}
    assert [line.split(":")[0] for line in problems(value)] == ["it.keys[1].walue", "it.name", "it.count", "it.zzz"]


def test_a_key_that_resembles_nothing_is_told_with_those_that_there_are() -> None:
    option = {"type": "dict", "options": {name: {"type": "str"} for name in ("a", "b", "c")}}
    assert problems({"xyzzy": 1}, option) == ["it.xyzzy: there is no such key; here are a, b, c"]


RULES: list[tuple[dict[str, t.Any], dict[str, t.Any], list[str]]] = [
    ({"required_one_of": [["a", "b"]]}, {"c": 1}, ["it: needs one of a, b"]),
    ({"required_one_of": [["a", "b"]]}, {"b": 1}, []),
    ({"mutually_exclusive": [["a", "b", "c"]]}, {"a": 1, "c": 1}, ["it: takes only one of a, c; remove the others"]),
    ({"required_together": [["a", "b"]]}, {"b": 1}, ["it: b also needs a"]),
    ({"required_by": {"a": ["b", "c"]}}, {"a": 1}, ["it: a also needs b, c"]),
    ({"required_by": {"a": ["b"]}}, {"b": 1}, []),
    ({"required_if": [["c", "x", ["a"]]]}, {"c": "x"}, ["it: c: x also needs a"]),
    ({"required_if": [["c", "x", ["a", "b"], True]]}, {"c": "x"}, ["it: c: x needs one of a, b"]),
    ({"required_if": [["c", "x", ["a", "b"], True]]}, {"c": "y"}, []),
]


@pytest.mark.parametrize(("rules", "value", "told"), RULES, ids=str)
def test_rules_between_keys_are_those_of_modules(
    rules: dict[str, t.Any], value: dict[str, t.Any], told: list[str]
) -> None:
    options = {name: {"type": "raw"} for name in ("a", "b", "c")}
    assert problems(value, {"type": "dict", "options": options, **rules}) == told


def test_a_misspelt_key_is_not_missing_as_well() -> None:
    option = {
        "type": "dict",
        "options": {"commcells": {"type": "dict", "required": True}, "entra": {"type": "dict"}},
        "required_one_of": [["commcells"]],
    }
    assert problems({"commcell": {}}, option) == ["it.commcell: there is no such key; did you mean commcells?"]


def test_an_item_is_told_with_its_name() -> None:
    item = {"principal": {"entra_group": {"name": "GG-One"}}, "grants": [{"role": "View", "x": 1}]}
    grant = {"type": "list", "elements": "dict", "options": {"role": {"type": "raw"}}}
    option = {
        "type": "list",
        "elements": "dict",
        "options": {"principal": {"type": "dict"}, "grants": grant},
    }
    assert problems([item], option) == ["it[0].grants[0].x (GG-One, View): there is no such key; here are role"]


def test_a_key_from_elsewhere_cannot_forge_a_line() -> None:
    (line,) = problems({"name": "x", "a\nb\x1b[2J" + "y" * 500: 1})
    assert "\n" not in line and "\x1b" not in line and len(line) < 250


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.just("S3CRET"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*OPTIONS["options"], "url"]), inner),
    max_leaves=10,
)


@given(VALUES)
def test_no_line_holds_a_value_of_the_document(value: t.Any) -> None:
    for line in problems(value, {"type": "list", "elements": "dict", "options": {"x": OPTIONS}}) + problems(value):
        plain = line.replace("(S3CRET)", "").replace("S3CRET,", "").replace(", S3CRET", "")
        assert "S3CRET" not in plain and len(line) < 400


def test_an_item_that_is_nested_without_end_has_no_name() -> None:
    item: t.Any = "x"
    for _level in range(5000):
        item = {"name": item}
    assert find_label(item) == ""
    assert find_label({"principal": {"user_group": {"name": "GG"}}}) == "GG"
