# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logs of both services as one."""

from __future__ import annotations

import datetime
import random
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.log_events import Actor, LogEvent, Target
from ansible_collections.cvops.identity.plugins.module_utils._core.values import format_time, parse_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.join import find_start
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.join import join_logs as join_all
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.people import DeclaredLink, KnownAccount
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.reading import ReadingError

START = datetime.datetime(2026, 11, 3, 8, 0, tzinfo=datetime.timezone.utc)
JANA = Actor("user", "jana@contoso.example", "11111111-0000-4000-8000-000000000001")
OTHER_JANA = Actor("user", "jana@contoso.example", "11111111-0000-4000-8000-000000000002")
ROBOT = Actor(
    "application", "Backup Robot", "22222222-0000-4000-8000-000000000001", "33333333-0000-4000-8000-000000000001"
)


def entra(seconds: int, actor: Actor = JANA, **changes: t.Any) -> dict[str, t.Any]:
    """Return a sign-in, *seconds* after the start."""
    given_ = {
        "activity": "Sign-in",
        "operation": "sign_in",
        "outcome": "success",
        "address": "203.0.113.20",
        "target": Target("application", CONSOLE),
        **changes,
    }
    event = LogEvent(
        START + datetime.timedelta(seconds=seconds),
        "entra",
        given_.pop("log", "sign_ins"),
        actor=actor,
        record_id=f"e{seconds}{actor.entra_id or ''}",
        **given_,
    )
    return event.as_row()


def cell(seconds: int, name: str = "jana@contoso.example", key: str | None = "7", **changes: t.Any) -> dict[str, t.Any]:
    """Return an entry of a CommCell's audit trail."""
    given_ = {"activity": "Login", "operation": "sign_in", "outcome": "success", **changes}
    return LogEvent(
        START + datetime.timedelta(seconds=seconds),
        "commvault",
        "audit_trail",
        actor=Actor("user", name, commvault_id=key),
        record_id=str(seconds),
        **given_,
    ).as_row()


CONSOLE = "Commvault Console"


def join_logs(*given: t.Any, **more: t.Any) -> dict[str, t.Any]:
    """Join logs of a site whose console is known."""
    return join_all(*given, **{"consoles": [CONSOLE], **more})


def reading(*rows: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """Return the result of a module that reads logs."""
    found: dict[str, t.Any] = {
        "gaps": [],
        "since": "2026-11-03T00:00:00Z",
        "complete_until": "2026-11-03T12:00:00Z",
        **more,
    }
    for row in rows:
        found.setdefault(row["log"], []).append(row)
    return found


def test_a_handshake_is_followed_across_both_logs() -> None:
    change = cell(90, activity="Edit role", operation="change", target=Target("role", "Backup Operators"))
    joined = join_logs(
        {
            "localhost": reading(entra(0)),
            "cs01": reading(cell(4), change, cell(600, operation="sign_out"), cell(700, operation="use")),
        }
    )
    (shake,) = joined["handshakes"]
    assert (shake["sign_in"], shake["log_in"], shake["actions"]) == (joined["events"][0]["record_id"], "4", ["90"])
    assert (shake["ends"], shake["until"]) == ("sign_out", "2026-11-03T08:10:00Z")
    assert (shake["certain"], shake["doubts"], shake["address"]) == (True, [], "203.0.113.20")
    assert [row["handshake"] for row in joined["events"]] == [1, 1, 1, 1, None]
    assert {row["entra_id"] for row in joined["events"]} == {JANA.entra_id}
    (person,) = joined["people"]
    assert person["accounts"] == [
        {"commcell": "cs01", "id": "7", "name": "jana@contoso.example", "linked_by": "login_name"}
    ]


def test_letter_case_is_no_other_name_and_a_lookalike_is_nobody() -> None:
    joined = join_logs(
        {
            "localhost": reading(entra(0)),
            "cs01": reading(cell(4, "JANA@contoso.example", "7"), cell(5, "j\u0430na@contoso.example", "8")),
        }
    )
    linked = {account["id"]: account["linked_by"] for person in joined["people"] for account in person["accounts"]}
    assert linked == {"7": "login_name", "8": "nobody"}
    assert joined["handshakes"][1]["sign_in"] is None


def test_an_account_that_two_people_could_be_is_nobodys() -> None:
    joined = join_logs({"localhost": reading(entra(0), entra(1, OTHER_JANA)), "cs01": reading(cell(4))})
    assert [a["linked_by"] for person in joined["people"] for a in person["accounts"]] == ["ambiguous"]
    assert joined["handshakes"][0]["sign_in"] is None
    assert joined["events"][-1]["entra_id"] is None


@pytest.mark.parametrize(
    ("known", "links", "expected"),
    [
        ([], [], "nobody"),
        ([KnownAccount("cs01", "9", "CONTOSO\\jana", "Jana@contoso.example")], [], "user_principal_name"),
        ([KnownAccount("cs01", "9", "CONTOSO\\jana", "", "jana@contoso.example")], [], "email"),
        ([KnownAccount("cs02", "9", "CONTOSO\\jana", "jana@contoso.example")], [], "nobody"),
        ([], [DeclaredLink("contoso\\JANA", JANA.entra_id or "")], "declared"),
        ([], [DeclaredLink("contoso\\JANA", "jana@contoso.example", "cs01")], "declared"),
        ([], [DeclaredLink("contoso\\JANA", "jana@contoso.example", "cs02")], "nobody"),
        (
            [KnownAccount("cs01", "9", "CONTOSO\\jana", "jana@contoso.example")],
            [DeclaredLink("CONTOSO\\jana", "x@y.example")],
            "nobody",
        ),
    ],
)
def test_how_an_account_is_found_to_be_a_persons(known: t.Any, links: t.Any, expected: str) -> None:
    joined = join_logs({"localhost": reading(entra(0)), "cs01": reading(cell(4, "CONTOSO\\jana", "9"))}, known, links)
    assert [a["linked_by"] for person in joined["people"] for a in person["accounts"]] == [expected]
    assert (joined["handshakes"][0]["sign_in"] is not None) is (expected != "nobody")


def test_a_program_is_who_somebody_declares_it_to_be() -> None:
    log_in = cell(3, "svc-robot", "12")
    link = DeclaredLink("svc-robot", ROBOT.app_id or "")
    joined = join_logs({"localhost": reading(entra(0, ROBOT)), "cs01": reading(log_in)}, (), [link])
    assert joined["handshakes"][0]["certain"] is True
    assert joined["handshakes"][0]["entra_id"] == ROBOT.entra_id


def test_one_sign_in_leads_to_one_log_in() -> None:
    joined = join_logs({"localhost": reading(entra(0)), "cs01": reading(cell(4)), "cs02": reading(cell(6))})
    assert [one["sign_in"] is not None for one in joined["handshakes"]] == [True, False]
    assert joined["handshakes"][1]["doubts"] == [
        "no sign-in at Entra ID comes before it: it may have been made without Entra ID"
    ]


def test_more_than_one_sign_in_is_a_doubt() -> None:
    joined = join_logs({"localhost": reading(entra(0), entra(2)), "cs01": reading(cell(4))})
    assert joined["handshakes"][0]["doubts"] == ["2 sign-ins at Entra ID come right before it"]
    assert joined["handshakes"][0]["certain"] is False


@pytest.mark.parametrize("seconds", [-600, 301])
def test_what_is_far_away_is_no_handshake(seconds: int) -> None:
    joined = join_logs({"localhost": reading(entra(0)), "cs01": reading(cell(seconds))})
    assert joined["handshakes"][0]["sign_in"] is None


def test_refused_sign_ins_lead_nowhere() -> None:
    joined = join_logs(
        {"localhost": reading(entra(0, outcome="failure")), "cs01": reading(cell(4, outcome="failure"), cell(5))}
    )
    assert [(one["log_in"], one["sign_in"]) for one in joined["handshakes"]] == [("5", None)]
    assert joined["counts"]["failures"] == 2


@pytest.mark.parametrize(
    "entra_result",
    [
        {"failed": True, "msg": "no licence"},
        {},
        reading(gaps=[{"log": "sign_ins", "from": "2026-11-03T07:00:00Z", "to": "2026-11-03T09:00:00Z"}], sign_ins=[]),
    ],
)
def test_what_was_not_read_is_a_doubt_and_not_an_absence(entra_result: dict[str, t.Any]) -> None:
    joined = join_logs({"localhost": entra_result, "cs01": reading(cell(4))})
    assert joined["handshakes"][0]["doubts"] == ["Entra ID's log of sign-ins is not complete at this time"]


def test_the_next_log_in_ends_the_one_before() -> None:
    joined = join_logs(
        {"localhost": reading(entra(0), entra(1000)), "cs01": reading(cell(4), cell(1003), cell(1010, operation="use"))}
    )
    assert [(one["ends"], one["actions"]) for one in joined["handshakes"]] == [("next_sign_in", []), ("open", ["1010"])]


def test_a_next_run_adds_what_came_late_and_keeps_what_was_there() -> None:
    first = join_logs({"localhost": reading(entra(0)), "cs01": reading(cell(90, operation="use"))})
    assert first["handshakes"] == []
    assert find_start(first, "cs01") == "2026-11-03T06:00:00Z"
    assert find_start(first, "cs02") is None
    second = join_logs(
        {"localhost": reading(entra(0), entra(5000)), "cs01": reading(cell(4), cell(90, operation="use"))},
        previous=first,
    )
    assert [row["record_id"] for row in second["events"] if row["service"] == "commvault"] == ["4", "90"]
    assert second["handshakes"][0]["actions"] == ["90"]
    again = join_logs({"localhost": reading(), "cs01": reading()}, previous=second)
    assert again["events"] == second["events"]


def test_a_source_that_fails_keeps_where_it_was() -> None:
    first = join_logs({"cs01": reading(cell(4))})
    second = join_logs({"cs01": {"failed": True, "msg": "unreachable"}}, previous=first)
    assert [row["record_id"] for row in second["events"]] == ["4"]
    assert find_start(second, "cs01") == find_start(first, "cs01")
    assert (second["sources"][0]["status"], second["sources"][0]["reason"]) == ("failed", "unreachable")


def test_gaps_of_earlier_runs_stay_until_they_are_read_again() -> None:
    gap = {"log": "audit_trail", "from": "2026-11-03T05:00:00Z", "to": "2026-11-03T06:00:00Z", "reason": "x"}
    first = join_logs({"cs01": reading(cell(4), gaps=[gap])})
    later = join_logs({"cs01": reading(since="2026-11-03T08:00:00Z", audit_trail=[])}, previous=first)
    assert [one["from"] for one in later["gaps"]] == [gap["from"]]
    filled = join_logs({"cs01": reading(since="2026-11-03T00:00:00Z", audit_trail=[])}, previous=first)
    assert filled["gaps"] == []


def test_what_an_earlier_run_has_read_is_no_gap_of_the_next_one() -> None:
    first = join_logs({"cs01": reading(cell(4))})
    gap = {"log": "audit_trail", "from": "2026-11-03T05:00:00Z", "to": "2026-11-03T18:00:00Z", "reason": "refused"}
    second = join_logs({"cs01": reading(gaps=[gap], audit_trail=[])}, previous=first)
    assert [one["from"] for one in second["gaps"]] == ["2026-11-03T12:00:00Z"]
    over = {**gap, "to": "2026-11-03T11:00:00Z"}
    assert join_logs({"cs01": reading(gaps=[over], audit_trail=[])}, previous=first)["gaps"] == []
    before = {**gap, "from": "2026-11-02T05:00:00Z"}
    assert (
        join_logs({"cs01": reading(gaps=[before], audit_trail=[])}, previous=first)["gaps"][0]["from"] == before["from"]
    )


def test_a_failure_says_nothing_of_what_was_read_before() -> None:
    failed = {"failed": True, "msg": "x"}
    first = join_logs({"localhost": reading(entra(0)), "cs01": reading(cell(4))})
    second = join_logs({"localhost": failed, "cs01": failed}, previous=first)
    assert [one["certain"] for one in second["handshakes"]] == [True]


@pytest.mark.parametrize(
    "results",
    [
        {"localhost": reading(cell(1))},
        {"cs01": reading(entra(1))},
        {"cs01": {"audit_trail": [{"time": "2026-11-03T05:00:00Z"}]}},
        {"cs01": {"audit_trail": {"x": 1}}},
        {"cs01": {"audit_trail": [{**cell(1), "time": "yesterday"}]}},
        {"cs01": {"audit_trail": [], "gaps": ["x"]}},
    ],
)
def test_what_no_module_returned_is_refused(results: t.Any) -> None:
    with pytest.raises(ReadingError):
        join_logs(results)


@pytest.mark.parametrize(
    "previous",
    [{"events": {}}, {"events": [], "sources": [{}], "gaps": []}, {"events": [{}], "sources": [], "gaps": []}],
)
def test_an_earlier_log_that_is_none_is_refused(previous: t.Any) -> None:
    with pytest.raises(ReadingError):
        join_logs({}, previous=previous)


def licence_gap(since: str, until: str) -> dict[str, t.Any]:
    """What is told of sign-ins in a tenant without a licence."""
    return {"log": "sign_ins", "sign_in_type": None, "from": since, "to": until, "reason": "licence", "message": "x"}


@pytest.mark.parametrize("hours", [1, 12, 23, 24, 25, 48])
def test_what_is_missing_for_good_stays_missing_however_often_it_is_read(hours: int) -> None:
    joined: dict[str, t.Any] | None = None
    begin = START
    for night in range(1, 8):
        now = START + datetime.timedelta(days=2, hours=night * hours)
        since = find_start(joined, "localhost") or format_time(begin)
        until = format_time(now)
        result = reading(
            since=since, until=until, complete_until=until, gaps=[licence_gap(since, until)], directory_audits=[]
        )
        joined = join_logs({"localhost": result}, previous=joined)
        assert [(gap["from"], gap["to"]) for gap in joined["gaps"]] == [(format_time(begin), until)]


def test_a_gap_goes_where_it_is_read_and_nowhere_else() -> None:
    gap = licence_gap("2026-11-03T02:00:00Z", "2026-11-03T10:00:00Z")
    first = join_logs({"localhost": reading(entra(0), gaps=[gap])})
    part = reading(
        since="2026-11-03T04:00:00Z", until="2026-11-03T06:00:00Z", complete_until="2026-11-03T06:00:00Z", sign_ins=[]
    )
    second = join_logs({"localhost": part}, previous=first)
    assert [(one["from"], one["to"]) for one in second["gaps"]] == [
        ("2026-11-03T02:00:00Z", "2026-11-03T04:00:00Z"),
        ("2026-11-03T06:00:00Z", "2026-11-03T10:00:00Z"),
    ]


def test_a_log_with_more_entries_than_one_run_reads_is_got_through() -> None:
    """Each run reads an hour's worth; the next one begins later."""
    joined: dict[str, t.Any] | None = None
    starts = []
    for _run in range(6):
        since = find_start(joined, "cs01") or "2026-11-01T00:00:00Z"
        starts.append(since)
        end = format_time(parse_time(since) + datetime.timedelta(hours=1))
        gap = {"log": "audit_trail", "from": end, "to": "2026-11-03T12:00:00Z", "reason": "max_rows", "message": "x"}
        result = reading(since=since, complete_until=end, gaps=[gap], audit_trail=[])
        joined = join_logs({"cs01": result}, previous=joined)
    assert starts == sorted(starts) and len(set(starts)) == 6
    # a reading that has got nowhere does not go back
    stuck = join_logs(
        {"cs01": reading(since="2026-11-02T00:00:00Z", complete_until="2026-11-02T00:00:00Z", audit_trail=[])}
    )
    assert find_start(stuck, "cs01") == "2026-11-02T00:00:00Z"


@pytest.mark.parametrize(
    ("results", "doubt"),
    [
        (
            {"localhost": reading(entra(0, target=Target("application", "Mail"))), "cs01": reading(cell(4))},
            "may have been made without",
        ),
        (
            {
                "localhost": reading(entra(0), gaps=[licence_gap("2026-11-03T08:00:01Z", "2026-11-03T09:00:00Z")]),
                "cs01": reading(cell(4)),
            },
            "not complete at this time",
        ),
        (
            {
                "localhost": reading(gaps=[licence_gap("2026-11-03T07:00:00Z", "2026-11-03T08:00:03Z")], sign_ins=[]),
                "cs01": reading(cell(4)),
            },
            "not complete at this time",
        ),
        (
            {"localhost": reading(sign_ins=[], since="2026-11-03T08:00:03Z"), "cs01": reading(cell(4))},
            "not complete at this time",
        ),
        (
            {"localhost": reading(entra(0)), "cs01": reading(cell(4, outcome="unknown"))},
            "does not say whether it succeeded",
        ),
    ],
)
def test_what_makes_a_handshake_uncertain(results: dict[str, t.Any], doubt: str) -> None:
    # the person is known to Entra ID from another entry
    results["localhost"].setdefault("directory_audits", []).append(
        entra(3000, log="directory_audits", operation="change")
    )
    (shake,) = join_logs(results)["handshakes"]
    assert not shake["certain"] and any(doubt in told for told in shake["doubts"]), shake["doubts"]


def test_without_a_console_nothing_is_certain() -> None:
    (shake,) = join_all({"localhost": reading(entra(0)), "cs01": reading(cell(4))})["handshakes"]
    assert shake["sign_in"] and not shake["certain"]


def test_a_name_that_is_given_again_is_another_account() -> None:
    known = [
        KnownAccount("cs01", "5", "was-ops", "jana@contoso.example"),
        KnownAccount("cs01", "9", "ops", "bob@contoso.example"),
    ]
    bob = Actor("user", "bob@contoso.example", "11111111-0000-4000-8000-000000000009")
    results = {
        "localhost": reading(entra(0), entra(1, bob)),
        "cs01": reading(cell(1000, "ops", "5", operation="change"), cell(2000, "ops", "9", operation="remove")),
    }
    joined = join_logs(results, known)
    assert [row["person"] for row in joined["events"] if row["service"] == "commvault"] == [
        "jana@contoso.example",
        "bob@contoso.example",
    ]


def test_a_display_name_links_nothing() -> None:
    row = entra(0, Actor("user", "admin", JANA.entra_id), details={"actor_name_is_display_name": True})
    joined = join_logs({"localhost": reading(row), "cs01": reading(cell(4, "admin", "1"))})
    assert joined["handshakes"][0]["entra_id"] is None


def test_what_was_read_of_less_is_not_known_for_more() -> None:
    first = join_logs({"cs01": reading(cell(4))}, scope="few")
    assert find_start(first, "cs01", "few") and find_start(first, "cs01", "all") is None
    second = join_logs({"cs01": reading(since="2026-11-03T10:00:00Z", audit_trail=[])}, previous=first, scope="all")
    assert second["sources"][0]["since"] == "2026-11-03T10:00:00Z"
    assert [row["record_id"] for row in second["events"]] == ["4"]


def test_a_gap_is_not_filled_by_a_run_that_asks_for_less() -> None:
    gap = licence_gap("2026-11-03T02:00:00Z", "2026-11-03T10:00:00Z")
    late = {**gap, "from": "2026-11-03T10:00:00Z", "to": "2026-11-03T12:00:00Z", "reason": "late"}
    first = join_logs({"localhost": reading(entra(0), gaps=[gap, late])}, scope="all")
    less = join_logs({"localhost": reading(sign_ins=[])}, previous=first, scope="few")
    assert [(one["from"], one["to"], one["of_scope"]) for one in less["gaps"]] == [(gap["from"], gap["to"], False)]
    again = join_logs({"localhost": reading(sign_ins=[])}, previous=less, scope="all")
    assert again["gaps"] == []


def test_what_an_earlier_run_read_of_others_is_kept_and_fails_nothing() -> None:
    first = join_logs({"cs01": {"failed": True, "msg": "x"}, "cs02": reading(cell(4))})
    second = join_logs({"cs02": reading(audit_trail=[])}, previous=first)
    assert {one["host"]: one["status"] for one in second["sources"]} == {"cs01": "kept", "cs02": "read"}


ROWS = st.lists(
    st.one_of(
        st.builds(entra, st.integers(0, 900), st.sampled_from([JANA, OTHER_JANA, ROBOT])),
        st.builds(
            lambda seconds, name, operation: cell(seconds, name, None, operation=operation),
            st.integers(0, 900),
            st.sampled_from(["jana@contoso.example", "admin", "Backup Robot"]),
            st.sampled_from(["sign_in", "sign_out", "change"]),
        ),
    ),
    max_size=12,
    unique_by=lambda row: (row["service"], row["record_id"]),
)


@given(ROWS, st.integers(0, 99))
def test_order_never_matters_nothing_is_lost_and_joining_again_changes_nothing(
    rows: list[dict[str, t.Any]], seed: int
) -> None:
    def split(listed: list[dict[str, t.Any]]) -> dict[str, t.Any]:
        return {
            "localhost": reading(*(row for row in listed if row["service"] == "entra"), sign_ins=[]),
            "cs01": reading(*(row for row in listed if row["service"] != "entra"), audit_trail=[]),
        }

    joined = join_logs(split(rows))
    assert join_logs(split(random.Random(seed).sample(rows, len(rows)))) == joined
    assert join_logs(split(rows), previous=joined) == joined
    assert sorted(row["record_id"] for row in joined["events"]) == sorted(row["record_id"] for row in rows)
    used = [one["sign_in"] for one in joined["handshakes"] if one["sign_in"]]
    assert len(used) == len(set(used))
