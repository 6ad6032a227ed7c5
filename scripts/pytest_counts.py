# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runs of pytest say at their end, and all of them together."""

from __future__ import annotations

import collections
import re

SUMMARY = re.compile(r"^(?:=+ )?((?:\d+ \w+(?:, )?)+ in [\d.]+s)", re.MULTILINE)


class Counts:
    """The tests that ran, by how they ended."""

    def __init__(self) -> None:
        self._tests: collections.Counter[str] = collections.Counter()
        self._seconds = 0.0

    def add(self, output: str) -> str:
        """Return pytest's last summary in *output*, counted; an empty text where there is none."""
        summary = str((SUMMARY.findall(output) or [""])[-1])
        tests, _in, seconds = summary.partition(" in ")
        for number, word in re.findall(r"(\d+) (\w+)", tests):
            self._tests[word] += int(number)
        self._seconds += float(seconds.rstrip("s") or 0)
        return summary

    def __str__(self) -> str:
        """Return one summary for all runs, as pytest would write it."""
        tests = ", ".join(f"{number} {word}" for word, number in self._tests.items())
        return f"{tests} in {self._seconds:.2f}s" if tests else ""
