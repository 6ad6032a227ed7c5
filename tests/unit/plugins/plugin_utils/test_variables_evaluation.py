# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each template of the document is evaluated apart, and one that fails is told by names, never by its text or its failure."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleError, AnsibleUndefinedVariable

from ansible_collections.cvops.identity.plugins.module_utils._core.values import OMITTED
from ansible_collections.cvops.identity.plugins.plugin_utils import variables_evaluation
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_checks import UNKNOWN
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_evaluation import (
    describe_failure,
    evaluate_variable,
)


class Renderer:
    """Evaluates ``{{ x }}`` to ``value``, and raises what it was given."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.asked: list[t.Any] = []

    def __call__(self, value: t.Any) -> t.Any:
        self.asked.append(value)
        if self.failure:
            raise self.failure
        return "value"


def test_only_what_may_hold_a_template_is_evaluated() -> None:
    renderer = Renderer()
    value, problems = evaluate_variable("it", {"it": {"a": "plain", "b": ["{{ x }}", 5, None, True]}}, renderer)
    assert value == {"a": "plain", "b": ["value", 5, None, True]}
    assert (problems, renderer.asked) == ([], ["{{ x }}"])


def test_a_template_that_fails_is_told_at_its_place_and_the_rest_is_evaluated() -> None:
    renderer = Renderer(AnsibleUndefinedVariable("'vault_x' is undefined. S3CRET"))
    value, problems = evaluate_variable("it", {"it": {"a": [{"name": "one", "b": "S3CRET{{ vault_x }}"}]}}, renderer)
    assert value == {"a": [{"name": "one", "b": UNKNOWN}]}
    assert [str(item) for item in problems] == ["it.a[0].b (one): uses vault_x, which is not defined"]


def test_a_variable_in_place_of_the_value_is_looked_into() -> None:
    def render(value: t.Any) -> t.Any:
        raise AnsibleUndefinedVariable("'dict object' has no attribute 'gone'")

    given = {"it": {"a": "{{ other }}"}, "other": {"b": {"c": "{{ there.gone }}"}}}
    _value, problems = evaluate_variable("it", given, render)
    assert [str(item) for item in problems] == ["it.a.b.c: uses gone, which does not exist"]


def test_a_variable_that_stands_for_itself_ends() -> None:
    def render(value: t.Any) -> t.Any:
        raise AnsibleError("recursive loop detected in template string")

    _value, problems = evaluate_variable("it", {"it": "{{ it }}"}, render)
    assert len(problems) == 1


FAILURES = [
    ("{{ a }}", AnsibleUndefinedVariable("'a' is undefined"), "uses a, which is not defined"),
    ("{{ d[s] }}", AnsibleUndefinedVariable("'dict object' has no attribute 'S3CRET'"), "its template fails"),
    (
        "{{ d.gone }}",
        AnsibleUndefinedVariable("'dict object' has no attribute 'gone'"),
        "uses gone, which does not exist",
    ),
    (
        "{{ lookup('ansible.builtin.file', 'S3CRET') }}",
        AnsibleError("could not locate S3CRET"),
        "its lookup ansible.builtin.file fails",
    ),
    ("{{ S3CRET + }}", AnsibleError("template error: S3CRET"), "its template fails"),
    ("{{ 1 / 0 }}", ZeroDivisionError("S3CRET"), "its template fails with ZeroDivisionError"),
    (object(), AnsibleError("Decryption failed S3CRET"), "cannot be decrypted"),
]


@pytest.mark.parametrize(("template", "failure", "told"), FAILURES, ids=[told for template, failure, told in FAILURES])
def test_a_failure_is_told_by_names(template: t.Any, failure: Exception, told: str) -> None:
    said = describe_failure(template, failure)
    assert said.startswith(told) and "S3CRET" not in said


def test_what_is_no_plain_data_is_told() -> None:
    _value, problems = evaluate_variable("it", {"it": {"a": "{{ x }}"}}, lambda value: {1: object()})
    assert [str(item).partition(" of type")[0] for item in problems] == ["it.a: it.a.1: a value"]


@pytest.mark.parametrize("mark", ["__omit_place_holder__" + "0" * 40, OMITTED])
def test_what_is_omitted_is_left_out(mark: t.Any) -> None:
    value, problems = evaluate_variable("it", {"it": {"a": "{{ x }}", "b": ["{{ x }}"], "c": 1}}, lambda value: mark)
    assert (value, problems) == ({"b": [], "c": 1}, [])


def test_aliases_that_repeat_a_value_without_end_are_told_and_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variables_evaluation, "_MOST_VALUES", 1000)
    bomb: t.Any = "x"
    for _level in range(50):
        bomb = [bomb, bomb]
    _value, problems = evaluate_variable("it", {"it": bomb}, Renderer())
    assert [str(item) for item in problems] == ["it: contains more than 1000 values; aliases may repeat them"]


def test_no_template_is_shown_as_the_name_of_an_item() -> None:
    renderer = Renderer(AnsibleError("no"))
    document = {"it": [{"display_name": "{{ 'S3CRET' | gone }}", "b": "{{ 1 + }}"}]}
    assert "S3CRET" not in str([str(item) for item in evaluate_variable("it", document, renderer)[1]])
