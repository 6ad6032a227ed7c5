# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redirect URIs and identifier URIs: what Entra ID takes and what it refuses."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._entra.uris import (
    explain_identifier_uri,
    explain_redirect_uri,
)


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example",
        "HTTPS://a.example:8443/x/",
        "https://*.a.example/cb",
        "https://a.example/cb?x=1",
        "http://localhost",
        "http://localhost:8080/cb",
        "http://127.0.0.1/cb",
        "https://a.example/" + "x" * 238,
    ],
)
def test_a_redirect_uri_that_is_taken(uri: str) -> None:
    assert explain_redirect_uri(uri) is None and explain_redirect_uri(uri, native=True) is None


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("", "empty"),
        ("a.example/cb", "no URI"),
        ("https://a.example/c b", "no URI"),
        ("https://a.example/{x}", "no URI"),
        ("https://a.example/cb\n", "no URI"),
        ("https:", "no URI"),
        ("https:a.example", "no host"),
        ("https://", "no host"),
        ("https:///cb", "no host"),
        ("https://[x/cb", "no host"),
        ("http://a.example/cb", "localhost"),
        ("http://localhost.a.example", "localhost"),
        ("http://[::1]/cb", "localhost"),
        ("https://a.example/#x", "fragment"),
        ("https://a.example/" + "x" * 239, "256"),
    ],
)
def test_a_redirect_uri_that_is_refused_on_every_platform(uri: str, why: str) -> None:
    assert why in (explain_redirect_uri(uri) or "") and why in (explain_redirect_uri(uri, native=True) or "")


@pytest.mark.parametrize(
    "uri", ["myapp://auth", "urn:ietf:wg:oauth:2.0:oob", "ms-appx-web://Microsoft.AAD.BrokerPlugin/x"]
)
def test_schemes_of_their_own_are_for_public_clients(uri: str) -> None:
    assert explain_redirect_uri(uri, native=True) is None
    assert "https" in (explain_redirect_uri(uri) or "")


@pytest.mark.parametrize(("uri", "why"), [("https://*.example/cb", "wildcard"), ("https://a.example/?x=1", "query")])
def test_personal_accounts_narrow_redirect_uris(uri: str, why: str) -> None:
    assert why in (explain_redirect_uri(uri, personal=True) or "")
    assert explain_redirect_uri("https://a.example/cb", personal=True) is None


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("", "empty"),
        ("orders", "no URI"),
        ("api://a b", "no URI"),
        ("api://x/", "slash"),
        ("api://" + "x" * 250, "255"),
    ],
)
def test_an_identifier_uri_that_is_refused(uri: str, why: str) -> None:
    assert why in (explain_identifier_uri(uri) or "")


@pytest.mark.parametrize("uri", ["api://x", "https://a.example/x", "urn:x:y", "api://" + "x" * 114])
def test_an_identifier_uri_that_is_taken(uri: str) -> None:
    assert explain_identifier_uri(uri) is None and explain_identifier_uri(uri, personal=True) is None


def test_personal_accounts_shorten_identifier_uris() -> None:
    uri = "api://" + "x" * 115
    assert explain_identifier_uri(uri) is None and "120" in (explain_identifier_uri(uri, personal=True) or "")
