# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The consumers of a CommServe: a credential, an OpenID Connect app. Each shows by its mark which key it holds."""

from __future__ import annotations

from ...._commvault.confirm import wait_until_shown
from ...._commvault.credentials.calls import Credentials
from ...._commvault.credentials.canonical import Credential
from ...._core.context import Context
from ...._core.errors import ConfigError
from ...._core.values import is_guid
from ..state import TargetState, Use
from .base import KeyValue, Switched


def build_consumer_state(name: str, kind: str, fingerprint: str | None) -> TargetState:
    """Return the state of a consumer whose mark is *fingerprint*: a text that is no key id, or none at all, tells nothing."""
    is_known = is_guid(fingerprint)
    return TargetState(
        name,
        kind,
        "consumer",
        str(fingerprint).lower() if is_known else None,
        is_known=is_known,
        may_hold_unseen=not is_known,
    )


class CredentialTarget:
    """A credential of the Credential Manager. *app_id*: the application of the rotation; a credential of another one is not touched."""

    kind = "commvault_credential"
    use: Use = "consumer"

    def __init__(
        self, ctx: Context, name: str, credential: str, company: str | None, app_id: str, credentials: Credentials
    ) -> None:
        self.name = name
        self._ctx, self._wanted, self._company, self._app_id = ctx, credential, company, app_id
        self._credentials = credentials
        self._found: Credential | None = None

    def read(self) -> TargetState:
        """Return the key whose mark the list of credentials shows; one request for all of a CommCell."""
        listed = self._credentials.find_listed(self._wanted, self._company)
        if listed is not None and is_guid(listed.secret_fingerprint):
            return build_consumer_state(self.name, self.kind, self._check_found(listed).secret_fingerprint)
        return self.read_closely()

    def read_closely(self) -> TargetState:
        """Return the key whose mark the credential has."""
        self._found = self._find()
        return build_consumer_state(self.name, self.kind, self._found.secret_fingerprint)

    def check(self) -> None:
        """Raise Forbidden where this account is not the owner of the credential."""
        self._credentials.check_may_change(self._found or self._find())

    def switch(self, key: KeyValue) -> Switched:
        """Write the value and the mark, in one request, and read the mark back."""
        credential = self._find()
        if credential.secret_fingerprint == key.key_id:
            return "switched"
        if self._credentials.write_secret(credential, key.value, key.key_id):
            return "awaiting_approval"
        missing = wait_until_shown(
            self._ctx,
            lambda: [] if self._credentials.is_secret_shown(credential.id, key.key_id) else ["secret_fingerprint"],
            f"credential {self._wanted}",
            (),
        )
        # Accepted and not shown: it may wait for an approval that the answer did not tell of.
        return "awaiting_approval" if missing else "switched"

    def _find(self) -> Credential:
        """Return the credential. Raises ConfigError where there is none, or one of another kind or application."""
        found = self._credentials.find(self._wanted, self._company)
        if found is None:
            raise ConfigError(
                f"{self.name}: there is no credential {self._wanted!r} that this account sees: create it first (commvault_credential).",
                source="option targets",
            )
        return self._check_found(found)

    def _check_found(self, found: Credential) -> Credential:
        """Return *found*. Raises ConfigError for a credential of another kind or application, as far as that shows."""
        if not found.is_azure_application:
            raise ConfigError(
                f"{self.name}: credential {self._wanted!r} is of another kind ({found.kind}): use one for an Azure application.",
                source="option targets",
            )
        if self._app_id and found.azure_application_id not in (None, self._app_id):
            raise ConfigError(
                f"{self.name}: credential {self._wanted!r} is of application {found.azure_application_id}, and the rotation of"
                f" {self._app_id}: set that application in it, or use another credential.",
                source="option targets",
            )
        return found
