# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a plan of a rotation says: the outcome, the moves towards the final state, and the gates of retiring keys. Pure."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

Outcome: t.TypeAlias = t.Literal[
    "not_due",
    "added_unproven",
    "switch_partial",
    "overlap",
    "waiting_for_consumers",
    "retired",
    "rolled_back",
    "pending_approval",
    "unfinished_run",
    "blocked_by_app_policy",
    "blocked_by_conditional_access",
    "application_deactivated",
    "slots_full",
]
#: The outcomes that fail the task, after all is told.
FAILED_OUTCOMES: frozenset[Outcome] = frozenset(
    (
        "added_unproven",
        "switch_partial",
        "blocked_by_app_policy",
        "blocked_by_conditional_access",
        "application_deactivated",
        "slots_full",
    )
)
Action: t.TypeAlias = t.Literal["withdraw", "discard", "add", "store", "prove", "switch", "confirm", "retire"]


@dataclass(frozen=True)
class Move:
    """One step: ``key_id`` None is the key that the same plan adds; ``target`` is the name of one, where the move is about one."""

    action: Action
    key_id: str | None = None
    target: str | None = None


@dataclass(frozen=True)
class Gate:
    """A condition of retiring keys, whether it is met, and why not."""

    name: str
    is_open: bool
    reason: str = ""


@dataclass(frozen=True)
class Decision:
    """What is to be done. ``outcome``: the state that the run finds, before its moves.

    ``previous_key_ids``: keys that work still and that ``active_key_id`` supersedes; ``unresolved_key_ids``: keys of this rotation that
    may be left behind, and may be in use where it does not show. ``rotation``: the id under which a key is added, None for a new one.
    """

    outcome: Outcome
    reason: str = ""
    moves: tuple[Move, ...] = ()
    active_key_id: str | None = None
    previous_key_ids: tuple[str, ...] = ()
    unresolved_key_ids: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    retire_after: datetime.datetime | None = None
    rotation: str | None = None


def judge_run(found: Outcome, actions: t.Collection[str], *, is_going_back: bool) -> Outcome:
    """Return the outcome of a run that did *actions* and came to *found*. *is_going_back*: to an earlier key, as the options ask."""
    if is_going_back and found not in FAILED_OUTCOMES:
        return "rolled_back"
    if "retire" in actions:
        return "retired"
    return "overlap" if found == "not_due" and "switch" in actions else found
