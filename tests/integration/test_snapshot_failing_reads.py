# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each read of both collectors fails once: a refusal is a source that is not complete, all else fails the task, and nothing is lacking in silence."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import typing as t
from collections.abc import Callable
from types import ModuleType

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.direct import connection, run_body
from helpers.sampling import WHOLE
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import commvault_snapshot, entra_snapshot

pytestmark = pytest.mark.any_core

_SUBJECTS = {"applications": ["commvault-management"], "groups": ["GG-Commvault-platform-Admin"]}
#: Calls of signing in and out are no reads.
_NO_READS = ("/Login", "/Logout", "/$batch")
#: Answers of status 200 that hold nothing of what was asked for.
_DETAILS = re.compile(r"/(V4/Role|V4/UserGroup|v4/user)/\d+$|/(v4/user|V4/Role|V4/Permissions)$")


def make_template(path: str) -> str:
    """A path with ids left out, by which reads of a kind are one."""
    return re.sub(r"/\d+", "/N", re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", path))


def list_incomplete(document: dict[str, t.Any]) -> set[str]:
    return {one["name"] for one in document["provenance"]["sources"] if one["complete"] is not True}


@pytest.mark.parametrize("module", [commvault_snapshot, entra_snapshot], ids=["commvault", "entra"])
def test_nothing_is_lacking_in_silence(
    make_site: Callable[..., Simulator], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType
) -> None:
    site = make_site(set="S", anomalies="evidence")
    share_clock(monkeypatch, site)
    base, folder = tmp_path / "base", tmp_path / "again"
    cell = {"commcell": "cs01", **connection(site, "cs01")}
    is_entra = module is entra_snapshot
    assert not run_body(commvault_snapshot, site, {"dest": str(base), **cell}).get("failed")
    options = _SUBJECTS if is_entra else cell
    name = "entra.json" if is_entra else "commcells/cs01.json"
    site.journal.clear()
    assert not run_body(module, site, {"dest": str(base), **options}).get("failed")
    whole = json.loads((base / name).read_text())
    reads = {}
    for entry in site.journal.entries("graph" if is_entra else "cs01"):
        path = entry.path.partition("?")[0]
        if not path.endswith(_NO_READS):
            reads[entry.method, make_template(path)] = (entry.service, entry.method, path)
    assert len(reads) > 15
    wrong = []
    # ``make test-all`` gives every read every answer; else every other read gets one of them, in turn
    for number, read in enumerate(sorted(reads.values())[:: 1 if WHOLE else 2]):
        answers = [(403, {"error": {"code": "x", "message": "no"}}), (500, {"error": {"code": "x", "message": "no"}})]
        answers += [(200, {})] if _DETAILS.search(read[2]) else []
        for status, body in answers if WHOLE else [answers[number % len(answers)]]:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(base, folder)
            (folder / name).unlink()
            site.faults.add(Fault(*read, "status", status=status, body=body, times=0))
            result = run_body(module, site, {"dest": str(folder), **options})
            site.faults.clear()
            if result.get("failed"):
                wrong += [(status, read, "a document is left")] if (folder / name).exists() else []
                continue
            found = json.loads((folder / name).read_text())
            told = list_incomplete(found) - list_incomplete(whole)
            differs = [part for part in found if part != "provenance" and found[part] != whole[part]]
            if status == 500:
                wrong.append((status, read, "did not fail"))
            if differs and not told:
                wrong.append((status, read, f"{differs} differ in silence"))
    assert wrong == []
