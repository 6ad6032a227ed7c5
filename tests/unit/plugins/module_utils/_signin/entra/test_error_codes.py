# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refused sign-ins: the codes in any error body, and an error that says who, from where, why and what to do."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_service import TENANT, make_sign_in_context

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError, BlockedByConditionalAccess
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.error_codes import (
    REMEDIES,
    build_auth_error,
    parse_error_codes,
)

INPUTS = ("tenant_id", "client_secret")


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ({"error_codes": [7000215]}, [7000215]),
        ({"error_codes": ["7000215", 50196]}, [7000215, 50196]),
        ({"error_codes": [7000215], "error_description": "AADSTS90002: no tenant"}, [7000215]),
        ({"error_codes": [], "error_description": "AADSTS90002: no tenant"}, [90002]),
        ({"error_codes": 7000215, "error_description": "AADSTS90002: a; AADSTS50049: b"}, [90002, 50049]),
        ({"error_codes": [{}, None, "x", -1, 1.5, "9" * 10, "\u00b2"]}, []),
        ({"error_description": None}, []),
        ({}, []),
    ],
)
def test_codes_in_a_body(answer: dict[str, t.Any], codes: list[int]) -> None:
    assert parse_error_codes(answer) == codes


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["error", "error_codes", "error_description", "correlation_id"]), anything))
def test_any_body_is_an_error_that_can_be_a_result(answer: dict[str, t.Any]) -> None:
    error = build_auth_error(make_sign_in_context("client_secret"), answer, "client_secret", INPUTS)
    assert json.dumps(error.as_result())
    assert str(error).startswith(f"Cannot sign in to tenant {TENANT} as client ")
    assert all(0 <= code < 10**9 for code in parse_error_codes(answer))


def refuse(code: int, **options: t.Any) -> t.Any:
    answer = {
        "error": "invalid_client",
        "error_codes": [code],
        "error_description": f"AADSTS{code}: The words of the service. Trace ID: 1\r\nCorrelation ID: 2",
        "correlation_id": "0a-1b",
        "timestamp": "2026-03-01 12:00:00Z",
    }
    return build_auth_error(make_sign_in_context("client_secret", **options), answer, "client_secret", INPUTS)


@pytest.mark.parametrize("code", REMEDIES)
def test_a_known_code_has_its_remedy(code: int) -> None:
    error = refuse(code)
    assert error.facts["remedy"] == REMEDIES[code]
    assert f"AADSTS{code}: The words of the service. {REMEDIES[code]} Correlation id 0a-1b, time 2026" in str(error)
    assert (error.code, error.facts["request_id"]) == (f"AADSTS{code}", "0a-1b")
    assert "Trace ID" not in str(error)


@pytest.mark.parametrize(
    "code", [50005, 50076, 50079, 50097, 50131, 50142, 50158, 53000, 53003, 53011, 53019, 530031, 530035, 530099]
)
def test_a_refusal_by_conditional_access_is_no_wrong_secret(code: int) -> None:
    error = refuse(code, client_secret="0b7c1f9e-6f0d-4f2b-9f0a-3c0f5b7f8a11")
    assert (type(error), error.kind) == (BlockedByConditionalAccess, "conditional_access")
    assert re.search("onditional access|security defaults", error.facts["remedy"])
    assert "looks like" not in str(error)


@pytest.mark.parametrize("code", [7000215, 50196, 530, 5300, 53020, 530100, 1530031, 65001])
def test_other_refusals_are_none_by_conditional_access(code: int) -> None:
    assert type(refuse(code)) is AuthError


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"error": "interaction_required"}, "conditional_access"),
        ({"error": "interaction_required", "error_codes": [53003], "suberror": "message_only"}, "conditional_access"),
        ({"error": "interaction_required", "error_codes": [4711]}, "conditional_access"),
        ({"error": "interaction_required", "error_codes": [65001]}, "auth"),
        ({"error": "invalid_grant", "error_description": "AADSTS53003: blocked"}, "conditional_access"),
        ({"error": "invalid_grant", "suberror": "message_only"}, "auth"),
        ({"error": ["interaction_required"]}, "auth"),
    ],
)
def test_the_forms_of_such_refusals(answer: dict[str, t.Any], kind: str) -> None:
    assert build_auth_error(make_sign_in_context("client_secret"), answer, "client_secret", INPUTS).kind == kind


def test_an_unknown_code_has_no_remedy() -> None:
    error = refuse(4711)
    assert (error.code, error.facts.get("remedy")) == ("AADSTS4711", None)
    assert "The words of the service. Correlation id" in str(error)


def test_the_source_of_every_input_is_told_and_no_value() -> None:
    error = refuse(7000215)
    assert "with client_secret (tenant_id from " in str(error)
    assert "; client_secret from " in str(error)
    assert "s3cr3t" not in json.dumps(error.as_result())


def test_an_id_in_place_of_the_secret_is_recognized() -> None:
    error = refuse(7000215, client_secret="0b7c1f9e-6f0d-4f2b-9f0a-3c0f5b7f8a11")
    assert "looks like a secret's id" in str(error)
    assert "looks like" not in str(refuse(7000222, client_secret="0b7c1f9e-6f0d-4f2b-9f0a-3c0f5b7f8a11"))


def test_a_body_without_codes_keeps_the_error_of_the_protocol() -> None:
    ctx = make_sign_in_context("client_secret")
    assert build_auth_error(ctx, {"error": "invalid_grant"}, "client_secret", INPUTS).code == "invalid_grant"
    nothing = build_auth_error(ctx, {}, "client_secret", INPUTS)
    assert (nothing.code, nothing.facts.get("request_id")) == ("unknown", None)
    assert "no reason given" in str(nothing)
