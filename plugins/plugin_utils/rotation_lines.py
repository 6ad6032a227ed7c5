# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Rotations for people: the plan before anything is written, and what came of it. Plans and conclusions are those of ``rotation_runs.py``."""

from __future__ import annotations

import typing as t

from .filter_values import require_list, require_mapping, require_mappings, to_text
from .plan_lines import escape_markdown, format_block

Mapping = t.Mapping[str, t.Any]

#: States of targets that need no word.
_SETTLED = frozenset({"active", "returned_once"})


def format_rotation_plan(
    planned: t.Any, limit: t.Any = 0, markdown: bool = False, rest: t.Any = "", left_out: t.Any = None
) -> list[str]:
    """Return the plan as lines: how many rotations have something to do, and of each the outcome, why, and its steps.

    *limit*, *rest* and *markdown*: as for ``format_plan``; *left_out*: labels of rotations that this run is not for.
    """
    given = require_mapping(planned, "the plans")
    busy = sum(bool(_list_steps(plan)) for plan in given.values())
    total = f"Plan: {busy} of {len(given)} {'rotation has' if len(given) == 1 else 'rotations have'} something to do"
    lines = [f"# {escape_markdown(total)}" if markdown else total]
    for label, plan in given.items():
        told = require_mapping(plan, "a plan")
        rotation = require_mapping(told.get("rotation"), "rotation")
        title = f"{label}: {_describe_outcome(told, rotation)}"
        closed = [
            f"{gate.get('name')}: {gate.get('reason')}"
            for gate in require_mappings(rotation.get("gates"), "gates")
            if not gate.get("open")
        ]
        notes = {"Why the old secret stays": closed, "Targets": _list_targets(rotation)}
        lines += format_block(title, _list_steps(told), notes, limit, rest, markdown)
    skipped = [to_text(label) for label in require_list(left_out, "labels")]
    if skipped:
        text = f"Left out of this run: {', '.join(skipped)}"
        lines += ["", escape_markdown(text)] if markdown else [text]
    return lines


def format_rotation_report(conclusion: t.Any, problems: bool = True) -> list[str]:
    """Return what came of each rotation, for people: the outcome, why, the secret to use with its end, and targets that do not use it.

    *problems*: whether those that kept it from being planned are told; false where people have read them with the plan.
    """
    lines: list[str] = []
    for label, value in require_mapping(conclusion, "the conclusion").items():
        told = require_mapping(value, "a rotation")
        rotation = require_mapping(told.get("rotation"), "rotation")
        words = [to_text(told.get("status")).replace("_", " "), to_text(told.get("outcome"))]
        head = " - ".join(dict.fromkeys(word for word in words if word))
        mark = "FAILED: " if told.get("fails") else ""
        lines.append(f"{mark}{label}: {head}{_explain(told, problems)}")
        lines += [f"  {line}" for line in _list_keys(rotation)]
        lines += [f"  target {line}" for line in _list_targets(rotation)]
        lines += [f"  left: {step}" for step in require_list(told.get("left"), "left")]
    return lines or ["There is no rotation"]


def _explain(told: Mapping, problems: bool) -> str:
    """Return why a rotation is where it is. What made a plan has changed once it is carried out, so it is told as what was found."""
    text = to_text(told.get("message"))
    if told.get("status") == "problems" and not problems:
        text = "see the plan above"
    is_reason_of_plan = told.get("status") in ("applied", "planned")
    return f" (found: {text.rstrip('.')})" if text and is_reason_of_plan else f": {text}" if text else ""


def _describe_outcome(plan: Mapping, rotation: Mapping) -> str:
    """Return in words what a plan will do and why, or the outcome where nothing is to be done."""
    outcome = to_text(plan.get("outcome")) or "no outcome"
    reason = to_text(rotation.get("reason")).rstrip(".")
    steps = _list_steps(plan)
    added = [to_text(step.get("kind")) for step in steps if step.get("action") == "add"]
    if not added:
        # Of steps that are still to be written nothing has come yet.
        told = f"the outcome will be {outcome}" if steps else outcome
        return f"{told} ({reason})" if reason else told
    is_replaced = bool(require_list(rotation.get("previous_key_ids"), "key ids"))
    told = f"the {added[0]} will be replaced" if is_replaced else f"a {added[0]} will be added"
    told += f", because {reason}" if reason else ""
    both_work = is_replaced and outcome == "overlap"
    return f"{told}; then {'both work' if both_work else 'the outcome is'} {f'({outcome})' if both_work else outcome}"


def _list_steps(plan: t.Any) -> list[Mapping]:
    steps = require_mapping(require_mapping(plan, "a plan").get("steps"), "steps")
    return [step for listed in steps.values() for step in require_mappings(listed, "steps")]


def _list_keys(rotation: Mapping) -> t.Iterator[str]:
    if rotation.get("active_key_id"):
        ends = f", expires {rotation['expires']}" if rotation.get("expires") else ""
        yield f"secret to use: {rotation['active_key_id']}{ends}"
    previous = [to_text(key_id) for key_id in require_list(rotation.get("previous_key_ids"), "key ids")]
    if previous:
        after = rotation.get("retire_after")
        when = f"to be removed after {after}" if after else "will expire by itself"
        yield f"works still, {when}: {', '.join(previous)}"
    unresolved = [to_text(key_id) for key_id in require_list(rotation.get("unresolved_key_ids"), "key ids")]
    if unresolved:
        yield f"perhaps left behind, stays: {', '.join(unresolved)}"


def _list_targets(rotation: Mapping) -> list[str]:
    return [
        f"{target.get('name')}: {to_text(target.get('state')).replace('_', ' ')}"
        f"{' (' + to_text(target['message']) + ')' if target.get('message') else ''}"
        for target in require_mappings(rotation.get("targets"), "targets")
        if target.get("state") not in _SETTLED
    ]
