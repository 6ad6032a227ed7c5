# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module bodies in processes of their own, with limits: the tests' side of ``fork_server.py``."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import typing as t
from dataclasses import dataclass

from loopback_guard import child_variables

#: Far above what any answer may cost, far below what an answer without end takes.
MEMORY_BYTES = 640 << 20
#: A guard against hanging, nothing else: the tasks' own deadlines are a few seconds.
PATIENCE_S = float(os.environ.get("CVOPS_ADVERSARIAL_PATIENCE_S", "120"))
#: The same for what is busy without end, so that a loaded machine is not mistaken for a fault.
CPU_S = 30


@dataclass
class Ended:
    """How a child ended. ``killed``: it did not end by itself, and where it was is in ``stderr``."""

    code: int
    rss_mib: float
    seconds: float
    killed: bool
    stdout: str
    stderr: str

    @property
    def result(self) -> dict[str, t.Any] | None:
        """What the module answered; None when it did not."""
        for line in reversed(self.stdout.splitlines()):
            with contextlib.suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict):
                    found.pop("_ansible_new_secrets", None)  # how core 2.22 tells the controller what to hide
                    return found
        return None


class Children:
    """Starts cases, several at a time, each from a thread of the caller."""

    def __init__(self, collections: pathlib.Path) -> None:
        environment = {
            **child_variables(),
            "PATH": f"{pathlib.Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "MALLOC_ARENA_MAX": "2",  # address space is limited, and each arena of a thread reserves 64 MiB
        }
        self._process = subprocess.Popen(
            [sys.executable, str(pathlib.Path(__file__).with_name("fork_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._numbers, self._lock = itertools.count(1), threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[dict[str, t.Any]]] = {}
        assert self._process.stdout is not None
        self._process.stdout.readline()
        threading.Thread(target=self._listen, daemon=True).start()

    def run(
        self,
        module: str,
        options: t.Mapping[str, t.Any],
        folder: pathlib.Path,
        environment: t.Mapping[str, str],
        way: str = "module",
        check: bool = False,
    ) -> Ended:
        """Run to the end, or to the end of patience."""
        number, answers = next(self._numbers), t.cast("queue.SimpleQueue[dict[str, t.Any]]", queue.SimpleQueue())
        case = {
            "number": number,
            "module": module,
            "options": dict(options),
            "environment": {"TMPDIR": str(folder), "HOME": str(folder), **environment},
            "folder": str(folder),
            "check": check,
            "way": way,
            "memory": MEMORY_BYTES,
            "cpu": CPU_S,
            "dump_after": PATIENCE_S - 2,
        }
        with self._lock:
            self._waiting[number] = answers
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(case).encode() + b"\n")
            self._process.stdin.flush()
        pid, killed = answers.get(timeout=PATIENCE_S)["pid"], False
        try:
            told = answers.get(timeout=PATIENCE_S)
        except queue.Empty:
            killed = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            told = answers.get(timeout=PATIENCE_S)
        del self._waiting[number]
        texts = [(folder / name).read_text(errors="surrogateescape") for name in ("stdout", "stderr")]
        (folder / "stdout").unlink()  # judged as a result; what else is left in the folder is judged as a file
        return Ended(
            told["code"], told["rss_kib"] / 1024, told["seconds"], killed or told["code"] == -signal.SIGXCPU, *texts
        )

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            self._waiting[told["number"]].put(told)

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
