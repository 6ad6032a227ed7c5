# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the periods that options since and until name."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.periods import (
    Period,
    find_zoneless,
    parse_period,
    parse_span,
)

UTC = datetime.timezone.utc
NOW = datetime.datetime(2026, 11, 27, 18, 0, 30, 250000, tzinfo=UTC)


def make_moment(*parts: int) -> datetime.datetime:
    """Return a moment in UTC."""
    return datetime.datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", make_moment(2026, 11, 27, 16, 30, 30)),
        ("24h", make_moment(2026, 11, 26, 18, 0, 30)),
        (" 7 D ", make_moment(2026, 11, 20, 18, 0, 30)),
        ("4w", make_moment(2026, 10, 30, 18, 0, 30)),
        ("2026-11-27", make_moment(2026, 11, 27)),
        ("2026-11-27T08:00:00Z", make_moment(2026, 11, 27, 8)),
        ("2026-11-27t08:00:00z", make_moment(2026, 11, 27, 8)),
        ("2026-11-27 08:00", make_moment(2026, 11, 27, 8)),
        ("2026-11-27T08:00:00+02:00", make_moment(2026, 11, 27, 6)),
        ("2026-11-27 08:00:00 -05:30", make_moment(2026, 11, 27, 13, 30)),
        ("2026-11-27T08:00:00.1234567Z", make_moment(2026, 11, 27, 8)),
    ],
)
def test_a_text_names_a_moment_or_a_span_before_now(text: str, expected: datetime.datetime) -> None:
    assert parse_period(text, None, NOW) == Period(expected, make_moment(2026, 11, 27, 18, 0, 30), open_ended=True)


@pytest.mark.parametrize(
    "text",
    [
        "7",
        "7 days",
        "-7d",
        "yesterday",
        "2026-11-31",
        "2026-W48-5",
        "20261127",
        "2026-11-27T25:00:00Z",
        "2026-11-27T08",
        "٧d",
        "1h30m",
        "P7D",
    ],
)
def test_what_names_no_time_is_refused_with_the_forms_that_do(text: str) -> None:
    with pytest.raises(ConfigError, match=r"option since: .* is not a time. Give .* 7d") as refused:
        parse_period(text, None, NOW)
    assert refused.value.facts["source"] == "option since"


@pytest.mark.parametrize("text", ["1969-12-31", "9999w", "999999w"])
def test_a_time_before_any_log_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="before 1970"):
        parse_period(text, None, NOW)


@pytest.mark.parametrize("text", ["0d", "2026-11-27T18:00:30Z", "2027-01-01", "2999-12-31"])
def test_a_period_begins_in_the_past(text: str) -> None:
    with pytest.raises(ConfigError, match="not in the past: it is 2026-11-27T18:00:30Z now"):
        parse_period(text, "2028-01-01", NOW)


@pytest.mark.parametrize(("since", "until"), [("24h", "24h"), ("24h", "2d"), ("2026-11-02", "2026-11-01")])
def test_a_period_begins_before_it_ends(since: str, until: str) -> None:
    with pytest.raises(ConfigError, match="is not before end, .*, so the period is empty"):
        parse_period(since, until, NOW, ("start", "end"))


def test_both_ends_are_named_when_both_are_wrong() -> None:
    with pytest.raises(Problems) as refused:
        parse_period("soon", "later", NOW)
    assert [problem["where"] for problem in refused.value.facts["problems"]] == ["since", "until"]


def test_parts_of_seconds_widen_the_period() -> None:
    period = parse_period("2026-11-27T08:00:00.9Z", "2026-11-27T08:00:01.1Z", NOW)
    assert period.as_row() == {"since": "2026-11-27T08:00:00Z", "until": "2026-11-27T08:00:02Z"}


def test_the_end_is_not_in_the_period_unless_it_is_the_time_of_reading() -> None:
    period = parse_period("24h", "1h", NOW)
    assert period.contains(period.since)
    assert not period.contains(period.since - datetime.timedelta(microseconds=1))
    assert not period.contains(period.until)
    assert parse_period("24h", None, NOW).contains(NOW + datetime.timedelta(minutes=5))


def test_lengths_of_time() -> None:
    assert parse_span(" 90M", "late_by") == datetime.timedelta(minutes=90)
    assert parse_span("0h", "late_by") == datetime.timedelta()
    for text in ("15", "-1h", "2026-11-27", ""):
        with pytest.raises(ConfigError, match="option late_by: .* not a length of time"):
            parse_span(text, "late_by")


@given(st.integers(0, 4102444800), st.integers(1, 10**6), st.booleans(), st.integers(-5, 10**6 + 5))
def test_halves_have_every_moment_of_the_whole_in_one_of_them(
    start: int, length: int, open_ended: bool, at: int
) -> None:
    since = datetime.datetime.fromtimestamp(start, UTC)
    period = Period(since, since + datetime.timedelta(seconds=length), open_ended)
    halves = period.halve()
    assert (halves is None) == (length == 1)
    moment = since + datetime.timedelta(seconds=at)
    if halves:
        assert [half.contains(moment) for half in halves].count(True) == int(period.contains(moment))
        assert (halves[0].since, halves[1].until) == (period.since, period.until)


def test_times_without_a_zone_are_told() -> None:
    given_ = {"since": "2026-11-01T08:00:00", "until": "2026-11-02 08:00", "x": "7d", "y": None}
    assert [told.split(":")[0] for told in find_zoneless(given_)] == ["option since", "option until"]
    zoned = {
        "a": "2026-11-01T08:00:00Z",
        "b": "2026-11-01T08:00:00+01:00",
        "c": "2026-11-01",
        "d": "2026-11-01 08:00 z",
    }
    assert find_zoneless(zoned) == []
