# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The plan that a job hands on in a workflow of a controller, what the approver sees of it, and who has approved. Pure."""

from __future__ import annotations

import re
import typing as t

from .controller_settings import PLAN_DIGEST, PLAN_TEXT
from .filter_values import make_visible, require_list, require_mapping, to_text

Mapping = t.Mapping[str, t.Any]

_LONGEST_TEXT = 60_000
_LONGEST_DESCRIPTION = 2_000
_NOT_KNOWN = "not known"
#: What would begin a template, in names that a service or a document gives.
_MARK = re.compile(r"(?<=\{)(?=[{%#])")


def format_published_plan(lines: t.Any, digest: t.Any = "") -> dict[str, str]:
    """Return the artifacts of a plan: its digest, and its Markdown *lines*, cut where they are long. Nothing in them is a template."""
    told = [break_marks(to_text(line)) for line in require_list(lines, "the lines")]
    return {PLAN_DIGEST: to_text(digest), PLAN_TEXT: _cut(told, _LONGEST_TEXT, "the job of the plan has all of it")}


def break_marks(text: str) -> str:
    """Return *text* with a blank within each mark of a template."""
    return _MARK.sub(" ", text)


def _cut(lines: t.Sequence[str], longest: int, rest: str) -> str:
    size, kept = 0, list[str]()
    for number, line in enumerate(lines):
        size += len(line) + 1
        if size > longest:
            return "\n".join([*kept, f"and {len(lines) - number} more lines: {rest}"]) + "\n"
        kept.append(line)
    return "\n".join(kept) + "\n"


def describe_approval_node(node: t.Any, published: t.Any, job: t.Any = "") -> dict[str, t.Any]:
    """Return ``approval_node`` of the official module: name and time limit of *node*, and as description the digest and the first lines of the plan.

    *published*: as :func:`format_published_plan` returns it; *job*: the id of the job that has all of it.
    """
    said = require_mapping(node, "cvops_approval_node")
    plan = require_mapping(published, "the plan")
    where = f" of job {to_text(job)}" if job else ""
    head = [f"Digest {to_text(plan.get(PLAN_DIGEST))}. All of the plan: the last event{where}, node plan.", ""]
    lines = [line for line in to_text(plan.get(PLAN_TEXT)).splitlines() if line.strip()]
    text = _cut([*head, *lines], _LONGEST_DESCRIPTION, f"see the job{where}")
    return {
        "name": to_text(said.get("name")),
        "timeout": int(said.get("timeout") or 0),
        "description": text,
    }


def read_approval(approval: t.Any, why: t.Any = "") -> dict[str, str]:
    """Return who approved the plan that is applied: ``approved_by``, ``at``, and a ``line`` for people.

    *approval*: an object of the controller's workflow_approvals, empty where none could be read; *why*: the reason.
    """
    found = require_mapping(approval, "the approval")
    people = require_mapping(
        require_mapping(found.get("summary_fields"), "summary_fields").get("approved_or_denied_by"), "who"
    )
    name = to_text(make_visible(to_text(people.get("username") or "")))
    if found.get("status") != "successful" or not name:
        reason = to_text(make_visible(to_text(why))) or "the controller does not say"
        return {"approved_by": _NOT_KNOWN, "at": "", "line": f"Approved by: {_NOT_KNOWN} ({reason})"}
    at = to_text(make_visible(to_text(found.get("finished") or "")))
    return {"approved_by": name, "at": at, "line": f"Approved by: {name}, {at} (workflow approval {found.get('id')})"}
