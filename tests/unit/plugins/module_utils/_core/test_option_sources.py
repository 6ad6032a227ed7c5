# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where option values come from, and how that is told."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.basic import AnsibleFallbackNotFound
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import (
    OptionSources,
    build_fallback,
    find_option_value,
    use_sources,
)

NAMES = ["CVOPS_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET"]


def sources(environ: dict[str, str] | None = None, **variables: t.Any) -> OptionSources:
    rendered = {name: (lambda value=value: value) for name, value in variables.items()}
    return OptionSources(environ=environ or {}, variables=rendered)


@pytest.mark.parametrize(
    ("environ", "variables", "value", "source"),
    [
        ({}, {"cvops_client_secret": "v"}, "v", "variable cvops_client_secret"),
        ({"CVOPS_CLIENT_SECRET": "c"}, {"cvops_client_secret": "v"}, "v", "variable cvops_client_secret"),
        ({"CVOPS_CLIENT_SECRET": "c", "AZURE_CLIENT_SECRET": "a"}, {}, "c", "environment variable CVOPS_CLIENT_SECRET"),
        ({"ARM_CLIENT_SECRET": "r", "AZURE_CLIENT_SECRET": "a"}, {}, "a", "environment variable AZURE_CLIENT_SECRET"),
        ({"ARM_CLIENT_SECRET": "r"}, {}, "r", "environment variable ARM_CLIENT_SECRET"),
        ({"CVOPS_CLIENT_SECRET": "", "ARM_CLIENT_SECRET": "r"}, {}, "r", "environment variable ARM_CLIENT_SECRET"),
        ({"ARM_CLIENT_SECRET": "r"}, {"cvops_client_secret": ""}, "r", "environment variable ARM_CLIENT_SECRET"),
        ({"CVOPS_CLIENT_SECRET": " \n", "ARM_CLIENT_SECRET": "r"}, {}, "r", "environment variable ARM_CLIENT_SECRET"),
        ({"ARM_CLIENT_SECRET": "r"}, {"cvops_client_secret": " "}, "r", "environment variable ARM_CLIENT_SECRET"),
        ({"ARM_CLIENT_SECRET": "r"}, {"cvops_client_secret": None}, "r", "environment variable ARM_CLIENT_SECRET"),
        ({"ARM_CLIENT_SECRET": "r"}, {"cvops_client_secret": False}, False, "variable cvops_client_secret"),
    ],
)
def test_the_first_source_that_has_a_value_wins(
    environ: dict[str, str], variables: dict[str, t.Any], value: t.Any, source: str
) -> None:
    found = sources(environ, **variables)
    assert found.find_value("client_secret", NAMES) == value
    assert found.describe_source("client_secret", True) == source
    assert found.values == {"client_secret": value}


def test_an_option_that_no_source_has_is_not_found() -> None:
    with pytest.raises(AnsibleFallbackNotFound):
        sources().find_value("client_secret", NAMES)


def test_a_clash_names_sources_and_no_values() -> None:
    found = sources({"CVOPS_CLIENT_SECRET": "two", "ARM_CLIENT_SECRET": "three"}, cvops_client_secret="one")
    found.find_value("client_secret", NAMES)
    (warning,) = found.warnings
    assert warning == (
        "client_secret is set to different values in several places: variable cvops_client_secret is used, "
        "environment variable CVOPS_CLIENT_SECRET, environment variable ARM_CLIENT_SECRET ignored"
    )


@pytest.mark.parametrize(
    ("variable", "text", "warned"),
    [
        ("one", "one", False),
        (30, "30", False),
        (False, "false", False),
        (True, "yes", False),
        (True, "false", True),
        (True, "maybe", True),
    ],
)
def test_equal_values_are_no_clash(variable: t.Any, text: str, warned: bool) -> None:
    """Environment variables are text: ``false`` says the same as a variable that is false."""
    found = sources({"CVOPS_X": text}, cvops_x=variable)
    found.find_value("x", ["CVOPS_X"])
    assert bool(found.warnings) is warned


def test_the_source_is_told_in_words() -> None:
    found = OptionSources(environ={}, announced={"tenant_id": "variable cvops_tenant_id"})
    assert found.describe_source("tenant_id", True) == "variable cvops_tenant_id"
    assert found.describe_source("client_id", True) == "option client_id"
    assert found.describe_source("cloud", False) == "default"


def test_the_fallback_asks_the_sources_in_use() -> None:
    spec = {"tenant_id": {"type": "str", "fallback": build_fallback("tenant_id", "ARM_TENANT_ID")}}
    assert build_fallback("tenant_id", "ARM_TENANT_ID") == (
        find_option_value,
        ["tenant_id", "CVOPS_TENANT_ID", "ARM_TENANT_ID"],
    )
    outer, inner = sources({"ARM_TENANT_ID": "outer"}), sources({"CVOPS_TENANT_ID": "inner"})
    with use_sources(outer):
        with use_sources(inner):
            assert ArgumentSpecValidator(spec).validate({}).validated_parameters == {"tenant_id": "inner"}
        assert ArgumentSpecValidator(spec).validate({}).validated_parameters == {"tenant_id": "outer"}
        assert ArgumentSpecValidator(spec).validate({"tenant_id": "own"}).validated_parameters == {"tenant_id": "own"}
    assert inner.found == {"tenant_id": "environment variable CVOPS_TENANT_ID"}
    assert outer.found == {"tenant_id": "environment variable ARM_TENANT_ID"}


def test_sources_are_put_back_after_a_failure() -> None:
    outer = sources({"X": "outer"})
    with use_sources(outer):
        with pytest.raises(RuntimeError), use_sources(sources()):
            raise RuntimeError
        assert find_option_value("x", "X") == "outer"
