# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tokens say of themselves: read from anything without an error, never trusted, made safe to show."""

from __future__ import annotations

import base64
import json
import typing as t
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_service import build_jwt

from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import (
    decode_claims,
    describe_identity,
    describe_person,
    get_expiry,
    get_identity_kind,
    get_tenant_id,
    parse_seconds,
)

LATEST = 253402300799.0


@given(st.dictionaries(st.text(max_size=6), st.none() | st.integers(-9, 9) | st.text(max_size=6), max_size=4))
def test_claims_come_back(claims: dict[str, t.Any]) -> None:
    assert decode_claims(build_jwt(**claims)) == claims


@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: f"a.{base64.urlsafe_b64encode(raw).decode()}.c"))
def test_any_text_has_claims_or_none(token: str) -> None:
    assert isinstance(decode_claims(token), dict)


@pytest.mark.parametrize("payload", ["[]", "7", "null", '"x"', "{", "[" * 5000, '{"a": NaN'])
def test_a_payload_that_is_no_object_has_no_claims(payload: str) -> None:
    encoded = base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")
    assert decode_claims(f"e30.{encoded}.x") == {}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (3600, 3600.0),
        ("3600", 3600.0),
        (0, 0.0),
        (1.5, 1.5),
        (LATEST, LATEST),
        (LATEST + 1, None),
        (-1, None),
        ("abc", None),
        ("nan", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("9" * 400, None),
        (True, None),
        ([], None),
        ({}, None),
        (None, None),
    ],
)
def test_seconds_of_an_answer(value: t.Any, seconds: float | None) -> None:
    assert parse_seconds(value, at_most=LATEST) == seconds


@pytest.mark.parametrize(("claims", "ends"), [({"exp": 1800000000}, 1800000000.0), ({"exp": -5}, 0.0), ({}, 0.0)])
def test_the_end_of_a_token(claims: dict[str, t.Any], ends: float) -> None:
    assert get_expiry(claims) == ends


@pytest.mark.parametrize(
    ("claims", "method", "kind"),
    [
        ({}, "managed_identity", "unknown"),
        ({"idtyp": "user"}, "token", "user"),
        ({"scp": ""}, "token", "user"),
        ({"scp": "User.Read"}, "token", "user"),
        ({"idtyp": "app", "appid": "a"}, "client_secret", "application"),
        ({"appid": "a"}, "managed_identity", "managed_identity"),
        ({"appid": "a", "xms_mirid": "/subscriptions/1"}, "token", "managed_identity"),
        ({"appid": "a", "xms_mirid": ""}, "token", "application"),
    ],
)
def test_the_kind_of_an_identity(claims: dict[str, t.Any], method: str, kind: str) -> None:
    assert get_identity_kind(claims, method) == kind


def test_an_application_has_the_name_of_the_application_and_no_user_name() -> None:
    claims = {"oid": "o", "azp": "a", "app_displayname": "job", "name": "somebody", "upn": "ada@x.example"}
    assert describe_identity(claims, "client_secret") == {
        "kind": "application",
        "object_id": "o",
        "app_id": "a",
        "display_name": "job",
        "user_name": None,
    }


def test_a_person_has_the_name_of_the_person() -> None:
    claims = {"idtyp": "user", "oid": "o", "appid": "a", "name": "Ada", "preferred_username": "ada@x.example"}
    found = describe_identity(claims, "device_code")
    assert (found["kind"], found["display_name"], found["user_name"]) == ("user", "Ada", "ada@x.example")


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"idtyp": "user", "upn": "ada@x.example", "name": "Ada"}, "ada@x.example (Ada)"),
        ({"idtyp": "user", "upn": "ada@x.example"}, "ada@x.example"),
        ({"idtyp": "user", "name": "Ada"}, "Ada"),
        ({"idtyp": "user", "oid": "o-1"}, "o-1"),
        ({}, "somebody whom the token does not name"),
        ({"idtyp": "user", "upn": 7, "name": ["x"], "oid": {}}, "somebody whom the token does not name"),
    ],
)
def test_how_a_prompt_names_the_person(claims: dict[str, t.Any], said: str) -> None:
    assert describe_person(claims) == said


@given(st.text(max_size=400))
def test_the_text_of_a_claim_is_one_printable_line_of_limited_length(text: str) -> None:
    found = get_tenant_id({"tid": text})
    if found is None:
        assert not text.strip()
    else:
        assert not {unicodedata.category(character) for character in found} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert len(found) <= 257
    assert json.dumps(describe_identity({"oid": text}, "token"))


def test_a_name_that_looks_like_output_is_escaped() -> None:
    assert get_tenant_id({"tid": "a\n  PLAY RECAP \u202e"}) == "a PLAY RECAP \\u202e"
    assert get_tenant_id({"tid": "x" * 300}) == "x" * 256 + "…"
    assert get_tenant_id({"tid": " \n"}) is None
