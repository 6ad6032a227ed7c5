# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guard for tests: this Python process may connect to loopback only."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

RESERVED_DOMAINS = (".invalid", ".test", ".example")  # names that never exist, for tests of exactly that


class TrafficRefused(RuntimeError):
    """A test tried to reach another machine. Not an OSError, so that no retry and no error handler hides it."""


def is_loopback(family: int, address: Any) -> bool:
    """True for local sockets, ``localhost`` and the addresses of 127.0.0.0/8 and ::1."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = address[0]
    if isinstance(host, bytes):
        host = host.decode()
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


@contextlib.contextmanager
def loopback_only() -> Iterator[None]:
    """Within the block, connecting, sending and name look-ups beyond loopback raise TrafficRefused."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(socket, "getaddrinfo", _guarded_look_up(socket.getaddrinfo)))
        for method in ("connect", "connect_ex", "sendto"):
            guarded = _guarded(getattr(socket.socket, method), method)
            stack.enter_context(mock.patch.object(socket.socket, method, guarded))
        yield


def _guarded(original: Callable[..., Any], method: str) -> Callable[..., Any]:
    def call(sock: socket.socket, *args: Any) -> Any:
        address = args[-1]
        if not is_loopback(sock.family, address):
            raise TrafficRefused(f"tests must stay on loopback, but {method} was called for {address!r}")
        return original(sock, *args)

    return call


def _guarded_look_up(original: Callable[..., Any]) -> Callable[..., Any]:
    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and name.lower().rstrip(".").endswith(RESERVED_DOMAINS):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if name and not _names_this_machine(name):
            raise TrafficRefused(f"tests must stay on loopback, but {name!r} was looked up")
        return original(host, *args, **kwargs)

    return look_up


def _names_this_machine(name: str) -> bool:
    """Addresses pass (``connect`` judges them), and so do this machine's own names."""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name.split("%")[0])
        return True
    return name == "localhost" or name.endswith(".localhost") or name == socket.gethostname()
