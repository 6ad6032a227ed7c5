# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A vault that answers anything: the real client library, and what comes of it is a secret or one clear error."""

from __future__ import annotations

import datetime
import json
import logging
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.context import CountAs
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    CvopsError,
    Forbidden,
    MissingLibrary,
    NotFound,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings
from ansible_collections.cvops.identity.plugins.module_utils._core.reply import Reply
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import RetryPolicy
from ansible_collections.cvops.identity.plugins.module_utils._stores import azure_key_vault_client
from ansible_collections.cvops.identity.plugins.module_utils._stores.azure_key_vault_access import KeyVaultAccess
from ansible_collections.cvops.identity.plugins.module_utils._stores.azure_key_vault_client import (
    DisabledSecret,
    KeyVaultClient,
    build_refusal_error,
)
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.azure_key_vault import (
    KeyVaultPlace,
)
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import Held, StoredKey

TOKEN, VALUE = "Planted-token-4711", "Planted-value-4712"
VERSION = "0123456789abcdef0123456789abcdef"


class Tokens:
    """Credentials that count."""

    def __init__(self) -> None:
        self.renewed = 0

    def build_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {TOKEN}"}

    def renew(self) -> bool:
        self.renewed += 1
        return True


@pytest.fixture
def access(secured: t.Any) -> KeyVaultAccess:
    url = secured.server.url
    settings = HttpSettings(
        service="Azure Key Vault",
        ca_path=secured.ca_path,
        environment_proxies=False,
        timeout_s=5,
        policy=RetryPolicy(tries=1),
        origins=frozenset([url]),
    )
    return KeyVaultAccess(url, settings, Tokens())


@pytest.fixture
def client(make_ctx: t.Any, access: KeyVaultAccess) -> KeyVaultClient:
    return KeyVaultClient(make_ctx(), access)


@pytest.fixture
def place(make_ctx: t.Any, client: KeyVaultClient) -> KeyVaultPlace:
    return KeyVaultPlace(client._ctx, client, "app", "vault", is_read=True)


def bundle(url: str, **members: t.Any) -> dict[str, t.Any]:
    attributes = {"enabled": True, "created": 1, "updated": 1}
    return {"value": VALUE, "id": f"{url}/secrets/app/{VERSION}", "attributes": attributes, **members}


def test_a_secret_is_read_with_the_token_of_the_connection(place: KeyVaultPlace, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(body=bundle(secured.server.url, tags={"cvops_key_id": "k"}, contentType="x")))
    held = place.read()
    assert held == Held(StoredKey(VALUE, "k"), VERSION, {"tags": {}, "content_type": "x"})
    (sent,) = secured.server.received
    assert (sent.method, sent.path) == ("GET", "/secrets/app/?api-version=7.5")
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_write_says_all_of_the_version(place: KeyVaultPlace, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(body=bundle(secured.server.url)))
    place.write(StoredKey("täst\u2028", "k", expires="2027-01-01T00:00:00Z"), Held(others={"tags": {"a": "b"}}))
    sent = secured.server.received[0]
    assert (sent.method, sent.path) == ("PUT", "/secrets/app?api-version=7.5")
    body = json.loads(sent.body)
    assert body["value"] == "täst\u2028"
    assert body["tags"] == {"a": "b", "cvops_key_id": "k", "cvops_expires": "2027-01-01T00:00:00Z"}
    assert body["attributes"]["exp"] == datetime.datetime(2027, 1, 1, tzinfo=datetime.timezone.utc).timestamp()


#: Answers with which nothing can be done.
BODIES: dict[str, t.Any] = {
    "nothing": b"",
    "html": b"<html><title>Sign in</title>",
    "text": b"ok",
    "null": b"null",
    "list": b"[]",
    "number": b"1",
    "empty": {},
    "deep": b'{"value":' * 3000 + b"1" + b"}" * 3000,
    "value null": {"value": None},
    "value number": {"value": 7},
    "value empty": {"value": ""},
    "value list": {"value": ["Planted"]},
    "id null": {"id": None},
    "id number": {"id": 7},
    "id text": {"id": "x"},
    "id without version": {"id": "https://localhost/secrets/app"},
    "id of odd version": {"id": "https://localhost/secrets/app/../../x"},
    "id of hostile version": {"id": "https://localhost/secrets/app/\u202e\x1b[31m"},
    "tags list": {"tags": [1]},
    "tags text": {"tags": "x"},
    "tags of numbers": {"tags": {"a": 1}},
    "tags nested": {"tags": {"cvops_key_id": {"a": "b"}}},
    "attributes text": {"attributes": "x"},
    "attributes of texts": {"attributes": {"exp": "never", "created": {}}},
    "expires huge": {"attributes": {"exp": 10**40}},
}


@pytest.mark.parametrize("name", BODIES)
def test_an_answer_that_is_no_secret_is_one_clear_error(
    place: KeyVaultPlace, secured: t.Any, answer: t.Any, name: str
) -> None:
    body = BODIES[name]
    whole = bundle(secured.server.url, **body) if isinstance(body, dict) and body else body
    secured.server.says(answer(body=whole))
    for act in (place.read, lambda: place.write(StoredKey("Planted-new", "k"), Held())):
        with pytest.raises(BadAnswer) as refused:
            act()
        told = str(refused.value) + repr(refused.value.facts)
        assert all(sign not in told for sign in ("Planted", "\x1b", "\u202e"))
    assert refused.value.may_have_acted


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("do", ["read", "write", "clear"])
def test_no_redirect_is_followed(
    place: KeyVaultPlace, secured: t.Any, server: t.Any, answer: t.Any, status: int, do: str
) -> None:
    for target in (f"{server.url}/x", "/secrets/other", "https://localhost:1/", ""):
        secured.server.says(answer(status, headers={"Location": target}))
        with pytest.raises(BadAnswer, match="not followed"):
            {
                "read": place.read,
                "write": lambda: place.write(StoredKey("v", "k"), Held()),
                "clear": lambda: place.clear(Held(StoredKey("v", "k"), VERSION)),
            }[do]()
        assert (len(secured.server.received), server.received) == (1, [])


def test_a_list_leads_to_no_other_host_and_ends(
    place: KeyVaultPlace, secured: t.Any, server: t.Any, answer: t.Any
) -> None:
    held = Held(StoredKey(VALUE, "k"), VERSION)
    for link in (f"{server.url}/x", "https://localhost:1/x"):
        secured.server.says(answer(body={"value": [], "nextLink": link}))
        with pytest.raises(BadAnswer, match="nothing is sent there"):
            place.read_before(held)
    assert server.received == []
    items = [{"id": f"{secured.server.url}/secrets/app/{VERSION}", "attributes": {"enabled": True}}] * 2000
    secured.server.says(answer(body={"value": items, "nextLink": f"{secured.server.url}/secrets/app/versions?x"}))
    assert place.read_before(held) is None
    assert len(secured.server.received) <= 3


def test_what_a_challenge_names_is_not_followed(
    place: KeyVaultPlace, secured: t.Any, server: t.Any, answer: t.Any
) -> None:
    """The library would ask for a token for the scope and the tenant of the answer, and send it."""
    challenge = f'Bearer authorization="{server.url}/tenant", resource="https://graph.microsoft.com"'
    refusal = {"error": {"code": "Unauthorized", "message": "AKV10032: Invalid issuer."}}
    secured.server.says(answer(401, body=refusal, headers={"WWW-Authenticate": challenge}))
    with pytest.raises(AuthError, match="AKV10032.*tenant of tenant_id"):
        place.read()
    assert (len(secured.server.received), server.received) == (2, [])
    assert place._client._access.credentials.renewed == 1  # type: ignore[attr-defined]


def reply(status: int, body: t.Any, method: str = "GET") -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(method, "https://v.vault.azure.net/secrets/app", status, {}, content, "id", "Azure Key Vault")


def error(code: str, inner: str = "", message: str = "It says so.") -> dict[str, t.Any]:
    return {"error": {"code": code, "message": message, "innererror": {"code": inner} if inner else None}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (401, error("Unauthorized"), AuthError, "that of the vault"),
        (403, error("Forbidden", "SecretDisabled"), DisabledSecret, "It says so."),
        (403, error("Forbidden", "ForbiddenByRbac"), Forbidden, "needs the right"),
        (403, error("Forbidden", "AccessDenied"), Forbidden, "needs the right"),
        (403, error("Forbidden"), Forbidden, "needs the right"),
        (403, error("Forbidden", "ForbiddenByFirewall"), Forbidden, "network rules"),
        (403, b"<html>", Forbidden, "HTTP 403"),
        (404, error("SecretNotFound"), NotFound, "It says so."),
        (409, error("Conflict", "ObjectIsDeletedButRecoverable"), ApiError, "purge it"),
        (409, error("Conflict", "ObjectIsBeingDeleted"), ApiError, "Run the task again"),
        (400, error("BadParameter"), ApiError, "It says so."),
        (500, {"error": "x"}, ApiError, "HTTP 500"),
        (503, [], ApiError, "HTTP 503"),
        (400, {"error": {"code": 7, "message": ["Planted"], "innererror": "x"}}, ApiError, "HTTP 400"),
    ],
)
def test_what_a_refusal_means(status: int, body: t.Any, kind: type[ApiError], said: str) -> None:
    found = build_refusal_error(reply(status, body), "read it", "the right")
    assert type(found) is kind
    assert said in str(found) and str(found).startswith("Cannot read it: ")
    assert found.facts["status"] == status
    writing = build_refusal_error(reply(status, body, "PUT"), "write it", "the right")
    assert isinstance(writing, ApiError) and writing.may_have_acted is (status >= 500)


def test_the_text_of_a_refusal_is_one_short_visible_line() -> None:
    hostile = "a\r\n\x1b[31m\u202eb" + "x" * 5000
    found = build_refusal_error(reply(403, error("F\n", "I\x1b" * 100, hostile)), "read it", "x")
    assert all(sign not in str(found) + repr(found.facts) for sign in ("\n", "\r", "\x1b", "\u202e"))
    assert len(str(found)) < 1000


def test_without_the_library_there_is_one_clear_message(
    place: KeyVaultPlace, secured: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("azure", "azure.core", "azure.core.exceptions", "azure.keyvault", "azure.keyvault.secrets"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(
        MissingLibrary, match="Azure Key Vault needs the Python library azure-keyvault-secrets"
    ) as refused:
        place.read()
    assert refused.value.facts["library"] == "azure-keyvault-secrets"
    assert secured.server.received == []


def test_a_bodyless_or_uncounted_call_is_counted_as_told(client: KeyVaultClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, body=error("SecretNotFound")))
    with pytest.raises(NotFound):
        client.call(
            "x", lambda c: c.update_secret_properties("app", VERSION, enabled=False), needs="", count_as=CountAs.READ
        )
    found = client._ctx.stats.as_result()
    assert (found["reads"], found["writes"]) == (1, 0)


def test_nothing_tells_a_value_or_a_token(
    place: KeyVaultPlace, secured: t.Any, answer: t.Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the run at -vvvv, nor the library's own log, nor an error with its causes."""
    secured.server.says(answer(body=bundle(secured.server.url)), answer(500, body=error("x")))
    with caplog.at_level(logging.DEBUG):
        place.read()
        with pytest.raises(ApiError) as refused:
            place.write(StoredKey("Planted-new", "k"), Held())
    causes: list[BaseException] = [refused.value]
    while causes[-1].__context__ is not None:
        causes.append(causes[-1].__context__)
    told = [*caplog.messages, *place._ctx.reporter.lines, *[repr(cause) + str(cause) for cause in causes]]  # type: ignore[attr-defined]
    assert any("PUT" in line for line in told)
    assert "Planted" not in "\n".join(told)


def test_the_library_is_given_no_way_to_sign_in() -> None:
    with pytest.raises(CvopsError, match="none is given"):
        azure_key_vault_client._NoCredential().get_token("https://graph.microsoft.com/.default")
