# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What was read of a CommCell for a snapshot, what was not, and why: one Source for each list.

The reasons are the collection's own words with ids, never the service's texts and never names: they stand in evidence, are the same in every
run over an unchanged CommCell, and tell nothing of people.
"""

from __future__ import annotations

import threading
import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError
from ..._core.provenance import Source
from ..._core.values import format_time
from ..envelope import is_withheld

#: Permissions on the CommCell (ids and names, Commvault documentation: permissions).
ADMINISTRATION, VIEW, USER_MANAGEMENT = 1, 31, 101
_NAMES = {ADMINISTRATION: "Administrative Management", VIEW: "View", USER_MANAGEMENT: "User Management"}
_MOST_NAMED = 10
_NO_SUCH_OBJECT = 404


class SourceLog:
    """The sources of one snapshot, in the order in which they were closed. Threads may note refusals."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._lock = threading.Lock()
        self._refused: dict[str, dict[str, set[int]]] = {}
        self._reasons: dict[str, list[str]] = {}
        #: Rights of the account on the CommCell by id, None where they are not shown; set before the first source is closed.
        self.rights: t.Mapping[int, str] | None = None
        self.company: str | None = None
        self.sources: list[Source] = []

    def note_unread(self, name: str, number: int | None, error: ApiError | None) -> None:
        """Note that an object of source *name* was not shown, or None for the whole list; no *error*: it is gone since it was listed."""
        with self._lock:
            if number is None:
                self._reasons.setdefault(name, []).append(f"not visible to this account: {describe_refusal(error)}")
            else:
                self._refused.setdefault(name, {}).setdefault(_describe_object_refusal(error), set()).add(number)

    def note_reason(self, name: str, reason: str) -> None:
        """Note in words why source *name* is not complete."""
        with self._lock:
            self._reasons.setdefault(name, []).append(reason)

    def close(self, name: str, count: int, *, seen_with: t.Collection[int] = (), doubt: str = "") -> None:
        """Add source *name* with its *count*, complete unless something was noted or the account may see a part only.

        *seen_with*: permissions on the CommCell of which one is needed to see all, none where everybody does. *doubt*: why it is not known
        whether all was seen.
        """
        with self._lock:
            told = [f"{words}: {_list_numbers(found)}" for words, found in sorted(self._refused.get(name, {}).items())]
            reasons = [*dict.fromkeys(self._reasons.get(name, [])), *told]
        if self.company is not None:
            reasons.append(f"read within the company {self.company} only (option commvault_company)")
        if seen_with and self.rights is not None and not set(seen_with) & set(self.rights):
            needed = " or ".join(_NAMES[number] for number in sorted(seen_with))
            reasons.append(
                f"the account lacks the permission {needed} on the CommCell, so everything that it is not allowed to see is missing"
            )
        doubts = [doubt] if doubt else []
        if seen_with and self.rights is None:
            doubts.append("the service does not show the account's rights on the CommCell, so some may be missing")
        complete = False if reasons else None if doubts else True
        self.sources.append(
            {
                "name": name,
                "count": count,
                "complete": complete,
                "why": "; ".join([*reasons, *doubts]),
                "read_at": format_time(self._ctx.clock.now()),
            }
        )


def describe_refusal(error: ApiError | None) -> str:
    """Return in words with which status and code the service declined, or that it has no such call."""
    status, code = (error.status, error.code) if error is not None else (None, None)
    if error is not None and status in (404, 405, 501):
        return f"this release has no such call (HTTP {status})"
    facts = [f"HTTP {status}"] if status is not None and status >= 400 else []
    facts += [f"error code {code}"] if code is not None else []
    word = "refused" if error is None or is_withheld(error) else "answered with an error"
    return f"{word} ({', '.join(facts)})" if facts else word


def _describe_object_refusal(error: ApiError | None) -> str:
    if error is None or error.status == _NO_SUCH_OBJECT:
        return "in the list, but gone when they were read, by id"
    return f"not visible to this account, {describe_refusal(error)}, by id"


def _list_numbers(numbers: t.Collection[int]) -> str:
    ordered = sorted(numbers)
    more = f" and {len(ordered) - _MOST_NAMED} more" if len(ordered) > _MOST_NAMED else ""
    return f"{', '.join(map(str, ordered[:_MOST_NAMED]))}{more}"
