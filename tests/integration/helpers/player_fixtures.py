# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures that run playbooks against a simulated site, for the ``conftest.py`` of each folder that has a fixture ``site``."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest
from collection_tree import collections_path
from cvops_simulator import Simulator

from helpers.playing import Player, connection_of


@pytest.fixture
def make_player(tmp_path: pathlib.Path) -> Callable[[Simulator], Player]:
    """A ``play`` for any simulator: its files lie below the test's own folder."""

    def make(simulator: Simulator) -> Player:
        return Player(tmp_path, collections_path(), connection_of(simulator))

    return make


@pytest.fixture
def play(site: Simulator, make_player: Callable[[Simulator], Player]) -> Player:
    """Runs tasks against ``site``; see :class:`helpers.playing.Player`."""
    return make_player(site)
