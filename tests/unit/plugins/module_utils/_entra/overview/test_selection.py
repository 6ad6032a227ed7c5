# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of a snapshot: a fixed selection, of the right kinds, in one order."""

from __future__ import annotations

import json
import typing as t

import pytest
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview import selection
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.selection import (
    APPLICATION,
    GROUP,
    PRINCIPAL,
    SELECTS,
    USER,
    clean_body,
    select_row,
    select_rows,
)

APPLICATION_WIRE: dict[str, t.Any] = {
    "id": guid(1).upper(),
    "appId": guid(2),
    "displayName": "App",
    "tags": ["b", "a", "b"],
    "web": {"redirectUris": ["https://b", "https://a"], "implicitGrantSettings": None},
    "passwordCredentials": [
        {
            "keyId": guid(9),
            "displayName": "x",
            "hint": "abc",
            "secretText": "s3cr3t",
            "endDateTime": "2027-01-01T00:00:00Z",
        }
    ],
    "keyCredentials": [{"keyId": guid(8), "key": "MIIB", "customKeyIdentifier": "AAAA", "usage": "Verify"}],
    "appRoles": [
        {"id": guid(5), "value": "b", "allowedMemberTypes": ["User", "Application"], "isEnabled": True},
        {"id": guid(4), "value": "a", "allowedMemberTypes": [], "isEnabled": False},
    ],
    "somethingNew": {"deep": 1},
}
#: Names that no row may have, whatever the kind.
SECRETS = {"hint", "secretText", "key", "password", "passwordProfile"}


def list_names(table: t.Any) -> set[str]:
    """All property names in a table."""
    if isinstance(table, list):
        return list_names(table[0])
    if not isinstance(table, dict):
        return set()
    return {*table, *(name for kind in table.values() for name in list_names(kind))}


def test_no_table_names_a_secret() -> None:
    tables = [
        value
        for name, value in vars(selection).items()
        if name.isupper() and isinstance(value, dict) and name != "SELECTS"
    ]
    assert len(tables) >= 8
    for table in tables:
        assert not list_names(table) & SECRETS


def test_what_is_selected_is_asked_for() -> None:
    """A property that a row has is named in the select, or is None for ever."""
    for table, key in ((APPLICATION, "application"), (PRINCIPAL, "principal")):
        assert set(table) <= set(SELECTS[key].split(","))


def test_a_row_has_every_property_of_its_table_and_no_other() -> None:
    row = select_row(APPLICATION, APPLICATION_WIRE, "application")
    assert set(row) == set(APPLICATION)
    assert (row["id"], row["tags"], row["description"]) == (guid(1), ["a", "b"], None)
    assert row["web"]["redirectUris"] == ["https://a", "https://b"]
    assert [role["value"] for role in row["appRoles"]] == ["a", "b"]
    assert row["passwordCredentials"] == [
        {"keyId": guid(9), "displayName": "x", "startDateTime": None, "endDateTime": "2027-01-01T00:00:00Z"}
    ]
    assert not {"s3cr3t", "MIIB", "abc"} & set(json.dumps(row).split('"'))


@pytest.mark.parametrize(
    ("table", "wire"),
    [
        (USER, {"id": guid(1), "accountEnabled": "yes"}),
        (USER, {"id": 7}),
        (USER, {"id": "../groups"}),
        (USER, {"id": guid(1), "displayName": {"a": 1}}),
        (USER, []),
        (GROUP, {"id": guid(1), "groupTypes": "Unified"}),
        (GROUP, {"id": guid(1), "groupTypes": [1]}),
        (APPLICATION, {"id": guid(1), "web": ["x"]}),
        (APPLICATION, {"id": guid(1), "appRoles": [1]}),
        (APPLICATION, {"id": guid(1), "appRoles": {"id": 1}}),
        (APPLICATION, {"id": guid(1), "api": {"requestedAccessTokenVersion": True}}),
    ],
)
def test_another_kind_is_a_bad_answer(table: t.Any, wire: t.Any) -> None:
    with pytest.raises(BadAnswer):
        select_row(table, wire, "thing")


def shuffle(value: t.Any, draw: t.Any) -> t.Any:
    """*value* with all its lists, and the order of its members, changed."""
    if isinstance(value, dict):
        return {name: shuffle(value[name], draw) for name in draw(st.permutations(list(value)))}
    if isinstance(value, list):
        return [shuffle(item, draw) for item in draw(st.permutations(value))]
    return value


@given(st.data())
def test_the_order_of_an_answer_never_matters(data: t.Any) -> None:
    other = {**APPLICATION_WIRE, "id": guid(3)}
    wires = [APPLICATION_WIRE, other]
    assert select_rows(APPLICATION, shuffle(wires, data.draw), "x") == select_rows(APPLICATION, wires, "x")
    body = {
        "id": guid(1),
        "conditions": {"users": {"includeUsers": ["b", "a"]}, "ips": [{"x": 2}, {"x": 1}]},
        "n": None,
    }
    assert json.dumps(clean_body(shuffle(body, data.draw), "x")) == json.dumps(clean_body(body, "x"))


def test_a_body_keeps_its_type_and_no_other_annotation() -> None:
    body = {"@odata.type": "#x", "@odata.context": "https://graph", "includeUsers@odata.context": "y", "b": "\ud800"}
    assert clean_body(body, "x") == {"@odata.type": "#x", "b": "\ufffd"}
    deep: t.Any = "end"
    for _number in range(40):
        deep = [deep]
    with pytest.raises(BadAnswer):
        clean_body(deep, "x")
