# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets plain pytest import ``ansible_collections.cvops.identity`` from any checkout, and keeps tests on loopback."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import sys
from collections.abc import Iterator

import hypothesis
import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent / name) for name in ("scripts", "demo", "tests/guard")]

import compiled_archives  # noqa: E402 - its folder had to be put on the path first
from collection_tree import collections_path  # noqa: E402
from loopback_guard import guard_children, install, take_refusals  # noqa: E402

# Machines are noisy: a property is about results, never about how long one example took.
hypothesis.settings.register_profile("steady", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("steady")


def _load_collections(path: pathlib.Path) -> None:
    """Install Ansible's import hook, once; ansible-playbook runs that tests start get the same path."""
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(path)
    from ansible.plugins.loader import init_plugin_loader
    from ansible.utils.collection_loader import AnsibleCollectionConfig

    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader([str(path)])


_load_collections(collections_path())

# A signal that is ignored stays so in every child: under nohup, or in the background of a script, what tests send would be lost.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest-socket, which is configured after this file, where tests may connect to."""
    config.option.allow_hosts = ["127.0.0.0/8", "::1", "localhost"]
    config.option.allow_unix_socket = True
    # Workers that keep what coverage has measured need more than ten seconds on a busy machine, and would be killed with it.
    with contextlib.suppress(ImportError):
        from xdist.workermanage import NodeManager

        NodeManager.EXIT_TIMEOUT = 300


@pytest.fixture(autouse=True, scope="session")
def _no_traffic_beyond_loopback(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Guard what pytest-socket leaves, and the processes that tests start."""
    install()
    guard_children(tmp_path_factory.mktemp("guard") / "refusals")


@pytest.fixture(autouse=True, scope="session")
def _byte_code_of_archives(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the runs and modules that tests start share what they compile, those of other workers of pytest-xdist included."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "code"
    folder.mkdir(exist_ok=True)
    os.environ[compiled_archives.FOLDER] = str(folder)


@pytest.fixture(autouse=True)
def _no_refusals() -> Iterator[None]:
    """Fail a test that tried to leave the machine, or whose children did, whatever became of it."""
    yield
    assert take_refusals() == []
