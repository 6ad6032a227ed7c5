# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that take turns: one goes on, the others wait, and a seed decides which."""

from __future__ import annotations

import contextlib
import random
import threading
import typing as t

_LIMIT_S = 120.0


class Turns:
    """Turns of *count* threads, numbered from 0, of which each says where another one may go on."""

    def __init__(self, seed: int, count: int) -> None:
        self._random, self._changed = random.Random(seed), threading.Condition()
        self._taking_part = set(range(count))
        self._turn = self._random.randrange(count)
        self._own = threading.local()

    @contextlib.contextmanager
    def take_part(self, number: int) -> t.Iterator[None]:
        """Be thread *number* until the block ends."""
        self._own.number = number
        with self._changed:
            self._await(number)
        try:
            yield
        finally:
            with self._changed:
                self._taking_part.discard(number)
                self._choose()

    def pass_on(self) -> None:
        """Let the seed choose who goes on, and wait for the own turn; nothing happens in other threads."""
        number = getattr(self._own, "number", None)
        if number is None:
            return
        with self._changed:
            self._choose()
            self._await(number)

    def _choose(self) -> None:
        if self._taking_part:
            self._turn = self._random.choice(sorted(self._taking_part))
        self._changed.notify_all()

    def _await(self, number: int) -> None:
        if not self._changed.wait_for(lambda: self._turn == number, _LIMIT_S):
            raise AssertionError(f"thread {number} waits for its turn for ever")
