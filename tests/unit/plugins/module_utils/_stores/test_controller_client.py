# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of a controller: where its API is, how it signs in, what it makes of refusals and odd answers, and that nothing leaks."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    ConfigError,
    CvopsError,
    Forbidden,
    NotFound,
)
from ansible_collections.cvops.identity.plugins.module_utils._stores.controller_client import ControllerClient

TOKEN = "Tk0-q1W2e3R4t5Y6u7I8o9"
DIRECT = {"current_version": "/api/v2/", "available_versions": {"v2": "/api/v2/"}}
GATEWAY = {"apis": {"gateway": "/api/gateway/", "controller": "https://evil.example/api/"}}


def open_client(make_ctx: t.Any, secured: t.Any, *answers: t.Any, **options: t.Any) -> ControllerClient:
    secured.server.says(*answers)
    given = {"url": secured.server.url, "ca_path": secured.ca_path, "token": TOKEN, **options}
    return ControllerClient(make_ctx(), given)


@pytest.mark.parametrize(("api", "base"), [(DIRECT, "/api/v2"), (GATEWAY, "/api/controller/v2")])
def test_the_api_is_found_once_and_its_place_is_never_taken_from_the_answer(
    make_ctx: t.Any, secured: t.Any, answer: t.Any, api: t.Any, base: str
) -> None:
    page = {"count": 0, "next": None, "results": []}
    client = open_client(make_ctx, secured, answer(body=api), answer(body=page))
    assert client.list_named("credentials", "a b", "look") == client.list_named("credentials", "c", "look") == []
    paths = [one.path for one in secured.server.received]
    assert paths == [
        "/api/",
        f"{base}/credentials/?name=a+b&page_size=200",
        f"{base}/credentials/?name=c&page_size=200",
    ]
    sent = [one.headers.get("Authorization") for one in secured.server.received]
    assert sent == [None, f"Bearer {TOKEN}", f"Bearer {TOKEN}"]


def test_writes_go_as_json_to_a_path_that_ends_with_a_slash(make_ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    client = open_client(
        make_ctx, secured, answer(body=DIRECT), answer(body={"id": 7}), token=None, username="u", password="p:ä"
    )
    assert client.patch("/credentials/7/", {"a": "ü"}, "write", "Admin") == {"id": 7}
    assert client.post("/job_templates/9/launch/", {}, "launch", "Execute") == {"id": 7}
    patched, posted = secured.server.received[1:]
    assert (patched.method, patched.path, json.loads(patched.body)) == ("PATCH", "/api/v2/credentials/7/", {"a": "ü"})
    assert (posted.method, posted.path, json.loads(posted.body)) == ("POST", "/api/v2/job_templates/9/launch/", {})
    assert patched.headers["Authorization"] == f"Basic {base64.b64encode('u:p:ä'.encode()).decode()}"


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        (
            {"status": 401, "body": {"detail": "Invalid token."}},
            AuthError,
            "Invalid token. The controller does not accept the token",
        ),
        ({"status": 403, "body": {"detail": "No."}}, Forbidden, "needs the role Admin"),
        (
            {"status": 404, "body": "<html><title>x</title>"},
            NotFound,
            "HTTP 404. It is gone, this account does not see it",
        ),
        ({"status": 400, "body": {"__all__": ["Two\nlines"]}}, ApiError, "Cannot write: Two lines"),
        ({"status": 400, "body": {"inputs": {"x": [f"not {TOKEN}"]}}}, ApiError, "Cannot write: .*not "),
        (
            {"status": 301, "headers": {"Location": "https://evil.example/"}},
            BadAnswer,
            "a redirect to https://evil.example",
        ),
        ({"body": [1]}, BadAnswer, "JSON, but not an object"),
        ({"body": "<html><title>Sign in</title>"}, BadAnswer, "an HTML page titled 'Sign in'"),
    ],
)
def test_a_refusal_is_told_in_words_without_the_token(
    make_ctx: t.Any, secured: t.Any, answer: t.Any, said: dict[str, t.Any], kind: type[CvopsError], told: str
) -> None:
    client = open_client(make_ctx, secured, answer(body=DIRECT), answer(**said))
    with pytest.raises(kind, match=told) as caught:
        client.patch("/credentials/7/", {}, "write", "the role Admin")
    assert TOKEN not in repr(caught.value) + repr(caught.value.facts) and len(secured.server.received) == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"results": None}, "a list that is not valid"),
        ({"results": [1]}, "a list that is not valid"),
        ({"results": [], "next": "/api/v2/credentials/?page=2"}, "more than 200 objects"),
    ],
)
def test_a_page_that_is_none_is_no_empty_list(
    make_ctx: t.Any, secured: t.Any, answer: t.Any, body: t.Any, told: str
) -> None:
    client = open_client(make_ctx, secured, answer(body=DIRECT), answer(body=body))
    with pytest.raises(BadAnswer, match=told):
        client.list_named("credentials", "entra", "look")


def test_what_is_no_controller_gets_no_token(make_ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    client = open_client(make_ctx, secured, answer(body={"hello": "world"}))
    with pytest.raises(BadAnswer, match="neither AWX nor automation controller"):
        client.get("/credentials/7/", "read")
    assert [one.headers.get("Authorization") for one in secured.server.received] == [None]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_what_needs_no_sign_in_is_not_laid_to_the_token(
    make_ctx: t.Any, secured: t.Any, answer: t.Any, status: int
) -> None:
    client = open_client(make_ctx, secured, answer(status=status, body={"detail": "Sign in first"}))
    with pytest.raises(BadAnswer, match="a proxy or gateway in front of it") as caught:
        client.get("/credentials/7/", "read")
    assert "token" not in str(caught.value)


def test_what_options_leave_open_comes_from_the_environment_and_never_half_of_it(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    ctx.sources.environ = {
        "CONTROLLER_HOST": "tower.example",
        "CONTROLLER_OAUTH_TOKEN": TOKEN,
        "CONTROLLER_PASSWORD": "word from there",
    }
    assert ControllerClient(ctx, {}).address.text == "https://tower.example"
    assert TOKEN in ctx.secrets
    with pytest.raises(ConfigError, match="needs a token"):
        ControllerClient(ctx, {"username": "u"})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "http://tower.example"},
        {"url": "https://u:p@tower.example"},
        {"url": "https://t.example", "token": "a\nb"},
    ],
)
def test_an_address_or_a_token_that_cannot_be_used_is_refused_before_any_request(
    make_ctx: t.Any, options: dict[str, str]
) -> None:
    ctx = make_ctx()
    ctx.sources.environ = {}
    with pytest.raises(ConfigError):
        ControllerClient(ctx, {"token": TOKEN, **options})
