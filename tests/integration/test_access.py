# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup and the playbook access: who can do what, over a bundle, a snapshot, and the services themselves."""

from __future__ import annotations

import csv
import json
import os
import pathlib
import tempfile
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import CLIENT, PLAN
from cvops_simulator.commvault.rights import Rights
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.playing import Player, Run

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.build import build_tables
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.question import Question
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.questions import answer_question
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import Inputs
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import read_snapshot

pytestmark = pytest.mark.any_core

ACCESS = "cvops.identity.access"


@pytest.fixture
def bundle(site: Simulator, play: Player, tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder of bundles with one of the CommCell, made of a snapshot."""
    snapshot, bundles = tmp_path / "snapshot", tmp_path / "bundles"
    tasks = [
        {"cvops.identity.commvault_snapshot": {"dest": str(snapshot), "commcell": "cs01"}},
        {
            "cvops.identity.access_evidence": {
                "dest": str(bundles),
                "snapshot": str(snapshot),
                "document": {"cvops_role_mappings": site.variables()["cvops_role_mappings"]},
            }
        },
    ]
    play(tasks).ok()
    site.journal.clear()
    return bundles


def lines(run: Run) -> str:
    return "\n".join(run.one("Report")["msg"])


def failure(run: Run) -> str:
    """What the task that failed said."""
    return str([result for result in run.results if result.failed][-1]["msg"])


def ask(play: Player, **options: t.Any) -> t.Any:
    """The lookup's answer."""
    words = ", ".join(f"{name}=asked.{name}" for name in options)
    task = {
        "ansible.builtin.debug": {"msg": f"{{{{ lookup('cvops.identity.access', {words}) }}}}"},
        "vars": {"asked": options},
    }
    return play([task]).ok().result["msg"]


@pytest.mark.whole
def test_a_bundle_is_asked_from_the_command_line(
    site: Simulator, bundle: pathlib.Path, play: Player, tmp_path: pathlib.Path
) -> None:
    file, table = tmp_path / "who.json", tmp_path / "who.csv"
    run = play(
        ACCESS,
        *("-e", f"access_bundle={bundle}", "-e", "access_role=Master"),
        *("-e", f"access_file={file}", "-e", f"access_csv={table}"),
    ).ok()
    assert site.journal.entries() == []
    found = json.loads(file.read_text())
    assert found["answers"] and {row["role"] for row in found["answers"]} == {"Master"}
    assert {row["commvault_user"] for row in found["answers"]} >= {"admin"}
    assert found["source"].startswith("bundle ") and "admin" in lines(run)
    assert len(list(csv.DictReader(table.read_text().splitlines()))) == len(found["answers"]) + len(
        found["not_evaluable"]
    )
    for path in (file, table):
        assert path.stat().st_mode & 0o777 == 0o600
    assert run.stats["changed"] == 0


def test_the_lookup_answers_as_the_playbook_does(bundle: pathlib.Path, play: Player, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "what.json"
    play(ACCESS, extra_vars={"access_bundle": str(bundle), "access_person": "admin", "access_file": str(file)}).ok()
    (name,) = os.listdir(bundle)
    found = ask(play, bundle=str(bundle / name), person="ADMIN")
    assert found == json.loads(file.read_text()) and found["answers"]
    rows = {row["id"] for row in csv.DictReader((bundle / name / "access.csv").read_text().splitlines())}
    assert {row["id"] for row in found["answers"]} <= rows


def test_hostile_names_are_texts(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    state = site.commcells["cs01"].state
    state.users.named("admin")[0].full_name = "{{ lookup('pipe', 'touch " + str(tmp_path / "evaluated") + "') }}"
    snapshot = str(tmp_path / "snapshot")
    play([{"cvops.identity.commvault_snapshot": {"dest": snapshot, "commcell": "cs01"}}]).ok()
    ask(play, snapshot=snapshot, person="admin")
    play(ACCESS, extra_vars={"access_snapshot": snapshot, "access_person": "admin"}).ok()
    assert not (tmp_path / "evaluated").exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "there is no question"),
        ({"access_person": "admin", "access_snapshot": "/x"}, "give one of them, not both"),
        ({"access_person": "admni"}, "Near: 'admin'"),
        ({"access_role": "Mastre"}, "Near: 'Master'"),
        ({"access_entity": "severs:a"}, "Near: 'servers'"),
        ({"access_entity": {"kind": "servers", "nam": "a"}}, "access_entity"),
        ({"access_review_by_before": "soon"}, "is not a date"),
    ],
)
def test_what_cannot_be_asked_is_told(bundle: pathlib.Path, play: Player, more: dict[str, t.Any], told: str) -> None:
    run = play(ACCESS, extra_vars={"access_bundle": str(bundle), **more})
    assert run.rc != 0 and told in failure(run)


def test_without_a_source_and_a_connection_nothing_is_read(site: Simulator, play: Player) -> None:
    run = play(ACCESS, extra_vars={"access_person": "admin"})
    assert "names no CommCell" in failure(run) and site.journal.entries() == []


def test_options_that_there_are_not(play: Player) -> None:
    task = {"ansible.builtin.debug": {"msg": "{{ lookup('cvops.identity.access', bundel='x', person='y') }}"}}
    assert "unknown option bundel" in failure(play([task]))


@pytest.fixture
def own_temporary_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """What runs leave is seen, and not what others make meanwhile."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize(
    ("asked", "rc"), [({"access_role": "Master"}, 0), ({"access_role": "Mastre"}, 2)], ids=["told", "unknown"]
)
def test_the_services_are_asked_and_what_was_read_is_removed(
    site: Simulator, play: Player, own_temporary_folder: pathlib.Path, asked: dict[str, str], rc: int
) -> None:
    connection = site.variables()["cvops_connection"]
    declared = {"cvops_application": {"display_name": "API to come"}}
    run = play(ACCESS, "-vvv", extra_vars={"cvops_connection": connection, **declared, **asked})
    assert run.rc == rc, run.text
    assert "named_applications: not in the tenant, so nothing about them is read: 'API to come'" in " ".join(
        run.text.split()
    )
    assert_no_writes(site)
    assert site.journal.entries("graph")
    assert [name for name in os.listdir(own_temporary_folder) if name.startswith("cvops-access-")] == []
    secrets = [connection["entra"]["client_secret"], *(cell["password"] for cell in connection["commcells"].values())]
    assert_no_secrets(run, [], secrets)
    if rc == 0:
        assert "admin" in lines(run) and "snapshot as of" in lines(run)


@pytest.mark.whole
@pytest.mark.parametrize("side", ["entra", "cs01"])
def test_a_service_that_cannot_be_read_makes_the_answer_partial(
    make_site: t.Callable[..., Simulator],
    make_player: t.Callable[[Simulator], Player],
    own_temporary_folder: pathlib.Path,
    tmp_path: pathlib.Path,
    side: str,
) -> None:
    """The others answer, the file has what is missing, and the end fails: who reads its exit code knows that it is not all."""
    site = make_site(set="M")
    names = list(site.commcells)
    connection = json.loads(json.dumps(site.variables()["cvops_connection"]))
    unread = "Entra ID" if side == "entra" else f"CommCell {names[0]}"
    if side == "entra":
        connection["entra"]["client_secret"] = "wrong"
    else:
        connection["commcells"][names[0]]["password"] = "wrong"
    file = tmp_path / "who.json"
    asked = {"cvops_connection": connection, "access_role": "Master", "access_file": str(file)}
    run = make_player(site)(ACCESS, extra_vars=asked)
    assert run.rc != 0 and f"The answer is partial: {unread} was not read: " in failure(run)
    assert f"{unread} was not read: " in run.one("Report what was not read")["msg"][0]
    found = json.loads(file.read_text())
    assert {row["commcell"] for row in found["answers"]} == set(names if side == "entra" else names[1:])
    gaps = {(row["kind"], row["commcell"], row["subject"]) for row in found["not_evaluable"] if row["kind"] == "source"}
    assert ("source", "", "tenant") in gaps if side == "entra" else ("source", names[0], "commcell") in gaps
    assert [name for name in os.listdir(own_temporary_folder) if name.startswith("cvops-access-")] == []


def test_where_no_commcell_can_be_read_nothing_is_answered(
    site: Simulator, play: Player, own_temporary_folder: pathlib.Path
) -> None:
    connection = json.loads(json.dumps(site.variables()["cvops_connection"]))
    connection["commcells"]["cs01"]["password"] = "wrong"
    run = play(ACCESS, extra_vars={"cvops_connection": connection, "access_role": "Master"})
    assert run.rc != 0 and "CommCell cs01 was not read: " in failure(run)
    assert not [result for result in run.results if result.task == "Report"]
    assert [name for name in os.listdir(own_temporary_folder) if name.startswith("cvops-access-")] == []


@pytest.mark.parametrize("seed", [1, 7])
def test_nobody_who_can_is_missing(
    seed: int,
    make_site: t.Callable[..., Simulator],
    make_player: t.Callable[[Simulator], Player],
    tmp_path: pathlib.Path,
) -> None:
    """Every permission on every server and plan: whoever may use it by the CommCell's own rules is an answer, or a doubt that is named."""
    site = make_site(set="S", seed=seed, anomalies="evidence")
    snapshot = tmp_path / "snapshot"
    commcell = next(iter(site.variables()["cvops_connection"]["commcells"]))
    make_player(site)([{"cvops.identity.commvault_snapshot": {"dest": str(snapshot), "commcell": commcell}}]).ok()
    found = read_snapshot(str(snapshot))
    rows = build_tables(Inputs(found.commcells, found.entra)).rows
    state = site.commcells[commcell].state
    missing, wrong, asked = [], [], 0
    for kind, number in (("servers", CLIENT), ("plans", PLAN)):
        for entity in found.commcells[0]["entities"][kind]:
            for permission in sorted(state.catalogue.names)[::12]:
                asked += 1
                question = Question(permission=str(permission), entity_kind=kind, entity=str(entity["id"]))
                answer = answer_question(rows, question, found.commcells)
                told = {
                    str(row["commvault_user_id"])
                    for row in rows["access"]
                    if row["id"] in {one["id"] for one in answer["answers"]}
                }
                doubted = {key for doubt in answer["not_evaluable"] for key in t.cast("list[str]", doubt["rows"])}
                doubts = {str(row["commvault_user_id"]) for row in rows["access"] if row["id"] in doubted}
                can = {
                    str(user.id)
                    for user in state.users
                    if permission in Rights(state, user).on(number, int(entity["id"]))
                }
                place = (kind, entity["name"], permission)
                missing += [(*place, user) for user in can - told - doubts]
                wrong += [(*place, user) for user in told - can]
    assert asked > 20 and (missing, wrong) == ([], [])
