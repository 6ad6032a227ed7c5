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
    """Within the block, ``connect``, ``connect_ex`` and ``sendto`` to anything else raise TrafficRefused."""
    with contextlib.ExitStack() as stack:
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
