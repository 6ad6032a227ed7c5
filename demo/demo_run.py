# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of ansible-playbook: its story on the terminal as it happens, everything in a log."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import threading
import typing as t

import demo_story
from processes import end_group, kill_tree

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEMO = ROOT / ".build" / "demo"
BIN = pathlib.Path(sys.executable).parent
RECAP = re.compile(r"^\S+\s+: ok=\d+\s+changed=(\d+)", re.MULTILINE)
_LOOK_EVERY_S = 0.05


def follow(
    command: t.Sequence[str], log: pathlib.Path, story: demo_story.Story, is_over: t.Callable[[], bool] | None = None
) -> tuple[int, str]:
    """Run *command* and print its story; return the exit code and all output. Once *is_over* says so, the run is killed."""
    streams: dict[str, t.Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, cwd=DEMO, text=True, start_new_session=True, **streams)
    lines: list[str] = []
    try:
        if is_over is not None:
            threading.Thread(target=_kill_when, args=(process, is_over), daemon=True).start()
        with log.open("w") as stream:
            for line in process.stdout or ():
                stream.write(line)
                lines.append(line)
                for told in story.tell(line.rstrip("\n")):
                    print(f"   {told}", flush=True)
        process.wait()
    finally:
        end_group(process)
    return process.returncode, "".join(lines)


def _kill_when(process: subprocess.Popen[str], is_over: t.Callable[[], bool]) -> None:
    while process.poll() is None:
        if is_over():
            kill_tree(process)
            return
        threading.Event().wait(_LOOK_EVERY_S)


def count_changed(text: str) -> int:
    """Return how many tasks the recap of a run says have changed something."""
    return sum(int(number) for number in RECAP.findall(text))
