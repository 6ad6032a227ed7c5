# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public part of a certificate: taken in every usual form, and a private key is refused and never shown."""

from __future__ import annotations

import base64
import json
import pathlib
import sys
import typing as t

import pytest
from certificate_examples import DER, make_certificate, make_key, make_key_pem, make_pem, make_public
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, MissingLibrary
from ansible_collections.cvops.identity.plugins.module_utils._core.public_certificates import (
    load_public_certificate,
    parse_public_certificate,
)

PUBLIC = make_public()
PEM = make_pem()
PEM_ENCODING = Encoding.PEM
DER_TEXT = base64.b64encode(PUBLIC.der).decode()
PRIVATE_DER = make_key("2048").private_bytes(DER, PrivateFormat.PKCS8, NoEncryption())
OLD_DER = make_key("2048").private_bytes(DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
LOCKED_DER = make_key("2048").private_bytes(DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
PKCS12 = pkcs12.serialize_key_and_certificates(
    b"x", make_key("2048"), make_certificate("job"), None, BestAvailableEncryption(b"word")
)


def refuse(call: t.Callable[[], t.Any]) -> ConfigError:
    """Return the refusal, which shows nothing of the content."""
    with pytest.raises(ConfigError) as caught:
        call()
    said = json.dumps(caught.value.as_result())
    assert "BEGIN" not in said and "MII" not in said and make_key_pem()[60:100] not in said
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        PEM,
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", "\r\n"),
        PEM.replace("\n", "\\r\\n"),
        f"  text around\n{PEM}",
        DER_TEXT,
        f"{DER_TEXT[:70]}\n{DER_TEXT[70:]}",
        f"{DER_TEXT[:64]}\r\n{DER_TEXT[64:]}\r\n",
    ],
)
def test_a_certificate_is_taken_as_text(make_ctx: t.Any, text: str) -> None:
    assert load_public_certificate(make_ctx({"certificate": text})) == PUBLIC


@pytest.mark.parametrize(
    "content",
    [
        PEM.encode(),
        PEM.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + PEM.replace("\n", "\r\n").encode(),
        DER_TEXT.encode(),
        PUBLIC.der,
    ],
)
def test_a_certificate_is_taken_from_a_file(make_ctx: t.Any, tmp_path: pathlib.Path, content: bytes) -> None:
    path = tmp_path / "job.pem"
    path.write_bytes(content)
    assert load_public_certificate(make_ctx({"certificate": f" {path} "})) == PUBLIC
    ctx = make_ctx({"certificate": "./job.pem"})
    ctx.base_directory = str(tmp_path)
    assert load_public_certificate(ctx) == PUBLIC


def test_what_it_is_is_told() -> None:
    assert (PUBLIC.subject, PUBLIC.key_kind, PUBLIC.key_bits, PUBLIC.digest) == ("CN=job", "RSA", 2048, "sha256")
    assert PUBLIC.thumbprint in PUBLIC.thumbprints and len(PUBLIC.thumbprint) == 40
    assert make_public(kind="ec").key_kind != "RSA"
    assert base64.b64decode(PUBLIC.encode()) == PUBLIC.der


@pytest.mark.parametrize(
    "content",
    [
        (make_key_pem() + PEM).encode(),
        (PEM + make_key_pem()).encode(),
        make_key_pem().encode(),
        make_key_pem("ec").encode(),
        make_key("2048").private_bytes(PEM_ENCODING, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        make_key("2048").private_bytes(PEM_ENCODING, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")),
        PRIVATE_DER,
        OLD_DER,
        PKCS12,
    ],
)
def test_a_private_key_is_refused_by_name_and_not_shown(
    make_ctx: t.Any, tmp_path: pathlib.Path, content: bytes
) -> None:
    path = tmp_path / "job.pem"
    path.write_bytes(content)
    is_text = content.startswith(b"-----")
    given = content.decode() if is_text else base64.b64encode(content).decode()
    for value in (str(path), given):
        error = refuse(lambda value=value: load_public_certificate(make_ctx({"certificate": value})))  # type: ignore[misc]
        assert "private key" in str(error) and error.facts["holds"] == "private key"
    assert f"file job.pem in {tmp_path}" in str(
        refuse(lambda: load_public_certificate(make_ctx({"certificate": str(path)})))
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n", "cannot be read as a certificate"),
        (PEM.encode() + make_pem("issuer").encode(), "contains 2 certificates"),
        (make_pem("issuer").encode() + PEM.encode(), "contains 2 certificates"),
        (PEM.replace("\n", "\r\n").encode() * 2, "contains 2 certificates"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "contains no certificates"),
        (b"", "cannot be read"),
        (b"nonsense", "cannot be read"),
        (PUBLIC.der[:-9], "cannot be read"),
        (LOCKED_DER, "cannot be read"),
    ],
)
def test_what_is_no_single_certificate_is_refused(content: bytes, said: str) -> None:
    assert said in str(refuse(lambda: parse_public_certificate(content)))


@given(st.one_of(st.binary(max_size=80), st.binary(max_size=20).map(lambda end: PUBLIC.der[:40] + end)))
def test_any_bytes_are_a_certificate_or_a_refusal(content: bytes) -> None:
    refuse(lambda: parse_public_certificate(content))


@pytest.mark.parametrize("value", ["certificate", "MIIB" + "A" * 80, "a\x00b"])
def test_what_is_neither_is_refused(make_ctx: t.Any, value: str) -> None:
    assert refuse(lambda: load_public_certificate(make_ctx({"certificate": value}))).facts["source"]


def test_a_file_that_is_not_there_is_named(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    error = refuse(lambda: load_public_certificate(make_ctx({"certificate": str(tmp_path / "none.pem")})))
    assert "none.pem" in str(error) and "No such file" in str(error)


def test_without_the_library_it_is_named(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingLibrary, match="cryptography"):
        parse_public_certificate(PEM.encode())
