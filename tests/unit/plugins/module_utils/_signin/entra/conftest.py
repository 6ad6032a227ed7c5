# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token service in place of Entra's, and people who sign in at once, for the tests of this folder."""

from __future__ import annotations

import typing as t

import pytest
from token_service import TokenService

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let waiting take no time."""
    monkeypatch.setattr(Context, "sleep", lambda _self, seconds: None)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> TokenService:
    """Return a token service; a browser comes back with a code at once, as the person's would."""
    from msal.oauth2cli.authcode import AuthCodeReceiver

    def come_back(
        _self: t.Any, auth_uri: str | None = None, state: str | None = None, **_more: t.Any
    ) -> dict[str, t.Any]:
        return {"code": "code-1", "state": state}

    monkeypatch.setattr(AuthCodeReceiver, "get_auth_response", come_back)
    return TokenService(monkeypatch)
