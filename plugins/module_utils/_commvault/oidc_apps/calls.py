# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Single calls for OpenID Connect apps: find, read, create, update, write the secret of, delete."""

from __future__ import annotations

import dataclasses
import typing as t
from xml.sax.saxutils import quoteattr

from ..._core.errors import ApiError, NotFound, mark_outcome_unknown
from ..._core.polling import poll_until
from ..._core.retry import Repeat
from ..._core.values import get_object, get_objects
from ..client import CommvaultClient
from ..create import LAG_LIMIT_S, create_once
from ..envelope import is_name_taken
from ..identity_providers.app_rows import OIDC_TYPE, PATH, AppRows, build_gone_error, build_other_app_error
from ..releases import OIDC_THROUGH_APPS
from ..secret_marks import split_mark
from .canonical import (
    CLIENT_SECRET,
    OidcApp,
    OidcSettings,
    Wire,
    build_changed_row,
    build_new_row,
    parse_oidc_app,
)

_CREATE, _MODIFY = 1, 3
#: The command that creates and changes apps (SDK, configure_openid_app).
_COMMAND = "App_SetClientThirdPartyAppPropReq"
#: In place of the key of an app whose creation was answered: the step is done, whatever becomes of the look at the list.
_NOT_NAMED = "not named"


class OidcApps:
    """The OpenID Connect apps of the level that the client acts at. Nothing is kept between calls."""

    def __init__(self, client: CommvaultClient) -> None:
        self._client = client
        self.rows = AppRows(client)

    def find(self, name: str) -> OidcApp | None:
        """Return the app of this name with all that is shown of it; None when there is none.

        The list is read again past the service's cache before that is believed. Raises ConfigError where an app of another kind has
        the name, and AmbiguousMatch.
        """
        for is_fresh in (False, True):
            row = self.rows.find(name, OIDC_TYPE, is_fresh=is_fresh)
            found = None if row is None else self.read(row)
            if found is not None:
                return found
        return None

    def find_listed_mark(self, name: str) -> str | None:
        """Return the mark of the secret that the list shows for the app of this name; None where it shows none. Raises as find."""
        row = self.rows.find(name, OIDC_TYPE)
        return None if row is None else split_mark(row.get("appDescription")).fingerprint

    def read(self, row: t.Mapping[str, t.Any]) -> OidcApp | None:
        """Return the app of a row of the list, with its properties; None when it is not there any more."""
        key = str(row.get("appKey") or "")
        command = f"<App_GetClientThirdPartyAppPropReq propLevel='30'><appKeys val={quoteattr(key)}/></App_GetClientThirdPartyAppPropReq>"
        answer = self._client.read_by_command(command, intent=f"read OpenID Connect app {row.get('appName')}")
        shown = next((item for item in get_objects(answer, "clientThirdPartyApps") if item.get("appKey") == key), None)
        if shown is None:
            return None
        self._hide_secret(shown)
        return parse_oidc_app({**row, **{name: value for name, value in shown.items() if value is not None}})

    def read_again(self, key: str) -> OidcApp | None:
        """Return the app of this key as the list, read past the cache, and its properties show it; None when it is in neither."""
        row = self.rows.find_key(key)
        return None if row is None else self.read(row)

    def read_before_write(self, app: OidcApp, subject: str) -> OidcApp:
        """Return *app* as it is right before a write: it is written as a whole, so the list is read past its cache, too. Raises PlanChanged."""
        found = self.read_again(app.key)
        if found is None:
            raise build_gone_error(subject)
        return found

    def read_created(self, name: str) -> OidcApp | None:
        """Return the app of this name, which has just been created, as read_again does. Raises AmbiguousMatch, ConfigError."""
        row = self.rows.find(name, OIDC_TYPE, is_fresh=True)
        return None if row is None else self.read(row)

    def create(self, name: str, settings: OidcSettings, secret: str, associations: t.Sequence[Wire]) -> str | None:
        """Create an app; return its key where a lost answer made it be looked for, None where it was created, since no answer names it.

        The caller has made sure that the name is free; for lost answers see create_once.
        """
        intent = f"create OpenID Connect app {name}"
        row = build_new_row(name, settings, secret, associations)

        def send(is_undone: t.Callable[[], bool]) -> str:
            self._send_row(_CREATE, row, intent=intent, repeat=Repeat.IF_REFUSED, is_undone=is_undone)
            return _NOT_NAMED

        def find_shown() -> str | None:
            shown = self.rows.find(name, OIDC_TYPE, is_fresh=True)
            return str(shown["appKey"]) if shown is not None else None

        def adopt(key: str) -> None:
            self._adopt(key, name, settings, secret)

        key = create_once(self._client.ctx, send, find_shown, intent=intent, adopt=adopt)
        return None if key == _NOT_NAMED else key

    def update(self, row: Wire, subject: str) -> None:
        """Write the row of an app that exists, as a whole."""
        self._send_row(_MODIFY, row, intent=f"change {subject}", repeat=Repeat.ALWAYS)

    def write_secret(self, app: OidcApp, secret: str, fingerprint: str | None) -> None:
        """Write a new client secret to the app, and the mark by which it is known; all else stays as *app* shows it."""
        settings = dataclasses.replace(app.settings, secret_fingerprint=fingerprint)
        row = build_changed_row(app, settings, secret, app.associations)
        self.update(row, f"the client secret of OpenID Connect app {app.name}")

    def delete(self, app: OidcApp, subject: str) -> None:
        """Delete an app, by its key; one that is gone is fine. Raises PlanChanged where another app has its name by now."""
        if self.rows.delete(app.key, subject):
            return
        keys = self.rows.list_keys(app.name, OIDC_TYPE)
        if keys and app.key not in keys:
            raise build_other_app_error(subject, app.key, keys[0])

    def _send_row(
        self,
        operation: int,
        row: Wire,
        *,
        intent: str,
        repeat: Repeat,
        is_undone: t.Callable[[], bool] = lambda: True,
    ) -> None:
        """Create or change the app of a row, by the command that the official client uses where the release is known to need it.

        Where it is not known, a refusal is told with that as a possible reason.
        """
        body = {"opType": operation, "clientThirdPartyApps": [row]}
        if OIDC_THROUGH_APPS.is_missing(self._client.release):
            self._client.write_by_command(_COMMAND, body, intent=intent, repeat=repeat, is_undone=is_undone)
            return
        method = "POST" if operation == _CREATE else "PUT"
        try:
            self._client.write(method, PATH, body, intent=intent, repeat=repeat, is_undone=is_undone)
        except ApiError as exc:
            if (
                self._client.release
                or type(exc) not in (ApiError, NotFound)
                or exc.may_have_acted
                or is_name_taken(exc)
            ):
                raise
            raise type(exc)(
                f"{exc} Releases before 11.{OIDC_THROUGH_APPS.since} take such apps in another format, and this "
                "account is not allowed to read the release of the CommServe: give it the permission View on the "
                "CommCell.",
                **exc.facts,
            ) from exc

    def _adopt(self, key: str, name: str, settings: OidcSettings, secret: str) -> None:
        """Take the app that the list shows for the one whose creation was not answered, and make sure that it holds the secret.

        Raises ApiError where it is another one, which somebody else has created at the same time.
        """
        with mark_outcome_unknown():
            shown = poll_until(
                self._client.ctx,
                lambda: self.read_again(key),
                lambda found: found is not None,
                what=f"OpenID Connect app {name} to show",
                timeout_s=LAG_LIMIT_S,
            )
        if shown is None or shown.settings != settings:
            raise ApiError(
                f"Cannot create OpenID Connect app {name}: somebody else has created one of this name at the same time.",
                service="Commvault",
                is_outdated=True,
            )
        if settings.secret_fingerprint is None:  # nothing tells whether it holds our secret
            self.write_secret(shown, secret, None)

    def _hide_secret(self, row: t.Mapping[str, t.Any]) -> None:
        """Keep a secret that a release may show out of all output."""
        for item in get_objects(get_object(row, "props"), "nameValues"):
            if item.get("name") == CLIENT_SECRET and str(item.get("value") or "").strip("*"):
                self._client.ctx.secrets.add(str(item["value"]))
