# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An OpenID Connect app as a consumer: its mark tells which key it holds, and it is written as it is, not as a cache has it."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.canonical import OidcApp, OidcSettings
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue, StoreTarget
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.oidc_app import OidcAppTarget

APP = "abcdef66-7777-4888-8999-000000000000"
OLD, NEW = "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70", "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b71"
KEY = KeyValue(NEW, "", APP, "", "the value")


class Apps:
    """The apps of a CommServe with one of them. ``cached``: as it was found; ``listed``: the mark that the list shows.

    ``error``: of a write; ``shows``: what is written shows.
    """

    def __init__(self, found: OidcApp | None) -> None:
        self.cached = self.found = found
        self.listed: str | None = None
        self.error: Exception | None = None
        self.shows = True
        self.written: list[tuple[str, str, str | None]] = []

    def find(self, name: str) -> OidcApp | None:
        return self.cached

    def find_listed_mark(self, name: str) -> str | None:
        return self.listed

    def read_again(self, key: str) -> OidcApp | None:
        return self.found

    def write_secret(self, app: OidcApp, secret: str, fingerprint: str | None) -> None:
        if self.error is not None:
            raise self.error
        self.written.append((app.settings.description, secret, fingerprint))
        if self.shows:
            self.found = replace(app, settings=replace(app.settings, secret_fingerprint=fingerprint))


def app(mark: str | None = OLD, application_id: str = APP, description: str = "") -> OidcApp:
    settings = OidcSettings(description=description, application_id=application_id, secret_fingerprint=mark)
    return OidcApp("key", "Entra", settings, (), {})


def target(make_ctx: t.Any, apps: Apps) -> OidcAppTarget:
    return OidcAppTarget(make_ctx(), "cs01", "Entra", APP, t.cast("t.Any", apps))


def test_a_mark_is_read_written_once_and_read_back(make_ctx: t.Any) -> None:
    apps = Apps(app(OLD.upper(), APP.upper()))
    found = target(make_ctx, apps)
    assert not isinstance(found, StoreTarget)
    assert (found.read().key_id, found.check()) == (OLD, None)  # type: ignore[func-returns-value]
    assert [found.switch(KEY), found.switch(KEY)] == ["switched", "switched"]
    assert apps.written == [("", "the value", NEW)]


def test_a_list_is_enough_where_it_shows_the_mark(make_ctx: t.Any) -> None:
    apps = Apps(app(NEW))
    apps.listed = OLD.upper()
    found = target(make_ctx, apps)
    assert (found.read().key_id, found.read_closely().key_id) == (OLD, NEW)
    apps.listed = "made by hand"
    assert found.read().key_id == NEW


def test_it_is_written_as_it_is_now(make_ctx: t.Any) -> None:
    apps = Apps(app())
    apps.found = app(description="changed in the meantime")
    target(make_ctx, apps).switch(KEY)
    assert apps.written == [("changed in the meantime", "the value", NEW)]
    apps.found = None
    with pytest.raises(ConfigError, match="is gone"):
        target(make_ctx, apps).switch(KEY)


def test_what_waits_for_an_approval_is_told(make_ctx: t.Any) -> None:
    apps = Apps(app())
    apps.error = ApiError("Cannot change it: Commvault error 77: The request is pending approval", code="77")
    assert target(make_ctx, apps).switch(KEY) == "awaiting_approval"
    apps.error = ApiError("Cannot: no")
    with pytest.raises(ApiError, match="no"):
        target(make_ctx, apps).switch(KEY)
    apps.error, apps.shows = None, False
    assert target(make_ctx, apps).switch(KEY) == "awaiting_approval"


@pytest.mark.parametrize("found", [None, app(application_id="11111111-2222-4333-8444-555555555555")])
def test_what_is_not_the_applications_is_refused(make_ctx: t.Any, found: OidcApp | None) -> None:
    with pytest.raises(ConfigError, match="Entra"):
        target(make_ctx, Apps(found)).read()
