# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client certificates: text and files in every form that Entra takes, and one clear error for anything else."""

from __future__ import annotations

import base64
import hashlib
import json
import pathlib
import sys
import textwrap
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st
from token_service import CERTIFICATE, KEY, build_certificate, build_pem, make_sign_in_context

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, MissingLibrary
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.certificates import (
    ClientCertificate,
    load_client_certificate,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.methods import METHODS

PASSWORD = "pw-4711"
PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def load(value: str, password: str | None = None) -> ClientCertificate:
    given = {"client_certificate": value, "client_certificate_password": password}
    return load_client_certificate(make_sign_in_context("client_certificate", **given))


def refuse(value: str, password: str | None = None) -> str:
    """The message of the refusal, which shows nothing of the content."""
    with pytest.raises(ConfigError) as refused:
        load(value, password)
    said = json.dumps(refused.value.as_result())
    assert "BEGIN" not in said and PASSWORD not in said and "MII" not in said
    return str(refused.value)


def encrypted_pem() -> str:
    key = KEY.private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(PASSWORD.encode()))
    return key.decode() + build_certificate(KEY).public_bytes(PEM).decode()


def test_text_gives_key_chain_digest_and_end() -> None:
    found = load(CERTIFICATE)
    (certificate,) = x509.load_pem_x509_certificates(found.chain.encode())
    der = certificate.public_bytes(serialization.Encoding.DER)
    assert found.sha256 == hashlib.sha256(der).hexdigest()
    assert found.expires == certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert serialization.load_pem_private_key(found.private_key.encode(), None) is not None
    assert found.build_msal_credential() == {"private_key": found.private_key, "public_certificate": found.chain}


def test_text_whose_lines_were_escaped_is_the_same() -> None:
    """As it comes out of a variable of a CI system."""
    assert load(CERTIFICATE.replace("\n", "\\n")) == load(CERTIFICATE)


def test_a_file_is_the_same_as_its_text(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "client.pem").write_text(CERTIFICATE)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load(str(tmp_path / "client.pem")) == load("~/client.pem") == load(CERTIFICATE)


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_a_pkcs12_file(tmp_path: pathlib.Path, password: str | None) -> None:
    protection = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    own, other = build_certificate(KEY), build_certificate(rsa.generate_private_key(65537, 2048))
    path = tmp_path / "client.pfx"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"client", KEY, own, [other], protection))
    found = load(str(path), password)
    assert x509.load_pem_x509_certificates(found.chain.encode()) == [own, other]
    if password:
        assert "the password may be wrong" in refuse(str(path), "another")


def test_an_encrypted_key() -> None:
    assert "-----BEGIN PRIVATE KEY-----" in load(encrypted_pem(), PASSWORD).private_key
    assert "its key is encrypted; give client_certificate_password" in refuse(encrypted_pem())
    assert "the password may be wrong" in refuse(encrypted_pem(), "another")


def test_a_password_for_a_key_that_needs_none_is_no_error() -> None:
    assert load(CERTIFICATE, PASSWORD) == load(CERTIFICATE)


def test_the_certificate_of_the_key_comes_first_in_the_chain() -> None:
    issuer = rsa.generate_private_key(65537, 2048)
    found = load(build_pem(KEY, others=[issuer]))
    first, second = x509.load_pem_x509_certificates(found.chain.encode())
    assert first.public_key() == KEY.public_key() and second.public_key() == issuer.public_key()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (KEY.private_bytes(PEM, PKCS8, serialization.NoEncryption()).decode(), "holds no certificate"),
        (build_certificate(KEY).public_bytes(PEM).decode(), "cannot be read: it must hold"),
        ("-----BEGIN CERTIFICATE-----", "cannot be read: it must hold"),
        (
            KEY.private_bytes(PEM, PKCS8, serialization.NoEncryption()).decode()
            + build_certificate(rsa.generate_private_key(65537, 2048)).public_bytes(PEM).decode(),
            "the private key does not belong to the certificate",
        ),
    ],
    ids=["no certificate", "no key", "nothing", "of another key"],
)
def test_what_is_missing_is_told(text: str, said: str) -> None:
    message = refuse(text)
    assert said in message
    assert message.startswith("client_certificate (text from ")


def test_a_pkcs12_file_without_a_key(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "client.pfx"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"x", None, build_certificate(KEY), None, serialization.NoEncryption())
    )
    assert "holds no private key" in refuse(str(path))


def test_a_file_that_cannot_be_read(tmp_path: pathlib.Path) -> None:
    assert f"the file nothing in {tmp_path} cannot be read: No such file" in refuse(f"{tmp_path}/nothing")
    assert "Is a directory" in refuse(str(tmp_path))


def build_pkcs12(password: str | None = None) -> bytes:
    form = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"x", KEY, build_certificate(KEY), None, form)


@pytest.mark.parametrize("wrap", [str, lambda text: f"\n{text}\n", lambda text: "\n".join(textwrap.wrap(text, 64))])
def test_pkcs12_as_base64_text_is_what_a_key_vault_returns(wrap: t.Any, tmp_path: pathlib.Path) -> None:
    content = build_pkcs12()
    (tmp_path / "binary").write_bytes(content)
    wanted = load(str(tmp_path / "binary"))
    text = wrap(base64.b64encode(content).decode())
    assert load(text) == wanted
    (tmp_path / "from-vault").write_text(text)
    assert load(str(tmp_path / "from-vault")) == wanted
    locked = base64.b64encode(build_pkcs12(PASSWORD)).decode()
    assert load(locked, PASSWORD).private_key == wanted.private_key
    assert "client_certificate (base64 text from option client_certificate) cannot be read" in refuse(locked)


@pytest.mark.parametrize("cut", [40, 333, 1000])
def test_a_part_of_a_key_is_never_taken_for_a_path(cut: int) -> None:
    text = base64.b64encode(build_pkcs12()).decode()
    for part in (text[:cut] + "!", text[cut:], f"MII{text[cut:]}"):
        said = refuse(part)
        assert part[:30] not in said and part[-30:] not in said


def test_a_relative_path_begins_in_the_folder_of_the_playbook(tmp_path: pathlib.Path) -> None:
    (tmp_path / "client.pem").write_text(CERTIFICATE)
    ctx = make_sign_in_context("client_certificate", client_certificate="client.pem\n")
    ctx.base_directory = str(tmp_path)
    assert load_client_certificate(ctx).sha256 == load(CERTIFICATE).sha256


def test_the_library_is_needed_for_certificates_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingLibrary, match="A client certificate needs .*cryptography"):
        load(CERTIFICATE)


def test_a_rotated_certificate_has_another_fingerprint() -> None:
    first, second = (
        METHODS["client_certificate"](make_sign_in_context("client_certificate", client_certificate=text))
        for text in (CERTIFICATE, build_pem(rsa.generate_private_key(65537, 2048)))
    )
    assert first.compute_fingerprint() == load(CERTIFICATE).sha256 != second.compute_fingerprint()


def test_keys_that_entra_does_not_take(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "client.pem"
    path.write_text(build_pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(ConfigError, match="not an RSA key"):
        METHODS["client_certificate"](make_sign_in_context("client_certificate", client_certificate=str(path)))


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
