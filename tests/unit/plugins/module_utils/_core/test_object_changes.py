# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of objects in words: every difference is told once, and nothing else."""

from __future__ import annotations

import json
import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.object_changes import (
    describe_creation,
    describe_object_changes,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Change

WORDS = {"web.redirect_uris": "redirect URI", "sign_in_audience": "sign-in audience"}


def told(changes: t.Iterable[Change]) -> list[str]:
    return [f"{change.sign} {change.sentence}" for change in changes]


def test_lists_gain_and_lose_and_other_fields_are_set_or_cleared() -> None:
    before = {"description": "old", "notes": "x", "enabled": True, "web": {"redirect_uris": ["https://a"]}, "tags": []}
    after = {"description": "new", "notes": None, "enabled": False, "web": {"redirect_uris": ["https://b"]}, "tags": []}
    changes = describe_object_changes("Commvault", before, after, WORDS)
    assert told(changes) == [
        '~ set description to "new"',
        "~ set enabled to false",
        "~ clear notes",
        "- remove redirect URI https://a",
        "+ add redirect URI https://b",
    ]
    assert {change.principal for change in changes} == {"Commvault"}
    assert [change.kind for change in changes] == ["setting", "setting", "setting", "redirect URI", "redirect URI"]


def test_entries_of_lists_are_told_apart_by_what_identifies_them() -> None:
    read = {"value": "Reader", "enabled": True, "description": "reads", "members": ["User"]}
    before = {"app_roles": [read, {"value": "Gone", "enabled": True}]}
    after = {"app_roles": [{**read, "description": "", "enabled": False}, {"value": "New", "enabled": True}]}
    assert told(describe_object_changes("Commvault", before, after)) == [
        "- remove app role Gone",
        "+ add app role New (enabled true)",
        "~ change app role Reader: clear description, set enabled to false",
    ]
    claims = ({"claims": [{"name": "email", "source": source}]} for source in (None, "user"))
    assert told(describe_object_changes("Commvault", *claims)) == [
        "- remove claim email",
        "+ add claim email of user",
    ]


def test_a_creation_names_single_values_in_one_line_and_every_value_of_a_list() -> None:
    fields = {
        "sign_in_audience": "AzureADMyOrg",
        "description": "",
        "web": {"redirect_uris": ["https://a", "https://b"]},
    }
    assert told(describe_creation("application", "Commvault", fields, WORDS)) == [
        '+ create the application with sign-in audience "AzureADMyOrg"',
        "+ add redirect URI https://a",
        "+ add redirect URI https://b",
    ]
    assert told(describe_creation("group", "G", {"description": None})) == ["+ create the group"]


def test_none_and_empty_are_the_same() -> None:
    assert describe_object_changes("G", {"a": None, "b": [], "c": ""}, {"a": "", "b": None, "d": None}) == ()


ENTRIES = st.lists(
    st.builds(
        lambda value, text: {"value": value, "text": text}, st.sampled_from("xyz"), st.sampled_from(["", "p", "q"])
    ),
    unique_by=lambda entry: entry["value"],
)
FIELDS = st.fixed_dictionaries(
    {
        "text": st.none() | st.sampled_from(["a", "b"]),
        "flag": st.booleans(),
        "names": st.lists(st.sampled_from("abc"), unique=True),
        "entries": ENTRIES,
        "web": st.fixed_dictionaries(
            {"uris": st.lists(st.sampled_from("abc"), unique=True), "url": st.none() | st.text()}
        ),
    }
)


def apply(before: dict[str, t.Any], changes: t.Iterable[Change]) -> dict[str, t.Any]:
    """The object after its changes, from their facts alone."""
    after = json.loads(json.dumps(before))
    for change in changes:
        *outer, name = change.facts["field"].split(".")
        place = after
        for part in outer:
            place = place[part]
        value = change.facts["value"]
        if not isinstance(place[name], list):
            place[name] = value
            continue
        if change.sign in "-~":
            place[name] = [
                x for x in place[name] if x != value and (isinstance(x, str) or x["value"] != value["value"])
            ]
        if change.sign in "+~":
            place[name].append(value)
    return t.cast("dict[str, t.Any]", after)


def sort_lists(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {name: sort_lists(item) for name, item in value.items()}
    return sorted(value, key=json.dumps) if isinstance(value, list) else value or None


@given(FIELDS, FIELDS)
def test_the_changes_are_all_that_lies_between_before_and_after(
    before: dict[str, t.Any], after: dict[str, t.Any]
) -> None:
    changes = describe_object_changes("G", before, after)
    assert sort_lists(apply(before, changes)) == sort_lists(after)
    assert describe_object_changes("G", before, before) == ()
    assert len({json.dumps(change.facts, sort_keys=True) + change.sign for change in changes}) == len(changes)
