# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The objects that this run has created: only for these does "not found" mean "not yet".

Tasks of one play run in processes of their own, so the list is a file in the run's temporary folder where there is one.
It holds ids and times, nothing else.
"""

from __future__ import annotations

import os
import typing as t

from .context import Context
from .private_files import open_file

#: After this many seconds an object is expected to be known to every replica.
RECENT_S = 600.0
_FILE_NAME = "cvops_recent"


class RecentObjects:
    """The ids (or alternate keys) that were created a short while ago, by this task or an earlier one of the run."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._path = os.path.join(ctx.run_directory, _FILE_NAME) if ctx.run_directory else None
        self._own: dict[str, float] = {}

    def add(self, *keys: str) -> None:
        """Remember *keys* as created or changed now."""
        self._append(self._ctx.clock.now().timestamp(), keys)

    def discard(self, *keys: str) -> None:
        """Note *keys* as deleted now, so that they are not waited for and not taken for there."""
        self._append(-self._ctx.clock.now().timestamp(), keys)

    def clear(self, *keys: str) -> None:
        """Forget what was noted of *keys*, for example before a deleted object is restored."""
        self._append(0.0, keys)

    def contains_any(self, keys: t.Iterable[str]) -> bool:
        """Return True when one of *keys* was created or changed by this run a short while ago."""
        known = self._find_recent_keys()
        return any(key.lower() in known for key in keys)

    def contains_deleted(self, key: str) -> bool:
        """Return True when this run has deleted *key* a short while ago: a replica that lags may go on to show it."""
        moment = self._read_moments().get(key.lower(), 0.0)
        return -moment >= self._ctx.clock.now().timestamp() - RECENT_S

    def _append(self, moment: float, keys: t.Sequence[str]) -> None:
        """Note *moment* (epoch seconds, negative for a deletion) for *keys*, in this process and in the file."""
        for key in keys:
            self._own[key.lower()] = moment
        if self._path is None:
            return
        lines = "".join(f"{moment:.0f} {key.lower()}\n" for key in keys if "\n" not in key)
        try:
            descriptor = open_file(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            with os.fdopen(descriptor, "a", encoding="utf-8") as stream:
                stream.write(lines)
        except OSError as exc:
            self._warn_unusable(exc)
            self._path = None

    def _find_recent_keys(self) -> set[str]:
        """Return the keys whose last moment, here or in the file, is recent."""
        oldest = self._ctx.clock.now().timestamp() - RECENT_S
        return {key for key, moment in self._read_moments().items() if moment >= oldest}

    def _read_moments(self) -> dict[str, float]:
        """Return the last moment of each key, here or in the file."""
        seen: dict[str, float] = {}
        for line in self._read_lines():
            moment, dummy, key = line.partition(" ")
            if moment.removeprefix("-").isdecimal():
                seen[key] = float(moment)
        return {**seen, **self._own}

    def _read_lines(self) -> list[str]:
        """Return the lines of the file; none where it is not there or cannot be read."""
        if self._path is None:
            return []
        try:
            descriptor = open_file(self._path, os.O_RDONLY)
            with os.fdopen(descriptor, encoding="utf-8", errors="replace") as stream:
                return stream.read().splitlines()
        except FileNotFoundError:
            return []
        except OSError as exc:
            self._warn_unusable(exc)
            return []

    def _warn_unusable(self, exc: OSError) -> None:
        """Warn that the file cannot be used: patience is lost, and with it the difference between "not yet" and "not there"."""
        self._ctx.warn(
            f"The list of what this run has created cannot be used ({self._path}: {exc.strerror}): new objects that "
            "not all servers of Entra ID know yet count as missing."
        )
