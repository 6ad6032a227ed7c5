# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Carrying out the moves of a rotation: each leaves everybody with a key that works, whatever comes after it."""

from __future__ import annotations

import datetime
import secrets
import typing as t
from dataclasses import replace

from ..._core.context import Context
from ..._core.errors import ApiError, Cancelled, ConfigError, CvopsError
from ..._core.plan import Step
from ..._entra.client import GraphClient
from ..._entra.conditional_access.blocking import list_blocking_policies
from ..._signin.clouds import get_graph_scope
from .decision import Decision, Outcome
from .keys.base import KeyKind, KeyWriter
from .options import build_proof_rules
from .plan import CLAIM, list_claims
from .proof import Cause, Proof, prove_key
from .read import RotationReader
from .state import (
    ROTATION_DIGITS,
    RotationState,
    TargetState,
    Wish,
    change_target,
    drop_key,
    mark_confirmed,
    mark_kept,
    mark_switched,
    put_key,
)
from .targets.base import ConfirmedTarget, KeyValue, StoreTarget, Target
from .words import describe_block

#: Refusals of a new key that are outcomes of their own, by Graph's code.
_REFUSED_ADDITIONS: dict[str, Outcome] = {
    "CredentialTypeNotAllowedAsPerAppPolicy": "blocked_by_app_policy",
    "CredentialInvalidLifetimeAsPerAppPolicy": "blocked_by_app_policy",
    "TooManyAppPasswords": "slots_full",
    "Directory_ResourceSizeExceeded": "slots_full",
}
#: As many names of policies are told.
_MOST_POLICIES = 10
_UNPROVEN: dict[Cause, Outcome] = {
    "conditional_access": "blocked_by_conditional_access",
    "deactivated": "application_deactivated",
}


def judge_proof(cause: Cause) -> Outcome:
    """Return the outcome of a run whose proof failed for this cause."""
    return _UNPROVEN.get(cause, "added_unproven")


class RotationApplier:
    """Carries out moves one by one, and keeps what has come of them.

    ``state``: what is there now; ``done``: the steps that were done; ``added``: the key that this run has added and not taken back;
    ``removed``: keys that are gone, with the time by the clock of Entra ID; ``halted``: outcome and reason, once nothing more is done; ``proof``: the last one.
    """

    def __init__(
        self,
        ctx: Context,
        graph: GraphClient,
        reader: RotationReader,
        kind: KeyKind,
        targets: t.Mapping[str, Target],
        wish: Wish,
        state: RotationState,
        decision: Decision,
        value: KeyValue | None = None,
    ) -> None:
        self._ctx, self._graph, self._reader, self._kind, self._targets = ctx, graph, reader, kind, targets
        self._wish, self._decision, self._value, self.state = wish, decision, value, state
        self.done: list[Step] = []
        self.added: str | None = None
        self.removed: dict[str, datetime.datetime] = {}
        self.halted: tuple[Outcome, str] | None = None
        self.proof: Proof | None = None
        self._claim_checks = 0
        self._planned_keys = frozenset(key.key_id for key in state.keys)
        self._writer: KeyWriter | None = None

    def apply(self, step: Step) -> None:
        """Do *step*; once the run has halted nothing is done any more. Raises CvopsError."""
        action = {
            "withdraw": self._remove,
            "discard": self._discard,
            "add": self._add,
            "store": self._keep,
            "prove": self._prove,
            "switch": self._switch,
            "confirm": self._confirm,
            "retire": self._remove,
        }[step.action]
        if self.halted is None and action(step):
            self.done.append(step)

    @property
    def writer(self) -> KeyWriter:
        """The writer of the application's keys; what it adds has a marker of its own within this rotation."""
        if self._writer is None:
            application = self._reader.application
            rotation = self._decision.rotation or secrets.token_hex(ROTATION_DIGITS // 2)
            self._writer = self._kind.open_writer(str(application.object_id), application.app_id or "", rotation)
        return self._writer

    @property
    def added_value(self) -> str | None:
        """The value of the key that this run has added, for the caller; None where it has not."""
        return self._value.value if self._value is not None and self.added is not None else None

    def _remove(self, step: Step) -> bool:
        key_id = str(step.data["key_id"])
        holder = self._find_holder(key_id)
        if holder is not None:
            self.halted = (
                "unfinished_run",
                f"{holder.name} has key {key_id} now, so it stays: another run is active.",
            )
            return False
        is_new = any(key.key_id == key_id and self.state.now - key.starts < CLAIM for key in self.state.keys)
        self.writer.remove(key_id, is_new=is_new)
        self.removed[key_id] = self._graph.get_service_time()
        self.state = drop_key(self.state, key_id)
        return True

    def _find_holder(self, key_id: str) -> TargetState | None:
        """Return what a target holds that has the key now, in use or kept; None where none has it. Raises CvopsError."""
        held = map(self._reader.read_target, self._targets.values())
        return next((state for state in held if state.holds(key_id)), None)

    def _discard(self, step: Step) -> bool:
        t.cast(StoreTarget, self._target(step)).discard(step.data["key_id"])
        self.state = change_target(self.state, step.data["target"], pending_key_id=None)
        return True

    def _add(self, step: Step) -> bool:
        try:
            added = self.writer.add(self._wish.lifetime_days)
        except ApiError as exc:
            if exc.facts.get("outcome") == "unknown" and exc.may_have_acted:
                raise type(exc)(
                    f"It is not known whether a {self._kind.noun} was added: the answer was lost, and none with the "
                    f"display name {exc.facts.get('marker')} is visible. Nobody has its value. Run the task again in "
                    "an hour: if it was added, it is removed then.",
                    may_have_acted=True,
                    **exc.facts,
                ) from exc
            if exc.code not in _REFUSED_ADDITIONS:
                raise
            self.halted = (_REFUSED_ADDITIONS[exc.code], str(exc))
            return False
        self.added, self._value = added.key.key_id, added.value
        self.state = put_key(self.state, added.key)
        return True

    def _keep(self, step: Step) -> bool:
        if self._is_outrun():
            return False
        value = self._get_value(step)
        target = t.cast(StoreTarget, self._target(step))
        try:
            target.keep(value)
        except Cancelled:
            raise
        except CvopsError as exc:
            if not exc.facts.get("outcome") and not getattr(exc, "may_have_acted", False):
                self._withdraw_unkept(f"{target.name} did not accept the new key: {exc}")
                if self.halted is not None:
                    return False
            raise
        self.state = mark_kept(self.state, target.name, value.key_id)
        return True

    def _prove(self, step: Step) -> bool:
        if self._is_outrun():
            return False
        value = self._get_value(step)
        rules = build_proof_rules(self._ctx.options, get_graph_scope(self._ctx.options))
        key = next((key for key in self.state.keys if key.key_id == value.key_id), None)
        if key is not None and self.state.now - key.starts > CLAIM and self.added is None:
            rules = rules.for_known_key()
        tenant_id = self._ctx.options.get("tenant_id") or self._graph.read_token_claims().get("tid")
        sign_in = self._kind.build_sign_in(str(tenant_id), value, rules.scope)
        self.proof = prove_key(self._ctx, sign_in, rules, value.key_id)
        if not self.proof.cause:
            return True
        reason = f"Key {value.key_id} is not proven after {self.proof.tries} sign-ins, so nobody was switched to it. {self.proof.told}"
        self.halted = (judge_proof(self.proof.cause), reason)
        was_added = self.added is not None
        self._withdraw_unkept("")
        if self.proof.cause == "conditional_access":
            is_withdrawn = was_added and self.added is None
            told = describe_block(self.state, value.key_id, self.proof.told, is_withdrawn=is_withdrawn)
            self.halted = ("blocked_by_conditional_access", told)
            self.halted = ("blocked_by_conditional_access", f"{told} {self._name_policies()}")
        return False

    def _name_policies(self) -> str:
        """Return in words which policies may have refused the proof, or why that is not known, which changes nothing of the outcome."""
        try:
            names = list_blocking_policies(self._graph, self._reader.application.app_id or "")
        except Cancelled:
            raise
        except CvopsError as exc:
            return f"It is not known which policy it was: {exc}"
        listed = ", ".join([*names[:_MOST_POLICIES], *([f"… ({len(names)})"] if len(names) > _MOST_POLICIES else [])])
        return (
            f"Policies in force that can refuse the application: {listed}."
            if names
            else "No visible policy can refuse the application."
        )

    def _switch(self, step: Step) -> bool:
        value, target = self._get_value(step), self._target(step)
        # Lists lag. Without a store, in which one run alone can keep its key, a second look before the first switch tells runs apart.
        is_first = not any(done.action == "switch" for done in self.done)
        if is_first and not any(isinstance(one, StoreTarget) for one in self._targets.values()) and self._is_outrun(2):
            return False
        try:
            switched = target.switch(value)
        except Cancelled:
            raise
        except CvopsError as exc:
            self.state = change_target(self.state, target.name, problem=str(exc))
            if target.use == "store":  # the consumers' value must be where it can be had again
                self.halted = ("switch_partial", f"{target.name} does not have key {value.key_id} yet: {exc}")
            return False
        if switched == "awaiting_approval":
            self.state = change_target(self.state, target.name, is_awaiting_approval=True)
            return False
        self.state = mark_switched(self.state, target.name, value.key_id)
        return True

    def _confirm(self, step: Step) -> bool:
        key_id, target = step.data["key_id"] or self.added, self._target(step)
        held = next(state for state in self.state.targets if state.name == target.name)
        if held.key_id != key_id:  # it could not be written, which its problem tells
            return False
        try:
            t.cast(ConfirmedTarget, target).confirm(str(key_id))
        except Cancelled:
            raise
        except CvopsError as exc:
            self.state = change_target(self.state, target.name, problem=str(exc))
            return False
        self.state = mark_confirmed(self.state, target.name)
        return True

    def _target(self, step: Step) -> Target:
        return self._targets[str(step.data["target"])]

    def _get_value(self, step: Step) -> KeyValue:
        """Return the key of a step with its value: the one that was added, or what a store has. Raises ConfigError where none has it."""
        key_id = step.data["key_id"] or self.added
        if self._value is not None and self._value.key_id == key_id:
            return self._value
        for target in self._targets.values():
            found = target.recover(str(key_id)) if isinstance(target, StoreTarget) else None
            if found is not None:
                self._ctx.secrets.add(found.value)
                self._value = replace(found, application=self._reader.application.app_id or "")
                return self._value
        raise ConfigError(
            f"No store has the value of key {key_id} any more: run the task again.", source="option targets"
        )

    def _is_outrun(self, most_checks: int = 1) -> bool:
        """Return True, and halt, where another run has added a key before this one's: then this one's goes, before anybody uses it.

        *most_checks*: how often this is looked at in one run.
        """
        if self.added is None or self._claim_checks >= most_checks:
            return False
        self._claim_checks += 1
        seen = self._reader.look_again(self.state)
        others = list_claims(seen, self._wish, self.added, self._planned_keys)
        if not others:
            return False
        self.halted = (
            "unfinished_run",
            f"Another run has added key {others[0]} for this rotation; this one's was removed.",
        )
        self._withdraw_unkept("", is_for_caller=False)
        return True

    def _withdraw_unkept(self, why: str, *, is_for_caller: bool = True) -> None:
        """Remove the key that this run has added, where nobody has its value: not a store, not a consumer, not the caller.

        Who has it is read anew: another run may have found it where it was kept, and have let somebody use it; then this one halts. A
        key that is kept after all stays, and so does one of which that cannot be read. *is_for_caller*: a caller who is to be returned the
        value gets it.
        """
        key_id = self.added
        targets = self.state.targets
        if key_id is None or any(
            target.holds(key_id) or (target.use == "return" and is_for_caller) or target.is_awaiting_approval
            for target in targets
        ):
            return
        try:
            holder = self._find_holder(key_id)
            if holder is not None:
                if holder.key_id == key_id and self.halted is None:
                    reason = f"{holder.name} has key {key_id} now, so it stays: another run has continued with it."
                    self.halted = ("unfinished_run", reason)
                return
            self.writer.remove(key_id, is_new=True)
        except CvopsError as exc:
            self._ctx.warn(
                f"Key {key_id}, whose value nobody has, could not be removed; a later run removes it. {why} {exc}"
            )
            return
        self.removed[key_id] = self._graph.get_service_time()
        self.state = drop_key(self.state, key_id)
        self.added = None
