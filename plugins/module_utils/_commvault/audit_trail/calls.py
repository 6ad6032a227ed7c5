# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The calls that read a CommServe's logs: the audit trail's data set, how long it is kept, and the event log."""

from __future__ import annotations

import datetime
import typing as t

from ..._core.errors import ApiError, Forbidden, NotFound
from ..._core.periods import Period
from ..._core.retry import Repeat
from ..._core.values import get_object, get_objects, parse_number
from ..client import CommvaultClient
from ..envelope import is_declined, is_withheld
from .options import AUDIT_SEVERITIES
from .pages import Page, parse_audit_page

#: The data set of the report "Audit Trail". Source: the vendor's API documentation.
_REPORT = "5e7dfa05-07cd-4beb-be9c-181a1722c2e8:571a5443-fb35-435e-b013-ecd1a6dcfb65"
AUDIT_PATH = f"cr/reportsplusengine/datasets/{_REPORT}/data"
_AUDIT_INTENT = "read the audit trail"
_ISO = "%Y-%m-%dT%H:%M:%SZ"
#: Whether the ends of a period belong to it is written nowhere: one second more is asked for on both sides.
_MARGIN = datetime.timedelta(seconds=1)
#: How far beyond now an open-ended period is asked for, for a CommServe whose clock is ahead.
_AHEAD = datetime.timedelta(days=1)
#: Days for which entries are kept unless that is changed, by severity. Source: the vendor's page on severity levels.
USUAL_RETENTION = {"critical": 365, "high": 365, "medium": 240, "low": 120}
_MOST_DAYS = 36500


class LogCalls:
    """Reads of one CommServe's logs."""

    def __init__(self, client: CommvaultClient) -> None:
        self._client = client

    def fetch_audit_page(self, period: Period, offset: int, limit: int, repeat: Repeat) -> Page:
        """Return a page of the audit trail. Raises NotFound, Forbidden with what to do; other ApiError; BadAnswer."""
        params = build_audit_params(*_widen(period), offset=offset, limit=limit)
        try:
            return parse_audit_page(self._client.get(AUDIT_PATH, intent=_AUDIT_INTENT, params=params, repeat=repeat))
        except Forbidden as exc:
            raise Forbidden(
                f"{exc} The audit trail is shown to members of the user group master, and to accounts with the same "
                "rights on the CommCell.",
                **exc.facts,
            ) from exc
        except ApiError as exc:
            if not is_withheld(exc):
                raise
            raise NotFound(
                f"{exc} It is read from the report Audit Trail, which this CommServe does not have: update the "
                "CommServe and its reports, or remove audit_trail from logs.",
                **exc.facts,
            ) from exc

    def fetch_event_page(
        self, severities: t.Collection[str], period: Period, offset: int, limit: int, repeat: Repeat
    ) -> Page:
        """Return a page of the event log with events of these severities. Raises ApiError, BadAnswer."""
        since, until = _widen(period)
        shown = {
            f"show{name}": str(severity in severities).lower()
            for name, severity in (
                ("Info", "information"),
                ("Minor", "minor"),
                ("Major", "major"),
                ("Critical", "critical"),
            )
        }
        body = self._client.get(
            "Events",
            intent="read the event log",
            params={"level": 10, **shown, "fromTime": int(since.timestamp()), "toTime": int(until.timestamp())},
            headers={"pagingInfo": f"{offset},{limit}"},
            repeat=repeat,
        )
        return Page(get_objects(body, "commservEvents"))

    def read_retention(self) -> dict[str, int] | None:
        """Return for how many days entries of the audit trail are kept, by severity; None where this account may not see it."""
        try:
            body = self._client.get("CommServ/AuditTrail", intent="read the retention of the audit trail")
        except ApiError as exc:
            if not is_declined(exc):
                raise
            self._client.ctx.debug(1, f"Retention of the audit trail unknown: {exc}")
            return None
        info = get_object(body, "auditTrailInfo") or body
        found = {name: parse_number(info.get(f"retentionFor{name.capitalize()}")) for name in AUDIT_SEVERITIES}
        return {name: days for name, days in found.items() if days is not None and 0 < days <= _MOST_DAYS} or None


def _widen(period: Period) -> tuple[datetime.datetime, datetime.datetime]:
    """Return from when to when a period is asked for."""
    return period.since - _MARGIN, period.until + (_AHEAD if period.open_ended else _MARGIN)


def build_audit_params(
    since: datetime.datetime, until: datetime.datetime, *, offset: int, limit: int
) -> dict[str, t.Any]:
    """Return the parameters of a read of the audit trail from *since* to *until*."""
    return {
        "limit": limit,
        "offset": offset,
        "parameter.TimeRange": f"{since.strftime(_ISO)} {until.strftime(_ISO)}",
        "parameter.timeZone": 0,
        "parameter.i_anomalous": 0,
    }
