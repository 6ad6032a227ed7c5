# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reporter for contexts of tests."""

from __future__ import annotations


class RecordingReporter:
    """A reporter that keeps what it hears: ``lines`` for debugging, and ``news`` for everybody (progress and prompts)."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.news: list[str] = []

    def debug(self, level: int, message: str) -> None:
        self.lines.append(message)

    def progress(self, message: str) -> None:
        self.news.append(message)

    def prompt(self, message: str) -> None:
        self.news.append(message)
