# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which request may be sent again, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.retry import (
    Attempt,
    Repeat,
    RepeatRules,
    RetryPolicy,
)

POLICY = RetryPolicy()
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
        *[(method, 500, True, None, Repeat.BY_METHOD, True) for method in ("GET", "HEAD")],
        *[(method, 500, True, None, Repeat.BY_METHOD, False) for method in ("PUT", "PATCH", "DELETE", "POST")],
        *[("GET", status, True, None, Repeat.BY_METHOD, False) for status in (400, 401, 403, 409, 501, 505)],
        ("GET", 404, True, None, Repeat.ALWAYS, False),
        ("GET", 200, True, None, Repeat.ALWAYS, False),
        *[("GET", status, True, None, Repeat.BY_METHOD, True) for status in (408, 429, 502, 503, 504)],
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
        *[("PUT", None, received, None, Repeat.IF_UNDONE, not received) for received in (True, False)],
        *[("PUT", status, True, None, Repeat.IF_UNDONE, status == 429) for status in (408, 429, 502, 503, 504)],
        ("PUT", 503, True, 1.0, Repeat.IF_UNDONE, True),
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


@given(ATTEMPTS)
def test_if_undone_needs_a_refusal_whatever_the_method(attempt: Attempt) -> None:
    if attempt.received and not attempt.refused and POLICY.may_repeat(attempt, Repeat.IF_UNDONE):
        assert attempt.status in (429, 503)


@given(ATTEMPTS, st.integers(1, 8), st.sampled_from(Repeat), st.floats(0, 1, exclude_max=True))
def test_pauses_are_bounded(attempt: Attempt, number: int, repeat: Repeat, chance: float) -> None:
    pause = POLICY.compute_pause_s(number, attempt, repeat, chance)
    if number >= POLICY.tries or not POLICY.may_repeat(attempt, repeat):
        assert pause is None
    elif attempt.retry_after_s is None:
        assert pause is not None
        longest = min(POLICY.cap_s, POLICY.base_s * 2 ** (number - 1))
        assert (2 * longest <= pause <= 4 * longest) if attempt.status == 429 else (0 <= pause <= longest)
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


def test_a_service_that_throttles_without_a_time_gets_a_pause_that_is_not_nothing() -> None:
    attempt = Attempt("GET", 429, True)
    assert [POLICY.compute_pause_s(number, attempt, Repeat.BY_METHOD, 0.0) for number in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert POLICY.compute_pause_s(1, attempt, Repeat.BY_METHOD, 0.5) == 1.5


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
@pytest.mark.parametrize("status", [400, 409, 412, 500, 503])
@pytest.mark.parametrize("repeat", Repeat)
def test_what_was_refused_by_code_is_sent_again_whatever_its_status(method: str, status: int, repeat: Repeat) -> None:
    attempt = Attempt(method, status, True, refused=True)
    assert POLICY.may_repeat(attempt, repeat) is (repeat is not Repeat.NEVER)


def test_rules_of_a_service_say_which_errors_pass() -> None:
    rules = RepeatRules(frozenset((418,)), frozenset((420,)), frozenset(("Busy",)), lambda body: [body])
    policy = RetryPolicy(rules=rules)
    assert [
        policy.may_repeat(Attempt(method, status, True), Repeat.BY_METHOD)
        for method, status in [("PATCH", 418), ("GET", 418), ("GET", 420), ("PATCH", 420), ("GET", 503), ("POST", 418)]
    ] == [True, True, True, False, False, False]
    assert (rules.is_refusal("Busy"), rules.is_refusal("busy"), RepeatRules().is_refusal("Busy")) == (
        True,
        False,
        False,
    )
