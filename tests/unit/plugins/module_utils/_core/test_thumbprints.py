# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Thumbprints are read in every form that services and people write, and nothing else is one."""

from __future__ import annotations

import base64
import typing as t

import pytest
from certificate_examples import make_pem, make_public
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.thumbprints import (
    decode_certificate,
    decode_pem,
    parse_thumbprint,
    read_thumbprint,
)

SHA1 = "3C9A627F0DB155E824C690AB1F7D4308EE52B961"
digests = st.sampled_from([20, 32]).flatmap(lambda length: st.binary(min_size=length, max_size=length))


@given(digests)
def test_a_thumbprint_is_read_in_every_form(digest: bytes) -> None:
    text = digest.hex()
    forms = [
        base64.b64encode(digest).decode(),
        text,
        text.upper(),
        base64.b64encode(text.encode()).decode(),
        base64.b64encode(text.upper().encode()).decode(),
    ]
    assert {read_thumbprint(form) for form in forms} == {text.upper()}
    spaced = [":".join(text[at : at + 2] for at in range(0, len(text), 2)), f"\u200e{text[:10]} {text[10:]} "]
    plain = base64.urlsafe_b64encode(digest).decode()
    assert {parse_thumbprint(form) for form in [*forms, *spaced, plain, plain.rstrip("=")]} == {text.upper()}


@given(
    st.one_of(
        st.text(), st.none(), st.integers(), st.binary(max_size=19).map(lambda raw: base64.b64encode(raw).decode())
    )
)
def test_anything_else_is_no_thumbprint(text: t.Any) -> None:
    found = read_thumbprint(text)
    assert found is None or len(found) in (40, 64)


@pytest.mark.parametrize("text", ["", " ", "x" * 40, SHA1[1:], f"{SHA1}00", "AAAA", "\u0661" * 40])
def test_texts_of_another_length_or_alphabet_are_no_thumbprints(text: str) -> None:
    assert (read_thumbprint(text), parse_thumbprint(text)) == (None, None)


def test_a_key_is_read_as_der_or_as_pem_text() -> None:
    public = make_public()
    assert decode_certificate(public.encode()) == public.der
    assert decode_certificate(base64.b64encode(make_pem().encode()).decode()) == public.der
    assert decode_pem(("text before\n" + make_pem() + make_pem("other")).encode()) == public.der
    for odd in (None, 7, "", "!", "-----BEGIN", base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()):
        assert decode_certificate(odd) is None
