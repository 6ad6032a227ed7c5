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


def run_together(programs: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Run them all to their ends; return the names of those that failed. When this is interrupted, they are ended."""
    running = [start(program) for program in programs]
    try:
        codes = [process.wait() for process in running]
    except BaseException:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
        raise
    return [program["name"] for program, code in zip(programs, codes, strict=True) if code]


def main(path: str) -> int:
    """Run what the file names; show the ends of the logs of what failed."""
    programs = json.loads(pathlib.Path(path).read_text("utf-8"))
    failed = run_together(programs)
    for program in programs:
        if program["name"] in failed:
            lines = pathlib.Path(program["log"]).read_text("utf-8", errors="replace").splitlines()
            print(*lines[-SHOWN_LINES:], f"{program['name']} failed [the whole log: {program['log']}]", sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
