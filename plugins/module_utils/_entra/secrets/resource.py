# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_application_secret: reads the client secrets of a registration, plans, and carries the plan out."""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import replace

from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.names import is_same_name
from ..._core.plan import Plan, Step, add_ids
from ..._core.resource import Action, Finding
from ..._core.risks import require_accepted_risk
from ..._core.values import format_time, get_objects, shift_time
from ..applications.credential_ids import refuse_other_credential
from ..applications.desired import PERSONAL_AUDIENCES
from ..applications.reference import ApplicationReference, find_remaining_application, resolve_application
from ..client import GraphClient
from .plan import (
    Secret,
    canonical_secret,
    filter_secrets_by_name,
    is_last_credential,
    may_be_own_secret,
    plan_secret,
    plan_secret_removal,
)
from .writer import SecretWriter

_SELECT = ("passwordCredentials", "keyCredentials", "signInAudience")
#: Microsoft Learn (supported accounts): the most secrets of an application where personal accounts may sign in.
_MOST_PERSONAL_SECRETS = 2


class SecretResource:
    """The client secret of one task."""

    noun = "secret"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph = ctx, GraphClient(ctx)
        self._application = ApplicationReference(pending=True)
        self._result: Secret = {}
        self._planned = Plan({}, {})

    def plan(self) -> Plan:
        """Return the steps to what the options ask for. Raises ConfigError, GuardRefused."""
        planned = self._plan_secret()
        self._planned = replace(planned, steps=add_ids(planned.steps, principal=self._application.app_id))
        return self._planned

    def _plan_secret(self) -> Plan:
        options = self._ctx.options
        _check_secret_options(options)
        absent = options["state"] == "absent"
        if absent:  # a registration that is gone has taken its secrets with it
            found = find_remaining_application(self._graph, options["application"], select=_SELECT)
            self._application = found or ApplicationReference(pending=True)
        else:
            self._application = resolve_application(self._ctx, self._graph, options, select=_SELECT)
        secrets: list[dict[str, t.Any]] = [*get_objects(self._application.wire, "passwordCredentials")]
        if absent:
            planned = plan_secret_removal(options["key_id"], secrets, self._application.label)
            if planned.changed:
                self._check_removal(options["key_id"], secrets)
            else:
                refuse_other_credential(self._application.wire, "passwordCredentials", options["key_id"])
            return planned
        now = self._graph.get_service_time()
        planned = plan_secret(options["name"], options["lifetime_days"], secrets, now, self._application.label)
        if planned.changed and self._application.object_id:
            # A replica may not list yet what an earlier run has added; nothing else tells a second secret from the first.
            seen = self._writer().look_again(
                lambda listed: not plan_secret(options["name"], options["lifetime_days"], listed, now).changed
            )
            if seen is not None:
                secrets = seen
                planned = plan_secret(options["name"], options["lifetime_days"], secrets, now, self._application.label)
        if planned.changed:
            self._check_room(secrets)
        self._result = self._predict(options) if planned.changed else self._describe_present(secrets, options["name"])
        return planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        return {"add": self._add, "remove": self._remove}

    def _writer(self) -> SecretWriter:
        return SecretWriter(self._ctx, self._graph, str(self._application.object_id))

    def _remove(self, step: Step) -> None:
        self._writer().remove(step.data["key_id"])

    def _add(self, step: Step) -> None:
        added = self._writer().add(step.data["name"], step.data["lifetime_days"])
        # Kept first, because it is shown once: reading the rest of the answer may fail.
        self._result = {"key_id": str(added["keyId"]).lower(), "value": str(added["secretText"])}
        self._result = {**canonical_secret(added), "value": self._result["value"]}

    def verify(self) -> list[Finding]:
        """Wait until the secret is listed, or is not any more, and return "list" as a field for a new one that is not listed in time.

        Raises WaitTimeout for a removed one: it may be good for signing in still.
        """
        for step in self._planned.steps:
            if step.action == "remove":
                self._writer().await_gone(step.data["key_id"])
            elif not self._writer().await_listed(self._result["key_id"]):
                return [{"field": "list"}]
        return []

    def result(self) -> Secret:
        """Return the added secret with its ``value``, or the one that was there; empty after a removal."""
        return self._result

    def salvage(self) -> dict[str, t.Any]:
        """Return an added secret, which Graph shows once; empty where none was added."""
        return {"salvaged": {"secret": self._result}} if self._result.get("value") else {}

    def _describe_present(self, secrets: t.Iterable[t.Mapping[str, t.Any]], name: str) -> Secret:
        return {**canonical_secret(filter_secrets_by_name(secrets, name)[0]), "value": None}

    def _predict(self, options: t.Mapping[str, t.Any]) -> Secret:
        ends = shift_time(self._graph.get_service_time(), datetime.timedelta(days=options["lifetime_days"]))
        return {"key_id": None, "display_name": None, "expires": format_time(ends), "value": None}

    def _check_room(self, secrets: t.Sequence[t.Mapping[str, t.Any]]) -> None:
        """Raise ConfigError where Entra ID would refuse one more secret; those that have expired count."""
        audience = self._application.wire.get("signInAudience")
        if audience in PERSONAL_AUDIENCES and len(secrets) >= _MOST_PERSONAL_SECRETS:
            ids = ", ".join(sorted(str(item["keyId"]).lower() for item in secrets))
            raise ConfigError(
                f"The application has {len(secrets)} client secrets ({ids}), and if personal accounts may sign in, "
                f"Entra ID allows {_MOST_PERSONAL_SECRETS}, including expired ones: remove one first (state absent "
                "with its key_id)",
                source="option application",
            )

    def _check_removal(self, key_id: str, secrets: t.Iterable[t.Mapping[str, t.Any]]) -> None:
        secret = next(item for item in secrets if is_same_name(str(item["keyId"]), key_id))
        app_id, options = self._application.app_id, self._ctx.options
        if may_be_own_secret(secret, app_id, self._graph.sign_in.method, options, self._graph.read_token_claims()):
            require_accepted_risk(self._ctx, "own_key", f"Key {key_id} may be the one that this task signs in with.")
        if is_last_credential(key_id, self._application.wire, self._graph.get_service_time()):
            require_accepted_risk(
                self._ctx, "last_key", f"Key {key_id} is the last valid credential of application {app_id}."
            )


def _check_secret_options(options: t.Mapping[str, t.Any]) -> None:
    """Raise ConfigError for what the argument spec cannot refuse."""
    if options["state"] == "present" and options.get("key_id"):
        raise ConfigError("key_id selects a secret to remove; use it with state absent only", source="option key_id")
    if options["lifetime_days"] < 1:
        raise ConfigError("lifetime_days must be 1 or more", source="option lifetime_days")
    if not re.fullmatch(r"\S(.{0,78}\S)?", options["name"]):
        raise ConfigError(
            "name: 1 to 80 characters in one line, without blanks at its ends; it becomes part of the secret's display name",
            source="option name",
        )
