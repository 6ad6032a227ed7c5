# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A run over the rotations of a document: which ones, with which options, and what came of each.

A rotation is known by its label, ``NAME of APPLICATION``. All are planned before anything is written; the first one that fails ends the
writing. What is kept of a rotation is small and holds no secret.
"""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.names import matches_any_pattern

from .connection_options import build_commcell_options
from .filter_values import FilterInputError, make_visible, require_list, require_mapping, require_mappings, to_text
from .passes import collect_pass
from .plan_lines import compute_digest
from .run_conclusions import decide_run

Mapping = t.Mapping[str, t.Any]

#: Targets that a CommCell holds; each names its own.
CONSUMERS: t.Mapping[str, str] = {"commvault_credential": "credential", "commvault_oidc_app": "OpenID Connect app"}
_APPLICATION_KEYS = ("unique_name", "app_id", "object_id")
#: Keys of a rotation that are for the run and not for the module.
_OF_THE_RUN = frozenset({"tags"})
#: Ways to sign in to a CommCell that the module takes for one CommCell only.
_ALONE = "token_store"
_LONGEST_REASON = 300
_ALL_TAGS, _NO_TAGS = frozenset({"all", "tagged"}), frozenset({"always", "never", "untagged"})
_TASK = "rotation"
#: What a run has done with a rotation.
STATUSES = ("unchanged", "planned", "problems", "refused", "applied", "failed", "plan_changed", "not_applied")


def build_label(rotation: Mapping) -> str:
    """Return how people know a rotation, all of it visible."""
    application = rotation.get("application")
    named = application if isinstance(application, t.Mapping) else {}
    told = next((named[key] for key in _APPLICATION_KEYS if named.get(key)), "no application")
    return to_text(make_visible(f"{to_text(rotation.get('rotation_name'))} of {to_text(told)}"))


def choose_rotations(
    rotations: t.Any, only: t.Any = None, run_tags: t.Any = None, skip_tags: t.Any = None
) -> dict[str, t.Any]:
    """Return what a run is about: ``rotations``, each with its ``number`` in the document and ``label``; those ``left_out``, by label; ``problems``.

    *only*: name patterns; the tags of a rotation are its name and its key ``tags``.
    """
    given = require_mappings(rotations, "cvops_rotations")
    patterns = [to_text(item) for item in require_list(only, "secret_rotation_only")]
    asked, skipped = (set(map(to_text, require_list(tags, "tags"))) for tags in (run_tags, skip_tags))
    labels = [build_label(rotation) for rotation in given]
    named = [number for number, rotation in enumerate(given) if not patterns or _is_named(rotation, patterns)]
    chosen = [number for number in named if _is_tagged(given[number], asked, skipped)]
    problems = []
    if given and not named:
        told = ", ".join(map(to_text, make_visible(patterns)))
        problems.append(f"secret_rotation_only={told} matches no rotation; there are: {', '.join(labels)}")
    elif named and not chosen:
        problems.append(
            "the tags select nothing; a rotation has its own name as a tag, and those of its key tags:"
            f" {', '.join(sorted({tag for number in named for tag in _list_tags(given[number])}))}"
        )
    return {
        "rotations": [{"number": number, "label": labels[number]} for number in chosen],
        "left_out": [label for number, label in enumerate(labels) if number not in chosen],
        "problems": problems,
    }


def _is_named(rotation: Mapping, patterns: list[str]) -> bool:
    name = to_text(rotation.get("rotation_name"))
    return name in patterns or matches_any_pattern(name, patterns)


def _list_tags(rotation: Mapping) -> list[str]:
    own = [to_text(tag) for tag in require_list(rotation.get("tags"), "tags")]
    return [to_text(make_visible(tag)) for tag in (to_text(rotation.get("rotation_name")), *own)]


def _is_tagged(rotation: Mapping, asked: set[str], skipped: set[str]) -> bool:
    tags = set(_list_tags(rotation))
    return bool(not asked or asked & _ALL_TAGS or asked <= _NO_TAGS or asked & tags) and not skipped & tags


def build_rotation_options(rotation: t.Any, connection: t.Any = None) -> dict[str, t.Any]:
    """Return the options of secret_rotation for one item of the document, with the sign-in to Entra ID and to the CommCells that its targets name.

    A target without ``commcell`` is on the only one of the *connection*. A CommCell that is the only one of a rotation is that of the task,
    so that every way to sign in, with all its sources, is there. Raises FilterInputError for a CommCell that is not there.
    """
    given, way = require_mapping(rotation, "a rotation"), require_mapping(connection, "cvops_connection")
    known = require_mapping(way.get("commcells"), "cvops_connection.commcells")
    targets = name_commcells(require_mappings(given.get("targets"), "targets"), known)
    named = list(dict.fromkeys(cell for cell in map(_get_commcell, targets) if cell))
    options = {name: value for name, value in given.items() if name not in _OF_THE_RUN and value is not None}
    if len(named) == 1:
        return {
            **build_commcell_options(way, named[0]),
            **options,
            "targets": [_leave_commcell(one) for one in targets],
        }
    cells = [{"commcell": name, **_get_sign_in(way, name)} for name in named]
    return {
        **build_commcell_options(way),
        **options,
        "targets": targets,
        **({"commcells": cells} if cells else {}),
    }


def name_commcells(targets: t.Iterable[Mapping], known: Mapping) -> list[dict[str, t.Any]]:
    """Return *targets* with the CommCell that each is on, where the *known* ones leave no choice."""
    return [_name_commcell(target, known) for target in targets]


def _name_commcell(target: Mapping, known: Mapping) -> dict[str, t.Any]:
    """Return *target* with the CommCell that it is on, where the document leaves no choice."""
    kind = _find_consumer(target)
    if kind is None or target[kind].get("commcell") or len(known) != 1:
        return dict(target)
    return {**target, kind: {**target[kind], "commcell": next(iter(known))}}


def _leave_commcell(target: Mapping) -> dict[str, t.Any]:
    """Return *target* without its CommCell, which is that of the whole task, and with a name that tells it."""
    kind, cell = _find_consumer(target), _get_commcell(target)
    if kind is None or cell is None:
        return dict(target)
    rest = {name: value for name, value in target[kind].items() if name != "commcell"}
    return {"name": f"{CONSUMERS[kind]} {to_text(rest.get('name'))} on {cell}", **target, kind: rest}


def _find_consumer(target: Mapping) -> str | None:
    return next((kind for kind in CONSUMERS if isinstance(target.get(kind), t.Mapping)), None)


def _get_commcell(target: Mapping) -> str | None:
    kind = _find_consumer(target)
    return to_text(target[kind].get("commcell")) or None if kind else None


def _get_sign_in(connection: Mapping, name: str) -> dict[str, t.Any]:
    prefix = "commvault_"
    options = build_commcell_options(connection, name)
    found = {key.removeprefix(prefix): value for key, value in options.items() if key.startswith(prefix)}
    if found.get(_ALONE):
        raise FilterInputError(
            f"cvops_connection.commcells[{name!r}] signs in by token_store, which is not possible for a rotation "
            "with targets on several CommCells: use another way to sign in, or give this CommCell its own rotation"
        )
    return found


def collect_rotation(
    result: t.Any, fail_on: t.Any = None, unexpected: t.Any = None, planned: t.Any = None
) -> dict[str, t.Any]:
    """Return what came of one rotation in one pass: what :func:`collect_pass` returns, ``rotation`` and ``outcome``, and whether it ``fails``.

    *planned*: the rotations of the same run before it, by label. None of them may be the same one of the same application, which the
    document names in another way: each would take the secrets of the other for left behind. *fail_on*: the outcomes that fail the
    run; one that fails the task is no problem by itself, all else that fails the task is.
    """
    found = require_mapping(result, "the result of a rotation")
    error = require_mapping(found.get("error"), "error")
    salvaged = require_mapping(found.get("salvaged"), "salvaged")
    rotation = require_mapping(found.get("rotation") or salvaged.get("rotation"), "rotation")
    outcome = to_text(rotation.get("outcome"))
    told = collect_pass({_TASK: result}, unexpected)
    is_outcome = error.get("kind") == "rotation" and bool(outcome)
    if is_outcome:
        told["problems"] = [to_text(line) for line in require_list(unexpected, "unexpected")]
    elif not outcome and not told["problems"]:
        told["problems"] = ["has no result, and the reason is not known"]
    told["problems"] += _find_same_rotation(rotation, require_mapping(planned, "the plans"))
    return {
        **told,
        # The value of a secret is for the task that asked for it.
        "rotation": {name: value for name, value in make_visible(rotation).items() if name != "value"},
        "outcome": outcome,
        "target": to_text(found.get("target")),
        "message": _get_reason(found, rotation) if is_outcome else "",
        "fails": bool(told["problems"]) or outcome in map(to_text, require_list(fail_on, "secret_rotation_fail_on")),
    }


def _get_reason(found: Mapping, rotation: Mapping) -> str:
    """Return the message of a task that has failed by its outcome, without the name and the outcome at its beginning, which are told anyway."""
    text = to_text(make_visible(found.get("msg")))
    beginning = to_text(make_visible(f"Rotation {rotation.get('rotation_name')}: {rotation.get('outcome')}."))
    return text.removeprefix(beginning).strip() or text


def _find_same_rotation(rotation: Mapping, planned: Mapping) -> list[str]:
    identity = (rotation.get("app_id"), rotation.get("rotation_name"))
    for label, plan in planned.items() if all(identity) else ():
        other = require_mapping(require_mapping(plan, "a plan").get("rotation"), "rotation")
        if (other.get("app_id"), other.get("rotation_name")) == identity:
            return [f"is the same rotation of the same application as {label}: give one of them its own rotation_name"]
    return []


def decide_rotations(planned: t.Any, approved: t.Any = "", check_mode: bool = False) -> dict[str, t.Any]:
    """Return whether the plans are carried out, as :func:`decide_run` does: one problem anywhere, and nothing is written.

    *planned*: by label, as :func:`collect_rotation` makes them; *approved*: the digest that alone may be written.
    """
    given = require_mapping(planned, "the plans")
    steps = {
        label: [{"steps": require_mapping(plan.get("steps"), "steps").get(_TASK), "target": plan.get("target")}]
        for label, plan in given.items()
    }
    scope = {"commcells": list(given), "parts": []}
    return decide_run(given, scope, compute_digest(steps), approved, check_mode)


def conclude_rotations(decision: t.Any, planned: t.Any, done: t.Any = None) -> dict[str, dict[str, t.Any]]:
    """Return by label what came of the run: ``status``, ``outcome``, ``message``, ``fails``, numbers of changes, and ``rotation``.

    ``status`` is one of STATUSES. The outcome of one that was not applied is not known.
    """
    decided, given = require_mapping(decision, "the decision"), require_mapping(planned, "the plans")
    finished = require_mapping(done, "what was done")
    found: dict[str, dict[str, t.Any]] = {}
    stopper = ""
    for label, plan in given.items():
        found[label] = _conclude_rotation(decided, require_mapping(plan, "a plan"), finished.get(label), stopper)
        stopper = stopper or (label if decided.get("write") and found[label]["fails"] else "")
    return found


def _conclude_rotation(decision: Mapping, plan: Mapping, done: t.Any, stopper: str) -> dict[str, t.Any]:
    steps = require_mappings(require_mapping(plan.get("steps"), "steps").get(_TASK), "steps")
    last = require_mapping(done, "what was done") or plan
    told: dict[str, t.Any] = {
        "status": "unchanged",
        "outcome": last.get("outcome"),
        "message": last.get("message") or require_mapping(last.get("rotation"), "rotation").get("reason") or "",
        "fails": bool(last.get("fails")),
        "planned": len(steps),
        "written": int(last.get("writes") or 0) if done else 0,
        "problems": [to_text(line) for line in require_list(last.get("problems"), "problems")],
        "left": [to_text(step) for step in _list_left(last)] if done else [],
        "rotation": last.get("rotation") or {},
    }
    status = decision.get("status")
    if told["problems"]:
        told["message"] = "; ".join(told["problems"])
        told["status"] = "plan_changed" if last.get("plan_changed") else "failed" if done else "problems"
    elif done:
        told["status"] = "failed" if told["fails"] else "applied"
    elif steps and status != "planned":
        why = {"problems": "others have problems, so nothing was written", "refused": "another plan was approved"}
        told.update(_leave_rotation(status, why.get(to_text(status)) or f"{stopper or 'another one'} failed before"))
    elif told["fails"]:
        told["status"] = "failed"
    elif steps:
        told["status"] = "planned"
    return told


def _leave_rotation(status: t.Any, message: str) -> dict[str, t.Any]:
    """Return what is told of a rotation that had something to do and was not begun: what the plan predicts has not come true."""
    told = "refused" if status == "refused" else "not_applied"
    return {"status": told, "message": message, "outcome": "", "fails": False, "rotation": {}}


def _list_left(last: Mapping) -> list[t.Any]:
    return require_list(require_mapping(last.get("steps_left"), "steps").get(_TASK), "steps")


def _shorten_message(told: Mapping) -> str:
    """Return why a rotation has failed, as short as the last line of a job should be."""
    text = to_text(told.get("message"))
    shown = f"{text[:_LONGEST_REASON].rstrip()} …" if len(text) > _LONGEST_REASON else text
    return f" ({shown.rstrip('.')})" if shown else ""


def find_rotations_failure(conclusion: t.Any, decision: t.Any = None) -> str:
    """Return why the run has failed, in one line; empty where it has not."""
    found = {
        label: require_mapping(told, "a rotation")
        for label, told in require_mapping(conclusion, "the conclusion").items()
    }
    decided = require_mapping(decision, "the decision")
    if decided.get("status") == "refused":
        return (
            f"The plan has the digest {decided.get('digest')}, and another one was approved (cvops_approved_plan). Nothing was written:"
            " read this plan, and approve it"
        )
    failed = [
        f"{label}: {told.get('outcome') or told.get('status')}{_shorten_message(told)}"
        for label, told in found.items()
        if told.get("fails")
    ]
    left = [label for label, told in found.items() if told.get("status") == "not_applied"]
    parts = [", ".join(failed)] if failed else []
    parts += [f"not begun: {', '.join(left)}"] if left else []
    return f"{'; '.join(parts)}. See the summary above, and the runbook of the rotation guide" if parts else ""
