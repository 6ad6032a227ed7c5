# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refused options are named, their values are not."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.plugin_utils.refusals import describe_refusal, is_only_missing

SPEC: dict[str, t.Any] = {
    "client_secret": {"type": "str", "no_log": True},
    "method": {"type": "str", "choices": ["auto", "client_secret", "token"]},
    "kinds": {"type": "list", "elements": "str", "choices": ["red", "green"]},
    "certs": {"type": "bool"},
    "timeout": {"type": "int"},
    "share": {"type": "float"},
    "names": {"type": "list", "elements": "int"},
    "store": {
        "type": "dict",
        "options": {
            "vault": {"type": "dict", "options": {"token": {"type": "str", "no_log": True}, "path": {"type": "str"}}},
            "mode": {"type": "str", "choices": ["a", "b"]},
        },
    },
    "many": {"type": "list", "elements": "dict", "options": {"key": {"type": "str", "no_log": True}}},
}
PLACES: dict[str, t.Callable[[t.Any], dict[str, t.Any]]] = {
    "an unknown option": lambda value: {"client_secrte": value},
    "an unknown option in a list": lambda value: {"client_secrte": [{"x": [value]}]},
    "an unknown option below": lambda value: {"store": {"vault": {"tokn": value}}},
    "an unknown option of a part": lambda value: {"many": [{"kye": value}]},
    "a choice": lambda value: {"method": value},
    "a choice below": lambda value: {"store": {"mode": value}},
    "one of several choices": lambda value: {"kinds": ["red", value]},
    "a boolean": lambda value: {"certs": value},
    "a number": lambda value: {"timeout": value},
    "a share": lambda value: {"share": value},
    "a part of a list": lambda value: {"names": [1, value]},
    "a dictionary": lambda value: {"store": value},
    "a list for a dictionary": lambda value: {"store": [value]},
    "a list for a dictionary below": lambda value: {"store": {"vault": [value]}},
    "a text for a list of dictionaries": lambda value: {"many": [value]},
    "a dictionary for a number": lambda value: {"timeout": {"x": value}},
}


def refused(arguments: dict[str, t.Any]) -> str | None:
    validated = ArgumentSpecValidator(SPEC).validate(arguments)
    return describe_refusal(validated, SPEC, arguments, "x.y.z") if validated.errors.errors else None


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "value",
    ["Planted~4711", "0426", 'it\'s "Planted" -> x', "Planted, got: it found in store", ["Planted"], {"x": "Planted"}],
)
def test_no_value_is_shown(place: str, value: t.Any) -> None:
    said = refused(PLACES[place](value))
    if said is not None:
        assert "Planted" not in said and "0426" not in said
        assert len(said) > 20


@given(st.sampled_from(sorted(PLACES)), st.text("abcXYZ019~!'\" \n,:", min_size=6, max_size=20))
def test_no_value_at_all_is_shown(place: str, inner: str) -> None:
    said = refused(PLACES[place](f"Q{inner}Q"))
    assert said is None or f"Q{inner}Q" not in said


def test_near_names_and_near_choices_are_named() -> None:
    assert str(refused({"client_secrte": "x", "zzz": 1})).endswith(
        " client_secrte is not an option; did you mean client_secret?"
    )
    assert "did you mean vault.token" not in str(refused({"store": {"vault": {"tokn": "x"}}}))
    assert str(refused({"store": {"vault": {"tokn": "x"}}})).endswith(
        " store.vault.tokn is not an option; did you mean token?"
    )
    assert str(refused({"method": "tokne"})) == "value of method must be one of: auto, client_secret, token, got: tokne"
    assert str(refused({"method": "Planted"})).endswith("token, got: a value that is not shown")
    assert str(refused({"store": {"mode": "Planted"}})).endswith("got: a value that is not shown found in store")


def test_what_is_missing_is_told_from_what_is_wrong() -> None:
    spec = {"name": {"type": "str", "required": True}, "count": {"type": "int"}}
    assert is_only_missing(ArgumentSpecValidator(spec).validate({}))
    assert not is_only_missing(ArgumentSpecValidator(spec).validate({"nam": 1}))
    assert not is_only_missing(ArgumentSpecValidator(spec).validate({"count": "x"}))
