# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Conditional access policies as lines of text, from the result of entra_conditional_access_info."""

from __future__ import annotations

import typing as t

from .filter_values import make_visible, require_list, require_mapping, require_mappings, show_members

Mapping = t.Mapping[str, t.Any]
_SHOWN = ("policies", "findings", "evaluation", "not_evaluable", "counts", "security_defaults")
#: The severities in the order in which findings are listed, with the words before them.
_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "note"}


def format_policies(result: t.Any, severity: str = "info") -> list[str]:
    """Return counts, findings of at least this *severity*, what is not judged, sign-ins, and each policy in sentences.

    *result*: of entra_conditional_access_info, without a query. Raises FilterInputError for what is no such result.
    """
    found = make_visible(show_members(require_mapping(result, "the result"), _SHOWN))
    lines = [_format_counts(require_mapping(found.get("counts"), "counts"))]
    if found.get("security_defaults"):
        lines.append("Security defaults are on.")
    lines += _format_findings(require_mappings(found.get("findings"), "findings"), severity)
    lines += _format_unread(require_mappings(found.get("not_evaluable"), "not_evaluable"))
    lines += _format_evaluation(require_mappings(found.get("evaluation"), "evaluation"))
    for policy in require_mappings(found.get("policies"), "policies"):
        lines += _format_policy(policy)
    return lines


def _format_counts(counts: Mapping) -> str:
    told = [f"{counts.get('policies', 0)} conditional access policies"]
    for name in ("in_force", "report_only", "disabled"):
        told.append(f"{counts.get(name, 0)} {name.replace('_', ' ')}")
    return f"{', '.join(told)}; {counts.get('policies_returned', 0)} of them below"


def _format_findings(findings: t.Sequence[Mapping], severity: str) -> list[str]:
    order = list(_SEVERITIES)
    least = order.index(severity) if severity in order else len(order)
    kept = [row for row in findings if row.get("severity") in order[: least + 1]]
    lines = [
        f"{_SEVERITIES[row['severity']]} {row.get('kind')}: {row.get('text')} {row.get('remedy') or ''}".rstrip()
        for row in kept
    ]
    hidden = len(findings) - len(kept)
    return [*lines, *([f"{hidden} more findings with a lower severity"] if hidden else [])]


def _format_unread(rows: t.Iterable[Mapping]) -> list[str]:
    return [
        f"NOT JUDGED {row.get('what')}: {row.get('reason')} Not told for it:"
        f" {', '.join(require_list(row.get('kinds'), 'kinds')) or 'nothing'}."
        for row in rows
    ]


def _format_evaluation(rows: t.Iterable[Mapping]) -> list[str]:
    """Return the verdicts that are not "no"; those are most of them."""
    lines = []
    for row in rows:
        if row.get("applies") == "no":
            continue
        word = "applies to" if row.get("applies") == "yes" else "may apply to"
        outcome = "gets in" if row.get("gets_in") else "is not known to get in"
        unsure = f" (not known: {', '.join(row['conditions'])})" if row.get("conditions") else ""
        state = str(row.get("policy_state")).replace("_", " ")
        lines.append(f"{row.get('policy')} ({state}) {word} {row.get('who')}{unsure}, who {outcome}")
    return lines


def _format_policy(policy: Mapping) -> list[str]:
    dates = [f"{name} {policy[name]}" for name in ("created", "modified") if policy.get(name)]
    lines = [f"{policy.get('display_name')} ({', '.join([str(policy.get('object_id')), *dates])})"]
    lines += [f"  {sentence}" for sentence in require_list(policy.get("summary"), "summary")]
    for row in require_mappings(policy.get("exclusions"), "exclusions"):
        names = require_list(row.get("covered_by"), "covered_by") or require_list(
            row.get("may_be_covered_by"), "may_be_covered_by"
        )
        by = f" by {', '.join(names)}" if names else ""
        status = str(row.get("status")).replace("_", " ")
        lines.append(f"  Excluded: {row.get('name') or row.get('id')}: {status}{by}")
    return lines
