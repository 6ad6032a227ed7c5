# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Rows and sources in sentences, for messages, reports and calendars. Pure; names stay as they are, whoever shows them makes them visible."""

from __future__ import annotations

import typing as t

Row = t.Mapping[str, t.Any]

#: Kinds of keys for people.
KIND_WORDS = {
    "secret": "secret",
    "certificate": "certificate",
    "service_principal_secret": "secret of the service principal",
    "service_principal_certificate": "certificate of the service principal",
    "saml_signing_certificate": "SAML signing certificate",
    "federated_credential": "federated credential",
    "access_token": "access token",
    "identity_provider_certificate": "identity provider certificate",
}
#: Findings for people, about so many keys.
FINDING_WORDS = {
    "other_certificate_signs": (
        "is",
        "are",
        "marked as the certificate of a SAML app, but Entra ID signs with another one: give both sides the same",
    ),
    "next_certificate_unused": (
        "has",
        "have",
        "a new certificate in Entra ID that neither side uses yet: switch both sides to it",
    ),
    "of_service_principal": (
        "belongs",
        "belong",
        "to a service principal, where no rotation of the application replaces it",
    ),
    "no_known_consumer": ("is", "are", "used by no known consumer: find out who uses it, or remove it"),
    "no_end": ("has", "have", "no expiry date: nothing ever enforces a replacement"),
}
_SOURCE_WORDS = {"entra": "Entra ID", "commvault": "Commvault"}


def describe_row(row: Row) -> str:
    """Return ``credential azure-prod on CommCell cs01 uses secret backup (key id …) of commvault-backup: 12 days left``."""
    who = f"{row['consumer']}{_format_place(row)} uses " if row["consumer"] else ""
    return f"{who}{describe_key(row)}: {describe_end(row)}{describe_unknown(row)}"


def describe_unknown(row: Row) -> str:
    """Return what is not known of a row in brackets; nothing where that helps nobody."""
    if not row["unknown"] or row["state"] in ("ok", "no_end", "superseded"):
        return ""
    if row["state"] in ("unknown", "missing"):
        return f" ({row['unknown']})"
    return "" if row["consumer"] else f" (not known: {row['unknown']})"


def describe_key(row: Row) -> str:
    """Return the key of a row in words, with its application, or where it lies."""
    if row["kind"] is None and row["key_id"] is None:
        unknown = "a key" if row["consumer"] else "application"
        of = " of " if row["consumer"] and row["application"] else " "
        return f"{unknown}{of}{row['application']}" if row["application"] else "a key that is not known"
    name = f" {row['name']}" if row["name"] else ""
    of = f" of {row['application']}" if row["application"] else ""
    place = "" if row["consumer"] else _format_place(row)
    is_copy = row["kind"] == "identity_provider_certificate"
    known = f" ({'fingerprint' if is_copy else 'key id'} {row['key_id']})" if row["key_id"] or not is_copy else ""
    return f"{KIND_WORDS.get(str(row['kind']), 'key')}{name}{known}{of}{place}"


def describe_end(row: Row) -> str:
    """Return when a row ends: in days, or why no end is told."""
    state, left = row["state"], row["days_left"]
    if state == "missing":
        return "not the one that signs" if "other_certificate_signs" in row["findings"] else "not there"
    if left is None:
        return "no end" if state == "no_end" else "end not known"
    if row["state"] == "expired" or left < 0:
        return f"expired {_format_days(max(0, -left - 1))} ago, {row['expires']}"
    return f"{_format_days(left)} left, until {row['expires']}"


def describe_source(source: Row) -> str:
    """Return what of a source was read or not, such as ``access tokens of Commvault (cs01) could not be read: …``."""
    subject = describe_source_name(source)
    if source["status"] == "failed":
        return f"{subject} could not be read: {source['reason']}"
    if source["status"] == "left_out":
        return f"{subject}: left out, as the options say"
    if source["status"] == "not_offered":
        return f"{subject}: this release has none"
    return f"{subject}: {source['found']} read"


def describe_source_name(source: Row) -> str:
    """Return ``access tokens of Commvault (cs01)``."""
    place = f" ({source['commcell']})" if source["commcell"] else ""
    return f"{str(source['what']).replace('_', ' ')} of {_SOURCE_WORDS.get(str(source['service']), source['service'])}{place}"


def _format_place(row: Row) -> str:
    return f" on CommCell {row['commcell']}" if row["commcell"] else ""


def _format_days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"
