# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of a site from its snapshot: modules see the same in it, and the guide's commands rehearse a change on it.

The documents are those of the collectors: ``take_snapshot`` is the one place that says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import textwrap
import typing as t
from collections.abc import Callable, Iterator

import pytest
import yaml
from collection_tree import ROOT, collections_path
from cvops_simulator import Simulator
from cvops_simulator.testing import running_simulator, write_snapshot
from helpers.direct import connection, run_body
from helpers.virtual_time import share_clock
from loopback_guard import child_variables

from ansible_collections.cvops.identity.plugins.modules import (
    commvault_role_mappings_info,
    commvault_security_info,
    commvault_snapshot,
    entra_service_principal_info,
    entra_snapshot,
)

pytestmark = pytest.mark.any_core

GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_rehearsal.rst"
PARTS = ["role_permissions", "user_group_details", "user_details", "external_groups", "associations", "owners"]
PARTS += ["permissions", "companies", "access_tokens"]

Take = Callable[[Simulator, pathlib.Path], None]


@pytest.fixture
def take_snapshot() -> Take:
    """Writes the documents of a site into a folder that is not there yet, as the collectors read them."""

    def take(site: Simulator, folder: pathlib.Path) -> None:
        for cell in site.commcells:
            told = run_body(commvault_snapshot, site, {"dest": str(folder), "commcell": cell, **connection(site, cell)})
            assert not told.get("failed"), told
        told = run_body(entra_snapshot, site, {"dest": str(folder)})
        assert not told.get("failed"), told

    return take


def read_documents(folder: pathlib.Path) -> dict[str, t.Any]:
    """The documents of a snapshot by path, without their provenance."""
    found = {str(path.relative_to(folder)): json.loads(path.read_text()) for path in folder.rglob("*.json")}
    for document in found.values():
        del document["provenance"]
    return found


@contextlib.contextmanager
def copied(site: Simulator, folder: pathlib.Path, take: Take, **options: t.Any) -> Iterator[Simulator]:
    """A running copy of a site, with no rights for the automation that it has not there."""
    take(site, folder)
    with running_simulator(snapshot=folder, grant_automation=False, **options) as copy:
        yield copy


SITES = [("S", ""), ("S", "evidence"), ("M", "evidence")]


@pytest.mark.parametrize(("name", "anomalies"), SITES)
def test_the_snapshot_of_a_copy_is_that_of_the_site(
    make_site: Callable[..., Simulator],
    name: str,
    anomalies: str,
    take_snapshot: Take,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site(set=name, anomalies=anomalies)
    share_clock(monkeypatch, site)
    with copied(site, tmp_path / "site", take_snapshot) as copy:
        take_snapshot(copy, tmp_path / "copy")
    before, after = (read_documents(tmp_path / folder) for folder in ("site", "copy"))
    assert list(before) and after == before


@pytest.mark.whole
@pytest.mark.parametrize(("name", "anomalies"), SITES)
def test_a_snapshot_is_complete(
    make_site: Callable[..., Simulator],
    name: str,
    anomalies: str,
    take_snapshot: Take,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A CommCell's document is what its state holds, row by row: no grant, owner or member is left out."""
    site = make_site(set=name, anomalies=anomalies)
    share_clock(monkeypatch, site)
    take_snapshot(site, tmp_path / "collected")
    write_snapshot(site, tmp_path / "state")
    collected, state = (read_documents(tmp_path / folder) for folder in ("collected", "state"))
    for cell in site.commcells:
        path = f"commcells/{cell}.json"
        assert collected[path] == state[path]
        grants = site.commcells[cell].state.grants
        credentials = site.commcells[cell].state.credentials
        assert len(collected[path]["associations"]) + len(collected[path]["owners"]) == len(grants) + len(credentials)
    # Of the tenant what matters to the CommCells is read, and that as it is.
    everything = {
        row["id"]: row for rows in state["entra.json"].values() if isinstance(rows, list) for row in rows if "id" in row
    }
    for kind in ("users", "groups", "applications", "service_principals"):
        for row in collected["entra.json"][kind]:
            for key, value in row.items():
                if key in ("members", "owners", "accountEnabled", "appId", "displayName", "userPrincipalName"):
                    assert everything[row["id"]][key] == value


@pytest.mark.whole
@pytest.mark.parametrize("name", ["S", "M"])
def test_the_export_of_a_site_is_that_of_its_copy(
    make_site: Callable[..., Simulator],
    name: str,
    take_snapshot: Take,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site(set=name)
    share_clock(monkeypatch, site)
    with copied(site, tmp_path / "snapshot", take_snapshot) as copy:
        assert list(copy.commcells) == sorted(site.commcells)
        for cell in site.commcells:
            exports = [
                run_body(commvault_role_mappings_info, one, {"users": ["*"], **connection(one, cell)})
                for one in (site, copy)
            ]
            before, after = (export["role_mappings"] for export in exports)
            assert before["mappings"] and before["other"]
            assert after == before


@pytest.mark.parametrize("anomalies", ["", "evidence"])
def test_a_copy_shows_what_the_site_shows(
    make_site: Callable[..., Simulator],
    anomalies: str,
    take_snapshot: Take,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every part of the overview of a CommCell is the same; the number of grants is that at the server."""
    site = make_site(set="S", anomalies=anomalies)
    share_clock(monkeypatch, site)
    with copied(site, tmp_path / "snapshot", take_snapshot) as copy:
        before, after = (run_body(commvault_security_info, one, {"subset": PARTS})["security"] for one in (site, copy))
        for overview in (before, after):
            # Who reads has just signed in.
            (reader,) = (user for user in overview["users"] if user["name"] == site.commcells["cs01"].automation[0])
            assert reader.pop("last_sign_in")
        for part, shown in before.items():
            assert after[part] == shown, part
        state = site.commcells["cs01"].state
        assert len(before["associations"]) + len(before["owners"]) == len(state.grants) + len(state.credentials)
        told = [
            run_body(entra_service_principal_info, one, {"app_id": site.automation.client_id}) for one in (site, copy)
        ]
        assert not told[0].get("failed") and told[0]["service_principals"] == told[1]["service_principals"]


def example(name: str) -> str:
    """The shell commands below the comment that names them."""
    found = re.search(rf"\.\. example: {name}\n\n\.\. code-block:: shell\n\n((?:   .*\n|\n)+)", GUIDE.read_text())
    assert found, name
    return textwrap.dedent(found[1])


@pytest.fixture
def type_commands(tmp_path: pathlib.Path) -> Iterator[Callable[[str], str]]:
    """Runs commands of the guide in one folder; what they leave in the background ends with the test."""
    begun: list[int] = []
    environment = {
        **child_variables(),
        "PATH": f"{tmp_path}/bin:{pathlib.Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
        "ANSIBLE_NOCOLOR": "1",
    }
    program = tmp_path / "bin" / "cvops-simulator"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cvops_simulator.cli "$@"\n')
    program.chmod(0o755)

    def run(commands: str) -> str:
        with (tmp_path / "typed.txt").open("w+") as output:
            process = subprocess.Popen(
                ["bash", "-euc", commands],
                env=environment,
                cwd=tmp_path,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
            begun.append(process.pid)
            rc = process.wait(300)
        text = (tmp_path / "typed.txt").read_text()
        assert rc == 0, text
        return text

    yield run
    for group in begun:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)


@pytest.mark.whole
@pytest.mark.real_time
def test_the_guide_rehearses_a_change(
    make_site: Callable[..., Simulator],
    type_commands: Callable[[str], str],
    tmp_path: pathlib.Path,
) -> None:
    """Every command as it is typed."""
    site = make_site(set="S")
    site.reset()
    document = {key: value for key, value in site.variables().items() if key != "cvops_connection"}
    entry = document["cvops_role_mappings"][-1]
    entry["grants"].append({"role": "View", "entities": "commcell"})
    (tmp_path / "access.yml").write_text(yaml.safe_dump(document))
    connection_document = {"cvops_connection": site.variables()["cvops_connection"]}
    (tmp_path / "connection.yml").write_text(yaml.safe_dump(connection_document))
    type_commands(example("take"))
    asked = len(site.journal.entries())
    told = type_commands(example("serve"))
    assert "note" in told and "server group" in told
    rehearsed = type_commands(example("rehearse"))
    recaps = [sum(map(int, re.findall(r"changed=(\d+)", recap))) for recap in rehearsed.split("PLAY RECAP")[1:]]
    assert recaps[0] and recaps[1] and not recaps[2], rehearsed
    type_commands(example("look"))
    name = entry["principal"]["entra_group"]["name"]

    def list_everywhere() -> list[str]:
        """Names of groups that hold something on the whole CommCell."""
        found = yaml.safe_load((tmp_path / "after" / "cs01.yml").read_text())["cvops_role_mappings"]
        groups = [item for item in found if "entra_group" in item["principal"]]
        return [
            item["principal"]["entra_group"]["name"]
            for item in groups
            if any(grant["entities"] == "commcell" for grant in item["grants"])
        ]

    assert name in list_everywhere()
    type_commands(example("reset"))
    (tmp_path / "after" / "cs01.yml").unlink()
    type_commands(example("look"))
    assert name not in list_everywhere()
    assert json.loads((tmp_path / "snapshot" / "entra.json").read_text())["tenant"]["id"] == site.tenant_id
    assert len(site.journal.entries()) == asked
    assert site.journal.writes() == []
