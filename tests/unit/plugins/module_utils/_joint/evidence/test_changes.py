# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is not as it was in the previous bundle, and whom the logs name for it: one entry, or nobody and why."""

from __future__ import annotations

import copy
import typing as t

import pytest
from evidence_examples import (
    ADMIN,
    VIEW,
    build,
    generate_site,
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
from hypothesis import given

NAME, BOB = "ann@corp.example", "bob@corp.example"
BEFORE = "2026-11-01T00:00:00Z"


def make_cell(members: t.Sequence[int] = (1,), roles: t.Sequence[str] = (VIEW,), **more: t.Any) -> t.Any:
    return make_commcell(
        users=[make_user(1, NAME), make_user(2, BOB)],
        user_groups=[make_group(5, "ops", members, make_id(1, 2))],
        entities={"plans": [make_entity(1, "gold")]},
        associations=[make_grant(("user_group", 5), role, ("plans", 1)) for role in roles],
        **more,
    )


def make_tenant(members: t.Sequence[int] = (1,), **ann: t.Any) -> t.Any:
    people = [make_entra_user(1, NAME, **ann), make_entra_user(2, BOB)]
    return make_entra(users=people, groups=[make_entra_group(1, "ops", [make_id(number) for number in members])])


def make_source(host: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        "host": host,
        "status": "read",
        "since": "2026-10-01T00:00:00Z",
        "complete_until": "2026-11-27T09:50:00Z",
        **more,
    }


def make_log(*events: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return {"events": list(events), "sources": [make_source("cs01"), make_source("localhost")], "gaps": [], **more}


def make_event(
    activity: str, target: t.Any, *others: t.Any, commcell: str | None = "cs01", **more: t.Any
) -> dict[str, t.Any]:
    return {
        "time": "2026-11-10T08:00:00Z",
        "service": "commvault" if commcell else "entra",
        "log": "audit_trail" if commcell else "directory_audits",
        "commcell": commcell,
        "activity": activity,
        "operation": "assign",
        "outcome": "success",
        "actor": {"kind": "user", "name": "adm"},
        "person": "adm@corp.example",
        "object": target,
        "others": list(others),
        "before": {},
        "after": {},
        "record_id": activity,
        **more,
    }


def named(kind: str, name: str, key: str | None = None) -> dict[str, t.Any]:
    return {"kind": kind, "name": name, "id": key}


def compare(before: t.Any, after: t.Any, log: t.Any = None) -> list[t.Any]:
    """*before*, *after*: arguments of build."""
    first = build(before[0], entra=before[1])
    return build(after[0], entra=after[1], previous=first.rows, previous_date=BEFORE, log=log).rows["changes"]


GRANTED = ((make_cell(), make_tenant()), (make_cell(roles=[VIEW, ADMIN]), make_tenant()))
ASSOCIATED = make_event(
    "Add association", named("user_group", "ops"), named("role", "Backup Administrator"), named("plan", "gold")
)
OTHER_ROLE = make_event("Add association", named("user_group", "ops"), named("role", "Other"), record_id="other")


def attribute(log: t.Any, sites: t.Any = GRANTED) -> set[tuple[t.Any, ...]]:
    rows = compare(*sites, log)
    assert rows
    return {(row["attribution"], row["when"], row["who"], row["why_unattributed"]) for row in rows}


def test_exactly_one_entry_names_who_did_it() -> None:
    wanted = {("commvault_audit_trail", "2026-11-10T08:00:00Z", "adm@corp.example", None)}
    assert attribute(make_log(ASSOCIATED, OTHER_ROLE)) == wanted


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (None, "log not read"),
        (make_log(), "no entry"),
        (make_log(OTHER_ROLE), "no entry"),
        (make_log({**ASSOCIATED, "outcome": "failure"}), "no entry"),
        (make_log({**ASSOCIATED, "time": "2026-10-31T00:00:00Z"}), "no entry"),
        (make_log({**ASSOCIATED, "commcell": "cs02"}), "no entry"),
        (make_log(make_event("Edit user group", named("user_group", "ops"), operation="change")), "no entry"),
        (make_log(ASSOCIATED, {**ASSOCIATED, "record_id": "2"}), "several entries"),
        (make_log(ASSOCIATED, sources=[]), "outside the retention"),
        (make_log(ASSOCIATED, sources=[make_source("cs01", since="2026-11-05T00:00:00Z")]), "outside the retention"),
        (
            make_log(ASSOCIATED, sources=[make_source("cs01", complete_until="2026-11-20T00:00:00Z")]),
            "log ends before the bundle",
        ),
        (
            make_log(
                ASSOCIATED,
                gaps=[
                    {"host": "cs01", "from": "2026-11-02T00:00:00Z", "to": "2026-11-03T00:00:00Z", "reason": "max_rows"}
                ],
            ),
            "gap in the log",
        ),
    ],
)
def test_without_exactly_one_it_is_nobody_and_why(log: t.Any, why: str) -> None:
    assert attribute(log) == {("unattributed", None, None, why)}


def test_what_is_merely_late_is_no_gap() -> None:
    gap = {"host": "cs01", "from": "2026-11-27T09:45:00Z", "to": "2026-11-27T10:00:00Z", "reason": "late"}
    assert {row[0] for row in attribute(make_log(ASSOCIATED, gaps=[gap]))} == {"commvault_audit_trail"}


def test_a_member_of_the_entra_group_is_attributed_to_entra_id() -> None:
    event = make_event(
        "Add member to group",
        named("group", "ops", make_id(1, 2)),
        named("user", BOB, make_id(2)),
        commcell=None,
        person="boss@corp.example",
    )
    sites = ((make_cell(), make_tenant()), (make_cell(), make_tenant([1, 2])))
    (row,) = compare(*sites, make_log(event))
    assert (row["change"], row["what"]) == ("added", "bob: View on plan gold through ops was added")
    assert attribute(make_log(event), sites) == {("entra_audit_log", "2026-11-10T08:00:00Z", "boss@corp.example", None)}


def test_an_account_that_was_closed_is_a_change_of_columns() -> None:
    event = make_event("Disable account", named("user", NAME, make_id(1)), commcell=None, operation="change")
    other = make_event("Update user", named("user", NAME, make_id(1)), commcell=None, operation="change", record_id="2")
    (row,) = compare(
        (make_cell(), make_tenant()), (make_cell(), make_tenant(accountEnabled=False)), make_log(event, other)
    )
    assert (row["change"], row["attribution"]) == ("changed", "entra_audit_log")
    assert dict(zip(row["columns"], zip(row["before"], row["after"], strict=True), strict=True)) == {
        "entra_enabled": ("true", "false"),
        "expected_at_next_login": ("yes", "no"),
    }


def test_what_the_document_says_no_log_tells() -> None:
    first = build(make_cell(), entra=make_tenant())
    second = build(
        make_cell(),
        entra=make_tenant(),
        document={"cvops_role_mappings": []},
        previous=first.rows,
        previous_date=BEFORE,
        log=make_log(ASSOCIATED),
    )
    (row,) = second.rows["changes"]
    assert (row["columns"], row["why_unattributed"]) == (["in_mapping"], "no entry")


def test_roles_are_compared_as_well() -> None:
    cell = make_cell()
    next(role for role in cell["roles"] if role["id"] == VIEW)["permissions"] = ["View", "Browse"]
    event = make_event("Edit role", named("role", "View"), operation="change")
    (row,) = compare((make_cell(), make_tenant()), (cell, make_tenant()), make_log(event))
    assert (row["table"], row["what"]) == ("roles", "role View: permission Browse was added")
    assert row["attribution"] == "commvault_audit_trail"


@given(generate_site())
def test_a_site_that_did_not_change_has_no_changes_and_the_same_rows(site: tuple[t.Any, t.Any]) -> None:
    cell, entra = site
    first = build(cell, entra=entra)
    later = {**copy.deepcopy(cell), "provenance": {**cell["provenance"], "started": "x", "requests": 99}}
    second = build(later, entra=entra, previous=first.rows, previous_date=BEFORE)
    assert second.rows["changes"] == []
    assert second.rows == first.rows
    assert {row["first_seen"] for row in second.rows["findings"]} <= {cell["provenance"]["ended"][:10]}
    third = build(later, entra=entra, previous=second.rows, previous_date="2026-11-20T00:00:00Z")
    assert third.rows == second.rows


@given(generate_site(), generate_site())
def test_changes_lead_from_one_bundle_to_the_next(one: tuple[t.Any, t.Any], other: tuple[t.Any, t.Any]) -> None:
    first = build(one[0], entra=one[1])
    second = build(other[0], entra=other[1], previous=first.rows, previous_date=BEFORE)
    old, new = ({row["id"] for row in tables.rows["access"]} for tables in (first, second))
    found = [row for row in second.rows["changes"] if row["table"] == "access"]
    assert {row["row_id"] for row in found if row["change"] == "added"} == new - old
    assert {row["row_id"] for row in found if row["change"] == "removed"} == old - new
    assert all(row["attribution"] == "unattributed" and row["why_unattributed"] for row in found)


def test_a_name_that_two_had_names_nobody() -> None:
    """The trail of a CommCell has names and no ids: after a user was deleted, an entry may be about either."""
    gone = make_event("Delete User Group", named("user_group", "ops"), operation="remove", time="2026-11-09T08:00:00Z")
    assert attribute(make_log(ASSOCIATED, gone)) == {("unattributed", None, None, "name given again")}
    late = {**gone, "time": "2026-10-30T08:00:00Z"}  # before the previous bundle
    assert {row[0] for row in attribute(make_log(ASSOCIATED, late))} == {"commvault_audit_trail"}
    # Both bundles together have two of that name, and no entry tells of the deletion.
    before, after = GRANTED
    other = make_cell(roles=[VIEW, ADMIN])
    other["user_groups"][0]["id"] = "6"
    for grant in other["associations"]:
        grant["principal"]["id"] = "6"
    told = attribute(make_log(ASSOCIATED), (before, (other, after[1])))
    assert ("unattributed", None, None, "name given again") in told
    assert "commvault_audit_trail" not in {row[0] for row in told}


def test_entra_id_tells_people_of_one_name_apart_by_their_ids() -> None:
    event = make_event(
        "Add member to group", named("group", "ops", make_id(1, 2)), named("user", BOB, make_id(77)), commcell=None
    )
    sites = ((make_cell(), make_tenant()), (make_cell(), make_tenant([1, 2])))
    assert attribute(make_log(event), sites) == {("unattributed", None, None, "no entry")}


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, "s1 at 2026-11-10T07:59:00Z from 203.0.113.20"),
        ({"certain": False}, None),
        ({"sign_in": None}, None),
        ({"commcell": "cs02"}, None),
    ],
)
def test_the_sign_in_of_a_certain_handshake_is_told(more: t.Any, wanted: str | None) -> None:
    shake = {
        "commcell": "cs01",
        "sign_in": "s1",
        "since": "2026-11-10T07:59:00Z",
        "address": "203.0.113.20",
        "actions": [ASSOCIATED["record_id"]],
        "certain": True,
        **more,
    }
    rows = compare(*GRANTED, make_log(ASSOCIATED, handshakes=[shake]))
    assert {row["sign_in"] for row in rows} == {wanted} and {row["who"] for row in rows} == {"adm@corp.example"}


@pytest.mark.parametrize(
    ("until", "late", "is_known"),
    [
        ("2026-11-27T09:00:00Z", None, True),
        ("2026-11-27T08:59:59Z", None, False),
        ("2026-11-27T00:10:00Z", None, False),
        ("2026-11-27T06:00:00Z", "2026-11-27T09:30:00Z", True),  # read lately, and entries are long on their way
        ("2026-11-27T06:00:00Z", "2026-11-27T08:30:00Z", False),
        ("2026-11-28T00:10:00Z", None, True),
        (None, None, False),
    ],
)
def test_a_log_that_was_read_long_before_the_documents_names_nobody(until: t.Any, late: t.Any, is_known: bool) -> None:
    """Somebody else may have changed the same later on that day."""
    gaps = [{"host": "cs01", "from": until, "to": late, "reason": "late"}] if late else []
    log = make_log(ASSOCIATED, sources=[make_source("cs01", complete_until=until)], gaps=gaps)
    (told,) = attribute(log)
    assert told[3] == (None if is_known else "log ends before the bundle")


def test_a_group_of_the_same_name_is_another_one() -> None:
    event = make_event(
        "Add member to group", named("group", "ops", make_id(99, 2)), named("user", BOB, make_id(2)), commcell=None
    )
    sites = ((make_cell(), make_tenant()), (make_cell(), make_tenant([1, 2])))
    assert attribute(make_log(event), sites) == {("unattributed", None, None, "no entry")}


@pytest.mark.parametrize("known", [True, False])
def test_an_application_of_the_same_name_is_another_one(known: bool) -> None:
    key = make_id(1, 3) if known else make_id(50, 3)
    event = make_event("Update application", named("application", "backup", key), commcell=None, operation="change")
    application = {"id": make_id(1, 3), "appId": make_id(1, 4), "displayName": "backup", "owners": []}
    principal = {"id": make_id(2, 3), "appId": make_id(1, 4), "displayName": "backup"}

    def make_programs(*owners: str) -> t.Any:
        users = [make_entra_user(1, NAME)]
        one = {**application, "owners": list(owners)}
        return make_entra(users=users, applications=[one], service_principals=[principal])

    (row,) = compare((make_cell(), make_programs()), (make_cell(), make_programs(make_id(1))), make_log(event))
    assert (row["table"], row["what"]) == ("identities", "program backup was changed (owners)")
    assert (row["who"], row["why_unattributed"]) == (("adm@corp.example", None) if known else (None, "no entry"))


def test_who_came_into_a_group_that_came_into_another_one_has_it_of_two() -> None:
    into = make_event(
        "Add member to group", named("group", "inner", make_id(2, 2)), named("user", BOB, make_id(2)), commcell=None
    )
    nested = make_event(
        "Add member to group",
        named("group", "ops", make_id(1, 2)),
        named("group", "inner", make_id(2, 2)),
        commcell=None,
        person="other@corp.example",
        record_id="nested",
    )
    people = [make_entra_user(1, NAME), make_entra_user(2, BOB)]
    before = make_entra(users=people, groups=[make_entra_group(1, "ops", [make_id(1)]), make_entra_group(2, "inner")])
    inner = make_entra_group(2, "inner", [make_id(2)])
    after = make_entra(users=people, groups=[make_entra_group(1, "ops", [make_id(1), make_id(2, 2)]), inner])
    sites = ((make_cell(), before), (make_cell(), after))
    for events, who, why in (
        ([into], "adm@corp.example", None),
        ([nested], "other@corp.example", None),
        ([into, nested], None, "several entries"),
    ):
        (row,) = compare(*sites, make_log(*events))
        assert (row["who"], row["why_unattributed"]) == (who, why)


def test_the_time_between_two_bundles_begins_for_each_commcell_with_its_own_document() -> None:
    early, late = {**ASSOCIATED, "time": "2026-10-30T08:00:00Z"}, {**ASSOCIATED, "record_id": "2"}
    log = make_log(early, late, sources=[make_source("cs01", since="2026-10-01T00:00:00Z")])
    before, after = ((cell, entra) for cell, entra in GRANTED)
    previous = build(before[0], entra=before[1]).rows
    for starts, told in (({}, "adm@corp.example"), ({"cs01": "2026-10-29T00:00:00Z"}, None)):
        given = {"previous": previous, "previous_date": BEFORE, "previous_starts": starts, "log": log}
        (row,) = build(after[0], entra=after[1], **given).rows["changes"]
        assert (row["who"], row["why_unattributed"]) == (told, None if told else "several entries")


def test_a_commcell_that_is_left_out_has_not_lost_its_grants() -> None:
    tenant, other = make_tenant(), make_cell(name="cs02")
    both = build(make_cell(), other, entra=tenant)
    one = build(make_cell(), entra=tenant, previous=both.rows, previous_date=BEFORE)
    assert one.rows["changes"] == []
    (found,) = [row for row in one.rows["findings"] if row["rule"] == "commcell_left_out"]
    assert (found["commcell"], found["status"]) == ("cs02", "not_evaluable")
    again = build(make_cell(), other, entra=tenant, previous=one.rows, previous_date=BEFORE)
    assert again.rows["changes"] == []
    assert not [row for row in again.rows["findings"] if row["rule"] == "commcell_left_out"]


def test_nothing_is_said_to_have_changed_on_a_commcell_that_was_not_read() -> None:
    tenant = make_tenant()
    seen = build(make_cell(), entra=tenant)
    unseen = build(entra=tenant, missing={"cs01": "down"}, previous=seen.rows, previous_date=BEFORE)
    assert unseen.rows["changes"] == []
    again = build(make_cell(), entra=tenant, previous=unseen.rows, previous_date=BEFORE)
    assert again.rows["changes"] == []
    # Another CommCell is compared as before.
    other = {"name": "cs02"}
    both = build(make_cell(), make_cell(**other), entra=tenant)
    one = build(make_cell([1, 2], **other), entra=tenant, missing={"cs01": "down"}, previous=both.rows)
    assert {(row["commcell"], row["change"]) for row in one.rows["changes"]} == {("cs02", "added")}


def test_what_only_entra_id_tells_has_not_changed_where_it_was_not_read() -> None:
    application = {"id": make_id(1, 3), "appId": make_id(1, 4), "displayName": "backup", "owners": []}
    tenant = {**make_tenant([1, 2, 3]), "applications": [application]}
    tenant["users"] = [*tenant["users"], make_entra_user(3, "eve@corp.example")]
    seen = build(make_cell(), entra=tenant)
    unseen = build(make_cell(), previous=seen.rows, previous_date=BEFORE)
    assert unseen.rows["changes"] == []
    assert build(make_cell(), entra=tenant, previous=unseen.rows, previous_date=BEFORE).rows["changes"] == []
    # What the CommCell tells is compared as before.
    more = build(make_cell(roles=[VIEW, ADMIN]), previous=seen.rows, previous_date=BEFORE).rows["changes"]
    assert more and {(row["table"], row["change"]) for row in more} == {("access", "added")}
