# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module has an action that runs it, and nothing in it is done differently for one of them."""

from __future__ import annotations

import importlib
import types

import pytest
from collection_tree import ROOT

from ansible_collections.cvops.identity.plugins.plugin_utils.in_process import InProcessAction

PACKAGE = "ansible_collections.cvops.identity.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py"))


def load(kind: str, name: str) -> types.ModuleType:
    return importlib.import_module(f"{PACKAGE}.{kind}.{name}")


def test_actions_are_those_of_the_modules() -> None:
    assert sorted(path.stem for path in (ROOT / "plugins" / "action").glob("[!_]*.py")) == MODULES
    assert len(MODULES) >= 16


@pytest.mark.parametrize("name", MODULES)
def test_an_action_runs_the_module_of_its_name(name: str) -> None:
    action, module = load("action", name).ActionModule, load("modules", name)
    assert action.module is module
    assert issubclass(action, InProcessAction)
    own = {key for key, value in vars(action).items() if callable(value) or not key.startswith("_")}
    assert own == {"module"}


@pytest.mark.parametrize("name", MODULES)
def test_an_action_allows_what_modules_allow_and_needs_no_connection(name: str) -> None:
    action = load("action", name).ActionModule
    assert (action._supports_async, action._supports_check_mode, action._requires_connection) == (True, True, False)
    assert action.TRANSFERS_FILES is False
    assert not action._VALID_ARGS, "options are validated by the module's own spec"
