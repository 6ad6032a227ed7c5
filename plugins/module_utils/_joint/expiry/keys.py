# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Answers of the services as keys: secrets, certificates, signing certificates, federated credentials, access tokens. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.access_tokens.canonical import NON_RENEWABLE_TYPES, canonical_access_token
from ..._core.names import fold_case
from ..._core.public_certificates import holds_number_first
from ..._core.thumbprints import compute_thumbprints, decode_certificate
from ..._core.values import format_time, get_objects, get_texts, get_time
from ..._core.visible import to_one_line
from ..._entra.claims.certificates import list_signing_certificates
from ..._entra.signing_certificates.canonical import group_by_identifier
from ..._signin.commvault.token_pair_wire import get_token_id
from .facts import FEDERATED_KIND, SAML_KIND, TOKEN_KIND, Application, Key

Wire = t.Mapping[str, t.Any]
#: What is selected of both kinds of objects; key material is in neither.
APPLICATION_SELECT = "id,appId,uniqueName,displayName,identifierUris,passwordCredentials,keyCredentials"
PRINCIPAL_SELECT = (
    "id,appId,displayName,servicePrincipalNames,preferredSingleSignOnMode,preferredTokenSigningKeyThumbprint,"
    "passwordCredentials,keyCredentials"
)
_LAST_YEAR = "9999-12-31"


def canonical_application(wire: Wire) -> Application:
    """Return an application, or a service principal whose application is in another tenant, under our names."""
    names = [*get_texts(wire, "identifierUris"), *get_texts(wire, "servicePrincipalNames")]
    return {
        "application": str(wire.get("uniqueName") or wire.get("displayName") or wire.get("appId") or wire["id"]),
        "app_id": _fold_id(wire.get("appId")),
        "object_id": _fold_id(wire["id"]),
        "identifiers": sorted(set(names)),
        "is_found": True,
    }


def describe_missing_application(key: str, value: str) -> Application:
    """Return the application that was asked for by *key* (``app_id`` …) and that is not there."""
    ids = {name: _fold_id(value) if key == name else None for name in ("app_id", "object_id")}
    return {
        "application": value,
        "identifiers": [],
        "is_found": False,
        "app_id": ids["app_id"],
        "object_id": ids["object_id"],
    }


def list_application_keys(wire: Wire, application: Application) -> list[Key]:
    """Return the secrets and certificates of an application. Raises BadAnswer for an end that is no date."""
    found = [_make_key("secret", item, application) for item in get_objects(wire, "passwordCredentials")]
    return [*found, *_list_certificates("certificate", wire, application)]


def list_principal_keys(wire: Wire, application: Application) -> list[Key]:
    """Return the keys of a service principal; *application*: the one that it stands for. Raises BadAnswer.

    The certificates of a SAML application are those that sign its tokens: two entries and a password, under one identifier, are one of them.
    """
    certificates = get_objects(wire, "keyCredentials")
    is_saml = (
        wire.get("preferredSingleSignOnMode") == "saml"
        or bool(wire.get("preferredTokenSigningKeyThumbprint"))
        or any(item.get("usage") == "Sign" for item in certificates)
    )
    own = {**application, "object_id": _fold_id(wire["id"])}
    signing = _list_signing_keys(wire, t.cast("Application", own)) if is_saml else []
    identifiers = {item.get("customKeyIdentifier") for item in certificates} - {None} if is_saml else set()
    secrets = [
        _make_key("service_principal_secret", item, t.cast("Application", own))
        for item in get_objects(wire, "passwordCredentials")
        if item.get("customKeyIdentifier") not in identifiers
    ]
    if is_saml:
        return [*secrets, *signing]
    return [*secrets, *_list_certificates("service_principal_certificate", wire, t.cast("Application", own))]


def list_federated_keys(rows: t.Iterable[Wire], application: Application) -> list[Key]:
    """Return the federated credentials of an application; they have no end."""
    return [
        _make_key(FEDERATED_KIND, {"keyId": row["id"], "displayName": row.get("name")}, application) for row in rows
    ]


def list_token_keys(rows: t.Iterable[Wire], commcell: str, owner: str) -> list[Key]:
    """Return the access tokens of *owner*. One that can be renewed ends when it can be renewed no more."""
    found: list[Key] = []
    for row in rows:
        token = canonical_access_token(row)
        kind = token.get("token_type", "all")
        ends = token.get("expires") if kind in NON_RENEWABLE_TYPES else token.get("renewable_until")
        found.append(
            {
                "kind": TOKEN_KIND,
                "key_id": str(get_token_id(row)),
                "name": token["name"],
                "application": None,
                "app_id": None,
                "object_id": None,
                "starts": None,
                "expires": ends,
                "thumbprint": None,
                "active": None,
                "is_named": None,
                "fingerprint": None,
                "commcell": commcell,
                "owner": owner or None,
            }
        )
    return found


def add_fingerprints(wire: Wire, keys: t.Iterable[Key]) -> None:
    """Note in those of *keys* that are signing certificates of a service principal their SHA-256 fingerprints.

    *wire*: the service principal, read by itself, since only then its credentials come with their certificates. Only those to verify
    are looked at: what a credential to sign has in that place is nothing of ours.
    """
    found: dict[str, str] = {}
    for group in group_by_identifier(get_objects(wire, "keyCredentials")).values():
        ders = [decode_certificate(item.get("key")) for item in group if item.get("usage") == "Verify"]
        public = [der for der in ders if der is not None and not holds_number_first(der)]
        if public:
            digest = max(compute_thumbprints(public[0]), key=len)
            found.update({fold_case(str(item.get("keyId"))): digest for item in group})
    own = _fold_id(wire["id"])
    for key in keys:
        if key["kind"] == SAML_KIND and key["object_id"] == own:
            key["fingerprint"] = found.get(fold_case(key["key_id"]))


def _list_signing_keys(wire: Wire, application: Application) -> list[Key]:
    found: list[Key] = []
    for item in list_signing_certificates(wire):
        ends = format_time(item.ends)
        key = _make_key(SAML_KIND, {"keyId": item.key_id, "displayName": item.name}, application)
        key["expires"] = None if ends.startswith(_LAST_YEAR) else ends
        key["thumbprint"], key["active"], key["is_named"] = item.thumbprint, item.active, item.is_named
        found.append(key)
    return found


def _list_certificates(kind: str, wire: Wire, application: Application) -> list[Key]:
    """Return each certificate once: one that also signs or encrypts has further entries under its key id."""
    found: dict[str, Key] = {}
    for item in get_objects(wire, "keyCredentials"):
        key = _make_key(kind, item, application)
        found.setdefault(fold_case(key["key_id"]), key)
    return list(found.values())


def _make_key(kind: str, wire: Wire, application: Application) -> Key:
    return {
        "kind": kind,
        "key_id": str(wire["keyId"]).lower(),
        "name": str(wire.get("displayName") or ""),
        "application": application["application"],
        "app_id": application["app_id"],
        "object_id": application["object_id"],
        "starts": _format_date(wire, "startDateTime"),
        "expires": _format_date(wire, "endDateTime"),
        "thumbprint": None,
        "active": None,
        "is_named": None,
        "fingerprint": None,
        "commcell": None,
        "owner": None,
    }


def _format_date(wire: Wire, name: str) -> str | None:
    moment = get_time(wire, name, f" of key {to_one_line(str(wire.get('keyId')), 60)}")
    return format_time(moment) if moment else None


def _fold_id(value: t.Any) -> str | None:
    return str(value).lower() if value else None
