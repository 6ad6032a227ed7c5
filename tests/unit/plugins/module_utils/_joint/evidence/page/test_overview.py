# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page says first: the state, findings by rule, the population."""

from __future__ import annotations

import typing as t

import page_examples
import pytest

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.page import overview
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import SEVERITIES, Row, Tables

AS_OF = "2026-11-27T04:00:00Z"


def make_finding(**others: t.Any) -> Row:
    names = ("id", "rule", "severity", "status", "title", "description", "commcell", "subject_kind", "subject_id")
    finding: Row = {**dict.fromkeys(names, ""), "rule": "surplus_grant", "severity": "low", "status": "open"}
    return (
        finding
        | {"id": "f-1", "title": "Surplus", "subject": "a", "rows": [], "remedy": "Remove it.", "first_seen": None}
        | others
    )


def tell_state(tables: Tables, about: t.Mapping[str, t.Any]) -> dict[str, str]:
    counts = overview.count_findings(tables.rows["findings"])
    return overview.build_state(tables, counts, overview.build_population(tables, about))


def test_the_state_counts_open_findings_alone() -> None:
    tables = page_examples.build_tables(3)
    tables.rows["findings"] = [
        make_finding(severity="high"),
        make_finding(severity="critical", status="accepted"),
        make_finding(severity="critical", status="not_evaluable"),
    ]
    state = tell_state(tables, page_examples.build_about())
    assert (state["level"], state["headline"]) == ("high", "1 high finding is open.")


def test_without_findings_the_state_is_no_pass() -> None:
    tables = page_examples.build_tables(0)
    state = tell_state(tables, page_examples.build_about())
    assert state == {"level": "none", "headline": "No finding is open.", "rest": "No grant was seen on 2 CommCells."}


def test_findings_are_grouped_by_rule_the_open_and_grave_ones_first() -> None:
    findings = [
        make_finding(severity="low"),
        make_finding(severity="critical", rule="last_admin", status="accepted"),
        make_finding(severity="high", rule="sod"),
        make_finding(severity="high", rule="sod", title="Another"),
        make_finding(severity="high", rule="sod", status="not_evaluable"),
    ]
    groups = overview.group_findings(findings, AS_OF, {})
    assert [(group.severity, group.status, group.rule, group.total) for group in groups] == [
        ("high", "open", "sod", 2),
        ("low", "open", "surplus_grant", 1),
        ("high", "not_evaluable", "sod", 1),
        ("critical", "accepted", "last_admin", 1),
    ]
    assert groups[0].title == "Sod" and [row["title"] for row in groups[0].rows] == ["Surplus", "Another"]
    assert groups[0].remedy == "Remove it." and not groups[0].rows[0]["remedy"]


def test_no_finding_is_lost_in_the_counts_where_not_all_are_shown() -> None:
    findings = [make_finding(rule=f"rule-{number % 60}", id=f"f-{number}") for number in range(900)]
    groups = overview.group_findings(findings, AS_OF, {})
    assert sum(group.total for group in groups) == 900
    assert sum(len(group.rows) for group in groups) == overview.IN_ALL
    assert max(len(group.rows) for group in groups) == overview.PER_RULE


def test_a_finding_tells_its_age_and_its_rows() -> None:
    findings = [make_finding(), make_finding(first_seen="2026-08-28")]
    (group,) = overview.group_findings(findings, AS_OF, {"access": {"1": [4, 9]}, "identities": {"0": [1]}})
    assert [row["age"] for row in group.rows] == ["", "91 days"]
    assert [row["links"] for row in group.rows] == [[("identities", "1 row of applications")], [("access", "2 grants")]]


def test_an_unknown_severity_is_shown_last_and_never_dropped() -> None:
    groups = overview.group_findings([make_finding(severity="odd"), make_finding()], AS_OF, {})
    assert [group.severity for group in groups] == ["low", "odd"]
    assert overview.count_findings([make_finding(severity="odd")])["open"] == 1


def test_the_population_counts_grants_and_accounts_not_rows() -> None:
    tables = page_examples.build_tables(3)
    one = tables.rows["access"][0] | {"person_kind": "entra_member", "entra_user_id": "u-1", "person": "Ada"}
    tables.rows["access"] = [
        one | {"id": "a-1"},
        one | {"id": "a-2", "entra_user_id": "u-2"},  # the same grant, another person
        one | {"id": "a-3", "role_id": "99"},  # another grant, the same person
        one | {"id": "a-4", "person_kind": "nobody", "person": "", "entra_user_id": None, "entity_id": "77"},
    ]
    population = overview.build_population(tables, page_examples.build_about())
    assert {name: population[name] for name in ("accounts", "grants", "rows", "unassigned")} == {
        "accounts": 2,
        "grants": 3,
        "rows": 4,
        "unassigned": 1,
    }


def test_sources_that_are_not_complete_come_first() -> None:
    tables = page_examples.build_tables(30, partial=True)
    population = overview.build_population(tables, page_examples.build_about())
    (missing, in_all), (complete, _all) = population["sources"]
    assert [row["state"] for row in missing] == ["Not complete", "Not known", "Not known"] and in_all == 3
    names = [(row["side"], row["commcell"] or "", row["source"]) for row in complete]
    assert names == sorted(names) and all(row["state"] == "Complete" for row in complete)
    assert population["incomplete"] == 3 and population["sources_in_all"] == len(tables.rows["population"])


def test_freshness_is_seen_from_the_date_of_the_bundle() -> None:
    rows = overview.build_population(page_examples.build_tables(3), page_examples.build_about())["collectors"]
    assert [(row["name"], row["age"], row["stale"]) for row in rows] == [
        ("cs-emea", "same day", False),
        ("cs-amer", "9 days before", True),
        ("Corp Example", "same day", False),
    ]
    assert [row["rights"] is None for row in rows] == [False, True, False]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_the_level_is_the_gravest_open_severity(severity: str) -> None:
    tables = page_examples.build_tables(3)
    tables.rows["findings"] = [make_finding(severity=severity), make_finding(severity="low")]
    assert tell_state(tables, page_examples.build_about())["level"] == severity


def test_a_cause_that_is_true_of_several_is_told_once() -> None:
    partial = ["cs-1, owners: forbidden", "Entra ID: no licence: P1", "cs-2, owners: forbidden", "the snapshot is old"]
    assert overview.group_causes(partial) == [
        ("forbidden", ["cs-1, owners", "cs-2, owners"]),
        ("no licence: P1", ["Entra ID"]),
        ("the snapshot is old", []),
    ]
