# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Exact products of grants: as few requests as the service takes. Pure.

One request applies every listed pair of principal and role to every listed entity. So a batch is right only when
it is an exact product, and the products of all batches together are exactly the grants that were asked for.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._commvault.security.grants import Entity
from .canonical import PlannedGrant, PrincipalReference, RoleReference

#: Grants in one request; a bound of ours, so that no request grows without limit.
LARGEST_BATCH = 1000

Pair: t.TypeAlias = tuple[PrincipalReference, RoleReference]


@dataclass(frozen=True)
class Batch:
    """What one request writes: each of ``pairs`` of principal and role on each of ``entities``."""

    entities: tuple[Entity, ...]
    pairs: tuple[Pair, ...]

    @property
    def grants(self) -> list[PlannedGrant]:
        """The grants that the request writes."""
        return [PlannedGrant(principal, role, entity) for entity in self.entities for principal, role in self.pairs]


def make_batches(grants: t.Iterable[PlannedGrant]) -> list[Batch]:
    """Return exact products that together hold each of *grants* once; the same whatever the order of the input."""
    asked = sorted(set(grants))
    by_entity = _make_products(_index_grants(asked, by_entity=True), by_entity=True)
    by_pair = _make_products(_index_grants(asked, by_entity=False), by_entity=False)
    fewest = by_entity if len(by_entity) < len(by_pair) else by_pair
    return [part for batch in fewest for part in _split_batch(batch)]


def _index_grants(grants: t.Sequence[PlannedGrant], by_entity: bool) -> dict[t.Any, list[t.Any]]:
    index: dict[t.Any, list[t.Any]] = {}
    for grant in grants:
        pair: Pair = (grant.principal, grant.role)
        row, column = (grant.entity, pair) if by_entity else (pair, grant.entity)
        index.setdefault(row, []).append(column)
    return index


def _make_products(index: t.Mapping[t.Any, t.Sequence[t.Any]], by_entity: bool) -> list[Batch]:
    """Return one product for all rows that have the same columns."""
    merged: dict[tuple[t.Any, ...], list[t.Any]] = {}
    for row, columns in index.items():
        merged.setdefault(tuple(sorted(columns)), []).append(row)
    found = [(tuple(sorted(rows)), columns) for columns, rows in merged.items()]
    made = [Batch(rows, columns) if by_entity else Batch(columns, rows) for rows, columns in found]
    return sorted(made, key=lambda batch: (batch.entities, batch.pairs))


def _split_batch(batch: Batch) -> list[Batch]:
    if len(batch.entities) * len(batch.pairs) <= LARGEST_BATCH:
        return [batch]
    if len(batch.entities) >= len(batch.pairs):
        half = len(batch.entities) // 2
        parts = [Batch(batch.entities[:half], batch.pairs), Batch(batch.entities[half:], batch.pairs)]
    else:
        half = len(batch.pairs) // 2
        parts = [Batch(batch.entities, batch.pairs[:half]), Batch(batch.entities, batch.pairs[half:])]
    return [piece for part in parts for piece in _split_batch(part)]
