# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Certificates as the keys of a rotation: the private key is made here, and Entra ID gets the certificate alone.

The value of such a key is its private key and its certificate in one PEM text, as option ``client_certificate`` takes it.
"""

from __future__ import annotations

import datetime
import typing as t

from ...._core.context import Context
from ...._core.errors import ApiError, Cancelled, ConfigError, WaitTimeout
from ...._core.polling import poll_until
from ...._core.public_certificates import PublicCertificate
from ...._core.values import format_time, shift_time
from ...._entra.certificates.canonical import Certificate, get_key_credentials, list_certificates, list_key_ids
from ...._entra.certificates.checks import may_be_own_certificate
from ...._entra.certificates.key_pair import DEFAULT_KEY_SIZE, HEAD_START, make_key_pair
from ...._entra.certificates.own import read_own_thumbprints
from ...._entra.certificates.single import add_certificate, remove_certificate
from ...._entra.certificates.writer import CertificateWriter
from ...._entra.client import GraphClient
from ...._entra.secrets.markers import draw_attempt_id
from ...._entra.secrets.policy import CERTIFICATE, SecretRules, read_credential_rules
from ..proof import build_certificate_sign_in
from ..state import TRY_DIGITS, Key, format_marker_name
from ..targets.base import KeyValue
from .base import AddedKey

_FIRST = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)
#: Looks in a row that have to list a new certificate when the run ends, and how long it may be missing before it is added again.
_LOOKS_IN_A_ROW, _LOST_AFTER_S = 3, 20.0


class CertificateKeys:
    """The certificates with which an application signs in."""

    noun, member = "certificate", "keyCredentials"

    def __init__(self, ctx: Context, graph: GraphClient) -> None:
        self._ctx, self._graph = ctx, graph

    def parse_keys(self, wire: t.Mapping[str, t.Any], app_id: str | None) -> tuple[Key, ...]:
        """Return the certificates of a registration that are for signing in. Raises BadAnswer where they are not told."""
        listed = list_certificates(get_key_credentials(wire))
        if not listed:
            return ()
        claims, method, options = self._graph.read_token_claims(), self._graph.sign_in.method, self._ctx.options
        own = read_own_thumbprints(self._ctx) if method == "client_certificate" else None
        return tuple(
            Key(
                item.key_id,
                item.name or "",
                _compute_start(item),
                item.expires,
                may_be_callers=may_be_own_certificate(item, app_id, method, options, claims, own),
            )
            for item in listed
        )

    def get_most_keys(self, wire: t.Mapping[str, t.Any]) -> int | None:
        """Return None: the registration's size is the limit."""
        return None

    def read_rules(self, object_id: str) -> SecretRules | None:
        """Return what policies say of a new certificate. Raises ApiError."""
        return read_credential_rules(self._graph, object_id, CERTIFICATE)

    def open_writer(self, object_id: str, app_id: str, rotation: str) -> CertificateKeyWriter:
        """Return the writer of the certificates."""
        return CertificateKeyWriter(self._ctx, self._graph, object_id, app_id, rotation)

    def build_sign_in(self, tenant_id: str, key: KeyValue, scope: str) -> t.Callable[[], None]:
        """Return one try to sign in with the certificate. Raises ConfigError for a value that is no certificate with its key."""
        try:
            return build_certificate_sign_in(self._ctx, tenant_id, key.application, key.value, scope)
        except ConfigError as exc:
            raise ConfigError(
                f"The value of key {key.key_id} in its store is not a certificate with its private key: somebody "
                "else wrote it there. Remove it from the store, and run the task again.",
                source="option targets",
            ) from exc


class CertificateKeyWriter:
    """Writer of certificates that are marked as those of one rotation."""

    def __init__(self, ctx: Context, graph: GraphClient, object_id: str, app_id: str, rotation: str) -> None:
        self._ctx, self._graph, self._object_id, self._app_id = ctx, graph, object_id, app_id
        self._rotation = rotation
        self._added: tuple[str, str, PublicCertificate] | None = None

    def add(self, lifetime_days: int) -> AddedKey:
        """Make a key, and add its certificate beside all others, which are all there still when this returns.

        Raises ApiError as :func:`add_certificate` does.
        """
        options, now = self._ctx.options, self._graph.get_service_time()
        asked = options["certificate"] or {}
        # Policies count from the certificate's start, which is a little earlier than now.
        ends = shift_time(now, datetime.timedelta(days=lifetime_days) - HEAD_START)
        pair = make_key_pair(
            asked.get("common_name") or options["rotation_name"], now, ends, asked.get("key_size") or DEFAULT_KEY_SIZE
        )
        self._ctx.secrets.add(pair.private_key)
        rotation_id = self._rotation + draw_attempt_id()[:TRY_DIGITS]
        name = f"{format_marker_name(options['rotation_name'])}/{rotation_id}"
        try:
            added = add_certificate(self._ctx, self._graph, self._object_id, pair.certificate, name)
        except (ApiError, Cancelled) as exc:
            exc.facts.setdefault("marker", name)
            raise
        self._added = (added.key_id, name, pair.certificate)
        expires = pair.certificate.expires
        return AddedKey(
            Key(added.key_id, name, _compute_start(added), expires),
            KeyValue(added.key_id, rotation_id, self._app_id, format_time(expires), pair.bundle),
        )

    def remove(self, key_id: str, *, is_new: bool = False) -> None:
        """Remove the certificate with *key_id*, and wait until it shows no more and all others do. Raises ApiError, WaitTimeout.

        A new one has been waited for when it was added.
        """
        remove_certificate(self._ctx, self._graph, self._object_id, key_id)

    def await_listed(self, key_id: str) -> bool:
        """Wait until the new certificate is listed; return False and warn where it is not in time.

        Whoever writes the collection from what was before this run takes it away again: then it is added once more, under its key id.
        """
        writer = CertificateWriter(self._ctx, self._graph, self._object_id)
        try:
            try:
                poll_until(
                    self._ctx,
                    lambda: key_id in list_key_ids(writer.read()),
                    bool,
                    what=f"certificate {key_id} to be listed",
                    in_a_row=_LOOKS_IN_A_ROW,
                    timeout_s=_LOST_AFTER_S,
                )
            except (ApiError, WaitTimeout):
                if self._added is None or self._added[0] != key_id:
                    raise
                name, certificate = self._added[1:]
                add_certificate(self._ctx, self._graph, self._object_id, certificate, name, key_id)
        except (ApiError, WaitTimeout) as exc:
            self._ctx.warn(
                f"Certificate {key_id} was added, but it was not seen in the list of certificates ({exc})"
                " Check whether somebody else changes the certificates of this application."
            )
            return False
        return True

    def await_gone(self, key_id: str) -> None:
        """Do nothing: :meth:`remove` has waited."""


def _compute_start(certificate: Certificate) -> datetime.datetime:
    """Return when a certificate was made: those of a rotation begin a little earlier, and overlap and claims count from here."""
    return shift_time(certificate.starts, HEAD_START) if certificate.starts else _FIRST
