# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs several programs at once, each with a log of its own, and ends with 1 when one of them fails.

Takes the name of a file with a JSON list of objects: ``name``, ``command`` (words), ``variables``, ``cwd``, ``log``.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import time
import typing as t

SHOWN_LINES = 60


def start(program: t.Mapping[str, t.Any]) -> subprocess.Popen[bytes]:
    """Start a program; what it writes goes to its log."""
    with pathlib.Path(program["log"]).open("wb") as stream:
        return subprocess.Popen(
            program["command"],
            cwd=program["cwd"],
            env=program["variables"],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )


def run_together(
    programs: t.Sequence[t.Mapping[str, t.Any]], tell: t.Callable[[str], None] = lambda _name: None
) -> list[str]:
    """Run them all at once, to their ends; return the names of those that failed.

    *tell* is given the name of each when it has ended. When this is interrupted, those that run are ended.
    """
    failed = set[str]()
    running = {str(program["name"]): start(program) for program in programs}
    try:
        while running:
            for name in [name for name, process in running.items() if process.poll() is not None]:
                if running.pop(name).returncode:
                    failed.add(name)
                tell(name)
            time.sleep(0.05)
    except BaseException:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait()
        raise
    return [program["name"] for program in programs if program["name"] in failed]


def show_end(log: str | pathlib.Path) -> str:
    """Return the last lines of a log, and where it lies."""
    lines = pathlib.Path(log).read_text("utf-8", errors="replace").splitlines()
    return "\n".join([*lines[-SHOWN_LINES:], f"[the whole log: {log}]"])


def main(path: str) -> int:
    """Run what the file names; show the ends of the logs of what failed."""
    programs = json.loads(pathlib.Path(path).read_text("utf-8"))
    failed = run_together(programs)
    for program in programs:
        if program["name"] in failed:
            print(show_end(program["log"]), f"{program['name']} failed", sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
