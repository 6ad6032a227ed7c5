# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the times that Commvault's logs tell."""

from __future__ import annotations

import datetime
import typing as t
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.times import (
    ToldTime,
    read_told_time,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer

UTC = datetime.timezone.utc
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
MOMENT = datetime.datetime(2026, 11, 6, 21, 20, tzinfo=UTC)


def refuse_zone() -> datetime.tzinfo:
    raise AssertionError("no zone is needed")


def read(told: t.Any, zone: datetime.tzinfo | None = None) -> ToldTime:
    return read_told_time(told, (lambda: zone) if zone else refuse_zone, "entry 7")


@pytest.mark.parametrize(
    "told",
    [
        1794000000,
        "1794000000",
        1794000000.9,
        1794000000000,
        "1794000000000",
        "2026-11-06T21:20:00Z",
        "2026-11-06T22:20:00+01:00",
        "2026-11-06T21:20:00.0000000Z",
    ],
)
def test_numbers_and_texts_with_a_zone_need_no_other(told: t.Any) -> None:
    assert read(told) == ToldTime(MOMENT)


@pytest.mark.parametrize(
    "told",
    [
        "2026-11-06 22:20:00",
        "2026-11-06T22:20:00",
        "2026-11-06 22:20:00.123",
        " 2026/11/06 22:20:00 ",
        "Nov 6, 2026, 10:20:00 PM",
        "Nov 06, 2026 10:20:00 PM",
        "06-Nov-2026 22:20:00",
    ],
)
def test_local_times_are_those_of_the_zone(told: str) -> None:
    assert read(told, BERLIN) == ToldTime(MOMENT)


@pytest.mark.parametrize(
    "told",
    [
        "",
        "now",
        "06/11/2026 22:20:00",
        "2026-11-31 22:20:00",
        -1,
        10**17,
        10**30,
        True,
        None,
        [1],
        {},
        float("inf"),
        float("nan"),
        "9" * 300,
        "2026-13-01T00:00:00Z",
    ],
)
def test_what_is_no_time_or_could_be_two_is_refused(told: t.Any) -> None:
    with pytest.raises(BadAnswer, match="has no valid time in entry 7"):
        read(told, BERLIN)


@pytest.mark.parametrize(
    ("told", "hour", "minute"),
    [("2026-10-25 02:30:00", 0, 30), ("2026-03-29 02:30:00", 0, 30)],
    ids=["shown twice", "never shown"],
)
def test_a_local_time_that_may_be_two_moments_is_doubtful(told: str, hour: int, minute: int) -> None:
    found = read(told, BERLIN)
    assert found.is_doubtful and (found.moment.hour, found.moment.minute) == (hour, minute)
    assert found.later == found.moment + datetime.timedelta(hours=1)


@given(st.integers(0, 4102444800))
def test_what_a_zone_shows_is_read_as_that_moment_unless_doubtful(epoch: int) -> None:
    moment = datetime.datetime.fromtimestamp(epoch, UTC)
    found = read(moment.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M:%S"), BERLIN)
    assert found.moment == moment or (found.is_doubtful and moment == found.later)


def test_the_edges_of_time() -> None:
    assert read("0001-01-01 00:00:00", zoneinfo.ZoneInfo("Asia/Tokyo")).is_doubtful
    assert read(0).moment.year == 1970
