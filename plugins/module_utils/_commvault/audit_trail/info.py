# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module commvault_audit_info: who did what on a CommCell, from its audit trail and its event log."""

from __future__ import annotations

import datetime
import functools
import typing as t

from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.kept_events import KeptEvents
from ..._core.log_events import OPERATIONS
from ..._core.names import is_same_name, matches_pattern
from ..._core.values import format_time, shift_time
from ..._core.work_progress import WorkProgress
from ..client import CommvaultClient
from .calls import USUAL_RETENTION, LogCalls
from .canonical import Entry, canonical_audit_row, canonical_event
from .options import AUDIT_TRAIL, LOGS, Wanted, find_zone, parse_options
from .users import LogUsers, WantedUsers
from .windows import Gap, LogReader

#: A difference between the clocks that is worth a warning, in seconds.
_CLOCK_WARNING_S = 60
#: Gaps of which no warning tells, since they are as it always is.
_USUAL_GAPS = ("late", "retention")

Row = dict[str, t.Any]


def read_logs(ctx: Context) -> Row:
    """Return the value of the module: rows of both logs, gaps, and up to when they are complete. Raises ConfigError, ApiError."""
    return _LogReport(ctx, parse_options(ctx)).build()


class _LogReport:
    """The reads of one task."""

    def __init__(self, ctx: Context, wanted: Wanted) -> None:
        self._ctx, self._wanted = ctx, wanted
        self._client = CommvaultClient(ctx)
        self._calls = LogCalls(self._client)
        self._users = LogUsers(self._client)
        self._wanted_users = WantedUsers(wanted.users, self._users) if wanted.users else None
        self._zone: datetime.tzinfo | None = wanted.zone
        self._gaps: list[Gap] = []
        self._met: set[str] = set()

    def build(self) -> Row:
        """Read what is asked for and return it."""
        wanted = self._wanted
        rows: dict[str, list[Row]] = {log: [] for log in LOGS}
        sources: list[Row] = []
        for log in wanted.logs:
            reader = self._build_reader(log)
            rows[log] = self._read_log(log, reader)
            sources.append({"log": log, "pages": reader.pages, "rows": len(rows[log])})
        retention = self._read_retention() if AUDIT_TRAIL in wanted.logs else None
        complete_until = self._find_complete_until()
        self._warn_of_gaps()
        return {
            **rows,
            "since": format_time(wanted.period.since),
            "until": format_time(wanted.period.until),
            "users": self._wanted_users.describe(self._ctx.warn) if self._wanted_users else [],
            "gaps": [gap.as_row() for gap in self._gaps],
            "complete": not self._gaps,
            "complete_until": complete_until,
            "retention_days": retention,
            "sources": sources,
        }

    def _build_reader(self, log: str) -> LogReader:
        if log == AUDIT_TRAIL:
            return LogReader(
                self._ctx, log, self._calls.fetch_audit_page, lambda row: row.values.get("id") not in (None, "")
            )
        fetch = functools.partial(self._calls.fetch_event_page, self._wanted.severities[log])
        return LogReader(self._ctx, log, fetch, lambda row: row.get("id") not in (None, ""))

    def _read_log(self, log: str, reader: LogReader) -> list[Row]:
        """Return the rows of one log that are wanted, and keep what is missing."""
        parse = canonical_audit_row if log == AUDIT_TRAIL else canonical_event
        kept, progress, doubtful = KeptEvents(self._wanted.max_rows), WorkProgress(self._ctx, "entries read"), 0
        for number, (part, raw) in enumerate(reader.read(self._wanted.period), start=1):
            progress.tell(number)
            told: Entry = parse(raw, self._find_zone)
            entry = told.place_in(part)
            if entry and self._is_wanted(log, entry) and kept.add(entry.event):
                doubtful += entry.is_doubtful
        self._gaps.extend(reader.gaps)
        if kept.first_lost is not None:
            message = f"There are {kept.lost} more entries than max_rows ({self._wanted.max_rows}): start the next read from here."
            self._gaps.append(Gap(log, "max_rows", kept.first_lost, self._wanted.period.until, message))
        if doubtful:
            self._ctx.warn(
                f"{doubtful} entries of the {log} are from an hour at the begin or end of summer time, which local "
                "clocks show twice or not at all: details.time_is_doubtful marks them. Where two times are possible "
                "and both are in the period, the earlier one is given."
            )
        rows = kept.build_rows()
        for actor in (row["actor"] for row in rows):
            if actor["name"] and actor["commvault_id"] is None:
                actor["commvault_id"] = self._users.find_id(actor["name"])
        return rows

    def _is_wanted(self, log: str, entry: Entry) -> bool:
        """Return whether the options ask for an entry. What has a severity that is not known is wanted where all are."""
        wanted, event = self._wanted, entry.event
        if not wanted.all_severities and entry.severity not in wanted.severities[log]:
            return False
        if wanted.operations:
            met = {word for word in wanted.operations if _is_operation(event.operation, event.activity, word)}
            self._met |= met
            if not met:
                return False
        return self._wanted_users is None or self._wanted_users.take(event.actor.name or "")

    def _find_zone(self) -> datetime.tzinfo:
        """Return the zone of times that name none: that of the option, or of the CommServe. Raises ConfigError where none is known."""
        if self._zone is None:
            name = self._client.time_zone
            try:
                self._zone = find_zone(name)
            except ConfigError as exc:
                told = f"is {name!r}, which this machine does not know" if name else "is not visible to this account"
                raise ConfigError(
                    f"The CommServe writes times without a time zone, and its own time zone {told}. Give it as "
                    "option time_zone, by its name in the IANA database, such as Europe/Berlin.",
                    source="option time_zone",
                ) from exc
        return self._zone

    def _read_retention(self) -> dict[str, int]:
        """Return for how many days entries are kept, by severity, and note what of the period is older."""
        told = self._calls.read_retention()
        retention, period = {**USUAL_RETENTION, **(told or {})}, self._wanted.period
        for severity in self._wanted.severities[AUDIT_TRAIL]:
            days = retention[severity]
            oldest = shift_time(self._client.get_service_time(), -datetime.timedelta(days=days)).replace(microsecond=0)
            if period.since < oldest:
                usual = "" if severity in (told or {}) else ", unless that was changed"
                message = f"Entries of the severity {severity} are kept for {days} days{usual}."
                self._gaps.append(
                    Gap(AUDIT_TRAIL, "retention", period.since, min(oldest, period.until), message, severity)
                )
        return retention

    def _find_complete_until(self) -> str:
        """Return up to when all is read, and note what may still arrive. The earlier of both clocks counts."""
        period, ours, theirs = self._wanted.period, self._ctx.clock.now(), self._client.get_service_time()
        if abs((theirs - ours).total_seconds()) > _CLOCK_WARNING_S:
            self._ctx.warn(
                f"The CommServe's clock shows {format_time(theirs)} and the clock of this machine "
                f"{format_time(ours)}: the entries have the times of the CommServe's clock."
            )
        settled = shift_time(min(ours, theirs), -self._wanted.late_by).replace(microsecond=0)
        end = max(period.until, theirs.replace(microsecond=0)) if period.open_ended else period.until
        if settled < end:
            message = f"Entries of the last {self._ctx.options['late_by'].strip()} may still arrive."
            self._gaps += [Gap(log, "late", max(period.since, settled), end, message) for log in self._wanted.logs]
        unread = [gap.since for gap in self._gaps if gap.reason not in _USUAL_GAPS]
        return format_time(max(period.since, min([end, settled, *unread])))

    def _warn_of_gaps(self) -> None:
        """Warn of what is missing, and of operations that no entry has."""
        for gap in self._gaps:
            if gap.reason not in _USUAL_GAPS:
                row = gap.as_row()
                self._ctx.warn(f"The {gap.log} from {row['from']} to {row['to']} is not complete: {gap.message}")
        for word in self._wanted.operations:
            if word not in self._met and not any(is_same_name(word, known) for known in OPERATIONS):
                self._ctx.warn(f"option operations: the period has no entry of the operation {word!r}.")


def _is_operation(operation: str, activity: str, word: str) -> bool:
    """Return whether an entry is of an operation, in the normal words or by a pattern of the product's words."""
    return is_same_name(operation, word) or matches_pattern(activity, word)
