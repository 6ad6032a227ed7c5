# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The rules for sending a request again, and after how long. Pure: no clock, no sleep."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass


class Repeat(enum.Enum):
    """What the caller knows about sending a request twice."""

    BY_METHOD = "by_method"  #: GET, HEAD, PUT, PATCH and DELETE may be repeated; POST only when it was never received
    IF_REFUSED = "if_refused"  #: also when the service says that it refused to act: 429, or 503 with Retry-After
    IF_UNDONE = (
        "if_undone"  #: whatever the method: only when it was never received, or the service says that it refused to act
    )
    ALWAYS = "always"  #: the same request twice has the effect of one; the caller vouches for it
    NEVER = "never"  #: not even when the connection failed before anything was sent


_IDEMPOTENT_METHODS = frozenset(("GET", "HEAD", "PUT", "PATCH", "DELETE"))
_READING_METHODS = frozenset(("GET", "HEAD"))


@dataclass(frozen=True)
class Attempt:
    """How one try ended: an HTTP *status*, or None with *received* telling whether the service may have seen the request.

    ``retry_after_s``: how long the service asks to wait. ``refused``: it said, by its own code, that nothing was done and that the
    request may be sent again.
    """

    method: str
    status: int | None
    received: bool
    retry_after_s: float | None = None
    refused: bool = False


@dataclass(frozen=True)
class RepeatRules:
    """Which errors of one service pass by themselves.

    ``statuses``: HTTP statuses after which the same request may succeed, where sending it twice does no harm; ``read_statuses``:
    further ones that say so for reads only. ``refusal_codes``: the service's own error codes, of whatever status, that say that
    nothing was done and that the request may be sent again, whatever its method; ``find_codes`` reads the codes of an error's body.
    """

    statuses: frozenset[int] = frozenset((408, 429, 502, 503, 504))
    read_statuses: frozenset[int] = frozenset((500,))
    refusal_codes: frozenset[str] = frozenset()
    find_codes: t.Callable[[t.Any], t.Iterable[str]] = lambda body: ()

    def is_refusal(self, body: t.Any) -> bool:
        """Return True for an error body with a code by which the service refused to act for the moment."""
        return not self.refusal_codes.isdisjoint(self.find_codes(body))

    def is_passing(self, method: str, status: int) -> bool:
        """Return True for a status after which the same request may succeed."""
        return status in self.statuses or (method in _READING_METHODS and status in self.read_statuses)


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how fast a request is tried again.

    ``tries`` in all; pauses grow from ``base_s`` and are drawn from zero up to ``cap_s`` (full jitter). ``longest_told_s``: a service that
    asks for a longer pause than this gets none; the caller is told instead. One that throttles without saying for how long gets
    pauses of at least twice the base, growing as well. ``rules``: which errors pass by themselves.
    """

    tries: int = 5
    base_s: float = 0.5
    cap_s: float = 20.0
    longest_told_s: float = 120.0
    rules: RepeatRules = RepeatRules()

    def may_repeat(self, attempt: Attempt, repeat: Repeat) -> bool:
        """Return True when sending the request again cannot do harm and may help."""
        if repeat is Repeat.NEVER:
            return False
        if not attempt.received or attempt.refused:
            return True
        if attempt.status is not None and not self.rules.is_passing(attempt.method, attempt.status):
            return False
        if repeat is Repeat.ALWAYS or (attempt.method in _IDEMPOTENT_METHODS and repeat is not Repeat.IF_UNDONE):
            return True
        refused = attempt.status == 429 or (attempt.status == 503 and attempt.retry_after_s is not None)
        return repeat in (Repeat.IF_REFUSED, Repeat.IF_UNDONE) and refused

    def compute_pause_s(self, number: int, attempt: Attempt, repeat: Repeat, chance: float) -> float | None:
        """Return the seconds to wait after try *number* (from 1), or None to give up; *chance* is drawn from 0 up to 1."""
        if number >= self.tries or not self.may_repeat(attempt, repeat):
            return None
        told = attempt.retry_after_s
        if told is None:
            longest = min(self.cap_s, self.base_s * float(2 ** (number - 1)))
            return longest * chance if attempt.status != 429 else longest * 2 * (1 + chance)
        return None if told > self.longest_told_s else told + chance * min(1.0, self.base_s)
