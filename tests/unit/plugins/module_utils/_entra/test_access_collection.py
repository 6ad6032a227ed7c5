# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collections of conditional access: one object by id or unambiguous name, and no id of an earlier look."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AmbiguousMatch, ConfigError, Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._entra.access_collection import POLICIES, AccessCollection


def make_collection(make_ctx: t.Any, rows: t.Any, **answers: t.Any) -> tuple[AccessCollection[t.Any], FakeGraph]:
    graph = FakeGraph(make_ctx({}), {POLICIES: rows, **answers})
    return AccessCollection(t.cast(t.Any, graph), POLICIES, "policy", "policies", dict, ("Write",)), graph


def options(state: str = "present", **given: t.Any) -> dict[str, t.Any]:
    return {"state": state, **given}


def test_an_object_is_found_by_its_name_and_known_by_its_id(make_ctx: t.Any) -> None:
    rows = [{"id": guid(1), "displayName": "CA1"}, {"id": guid(2), "displayName": "CA2"}]
    collection, graph = make_collection(make_ctx, rows)
    assert (collection.find(options(display_name="ca2")) or {})["id"] == guid(2) and collection.object_id == guid(2)
    collection.change({"state": "disabled"}, "change it")
    collection.delete("delete it")
    assert graph.sent() == [f"PATCH {POLICIES}/{guid(2)}", f"DELETE {POLICIES}/{guid(2)}"]
    assert graph.forgotten == [guid(2)] and graph.needs == [("Write",), ("Write",)]


@pytest.mark.parametrize("method", ["create", "change"])
def test_a_refused_write_tells_the_licences(make_ctx: t.Any, method: str) -> None:
    """The service has one code for a licence and for a right that lacks; nothing of its words and facts is lost."""
    collection, graph = make_collection(make_ctx, [{"id": guid(1), "displayName": "CA1"}])
    collection.find(options(display_name="CA1"))
    collection.licences = ("A", "B")
    graph.replies.append(Forbidden("Cannot: not licensed.", said="not licensed", code="AccessDenied", status=403))
    with pytest.raises(Forbidden) as caught:
        getattr(collection, method)({"displayName": "CA2"}, "write it")
    assert str(caught.value).startswith("Cannot: not licensed. ")
    assert str(caught.value).endswith("lacks a licence. Needed: A and B.")
    assert (caught.value.said, caught.value.code) == ("not licensed", "AccessDenied")


def test_what_is_gone_at_the_second_look_has_no_id(make_ctx: t.Any) -> None:
    collection, graph = make_collection(make_ctx, [{"id": guid(1), "displayName": "CA1"}])
    collection.find(options(display_name="CA1"))
    graph.answers[POLICIES] = []
    assert collection.find(options(display_name="CA1")) is None and collection.object_id is None


def test_what_is_not_clear_is_not_guessed(make_ctx: t.Any) -> None:
    rows = [{"id": guid(2), "displayName": "CA1"}, {"id": guid(1), "displayName": "ca1"}]
    collection, graph = make_collection(make_ctx, rows)
    with pytest.raises(AmbiguousMatch, match="2 policies have the display name CA1") as caught:
        collection.find(options(display_name="CA1"))
    assert caught.value.facts["candidates"] == [guid(1), guid(2)]


@pytest.mark.parametrize(("state", "is_error"), [("present", True), ("absent", False)])
def test_an_id_of_nothing(make_ctx: t.Any, state: str, is_error: bool) -> None:
    collection, graph = make_collection(make_ctx, [])
    if not is_error:
        assert collection.find(options(state, object_id=guid(9))) is None
        return
    with pytest.raises(ConfigError, match="No policy has the object id"):
        collection.find(options(state, object_id=guid(9)))


def test_what_is_no_id_is_not_asked_for(make_ctx: t.Any) -> None:
    collection, graph = make_collection(make_ctx, [])
    with pytest.raises(ConfigError, match="is not a GUID"):
        collection.find(options(object_id="../groups"))
    assert graph.reads == []
