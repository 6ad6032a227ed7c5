# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token of Entra ID for Commvault: in the header that is named, or in the first that is not refused."""

from __future__ import annotations

import threading
import types
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError, BadAnswer, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault.entra_token import (
    HEADERS,
    TAKEN,
    EntraTokenCredentials,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import ENTRA_HEADERS, commvault_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.transport_settings import build_commvault_settings

DENIED = {"errorCode": 5, "errorMessage": "Access denied"}


class SignIn:
    """Tokens of Entra ID, numbered."""

    def __init__(self) -> None:
        self.number, self.forgotten = 1, 0

    def get_token(self, scope: str) -> t.Any:
        assert scope == "api://cv/.default"
        return types.SimpleNamespace(value=f"token-{self.number}")

    def forget_token(self, scope: str) -> bool:
        self.forgotten, self.number = self.forgotten + 1, self.number + 1
        return True


@pytest.fixture
def make(secured: t.Any, make_ctx: t.Any) -> t.Any:
    """``make(header)``: credentials at a server, and its context."""
    defaults = {name: option.get("default") for name, option in commvault_spec().options.items()}

    def build(header: str) -> tuple[EntraTokenCredentials, t.Any]:
        ctx = make_ctx(
            {
                **defaults,
                "commvault_url": secured.server.url,
                "commvault_ca_path": secured.ca_path,
                "commvault_entra_scope": "api://cv/.default",
                "commvault_entra_header": header,
                "retries": 0,
            }
        )
        transport = Transport(ctx, build_commvault_settings(ctx.options))
        base = f"{secured.server.url}/commandcenter/api"
        return EntraTokenCredentials(ctx, t.cast("t.Any", SignIn()), base, transport), ctx

    return build


def list_tries(secured: t.Any) -> list[tuple[str, dict[str, str]]]:
    """Paths of all requests, each with the headers that carried a token."""
    return [
        (entry.path, {name: entry.headers[name] for name in HEADERS if name in entry.headers})
        for entry in secured.server.received
    ]


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_is_named_is_not_tried(make: t.Any, secured: t.Any, header: str) -> None:
    credentials, ctx = make(header)
    assert credentials.build_headers() == {header: "Bearer token-1"}
    assert ctx.identity[TAKEN] == header and secured.server.received == []
    assert ENTRA_HEADERS[:-1] == HEADERS


@pytest.mark.parametrize(
    ("answers", "taken"),
    [
        ([(200, {"user": {}})], "Authorization"),
        ([(401, DENIED), (200, {"user": {}})], "Authtoken"),
        ([(200, DENIED), (200, {"user": {}})], "Authtoken"),
        ([(403, {"errorCode": 5})], "Authorization"),
        ([(404, {})], "Authorization"),
        ([(200, {"errorCode": 2, "errorMessage": "no rights"})], "Authorization"),
        ([(401, {}), (403, {})], "Authtoken"),
    ],
)
def test_the_first_that_is_not_refused_is_taken(
    make: t.Any, secured: t.Any, answer: t.Any, answers: list[tuple[int, t.Any]], taken: str
) -> None:
    """In the documented order, at the API alone; whatever else the answer says, it is no refusal of the token."""
    secured.server.says(*(answer(status, body) for status, body in answers))
    credentials, ctx = make("try_both")
    for _turn in range(2):
        assert credentials.build_headers() == {taken: "Bearer token-1"}
    assert ctx.identity[TAKEN] == taken
    expected = [("/commandcenter/api/V2/WhoAmI", {header: "Bearer token-1"}) for header in HEADERS[: len(answers)]]
    assert list_tries(secured) == expected


def test_a_token_that_no_header_is_taken_with(make: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(401, DENIED), answer(401, DENIED))
    credentials, ctx = make("try_both")
    with pytest.raises(AuthError, match=r"each header: Authorization \(HTTP 401\), Authtoken \(HTTP 401\)") as raised:
        credentials.build_headers()
    assert "token-1" not in str(raised.value) and TAKEN not in ctx.identity
    assert len(secured.server.received) == 2


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"status": 500}, AuthError),
        ({"status": 302, "headers": {"Location": "https://evil.example/"}}, BadAnswer),
        ({"drop": True}, Unreachable),
    ],
    ids=["fails", "sends elsewhere", "drops"],
)
def test_a_commserve_that_fails_has_said_nothing(
    make: t.Any, secured: t.Any, answer: t.Any, said: dict[str, t.Any], error: type[Exception]
) -> None:
    """The token is not sent in another header for that, nor to another place."""
    secured.server.says(answer(**said))
    credentials, ctx = make("try_both")
    with pytest.raises(error):
        credentials.build_headers()
    assert [headers for _path, headers in list_tries(secured)] == [{"Authorization": "Bearer token-1"}]
    assert TAKEN not in ctx.identity


def test_a_token_that_is_refused_later_is_replaced_in_the_same_header(
    make: t.Any, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(401, DENIED), answer(200, {"user": {}}))
    credentials, _ctx = make("try_both")
    credentials.build_headers()
    assert credentials.renew() is True
    assert credentials.build_headers() == {"Authtoken": "Bearer token-2"}
    assert len(secured.server.received) == 2


def test_of_threads_that_begin_at_once_one_tries(make: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(401, DENIED, seconds=0.1), answer(200, {"user": {}}))
    credentials, _ctx = make("try_both")
    found: list[dict[str, str]] = []
    threads = [threading.Thread(target=lambda: found.append(credentials.build_headers())) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"Authtoken": "Bearer token-1"}] * 6
    assert len(secured.server.received) == 2
