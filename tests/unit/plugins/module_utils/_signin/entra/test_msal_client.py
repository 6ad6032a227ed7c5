# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our transport as MSAL sees it: what it asks goes out once and counted, what it could only misread is an error of ours."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import Repeat, RetryPolicy
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.msal_client import MsalHttpClient


def test_what_msal_asks_goes_out_once_and_counted(make_ctx: t.Any, server: t.Any, answer: t.Any) -> None:
    posts: list[bool] = []
    ctx = make_ctx()
    client = MsalHttpClient(
        Transport(ctx, HttpSettings("Service", policy=RetryPolicy(tries=3), environ={})),
        Repeat.ALWAYS,
        lambda: posts.append(True),
        plain_http=True,
    )
    assert client.get_last_error() == {}
    server.says(answer(body={"a": 1}))
    found = client.get(server.url, params={"x": "1"}, headers={"X-Own": "1"}, timeout=5)
    assert (found.status_code, json.loads(found.text), found.headers["Content-Type"]) == (
        200,
        {"a": 1},
        "application/json",
    )
    found.raise_for_status()
    assert client.get_last_error() == {}
    assert server.received[0].headers["X-Own"] == "1"
    server.says(answer(503), answer(400, body={"error": "invalid_client"}))
    refused = client.post(server.url, data={"grant_type": "client_credentials"})
    assert refused.status_code == 400
    assert server.received[1].body == b"grant_type=client_credentials"
    assert client.get_last_error() == {"error": "invalid_client"}
    with pytest.raises(BadAnswer):
        refused.raise_for_status()
    for body in ("<html>", "[]"):
        server.says(answer(400, body=body))
        client.get(server.url)
        assert client.get_last_error() == {}
    assert posts == [True]
    assert ctx.stats.as_result()["reads"] == 0, "signing in is no reading"
    client.close()


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (503, {"error_description": "the cloud is tired"}, ApiError, "HTTP 503: the cloud is tired"),
        (500, "<title>Bad day</title>", ApiError, "HTTP 500: an HTML page titled 'Bad day'"),
        (200, "<title>Portal</title>", BadAnswer, "an HTML page titled 'Portal'"),
        (200, "[]", BadAnswer, "JSON, but not an object"),
        (400, "[]", BadAnswer, "JSON, but not an object"),
    ],
)
def test_what_it_could_only_misread(
    make_ctx: t.Any, server: t.Any, answer: t.Any, status: int, body: t.Any, error: type[Exception], said: str
) -> None:
    server.says(answer(status, body=body))
    transport = Transport(make_ctx(), HttpSettings("Service", policy=RetryPolicy(tries=1), environ={}))
    with pytest.raises(error, match=said):
        MsalHttpClient(transport, Repeat.IF_REFUSED, lambda: None, plain_http=True).post(server.url)


@pytest.mark.parametrize("url", ["http://service.example/token", "https://user:hushed@service.example/", "file:///etc"])
def test_an_address_that_must_not_get_a_credential_is_not_called(make_ctx: t.Any, url: str) -> None:
    posts: list[bool] = []
    transport = Transport(make_ctx(), HttpSettings("Service", environ={}))
    client = MsalHttpClient(transport, Repeat.ALWAYS, lambda: posts.append(True))
    for call in (client.get, client.post):
        with pytest.raises(BadAnswer, match="gives an address that is not used") as refused:
            call(url)
        assert "hushed" not in str(refused.value)
    assert posts == []
