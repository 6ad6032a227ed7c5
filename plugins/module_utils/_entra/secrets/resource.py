# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Client secrets of a registration: recognised by marker, added at most once, removed by key id alone.

The marker is the secret's display name, ``<name>/<attempt id>``. The name makes the second run find what the first one
made; the attempt id, new for each request, lets a run whose answer was lost recognise its own orphan, and nobody else's.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.names import is_same_name
from ..._core.plan import Plan, Step
from ..._core.resource import Action
from ..._core.risks import require_accepted_risk
from ..._core.values import format_time, get_objects, get_time
from ..._core.visible import to_one_line
from ..applications.reference import ApplicationReference, find_application, resolve_application
from ..client import GraphClient
from .writer import SecretWriter, build_marker_pattern

_SELECT = ("passwordCredentials", "keyCredentials")

Secret = dict[str, t.Any]


def canonical_secret(wire: t.Mapping[str, t.Any]) -> Secret:
    """A passwordCredential under our names: ``key_id``, ``display_name``, ``expires`` (RFC 3339, None: never)."""
    ends = _read_time(wire, "endDateTime")
    return {
        "key_id": str(wire["keyId"]).lower(),
        "display_name": wire.get("displayName"),
        "expires": format_time(ends) if ends else None,
    }


def _read_time(wire: t.Mapping[str, t.Any], name: str) -> datetime.datetime | None:
    """The date under *name*, None where there is none. Raises BadAnswer for what is no date."""
    return get_time(wire, name, f" of key {to_one_line(str(wire.get('keyId')), 60)}")


def is_live_credential(wire: t.Mapping[str, t.Any], now: datetime.datetime) -> bool:
    """True until the credential's end; one that begins later counts, it was made to be used."""
    ends = _read_time(wire, "endDateTime")
    return ends is None or ends > now


def is_working_credential(wire: t.Mapping[str, t.Any], now: datetime.datetime) -> bool:
    """True when the credential works at this moment."""
    starts = _read_time(wire, "startDateTime")
    return is_live_credential(wire, now) and (starts is None or starts <= now)


def filter_secrets_by_name(secrets: t.Iterable[t.Mapping[str, t.Any]], name: str) -> list[t.Mapping[str, t.Any]]:
    """The secrets that carry *name*: exactly, or as the name of a marker; the one that lives longest comes first."""
    pattern = build_marker_pattern(name)
    found = [item for item in secrets if pattern.fullmatch(item.get("displayName") or "")]
    return sorted(found, key=lambda item: (item.get("endDateTime") or "9999", str(item["keyId"])), reverse=True)


def plan_secret(
    name: str, lifetime_days: int, secrets: t.Iterable[t.Mapping[str, t.Any]], now: datetime.datetime
) -> Plan:
    """Add one secret unless one of this name is live. Expired ones stay: nothing is removed that was not named."""
    named = filter_secrets_by_name(secrets, name)
    shown = sorted((canonical_secret(item) for item in named), key=lambda secret: secret["key_id"])
    if any(is_live_credential(item, now) for item in named):
        return Plan({"secrets": shown}, {"secrets": shown})
    added = {"name": name, "lifetime_days": lifetime_days}
    return Plan({"secrets": shown}, {"secrets": [*shown, added]}, (Step("add", f"secret {name}", added),))


def plan_secret_removal(key_id: str, secrets: t.Iterable[t.Mapping[str, t.Any]]) -> Plan:
    """Remove exactly the secret with *key_id*, if it is there."""
    found = [canonical_secret(item) for item in secrets if is_same_name(str(item["keyId"]), key_id)]
    if not found:
        return Plan({"secrets": []}, {"secrets": []})
    return Plan({"secrets": found}, {"secrets": []}, (Step("remove", f"secret {found[0]['key_id']}", found[0]),))


def is_last_credential(key_id: str, application: t.Mapping[str, t.Any], now: datetime.datetime) -> bool:
    """True when the secret works and no other secret and no certificate of the registration does."""
    secrets = application.get("passwordCredentials") or []
    certificates = [item for item in get_objects(application, "keyCredentials") if item.get("usage") == "Verify"]
    working = {str(item["keyId"]).lower() for item in [*secrets, *certificates] if is_working_credential(item, now)}
    return working == {key_id.lower()}


def may_be_own_secret(
    secret: t.Mapping[str, t.Any],
    app_id: str | None,
    method: str,
    options: t.Mapping[str, t.Any],
    claims: t.Mapping[str, t.Any],
) -> bool:
    """True unless it is certain that the caller does not sign in with *secret*.

    With a client secret of its own the service's hint (the first three characters) tells; with a ready token, whose *claims*
    these are, only that a secret was used, not which, and nothing where they do not say so.
    """
    if method == "client_secret":
        hint = secret.get("hint")
        own = is_same_name(options.get("client_id") or "", app_id or "")
        return own and (not hint or str(options.get("client_secret") or "").startswith(hint))
    if method == "token":
        client, how = claims.get("appid") or claims.get("azp"), claims.get("appidacr", claims.get("azpacr"))
        return (how is None or str(how) == "1") and (client is None or is_same_name(str(client), app_id or ""))
    return False


class SecretResource:
    """One secret of the module entra_application_secret, among those of its registration."""

    noun = "secret"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph = ctx, GraphClient(ctx)
        self._application = ApplicationReference(pending=True)
        self._result: Secret = {}

    def plan(self) -> Plan:
        """Read, and plan what the options ask for. Raises ConfigError, GuardRefused."""
        options = self._ctx.options
        _check_secret_options(options)
        absent = options["state"] == "absent"
        if absent:  # a registration that is gone has taken its secrets with it
            found = find_application(self._graph, options["application"], select=_SELECT)
            self._application = found or ApplicationReference(pending=True)
        else:
            self._application = resolve_application(self._ctx, self._graph, options, select=_SELECT)
        secrets = self._application.wire.get("passwordCredentials") or []
        if absent:
            planned = plan_secret_removal(options["key_id"], secrets)
            if planned.changed:
                self._check_removal(options["key_id"], secrets)
            return planned
        now = self._graph.get_service_time()
        planned = plan_secret(options["name"], options["lifetime_days"], secrets, now)
        self._result = self._predicted(options) if planned.changed else self._known(secrets, options["name"])
        return planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """What carries out a step, by its action."""
        return {"add": self._add, "remove": self._remove}

    def _writer(self) -> SecretWriter:
        return SecretWriter(self._ctx, self._graph, str(self._application.object_id))

    def _remove(self, step: Step) -> None:
        self._writer().remove(step.data["key_id"])

    def _add(self, step: Step) -> None:
        added = self._writer().add(step.data["name"], step.data["lifetime_days"])
        # First of all what is shown once: the rest of the answer may make no sense.
        self._result = {"key_id": str(added["keyId"]).lower(), "value": str(added["secretText"])}
        self._result = {**canonical_secret(added), "value": self._result["value"]}

    def result(self) -> Secret:
        """The noun: the added secret with its value, or the one that was there; empty after a removal."""
        return self._result

    def salvage(self) -> dict[str, t.Any]:
        """An added secret is shown once: a failure after it must not lose it."""
        return {"salvaged": {"secret": self._result}} if self._result.get("value") else {}

    def _known(self, secrets: t.Iterable[t.Mapping[str, t.Any]], name: str) -> Secret:
        return {**canonical_secret(filter_secrets_by_name(secrets, name)[0]), "value": None}

    def _predicted(self, options: t.Mapping[str, t.Any]) -> Secret:
        ends = self._graph.get_service_time() + datetime.timedelta(days=options["lifetime_days"])
        return {"key_id": None, "display_name": None, "expires": format_time(ends), "value": None}

    def _check_removal(self, key_id: str, secrets: t.Iterable[t.Mapping[str, t.Any]]) -> None:
        secret = next(item for item in secrets if is_same_name(str(item["keyId"]), key_id))
        app_id, options = self._application.app_id, self._ctx.options
        if may_be_own_secret(secret, app_id, self._graph.sign_in.method, options, self._graph.read_token_claims()):
            require_accepted_risk(self._ctx, "own_key", f"Key {key_id} may be the one that this task signs in with.")
        if is_last_credential(key_id, self._application.wire, self._graph.get_service_time()):
            require_accepted_risk(
                self._ctx, "last_key", f"Key {key_id} is the last credential of application {app_id} that works."
            )


def _check_secret_options(options: t.Mapping[str, t.Any]) -> None:
    """What the argument spec cannot say."""
    if options["state"] == "present" and options.get("key_id"):
        raise ConfigError("key_id names a secret to remove; it goes with state absent only", source="option key_id")
    if options["lifetime_days"] < 1:
        raise ConfigError("lifetime_days must be 1 or more", source="option lifetime_days")
    if not re.fullmatch(r"\S(.{0,78}\S)?", options["name"]):
        raise ConfigError(
            "name: 1 to 80 characters in one line, without blanks at its ends; it becomes part of the secret's display name",
            source="option name",
        )
