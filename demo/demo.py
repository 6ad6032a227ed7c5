# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watch the collection work: a simulated tenant and CommCells, the playbook `site` four times, a rotation that is killed in the middle, and evidence.

First in check mode with diff, then for real, then with a line deleted from the document, whose access the run tells by name, then again,
which must change nothing. Then `rotate_secrets`: killed, finished by the next run, and again with nothing to do. At the end
`access_evidence`, with a page to open. `make demo` makes the environment for it; everything that it makes lies below .build, and nothing is left running.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import sys
import time

import demo_evidence
import demo_report
import demo_rotation
import demo_simulator
import demo_story
import yaml
from demo_run import BIN, DEMO, ROOT, count_changed, follow

RUNS = (
    ("check", "what would happen (--check --diff)", ("--check", "--diff")),
    ("apply", "apply", ()),
    ("deleted", "a line was deleted from the document: its access stays, and is told by name", ()),
    ("again", "apply again", ()),
)
ROWS_SHOWN = 8
DIFF_SHOWN = 12
DIFF_OF = "Role mappings"


def play(simulator: demo_simulator.Simulator, run: int) -> demo_report.Run:
    """One run of the playbook: its tasks on the terminal, everything in a log."""
    name, title, options = RUNS[run]
    print(f"\n== {run + 1}. {title}", flush=True)
    summary, log = DEMO / f"{run + 1}-{name}.json", DEMO / f"{run + 1}-{name}.log"
    document = _delete_a_line(simulator.variables) if name == "deleted" else simulator.variables
    extra = ["-e", f"@{document}", "-e", json.dumps({"cvops_summary_file": str(summary)})]
    command = [str(BIN / "ansible-playbook"), "cvops.identity.site", *extra, *options]
    simulator.take_counts()
    began = time.monotonic()
    story = demo_story.Story()
    code, text = follow(command, log, story)
    seconds = time.monotonic() - began
    if code != 0:
        raise SystemExit(f"{text[-3000:]}\nansible-playbook ended with {code}; the whole log: {log.relative_to(ROOT)}")
    if not summary.is_file():
        raise SystemExit(f"the playbook wrote no summary to {summary.relative_to(ROOT)}")
    changed = count_changed(text)
    excerpt = story.excerpt(DIFF_OF, DIFF_SHOWN)
    if excerpt:
        print("   a piece of the diff:")
        print("\n".join(f"      {line}" for line in excerpt))
    place = log.relative_to(ROOT)
    diff = f", {sum(map(len, story.diff.values()))} lines of diff" if story.diff else ""
    print(f"   {seconds:.1f} s, {changed} tasks changed{diff}: {place}", flush=True)
    return demo_report.Run(title, seconds, changed, simulator.take_counts(), json.loads(summary.read_text()))


def _delete_a_line(variables: pathlib.Path) -> pathlib.Path:
    """Return a document with one grant less than this one."""
    document = yaml.safe_load(pathlib.Path(variables).read_text())
    document["cvops_role_mappings"][0]["grants"].pop()
    path = DEMO / "deleted.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(document))
    return path


def main() -> int:
    """Show it; return the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what we started is ended, as it is on SIGINT
    began = time.monotonic()
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir(parents=True, mode=0o700)
    with demo_simulator.running(BIN / "cvops-simulator", DEMO, "--set", "M", "--seed", "1", "--empty") as simulator:
        print("== simulator: Entra ID, Microsoft Graph and CommCells on loopback", flush=True)
        runs = [play(simulator, number) for number in range(len(RUNS))]
        print("\n" + "\n".join(demo_report.report(runs, ROWS_SHOWN)))
        found = demo_report.faults(runs[0], runs[1], runs[-1])
        found += demo_rotation.show(simulator, len(RUNS))
        page, faults = demo_evidence.show(simulator, len(RUNS) + demo_rotation.RUNS)
        found += faults
    full = DEMO / "report.txt"
    full.write_text("\n".join(demo_report.report(runs)) + "\n")
    print(f"\nEvery grant: {os.path.relpath(full, ROOT)}")
    if page is not None:
        print(f"Who may do what, a page to open in a browser: {os.path.relpath(page, ROOT)}")
    for fault in found:
        print(f"FAILED: {fault}")
    if not found:
        seconds = time.monotonic() - began
        told = "The last run of each playbook changed nothing and wrote nothing."
        print(f"{told} {seconds:.0f} s in all, nothing left running.")
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; everything that was started has been stopped")
