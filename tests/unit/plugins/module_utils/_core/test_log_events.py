# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of logs in one form."""

from __future__ import annotations

import datetime
import random
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.log_events import Actor, LogEvent, Target, sort_rows

MOMENT = datetime.datetime(2026, 11, 3, 8, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))


def make_event(**changes: t.Any) -> LogEvent:
    """Return an entry of Commvault's audit trail, with *changes*."""
    given = {"time": MOMENT, "service": "commvault", "log": "audit_trail", "activity": "Edit role", **changes}
    return LogEvent(**given)


def test_time_is_utc_and_every_log_has_the_same_keys() -> None:
    row = make_event().as_row()
    assert row["time"] == "2026-11-03T06:30:00Z"
    other = make_event(
        service="entra", log="sign_ins", actor=Actor("user", "jana@example.org"), others=(Target("user"),)
    )
    assert row.keys() == other.as_row().keys()
    assert row["actor"] == {"kind": "unknown", "name": None, "entra_id": None, "app_id": None, "commvault_id": None}


def test_an_entry_without_an_id_gets_the_same_one_in_each_reading_and_another_entry_another() -> None:
    assert make_event().as_row()["record_id"] == make_event().as_row()["record_id"]
    assert make_event().as_row()["record_id"] != make_event(reason="x").as_row()["record_id"]
    assert make_event(record_id="17").as_row()["record_id"] == "17"


def test_numbers_of_entries_are_their_order_within_a_second() -> None:
    rows = [make_event(record_id=key).as_row() for key in ("10", "9", "100", "abc", "\u0669")]
    assert [row["record_id"] for row in sort_rows(rows)] == ["abc", "\u0669", "9", "10", "100"]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_does_not_depend_on_the_order_in_which_they_came(seed: int) -> None:
    rows = [make_event(time=MOMENT + datetime.timedelta(seconds=n // 2), record_id=str(n)).as_row() for n in range(9)]
    mixed = random.Random(seed).sample(rows, len(rows))
    assert [row["record_id"] for row in sort_rows(mixed)] == [str(n) for n in range(9)]
