# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Terms and results of the token lookups."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import Token
from ansible_collections.cvops.identity.plugins.plugin_utils.lookup_tokens import (
    describe_token,
    extract_token,
    parse_scope,
)


@pytest.mark.parametrize(
    ("term", "scope"),
    [
        ("https://graph.microsoft.com", "https://graph.microsoft.com/.default"),
        ("https://graph.microsoft.com/", "https://graph.microsoft.com/.default"),
        (" https://graph.microsoft.com/.default ", "https://graph.microsoft.com/.default"),
        ("https://graph.microsoft.com/User.Read", "https://graph.microsoft.com/User.Read"),
        ("api://commvault", "api://commvault/.default"),
        ("00000003-0000-0000-c000-000000000000", "00000003-0000-0000-c000-000000000000/.default"),
        ("00000003-0000-0000-c000-000000000000/.default", "00000003-0000-0000-c000-000000000000/.default"),
        ("https://database.example//.default", "https://database.example//.default"),
    ],
)
def test_what_a_term_means(term: str, scope: str) -> None:
    assert parse_scope(term) == scope


@pytest.mark.parametrize("term", ["", "  ", "graph", "User.Read", "a b", None, 3, ["https://graph.microsoft.com"]])
def test_terms_that_mean_nothing(term: t.Any) -> None:
    with pytest.raises(ConfigError):
        parse_scope(term)


@pytest.mark.parametrize("term", ["https://[::1", "https://[::1/.default"])
def test_a_term_that_cannot_be_parsed_is_told_as_such(term: str) -> None:
    with pytest.raises(ConfigError, match="cannot be parsed") as refused:
        parse_scope(term)
    assert (refused.value.facts["source"], refused.value.kind) == ("terms", "config")


@pytest.mark.parametrize(
    "term", ["https://svc:Planted4711@graph.microsoft.com", "https://svc:Planted4711@h/x/.default"]
)
def test_a_term_with_a_password_is_refused(term: str) -> None:
    with pytest.raises(ConfigError, match="user information") as refused:
        parse_scope(term)
    assert "Planted4711" not in str(refused.value)


def test_details_of_tokens_that_can_and_cannot_be_read() -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"tid": "tenant", "azp": "client"}).encode()).decode().rstrip("=")
    readable = describe_token(Token(f"e30.{claims}.x", 1772444460.0, "scope"))
    assert (readable["tenant_id"], readable["client_id"]) == ("tenant", "client")
    assert readable["expires"] == "2026-03-02T09:41:00Z"
    opaque = describe_token(Token("opaque", 0, "scope"))
    assert opaque == {"token": "opaque", "scope": "scope", "expires": None, "tenant_id": None, "client_id": None}


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Authtoken": "QSDK 12"}, "QSDK 12"),
        ({"Authorization": "Bearer 12"}, "12"),
        ({"Authtoken": "12", "Authorization": "Bearer of the proxy"}, "12"),
    ],
)
def test_the_token_among_the_headers(headers: dict[str, str], token: str) -> None:
    assert extract_token(headers) == token
