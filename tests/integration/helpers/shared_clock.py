# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seconds that a test's process, its forked runs and Ansible's workers in them add to the time, in a file."""

from __future__ import annotations

import datetime
import fcntl
import mmap
import pathlib
import struct
import time
import typing as t

#: The environment variable that names the file to a forked run.
VARIABLE = "CVOPS_TEST_CLOCK"
#: A shorter wait is one for another process, which holds a lock: it is a real one, or the clock would run away while that works.
SHORT_S = 0.3
_NUMBER = struct.Struct("d")


class SharedClock:
    """The time of day plus what others and this process waited."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        if not path.exists():
            path.write_bytes(_NUMBER.pack(0.0))
        with path.open("r+b") as stream:
            self._number = mmap.mmap(stream.fileno(), _NUMBER.size)  # read thousands of times, so without a call

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time() + t.cast("float", _NUMBER.unpack_from(self._number)[0])

    def datetime(self) -> datetime.datetime:
        """Return the time of day, in UTC."""
        return datetime.datetime.fromtimestamp(self.now(), datetime.timezone.utc)

    def advance(self, seconds: float) -> None:
        """Push the clock forward, for all."""
        with self._path.open("r+b", buffering=0) as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            _NUMBER.pack_into(self._number, 0, _NUMBER.unpack_from(self._number)[0] + seconds)

    def reset(self) -> None:
        """Go back to the time of day."""
        _NUMBER.pack_into(self._number, 0, 0.0)


def follow_shared_clock(path: pathlib.Path) -> None:
    """Let every run in this process, and in forks of it, take its time from the clock of the file: a wait takes none and pushes it forward."""
    from ansible_collections.cvops.identity.plugins.module_utils._core.cancellation import Cancellation
    from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock

    clock = SharedClock(path)

    wait_really = Cancellation.wait

    def wait(self: Cancellation, seconds: float) -> None:
        if seconds < SHORT_S:
            wait_really(self, seconds)
            return
        self.check()
        clock.advance(seconds)

    Cancellation.wait = wait  # type: ignore[method-assign]
    Clock.monotonic = lambda self: clock.now()  # type: ignore[method-assign]
    Clock.now = lambda self: clock.datetime()  # type: ignore[method-assign]
