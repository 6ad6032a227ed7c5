# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The faults of several options, told together."""

from __future__ import annotations

import typing as t

from .errors import ConfigError, CvopsError, Problems


class OptionFaults:
    """Collects the faults of options; each names its option."""

    def __init__(self) -> None:
        self._found: list[dict[str, t.Any]] = []

    def attempt(self, parse: t.Callable[[], t.Any]) -> t.Any:
        """Return what *parse* returns; None, and its error is kept, where it raises one."""
        try:
            return parse()
        except Problems as exc:
            self._found.extend(exc.facts["problems"])
        except CvopsError as exc:
            where = str(exc.facts.get("source", "")).removeprefix("option ")
            self.note(where, str(exc).removeprefix(f"option {where}: "))
        return None

    def note(self, where: str, message: str) -> None:
        """Keep a fault of the option *where*."""
        self._found.append({"kind": "config", "where": where, "message": message})

    def raise_any(self) -> None:
        """Raise ConfigError for one fault, Problems for several."""
        if len(self._found) == 1:
            (fault,) = self._found
            raise ConfigError(f"option {fault['where']}: {fault['message']}", source=f"option {fault['where']}")
        if self._found:
            raise Problems(f"{len(self._found)} options cannot be used", self._found)
