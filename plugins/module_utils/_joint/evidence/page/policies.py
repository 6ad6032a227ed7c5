# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Conditional access as the page tells it: policies in words, what they leave out, what is wrong with them. Pure.

The report is the value of entra_conditional_access_info as a snapshot holds it. It was read from a file, so that nothing of it is taken for sure.
"""

from __future__ import annotations

import typing as t

#: Policies and findings that stand in the page itself.
MOST_POLICIES, MOST_FINDINGS = 60, 60
_SEVERITIES = {"error": ("high", "Error"), "warning": ("medium", "Warning"), "info": ("low", "Note")}
_STATES = {
    "enabled": ("In force", "good", 0),
    "report_only": ("Report only", "unsure", 1),
    "disabled": ("Disabled", "off", 2),
}
_STATUS = {
    "gap": ("Gap", "bad"),
    "may_be_covered": ("May be covered", "unsure"),
    "covered": ("Covered", "good"),
    "break_glass": ("Break-glass", "off"),
    "by_design": ("By design", "off"),
}
#: What people ask for first, by the kind of the finding.
TOPICS = (
    ("dead_reference", "Dead references", "Policies that name objects that do not exist."),
    ("exclusion_gap", "Exclusions that nothing else covers", "Who is excluded from a policy and covered by no other."),
    (
        "unprotected_group",
        "Groups that others may change",
        "Whoever changes such a group changes for whom a policy applies.",
    ),
    ("break_glass", "Break-glass accounts", "Not excluded, disabled, never used, or used recently."),
    ("other", "Other", "Everything else in the report."),
)


def build_policies(report: t.Mapping[str, t.Any] | None) -> dict[str, t.Any] | None:
    """Return policies, findings by topic, and what could not be judged; None where conditional access was not read."""
    if not isinstance(report, t.Mapping) or not report:
        return None
    policies = [_show_policy(row) for row in _rows(report.get("policies"))]
    policies.sort(key=lambda one: (one["order"], one["name"]))
    findings = [_show_finding(row) for row in _rows(report.get("findings"))]
    return {
        "policies": policies[:MOST_POLICIES],
        "in_all": len(policies),
        "topics": [
            (title, text, found[:MOST_FINDINGS], len(found))
            for key, title, text in TOPICS
            if (found := [one for one in findings if one["topic"] == key])
        ],
        "absent": [title for key, title, _text in TOPICS[:-1] if not any(one["topic"] == key for one in findings)],
        "not_evaluable": [
            {"what": row.get("what"), "reason": row.get("reason"), "needs": _texts(row.get("needs"))}
            for row in _rows(report.get("not_evaluable"))
        ],
        "security_defaults": report.get("security_defaults") is True,
    }


def _show_policy(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    state = str(row.get("policy_state") or "")
    name, level, order = _STATES.get(state, (state or "Not known", "unsure", 3))
    return {
        "name": str(row.get("display_name") or row.get("object_id") or ""),
        "state": name,
        "level": level,
        "order": order,
        "modified": str(row.get("modified") or "")[:10],
        "summary": _texts(row.get("summary")),
        "reach": [
            f"{one.get('application') or one.get('app_id')}"
            + {"resource": " when people sign in to it", "client": " when it signs in by itself"}.get(
                str(one.get("role")), ""
            )
            + ("" if one.get("reaches") == "yes" else " (may)")
            for one in _rows(row.get("reach"))
        ],
        "exclusions": [_show_exclusion(one) for one in _rows(row.get("exclusions"))],
        "unknown": [f"{one.get('path')}: {one.get('value')}" for one in _rows(row.get("unknown_fields"))],
    }


def _show_exclusion(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    status = str(row.get("status") or "")
    name, level = _STATUS.get(status, (status or "Not known", "unsure"))
    return {
        "who": row.get("name") or row.get("id") or "",
        "option": str(row.get("option") or "").replace("_", " "),
        "status": name,
        "level": level,
        "by": _texts(row.get("covered_by")) or _texts(row.get("may_be_covered_by")),
    }


def _show_finding(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    kind = str(row.get("kind") or "")
    level, name = _SEVERITIES.get(str(row.get("severity")), ("low", str(row.get("severity") or "")))
    known = {key for key, _title, _text in TOPICS}
    return {
        "topic": "break_glass" if kind.startswith("break_glass") else kind if kind in known else "other",
        "level": level,
        "severity": name,
        "text": str(row.get("text") or kind),
        "remedy": row.get("remedy") or "",
        "policies": [str(one.get("display_name") or one.get("object_id")) for one in _rows(row.get("policies"))],
    }


def _rows(value: t.Any) -> list[t.Mapping[str, t.Any]]:
    """Return the mappings of a list; what is no list is an empty one."""
    return [row for row in value if isinstance(row, t.Mapping)] if isinstance(value, list) else []


def _texts(value: t.Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
