# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keyCredentials: certificates of applications and service principals."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cvops_simulator.entra.graph.errors import GraphError, bad_request, invalid_value
from cvops_simulator.entra.graph.policies import check_key_policy
from cvops_simulator.entra.schema import parse_date_time
from cvops_simulator.entra.tenant import format_graph_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.replication import Lag
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Kind

_PAIRS = frozenset({("AsymmetricX509Cert", "Verify"), ("AsymmetricX509Cert", "Sign"), ("X509CertAndPassword", "Sign")})
_SLACK = 1.0
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def add_certificates(call: Call, row: Row) -> Row:
    """Return the row with the certificates themselves, as a single read with $select=keyCredentials returns them."""
    certificates = call.view.rows("certificates")
    shown = [{**item, "key": certificates.get(item["keyId"], {}).get("der")} for item in row["keyCredentials"]]
    return {**row, "keyCredentials": shown}


def apply_key_credentials(call: Call, kind: Kind, row: Row, wanted: list[Row]) -> Row:
    """Replace the whole collection: entries with a known keyId and no key stay, new ones are checked and stored."""
    known = {item["keyId"]: item for item in row["keyCredentials"]}
    _check_key_ids(wanted)
    for item in wanted:
        current = known.get(_get_key_id(item))
        if current is not None and _is_changed(call, current, item):
            text = f"Update to existing credential with KeyId '{current['keyId']}' is not allowed."
            raise bad_request(text, "KeyNotUpdatable", "keyCredentials")
    result = [known.get(_get_key_id(item)) or _add(call, kind, row, item) for item in wanted]
    for key_id in set(known) - {item["keyId"] for item in result}:
        call.tenant.store.remove("certificates", key_id, "credential_token")
    for identifier in _list_signing(known.values()) - _list_signing(result):
        call.tenant.store.remove("signingKeys", identifier, "credential_token")
    return {**row, "keyCredentials": result}


def _list_signing(credentials: Iterable[Row]) -> set[str]:
    return {item["customKeyIdentifier"] for item in credentials if item["usage"] == "Sign"}


def get_lag(body: Row) -> Lag:
    """Return with which delay replicas show what a PATCH has written: that of credentials where it writes some."""
    return "credential_graph" if "keyCredentials" in body else "property"


def _check_key_ids(wanted: list[Row]) -> None:
    """Refuse ids that are no GUIDs, and one id for two entries."""
    ids = [_get_key_id(item) for item in wanted if item.get("keyId") is not None]
    if len(set(ids)) < len(ids) or not all(_GUID.fullmatch(key_id) for key_id in ids):
        raise invalid_value("keyId", "KeyCredential")


def _get_key_id(item: Row) -> str:
    return str(item.get("keyId") or "").lower()


def _is_changed(call: Call, current: Row, sent: Row) -> bool:
    """Tell whether an entry that is sent back differs from what is stored; its key may be left out."""
    if sent.get("key") not in (None, _find_der(call, current)):
        return True
    dates = any(
        sent.get(name) is not None and parse_date_time(sent[name]) != parse_date_time(current[name])
        for name in ("startDateTime", "endDateTime")
    )
    texts = ("customKeyIdentifier", "displayName", "type", "usage")
    return dates or any(name in sent and sent[name] != current[name] for name in texts)


def _find_der(call: Call, credential: Row) -> str | None:
    row = call.tenant.store.primary().get("certificates", credential["keyId"])
    return row["der"] if row else None


def _add(call: Call, kind: Kind, owner: Row, item: Row) -> Row:
    if (item.get("type"), item.get("usage")) not in _PAIRS or not item.get("key"):
        raise invalid_value("keyCredentials", "Application")
    der, certificate = _parse_certificate(item["key"])
    first, last = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
    start, end = (
        item.get("startDateTime") or format_graph_time(first),
        item.get("endDateTime") or format_graph_time(last),
    )
    if parse_date_time(end) > last + _SLACK or parse_date_time(end) <= parse_date_time(start):
        raise GraphError(400, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid.")
    if parse_date_time(start) < first - _SLACK:
        raise GraphError(400, "KeyCredentialsInvalidStartDate", "Key credential start date is invalid.")
    thumbprint = base64.b64encode(hashlib.sha1(der).digest()).decode()
    credential: Row = {
        "customKeyIdentifier": item.get("customKeyIdentifier") or thumbprint,
        "displayName": (item.get("displayName") or certificate.subject.rfc4514_string())[:90],
        "endDateTime": end,
        "key": None,
        "keyId": str(item.get("keyId") or call.tenant.new_id()).lower(),
        "startDateTime": start,
        "type": item["type"],
        "usage": item["usage"],
    }
    check_key_policy(call, kind, owner, credential, is_self_signed=certificate.issuer == certificate.subject)
    stored = {
        "owner": owner["id"],
        "der": base64.b64encode(der).decode(),
        "start": parse_date_time(start),
        "end": parse_date_time(end),
    }
    call.tenant.store.put("certificates", credential["keyId"], stored, "credential_token")
    return credential


def _parse_certificate(key: str) -> tuple[bytes, x509.Certificate]:
    """Return the certificate in `key`: base64 of DER, or of PEM text."""
    try:
        raw = base64.b64decode(key, validate=True)
        pem = raw.startswith(b"-----BEGIN")
        certificate = x509.load_pem_x509_certificate(raw) if pem else x509.load_der_x509_certificate(raw)
    except (ValueError, binascii.Error) as error:
        raise GraphError(400, "KeyCredentialsInvalidKey", "Key credential value is invalid certificate.") from error
    return certificate.public_bytes(Encoding.DER), certificate
