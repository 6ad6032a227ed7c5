# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook site plans everything on both services and all CommCells, then writes what it planned, and tells what came of it."""

from __future__ import annotations

import csv
import itertools
import json
import os
import pathlib
import re
import signal
import time
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Fault, Simulator
from helpers.checks import assert_no_writes, writes
from helpers.playing import Player, Run
from helpers.saved_states import SavedStates

pytestmark = pytest.mark.any_core

SITE = "cvops.identity.site"
CELLS = ("emea-cs01", "amer-cs01", "apac-cs01")
ROLE = "Night shift"


@pytest.fixture
def site(make_site: Callable[..., Simulator]) -> Simulator:
    """An empty tenant and three CommCells."""
    return make_site(set="M", empty=True)


def small(site: Simulator, *groups: str, role: str = ROLE, **more: t.Any) -> dict[str, t.Any]:
    """A document with one role on every CommCell, which these groups have there."""
    names = groups or ("GG-A", "GG-B")
    return {
        "cvops_connection": site.variables()["cvops_connection"],
        "cvops_entra_groups": [{"display_name": name, "unique_name": name.lower()} for name in names],
        "cvops_commvault_roles": [{"name": ROLE, "permissions": ["View"]}],
        "cvops_role_mappings": [
            {"principal": {"entra_group": name}, "grants": [{"role": role, "entities": "commcell"}]} for name in names
        ],
        **more,
    }


def told(run: Run, task: str) -> str:
    """What a task of the reporting plays says."""
    return "\n".join(run.one(task)["msg"])


def groups_of(site: Simulator) -> set[str]:
    return {str(group["displayName"]) for group in site.tenant.groups.values()} & {"GG-A", "GG-B", "GG-C"}


def granted(site: Simulator, name: str) -> int:
    """How many grants of the role a CommCell holds."""
    state = site.commcells[name].state
    ids = {role.id for role in state.roles if role.name == ROLE}
    return len([grant for grant in state.grants if grant.role_id in ids and grant.kind == "explicit"])


def lose_a_grant(site: Simulator, name: str) -> None:
    state = site.commcells[name].state
    ids = {role.id for role in state.roles if role.name == ROLE}
    state.grants.remove(next(grant for grant in sorted(state.grants, key=str) if grant.role_id in ids))


@pytest.fixture
def converged(site: Simulator, bare: Player, tmp_path: pathlib.Path, saved_states: SavedStates) -> dict[str, t.Any]:
    """The small document, which the site has been converged to."""
    document = small(site)
    saved_states.reach(site, "small", lambda: bare(SITE, extra_vars=document).ok(), tmp_path)
    return document


def assert_no_raw_errors(run: Run) -> None:
    for mark in ("Traceback", "censored", "<<", "{{", "Supported parameters"):
        assert mark not in run.text, mark


@pytest.mark.whole
def test_one_misspelt_role_on_two_commcells_stops_everything_and_is_told_by_name(site: Simulator, bare: Player) -> None:
    document = small(site)
    document["cvops_role_mappings"].append(
        {
            "principal": {"entra_group": "GG-B"},
            "commcells": ["emea-*", "apac-*"],
            "grants": [{"role": "Nihgt shift", "entities": "commcell"}],
        }
    )
    document["cvops_entra_groups"][0]["members"] = ["nobody@corp.example"]
    site.journal.clear()
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2
    assert_no_writes(site)
    assert_no_raw_errors(run)
    lines = run.one("Plan")["msg"]
    assert lines[0] == "3 problems; nothing was written"
    assert any(line.startswith("- Entra ID: ") and "nobody@corp.example" in line for line in lines)
    for name in ("emea-cs01", "apac-cs01"):
        (line,) = (line for line in lines if line.startswith(f"- {name}: "))
        assert "mappings[2].grants[0].role (GG-B" in line and "Nihgt shift" in line
    assert "Summary" in {result.task for result in run.results}


@pytest.mark.whole
def test_a_commcell_that_cannot_be_reached_is_a_problem_beside_the_others(site: Simulator, bare: Player) -> None:
    document = small(site)
    cells = document["cvops_connection"]["commcells"]
    cells["apac-cs01"] = {**cells["apac-cs01"], "url": "https://127.0.0.1:9/commandcenter/api"}
    site.journal.clear()
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2
    assert_no_writes(site)
    (line,) = run.one("Plan")["msg"][1:]
    assert line.startswith("- apac-cs01: ")
    assert "amer-cs01: not applied" in told(run, "Summary")


def test_one_commcell_that_fails_does_not_stop_the_others_and_the_next_run_goes_on(
    site: Simulator, bare: Player, tmp_path: pathlib.Path
) -> None:
    document, summary = small(site), tmp_path / "summary.json"
    gone = {"display_name": "GG-C", "unique_name": "gg-c"}
    bare(SITE, extra_vars={**small(site), "cvops_entra_groups": [gone], "cvops_role_mappings": []}).ok()
    document["cvops_entra_groups"].append({**gone, "state": "absent"})
    site.faults.add(Fault("apac-cs01", "POST", "*/Security", "status", status=400, times=0))
    run = bare(SITE, extra_vars={**document, "cvops_summary_file": str(summary)})
    assert run.rc == 2
    assert (granted(site, "emea-cs01"), granted(site, "amer-cs01"), granted(site, "apac-cs01")) == (2, 2, 0)
    assert groups_of(site) == {"GG-A", "GG-B", "GG-C"}, "what leaves Entra ID waits for all CommCells"
    found = json.loads(summary.read_text())["hosts"]
    assert {host: value["status"] for host, value in found.items()} == {
        "localhost": "applied",
        "emea-cs01": "applied",
        "amer-cs01": "applied",
        "apac-cs01": "failed",
    }
    assert any("GG-B" in line for line in found["apac-cs01"]["left"])
    assert "apac-cs01: failed" in told(run, "Summary")
    site.faults.clear()
    bare(SITE, extra_vars=document).ok()
    assert (granted(site, "apac-cs01"), groups_of(site)) == (2, {"GG-A", "GG-B"})


@pytest.mark.whole
def test_a_commcell_that_answers_nothing_is_named_and_stops_no_other_once_all_are_planned(
    site: Simulator, bare: Player
) -> None:
    """In the pass that plans it is a problem like any other, and nothing is written; from then on the others are converged."""
    document = {**small(site), "cvops_retries": 0}
    site.journal.clear()
    broken = {"service": "apac-cs01", "action": "status", "status": 503, "times": 0}
    fault = site.faults.add(Fault(**broken))
    planned = bare(SITE, extra_vars=document)
    assert planned.rc == 2 and fault.hits
    assert_no_writes(site)
    lines = planned.one("Plan")["msg"]
    assert lines[0] == "1 problem; nothing was written" and lines[1].startswith("- apac-cs01: "), lines
    asked = {name: len(site.journal.entries(name)) for name in CELLS}
    assert asked["emea-cs01"] == asked["amer-cs01"] > asked["apac-cs01"], "the others are planned to the end"
    site.faults.clear()
    fault = site.faults.add(Fault(**broken, after=asked["emea-cs01"]))
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2 and fault.hits
    assert [granted(site, name) for name in CELLS] == [2, 2, 0]
    summary = told(run, "Summary")
    assert "apac-cs01: failed" in summary and "HTTP 503" in summary, summary
    assert all(f"{name}: applied" in summary for name in ("Entra ID", "emea-cs01", "amer-cs01")), summary
    assert {result.host for result in run.results if result.failed and result.task.startswith("Fail where")} == {
        "apac-cs01"
    }


@pytest.mark.whole
def test_commcells_that_share_a_quota_take_turns_and_long_waits_are_told(
    site: Simulator, bare: Player, tmp_path: pathlib.Path
) -> None:
    summary = tmp_path / "summary.json"
    site.faults.add(Fault("emea-cs01", "GET", "*", "status", status=429, retry_after=5))
    site.journal.clear()
    document = {**small(site), "cvops_at_once": 1, "cvops_summary_file": str(summary)}
    run = bare(SITE, check=True, extra_vars=document).ok()
    asked = [entry.service for entry in site.journal.entries() if entry.service in CELLS]
    assert [name for name, dummy in itertools.groupby(asked)] == sorted(CELLS, key=asked.index)
    (line,) = (line for line in run.one("Summary")["msg"] if line.startswith("Tasks waited"))
    assert re.match(
        r"Tasks waited [56] s for quotas \(emea-cs01 [56] s\): fewer forks or slices, or cvops_at_once", line
    )
    found = json.loads(summary.read_text())
    waited_s = found["hosts"]["emea-cs01"]["throttled_s"]
    assert 5 <= waited_s == found["requests"]["throttled_s"] <= found["requests"]["waited_s"]


def test_where_entra_id_fails_no_commcell_is_touched(site: Simulator, bare: Player) -> None:
    site.faults.add(Fault("graph", "PATCH", "*/groups*", "status", status=403, times=0))
    site.journal.clear()
    run = bare(SITE, extra_vars=small(site))
    assert run.rc == 2
    assert {entry.service for entry in writes(site)} == {"graph"}
    lines = run.one("Summary")["msg"]
    own = lines[: next(number for number, line in enumerate(lines) if line.startswith("emea-cs01"))]
    assert len(own) == len(set(own)) and own[0].count("Cannot create group GG-A") == 1
    summary = told(run, "Summary")
    assert "Entra ID: failed" in summary
    for name in CELLS:
        assert f"{name}: not applied" in summary
    failed = {result.host for result in run.results if result.failed and result.task.startswith("Fail where")}
    assert failed == {"localhost", *CELLS}


def test_only_the_plan_that_was_approved_is_written(site: Simulator, bare: Player, tmp_path: pathlib.Path) -> None:
    document, plan = small(site), tmp_path / "plan.md"
    site.journal.clear()
    shown = bare(SITE, check=True, extra_vars={**document, "cvops_plan_file": str(plan)}).ok()
    digest = next(line for line in shown.one("Plan")["msg"] if line.startswith("Digest: ")).split()[1]
    assert f"Digest: `{digest}`" in plan.read_text()
    written = plan.read_text()
    assert written.startswith("# Plan") and "\n## Entra ID" in written and "\\n" not in written
    wrong = bare(SITE, extra_vars={**document, "cvops_approved_plan": "0" * 64})
    assert wrong.rc == 2
    assert digest in wrong.text and "cvops_approved_plan" in wrong.text
    assert_no_writes(site)
    done = bare(SITE, extra_vars={**document, "cvops_approved_plan": digest}).ok()
    before = [line for line in shown.one("Plan")["msg"] if not line.startswith("Digest")]
    assert [line for line in done.one("Plan")["msg"] if not line.startswith("Digest")] == before
    assert [granted(site, name) for name in CELLS] == [2, 2, 2]


@pytest.mark.whole
def test_a_plan_that_was_approved_for_one_site_is_another_one_elsewhere(
    site: Simulator, bare: Player, make_site: Callable[..., Simulator], tmp_path: pathlib.Path
) -> None:
    """Staging and production, where the CommCells have the same names, and everything is still to be created."""
    other = make_site(set="M", empty=True, directory=tmp_path)
    shown = bare(SITE, check=True, extra_vars=small(site)).ok().one("Plan")["msg"]
    digest = shown[-1].split()[1]
    run = bare(SITE, extra_vars={**small(other), "cvops_approved_plan": digest})
    assert run.rc == 2
    assert "cvops_approved_plan" in run.text
    assert_no_writes(other)
    lines = run.one("Plan")["msg"]
    addresses = other.variables()["cvops_connection"]["commcells"]
    for name in CELLS:
        heading = f"CommCell {name} ({addresses[name]['url'].rstrip('/')}): "
        assert any(line.startswith(heading) for line in lines), lines
    hosts = ("Entra ID", "CommCell", "Digest", "This is not")
    assert [line for line in lines if not line.startswith(hosts)] == [
        line for line in shown if not line.startswith(hosts)
    ]
    assert any(line.startswith("Entra ID (tenant ") for line in lines)


@pytest.mark.whole
def test_what_changes_between_the_passes_ends_that_host_alone(
    site: Simulator, bare: Player, converged: dict[str, t.Any]
) -> None:
    document = converged
    document["cvops_entra_groups"][0]["description"] = "of the night"
    for name in CELLS:
        lose_a_grant(site, name)
    held = site.faults.add(Fault("graph", "PATCH", "*/groups*", "slow", seconds=300))
    running = bare.start(SITE, extra_vars=document)
    wait_for(lambda: held.hits)
    lose_a_grant(site, "amer-cs01")
    held.released = True
    run = running.wait()
    assert run.rc == 2
    assert [granted(site, name) for name in CELLS] == [2, 0, 2]
    assert "amer-cs01: plan changed" in told(run, "Summary")
    bare(SITE, extra_vars=document).ok()
    assert [granted(site, name) for name in CELLS] == [2, 2, 2]


@pytest.mark.whole
def test_a_run_without_changes_needs_the_planning_pass_only(
    site: Simulator, bare: Player, converged: dict[str, t.Any]
) -> None:
    document = converged
    bare(SITE, check=True, extra_vars=document).ok()
    planned = len(site.journal.entries())
    site.journal.clear()
    run = bare(SITE, extra_vars=document).ok()
    assert len(site.journal.entries()) == planned
    assert_no_writes(site)
    assert run.stats["changed"] == 0
    assert run.one("Plan")["msg"][0] == "Plan: nothing to do"


@pytest.mark.whole
def test_what_is_null_counts_as_not_given(site: Simulator, bare: Player, tmp_path: pathlib.Path) -> None:
    """As a job template gives what nobody filled in."""
    files = ("cvops_plan_file", "cvops_summary_file", "preflight_file")
    switches = ("cvops_plan_people", "cvops_show_access", "preflight_fail", "role_mappings_fail_on_drift")
    given = dict.fromkeys((*files, *switches, "cvops_notify_url", "cvops_notify_when", "cvops_only"))
    run = bare(SITE, "-e", json.dumps(given), check=True, extra_vars=small(site)).ok()
    assert list(tmp_path.rglob("None")) == []
    assert "coerced" not in run.text


@pytest.mark.whole
def test_a_run_tells_the_writes_that_the_services_got_and_none_of_a_run_before(
    site: Simulator, bare: Player, tmp_path: pathlib.Path
) -> None:
    """Facts of hosts stay when a playbook imports the plays twice."""
    document, summary = small(site), tmp_path / "summary.json"
    site.journal.clear()
    written = bare(SITE, extra_vars={**document, "cvops_summary_file": str(summary)}).ok()
    found = json.loads(summary.read_text())
    assert found["requests"]["writes"] == len(writes(site)), told(written, "Summary")
    counts = {host: value["written"] for host, value in found["hosts"].items()}
    assert counts["localhost"] == len([entry for entry in writes(site) if entry.service == "graph"])
    document["cvops_entra_groups"][0]["description"] = "of the night"
    bare([{"import_playbook": SITE}] * 2, extra_vars={**document, "cvops_summary_file": str(summary)}).ok()
    found = json.loads(summary.read_text())
    assert (found["changed"], found["requests"]["writes"]) == (False, 0)
    assert {value["written"] for value in found["hosts"].values()} == {0}


@pytest.mark.every_core
def test_a_limit_that_leaves_out_hosts_which_are_still_to_be_made_is_refused(site: Simulator, bare: Player) -> None:
    site.journal.clear()
    run = bare(SITE, "--limit", "localhost:emea-cs01", extra_vars=small(site))
    assert run.rc == 2
    assert "--limit leaves out emea-cs01, amer-cs01, apac-cs01" in run.text
    assert_no_writes(site)


@pytest.mark.whole
def test_variables_that_nothing_uses_are_not_evaluated(site: Simulator, bare: Player, tmp_path: pathlib.Path) -> None:
    """Neither what others keep in an inventory, nor secrets of the connection beyond their tasks."""
    mark = tmp_path / "evaluated"
    unused = {"unused": f"{{{{ lookup('ansible.builtin.pipe', 'echo x >> {mark}; exit 3') }}}}"}
    bare(SITE, check=True, extra_vars={**small(site), **unused}).ok()
    assert not mark.exists()


@pytest.mark.whole
def test_another_strategy_in_the_configuration_changes_nothing(site: Simulator, bare: Player) -> None:
    bare(SITE, extra_vars=small(site), env={"ANSIBLE_STRATEGY": "free"}).ok()
    assert [granted(site, name) for name in CELLS] == [2, 2, 2]


@pytest.mark.whole
def test_a_run_is_narrowed_to_commcells_and_parts(site: Simulator, bare: Player) -> None:
    """What leaves Entra ID waits for a run of everything."""
    document = small(site, "GG-A", "GG-B", "GG-C")
    bare(SITE, extra_vars={**document, "cvops_only": "emea-*"}).ok()
    assert [granted(site, name) for name in CELLS] == [3, 0, 0]
    document["cvops_entra_groups"][2]["state"] = document["cvops_role_mappings"][2]["state"] = "absent"
    run = bare(SITE, extra_vars={**document, "cvops_only": ["amer-cs01"]}).ok()
    assert [granted(site, name) for name in CELLS] == [3, 2, 0]
    assert "Entra ID: postponed" in told(run, "Summary")
    site.journal.clear()
    assert bare(SITE, "--tags", "mappings", extra_vars=document).rc == 2  # the role is not there, and is not made
    assert_no_writes(site)
    bare(SITE, "--tags", "roles", extra_vars=document).ok()
    assert {entry.service for entry in writes(site)} == {"apac-cs01"}
    bare(SITE, "--skip-tags", "entra", extra_vars=document).ok()
    assert [granted(site, name) for name in CELLS] == [2, 2, 2]
    assert groups_of(site) == {"GG-A", "GG-B", "GG-C"}
    bare(SITE, extra_vars=document).ok()
    assert groups_of(site) == {"GG-A", "GG-B"}
    wrong = bare(SITE, extra_vars={**document, "cvops_only": "asia-*"})
    assert wrong.rc == 2 and "cvops_only" in wrong.text


@pytest.mark.whole
def test_commcells_of_the_inventory_are_those_of_the_run(site: Simulator, bare: Player, tmp_path: pathlib.Path) -> None:
    """As for the slices of a job: the group says which CommCells, and its connection to hosts does not count."""
    inventory = tmp_path / "hosts.yml"
    hosts = {"emea-cs01": {"ansible_connection": "ssh", "role_mappings_exclusive": True}, "amer-cs01": {}}
    inventory.write_text(json.dumps({"all": {"children": {"cvops_commcells": {"hosts": hosts}}}}))
    document = {**small(site), "ansible_connection": None}
    bare(SITE, "-i", str(inventory), "--tags", "entra", extra_vars=document).ok()
    bare(SITE, "-i", str(inventory), extra_vars=document).ok()
    assert [granted(site, name) for name in CELLS] == [2, 2, 0]
    limited = bare(SITE, "-i", str(inventory), "--limit", "emea-cs01", extra_vars=document)
    assert limited.rc != 0
    assert "localhost was left out" in limited.text
    # What was not looked for is not told as not there: GG-B, which holds its grant on both, has an entry on neither, and only one looks for such groups.
    hosts["emea-cs01"] = {"role_mappings_managed_groups": []}
    both = {"hosts": hosts, "vars": {"role_mappings_managed_groups": ["GG-*"]}}
    inventory.write_text(json.dumps({"all": {"children": {"cvops_commcells": both}, "vars": both["vars"]}}))
    del document["cvops_role_mappings"][1]
    table = tmp_path / "table.json"
    more = {**document, "cvops_comparison_file": str(table)}
    run = bare(SITE, "-i", str(inventory), "--tags", "mappings", check=True, extra_vars=more).ok()
    states = {row["principal"]: row["cells"] for row in json.loads(table.read_text())["rows"]}
    assert states["GG-B"] == {"surplus": ["amer-cs01"], "unknown": ["emea-cs01"]}, states
    assert "Groups without an entry were not looked for" in told(run, "Summary")


@pytest.mark.whole
def test_a_commcell_that_failed_before_the_run_is_no_commcell_without_changes(
    site: Simulator, bare: Player, tmp_path: pathlib.Path
) -> None:
    """Ansible leaves it out of all plays: nothing is known of it, so nothing is written, and what leaves Entra ID stays."""
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(json.dumps({"all": {"children": {"cvops_commcells": {"hosts": dict.fromkeys(CELLS, {})}}}}))
    before = {
        "hosts": "cvops_commcells",
        "connection": "local",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.fail": {"msg": "disk full"}, "when": f"inventory_hostname == '{CELLS[0]}'"}],
    }
    site.journal.clear()
    run = bare([before, {"import_playbook": SITE}], "-i", str(inventory), extra_vars=small(site))
    assert run.rc == 2
    assert f"{CELLS[0]}: was not planned, and the reason is not known" in told(run, "Plan")
    assert_no_writes(site)


@pytest.mark.whole
def test_what_one_import_decided_is_no_decision_of_the_next(site: Simulator, bare: Player) -> None:
    """Where localhost has failed, Ansible leaves it out: the second import plans, and nobody decides."""
    document = small(site)
    bare(SITE, extra_vars=document).ok()
    less = {**document, "role_mappings_fail_on_drift": True, "role_mappings_managed_groups": ["GG-*"]}
    less["cvops_entra_groups"] = [{**group, "description": "of the night"} for group in document["cvops_entra_groups"]]
    less["cvops_role_mappings"] = document["cvops_role_mappings"][:1]
    site.journal.clear()
    run = bare([{"import_playbook": SITE}] * 2, extra_vars=less)
    assert run.rc == 2
    assert {entry.service for entry in writes(site)} == {"graph"}
    decisions = [result for result in run.results if result.task == "Take the decision back" and result.status == "ok"]
    assert [result["ansible_facts"]["__cvops_decision"]["write"] for result in decisions] == [False]


@pytest.mark.whole
def test_a_document_that_is_data_reaches_every_commcell(site: Simulator, bare: Player, tmp_path: pathlib.Path) -> None:
    document = small(site)
    path = tmp_path / "document.json"
    path.write_text(json.dumps({name: value for name, value in document.items() if name != "cvops_connection"}))
    bare(SITE, extra_vars={"cvops_connection": document["cvops_connection"], "cvops_document": str(path)}).ok()
    assert [granted(site, name) for name in CELLS] == [2, 2, 2]


@pytest.mark.whole
def test_two_runs_at_once_make_no_duplicate(site: Simulator, bare: Player) -> None:
    """A schedule and a person: whoever is later finds it done, and says so."""
    document = small(site)
    held = site.faults.add(Fault("graph", "PATCH", "*/groups*", "slow", seconds=300))
    first = bare.start(SITE, extra_vars=document)
    wait_for(lambda: held.hits)
    second = bare(SITE, extra_vars=document)
    held.released = True
    run = first.wait()
    assert (second.rc, [granted(site, name) for name in CELLS]) == (0, [2, 2, 2])
    names = [str(group["displayName"]) for group in site.tenant.groups.values()]
    assert (names.count("GG-A"), names.count("GG-B")) == (1, 1)
    assert run.rc == 0 or "plan changed" in told(run, "Summary"), run.text
    assert "already done by somebody else" in told(run, "Summary") or run.rc == 2, run.text
    for name in CELLS:
        users = [group.name for group in site.commcells[name].state.groups]
        assert (users.count("GG-A"), users.count("GG-B")) == (1, 1)
    site.journal.clear()
    bare(SITE, extra_vars=document).ok()
    assert_no_writes(site)


def wait_for(condition: t.Callable[[], t.Any], seconds: float = 240.0) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.whole)], ids=["SIGINT", "SIGTERM"]
)
def test_a_run_that_is_cut_short_says_what_was_done_and_what_is_left(
    site: Simulator, bare: Player, number: signal.Signals
) -> None:
    document = small(site)
    held = site.faults.add(Fault("apac-cs01", "POST", "*/Security", "slow", seconds=300))
    running = bare.start(SITE, extra_vars=document)
    wait_for(lambda: held.hits)
    os.killpg(running.process.pid, number)
    wait_for(lambda: "current or next" in running.text)
    held.released = True
    run = running.wait()
    assert run.rc != 0
    assert re.search(r"apac-cs01: role mappings: 5 of 6 steps were done; current or next step: grant", run.text), (
        run.text
    )
    bare(SITE, extra_vars=document).ok()
    assert [granted(site, name) for name in CELLS] == [2, 2, 2]


@pytest.mark.whole
def test_commcells_are_compared_by_what_the_run_read_and_by_what_it_wrote(
    site: Simulator, bare: Player, converged: dict[str, t.Any], tmp_path: pathlib.Path
) -> None:
    """One grant is lost, and one CommCell cannot be read: neither is told as in line, and no request is made for it."""
    lose_a_grant(site, "amer-cs01")
    site.journal.clear()
    bare(SITE, check=True, extra_vars=converged).ok()
    requests = len(site.journal.entries())
    file = tmp_path / "commcells.json"
    site.journal.clear()
    planned = bare(SITE, check=True, extra_vars={**converged, "cvops_comparison_file": str(file)}).ok()
    assert len(site.journal.entries()) == requests
    states = [row["cells"] for row in json.loads(file.read_text())["rows"]]
    everywhere = {"in_line": sorted(CELLS)}
    lost = {"missing": ["amer-cs01"], "in_line": ["apac-cs01", "emea-cs01"]}
    assert sorted(states, key=str) == sorted([everywhere, lost], key=str)
    assert "1 of 2 groups and users differ between CommCells: GG-" in told(planned, "Summary")

    table = tmp_path / "commcells.csv"
    narrowed = {"cvops_only": "amer-*", "cvops_comparison_file": str(table)}
    written = bare(SITE, extra_vars={**converged, **narrowed}).ok()
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert {row["principal"] for row in rows} == {"GG-A", "GG-B"}
    assert {(row["amer-cs01"], row["apac-cs01"]) for row in rows} == {("in line", "not read")}
    assert "CommCells that were not read: apac-cs01, emea-cs01" in told(written, "Summary")

    site.faults.add(Fault("apac-cs01", "GET", "*", "status", status=403, times=0))
    page = tmp_path / "commcells.md"
    failed = bare(SITE, check=True, extra_vars={**converged, "cvops_comparison_file": str(page)})
    assert failed.rc == 2
    assert "C1: amer-cs01, emea-cs01\n" in page.read_text() and "C2: apac-cs01\n" in page.read_text()
    assert "| GG-A | group | in line | not read |" in page.read_text()
    wrong = bare(SITE, check=True, extra_vars={**converged, "cvops_comparison_file": str(tmp_path / "x.txt")})
    assert "cvops_comparison_file: its name must end in one of .md, .csv, .json" in wrong.text
