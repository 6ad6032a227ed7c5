# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Puts grants into as few requests as the service takes.

One request applies every listed pair of principal and role to every listed entity. So a batch is right only when
it is an exact product, and the products of all batches together are exactly the grants that were asked for.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._commvault.security.grants import Entity, Grant, Principal

#: Grants in one request; a bound of ours, so that no request grows without limit.
LARGEST_BATCH = 1000

Pair = tuple[Principal, int]


@dataclass(frozen=True)
class Batch:
    """One request: each of ``pairs`` on each of ``entities``."""

    entities: tuple[Entity, ...]
    pairs: tuple[Pair, ...]

    @property
    def grants(self) -> list[Grant]:
        """The grants that this request writes."""
        return [Grant(principal, role_id, entity) for entity in self.entities for principal, role_id in self.pairs]


def batches(grants: t.Iterable[Grant]) -> list[Batch]:
    """Exact products that together hold each of *grants* once; deterministic, whatever the order of the input."""
    wanted = sorted(set(grants))
    by_entity = _products(_index(wanted, by_entity=True), by_entity=True)
    by_pair = _products(_index(wanted, by_entity=False), by_entity=False)
    fewest = by_entity if len(by_entity) < len(by_pair) else by_pair
    return [part for batch in fewest for part in _split(batch)]


def _index(grants: t.Sequence[Grant], by_entity: bool) -> dict[t.Any, list[t.Any]]:
    index: dict[t.Any, list[t.Any]] = {}
    for grant in grants:
        pair: Pair = (grant.principal, grant.role_id)
        row, column = (grant.entity, pair) if by_entity else (pair, grant.entity)
        index.setdefault(row, []).append(column)
    return index


def _products(index: t.Mapping[t.Any, t.Sequence[t.Any]], by_entity: bool) -> list[Batch]:
    """Rows with equal columns make one product."""
    merged: dict[tuple[t.Any, ...], list[t.Any]] = {}
    for row, columns in index.items():
        merged.setdefault(tuple(sorted(columns)), []).append(row)
    found = [(tuple(sorted(rows)), columns) for columns, rows in merged.items()]
    made = [Batch(rows, columns) if by_entity else Batch(columns, rows) for rows, columns in found]
    return sorted(made, key=lambda batch: (batch.entities, batch.pairs))


def _split(batch: Batch) -> list[Batch]:
    if len(batch.entities) * len(batch.pairs) <= LARGEST_BATCH:
        return [batch]
    if len(batch.entities) >= len(batch.pairs):
        half = len(batch.entities) // 2
        parts = [Batch(batch.entities[:half], batch.pairs), Batch(batch.entities[half:], batch.pairs)]
    else:
        half = len(batch.pairs) // 2
        parts = [Batch(batch.entities, batch.pairs[:half]), Batch(batch.entities, batch.pairs[half:])]
    return [piece for part in parts for piece in _split(part)]
