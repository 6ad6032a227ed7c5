# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redirect URIs and identifier URIs: what Entra ID takes and what it refuses."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._entra.uris import (
    explain_home_page,
    explain_identifier_uri,
    explain_issuer,
    explain_logout_url,
    explain_redirect_uri,
    explain_reply_url,
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
    assert explain_redirect_uri(uri) is None and explain_redirect_uri(uri, platform="public_client") is None


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("", "empty"),
        ("a.example/cb", "not a URI"),
        ("https://a.example/c b", "not a URI"),
        ("https://a.example/{x}", "not a URI"),
        ("https://a.example/cb\n", "not a URI"),
        ("https:", "not a URI"),
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
    assert why in (explain_redirect_uri(uri) or "") and why in (
        explain_redirect_uri(uri, platform="public_client") or ""
    )


@pytest.mark.parametrize(
    ("uri", "platforms"),
    [
        ("myapp://auth", {"public_client"}),
        ("urn:ietf:wg:oauth:2.0:oob", {"public_client", "web"}),
        ("ms-appx-web://Microsoft.AAD.BrokerPlugin/x", {"public_client", "web"}),
        ("brk-multihub://a.example", {"public_client", "spa"}),
    ],
)
def test_schemes_of_their_own_are_for_some_platforms(uri: str, platforms: set[str]) -> None:
    for platform in ("web", "spa", "public_client"):
        why = explain_redirect_uri(uri, platform=platform)
        assert why is None if platform in platforms else "https" in (why or "")


@pytest.mark.parametrize(("uri", "why"), [("https://*.example/cb", "wildcard"), ("https://a.example/?x=1", "query")])
def test_personal_accounts_narrow_redirect_uris(uri: str, why: str) -> None:
    assert why in (explain_redirect_uri(uri, personal=True) or "")
    assert explain_redirect_uri("https://a.example/cb", personal=True) is None


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("", "empty"),
        ("orders", "not a URI"),
        ("api://a b", "not a URI"),
        ("api://x/", "slash"),
        ("api://" + "x" * 250, "255"),
        ("api://x/*", "wildcard"),
    ],
)
def test_an_identifier_uri_that_is_refused(uri: str, why: str) -> None:
    assert why in (explain_identifier_uri(uri) or "")


@pytest.mark.parametrize("uri", ["api://x", "https://a.example/x", "api://" + "x" * 114])
def test_an_identifier_uri_that_is_taken(uri: str) -> None:
    assert explain_identifier_uri(uri) is None and explain_identifier_uri(uri, personal=True) is None


@pytest.mark.parametrize("uri", ["urn:x:y", "api://x?y", "api://x#y"])
def test_personal_accounts_narrow_identifier_uris(uri: str) -> None:
    assert explain_identifier_uri(uri) is None and "personal" in (explain_identifier_uri(uri, personal=True) or "")


@pytest.mark.parametrize("url", ["", "/", "a.example", "x" * 257, "https://a.example/a b", "https:", "<x>:y"])
def test_a_reply_url_is_an_absolute_address(url: str) -> None:
    assert explain_reply_url(url)
    assert explain_reply_url("custom-scheme://callback") is None and explain_reply_url("http://a.example/cb") is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("a.example", "not a URI"),
        ("/logout", "not a URI"),
        ("ftp://a.example", "https://"),
        ("http://a.example/out", "localhost"),
        ("https:///out", "no host"),
        ("https://a.example/" + "x" * 238, "255"),
    ],
)
def test_an_address_for_sign_out_that_is_refused(url: str, why: str) -> None:
    assert why in (explain_logout_url(url) or "")


def test_an_address_for_sign_out_that_is_taken() -> None:
    assert (
        explain_logout_url("https://a.example/out?x=1") is None and explain_logout_url("http://localhost:8/x") is None
    )
    assert "wildcard" in (explain_logout_url("https://*.a.example", personal=True) or "")


@pytest.mark.parametrize("url", ["a.example", "/", "ftp://a.example", "https:", "https:///x", "https:a.example"])
def test_a_home_page_is_a_web_address(url: str) -> None:
    assert explain_home_page(url)
    assert explain_home_page("http://a.example") is None


@pytest.mark.parametrize(
    "url", ["a.example", "http://a.example", "https://", "https://a b", "https://a.example/?x", "https://a/#y"]
)
def test_an_issuer_is_an_https_address_without_query(url: str) -> None:
    assert explain_issuer(url)
    assert explain_issuer("https://a.example/tenant/v2.0/") is None


def test_personal_accounts_shorten_identifier_uris() -> None:
    uri = "api://" + "x" * 115
    assert explain_identifier_uri(uri) is None and "120" in (explain_identifier_uri(uri, personal=True) or "")
