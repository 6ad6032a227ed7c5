# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks and roles, from one variables document and nothing else, against simulated sites."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import typing as t
from collections.abc import Callable

import pytest
import yaml
from collection_tree import ROOT
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Grant
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_secrets, assert_no_writes, writes
from helpers.playing import Player, Run

pytestmark = pytest.mark.any_core

SITE, MAPPINGS = "cvops.identity.site", "cvops.identity.converge_role_mappings"
Make = Callable[..., Simulator]


def explicit(site: Simulator, name: str) -> set[Grant]:
    """The grants of roles that a CommCell holds."""
    return {grant for grant in site.commcells[name].state.grants if grant.role_id and grant.kind == "explicit"}


def converged(bare: Player, site: Simulator, playbook: str = SITE, **more: t.Any) -> dict[str, t.Any]:
    """Apply the site's document; the document."""
    document = site.variables()
    bare(playbook, extra_vars={**document, **more}).ok()
    site.journal.clear()
    return document


def mapped(run: Run, name: str) -> dict[str, t.Any]:
    """What commvault_role_mappings returned for a CommCell."""
    return t.cast("dict[str, t.Any]", run.last("role_mappings", name)["role_mappings"])


def differences(run: Run) -> list[tuple[str, str, bool, str]]:
    """Host, task, changed and diff of every task of ours that shows one, sorted, for CommCells are done side by side.

    Object ids of groups that the run itself creates are left out.
    """
    ours = [result for result in run.results if result.action.startswith("cvops.identity.") and "diff" in result]
    anchor = re.compile(r'("entra_group_id\\*": \\*)"[^"]*"')
    return sorted((one.host, one.task, one["changed"], anchor.sub(r"\1", json.dumps(one["diff"]))) for one in ours)


@pytest.mark.parametrize(
    "size", [pytest.param("S", marks=pytest.mark.every_core), pytest.param("M", marks=pytest.mark.whole)]
)
def test_from_an_empty_tenant_to_a_converged_one(
    make_site: Make, bare: Player, tmp_path: pathlib.Path, size: str
) -> None:
    """Check mode tells the whole story and writes nothing, the run does just that, the next one nothing at all."""
    site = make_site(set=size, empty=True)
    document = site.variables()
    told, done, again = tmp_path / "told.json", tmp_path / "done.json", tmp_path / "again.json"
    site.journal.clear()

    predicted = bare(SITE, check=True, diff=True, extra_vars={**document, "cvops_summary_file": str(told)}).ok()
    assert_no_writes(site)
    real = bare(SITE, diff=True, extra_vars={**document, "cvops_summary_file": str(done)}).ok()
    assert writes(site)
    assert differences(predicted) == differences(real)
    assert len(differences(real)) >= 5  # three of the registration, the groups, each CommCell

    site.journal.clear()
    unchanged = bare(SITE, extra_vars={**document, "cvops_summary_file": str(again)}).ok()
    assert_no_writes(site)
    assert unchanged.stats["changed"] == 0

    first, applied, last = (json.loads(path.read_text()) for path in (told, done, again))
    assert (first["changed"], applied["changed"], last["changed"]) == (True, True, False)
    assert (first["check_mode"], applied["check_mode"]) == (True, False)
    assert first["grants"] == applied["grants"] == last["grants"]
    assert told.stat().st_mode & 0o777 == 0o600
    for name in site.commcells:
        assert mapped(unchanged, name)["grants"] == applied["grants"][name]
        assert len(applied["grants"][name]) == len(mapped(real, name)["added"]) > 0
        assert mapped(unchanged, name)["not_confirmed"] == []
    names = {group["display_name"] for group in document["cvops_entra_groups"]}
    assert last["role_mappings"]["entra_groups"].keys() == names
    assert last["registration"]["consent"]["status"] == "granted"
    assert [last["role_mappings"]["writes"], last["registration"]["writes"]] == [0, 0]


def held_roles(site: Simulator) -> set[tuple[str, str]]:
    """Who holds which role of the document's application."""
    (application,) = (
        row for row in site.tenant.applications.values() if row.get("uniqueName") == "commvault-management"
    )
    principal = t.cast("dict[str, t.Any]", site.tenant.service_principal_of(application["appId"]))
    values = {role["id"]: role["value"] for role in principal["appRoles"]}
    return {
        (row["principalDisplayName"], values[row["appRoleId"]])
        for row in site.tenant.app_role_assignments.values()
        if row["resourceId"] == principal["id"]
    }


@pytest.mark.whole
def test_app_roles_are_assigned_after_the_groups_and_taken_away_last(make_site: Make, bare: Player) -> None:
    """From an empty tenant: new groups get new roles in one run; a line less takes one away, after the CommCells."""
    site = make_site(set="S", empty=True)
    document = site.variables()
    one, two = (group["display_name"] for group in document["cvops_entra_groups"][:2])
    assigned = [{"group": one, "app_role": "Backup.Operate"}, {"group": two, "app_role": "Backup.Read"}]
    document["cvops_application"]["app_role_assignments"] = {"assignments": assigned, "exclusive": True}
    site.journal.clear()
    predicted = bare(SITE, check=True, extra_vars=document).ok()
    assert_no_writes(site)
    real = bare(SITE, extra_vars=document).ok()
    assert held_roles(site) == {(one, "Backup.Operate"), (two, "Backup.Read")}
    steps = [run.last("app_role_assignments")["steps"] for run in (predicted, real)]
    assert [[step["sentence"] for step in listed] for listed in steps] == [
        [f"assign app role {role} of commvault-management" for role in ("Backup.Operate", "Backup.Read")]
    ] * 2
    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)

    document["cvops_application"]["app_role_assignments"]["assignments"] = assigned[:1]
    state = site.commcells["cs01"].state
    holder = next(group for group in state.groups if group.name == document["cvops_entra_groups"][3]["display_name"])
    state.grants.remove(next(grant for grant in explicit(site, "cs01") if grant.principal_id == holder.id))
    site.faults.add(Fault(service="cs01", method="POST", path="*/Security", action="status", status=500, times=1000))
    assert bare(SITE, extra_vars=document).rc == 2
    assert held_roles(site) == {(one, "Backup.Operate"), (two, "Backup.Read")}, (
        "a CommCell that failed: nobody loses a role"
    )
    site.faults.clear()
    bare(SITE, extra_vars=document).ok()
    assert held_roles(site) == {(one, "Backup.Operate")}


def test_the_role_returns_the_assignments_of_its_own_application(make_site: Make, bare: Player) -> None:
    """Twice in one play: what the first application has is not said of the second, which has none."""
    site = make_site(set="S")
    document = site.variables()
    group = document["cvops_entra_groups"][0]["display_name"]
    assigned = {"assignments": [{"group": group, "app_role": "Backup.Read"}]}
    first = {**document["cvops_application"], "app_role_assignments": assigned}
    role = {"ansible.builtin.include_role": {"name": "cvops.identity.app_registration"}}
    count = "app_registration_result.app_role_assignments | length"
    play = {
        "name": "Register two applications",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {**role, "vars": {"cvops_application": first}},
            {"ansible.builtin.assert": {"that": f"{count} == 1"}},
            {**role, "vars": {"cvops_application": {"unique_name": "other", "display_name": "Other"}}},
            {"ansible.builtin.assert": {"that": f"{count} == 0"}},
        ],
    }
    bare([play], extra_vars={"cvops_connection": document["cvops_connection"]}).ok()


def test_drift_is_repaired_and_nothing_else_touched(make_site: Make, bare: Player) -> None:
    """One lost grant comes back in one request; a grant that somebody made by hand stays."""
    site = make_site(set="S", empty=True)
    document = converged(bare, site)
    state = site.commcells["cs01"].state
    holder = next(group for group in state.groups if group.name == document["cvops_entra_groups"][3]["display_name"])
    lost = next(grant for grant in explicit(site, "cs01") if grant.principal_id == holder.id)
    compliance = next(role for role in state.roles if role.name == "Compliance")
    state.grants.add(dataclasses.replace(lost, role_id=compliance.id))
    before = explicit(site, "cs01")
    state.grants.remove(lost)

    run = bare(SITE, extra_vars=document).ok()
    result = mapped(run, "cs01")
    assert [row["principal"] for row in result["added"]] == [holder.name]
    assert result["removed"] == []
    assert explicit(site, "cs01") == before
    assert [entry.service for entry in writes(site)] == ["cs01"]


@pytest.mark.whole
def test_only_the_mapping(make_site: Make, bare: Player) -> None:
    """converge_role_mappings leaves the registration alone, and takes limits from variables of the role."""
    site = make_site(set="S", empty=True)
    applications = len(site.tenant.applications)
    converged(bare, site, MAPPINGS)
    assert len(site.tenant.applications) == applications
    document = site.variables()
    document["cvops_role_mappings"] = [{**entry, "grants": []} for entry in document["cvops_role_mappings"]]
    run = bare(MAPPINGS, extra_vars={**document, "role_mappings_exclusive": True, "role_mappings_max_removals": 3})
    assert run.rc == 2
    (refused,) = [line for line in run.one("Plan")["msg"] if "more than max_removals 3" in line]
    assert "raise max_removals (role_mappings_max_removals in the role role_mappings and the playbooks site" in refused
    assert_no_writes(site)


@pytest.mark.whole
def test_commcells_of_roles_and_entries_are_patterns(make_site: Make, bare: Player) -> None:
    """Each CommCell gets what is meant for it: roles and grants by name pattern."""
    site = make_site(set="M", empty=True)
    document = site.variables()
    document["cvops_commvault_roles"] = [
        {"name": "Here", "permissions": ["View"], "commcells": ["EMEA-*"]},
        {"name": "There", "permissions": ["View"], "commcells": ["amer-cs0?", "apac-cs01"]},
        {"name": "Nowhere", "permissions": ["View"], "commcells": ["emea"]},
    ]
    group = {"display_name": "GG-A", "unique_name": "gg-a"}
    grant = {"role": "Here", "entities": "commcell"}
    entry = {"principal": {"entra_group": "GG-A"}, "commcells": ["emea-*"], "grants": [grant]}
    document |= {"cvops_entra_groups": [group], "cvops_role_mappings": [entry]}
    run = bare(MAPPINGS, extra_vars=document).ok()
    roles = {
        name: {role.name for role in cell.state.roles} & {"Here", "There", "Nowhere"}
        for name, cell in site.commcells.items()
    }
    assert roles == {"emea-cs01": {"Here"}, "amer-cs01": {"There"}, "apac-cs01": {"There"}}
    assert {name: len(mapped(run, name)["added"]) for name in site.commcells} == {
        "emea-cs01": 1,
        "amer-cs01": 0,
        "apac-cs01": 0,
    }


@pytest.mark.whole
def test_what_goes_goes_last(make_site: Make, bare: Player) -> None:
    """Grants are taken away while their group and role are there; a second run finds nothing to do."""
    site = make_site(set="S", empty=True)
    document = converged(bare, site)
    group, role = document["cvops_entra_groups"][3], document["cvops_commvault_roles"][0]
    group["state"] = role["state"] = "absent"
    for entry in document["cvops_role_mappings"]:
        uses_role = any(grant["role"] == role["name"] for grant in entry["grants"])
        if uses_role or entry["principal"]["entra_group"]["name"] == group["display_name"]:
            entry["state"] = "absent"
    told = bare(SITE, check=True, extra_vars=document).ok()
    role_alone = [{"ansible.builtin.include_role": {"name": "cvops.identity.role_mappings"}}]
    for play in (SITE, role_alone):  # a canary takes nothing away, and neither go the group and the role
        bare(play, extra_vars={**document, "role_mappings_canary": True}).ok()
    assert_no_writes(site)
    done = bare(SITE, extra_vars=document).ok()
    assert mapped(told, "cs01")["removed"] == mapped(done, "cs01")["removed"] != []
    assert group["display_name"] not in {row["displayName"] for row in site.tenant.groups.values()}
    assert role["name"] not in {found.name for found in site.commcells["cs01"].state.roles}


@pytest.mark.whole
def test_the_registration_alone_and_its_end(make_site: Make, bare: Player) -> None:
    """Without a mapping only the registration is converged; state absent takes it away."""
    site = make_site(set="S", empty=True)
    document = {name: site.variables()[name] for name in ("cvops_connection", "cvops_application")}
    bare(SITE, extra_vars=document).ok()
    unique = document["cvops_application"]["unique_name"]
    assert unique in {row.get("uniqueName") for row in site.tenant.applications.values()}
    document["cvops_application"]["state"] = "absent"
    gone = bare(SITE, extra_vars=document).ok()
    assert unique not in {row.get("uniqueName") for row in site.tenant.applications.values()}
    assert gone.stats["changed"] == 1
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0


def test_consent_that_is_missing_is_told_not_failed(make_site: Make, bare: Player) -> None:
    """An identity that may not grant converges the rest, and says where an administrator grants."""
    site = make_site(set="S", empty=True)
    limited = site.identity("Application.ReadWrite.All", "DelegatedPermissionGrant.Read.All")
    document = {name: site.variables()[name] for name in ("cvops_connection", "cvops_application")}
    document["cvops_connection"]["entra"] |= {"client_id": limited.client_id, "client_secret": limited.client_secret}
    run = bare(SITE, extra_vars=document).ok()
    told = "\n".join(run.one("Ask for the consent that is missing")["msg"])
    assert "Microsoft Graph: GroupMember.Read.All, User.Read.All" in told
    assert "https://" in told
    assert "Admin consent is pending, see above" in run.one("Summary")["msg"]


@pytest.mark.every_core
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            {"cvops_role_mappings": [{"principals": {}}]},
            "cvops_role_mappings[0].principals: there is no such key; did you mean principal?",
        ),
        (
            {"cvops_connection": {"entra": {"tenant": "x"}, "commcells": {"cs01": {}}}},
            "cvops_connection.entra.tenant: there is no such key; did you mean tenant_id?",
        ),
        (
            {"cvops_connection": {"entra": {}}},
            "cvops_connection.commcells: is missing; add it, with a name and the url of each CommCell",
        ),
        (
            {"cvops_entra_groups": [{"display_name": "x", "exclusive": "perhaps"}]},
            "cvops_entra_groups[0].exclusive (x): must be true or false, not another text",
        ),
        (
            {"role_mappings_match_by": "luck"},
            "role_mappings_match_by: must be one of azure_guid, object_id_name, display_name, sam_account_name",
        ),
    ],
    ids=["unknown key", "unknown connection key", "no CommCells", "wrong type", "unknown choice"],
)
def test_a_wrong_document_stops_before_anything_is_asked(
    make_site: Make, bare: Player, change: dict[str, t.Any], named: str
) -> None:
    site = make_site(set="S", empty=True)
    site.journal.clear()
    run = bare(MAPPINGS, extra_vars={**site.variables(), **change})
    assert run.rc == 2
    (failed,) = [result for result in run.results if result.failed]
    assert failed["msg"] == named
    assert site.journal.entries() == []


@pytest.mark.every_core
def test_an_empty_document_is_an_error(bare: Player) -> None:
    run = bare(SITE)
    assert run.rc != 0
    assert "none of them is given, and site needs one; give the variables document with -e @FILE" in run.result["msg"]


@pytest.mark.every_core
def test_no_secret_is_shown_at_the_highest_verbosity(make_site: Make, bare: Player, tmp_path: pathlib.Path) -> None:
    """Neither on the terminal, nor in results, nor in a file that is left (the document itself apart)."""
    site = make_site(set="S", empty=True)
    summary = tmp_path / "summary.json"
    run = bare(SITE, diff=True, verbosity=4, extra_vars={**site.variables(), "cvops_summary_file": str(summary)}).ok()
    (run.folder / "variables.json").unlink()
    assert_no_secrets(run, [run.folder, summary], [site.automation.client_secret, site.commcells["cs01"].admin[1]])


def test_the_example_is_set_m(make_site: Make) -> None:
    """The shipped document is the one that the script writes from the simulator's set M."""
    variables = yaml.safe_dump(make_site(set="M", empty=True).variables(), sort_keys=False)
    script = [sys.executable, str(ROOT / "demo" / "example_document.py")]
    written = subprocess.run(script, input=variables, capture_output=True, text=True, check=True, timeout=60).stdout
    assert (ROOT / "docs" / "examples" / "set_m.yml").read_text() == written
