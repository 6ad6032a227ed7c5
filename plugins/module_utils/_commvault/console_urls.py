# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Addresses of web consoles and Command Centers, to which people come back from signing in. Pure."""

from __future__ import annotations

import re
import typing as t

from .._core.addresses import split_address
from .._core.names import fold_case

_HTTPS_ADDRESS = re.compile(r"([Hh][Tt][Tt][Pp][Ss]://(?:[^/:@?#\[\]]+|\[[0-9A-Fa-f:.]+\]))(:[0-9]+)?((?:/[^?#]*)?)")


def canonicalize_console_url(url: str) -> str:
    """Return the address of a web console with its port, its host in small letters, without a slash at its end; other texts stay as they are."""
    found = _HTTPS_ADDRESS.fullmatch(url.rstrip("/"))
    return f"{fold_case(found[1])}{found[2] or ':443'}{found[3]}" if found else url


def clean_console_urls(urls: t.Iterable[str], option: str = "web_console_urls") -> list[str]:
    """Return the addresses of web consoles in canonical form. Raises ConfigError for one that is no https address."""
    found = []
    for url in urls:
        address = split_address(option, f"option {option}", url, why="Entra ID sends sign-ins to https only")
        found.append(canonicalize_console_url(address.text))
    return found


def build_console_url(base_url: str) -> str:
    """Return the address of the web console that belongs to that of the API."""
    address = split_address("commvault_url", "option commvault_url", base_url)
    return canonicalize_console_url(f"{address.origin}/webconsole")
