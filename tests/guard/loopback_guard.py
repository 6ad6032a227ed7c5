# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps a process on loopback: what pytest-socket leaves.

pytest-socket guards ``connect`` in the tests' own process. This guards name look-ups, datagrams and ``connect_ex`` there, and
everything in the processes that tests start, ansible-playbook and modules among them: by an audit hook of Python's, which forks
inherit and nothing takes off again. A refusal is noted in a file, too, so that a test fails whose child was refused.
"""

from __future__ import annotations

import os
import pathlib
import sys
import typing as t

FOLDER = pathlib.Path(__file__).resolve().parent
#: The variable that names the file of refusals.
REFUSALS = "CVOPS_TEST_REFUSALS"
RESERVED_DOMAINS = (".invalid", ".test", ".example")  # names that never exist, for tests of exactly that
_ADDRESSED = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_REVERSE_LOOK_UPS = ("socket.gethostbyaddr", "socket.getnameinfo")  # of an address: these ask a name server, too


class TrafficRefused(RuntimeError):
    """A test tried to reach another machine. Not an OSError, so that no retry and no error handler hides it."""


def install() -> None:
    """Guard this process, and every fork of it, from now on."""
    sys.addaudithook(_check)


def guard_children(refusals: pathlib.Path) -> None:
    """Guard every process that is started with this process's PYTHONPATH; they note refusals in the file."""
    paths = [str(FOLDER), os.environ.get("PYTHONPATH", "")]
    os.environ |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), REFUSALS: str(refusals)}


def child_variables() -> dict[str, str]:
    """Return the variables that guard a child, for one that does not get all of this process's."""
    return {name: os.environ[name] for name in ("PYTHONPATH", REFUSALS)}


def take_refusals() -> list[str]:
    """Return what was refused since the last call, here or in children; one sentence each."""
    path = pathlib.Path(os.environ[REFUSALS])
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    path.unlink()
    return lines


def _check(event: str, arguments: tuple[t.Any, ...]) -> None:
    """Raise TrafficRefused for an event that leads beyond loopback, and as look-ups do for a name that cannot exist."""
    if event in _ADDRESSED:
        sock, address = arguments[:2]
        import socket

        if sock.family in (socket.AF_INET, socket.AF_INET6) and address and not _is_loopback(_text(address[0])):
            _refuse(f"{event} was called for {address!r}")
    elif event in (*_LOOK_UPS, *_REVERSE_LOOK_UPS):
        name = _text((arguments[0][0] if event == "socket.getnameinfo" else arguments[0]) or "")
        import socket

        if name.lower().rstrip(".").endswith(RESERVED_DOMAINS):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        passes = _is_address(name) and event not in _REVERSE_LOOK_UPS
        if not passes and not _is_loopback(name) and name != socket.gethostname():
            _refuse(f"{name!r} was looked up")


def _refuse(what: str) -> t.NoReturn:
    text = f"tests must stay on loopback, but {what}"
    if path := os.environ.get(REFUSALS):
        with open(path, "a", encoding="utf-8") as stream:
            stream.write(f"{text}\n")
    raise TrafficRefused(text)


def _text(host: str | bytes) -> str:
    return host.decode() if isinstance(host, bytes) else host


def _is_address(host: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    """Return whether it is "" or localhost, or an address of 127.0.0.0/8 or ::1."""
    import ipaddress

    if _is_address(host):
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    return host in ("", "localhost") or host.endswith(".localhost")
