# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The plan of a rotation: from what was read to the outcome and the moves towards the final state. Pure.

Every run begins here, whatever the run before it did or did not come to: nothing but time and what the services show decides. The
moves are in the order in which they are safe: a key is kept before it is proven, proven before anybody uses it, and taken away only
by a later run.
"""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import replace

from ..._core.values import shift_time
from ..._entra.secrets.policy import SecretRules
from .decision import Decision, Gate, Move, Outcome
from .rollback import list_switches, plan_rollback
from .state import Key, RotationState, TargetState, Wish, is_own, parse_marker

#: For so long a key that nobody holds may be that of a run which is under way.
CLAIM = datetime.timedelta(hours=1)
#: What has to be true before a superseded key is removed, in the order in which it is told.
GATES = (
    "retire_asked",
    "targets_on_active_key",
    "consumers_complete",
    "overlap_over",
    "value_readable",
    "no_key_management",
    "no_other_consumers",
    "not_callers_key",
)
#: For so long an approval is waited for by which a consumer gets a key that no store has; nothing shows that it is asked for.
APPROVAL = datetime.timedelta(days=7)


def plan_rotation(state: RotationState, wish: Wish) -> Decision:
    """Return what is to be done in *state*."""
    if state.is_deactivated:
        told = "The application is deactivated: no key of it gets a token."
        return _KeyRoles(state, wish).describe("application_deactivated", told)
    if wish.rollback_key_id is not None:
        return plan_rollback(state, wish, wish.rollback_key_id)
    keys = _KeyRoles(state, wish)
    claims = keys.list_claims()
    if claims and not wish.is_taking_over:
        key_id, since = claims[-1]
        return keys.describe(
            "unfinished_run",
            f"Key {key_id} was added at {since:%Y-%m-%dT%H:%M:%SZ} and nobody uses it yet: another run is active or "
            f"was interrupted. From {shift_time(since, CLAIM):%Y-%m-%dT%H:%M:%SZ} on, a run treats it as left behind.",
        )
    why = keys.find_reason_to_add()
    return keys.plan_addition(why) if why else keys.plan_convergence()


def describe_rotation(state: RotationState, wish: Wish, active_key_id: str | None) -> Decision:
    """Return how far a rotation is, without moves. *active_key_id*: the key that it is about; None: the newest one that is held."""
    return _KeyRoles(state, wish, active_key_id).describe()


def list_replaced(state: RotationState, wish: Wish) -> tuple[str, ...]:
    """Return the ids of the keys that the next one takes the place of, sorted: what an approval of a plan is bound to.

    They stay the same until a newer key is in use, also where a run in between was killed, and where a key expires in the meantime.
    """
    keys = _KeyRoles(state, wish)
    expired = [key for key in keys.own if not key.is_unexpired(state.now)]
    replaced = keys.newest or next(reversed(expired), None)
    if replaced is not None:
        return (replaced.key_id,)
    return tuple(sorted({target.key_id for target in state.targets if target.key_id is not None}))


def list_claims(state: RotationState, wish: Wish, own_key_id: str, planned: t.Collection[str]) -> list[str]:
    """Return the keys that other runs have added a short while ago and that come before the run's own, *own_key_id*.

    Of several runs the one goes on whose key is the oldest. *planned*: the keys that the plan knew; of them, those in use are no
    claims. One in use that the plan did not know is that of a run which began and ended between two reads of this one.
    """
    own = next((key for key in state.keys if key.key_id == own_key_id), None)
    others = [
        key
        for key in state.keys
        if is_own(key, wish) and key.key_id != own_key_id and abs(state.now - key.starts) < CLAIM
        if key.key_id not in planned or not any(target.holds(key.key_id) for target in state.targets)
    ]
    return [key.key_id for key in others if own is None or key.order < own.order]


def _describe_block(rules: SecretRules, wish: Wish) -> str:
    """Return why *rules* do not allow the key that *wish* asks for, empty where they do."""
    told = ""
    if rules.is_addition_blocked:
        told = "forbids new keys"
    elif rules.must_have_issuer:
        told = "allows only certificates of certain issuers, but a rotation creates self-signed ones"
    elif rules.cap_days is not None and rules.cap_days < wish.lifetime_days:
        told = f"allows {rules.cap_days:.0f} days at most, and lifetime_days is {wish.lifetime_days}"
    return f"Application policy {rules.policy} {told}." if told else ""


class _KeyRoles:
    """The keys and targets of a state in their roles.

    ``newest``: the newest key of this rotation that is held, or, where nobody but the caller gets values, that exists; ``bare``:
    newer ones that nobody holds; ``orphans``: those that nobody can hold unseen.
    """

    def __init__(self, state: RotationState, wish: Wish, active_key_id: str | None = None) -> None:
        self.state, self.wish = state, wish
        self.own = sorted((key for key in state.keys if is_own(key, wish)), key=lambda key: key.order)
        live = [key for key in self.own if key.is_unexpired(state.now)]
        self.stores = [target for target in state.targets if target.use == "store"]
        self.writable = [*self.stores, *(target for target in state.targets if target.use == "consumer")]
        held = [key for key in live if not self.writable or self._is_held(key)]
        named = [key for key in live if key.key_id == active_key_id]
        self.newest = next(reversed([*held, *named]), None)
        self.bare = [key for key in live if not self._is_held(key) and self._is_newer(key)]
        self.is_all_seen = not any(target.may_hold_unseen for target in state.targets)
        self.orphans = [
            key
            for key in self.bare
            if self.is_all_seen and not key.may_be_callers and not self._may_await_approval(key)
        ]
        self.unresolved = tuple(key.key_id for key in self.bare if key not in self.orphans)

    def _is_held(self, key: Key) -> bool:
        return any(target.holds(key.key_id) for target in self.state.targets)

    def _is_newer(self, key: Key) -> bool:
        return self.newest is None or key.order > self.newest.order

    def _may_await_approval(self, key: Key) -> bool:
        """Return whether a consumer may get *key* once a person approves it. A store has a key before any consumer is written."""
        return (
            bool(self.writable)
            and not self.stores
            and not self.wish.is_taking_over
            and self.state.now - key.starts < APPROVAL
        )

    def list_claims(self) -> list[tuple[str, datetime.datetime]]:
        """Return key id and time of the keys that another run may be about to use, oldest first.

        A key that a store keeps and Entra ID does not list yet is one, too.
        """
        now, lifetime = self.state.now, datetime.timedelta(days=self.wish.lifetime_days)
        known = {key.key_id for key in self.state.keys}
        found = [(key.starts, key.key_id) for key in self.bare]
        found += [
            (shift_time(store.pending_expires, -lifetime), store.pending_key_id)
            for store in self.stores
            if store.pending_key_id is not None
            and store.pending_key_id not in known
            and store.pending_expires is not None
        ]
        return [(key_id, since) for since, key_id in sorted(set(found)) if abs(now - since) < CLAIM]

    def find_reason_to_add(self) -> str:
        """Return why a key has to be added; empty when there is one to go on with."""
        if self.newest is None:
            return "no key of this rotation is in use"
        if self._is_due():
            return f"key {self.newest.key_id} expires in less than {self.wish.rotate_before_days} days"
        if any(not target.problem for target in self._list_behind()) and not self._is_recoverable():
            return f"the value of key {self.newest.key_id} is in no store, and not every target holds it"
        return ""

    def _list_behind(self) -> list[TargetState]:
        """Return the targets that do not use the newest key yet."""
        return [target for target in self.writable if self.newest is not None and target.key_id != self.newest.key_id]

    def _list_unconfirmed(self) -> list[TargetState]:
        """Return the targets that have the newest key, which a job has still to confirm."""
        newest = self.newest
        return [target for target in self.writable if newest is not None and target.awaits_job(newest.key_id)]

    def _is_recoverable(self) -> bool:
        return self.newest is not None and any(store.holds(self.newest.key_id) for store in self.stores)

    def plan_addition(self, why: str) -> Decision:
        """Return the whole way of a new key, or what blocks it."""
        state, wish = self.state, self.wish
        found = self.describe("not_due", why)
        waiting = [key.key_id for key in self.bare if self._may_await_approval(key)]
        if len(waiting) > 1:
            told = f"Keys {', '.join(waiting)} were added and no target shows them: they may wait for approvals. Without a store among the"
            told += " targets none of them is removed for a week, and none is added. with accept_risk unfinished_run they are treated as left behind."
            return replace(found, outcome="pending_approval", reason=told)
        blocked = _describe_block(state.rules, wish) if state.rules is not None else ""
        if blocked:
            return replace(found, outcome="blocked_by_app_policy", reason=blocked)
        removed = list(self.orphans)
        expired = [key for key in self.own if not key.is_unexpired(state.now)]
        left = len(state.keys) - len(removed)
        if state.most_keys is not None and left >= state.most_keys:
            removed.extend(expired[: left + 1 - state.most_keys])
            if len(state.keys) - len(removed) >= state.most_keys:
                ids = ", ".join(sorted(key.key_id for key in state.keys))
                reason = f"The application may have {state.most_keys} keys and has {len(state.keys)} ({ids}), expired ones among them."
                return replace(found, outcome="slots_full", reason=reason)
        live = [key for key in self.own if key.is_unexpired(state.now) and key not in removed]
        if len(live) >= wish.max_keys:
            ids = ", ".join(key.key_id for key in live)
            reason = f"This rotation has {len(live)} keys that work ({ids}), and max_keys is {wish.max_keys}."
            return replace(found, outcome="slots_full", reason=reason)
        ready = [target for target in self.writable if not target.problem]
        withdrawn = [Move("withdraw", key.key_id) for key in removed]
        # The last key that works goes last, even where nobody is known to have its value.
        is_last = state.most_keys is None and not any(
            key.is_unexpired(state.now) and key not in removed for key in state.keys
        )
        moves = [
            *([] if is_last else withdrawn),
            *self._discard_pending(None),
            Move("add"),
            *(Move("store", None, target.name) for target in ready if target.use == "store"),
            Move("prove"),
            *list_switches(None, ready),
            *(withdrawn if is_last else []),
        ]
        return replace(found, moves=tuple(moves), rotation=self._choose_rotation())

    def _choose_rotation(self) -> str | None:
        """Return the id of the rotation that was begun and not ended, under which the next try goes on; None where there is none."""
        begun = [*self.bare, *([self.newest] if self.newest and not self._is_due() else [])]
        marker = parse_marker(begun[-1].display_name) if begun else None
        return marker.rotation if marker else None

    def _is_due(self) -> bool:
        limit = datetime.timedelta(days=self.wish.rotate_before_days)
        return self.newest is None or self.newest.ends is None or self.newest.ends - self.state.now <= limit

    def _discard_pending(self, kept: str | None) -> list[Move]:
        """Return the moves that empty stores of a pending key which is not the one to go on with."""
        return [
            Move("discard", store.pending_key_id, store.name)
            for store in self.stores
            if store.pending_key_id is not None and store.pending_key_id != kept and not store.problem
        ]

    def plan_convergence(self) -> Decision:
        """Return the moves that bring every target to the newest key; with none left, those that take older keys away."""
        active = t.cast("Key", self.newest)
        behind = [target for target in self._list_behind() if not target.problem and not target.is_awaiting_approval]
        moves = [Move("withdraw", key.key_id) for key in self.orphans]
        moves += self._discard_pending(active.key_id)
        if behind:
            moves += [
                Move("store", active.key_id, target.name)
                for target in behind
                if target.use == "store" and not target.holds(active.key_id)
            ]
            moves.append(Move("prove", active.key_id))
            moves += list_switches(active.key_id, behind)
        unconfirmed = [target for target in self._list_unconfirmed() if not target.problem]
        moves += [Move("confirm", active.key_id, target.name) for target in unconfirmed]
        found = self.describe()
        if not behind and not unconfirmed:
            moves += self._plan_retirement(found, active)
        return replace(found, moves=tuple(moves))

    def _plan_retirement(self, found: Decision, active: Key) -> list[Move]:
        """Return the moves that take away what *active* supersedes, and what tries of the same rotation have left behind."""
        is_settled = not self._list_behind() and all(target.is_confirmed for target in self.writable)
        leftovers = self._list_leftovers(active) if is_settled else []
        retired: list[str] = []
        if found.gates and all(gate.is_open for gate in found.gates):
            retired = [key_id for key_id in found.previous_key_ids if key_id not in leftovers]
        moves = [Move("withdraw", key_id) for key_id in leftovers]
        if retired:
            moves += [Move("prove", active.key_id), *(Move("retire", key_id) for key_id in retired)]
        return moves

    def _list_leftovers(self, active: Key) -> list[str]:
        """Return keys of the same rotation as *active* that never came into use everywhere, once the overlap is over."""
        marker = parse_marker(active.display_name)
        if marker is None or not self.is_all_seen:
            return []
        over = self.state.now >= self._compute_retire_after(active)
        return [
            key.key_id
            for key in self.own
            if over and key.order < active.order and key.is_unexpired(self.state.now) and not self._is_held(key)
            if (of := parse_marker(key.display_name)) is not None and of.rotation == marker.rotation
            if not key.may_be_callers
        ]

    def describe(self, outcome: Outcome | None = None, reason: str = "") -> Decision:
        """Return the decision without moves: which keys there are, how far the targets are, and which gates are open.

        *outcome*: None for what the keys and targets say.
        """
        wish, active = self.wish, self.newest
        previous = self._list_previous()
        gates: tuple[Gate, ...] = ()
        retire_after: datetime.datetime | None = None
        if active is not None and previous:
            retire_after = self._compute_retire_after(active)
            gates = self._list_gates(active, previous, retire_after)
        return Decision(
            outcome or self._judge(previous, gates),
            reason,
            active_key_id=active.key_id if active else None,
            previous_key_ids=tuple(key.key_id for key in previous),
            unresolved_key_ids=self.unresolved,
            gates=gates,
            retire_after=None if wish.retire == "never" else retire_after,
        )

    def _list_previous(self) -> list[Key]:
        """Return the keys that work still and that the newest one supersedes: older ones of this rotation, and adopted ones."""
        adopted = [key for key in self.state.keys if key.key_id in self.wish.adopt_key_ids and key not in self.own]
        older = [key for key in self.own if self.newest is not None and key.order < self.newest.order]
        return sorted(
            (key for key in [*older, *adopted] if key.is_unexpired(self.state.now)), key=lambda key: key.order
        )

    def _compute_retire_after(self, active: Key) -> datetime.datetime:
        """Return when the overlap is over: it begins when the last target that tells has taken the key over."""
        since = [target.since for target in self.state.targets if target.since and target.key_id == active.key_id]
        return shift_time(max([active.starts, *since]), self.wish.overlap)

    def _list_gates(self, active: Key, previous: t.Sequence[Key], retire_after: datetime.datetime) -> tuple[Gate, ...]:
        state, wish = self.state, self.wish
        behind = [
            target.name
            for target in state.targets
            if target.use != "return"
            if target.key_id != active.key_id or target.is_awaiting_approval or not target.is_confirmed
        ]
        kms = [target.name for target in state.targets if target.is_key_management]
        callers = [key.key_id for key in previous if key.may_be_callers]
        is_over = wish.retire == "now" or state.now >= retire_after
        closed = {
            "retire_asked": "retire is never: the old key expires" if wish.retire == "never" else "",
            "targets_on_active_key": f"these do not have it: {', '.join(behind)}" if behind else "",
            "consumers_complete": (
                ""
                if wish.consumers_complete
                else "consumers_complete is not set, so the key may be used outside of targets"
            ),
            "overlap_over": "" if is_over else f"until {retire_after:%Y-%m-%dT%H:%M:%SZ}",
            "value_readable": (
                "" if self._is_recoverable() else "no store has the value, so the new key cannot be proven again"
            ),
            "no_key_management": (
                f"a wrong key there blocks restores: {', '.join(kms)}" if kms and wish.retire != "now" else ""
            ),
            "no_other_consumers": f"not known to use the new key: {'; '.join(state.unsettled)}"
            if state.unsettled
            else "",
            "not_callers_key": f"this run may sign in with {', '.join(callers)}" if callers else "",
        }
        return tuple(Gate(name, not closed[name], closed[name]) for name in GATES)

    def _judge(self, previous: t.Sequence[Key], gates: t.Sequence[Gate]) -> Outcome:
        """Return how far the rotation is, when nothing more is written now."""
        if any(target.problem for target in [*self._list_behind(), *self._list_unconfirmed()]):
            return "switch_partial"
        if any(target.is_awaiting_approval for target in self.writable):
            return "pending_approval"
        if not previous:
            return "not_due"
        closed = {gate.name for gate in gates if not gate.is_open}
        # Where nothing is removed nobody has to say that all users are known.
        awaited = {"targets_on_active_key", "no_other_consumers"}
        if self.wish.retire != "never":
            awaited.add("consumers_complete")
        return "waiting_for_consumers" if closed & awaited else "overlap"
