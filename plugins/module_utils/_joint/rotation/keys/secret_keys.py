# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Client secrets as the keys of a rotation: Entra ID makes the value and shows it once."""

from __future__ import annotations

import datetime
import typing as t

from ...._core.context import Context
from ...._core.values import get_objects, get_time, shift_time
from ...._entra.applications.desired import PERSONAL_AUDIENCES
from ...._entra.client import GraphClient
from ...._entra.secrets.markers import draw_attempt_id
from ...._entra.secrets.plan import canonical_secret, may_be_own_secret
from ...._entra.secrets.policy import SecretRules, read_secret_rules
from ...._entra.secrets.writer import SecretWriter
from ..proof import build_secret_sign_in
from ..state import TRY_DIGITS, Key, format_marker_name, parse_marker
from ..targets.base import KeyValue
from .base import AddedKey

#: Microsoft Learn (supported accounts): the most secrets of an application where personal accounts may sign in.
_MOST_PERSONAL_SECRETS = 2
_FIRST = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)


class SecretKeys:
    """The client secrets of an application."""

    noun, member = "secret", "passwordCredentials"

    def __init__(self, ctx: Context, graph: GraphClient) -> None:
        self._ctx, self._graph = ctx, graph

    def parse_keys(self, wire: t.Mapping[str, t.Any], app_id: str | None) -> tuple[Key, ...]:
        """Return the secrets of a registration. Raises BadAnswer for a date that is none."""
        listed = get_objects(wire, self.member)
        claims = self._graph.read_token_claims() if listed else {}
        method, options = self._graph.sign_in.method, self._ctx.options
        return tuple(
            Key(
                str(item["keyId"]).lower(),
                str(item.get("displayName") or ""),
                get_time(item, "startDateTime") or _FIRST,
                get_time(item, "endDateTime"),
                may_be_callers=may_be_own_secret(item, app_id, method, options, claims),
            )
            for item in listed
        )

    def get_most_keys(self, wire: t.Mapping[str, t.Any]) -> int | None:
        """Return two where personal accounts may sign in, else None: the registration's size is the limit."""
        return _MOST_PERSONAL_SECRETS if wire.get("signInAudience") in PERSONAL_AUDIENCES else None

    def read_rules(self, object_id: str) -> SecretRules | None:
        """Return what policies say of a new secret. Raises ApiError."""
        return read_secret_rules(self._graph, object_id)

    def open_writer(self, object_id: str, app_id: str, rotation: str) -> SecretKeyWriter:
        """Return the writer of the secrets."""
        return SecretKeyWriter(self._ctx, self._graph, object_id, app_id, rotation)

    def build_sign_in(self, tenant_id: str, key: KeyValue, scope: str) -> t.Callable[[], None]:
        """Return one try to sign in with the secret."""
        return build_secret_sign_in(self._ctx, tenant_id, key.application, key.value, scope)


class SecretKeyWriter:
    """Writer of secrets that are marked as those of one rotation."""

    def __init__(self, ctx: Context, graph: GraphClient, object_id: str, app_id: str, rotation: str) -> None:
        self._ctx, self._graph, self._app_id = ctx, graph, app_id
        self._writer = SecretWriter(ctx, graph, object_id, lambda: rotation + draw_attempt_id()[:TRY_DIGITS])

    def add(self, lifetime_days: int) -> AddedKey:
        """Add a secret; each request has a marker of its own. Raises ApiError as :meth:`SecretWriter.add` does."""
        added = self._writer.add(format_marker_name(self._ctx.options["rotation_name"]), lifetime_days)
        found = canonical_secret(added)
        name = str(found["display_name"] or "")
        marker, now = parse_marker(name), self._graph.get_service_time()
        return AddedKey(
            Key(found["key_id"], name, now, shift_time(now, datetime.timedelta(days=lifetime_days))),
            KeyValue(
                found["key_id"],
                marker.rotation + marker.attempt if marker else "",
                self._app_id,
                str(found["expires"] or ""),
                str(added["secretText"]),
            ),
        )

    def remove(self, key_id: str, *, is_new: bool = False) -> None:
        """Remove the secret with *key_id*; *is_new*: as for :meth:`SecretWriter.remove`. Raises ApiError."""
        self._writer.remove(key_id, is_new=is_new)

    def await_listed(self, key_id: str) -> bool:
        """Wait until the new secret is listed; return False and warn where it is not in time."""
        return self._writer.await_listed(key_id)

    def await_gone(self, key_id: str) -> None:
        """Wait until the secret is listed no more. Raises WaitTimeout."""
        self._writer.await_gone(key_id)
