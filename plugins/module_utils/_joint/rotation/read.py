# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a rotation reads: the keys of the application, what the targets hold, policies, the time. Reads only."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import replace

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError, CvopsError, Forbidden, GuardRefused, Problems
from ..._core.names import fold_case
from ..._core.polling import Backoff
from ..._core.risks import require_accepted_risk
from ..._entra.applications.reference import ApplicationReference, resolve_application
from ..._entra.applications.rights import read_right_to_change
from ..._entra.client import GraphClient
from .decision import Decision
from .keys.base import KeyKind
from .options import list_commcells
from .other_consumers import read_other_consumers
from .plan import plan_rotation
from .state import Key, RotationState, TargetState, Wish, change_target
from .targets.base import ListedTarget, StoreTarget, Target
from .targets.external import ExternalTarget

_SELECT = ("signInAudience", "isDisabled")
#: Further looks at the keys before anything is written: a replica may not list yet what another run has added.
_FURTHER_LOOKS = 2
#: The moves that write to the application.
_WRITES_OF_KEYS = frozenset({"add", "withdraw", "retire"})
#: The risk that Entra ID may refuse these, as far as the caller's rights show.
RIGHT_RISK = "right_not_shown"

_HIDDEN_ROLES = "it has a custom directory role, or a role limited to the application, which is not visible"
Problem: t.TypeAlias = t.Mapping[str, t.Any]


class RotationReader:
    """Reads the state of one rotation, no more of it than the plan needs."""

    def __init__(self, ctx: Context, graph: GraphClient, kind: KeyKind) -> None:
        self._ctx, self._graph, self._kind = ctx, graph, kind
        self.application = ApplicationReference(pending=True)

    def read_application(self) -> ApplicationReference:
        """Return the registration with its keys. Raises ConfigError where there is none."""
        select = (self._kind.member, *_SELECT)
        self.application = resolve_application(self._ctx, self._graph, self._ctx.options, select=select)
        return self.application

    def read_state(self, targets: t.Sequence[Target]) -> RotationState:
        """Return what there is, without what only stores know that keep a key, and without policies."""
        wire = self.application.wire
        return RotationState(
            self._graph.get_service_time(),
            self._parse_keys(wire),
            tuple(target.read() for target in targets),
            is_deactivated=bool(wire.get("isDisabled")),
            most_keys=self._kind.get_most_keys(wire),
        )

    def plan(self, targets: t.Sequence[Target], wish: Wish, state: RotationState) -> tuple[RotationState, Decision]:
        """Return the state as far as it had to be read, and what is to be done in it. Raises Problems for what must not be begun.

        A state in which nothing is to be done is believed at once.
        """
        decision = plan_rotation(state, wish)
        if not decision.moves and decision.outcome not in ("unfinished_run", "added_unproven"):
            return state, decision
        state = self._read_closely(targets, self.look_again(state))
        decision = plan_rotation(state, wish)
        if decision.moves:
            if any(move.action == "add" for move in decision.moves):
                state = replace(state, rules=self._read_rules())
            if any(move.action == "retire" for move in decision.moves):
                state = self._read_other_consumers(targets, wish, state, decision)
                decision = plan_rotation(state, wish)
            state = self._check(targets, state, decision)
            decision = plan_rotation(state, wish)
        return state, decision

    def look_again(self, state: RotationState) -> RotationState:
        """Return *state* with the keys that further looks show, too, at the time of the last one."""
        if not self.application.object_id:
            return state
        keys = {key.key_id: key for key in state.keys}
        backoff = Backoff(self._ctx)
        for dummy in range(_FURTHER_LOOKS):
            backoff.pause(about="reading the keys again")
            keys.update({key.key_id: key for key in self.list_keys()})
        return replace(state, keys=tuple(keys.values()), now=self._graph.get_service_time())

    def list_keys(self) -> tuple[Key, ...]:
        """Return the keys as one more look shows them."""
        found = self._graph.get(
            f"/applications/{quote_segment(str(self.application.object_id))}",
            intent="list the keys of the application",
            params={"$select": f"id,{self._kind.member}"},
        )
        return self._parse_keys(found or {})

    def _parse_keys(self, wire: t.Mapping[str, t.Any]) -> tuple[Key, ...]:
        if self.application.object_id is None:  # still to be created
            return ()
        return self._kind.parse_keys(wire, self.application.app_id)

    def _read_closely(self, targets: t.Sequence[Target], state: RotationState) -> RotationState:
        """Return *state* with what stores keep that nobody reads, and what consumers hold that lists may show as it was before."""
        by_name = {target.name: target for target in state.targets}
        for target in targets:
            if isinstance(target, (ListedTarget, StoreTarget)):
                by_name[target.name] = self.read_target(target)
        return replace(state, targets=tuple(by_name.values()))

    def _read_other_consumers(
        self, targets: t.Sequence[Target], wish: Wish, state: RotationState, decision: Decision
    ) -> RotationState:
        """Return *state* with what else may use an older key; where that could not be read, too, unless the older ones are to go now."""
        acknowledged = {
            fold_case(place): target.is_key_management
            for target in targets
            if isinstance(target, ExternalTarget)
            for place in (target.name, target.where)
        }
        found = read_other_consumers(
            list_commcells(self._ctx), self.application.app_id or "", decision.active_key_id or "", acknowledged
        )
        return replace(state, unsettled=(*found.unsettled, *(() if wish.retire == "now" else found.unread)))

    def read_target(self, target: Target) -> TargetState:
        """Return all that *target* holds now.

        Of a store the pending key is read first: another run that promotes it writes what is in use before it takes the pending one
        away, so that the key is seen in one of the two.
        """
        if isinstance(target, StoreTarget):
            kept = target.read_pending(TargetState(target.name, target.kind, target.use))
            return replace(target.read(), pending_key_id=kept.pending_key_id, pending_expires=kept.pending_expires)
        return target.read_closely() if isinstance(target, ListedTarget) else target.read()

    def _read_rules(self) -> t.Any:
        """Return what application policies say, None where this identity may not read them: the service says it then."""
        if not self.application.object_id:
            return None
        with contextlib.suppress(Forbidden):
            return self._kind.read_rules(self.application.object_id)
        return None

    def _check(self, targets: t.Sequence[Target], state: RotationState, decision: Decision) -> RotationState:
        """Return *state* with the problems of the targets that *decision* writes to. Raises Problems for what must not be begun."""
        found = self._check_right(decision)
        state, fatal = self._check_targets(targets, state, decision)
        if found or fatal:
            told = "Nothing was changed:" if found else "There would be no place for a new key, so none was added:"
            raise Problems(told, [*found, *fatal])
        return state

    def _check_right(self, decision: Decision) -> list[Problem]:
        """Return the problem that the caller may not write the keys that *decision* adds or removes, if that shows.

        A role that is limited to one application, or one of the tenant's own, may show nowhere: then the risk is accepted. Where nothing
        can be told Entra ID decides at the first write, which a refusal leaves undone.
        """
        if not self.application.object_id or not any(move.action in _WRITES_OF_KEYS for move in decision.moves):
            return []
        right = read_right_to_change(self._graph, self.application.object_id)
        if right.is_shown:
            return []
        told = f"the right to change the {self._kind.noun}s of application {self.application.label or self.application.app_id}"
        if right.is_shown is None:
            self._ctx.warn(
                f"It is not known whether the caller has {told}; Entra ID decides when it is used: {right.reason}"
            )
            return []
        try:
            danger = f"The caller does not seem to have {told}: {right.reason}"
            require_accepted_risk(self._ctx, RIGHT_RISK, danger, _HIDDEN_ROLES)
        except GuardRefused as exc:
            return [{"kind": exc.kind, "where": "application", "message": str(exc)}]
        return []

    def _check_targets(
        self, targets: t.Sequence[Target], state: RotationState, decision: Decision
    ) -> tuple[RotationState, list[Problem]]:
        """Return *state* with the problems of the targets that *decision* writes to, and those with which no key may be added.

        These are stores that cannot be written, and consumers that cannot while no store keeps the value.
        """
        written = {move.target for move in decision.moves if move.action in ("store", "switch", "confirm")}
        problems: dict[str, CvopsError] = {}
        for target in targets:
            if target.name in written:
                try:
                    target.check()
                except (ApiError, ConfigError) as exc:
                    problems[target.name] = exc
                    state = change_target(state, target.name, problem=str(exc))
        if not any(move.action == "add" for move in decision.moves):
            return state, []
        has_store = any(target.use == "store" for target in targets)
        fatal = [target for target in targets if target.name in problems and (target.use == "store" or not has_store)]
        return state, [
            {"kind": problems[target.name].kind, "where": target.name, "message": str(problems[target.name])}
            for target in fatal
        ]
