# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A client of Graph that has read in batches what it is asked for one by one."""

from __future__ import annotations

import typing as t

from .._core.context import Context
from .batches import Answer, Wire
from .client import GraphClient

_Key: t.TypeAlias = "tuple[str, frozenset[tuple[str, t.Any]]]"


class PrefetchingGraph(GraphClient):
    """A client that answers a read from what was kept for it, until :meth:`forget_answers`; else it asks Graph.

    So the code that plans one object plans many of them, in few requests.
    """

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._answers: dict[_Key, Answer] = {}

    def keep_answer(self, path: str, params: t.Mapping[str, t.Any] | None, answer: Answer) -> None:
        """Keep what a read gives: the objects of a list; the object, or None for one that is not there."""
        self._answers[_make_key(path, params)] = answer

    def forget_answers(self) -> None:
        """Forget all that was kept: from now on what is read may have been written."""
        self._answers.clear()

    def get(
        self, path: str, *, intent: str, needs: t.Sequence[str] = (), params: t.Mapping[str, t.Any] | None = None
    ) -> Wire | None:
        """Return one object, or None for one that is not there."""
        key = _make_key(path, params)
        if key in self._answers:
            return t.cast("Wire | None", self._answers[key])
        return super().get(path, intent=intent, needs=needs, params=params)

    def list(
        self, path: str, *, intent: str, needs: t.Sequence[str] = (), params: t.Mapping[str, t.Any] | None = None
    ) -> list[Wire]:
        """Return all objects of a collection."""
        key = _make_key(path, params)
        if key in self._answers:
            return t.cast("list[Wire]", self._answers[key])
        return super().list(path, intent=intent, needs=needs, params=params)


def _make_key(path: str, params: t.Mapping[str, t.Any] | None) -> _Key:
    return path, frozenset((params or {}).items())
