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

from ansible_collections.cvops.identity.plugins.module_utils._core.redact import HIDDEN, body, headers, text

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl-_x"
SECRET = "s3cr3t~value"


@pytest.mark.parametrize(
    "said",
    [
        f"token {JWT} refused",
        f"Authorization: Bearer {JWT}",
        f"({JWT})",
        "Authtoken: QSDK 3a5f0c9e8d7b6a5f4e3d2c1b",
        "SAML 3a5f0c9e8d7b6a5f4e3d2c1b, again",
        "Basic c3ZjLWN2b3BzOnBhc3N3b3Jk",
    ],
)
def test_tokens_are_known_by_their_looks(said: str) -> None:
    cleaned = text(said)
    assert HIDDEN in cleaned
    assert "3a5f0c9e" not in cleaned
    assert "eyJ" not in cleaned
    assert "c3Zj" not in cleaned


def test_known_secrets_go_longest_first() -> None:
    assert text("abc abcdef", ["abc", "", "abcdef"]) == f"{HIDDEN} {HIDDEN}"


def test_innocent_text_stays() -> None:
    said = "basic settings of the bearer; group GG-QSDK-eyJ, id 0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"
    assert text(said) == said


def test_headers() -> None:
    given_headers = {"Authorization": "x", "AUTHTOKEN": "x", "otp": "1", "Cookie": "x", "Accept": "application/json"}
    assert headers(given_headers) == {
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
def test_secret_members(name: str, wrap: t.Callable[[t.Any], t.Any]) -> None:
    shown = json.dumps(body(wrap({name: SECRET, "displayName": "shown"})))
    assert SECRET not in shown
    assert "shown" in shown
    assert name in shown


@pytest.mark.parametrize("value", [[SECRET], [[SECRET]], {"value": SECRET}, {"inner": {"text": SECRET}}, 123456])
def test_secret_members_of_any_shape(value: t.Any) -> None:
    assert SECRET not in json.dumps(body({"password": value}))
    assert "123456" not in json.dumps(body({"password": value}))


def test_pairs_of_name_and_value() -> None:
    pair = {"name": "Client Secret", "value": SECRET, "kind": "text"}
    assert body({"nameValues": [pair]}) == {"nameValues": [{**pair, "value": HIDDEN}]}
    assert body({"name": "exitval", "value": "0"}) == {"name": "exitval", "value": "0"}


def test_empty_members_show_that_they_are_empty() -> None:
    given_body = {"password": "", "token": None, "pin": 0, "secret": False, "keyCredentials": []}
    assert body(given_body) == given_body


def test_a_jwt_anywhere_in_a_body() -> None:
    assert body({"note": f"see {JWT}"}) == {"note": f"see {HIDDEN}"}


@given(st.text(), st.lists(st.text(min_size=1), max_size=4))
def test_no_known_secret_survives(said: str, secrets: list[str]) -> None:
    assert all(secret not in text(said, secrets).replace(HIDDEN, "") or secret in HIDDEN for secret in secrets)
