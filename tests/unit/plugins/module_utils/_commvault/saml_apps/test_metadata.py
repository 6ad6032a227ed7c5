# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metadata is taken as identity providers write it, and refused where it could say something else than it seems to."""

from __future__ import annotations

import base64
import datetime
import itertools

import pytest
from certificate_examples import make_certificate, make_key_pem, make_public
from certificate_examples import make_key as make_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from hypothesis import given
from hypothesis import strategies as st
from saml_examples import ENTITY, SIGN_ON, make_key, make_metadata, make_service

from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.metadata import (
    LARGEST_METADATA,
    ProviderMetadata,
    parse_metadata,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

NOW = datetime.datetime(2026, 11, 27, tzinfo=datetime.timezone.utc)
SERVICES = make_service() + make_service("SingleLogoutService")
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
OTHER = base64.b64encode(make_public("other").der).decode()
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "{0}"><!ENTITY b "&a;&a;&a;">]>'


def parse(content: bytes) -> ProviderMetadata:
    return parse_metadata(content, "metadata.file: x.xml", "option metadata.file", NOW)


def test_what_entra_writes_is_read() -> None:
    found = parse(make_metadata())
    assert (found.entity_id, found.sign_on_url, found.sign_out_url) == (ENTITY, SIGN_ON, SIGN_ON)
    assert found.certificates == (make_public("sign"),)


def test_spelling_that_means_the_same_is_read_alike() -> None:
    """A byte order mark, line ends of Windows, a certificate in several lines or twice, a comment inside a value."""
    plain = base64.b64encode(make_public("sign").der).decode()
    lines = "\r\n".join(plain[at : at + 64] for at in range(0, len(plain), 64))
    twice = make_key(lines) + make_key(f"{plain[:70]}<!-- x -->{plain[70:]}", "") + make_key(OTHER, ' use="encryption"')
    written = b"\xef\xbb\xbf" + make_metadata(twice + SERVICES, before='<?xml version="1.0" encoding="utf-8"?>\r\n')
    assert parse(written) == parse(make_metadata())
    assert parse(make_metadata(make_key() + make_service(binding=POST))).sign_out_url == ""


def test_several_certificates_are_all_named() -> None:
    both = parse(make_metadata(make_key() + make_key(OTHER) + SERVICES)).certificates
    assert set(both) == {make_public("sign"), make_public("other")}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"<!doctype html><title>Sign in</title>", "is an HTML page"),
        (b"<HTML><body/></HTML>", "is an HTML page"),
        (b"not xml", "is not XML"),
        (make_metadata()[:-5], "is not XML"),
        (b"\xff\xfe<\x00", "is not UTF-8"),
        (make_metadata(before='<?xml version="1.0" encoding="UTF-16"?>').decode().encode("utf-16"), "is not UTF-8"),
        (make_metadata(before=DOCTYPE.format("x")), "contains a DOCTYPE"),
        (make_metadata(entity="&b;", before=DOCTYPE.format("x" * 1000)), "contains a DOCTYPE"),
        (make_metadata(before='<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "contains a DOCTYPE"),
        (b"<x/>", "is not SAML 2.0 metadata"),
        (b'<EntityDescriptor entityID="x"/>', "is not SAML 2.0 metadata"),
        (b'<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>', "several entities"),
        (
            make_metadata().replace(b"SAML:2.0:protocol", b"SAML:1.1:protocol"),
            "describes no SAML 2.0 identity providers",
        ),
        (
            make_metadata(
                after='<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/>'
            ),
            "describes 2 SAML 2.0 identity providers",
        ),
        (make_metadata(entity=""), "no usable entityID"),
        (make_metadata(entity="x" * 1025), "no usable entityID"),
        (make_metadata(make_key()), "no address for signing in"),
        (make_metadata(make_key() + make_service(address="http://sts.corp.example/saml2")), "not an https address"),
        (make_metadata(make_key() + make_service(address="https://a@sts.corp.example/saml2")), "not an https address"),
        (make_metadata(make_key() + make_service(address="javascript:alert(1)")), "not an https address"),
        (
            make_metadata(make_key() + make_service() + make_service(address="https://evil.example/")),
            "several addresses",
        ),
        (make_metadata(SERVICES), "no signing certificate"),
        (make_metadata(make_key(use=' use="encryption"') + SERVICES), "no signing certificate"),
        (make_metadata(make_key("nonsense") + SERVICES), "not base64 of DER"),
        (make_metadata(make_key("MIIC") + SERVICES), "cannot be read as a certificate"),
        (make_metadata(more=' validUntil="2026-11-26T23:59:59Z"'), "was valid until 2026-11-26T23:59:59Z"),
        (make_metadata(more=' validUntil="soon"'), "not a time"),
        (b" " * (LARGEST_METADATA + 1), "larger than 1024 KiB"),
    ],
    ids=itertools.count(),
)
def test_what_could_say_something_else_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        parse(content)
    assert "metadata.file: x.xml" in str(caught.value) or "in metadata.file" in str(caught.value)
    assert "passwd" not in str(caught.value) and "nonsense" not in str(caught.value)


PKCS12 = pkcs12.serialize_key_and_certificates(
    b"x", make_private_key("2048"), make_certificate("job"), None, BestAvailableEncryption(b"word")
)


@pytest.mark.parametrize(
    "body", ["".join(make_key_pem().split("-----")[2].split()), base64.b64encode(PKCS12).decode()], ids=["key", "PFX"]
)
def test_a_private_key_in_place_of_a_certificate_is_not_shown(body: str) -> None:
    with pytest.raises(ConfigError, match="private key") as caught:
        parse(make_metadata(make_key(body) + SERVICES))
    assert body[40:80] not in str(caught.value)


def test_metadata_that_ends_later_is_taken() -> None:
    assert parse(make_metadata(more=' validUntil="2026-12-01T00:00:00Z"')).entity_id == ENTITY


@given(st.binary(max_size=400) | st.text(alphabet="<>!ENTITYDOCpe&;\"' /=[]x", max_size=200).map(str.encode))
def test_anything_else_is_refused_and_nothing_else_is_raised(content: bytes) -> None:
    with pytest.raises(ConfigError):
        parse(content)
