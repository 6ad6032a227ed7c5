# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Both ends of SAML: what Entra ID signs with, and the copy of the certificate that an app of Commvault is marked to hold. Pure.

Commvault never shows that copy. An app without a mark is therefore never said to be fine.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from ..._core.values import parse_time
from .facts import SAML_KIND, Application, Consumer, Key
from .index import Held, Index

#: Entra ID signs with another certificate than the one that the app is marked to hold; a newer one is there that neither side uses.
OTHER_SIGNS, NEXT_UNUSED = "other_certificate_signs", "next_certificate_unused"
_UNMARKED = "which certificate of its identity provider it has: there is no mark"
_TRUSTED = "which signing certificate the SAML app trusts: it cannot be read back"


@dataclass(frozen=True)
class Trust:
    """What is known of the certificate that a SAML app holds. ``is_broken``: Entra ID signs with another one, if the mark is right.

    ``is_doubtful``: whether Entra ID signs with it should be known, and is not. ``reason``: why it is broken or not known.
    """

    is_broken: bool = False
    is_doubtful: bool = False
    reason: str | None = None
    findings: tuple[str, ...] = ()


def find_signing_certificate(consumer: Consumer, index: Index) -> Held:
    """Return the signing certificate that is active in the application of a SAML app."""
    found: dict[str | None, Application] = {}
    for identifier in consumer["identifiers"]:
        found.update(index.by_identifier.get(identifier, {}))
    if len(found) != 1:
        told = (
            "several applications have its identifier" if found else "no application that was read has its identifier"
        )
        return Held(consumer, unknown=f"its signing certificate: {told}")
    app_id, application = next(iter(found.items()))
    label = application["application"]
    keys = [key for key in index.keys_by_application.get(app_id, ()) if key["kind"] == SAML_KIND]
    active = next((key for key in sorted(keys, key=_get_key_order) if key["active"]), None)
    if active is not None:
        return Held(consumer, active, label, _explain_trust(consumer, active))
    if not index.was_read("service_principals"):
        return Held(consumer, None, label, "its signing certificate: service principals could not be read")
    return Held(consumer, None, label, f"{label} has no signing certificate", is_missing=True)


def _explain_trust(consumer: Consumer, active: Key) -> str | None:
    """Return what is not known of the app's trust in the certificate that signs."""
    mark, signs_with = consumer.get("fingerprint"), active.get("fingerprint")
    if mark is None or signs_with is None:
        return _TRUSTED
    return None if mark == signs_with else "the SAML app is marked to hold another one"


def judge_trust(held: Held, index: Index, now: datetime.datetime) -> Trust:
    """Return what is known of the certificate that the app of *held* holds; *held*: with what Entra ID signs for it, where that is known."""
    mark, active = held.consumer.get("fingerprint"), held.key
    if mark is None:
        return Trust(is_doubtful=True, reason=_UNMARKED)
    if active is None:
        return Trust(reason=f"whether Entra ID signs with it: {held.unknown}")
    others = [
        key
        for key in index.keys_by_application.get(active["app_id"], ())
        if key["kind"] == SAML_KIND and key["object_id"] == active["object_id"] and key is not active
    ]
    signs_with = active.get("fingerprint")
    if signs_with == mark:
        is_due = any(_is_newer(key, active, now) for key in others)
        return Trust(findings=(NEXT_UNUSED,) if is_due else ())
    if signs_with is None:
        return Trust(is_doubtful=True, reason="whether Entra ID signs with it: the certificate there could not be read")
    if not active.get("is_named"):
        return Trust(
            is_doubtful=True, reason="whether Entra ID signs with it: several could, and none is marked as active"
        )
    has_it = any(key.get("fingerprint") == mark for key in others)
    told = f"Entra ID {'has it, but ' if has_it else ''}signs with {active['thumbprint'] or signs_with}"
    until = f", until {active['expires']}" if active["expires"] else ""
    return Trust(True, False, f"{told}{until}, so nobody can sign in if the mark is right", (OTHER_SIGNS,))


def _is_newer(key: Key, active: Key, now: datetime.datetime) -> bool:
    """Return whether a certificate that does not sign could take over from the active one for longer."""
    if active["expires"] is None or key["expires"] is None:
        return active["expires"] is not None
    return parse_time(key["expires"]) > max(parse_time(active["expires"]), now)


def _get_key_order(key: Key) -> tuple[str, str]:
    return key["expires"] or "~", key["key_id"]
