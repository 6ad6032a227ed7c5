# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-playbook prints, shortened: one line per task that changed something, faults, and the playbook's own summary."""

from __future__ import annotations

import collections
import json
import re
import typing as t

TASK = re.compile(r"^(?:TASK|PLAY|PLAY RECAP) (?:\[(?:[\w.]+ : )?(?P<name>.*)\] )?\*+$")
CHANGED = re.compile(r"^changed: ")
FAULT = re.compile(r"^(fatal|failed|ERROR|\[ERROR\])")
DIFF_LINE = re.compile(r"^[+-](?![+-]{2})")
#: Tasks whose messages are shown, and so many lines of each.
SHOWN = {"Plan": 14, "Summary": 60}
MESSAGE = re.compile(r'^        (".*"),?$')


class Story:
    """Takes the output line by line; ``tell`` gives what is worth a line on the terminal.

    *shown*: tasks whose messages are told, and so many lines of each. ``diff``: lines of difference by task, in the order of the run.
    """

    def __init__(self, shown: t.Mapping[str, int] = SHOWN) -> None:
        self._shown = shown
        self.diff: dict[str, list[str]] = collections.defaultdict(list)
        self._task, self._changed, self._said = "", 0, 0

    def tell(self, line: str) -> t.Iterator[str]:
        """Lines to show now. A task is told when the next one begins, with the number of its changes."""
        begins = TASK.match(line)
        if begins:
            if self._changed:
                yield self._task + (": changed" if self._changed == 1 else f": {self._changed} changed")
            self._task, self._changed, self._said = begins["name"] or "", 0, 0
        elif CHANGED.match(line):
            self._changed += 1
        elif FAULT.match(line):
            yield line
        elif DIFF_LINE.match(line):
            self.diff[self._task].append(line)
        elif self._task in self._shown and (said := MESSAGE.match(line)):
            self._said += 1
            if self._said <= self._shown[self._task]:
                yield f"| {json.loads(said[1])}"

    def excerpt(self, task: str, lines: int) -> list[str]:
        """Return the first *lines* of difference of the first task whose name begins with *task*."""
        return next((diff[:lines] for name, diff in self.diff.items() if name.startswith(task)), [])
