# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms of a secret: each is found in what it was made into, and none is short enough to occur by chance."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.secret_encodings import (
    TO_STANDARD_ALPHABET,
    encode_base64,
    generate_forms,
    is_short_secret,
    is_token_like,
)

SECRETS = st.text(st.characters(codec="utf-8"), min_size=9, max_size=40)


def looks(secret: str) -> set[str]:
    return {form.text for form in generate_forms(secret)}


@given(st.binary(max_size=7), SECRETS, st.binary(max_size=7))
def test_base64_is_known_wherever_the_secret_stands_in_what_was_encoded(
    before: bytes, secret: str, after: bytes
) -> None:
    octets = before + secret.encode() + after
    for encoded in (base64.b64encode(octets).decode(), base64.urlsafe_b64encode(octets).decode()):
        assert any(form.text in encoded for form in generate_forms(secret) if form.encoded)


@given(SECRETS)
def test_digits_of_either_size_and_the_text_itself(secret: str) -> None:
    found = looks(secret)
    assert {secret.encode().hex(), secret.encode().hex().upper()} <= found
    assert secret in found or is_short_secret(secret)


@given(SECRETS)
def test_no_form_occurs_by_chance(secret: str) -> None:
    assert all(len(form.text) >= 6 for form in generate_forms(secret))


def test_lines_control_characters_and_spaces() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----"
    found = looks(key)
    assert {"MIIEvQIBADANBgkq", "hkiG9w0BAQEFAASC"} <= found
    assert "-----BEGIN KEY-----" not in found
    assert "passwordlong" in looks("pass\x00word\u200blong")
    assert quote_plus("two words of it") in looks("two words of it")
    assert json.dumps("käse-und-brot")[1:-1] in {form.replace("\\xe4", "\\u00e4") for form in looks("käse-und-brot")}


@pytest.mark.parametrize(
    ("secret", "short"), [("", True), ("abcde", True), ("abcdef", False), ("12345678", True), ("123456789", False)]
)
def test_few_characters_and_eight_digits_are_short(secret: str, short: bool) -> None:
    assert is_short_secret(secret) is short


@given(st.binary(min_size=1))
def test_either_alphabet_is_compared_as_one(octets: bytes) -> None:
    text = octets.decode("latin-1")
    safe = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    assert safe.translate(TO_STANDARD_ALPHABET) == encode_base64(text)


@pytest.mark.parametrize(
    ("end", "telling"),
    [("a1b2c3d4", True), ("password", False), ("20261126", False), ("/srv/a1b", False), ("-----a1b", False)],
)
def test_what_tells_a_token_from_a_word(end: str, telling: bool) -> None:
    assert is_token_like(end) is telling
