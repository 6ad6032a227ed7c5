# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""An OpenID Connect app of a CommServe, through which people sign in. It shows by its mark which key it holds."""

from __future__ import annotations

from ...._commvault.confirm import wait_until_shown
from ...._commvault.envelope import is_approval_pending
from ...._commvault.oidc_apps.calls import OidcApps
from ...._commvault.oidc_apps.canonical import OidcApp
from ...._core.context import Context
from ...._core.errors import ApiError, ConfigError
from ...._core.values import is_guid
from ..state import TargetState, Use
from .base import KeyValue, Switched
from .credential import build_consumer_state


class OidcAppTarget:
    """An OpenID Connect app. *app_id*: the application of the rotation; an app that is registered as another one is not touched."""

    kind = "commvault_oidc_app"
    use: Use = "consumer"

    def __init__(self, ctx: Context, name: str, app: str, app_id: str, apps: OidcApps) -> None:
        self.name = name
        self._ctx, self._wanted, self._app_id, self._apps = ctx, app, app_id, apps

    def read(self) -> TargetState:
        """Return the key whose mark the list of apps shows."""
        mark = self._apps.find_listed_mark(self._wanted)
        if is_guid(mark):
            return build_consumer_state(self.name, self.kind, mark)
        return self.read_closely()

    def read_closely(self) -> TargetState:
        """Return the key whose mark the app has."""
        return build_consumer_state(self.name, self.kind, self._find().settings.secret_fingerprint)

    def check(self) -> None:
        """Do nothing: an app has no owner, and what the account may write shows only when it writes."""

    def switch(self, key: KeyValue) -> Switched:
        """Write the value and the mark, in one request, and read the mark back."""
        app = self._read_fresh()
        if app.settings.secret_fingerprint == key.key_id:
            return "switched"
        try:
            self._apps.write_secret(app, key.value, key.key_id)
        except ApiError as exc:
            if not is_approval_pending(exc):
                raise
            return "awaiting_approval"
        subject = f"OpenID Connect app {self._wanted}"
        missing = wait_until_shown(self._ctx, lambda: self._list_missing(app.key, key.key_id), subject, ())
        # Accepted and not shown: it may wait for an approval that the answer did not tell of.
        return "awaiting_approval" if missing else "switched"

    def _list_missing(self, app_key: str, key_id: str) -> list[str]:
        shown = self._apps.read_again(app_key)
        is_shown = shown is not None and shown.settings.secret_fingerprint == key_id
        return [] if is_shown else ["secret_fingerprint"]

    def _read_fresh(self) -> OidcApp:
        """Return the app as it is now: it is written as a whole, so that what a cache has would undo what others have changed."""
        app = self._apps.read_again(self._find().key)
        if app is None:
            raise self._build_refusal("is gone")
        return app

    def _find(self) -> OidcApp:
        """Return the app. Raises ConfigError where there is none, or one that is registered as another application."""
        found = self._apps.find(self._wanted)
        if found is None:
            raise self._build_refusal("is not there: create it first (commvault_oidc_app)")
        application = found.settings.application_id.lower()
        if self._app_id and application not in ("", self._app_id.lower()):
            raise self._build_refusal(
                f"is of application {application}, and the rotation of {self._app_id}: name that application in it, or another app"
            )
        return found

    def _build_refusal(self, what: str) -> ConfigError:
        return ConfigError(f"{self.name}: OpenID Connect app {self._wanted!r} {what}.", source="option targets")
