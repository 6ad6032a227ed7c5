# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a service asks to wait, in whatever form, and never less than that."""

from __future__ import annotations

import datetime
import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.retry_headers import (
    LONGEST_WAIT_S,
    parse_quota,
    parse_retry_after,
    parse_wait_s,
)

NOW = 1_772_000_000.0


def format_http_date(moment: float) -> str:
    return email.utils.formatdate(moment, usegmt=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ('"120"', 120.0),
        ("+7", 7.0),
        ("1.5", 1.5),
        ("-5", 0.0),
        ("5s", 5.0),
        ("5 S", 5.0),
        ("90 seconds", 90.0),
        ("2 min", 120.0),
        ("1h", 3600.0),
        ("1 day", 86400.0),
        ("1500ms", 1.5),
        ("PT2M", 120.0),
        ("PT1H30S", 3630.0),
        ("P1DT1.5S", 86401.5),
        ("00:02:00", 120.0),
        ("30, 60", 60.0),
        ("60,30", 60.0),
        ("30; comment", 30.0),
        ("soon", None),
        ("P", None),
        ("PT", None),
        ("nan", None),
        ("inf", LONGEST_WAIT_S),
        ("1e400", LONGEST_WAIT_S),
        ("9" * 100, LONGEST_WAIT_S),
        ("9" * 1000, None),
        (str(int(NOW) + 90), 90.0),
        (str(int(NOW + 90) * 1000), 90.0),
        (format_http_date(NOW + 90), 90.0),
        (format_http_date(NOW - 90), 0.0),
        (f"{format_http_date(NOW + 90)}, 120", 120.0),
        (f"30, {format_http_date(NOW + 90)}", 90.0),
        ("Wed, 25 Feb 2026 06:13:20 -0000", 0.0),
        ("2026-02-25T06:14:50Z", 90.0),
        ("2026-02-25T07:14:50+01:00", 90.0),
        ("2026-02-25 06:14:50", 90.0),
        ("Mon, 99 Foo 2026 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_any_form(value: str | None, expected: float | None) -> None:
    assert parse_retry_after(value, NOW) == expected


@given(st.text(max_size=30) | st.text("0123456789PTHMSZ:-., +;mshd", max_size=30))
def test_no_header_can_break_it(value: str) -> None:
    told = parse_retry_after(value, NOW)
    assert told is None or 0 <= told <= LONGEST_WAIT_S
    parse_quota({"x-ratelimit-limit": value, "x-ratelimit-period": value})


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=5), st.sampled_from([", ", ",", " , "]))
def test_of_several_waits_the_longest_counts(waits: list[int], between: str) -> None:
    assert parse_retry_after(between.join(map(str, waits)), NOW) == max(waits)


@given(st.integers(-3600, 3600), st.integers(0, 1000))
def test_a_moment_is_never_reached_too_early_by_the_clock_of_the_service(skew: int, wait: int) -> None:
    """Our clock differs by *skew* from that of the service, which says when it will answer again."""
    theirs = NOW + skew
    told = parse_wait_s(503, {"date": format_http_date(theirs), "retry-after": format_http_date(theirs + wait)}, NOW)
    assert told is not None and told >= wait


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (503, {}, None),
        (503, {"retry-after": "3", "retry-after-ms": "4000"}, 4.0),
        (503, {"x-ms-retry-after-ms": "250"}, 0.25),
        (503, {"retry-after": "3", "date": "no date"}, 3.0),
        (503, {"x-ratelimit-reset": "9"}, None),
        (429, {"x-ratelimit-reset": "9"}, 9.0),
        (429, {"x-rate-limit-reset": str(int(NOW) + 9)}, 9.0),
        (429, {"ratelimit-reset": "9", "retry-after": "3"}, 3.0),
        (429, {"ratelimit-reset": "9", "retry-after": "soon"}, 9.0),
    ],
)
def test_the_headers_that_tell_a_wait(status: int, headers: dict[str, str], expected: float | None) -> None:
    assert parse_wait_s(status, headers, NOW) == expected


@pytest.mark.parametrize(
    ("limit", "period", "expected"),
    [
        (None, None, (None, "period")),
        ("100", None, (100, "period")),
        ("100", "hour", (100, "hour")),
        ("100", "3600", (100, "3600 s")),
        (" 100 ", " 1h ", (100, "1h")),
        ("1,000", "hour", (1000, "hour")),
        ("100, 100;w=3600", None, (100, "3600 s")),
        ("100/hour", None, (100, "hour")),
        ("100 requests per hour", None, (100, "hour")),
        ("100.0", None, (100, "period")),
        ("many", "hour", (None, "hour")),
        ("", "", (None, "period")),
    ],
)
def test_a_quota_in_any_form(limit: str | None, period: str | None, expected: tuple[int | None, str]) -> None:
    headers = {"x-ratelimit-limit": limit, "x-ratelimit-period": period}
    assert parse_quota({name: value for name, value in headers.items() if value is not None}) == expected


def test_times_of_python_agree() -> None:
    moment = datetime.datetime.fromtimestamp(NOW + 5, datetime.timezone.utc)
    assert parse_retry_after(moment.isoformat(), NOW) == 5
