# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding a group: exact, or an error that says what to give."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    ConfigError,
    Forbidden,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.lookup import (
    find_group,
    list_groups_named,
    read_group_relation,
    refuse_unknown_id,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.principals import PrincipalLookup

BY_ID = f"/groups/{guid(1)}"
BY_UNIQUE_NAME = "/groups(uniqueName='gg')"


def wire(number: int, display_name: str, **more: t.Any) -> dict[str, t.Any]:
    return {"id": guid(number), "displayName": display_name, "securityEnabled": True, **more}


def find(make_ctx: t.Any, answers: dict[str, t.Any], **options: t.Any) -> t.Any:
    return find_group(t.cast("t.Any", FakeGraph(make_ctx(), answers)), options)


def test_a_display_name_names_the_only_group_that_has_it(make_ctx: t.Any) -> None:
    assert find(make_ctx, {"/groups": [wire(1, "gg")]}, display_name="GG", state="present")["id"] == guid(1)
    assert find(make_ctx, {"/groups": []}, display_name="GG", state="present") is None


def test_a_name_in_another_unicode_form_is_told_and_never_taken(make_ctx: t.Any) -> None:
    """Graph gives only what is asked for: both forms are."""
    graph = FakeGraph(make_ctx(), {"/groups": [wire(1, "Cafe\u0301")]})
    found = find_group(t.cast("t.Any", graph), {"display_name": "Caf\u00e9", "state": "present"})
    assert found is None
    assert graph.parameters[0]["$filter"] == "displayName in ('Caf\u00e9', 'Cafe\u0301')"
    assert [guid(1) in line and "U+0301 COMBINING ACUTE ACCENT" in line for line in graph.ctx.warnings] == [True]


def test_two_groups_of_one_name_are_an_error_that_lists_both(make_ctx: t.Any) -> None:
    with pytest.raises(AmbiguousMatch, match="give object_id or unique_name") as caught:
        find(make_ctx, {"/groups": [wire(1, "GG"), wire(2, "gg")]}, display_name="GG", state="present")
    assert caught.value.facts["candidates"] == [guid(1), guid(2)]


def test_a_unique_name_never_adopts_a_group_by_its_display_name(make_ctx: t.Any) -> None:
    for unique in (None, "other"):
        with pytest.raises(AmbiguousMatch, match="No group has the unique name gg"):
            find(make_ctx, {"/groups": [wire(1, "GG", uniqueName=unique)]}, display_name="GG", unique_name="gg")


def test_a_group_that_a_replica_denies_by_key_is_found_in_the_list(make_ctx: t.Any) -> None:
    listed = [wire(1, "GG"), wire(2, "GG", uniqueName="GG")]
    assert find(make_ctx, {"/groups": listed}, display_name="GG", unique_name="gg")["id"] == guid(2)


def test_the_first_key_that_is_given_is_the_one_that_is_asked(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {BY_ID: wire(1, "GG"), BY_UNIQUE_NAME: wire(2, "GG", uniqueName="gg"), "/groups": []})
    for options, path in (
        ({"object_id": guid(1), "unique_name": "gg", "display_name": "GG"}, BY_ID),
        ({"unique_name": "gg", "display_name": "GG"}, BY_UNIQUE_NAME),
        ({"display_name": "GG"}, "/groups"),
    ):
        graph.reads.clear()
        find_group(t.cast("t.Any", graph), options)
        assert graph.reads == [path]


def test_groups_that_are_no_security_groups_are_left_alone(make_ctx: t.Any) -> None:
    team = wire(1, "Team", securityEnabled=False)
    with pytest.raises(ConfigError, match="not a security group"):
        find(make_ctx, {"/groups": [team]}, display_name="Team")
    with pytest.raises(ConfigError, match="not a security group"):
        find(make_ctx, {BY_ID: team}, object_id=guid(1), state="absent")


def test_a_wrong_object_id_is_an_error_only_for_present(make_ctx: t.Any) -> None:
    graph = t.cast("t.Any", FakeGraph(make_ctx()))
    with pytest.raises(ConfigError, match="leave object_id out") as caught:
        refuse_unknown_id(graph, {"object_id": guid(5), "state": "present"}, PrincipalLookup(graph))
    assert caught.value.facts["source"] == "option object_id"
    for answer in ([], Forbidden("no", status=403), ApiError("x"), [{"id": guid(5), "@odata.type": "#x.group"}]):
        graph.answers["/directoryObjects/getByIds"] = answer
        refuse_unknown_id(graph, {"object_id": guid(5), "state": "absent"}, PrincipalLookup(graph))


def test_a_unique_name_that_only_looks_equal_is_another_name(make_ctx: t.Any) -> None:
    """Graph's key compares more loosely than names are the same."""
    with pytest.raises(ConfigError, match="similar: '\uff47g'"):
        find(make_ctx, {BY_UNIQUE_NAME: wire(1, "x", uniqueName="\uff47g")}, unique_name="gg")
    with pytest.raises(ConfigError, match="but 'other', which is another name"):
        find(make_ctx, {BY_UNIQUE_NAME: wire(1, "x", uniqueName="other")}, unique_name="gg")
    assert find(make_ctx, {BY_UNIQUE_NAME: wire(1, "x", uniqueName="GG")}, unique_name="gg")["id"] == guid(1)


def test_an_unknown_unique_name_without_a_display_name_is_no_group(make_ctx: t.Any) -> None:
    assert find(make_ctx, {}, unique_name="gg", state="present") is None


def test_a_display_name_that_only_looks_equal_is_told_and_not_taken(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {"/groups": [wire(1, "\uff27G"), wire(2, "gg")]})
    assert [item["id"] for item in list_groups_named(t.cast("t.Any", graph), "GG")] == [guid(2)]
    assert len(graph.ctx.warnings) == 1 and guid(1) in graph.ctx.warnings[0]
    assert graph.parameters[0]["$filter"] == "displayName eq 'GG'"


def test_members_are_known_by_name_and_type_once_they_are_listed(make_ctx: t.Any) -> None:
    listed = [{"id": "B", "userPrincipalName": "b@corp.example"}, {"id": "a", "@odata.type": "#microsoft.graph.group"}]
    graph = FakeGraph(make_ctx(), {f"{BY_ID}/owners": listed})
    assert read_group_relation(t.cast("t.Any", graph), guid(1), "owners") == listed
    known = graph.known_objects
    assert known.describe("b") == {"object_id": "b", "name": "b@corp.example", "type": "user"}
    assert known.describe("a") == {"object_id": "a", "name": None, "type": "group"}
    assert known.describe("c") == {"object_id": "c", "name": None, "type": None}
