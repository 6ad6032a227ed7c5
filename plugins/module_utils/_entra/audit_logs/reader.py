# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads entries of a log window by window and page by page; what does not come is a gap that is told, never silence."""

from __future__ import annotations

import datetime
import typing as t
from collections import Counter

from ..._core.context import Context
from ..._core.errors import ApiError, BadAnswer, Forbidden, NotFound, Throttled, Unreachable
from ..._core.retry import Repeat
from ..._core.values import get_time
from ..._core.work_progress import WorkProgress
from ..._signin.clouds import get_graph_url
from ..client import GraphClient
from ..paging import add_key, check_object, explain_unusable_link
from ..whoami import list_token_permissions
from .periods import Gap, Reason, Window
from .queries import LogQuery

Wire: t.TypeAlias = dict[str, t.Any]
#: Graph permissions that reading the logs takes.
READ_NEEDS = ("AuditLog.Read.All",)
_NO_LICENCE = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
_SERVICE_FAILURES = (500, 502, 503, 504)
#: So many smallest windows in a row that are not answered are a service that answers nothing.
_MOST_UNANSWERED = 3
#: So many pages in a row that hold nothing new are no list that ends.
_MOST_IDLE_PAGES = 12
#: Seconds that are left to the task for what comes after reading.
_RESERVE_S = 30.0


class _Unanswered(Exception):
    """A window was not read to its end. ``reached``: up to when it was, for certain; None for not at all."""

    def __init__(self, why: str, reached: datetime.datetime | None) -> None:
        super().__init__(why)
        self.reached = reached


class _OutOfTime(_Unanswered):
    """The task's time is nearly over."""


class _Endless(_Unanswered):
    """The list brings nothing new and goes on, as it would in a smaller window, too."""


class NoLicence(Exception):
    """The tenant has no licence for the log; the text is the service's own."""


class LogReader:
    """Reads one log. ``gaps``: what was not read; ``repeats``: entries that the service has given twice; ``pages``: by version and kind."""

    def __init__(self, ctx: Context, graph: GraphClient) -> None:
        self._ctx, self._graph, self._root = ctx, graph, get_graph_url(ctx.options)
        self._keys: set[str] = set()
        self._unordered: set[str] = set()
        self._is_ascending, self._has_risen = True, False
        self._unanswered = 0
        self._progress = WorkProgress(ctx, "entries of the logs read so far")
        self._latest: datetime.datetime | None = None
        self.gaps: list[Gap] = []
        self.repeats = 0
        self.pages: Counter[tuple[str, str | None]] = Counter()

    def read(self, query: LogQuery, period: Window) -> t.Iterator[Wire]:
        """Yield the entries of *period* that no earlier query of this log has given, about oldest first.

        A window that the service does not answer is split, and told as a gap when it is the smallest one. Raises NoLicence,
        ApiError, Cancelled, and WaitTimeout.
        """
        windows = [period]
        self._unanswered = 0
        while windows:
            window = windows.pop()
            rest = Window(window.start, period.end)
            try:
                yield from self._read_window(query, window)
            except _OutOfTime as exc:
                self._note(query, Window(exc.reached or window.start, period.end), "deadline", str(exc))
                return
            except _Unanswered as exc:
                rest = Window(max(window.start, exc.reached or window.start), window.end)
                if not rest.is_smallest and not isinstance(exc, _Endless):
                    windows += reversed(rest.split())
                    continue
                self._unanswered += 1
                if self._unanswered >= _MOST_UNANSWERED:
                    self._note(query, Window(rest.start, period.end), "unanswered", f"{exc}, and so on")
                    return
                self._note(query, rest, "unanswered", str(exc))
            except (NotFound, ApiError) as exc:
                if not (isinstance(exc, NotFound) or (exc.status == 400 and exc.code)):
                    raise
                if exc.status == 400 and query.path not in self._unordered:
                    self._unordered.add(query.path)  # which of the logs can be ordered is not told of each version
                    windows.append(window)
                    continue
                self._note(query, rest, "refused", str(exc))
                return

    @property
    def is_in_order(self) -> bool:
        """Whether the entries of the query at hand come oldest first, as far as it was read."""
        return self._get_reached() is not None

    def _note(self, query: LogQuery, window: Window, reason: Reason, why: str) -> None:
        self.gaps.append(Gap(query.log, window, reason, f"{query.words}: {why}", query.sign_in_type))

    def _read_window(self, query: LogQuery, window: Window) -> t.Iterator[Wire]:
        """Yield the entries of one window. Raises _Unanswered where the service does not give all of them."""
        self._is_ascending, self._has_risen, self._latest = True, False, None
        keys, links, idle = set[str](), set[str](), 0
        path = query.path
        params: dict[str, str] | None = query.build_params(window, query.path not in self._unordered)
        intent = f"read the {query.words}"
        while True:
            if self._ctx.remaining_s() < _RESERVE_S:
                raise _OutOfTime("the task's time is nearly over (option deadline)", self._get_reached())
            reply = self._ask(query, window, path, params, intent)
            self.pages[query.api, query.sign_in_type] += 1
            self._unanswered = 0
            page = self._graph.read_object(reply)
            values = page.get("value")
            if not isinstance(values, list):
                raise reply.build_bad_answer("something that is not a list of entries")
            fresh = [wire for wire in values if add_key(keys, check_object(wire, reply))]
            self.repeats += len(values) - len(fresh)
            for wire in fresh:
                self._note_reached(query, wire)
                if add_key(self._keys, wire):
                    yield wire
            self._progress.tell(len(self._keys))
            following, idle = page.get("@odata.nextLink"), 0 if fresh else idle + 1
            if not following:
                return
            why = explain_unusable_link(self._root, following, links, query.api)
            if why and not (isinstance(following, str) and following in links):
                raise BadAnswer(
                    f"Cannot {intent}: the list cannot be read to its end: {why}.", **reply.get_error_facts()
                )
            if why:
                raise _Unanswered(f"the list cannot be read to its end: {why}", self._get_reached())
            if idle >= _MOST_IDLE_PAGES:
                raise _Endless("the list continues with pages that contain nothing new", self._get_reached())
            links.add(following)
            path, params = following, None

    def _ask(self, query: LogQuery, window: Window, path: str, params: t.Any, intent: str) -> t.Any:
        """Return a page. One of a window that can be split is asked for once: a smaller one is more likely to be answered."""
        repeat = Repeat.BY_METHOD if window.is_smallest else Repeat.IF_UNDONE
        try:
            return self._graph.read_page(path, intent=intent, needs=READ_NEEDS, params=params, repeat=repeat)
        except Throttled:
            raise
        except Unreachable as exc:
            if exc.code != "read_timeout":
                raise
            raise _Unanswered(str(exc), self._get_reached()) from exc
        except Forbidden as exc:
            if exc.code == _NO_LICENCE:
                raise NoLicence(str(exc)) from exc
            raise self._explain(exc) from exc
        except ApiError as exc:
            if exc.status not in _SERVICE_FAILURES:
                raise
            raise _Unanswered(str(exc), self._get_reached()) from exc

    def _get_reached(self) -> datetime.datetime | None:
        """Return up to when the window at hand was read; None where that is not certain, since the order that was asked for does not show."""
        return self._latest if self._is_ascending and self._has_risen else None

    def _note_reached(self, query: LogQuery, wire: Wire) -> None:
        """Note the moment of an entry, and whether entries come in the order that was asked for."""
        moment = get_time(wire, query.date, " of an entry")
        if moment is None:
            raise BadAnswer(f"The log of {query.words} contains an entry without a date.", member=query.date)
        moment = moment.astimezone(datetime.timezone.utc).replace(microsecond=0)
        if self._latest is not None:
            self._is_ascending = self._is_ascending and moment >= self._latest
            self._has_risen = self._has_risen or moment > self._latest
        self._latest = moment

    def _explain(self, exc: Forbidden) -> Forbidden:
        """Return the refusal with what is likely missing where the token has the permission."""
        held = list_token_permissions(self._graph.read_token_claims())
        if READ_NEEDS[0] not in (held or ()):
            return exc
        told = (
            f"{exc} The token has {READ_NEEDS[0]}: some tenants also ask for Directory.Read.All, and a person needs "
            "a role such as Security Reader or Reports Reader."
        )
        return Forbidden(told, said=exc.said, **exc.facts)
