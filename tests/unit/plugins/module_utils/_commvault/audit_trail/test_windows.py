# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of reading a log to its end, and of keeping no more than is wanted."""

from __future__ import annotations

import datetime
import tracemalloc
import typing as t

import pytest
from example_counts import try_examples
from hypothesis import given
from hypothesis import strategies as st
from reporters import RecordingReporter
from sleeping_clock import SleepingClock, SleepingContext

from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.pages import Page
from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.windows import (
    PAGE_SIZE,
    LogReader,
    is_too_slow,
    split_period,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Forbidden,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.kept_events import KeptEvents
from ansible_collections.cvops.identity.plugins.module_utils._core.log_events import LogEvent
from ansible_collections.cvops.identity.plugins.module_utils._core.periods import Period
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import Repeat

START = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc)
DAY = Period(START, START + datetime.timedelta(days=1))

Row = dict[str, t.Any]


def make_task() -> SleepingContext:
    return SleepingContext(options={"deadline": 900}, reporter=RecordingReporter(), clock=SleepingClock())


class Log:
    """A log with entries at these seconds of the day. ``asked``: offset and repeat of each request, with the seconds of its period."""

    def __init__(
        self, seconds: t.Iterable[int], *, size: int = PAGE_SIZE, counts: bool = True, most: int = 10**9
    ) -> None:
        self.rows = [{"id": number, "at": second} for number, second in enumerate(seconds)]
        self.size, self.counts, self.most = size, counts, most
        self.errors: list[ApiError | None] = []
        self.asked: list[tuple[int, Repeat, float]] = []
        self.ctx = make_task()
        self.warnings = self.ctx.warnings
        self.lasts = 0.0

    def fetch(self, period: Period, offset: int, limit: int, repeat: Repeat) -> Page:
        self.asked.append((offset, repeat, (period.until - period.since).total_seconds()))
        self.ctx.clock.at += self.lasts
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        found = [row for row in self.rows if period.contains(START + datetime.timedelta(seconds=row["at"]))]
        if len(found) > self.most:
            raise ApiError("too slow", status=504)
        return Page(found[offset : offset + min(limit, self.size)], len(found) if self.counts else None)

    def reader(self, has_id: bool = True) -> LogReader:
        return LogReader(self.ctx, "audit_trail", self.fetch, lambda row: has_id)


def ids(reader: LogReader, period: Period = DAY) -> list[int]:
    return [row["id"] for _part, row in reader.read(period)]


@pytest.mark.parametrize(("rows", "requests"), [(0, 1), (1, 1), (999, 1), (1000, 2), (1001, 2), (3000, 4)])
def test_requests_by_pages(rows: int, requests: int) -> None:
    log = Log(range(rows))
    assert ids(log.reader()) == list(range(rows))
    assert len(log.asked) == requests


@try_examples(60)
@given(
    st.lists(st.integers(0, 86399), max_size=120),
    st.integers(1, 50),
    st.booleans(),
    st.integers(1, 40),
)
def test_every_entry_is_read_however_it_is_served(seconds: list[int], size: int, counts: bool, most: int) -> None:
    """Or it lies in a gap, which is as short as a period may be."""
    log = Log(seconds, size=size, counts=counts, most=most)
    reader = log.reader()
    try:
        found = set(ids(reader))
    except ApiError:
        assert len(seconds) > most
        return
    missing = [row for row in log.rows if row["id"] not in found]
    for row in missing:
        moment = START + datetime.timedelta(seconds=row["at"])
        assert any(gap.since <= moment < gap.until for gap in reader.gaps)
    short = datetime.timedelta(minutes=1)
    assert all(
        gap.until - gap.since <= short or gap.message.endswith("There are more such gaps.") for gap in reader.gaps
    )


def test_what_takes_too_long_is_asked_for_in_quarters_and_not_again() -> None:
    log = Log(range(0, 86400, 864), most=40)
    assert sorted(ids(log.reader())) == list(range(100))
    assert [asked[1:] for asked in log.asked] == [(Repeat.IF_UNDONE, 86400.0), *[(Repeat.IF_UNDONE, 21600.0)] * 4]


def test_what_may_pass_is_asked_for_again_and_what_may_not_is_not() -> None:
    log = Log(range(5))
    log.errors = [ApiError("busy", status=503)]
    assert ids(log.reader()) == list(range(5))
    assert [repeat for _offset, repeat, _length in log.asked] == [Repeat.IF_UNDONE, Repeat.BY_METHOD]
    for error in (Forbidden("no", status=403), ApiError("odd", status=400), BadAnswer("odd", status=200)):
        log = Log(range(5))
        log.errors = [error]
        with pytest.raises(type(error)):
            ids(log.reader())
        assert len(log.asked) == 1


def test_a_log_of_which_nothing_can_be_read_is_an_error_and_a_part_of_it_a_gap() -> None:
    with pytest.raises(ApiError, match="too slow"):
        ids(Log([5] * 3, most=2).reader())
    log = Log([*[50_000] * 3, 80_000], most=2)
    reader = log.reader()
    assert ids(reader) == [3]
    (gap,) = reader.gaps
    assert gap.reason == "unanswered" and gap.since <= START + datetime.timedelta(seconds=50_000) < gap.until


def test_a_service_that_answers_nothing_any_more_is_not_asked_for_all_the_rest() -> None:
    log = Log(range(0, 86400, 600), size=100)
    log.errors = [None, *[ApiError("slow", status=504)] * 10**4]
    reader = log.reader()
    assert ids(reader) == list(range(100)), "what was read is kept"
    assert len(log.asked) < 20
    first, second, rest = reader.gaps
    assert [gap.reason for gap in reader.gaps] == [
        "unanswered"
    ] * 3 and rest.message == "slow There are more such gaps."
    assert first.since == DAY.since and first.until == second.since and second.until == rest.since
    assert rest.until == DAY.until


def test_unanswered_periods_that_are_not_in_a_row_are_no_end() -> None:
    log = Log(
        [minute for hour in range(12) for minute in (hour * 7200, hour * 7200 + 3600, hour * 7200 + 3601)], most=1
    )
    reader = log.reader()
    assert len(set(ids(reader)) & set(range(0, 36, 3))) == 12
    assert len(reader.gaps) == 12


def test_reading_ends_before_the_deadline_and_leaves_time_for_the_rest() -> None:
    log = Log(range(0, 86400, 60), size=100)
    log.ctx.deadline_at, log.lasts = 900.0, 100.0
    reader = log.reader()
    assert ids(reader) == list(range(900)) and log.ctx.deadline_at == 900.0
    (gap,) = reader.gaps
    assert (gap.reason, gap.since, gap.until) == ("deadline", DAY.since, DAY.until)
    late = log.reader()
    assert ids(late) == [] and [gap.reason for gap in late.gaps] == ["deadline"]


def test_a_task_that_ends_while_nothing_was_answered_fails_with_the_reason() -> None:
    log = Log(range(100))
    log.ctx.deadline_at, log.lasts, log.errors = 900.0, 300.0, [ApiError("slow", status=504)] * 9
    with pytest.raises(ApiError, match="slow"):
        ids(log.reader())


def test_rows_without_ids_are_not_read_twice() -> None:
    log = Log(range(30), size=10)
    log.errors = [None, ApiError("slow", status=504)]
    with pytest.raises(ApiError, match="slow"):
        ids(log.reader(has_id=False))
    log = Log(range(0, 30000, 1000), size=10)
    log.errors = [None, ApiError("slow", status=504)]
    found = ids(log.reader())
    assert set(found) == set(range(30)) and len(found) == 40


def test_pages_that_repeat() -> None:
    pages = [Page([{"id": 1}], 3), Page([{"id": 1}], 3), Page([{"id": 2}], 3), Page([{"id": 3}], 3)]
    reader = LogReader(make_task(), "audit_trail", lambda *_request: pages.pop(0), lambda row: True)
    assert ids(reader) == [1, 2, 3] and not reader.gaps
    unpaged = LogReader(make_task(), "events", lambda *_request: Page([{"id": 1}, {"id": 2}]), lambda row: True)
    assert ids(unpaged) == [1, 2] and not unpaged.gaps


def test_counts_failures_and_warnings() -> None:
    more = [Page([{"id": 1}], 3, (), ("old",)), Page([], 3)]
    log = Log([])
    reader = LogReader(log.ctx, "audit_trail", lambda *_request: more.pop(0), lambda row: True)
    assert ids(reader) == [1]
    assert [(gap.reason, gap.message) for gap in reader.gaps] == [
        ("missing_rows", "Commvault reports 3 entries for this part, but returned 1.")
    ]
    assert log.warnings == ["Commvault, when asked for its log (audit_trail): old"]
    partial = LogReader(
        make_task(), "audit_trail", lambda *_request: Page([{"id": 1}], 1, ("cs02: down",)), lambda row: True
    )
    assert ids(partial) == [1] and [gap.reason for gap in partial.gaps] == ["unanswered"]
    nothing = LogReader(make_task(), "audit_trail", lambda *_request: Page([], 0, ("cs02: down",)), lambda row: True)
    with pytest.raises(BadAnswer, match="cs02: down"):
        ids(nothing)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ApiError("x", status=504), True),
        (ApiError("x", status=408), True),
        (ApiError("x", status=500), False),
        (Unreachable("x", code="read_timeout"), True),
        (Unreachable("x", code="refused"), False),
    ],
)
def test_what_a_shorter_period_may_help_with(error: ApiError, expected: bool) -> None:
    assert is_too_slow(error) is expected


@given(st.integers(2, 40_000_000), st.booleans())
def test_quarters_adjoin(length: int, open_ended: bool) -> None:
    period = Period(START, START + datetime.timedelta(seconds=length), open_ended)
    parts = split_period(period)
    assert parts[0].since == period.since and parts[-1].until == period.until
    assert all(one.until == other.since for one, other in zip(parts, parts[1:], strict=False))
    assert [part.open_ended for part in parts] == [False] * (len(parts) - 1) + [open_ended]


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_what_is_read() -> None:
    def fetch(period: Period, offset: int, limit: int, repeat: Repeat) -> Page:
        rows = [{"id": offset + number, "text": "x" * 500} for number in range(limit)] if offset < 20_000 else []
        return Page(rows, 20_000)

    reader, kept = LogReader(make_task(), "audit_trail", fetch, lambda row: True), KeptEvents(100)
    tracemalloc.start()
    for number, (_part, row) in enumerate(reader.read(DAY)):
        moment = START + datetime.timedelta(seconds=20_000 - number)
        kept.add(LogEvent(moment, "commvault", "audit_trail", row["text"], record_id=str(row["id"])))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(kept.build_rows()) == 100 and kept.lost == 19_900
    assert peak < 8 * 2**20, peak
