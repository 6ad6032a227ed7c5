# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of keeping no more entries of a log than are wanted."""

from __future__ import annotations

import datetime
import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.kept_events import KeptEvents
from ansible_collections.cvops.identity.plugins.module_utils._core.log_events import LogEvent

START = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc)


def make_event(second: int, record: str = "", activity: str = "Login") -> LogEvent:
    moment = START + datetime.timedelta(seconds=second)
    return LogEvent(moment, "commvault", "audit_trail", activity, record_id=record)


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 10), st.randoms())
def test_the_oldest_are_kept_each_once(numbers: list[int], most: int, chance: t.Any) -> None:
    kept = KeptEvents(most)
    chance.shuffle(numbers)
    for number in numbers:
        kept.add(make_event(number, str(number)))
    wanted = sorted(set(numbers))
    assert [int(row["record_id"]) for row in kept.build_rows()] == sorted(
        wanted[:most], key=lambda one: (one, str(one))
    )
    lost = wanted[most:]
    assert kept.first_lost == (START + datetime.timedelta(seconds=lost[0]) if lost else None)
    assert all(
        kept.has_lost_before(make_event(number).time) is bool(lost and number >= lost[0]) for number in range(52)
    )


def test_equal_entries_without_an_id_have_ids_that_differ() -> None:
    kept = KeptEvents(10)
    for _ in range(3):
        assert kept.add(make_event(5))
    first, second, third = sorted(row["record_id"] for row in kept.build_rows())
    assert (second, third) == (f"{first}-2", f"{first}-3")
