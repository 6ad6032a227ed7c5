# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Assertions that many tests share."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable

from cvops_simulator import Simulator
from cvops_simulator.core.journal import Entry

from helpers.playing import Run


def writes(site: Simulator) -> list[Entry]:
    """The requests that would change something; signing in and out is none of them."""
    return site.journal.writes()


def assert_no_writes(site: Simulator) -> None:
    """No write verb reached the services since the journal was cleared."""
    assert [f"{entry.service} {entry.method} {entry.path}" for entry in writes(site)] == []


def assert_no_secrets(run: Run, paths: Iterable[pathlib.Path], secrets: Iterable[str]) -> None:
    """None of *secrets* is in what the run printed, in its results, or in any file below *paths* (names included)."""
    wanted = [secret for secret in secrets if secret]
    assert wanted, "nothing to look for"
    places = {"the output": run.text, "the results": repr([dict(result) for result in run.results])}
    for root in paths:
        for path in [root, *root.rglob("*")]:
            places[f"the name of {path}"] = path.name
            if path.is_file() and not path.is_symlink():
                places[f"the file {path}"] = path.read_bytes().decode("utf-8", "replace")
    found = [
        f"secret {number} is in {place}"
        for place, text in places.items()
        for number, secret in enumerate(wanted)
        if secret in text
    ]
    assert found == []


def assert_diff_agrees(predicted: Run, real: Run) -> None:
    """Check mode said what the real run then did: the same ``changed`` and the same diff, task by task."""
    told = [(result.task, result.get("changed"), result.get("diff")) for result in predicted.results]
    done = [(result.task, result.get("changed"), result.get("diff")) for result in real.results]
    assert told == done


def assert_nothing_deprecated(run: Run) -> None:
    """Neither results nor what was printed tell of something that ansible-core deprecates."""
    deprecated = {result.task: result["deprecations"] for result in run.results if result.get("deprecations")}
    assert deprecated == {}
    assert "[DEPRECATION" not in run.text, run.text[run.text.find("[DEPRECATION") :][:2000]
