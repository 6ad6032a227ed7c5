# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps of a rotation in words, and the value of its result. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ..._core.plan import Change, Sign, Step
from ..._core.values import format_time
from .decision import Decision, Move
from .state import (
    Key,
    RotationState,
    TargetState,
    Wish,
    drop_key,
    is_own,
    mark_confirmed,
    mark_kept,
    mark_switched,
    put_key,
)

#: The longest that an access token lives by Entra ID's default, which is 60 to 90 minutes (Microsoft: access token lifetime).
LONGEST_TOKEN = datetime.timedelta(minutes=90)
#: The key id that stands for a key which is still to be added.
TO_BE_ADDED = ""
_SIGNS: dict[str, Sign] = {"add": "+", "withdraw": "-", "retire": "-", "discard": "-"}


def build_steps(decision: Decision, wish: Wish, application: str, replaced: t.Sequence[str] = ()) -> tuple[Step, ...]:
    """Return the steps of the moves, for the application that people know as *application*.

    *replaced*: the keys that the plan is about to replace.
    """
    return tuple(_build_step(move, wish, application, replaced) for move in decision.moves)


def _build_step(move: Move, wish: Wish, application: str, replaced: t.Sequence[str]) -> Step:
    key = f"key {move.key_id}" if move.key_id else "the new key"
    sentence = {
        "withdraw": f"remove {key}, which an earlier run left behind and nobody uses",
        "discard": f"delete {key} from {move.target}, because it will not be used",
        "add": f"add a {wish.kind} of the rotation {wish.rotation_name}, valid for {wish.lifetime_days} days",
        "store": f"keep {key} in {move.target}, where nobody reads it yet",
        "prove": f"prove {key} by signing in with it",
        "switch": f"let {move.target} use {key}",
        "confirm": f"run a job that uses {move.target}, which shows that {key} works there",
        "retire": f"remove {key}, which the one in use supersedes",
    }[move.action]
    data = {"key_id": move.key_id, "target": move.target}
    kind = "target" if move.target else wish.kind
    # The words are the same in every rotation. As facts, and not as ids, which an approval may lack: no approval serves for a later rotation.
    facts = {"replaced": list(replaced)}
    change = Change(_SIGNS.get(move.action, "~"), kind, application, sentence, facts)
    return Step(move.action, sentence, data, (change,))


def predict_state(state: RotationState, decision: Decision, wish: Wish, ends: t.Any) -> RotationState:
    """Return *state* after all moves of *decision*, with a key that does not exist yet under TO_BE_ADDED, ending at *ends*."""
    for move in decision.moves:
        key_id = TO_BE_ADDED if move.key_id is None else move.key_id
        if move.action in ("withdraw", "retire"):
            state = drop_key(state, key_id)
        elif move.action == "add":
            name = f"cvops/{wish.rotation_name}/{'0' * 12}"
            state = put_key(state, Key(TO_BE_ADDED, name, state.now, ends))
        elif move.action == "store":
            state = mark_kept(state, str(move.target), key_id)
        elif move.action == "switch":
            state = mark_switched(state, str(move.target), key_id)
        elif move.action == "confirm":
            state = mark_confirmed(state, str(move.target))
    return state


def format_rotation(state: RotationState, found: Decision, wish: Wish) -> dict[str, t.Any]:
    """Return the result's value: outcome, key ids, dates, gates, and the state of each target; None for what is not known yet."""
    active = next((key for key in state.keys if key.key_id == found.active_key_id), None)
    return {
        "outcome": found.outcome,
        "reason": found.reason,
        "rotation_name": wish.rotation_name,
        "active_key_id": found.active_key_id or None,
        "expires": format_time(active.ends) if active and active.ends else None,
        "previous_key_ids": list(found.previous_key_ids),
        "unresolved_key_ids": list(found.unresolved_key_ids),
        "retire_after": format_time(found.retire_after) if found.retire_after else None,
        "targets": [_format_target(target, found.active_key_id) for target in state.targets],
        "gates": [{"name": gate.name, "open": gate.is_open, "reason": gate.reason} for gate in found.gates],
    }


def describe_block(state: RotationState, key_id: str, told: str, *, is_withdrawn: bool) -> str:
    """Return why the key *key_id* is not proven where conditional access refused the sign-in, and what that means for all who use a key.

    *told*: code and remedy of the refusal; *is_withdrawn*: the key was removed again, since nobody had its value.
    """
    users = [target for target in state.targets if target.key_id == key_id and target.use != "return"]
    keepers = [target.name for target in state.targets if target.pending_key_id == key_id]
    if is_withdrawn:
        place = "No store has its value, so it was removed again, and the next run adds another one"
    elif users:
        place = f"It stays in use ({', '.join(target.name for target in users)}), and no older key was removed"
    elif keepers:
        place = f"It stays in {', '.join(keepers)}, where nobody reads it, and the next run continues with it"
    elif any(target.use == "return" for target in state.targets):
        place = "It stays, and whoever called has its value"
    else:
        place = "It stays, but nobody was switched to it"
    used = {target.key_id for target in state.targets if target.key_id not in (None, key_id)}
    ends = [key.ends for key in state.keys if key.key_id in used and key.ends is not None]
    until = (
        f" Everybody else continues with the other keys; the first of these expires at {format_time(min(ends))}."
        if ends
        else ""
    )
    return (
        f"Conditional access refused the sign-in that should prove key {key_id}, so it is not known whether the key works."
        f" {place}.{until} {told}"
    )


def format_removed_key(key_id: str, at: datetime.datetime) -> dict[str, t.Any]:
    """Return when a key was removed, and until when a token that somebody got with it before may still be used."""
    return {"key_id": key_id, "removed_at": format_time(at), "last_possible_use": format_time(at + LONGEST_TOKEN)}


def _format_target(target: TargetState, active: str | None) -> dict[str, t.Any]:
    return {
        "name": target.name,
        "kind": target.kind,
        "use": target.use,
        "key_id": target.key_id or None,
        "state": _judge_target(target, active),
        "message": target.problem,
    }


def _judge_target(target: TargetState, active: str | None) -> str:
    """Return in one word how far a target is."""
    if target.use == "return":
        return "returned_once"
    if target.problem:
        return "failed"
    if target.is_awaiting_approval:
        return "awaiting_approval"
    if active is not None and target.key_id == active:
        return "active" if target.is_confirmed else "unproven" if target.confirmed_by == "job" else "not_acknowledged"
    if target.use == "external":
        return "not_acknowledged"
    if active is not None and target.pending_key_id == active:
        return "kept"
    return "behind" if target.is_known else "unknown"


def choose_rollback_value(values: t.Sequence[t.Any], state: RotationState, wish: Wish) -> str | None:
    """Return the key to go back to: of those that a store has, the newest that works and is not the newest of the rotation; None for none."""
    own = sorted((key for key in state.keys if is_own(key, wish)), key=lambda key: key.order)
    newest = own[-1].key_id if own else None
    held = {value.key_id for value in values}
    found = [key for key in state.keys if key.key_id in held and key.key_id != newest and key.is_unexpired(state.now)]
    return max(found, key=lambda key: key.order).key_id if found else None
