# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a webhook is told by playbooks that report: status and counts in one line; no names of people, no texts of services, no secrets."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import SEVERITIES
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import FAILED
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import FAULTS, STATES

from .data_reading import MORE
from .evidence_lines import find_grave_findings
from .expiry_reports import require_expiring
from .filter_values import require_list, require_mapping, to_text
from .notification import WARNING, build_message

_PROBLEMS, _FAILED, _OK = "problems", "failed", "ok"
#: Keys of these states are worth a word before somebody has to act.
_DOUBTFUL = ("warning", "unknown")


def build_expiry_notification(expiring: t.Any) -> dict[str, t.Any]:
    """Return the message about what expires, out of the noun of expiry_info: keys by state, and how many sources could not be read."""
    found = require_expiring(expiring)
    given = require_mapping(found.get("counts"), "counts")
    counts = {state: _to_number(given.get(state)) for state in reversed(STATES)}
    unread = sum(source.get("status") == FAILED for source in found["sources"])
    if unread and unread == len(found["sources"]):
        status = _FAILED
    elif unread or any(counts[state] for state in FAULTS):
        status = _PROBLEMS
    else:
        status = WARNING if any(counts[state] for state in _DOUBTFUL) else _OK
    words = [f"{number} {state.replace('_', ' ')}" for state, number in counts.items() if number]
    return _build("expiry", status, [*words, *_describe_unread(unread)], {**counts, "unread": unread})


def build_evidence_notification(
    result: t.Any, unread: t.Any = None, check_mode: bool = False, severity: t.Any = ""
) -> dict[str, t.Any]:
    """Return the message about a bundle that was sealed or verified: open findings by severity, changes, and what is not in it.

    *result*: of access_evidence, empty where the run did not come to it; *unread*: why hosts were not read, by host; *severity*: of the
    findings that make the run fail.
    """
    given = require_mapping(result, "the result")
    evidence, missed = require_mapping(given.get("evidence"), "evidence"), len(require_mapping(unread, "unread"))
    if "verified" in evidence:
        problems = _to_number(evidence.get("problem_count"))
        counts = {"bundles": len(require_list(evidence["verified"], "verified")), "problems": problems}
        words = [f"{counts['bundles']} bundles verified", *([f"{problems} problems"] if problems else [])]
        is_wrong = bool(problems or given.get("failed") or "error" in given)
        return _build("access_evidence", _PROBLEMS if is_wrong else _OK, words, counts, check_mode)
    if "findings" not in evidence:
        return _build(
            "access_evidence", _FAILED, ["no evidence", *_describe_unread(missed)], {"unread": missed}, check_mode
        )
    findings = require_mapping(evidence["findings"], "findings")
    counts = {name: _to_number(findings.get(name)) for name in SEVERITIES}
    partial, changes = len(require_list(evidence.get("partial"), "partial")), _to_number(evidence.get("changes"))
    words = [f"{number} {name}" for name, number in counts.items() if number] or ["no open finding"]
    words += [f"{changes} changes since the last bundle"] if changes else []
    words += [f"not complete for {partial} reasons"] if partial else []
    # Read back after it was written: whoever needs it has no evidence until somebody looks.
    unconfirmed = len(require_list(evidence.get("not_confirmed"), "not_confirmed"))
    words += [f"{unconfirmed} files were changed after they were written"] if unconfirmed else []
    is_grave = bool(unconfirmed or (to_text(severity) and find_grave_findings(evidence, severity)))
    is_doubtful = bool(missed or partial or any(counts.values()))
    status = _PROBLEMS if is_grave else WARNING if is_doubtful else _OK
    counts |= {"changes": changes, "partial": partial, "not_confirmed": unconfirmed, "unread": missed}
    return _build("access_evidence", status, [*words, *_describe_unread(missed)], counts, check_mode)


def build_review_notification(review: t.Any) -> dict[str, t.Any]:
    """Return the message about the decisions of a review: how many of each, and what they leave for people to do."""
    found = require_mapping(review, "the review")
    decisions = {name: _to_number(number) for name, number in require_mapping(found.get("counts"), "counts").items()}
    lists = {
        name: len(require_list(found.get(name), name)) for name in ("removals", "group_changes", "by_hand", "to_change")
    }
    words = [f"{number} {name}" for name, number in decisions.items()]
    words += [f"{number} {name.replace('_', ' ')}" for name, number in lists.items() if number]
    planned = sum(lists.values())
    return _build("review", "planned" if planned else "unchanged", words, {**decisions, **lists, "planned": planned})


def build_refusal_notification(problems: t.Any, playbook: t.Any = "", check_mode: bool = False) -> dict[str, t.Any]:
    """Return the message about a run that does not begin: how many problems its variables have, and none of their lines.

    *problems*: a line for each, the last one "and more" where there are more; none where the variables could not be checked.
    """
    lines = require_list(problems, "the problems")
    if not lines:
        number, told = 0, "the variables could not be checked"
    else:
        number = len(lines) - (lines[-1:] == [MORE])
        told = f"the variables are wrong, {'more than ' * (number < len(lines))}{number} {'problem' if number == 1 else 'problems'}"
    words = [_FAILED, f"{told}: nothing was done, see the output of the run"]
    return build_message(playbook, _FAILED, ", ".join(words), {"problems": number}, check_mode=check_mode)


def _build(
    playbook: str, status: str, words: t.Sequence[str], counts: t.Mapping[str, int], check_mode: bool = False
) -> dict[str, t.Any]:
    return build_message(playbook, status, ", ".join([status, *words]), counts, check_mode=check_mode)


def _describe_unread(number: int) -> list[str]:
    return [f"{number} {'source' if number == 1 else 'sources'} not read"] if number else []


def _to_number(value: t.Any) -> int:
    """Return a count; what is none counts as nothing."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
