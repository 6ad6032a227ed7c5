# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adding and removing one reference: safe to repeat, and other refusals stay errors."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid, refusal

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Forbidden, NotFound
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import Repeat
from ansible_collections.cvops.identity.plugins.module_utils._entra.references import (
    add_reference,
    list_relation,
    remove_reference,
)

PATH = f"/groups/{guid(1)}/members"
THERE = "One or more added object references already exist for the following modified properties: 'members'."
GONE = "One or more removed object references do not exist for the following modified properties: 'members'."
NEEDS = ("GroupMember.ReadWrite.All",)


class Recording(FakeGraph):
    """Keeps how a write may be repeated."""

    named: dict[str, t.Any]

    def write(self, method: str, path: str, body: t.Any = None, **named: t.Any) -> t.Any:
        self.named = dict(named)
        return super().write(method, path, body, **named)


def test_a_reference_is_added_by_the_objects_address(make_ctx: t.Any) -> None:
    graph = Recording(make_ctx())
    add_reference(t.cast("t.Any", graph), PATH, guid(2), intent="add it", needs=NEEDS)
    assert graph.writes == [("POST", f"{PATH}/$ref", {"@odata.id": graph.format_reference(guid(2))})]
    assert graph.named == {"intent": "add it", "needs": NEEDS, "repeat": Repeat.ALWAYS}


def test_a_reference_is_removed_by_its_quoted_id(make_ctx: t.Any) -> None:
    graph = Recording(make_ctx())
    remove_reference(t.cast("t.Any", graph), PATH, "a/b", intent="remove it", needs=NEEDS)
    assert graph.writes == [("DELETE", f"{PATH}/a%2Fb/$ref", None)]
    assert graph.named == {"intent": "remove it", "needs": NEEDS, "missing_ok": True}


@pytest.mark.parametrize(("change", "text"), [(add_reference, THERE), (remove_reference, GONE)])
def test_what_is_so_already_is_fine(make_ctx: t.Any, change: t.Callable[..., None], text: str) -> None:
    for status in (400, 409):
        change(FakeGraph(make_ctx(), {}, refusal(text, status)), PATH, guid(2), intent="do it", needs=NEEDS)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (add_reference, refusal(GONE)),
        (remove_reference, refusal(THERE)),
        (add_reference, refusal(THERE, 500)),
        (add_reference, refusal(f"No owners of '{THERE}' may be added")),
        (remove_reference, refusal(f"No owners of '{GONE}' may be removed")),
        (add_reference, ApiError(f"Cannot add an owner to {THERE}: Request_BadRequest: no.", status=400, said="No.")),
        (add_reference, Forbidden("already exist", status=403)),
        (add_reference, NotFound("no such group", status=404)),
        (remove_reference, refusal("Insufficient privileges", 403)),
    ],
)
def test_other_refusals_are_errors(make_ctx: t.Any, change: t.Callable[..., None], error: ApiError) -> None:
    with pytest.raises(type(error)):
        change(FakeGraph(make_ctx(), {}, error), PATH, guid(2), intent="do it", needs=NEEDS)


def test_the_objects_of_a_relation_are_known_from_then_on(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {PATH: [{"id": "A", "displayName": "Ops"}]})
    assert list_relation(t.cast("t.Any", graph), PATH, intent="list it", needs=NEEDS) == [
        {"id": "A", "displayName": "Ops"}
    ]
    assert graph.known_objects.names == {"a": "Ops"}
