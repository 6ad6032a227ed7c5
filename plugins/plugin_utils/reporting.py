# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The reporter of a task that runs on the controller: debug lines, progress and prompts on Ansible's display."""

from __future__ import annotations

import sys
import time

from ansible.utils.display import Display

from ansible_collections.cvops.identity.plugins.module_utils._core.visible import to_one_line

#: Workers have no terminal; the parent, which imports this file, may have one.
ON_TERMINAL = sys.stdout.isatty()
#: How often progress is told where nobody looks on: a log of a wait of minutes shows that the run has not hung, and stays short.
LOGGED_EVERY_S = 30.0


class DisplayReporter:
    """Displays debug lines and progress, neither under no_log; progress all at ``-v`` or on a terminal, else a line every 30 seconds."""

    def __init__(self, display: Display, quiet: bool, host: str = "") -> None:
        """Keep *host*, before progress: hosts are worked on side by side."""
        self._display, self._quiet = display, quiet
        self._prefix = f"{to_one_line(host)}: " if host else ""
        self._logged_at = time.monotonic()

    def debug(self, level: int, message: str) -> None:
        """Show *message*; the context has checked the verbosity."""
        if not self._quiet:
            self._display.display(message, color="dark gray" if level >= 3 else "blue")

    def progress(self, message: str) -> None:
        """Show what is going on; the context has seen to it that it is not told too often.

        Where nobody looks on, the line goes to stderr: what stands on stdout may be JSON for a program.
        """
        if self._quiet:
            return
        line = f"  {self._prefix}{message}"
        if ON_TERMINAL or self._display.verbosity >= 1:
            self._display.display(line, color="blue")
        elif (now := time.monotonic()) - self._logged_at >= LOGGED_EVERY_S:
            self._logged_at = now
            self._display.display(line, color="blue", stderr=True)

    def prompt(self, message: str) -> None:
        """Show what the person has to do."""
        self._display.display(message, color="yellow")
