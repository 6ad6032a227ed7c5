# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Addresses of web consoles and Command Centers, to which people come back from signing in."""

from __future__ import annotations

import re
import typing as t

from .._core.addresses import canonicalize_address, describe_host, split_address
from .._core.context import Context
from .._core.errors import ConfigError
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
        address = split_address(option, f"option {option}", url, why="Entra ID sends sign-ins to https addresses only")
        found.append(canonicalize_console_url(address.text))
    return found


def build_console_url(base_url: str) -> str:
    """Return the address of the web console that belongs to that of the API."""
    address = split_address("commvault_url", "option commvault_url", base_url)
    return canonicalize_console_url(f"{address.origin}/webconsole")


def take_named_urls(
    ctx: Context, urls: t.Iterable[str], named: t.Iterable[str], *, subject: str, field: str, option: str, hint: str
) -> list[str]:
    """Return those of *urls*, which Commvault shows to be registered in Entra ID, that are on a host which the task names.

    Entra ID sends sign-ins wherever it is told to, so what only the service says is not taken for the console: each of those is left
    out, with a warning. *named*: addresses that the task names; *subject*: of whom the addresses are; *field*: what they are; *option*:
    that names the console, empty for no warning; *hint*: the option to give if the host is one of the console.
    """
    known, taken = list(named), []
    for url in urls:
        if is_on_named_host(url, known):
            taken.append(url)
        elif option:
            ctx.warn(
                f"{subject}: Commvault shows a {field} on another host than {option}, {describe_host(url)}."
                f" It is not used, because Entra ID would send people there. If it belongs to the web console, give it in {hint}."
            )
    return taken


def is_on_named_host(url: str, named: t.Iterable[str]) -> bool:
    """Return whether an address that a service shows is of https, and of the same host and port as one of *named*."""
    origin = _find_origin(url)
    return origin is not None and origin in map(_find_origin, named)


def _find_origin(url: str) -> str | None:
    """Return scheme, host and port in canonical form; None for what is no https address in full."""
    base = url.partition("?")[0]
    if not fold_case(base).startswith("https://"):
        return None
    try:
        return canonicalize_address(split_address("url", "", base).origin)
    except ConfigError:
        return None
