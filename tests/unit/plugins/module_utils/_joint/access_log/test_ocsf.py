# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of logs as events of OCSF: the class, its activity, and what the schema requires."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocsf_requirements import find_faults

from ansible_collections.cvops.identity.plugins.module_utils._core.log_events import (
    ACTOR_KINDS,
    OPERATIONS,
    OUTCOMES,
    Actor,
    LogEvent,
    Target,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.ocsf import build_ocsf_event

START = datetime.datetime(2026, 11, 3, 8, 0, tzinfo=datetime.timezone.utc)
JANA = Actor("user", "jana@contoso.example", "11111111-0000-4000-8000-000000000001")
ACCOUNT = Actor("user", "jana", commvault_id="7")
USER, GROUP, ROLE = Target("user", "kim", "u1"), Target("user_group", "Ops", "g1"), Target("role", "Viewer", "r1")
NOBODY = Target()


def entry(service: str = "entra", **changes: t.Any) -> dict[str, t.Any]:
    """Return an entry of a joined log."""
    log = "directory_audits" if service == "entra" else "audit_trail"
    given = {"actor": JANA, "outcome": "success", "record_id": "1", "activity": "Something", "log": log, **changes}
    row = LogEvent(START, service, **given).as_row()
    commcell = None if service == "entra" else "cs01"
    return {**row, "commcell": commcell, "person": "jana", "entra_id": JANA.entra_id, "handshake": None}


def test_a_sign_in() -> None:
    row = entry(
        log="sign_ins",
        activity="Sign-in",
        operation="sign_in",
        outcome="failure",
        reason="blocked by conditional access",
        address="203.0.113.20",
        target=Target("application", "Commvault", "a1"),
        correlation_id="c1",
    )
    event = build_ocsf_event(row)
    assert find_faults(event) == []
    assert (event["class_uid"], event["activity_id"], event["type_uid"]) == (3002, 1, 300201)
    assert event["time"] == 1793692800000
    assert event["user"] == {"name": JANA.name, "uid": JANA.entra_id, "type_id": 1, "type": "User"}
    assert event["actor"] == {"user": event["user"]}
    assert (event["status_id"], event["status"], event["status_detail"]) == (2, "Failure", row["reason"])
    assert (event["src_endpoint"], event["service"]) == ({"ip": "203.0.113.20"}, {"name": "Commvault", "uid": "a1"})
    assert (event["severity_id"], event["severity"]) == (0, "Unknown")
    assert event["metadata"] == {
        "version": "1.1.0",
        "product": {"vendor_name": "Microsoft", "name": "Entra ID", "version": "unknown"},
        "log_name": "sign_ins",
        "log_provider": "cvops.identity",
        "event_code": "Sign-in",
        "original_time": "2026-11-03T08:00:00Z",
        "uid": "entra/sign_ins/1",
        "correlation_uid": "c1",
    }


def test_a_log_in_and_a_log_out_of_a_commcell() -> None:
    row = entry("commvault", operation="sign_in", actor=ACCOUNT, details={"severity": "low"}, address="cs.example")
    event = build_ocsf_event(row)
    assert find_faults(event) == []
    assert (event["service"], event["severity_id"]) == ({"name": "Commvault", "uid": "cs01"}, 2)
    assert (event["user"]["uid"], event["user"]["uid_alt"]) == ("7", JANA.entra_id)
    assert event["src_endpoint"] == {"name": "cs.example"}
    assert build_ocsf_event({**row, "operation": "sign_out"})["type_uid"] == 300202


@pytest.mark.parametrize(
    ("changes", "type_uid", "own"),
    [
        ({"operation": "add", "target": USER}, 300101, {"user"}),
        ({"operation": "remove", "target": USER}, 300106, {"user"}),
        ({"operation": "change", "target": USER, "activity": "Disable account"}, 300105, {"user"}),
        ({"operation": "change", "target": USER, "activity": "Reset user password"}, 300104, {"user"}),
        ({"operation": "change", "target": USER, "activity": "Update user"}, 300199, {"user"}),
        ({"operation": "assign", "target": GROUP, "others": (USER,)}, 300603, {"group", "user"}),
        ({"operation": "unassign", "target": GROUP, "others": (USER,)}, 300604, {"group", "user"}),
        ({"operation": "assign", "target": GROUP, "others": (ROLE,)}, 300601, {"group", "privileges"}),
        (
            {"operation": "unassign", "target": GROUP, "others": (ROLE, Target("server", "s"))},
            300602,
            {"group", "privileges"},
        ),
        ({"operation": "assign", "target": USER, "others": (ROLE,)}, 300501, {"user", "privileges"}),
        ({"operation": "unassign", "target": ROLE, "others": (USER,)}, 300502, {"user", "privileges"}),
        ({"operation": "assign", "target": GROUP, "others": (USER, USER)}, 300403, {"entity"}),
        ({"operation": "assign", "target": Target("application", "App"), "others": (USER,)}, 300403, {"entity"}),
        ({"operation": "add", "target": ROLE}, 300401, {"entity"}),
        ({"operation": "change", "target": GROUP}, 300403, {"entity"}),
        ({"operation": "remove", "target": GROUP}, 300404, {"entity"}),
        ({"operation": "use", "target": ROLE}, 300499, {"entity"}),
        ({"operation": "other", "target": USER}, 300499, {"entity"}),
        ({"operation": "change", "target": NOBODY}, 99, set()),
        ({"operation": "assign", "target": NOBODY, "others": (USER,)}, 99, set()),
        ({"operation": "sign_in", "target": NOBODY, "actor": Actor()}, 300201, {"user", "service"}),
    ],
)
def test_classes_and_activities(changes: dict[str, t.Any], type_uid: int, own: set[str]) -> None:
    event = build_ocsf_event(entry(**changes))
    assert find_faults(event) == []
    assert event["type_uid"] == type_uid
    assert own == event.keys() & {"user", "group", "privileges", "entity", "service"}


def test_what_entra_calls_changes_of_accounts_says_nothing_of_a_commcell() -> None:
    changes: dict[str, t.Any] = {"operation": "change", "target": USER, "activity": "Disable account"}
    assert build_ocsf_event(entry("commvault", actor=ACCOUNT, **changes))["type_uid"] == 300199


def test_what_is_not_told_is_not_guessed() -> None:
    event = build_ocsf_event(entry(operation="sign_in", actor=Actor(), outcome="unknown"))
    assert find_faults(event) == []
    assert (event["user"], event["status_id"], event["severity_id"]) == ({"name": "unknown", "type_id": 0}, 0, 0)
    assert "actor" not in event and "src_endpoint" not in event and "status_detail" not in event
    assert event["service"] == {"name": "Microsoft Entra ID"}


def test_nothing_of_an_entry_is_lost() -> None:
    row = entry(operation="change", target=ROLE, others=(GROUP,), before={"a": 1}, after={"a": 2}, details={"x": "y"})
    rest = build_ocsf_event(row)["unmapped"]
    assert (rest["before"], rest["after"], rest["details"]) == ({"a": 1}, {"a": 2}, {"x": "y"})
    assert (rest["object"], rest["others"]) == (ROLE.as_row(), [GROUP.as_row()])


def test_ids_are_those_of_the_entry_and_of_no_other() -> None:
    found = set()
    for service, commcell, record in (
        ("commvault", "a", "b/c"),
        ("commvault", "a/audit_trail", "c"),
        ("commvault", "entra", "1"),
    ):
        row = {**entry(service, actor=ACCOUNT, record_id=record), "commcell": commcell}
        found.add(build_ocsf_event(row)["metadata"]["uid"])
    found.add(build_ocsf_event(entry(record_id="1"))["metadata"]["uid"])
    assert len(found) == 4


TEXTS = st.none() | st.text(max_size=5)
TARGETS = st.builds(
    Target, st.sampled_from([None, "user", "group", "user_group", "role", "application", ""]), TEXTS, TEXTS
)


@given(
    st.sampled_from(["entra", "commvault"]),
    st.sampled_from(OPERATIONS),
    st.sampled_from(OUTCOMES),
    st.builds(Actor, st.sampled_from(ACTOR_KINDS), TEXTS, TEXTS, TEXTS, TEXTS),
    TARGETS,
    st.lists(TARGETS, max_size=3),
    TEXTS,
    st.text(max_size=5),
    st.dictionaries(st.sampled_from(["severity", "text"]), st.text(max_size=5) | st.sampled_from(["low", "Critical"])),
)
def test_every_entry_is_an_event_of_the_schema(
    service: str,
    operation: str,
    outcome: str,
    actor: Actor,
    target: Target,
    others: list[Target],
    address: str | None,
    activity: str,
    details: dict[str, str],
) -> None:
    row = entry(
        service,
        operation=operation,
        outcome=outcome,
        actor=actor,
        target=target,
        others=tuple(others),
        address=address,
        activity=activity,
        details=details,
    )
    event = build_ocsf_event(row)
    assert find_faults(event) == []
    assert json.loads(json.dumps(event)) == event
    assert event == build_ocsf_event(json.loads(json.dumps(row)))
