# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Sending a message to a webhook, an address that is a secret: whoever knows it may send."""

from __future__ import annotations

import dataclasses
import math
import re
import typing as t

from .addresses import Address, split_address
from .answers import MIB
from .context import Context
from .errors import Cancelled, ConfigError, CvopsError
from .http import Transport
from .http_settings import HttpSettings
from .redact import redact_text
from .retry import RetryPolicy
from .visible import to_one_line

#: Seconds until the message has arrived, or has not; a run does not wait longer for somebody else's chat.
LONGEST_S = 10.0
_LONGEST_REASON = 600
_OPTION = "cvops_notify_url"
_BASE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+")
#: Parts of the address of at least so many characters are hidden by themselves, too.
_LEAST_PART = 8


def send_message(ctx: Context, url: t.Any, message: t.Any, settings: HttpSettings) -> str:
    """Send *message* as JSON to *url*, and return why it has not arrived, in words without the address; empty where it has.

    It is sent again only where it cannot have been received. *settings*: CA and proxy; the rest of them is replaced. The address becomes a
    secret of *ctx*, and the time that it has left is cut. Raises Cancelled.
    """
    address = str(url).strip()
    ctx.secrets |= list_address_secrets(address)
    ctx.deadline_at = min(ctx.deadline_at or math.inf, ctx.clock.monotonic() + LONGEST_S)
    try:
        host = parse_webhook_address(address)
        reply = Transport(ctx, _build_settings(host, settings)).request("POST", address, json_body=message)
    except Cancelled:
        raise
    except CvopsError as exc:
        return to_one_line(redact_text(str(exc), ctx.secrets), _LONGEST_REASON)
    return "" if 200 <= reply.status < 300 else f"{host.origin} answered HTTP {reply.status}"


def parse_webhook_address(address: str) -> Address:
    """Return scheme and host of an address. Raises ConfigError, which shows no more of it, unless it is https, or http to this machine itself."""
    found = _BASE.match(address)
    if found is None:
        raise _refuse("it is not an https address")
    if any(sign.isspace() or not sign.isprintable() for sign in address) or "\\" in address:
        raise _refuse("it contains a blank, a backslash or an invisible character")
    base = split_address(_OPTION, _OPTION, found[0], ("https", "http"))
    if base.scheme == "http" and not base.is_loopback:
        raise _refuse("http is not encrypted, and is accepted only for this machine itself")
    return base


def _refuse(problem: str) -> ConfigError:
    return ConfigError(f"{_OPTION}: {problem}; give the https address of the webhook", source=_OPTION)


def list_address_secrets(address: str) -> set[str]:
    """Return what of an address must not be shown: all of it, and what stands behind the host, whole and in parts."""
    found = _BASE.match(address)
    rest = address[found.end() :] if found else address
    parts = {address, rest, rest.lstrip("/"), rest.partition("?")[0], *re.split(r"[/?&=#]", rest)}
    return {part for part in parts if len(part) >= _LEAST_PART}


def _build_settings(host: Address, settings: HttpSettings) -> HttpSettings:
    return dataclasses.replace(
        settings,
        proxy=None if host.is_loopback else settings.proxy,
        environment_proxies=settings.environment_proxies and not host.is_loopback,
        timeout_s=LONGEST_S,
        policy=RetryPolicy(tries=2),
        origins=frozenset([host.origin.lower()]),
        largest=MIB,
    )
