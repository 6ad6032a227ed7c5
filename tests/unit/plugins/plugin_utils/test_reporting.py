# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a running task says on the display, and what it keeps to itself."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils import reporting as subject


class Screen:
    """Stands for Ansible's display."""

    def __init__(self, verbosity: int = 0) -> None:
        self.verbosity = verbosity
        self.lines: list[str] = []
        self.errors: list[str] = []

    def display(self, message: str, stderr: bool = False, **_style: t.Any) -> None:
        (self.errors if stderr else self.lines).append(message)


def reporter(screen: Screen, quiet: bool = False) -> subject.DisplayReporter:
    return subject.DisplayReporter(t.cast(t.Any, screen), quiet)


@pytest.mark.parametrize(
    ("verbosity", "terminal", "quiet", "shown"),
    [(0, False, False, 0), (1, False, False, 1), (0, True, False, 1), (1, True, True, 0)],
)
def test_progress(monkeypatch: pytest.MonkeyPatch, verbosity: int, terminal: bool, quiet: bool, shown: int) -> None:
    """Only where somebody looks, and never under no_log."""
    monkeypatch.setattr(subject, "ON_TERMINAL", terminal)
    screen = Screen(verbosity)
    reporter(screen, quiet).progress("waiting for group X")
    assert len(screen.lines) == shown


@pytest.mark.parametrize("quiet", [True, False])
def test_a_log_shows_every_half_minute_that_the_run_goes_on(monkeypatch: pytest.MonkeyPatch, quiet: bool) -> None:
    """On stderr: what stands on stdout may be for a program."""
    monkeypatch.setattr(subject, "ON_TERMINAL", False)
    now = [100.0]
    monkeypatch.setattr(subject.time, "monotonic", lambda: now[0])
    screen = Screen()
    telling = reporter(screen, quiet)
    for seconds in range(0, 121, 8):
        now[0] = 100.0 + seconds
        telling.progress(f"{seconds} s")
    assert screen.lines == []
    assert screen.errors == ([] if quiet else ["  32 s", "  64 s", "  96 s"])


def test_debug_lines_are_silent_under_no_log() -> None:
    screen = Screen(4)
    reporter(screen).debug(1, "one")
    reporter(screen).debug(3, "three")
    reporter(screen, quiet=True).debug(1, "hidden")
    assert screen.lines == ["one", "three"]


@pytest.mark.parametrize("quiet", [True, False])
def test_a_prompt_is_displayed_also_under_no_log(quiet: bool) -> None:
    """The person has to act, or the task waits without end."""
    screen = Screen()
    reporter(screen, quiet).prompt("open the page")
    assert screen.lines == ["open the page"]


def test_progress_names_the_host_that_it_is_about() -> None:
    screen = Screen(1)
    subject.DisplayReporter(t.cast(t.Any, screen), False, "emea\ncs01").progress("47 of 123 writes")
    assert len(screen.lines) == 1
    assert screen.lines[0].endswith("cs01: 47 of 123 writes") and "\n" not in screen.lines[0]
