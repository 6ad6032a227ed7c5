# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every run that writes leaves a record; runs that write nothing leave none."""

from __future__ import annotations

import json
import pathlib

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.playing import Player

pytestmark = pytest.mark.any_core

GROUP = {"name": "a group", "cvops.identity.entra_group": {"display_name": "GG-Recorded", "unique_name": "gg-recorded"}}


def records(folder: pathlib.Path) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def test_a_writing_run_is_recorded_and_an_idle_one_is_not(
    site: Simulator, play: Player, in_process: bool, tmp_path: pathlib.Path
) -> None:
    folder = tmp_path / "records"
    extra = {"cvops_run_record_dir": str(folder), "awx_job_template_name": "cvops converge", "tower_user_name": "ana"}
    env = {"PROJECT_REVISION": "4f2a", "JOB_ID": "77", "CVOPS_TICKET": "CHG1"}
    play([GROUP], check=True, extra_vars=extra, in_process=in_process).ok()
    assert not folder.exists()
    run = play([GROUP, GROUP], extra_vars=extra, env=env, in_process=in_process).ok()
    (record,) = records(folder)
    assert record["module"] == "cvops.identity.entra_group" and record["outcome"] == "done"
    assert record["applied"] == ["group GG-Recorded"]
    says = record["identity"]["entra_token_says"]  # type: ignore[index]
    assert (says["kind"], says["app_id"], says["tenant_id"]) == (
        "application",
        site.automation.client_id,
        site.tenant_id,
    )
    assert {name: record["operator"][name] for name in ("job_id", "revision", "ticket")} == {  # type: ignore[index]
        "job_id": "77",
        "revision": "4f2a",
        "ticket": "CHG1",
    }
    assert (record["operator"]["job_template"], record["operator"]["launched_by"]) == ("cvops converge", "ana")  # type: ignore[index]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    assert_no_secrets(run, [folder], [site.automation.client_secret])


def test_a_failed_write_and_a_refusal_are_recorded(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "records"
    extra = {"cvops_run_record_dir": str(folder)}
    site.faults.add(Fault(service="graph", method="PATCH", path="*/groups*", action="status", status=400, times=1))
    failed = play([GROUP], extra_vars=extra)
    assert failed.rc != 0
    (record,) = records(folder)
    assert record["outcome"] == "failed" and record["failed_step"] == "group GG-Recorded" and record["error"]
    play([GROUP], extra_vars=extra).ok()
    rename = {
        "name": "rename",
        "cvops.identity.entra_group": {"unique_name": "gg-recorded", "display_name": "GG-Other"},
    }
    assert play([rename], extra_vars=extra).rc != 0
    assert any((item["error"] or {}).get("kind") == "guard" for item in records(folder))  # type: ignore[attr-defined]


def test_nothing_is_written_where_no_record_can_be_kept(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    run = play([GROUP], extra_vars={"cvops_run_record_dir": str(tmp_path / "file" / "records")})
    assert run.result.failed and run.result["changed"] is False
    assert "The run record cannot be written" in run.result["msg"]
    assert_no_writes(site)
