# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page "A review, start to end": its commands as they are typed, on a simulated site, up to the proof that what was revoked is gone."""

from __future__ import annotations

import csv
import json
import pathlib
import re
import shlex
import subprocess
import typing as t

import pytest
import yaml
from collection_tree import ROOT
from cvops_simulator import Simulator
from cvops_simulator.cli import write_documents
from helpers.playing import Player, Run

pytestmark = pytest.mark.any_core

GUIDE = (ROOT / "docs" / "docsite" / "rst" / "guide_access_review.rst").read_text()
REVIEWER = "r.viewer@corp.example"
GROUP = "GG-Commvault-platform-Audit"
#: What the page names, relative to the folder in which the commands are typed.
_PATHS = re.compile(
    r"(?<![\w./])(site/(?:variables|break_glass)\.yml|evidence(?=$|/|\s)|signoff-2026-q4\.csv|review\.patch|drills\.json)"
)


def commands() -> list[list[str]]:
    """The commands of the page as a shell takes them, without the one that serves the simulator."""
    blocks = re.findall(r"^\.\. code-block:: shell\n\n((?:   .*\n|\n)+)", GUIDE, re.MULTILINE)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    found = [shlex.split(line.strip()) for line in lines if line.strip()]
    assert found[0][:2] == ["cvops-simulator", "serve"]
    return found[1:]


class Walk:
    """Types the commands of the page in *folder*."""

    def __init__(self, folder: pathlib.Path, play: Player) -> None:
        self.folder, self.left, self._play = folder, commands(), play

    def type_next(self, word: str) -> Run:
        """Type the next command, which must be about *word*: the name of a playbook without its collection."""
        program, playbook, *words = self.left.pop(0)
        assert (program, playbook) == ("ansible-playbook", f"cvops.identity.{word}")
        return self._play(playbook, *(self._locate(one) for one in words)).ok()

    def run_next(self, program: str) -> None:
        """Run the next command, which is no playbook, in a shell."""
        words = self.left.pop(0)
        assert words[0] == program
        subprocess.run(" ".join(words), shell=True, check=True, cwd=self.folder, capture_output=True)

    def _locate(self, word: str) -> str:
        return _PATHS.sub(lambda found: str(self.folder / found[1]), word)


def decide(path: pathlib.Path, is_revoked: t.Callable[[dict[str, str]], bool]) -> int:
    """Fill in the sheet; return how many rows are revoked."""
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        said = {"decision": "revoke", "reason": "the audit is over"} if is_revoked(row) else {"decision": "keep"}
        row.update({"reviewer": REVIEWER, "date": "2026-11-01", **said})
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return sum(row["decision"] == "revoke" for row in rows)


def test_a_newcomer_gets_from_the_list_to_the_proof(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "walk"
    (folder / "site").mkdir(parents=True)
    write_documents(site, folder / "site")
    walk = Walk(folder, play)
    walk.type_next("access_evidence")
    assert "Master" in "\n".join(walk.type_next("access").one("Report")["msg"])
    assert "admin" in "\n".join(walk.type_next("access").one("Report")["msg"])
    walk.run_next("cp")
    revoked = decide(folder / "signoff-2026-q4.csv", lambda row: row["principal"] == GROUP)
    assert revoked
    told = "\n".join(walk.type_next("review").one("Report")["msg"])
    assert GROUP in told
    walk.run_next("patch")
    document = yaml.safe_load((folder / "site" / "variables.yml").read_text())
    (entry,) = [
        one
        for one in document["cvops_role_mappings"]
        if (one["principal"].get("entra_group") or {}).get("name") == GROUP
    ]
    assert entry["grants"] == []
    walk.type_next("converge_role_mappings")
    site.clock.advance(3600)
    walk.type_next("access_evidence")
    newest = sorted((folder / "evidence").iterdir())[-1]
    with (newest / "changes.csv").open(newline="") as stream:
        gone = [row for row in csv.DictReader(stream) if row["table"] == "access" and row["change"] == "removed"]
    assert len(gone) >= revoked
    with (newest / "findings.csv").open(newline="") as stream:
        assert "revoked_access_remains" not in {row["rule"] for row in csv.DictReader(stream)}
    drilled = walk.type_next("break_glass_drill").one("Report")["msg"]
    assert ["breakglass" in line and "administrator rights" in line for line in drilled] == [True]
    (drill,) = json.loads((folder / "drills.json").read_text())
    assert (drill["user"], drill["outcome"], walk.left) == ("breakglass", "worked", [])
