# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook site tells person by person who gains and who loses access, before it writes, and what of that it cannot know."""

from __future__ import annotations

import pathlib
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Fault, Simulator
from helpers.checks import assert_no_writes
from helpers.playing import Player, Run
from helpers.saved_states import SavedStates

pytestmark = pytest.mark.any_core

SITE = "cvops.identity.site"
ROLE = "Night shift"


@pytest.fixture
def site(make_site: Callable[..., Simulator]) -> Simulator:
    """An empty tenant with people, and three CommCells."""
    return make_site(set="M", empty=True)


def document(site: Simulator, members: t.Mapping[str, t.Any], *granted: str) -> dict[str, t.Any]:
    """A document with these groups and their exact members, of which the *granted* ones have a role on each CommCell."""
    return {
        "cvops_connection": site.variables()["cvops_connection"],
        "cvops_entra_groups": [
            {"display_name": name, "unique_name": name.lower(), "members": list(listed), "exclusive": True}
            for name, listed in members.items()
        ],
        "cvops_commvault_roles": [{"name": ROLE, "permissions": ["View"]}],
        "cvops_role_mappings": [
            {"principal": {"entra_group": name}, "grants": [{"role": ROLE, "entities": "commcell"}]} for name in granted
        ],
        "role_mappings_exclusive": "principals",
        "cvops_plan_people": True,
    }


def people(run: Run) -> list[str]:
    """The part of the plan that is about people."""
    lines: list[str] = run.one("Plan")["msg"]
    start = next(number for number, line in enumerate(lines) if line.startswith("People: "))
    return [line for line in lines[start:] if not line.startswith("Digest: ")]


def find_names(site: Simulator) -> list[str]:
    return sorted(str(user["userPrincipalName"]) for user in site.tenant.users.values())[:2]


@pytest.mark.whole
def test_who_gains_and_who_loses_access_is_told_before_anything_is_written(
    site: Simulator, bare: Player, tmp_path: pathlib.Path
) -> None:
    ana, ben = find_names(site)
    site.journal.clear()
    first = bare(SITE, check=True, extra_vars=document(site, {"GG-A": [ana], "GG-B": []}, "GG-A")).ok()
    assert_no_writes(site)
    given = [f"    + {ROLE} on the CommCell ({name}), through GG-A" for name in ("amer-cs01", "apac-cs01", "emea-cs01")]
    assert people(first) == ["People: 1 gains access, nobody loses access", f"  {ana}", *given]
    bare(SITE, extra_vars=document(site, {"GG-A": [ana], "GG-B": []}, "GG-A")).ok()

    # One leaves the group, another one joins it: both through members alone, no grant changes.
    moved = document(site, {"GG-A": [ben], "GG-B": []}, "GG-A")
    plan = tmp_path / "plan.md"
    second = bare(SITE, check=True, extra_vars={**moved, "cvops_plan_file": str(plan)}).ok()
    lost = [line.replace("    +", "    -") for line in given]
    assert people(second) == ["People: 1 gains access, 1 loses access", f"  {ana}", *lost, f"  {ben}", *given]
    assert "## People: 1 gains access, 1 loses access" in plan.read_text()
    bare(SITE, extra_vars=moved).ok()
    quiet = bare(SITE, extra_vars=moved).ok()
    assert people(quiet) == ["People: nobody gains access, nobody loses access"]

    # The group loses its grants, while its members get the same through another one.
    other = document(site, {"GG-A": [ben], "GG-B": [ben]}, "GG-B")
    other["cvops_role_mappings"].append({"principal": {"entra_group": "GG-A"}, "state": "absent"})
    lines = people(bare(SITE, check=True, extra_vars=other).ok())
    assert lines[:2] == ["People: nobody gains access, nobody loses access", f"  {ben}"]
    assert lines[2:4] == [
        f"    + {ROLE} on the CommCell (amer-cs01), through GG-B; held already through GG-A",
        f"    - {ROLE} on the CommCell (amer-cs01), through GG-A; stays through GG-B",
    ]


@pytest.fixture
def one_member(site: Simulator, bare: Player, tmp_path: pathlib.Path, saved_states: SavedStates) -> str:
    """Who is the only member of GG-A, the only group of a site that was converged."""
    name = find_names(site)[0]
    saved_states.reach(site, "one", lambda: bare(SITE, extra_vars=document(site, {"GG-A": [name]})).ok(), tmp_path)
    return name


@pytest.mark.whole
@pytest.mark.usefixtures("one_member")
def test_members_that_may_not_be_read_are_told_and_stop_nothing(site: Simulator, bare: Player) -> None:
    wanted = document(site, {}, "GG-A")
    wanted["cvops_entra_groups"] = [{"display_name": "GG-A", "unique_name": "gg-a"}]
    site.faults.add(Fault("graph", "GET", "*/members*", "status", status=403, times=0))
    run = bare(SITE, extra_vars=wanted).ok()
    lines = people(run)
    assert lines[:2] == ["People: nobody gains access, nobody loses access", "  Not known"]
    assert len(lines) == 5
    for line in lines[2:]:
        assert line.startswith("    GG-A on ") and "could not be read (" in line and line.endswith("; it gets 1 right")


def test_without_the_variable_nobody_is_read_or_told(site: Simulator, bare: Player, one_member: str) -> None:
    wanted = {**document(site, {"GG-A": [one_member]}, "GG-A"), "cvops_plan_people": False}
    run = bare(SITE, check=True, extra_vars=wanted).ok()
    assert not any(line.startswith("People") for line in run.one("Plan")["msg"])
    assert not [result for result in run.results if "effects" in (result.get("role_mappings") or {})]
