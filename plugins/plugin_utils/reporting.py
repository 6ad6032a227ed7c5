# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The reporter of a task that runs on the controller: debug lines, progress and prompts on Ansible's display."""

from __future__ import annotations

import sys

from ansible.utils.display import Display

from ansible_collections.cvops.identity.plugins.module_utils._core.visible import to_one_line

#: Workers have no terminal; the parent, which imports this file, may have one.
ON_TERMINAL = sys.stdout.isatty()


class DisplayReporter:
    """Displays debug lines, and progress at ``-v`` or on a terminal; neither under no_log."""

    def __init__(self, display: Display, quiet: bool, host: str = "") -> None:
        """Keep *host*, before progress: hosts are worked on side by side."""
        self._display, self._quiet = display, quiet
        self._prefix = f"{to_one_line(host)}: " if host else ""

    def debug(self, level: int, message: str) -> None:
        """Show *message*; the context has checked the verbosity."""
        if not self._quiet:
            self._display.display(message, color="dark gray" if level >= 3 else "blue")

    def progress(self, message: str) -> None:
        """Show what is going on; the context has seen to it that it is not told too often."""
        if not self._quiet and (ON_TERMINAL or self._display.verbosity >= 1):
            self._display.display(f"  {self._prefix}{message}", color="blue")

    def prompt(self, message: str) -> None:
        """Show what the person has to do."""
        self._display.display(message, color="yellow")
