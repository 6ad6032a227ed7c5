# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a rotation has read: the keys of the application, what each target holds, policy, and the time of the service. Pure.

A key is known by its ``keyId`` alone; its value is nowhere in here.
"""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass, replace

from ..._entra.secrets.policy import SecretRules

#: What a target is for: ``store`` keeps a version that no consumer reads until it is promoted; ``consumer`` holds one value, so that
#: writing is switching; ``external`` is written by people; ``return`` is the task's result.
Use: t.TypeAlias = t.Literal["store", "consumer", "external", "return"]
#: What shows that a target works with what it was given: nothing beyond what it shows of itself; a job that is run; its owner's word.
ConfirmedBy: t.TypeAlias = t.Literal["", "job", "owner"]
#: The digits of a rotation id: those of the rotation, and those of the try within it, which replaces one whose value was lost.
ROTATION_DIGITS, TRY_DIGITS = 6, 6
_MARKER = re.compile(f"cvops/([^/]+)/([0-9a-f]{{{ROTATION_DIGITS}}})([0-9a-f]{{{TRY_DIGITS}}})")


class Marker(t.NamedTuple):
    """What the display name of a key of ours says: the rotation's name, its id, and the try."""

    rotation_name: str
    rotation: str
    attempt: str


def parse_marker(display_name: str) -> Marker | None:
    """Return what a display name ``cvops/<rotation_name>/<rotation id>`` says; None for any other one, to the letter."""
    found = _MARKER.fullmatch(display_name)
    return Marker(*found.groups()) if found else None


def format_marker_name(rotation_name: str) -> str:
    """Return the part of a marker before the rotation id."""
    return f"cvops/{rotation_name}"


@dataclass(frozen=True)
class Key:
    """A key of the application. ``display_name`` may be empty; ``ends`` None: never; ``may_be_callers``: the run may sign in with it."""

    key_id: str
    display_name: str
    starts: datetime.datetime
    ends: datetime.datetime | None
    may_be_callers: bool = False

    def is_unexpired(self, now: datetime.datetime) -> bool:
        """Return True until the key's end."""
        return self.ends is None or self.ends > now

    @property
    def order(self) -> tuple[datetime.datetime, str]:
        """The place among the keys, oldest first; the same in every run that sees the key."""
        return (self.starts, self.key_id)


@dataclass(frozen=True)
class TargetState:
    """What a target holds.

    ``key_id``: the key that it uses; None: none, or, unless ``is_known``, one that cannot be told. ``pending_key_id``: of a store, the
    key that is kept and not promoted. ``pending_expires``: when that key ends. ``may_hold_unseen``: it may hold a key of this rotation
    that it does not show. ``since``: since when it has held ``key_id``, None where it does not tell. ``problem``: why it cannot be
    written now. ``is_awaiting_approval``: what was written to it waits for a person's approval. ``is_key_management``: a wrong key there
    blocks restores, so nothing is retired behind it without being told to. ``confirmed_by``: what has to confirm the key that is written to
    it; ``is_confirmed``: ``key_id`` has been.
    """

    name: str
    kind: str
    use: Use
    key_id: str | None = None
    is_known: bool = True
    pending_key_id: str | None = None
    pending_expires: datetime.datetime | None = None
    may_hold_unseen: bool = False
    since: datetime.datetime | None = None
    problem: str = ""
    is_awaiting_approval: bool = False
    is_key_management: bool = False
    confirmed_by: ConfirmedBy = ""
    is_confirmed: bool = True

    def holds(self, key_id: str) -> bool:
        """Return True when *key_id* is in use at the target or kept there."""
        return key_id in (self.key_id, self.pending_key_id)

    def awaits_job(self, key_id: str) -> bool:
        """Return True when *key_id* is in use at the target, and a job has still to show that it works there."""
        return self.key_id == key_id and self.confirmed_by == "job" and not self.is_confirmed


@dataclass(frozen=True)
class RotationState:
    """Everything that a rotation decides by. ``now``: by the clock of Entra ID; ``rules`` None: not read, or not readable.

    ``most_keys``: the most keys that Entra ID lets the application have, None where it tells no limit. ``unsettled``: in words, what else
    may use an older key by what CommCells show; it is read only where nothing else keeps older keys.
    """

    now: datetime.datetime
    keys: tuple[Key, ...]
    targets: tuple[TargetState, ...]
    is_deactivated: bool = False
    most_keys: int | None = None
    rules: SecretRules | None = None
    unsettled: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wish:
    """What the options ask for.

    ``kind``: what its keys are; ``adopt_key_ids``: keys that this rotation supersedes; ``rollback_key_id``: the key to go back to, None for going forward;
    ``is_taking_over``: what another run may have begun a short while ago is taken for left behind.
    """

    rotation_name: str
    lifetime_days: int
    rotate_before_days: int
    overlap: datetime.timedelta
    retire: t.Literal["auto", "now", "never"] = "never"
    consumers_complete: bool = False
    adopt_key_ids: frozenset[str] = frozenset()
    max_keys: int = 5
    rollback_key_id: str | None = None
    is_taking_over: bool = False
    kind: str = "secret"


def is_own(key: Key, wish: Wish) -> bool:
    """Return True for a key that this rotation has made, by its marker."""
    marker = parse_marker(key.display_name)
    return marker is not None and marker.rotation_name == wish.rotation_name


def put_key(state: RotationState, key: Key) -> RotationState:
    """Return *state* with *key*, once."""
    return replace(state, keys=(*(one for one in state.keys if one.key_id != key.key_id), key))


def drop_key(state: RotationState, key_id: str) -> RotationState:
    """Return *state* without the key *key_id*."""
    return replace(state, keys=tuple(one for one in state.keys if one.key_id != key_id))


def change_target(state: RotationState, name: str, **changes: t.Any) -> RotationState:
    """Return *state* with other fields of the target *name*."""
    targets = (replace(one, **changes) if one.name == name else one for one in state.targets)
    return replace(state, targets=tuple(targets))


def mark_kept(state: RotationState, name: str, key_id: str) -> RotationState:
    """Return *state* with *key_id* kept in the store *name*."""
    return change_target(state, name, pending_key_id=key_id)


def mark_switched(state: RotationState, name: str, key_id: str) -> RotationState:
    """Return *state* with *key_id* in use at the target *name*."""
    changes: dict[str, t.Any] = {
        "key_id": key_id,
        "is_known": True,
        "pending_key_id": None,
        "may_hold_unseen": False,
        "problem": "",
    }
    targets = (
        replace(one, **changes, is_confirmed=not one.confirmed_by) if one.name == name else one for one in state.targets
    )
    return replace(state, targets=tuple(targets))


def mark_confirmed(state: RotationState, name: str) -> RotationState:
    """Return *state* with the key of the target *name* confirmed."""
    return change_target(state, name, is_confirmed=True, problem="")
