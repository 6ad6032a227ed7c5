# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of both logs in one form, and what hostile or odd entries become."""

from __future__ import annotations

import json
import typing as t

import pytest
from example_counts import try_examples
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.audits import read_audit
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.queries import Subject, is_about
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.sign_ins import read_sign_in
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.values import (
    bound_structure,
    decode_value,
    parse_keys,
)

SIGN_IN: dict[str, t.Any] = {
    "id": "s1",
    "createdDateTime": "2026-03-01T10:00:00+02:00",
    "userPrincipalName": "j.vega@corp.example",
    "userId": "u1",
    "appId": "a1",
    "appDisplayName": "Console",
    "resourceId": "a2",
    "resourceDisplayName": "Commvault",
    "ipAddress": "203.0.113.7",
    "status": {"errorCode": 53003, "failureReason": "Blocked."},
    "conditionalAccessStatus": "failure",
    "appliedConditionalAccessPolicies": [{"id": "p1", "displayName": "Places", "result": "failure"}],
    "location": {"countryOrRegion": "CH"},
    "deviceDetail": {"operatingSystem": "Linux", "isCompliant": False},
}
AUDIT: dict[str, t.Any] = {
    "id": "d1",
    "activityDateTime": "2026-03-01T08:00:00.1234567Z",
    "activityDisplayName": "Update application",
    "operationType": "Update",
    "result": "success",
    "initiatedBy": {"user": {"id": "u1", "userPrincipalName": "j.vega@corp.example", "ipAddress": "203.0.113.7"}},
    "targetResources": [{"id": "o1", "displayName": "Console", "type": "Application", "modifiedProperties": []}],
}
FIRST = "[KeyIdentifier=AAAA,KeyType=Password,KeyUsage=Verify,DisplayName=ci, night]"
SECOND = "[KeyIdentifier=bbbb,KeyType=AsymmetricX509Cert,KeyUsage=Verify,DisplayName=]"


def test_a_sign_in_of_a_person() -> None:
    row = read_sign_in(SIGN_IN, "interactive_user", "v1.0", True).as_row()
    assert row["time"] == "2026-03-01T08:00:00Z" and row["outcome"] == "failure" and row["reason"] == "53003: Blocked."
    assert (row["actor"]["kind"], row["actor"]["entra_id"], row["actor"]["app_id"]) == ("user", "u1", None)
    assert row["object"] == {"kind": "application", "name": "Commvault", "id": "a2"}
    assert row["others"] == [{"kind": "application", "name": "Console", "id": "a1"}]
    assert row["details"]["conditional_access_policies"] == [{"id": "p1", "name": "Places", "result": "failure"}]
    assert row["details"]["device"]["compliant"] is False and row["details"]["device"]["managed"] is None


@pytest.mark.parametrize(
    ("listed", "shows", "told"), [([], False, None), ([], True, []), (None, True, None), ("x", True, None)]
)
def test_policies_that_are_not_shown_are_not_none(listed: t.Any, shows: bool, told: t.Any) -> None:
    event = read_sign_in({**SIGN_IN, "appliedConditionalAccessPolicies": listed}, "interactive_user", "v1.0", shows)
    assert event.details["conditional_access_policies"] == told


@pytest.mark.parametrize(("status", "outcome"), [({"errorCode": 0}, "success"), ({}, "unknown"), (None, "unknown")])
def test_outcomes(status: t.Any, outcome: str) -> None:
    assert read_sign_in({**SIGN_IN, "status": status}, "interactive_user", "v1.0", True).outcome == outcome


@pytest.mark.parametrize(
    ("activity", "told", "operation"),
    [
        ("Update application", "Update", "change"),
        ("Add application", "Add", "add"),
        ("Hard Delete application", "", "remove"),
        ("Add member to group", "Assign", "assign"),
        ("Add member to group", "Add", "assign"),
        ("Remove owner from application", "", "unassign"),
        ("Add delegated permission grant", "", "assign"),
        ("Consent to application", "", "assign"),
        ("Restore application", "Update", "change"),
        ("Something new", "Frobnicate", "other"),
        ("", "", "other"),
    ],
)
def test_operations(activity: str, told: str, operation: str) -> None:
    event = read_audit({**AUDIT, "activityDisplayName": activity, "operationType": told})
    assert event.operation == operation


@pytest.mark.parametrize("order", [1, -1])
def test_the_group_is_what_is_changed_whichever_way_it_is_listed(order: int) -> None:
    group = {"id": "g1", "displayName": "Admins", "type": "Group"}
    user = {"id": "u2", "userPrincipalName": "x@corp.example", "type": "User"}
    targets = [group, user][::order]
    activity = {"activityDisplayName": "Add member to group", "operationType": "Assign"}
    row = read_audit({**AUDIT, **activity, "targetResources": targets}).as_row()
    assert row["object"]["id"] == "g1" and [other["id"] for other in row["others"]] == ["u2"]


def test_service_principals_and_the_service_itself() -> None:
    target = {"id": "sp1", "displayName": "x", "type": "ServicePrincipal"}
    app: dict[str, t.Any] = {"app": {"appId": "a1", "displayName": "runner", "servicePrincipalId": "sp2"}, "user": None}
    row = read_audit({**AUDIT, "initiatedBy": app, "targetResources": [target]}).as_row()
    assert row["object"]["kind"] == "service_principal"
    assert (row["actor"]["kind"], row["actor"]["app_id"], row["actor"]["entra_id"]) == ("application", "a1", "sp2")
    app = {"app": {"appId": None, "displayName": "Microsoft Entra ID", "servicePrincipalId": None}}
    assert read_audit({**AUDIT, "initiatedBy": app}).actor.kind == "service"
    assert read_audit({**AUDIT, "initiatedBy": None}).actor.kind == "unknown"


@pytest.mark.parametrize("principal", ["j.vega@corp.example", None, "", 7])
def test_a_display_name_in_the_place_of_a_principal_name_is_told(principal: t.Any) -> None:
    """Whoever may choose a display name can choose somebody's principal name for it."""
    chosen = "admin@corp.example"
    user = {"id": "u1", "userPrincipalName": principal, "displayName": chosen}
    change = read_audit({**AUDIT, "initiatedBy": {"user": user}})
    signed_in = read_sign_in(
        {**SIGN_IN, "userPrincipalName": principal, "userDisplayName": chosen}, "interactive_user", "v1.0", True
    )
    is_told = isinstance(principal, str) and bool(principal)
    for event in (change, signed_in):
        assert event.actor.name == (principal if is_told else chosen)
        assert event.details.get("actor_name_is_display_name", "absent") == ("absent" if is_told else True)
        assert is_about(event, [Subject("user", "user x", name=event.actor.name)]) is is_told
    nameless = read_audit({**AUDIT, "initiatedBy": {"user": {"id": "u1"}}})
    service = read_audit({**AUDIT, "initiatedBy": {"app": {"displayName": chosen}}})
    for event in (nameless, service):
        assert "actor_name_is_display_name" not in event.details


def test_keys_that_were_added_and_removed() -> None:
    change = {"displayName": "KeyDescription", "oldValue": json.dumps([FIRST]), "newValue": json.dumps([SECOND])}
    target = {**AUDIT["targetResources"][0], "modifiedProperties": [change]}
    details = read_audit({**AUDIT, "targetResources": [target]}).details
    added = {"key_id": "bbbb", "type": "AsymmetricX509Cert", "usage": "Verify", "name": None}
    removed = {"key_id": "aaaa", "type": "Password", "usage": "Verify", "name": "ci, night"}
    assert (details["credentials_added"], details["credentials_removed"]) == ([added], [removed])


@pytest.mark.parametrize("value", [[FIRST, SECOND], f"{FIRST}{SECOND}", [f"{FIRST}, {SECOND}", 7]])
def test_keys_in_any_form(value: t.Any) -> None:
    assert set(parse_keys(value)) == {"aaaa", "bbbb"}


@pytest.mark.parametrize("value", [None, 7, {}, "", "[KeyIdentifier=]", "[" * 9000, [[FIRST]]])
def test_what_names_no_key(value: t.Any) -> None:
    assert parse_keys(value) == {}


def test_values_are_json_in_a_text() -> None:
    assert decode_value('["runner"]') == ["runner"] and decode_value("true") is True and decode_value(None) is None
    assert decode_value("plain") == "plain" and decode_value("\u202etxt") == "\\u202etxt"
    assert decode_value("[" * 60_000) == decode_value("[" * 60_000)[:2000] + "…"
    assert decode_value('"' + "x" * 70_000 + '"').endswith("…")
    assert decode_value("9" * 5000).startswith("9") and decode_value("NaN") == "nan" and decode_value("1e999") == "inf"
    assert decode_value(json.dumps(list(range(500))))[-1] == "…"
    assert bound_structure({str(number): 1 for number in range(300)})["…"] == "100 more"
    deep: t.Any = "x"
    for _ in range(50):
        deep = [deep]
    assert "…" in json.dumps(bound_structure(deep), ensure_ascii=False)


ANYTHING: st.SearchStrategy[t.Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@try_examples(150)
@given(st.sampled_from(sorted({*SIGN_IN, *AUDIT} - {"createdDateTime", "activityDateTime"})), ANYTHING)
def test_whatever_a_member_is_the_entry_is_told(name: str, value: t.Any) -> None:
    for row in (
        read_sign_in({**SIGN_IN, name: value}, "service_principal", "beta", False).as_row(),
        read_audit({**AUDIT, name: value}).as_row(),
    ):
        json.dumps(row, allow_nan=False)
        assert row["time"] == "2026-03-01T08:00:00Z" and isinstance(row["record_id"], str) and row["record_id"]


@pytest.mark.parametrize("date", [None, "", "soon"])
def test_an_entry_without_a_date_is_no_entry(date: t.Any) -> None:
    with pytest.raises(BadAnswer):
        read_sign_in({**SIGN_IN, "createdDateTime": date}, "interactive_user", "v1.0", True)
    with pytest.raises(BadAnswer):
        read_audit({**AUDIT, "activityDateTime": date})
