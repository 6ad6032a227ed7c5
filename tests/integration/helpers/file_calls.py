# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the operating system by which files of a folder are changed: numbered, and one of them fails or ends the process."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

_BY_PATH = ("open", "replace", "unlink")
_BY_DESCRIPTOR = ("fsync", "ftruncate", "pwrite")


class FileCalls:
    """``names``: the calls since ``begin``; ``create`` is one of ``open``."""

    def __init__(self, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, more: t.Collection[str] = ()) -> None:
        """*more*: further calls that take a path first."""
        self.names: list[str] = []
        self._folder = str(folder)
        self.begin()
        for name in (*_BY_PATH, *more, *_BY_DESCRIPTOR):
            monkeypatch.setattr(os, name, self._wrap(name, getattr(os, name)))

    def begin(self, number: int = -1, act: t.Callable[[str], None] = lambda name: None, lasts: bool = False) -> None:
        """Count from 0 again; before call *number*, and those after it where it *lasts*, *act* is called with its name."""
        self._number, self._act, self._lasts = number, act, lasts
        self.names.clear()

    def _wrap(self, name: str, call: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def watched(*arguments: t.Any, **keywords: t.Any) -> t.Any:
            place = str(arguments[0]) if arguments else ""
            if name in _BY_DESCRIPTOR:
                place = os.readlink(f"/proc/self/fd/{place}")
            elif keywords.get("dir_fd") is not None:
                place = os.path.join(os.readlink(f"/proc/self/fd/{keywords['dir_fd']}"), place)
            if place.startswith(self._folder):
                is_creation = name == "open" and bool(arguments[1] & os.O_CREAT)
                number = len(self.names)
                self.names.append("create" if is_creation else name)
                if number == self._number or (self._lasts and number > self._number >= 0):
                    self._act(self.names[-1])
            return call(*arguments, **keywords)

        return watched
