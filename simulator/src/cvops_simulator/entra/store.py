# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of plain rows, with the versions that replicas have seen so far.

A row is never changed in place: a writer puts a new one. Without replication every view is the primary copy itself.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cvops_simulator.core.clock import Clock
    from cvops_simulator.entra.replication import Lag, Replication

Row = dict[str, Any]


@dataclass(frozen=True)
class _Version:
    number: int
    at: float
    kind: Lag
    row: Row | None


class View:
    """What one replica knows at one moment; `replica` None: the primary copy."""

    def __init__(self, store: Store, replica: int | None) -> None:
        self._store = store
        self._replica = replica

    def get(self, table: str, key: str) -> Row | None:
        """Return one row, or None."""
        if self._replica is None:
            return self._store.tables.get(table, {}).get(key)
        return self._store.read_replica(table, key, self._replica)

    def rows(self, table: str) -> Mapping[str, Row]:
        """Return all rows of a table by key, oldest first."""
        if self._replica is None:
            return self._store.tables.get(table, {})
        keys = self._store.keys(table)
        pairs = ((key, self._store.read_replica(table, key, self._replica)) for key in keys)
        return {key: row for key, row in pairs if row is not None}

    def ids(self, table: str, key: str) -> list[str]:
        """Return the ids that a relation row holds."""
        row = self.get(table, key)
        return list(row["ids"]) if row else []

    def owners_of(self, table: str, object_id: str) -> list[str]:
        """Return the keys of the relation rows that hold an id, oldest first."""
        if self._replica is None:
            return list(self._store.index(table).get(object_id, ()))
        return [key for key, row in self.rows(table).items() if object_id in row["ids"]]


class Store:
    """The primary copy of all tables, and the delayed view that each replica has of it."""

    def __init__(self, clock: Clock, replication: Replication | None) -> None:
        self.tables: dict[str, dict[str, Row]] = {}
        self.replication = replication
        self._clock = clock
        self._history: dict[str, dict[str, list[_Version]]] = {}
        self._number = 0
        self._indexes: dict[str, tuple[dict[str, Row], int, dict[str, list[str]]]] = {}
        self._choice = random.Random(replication.seed if replication else 0)
        self._lock = threading.RLock()

    def view(self) -> View:
        """Return the view that one request gets: of a replica at random, or the primary copy without replication."""
        return View(self, self._choice.randrange(self.replication.replicas) if self.replication else None)

    def primary(self) -> View:
        """Return the view of the primary copy, which writers change."""
        return View(self, None)

    def put(self, table: str, key: str, row: Row, kind: Lag = "property", replicated: bool = False) -> None:
        """Write a row. `replicated`: every replica knows it at once (seeded data)."""
        with self._lock:
            self.tables.setdefault(table, {})[key] = row
            self._indexes.pop(table, None)
            self._remember(table, key, row, kind, replicated)

    def remove(self, table: str, key: str, kind: Lag = "object") -> Row | None:
        """Remove a row; returns it."""
        with self._lock:
            row = self.tables.get(table, {}).pop(key, None)
            self._indexes.pop(table, None)
            if row is not None:
                self._remember(table, key, None, kind, False)
            return row

    def index(self, table: str) -> dict[str, list[str]]:
        """Return, for each id that the rows of a relation hold, the keys of these rows, oldest first."""
        with self._lock:
            rows = self.tables.setdefault(table, {})
            indexed, size, found = self._indexes.get(table, (None, 0, {}))
            # Tests put other tables in the place of these.
            if indexed is not rows or size != len(rows):
                found = {}
                for key, row in rows.items():
                    for object_id in dict.fromkeys(row["ids"]):
                        found.setdefault(object_id, []).append(key)
                self._indexes[table] = rows, len(rows), found
            return found

    def _remember(self, table: str, key: str, row: Row | None, kind: Lag, replicated: bool) -> None:
        if self.replication is None:
            return
        self._number += 1
        at = 0.0 if replicated else self._clock.now()
        versions = self._history.setdefault(table, {}).setdefault(key, [])
        versions.append(_Version(self._number, at, kind, row))
        oldest = min(self._find_version(versions, replica) for replica in range(self.replication.replicas))
        del versions[: max(oldest, 0)]

    def _find_version(self, versions: list[_Version], replica: int) -> int:
        """Return the position of the newest version that the replica knows; -1 when it knows none."""
        if self.replication is None:
            return len(versions) - 1
        now = self._clock.now()
        for position in range(len(versions) - 1, -1, -1):
            version = versions[position]
            lag = 0.0 if version.at == 0.0 else self.replication.lag(version.kind, version.number, replica)
            if version.at + lag <= now:
                return position
        return -1

    def read_replica(self, table: str, key: str, replica: int) -> Row | None:
        """Return the row as the replica knows it."""
        with self._lock:
            versions = self._history.get(table, {}).get(key, [])
            position = self._find_version(versions, replica)
            return versions[position].row if position >= 0 else None

    def keys(self, table: str) -> list[str]:
        """Return every key that any replica may know."""
        with self._lock:
            return list(self._history.get(table, {}))
