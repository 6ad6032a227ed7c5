# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each replica is asked as it is, and what a change takes away is known."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from fake_graph import FakeGraph

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.module_utils._entra.confirm import (
    list_narrowed_fields,
    wait_until_shown,
)


def test_every_look_meets_the_replica_as_it_is(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    graph, patient = FakeGraph(make_ctx()), [True]

    @contextlib.contextmanager
    def without_waiting() -> t.Iterator[None]:
        patient[0] = False
        yield
        patient[0] = True

    monkeypatch.setattr(graph, "without_waiting", without_waiting)
    asked: list[bool] = []
    assert wait_until_shown(t.cast("t.Any", graph), lambda: asked.append(patient[0]) or [], "group G") == []
    assert asked == [False, False, False]
    assert patient == [True]


@pytest.mark.parametrize(
    ("before", "after", "is_narrowed"),
    [
        (["a", "b"], ["a"], True),
        (["a"], ["a", "b"], False),
        ([{"api": "x", "scopes": ["r"]}], [{"api": "x", "scopes": []}], True),
        ({"redirect_uris": ["a"]}, {"redirect_uris": []}, True),
        ({"implicit": {"id": True}}, {"implicit": {"id": False}}, True),
        ({"implicit": {"id": True}}, {"implicit": {"id": True}}, False),
        ({"uris": ["a"]}, None, True),
        ({"not a text": True}, "text", True),
        ({"not a text": "x"}, "text", False),
        (["not a text"], "not a text", True),
        ("text", "other", False),
        (None, ["a"], False),
    ],
)
def test_what_a_change_takes_away_is_told_from_what_it_adds(before: t.Any, after: t.Any, is_narrowed: bool) -> None:
    planned = Plan({"field": before, "same": ["x"]}, {"field": after, "same": ["x"]})
    assert list_narrowed_fields(planned) == (["field"] if is_narrowed else [])


def test_a_deletion_takes_the_object_itself_away_and_a_creation_nothing() -> None:
    assert list_narrowed_fields(Plan({"members": ["x"]}, {})) == ["state"]
    assert list_narrowed_fields(Plan({}, {"members": ["x"]})) == []
