# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a conditional access policy follow from the table of fields."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.canonical import (
    translate_from_graph,
    translate_to_graph,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.fields import (
    BY_OPTION,
    FIELDS,
    Kind,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.options import (
    build_policy_spec,
    read_desired_fields,
)


def find_option(path: str) -> dict[str, t.Any]:
    options: t.Any = build_policy_spec().options
    *way, last = path.split(".")
    for name in way:
        options = options[name]["options"]
    return t.cast("dict[str, t.Any]", options[last])


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.option)
def test_each_field_is_an_option_that_is_not_managed_unless_given(field: t.Any) -> None:
    option = find_option(field.option)
    assert "default" not in option and not option.get("required")
    if field.is_set:
        assert option["type"] == "list"
    if field.words and field.is_set:
        assert option["choices"] == list(field.words)
    for ours in {**(field.words or {}), **(field.special or {})}:
        assert translate_from_graph(field, translate_to_graph(field, ours).upper()) == ours
    assert len([other for other in FIELDS if other.member == field.member]) == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"users": None}, {}),
        ({"users": {"include": None}}, {}),
        ({"users": {"include": {"groups": []}}}, {"users.include.groups": frozenset()}),
        ({"device_filter": {"rule": "  a   b "}}, {"device_filter.rule": "a b"}),
        ({"device_filter": {"rule": ""}}, {"device_filter.rule": None, "device_filter.mode": None}),
        ({"session": {"persistent_browser": "none"}}, {"session.persistent_browser": None}),
        (
            {"session": {"sign_in_frequency": {"interval": "none"}}},
            {
                "session.sign_in_frequency.interval": None,
                "session.sign_in_frequency.value": None,
                "session.sign_in_frequency.unit": None,
                "session.sign_in_frequency.authentication": None,
            },
        ),
        ({"grant": {"authentication_strength": ""}}, {"grant.authentication_strength": None}),
        ({"session": {"disable_resilience_defaults": False}}, {"session.disable_resilience_defaults": False}),
    ],
)
def test_what_is_given_is_what_is_asked_for(options: dict[str, t.Any], expected: dict[str, t.Any]) -> None:
    assert read_desired_fields(options) == expected


def test_every_kind_of_field_is_there() -> None:
    assert {field.kind for field in FIELDS} == set(Kind) and len(BY_OPTION) == len(FIELDS)
