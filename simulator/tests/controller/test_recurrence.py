# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When schedules are due, and how they are stored."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from cvops_simulator.controller.recurrence import check_rule, list_due, make_stored_rule, tell_ends, tell_until

NOW = datetime(2030, 1, 10, tzinfo=timezone.utc)
START = "DTSTART:20300101T020000Z"


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;INTERVAL=1", ["2030-01-10", "2030-01-11"]),
        ("FREQ=DAILY;INTERVAL=4", ["2030-01-13", "2030-01-17"]),
        ("FREQ=WEEKLY;INTERVAL=1;BYDAY=SU,MO", ["2030-01-13", "2030-01-14"]),
        ("FREQ=WEEKLY;INTERVAL=1", ["2030-01-15", "2030-01-22"]),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1", ["2030-04-01", "2030-07-01"]),
        ("FREQ=MONTHLY;INTERVAL=1;BYDAY=MO;BYSETPOS=1", ["2030-02-04", "2030-03-04"]),
        ("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-1", ["2030-01-31", "2030-02-28"]),
        ("FREQ=YEARLY;INTERVAL=1", ["2031-01-01", "2032-01-01"]),
        ("FREQ=DAILY;INTERVAL=1;COUNT=10", ["2030-01-10"]),
        ("FREQ=DAILY;INTERVAL=1;UNTIL=20300110T020000Z", ["2030-01-10"]),
        ("FREQ=DAILY;INTERVAL=1;COUNT=3", []),
        ("FREQ=HOURLY;INTERVAL=12", ["2030-01-10", "2030-01-10"]),
    ],
)
def test_due_times(rule: str, days: list[str]) -> None:
    assert [moment.strftime("%Y-%m-%d") for moment in list_due(f"{START} RRULE:{rule}", NOW, 2)] == days


def test_local_times_follow_the_zone() -> None:
    rule = "DTSTART;TZID=Europe/Berlin:20300301T020000 RRULE:FREQ=MONTHLY;INTERVAL=1"
    times = [moment.astimezone(timezone.utc).hour for moment in list_due(rule, NOW, 3)]
    assert times == [1, 0, 0]


def test_rules_are_stored_with_single_spaces_and_their_end_in_utc() -> None:
    sent = "DTSTART;TZID=Europe/Berlin:20300101T020000\n  RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20310101T000000"
    stored = make_stored_rule(sent)
    assert stored == ("DTSTART;TZID=Europe/Berlin:20300101T020000 RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20301231T230000Z")
    assert make_stored_rule(stored) == stored
    assert tell_until(stored) == "2031-01-01T00:00:00"


def test_a_rule_without_end_has_no_last_time() -> None:
    first, last = tell_ends(f"{START} RRULE:FREQ=DAILY;INTERVAL=1")
    assert first == datetime(2030, 1, 1, 2, tzinfo=timezone.utc)
    assert last is None
    assert tell_ends(f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=3")[1] == datetime(2030, 1, 3, 2, tzinfo=timezone.utc)


@pytest.mark.parametrize("rule", ["EXRULE:FREQ=DAILY;INTERVAL=2", "RRULE:FREQ=MINUTELY;INTERVAL=5"])
def test_rules_that_pass(rule: str) -> None:
    assert check_rule(f"{START} RRULE:FREQ=DAILY;INTERVAL=1 {rule}") == []
