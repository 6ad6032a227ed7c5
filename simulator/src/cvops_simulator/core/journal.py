# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: every request that reached a service, in order. Bodies and headers are not kept: they hold secrets."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One request. `status` 0: the connection was closed without an answer. `fault`: the fault's action that met it."""

    service: str
    method: str
    path: str
    query: str
    status: int
    at: float
    user_agent: str
    request_id: str
    read: bool
    fault: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as plain data."""
        return asdict(self)


class Journal:
    """Ordered, thread-safe list of entries."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Append one entry."""
        with self._lock:
            self._entries.append(entry)

    def entries(self, service: str | None = None, method: str | None = None) -> list[Entry]:
        """Return all entries, or those of one service and one method."""
        with self._lock:
            found: Iterable[Entry] = list(self._entries)
        return [
            entry
            for entry in found
            if service in (None, entry.service) and (method is None or method.upper() == entry.method)
        ]

    def writes(self, service: str | None = None) -> list[Entry]:
        """Return requests that change something, by the service's own rule."""
        return [entry for entry in self.entries(service) if not entry.read]

    def reads(self, service: str | None = None) -> list[Entry]:
        """Return requests that only read (a POST that reads counts here)."""
        return [entry for entry in self.entries(service) if entry.read]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return per service: `reads`, `writes`, `total`."""
        result: dict[str, dict[str, int]] = {}
        for entry in self.entries():
            row = result.setdefault(entry.service, {"reads": 0, "writes": 0, "total": 0})
            row["reads" if entry.read else "writes"] += 1
            row["total"] += 1
        return result

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
