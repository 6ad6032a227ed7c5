# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests with the programs that controllers are made of, which ``requirements-controllers.txt`` names.

The helpers of the integration tests are there, too. ``CVOPS_CONTROLLER_COLLECTIONS``: the folder with awx.awx, which ``make controllers`` fetches.
"""

from __future__ import annotations

import importlib.util
import os
import pathlib
import sys
from collections.abc import Iterator

import pytest
from collection_tree import ROOT
from controller_collections import FOLDER

for _folder in (pathlib.Path(__file__).resolve().parent, ROOT / "tests" / "integration"):
    sys.path.insert(0, str(_folder))
if importlib.util.find_spec("cvops_simulator") is None:
    sys.path.insert(0, str(ROOT / "simulator" / "src"))

from cvops_simulator import Simulator  # noqa: E402 - the package may come from the checkout
from cvops_simulator.testing import running_simulator  # noqa: E402
from helpers.player_fixtures import make_player, play  # noqa: E402, F401


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of what ``make test`` leaves to ``make test-all``."""
    config.addinivalue_line("markers", "whole: a story that takes long")


@pytest.fixture(scope="session")
def controller_collections() -> pathlib.Path:
    """A folder for ``ANSIBLE_COLLECTIONS_PATH`` with awx.awx in it."""
    folder = pathlib.Path(os.environ.get("CVOPS_CONTROLLER_COLLECTIONS") or FOLDER)
    assert (folder / "ansible_collections/awx/awx").is_dir(), f"{folder} lacks awx.awx: `make controllers` fetches it"
    return folder


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """Set S, seeded, one for the tests of a file; ``site`` is the same in its seeded state."""
    with running_simulator(set="S", directory=tmp_path_factory.mktemp("site")) as simulator:
        yield simulator


@pytest.fixture
def site(shared_site: Simulator) -> Simulator:
    """Set S, seeded: converged but for its anomalies."""
    shared_site.reset()
    return shared_site
