# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look at the arguments and the environment of every process, whenever a simulated service has served a request."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

import pytest
from cvops_simulator import Simulator


class ProcessScan:
    """``found``: the processes in whose arguments or environment one of the texts stood that ``list_texts`` returns at that moment.

    ``looks``: how many processes were looked at.
    """

    def __init__(
        self, site: Simulator, monkeypatch: pytest.MonkeyPatch, list_texts: t.Callable[[], t.Iterable[str]]
    ) -> None:
        self.found: set[str] = set()
        self.looks = 0
        self._list_texts = list_texts
        add = site.journal.add

        def add_and_look(entry: t.Any) -> None:
            add(entry)
            self.look()

        monkeypatch.setattr(site.journal, "add", add_and_look)

    def look(self) -> None:
        """Look at every process of this user."""
        texts = [text.encode() for text in self._list_texts()]
        for place in (
            path for pid in pathlib.Path("/proc").glob("[0-9]*") for path in (pid / "cmdline", pid / "environ")
        ):
            with contextlib.suppress(OSError):  # it has ended, or it is another user's
                content = place.read_bytes()
                self.looks += 1
                if any(text in content for text in texts):
                    self.found.add(str(place))
