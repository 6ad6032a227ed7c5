# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each planted mess is found, with the right verdict, and what cannot be judged is never a pass."""

from __future__ import annotations

import typing as t

import pytest
from evidence_examples import (
    ADMIN,
    APPROVER,
    AUDITOR,
    MASTER,
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

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.findings.rules import DEFAULT_RULES, RULES
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import FINDINGS, SEVERITIES

NAME = "ann@corp.example"


def find(tables: t.Any, rule: str) -> list[tuple[t.Any, t.Any, t.Any]]:
    return [(row["status"], row["severity"], row["subject"]) for row in find_rows(tables, "findings", rule=rule)]


def test_rules_are_complete() -> None:
    assert {rule.severity for rule in RULES.values()} <= set(SEVERITIES)
    assert all(rule.title and rule.remedy for rule in RULES.values())
    assert {rule["severity"] for rule in DEFAULT_RULES} <= set(SEVERITIES)


LINKED = make_entra_group(1, "ops")


@pytest.mark.parametrize(
    ("group", "entra", "rule", "status"),
    [
        (make_group(5, "ops", [], make_id(9, 2)), make_entra(groups=[LINKED]), "recreated_group", "open"),
        (
            make_group(5, "ops", [], make_id(9, 2)),
            make_entra({"groups": "?"}, groups=[LINKED]),
            "recreated_group",
            "not_evaluable",
        ),
        (make_group(5, "ops", [], make_id(9, 2)), make_entra(), "linked_group_gone", "open"),
        (make_group(5, "ops", [], make_id(9, 2)), make_entra({"groups": "?"}), "linked_group_gone", "not_evaluable"),
        (make_group(5, "old name", [], make_id(1, 2)), make_entra(groups=[LINKED]), "renamed_group", "open"),
        (make_group(5, "ops"), make_entra(groups=[LINKED]), "linked_by_name_only", "open"),
        (make_group(5, "ops"), make_entra(groups=[LINKED, make_entra_group(2, "ops")]), "ambiguous_group_name", "open"),
        (
            make_group(5, "ops", [], make_id(1, 2)),
            make_entra(groups=[make_entra_group(1, "ops", [make_id(2, 2)]), make_entra_group(2, "night")]),
            "nested_group",
            "open",
        ),
        (
            make_group(5, "ops", [], make_id(1, 2)),
            make_entra(groups=[make_entra_group(1, "ops", [make_id(77)])]),
            "group_members_not_evaluable",
            "not_evaluable",
        ),
        (make_group(5, "ops", [], make_id(1, 2)), make_entra(groups=[LINKED]), None, None),
        (make_group(5, make_id(1, 2), [], make_id(1, 2)), make_entra(groups=[LINKED]), None, None),
        (make_group(5, "CORP\\OPS", [], make_id(1, 2), company="corp"), make_entra(groups=[LINKED]), None, None),
        (make_group(5, "local"), make_entra(groups=[LINKED]), None, None),
    ],
)
def test_links_of_groups(group: t.Any, entra: t.Any, rule: str | None, status: str | None) -> None:
    cell = make_commcell(user_groups=[group], associations=[make_grant(("user_group", 5))])
    found = find_rows(build(cell, entra=entra), "findings", subject_kind="user_group")
    assert [(row["rule"], row["status"]) for row in found] == ([(rule, status)] if rule else [])


def test_a_group_that_was_deleted_tells_when() -> None:
    cell = make_commcell(user_groups=[make_group(5, "ops", [], make_id(9, 2))])
    gone = {"id": make_id(9, 2), "displayName": "ops", "deletedDateTime": "2026-11-02T00:00:00Z"}
    entra = make_entra({"groups": "no right"}, deleted_groups=[gone])
    (found,) = find_rows(build(cell, entra=entra), "findings", rule="linked_group_gone")
    assert (found["status"], "2026-11-02" in str(found["description"])) == ("open", True)


@pytest.mark.parametrize(
    ("grant", "incomplete", "status"),
    [
        (make_grant(("user_group", 99)), {}, "open"),
        (make_grant(("user_group", 99)), {"user_groups": "no right"}, "not_evaluable"),
        (make_grant(("user_group", 5), "77"), {}, "open"),
        (make_grant(("user_group", 5), "77"), {"roles": "no right"}, "not_evaluable"),
        (make_grant(("user_group", 5), VIEW, ("plans", 99)), {}, "open"),
        (make_grant(("user_group", 5), VIEW, ("plans", 99)), {"entities.plans": "no right"}, "not_evaluable"),
        (make_grant(("unknown", 0)), {}, "open"),
        (make_grant(("user_group", 5), VIEW, ("plans", "all")), {}, None),
        (make_grant(("user_group", 5), VIEW, ("type:64", 3)), {}, None),
        (make_grant(("user_group", 5), VIEW, ("plans", 1)), {}, None),
    ],
)
def test_orphans(grant: t.Any, incomplete: t.Any, status: str | None) -> None:
    cell = make_commcell(
        incomplete=incomplete,
        user_groups=[make_group(5, "ops")],
        entities={"plans": [make_entity(1, "gold")]},
        associations=[grant],
    )
    tables = build(cell, entra=make_entra())
    found = find_rows(tables, "findings", rule="orphaned_grant")
    assert [row["status"] for row in found] == ([status] if status else [])
    assert all(row["rows"] == [access["id"] for access in tables.rows["access"]] for row in found)


def test_an_empty_group_with_privileged_access_and_single_permissions_are_told() -> None:
    cell = make_commcell(
        user_groups=[make_group(5, "ops"), make_group(6, "viewers")],
        entities={"plans": [make_entity(1, "gold")]},
        associations=[
            make_grant(("user_group", 5), ADMIN, ("plans", 1)),
            make_grant(("user_group", 6), VIEW, ("plans", 1)),
            make_grant(("user_group", 6), None, ("plans", 1), permissions=["Browse"]),
        ],
    )
    tables = build(cell, entra=make_entra())
    assert find(tables, "empty_privileged_group") == [("open", "medium", "ops")]
    assert find(tables, "single_permissions") == [("open", "low", "viewers: Browse on plan gold")]


def make_admins(*users: t.Any, **more: t.Any) -> t.Any:
    group = make_group(1, "master", [row["id"] for row in users], **more.pop("group", {}))
    return make_commcell(
        users=list(users), user_groups=[group], associations=[make_grant(("user_group", 1), MASTER)], **more
    )


ONE, TWO = make_user(1, "admin", local=True), make_user(2, "breakglass", local=True)


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        (make_admins(ONE, TWO), []),
        (make_admins(ONE), [("open", "high", "cs01")]),
        (make_admins(ONE, {**TWO, "enabled": False}), [("open", "high", "cs01")]),
        (make_admins(ONE, {**TWO, "locked": True}), [("open", "high", "cs01")]),
        (make_admins(ONE, {**TWO, "kind": "service_account"}), [("open", "high", "cs01")]),
        (make_admins(make_user(1, NAME), make_user(2, "b@corp.example")), [("open", "critical", "cs01")]),
        (make_admins(ONE, TWO, group={"enabled": False}), [("open", "critical", "cs01")]),
        (make_admins(ONE, TWO, group={"link": make_id(1, 2)}), [("open", "critical", "cs01")]),
        (make_admins(ONE, incomplete={"associations": "no right"}), [("not_evaluable", "high", "cs01")]),
    ],
)
def test_last_administrators(cell: t.Any, wanted: t.Any) -> None:
    assert find(build(cell, entra=make_entra()), "last_administrators") == wanted


GLASS = {"cvops_break_glass": {"commvault_users": ["BREAKGLASS"]}}
WORKED = {"commcell": "cs01", "user": "breakglass", "outcome": "worked", "date": "2026-11-01T08:00:00Z"}
NOT_PROVEN = {**WORKED, "outcome": "not_proven"}


@pytest.mark.parametrize(
    ("users", "drills", "incomplete", "wanted"),
    [
        ([TWO], [WORKED], {}, []),
        ([TWO], [], {}, ["break_glass_drill_due"]),
        ([TWO], [{**WORKED, "date": "2026-08-01"}], {}, ["break_glass_drill_due"]),
        ([TWO], [{**WORKED, "date": "2026-08-29"}], {}, []),  # 90 days before the snapshot
        ([TWO], [{**WORKED, "date": "2026-08-28"}], {}, ["break_glass_drill_due"]),
        ([TWO], [{**WORKED, "commcell": "cs02"}], {}, ["break_glass_drill_due"]),
        ([TWO], [WORKED, {**WORKED, "date": "2026-11-02", "outcome": "failed"}], {}, ["break_glass_drill_failed"]),
        # Who signed in and was not shown to administer has not passed, and has not failed.
        ([TWO], [NOT_PROVEN], {}, ["break_glass_drill_not_proven"]),
        ([TWO], [WORKED, {**NOT_PROVEN, "date": "2026-11-02"}], {}, ["break_glass_drill_not_proven"]),
        ([TWO], [NOT_PROVEN, {**WORKED, "date": "2026-11-02"}], {}, []),
        ([TWO], [{**NOT_PROVEN, "date": "2026-08-01"}], {}, ["break_glass_drill_due"]),
        ([], [WORKED], {}, ["break_glass_missing"]),
        ([{**TWO, "company": "corp"}], [WORKED], {}, ["break_glass_missing"]),
        ([], [WORKED], {"users": "no right"}, ["break_glass_not_evaluable"]),
        ([{**TWO, "enabled": False}], [WORKED], {}, ["break_glass_disabled"]),
        ([{**TWO, "local_password": False}], [WORKED], {}, ["break_glass_without_password"]),
        ([{**TWO, "local_password": None}], [WORKED], {}, ["break_glass_not_evaluable"]),
    ],
)
def test_break_glass(users: t.Any, drills: t.Any, incomplete: t.Any, wanted: list[str]) -> None:
    cell = make_commcell(incomplete=incomplete, users=users)
    tables = build(cell, entra=make_entra(), document=GLASS, drills=drills)
    assert [row["rule"] for row in find_rows(tables, "findings", subject_kind="break_glass")] == wanted


@pytest.mark.parametrize(
    ("entra", "wanted"),
    [
        (make_entra(users=[make_entra_user(1, NAME)]), []),
        (make_entra(users=[make_entra_user(1, NAME, accountEnabled=False)]), ["break_glass_disabled"]),
        (make_entra(deleted_users=[make_entra_user(1, NAME)]), ["break_glass_missing"]),
        (make_entra(), ["break_glass_not_evaluable"]),
    ],
)
def test_break_glass_of_entra_id(entra: t.Any, wanted: list[str]) -> None:
    tables = build(make_commcell(), entra=entra, document={"cvops_break_glass": {"entra_users": [NAME.upper()]}})
    assert [row["rule"] for row in find_rows(tables, "findings", subject_kind="break_glass")] == wanted


def make_holder(*grants: t.Any, **more: t.Any) -> t.Any:
    return make_commcell(
        users=[make_user(1, NAME)],
        user_groups=[make_group(5, "a", [1]), make_group(6, "b", [1])],
        entities={
            "plans": [make_entity(1, "gold", "acme"), make_entity(2, "silver")],
            "servers": [make_entity(1, "s1", "acme")],
        },
        companies=[make_entity(7, "acme"), make_entity(8, "other")],
        associations=list(grants),
        **more,
    )


A, B = ("user_group", 5), ("user_group", 6)


@pytest.mark.parametrize(
    ("grants", "rules"),
    [
        (
            [make_grant(A, ADMIN, ("plans", 1)), make_grant(B, APPROVER, ("plans", 1))],
            {"backup_admin_and_restore_approver"},
        ),
        ([make_grant(A, ADMIN, ("plans", 1)), make_grant(B, APPROVER, ("plans", 2))], set()),
        (
            [make_grant(A, ADMIN, ("plans", "all")), make_grant(B, APPROVER, ("plans", 2))],
            {"backup_admin_and_restore_approver"},
        ),
        ([make_grant(A, ADMIN, ("plans", 1)), make_grant(B, APPROVER)], {"backup_admin_and_restore_approver"}),
        (
            [make_grant(A, ADMIN, ("plans", 1)), make_grant(B, APPROVER, ("company", 7))],
            {"backup_admin_and_restore_approver"},
        ),
        ([make_grant(A, ADMIN, ("plans", 1)), make_grant(B, APPROVER, ("company", 8))], set()),
        # what is of the CommCell's own level is in no company
        ([make_grant(A, ADMIN, ("plans", 2)), make_grant(B, APPROVER, ("company", "all"))], set()),
        ([make_grant(A, AUDITOR), make_grant(B, MASTER)], {"audit_and_admin"}),
        ([make_grant(A, MASTER), make_grant(B, MASTER)], set()),
        ([make_grant(A, AUDITOR), make_grant(B, VIEW)], set()),
        (
            [make_grant(A, None, ("plans", 1), permissions=["Approve Restore"]), make_grant(B, ADMIN, ("plans", 1))],
            {"backup_admin_and_restore_approver"},
        ),
        (
            # what searches data for legal reasons audits no administrator
            [make_grant(A, None, ("plans", 1), permissions=["Audit"]), make_grant(B, ADMIN, ("plans", 1))],
            set(),
        ),
    ],
)
def test_segregation_of_duties(grants: t.Any, rules: set[str]) -> None:
    entra = make_entra(users=[make_entra_user(1, NAME)])
    tables = build(make_holder(*grants), entra=entra)
    found = [row for row in tables.rows["findings"] if str(row["rule"]).startswith("segregation_")]
    assert {str(row["rule"]).removeprefix("segregation_") for row in found} == rules
    assert all(len(t.cast("list[str]", row["rows"])) == 2 for row in found)
    assert list(FINDINGS.columns) == list(tables.rows["findings"][0])


def test_a_role_with_both_sides_is_no_conflict_however_often_it_is_held() -> None:
    both = ["Approve Restore", "Agent Management"]
    grants = [make_grant(one, None, ("plans", 1), permissions=both) for one in (A, B)]
    tables = build(make_holder(*grants), entra=make_entra(users=[make_entra_user(1, NAME)]))
    assert not [row for row in tables.rows["findings"] if str(row["rule"]).startswith("segregation_")]


def test_a_person_with_two_accounts_is_one_person() -> None:
    cell = make_commcell(
        users=[make_user(1, NAME), make_user(2, "adm-ann", local=True, email=NAME)],
        associations=[make_grant(("user", 1), AUDITOR), make_grant(("user", 2), MASTER)],
    )
    tables = build(cell, entra=make_entra(users=[make_entra_user(1, NAME)]))
    assert find(tables, "segregation_audit_and_admin") == [("open", "high", "ann")]


def test_own_rules_take_the_place_of_the_built_in_ones() -> None:
    rule: t.Any = {
        "id": "own",
        "title": "Own",
        "severity": "critical",
        "first": ["view"],
        "second": ["*auditor"],
        "remedy": "r",
    }
    cell = make_holder(make_grant(A, VIEW), make_grant(B, AUDITOR), make_grant(A, MASTER))
    tables = build(cell, entra=make_entra(users=[make_entra_user(1, NAME)]), rules=[rule])
    assert find(tables, "segregation_own") == [("open", "critical", "ann")]
    assert not find(tables, "segregation_audit_and_admin")


def test_a_role_whose_permissions_are_not_shown_keeps_segregation_from_being_judged() -> None:
    cell = make_holder(make_grant(A, "77"))
    assert find(build(cell, entra=make_entra()), "segregation_not_evaluable") == [("not_evaluable", "medium", "cs01")]


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        (make_user(2, "bob@corp.example"), []),
        (make_user(2, "svc-backup", local=True), ["svc-backup"]),
        (make_user(2, "CORP\\svc_backup"), ["CORP\\svc_backup"]),
        (make_user(2, "robot", local=True, kind="service_account", signs_in_with="access_token"), ["robot"]),
    ],
)
def test_automation_accounts_in_groups_of_people(program: t.Any, wanted: list[str]) -> None:
    people = [make_entra_user(1, NAME), make_entra_user(2, "bob@corp.example")]

    def ask(members: list[int]) -> list[t.Any]:
        cell = make_commcell(
            users=[make_user(1, NAME), program],
            user_groups=[make_group(5, "ops", members)],
            associations=[make_grant(A)],
        )
        return [row[2] for row in find(build(cell, entra=make_entra(users=people)), "automation_account_in_group")]

    assert ask([1, 2]) == wanted
    assert ask([2]) == []


def test_what_was_not_seen_is_told_first_and_makes_the_bundle_partial() -> None:
    cell = make_commcell(incomplete={"users": "needs user management"})
    cell["provenance"]["sources"][0]["complete"] = None
    tables = build(cell, missing={"cs02": "cannot connect"})
    first, second = tables.rows["population"][:2]
    assert (first["commcell"], first["count"], first["complete"], first["why"]) == (
        "cs02",
        None,
        False,
        "cannot connect",
    )
    assert (second["side"], second["complete"]) == ("entra", False)
    assert tables.partial[0] == "CommCell cs02 was not read: cannot connect"
    assert "CommCell cs01, users was not seen in full: needs user management" in tables.partial
    # What the service lets nobody know is a finding, and makes no bundle partial.
    assert any(row["complete"] is None for row in tables.rows["population"])
    assert len(tables.partial) == 3
    found = find_rows(tables, "findings", rule="not_visible")
    assert {(row["status"], row["severity"]) for row in found} == {
        ("not_evaluable", "high"),
        ("not_evaluable", "medium"),
        ("not_evaluable", "low"),
    }
    assert build(make_commcell(), entra=make_entra()).partial == []


def test_grave_and_open_findings_come_first() -> None:
    tables = build(make_commcell(incomplete={"users": "?"}), entra=make_entra(), document=GLASS)
    statuses = [row["status"] for row in tables.rows["findings"]]
    assert statuses == sorted(statuses, reverse=True)
    for status in set(statuses):
        grades = [SEVERITIES.index(str(row["severity"])) for row in tables.rows["findings"] if row["status"] == status]
        assert grades == sorted(grades)


@pytest.mark.parametrize(
    ("owners", "severity", "named"),
    [
        ([1], "low", "1 owner can add anybody to ops: boss@corp.example."),
        ([1, 2], "medium", "2 owners can add anybody to ops: boss@corp.example and ext@corp.example."),
        ([3], "medium", "1 owner can add anybody to ops: provisioning."),
        ([4], "low", f"1 owner can add anybody to ops: {make_id(4)}."),
        ([], None, None),
    ],
)
def test_owners_of_groups_with_privileged_access(owners: t.Any, severity: str | None, named: str | None) -> None:
    users = [make_entra_user(1, "boss@corp.example"), make_entra_user(2, "ext@corp.example", userType="Guest")]
    others = [{"id": make_id(3), "kind": "unknown", "displayName": "provisioning"}]
    group = make_entra_group(1, "ops", [], owners=[make_id(one) for one in owners])
    entra = make_entra(users=users, others=others, groups=[group])
    linked = make_group(5, "ops", [], make_id(1, 2))
    for role, expected in ((MASTER, [(severity, named)] if named else []), (VIEW, [])):
        cell = make_commcell(user_groups=[linked], associations=[make_grant(("user_group", 5), role)])
        found = find_rows(build(cell, entra=entra), "findings", rule="privileged_group_owned")
        assert [(row["severity"], row["description"]) for row in found] == expected
        assert not found or found[0]["rows"]


def test_owners_of_a_nested_group_count() -> None:
    inner = make_entra_group(2, "night", [], owners=[make_id(1)])
    outer = make_entra_group(1, "ops", [make_id(2, 2)])
    entra = make_entra(users=[make_entra_user(1, "boss@corp.example")], groups=[outer, inner])
    linked = make_group(5, "ops", [], make_id(1, 2))
    cell = make_commcell(user_groups=[linked], associations=[make_grant(("user_group", 5), MASTER)])
    (found,) = find_rows(build(cell, entra=entra), "findings", rule="privileged_group_owned")
    assert found["description"] == "1 owner can add anybody to ops or the groups nested in it: boss@corp.example."


def test_a_drill_that_proves_no_more_than_a_sign_in_is_not_evaluable() -> None:
    tables = build(make_commcell(users=[TWO]), entra=make_entra(), document=GLASS, drills=[NOT_PROVEN])
    (found,) = find_rows(tables, "findings", rule="break_glass_drill_not_proven")
    assert found["status"] == "not_evaluable" and "is not proven" in str(found["description"])
    assert "No successful drill is known." in str(found["description"])


def test_what_one_list_lacks_is_told_once() -> None:
    cell = make_commcell(
        incomplete={"credentials": "no right", "entities.credentials": "no right", "entities.plans": "no right"}
    )
    tables = build(cell, entra=make_entra())
    found = find_rows(tables, "findings", rule="not_visible")
    assert [(row["subject_id"], len(t.cast("list[str]", row["rows"]))) for row in found] == [
        ("commvault credentials", 2),
        ("commvault entities.plans", 1),
    ]
    assert tables.partial == [
        "CommCell cs01, credentials was not seen in full: no right",
        "CommCell cs01, plans was not seen in full: no right",
    ]


def test_findings_speak_of_kinds_as_people_do() -> None:
    cell = make_commcell(
        user_groups=[make_group(5, "ops"), make_group(6, "dba")],
        entities={"server_groups": [make_entity(1, "hq-vm"), make_entity(2, "hq-sql")], "plans": []},
        associations=[
            make_grant(("user_group", 5), VIEW, ("server_groups", 1)),
            make_grant(("user_group", 5), VIEW, ("server_groups", 2)),
            make_grant(("user_group", 5), ADMIN, ("plans", "all")),
            make_grant(("user_group", 6), VIEW, ("type:64", 3), entity_name="x"),
        ],
    )
    tables = build(cell, entra=make_entra(), document={"cvops_role_mappings": []})
    found = {row["subject"]: row["description"] for row in find_rows(tables, "findings", rule="grant_unmanaged")}
    assert found == {
        "ops": "ops holds 3 grants and has no entry in the mapping:"
        " Backup Administrator on all plans and View on server groups hq-sql and hq-vm.",
        "dba": "dba holds 1 grant and has no entry in the mapping: View on entity of type 64 x.",
    }


@pytest.mark.parametrize(
    ("company", "companies", "incomplete", "wanted"),
    [
        ("acme", [make_entity(7, "acme")], {}, {"gold": "acme", "silver": "Commcell"}),
        # The service shows no company of any plan, and there are companies: it may be one of them.
        (None, [make_entity(7, "acme")], {}, {"gold": None, "silver": None}),
        (None, [], {}, {"gold": "Commcell", "silver": "Commcell"}),
        (None, [], {"companies": "no right"}, {"gold": None, "silver": None}),
    ],
)
def test_what_is_not_shown_is_not_the_level_of_the_commcell(
    company: t.Any, companies: t.Any, incomplete: t.Any, wanted: t.Any
) -> None:
    cell = make_commcell(
        incomplete=incomplete,
        user_groups=[make_group(5, "ops")],
        entities={"plans": [make_entity(1, "gold", company), make_entity(2, "silver")]},
        companies=companies,
        associations=[
            make_grant(("user_group", 5), VIEW, ("plans", 1)),
            make_grant(("user_group", 5), VIEW, ("plans", 2)),
        ],
    )
    rows = build(cell, entra=make_entra()).rows["access"]
    assert {row["entity"]: row["company"] for row in rows} == wanted


def test_what_has_no_name_is_told_by_its_id_and_has_no_other_name() -> None:
    group = make_entra_group(1, "", [make_id(1), make_id(88)])
    cell = make_commcell(
        user_groups=[make_group(5, "ops", [], make_id(1, 2)), make_group(6, "", [])],
        associations=[make_grant(("user_group", 6), ADMIN, ("commcell", 2))],
    )
    tables = build(cell, entra=make_entra(users=[make_entra_user(1, "ann@corp.example")], groups=[group]))
    told = {str(row["rule"]): row for row in tables.rows["findings"]}
    assert "renamed_group" not in told
    assert told["empty_privileged_group"]["subject"] == "6"
    assert str(told["empty_privileged_group"]["description"]).startswith("6 has no members")
    assert told["group_members_not_evaluable"]["description"] == (
        f"Not all members of the Entra group {make_id(1, 2)} are visible. 1 member is shown by id alone."
    )
