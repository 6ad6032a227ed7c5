# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook snapshot against the simulator: all CommCells and Entra ID in one folder, and what could not be read."""

from __future__ import annotations

import os
import pathlib
import stat
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_writes
from helpers.playing import Player, Run

from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import read_snapshot

pytestmark = pytest.mark.any_core

SNAPSHOT = "cvops.identity.snapshot"


def run(site: Simulator, play: Player, folder: pathlib.Path, check: bool = False, **more: t.Any) -> Run:
    document = {"cvops_connection": site.variables()["cvops_connection"], "snapshot_dir": str(folder), **more}
    return play(SNAPSHOT, extra_vars=document, check=check)


def list_names(folder: pathlib.Path) -> list[str]:
    return [cell["name"] for cell in read_snapshot(str(folder)).commcells]


@pytest.fixture
def sites(make_site: Callable[..., Simulator]) -> Simulator:
    """Set M, which has several CommCells."""
    return make_site(set="M")


@pytest.mark.every_core
def test_one_folder_with_all_of_it(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    made = run(site, play, tmp_path / "s").ok()
    assert_no_writes(site)
    assert list_names(tmp_path / "s") == ["cs01"]
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700
    assert "CommCell cs01: " in made.text and "Entra ID: " in made.text and f"Snapshot in {tmp_path}" in made.text
    assert "perhaps not complete: credentials" in made.text


def test_what_the_document_declares_is_looked_for(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    variables = site.variables()
    run(site, play, tmp_path / "s", **{**variables, "cvops_break_glass": {"entra_groups": ["GG-To-Come"]}}).ok()
    entra = read_snapshot(str(tmp_path / "s")).entra
    assert entra and variables["cvops_application"]["unique_name"] in [
        row["uniqueName"] for row in entra["applications"]
    ]
    told = {one["name"]: one["why"] for one in entra["provenance"]["sources"]}
    assert told["named_groups"] == "not in the tenant: 'GG-To-Come'" and told["named_applications"] == ""


def test_check_mode_reads_and_writes_files_as_other_reports_do(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    run(site, play, tmp_path / "s", check=True).ok()
    assert list_names(tmp_path / "s") == ["cs01"]
    assert_no_writes(site)


@pytest.mark.whole
def test_one_commcell_that_fails_does_not_stop_the_others(
    sites: Simulator, make_player: Callable[[Simulator], Player], tmp_path: pathlib.Path
) -> None:
    play, (first, *others) = make_player(sites), list(sites.commcells)
    assert others
    run(sites, play, tmp_path / "s").ok()
    assert list_names(tmp_path / "s") == sorted([first, *others])
    before = {name: (tmp_path / "s" / "commcells" / name).read_text() for name in os.listdir(tmp_path / "s/commcells")}
    sites.clock.advance(3600)
    sites.faults.add(Fault(service=first, method="GET", path="*/V4/Role", status=500, times=0))
    made = run(sites, play, tmp_path / "s")
    assert made.rc != 0
    assert f"CommCell {first}: not read: " in made.text and "was kept" in made.text
    after = {name: (tmp_path / "s" / "commcells" / name).read_text() for name in before}
    assert {name for name in before if after[name] == before[name]} == {f"{first}.json"}


@pytest.mark.whole
def test_some_commcells(sites: Simulator, make_player: Callable[[Simulator], Player], tmp_path: pathlib.Path) -> None:
    (first, *_others) = list(sites.commcells)
    run(sites, make_player(sites), tmp_path / "s", cvops_only=[first]).ok()
    assert list_names(tmp_path / "s") == [first]


def test_what_is_there_is_kept_where_entra_id_cannot_be_read(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    site.faults.add(Fault(service="graph", status=500, times=0))
    made = run(site, play, tmp_path / "s")
    assert made.rc != 0 and "Entra ID: not read: " in made.text
    assert list_names(tmp_path / "s") == ["cs01"]


def test_no_folder_is_told_first(site: Simulator, play: Player) -> None:
    site.journal.clear()
    made = play(SNAPSHOT, extra_vars={"cvops_connection": site.variables()["cvops_connection"]})
    assert made.rc != 0 and "snapshot_dir: is missing" in made.text
    assert not site.journal.entries()


def test_with_a_key_nobody_is_named_and_nothing_else_is_left(
    site: Simulator, play: Player, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, temporary = tmp_path / "key", tmp_path / "tmp"
    key.write_text("0123456789abcdef" * 3)
    key.chmod(0o600)
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    for dummy in range(2):
        made = run(site, play, tmp_path / "s", snapshot_pseudonym_key_file=str(key)).ok()
        assert "People have pseudonyms" in made.text and key.read_text() not in made.text
        assert not list(temporary.glob("cvops-snapshot-*"))
    text = "".join(path.read_text() for path in (tmp_path / "s").rglob("*.json"))
    people = [user for user in site.commcells["cs01"].state.users if user.email]
    assert people and not [user.email for user in people if user.email in text]
    assert all(
        row["name"].startswith(("person-", "svc-")) for row in read_snapshot(str(tmp_path / "s")).commcells[0]["users"]
    )
    # A key that cannot be used: nothing is written, and nothing that names people is left.
    key.chmod(0o644)
    site.journal.clear()
    made = run(site, play, tmp_path / "other", snapshot_pseudonym_key_file=str(key))
    assert made.rc != 0 and "chmod 600" in made.text and not site.journal.entries()
    assert not (tmp_path / "other").exists() and not list(temporary.glob("cvops-snapshot-*"))
