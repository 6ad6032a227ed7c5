# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tests one of several runs of the suite leaves to the others.

``make test`` runs the suite on the oldest and on the newest ansible-core. Two kinds of tests are shared between the two: those
marked ``any_core``, which run a module's body in their own process, so that the release of ansible-core decides nothing; and, of
the tests that run both in Ansible's worker and as a module in a process of its own, the second way, which takes ten times as
long (``every_core`` keeps them on both). The environment variable ``CVOPS_TEST_SHARE=1/2`` takes one half of them and ``2/2`` the
other; without it, as in ``make test-all``, every run takes all.
"""

from __future__ import annotations

import os
import pathlib
import typing as t
import zlib

import pytest

VARIABLE = "CVOPS_TEST_SHARE"
#: The markers, and what they mean.
MARKERS = {
    "any_core": "the release of ansible-core decides nothing: it is enough to run on one",
    "every_core": "runs on every ansible-core as a module too",
}


def parse_share(text: str) -> tuple[int, int]:
    """The number of this run, from 0, and how many runs there are, out of ``1/2``. Raises pytest.UsageError."""
    number, slash, count = text.partition("/")
    if not (slash and number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise pytest.UsageError(f"{VARIABLE} is {text!r}: it takes a share such as 1/2")
    return int(number) - 1, int(count)


def is_left_to_others(node_id: str, share: tuple[int, int]) -> bool:
    """True for a test that another of the runs takes: decided by its name, so that every worker decides the same."""
    number, count = share
    return zlib.crc32(node_id.encode()) % count != number


def is_shared(markers: t.Collection[str], parameters: t.Mapping[str, t.Any]) -> bool:
    """True for a test that one core is enough for."""
    return "any_core" in markers or ("every_core" not in markers and parameters.get("in_process") is False)


def leave_to_others(config: pytest.Config, items: list[pytest.Item], folder: pathlib.Path) -> None:
    """Take out of *items* what lies below *folder* and is left to the other runs."""
    share = parse_share(os.environ.get(VARIABLE, "1/1"))
    left = {item.nodeid for item in items if folder in item.path.parents and _is_left(item, share)}
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left])
    items[:] = [item for item in items if item.nodeid not in left]


def _is_left(item: pytest.Item, share: tuple[int, int]) -> bool:
    call = getattr(item, "callspec", None)
    shared = is_shared({mark.name for mark in item.iter_markers()}, call.params if call else {})
    return shared and is_left_to_others(item.nodeid, share)
