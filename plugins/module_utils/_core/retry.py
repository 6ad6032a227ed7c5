# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The rules for sending a request again, and after how long. Pure: no clock, no sleep."""

from __future__ import annotations

import datetime
import email.utils
import enum
import math
from dataclasses import dataclass


class Repeat(enum.Enum):
    """What the caller knows about sending a request twice."""

    BY_METHOD = "by_method"  #: GET, HEAD, PUT, PATCH and DELETE may be repeated; POST only when it was never received
    IF_REFUSED = "if_refused"  #: also when the service says that it refused to act: 429, or 503 with Retry-After
    ALWAYS = "always"  #: the same request twice has the effect of one; the caller vouches for it
    NEVER = "never"  #: not even when the connection failed before anything was sent


_IDEMPOTENT_METHODS = frozenset(("GET", "HEAD", "PUT", "PATCH", "DELETE"))
_TRANSIENT_STATUSES = frozenset((429, 502, 503, 504))


@dataclass(frozen=True)
class Attempt:
    """How one try ended: an HTTP *status*, or None with *received* telling whether the service may have seen the request."""

    method: str
    status: int | None
    received: bool
    retry_after_s: float | None = None


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how fast a request is tried again.

    ``tries`` in all; pauses grow from ``base_s`` and are drawn from zero up to ``cap_s`` (full jitter). ``longest_told_s``: a service that
    asks for a longer pause than this gets none; the caller is told instead.
    """

    tries: int = 5
    base_s: float = 0.5
    cap_s: float = 20.0
    longest_told_s: float = 120.0

    def may_repeat(self, attempt: Attempt, repeat: Repeat) -> bool:
        """Return True when sending the request again cannot do harm and may help."""
        if repeat is Repeat.NEVER:
            return False
        if not attempt.received:
            return True
        if attempt.status is not None and attempt.status not in _TRANSIENT_STATUSES:
            return False
        if repeat is Repeat.ALWAYS or attempt.method in _IDEMPOTENT_METHODS:
            return True
        refused = attempt.status == 429 or (attempt.status == 503 and attempt.retry_after_s is not None)
        return repeat is Repeat.IF_REFUSED and refused

    def compute_pause_s(self, number: int, attempt: Attempt, repeat: Repeat, chance: float) -> float | None:
        """Return the seconds to wait after try *number* (from 1), or None to give up; *chance* is drawn from 0 up to 1."""
        if number >= self.tries or not self.may_repeat(attempt, repeat):
            return None
        told = attempt.retry_after_s
        if told is None:
            return min(self.cap_s, self.base_s * float(2 ** (number - 1))) * chance
        return None if told > self.longest_told_s else told + chance * min(1.0, self.base_s)


def parse_retry_after(value: str | None, now_epoch_s: float) -> float | None:
    """Return the seconds of a Retry-After header, which may be an HTTP date; None when absent or unreadable, never negative."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": UTC without a word about the sender's zone
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return max(0.0, moment.timestamp() - now_epoch_s)
