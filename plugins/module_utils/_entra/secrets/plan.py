# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Client secrets of a registration in canonical form, and the steps to what there shall be. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ..._core.names import is_same_name
from ..._core.plan import Change, Plan, Step
from ..._core.values import format_time, get_objects, get_time
from ..._core.visible import to_one_line
from .markers import is_secret_of_name

#: ``key_id``, ``display_name`` and ``expires``.
Secret = dict[str, t.Any]


def canonical_secret(wire: t.Mapping[str, t.Any]) -> Secret:
    """Return a passwordCredential under our names: ``key_id``, ``display_name``, ``expires`` (RFC 3339, None: never)."""
    ends = _read_time(wire, "endDateTime")
    return {
        "key_id": str(wire["keyId"]).lower(),
        "display_name": wire.get("displayName"),
        "expires": format_time(ends) if ends else None,
    }


def _read_time(wire: t.Mapping[str, t.Any], name: str) -> datetime.datetime | None:
    """Return the date under *name*, None where there is none. Raises BadAnswer for what is no date."""
    return get_time(wire, name, f" of key {to_one_line(str(wire.get('keyId')), 60)}")


def is_unexpired_credential(wire: t.Mapping[str, t.Any], now: datetime.datetime) -> bool:
    """Return True until the credential's end; one that begins later counts, it was made to be used."""
    ends = _read_time(wire, "endDateTime")
    return ends is None or ends > now


def is_valid_credential(wire: t.Mapping[str, t.Any], now: datetime.datetime) -> bool:
    """Return True when the credential has begun and has not ended."""
    starts = _read_time(wire, "startDateTime")
    return is_unexpired_credential(wire, now) and (starts is None or starts <= now)


def filter_secrets_by_name(secrets: t.Iterable[t.Mapping[str, t.Any]], name: str) -> list[t.Mapping[str, t.Any]]:
    """Return the secrets whose display name is *name* or a marker of it, letter case apart, the one that ends last first."""
    found = [item for item in secrets if is_secret_of_name(str(item.get("displayName") or ""), name)]
    return sorted(found, key=lambda item: (item.get("endDateTime") or "9999", str(item["keyId"])), reverse=True)


def plan_secret(
    name: str,
    lifetime_days: int,
    secrets: t.Iterable[t.Mapping[str, t.Any]],
    now: datetime.datetime,
    application: str = "",
) -> Plan:
    """Return the step that adds a secret to *application*, named for people; none when one of this name is live.

    Expired ones stay: nothing is removed whose key id was not given.
    """
    named = filter_secrets_by_name(secrets, name)
    shown = sorted((canonical_secret(item) for item in named), key=lambda secret: secret["key_id"])
    if any(is_unexpired_credential(item, now) for item in named):
        return Plan({"secrets": shown}, {"secrets": shown})
    added = {"name": name, "lifetime_days": lifetime_days}
    told = Change("+", "secret", application, f"create the secret {name}, valid for {lifetime_days} days")
    return Plan({"secrets": shown}, {"secrets": [*shown, added]}, (Step("add", f"secret {name}", added, (told,)),))


def plan_secret_removal(key_id: str, secrets: t.Iterable[t.Mapping[str, t.Any]], application: str = "") -> Plan:
    """Return the step that removes exactly the secret with *key_id* from *application*, named for people; none when it does not exist."""
    found = [canonical_secret(item) for item in secrets if is_same_name(str(item["keyId"]), key_id)]
    if not found:
        return Plan({"secrets": []}, {"secrets": []})
    secret = found[0]
    sentence = f"remove the secret {secret['display_name'] or 'without a name'} (key id {secret['key_id']})"
    step = Step("remove", f"secret {secret['key_id']}", secret, (Change("-", "secret", application, sentence),))
    return Plan({"secrets": found}, {"secrets": []}, (step,))


def is_last_credential(key_id: str, application: t.Mapping[str, t.Any], now: datetime.datetime) -> bool:
    """Return True when the secret works and no other secret and no certificate of the registration does."""
    return list_working_key_ids(application, now) == {key_id.lower()}


def list_working_key_ids(application: t.Mapping[str, t.Any], now: datetime.datetime) -> set[str]:
    """Return the key ids of the secrets and certificates with which a registration can sign in now, in small letters."""
    secrets = get_objects(application, "passwordCredentials")
    certificates = [item for item in get_objects(application, "keyCredentials") if item.get("usage") == "Verify"]
    return {str(item["keyId"]).lower() for item in [*secrets, *certificates] if is_valid_credential(item, now)}


def may_be_own_secret(
    secret: t.Mapping[str, t.Any],
    app_id: str | None,
    method: str,
    options: t.Mapping[str, t.Any],
    claims: t.Mapping[str, t.Any],
) -> bool:
    """Return False only where it is certain that the caller does not sign in with *secret*.

    *method*: how the caller signs in. With a client secret, Graph's ``hint`` (its first three characters) tells. With a ready
    token, its *claims* tell at most that a secret of this application was used, not which one.
    """
    if method == "client_secret":
        hint = secret.get("hint")
        own = is_same_name(options.get("client_id") or "", app_id or "")
        return own and (not hint or str(options.get("client_secret") or "").startswith(hint))
    if method == "token":
        client, how = claims.get("appid") or claims.get("azp"), claims.get("appidacr", claims.get("azpacr"))
        return (how is None or str(how) == "1") and (client is None or is_same_name(str(client), app_id or ""))
    return False
