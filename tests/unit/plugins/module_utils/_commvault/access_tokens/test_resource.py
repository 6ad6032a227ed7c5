# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token is created once, its value is never lost, and what is stored belongs to it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens import resource as token_resource
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.resource import (
    AccessTokenResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.client import CommvaultClient
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    ConfigError,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import PairCustodian

ROW: dict[str, t.Any] = {
    "accessTokenId": 9,
    "tokenName": "Nightly",
    "tokenType": 3,
    "tokenExpiryTimestamp": 1800000000,
    "renewableUntilTimestamp": 1806624000,
    "apiEndpoints": ["V4/Role", "/Security/"],
    "allowedIPs": ["10.1.0.1", "10.20.0.7/24", "10.0.0.1 - 10.0.0.9"],
}


def test_a_value_is_kept_although_the_rest_of_the_answer_makes_no_sense(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is shown once, and by then the token was made; without it nobody could use it or know of it."""

    def refuse(row: t.Any) -> t.NoReturn:
        raise BadAnswer("no date")

    resource = object.__new__(AccessTokenResource)
    resource._store, resource._result, resource._values = None, {}, {}
    assert resource.salvage() == {}
    answer = {**ROW, "accessToken": "shown once", "refreshToken": "renews"}
    monkeypatch.setattr(resource, "_create_token", lambda step: answer, raising=False)
    monkeypatch.setattr(token_resource, "_format_lifetimes", refuse)
    with pytest.raises(BadAnswer):
        resource.actions["create"](Step("create", "access token Nightly"))
    kept = {"id": "9", "value": "shown once", "refresh_token": "renews"}
    assert resource.salvage() == {"salvaged": {"access_token": kept}}


PAGE = "<html><head><title>404 Not Found</title></head></html>"


@pytest.fixture
def client(secured: t.Any, make_ctx: t.Any) -> CommvaultClient:
    defaults = {name: option.get("default") for name, option in commvault_spec().options.items()}
    signed_in = {"commvault_auth_method": "access_token", "commvault_access_token": "opaque", "retries": 0}
    url = f"{secured.server.url}/commandcenter/api"
    return CommvaultClient(
        make_ctx({**defaults, **signed_in, "commvault_url": url, "commvault_ca_path": secured.ca_path})
    )


def test_a_token_whose_look_fails_has_an_unknown_outcome(
    client: CommvaultClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(drop=True), answer(500, PAGE))
    settings = {"name": "n", "token_type": "all", "api_endpoints": [], "allowed_ips": []}
    tokens = AccessTokenResource(client.ctx)
    with pytest.raises(ApiError, match="HTTP 500") as caught:
        tokens._create_token(Step("create", "access token n", {"settings": settings}))
    assert caught.value.facts["outcome"] == "unknown"


class Refusing:
    """A token store that takes nothing."""

    location, custodian = "the test's store", PairCustodian("h", "u")

    def write_pair(self, pair: t.Any) -> None:
        raise ConfigError("The token store is full")


@pytest.mark.parametrize(("status", "told"), [(200, 0), (500, 1)])
def test_a_token_that_can_neither_be_stored_nor_revoked_is_told(
    client: CommvaultClient, secured: t.Any, answer: t.Any, status: int, told: int
) -> None:
    secured.server.says(answer(status, {"errorCode": 0 if status == 200 else 587}))
    tokens = AccessTokenResource(client.ctx)
    tokens._store = t.cast(t.Any, Refusing())
    row = {"accessTokenId": 9, "tokenName": "n", "accessToken": "value-4711", "refreshToken": "refresh-4711"}
    with pytest.raises(ConfigError, match="full"):
        tokens._store_pair(t.cast(t.Any, Refusing()), row)
    assert [one.method for one in secured.server.received][:1] == ["DELETE"]
    assert len(client.ctx.warnings) == told
    assert all("id 9" in warning and "revoke" in warning for warning in client.ctx.warnings)
