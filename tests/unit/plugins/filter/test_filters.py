# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every filter is documented with its parameters, and every file of documentation has its filter."""

from __future__ import annotations

import importlib
import inspect
import typing as t

import pytest
import yaml
from collection_tree import ROOT

FOLDER = ROOT / "plugins" / "filter"
PACKAGE = "ansible_collections.cvops.identity.plugins.filter"
FILTERS: dict[str, t.Callable[..., t.Any]] = {}
for path in sorted(FOLDER.glob("*.py")):
    FILTERS.update(importlib.import_module(f"{PACKAGE}.{path.stem}").FilterModule().filters())
DOCUMENTED = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.yml")}


def test_no_two_files_have_a_filter_of_one_name() -> None:
    count = sum(
        len(importlib.import_module(f"{PACKAGE}.{path.stem}").FilterModule().filters()) for path in FOLDER.glob("*.py")
    )
    assert count == len(FILTERS)


def test_filters_and_documentation_have_the_same_names() -> None:
    assert set(FILTERS) == set(DOCUMENTED)
    assert {name for name, found in DOCUMENTED.items() if found["DOCUMENTATION"]["name"] != name} == set()


@pytest.mark.parametrize("name", FILTERS)
def test_documented_options_are_the_parameters_in_their_order(name: str) -> None:
    documentation = DOCUMENTED[name]["DOCUMENTATION"]
    _value, *parameters = inspect.signature(FILTERS[name]).parameters.values()
    options = documentation["options"]
    assert set(options) - {"_input"} == {parameter.name for parameter in parameters}
    positional = documentation.get("positional", [])
    given = [word.strip() for word in positional.split(",")] if isinstance(positional, str) else positional
    assert given == [parameter.name for parameter in parameters][: len(given)]


@pytest.mark.parametrize("name", FILTERS)
def test_documented_defaults_and_duties_are_those_of_the_parameters(name: str) -> None:
    options = DOCUMENTED[name]["DOCUMENTATION"]["options"]
    _value, *parameters = inspect.signature(FILTERS[name]).parameters.values()
    for parameter in parameters:
        option = options[parameter.name]
        needed = parameter.default is inspect.Parameter.empty
        assert bool(option.get("required")) == needed, parameter.name
        if "default" in option:
            assert option["default"] == parameter.default, parameter.name


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_has_an_example_that_calls_it_by_its_full_name(name: str) -> None:
    assert f"cvops.identity.{name}" in DOCUMENTED[name]["EXAMPLES"]
