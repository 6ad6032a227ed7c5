# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: what it tells of a run, that it sees when a promise is broken, and that it ends what it started."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import time
import typing as t

import demo_report
import demo_rotation
import demo_simulator
import demo_story
import pytest
from processes import end_group, kill_tree


def demo_run(changed: int, writes: int, grants: int = 1, says: bool | None = None) -> demo_report.Run:
    grant = {"principal": "GG-A", "role": "View", "entity_type": "server", "entity": "s1"}
    summary = {"changed": bool(changed) if says is None else says, "grants": {"cs01": [grant] * grants}}
    return demo_report.Run("run", 1.0, changed, {"graph": {"reads": 5, "writes": writes}}, summary)


def test_the_demo_is_content_with_a_good_run() -> None:
    assert demo_report.faults(demo_run(3, 0), demo_run(3, 4), demo_run(0, 0)) == []


@pytest.mark.parametrize(
    ("runs", "fault"),
    [
        ((demo_run(3, 1), demo_run(3, 4), demo_run(0, 0)), "check mode sent 1 writes"),
        ((demo_run(0, 0), demo_run(3, 4), demo_run(0, 0)), "check mode announced no change"),
        ((demo_run(3, 0), demo_run(0, 0), demo_run(0, 0)), "the first apply changed nothing"),
        ((demo_run(3, 0), demo_run(3, 4), demo_run(1, 0)), "the second apply reports changes"),
        ((demo_run(3, 0), demo_run(3, 4), demo_run(0, 0, says=True)), "the second apply reports changes"),
        ((demo_run(3, 0), demo_run(3, 4), demo_run(0, 2)), "the second apply sent 2 writes"),
        ((demo_run(3, 0), demo_run(3, 4, grants=0), demo_run(0, 0)), "names no grants"),
    ],
)
def test_the_demo_sees_broken_promises(runs: tuple[demo_report.Run, ...], fault: str) -> None:
    found = demo_report.faults(*runs)
    assert len(found) == 1
    assert fault in found[0]


def test_the_demo_shortens_what_it_prints_and_not_what_it_writes() -> None:
    grants = [
        {"principal": f"GG-{group}", "role": "View", "entity_type": "server", "entity": f"s{number}"}
        for group in "ABC"
        for number in range(5)
    ]
    assert demo_report.access(grants, limit=2) == [
        "principal  role  on      entities",
        "---------  ----  ------  ---------------------",
        "GG-A       View  server  s0, s1, s2 and 2 more",
        "GG-B       View  server  s0, s1, s2 and 2 more",
        "... and 1 rows more",
    ]
    assert demo_report.access(grants)[-1] == "GG-C       View  server  s0, s1, s2, s3, s4"


PLAYED = """
PLAY [Access] ******************************************************************

TASK [cvops.identity.role_mappings : Entra group] ******************************
--- before: group
+++ after: group
-{}
+{"display_name": "GG-A"}
changed: [localhost] => (item=GG-A)
changed: [localhost] => (item=GG-B)
ok: [localhost] => (item=GG-C)

TASK [Note the result] *********************************************************
ok: [localhost]

TASK [cvops.identity.role_mappings : Role mappings on cs01] ********************
+  "grants": 1
+  "more": 2
changed: [localhost]

TASK [Summary] *****************************************************************
ok: [localhost] => {
    "msg": [
        "cs01: 1 grant \\"x\\"",
        "3 reads"
    ]
}
fatal: [localhost]: FAILED! => {}

PLAY RECAP *********************************************************************
localhost                  : ok=3    changed=2    unreachable=0
"""


def test_the_demo_tells_what_changed_what_failed_and_the_summary() -> None:
    story = demo_story.Story()
    told = [line for printed in PLAYED.splitlines() for line in story.tell(printed)]
    assert told == [
        "Entra group: 2 changed",
        "Role mappings on cs01: changed",
        '| cs01: 1 grant "x"',
        "| 3 reads",
        "fatal: [localhost]: FAILED! => {}",
    ]
    assert story.excerpt("Role mappings", 1) == ['+  "grants": 1']
    assert story.diff["Entra group"] == ["-{}", '+{"display_name": "GG-A"}']
    assert story.excerpt("Nothing", 1) == []


def rotated(**more: t.Any) -> demo_rotation.Outcome:
    told = {"code": 0, "changed": 0, "writes": [], "kept": "", "read": "k1", "outcome": "not_due", **more}
    outcome = told.pop("outcome")
    return demo_rotation.Outcome(**told, summary={"rotations": {"backup of x": {"outcome": outcome}}})


KILLED = rotated(code=-9, writes=["/v1.0/applications/1/addPassword"], kept="k1", read="")
RESUMED = rotated(changed=1, writes=["/Credentials/1"], outcome="overlap")


def test_the_demo_is_content_with_a_rotation_that_is_finished_by_the_next_run() -> None:
    assert demo_rotation.faults(KILLED, RESUMED, rotated()) == []


@pytest.mark.parametrize(
    ("runs", "fault"),
    [
        ((rotated(code=-9, writes=[]), RESUMED, rotated()), "did not leave a secret"),
        ((KILLED, rotated(writes=KILLED.writes, outcome="overlap"), rotated()), "added another secret"),
        ((KILLED, rotated(outcome="overlap", read="k2"), rotated(read="k2")), "is not the one that is read"),
        ((KILLED, rotated(outcome="switch_partial"), rotated()), "came to switch_partial"),
        ((KILLED, RESUMED, rotated(writes=["/x"])), "1 writes"),
        ((KILLED, RESUMED, rotated(outcome="overlap")), "came to overlap"),
    ],
)
def test_the_demo_sees_a_rotation_that_breaks_promises(runs: tuple[demo_rotation.Outcome, ...], fault: str) -> None:
    assert any(fault in line for line in demo_rotation.faults(*runs))


def test_the_demo_counts_sign_ins_from_the_new_secret_on() -> None:
    paths = [
        "/t/oauth2/v2.0/token",
        "/v1.0/applications/1/addPassword",
        "/t/oauth2/v2.0/token",
        "/t/discovery",
        "/t/token",
    ]
    assert demo_rotation.count_proofs({"path": path} for path in paths) == 2


def test_signing_in_and_out_is_no_write() -> None:
    entries = [{"path": path, "read": read} for path, read in (("/Login", False), ("/Role", False), ("/Role", True))]
    assert [demo_simulator.is_write(entry) for entry in entries] == [False, True, False]


@pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="needs a /proc")
@pytest.mark.parametrize("end", [lambda process: end_group(process, patience=5), kill_tree], ids=["end", "kill"])
def test_the_end_of_a_program_is_the_end_of_children_in_sessions_of_their_own(
    end: t.Callable[[t.Any], None],
) -> None:
    child = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
    parent = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True).pid, flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", parent], start_new_session=True, **pipes) as process:
        assert process.stdout is not None
        left = int(process.stdout.readline())
        end(process)
    assert process.returncode != 0
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and _runs(left):
        time.sleep(0.05)
    assert not _runs(left)


def _runs(pid: int) -> bool:
    """Whether it is there and no zombie."""
    stat = pathlib.Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
