# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates whose code runs share are what Jinja makes of their texts."""

from __future__ import annotations

import itertools
import pathlib

import jinja2
import pytest
from helpers.shared_templates import SharedTemplates
from jinja2 import nodes


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Where the code is kept, for this test alone."""
    for owner, name in (
        (jinja2.Environment, "compile"),
        (jinja2.Environment, "compile_expression"),
        (nodes._FilterTestCommon, "as_const"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    SharedTemplates(tmp_path / "templates").install()
    return tmp_path / "templates"


def test_a_text_is_compiled_once(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def render(value: int) -> tuple[str, object]:
        environment = jinja2.Environment()
        expression = environment.compile_expression("value + 1")
        return environment.from_string("{{ value + 1 }}").render(value=value), expression(value=value)

    assert render(1) == ("2", 2)
    assert len(list(folder.iterdir())) == 2
    monkeypatch.setattr(jinja2.Environment, "_compile", None)
    assert render(2) == ("3", 3)


def test_a_template_and_an_expression_of_the_same_text_are_two(folder: pathlib.Path) -> None:
    environment = jinja2.Environment()
    assert environment.from_string("value").render(value=1) == "value"
    assert environment.compile_expression("value")(value=1) == 1


@pytest.mark.parametrize(
    "options", [{"variable_start_string": "[[", "variable_end_string": "]]"}, {"keep_trailing_newline": True}]
)
def test_other_settings_make_another_template(folder: pathlib.Path, options: dict[str, object]) -> None:
    text = "{{ 1 }}[[ 2 ]]\n"
    usual = jinja2.Environment().from_string(text).render()
    assert jinja2.Environment(**options).from_string(text).render() != usual  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["{{ 'x' | count_up }}", "{{ 'x' is counted_up or 1 | count_up }}"])
def test_what_a_filter_or_a_test_made_of_constants_is_not_kept(folder: pathlib.Path, text: str) -> None:
    numbers = itertools.count(1)

    def render() -> str:
        environment = jinja2.Environment()
        environment.filters["count_up"] = lambda value: next(numbers)
        environment.tests["counted_up"] = lambda value: next(numbers) == 0
        return environment.from_string(text).render()

    assert render() != render()


def test_an_error_stays_an_error(folder: pathlib.Path) -> None:
    environment = jinja2.Environment()
    for number in range(2):
        with pytest.raises(jinja2.TemplateSyntaxError):
            environment.from_string("{{ 1 + }}")
        with pytest.raises(jinja2.TemplateSyntaxError):
            environment.compile_expression("1 +")
        assert environment.from_string("{{ number }}").render(number=number) == str(number)
    assert len(list(folder.iterdir())) == 1
