# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client certificates: text and files in every form that Entra takes, and one clear error for anything else."""

from __future__ import annotations

import pathlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from token_service import (
    CERTIFICATE,
    build_pem,
    make_sign_in_context,
)

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.methods import METHODS


def test_keys_that_entra_does_not_take(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "client.pem"
    path.write_text(build_pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(ConfigError, match="not an RSA key"):
        METHODS["client_certificate"](make_sign_in_context("client_certificate", client_certificate=str(path)))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_certificate_or_one_clear_error(junk: bytes, framed: bool) -> None:
    text = CERTIFICATE.encode()
    middle = len(text) // 2
    data = text[:middle] + junk + text[middle:] if framed else b"-----BEGIN CERTIFICATE-----\n" + junk
    try:
        METHODS["client_certificate"](
            make_sign_in_context("client_certificate", client_certificate=data.decode("latin-1"))
        )
    except ConfigError as exc:
        assert "BEGIN" not in str(exc)
    else:
        assert framed  # what was put in did no harm
