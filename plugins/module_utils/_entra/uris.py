# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What Entra ID refuses of addresses that it keeps: redirect URIs, identifier URIs, home page, sign-out, issuers. Pure.

Microsoft Learn: "Redirect URI (reply URL) restrictions and limitations", "Restrictions on identifier URIs", "Validation
differences by supported account types".
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LONGEST_REDIRECT = 256
_LONGEST_IDENTIFIER = 255
_LONGEST_LOGOUT = 255
_LONGEST_PERSONAL_IDENTIFIER = 120
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
#: Blanks, control characters, and what RFC 3986 allows nowhere in a URI.
_NEVER = re.compile(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]")
_LOOPBACK = ("localhost", "127.0.0.1")
#: Schemes beside https that the platforms take: out-of-band and broker addresses. A public client may have any of its own.
_PLATFORM_SCHEMES = {"web": ("urn", "ms-appx-web"), "spa": ("brk-multihub",)}


def explain_redirect_uri(uri: str, *, platform: str = "web", personal: bool = False) -> str | None:
    """Return why Entra ID refuses a redirect URI, None for one that it takes.

    *platform*: web, spa or public_client. *personal*: personal accounts may sign in.
    """
    why = _explain_form(uri, _LONGEST_REDIRECT)
    if why:
        return why
    scheme = _get_scheme(uri)
    if "#" in uri:
        return "a redirect URI cannot have a fragment (#)"
    if scheme in ("http", "https"):
        why = _explain_host(uri)
        if why:
            return why
    elif platform != "public_client" and scheme not in _PLATFORM_SCHEMES[platform]:
        return "it must begin with https://, or with http://localhost"
    if personal and "*" in uri:
        return "a wildcard is not possible if personal accounts may sign in"
    if personal and "?" in uri:
        return "a query is not possible if personal accounts may sign in"
    return None


def explain_reply_url(url: str) -> str | None:
    """Return why Entra ID refuses a reply URL of a service principal, None for one that it takes; each scheme may be its own."""
    return _explain_form(url, _LONGEST_REDIRECT)


def explain_identifier_uri(uri: str, *, personal: bool = False) -> str | None:
    """Return why Entra ID refuses an identifier URI, None for one that it takes; *personal*: personal accounts may sign in."""
    longest = _LONGEST_PERSONAL_IDENTIFIER if personal else _LONGEST_IDENTIFIER
    why = _explain_form(uri, longest)
    if why:
        return why
    if uri.endswith("/"):
        return "an identifier URI cannot end with a slash"
    if "*" in uri:
        return "an identifier URI cannot have a wildcard"
    if personal and ("?" in uri or "#" in uri or _get_scheme(uri) == "urn"):
        return "a urn, a query or a fragment is not possible if personal accounts may sign in"
    return None


def explain_logout_url(url: str, *, personal: bool = False) -> str | None:
    """Return why Entra ID refuses an address for sign-out, None for one that it takes; *personal*: personal accounts may sign in."""
    why = _explain_form(url, _LONGEST_LOGOUT)
    if why:
        return why
    if _get_scheme(url) not in ("http", "https"):
        return "it must begin with https://"
    if personal and "*" in url:
        return "a wildcard is not possible if personal accounts may sign in"
    return _explain_host(url)


def explain_home_page(url: str) -> str | None:
    """Return why an address cannot be that of a home page, None where it can."""
    why = _explain_form(url, None)
    if why:
        return why
    if _get_scheme(url) not in ("http", "https") or not _names_host(url):
        return "it must begin with https:// or http:// and have a host"
    return None


def explain_issuer(url: str) -> str | None:
    """Return why an address cannot be that of an issuer of tokens (OpenID Connect Discovery, section 3), None where it can."""
    why = _explain_form(url, None)
    if why:
        return why
    if not url.startswith("https://") or not _names_host(url):
        return "it is not an https address"
    if "?" in url or "#" in url:
        return "an issuer cannot have a query or a fragment"
    return None


def _get_scheme(uri: str) -> str:
    return uri.partition(":")[0].lower()


def _explain_host(uri: str) -> str | None:
    """Return why the host of an http or https address is refused."""
    if not _names_host(uri):
        return "it has no host"
    if _get_scheme(uri) == "http" and _get_host(uri) not in _LOOPBACK:
        return "http is possible for localhost and 127.0.0.1 only: it must begin with https://"
    return None


def _names_host(uri: str) -> bool:
    return uri.partition(":")[2].startswith("//") and bool(_get_host(uri))


def _explain_form(uri: str, longest: int | None) -> str | None:
    if not uri:
        return "it is empty"
    if longest is not None and len(uri) > longest:
        return f"longer than {longest} characters"
    if not _ABSOLUTE.fullmatch(uri) or _NEVER.search(uri):
        return "it is not a URI: a scheme, a colon and a rest, without blanks"
    return None


def _get_host(uri: str) -> str | None:
    try:
        return urlsplit(uri).hostname
    except ValueError:
        return None
