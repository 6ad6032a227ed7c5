# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which request may be sent again, and when."""

from __future__ import annotations

import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.retry import (
    Attempt,
    Repeat,
    RetryPolicy,
    parse_retry_after,
)

POLICY = RetryPolicy()
NOW = 1_772_000_000.0
METHODS = st.sampled_from(["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"])
STATUSES = st.none() | st.integers(100, 599)
ATTEMPTS = st.builds(Attempt, METHODS, STATUSES, st.booleans(), st.none() | st.floats(0, 500, allow_nan=False)).filter(
    lambda attempt: attempt.received or attempt.status is None
)


@pytest.mark.parametrize(
    ("method", "status", "received", "told", "repeat", "expected"),
    [
        ("GET", None, True, None, Repeat.BY_METHOD, True),
        ("GET", None, False, None, Repeat.BY_METHOD, True),
        ("GET", 500, True, None, Repeat.BY_METHOD, False),
        ("GET", 404, True, None, Repeat.ALWAYS, False),
        ("GET", 200, True, None, Repeat.ALWAYS, False),
        *[("GET", status, True, None, Repeat.BY_METHOD, True) for status in (429, 502, 503, 504)],
        *[(method, 503, True, None, Repeat.BY_METHOD, True) for method in ("PUT", "PATCH", "DELETE", "HEAD")],
        ("POST", None, False, None, Repeat.BY_METHOD, True),
        ("POST", None, True, None, Repeat.BY_METHOD, False),
        *[("POST", status, True, 1.0, Repeat.BY_METHOD, False) for status in (429, 502, 503, 504)],
        ("POST", 429, True, None, Repeat.IF_REFUSED, True),
        ("POST", 503, True, None, Repeat.IF_REFUSED, False),
        ("POST", 503, True, 1.0, Repeat.IF_REFUSED, True),
        ("POST", 502, True, 1.0, Repeat.IF_REFUSED, False),
        ("POST", 504, True, 1.0, Repeat.IF_REFUSED, False),
        ("POST", None, True, None, Repeat.IF_REFUSED, False),
        ("POST", None, True, None, Repeat.ALWAYS, True),
        ("POST", 504, True, None, Repeat.ALWAYS, True),
        ("POST", 500, True, None, Repeat.ALWAYS, False),
        ("GET", 503, True, 1.0, Repeat.NEVER, False),
        ("POST", None, False, None, Repeat.NEVER, False),
    ],
)
def test_what_may_be_repeated(
    method: str, status: int | None, received: bool, told: float | None, repeat: Repeat, expected: bool
) -> None:
    assert POLICY.may_repeat(Attempt(method, status, received, told), repeat) is expected


@given(ATTEMPTS)
def test_a_post_that_may_have_been_received_is_never_repeated_by_itself(attempt: Attempt) -> None:
    if attempt.method == "POST" and attempt.received:
        assert POLICY.compute_pause_s(1, attempt, Repeat.BY_METHOD, 0.5) is None


@given(ATTEMPTS)
def test_if_refused_needs_a_refusal(attempt: Attempt) -> None:
    if attempt.method == "POST" and attempt.received and POLICY.may_repeat(attempt, Repeat.IF_REFUSED):
        assert attempt.status in (429, 503)


@given(ATTEMPTS, st.integers(1, 8), st.sampled_from(Repeat), st.floats(0, 1, exclude_max=True))
def test_pauses_are_bounded(attempt: Attempt, number: int, repeat: Repeat, chance: float) -> None:
    pause = POLICY.compute_pause_s(number, attempt, repeat, chance)
    if number >= POLICY.tries or not POLICY.may_repeat(attempt, repeat):
        assert pause is None
    elif attempt.retry_after_s is None:
        assert pause is not None
        assert 0 <= pause <= min(POLICY.cap_s, POLICY.base_s * 2 ** (number - 1))
    elif attempt.retry_after_s > POLICY.longest_told_s:
        assert pause is None
    else:
        assert pause is not None
        assert attempt.retry_after_s <= pause <= attempt.retry_after_s + 1, "never earlier than asked, hardly later"


def test_full_jitter_grows_to_its_cap() -> None:
    policy, attempt = RetryPolicy(tries=12), Attempt("GET", 503, True)
    highest = [policy.compute_pause_s(number, attempt, Repeat.BY_METHOD, 1.0) for number in range(1, 9)]
    assert highest == [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert policy.compute_pause_s(8, attempt, Repeat.BY_METHOD, 0.0) == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("120", 120.0),
        ("1.5", 1.5),
        ("-5", 0.0),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        (email.utils.formatdate(NOW + 90, usegmt=True), 90.0),
        (email.utils.formatdate(NOW - 90, usegmt=True), 0.0),
        ("Wed, 25 Feb 2026 06:13:20 -0000", 0.0),
        ("Mon, 99 Foo 2026 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value: str | None, expected: float | None) -> None:
    assert parse_retry_after(value, NOW) == expected


@given(st.text(max_size=30))
def test_no_header_can_break_it(value: str) -> None:
    told = parse_retry_after(value, NOW)
    assert told is None or 0 <= told < float("inf")
