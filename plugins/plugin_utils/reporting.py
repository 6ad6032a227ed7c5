# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The reporter of a task that runs on the controller: debug lines, progress and prompts on Ansible's display."""

from __future__ import annotations

import sys
import time

from ansible.utils.display import Display

#: Workers have no terminal; the parent, which imports this file, may have one.
ON_TERMINAL = sys.stdout.isatty()
_EVERY_S = 2.0


class DisplayReporter:
    """Displays debug lines at once, and progress at most every two seconds, at ``-v`` or on a terminal; neither under no_log."""

    def __init__(self, display: Display, quiet: bool) -> None:
        self._display, self._quiet, self._last = display, quiet, 0.0

    def debug(self, level: int, message: str) -> None:
        """Show *message*; the context has checked the verbosity."""
        if not self._quiet:
            self._display.display(message, color="dark gray" if level >= 3 else "blue")

    def progress(self, message: str) -> None:
        """Show what is going on, not too often."""
        now = time.monotonic()
        if self._quiet or not (ON_TERMINAL or self._display.verbosity >= 1) or now - self._last < _EVERY_S:
            return
        self._last = now
        self._display.display(f"  {message}", color="blue")

    def prompt(self, message: str) -> None:
        """Show what the person has to do."""
        self._display.display(message, color="yellow")
