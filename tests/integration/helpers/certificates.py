# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public certificates for tests, of keys that nobody has: valid from 2024 until 2099, so that kept results stay as they are."""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import itertools
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cvops_simulator import Simulator

FIRST = """\
-----BEGIN CERTIFICATE-----
MIICmzCCAYOgAwIBAgIBATANBgkqhkiG9w0BAQsFADAQMQ4wDAYDVQQDDAVmaXJz
dDAgFw0yNDAxMDEwMDAwMDBaGA8yMDk5MDEwMTAwMDAwMFowEDEOMAwGA1UEAwwF
Zmlyc3QwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCof/JHF3WLnJ8I
w9whGXNWQCPM8nrj47QU9PTN39iAirfLTcRNAO1DpiuQSTmndzP/3jaSZcEO9bS+
VTQBb2qSDz6bbJfusKrulS3x+33ECNQ3hT0PgMbuSIbjpcJbtfrbCJnABDIloIUs
JJeTWaYA9d808Li5vuAQ5Ot+HezHrYxSwp8Hi/urROXOKDfBEABGcZiUrBTnK3kS
5bBghWAHSLfIdi/lxBq4CVPlTjEVohOLXDOyQ7D2CXjB6t5XKTr+3uJIv7TRYZoB
lkHb92ST5eBtbB/wfXjZwmWwmljfVxG074eyJtQS8Rw7JO0Q0SabUgNO452UUexn
kQUDSkX7AgMBAAEwDQYJKoZIhvcNAQELBQADggEBAF3Y/tcQWaKDGlVOQHw8JD7d
HDOqnM3YcxQEIObe/M7sSlSdP/kkjwrpS8WRSEa/JQ1SysBBn/ueDp+e8FaSj2wb
q+h28QhmD8KfIVgUGM3VO++5a1bVxakD/JhEqUW/m8CtrAaoVJkUeppebEzzmPLG
ttORp/p9dN9B+ERmOPBn5pUpMl6dwojWouWMSoSiYYlCWtwT5zRGua3DBjol12yW
OPjyyVcx5BXAZgFfS678xGvvCXpsn/z19SaGwLWq6ccCguzEAf93y1ljToXptoc6
4gp+7J7iFqUsHG9MiATTGpgYNZHyLjRxDvS1eIsjsOuJc4uxSMkx5ijy163xVL8=
-----END CERTIFICATE-----
"""
FIRST_THUMBPRINT = "C381447710D3BB3717E9507D83469A98A9215110"
SECOND = """\
-----BEGIN CERTIFICATE-----
MIICnTCCAYWgAwIBAgIBAjANBgkqhkiG9w0BAQsFADARMQ8wDQYDVQQDDAZzZWNv
bmQwIBcNMjQwMTAxMDAwMDAwWhgPMjA5OTAxMDEwMDAwMDBaMBExDzANBgNVBAMM
BnNlY29uZDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALZf4tJzOdym
cUJKRY1W4mfOEV+3OoVtQ2A/z9T2q1joKNRnTto4zBZ8rXH+NGpTIMJsKQAzToI0
RJqFeGUGlm6sfdpAdNEehqHTSQ9uAfpMxmZI4zRYusMhmj8YNK7ANEJd8zxYT20k
2oNTiMIBUgPuA4snYsLe7V3b4no+YiX1380gryEqa4UMWAKeIRqaJLqhdL1VOSGq
A/7Vp7Ke9BxCfthGc8GzYQBKe03KeEgg8zh1iq71Cz5jhfx5gRAONnK4+bnMCBF3
AyBwoTExtnyNScFQwaXGbMZHX2MNIho7wxWQG+lxQwLrJqRBSu1kz40RpXKtBr+Q
m0LsEAewt3sCAwEAATANBgkqhkiG9w0BAQsFAAOCAQEAQ+Igoq+wZWRl688fx0Qs
zRTKxWjLogM2DTgZ1n2tkGjgBBN/ujGrBNAvZMxTBVLPUvi6s+vt7slNMdJSy0dR
Y0SJRhQYl97up1EOHE30DQeGHO7yPuUAdy7HQEUrsVcS5algYMvCyCHv/OUEDNQa
rY+KrHql18FjGJ0xZpqt5QyY7jP0PwmcIDIGmOrW//XSL409dK3oeKsawPIe936N
X9DemBzo4C5AXtk5MMydA3YLCZRc6eEkmbAb7jTsUdP06Ayw3F3X06BvPi1/Ea3C
76cjnlDl5PMn7l4Dt6d8Bkozc9NgHi5u8dK+tXSFLO65D2PP/EvHRfuVVxYj5XoJ
yw==
-----END CERTIFICATE-----
"""
SECOND_THUMBPRINT = "E88BCED325AF87403CAA4C4541D15CE8566038FD"
THIRD = """\
-----BEGIN CERTIFICATE-----
MIICmzCCAYOgAwIBAgIBAzANBgkqhkiG9w0BAQsFADAQMQ4wDAYDVQQDDAV0aGly
ZDAgFw0yNDAxMDEwMDAwMDBaGA8yMDk5MDEwMTAwMDAwMFowEDEOMAwGA1UEAwwF
dGhpcmQwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCnHzWMSFs8ewwm
uCoqX3mdumKi7tBZCqrrUiaRgKUz0aa1HBRAevdJ7zxOM16YmseVIeH5PSKxqydj
Exkwj/z3pgBIOeK91q7beYlFrYS7YHoSqLR7qNt5NHRRbovd5XQ6UVcdYncz6006
TSnzpqYdE2Y6eUWG+xMZoU4cwBGNAXMcum0v/i1uvz5PJ4U+hD1QzAGJrTsFyZDE
2hOcJd0ByEHCI27k31giK9srQP0jf1kD7MhEw/TLWCwemKMyfK65sVdUruk1EwBg
XGCwg9ks1pblpoKZODMWpKXRbOBZyrv1feSftTaSw81aN596+f9O1eYCHQIIqHb/
hoQ+NVy9AgMBAAEwDQYJKoZIhvcNAQELBQADggEBABeKtyD6Xhmhnd4ynMB6PJpJ
qGjI5kDbuHI5ntmVly7ZxWT98sLYEW1G722MFMCGGlx7BgCWXJJIe6r+EmtpXHqP
hFNSYhLhG3zgcf3h1jZwuTkYtOeeiXqQK94Wk0mfm5zLddAd+V1zzAocvoBNvK1f
0F3mRgclXgviA+QR5nvyZCXxBRG6iBD5WZmKa6t4ChB19yW7wetdoxSmd6/+MHlb
LR6jCinC9GmPqmyosjtbX8LbtRxqktRLtPWSdHdaaHhWlOV54ZemMcsueFoAaYY3
7190NQZEZhYl83bf0K2Ogn90Ky91tPfJV93JmthokOSMEh17D+smC5wvNGs8fSw=
-----END CERTIFICATE-----
"""
THIRD_THUMBPRINT = "5998D7E3992FD3DE2FEB7E57C179FB2FE5EF153C"


@functools.cache
def _make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def make_certificate(number: int, starts: int = 2024, ends: int = 2099, key: rsa.RSAPrivateKey | None = None) -> str:
    """Another certificate for every number, all of one key; *starts*, *ends*: years."""
    signer = key or _make_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"number {number}")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(signer.public_key())
    dated = builder.not_valid_before(datetime.datetime(starts, 1, 1)).not_valid_after(datetime.datetime(ends, 1, 1))
    return dated.serial_number(number + 1).sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@functools.cache
def read_bundle(text: str) -> str:
    """Return the certificate in PEM text, as base64 of DER; the private key that belongs to it has to be there, too."""
    certificate = x509.load_pem_x509_certificate(text.encode())
    key = load_pem_private_key(text.encode(), None)
    assert key.public_key() == certificate.public_key(), "a key of another certificate"
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def list_private_lines(text: str) -> set[str]:
    """Return lines of the private key in PEM text that nothing public has: those before may have parts of its public key."""
    key = text.partition("-----END PRIVATE KEY-----")[0]
    return set(key.splitlines()[10:-1])


def reuse_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let keys that are made be some that were made before, one after another: making them takes longer than all else."""
    keys = itertools.cycle(_make_keys())
    monkeypatch.setattr(rsa, "generate_private_key", lambda *, public_exponent, key_size: next(keys))


@functools.cache
def _make_keys() -> list[rsa.RSAPrivateKey]:
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for dummy in range(5)]


def get_der_text(pem: str) -> str:
    """The certificate as base64 of DER."""
    return "".join(pem.splitlines()[1:-1])


def find_application(site: Simulator, client_id: str) -> dict[str, t.Any]:
    """The registration as the directory holds it."""
    return t.cast("dict[str, t.Any]", site.tenant.application_of(client_id))


def plant_certificate(
    site: Simulator,
    client_id: str,
    pem: str,
    name: str,
    starts: datetime.datetime = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc),
    ends: datetime.datetime = datetime.datetime(2099, 1, 1, tzinfo=datetime.timezone.utc),
    **more: t.Any,
) -> str:
    """Let a registration have a certificate that every replica knows, and return its key id."""
    application, der = find_application(site, client_id), get_der_text(pem)
    key_id = site.tenant.new_id()
    entry = {
        "customKeyIdentifier": base64.b64encode(hashlib.sha1(base64.b64decode(der)).digest()).decode(),
        "displayName": name,
        "startDateTime": starts.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "endDateTime": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "key": None,
        "keyId": key_id,
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        **more,
    }
    kept = {"owner": application["id"], "der": der, "start": starts.timestamp(), "end": ends.timestamp()}
    site.tenant.store.put("certificates", key_id, kept, replicated=True)
    changed = {**application, "keyCredentials": [*application["keyCredentials"], entry]}
    site.tenant.store.put("applications", application["id"], changed, replicated=True)
    return key_id
