# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook revert undoes one run from its records: what is there afterwards is what was there before the run."""

from __future__ import annotations

import json
import pathlib
import typing as t
from collections.abc import Callable

import pytest
from collection_tree import collections_path
from cvops_simulator import Fault, Simulator
from cvops_simulator.commvault.model import Grant
from helpers.checks import assert_no_writes
from helpers.end_state import State, find_differences, read_end_state
from helpers.playing import Player, Run
from helpers.saved_states import SavedStates

pytestmark = pytest.mark.any_core

SITE, REVERT = "cvops.identity.site", "cvops.identity.revert"
CELLS = ("emea-cs01", "amer-cs01", "apac-cs01")


@pytest.fixture
def site(make_site: Callable[..., Simulator]) -> Simulator:
    """An empty tenant and three CommCells."""
    return make_site(set="M", empty=True)


class Operator:
    """Runs site twice, the second time with changes, and then reverts; each run's records lie in a folder of its own."""

    def __init__(self, site: Simulator, folder: pathlib.Path) -> None:
        self.site, self.folder = site, folder
        self.play = Player(folder, collections_path(), {})
        self.users = sorted(site.tenant.users)
        self.between: State = {}

    def document(self, **more: t.Any) -> dict[str, t.Any]:
        connection = self.site.variables()["cvops_connection"]
        cells = {name: connection["commcells"][name] for name in CELLS[:2]}
        return {
            "cvops_connection": {**connection, "commcells": cells},
            "cvops_entra_groups": [group("GG-A", members=self.users[:2], owners=self.users[:1]), group("GG-B")],
            "cvops_commvault_roles": [role("Night shift", "View"), role("Day shift", "View", description="by day")],
            "cvops_role_mappings": [entry("GG-A", "Night shift"), entry("GG-B", "Night shift", "Day shift")],
            "role_mappings_exclusive": "principals",
            **more,
        }

    def changed(self) -> dict[str, t.Any]:
        return self.document(
            cvops_entra_groups=[
                group("GG-A", members=self.users[1:3], owners=self.users[1:2], exclusive=True, description="changed"),
                group("GG-B"),
                group("GG-C", members=self.users[:1]),
            ],
            cvops_commvault_roles=[
                role("Night shift", "View", "Agent Management", description="by night"),
                {"name": "Day shift", "state": "absent"},
                role("Late shift", "View"),
            ],
            cvops_role_mappings=[
                entry("GG-A", "Late shift"),
                entry("GG-B", "Night shift"),
                entry("GG-C", "Late shift", "Night shift"),
            ],
        )

    def run_site(self, document: dict[str, t.Any], records: str) -> Run:
        return self.play(SITE, extra_vars={**document, "cvops_run_record_dir": str(self.folder / records)})

    def converge_twice(self, states: SavedStates) -> None:
        states.reach(self.site, "first", lambda: self.run_site(self.document(), "first").ok(), self.folder)
        self.between = read_end_state(self.site)
        states.reach(self.site, "second", lambda: self.run_site(self.changed(), "second").ok(), self.folder)
        assert find_differences(self.between, read_end_state(self.site))

    def records(self) -> list[str]:
        return sorted(map(str, (self.folder / "second").glob("*.json")))

    def revert(self, check: bool = False, **more: t.Any) -> Run:
        given = {
            "cvops_connection": self.document()["cvops_connection"],
            "revert_record": self.records(),
            "cvops_run_record_dir": str(self.folder / "reverted"),
        }
        return self.play(REVERT, check=check, extra_vars={**given, **more})

    def find_left(self) -> dict[str, t.Any]:
        """What differs from the state between, but for what Entra ID keeps of deleted groups for 30 days: they have no names here."""
        found = find_differences(self.between, read_end_state(self.site))
        found.pop("deletedItems", None)
        for name, sides in list(found.items()):
            kept = {
                side: {row: count for row, count in rows.items() if not row.startswith("*: ")}
                for side, rows in sides.items()
            }
            found[name] = kept
            if not any(kept.values()):
                del found[name]
        return found


def group(name: str, **more: t.Any) -> dict[str, t.Any]:
    return {"display_name": name, "unique_name": name.lower(), **more}


def role(name: str, *permissions: str, **more: t.Any) -> dict[str, t.Any]:
    return {"name": name, "permissions": list(permissions), **more}


def entry(name: str, *roles: str) -> dict[str, t.Any]:
    grants = [{"role": item, "entities": "commcell"} for item in roles]
    return {"principal": {"entra_group": name}, "grants": grants}


def told(run: Run, task: str) -> str:
    return "\n".join(run.one(task)["msg"])


@pytest.fixture
def operator(site: Simulator, tmp_path: pathlib.Path, saved_states: SavedStates) -> Operator:
    found = Operator(site, tmp_path)
    found.converge_twice(saved_states)
    return found


def test_a_run_is_undone_and_undone_again_is_nothing(operator: Operator) -> None:
    planned = operator.revert(check=True).ok()
    assert_no_writes(operator.site)
    digest = next(line for line in planned.one("Plan")["msg"] if line.startswith("Digest: ")).split()[1]
    assert "Surplus" not in told(planned, "Plan")
    refused = operator.revert(revert_max_removals=0)
    assert refused.rc == 2 and "revert_max_removals in the playbook revert" in told(refused, "Plan")
    assert operator.revert(cvops_approved_plan="0" * 64).rc == 2
    assert_no_writes(operator.site)
    operator.revert(cvops_approved_plan=digest).ok()
    assert operator.find_left() == {}
    operator.site.journal.clear()
    operator.revert().ok()
    assert_no_writes(operator.site)
    assert operator.find_left() == {}


@pytest.mark.whole
def test_the_records_of_a_folder_are_chosen_by_their_run(operator: Operator) -> None:
    folder = str(operator.folder / "second")
    refused = operator.revert(revert_record=folder)
    (run,) = {json.loads(pathlib.Path(path).read_text())["run"] for path in operator.records()}
    assert refused.rc == 2
    assert f"choose the run with -e revert_run=. Its last runs: {run} of " in refused.text.replace("\n", " ")
    listed = operator.revert(check=True, revert_record=folder).ok()
    assert f": {run} of " in told(listed, "List the runs to choose from")
    assert {"Plan", "Summary"}.isdisjoint(result.task for result in listed.results)
    assert_no_writes(operator.site)
    operator.revert(revert_record=folder, revert_run=run).ok()
    assert operator.find_left() == {}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("module", "place", "said"),
    [
        ("entra_groups", "11111111-2222-3333-4444-555555555555", "this run signs in to"),
        ("commvault_role_mappings", "https://elsewhere.example/commandcenter/api", "cvops_connection has"),
        ("entra_groups", "", "one that they do not contain"),
    ],
)
def test_a_record_of_another_place_is_refused(operator: Operator, module: str, place: str, said: str) -> None:
    for path in map(pathlib.Path, operator.records()):
        record = json.loads(path.read_text())
        if record["module"].endswith(module):
            path.write_text(json.dumps({**record, "place": place}))
    run = operator.revert()
    assert run.rc == 2
    assert said in " ".join(run.text.split())
    assert_no_writes(operator.site)
    assert "elsewhere.example" not in {entry.service for entry in operator.site.journal.entries()}


@pytest.mark.whole
def test_what_was_changed_since_is_left_and_told(operator: Operator) -> None:
    site = operator.site
    state = site.commcells["emea-cs01"].state
    night = next(item for item in state.roles if item.name == "Night shift")
    late = next(item for item in state.roles if item.name == "Late shift")
    other = next(item for item in state.groups if item.name == "GG-B")
    night.description = "by somebody else"
    state.grants.add(Grant(15, other.id, late.id, 1, next(g.entity_id for g in state.grants if g.role_id == late.id)))
    made = next(item for item in state.groups if item.name == "GG-C")
    state.grants.add(Grant(15, made.id, next(iter(state.roles)).id, 1, next(iter(state.grants)).entity_id))
    (changed,) = (item for item in site.tenant.groups.values() if item["displayName"] == "GG-A")
    site.tenant.store.put("groups", changed["id"], {**changed, "description": "mine"}, replicated=True)
    run = operator.revert().ok()
    lines = told(run, "Summary")
    assert (
        "CommCell emea-cs01: changed since then, and not undone: role Night shift: its description is a different one"
        in lines
    )
    assert "CommCell emea-cs01: changed since then, and not undone: role Late shift: GG-B holds it" in lines
    assert "Entra ID: changed since then, and not undone: Entra group GG-A: its description is a different one" in lines
    assert "CommCell emea-cs01: changed since then, and not undone: user group GG-C: it holds 1 grant" in lines
    assert (
        "Entra ID: changed since then, and not undone: Entra group GG-C: a user group that stays is linked to it"
        in lines
    )
    assert night.description == "by somebody else"
    assert late in list(state.roles)
    assert set(operator.find_left()) == {
        "groups",
        "members",
        "emea-cs01 roles",
        "emea-cs01 grants",
        "emea-cs01 groups",
    }
    assert "GG-C" in {item["displayName"] for item in site.tenant.groups.values()}
    operator.revert(revert_overwrite=True).ok()
    assert night.description == ""
    assert "GG-C" not in {item["displayName"] for item in site.tenant.groups.values()}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("service", "method", "path"),
    [
        ("emea-cs01", "DELETE", "*/Role*"),
        ("amer-cs01", "*", "*/Security"),
        ("graph", "DELETE", "*/groups*"),
    ],
)
def test_after_a_fault_in_between_the_same_again_goes_on(
    operator: Operator, service: str, method: str, path: str
) -> None:
    held = operator.site.faults.add(Fault(service, method, path, "status", status=400, times=1))
    assert operator.revert().rc == 2
    assert held.hits
    operator.site.faults.clear()
    operator.revert().ok()
    assert operator.find_left() == {}


def test_texts_of_records_are_data_and_what_is_gone_does_not_stop_the_rest(operator: Operator) -> None:
    mark = operator.folder / "ran"
    text = f"{{{{ lookup('ansible.builtin.pipe', 'touch {mark}') }}}}"
    for path in map(pathlib.Path, operator.records()):
        record = json.loads(path.read_text())
        for step in record["steps"]:
            undo = step["undo"]
            for change in step["changes"]:
                change.update(principal=text, sentence=text)
            for named in [undo, *(grant["principal"] for grant in undo.get("added", []) if isinstance(grant, dict))]:
                if "name" in named:
                    named["name"] = text
            for grant in undo.get("removed", []):
                if isinstance(grant, dict) and grant["role"]["name"] == "Day shift":
                    grant["entity"] = {"kind": "plans", "id": 987654}
        record["steps"].append({**record["steps"][0], "undo": None})
        path.write_text(json.dumps(record))
    run = operator.revert().ok()
    assert not mark.exists()
    lines = told(run, "Summary")
    assert "Entra ID: 1 object is to be undone by hand, see the plan" in lines and "cannot be undone here" not in lines
    lines = told(run, "Plan")
    assert f"cannot be undone here: {text}: {text} (entra_groups); by hand: " in lines
    assert "CommCell emea-cs01: cannot be undone, because it no longer exists: " in lines and "987654" in lines
    assert f"user group {text}: it is called GG-C now" in lines, "a name of the record is compared, nothing else"
    stays = f"Entra group {text}: a user group that stays is linked to it"
    assert f"Entra ID: changed since then, and not undone: {stays}" in lines
    parts = ("grants", "groups", "roles")
    left = {f"{cell} {part}" for cell in CELLS[:2] for part in parts}
    assert set(operator.find_left()) <= {"groups", "members", *left}
