# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs merge, rules included."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec


def test_options_and_rules_are_joined_and_the_parts_stay_as_they_were() -> None:
    first = ArgumentSpec(
        {"a": {"type": "str"}, "b": {"type": "str"}}, required_together=[["a", "b"]], required_by={"b": ["a"]}
    )
    second = ArgumentSpec(
        {"b": {"type": "str"}, "c": {"type": "int"}},
        required_if=[["c", 1, ["a"]]],
        required_one_of=[["a", "c"]],
        mutually_exclusive=[["b", "c"]],
        required_by={"c": ["a"]},
    )
    merged = first.merge(second)
    assert merged.to_kwargs() == {
        "argument_spec": {"a": {"type": "str"}, "b": {"type": "str"}, "c": {"type": "int"}},
        "required_if": [["c", 1, ["a"]]],
        "required_together": [["a", "b"]],
        "required_one_of": [["a", "c"]],
        "mutually_exclusive": [["b", "c"]],
        "required_by": {"b": ["a"], "c": ["a"]},
    }
    assert set(first.options) == {"a", "b"}
    assert first.to_rule_kwargs()["required_one_of"] == []
    assert second.to_rule_kwargs()["required_together"] == []


def test_an_option_defined_twice_and_differently_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="option a is defined twice"):
        ArgumentSpec({"a": {"type": "str"}}).merge(ArgumentSpec({"a": {"type": "int"}}))


def test_required_by_of_two_specs_is_kept() -> None:
    """Two specs may both say what the same option needs; neither rule may get lost."""
    options = {"a": {"type": "str"}, "b": {"type": "str"}, "c": {"type": "str"}}
    merged = ArgumentSpec(options, required_by={"a": ["b"]}).merge(ArgumentSpec({}, required_by={"a": ["c"]}))
    assert merged.required_by == {"a": ["b", "c"]}


def test_the_rules_reach_the_validator() -> None:
    spec = ArgumentSpec({"a": {"type": "str"}, "b": {"type": "str"}}, mutually_exclusive=[["a", "b"]])
    validated = ArgumentSpecValidator(spec.options, **spec.to_rule_kwargs()).validate({"a": "1", "b": "2"})
    assert "mutually exclusive: a|b" in validated.errors.msg


def test_a_spec_keeps_nothing_of_what_it_was_made_from() -> None:
    options: dict[str, dict[str, t.Any]] = {"a": {"type": "str"}}
    rules = [["a", "b"]]
    spec = ArgumentSpec(options, required_together=rules)
    options["a"]["type"] = "int"
    options["b"] = {}
    rules[0].append("c")
    assert spec.to_kwargs()["argument_spec"] == {"a": {"type": "str"}}
    assert spec.required_together == [["a", "b"]]


def test_merging_nothing_gives_an_equal_spec_of_its_own() -> None:
    spec = ArgumentSpec({"a": {"type": "str"}}, required_one_of=[["a"]], required_by={"a": ["b"]})
    merged = spec.merge()
    assert merged.to_kwargs() == spec.to_kwargs()
    merged.options["a"]["type"] = "int"
    merged.required_by["a"].append("c")
    assert spec.options == {"a": {"type": "str"}} and spec.required_by == {"a": ["b"]}


@given(st.permutations([ArgumentSpec({name: {"type": "str"}}, required_by={"x": [name]}) for name in "abc"]))
def test_the_order_of_merging_changes_no_option_and_no_rule(specs: list[ArgumentSpec]) -> None:
    merged = specs[0].merge(*specs[1:])
    assert set(merged.options) == {"a", "b", "c"}
    assert sorted(merged.required_by["x"]) == ["a", "b", "c"]


def test_the_same_option_in_two_specs_is_one() -> None:
    spec = ArgumentSpec({"a": {"type": "str", "no_log": True}})
    assert spec.merge(spec).options == {"a": {"type": "str", "no_log": True}}
