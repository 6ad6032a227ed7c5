# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The rows of the report: findings, and what could not be judged. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.errors import ApiError
from ..._core.names import fold_case
from ..._core.visible import to_one_line
from ..conditional_access.canonical import Policy
from ..conditional_access.fields import Refers

Row: t.TypeAlias = dict[str, t.Any]
#: Where the names of objects are looked up.
Names: t.TypeAlias = t.Mapping[tuple[Refers, str], str]
Severity: t.TypeAlias = t.Literal["error", "warning", "info"]
_ORDER: dict[str, int] = {"error": 0, "warning": 1, "info": 2}
#: All kinds of findings, in the order in which the documentation has them.
KINDS = (
    "dead_reference",
    "exclusion_gap",
    "unprotected_group",
    "break_glass_not_excluded",
    "break_glass_disabled",
    "break_glass_unused",
    "break_glass_used_last",
    "near_miss",
    "report_only_too_long",
    "no_policy_reaches_application",
    "covers_no_workload_identity",
    "security_defaults",
    "not_licensed",
)


def build_finding(
    kind: str,
    severity: Severity,
    text: str,
    remedy: str,
    policies: t.Iterable[Policy] = (),
    subject: t.Mapping[str, t.Any] | None = None,
    **details: t.Any,
) -> Row:
    """Return a finding. *subject*: the object that it is about (``type``, ``id``, ``name``); *details*: what else its kind has."""
    named = {
        policy.object_id: {"object_id": policy.object_id, "display_name": policy.display_name} for policy in policies
    }
    return {
        "kind": kind,
        "severity": severity,
        "text": to_one_line(text),
        "remedy": remedy,
        "policies": sorted(named.values(), key=lambda row: (fold_case(row["display_name"]), row["object_id"])),
        "object": dict(subject) if subject else None,
        "but_for": details.pop("but_for", []),
        "details": details,
    }


def build_subject(refers: Refers, object_id: str, names: Names) -> dict[str, t.Any]:
    """Return an object as findings name it."""
    return {"type": refers.value, "id": object_id, "name": names.get((refers, object_id))}


def sort_findings(findings: t.Iterable[Row]) -> list[Row]:
    """Return findings in one order: the grave ones first, by kind, policy and object."""
    return sorted(
        findings,
        key=lambda row: (
            _ORDER[row["severity"]],
            KINDS.index(row["kind"]),
            [(fold_case(policy["display_name"]), policy["object_id"]) for policy in row["policies"]],
            str((row["object"] or {}).get("type")),
            str((row["object"] or {}).get("id")),
            row["text"],
        ),
    )


def describe_policies(policies: t.Collection[Policy], most: int = 3) -> str:
    """Return the names of the first policies, and how many more there are."""
    names = sorted({policy.display_name or policy.object_id for policy in policies}, key=fold_case)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


@dataclass
class Unread:
    """What could not be read, each thing once, and the kinds of findings that are not judged for it."""

    rows: dict[str, Row] = field(default_factory=dict)
    #: Whether the service has told that the tenant lacks a licence, and its words.
    no_licence: str | None = None
    errors: list[ApiError] = field(default_factory=list)

    def note(self, what: str, error: ApiError, needs: t.Sequence[str], kinds: t.Iterable[str]) -> None:
        """Note that *what* could not be read for *error*; *needs*: the permissions that reading takes, least first."""
        self.errors.append(error)
        if error.code in _LICENCE_CODES:
            self.no_licence = str(error)
        self.tell(what, str(error), needs, kinds)

    def tell(self, what: str, reason: str, needs: t.Sequence[str], kinds: t.Iterable[str]) -> None:
        """Note that *what* is not known for a *reason*."""
        row = self.rows.setdefault(what, {"what": what, "reason": reason, "needs": list(needs), "kinds": []})
        row["kinds"] = sorted({*row["kinds"], *kinds})

    def list_rows(self) -> list[Row]:
        """Return the rows, sorted by what they are about."""
        return [self.rows[what] for what in sorted(self.rows)]


_LICENCE_CODES = ("Authentication_RequestFromNonPremiumTenantOrB2CTenant",)
