# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the integration tests: a simulated site, and real ``ansible-playbook`` runs against it.

``site`` is a running simulator, set S, back in its seeded state before each test. ``play`` runs tasks or a playbook with
the automation's identity as the default connection (environment variables ``CVOPS_*``), so that tasks need no sign-in
options; ``bare`` runs them without. ``in_process`` makes a test run both ways: in Ansible's worker, and as a module in a process of its own.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pathlib
import sys
from collections.abc import Callable, Iterator

import pytest
from collection_tree import ROOT, collections_path

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
if importlib.util.find_spec("cvops_simulator") is None:
    sys.path.insert(0, str(ROOT / "simulator" / "src"))

from cvops_simulator import Simulator  # noqa: E402 - the package may come from the checkout
from cvops_simulator.testing import running_simulator  # noqa: E402
from helpers.bao import Bao  # noqa: E402
from helpers.forking import CONTROL_TASKS  # noqa: E402
from helpers.player_fixtures import make_player, play  # noqa: E402, F401
from helpers.playing import Player  # noqa: E402
from helpers.saved_states import SavedStates  # noqa: E402
from helpers.sharing import MARKERS, find_decisive, leave_to_others  # noqa: E402
from helpers.virtual_time import REAL_TIME, share_clock_with_forks  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers of helpers.sharing and helpers.virtual_time."""
    for name, meaning in {**MARKERS, **REAL_TIME}.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the runs on other cores take."""
    leave_to_others(config, items, pathlib.Path(__file__).resolve().parent)


@pytest.fixture(autouse=True)
def shared_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Runs in Ansible's worker and the site share a clock that a wait moves on, but for tests marked ``real_time``."""
    if request.node.get_closest_marker("real_time") is None:
        share_clock_with_forks(monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def control_tasks_without_processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of tests for which one core is enough carry out Ansible's own control tasks themselves: see helpers.control_tasks.

    An empty value in the environment, as in ``make test-all``, gives every task a process.
    """
    markers = [mark.name for mark in request.node.iter_markers()]
    if find_decisive(markers) == "any_core" and "real_time" not in markers and CONTROL_TASKS not in os.environ:
        monkeypatch.setenv(CONTROL_TASKS, "1")


class _Sites(contextlib.ExitStack):
    """Running simulators by their options, each stopped with this."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        super().__init__()
        self._factory, self._known = factory, dict[str, Simulator]()

    def take(self, options: dict[str, object]) -> Simulator:
        """Return the one with *options*, started where there is none."""
        recipe = repr(sorted(options.items()))
        if recipe not in self._known:
            folder = self._factory.mktemp("site")
            self._known[recipe] = self.enter_context(running_simulator(**{"directory": folder, **options}))
        return self._known[recipe]


#: Options of the sites that many files of tests begin with: of those each process of the tests starts one, in all.
_USUAL = frozenset({"set", "empty"})


@pytest.fixture(scope="session")
def usual_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Sites]:
    """The sites that all files of tests share."""
    with _Sites(tmp_path_factory) as sites:
        yield sites


@pytest.fixture(scope="module")
def make_site(tmp_path_factory: pytest.TempPathFactory, usual_sites: _Sites) -> Iterator[Callable[..., Simulator]]:
    """``make_site(set="S", empty=False, ...)``: a running simulator per set of options, in its seeded state; shared within the test file, and
    with all others where the set is all that is asked for."""
    with _Sites(tmp_path_factory) as own:

        def make(**options: object) -> Simulator:
            found = (usual_sites if options.keys() <= _USUAL else own).take(options)
            found.reset()
            return found

        yield make


@pytest.fixture(scope="module")
def saved_states(tmp_path_factory: pytest.TempPathFactory) -> SavedStates:
    """States that several tests of a file begin with; see :class:`helpers.saved_states.SavedStates`."""
    return SavedStates(tmp_path_factory.mktemp("states"))


@pytest.fixture
def site(make_site: Callable[..., Simulator]) -> Simulator:
    """Set S, seeded: converged but for its anomalies."""
    return make_site(set="S")


@pytest.fixture
def empty_site(make_site: Callable[..., Simulator]) -> Simulator:
    """Set S before the first run: no Entra groups of the mapping, no registration, no roles and grants in Commvault."""
    return make_site(set="S", empty=True)


@pytest.fixture
def bare(tmp_path: pathlib.Path) -> Player:
    """Runs playbooks without any connection in their environment: the document must do."""
    return Player(tmp_path, collections_path(), {})


@pytest.fixture(params=[True, False], ids=["in-process", "as-module"])
def in_process(request: pytest.FixtureRequest) -> bool:
    """Both ways to run a module: pass it on to ``play``."""
    return bool(request.param)


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """A real server with HashiCorp Vault's API, one for all tests of a worker; each test takes a path of its own."""
    running = Bao(tmp_path_factory.mktemp("bao"))
    yield running
    running.stop()
