# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What Entra ID refuses of redirect URIs and identifier URIs. Pure.

Microsoft Learn: "Redirect URI (reply URL) restrictions and limitations", "Restrictions on identifier URIs".
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LONGEST_REDIRECT = 256
_LONGEST_IDENTIFIER = 255
_LONGEST_PERSONAL_IDENTIFIER = 120
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
#: Blanks, control characters, and what RFC 3986 allows nowhere in a URI.
_NEVER = re.compile(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]")
_LOOPBACK = ("localhost", "127.0.0.1")


def explain_redirect_uri(uri: str, *, native: bool = False, personal: bool = False) -> str | None:
    """Return why Entra ID refuses a redirect URI, None for one that it takes.

    *native*: of a public client, which may have schemes of its own. *personal*: personal accounts may sign in.
    """
    why = _explain_form(uri, _LONGEST_REDIRECT)
    if why:
        return why
    scheme, rest = uri.split(":", 1)
    scheme = scheme.lower()
    if "#" in uri:
        return "a redirect URI has no fragment (#)"
    if scheme in ("http", "https"):
        host = _get_host(uri)
        if not host or not rest.startswith("//"):
            return "it names no host"
        if scheme == "http" and host not in _LOOPBACK:
            return "http is for localhost and 127.0.0.1 only: it begins with https://"
    elif not native:
        return "it begins with https://, or with http://localhost"
    if personal and "*" in uri:
        return "no wildcard, where personal accounts may sign in"
    if personal and "?" in uri:
        return "no query, where personal accounts may sign in"
    return None


def explain_identifier_uri(uri: str, *, personal: bool = False) -> str | None:
    """Return why Entra ID refuses an identifier URI, None for one that it takes; *personal*: personal accounts may sign in."""
    longest = _LONGEST_PERSONAL_IDENTIFIER if personal else _LONGEST_IDENTIFIER
    why = _explain_form(uri, longest)
    if why is None and uri.endswith("/"):
        return "an identifier URI does not end with a slash"
    return why


def _explain_form(uri: str, longest: int) -> str | None:
    if not uri:
        return "it is empty"
    if len(uri) > longest:
        return f"longer than {longest} characters"
    if not _ABSOLUTE.fullmatch(uri) or _NEVER.search(uri):
        return "it is no URI: a scheme, a colon and what follows, without blanks"
    return None


def _get_host(uri: str) -> str | None:
    try:
        return urlsplit(uri).hostname
    except ValueError:
        return None
