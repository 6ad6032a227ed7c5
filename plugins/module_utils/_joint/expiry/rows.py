# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Everything that expires, joined by consumer. Pure.

There is one row for each consumer of a key, one for each key that no known consumer holds, and one for the certificate of the identity
provider that each SAML app holds.
"""

from __future__ import annotations

import datetime
import math
import typing as t
from dataclasses import dataclass, replace

from ..._core.names import fold_case
from ..._core.values import format_time, parse_time
from .facts import (
    CLIENT_KINDS,
    FAILED,
    FEDERATED_KIND,
    HOLDER_KINDS,
    PROVIDER_KIND,
    SAML_KIND,
    TOKEN_KIND,
    Application,
    Consumer,
    ExpiryFacts,
    Key,
)
from .index import Held, Index
from .provider_certificates import NEXT_UNUSED, OTHER_SIGNS, find_signing_certificate, judge_trust

Row = dict[str, t.Any]

#: States of a row, from what needs nobody to what is broken now. The first three do not count for the state of the whole.
NO_END, SUPERSEDED, OK = "no_end", "superseded", "ok"
UNKNOWN, WARNING, CRITICAL, EXPIRED, MISSING = "unknown", "warning", "critical", "expired", "missing"
STATES = (NO_END, SUPERSEDED, OK, UNKNOWN, WARNING, CRITICAL, EXPIRED, MISSING)
#: Those that make a task with fail_below_days fail.
FAULTS = (CRITICAL, EXPIRED, MISSING)
CONSUMER_WORDS = {
    "credential": "credential",
    "oidc_app": "OIDC app",
    "saml_app": "SAML app",
    "office365_client": "Microsoft 365 client",
    "key_management_server": "key management server",
    "user": "user",
}
#: What somebody has to know of a key, beside when it ends: no known consumer holds it; it has no end; it is not one of the application, so
#: that no rotation of the application replaces it. See provider_certificates for those of both ends of SAML.
NO_KNOWN_CONSUMER, KEY_WITHOUT_END, OF_SERVICE_PRINCIPAL = "no_known_consumer", "no_end", "of_service_principal"
FINDINGS = (OTHER_SIGNS, NEXT_UNUSED, OF_SERVICE_PRINCIPAL, NO_KNOWN_CONSUMER, KEY_WITHOUT_END)
_DAY_S = 86400.0
#: Keys that lie on the service principal, where no rotation of the application looks.
PRINCIPAL_KINDS = ("service_principal_secret", "service_principal_certificate")
#: What is not known of a key that no consumer says it holds, before those who may; of these so many are named.
WHO = "who uses it"
_NAMED = 2
#: Who may use a key of the application that the run itself signs in as, until it ends.
_OWN_SIGN_IN = "this run itself"


@dataclass(frozen=True)
class Thresholds:
    """Days that have to be left: below ``warn`` a row warns, below ``fail`` it is critical; None: nothing is."""

    warn: int
    fail: int | None = None


def build_expiry_report(facts: ExpiryFacts, now: datetime.datetime, thresholds: Thresholds) -> Row:
    """Return the noun of expiry_info: rows, their counts by state, the gravest state, and the facts from which they were made.

    It does not depend on the order of what was read.
    """
    rows = build_rows(facts, now, thresholds)
    partial = any(source["status"] == FAILED for source in facts["sources"])
    gravest = max((STATES.index(row["state"]) for row in rows), default=0)
    counts = {state: sum(row["state"] == state for row in rows) for state in STATES}
    return {
        "state": STATES[max(gravest, STATES.index(UNKNOWN if partial else OK))],
        "partial": partial,
        "counts": counts,
        "rows": rows,
        "checked_at": format_time(now),
        "warn_below_days": thresholds.warn,
        "fail_below_days": thresholds.fail,
        **facts,
    }


def build_rows(facts: ExpiryFacts, now: datetime.datetime, thresholds: Thresholds) -> list[Row]:
    """Return all rows, gravest state first, in it soonest end first."""
    index = Index(facts)
    held = [_find_key(consumer, index) for consumer in facts["consumers"]]
    known = {id(item.key) for item in held if item.key is not None}
    rows = [_build_held_row(item, now, thresholds) for item in held]
    trusting = [item for item in held if item.consumer["kind"] == "saml_app"]
    rows += [_build_provider_row(item, index, now, thresholds) for item in trusting]
    doubtful = _list_doubtful_consumers(held)
    for key in facts["key_list"]:
        if id(key) not in known:
            names = doubtful.get(str(key["app_id"]), []) if key["kind"] in CLIENT_KINDS else []
            if key["app_id"] in index.callers and key["kind"] in CLIENT_KINDS and not _has_ended(key, now):
                names = [_OWN_SIGN_IN, *names]
            if key["kind"] == SAML_KIND and key.get("fingerprint"):
                marked = (item for item in trusting if item.consumer.get("fingerprint") == key["fingerprint"])
                names = sorted(map(_name_with_place, marked))
            rows.append(_build_key_row(key, index.keys_by_application[key["app_id"]], names, now, thresholds))
    rows += [_build_missing_row(item) for item in facts["applications"] if not item["is_found"]]
    return sorted(rows, key=_get_sort_key)


def _find_key(consumer: Consumer, index: Index) -> Held:
    """Return what is known of the key that a consumer holds."""
    if consumer["kind"] == "saml_app":
        return find_signing_certificate(consumer, index)
    if consumer["kind"] in HOLDER_KINDS and consumer["credential"] is not None:
        return _find_key_of_credential(consumer, consumer["credential"], index)
    if consumer["app_id"] is None:
        return Held(consumer, unknown="which application it signs in as")
    application = index.applications.get(consumer["app_id"])
    if application is None:
        return _judge_unread_application(consumer, consumer["app_id"], index)
    label = application["application"]
    if consumer["key_id"] is None:
        told = "nothing shows it" if consumer["kind"] in HOLDER_KINDS else "it has no mark with a key id"
        return Held(consumer, None, label, f"which key of {label} it holds: {told}")
    found = index.keys_by_id.get(fold_case(consumer["key_id"]), [])
    own = next((key for key in found if key["app_id"] == consumer["app_id"]), None)
    if own is not None:
        return Held(consumer, own, label)
    if found:
        reason = f"the key of its mark belongs to {found[0]['application']}, not to {label}"
        return Held(consumer, None, label, reason, is_missing=True)
    if not index.was_read("service_principals"):
        return Held(consumer, None, label, "whether its key is one of the service principal, which could not be read")
    return Held(consumer, None, label, f"{label} has no such key (any more)", is_missing=True)


def _find_key_of_credential(consumer: Consumer, name: str, index: Index) -> Held:
    """Return what is known of the key of a consumer that uses the one of a credential."""
    found = index.credentials.get((consumer["commcell"], fold_case(name)), [])
    if len(found) != 1:
        told = "several credentials have the name" if found else "no such credential was read"
        return Held(consumer, unknown=f"the key of credential {name}: {told}")
    return replace(_find_key(found[0], index), consumer=consumer)


def _judge_unread_application(consumer: Consumer, app_id: str, index: Index) -> Held:
    """Return what is known where the consumer's application was not read: it is gone only where all of its tenant were."""
    if consumer["tenant_id"] and index.was_tenant_read(consumer["tenant_id"]):
        return Held(consumer, None, app_id, f"its tenant has no application {app_id}", is_missing=True)
    return Held(consumer, None, app_id, f"the keys of application {app_id}: it was not read, or is in another tenant")


def _list_doubtful_consumers(held: t.Iterable[Held]) -> dict[str, list[str]]:
    """Return by application id the consumers that may hold any of its keys."""
    found: dict[str, list[str]] = {}
    for item in held:
        app_id = item.consumer["app_id"]
        if app_id and item.key is None and not item.is_missing:
            found.setdefault(app_id, []).append(_name_with_place(item))
    return {app_id: sorted(names) for app_id, names in found.items()}


def _name_with_place(item: Held) -> str:
    return f"{describe_consumer(item.consumer)} on {item.consumer['commcell']}"


def describe_consumer(consumer: Consumer) -> str:
    """Return a consumer in words, such as ``credential azure-prod``."""
    company = f" of {consumer['company']}" if consumer["company"] else ""
    credential = f" through credential {consumer['credential']}" if consumer["credential"] is not None else ""
    return f"{CONSUMER_WORDS[consumer['kind']]} {consumer['name']}{company}{credential}"


def judge_end(expires: str | None, now: datetime.datetime, thresholds: Thresholds) -> tuple[str, int | None]:
    """Return the state by the end alone, and whole days left: negative once it has passed, None without an end."""
    if expires is None:
        return NO_END, None
    ends = parse_time(expires)
    left = math.floor((ends - now).total_seconds() / _DAY_S)
    if ends <= now:
        return EXPIRED, left
    if thresholds.fail is not None and left < thresholds.fail:
        return CRITICAL, left
    return (WARNING if left < thresholds.warn else OK), left


def _has_ended(key: Key, now: datetime.datetime) -> bool:
    """Return whether nobody can sign in with a key any more."""
    return key["expires"] is not None and parse_time(key["expires"]) <= now


def _build_held_row(item: Held, now: datetime.datetime, thresholds: Thresholds) -> Row:
    consumer, key = item.consumer, item.key
    state, left = judge_end(key["expires"], now, thresholds) if key else (MISSING if item.is_missing else UNKNOWN, None)
    return _make_row(
        key,
        consumer=describe_consumer(consumer),
        consumer_kind=consumer["kind"],
        application=key["application"] if key else item.application,
        app_id=key["app_id"] if key else consumer["app_id"],
        key_id=key["key_id"] if key else consumer["key_id"],
        commcell=consumer["commcell"],
        days_left=left,
        state=state,
        unknown=item.unknown,
    )


def _build_provider_row(item: Held, index: Index, now: datetime.datetime, thresholds: Thresholds) -> Row:
    """Return the row of the certificate that a SAML app is marked to hold, or of the one that it holds without a mark.

    It names no application, so that tests, metrics and events keep their names on a day on which Entra ID could not be read.
    """
    consumer, trust = item.consumer, judge_trust(item, index, now)
    mark, expires = consumer.get("fingerprint"), consumer.get("expires")
    state, left = judge_end(expires, now, thresholds)
    if trust.is_broken:
        state = MISSING
    elif trust.is_doubtful and STATES.index(state) < STATES.index(UNKNOWN):
        state = UNKNOWN
    row = _make_row(
        None,
        consumer=describe_consumer(consumer),
        consumer_kind=consumer["kind"],
        kind=PROVIDER_KIND,
        key_id=mark,
        thumbprint=mark,
        commcell=consumer["commcell"],
        expires=expires,
        days_left=left,
        state=state,
        unknown=trust.reason,
    )
    return {**row, "findings": list(trust.findings)}


def _build_key_row(
    key: Key, keys: t.Sequence[Key], names: t.Sequence[str], now: datetime.datetime, thresholds: Thresholds
) -> Row:
    """Return the row of a key that no known consumer holds, or of an access token, which its owner does.

    *keys*: all of its application; *names*: of the consumers that may hold it.
    """
    state, left = judge_end(key["expires"], now, thresholds)
    if key["kind"] == TOKEN_KIND:
        unknown = None if key["expires"] else "until when it can be renewed"
        state = UNKNOWN if unknown else state
        owner = f"user {key['owner']}" if key["owner"] else None
        return _make_row(
            key, consumer=owner, consumer_kind="user" if owner else None, days_left=left, state=state, unknown=unknown
        )
    if key["kind"] == FEDERATED_KIND:
        return _make_row(key, days_left=left, state=state)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    unknown = f"{WHO}, perhaps {', '.join(names[:_NAMED])}{more}" if names else WHO
    state = _soften_state(key, state, keys, bool(names), now, thresholds)
    return _make_row(key, bool(names), days_left=left, state=state, unknown=unknown)


def _soften_state(
    key: Key, state: str, keys: t.Sequence[Key], may_be_held: bool, now: datetime.datetime, thresholds: Thresholds
) -> str:
    """Return the state of a key of which nobody is known to depend on it.

    A signing certificate that does not sign beside one that does is superseded, unless a SAML app is marked to hold it. So is a key that
    has ended while another one of the application works on: what a rotation leaves to expire would alarm for ever. Before its end, such
    a key warns, as somebody unknown may still hold it.
    """
    if key["kind"] == SAML_KIND:
        if may_be_held:
            return state
        others = (other for other in keys if other["kind"] == SAML_KIND and other["object_id"] == key["object_id"])
        return SUPERSEDED if not key["active"] and any(other["active"] for other in others) else state
    if may_be_held or key["app_id"] is None or state not in (EXPIRED, CRITICAL):
        return state
    if not any(_is_successor(other, key, now, thresholds) for other in keys):
        return state
    return SUPERSEDED if state == EXPIRED else WARNING


def _is_successor(other: Key, key: Key, now: datetime.datetime, thresholds: Thresholds) -> bool:
    """Return True for another key of the same application that works now, and will for longer than the thresholds ask for."""
    if other is key or other["kind"] not in CLIENT_KINDS:
        return False
    has_begun = other["starts"] is None or parse_time(other["starts"]) <= now
    return has_begun and judge_end(other["expires"], now, thresholds)[0] in (OK, WARNING, NO_END)


def _build_missing_row(application: Application) -> Row:
    """Return the row of an application that was asked for and is not in the tenant."""
    row = _make_row(None, application=application["application"], app_id=application["app_id"], state=MISSING)
    return {**row, "object_id": application["object_id"], "unknown": "the tenant has no such application"}


def _make_row(key: Key | None, may_be_held: bool = False, **values: t.Any) -> Row:
    """Return a row about *key*; *may_be_held*: a consumer of which it is not known which key it holds may hold this one."""
    row: Row = {
        "consumer": None,
        "consumer_kind": None,
        "kind": key["kind"] if key else None,
        "name": key["name"] if key else None,
        "application": key["application"] if key else None,
        "app_id": key["app_id"] if key else None,
        "object_id": key["object_id"] if key else None,
        "key_id": key["key_id"] if key else None,
        "thumbprint": key["thumbprint"] if key else None,
        "commcell": key["commcell"] if key else None,
        "starts": key["starts"] if key else None,
        "expires": key["expires"] if key else None,
        "days_left": None,
        "state": UNKNOWN,
        "unknown": None,
    }
    row.update(values)
    return {**row, "findings": _list_findings(key, row, may_be_held)}


def _list_findings(key: Key | None, row: Row, may_be_held: bool) -> list[str]:
    """Return what somebody has to know of a key. Federated credentials and access tokens are what they have to be."""
    if key is None or key["kind"] in (FEDERATED_KIND, TOKEN_KIND):
        return []
    found = {
        OF_SERVICE_PRINCIPAL: key["kind"] in PRINCIPAL_KINDS,
        NO_KNOWN_CONSUMER: row["consumer"] is None and not may_be_held and row["state"] != SUPERSEDED,
        KEY_WITHOUT_END: key["expires"] is None,
    }
    return [name for name in FINDINGS if found.get(name)]


def _get_sort_key(row: Row) -> tuple[t.Any, ...]:
    told = (
        row["expires"] or "~",
        row["application"],
        row["consumer"],
        row["commcell"],
        row["kind"],
        row["key_id"],
        row["name"],
        row["object_id"],
    )
    return (-STATES.index(row["state"]), *(str(item or "") for item in told))
