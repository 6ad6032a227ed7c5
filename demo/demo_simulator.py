# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as a process of its own, started for the demo and always ended with it."""

from __future__ import annotations

import collections
import contextlib
import json
import pathlib
import re
import subprocess
import time
import typing as t
import urllib.request

from processes import end_group

SIGN_IN = re.compile(r"/(login|token)$", re.IGNORECASE)
SIGN_OUT = re.compile(r"/logout$", re.IGNORECASE)
ADDRESS = re.compile(r"^control\s+(http://\S+)$", re.MULTILINE)


class Simulator:
    """A running simulator: its variables document, and the requests that it saw."""

    def __init__(self, process: subprocess.Popen[bytes], directory: pathlib.Path, control_url: str) -> None:
        self.process = process
        self.variables = directory / "variables.yml"
        self.control_url = control_url

    def take_counts(self) -> dict[str, collections.Counter[str]]:
        """Return reads, writes and sign-ins of each service since the last call; the simulator's own view, not the client's."""
        counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        for entry in self.read_journal():
            if SIGN_OUT.search(entry["path"]):
                continue
            kind = "reads" if entry["read"] else "writes"
            counts[entry["service"]]["sign-ins" if SIGN_IN.search(entry["path"]) else kind] += 1
        self._control("DELETE")
        return counts

    def read_journal(self) -> list[t.Mapping[str, t.Any]]:
        """Return the requests since the last call of ``take_counts``, oldest first."""
        return list(self._control("GET")["entries"])

    def _control(self, method: str) -> t.Any:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback needs no proxy
        request = urllib.request.Request(f"{self.control_url}/journal", method=method)
        with opener.open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


def is_write(entry: t.Mapping[str, t.Any]) -> bool:
    """Return True for a request that changes something; signing in and out is none."""
    return not (entry["read"] or SIGN_IN.search(entry["path"]) or SIGN_OUT.search(entry["path"]))


@contextlib.contextmanager
def running(program: pathlib.Path, directory: pathlib.Path, *options: str) -> t.Iterator[Simulator]:
    """Serve into ``directory`` until the block is left, however it is left."""
    log = directory / "simulator.log"
    command = [str(program), "serve", "--dir", str(directory), *options]
    with log.open("wb") as stream:
        streams: dict[str, t.Any] = {"stdin": subprocess.DEVNULL, "stdout": stream, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(command, start_new_session=True, **streams)
    try:
        yield Simulator(process, directory, _wait_until_ready(process, log))
    finally:
        end_group(process)


def _wait_until_ready(process: subprocess.Popen[bytes], log: pathlib.Path, seconds: float = 60.0) -> str:
    """Return the control address, once the simulator has announced all of its services and written its document."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        text = log.read_text(errors="replace")
        found = ADDRESS.search(text)
        if found and re.search(r"^variables\s", text, re.MULTILINE):
            return found.group(1)
        time.sleep(0.1)
    raise SystemExit(f"the simulator did not start:\n{log.read_text(errors='replace')[-2000:]}")
