# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new key pair: a certificate that Entra ID takes, of a key that is shown nowhere."""

from __future__ import annotations

import datetime
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fake_graph import NOW
from token_service import make_sign_in_context

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, MissingLibrary
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.checks import check_new_certificate
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.key_pair import KeyPair, make_key_pair
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.certificates import load_client_certificate

ENDS = NOW + datetime.timedelta(days=90)


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return make_key_pair("cvops backup", NOW, ENDS)


def test_the_key_belongs_to_the_certificate(pair: KeyPair) -> None:
    certificate = x509.load_pem_x509_certificate(pair.certificate_pem.encode())
    key = load_pem_private_key(pair.private_key.encode(), None)
    signature = key.sign(b"x", padding.PKCS1v15(), SHA256())  # type: ignore[union-attr,call-arg,arg-type]
    certificate.public_key().verify(signature, b"x", padding.PKCS1v15(), SHA256())  # type: ignore[union-attr,call-arg,arg-type]
    certificate.verify_directly_issued_by(certificate)


def test_it_is_what_entra_id_takes_and_ends_when_it_is_told_to(pair: KeyPair) -> None:
    assert check_new_certificate(pair.certificate, NOW) == []
    assert pair.certificate.expires == ENDS and pair.certificate.subject == "CN=cvops backup"
    assert NOW - datetime.timedelta(minutes=10) < pair.certificate.starts < NOW


def test_signing_in_takes_it_as_one_text(pair: KeyPair) -> None:
    ctx = make_sign_in_context("client_certificate", client_certificate=pair.bundle)
    assert load_client_certificate(ctx).sha256.upper() in pair.certificate.thumbprints


def test_the_key_is_not_shown(pair: KeyPair) -> None:
    assert "PRIVATE" not in repr(pair) and "PRIVATE" not in str(pair)
    assert pair.certificate.thumbprint in repr(pair)


@pytest.mark.parametrize("expires", [NOW, NOW - datetime.timedelta(days=1)])
def test_an_end_in_the_past_is_refused(expires: datetime.datetime) -> None:
    with pytest.raises(ConfigError, match="must be in the future"):
        make_key_pair("x", NOW, expires)


def test_its_size_can_be_chosen(pair: KeyPair) -> None:
    assert pair.certificate.key_bits == 3072
    assert make_key_pair("x", NOW, ENDS, 2048).certificate.key_bits == 2048


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb"])
def test_a_name_that_no_certificate_has_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="common name"):
        make_key_pair(name, NOW, ENDS)


def test_without_the_library_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingLibrary, match="cryptography"):
        make_key_pair("x", NOW, ENDS)
