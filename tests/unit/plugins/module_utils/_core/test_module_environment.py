# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Environment variables that travel to a module with its arguments."""

from __future__ import annotations

import io
import json
import os
import sys
import typing as t

import ansible.module_utils.basic as basic
import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.module_environment import (
    ENVIRONMENT_KEY,
    EnvironmentModule,
)

SPEC = {"name": {"type": "str"}}


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[dict[str, t.Any]], t.Any]:
    """Start a module of :data:`SPEC` with arguments, as a process of its own would."""
    monkeypatch.delenv("CVOPS_PLANTED", raising=False)

    def build(arguments: dict[str, t.Any]) -> t.Any:
        given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments})
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", given.encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        return EnvironmentModule(argument_spec=SPEC)

    yield build  # type: ignore[misc]
    os.environ.pop("CVOPS_PLANTED", None)


def test_the_process_gets_the_variables(start: t.Any) -> None:
    module = start({"name": "x", ENVIRONMENT_KEY: {"CVOPS_PLANTED": "a secret"}})
    assert os.environ["CVOPS_PLANTED"] == "a secret"
    assert module.params == {"name": "x"}, "the argument is none of the options"


@pytest.mark.parametrize("carried", [{}, {ENVIRONMENT_KEY: None}, {ENVIRONMENT_KEY: {}}])
def test_nothing_carried_changes_nothing(start: t.Any, carried: dict[str, t.Any]) -> None:
    before = dict(os.environ)
    assert start({"name": "x", **carried}).params == {"name": "x"}
    assert dict(os.environ) == before


def test_the_variables_are_there_before_the_options_are_validated(start: t.Any) -> None:
    """Fallbacks of options look into the environment."""
    module_spec = {"name": {"type": "str", "fallback": (basic.env_fallback, ["CVOPS_PLANTED"])}}
    SPEC_BEFORE = dict(SPEC)
    SPEC.update(module_spec)
    try:
        assert start({ENVIRONMENT_KEY: {"CVOPS_PLANTED": "found"}}).params == {"name": "found"}
    finally:
        SPEC.clear()
        SPEC.update(SPEC_BEFORE)
