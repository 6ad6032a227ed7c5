# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoint of managed identities, wherever the platform says it is and whatever it answers."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra import managed_identity

SCOPE, SECRET = "https://graph.microsoft.com/.default", "Planted4711-secret"
TOKEN = {"access_token": "a-token", "expires_in": 3600, "token_type": "Bearer"}

ODD: list[t.Any] = [None, [], {}, "x", 7, True, [{"a": 1}], {"a": [1]}, 10**400, -1, 1e300, "9" * 400]


@pytest.mark.parametrize("name", ["IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"])
def test_endpoints_of_managed_identities(
    make_ctx: t.Any, server: t.Any, secured: t.Any, answer: t.Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable in (
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "IDENTITY_SERVER_THUMBPRINT",
        "MSI_ENDPOINT",
        "MSI_SECRET",
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("IDENTITY_HEADER" if name == "IDENTITY_ENDPOINT" else "MSI_SECRET", SECRET)
    monkeypatch.setenv(name, server.url.replace("http://", "http://svc:Planted4711@"))
    with pytest.raises(ConfigError, match=f"{name}: .*user information") as refused:
        managed_identity.acquire_token(make_ctx({"retries": 0}), None, SCOPE)
    assert "Planted4711" not in json.dumps(refused.value.as_result())
    assert server.received == []
    monkeypatch.setenv(name, server.url)
    bodies: list[t.Any] = [
        b"",
        b"[]",
        b"null",
        *[{**TOKEN, "expires_on": "4000000000", "access_token": odd} for odd in ODD],
    ]
    bodies += [{**TOKEN, "expires_on": odd, "expires_in": odd} for odd in ODD]
    for body in bodies:
        server.says(answer(body=body))
        try:
            token = managed_identity.acquire_token(make_ctx({"retries": 0}), None, SCOPE)
        except CvopsError as exc:
            assert SECRET not in str(exc)
        else:
            assert isinstance(token.value, str)
    server.says(answer(307, headers={"Location": f"{secured.server.url}/token"}))
    with pytest.raises(CvopsError, match="not followed"):
        managed_identity.acquire_token(make_ctx({"retries": 0}), None, SCOPE)
    assert secured.server.received == []
