# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Single calls for SAML apps: find, read, create, update, redirect, delete. An app is read and changed by its name, and known by its key."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    Forbidden,
    NotFound,
    Throttled,
    Unreachable,
    mark_outcome_unknown,
)
from ..._core.names import is_same_name
from ..._core.parallel import map_in_parallel
from ..._core.polling import Backoff, poll_until
from ..._core.retry import Repeat
from ..app_associations import Association
from ..client import CommvaultClient
from ..create import LAG_LIMIT_S, create_once
from ..envelope import is_decided
from ..identity_providers.app_rows import PATH, SAML_TYPE, AppRows, build_gone_error, build_other_app_error
from ..identity_providers.read import IdentityProviders
from .canonical import (
    REDIRECT_FLAG,
    SamlAppState,
    SamlSettings,
    Wire,
    build_create_body,
    make_created_settings,
    parse_saml_state,
)

_MODIFY = 3
#: How often an app that is listed and not there when it is read is looked for.
_LOOKS = 4
_READ_AT_ONCE = 8
#: In place of the key of an app whose creation was answered, since no answer names it.
_NOT_NAMED = "not named"


class SamlApps:
    """The SAML apps of the level that the client acts at. Nothing is kept between calls."""

    def __init__(self, client: CommvaultClient) -> None:
        self._client = client
        self._providers = IdentityProviders(client)
        self.rows = AppRows(client)

    def find(self, name: str) -> SamlAppState | None:
        """Return the app of this name; None when there is none.

        That is believed only of a list that was read past the service's cache, and of a read that was answered. Raises ConfigError
        where an app of another kind has the name, AmbiguousMatch, and what a read raises that has failed.
        """
        row, found = self._look(name, is_fresh=False)
        backoff = Backoff(self._client.ctx)
        for number in range(_LOOKS):
            if found is not None:
                break
            if number:  # listed, and not there when it is read: deleted or created a moment ago
                backoff.pause(about=f"waiting until Commvault's list and its apps match ({name!r})")
            row, found = self._look(name, is_fresh=True)
            if row is None:
                break
        return found

    def read_again(self, name: str) -> SamlAppState | None:
        """Return the app of this name as the list, read past the cache, and the app itself show it; None when it cannot be read there."""
        return self._look(name, is_fresh=True)[1]

    def read_before_write(self, app: SamlAppState, subject: str) -> SamlAppState:
        """Return *app* as it is right before a write, by one request; flags are those of before, for they are in the list.

        Raises PlanChanged where it is gone, or another app has its name.
        """
        row = {"appName": app.name, "appKey": app.key, "flags": app.flags}
        found = self._read(app.name, row, is_listed_absent=False)
        if found is None or found.key != app.key:
            raise build_gone_error(subject)
        return found

    def is_there(self, app: SamlAppState) -> bool:
        """Return whether the list, read past the cache, or the app itself shows the app of this key, whatever else has its name."""
        return self.rows.find_key(app.key) is not None or self._find_key_of_name(app.name) == app.key

    def list_others(self, name: str) -> list[SamlAppState]:
        """Return the other SAML apps of the level, each read."""
        rows = [row for row in self.rows.read() if str(row.get("appType")) == str(SAML_TYPE)]
        found = map_in_parallel(
            lambda row: self.read_listed(str(row.get("appName")), row),
            rows,
            _READ_AT_ONCE,
            self._client.ctx,
            "SAML apps read",
        )
        return [item for item in found if item is not None and item.name != name]

    def read_listed(self, name: str, row: t.Mapping[str, t.Any] | None) -> SamlAppState | None:
        """Return the app of this name and its row in the list of apps, None where that has none; None when it is not there any more."""
        return self._read(name, row, is_listed_absent=False)

    def create(
        self, name: str, settings: SamlSettings, certificate: str, associations: t.Sequence[Association]
    ) -> str | None:
        """Create an app; return its key where a lost answer made it be looked for, None where it was created, since no answer names it.

        The caller has made sure that the name is free; for lost answers see create_once.
        """
        intent = f"create SAML app {name}"
        body = build_create_body(name, settings, certificate, associations)

        def send(is_undone: t.Callable[[], bool]) -> str:
            self._client.write("POST", "v4/SAML", body, intent=intent, repeat=Repeat.IF_REFUSED, is_undone=is_undone)
            return _NOT_NAMED

        def find_shown() -> str | None:
            shown = self.read_again(name)
            return shown.key if shown is not None else None

        def adopt(key: str) -> None:
            self._check_adopted(name, settings)

        key = create_once(self._client.ctx, send, find_shown, intent=intent, adopt=adopt)
        return None if key == _NOT_NAMED else key

    def update(self, name: str, body: Wire, subject: str) -> None:
        """Write the blocks of an app that change."""
        self._client.write("PUT", f"v4/SAML/{quote_segment(name)}", body, intent=f"change {subject}")

    def set_redirect(self, app: SamlAppState, is_on: bool, subject: str) -> None:
        """Switch auto-redirect; the other flags stay as they are shown (SDK, set_auto_redirect_to_idp)."""
        flags = app.flags or 0
        flags = flags | REDIRECT_FLAG if is_on else flags & ~REDIRECT_FLAG
        row = {"flags": flags, "appType": SAML_TYPE, "appKey": app.key}
        self._client.write("PUT", PATH, {"opType": _MODIFY, "clientThirdPartyApps": [row]}, intent=f"switch {subject}")

    def delete(self, app: SamlAppState, subject: str) -> None:
        """Delete an app; one that is gone is fine. Raises PlanChanged where another app has its name by now.

        By its key, and by its name only where the list does not show it, right after the key was compared.
        """
        if self.rows.delete(app.key, subject):
            return
        found = self._find_key_of_name(app.name)
        if found is not None and found != app.key:
            raise build_other_app_error(subject, app.key, found)
        if found is not None:
            self._delete_by_name(app, subject)

    def _delete_by_name(self, app: SamlAppState, subject: str) -> None:
        """Delete the app that has the name. What may have been done is not sent again: the name may be another app's by then."""
        path = f"v4/SAML/{quote_segment(app.name)}"
        try:
            self._client.write("DELETE", path, intent=f"delete {subject}", repeat=Repeat.IF_UNDONE, missing_ok=True)
        except ApiError as exc:
            if (is_decided(exc) and not isinstance(exc, NotFound)) or self.is_there(app):
                raise

    def _find_key_of_name(self, name: str) -> str | None:
        """Return the key of the app that is read under this name, after the list was; None when there is none."""
        is_listed = any(is_same_name(other, name) for other in self.rows.names)
        found = self._read(name, None, is_listed_absent=not is_listed)
        return found.key if found is not None else None

    def _look(self, name: str, *, is_fresh: bool) -> tuple[Wire | None, SamlAppState | None]:
        """Return the row of the app and the app, None for what is not there."""
        row = self.rows.find(name, SAML_TYPE, is_fresh=is_fresh)
        return row, self._read(name, row, is_listed_absent=is_fresh and row is None)

    def _read(self, name: str, row: t.Mapping[str, t.Any] | None, *, is_listed_absent: bool) -> SamlAppState | None:
        """Return the app, under the name that its row has; None when it is not there.

        *is_listed_absent*: the list, read past the cache, has no such app. Then a refusal with a code of the service's own is taken
        for absence too, since what a missing app is answered with is not known; a read that fails otherwise raises.
        """
        spelling = name if row is None else str(row.get("appName") or name)
        try:
            body = self._providers.read_saml_body(spelling)
        except (AuthError, Forbidden, Unreachable, Throttled, BadAnswer):
            raise
        except ApiError as exc:
            if is_listed_absent and exc.code is not None and (exc.status or 0) < 500:
                return None
            raise
        return None if body is None else parse_saml_state(body, row)

    def _check_adopted(self, name: str, settings: SamlSettings) -> None:
        """Make sure that the app that shows after a lost answer is the one that was to be created: the mark names its certificate.

        Raises ApiError where it is another one, which somebody else has created at the same time.
        """
        with mark_outcome_unknown():
            shown = poll_until(
                self._client.ctx,
                lambda: self.read_again(name),
                lambda found: found is not None,
                what=f"SAML app {name} to show",
                timeout_s=LAG_LIMIT_S,
            )
        wanted = make_created_settings(settings)
        if shown is None or not _is_created_alike(shown.settings, wanted):
            raise ApiError(
                f"Cannot create SAML app {name}: somebody else has created one of this name at the same time.",
                service="Commvault",
                is_outdated=True,
            )


def _is_created_alike(shown: SamlSettings, wanted: SamlSettings) -> bool:
    names = ("description", "certificate", "entity_id", "sign_on_url", "service_provider_endpoint")
    return all(getattr(shown, name) == getattr(wanted, name) for name in names)
