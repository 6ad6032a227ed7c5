# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on programs, their credentials, and the policies that reach them. Pure."""

from __future__ import annotations

import typing as t

from ...._core.names import fold_case
from ..entra_side import fold_id
from ..facts import Facts, is_before
from ..tables import Row
from .model import Finding, FindingRule, list_words
from .rules import CREDENTIAL_DAYS, RULES

#: So many permissions of a program are told in its finding.
_MOST_REASONS = 3
_SEVERITIES = {"error": "high", "warning": "medium", "info": "low"}


def find_on_programs(facts: Facts, identities: t.Sequence[Row]) -> t.Iterator[Finding]:
    """Yield the findings on programs. *identities*: rows of the table."""
    known = _list_known(facts.inputs.document)
    collector = (facts.entra.document.get("provenance") or {}).get("collector") or {}
    reader = str(collector.get("id")) if collector.get("kind") == "application" else ""
    outside: dict[str, list[Row]] = {}
    for row in identities:
        names = {fold_case(str(row[key])) for key in ("app_id", "object_id", "display_name") if row[key]}
        if row["tier"] == "0" and not row["used_by"] and not names & known:
            outside.setdefault(str(row["app_id"] or row["object_id"]), []).append(row)
        yield from _judge_credential(facts, row)
    for key, rows in sorted(outside.items()):
        name, why = str(rows[0]["display_name"]), t.cast("list[str]", rows[0]["tier_because"])
        more = (
            f"; and {len(why) - _MOST_REASONS} more permissions, see identities.csv" if len(why) > _MOST_REASONS else ""
        )
        told = f"{name} can take over the tenant, and no CommCell uses it. It holds {'; '.join(why[:_MOST_REASONS])}{more}."
        owners = list_words(t.cast("list[str]", rows[0]["owners"]))
        told += f" Its owners, who can add credentials to it: {owners}." if owners else ""
        told += " It is the identity that reads this evidence." if key == reader else ""
        yield Finding(RULES["tier_0_not_listed"], "", "program", key, name, told, [row["id"] for row in rows])
    yield from _find_policies(facts, identities)


def _list_known(document: t.Mapping[str, t.Any] | None) -> set[str]:
    """Return names and ids of programs that the document of variables declares, or lists as known."""
    found: set[str] = set()
    evidence = (document or {}).get("cvops_evidence")
    listed = evidence.get("tier_0_applications") if isinstance(evidence, t.Mapping) else None
    found.update(fold_case(str(one)) for one in (listed if isinstance(listed, (list, tuple)) else ()))
    own = (document or {}).get("cvops_application")
    if isinstance(own, t.Mapping):
        found.update(fold_case(str(own[key])) for key in ("app_id", "object_id", "display_name") if own.get(key))
    return found


def _judge_credential(facts: Facts, row: Row) -> t.Iterator[Finding]:
    if not row["expires"]:
        return
    kind, name = str(row["credential_kind"]), str(row["credential_name"] or row["credential_id"])
    subject = f"{row['app_id'] or row['object_id']} {kind} {row['credential_id']}"
    used = ", ".join(t.cast("list[str]", row["used_by"]))
    is_over = is_before(row["expires"], facts.entra.date)
    told = f"The {kind} {name} of {row['display_name']} {'ended' if is_over else 'ends'} on {str(row['expires'])[:10]}."
    told += f" Used by {used}." if used else " No CommCell is known to use it."
    if is_over:
        severity = "medium" if used else "low"
        yield Finding(
            RULES["credential_ended"],
            "",
            "credential",
            subject,
            str(row["display_name"]),
            told,
            [row["id"]],
            True,
            severity,
        )
    elif is_before(row["expires"], facts.entra.date, CREDENTIAL_DAYS + 1):
        severity = "high" if used else "low"
        yield Finding(
            RULES["credential_ends_soon"],
            "",
            "credential",
            subject,
            str(row["display_name"]),
            told,
            [row["id"]],
            True,
            severity,
        )


def _find_policies(facts: Facts, identities: t.Sequence[Row]) -> t.Iterator[Finding]:
    """Yield what entra_conditional_access_info has found, in the form of findings, with the rows of the application or user that it is about."""
    report = facts.entra.document.get("policy_report") or {}
    rows: dict[str, list[str]] = {}
    for row in identities:
        for key in {fold_id(row["app_id"]), fold_id(row["object_id"])} - {""}:
            rows.setdefault(key, []).append(str(row["id"]))
    for cell in facts.cells:
        for made in cell.access:
            rows.setdefault(fold_id(made.row["entra_user_id"]), []).append(str(made.row["id"]))
    rows.pop("", None)
    for found in report.get("findings") or ():
        policies = [policy for policy in found.get("policies") or () if isinstance(policy, t.Mapping)]
        about = found.get("object") or {}
        names = [str(policy.get("display_name")) for policy in policies]
        subject_id = "|".join(
            [str(found.get("kind")), *(str(policy.get("object_id")) for policy in policies), str(about.get("id") or "")]
        )
        subject_id += "|" + "|".join(f"{one.get('condition')} {one.get('how')}" for one in found.get("but_for") or ())
        subject = str(about.get("name") or about.get("id") or ", ".join(names) or "tenant")
        general = RULES["conditional_access"]
        title = str(found.get("kind") or "").replace("_", " ")
        rule = FindingRule(
            f"{general.id}_{found.get('kind')}",
            _SEVERITIES.get(str(found.get("severity")), general.severity),
            f"Conditional access: {title}",
            str(found.get("remedy") or general.remedy),
        )
        told, ids = str(found.get("text") or ""), rows.get(fold_id(about.get("id")), ())
        yield Finding(rule, "", "conditional_access", subject_id, subject, told, ids)
    for gap in report.get("not_evaluable") or ():
        needs = ", ".join(str(one) for one in gap.get("needs") or ())
        told = f"{gap.get('what')}: {gap.get('reason')}{f' It takes {needs}.' if needs else ''}"
        what = str(gap.get("what"))
        yield Finding(RULES["conditional_access_not_evaluable"], "", "conditional_access", what, what, told, (), False)
