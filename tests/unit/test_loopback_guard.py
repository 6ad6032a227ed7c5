# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guards that keep tests and the processes that they start on loopback, shown to bite."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pathlib
import socket
import subprocess
import sys

import pytest
from collection_tree import ROOT
from loopback_guard import TrafficRefused, take_refusals

ELSEWHERE = ("192.0.2.1", 443)


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
@pytest.mark.parametrize("address", [ELSEWHERE, ("169.254.169.254", 80)])
def test_other_machines_are_refused(method: str, address: tuple[str, int]) -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match=address[0]):
        getattr(client, method)(address)
    take_refusals()


@pytest.mark.skipif(importlib.util.find_spec("pytest_socket") is None, reason="no pytest-socket here")
def test_pytest_socket_refuses_connections() -> None:
    with (
        socket.socket() as client,
        pytest.raises(RuntimeError, match=r"socket\.connect\(\) with host \"192\.0\.2\.1\""),
    ):
        client.connect(ELSEWHERE)
    assert take_refusals() == []


def test_datagrams_are_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        with pytest.raises(TrafficRefused):
            client.sendto(b"x", ELSEWHERE)
        with pytest.raises(TrafficRefused):
            client.sendto(b"x", 0, ELSEWHERE)
        with pytest.raises(TrafficRefused):
            client.sendmsg([b"x"], [], 0, ELSEWHERE)
    assert len(take_refusals()) == 3


@pytest.mark.parametrize("look_up", [lambda name: socket.getaddrinfo(name, 443), socket.gethostbyname])
def test_looking_up_a_real_name_is_refused(look_up: object) -> None:
    assert callable(look_up)
    with pytest.raises(TrafficRefused, match=r"graph\.microsoft\.com"):
        look_up("graph.microsoft.com")
    assert len(take_refusals()) == 1


@pytest.mark.parametrize(
    "look_up", [socket.gethostbyaddr, socket.getfqdn, lambda host: socket.getnameinfo((host, 9), 0)]
)
def test_looking_up_the_name_of_an_address_is_refused(look_up: object) -> None:
    assert callable(look_up)
    with pytest.raises(TrafficRefused, match=r"'192\.0\.2\.1' was looked up"):
        look_up("192.0.2.1")
    assert len(take_refusals()) == 1
    with contextlib.suppress(OSError):  # loopback may have no name
        look_up("127.0.0.1")


def test_a_reserved_name_does_not_exist() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("commserve.invalid", 443))


def test_loopback_works() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1])) as client,
    ):
        assert client.getpeername()[0] == "127.0.0.1"
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", 9))


def test_unix_sockets_work(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("s")
        server.listen()
        client.connect("s")


TRY = f"import socket; socket.create_connection({ELSEWHERE}, 2)"
#: A process that has another one try.
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {TRY!r}])"


def test_a_child_of_a_child_is_refused() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=60)
    assert "TrafficRefused: tests must stay on loopback" in done.stderr
    assert [ELSEWHERE[0] in refusal for refusal in take_refusals()] == [True]


def test_a_test_fails_whose_child_was_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "test_it.py").write_text(
        f"import subprocess, sys\n\n\ndef test_it():\n    subprocess.run([sys.executable, '-c', {CHILD!r}])\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ['PYTHONPATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 passed, 1 error" in done.stdout
    assert f"loopback, but socket.connect was called for {ELSEWHERE}" in done.stdout
