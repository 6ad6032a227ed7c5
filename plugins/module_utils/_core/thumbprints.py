# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Thumbprints of certificates, in the forms that services and people write them; and certificates as base64 or PEM text. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import typing as t

#: Lengths of digests that name certificates, in bytes: SHA-1, which Entra ID shows, and SHA-256.
_DIGEST_BYTES = (20, 32)
_PEM_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
#: What stands between the digits of a thumbprint where people copy it, the invisible mark of Windows' certificate window among it.
_AROUND_DIGITS = re.compile("[:\\s\u200e\u200f\ufeff\u200b]")


def compute_thumbprints(der: bytes) -> frozenset[str]:
    """Return the SHA-1 and SHA-256 thumbprints of a certificate, in upper-case hexadecimal."""
    digests = (hashlib.sha1(der, usedforsecurity=False), hashlib.sha256(der))
    return frozenset(digest.hexdigest().upper() for digest in digests)


def decode_certificate(key: t.Any) -> bytes | None:
    """Return the DER form of what a keyCredential has as ``key``: base64 of DER or of PEM text. None for anything else."""
    raw = _decode_base64(key)
    if raw is None or not raw.startswith(b"-----BEGIN"):
        return raw or None
    return decode_pem(raw)


def decode_pem(text: bytes) -> bytes | None:
    """Return the DER form of the first certificate in PEM text, None where there is none."""
    match = _PEM_BLOCK.search(text)
    return _decode_base64(b"".join(match[1].split()).decode("ascii")) if match else None


def read_thumbprint(identifier: t.Any) -> str | None:
    """Return the thumbprint in a ``customKeyIdentifier``, in upper-case hexadecimal; None for what is none.

    Entra ID gives base64 of the digest's bytes; hexadecimal text, and base64 of such text, were seen too.
    """
    if not isinstance(identifier, str):
        return None
    found = _read_hexadecimal(identifier)
    if found is None and (raw := _decode_base64(identifier)) is not None:
        found = raw.hex().upper() if len(raw) in _DIGEST_BYTES else _read_hexadecimal(raw.decode("ascii", "replace"))
    return found


def parse_thumbprint(text: str) -> str | None:
    """Return the thumbprint that people give, in upper-case hexadecimal: SHA-1 or SHA-256, in hexadecimal or base64. None for anything else."""
    packed = _AROUND_DIGITS.sub("", text)
    unpadded = packed.replace("-", "+").replace("_", "/").rstrip("=")
    return read_thumbprint(packed) or read_thumbprint(unpadded + "=" * (-len(unpadded) % 4))


def _read_hexadecimal(text: str) -> str | None:
    packed = text.strip()
    is_digest = len(packed) in [2 * length for length in _DIGEST_BYTES]
    return packed.upper() if is_digest and re.fullmatch("[0-9A-Fa-f]+", packed) else None


def _decode_base64(text: t.Any) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (ValueError, binascii.Error):
        return None
