# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of a rotation: what the planner itself says of states, run by run."""

from __future__ import annotations

import datetime
import importlib
import typing as t
from dataclasses import dataclass, replace

from collection_facts import PACKAGE
from drawing import LINE, Drawing, wrap

_LIFETIME, _BEFORE, _OVERLAP = 183, 93, 7
_NOW = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)
_DAY = datetime.timedelta(days=1)
#: What each action of a plan does.
ACTIONS = {
    "withdraw": "remove a key that nobody uses",
    "discard": "empty a store of a key that is not gone on with",
    "add": "add a key to the application",
    "store": "keep its value where no reader looks yet",
    "prove": "sign in with it, again and again",
    "switch": "let a target use it",
    "confirm": "run a job that uses it",
    "retire": "remove the key that it replaces",
}
_CIRCLE = ("not_due", "overlap", "retired")
_COLUMNS, _CARD, _GAP = 3, 306, 14


def load(name: str) -> t.Any:
    """Return a module of the rotation; Ansible's import hook must be in place."""
    return importlib.import_module(f"{PACKAGE}.module_utils._joint.rotation.{name}")


@dataclass(frozen=True)
class Scene:
    """A state, and what it is like once somebody has acted or time has passed.

    ``outcome``: what a run in ``before`` has to come to, as the planner judges, or of its proof (``cause``); ``found``: how it comes to that, in words;
    ``remedy``: what happens then; ``after``: the state from which the next run goes on, with ``wish``.
    """

    outcome: str
    found: str
    remedy: str
    before: t.Any
    after: t.Any
    wish: t.Any
    next_wish: t.Any
    cause: str = ""


def run(state: t.Any, wish: t.Any) -> tuple[list[str], str]:
    """Return the actions of a run in that state, each once, and the outcome that it comes to when all goes well."""
    plan, words, decision = load("plan"), load("words"), load("decision")
    planned = plan.plan_rotation(state, wish)
    actions = list(dict.fromkeys(move.action for move in planned.moves))
    after = words.predict_state(state, planned, wish, state.now + _LIFETIME * _DAY)
    active = words.TO_BE_ADDED if "add" in actions else planned.active_key_id
    found = plan.describe_rotation(after, wish, active).outcome if actions else planned.outcome
    return actions, decision.judge_run(found, actions, is_going_back=wish.rollback_key_id is not None)


def stop_at_proof(state: t.Any, wish: t.Any) -> t.Any:
    """Return the state that a run leaves whose proof fails: it has done what comes before."""
    decision = load("plan").plan_rotation(state, wish)
    done = decision.moves[: [move.action for move in decision.moves].index("prove")]
    return load("words").predict_state(state, replace(decision, moves=done), wish, state.now + _LIFETIME * _DAY)


def build_scenes() -> dict[str, Scene]:
    """Return a scene for each outcome, in the order of the code. Raises ValueError where one comes to another, or an outcome has none."""
    decision, proof = load("decision"), load("apply")
    scenes = {scene.outcome: scene for scene in _list_scenes()}
    outcomes = t.get_args(decision.Outcome)
    if odd := set(scenes) ^ set(outcomes):
        raise ValueError(f"outcomes and scenes differ: {', '.join(sorted(odd))}")
    for scene in scenes.values():
        comes_to = proof.judge_proof(scene.cause) if scene.cause else run(scene.before, scene.wish)[1]
        if comes_to != scene.outcome:
            raise ValueError(f"the scene of {scene.outcome} comes to {comes_to}")
    return {outcome: scenes[outcome] for outcome in outcomes}


def _list_scenes() -> list[Scene]:
    state, rules = load("state"), importlib.import_module(f"{PACKAGE}.module_utils._entra.secrets.policy")
    wish = state.Wish("backup", _LIFETIME, _BEFORE, _OVERLAP * _DAY, retire="auto", consumers_complete=True)

    def key(name: str, age: float, marker: str) -> t.Any:
        starts = _NOW - age * _DAY
        return state.Key(name, f"cvops/backup/{marker * 12}", starts, starts + _LIFETIME * _DAY)

    def put(store: str | None, consumer: str | None, *keys: t.Any, **more: t.Any) -> t.Any:
        about = {name: more.pop(name) for name in ("problem", "is_awaiting_approval", "since") if name in more}
        targets = (
            state.TargetState("store", "hashi_vault", "store", store, since=about.get("since")),
            state.TargetState("consumer", "commvault_credential", "consumer", consumer, **about),
        )
        return state.RotationState(_NOW, keys, targets, **more)

    old, young, due = key("old", 100, "a"), key("new", 8, "b"), key("old", 150, "a")
    fresh, bare = key("new", 1, "b"), key("bare", 1 / 96, "c")
    left = key("bare", 1 / 6, "c")
    foreign = state.Key("foreign", "made by hand", _NOW - 300 * _DAY, _NOW + 60 * _DAY)
    one, two = put("old", "old", key("old", 8, "a")), put("new", "new", old, young, since=_NOW - 8 * _DAY)
    begun = put("new", "new", old, fresh, since=_NOW - _DAY)
    start = put("old", "old", due)
    blocked = rules.SecretRules("Credentials", True, None)
    back = replace(wish, rollback_key_id="old")
    return [
        Scene("not_due", "", "", one, start, wish, wish),
        Scene("overlap", "", "", begun, two, wish, wish),
        Scene("retired", "", "", two, put("new", "new", young), wish, wish),
        Scene(
            "waiting_for_consumers",
            "the document does not say yet that targets names all who use the key",
            "somebody sets consumers_complete",
            two,
            two,
            replace(wish, consumers_complete=False),
            wish,
        ),
        Scene(
            "pending_approval",
            "what was written to a consumer waits for an approval",
            "somebody approves it, and the overlap goes by",
            put("new", "old", old, young, is_awaiting_approval=True),
            two,
            wish,
            wish,
        ),
        Scene(
            "unfinished_run",
            "a key was added within the last hour, and nobody uses it: another run is under way, or was killed",
            "an hour goes by",
            put("old", "old", due, bare),
            put("old", "old", due, left),
            wish,
            wish,
        ),
        Scene(
            "rolled_back",
            "rollback_from names a store that has the key before",
            "somebody takes rollback_from away",
            begun,
            put("old", "old", old, fresh),
            back,
            wish,
        ),
        Scene(
            "added_unproven",
            "the new key gets no token; a store keeps it, and nobody uses it",
            "somebody finds out why",
            start,
            stop_at_proof(start, wish),
            wish,
            wish,
            "refused",
        ),
        Scene(
            "blocked_by_conditional_access",
            "a policy refuses the sign-in with the new key; a store keeps it, and nobody uses it",
            "somebody runs it from an allowed address, or changes the policy",
            start,
            stop_at_proof(start, wish),
            wish,
            wish,
            "conditional_access",
        ),
        Scene(
            "switch_partial",
            "a target cannot be written; the others use the new key, and both keys work",
            "somebody repairs the target",
            put("new", "old", old, fresh, problem="does not answer"),
            put("new", "old", old, fresh),
            wish,
            wish,
        ),
        Scene(
            "blocked_by_app_policy",
            "a policy of applications forbids new keys",
            "somebody changes the policy",
            put("old", "old", due, rules=blocked),
            start,
            wish,
            wish,
        ),
        Scene(
            "application_deactivated",
            "the application is switched off: no key of it gets a token",
            "somebody switches it on",
            put("old", "old", due, is_deactivated=True),
            start,
            wish,
            wish,
        ),
        Scene(
            "slots_full",
            "the application has as many keys as it may have",
            "somebody removes a key that nobody uses",
            put("old", "old", due, foreign, most_keys=2),
            put("old", "old", due, most_keys=2),
            wish,
            wish,
        ),
    ]


def draw_rotation() -> str:
    """Return the picture. Raises ValueError where the code has actions, outcomes or ways that are not drawn."""
    decision, plan = load("decision"), load("plan")
    if odd := set(ACTIONS) ^ set(t.get_args(decision.Action)):
        raise ValueError(f"actions and words differ: {', '.join(sorted(odd))}")
    scenes = build_scenes()
    drawing = Drawing(
        "A rotation, run by run: the circle without trouble, and how it goes on from every other outcome", 980
    )
    drawing.add_text(20, 32, "A rotation with one store, one consumer and retire: auto, run by run", "title")
    y = _draw_circle(drawing, scenes)
    cards = [scene for scene in scenes.values() if scene.outcome not in _CIRCLE]
    failed = [scene for scene in cards if scene.outcome in decision.FAILED_OUTCOMES]
    y = _draw_cards(
        drawing,
        y,
        "Not at its end, and no failure: it goes on by itself, or when somebody has done what is named",
        [s for s in cards if s not in failed],
        "good",
    )
    y = _draw_cards(drawing, y, "The run fails: somebody has to do something", failed, "bad")
    drawing.add_text(20, y, "What a run does", "head")
    y = drawing.add_lines(20, y + LINE + 2, (f"{name}: {words}" for name, words in ACTIONS.items()))
    drawing.add_text(20, y + 12, "Before retire, all of these have to be so", "head")
    drawing.add_lines(20, y + LINE + 14, wrap(", ".join(plan.GATES), 940))
    return drawing.format_svg()


def describe_run(scene: Scene) -> str:
    """Return in words what the next run does, and what it comes to."""
    actions, outcome = run(scene.after, scene.next_wish)
    return f"{' → '.join(actions) or 'nothing to do'}: {outcome}"


def _draw_circle(drawing: Drawing, scenes: t.Mapping[str, Scene]) -> int:
    """Draw the outcomes of a rotation without trouble; return the bottom."""
    told = (
        "Nothing to do. A run that finds no key of the rotation, or one that ends soon (rotate_before_days), begins.",
        "Every target uses the new key, and the old one works on. Once the overlap is over, a later run goes on.",
        "The old key is gone. The next runs find nothing to do.",
    )
    for number, (outcome, words) in enumerate(zip(_CIRCLE, told, strict=True)):
        left = 20 + number * 320
        actions, comes_to = run(scenes[outcome].after, scenes[outcome].next_wish)
        if comes_to != _CIRCLE[(number + 1) % len(_CIRCLE)]:
            raise ValueError(f"after {outcome} comes {comes_to}")
        drawing.add_box(left, 48, 280, 100, "good")
        drawing.add_text(left + 8, 66, outcome, "head")
        drawing.add_lines(left + 8, 66 + LINE, wrap(words, 264))
        does = " → ".join(actions) or "nothing to do"
        drawing.add_text(left + 8, 166, f"next run: {does}: {comes_to}", "")
        if number + 1 < len(_CIRCLE):
            drawing.add_arrow(left + 280, 98, left + 320, 98)
    return 196


def _draw_cards(drawing: Drawing, y: int, title: str, scenes: t.Sequence[Scene], kind: str) -> int:
    """Draw a card for each scene; return where the next part begins."""
    drawing.add_text(20, y, title, "head")
    y += 10
    for first in range(0, len(scenes), _COLUMNS):
        row = scenes[first : first + _COLUMNS]
        texts = [
            [
                line
                for words in (scene.found, f"Then: {scene.remedy}.", f"Next run: {describe_run(scene)}")
                for line in wrap(words, _CARD - 16)
            ]
            for scene in row
        ]
        height = 12 + LINE * (1 + max(map(len, texts)))
        for number, (scene, lines) in enumerate(zip(row, texts, strict=True)):
            left = 20 + number * (_CARD + _GAP)
            drawing.add_box(left, y, _CARD, height, kind)
            drawing.add_text(left + 8, y + 18, scene.outcome, "head")
            drawing.add_lines(left + 8, y + 18 + LINE, lines)
        y += height + _GAP
    return y + LINE
