# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reading a log of a period to its end: page by page, in shorter periods where the service does not get through with the whole."""

from __future__ import annotations

import datetime
import hashlib
import json
import typing as t
from dataclasses import dataclass

from ..._core.context import Context
from ..._core.errors import ApiError, BadAnswer, Unreachable, WaitTimeout
from ..._core.periods import Period
from ..._core.retry import Repeat
from ..._core.values import format_time
from .pages import Page

#: Rows that a page is asked for; the service may give fewer. Source of the number: a vendor's own client asks for pages of 1000 events.
PAGE_SIZE = 1000
#: No shorter period is asked for on its own.
_SHORTEST = datetime.timedelta(minutes=1)
#: So many shortest periods in a row that are not answered are a service that answers nothing.
_MOST_UNANSWERED = 3
#: Seconds that are left to the task for what comes after reading; of a short time a tenth.
_RESERVE_S = 30.0
#: What gateways answer when the service takes too long, also that of a large vendor of proxies.
_TOO_SLOW = (408, 504, 524)
#: What may pass by itself.
_PASSING = (500, 502, 503)

#: Returns a page of a period; raises ApiError. Arguments: the period, offset, limit, whether the request may be sent again.
Fetch = t.Callable[[Period, int, int, Repeat], Page]


@dataclass(frozen=True)
class Gap:
    """A part of a log that was not read, or not for good. ``severity``: of the entries that it is about, None for all."""

    log: str
    reason: str
    since: datetime.datetime
    until: datetime.datetime
    message: str
    severity: str | None = None

    def as_row(self) -> dict[str, t.Any]:
        """Return the gap as results have it."""
        return {
            "log": self.log,
            "severity": self.severity,
            "from": format_time(self.since),
            "to": format_time(self.until),
            "reason": self.reason,
            "message": self.message,
        }


class LogReader:
    """Reads one log. ``gaps``: what of it was not read; ``pages``: how many were."""

    def __init__(self, ctx: Context, log: str, fetch: Fetch, has_id: t.Callable[[t.Any], bool]) -> None:
        self._ctx, self._log, self._fetch, self._has_id = ctx, log, fetch, has_id
        self._reserve_s = min(_RESERVE_S, ctx.remaining_s() / 10)
        self._unanswered = 0
        self.gaps: list[Gap] = []
        self.pages = 0

    def read(self, period: Period) -> t.Iterator[tuple[Period, t.Any]]:
        """Yield each row that the service gives for *period*, with the period that it was asked for.

        A row with an id may come twice, and any may lie outside of the period: the caller knows its id and its time. Where the service
        answers nothing any more, and shortly before the task's deadline, the rest of *period* is a gap. Raises ApiError where the log
        cannot be read.
        """
        waiting, failures = [period], list[ApiError]()
        while waiting:
            part, must_not_repeat = waiting.pop(0), False
            try:
                for row in self._read_part(part):
                    must_not_repeat = must_not_repeat or not self._has_id(row)
                    yield part, row
            except _OutOfTime:
                if self.pages == 0 and failures:
                    raise failures[-1] from None
                told = "The task's time was nearly over (option deadline)."
                self.gaps.append(Gap(self._log, "deadline", part.since, period.until, told))
                return
            except _Unfinished as stopped:
                failures.append(stopped.error)
                if must_not_repeat:
                    raise stopped.error from stopped
                if is_splittable(part):
                    waiting[:0] = split_period(part)
                elif self._give_up(part, period, stopped.error):
                    return

    def _give_up(self, part: Period, period: Period, error: ApiError) -> bool:
        """Note that *part* is missing, and return whether the rest of *period* is, too. Raises *error* where nothing of the log was read."""
        if self.pages == 0:
            raise error
        self._unanswered += 1
        is_last = self._unanswered >= _MOST_UNANSWERED
        until, told = (period.until, f"{error} There are more such gaps.") if is_last else (part.until, str(error))
        self.gaps.append(Gap(self._log, "unanswered", part.since, until, told))
        return is_last

    def _read_part(self, part: Period) -> t.Iterator[t.Any]:
        """Yield the rows of one period. Raises _Unfinished where a shorter one may help, and ApiError."""
        offset, seen, is_second_try = 0, set[str](), False
        while True:
            page = self._get_page(part, offset)
            if not page.rows:
                return self._check_count(part, page.total, offset)
            mark = _make_mark(page.rows)
            if mark in seen:
                if page.total is None and len(page.rows) < PAGE_SIZE:
                    return None  # the service knows no pages, and has given all that it has
                if is_second_try:
                    raise _Unfinished(
                        BadAnswer(
                            f"Commvault's log ({self._log}) returned the same page again at row {offset}, so the rest cannot be read.",
                            service="Commvault",
                        )
                    )
                is_second_try = True
                continue
            seen.add(mark)
            is_second_try = False
            yield from page.rows
            offset += len(page.rows)
            # A full page may be followed by another one, whatever the count says.
            if page.total is not None and offset >= page.total and len(page.rows) < PAGE_SIZE:
                return None

    def _get_page(self, part: Period, offset: int) -> Page:
        # The first page of a period that can be split is asked for once: to ask again for what takes too long only takes longer.
        is_hurried = offset == 0 and is_splittable(part)
        try:
            try:
                page = self._ask(part, offset, Repeat.IF_UNDONE if is_hurried else Repeat.BY_METHOD)
            except ApiError as exc:
                if not is_hurried or is_too_slow(exc) or not (isinstance(exc, Unreachable) or exc.status in _PASSING):
                    raise
                page = self._ask(part, offset, Repeat.BY_METHOD)
        except ApiError as exc:
            if is_too_slow(exc):
                raise _Unfinished(exc) from exc
            raise
        for text in page.warnings:
            self._ctx.warn(f"Commvault, when asked for its log ({self._log}): {text}")
        if page.failures:
            told = BadAnswer(
                f"Commvault says that its log ({self._log}) is not complete: {'; '.join(page.failures)}",
                service="Commvault",
            )
            if not page.rows:
                raise told
            self._note_once(Gap(self._log, "unanswered", part.since, part.until, str(told)))
        self.pages += 1
        self._unanswered = 0
        return page

    def _ask(self, part: Period, offset: int, repeat: Repeat) -> Page:
        """Return what the service answers before the time is over that is kept back. Raises _OutOfTime, ApiError."""
        with self._ctx.keep_back(self._reserve_s):
            try:
                self._ctx.check_deadline("the next page was asked for")
                return self._fetch(part, offset, PAGE_SIZE, repeat)
            except WaitTimeout as exc:
                if self._ctx.remaining_s() > 0:
                    raise
                raise _OutOfTime from exc

    def _note_once(self, gap: Gap) -> None:
        if gap not in self.gaps:
            self.gaps.append(gap)

    def _check_count(self, part: Period, total: int | None, read: int) -> None:
        """Note a gap where the service counts more rows than it gave."""
        if total is not None and total > read:
            self._note_once(
                Gap(
                    self._log,
                    "missing_rows",
                    part.since,
                    part.until,
                    f"Commvault reports {total} entries for this part, but returned {read}.",
                )
            )


class _OutOfTime(Exception):
    """The task's time is nearly over."""


class _Unfinished(Exception):
    """A period whose rows do not come in one piece; ``error`` says why."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(str(error))
        self.error = error


def is_splittable(period: Period) -> bool:
    """Return whether a period is long enough to be asked for in parts."""
    return period.until - period.since > _SHORTEST


def split_period(period: Period) -> list[Period]:
    """Return the four quarters of a period, or its halves where those are as short as periods may be."""
    halves = period.halve() or (period,)
    return [part for half in halves for part in (half.halve() if is_splittable(half) else None) or (half,)]


def is_too_slow(error: ApiError) -> bool:
    """Return whether an error says that the answer took too long, so that a shorter period may be answered."""
    return error.status in _TOO_SLOW or (isinstance(error, Unreachable) and error.code == "read_timeout")


def _make_mark(rows: t.Sequence[t.Any]) -> str:
    """Return a short text that is the same for the same rows."""
    return hashlib.sha256(json.dumps(rows, default=vars, sort_keys=True).encode()).hexdigest()
