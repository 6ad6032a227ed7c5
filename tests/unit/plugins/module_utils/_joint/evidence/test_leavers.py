# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people hold who left, and since when."""

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


def make_token(number: int, owner: t.Any, expires: str | None = "2027-01-01T00:00:00Z") -> dict[str, t.Any]:
    return {
        "id": str(number),
        "name": f"token {number}",
        "owner": {"kind": "user", "id": str(owner), "name": "x"},
        "token_type": "all",
        "expires": expires,
        "renewable_until": expires,
    }


def make_cell(**more: t.Any) -> t.Any:
    given = {
        "users": [make_user(1, NAME, local_password=True)],
        "user_groups": [make_group(5, "ops", [1], make_id(1, 2))],
        "entities": {"plans": [make_entity(1, "gold")], "servers": [make_entity(3, "s1")]},
        "associations": [
            make_grant(("user_group", 5), ADMIN, ("plans", 1)),
            make_grant(("user", 1), VIEW, ("plans", 1)),
        ],
        "owners": [make_grant(("user", 1), None, ("servers", 3), grant_kind="owner")],
        "access_tokens": [make_token(7, 1), make_token(8, 2)],
    }
    return make_commcell(**{**given, **more})


def make_tenant(**more: t.Any) -> t.Any:
    given = {
        "users": [make_entra_user(1, NAME, accountEnabled=False)],
        "groups": [make_entra_group(1, "ops", [make_id(1)])],
        "applications": [
            {"id": make_id(1, 3), "appId": make_id(1, 4), "displayName": "backup", "owners": [make_id(1)]}
        ],
    }
    return make_entra(**{**given, **more})


def test_everything_that_is_held_is_a_row() -> None:
    rows = build(make_cell(), entra=make_tenant()).rows["leavers"]
    assert {(row["commcell"], row["holds"], row["what"], row["privileged"]) for row in rows} == {
        ("cs01", "account", NAME, True),
        ("cs01", "user_group", "ops", True),
        ("cs01", "direct_grant", "View on plan gold", False),
        ("cs01", "owner", "ownership of server s1", False),
        ("cs01", "local_password", "a password of Commvault's own", True),
        ("cs01", "access_token", "token 7", True),
        ("", "entra_group", "ops", True),
        ("", "application_owner", "backup", False),
    }
    assert {row["state"] for row in rows} == {"disabled"}
    assert all(row["offboard"] for row in rows)


@pytest.mark.parametrize("state", ["disabled", "deleted"])
def test_groups_that_a_leaver_owns_are_rows(state: str) -> None:
    user = make_entra_user(1, NAME, accountEnabled=state == "deleted", deletedDateTime="2026-11-05T01:02:03Z")
    inner = make_entra_group(2, "night", owners=[make_id(1)])
    other = make_entra_group(3, "readers", owners=[make_id(1), make_id(2)])
    groups = [make_entra_group(1, "ops", [make_id(2, 2)]), inner, other]
    users = {"users": [user]} if state == "disabled" else {"users": [], "deleted_users": [user]}
    rows = build(make_cell(), entra=make_tenant(**users, groups=groups, applications=[])).rows["leavers"]
    owned = [row for row in rows if row["holds"] == "group_owner"]
    assert [(row["state"], row["what"], row["privileged"]) for row in owned] == [
        (state, "night", True),
        (state, "readers", False),
    ]


def test_findings_are_one_per_person_and_place() -> None:
    tables = build(make_cell(), entra=make_tenant())
    found = find_rows(tables, "findings", rule="leaver_holds_access")
    assert [(row["commcell"], row["severity"]) for row in found] == [("cs01", "critical"), ("", "high")]
    told = str(found[0]["description"])
    assert told.startswith(
        f"ann ({NAME}) is disabled in Entra ID (it is not known since when), and still holds on cs01: the account {NAME}, a password"
    )
    assert (
        "Without Entra ID the password and the access token work as before. Privileged: membership in the group ops."
        in told
    )
    (token,) = find_rows(tables, "findings", rule="token_of_leaver")
    held = {row["id"] for row in tables.rows["leavers"] if row["commcell"] == "cs01"}
    access = {row["id"] for row in tables.rows["access"] if row["commvault_user_id"] == "1"}
    assert set(t.cast("list[str]", token["rows"])) == held | access and held and access
    assert (token["severity"], "until" in str(token["description"])) == ("critical", True)
    # What a leaver holds is told once.
    assert not find_rows(tables, "findings", rule="local_password_beside_sso")


@pytest.mark.parametrize(
    ("users", "deleted", "incomplete", "state"),
    [
        ([], [], {}, "not_found"),
        ([], [], {"users": "no right"}, None),
        ([], [make_entra_user(1, NAME)], {"users": "no right"}, "deleted"),
        ([make_entra_user(1, NAME)], [], {}, None),
        # somebody has the address and another name: who that is, is not known
        ([make_entra_user(1, "a.nn@corp.example", mail=NAME)], [], {}, None),
    ],
)
def test_who_left_is_said_only_where_it_is_certain(
    users: t.Any, deleted: t.Any, incomplete: t.Any, state: t.Any
) -> None:
    cell = make_cell(users=[make_user(1, NAME, email=NAME)])
    entra = make_entra(incomplete, users=users, deleted_users=deleted)
    tables = build(cell, entra=entra)
    assert {row["state"] for row in tables.rows["leavers"]} == ({state} if state else set())
    unclear = find_rows(tables, "findings", rule="leavers_not_evaluable", status="not_evaluable")
    assert bool(unclear) is (state is None and not (users and users[0]["userPrincipalName"] == NAME))


def test_a_local_account_without_anybody_in_entra_id_has_not_left() -> None:
    tables = build(make_cell(users=[make_user(1, "admin", local=True)]), entra=make_entra())
    assert tables.rows["leavers"] == []
    assert not find_rows(tables, "findings", rule="leavers_not_evaluable")


def make_entry(time: str, activity: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        "time": time,
        "service": "entra",
        "log": "directory_audits",
        "commcell": None,
        "activity": activity,
        "operation": "change",
        "outcome": "success",
        "actor": {"kind": "user", "name": "hr@corp.example"},
        "object": {"kind": "user", "name": NAME, "id": make_id(1)},
        "others": [],
        "before": {},
        "after": {},
        "record_id": time,
        **more,
    }


@pytest.mark.parametrize(
    "entries",
    [
        [make_entry("2026-10-01T08:00:00Z", "Disable account"), make_entry("2026-11-02T08:00:00Z", "Disable account")],
        [make_entry("2026-11-02T08:00:00Z", "Update user", after={"AccountEnabled": [False]})],
    ],
)
def test_the_log_tells_since_when(entries: t.Any) -> None:
    entries = [
        *entries,
        make_entry("2026-11-20T08:00:00Z", "Update user"),
        make_entry("2026-11-21T08:00:00Z", "Disable account", outcome="failure"),
    ]
    rows = build(make_cell(), entra=make_tenant(), log={"events": entries}).rows["leavers"]
    assert {(row["since"], row["since_source"]) for row in rows} == {("2026-11-02", "entra_audit_log")}


@pytest.mark.parametrize(
    "undone",
    [
        make_entry("2026-11-03T08:00:00Z", "Enable account"),
        make_entry("2026-11-03T08:00:00Z", "Update user", after={"AccountEnabled": ["true"]}),
    ],
)
def test_an_account_that_was_enabled_afterwards_was_disabled_when_no_log_tells(undone: t.Any) -> None:
    entries = [make_entry("2026-11-02T08:00:00Z", "Disable account"), undone]
    rows = build(make_cell(), entra=make_tenant(), log={"events": entries}).rows["leavers"]
    assert {(row["since"], row["since_source"]) for row in rows} == {(None, "unknown")}
    entries.append(make_entry("2026-11-04T08:00:00Z", "Disable account"))
    tables = build(make_cell(), entra=make_tenant(), log={"events": entries})
    assert {row["since"] for row in tables.rows["leavers"]} == {"2026-11-04"}
    (found,) = find_rows(tables, "findings", rule="leaver_holds_access", commcell="cs01")
    assert "is disabled in Entra ID since 2026-11-04 (by the audit log of Entra ID)" in str(found["description"])


def test_without_a_log_the_date_of_deletion_or_an_earlier_bundle_tells() -> None:
    gone = make_entra(deleted_users=[make_entra_user(1, NAME, deletedDateTime="2026-11-05T01:02:03Z")])
    rows = build(make_cell(), entra=gone).rows["leavers"]
    assert {(row["since"], row["since_source"]) for row in rows} == {("2026-11-05", "deletion_date")}
    rows = build(make_cell(), entra=make_tenant()).rows["leavers"]
    assert {(row["since"], row["since_source"]) for row in rows} == {(None, "unknown")}
    log = {"events": [make_entry("2026-11-02T08:00:00Z", "Disable account")]}
    first = build(make_cell(), entra=make_tenant(), log=log)
    rows = build(make_cell(), entra=make_tenant(), previous=first.rows, previous_date="2026-11-10").rows["leavers"]
    assert {(row["since"], row["since_source"]) for row in rows} == {("2026-11-02", "previous_bundle")}


def test_tokens_without_an_end_and_passwords_beside_sso_are_told() -> None:
    cell = make_cell(access_tokens=[make_token(7, 1, None)])
    tables = build(cell, entra=make_entra(users=[make_entra_user(1, NAME)]), document={})
    assert len(find_rows(tables, "findings", rule="token_without_end")) == 1
    assert [row["subject_id"] for row in find_rows(tables, "findings", rule="local_password_beside_sso")] == ["1"]
    kept = {"cvops_break_glass": {"commvault_users": [NAME]}}
    tables = build(cell, entra=make_entra(users=[make_entra_user(1, NAME)]), document=kept)
    assert not find_rows(tables, "findings", rule="local_password_beside_sso")


def test_an_account_alone_is_told_unless_it_is_disabled() -> None:
    bare = {"user_groups": [], "associations": [], "owners": [], "access_tokens": []}
    entra = make_tenant(groups=[], applications=[])
    tables = build(make_cell(**bare, users=[make_user(1, NAME)]), entra=entra)
    assert [row["holds"] for row in tables.rows["leavers"]] == ["account"]
    assert [row["severity"] for row in find_rows(tables, "findings", rule="leaver_holds_access")] == ["low"]
    assert build(make_cell(**bare, users=[make_user(1, NAME, enabled=False)]), entra=entra).rows["leavers"] == []


def test_what_an_earlier_bundle_knew_ends_where_the_account_was_enabled_again() -> None:
    first = build(
        make_cell(), entra=make_tenant(), log={"events": [make_entry("2026-11-02T08:00:00Z", "Disable account")]}
    )

    def find(*entries: t.Any) -> set[t.Any]:
        earlier = {"previous": first.rows, "previous_date": "2026-11-10"}
        rows = build(make_cell(), entra=make_tenant(), log={"events": entries}, **earlier).rows["leavers"]
        return {(row["since"], row["since_source"]) for row in rows}

    assert find() == {("2026-11-02", "previous_bundle")}
    assert find(make_entry("2026-10-15T08:00:00Z", "Enable account")) == {("2026-11-02", "previous_bundle")}
    assert find(make_entry("2026-11-15T08:00:00Z", "Enable account")) == {(None, "unknown")}


def test_what_was_taken_from_a_user_is_no_deletion_of_the_user() -> None:
    gone = make_entra(deleted_users=[make_entra_user(1, NAME, deletedDateTime="2026-11-05T01:02:03Z")])
    taken = make_entry("2026-10-05T08:00:00Z", "User deleted security info", operation="remove")
    rows = build(make_cell(), entra=gone, log={"events": [taken]}).rows["leavers"]
    assert {(row["since"], row["since_source"]) for row in rows} == {("2026-11-05", "deletion_date")}
    deleted = make_entry("2026-11-05T01:02:03Z", "Delete user", operation="remove")
    rows = build(make_cell(), entra=gone, log={"events": [taken, deleted]}).rows["leavers"]
    assert {(row["since"], row["since_source"]) for row in rows} == {("2026-11-05", "entra_audit_log")}


@pytest.mark.parametrize(
    ("kind", "expires", "renewable", "rules", "until"),
    [
        ("all", None, None, {"token_without_end", "token_of_leaver"}, None),
        ("all", None, "2027-01-01T00:00:00Z", {"token_of_leaver"}, "2027-01-01"),
        # The first of these is new with each renewal.
        ("all", "2026-11-27T10:30:00Z", "2027-01-01T00:00:00Z", {"token_of_leaver"}, "2027-01-01"),
        ("custom", "2026-11-01T00:00:00Z", "2027-01-01T00:00:00Z", {"token_of_leaver"}, "2027-01-01"),
        ("all", "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z", set(), None),
        # Renewed for ever, or until a moment that is not shown; two weeks after its end a token cannot be renewed any more.
        ("all", "2026-11-27T09:30:00Z", None, {"token_without_end", "token_of_leaver"}, None),
        ("all", "2026-11-20T00:00:00Z", None, {"token_without_end", "token_of_leaver"}, None),
        (None, "2027-01-01T00:00:00Z", None, {"token_without_end", "token_of_leaver"}, None),
        ("all", "2026-11-01T00:00:00Z", None, set(), None),
        # Never renewed.
        ("scim", "2027-01-01T00:00:00Z", None, {"token_of_leaver"}, "2027-01-01"),
        ("one_touch", "2026-11-20T00:00:00Z", None, set(), None),
        ("scim", None, None, {"token_without_end", "token_of_leaver"}, None),
    ],
)
def test_a_token_ends_with_its_last_renewal(
    kind: t.Any, expires: t.Any, renewable: t.Any, rules: set[str], until: t.Any
) -> None:
    token = {**make_token(7, 1, expires), "token_type": kind, "renewable_until": renewable}
    tables = build(make_cell(access_tokens=[token]), entra=make_tenant())
    found = {
        str(row["rule"]): str(row["description"]) for row in find_rows(tables, "findings", subject_kind="access_token")
    }
    assert found.keys() == rules
    assert until is None or f"until {until}." in found["token_of_leaver"]
    assert bool(find_rows(tables, "leavers", holds="access_token")) is bool(rules)
    endless = {row["status"] for row in find_rows(tables, "findings", rule="token_without_end")}
    assert endless == (({"open"} if expires is None else {"not_evaluable"}) if "token_without_end" in rules else set())
