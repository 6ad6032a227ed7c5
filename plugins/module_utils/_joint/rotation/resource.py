# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module secret_rotation: reads what there is, plans, and moves on.

The files in the order in which a run goes through them: checks.py, options.py, read.py, plan.py (with state.py, decision.py, rollback.py),
words.py, resource.py, proof.py, the keys, the targets.
"""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import replace

from ..._core.context import Context
from ..._core.errors import ConfigError, CvopsError
from ..._core.plan import Plan, Step, add_ids
from ..._core.redact import redact_text
from ..._core.resource import Action, Finding
from ..._core.risks import require_accepted_risk
from ..._core.values import format_time, shift_time
from ..._core.visible import to_one_line
from ..._entra.client import GraphClient
from ..._entra.secrets.policy import POLICY_EXCEPTIONS
from ..._signin.entra.key_vault import connect_key_vault
from ..._stores.azure_key_vault_access import KeyVaultAccess
from ..._stores.secret_versions.opening import open_secret_store
from .apply import RotationApplier
from .checks import compute_overlap_hours
from .decision import FAILED_OUTCOMES, Decision, Outcome, judge_run
from .keys.opening import open_keys
from .options import build_targets, check_rotation_options, check_target_names
from .plan import describe_rotation, list_replaced
from .read import RotationReader
from .rotation_log import append_entry
from .state import RotationState, Wish
from .targets.base import KeyValue, Target
from .targets.stored import StoredTarget
from .words import TO_BE_ADDED, build_steps, choose_rollback_value, format_removed_key, format_rotation, predict_state


class RotationFault(CvopsError):
    """A rotation that cannot go on by itself; ``outcome`` says where it stands. All that was done is in the result."""

    kind = "rotation"


class RotationResource:
    """One rotation of one application."""

    noun = "rotation"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph = ctx, GraphClient(ctx)
        self._kind = open_keys(ctx, self._graph)
        self._reader = RotationReader(ctx, self._graph, self._kind)
        self._targets: dict[str, Target] = {}
        self._planned = Plan({}, {})
        self._value: KeyValue | None = None

    def plan(self) -> Plan:
        """Return the steps from what is there to the final state. Raises ConfigError, Problems."""
        options = self._ctx.options
        check_rotation_options(options)
        self._application = self._reader.read_application()
        app_id = self._application.app_id or ""
        targets = build_targets(self._ctx, app_id, self._connect_key_vault)
        check_target_names(targets)
        self._targets = {target.name: target for target in targets}
        self._wish = self._build_wish()
        state = self._reader.read_state(targets)
        self._wish = replace(self._wish, rollback_key_id=self._find_rollback_key(state, app_id))
        self._state, self._decision = self._reader.plan(targets, self._wish, state)
        self._applier = RotationApplier(
            self._ctx,
            self._graph,
            self._reader,
            self._kind,
            self._targets,
            self._wish,
            self._state,
            self._decision,
            self._value,
        )
        label = self._application.label
        replaced = list_replaced(self._state, self._wish)
        steps = build_steps(self._decision, self._wish, label, replaced)
        steps = add_ids(steps, principal=self._application.app_id)
        before = format_rotation(self._state, self._describe(self._state), self._wish)
        after = format_rotation(*self._predict(), self._wish) if steps else before
        changes = [step.subject for step in steps]
        self._planned = Plan(
            {**_without_words(before), "changes": []}, {**_without_words(after), "changes": changes}, steps
        )
        if steps and not self._ctx.check_mode and options["rotation_log"]:
            self._ctx.on_close(self._write_log)
        return self._planned

    def _build_wish(self) -> Wish:
        options = self._ctx.options
        hours = compute_overlap_hours(options["overlap_hours"], options["targets"])
        is_taking_over = "unfinished_run" in (options["accept_risk"] or ())
        if is_taking_over:
            require_accepted_risk(self._ctx, "unfinished_run", "What another run has begun is treated as left behind.")
        return Wish(
            options["rotation_name"],
            options["lifetime_days"],
            options["rotate_before_days"],
            datetime.timedelta(hours=hours),
            options["retire"],
            options["consumers_complete"],
            frozenset(key_id.lower() for key_id in options["adopt_key_ids"]),
            options["max_keys"],
            is_taking_over=is_taking_over,
            kind=options["kind"],
        )

    def _connect_key_vault(self, url: str) -> KeyVaultAccess:
        return connect_key_vault(self._ctx, self._graph.sign_in, url)

    def _find_rollback_key(self, state: RotationState, app_id: str) -> str | None:
        """Return the key to go back to, None where that is not asked for, and keep its value. Raises ConfigError where no store has one."""
        option = self._ctx.options["rollback_from"]
        if not option:
            return None
        store = open_secret_store(self._ctx, option, self._connect_key_vault)
        values = StoredTarget("rollback_from", store, app_id).list_values()
        key_id = choose_rollback_value(values, state, self._wish)
        if key_id is None:
            raise ConfigError(
                f"rollback_from: {store.label} has no earlier key that still works, so there is nothing to go back to.",
                source="option rollback_from",
            )
        self._value = replace(next(value for value in values if value.key_id == key_id), application=app_id)
        return key_id

    def _predict(self) -> tuple[RotationState, Decision]:
        """Return state and outcome as they will be when all goes well."""
        ends = shift_time(self._state.now, datetime.timedelta(days=self._wish.lifetime_days))
        after = predict_state(self._state, self._decision, self._wish, ends)
        actions = {move.action for move in self._decision.moves}
        active = TO_BE_ADDED if "add" in actions else self._decision.active_key_id
        found = self._describe_state(after, active)
        return after, replace(found, outcome=self._judge(found.outcome, actions))

    def _describe_state(self, state: RotationState, active: str | None) -> Decision:
        """Return where the rotation stands in *state* with the key *active*; one that is gone back to need not be of the rotation."""
        found = describe_rotation(state, self._wish, active)
        back = self._wish.rollback_key_id
        return found if back is None else replace(found, active_key_id=back)

    def _judge(self, found: Outcome, actions: t.Collection[str]) -> Outcome:
        """Return the outcome of a run that did *actions* and came to *found*."""
        return judge_run(found, actions, is_going_back=self._wish.rollback_key_id is not None)

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        actions: tuple[str, ...] = ("withdraw", "discard", "add", "store", "prove", "switch", "confirm", "retire")
        return dict.fromkeys(actions, self._apply)

    def _apply(self, step: Step) -> None:
        self._applier.apply(step)

    def get_applied_plan(self) -> Plan:
        """Return the plan with the steps that were done."""
        return replace(self._planned, steps=tuple(self._applier.done))

    def verify(self) -> list[Finding]:
        """Wait until the added key is listed and the removed ones are not; return "list" as a field for one that is not listed in time."""
        for key_id in self._applier.removed:
            self._applier.writer.await_gone(key_id)
        if self._applier.added is not None and not self._applier.writer.await_listed(self._applier.added):
            return [{"field": "list"}]
        return []

    def _describe(self, state: RotationState) -> Decision:
        """Return where the rotation stands in *state*."""
        if not self._decision.moves:
            return self._decision
        active = self._applier.added or (
            None if any(move.action == "add" for move in self._decision.moves) else self._decision.active_key_id
        )
        found = self._describe_state(state, active)
        if self._applier.halted is not None:
            outcome, reason = self._applier.halted
            return replace(found, outcome=outcome, reason=reason)
        return replace(
            found,
            outcome=self._judge(found.outcome, {step.action for step in self._applier.done}),
            reason=self._decision.reason,
        )

    def result(self) -> dict[str, t.Any]:
        """Return where the rotation stands; with a target ``return``, the value of the key that was added."""
        if self._ctx.check_mode and self._planned.changed:
            state, found = self._predict()
            value = {**format_rotation(state, replace(found, reason=self._decision.reason), self._wish)}
        else:
            value = format_rotation(self._applier.state, self._describe(self._applier.state), self._wish)
        if value["outcome"] == "blocked_by_app_policy" and POLICY_EXCEPTIONS not in value["reason"]:
            value["reason"] += f" {POLICY_EXCEPTIONS}"
        value["app_id"] = self._application.app_id
        value["removed_keys"] = [format_removed_key(*removed) for removed in self._applier.removed.items()]
        value["reason"] = self._clean_words(value["reason"])
        value["targets"] = [{**target, "message": self._clean_words(target["message"])} for target in value["targets"]]
        if any(target.use == "return" for target in self._targets.values()):
            value["value"] = self._applier.added_value
        return value

    def _clean_words(self, text: str) -> str:
        """Return words that may quote a service, which may quote what it was sent, without the secrets of this run."""
        return to_one_line(redact_text(text, self._ctx.secrets))

    def find_fault(self) -> CvopsError | None:
        """Return why the rotation cannot go on by itself, None where it can."""
        found = self.result()
        if found["outcome"] not in FAILED_OUTCOMES:
            return None
        failed = [f"{target['name']}: {target['message']}" for target in found["targets"] if target["message"]]
        told = " ".join([found["reason"], *failed]).strip()
        return RotationFault(
            f"Rotation {self._wish.rotation_name}: {found['outcome']}. {told}", outcome=found["outcome"]
        )

    def salvage(self) -> dict[str, t.Any]:
        """Return where the rotation stands once a key was added, with its value where the caller is to get it."""
        return {"salvaged": {"rotation": self.result()}} if self._applier.added is not None else {}

    def _write_log(self) -> None:
        """Append what this run did to the log; the change has been made, so a log that cannot be written is a warning."""
        if not self._applier.done and self._applier.halted is None:
            return
        found = {key: value for key, value in self.result().items() if key != "value"}
        entry = {
            "at": format_time(self._graph.get_service_time()),
            "application": self._application.app_id,
            "identity": dict(self._ctx.identity),
            "added_key_id": self._applier.added,
            "removed_key_ids": list(self._applier.removed),
            "steps_done": [step.subject for step in self._applier.done],
            "sign_ins_of_proof": self._applier.proof.tries if self._applier.proof else 0,
            "is_proven": self._applier.proof is not None and not self._applier.proof.cause,
            **found,
        }
        append_entry(self._ctx, self._ctx.options["rotation_log"], entry)


def _without_words(value: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return a result's value for the diff: what changes, without the words about it, and without dates, which pass."""
    return {key: item for key, item in value.items() if key not in ("reason", "gates", "expires", "retire_after")}
