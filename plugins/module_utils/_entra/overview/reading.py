# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads of a snapshot's parts: what is refused is told and ends nothing, every other failure does."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.context import Context
from ..._core.errors import Forbidden, NotFound
from ..._core.provenance import Source
from ..._core.values import format_time
from ..batches import Answer, ReadRequest, build_value_queries, iterate_in_batches, read_in_batches
from ..paging import merge_lists
from ..prefetching import PrefetchingGraph
from .document import Row

#: After a refusal so many are asked for together; where all of the first are refused, no more are asked for.
_AT_ONCE = 20
#: So many names of what is not there are told, each so far.
_NAMES_TOLD, _LONGEST_NAME = 20, 256
Found = t.TypeVar("Found")
#: An answer; False for one that could not be had.
Reply: t.TypeAlias = t.Union[Answer, t.Literal[False]]  # noqa: UP007 - Answer is a text at run time


@dataclass
class _Noted:
    count: int
    complete: bool | None
    why: list[str]
    read_at: str


class Reading:
    """The client of one snapshot, and the sources that it has read so far."""

    def __init__(self, ctx: Context, graph: PrefetchingGraph) -> None:
        self.ctx, self.graph = ctx, graph
        self._noted: dict[str, _Noted] = {}

    def note(self, name: str, count: int, complete: bool | None = True, why: str = "") -> None:
        """Note that the source *name* has given *count* more; what is not complete once stays so."""
        read_at = format_time(self.ctx.clock.now())
        noted = self._noted.setdefault(name, _Noted(0, True, [], read_at))
        noted.count, noted.read_at = noted.count + count, read_at
        if complete is not True:
            noted.complete = complete if noted.complete is not False else False
        if why and why not in noted.why:
            noted.why.append(why)

    def note_named(self, name: str, count: int, missing: t.Sequence[str]) -> None:
        """Note how many of the objects that people name there are, and warn of the others, by what they are called. Nothing is lacking for it."""
        told = ", ".join(repr(one[:_LONGEST_NAME]) for one in missing[:_NAMES_TOLD])
        told += f" and {len(missing) - _NAMES_TOLD} more" if len(missing) > _NAMES_TOLD else ""
        self.note(name, count, True, f"not in the tenant: {told}" if missing else "")
        if missing:
            self.ctx.warn(f"{name}: not in the tenant, so nothing about them is read: {told}")

    def is_complete(self, name: str) -> bool:
        """Return True where all of the source *name* was read."""
        noted = self._noted.get(name)
        return noted is not None and noted.complete is True

    def is_clear(self, name: str) -> bool:
        """Return True where nothing of the source *name* was refused so far."""
        noted = self._noted.get(name)
        return noted is None or noted.complete is True

    def list_sources(self) -> list[Source]:
        """Return the sources, sorted by name."""
        return [
            Source(name=name, count=one.count, complete=one.complete, why="; ".join(one.why), read_at=one.read_at)
            for name, one in sorted(self._noted.items())
        ]

    def attempt(self, name: str, needs: t.Sequence[str], read: t.Callable[[], Found]) -> Found | None:
        """Return what *read* does; None, with a note, where it is refused. Raises ApiError for all other failures. Notes no count."""
        try:
            return read()
        except Forbidden:
            self.note(name, 0, complete=False, why=describe_needs(needs))
            return None

    def list_all(
        self,
        name: str,
        path: str,
        params: t.Mapping[str, str],
        intent: str,
        needs: t.Sequence[str],
        *,
        counts: bool = True,
    ) -> list[Row]:
        """Return all objects of a collection; none, with a note, where it is refused. *counts*: see :meth:`list_by_values`."""
        found = self.attempt(
            name, needs, lambda: self.graph.list(path, intent=intent, needs=needs, params=params or None)
        )
        usable = self._leave_out_unusable(name, found or [])
        if counts:
            self.note(name, len(usable))
        return usable

    def _leave_out_unusable(self, name: str, wires: list[Row]) -> list[Row]:
        """Return the objects that have an id; the others are noted as missing in the source *name*."""
        usable = [wire for wire in wires if wire.get("id")]
        self.note_unusable(name, len(wires) - len(usable))
        return usable

    def note_unusable(self, name: str, count: int) -> None:
        """Note that *count* objects of the source *name* have no id by which they could be told apart; nothing for none."""
        if count:
            self.note(name, 0, False, f"{count} objects without an id were left out")

    def list_by_values(
        self,
        name: str,
        path: str,
        member: str,
        values: t.Collection[str],
        select: str,
        needs: t.Sequence[str],
        *,
        counts: bool = True,
    ) -> list[Row]:
        """Return all objects whose *member* is one of *values*, fifteen of them in a filter; none, with a note, where it is refused.

        *counts*: the source is noted with what was found; else only what was refused is. An object that does not say its *member*, and a
        value that is no text, as it comes from such an object, are noted as left out.
        """
        texts = sorted(value for value in values if isinstance(value, str) and value)
        self.note_unusable(name, len(values) - len(texts))
        queries = build_value_queries(self.graph, path, member, texts, {"$select": select})
        requests = [ReadRequest(path, query) for query in queries]
        lists = self.read_each(name, requests, f"read {path[1:]} by {member}", needs)
        listed = self._leave_out_unusable(name, merge_lists(fill_lists(lists)))
        found = [wire for wire in listed if isinstance(wire.get(member), str)]
        self.note_unusable(name, len(listed) - len(found))
        if counts:
            self.note(name, len(found))
        return found

    def read_each(
        self, name: str, requests: t.Sequence[ReadRequest], intent: str, needs: t.Sequence[str]
    ) -> list[Reply]:
        """Return the answer to each request, False, with a note, for one that is refused. Raises ApiError for all other failures."""
        return self.take_each(name, requests, intent, needs, _keep_whole)

    def take_each(
        self,
        name: str,
        requests: t.Sequence[ReadRequest],
        intent: str,
        needs: t.Sequence[str],
        take: t.Callable[[Answer], Found],
    ) -> list[Found | t.Literal[False]]:
        """Return what *take* makes of each answer, as :meth:`read_each` does; of the answers no more than one batch is held at a time."""
        if not requests:
            return []
        try:
            return [take(one) for one in iterate_in_batches(self.graph, requests, intent=intent, needs=needs)]
        except (Forbidden, NotFound):
            return self._take_apart(name, requests, intent, needs, take)

    def _take_apart(
        self,
        name: str,
        requests: t.Sequence[ReadRequest],
        intent: str,
        needs: t.Sequence[str],
        take: t.Callable[[Answer], Found],
    ) -> list[Found | t.Literal[False]]:
        """Return the answers where one of them at least is refused, or is of an object that has gone since it was listed."""
        found: list[Found | t.Literal[False]] = []
        refused, gone = 0, 0
        for start in range(0, len(requests), _AT_ONCE):
            chunk = requests[start : start + _AT_ONCE]
            try:
                found += map(take, read_in_batches(self.graph, chunk, intent=intent, needs=needs))
                continue
            except (Forbidden, NotFound):
                pass
            for request in chunk:
                try:
                    found += map(take, read_in_batches(self.graph, [request], intent=intent, needs=needs))
                except Forbidden:
                    found.append(False)
                    refused += 1
                except NotFound:
                    found.append(False)
                    gone += 1
            if refused == len(found):
                refused = len(requests)
                found = [False] * refused
                break
        if refused:
            self.note(name, 0, False, f"{refused} of {len(requests)} reads were refused: {describe_needs(needs)}")
        if gone:
            self.note(
                name, 0, False, f"{gone} of {len(requests)} objects were deleted while they were read; run it again"
            )
        return found


def _keep_whole(answer: Answer) -> Answer:
    return answer


def describe_needs(needs: t.Sequence[str]) -> str:
    """Return which permissions a read takes, in words."""
    return f"reading it needs {' or '.join(needs)}" if needs else "the signed-in identity is not allowed to read it"


def fill_lists(answers: t.Iterable[Reply]) -> list[list[Row]]:
    """Return lists, empty ones for what could not be read."""
    return [one if isinstance(one, list) else [] for one in answers]
