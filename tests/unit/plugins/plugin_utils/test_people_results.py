# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What results say of people: who holds what, who comes and goes, who is in a group; and which of them are the same."""

from __future__ import annotations

import typing as t

import pytest
from people_fakes import ANA, BEN, GOLD, entra, group, holder, mapping, members

from ansible_collections.cvops.identity.plugins.plugin_utils.people_results import (
    Right,
    Way,
    read_members,
    read_results,
)


def test_a_holder_and_its_entra_group_have_one_key() -> None:
    """Object ids in any case; by the name where the group is still to be made."""
    holders, groups = read_results(
        {
            "localhost": entra(group("GG-A", "A1", [ANA]), group("GG-NEW", None, [BEN])),
            "cs": mapping(holder("GG-A", "a1"), holder("GG-New", None)),
        }
    )
    assert [(groups[found.group].name, groups[found.group].is_new) for found in holders] == [
        ("GG-A", False),
        ("GG-NEW", True),
    ]


def test_what_a_holder_has_before_and_after() -> None:
    ((found,), _groups) = read_results({"cs": mapping(holder(added=[GOLD], kept=[{"id": "1", "text": "Edit"}]))})
    assert found.list_rights(False) == {Right("cs", "1"): "Edit"}
    assert found.list_rights(True) == {Right("cs", "1"): "Edit", Right("cs", GOLD["id"]): GOLD["text"]}
    assert (found.way, found.label) == (Way("GG-Restore", "GG-Restore", "user_group", "g1"), "GG-Restore on cs")


@pytest.mark.parametrize(
    ("mapped", "key"), [((("GG-A", "a"),), "a"), ((("GG-A", "a"), ("gg-a", "b")), "gone gg-a"), ((), "gone gg-a")]
)
def test_a_group_that_goes_is_found_by_its_name_where_one_has_it(mapped: tuple[t.Any, ...], key: str) -> None:
    gone = {"kind": "group", "sign": "-", "principal": "GG-A", "sentence": "delete the group"}
    results = {"localhost": entra(steps=[gone]), "cs": mapping(*(holder(*named) for named in mapped))}
    _holders, groups = read_results(results)
    assert [(name, change.is_deleted, change.is_change) for name, change in groups.items()] == [(key, True, True)]


def test_what_is_no_user_is_called_what_it_is_and_the_nameless_by_their_id() -> None:
    listed = [
        {"object_id": "1", "name": "GG-Inner", "type": "group"},
        {"object_id": "2", "name": "Robot", "type": "servicePrincipal"},
        {"object_id": "3", "name": "laptop", "type": "device"},
        {"object_id": "4", "name": None, "type": "user"},
        {"object_id": "5", "name": None, "type": None},
    ]
    found, failure = read_members(members(G1=listed))
    assert failure == ""
    assert [person.label for person in sorted(found["g1"])] == [
        "everybody in the Entra group GG-Inner",
        "the application Robot",
        "the device laptop",
        "the user with the object id 4, whose name cannot be read",
        "the member with the object id 5, whose name cannot be read",
    ]


@pytest.mark.parametrize(
    ("result", "failure"),
    [
        ({"msg": "Forbidden", "error": {}}, "Forbidden"),
        ({"failed": True}, "the reason is not known"),
        ({"skipped": True, "skip_reason": "Conditional result was False"}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_members_that_were_not_read_say_why_and_those_that_nobody_asked_for_do_not(result: t.Any, failure: str) -> None:
    assert read_members(result) == ({}, failure)
