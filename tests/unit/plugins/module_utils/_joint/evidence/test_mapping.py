# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the document of variables says of each grant, and what it wants that is not there."""

from __future__ import annotations

import typing as t

import pytest
from evidence_examples import (
    ADMIN,
    MASTER,
    VIEW,
    build,
    find_rows,
    make_commcell,
    make_entity,
    make_entra,
    make_entra_group,
    make_grant,
    make_group,
    make_id,
    make_user,
)
from hypothesis import given
from hypothesis import strategies as st

GROUP = make_id(1, 2)
ENTRA = make_entra(groups=[make_entra_group(1, "GG-ops")])


def entry(*grants: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return {"principal": {"entra_group": {"name": "GG-ops", "object_id": GROUP}}, "grants": list(grants), **more}


def make_cell(*associations: t.Any, **more: t.Any) -> t.Any:
    return make_commcell(
        user_groups=[make_group(5, "GG-ops", [], GROUP), make_group(6, "GG-other")],
        users=[make_user(1, "breakglass", local=True)],
        entities={"plans": [make_entity(1, "gold"), make_entity(2, "silver")]},
        associations=list(associations),
        **more,
    )


def judge(document: t.Any, *associations: t.Any) -> t.Any:
    return build(make_cell(*associations), entra=ENTRA, document=document)


def list_verdicts(tables: t.Any) -> dict[str, t.Any]:
    return {f"{row['principal']} {row['role']} {row['entity']}": row["in_mapping"] for row in tables.rows["access"]}


def test_each_grant_is_declared_surplus_unmanaged_or_not_for_the_mapping() -> None:
    tables = judge(
        {"cvops_role_mappings": [entry({"role": "view", "entities": {"plans": ["gold"]}})]},
        make_grant(("user_group", 5), VIEW, ("plans", 1)),
        make_grant(("user_group", 5), VIEW, ("plans", 2)),
        make_grant(("user_group", 6), VIEW, ("plans", 2)),
        make_grant(("user_group", 5), ADMIN, ("plans", 1), grant_kind="inherited"),
        make_grant(("user_group", 5), None, ("plans", 1), permissions=["View"]),
    )
    assert list_verdicts(tables) == {
        "GG-ops View gold": "declared",
        "GG-ops View silver": "surplus",
        "GG-other View silver": "unmanaged",
        "GG-ops Backup Administrator gold": "not_managed",
        "GG-ops  gold": "not_managed",
    }
    assert [row["subject"] for row in find_rows(tables, "findings", rule="grant_surplus")] == [
        "GG-ops: View on plan silver"
    ]
    assert [row["subject"] for row in find_rows(tables, "findings", rule="grant_unmanaged")] == ["GG-other"]


@pytest.mark.parametrize("document", [None, {}, {"cvops_break_glass": {}}])
def test_without_a_mapping_nothing_is_said_of_drift(document: t.Any) -> None:
    tables = judge(document, make_grant(("user_group", 5), VIEW, ("plans", 1)))
    assert set(list_verdicts(tables).values()) == {"unknown"}
    (found,) = find_rows(tables, "findings", rule="approval_not_evaluable")
    assert found["status"] == "not_evaluable"


def test_what_a_grant_says_goes_before_what_its_entry_says() -> None:
    document = entry(
        {
            "role": "View",
            "entities": {"plans": ["gold"]},
            "valid_until": "2027-01-31",
            "approval": {"ticket": "CHG2", "approved_by": "b"},
        },
        approval={"ticket": "CHG1", "approved_on": "2026-01-01", "reason": "restores", "approved_by": "a"},
        business_owner="owner@corp.example",
        review_by="2026-01-31",
    )
    tables = judge({"cvops_role_mappings": [document]}, make_grant(("user_group", 5), VIEW, ("plans", 1)))
    (row,) = tables.rows["access"]
    told = ("business_owner", "approved_by", "approved_on", "ticket", "reason", "review_by", "valid_until")
    assert [row[name] for name in told] == [
        "owner@corp.example",
        "b",
        "2026-01-01",
        "CHG2",
        "restores",
        "2026-01-31",
        "2027-01-31",
    ]
    (overdue,) = find_rows(tables, "findings", rule="review_overdue")
    assert overdue["rows"] == [row["id"]]


@pytest.mark.parametrize(("day", "is_overdue"), [("2026-11-26", True), ("2026-11-27", False), ("soon", False)])
def test_a_review_is_overdue_after_its_day(day: str, is_overdue: bool) -> None:
    document = entry({"role": "View", "entities": {"plans": ["gold"]}}, review_by=day)
    tables = judge({"cvops_role_mappings": [document]}, make_grant(("user_group", 5), VIEW, ("plans", 1)))
    assert bool(find_rows(tables, "findings", rule="review_overdue")) is is_overdue


def test_a_grant_that_outlives_its_end_is_surplus_and_told() -> None:
    document = entry({"role": "View", "entities": {"plans": ["gold"]}, "valid_until": "2026-11-26"})
    tables = judge({"cvops_role_mappings": [document]}, make_grant(("user_group", 5), VIEW, ("plans", 1)))
    (row,) = tables.rows["access"]
    assert (row["in_mapping"], row["valid_until"]) == ("surplus", "2026-11-26")
    assert [found["severity"] for found in find_rows(tables, "findings", rule="grant_expired")] == ["high"]
    assert not find_rows(tables, "findings", rule="grant_surplus")


def test_declared_grants_that_are_missing_and_lines_that_mean_nothing_are_told() -> None:
    document = {
        "cvops_role_mappings": [
            entry({"role": "View", "entities": {"plans": ["gold"]}}, {"role": "Nothing", "entities": "commcell"}),
            "no entry",
            entry({"role": "View", "entities": {"plans": ["silver"]}}, commcells=["other-*"]),
        ]
    }
    tables = judge(document)
    assert [row["description"] for row in find_rows(tables, "findings", rule="mapping_not_applied")] == [
        "The mapping gives GG-ops View on plan gold (mappings[0].grants[0]), and cs01 has no such grant."
    ]
    told = [
        row["subject"] for row in find_rows(tables, "findings", rule="mapping_not_resolved", status="not_evaluable")
    ]
    assert told == ["mappings[0].grants[1].role", "mappings[1]"]


def test_a_group_that_is_to_be_created_is_missing_with_all_its_grants() -> None:
    new = {"principal": {"entra_group": "GG-new"}, "grants": [{"role": "View", "entities": {"plans": "all"}}]}
    tables = judge({"cvops_role_mappings": [new]})
    assert [row["subject"] for row in find_rows(tables, "findings", rule="mapping_not_applied")] == [
        "GG-new: View on all plans"
    ]


def test_grants_on_all_of_a_kind_and_on_the_commcell_are_found() -> None:
    lines = [{"role": "View", "entities": {"plans": "all"}}, {"role": "Backup Administrator", "entities": "commcell"}]
    tables = judge(
        {"cvops_role_mappings": [entry(*lines)]},
        make_grant(("user_group", 5), VIEW, ("plans", "all")),
        make_grant(("user_group", 5), ADMIN, ("commcell", 2)),
    )
    assert set(list_verdicts(tables).values()) == {"declared"}


def test_a_break_glass_account_needs_no_entry() -> None:
    document = {"cvops_role_mappings": [], "cvops_break_glass": {"commvault_users": ["BreakGlass"]}}
    tables = judge(document, make_grant(("user", 1), MASTER))
    assert not find_rows(tables, "findings", rule="grant_unmanaged")
    assert not find_rows(tables, "findings", rule="privileged_not_approved")


def test_privileged_access_needs_an_owner_and_an_approval() -> None:
    document = {
        "cvops_role_mappings": [
            entry({"role": "Backup Administrator", "entities": {"plans": ["gold"]}}, business_owner="o")
        ]
    }
    tables = judge(document, make_grant(("user_group", 5), ADMIN, ("plans", 1)))
    (found,) = find_rows(tables, "findings", rule="privileged_not_approved")
    assert "no approval" in str(found["description"]) and "no owner" not in str(found["description"])


def test_groups_are_found_by_name_and_a_name_of_several_is_nobodys() -> None:
    by_name = {"principal": {"entra_group": "gg-ops"}, "grants": [{"role": "View", "entities": {"plans": ["gold"]}}]}
    grant = make_grant(("user_group", 5), VIEW, ("plans", 1))
    document = {"cvops_role_mappings": [by_name]}
    assert set(list_verdicts(judge(document, grant)).values()) == {"declared"}
    assert set(list_verdicts(build(make_cell(grant), document=document)).values()) == {"declared"}
    twins = make_entra(groups=[make_entra_group(1, "GG-ops"), make_entra_group(2, "GG-OPS")])
    tables = build(make_cell(grant), entra=twins, document=document)
    assert set(list_verdicts(tables).values()) == {"unmanaged"}
    (found,) = find_rows(tables, "findings", rule="mapping_not_resolved")
    assert "2 Entra groups are named 'gg-ops'" in str(found["description"])


def test_a_user_group_that_was_renamed_is_found_by_its_link() -> None:
    cell = make_cell(make_grant(("user_group", 5), VIEW, ("plans", 1)))
    cell["user_groups"][0]["name"] = "Operations"
    document = {"cvops_role_mappings": [entry({"role": "View", "entities": {"plans": ["gold"]}})]}
    assert set(list_verdicts(build(cell, entra=ENTRA, document=document)).values()) == {"declared"}


def test_names_mean_the_commcell_unless_a_company_is_named() -> None:
    cell = make_commcell(
        companies=[{**make_entity(7, "Acme Corp"), "alias": "acme"}],
        user_groups=[make_group(5, "acme\\ops", company="Acme Corp"), make_group(6, "ops")],
        entities={"plans": [make_entity(1, "gold", "Acme Corp"), make_entity(2, "gold")]},
        associations=[make_grant(("user_group", group), VIEW, ("plans", plan)) for group in (5, 6) for plan in (1, 2)],
    )
    lines = [{"role": "View", "entities": {"plans": [{"name": "gold", "company": "ACME"}]}}]
    mapping = [
        {"principal": {"user_group": {"name": "ops", "company": "acme"}}, "grants": lines},
        {"principal": {"user_group": "ops"}, "grants": [{"role": "View", "entities": {"plans": ["gold"]}}]},
    ]
    tables = build(cell, entra=make_entra(), document={"cvops_role_mappings": mapping})
    assert {(row["principal_id"], row["entity_id"]): row["in_mapping"] for row in tables.rows["access"]} == {
        ("5", "1"): "declared",
        ("5", "2"): "surplus",
        ("6", "1"): "surplus",
        ("6", "2"): "declared",
    }


def test_match_by_decides_the_name_of_the_user_group() -> None:
    cell = make_cell(make_grant(("user_group", 6), VIEW, ("plans", 1)))
    cell["user_groups"] = [make_group(6, GROUP)]
    line = {"role": "View", "entities": {"plans": ["gold"]}}
    document = {"cvops_role_mappings": [entry(line)], "role_mappings_match_by": "object_id_name"}
    assert set(list_verdicts(build(cell, entra=ENTRA, document=document)).values()) == {"declared"}


@pytest.mark.parametrize("given", ["text", {"a": 1}, 7])
def test_a_mapping_that_is_no_list_is_told(given: t.Any) -> None:
    tables = judge({"cvops_role_mappings": given})
    (found,) = find_rows(tables, "findings", rule="mapping_not_resolved")
    assert "must be a list" in str(found["description"])


def test_what_the_document_manages_by_pattern_is_said_of_groups_without_an_entry() -> None:
    document = {"cvops_role_mappings": [], "role_mappings_managed_groups": ["gg-*"]}
    tables = judge(document, make_grant(("user_group", 6), VIEW, ("plans", 1)))
    (found,) = find_rows(tables, "findings", rule="grant_unmanaged")
    assert "matches the groups" in str(found["description"])


def test_a_list_of_grants_that_was_not_seen_in_full_lacks_nothing_for_certain() -> None:
    document = {"cvops_role_mappings": [entry({"role": "View", "entities": {"plans": ["gold"]}})]}
    tables = build(make_cell(incomplete={"associations": "no right"}), entra=ENTRA, document=document)
    assert [row["status"] for row in find_rows(tables, "findings", rule="mapping_not_applied")] == ["not_evaluable"]


_ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 9),
        st.sampled_from(["", "View", "gold", "all", "GG-ops", "2027-01-31"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["name", "id", "company", "object_id", "role", "entities", "plans", "matching", "at_most", "type"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
_ENTRIES = st.dictionaries(
    st.sampled_from(
        ["principal", "user_group", "commcells", "state", "grants", "approval", "business_owner", "review_by", "relink"]
    ),
    st.one_of(
        _ANYTHING,
        st.dictionaries(
            st.sampled_from(["entra_group", "user_group", "user", "directory_group"]), _ANYTHING, max_size=2
        ),
        st.lists(
            st.fixed_dictionaries(
                {"role": _ANYTHING, "entities": _ANYTHING}, optional={"valid_until": _ANYTHING, "approval": _ANYTHING}
            ),
            max_size=2,
        ),
    ),
)


@given(st.lists(st.one_of(_ANYTHING, _ENTRIES), max_size=3), _ANYTHING, _ANYTHING)
def test_whatever_the_document_holds_every_grant_has_a_verdict(mapping: t.Any, glass: t.Any, managed: t.Any) -> None:
    document = {"cvops_role_mappings": mapping, "cvops_break_glass": glass, "role_mappings_managed_groups": managed}
    tables = judge(document, make_grant(("user_group", 5), VIEW, ("plans", 1)))
    assert set(list_verdicts(tables).values()) <= {"declared", "surplus", "unmanaged"}
