# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The plan of going back to a key whose value a store still has. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .decision import Decision, Move
from .state import RotationState, TargetState, Wish, is_own


def list_switches(key_id: str | None, targets: t.Iterable[TargetState]) -> list[Move]:
    """Return the moves that let *targets* use the key *key_id*, None for the one that the plan adds, each confirmed before the next is written."""
    moves = []
    for target in targets:
        moves.append(Move("switch", key_id, target.name))
        if target.confirmed_by == "job":
            moves.append(Move("confirm", key_id, target.name))
    return moves


def plan_rollback(state: RotationState, wish: Wish, key_id: str) -> Decision:
    """Return the moves that bring every target back to the key *key_id*, whose value a store still has."""
    back = next((key for key in state.keys if key.key_id == key_id), None)
    superseded = tuple(
        key.key_id
        for key in sorted(state.keys, key=lambda key: key.order)
        if key.key_id != key_id and is_own(key, wish) and key.is_unexpired(state.now)
    )
    found = Decision("rolled_back", active_key_id=key_id, previous_key_ids=superseded)
    if back is None or not back.is_unexpired(state.now):
        told = "does not exist any more" if back is None else "has expired"
        return replace(
            found, outcome="added_unproven", reason=f"Key {key_id} of rollback_from {told}: nothing to go back to."
        )
    writable = [target for target in state.targets if target.use in ("store", "consumer")]
    behind = [target for target in writable if target.key_id != key_id and not target.problem]
    awaiting = [target for target in writable if target.awaits_job(key_id)]
    if any(target.problem for target in writable if target.key_id != key_id or target in awaiting):
        found = replace(found, outcome="switch_partial")
    confirmations = [Move("confirm", key_id, target.name) for target in awaiting if not target.problem]
    if not behind:
        return replace(found, moves=tuple(confirmations))
    moves = [
        *(
            Move("discard", target.pending_key_id, target.name)
            for target in behind
            if target.pending_key_id not in (None, key_id)
        ),
        *(
            Move("store", key_id, target.name)
            for target in behind
            if target.use == "store" and not target.holds(key_id)
        ),
        Move("prove", key_id),
        *list_switches(key_id, sorted(behind, key=lambda target: target.use != "store")),
        *confirmations,
    ]
    return replace(found, moves=tuple(moves))
