# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook access_evidence: services read, a bundle sealed and verified, and what comes of a service that cannot be read."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.secrets import add_secret
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.playing import Player, Run
from helpers.snapshots import make_evidence_options

pytestmark = pytest.mark.any_core

ACCESS_EVIDENCE = "cvops.identity.access_evidence"


def run(site: Simulator, play: Player, dest: pathlib.Path, *words: str, **more: t.Any) -> Run:
    document = {"cvops_connection": site.variables()["cvops_connection"], **more}
    return play(ACCESS_EVIDENCE, *words, extra_vars={"access_evidence_dir": str(dest), **document})


def lines(run_: Run) -> list[str]:
    """The report for people."""
    return t.cast("list[str]", run_.one("Report")["msg"])


def list_bundles(dest: pathlib.Path) -> list[str]:
    """All that lies in the folder of bundles."""
    return sorted(os.listdir(dest)) if dest.exists() else []


def list_left() -> list[str]:
    """Folders of documents that a run has not removed."""
    return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith("cvops-evidence-")]


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs leave is seen, and not what others make meanwhile."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


def test_a_site_is_read_and_sealed(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    dest, sink = tmp_path / "evidence", tmp_path / "sink"
    more = {
        "cvops_role_mappings": site.variables()["cvops_role_mappings"],
        "access_evidence_manifest_sink": [str(sink)],
    }
    made = run(site, play, dest, **more).ok()
    assert_no_writes(site)
    (name,) = list_bundles(dest)
    files = [path for path in (dest / name).rglob("*") if path.is_file()]
    connection = site.variables()["cvops_connection"]
    secrets = [connection["entra"]["client_secret"], *(cell["password"] for cell in connection["commcells"].values())]
    assert_no_secrets(made, files, secrets)
    manifest = json.loads((dest / name / "manifest.json").read_text())
    assert [cell["name"] for cell in manifest["commcells"]] == sorted(connection["commcells"])
    assert manifest["counts"]["access"] > 10 and manifest["tenant"]["id"] == site.tenant.id
    assert sink.read_text().split()[1:] == [
        manifest["bundle_id"],
        made.one("Seal the bundle")["evidence"]["manifest_sha256"],
    ]
    assert any(line.startswith("Report: ") and line.endswith("report.html") for line in lines(made))
    assert list_left() == []

    verified = run(site, play, dest, access_evidence_verify=True, access_evidence_manifest_sink=[str(sink)]).ok()
    assert any("Nothing was changed after it was sealed" in line for line in lines(verified))
    table = dest / name / "access.csv"
    table.write_text(table.read_text().replace("View", "Edit"))
    broken = run(site, play, dest, access_evidence_verify=True)
    assert broken.rc != 0 and any("access.csv" in line for line in lines(broken))


def test_what_the_document_declares_is_in_the_evidence(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    """An application that no CommCell refers to, with its credential and its end, and a group without members there; what is not there is told."""
    variables = site.variables()
    name = variables["cvops_application"]["unique_name"]
    application = next(row for row in site.tenant.applications.values() if row["uniqueName"] == name)
    dates = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z"}
    made = add_secret(site.tenant, "application", application, {"displayName": "console", **dates})
    groups = [*variables["cvops_entra_groups"], {"display_name": "GG-To-Come"}]
    dest = tmp_path / "evidence"
    run_ = run(site, play, dest, **{**variables, "cvops_entra_groups": groups}).ok()
    (bundle,) = list_bundles(dest)
    rows = json.loads((dest / bundle / "identities.json").read_text())["rows"]
    (row,) = [row for row in rows if row["app_id"] == application["appId"]]
    assert (row["credential_kind"], row["credential_id"], row["expires"]) == (
        "secret",
        made["keyId"],
        "2027-01-01T00:00:00Z",
    )
    population = json.loads((dest / bundle / "population.json").read_text())["rows"]
    (told,) = [row for row in population if row["source"] == "named_groups"]
    assert told["complete"] is True and told["why"] == "not in the tenant: 'GG-To-Come'"
    assert_no_secrets(run_, [path for path in (dest / bundle).rglob("*") if path.is_file()], [made["secretText"]])


def test_check_mode_reads_and_seals_nothing(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "evidence"
    told = run(site, play, dest, "--check", "--diff").ok()
    assert_no_writes(site)
    assert list_bundles(dest) == [] and list_left() == []
    assert told.one("Seal the bundle")["changed"]
    assert not any(line.startswith("SHA-256") for line in lines(told))


def make_drill(site: Simulator) -> dict[str, str]:
    """A drill of an account that the site has, which has failed."""
    commcell = next(iter(site.variables()["cvops_connection"]["commcells"]))
    return {"commcell": commcell, "user": "admin", "outcome": "failed", "date": "2026-11-20T08:00:00Z"}


def list_drills(dest: pathlib.Path) -> list[str]:
    """What the findings of the only bundle say of drills."""
    (name,) = list_bundles(dest)
    rows = json.loads((dest / name / "findings.json").read_text())["rows"]
    return [row["description"] for row in rows if row["rule"].startswith("break_glass_drill")]


FAILED_DRILL = "The drill of admin on 2026-11-20 failed. No successful drill is known."
BREAK_GLASS = {"cvops_break_glass": {"commvault_users": ["admin"]}}


@pytest.mark.whole
@pytest.mark.parametrize("name", ["access_evidence_drills", "break_glass_drill_file"])
def test_drills_are_taken_from_the_file_that_keeps_them(
    name: str, site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "drills.json"
    file.write_text(json.dumps([make_drill(site)]))
    run(site, play, tmp_path / "evidence", **{name: str(file)}, **BREAK_GLASS).ok()
    assert FAILED_DRILL in list_drills(tmp_path / "evidence")


def test_a_file_of_drills_that_is_none_is_told_before_anything_is_read(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "drills.json"
    missing = run(site, play, tmp_path / "evidence", access_evidence_drills=str(file))
    assert missing.rc != 0 and f"there is no file {file}" in missing.one("Check the drills")["msg"]
    file.write_text('{"drills": 1}')
    wrong = run(site, play, tmp_path / "evidence", access_evidence_drills=str(file))
    assert wrong.rc != 0 and str(file) in wrong.one("Check the drills")["msg"]
    assert list_bundles(tmp_path / "evidence") == [] and site.journal.entries() == []


@pytest.mark.whole
def test_drills_that_are_a_list_and_a_file_that_is_not_there_yet(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    file = {"break_glass_drill_file": str(tmp_path / "no.json"), **BREAK_GLASS}
    run(site, play, tmp_path / "one", access_evidence_drills=[make_drill(site)], **file).ok()
    assert FAILED_DRILL in list_drills(tmp_path / "one")
    run(site, play, tmp_path / "two", **file).ok()
    commcell = make_drill(site)["commcell"]
    wanted = f"No drill is known that proved that admin can sign in and administer {commcell}."
    assert list_drills(tmp_path / "two") == [wanted]


@pytest.mark.whole
def test_a_snapshot_is_sealed_without_any_service(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    run(site, play, first).ok()
    (name,) = list_bundles(first)
    site.journal.clear()
    snapshot = str(first / name / "snapshot")
    document = {"access_evidence_dir": str(second), "access_evidence_snapshot": snapshot}
    again = play(ACCESS_EVIDENCE, extra_vars=document).ok()
    assert site.journal.entries() == []
    assert list_bundles(second) == [name]
    one, other = ((folder / name / "access.json").read_bytes() for folder in (first, second))
    assert one == other
    assert not play(ACCESS_EVIDENCE, extra_vars=document).ok().one("Seal the bundle")["changed"]
    assert again.one("Seal the bundle")["changed"]


def test_a_commcell_that_cannot_be_read_makes_the_bundle_partial(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    dest = tmp_path / "evidence"
    connection = json.loads(json.dumps(site.variables()["cvops_connection"]))
    gone = {**next(iter(connection["commcells"].values())), "url": "https://localhost:9/commandcenter"}
    connection["commcells"]["gone"] = {**gone, "retries": 0} if "retries" in gone else gone
    made = run(site, play, dest, cvops_connection=connection).ok()
    (name,) = list_bundles(dest)
    manifest = json.loads((dest / name / "manifest.json").read_text())
    assert list(manifest["missing"]) == ["gone"]
    assert any("CommCell gone was not read" in line for line in lines(made))
    assert any("gone" in why for why in manifest["partial"])
    assert list_left() == []


def test_nothing_read_is_a_failure(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "evidence"
    connection = json.loads(json.dumps(site.variables()["cvops_connection"]))
    for cell in connection["commcells"].values():
        cell["password"] = "wr0ng-password-of-nobody"
    connection["entra"]["client_secret"] = "wr0ng-secret-of-nobody"
    failed = run(site, play, dest, cvops_connection=connection)
    assert failed.rc != 0 and list_bundles(dest) == [] and list_left() == []
    told = failed.one("Fail where nothing could be read")["msg"]
    assert "Entra ID was not read" in told and "CommCell" in told
    assert_no_secrets(failed, [], ["wr0ng-password-of-nobody", "wr0ng-secret-of-nobody"])


@pytest.mark.whole
def test_a_service_that_breaks_off_leaves_no_documents(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    """Entra ID answers nonsense after the CommCells were read: their documents go, and the bundle says what is missing."""
    dest = tmp_path / "evidence"
    site.faults.add(Fault("graph", "GET", "*", "garbage", times=0))
    made = run(site, play, dest).ok()
    (name,) = list_bundles(dest)
    assert json.loads((dest / name / "manifest.json").read_text())["tenant"] is None
    assert any("Entra ID was not read" in line for line in lines(made))
    assert list_left() == []


def test_findings_fail_the_run_after_everything_is_sealed(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    dest = tmp_path / "evidence"
    failed = run(site, play, dest, access_evidence_fail_on="low")
    findings = failed.one("Seal the bundle")["evidence"]["findings"]
    assert sum(findings.values()) > 0 and failed.rc != 0
    assert len(list_bundles(dest)) == 1
    refused = run(site, play, dest, access_evidence_fail_on="grave")
    assert refused.rc != 0 and "access_evidence_fail_on" in refused.text


def test_the_folder_is_needed(site: Simulator, play: Player) -> None:
    failed = play(ACCESS_EVIDENCE, extra_vars={"cvops_connection": site.variables()["cvops_connection"]})
    assert failed.rc != 0 and "access_evidence_dir" in failed.text
    assert site.journal.entries() == []


def test_both_ways_to_run_it_give_the_same(
    site: Simulator, play: Player, in_process: bool, tmp_path: pathlib.Path
) -> None:
    """As a module it has no templates of the report with it, and says so before anything else."""
    options = make_evidence_options(str(tmp_path))
    tasks: list[dict[str, t.Any]] = [
        {"name": "sealed", "cvops.identity.access_evidence": options},
        {"name": "again", "cvops.identity.access_evidence": options},
        {"name": "verified", "cvops.identity.access_evidence": {"dest": options["dest"], "verify": True}},
        {
            "name": "with the report",
            "cvops.identity.access_evidence": {**options, "name": "other", "formats": ["html"], "previous": "none"},
            "ignore_errors": True,
        },
    ]
    made = play(tasks, in_process=in_process).ok()
    assert [made.one(task["name"])["changed"] for task in tasks[:3]] == [True, False, False]
    assert made.one("verified")["evidence"]["verified"] == ["bundle"]
    assert made.one("with the report").failed is not in_process
    assert site.journal.entries() == []
