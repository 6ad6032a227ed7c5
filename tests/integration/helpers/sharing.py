# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tests one of several runs of the suite leaves to the others.

``make test`` runs the suite on the oldest and on the newest ansible-core; every test runs on at least one of them, and on both
what a release of ansible-core can decide. The rule:

* **every core**: templating, options from variables and environment, ``no_log`` and all that is shown, look-ups, keywords of
  tasks, checking of arguments, processes and signals, hostile names; one story from beginning to end of site, bootstrap and doctor;
  what an export brings back; and every module, in both ways to run it in ``test_runner.py`` (``test_results_are_equal``), and in process
  in ``test_secrets.py`` and ``test_results_kept.py``.
* **any core**: what a module makes of its options and of the services' answers, the branches of a playbook, and what runs
  without ansible-playbook. A file of such tests is marked ``any_core``; a test in it that belongs to the others ``every_core``.
* **newest core**: what the newest release knows and no other, such as what it deprecates: ``newest_core``.
* **whole**: what ``make test`` leaves to ``make test-all``: the part of a sweep that is not its sample, and further stories of a playbook
  or role of which another one is told from beginning to end. Of the sweeps in the table of :mod:`helpers.sampling` the sample is chosen
  there, without a marker.
* Of a test that runs both in Ansible's worker and as a module in a process of its own (``in_process``), ``make test`` leaves the second
  way, which takes ten times as long, to ``make test-all``, but where ``every_core`` is marked. Every module runs that way in
  ``test_runner.py`` (``test_results_are_equal``) none the less.

The marker next to the test decides. The environment variable ``CVOPS_TEST_SHARE=1/2`` takes one half of what is shared and
``2/2`` the other; without it, as in ``make test-all``, every run takes all.
"""

from __future__ import annotations

import os
import pathlib
import typing as t
import zlib

import pytest

from helpers.sampling import Case, list_rest_of_sweeps

VARIABLE = "CVOPS_TEST_SHARE"
#: The markers, and what they mean.
MARKERS = {
    "any_core": "the release of ansible-core decides nothing: it is enough to run on one",
    "every_core": "runs on every ansible-core, as a module too, whatever its file is marked with",
    "newest_core": "runs on the newest ansible-core only, where runs share the suite: that is the last of them",
    "whole": "a part of a sweep that is not in the sample, or a further story: left out where runs share the suite",
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


def is_in_sample(markers: t.Sequence[str], parameters: t.Mapping[str, t.Any]) -> bool:
    """True for a test that runs which share the suite do not leave out altogether; *markers*: the nearest first."""
    if parameters.get("in_process") is False and find_decisive(markers) != "every_core":
        return False
    return "whole" not in markers


def is_shared(markers: t.Sequence[str]) -> bool:
    """True for a test that one core is enough for; *markers*: the nearest first."""
    return find_decisive(markers) == "any_core"


def find_decisive(markers: t.Sequence[str]) -> str | None:
    """Which of ``any_core`` and ``every_core`` counts; *markers*: the nearest first."""
    return next((name for name in markers if name in ("any_core", "every_core")), None)


def list_cases(items: t.Iterable[pytest.Item]) -> list[Case]:
    """The parametrised tests among *items*; a value is told by its id, as pytest's ``indices`` number the cases."""
    found = [(item, getattr(item, "callspec", None)) for item in items]
    return [
        Case(item.nodeid, dict(enumerate(call._idlist)), is_shared([mark.name for mark in item.iter_markers()]))
        for item, call in found
        if call
    ]


def leave_to_others(config: pytest.Config, items: list[pytest.Item], folder: pathlib.Path) -> None:
    """Take out of *items* what lies below *folder* and is left to the other runs."""
    share = parse_share(os.environ.get(VARIABLE, "1/1"))
    own = [item for item in items if folder in item.path.parents]
    left = {item.nodeid for item in own if _is_left(item, share)}
    if share[1] > 1:
        left |= list_rest_of_sweeps(list_cases(own))
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left])
    items[:] = [item for item in items if item.nodeid not in left]


def _is_left(item: pytest.Item, share: tuple[int, int]) -> bool:
    call = getattr(item, "callspec", None)
    markers = [mark.name for mark in item.iter_markers()]
    if share[1] > 1 and not is_in_sample(markers, call.params if call else {}):
        return True
    if "newest_core" in markers:
        return share[0] != share[1] - 1
    return is_shared(markers) and is_left_to_others(item.nodeid, share)
