# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing secret in what is seen."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.redact import (
    HIDDEN,
    HIDDEN_OPTION,
    drop_short_secrets,
    redact_body,
    redact_headers,
    redact_options,
    redact_structure,
    redact_text,
)

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl-_x"
SECRET = "s3cr3t~value"


def test_headers_of_credentials_are_hidden() -> None:
    given_headers = {"Authorization": "x", "AUTHTOKEN": "x", "otp": "1", "Cookie": "x", "Accept": "application/json"}
    assert redact_headers(given_headers) == {
        "Authorization": HIDDEN,
        "AUTHTOKEN": HIDDEN,
        "otp": HIDDEN,
        "Cookie": HIDDEN,
        "Accept": "application/json",
    }


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "newPassword",
        "client_secret",
        "secretText",
        "accessToken",
        "refresh_token",
        "token",
        "privateKey",
        "Pin",
        "passphrase",
    ],
)
@pytest.mark.parametrize(
    "wrap", [lambda x: x, lambda x: [x], lambda x: {"outer": [x, 1]}], ids=["flat", "list", "deep"]
)
def test_members_with_names_of_secrets_are_hidden(name: str, wrap: t.Callable[[t.Any], t.Any]) -> None:
    shown = json.dumps(redact_body(wrap({name: SECRET, "displayName": "shown"})))
    assert SECRET not in shown
    assert "shown" in shown
    assert name in shown


@pytest.mark.parametrize("value", [[SECRET], [[SECRET]], {"value": SECRET}, {"inner": {"text": SECRET}}, 123456])
def test_secret_members_of_any_shape(value: t.Any) -> None:
    assert SECRET not in json.dumps(redact_body({"password": value}))
    assert "123456" not in json.dumps(redact_body({"password": value}))


def test_pairs_of_name_and_value() -> None:
    pair = {"name": "Client Secret", "value": SECRET, "kind": "text"}
    assert redact_body({"nameValues": [pair]}) == {"nameValues": [{**pair, "value": HIDDEN}]}
    assert redact_body({"name": "exitval", "value": "0"}) == {"name": "exitval", "value": "0"}


def test_empty_members_show_that_they_are_empty() -> None:
    given_body = {"password": "", "token": None, "pin": 0, "secret": False, "keyCredentials": []}
    assert redact_body(given_body) == given_body


def test_a_jwt_anywhere_in_a_body() -> None:
    assert redact_body({"note": f"see {JWT}"}) == {"note": f"see {HIDDEN}"}


def test_options_are_hidden_by_place() -> None:
    spec = {
        "pin": {"no_log": True},
        "store": {"options": {"vault": {"options": {"token": {"no_log": True}, "path": {}}}}},
        "many": {"options": {"key": {"no_log": True}}},
    }
    values = {
        "pin": "0426",
        "store": {"vault": {"token": "t", "path": "0426"}},
        "many": [{"key": "k"}, {"key": None}],
        "year": "0426",
    }
    assert redact_options(values, spec) == {
        "pin": HIDDEN_OPTION,
        "store": {"vault": {"token": HIDDEN_OPTION, "path": "0426"}},
        "many": [{"key": HIDDEN_OPTION}, {"key": None}],
        "year": "0426",
    }


@given(st.text("0123456789", min_size=1, max_size=8) | st.text(min_size=1, max_size=5))
def test_short_secrets_are_not_looked_for(pin: str) -> None:
    assert drop_short_secrets([pin, SECRET, 12345]) == {SECRET}


def test_all_functions_hide_the_same_secrets() -> None:
    assert redact_text(f"x {SECRET}", [SECRET]) == f"x {HIDDEN}"
    assert redact_structure({f"k {SECRET}": (SECRET,)}, {SECRET}) == {f"k {HIDDEN}": [HIDDEN]}
    assert redact_headers({"X-Trace": f"a{SECRET}b"}, (SECRET,)) == {"X-Trace": f"a{HIDDEN}b"}
    assert redact_body({f"k {SECRET}": [SECRET, 1]}, [SECRET]) == {f"k {HIDDEN}": [HIDDEN, 1]}


def test_an_option_that_is_not_set_shows_that_it_is_not() -> None:
    spec = {"secret": {"no_log": True}}
    for value in (None, "", [], {}, False):
        assert redact_options({"secret": value}, spec) == {"secret": value}
    assert redact_options({"secret": 0, "unknown": "x"}, spec) == {"secret": HIDDEN_OPTION, "unknown": "x"}
