# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Associations of an app: what is whom, and what changes."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.app_associations import (
    Association,
    describe_associations,
    plan_associations,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.associations import (
    KINDS,
    make_association,
    parse_association,
)


def is_company(number: int | None, name: str) -> bool:
    return number == 30 or name == "corp"


@pytest.mark.parametrize(
    ("entry", "kind", "name", "number"),
    [
        ({"_type_": 13, "userName": "anna"}, "users", "anna", None),
        ({"userId": 4, "userName": "anna", "userGroupId": 0}, "users", "anna", 4),
        ({"userGroupName": "ops", "userGroupId": "7"}, "user_groups", "ops", 7),
        ({"providerId": 30, "providerDomainName": "corp"}, "companies", "corp", 30),
        ({"providerId": 31, "providerDomainName": "ad.example"}, "domains", "ad.example", 31),
        ({"userId": 4}, "users", "4", 4),
        ({"_type_": 12}, "others", "all users", None),
        ({"_type_": 99, "x": 1}, "others", "entry of type 99", None),
    ],
)
def test_an_entry_is_about_somebody(entry: dict[str, t.Any], kind: str, name: str, number: int | None) -> None:
    found = parse_association(entry, is_company)
    assert (found.kind, found.name, found.id, found.wire) == (kind, name, number, entry)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_as_the_same(kind: str) -> None:
    wanted = make_association(kind, "corp" if kind == "companies" else "x", 30 if kind == "companies" else None)
    assert parse_association(wanted.wire, is_company) == wanted


def test_an_id_decides_and_a_name_where_one_is_missing() -> None:
    anna = make_association("users", "anna", 4)
    assert anna.is_same(make_association("users", "renamed", 4))
    assert not anna.is_same(make_association("users", "anna", 5))
    assert anna.is_same(make_association("users", "ANNA", None))
    assert not anna.is_same(make_association("user_groups", "anna", 4))


some = st.builds(make_association, st.sampled_from(KINDS), st.sampled_from(["a", "b"]), st.sampled_from([None, 1, 2]))
others = st.builds(Association, st.just("others"), st.just("all users"), st.none(), st.just({"_type_": 12}))


@given(
    st.lists(some | others, max_size=5),
    st.dictionaries(st.sampled_from(KINDS), st.lists(some, max_size=3)),
    st.booleans(),
)
def test_a_plan_leads_to_what_is_asked_for_and_keeps_the_rest(
    current: list[Association], given_lists: dict[str, list[Association]], exclusive: bool
) -> None:
    wanted = {
        kind: [make_association(kind, item.name, item.id) for item in items] for kind, items in given_lists.items()
    }
    changes = plan_associations(wanted, current, exclusive)
    for kind, items in wanted.items():
        assert all(any(item.is_same(other) for other in changes.after) for item in items)
        if exclusive or not items:
            assert all(any(item.is_same(other) for other in items) for item in changes.after if item.kind == kind)
    assert [item for item in current if item.kind not in wanted] == [
        item for item in changes.after if item.kind not in wanted
    ]
    if not exclusive and all(wanted.values()):
        assert changes.remove == []
    again = plan_associations(wanted, changes.after, exclusive)
    assert (again.add, again.remove) == ([], [])


def test_namesakes_are_told_apart() -> None:
    listed = [
        make_association("users", "anna", 4),
        make_association("users", "anna", 5),
        make_association("users", "b", 6),
    ]
    assert describe_associations(listed, KINDS)["users"] == ["anna (id 4)", "anna (id 5)", "b"]


def test_what_is_still_to_be_created_is_nothing_that_is_there() -> None:
    """A group of the same name is another one, of another level; two that are to be created are the same only at the same level."""
    coming = Association("user_groups", "ops", None, {}, pending=("ops", 0))
    there = make_association("user_groups", "ops", 7)
    assert not coming.is_same(there) and not there.is_same(coming)
    assert coming.is_same(Association("user_groups", "OPS", None, {}, pending=("ops", 0)))
    assert not coming.is_same(Association("user_groups", "ops", None, {}, pending=("ops", 30)))
    assert plan_associations({"user_groups": [coming, coming]}, [there], False).add == [coming]
    assert plan_associations({"user_groups": [coming]}, [there], True).remove == [there]
