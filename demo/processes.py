# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ending what was started, with everything that it started itself."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import typing as t


def end_group(process: subprocess.Popen[t.Any], patience: float = 10.0) -> None:
    """End a process that leads its own group, with everything that it started; SIGKILL for what does not go in time.

    Ansible's workers lead sessions of their own and outlive a terminated parent, so descendants are ended one by one too.
    Call it from the main thread: a second Ctrl-C must not leave half of the cleaning undone.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    others = _descendants(process.pid)
    try:
        _end_group(process, patience)
        for pid, seen in _processes().items():
            if pid in others and others[pid].began == seen.began:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    finally:
        signal.signal(signal.SIGINT, before)


def kill_tree(process: subprocess.Popen[t.Any]) -> None:
    """Kill a process and everything that it has started, at once, as a machine does that goes down."""
    for pid in [process.pid, *_descendants(process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _end_group(process: subprocess.Popen[t.Any], patience: float) -> None:
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, patience)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


class _Seen(t.NamedTuple):
    """A process: its parent, and when it began in the kernel's ticks, which tells apart a number that was given away."""

    parent: int
    began: str


def _processes() -> dict[int, _Seen]:
    """All processes, where the system has a /proc; none elsewhere."""
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            found[int(stat.parent.name)] = _Seen(int(fields[1]), fields[19])
    return found


def _descendants(pid: int) -> dict[int, _Seen]:
    """Children, and theirs."""
    everyone, found, waiting = _processes(), {}, [pid]
    while waiting:
        parent = waiting.pop()
        children = {number: seen for number, seen in everyone.items() if seen.parent == parent}
        found.update(children)
        waiting += children
    return found
