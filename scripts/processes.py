# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running other programs: their environment, their log, their time limit."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import typing as t

from collection_tree import ROOT

BUILD = ROOT / ".build"
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"

# A CA bundle named here wins over the one that a client asks for, and a foreign PYTHONPATH over the code under test.
MISLEADING = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONPATH", "PYTHONHOME")
KEPT_FOR_TESTS = ("CI", "LOGNAME", "TERM", "TMPDIR", "USER")


def install_environment() -> dict[str, str]:
    """For pip and uv: the caller's own, proxies, indexes and CA bundles included."""
    return {**os.environ, "UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def tool_environment(venv: pathlib.Path, collections: pathlib.Path, **more: str) -> dict[str, str]:
    """For tools that may reach a package index: the caller's, without what misleads them and without pyenv's shims."""
    kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    return kept | _common(venv, collections) | more


def test_environment(venv: pathlib.Path, collections: pathlib.Path, **more: str) -> dict[str, str]:
    """For tests: a short list of variables, so that no proxy and no AZURE_* of the caller reaches them."""
    kept = {name: os.environ[name] for name in KEPT_FOR_TESTS if name in os.environ}
    return kept | _common(venv, collections) | more


def _common(venv: pathlib.Path, collections: pathlib.Path) -> dict[str, str]:
    home = BUILD / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": f"{venv / 'bin'}:{SYSTEM_PATH}",
        "VIRTUAL_ENV": str(venv),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_HOME": str(BUILD / "ansible-home"),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        # Ansible ends workers that linger after their result; they may be writing what coverage measured.
        "ANSIBLE_WORKER_SHUTDOWN_POLL_COUNT": "60",
        "ANSIBLE_WORKER_SHUTDOWN_POLL_DELAY": "0.05",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "hypothesis"),
    }


Words = t.Sequence[str | pathlib.Path]  # a command and its arguments


class Outcome(t.NamedTuple):
    """How a program ended, and the text that it wrote."""

    code: int
    text: str


def run(
    command: Words,
    *,
    env: t.Mapping[str, str],
    log: pathlib.Path,
    cwd: pathlib.Path = ROOT,
    seconds: int = 600,
) -> Outcome:
    """Run to the end, both streams appended to ``log``.

    After ``seconds``, or when we are interrupted, the whole process group is ended.
    """
    words = [str(word) for word in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stream:
        start = stream.tell()
        stream.write(f"$ {' '.join(words)}\n".encode())
        stream.flush()
        streams: dict[str, t.Any] = {"stdin": subprocess.DEVNULL, "stdout": stream, "stderr": subprocess.STDOUT}
        with subprocess.Popen(words, cwd=cwd, env=dict(env), start_new_session=True, **streams) as process:
            try:
                code = process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                code = 124
                stream.write(f"\nended after {seconds} s: too slow\n".encode())
            finally:
                end_group(process)
    with log.open("rb") as stream:
        stream.seek(start)
        return Outcome(code, stream.read().decode(errors="replace"))


def end_group(process: subprocess.Popen[t.Any], patience: float = 10.0) -> None:
    """End a process that leads its own group, with everything that it started; SIGKILL for what does not go in time.

    Ansible's workers lead sessions of their own and outlive a terminated parent, so descendants are ended one by one too.
    Call it from the main thread: a second Ctrl-C must not leave half of the cleaning undone.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    others = _descendants(process.pid)
    try:
        _end_group(process, patience)
        for pid, seen in _processes().items():
            if pid in others and others[pid].began == seen.began:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    finally:
        signal.signal(signal.SIGINT, before)


def _end_group(process: subprocess.Popen[t.Any], patience: float) -> None:
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, patience)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


class _Seen(t.NamedTuple):
    """A process: its parent, and when it began in the kernel's ticks, which tells apart a number that was given away."""

    parent: int
    began: str


def _processes() -> dict[int, _Seen]:
    """All processes, where the system has a /proc; none elsewhere."""
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            found[int(stat.parent.name)] = _Seen(int(fields[1]), fields[19])
    return found


def _descendants(pid: int) -> dict[int, _Seen]:
    """Children, and theirs."""
    everyone, found, waiting = _processes(), {}, [pid]
    while waiting:
        parent = waiting.pop()
        children = {number: seen for number, seen in everyone.items() if seen.parent == parent}
        found.update(children)
        waiting += children
    return found
