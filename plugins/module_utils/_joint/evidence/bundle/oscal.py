# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""oscal/assessment-results.json: OSCAL assessment results 1.2.1. Pure.

A finding stands here only where something is not satisfied, and nothing says "satisfied" of a control: what is there supports evidence, what it
satisfies people decide. Ids are made of the content. The format demands times, which are those of the snapshot: all that differs between two
bundles of an unchanged site.
"""

from __future__ import annotations

import hashlib
import re
import typing as t
import uuid

from ...._core.visible import to_one_line
from ..manifest import dump_json
from ..tables import TABLES, Row

OSCAL_VERSION = "1.2.1"
NAMESPACE = "https://github.com/cvops/identity/ns/oscal"
#: Controls for which each table supports evidence: SOC 2 (2017, points of 2022) and ISO/IEC 27001:2022, annex A.
SUPPORTED: t.Mapping[str, tuple[str, ...]] = {
    "access": ("CC6.1", "CC6.3", "A.5.15", "A.5.18", "A.8.2", "A.8.3"),
    "roles": ("CC6.1", "CC6.3", "A.5.15", "A.8.2", "A.8.3"),
    "changes": ("CC6.2", "CC6.3", "A.5.18"),
    "leavers": ("CC6.2", "CC6.3", "A.5.16", "A.5.18"),
    "identities": ("CC6.1", "A.5.16", "A.5.17", "A.8.2", "A.8.5"),
    "findings": ("CC6.1", "CC6.3", "A.5.15", "A.8.2"),
    "signoff": ("CC6.2", "CC6.3", "A.5.18"),
    "action_plan": ("CC6.3", "A.5.18"),
    "population": ("CC6.1", "A.5.15"),
}
_OURS = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)
_NOT_TOKEN = re.compile(r"[^A-Za-z0-9._-]")
_Json = dict[str, t.Any]


def build_assessment_results(
    rows: t.Mapping[str, t.Sequence[Row]],
    partial: t.Sequence[str],
    as_of: str,
    version: str,
    digests: t.Mapping[str, str],
) -> bytes:
    """Return the assessment results. *version*: of the collection; *digests*: SHA-256 of the tables' JSON files by path."""
    seed = hashlib.sha256(repr((sorted(digests.items()), list(partial))).encode()).hexdigest()
    plan = _make_id(seed, "plan")
    observations = [_observe_table(table.name, len(rows[table.name]), digests, as_of) for table in TABLES]
    findings: list[_Json] = []
    for row in rows["findings"]:
        observations.append(_observe_finding(row, as_of))
        if row["status"] != "not_evaluable":
            findings.append(_build_finding(row, observations[-1]["uuid"]))
    controls = sorted({control for listed in SUPPORTED.values() for control in listed})
    result: _Json = {
        "uuid": _make_id(seed, "result"),
        "title": "Access between Commvault and Microsoft Entra ID",
        "description": "Who may do what, from the grants of each CommCell and the identities of the tenant. It supports evidence for the"
        " named controls, but does not say that a control is satisfied.",
        "start": as_of,
        "end": as_of,
        "props": _build_props(("completeness", "partial" if partial else "complete")),
        "reviewed-controls": {
            "control-selections": [{"include-controls": [{"control-id": _make_token(name)} for name in controls]}]
        },
        "observations": observations,
    }
    if partial:
        result["remarks"] = to_one_line("; ".join(partial), 8000)
    if findings:  # an empty list is not allowed
        result["findings"] = findings
    return dump_json(
        {
            "assessment-results": {
                "uuid": _make_id(seed, "document"),
                "metadata": {
                    "title": "Access evidence",
                    "last-modified": as_of,
                    "version": version,
                    "oscal-version": OSCAL_VERSION,
                },
                "import-ap": {"href": f"#{plan}"},
                "results": [result],
                "back-matter": {
                    "resources": [
                        {
                            "uuid": plan,
                            "title": "No assessment plan",
                            "description": "The evidence was collected without an assessment plan in OSCAL.",
                        }
                    ]
                },
            }
        }
    )


def _observe_table(name: str, count: int, digests: t.Mapping[str, str], as_of: str) -> _Json:
    """Return the observation that a table is there, with the controls that it supports evidence for."""
    return {
        "uuid": _make_id("table", name, digests[f"{name}.json"]),
        "title": f"Table {name}",
        "description": f"{count} rows in {name}.json",
        "props": _build_props(*(("supports-evidence-for", control) for control in SUPPORTED[name])),
        "methods": ["EXAMINE"],
        "relevant-evidence": [{"href": f"../{name}.json", "description": f"The table {name}, exact"}],
        "collected": as_of,
    }


def _observe_finding(row: Row, as_of: str) -> _Json:
    return {
        "uuid": _make_id("observation", *_list_facts(row)),
        "title": _make_text(row["title"]),
        "description": _make_text(row["description"]),
        "props": _build_props(
            ("finding-id", row["id"]),
            ("rule", row["rule"]),
            ("severity", row["severity"]),
            ("status", row["status"]),
            ("commcell", row["commcell"]),
            ("subject", row["subject"]),
        ),
        "methods": ["EXAMINE"],
        "relevant-evidence": [{"href": "../findings.json", "description": _make_text(f"Row {row['id']}")}],
        "collected": as_of,
    }


def _build_finding(row: Row, observation: str) -> _Json:
    return {
        "uuid": _make_id("finding", *_list_facts(row)),
        "title": _make_text(row["title"]),
        "description": _make_text(row["description"]),
        "props": _build_props(("severity", row["severity"]), ("status", row["status"])),
        "target": {
            "type": "objective-id",
            "target-id": _make_token(f"cvops-{row['rule']}"),
            "status": {"state": "not-satisfied"},
        },
        "related-observations": [{"observation-uuid": observation}],
    }


def _list_facts(row: Row) -> list[t.Any]:
    """Return what a finding says, without since when."""
    return [cell for name, cell in row.items() if name != "first_seen"]


def _make_id(*parts: t.Any) -> str:
    return str(uuid.uuid5(_OURS, repr(parts)))


def _make_token(text: str) -> str:
    """Return *text* as a token of OSCAL, which begins with a letter."""
    return _NOT_TOKEN.sub("-", text).lower()


def _make_text(cell: t.Any) -> str:
    """Return a cell as one line; OSCAL takes no empty one."""
    return to_one_line(str(cell or ""), 8000).strip() or "not told"


def _build_props(*pairs: tuple[str, t.Any]) -> list[_Json]:
    """Return properties of our own for what has a value."""
    return [{"name": name, "ns": NAMESPACE, "value": _make_text(value)} for name, value in pairs if value]
