# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard that keeps tests on loopback, shown to bite."""

from __future__ import annotations

import socket

import pytest
from loopback_guard import TrafficRefused


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
@pytest.mark.parametrize("address", [("192.0.2.1", 443), ("169.254.169.254", 80)])
def test_other_machines_are_refused(method: str, address: tuple[str, int]) -> None:
    with socket.socket() as client, pytest.raises(TrafficRefused, match="loopback"):
        getattr(client, method)(address)


def test_datagrams_are_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(TrafficRefused):
        client.sendto(b"x", ("192.0.2.1", 53))


def test_looking_up_a_real_name_is_refused() -> None:
    with pytest.raises(TrafficRefused, match=r"graph\.microsoft\.com"):
        socket.getaddrinfo("graph.microsoft.com", 443)


def test_a_reserved_name_does_not_exist() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("commserve.invalid", 443))


def test_loopback_works() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1])) as client,
    ):
        assert client.getpeername()[0] == "127.0.0.1"
