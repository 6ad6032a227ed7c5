# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sheets for people, and what is read back from them."""

from __future__ import annotations

import typing as t

import pytest
from evidence_examples import (
    ADMIN,
    VIEW,
    build,
    find_rows,
    make_commcell,
    make_entity,
    make_entra,
    make_entra_group,
    make_entra_user,
    make_grant,
    make_group,
    make_id,
    make_user,
)

NAME = "ann@corp.example"


def make_site(people: int = 1) -> dict[str, t.Any]:
    names = [NAME, *(f"p{number}@corp.example" for number in range(2, people + 1))]
    return {
        "cell": make_commcell(
            users=[make_user(number, name) for number, name in enumerate(names, 1)],
            user_groups=[make_group(5, "ops", range(1, people + 1), make_id(1, 2)), make_group(6, "empty")],
            entities={"plans": [make_entity(1, "gold")]},
            associations=[
                make_grant(("user_group", 5), ADMIN, ("plans", 1)),
                make_grant(("user_group", 5), VIEW, ("plans", 1), grant_kind="inherited"),
                make_grant(("user_group", 6), VIEW, ("plans", 1)),
            ],
        ),
        "entra": make_entra(
            users=[make_entra_user(number, name) for number, name in enumerate(names, 1)],
            groups=[make_entra_group(1, "ops", map(make_id, range(1, people + 1)))],
        ),
    }


def build_site(people: int = 1, **more: t.Any) -> t.Any:
    site = make_site(people)
    return build(site["cell"], entra=site["entra"], **more)


def test_people_review_what_people_give() -> None:
    tables = build_site()
    (row,) = tables.rows["signoff"]
    assert (row["person"], row["principal"], row["role"], row["entity"], row["privileged"]) == (
        "ann",
        "ops",
        "Backup Administrator",
        "plan gold",
        True,
    )
    assert [row[name] for name in ("last_decision", "decision", "reviewer", "date", "reason")] == [""] * 5
    assert row["id"] in {access["id"] for access in tables.rows["access"]}


def decide(**cells: t.Any) -> t.Any:
    """Return the tables after the only row was decided like this."""
    (row,) = build_site().rows["signoff"]
    decided = {
        **row,
        "decision": "keep",
        "reviewer": "boss@corp.example",
        "date": "2026-10-01",
        "reason": "needed",
        **cells,
    }
    return build_site(decisions=[decided])


def list_rules(tables: t.Any) -> set[t.Any]:
    rules = (
        "reviewed_own_access",
        "decision_blank",
        "decision_without_reviewer",
        "revoked_access_remains",
        "bulk_approval",
    )
    return {row["rule"] for row in tables.rows["findings"] if row["rule"] in rules}


@pytest.mark.parametrize(
    ("cells", "rules"),
    [
        ({}, set()),
        ({"decision": "  "}, {"decision_blank"}),
        ({"reviewer": ""}, {"decision_without_reviewer"}),
        ({"reviewer": "ANN@corp.example"}, {"reviewed_own_access"}),
        ({"reviewer": "ann"}, {"reviewed_own_access"}),
        ({"decision": "Revoke "}, {"revoked_access_remains"}),
        ({"decision": "", "last_decision": "revoke (2026-07-01, boss)"}, {"decision_blank", "revoked_access_remains"}),
        ({"id": "access-gone", "decision": "revoke"}, set()),
        ({"id": "access-gone", "decision": ""}, set()),
    ],
)
def test_decisions_are_checked(cells: t.Any, rules: set[str]) -> None:
    assert list_rules(decide(**cells)) == rules


def test_the_last_decision_is_kept_until_there_is_another_one() -> None:
    (row,) = decide().rows["signoff"]
    assert row["last_decision"] == "keep (2026-10-01, boss@corp.example)"
    (row,) = build_site(decisions=[row]).rows["signoff"]
    assert row["last_decision"] == "keep (2026-10-01, boss@corp.example)"
    (row,) = decide(decision="revoke", date="", reviewer="").rows["signoff"]
    assert row["last_decision"] == "revoke (no date, nobody named)"


def test_a_revocation_that_was_not_carried_out_tells_its_date() -> None:
    (found,) = find_rows(decide(decision="revoke", date="2026-08-01"), "findings", rule="revoked_access_remains")
    assert "2026-08-01" in str(found["description"])


@pytest.mark.parametrize(("people", "reasons", "found"), [(100, 1, 1), (99, 1, 0), (100, 2, 0)])
def test_one_reason_for_hundreds_of_privileged_rows_is_told(people: int, reasons: int, found: int) -> None:
    rows = build_site(people).rows["signoff"]
    decisions = [
        {
            **row,
            "decision": "keep",
            "reviewer": "boss",
            "date": "2026-10-01",
            "reason": f"ok {number % reasons}",
            "privileged": "true",
        }
        for number, row in enumerate(rows)
    ]
    assert len(find_rows(build_site(people, decisions=decisions), "findings", rule="bulk_approval")) == found


def accept(**cells: t.Any) -> dict[str, t.Any]:
    (row,) = find_rows(build_site(), "action_plan", rule="last_administrators")
    return {**row, "decision": "accept", "owner": "ciso", "date": "2027-03-01", "reason": "tested yearly", **cells}


def test_the_plan_has_open_findings_alone_with_columns_for_people() -> None:
    tables = build_site()
    wanted = {row["id"] for row in tables.rows["findings"] if row["status"] == "open"}
    assert {row["id"] for row in tables.rows["action_plan"]} == wanted != set()
    assert all(
        row[name] == "" for row in tables.rows["action_plan"] for name in ("decision", "owner", "date", "reason")
    )


def test_an_accepted_finding_leaves_the_plan_and_stays_accepted_until_its_date() -> None:
    first = build_site(actions=[accept()])
    (found,) = find_rows(first, "findings", rule="last_administrators")
    told = ("status", "accepted_by", "accepted_until", "accept_reason")
    assert [found[name] for name in told] == ["accepted", "ciso", "2027-03-01", "tested yearly"]
    assert not find_rows(first, "action_plan", rule="last_administrators")
    second = build_site(previous=first.rows, previous_date="2026-11-01")
    (found,) = find_rows(second, "findings", rule="last_administrators")
    assert [found[name] for name in told] == ["accepted", "ciso", "2027-03-01", "tested yearly"]
    ended = [{**row, "accepted_until": "2026-11-27"} for row in first.rows["findings"]]
    third = build_site(previous={"findings": ended}, previous_date="2026-11-01")
    assert [row["status"] for row in find_rows(third, "findings", rule="last_administrators")] == ["open"]


@pytest.mark.parametrize(
    ("cells", "is_told"),
    [({"date": "2026-11-27"}, True), ({"date": "soon"}, True), ({"reason": " "}, True), ({"decision": "fix"}, False)],
)
def test_an_acceptance_needs_a_reason_and_a_date_to_come(cells: t.Any, is_told: bool) -> None:
    tables = build_site(actions=[accept(**cells)])
    assert [row["status"] for row in find_rows(tables, "findings", rule="last_administrators")] == ["open"]
    assert bool(find_rows(tables, "findings", rule="acceptance_not_valid")) is is_told
