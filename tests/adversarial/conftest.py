# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the adversarial tests: hostile services against module bodies with limits, and against whole playbooks.

``make test`` runs a fixed sample; the environment variable ``CVOPS_ADVERSARIAL=whole`` (``make test-all``) the whole table, and
``CVOPS_ADVERSARIAL_ONLY`` only combinations in whose id that pattern is found.
"""

from __future__ import annotations

import importlib.util
import os
import pathlib
import sys
from collections.abc import Iterator

import pytest
from collection_tree import ROOT, collections_path

for _folder in (pathlib.Path(__file__).resolve().parent, ROOT / "tests" / "integration"):
    sys.path.insert(0, str(_folder))
if importlib.util.find_spec("cvops_simulator") is None:
    sys.path.insert(0, str(ROOT / "simulator" / "src"))

from cvops_simulator import Simulator  # noqa: E402 - the package may come from the checkout
from cvops_simulator.testing import running_simulator  # noqa: E402
from helpers.sharing import MARKERS, leave_to_others  # noqa: E402
from hostile.children import Children  # noqa: E402
from hostile.world import World  # noqa: E402

WHOLE = os.environ.get("CVOPS_ADVERSARIAL") == "whole"


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not in the sample."""
    left_out = [item for item in items if item.get_closest_marker("whole") and not WHOLE]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
    leave_to_others(config, items, pathlib.Path(__file__).resolve().parent)


@pytest.fixture(scope="session")
def children() -> Iterator[Children]:
    """The process that forks the module bodies."""
    started = Children(collections_path())
    yield started
    started.stop()


@pytest.fixture(scope="session")
def answers_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A site with small pages, for single answers."""
    folder = tmp_path_factory.mktemp("site")
    with running_simulator(set="S", directory=folder, page_size=5, controller=True) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def world(answers_site: Simulator, children: Children, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Where single answers are attacked."""
    made = World(answers_site, tmp_path_factory.mktemp("w"), children)
    yield made
    made.stop()
