# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that run commands when anything evaluates them, planted in both services and in documents: nothing runs, nothing changes."""

from __future__ import annotations

import itertools
import json
import pathlib
import typing as t
from collections.abc import Callable

import pytest
import yaml
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Entity, Grant, Role, UserGroup
from helpers.checks import assert_no_writes
from helpers.hostile import SPECIAL, commands
from helpers.playing import Player, Run

pytestmark = pytest.mark.any_core

CELL, PLAN = "cs01", 158
EXPORT, MAPPINGS = "cvops.identity.export_role_mappings", "cvops.identity.converge_role_mappings"
SITE, DOCTOR, PREFLIGHT = "cvops.identity.site", "cvops.identity.doctor", "cvops.identity.preflight"
WAYS = ("extra", "include_vars", "vars_files")

Make = Callable[..., Simulator]


class Planted(t.NamedTuple):
    """``names`` are planted; evaluating one of them leaves a file in ``marks``."""

    site: Simulator
    names: list[str]
    marks: pathlib.Path

    def assert_nothing_ran(self) -> None:
        assert sorted(self.marks.iterdir()) == []


@pytest.fixture
def planted(make_site: Make, tmp_path: pathlib.Path) -> Planted:
    """A role, a user group and a plan of each name; the group has the role on the plan. The server has such a name, too."""
    marks = tmp_path / "ran"
    names = [*commands(marks), *SPECIAL]
    site = make_site(set="S")
    state = site.commcells[CELL].state
    for number, name in enumerate(names):
        role = state.roles.add(Role(id=state.roles.new_id(), name=name, description=name, permission_ids={31}))
        group = state.groups.add(UserGroup(id=state.groups.new_id(), name=name, description=name))
        plan = state.entities[PLAN].add(Entity(type=PLAN, id=9000 + number, name=name))
        state.grants.add(Grant(15, group.id, role.id, PLAN, plan.id))
    server = next(iter(state.entities[3]))
    state.entities[3].rename(server, names[0])
    site.journal.clear()
    return Planted(site, names, marks)


def document_of(names: t.Sequence[str]) -> dict[str, t.Any]:
    """What another team declares, with these names everywhere; the plans are there, all else is to be made."""
    return {
        "cvops_application": {
            "unique_name": "hostile",
            "display_name": names[0],
            "description": names[1],
            "notes": names[2],
        },
        "cvops_entra_groups": [
            {"display_name": name, "unique_name": f"g-{number}", "mail_nickname": f"g-{number}", "description": name}
            for number, name in enumerate(names)
        ],
        "cvops_commvault_roles": [
            {"name": f"R {name}", "description": name, "permissions": ["View"]} for name in names
        ],
        "cvops_role_mappings": [
            {
                "principal": {"entra_group": name},
                "grants": [{"role": f"R {name}", "entities": {"plans": [name]}}],
                "approval": {"ticket": name, "reason": name},
                "business_owner": name,
            }
            for name in names
        ],
    }


def some_of(planted: Planted) -> list[str]:
    """Those that run commands, and a few of the others: each costs a sign-in."""
    return [*planted.names[:7], *(name for name in planted.names[7:] if set(name) & set("{}\n\u202e_"))]


def read_back(bare: Player, path: pathlib.Path, way: str, check: bool) -> dict[str, t.Any]:
    """The variables of a file as tasks have them after a set_fact, a loop and a template."""
    names = (
        yaml.safe_load(path.read_text().replace("!unsafe ", ""))
        if path.suffix == ".yml"
        else json.loads(path.read_text())
    )
    tasks: list[dict[str, t.Any]] = []
    if way == "include_vars":
        tasks = [{"name": "include", "ansible.builtin.include_vars": {"file": str(path)}}]
    taken = {name: f"{{{{ {name} }}}}" for name in names}
    tasks += [
        {"name": "take", "ansible.builtin.set_fact": {"taken": taken}},
        {"name": "again", "ansible.builtin.set_fact": {"again": {"a": "{{ taken }}"}}},
        {"name": "show", "ansible.builtin.debug": {"msg": ["{{ again.a }}", "{{ again | to_json }}"]}},
        {
            "name": "loop",
            "ansible.builtin.debug": {"msg": "{{ item }}"},
            "loop": "{{ taken.values() | list | flatten }}",
            "loop_control": {"label": "{{ item }}"},
        },
        {
            "name": "check",
            "ansible.builtin.assert": {"that": "again.a == taken", "success_msg": "{{ taken | to_json }}"},
        },
    ]
    play: dict[str, t.Any] = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    if way == "vars_files":
        play["vars_files"] = [str(path)]
    words = ["--check"] * check + (["-e", f"@{path}"] if way == "extra" else [])
    run = bare([play], *words).ok()
    found: dict[str, t.Any] = run.one("show")["msg"][0]
    return found


def assert_is_data(planted: Planted, bare: Player, path: pathlib.Path, wanted: dict[str, t.Any] | None = None) -> None:
    """Every way to read the file gives the same values, and runs nothing. With *wanted*, each way is also tried in check mode."""
    ways = itertools.product(WAYS, (False, True)) if wanted else zip(WAYS, (False, True, False), strict=True)
    found = [read_back(bare, path, way, check) for way, check in ways]
    planted.assert_nothing_ran()
    assert all(one == found[0] for one in found)
    assert wanted is None or found[0] == wanted


def texts(value: t.Any) -> set[str]:
    """Every text in a structure, keys too."""
    if isinstance(value, dict):
        return {text for pair in value.items() for part in pair for text in texts(part)}
    if isinstance(value, list):
        return {text for item in value for text in texts(item)}
    return {value} if isinstance(value, str) else set()


@pytest.mark.whole
def test_an_export_is_data(planted: Planted, bare: Player, tmp_path: pathlib.Path) -> None:
    """Read back it is what Commvault holds; given back, as code or as data, it changes nothing."""
    connection = {"cvops_connection": planted.site.variables()["cvops_connection"]}
    bare(
        EXPORT, extra_vars={**connection, "role_mappings_export_dest": str(tmp_path / "out")}, diff=True, verbosity=1
    ).ok()
    planted.assert_nothing_ran()
    path = tmp_path / "out" / f"{CELL}.yml"
    assert path.stat().st_mode & 0o777 == 0o600
    lines = path.read_text()
    assert all(char == "\n" or char.isprintable() for char in lines)
    wanted = read_back(bare, path, "extra", False)
    grants = {
        entry["principal"].get("user_group"): entry["grants"]
        for entry in wanted["cvops_role_mappings"]
        if isinstance(entry["principal"].get("user_group"), str)
    }
    for name in planted.names:
        assert grants[name] == [{"role": name, "entities": {"plans": [name]}}]
    assert_is_data(planted, bare, path, wanted)
    for given in (["-e", f"@{path}"], ["-e", f"cvops_document={path}"]):
        for check in ([], ["--check", "--diff"]):
            run = bare(MAPPINGS, *given, *check, extra_vars=connection).ok()
            assert run.stats["changed"] == 0
            assert_no_writes(planted.site)
    planted.assert_nothing_ran()


@pytest.mark.whole
def test_a_commcell_does_not_name_a_file_elsewhere(planted: Planted, bare: Player, tmp_path: pathlib.Path) -> None:
    """Whatever a CommCell is called in the connection, its export lies in the folder, and its name in one line of comment."""
    (connection,) = planted.site.variables()["cvops_connection"]["commcells"].values()
    cells = ["../outside", "..", "/absolute", "a\ncvops_connection: {}", "{x", "a b"]
    out = tmp_path / "deep" / "out"
    given = {"cvops_connection": {"commcells": dict.fromkeys(cells, connection)}, "role_mappings_export_dest": str(out)}
    out.parent.mkdir()
    bare(EXPORT, extra_vars={**given, "role_mappings_export_principals": ["NOC*"]}).ok()
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    files = sorted(out.iterdir())
    assert len(files) == len(cells) and not (tmp_path / "absolute.yml").exists()
    for path in files:
        assert yaml.safe_load(path.read_text().replace("!unsafe ", "")).keys() == {"cvops_role_mappings"}


@pytest.mark.whole
def test_documents_and_files_of_the_playbooks_are_data(planted: Planted, bare: Player, tmp_path: pathlib.Path) -> None:
    """From a document with such names everywhere, through all playbooks, to the files that they write."""
    site, names = planted.site, some_of(planted)
    given = tmp_path / "teams.yml"
    given.write_text(yaml.safe_dump(document_of(names), allow_unicode=True))
    base = {"cvops_connection": site.variables()["cvops_connection"], "cvops_document": str(given)}
    files = {name: tmp_path / f"{name}.json" for name in ("doctor", "preflight", "told", "done", "again")}

    probes = tmp_path / "probes.json"

    def played(playbook: str, option: str, name: str, **how: t.Any) -> Run:
        more = {"doctor_fail": False, "doctor_probe_file": str(probes)}
        run = bare(playbook, extra_vars={**base, option: str(files[name]), **more}, **how).ok()
        planted.assert_nothing_ran()
        return run

    played(DOCTOR, "doctor_file", "doctor", verbosity=1)
    played(SITE, "cvops_summary_file", "told", check=True, diff=True)
    assert_no_writes(site)
    played(SITE, "cvops_summary_file", "done", diff=True, env={"CVOPS_RUN_RECORD_DIR": str(tmp_path / "records")})
    again = played(SITE, "cvops_summary_file", "again", verbosity=1)
    assert again.stats["changed"] == 0
    played(PREFLIGHT, "preflight_file", "preflight")

    state = site.commcells[CELL].state
    made = {group["displayName"] for group in site.tenant.groups.values()}
    assert made >= set(names) and {role.name for role in state.roles} >= {f"R {name}" for name in names}
    (application,) = (one for one in site.tenant.applications.values() if one["uniqueName"] == "hostile")
    assert [application["displayName"], application["description"], application["notes"]] == names[:3]

    for path in files.values():
        assert path.stat().st_mode & 0o777 == 0o600
        assert json.loads(path.read_text())
    assert_is_data(planted, bare, files["done"])
    assert texts(read_back(bare, files["told"], "extra", True)) >= {*names, *(f"R {name}" for name in names)}
    assert texts(read_back(bare, files["preflight"], "vars_files", False)) >= set(names)
    assert read_back(bare, files["doctor"], "include_vars", False).keys() == {CELL}
    assert [one["format"] for one in json.loads(probes.read_text())] == ["cvops.identity/probes/1"]
    assert not texts(json.loads(probes.read_text())) & set(names)
    records = list((tmp_path / "records").iterdir())
    assert len(records) == 4, "one for each task that wrote"
    (record,) = (path for path in records if "role_mappings" in path.name)
    assert texts(read_back(bare, record, "include_vars", True)) >= set(names)
    planted.assert_nothing_ran()


def test_json_is_taken_as_data_as_well(planted: Planted, bare: Player, tmp_path: pathlib.Path) -> None:
    names = some_of(planted)
    (tmp_path / "teams.json").write_text(json.dumps(document_of(names)))
    extra = {"cvops_connection": planted.site.variables()["cvops_connection"], "cvops_document": "../teams.json"}
    run = bare(MAPPINGS, extra_vars=extra, check=True, diff=True).ok()
    planted.assert_nothing_ran()
    added = run.last("role_mappings", CELL)["role_mappings"]["added"]
    assert {row["role"] for row in added} == {f"R {name}" for name in names}
    assert_no_writes(planted.site)


PLAYBOOKS = (SITE, MAPPINGS, DOCTOR, PREFLIGHT, "cvops.identity.bootstrap")


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_what_a_document_may_not_decide_is_refused_before_any_request(
    make_site: Make, bare: Player, tmp_path: pathlib.Path, playbook: str
) -> None:
    site = make_site(set="S")
    (tmp_path / "a.yml").write_text(
        "cvops_connection: {entra: {authority_url: https://evil.example}}\ncvops_role_mapping: []\n"
        "cvops_entra_groups: [{display_name: x, accept_risk: [rename]}]\ncvops_role_mappings: []\n"
    )
    site.journal.clear()
    extra = {
        "cvops_document": "../a.yml",
        "cvops_connection": site.variables()["cvops_connection"],
        "cvops_role_mappings": [],
    }
    run = bare(playbook, extra_vars=extra)
    assert run.rc != 0 and site.journal.entries() == []
    said = run.one("Check that it declares what a document may declare")["msg"]
    assert [line.split(": ", 1)[1].split(" ")[0] for line in said] == [
        "cvops_connection",
        "cvops_role_mapping",
        "cvops_entra_groups[0].accept_risk",
        "cvops_role_mappings",
    ]


def test_two_playbooks_of_one_run_take_the_same_document(make_site: Make, bare: Player, tmp_path: pathlib.Path) -> None:
    site = make_site(set="S")
    document = site.variables()
    connection = document.pop("cvops_connection")
    (tmp_path / "a.yml").write_text(yaml.safe_dump(document))
    extra = {"cvops_document": [str(tmp_path / "a.yml")], "cvops_connection": connection}
    plays = [{"import_playbook": DOCTOR}, {"import_playbook": SITE}]
    refused = bare(plays, extra_vars=extra, check=True)
    assert "cvops_application.grant_admin_consent" in refused.text and refused.rc != 0
    run = bare(plays, extra_vars={**extra, "cvops_document_allow": ["grant_admin_consent"]}, check=True).ok()
    assert "Check mode: nothing was written" in run.text


def test_a_document_that_is_not_there_is_one_sentence(make_site: Make, bare: Player) -> None:
    run = bare(MAPPINGS, extra_vars={"cvops_document": "none.yml", "cvops_connection": {"commcells": {}}})
    (said,) = run.one("Check that it declares what a document may declare")["msg"]
    assert said == f"none.yml (looked for as {run.folder}/none.yml): cannot be read: No such file or directory"
