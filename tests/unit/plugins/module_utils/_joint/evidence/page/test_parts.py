# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The other parts of the page: applications, what ends, leavers, changes, the review, conditional access, words and dates."""

from __future__ import annotations

import typing as t

import page_examples
import pytest

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.page import (
    policies,
    registers,
    timeline,
    words,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import IDENTITIES, LEAVERS, Row

AS_OF = "2026-11-27"


def make_identity(**others: t.Any) -> Row:
    row: Row = dict.fromkeys(IDENTITIES.columns)
    return row | {"id": "i", "tier": "2", "object_id": "o", "display_name": "app", "credential_kind": "secret"} | others


def make_leaver(**others: t.Any) -> Row:
    row: Row = dict.fromkeys(LEAVERS.columns)
    return row | {"id": "l", "person": "Ada", "entra_user_id": "u", "state": "disabled", "holds": "owner"} | others


def test_credentials_of_an_application_stand_together_the_most_urgent_first() -> None:
    rows = [
        make_identity(tier="1", object_id="b", display_name="b"),
        make_identity(tier="0", expires="2027-10-01T00:00:00Z", credential_name="late"),
        make_identity(tier="0", expires="2026-11-20T00:00:00Z", credential_name="over", used_by=["cs: azure"]),
        make_identity(tier="0", credential_kind="none"),
    ]
    found = registers.build_applications(rows, AS_OF)
    first = found["shown"][0]
    assert [(one["name"], one["left"], one["level"]) for one in first["credentials"]] == [
        ("over", "7 days ago", "over"),
        ("late", "308 days left", "later"),
    ]
    assert first["used_by"] == ["cs: azure"]
    assert found["tiers"] == [("0", registers.TIER_WORDS["0"], 1), ("1", registers.TIER_WORDS["1"], 1)]


def test_what_is_requested_and_not_granted_is_told() -> None:
    rows = [make_identity(permissions_granted=["A"], permissions_requested=["B", "A"])]
    assert registers.build_applications(rows, AS_OF)["shown"][0]["only_requested"] == ["B"]


def test_privileged_leavers_come_first_then_the_longest_gone() -> None:
    rows = [
        make_leaver(entra_user_id="1", person="short", since="2026-11-20"),
        make_leaver(entra_user_id="2", person="long", since="2025-11-27"),
        make_leaver(entra_user_id="3", person="not known"),
        make_leaver(entra_user_id="4", person="grave", since="2026-11-26", privileged=True),
        make_leaver(entra_user_id="2", person="long", since="2025-11-27", holds="access_token"),
    ]
    found = registers.build_leavers(rows, AS_OF)
    assert [(one["person"], one["age"]) for one in found["shown"]] == [
        ("grave", "1 day"),
        ("long", "365 days"),
        ("short", "7 days"),
        ("not known", ""),
    ]
    assert found["shown"][1]["held"] == [("Access token", 1), ("Ownership", 1)]
    assert (found["in_all"], found["things"]) == (4, 5)


def test_changes_are_counted_by_table() -> None:
    tables = page_examples.build_tables(400)
    found = registers.build_changes(tables)
    rows = tables.rows["changes"]
    assert sum(line["added"] + line["removed"] + line["changed"] for _name, line in found["tables"]) == len(rows)
    unattributed = sum(row["attribution"] == "unattributed" for row in rows)
    assert sum(line["unattributed"] for _name, line in found["tables"]) == unattributed


def test_the_review_tells_what_is_not_decided() -> None:
    tables = page_examples.build_tables(3)
    tables.rows["signoff"] = [
        {"last_decision": "keep", "privileged": True},
        {"last_decision": "", "privileged": True},
        {"last_decision": None, "privileged": False},
    ]
    found = registers.build_review(tables)
    assert (found["decided"], found["blank"], found["open_privileged"], found["share"]) == (1, 2, 1, 33)
    assert found["decisions"] == [("keep", 1)]


def test_what_ends_on_one_date_is_one_line() -> None:
    tables = page_examples.build_tables(0)
    tables.rows["identities"] = [make_identity(expires="2026-12-09", credential_name=f"k{n}") for n in range(5)]
    tables.rows["identities"] += [make_identity(credential_kind="federated"), make_identity(expires="unclear")]
    found = timeline.build_timeline(tables, AS_OF)
    assert found is not None
    (end,) = found["ends"]
    assert (end["left"], end["level"], end["total"], end["more"]) == ("12 days left", "soon", 5, 2)
    assert (found["in_all"], found["past"], found["soon"]) == (5, 0, 5)
    (dot,) = found["dots"]
    assert (dot.total, dot.level) == (5, "soon")


@pytest.mark.parametrize(("days", "place"), [(-4000, timeline.LEFT), (4000, timeline.RIGHT)])
def test_what_lies_outside_stands_at_the_ends_of_the_axis(days: int, place: int) -> None:
    assert timeline.place_day(days) == place


def test_dots_stay_on_the_axis() -> None:
    found = timeline.build_timeline(page_examples.build_tables(2000), AS_OF)
    assert found is not None and found["dots"]
    assert all(timeline.LEFT <= dot.x <= timeline.RIGHT for dot in found["dots"])


def test_nothing_ends_where_nothing_has_a_date() -> None:
    assert timeline.build_timeline(page_examples.build_tables(0), AS_OF) is None


def test_policies_in_force_come_first_and_topics_tell_what_is_wrong() -> None:
    found = policies.build_policies(page_examples.build_policy_report())
    assert found is not None
    assert [one["state"] for one in found["policies"]] == ["In force", "Report only"]
    assert [title for title, *_rest in found["topics"]] == [title for _key, title, _text in policies.TOPICS]
    assert [one["status"] for one in found["policies"][0]["exclusions"]] == ["Break-glass", "Gap", "Covered"]
    assert found["policies"][1]["reach"] == ["commvault-backup-entra when it signs in by itself (may)"]


@pytest.mark.parametrize("report", [None, {}])
def test_policies_that_were_not_read_are_none(report: dict[str, t.Any] | None) -> None:
    assert policies.build_policies(report) is None


def test_a_report_of_another_shape_is_shown_as_far_as_it_goes() -> None:
    report = {"policies": [{"display_name": None}, "text"], "findings": {"a": 1}, "not_evaluable": [{}], "counts": []}
    found = policies.build_policies(report)
    assert found is not None
    assert [(one["name"], one["state"]) for one in found["policies"]] == [("", "Not known")]
    assert len(found["absent"]) == len(policies.TOPICS) - 1


def test_days_are_counted_from_dates() -> None:
    assert words.tell_days_left(AS_OF, "2026-11-28T23:59:59Z") == "1 day left"
    assert words.tell_days_left(AS_OF, "2026-11-27") == "today"
    assert words.tell_days_left("2026-11-27T04:00:00Z", "2026-11-24") == "3 days ago"
    assert words.tell_days_left(AS_OF, "soon") == words.tell_days_left(AS_OF, None) == ""


@pytest.mark.parametrize(
    ("days", "level"),
    [(None, "none"), (-1, "over"), (0, "soon"), (30, "soon"), (31, "near"), (90, "near"), (91, "later")],
)
def test_ends_are_rated_by_days(days: int | None, level: str) -> None:
    assert words.rate_days_left(days) == level


@pytest.mark.parametrize("text", ["2026-13-01", "2026-02-30", "", "11/27/2026", "٢٠٢٦-١١-٢٧", None, 5, True])
def test_what_is_no_date_is_none(text: t.Any) -> None:
    assert words.parse_date(text) is None


def test_flags_that_are_not_known_are_never_no() -> None:
    assert [words.name_value("privileged", value) for value in (True, False, None)] == ["Yes", "No", "Not known"]
    assert words.name_value("reason", None) == ""
    assert words.name_value("entity_kind", "client_group") == "Client group"
    assert words.name_value("entity_kind", "conditional_access") == "Conditional access"


def test_numbers_agree_with_their_nouns() -> None:
    assert words.count_of(1, "grant") == "1 grant"
    assert words.count_of(3020, "open finding") == "3,020 open findings"
    assert words.count_of(2, "policy") == "2 policies" and words.count_of(0, "person") == "0 people"
