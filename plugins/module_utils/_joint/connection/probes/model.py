# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Probes: open questions about a service, each with the reads that settle it and what they mean. Pure but for the reads handed in."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

CONFIRMED, DIFFERENT, NOT_ASKED = "confirmed", "different", "could not be asked"
#: HTTP statuses that say nothing about the question: not signed in, not allowed, throttled, no gateway.
_NOT_ANSWERED = (401, 403, 429, 502, 503, 504)


@dataclass(frozen=True)
class Answer:
    """What came of a read. ``status``: None where nothing came back; ``code``: the service's own, raw; ``body``: parsed JSON, None for none."""

    status: int | None
    code: str | None = None
    body: t.Any = None

    @property
    def is_success(self) -> bool:
        """Whether the service did what was asked for."""
        return self.status is not None and 200 <= self.status < 300 and self.code is None

    @property
    def is_void(self) -> bool:
        """Whether the answer says nothing about the question."""
        return self.status is None or self.status in _NOT_ANSWERED


@dataclass(frozen=True)
class Finding:
    """What the answers to a probe mean. ``why``: in our own words, for what could not be asked; ``facts``: our words and numbers only."""

    verdict: str
    why: str = ""
    facts: t.Mapping[str, t.Any] = field(default_factory=dict)


class Read(t.Protocol):
    """Sends one read and returns its answer; errors of the service are answers, too."""

    def __call__(self, path: str, params: t.Mapping[str, str] | None = None) -> Answer:
        raise NotImplementedError


class Probe(t.NamedTuple):
    """One question. ``requests``: what is sent, with placeholders; ``words``: the keys and codes that are expected in answers.

    ``ask`` sends the reads and returns what they mean.
    """

    key: str
    question: str
    requests: tuple[str, ...]
    words: frozenset[str]
    ask: t.Callable[[Read, t.Any], Finding]


def leave_open(answer: Answer) -> Finding:
    """Return that a probe could not be asked, for an answer that says nothing about its question."""
    if answer.status is None:
        return Finding(NOT_ASKED, "nothing was answered, or nothing that can be read")
    return Finding(
        NOT_ASKED, f"the read was answered with HTTP {answer.status}" + (" and a code" if answer.code else "")
    )


def confirm(is_so: bool, **facts: t.Any) -> Finding:
    """Return the finding for an assumption that was seen to hold, or not."""
    return Finding(CONFIRMED if is_so else DIFFERENT, facts=facts)


def list_rows(body: t.Any, *names: str) -> list[dict[str, t.Any]]:
    """Return the objects in the first list of these names that an answer has."""
    holder = body if isinstance(body, dict) else {}
    found: list[t.Any] = next((holder[name] for name in names if isinstance(holder.get(name), list)), [])
    return [row for row in found if isinstance(row, dict)]


def is_readable_text(value: t.Any) -> bool:
    """Return whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value)
