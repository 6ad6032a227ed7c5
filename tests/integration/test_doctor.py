# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook doctor: with a whole variables document, with half of it, and with the environment alone."""

from __future__ import annotations

import copy
import json
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.playing import Player, Run, connection_of

pytestmark = pytest.mark.any_core

DOCTOR = "cvops.identity.doctor"


@pytest.fixture
def doctor(site: Simulator, play: Player) -> Callable[..., Run]:
    """Runs the playbook without any ``CVOPS_*`` variable, so that the document is all there is."""
    nothing = dict.fromkeys(connection_of(site), "")

    def run(document: dict[str, t.Any], **more: t.Any) -> Run:
        site.journal.clear()
        found = play(DOCTOR, extra_vars=document, env=nothing, **more)
        assert_no_writes(site)
        return found

    return run


def lines(run: Run) -> list[str]:
    """All that the reports say."""
    return [line for result in run.of("Report") for line in result["msg"]]


@pytest.mark.every_core
def test_a_whole_document(site: Simulator, doctor: Callable[..., Run]) -> None:
    document = site.variables()
    run = doctor(document, check=True).ok()
    told = lines(run)
    assert told[0] == "Microsoft Entra ID: signed in" and "cs01" in told and "Playbooks on cs01" in told
    assert any(line.split() == ["site", "can", "run"] for line in told)
    inputs = [line for line in told if "commvault_password" in line]
    assert len(inputs) == 1 and "from cvops_connection.commcells." in inputs[0], (
        "not from the option, which nobody wrote"
    )
    assert run.stats["changed"] == 0
    secrets = [document["cvops_connection"]["entra"]["client_secret"]]
    secrets += [cell["password"] for cell in document["cvops_connection"]["commcells"].values()]
    assert_no_secrets(run, [run.folder / "results.jsonl"], secrets)


@pytest.mark.whole
def test_every_commcell_has_its_own_report(
    make_site: Callable[..., Simulator], make_player: Callable[[Simulator], Player]
) -> None:
    """One of them refuses: the others are examined all the same, and the tenant is told once."""
    site = make_site(set="M")
    document = site.variables()
    names = list(document["cvops_connection"]["commcells"])
    document["cvops_connection"]["commcells"][names[1]]["password"] = "wrong"
    run = make_player(site)(DOCTOR, extra_vars=document, env=dict.fromkeys(connection_of(site), "")).ok()
    reports = [result["msg"] for result in run.of("Report")]
    assert len(reports) == len(names) > 1
    assert sum("Microsoft Entra ID: signed in" in report for report in reports) == 1
    states = {name: "Commvault: signed in" in report for name, report in zip(names, reports, strict=True)}
    assert states == {name: name != names[1] for name in names}


def test_what_is_missing_has_a_name(site: Simulator, doctor: Callable[..., Run]) -> None:
    """Judged by what the document asks for: a mapping alone does not need the permissions of a registration."""
    little = site.identity("GroupMember.Read.All")
    document = site.variables()
    document["cvops_connection"]["entra"] |= {"client_id": little.client_id, "client_secret": little.client_secret}
    told = lines(doctor(document).ok())
    assert any("ask for: Application.ReadWrite.OwnedBy" in line and "Group.Create" in line for line in told)

    mapping = {name: document[name] for name in ("cvops_connection", "cvops_role_mappings")}
    assert any(line.split() == ["site", "can", "run"] for line in lines(doctor(mapping).ok()))


def test_half_of_a_connection(site: Simulator, doctor: Callable[..., Run]) -> None:
    document = site.variables()
    no_cells = {**document, "cvops_connection": {"entra": document["cvops_connection"]["entra"]}}
    told = lines(doctor(no_cells).ok())
    assert "Microsoft Entra ID: signed in" in told and "Commvault: not configured" in told
    no_entra = {**document, "cvops_connection": {"commcells": document["cvops_connection"]["commcells"]}}
    told = lines(doctor(no_entra).ok())
    assert "Microsoft Entra ID: not configured" in told and "Commvault: signed in" in told


def test_with_nothing_set_it_says_what_to_set_and_fails(site: Simulator, doctor: Callable[..., Run]) -> None:
    run = doctor({})
    assert run.rc == 2, "for a script"
    assert doctor({"doctor_fail": False}).rc == 0
    told = lines(run)
    for name in (
        "cvops_connection.entra",
        "CVOPS_CLIENT_SECRET",
        "cvops_connection.commcells.NAME",
        "CVOPS_COMMVAULT_URL",
    ):
        assert any(name in line for line in told)
    assert [line for line in told if "not configured" in line][:2] == [
        "Microsoft Entra ID: not configured",
        "Commvault: not configured",
    ]


def test_the_environment_alone_is_a_connection(site: Simulator, play: Player) -> None:
    site.journal.clear()
    told = lines(play(DOCTOR).ok())
    assert_no_writes(site)
    assert "Microsoft Entra ID: signed in" in told and "Commvault: signed in" in told
    assert any("client_secret from environment variable CVOPS_CLIENT_SECRET" in line for line in told)


@pytest.mark.whole
def test_failing_is_asked_for(site: Simulator, doctor: Callable[..., Run]) -> None:
    """doctor_fail turns what is amiss into the end's result, after all was said; without it the run ends well."""
    document = site.variables()
    assert doctor({**document, "doctor_fail": True}).rc == 0
    broken = copy.deepcopy(document)
    broken["cvops_connection"]["entra"]["client_secret"] = "wrong"
    assert doctor(broken).rc == 0
    run = doctor({**broken, "doctor_fail": True})
    assert run.rc != 0
    said = "\n".join(run.one("Fail when something is amiss")["msg"])
    assert "AADSTS7000215" in said and "site cannot run: Microsoft Entra ID: sign-in failed" in said
    assert "Commvault: signed in" in lines(run)


@pytest.mark.parametrize("relative", [False, True])
def test_what_was_found_as_a_file(site: Simulator, doctor: Callable[..., Run], tmp_path: t.Any, relative: bool) -> None:
    path = tmp_path / "found.json"
    run = doctor({**site.variables(), "doctor_file": path.name if relative else str(path)}, check=True).ok()
    path = run.folder / path.name if relative else path
    found = json.loads(path.read_text())
    assert found["cs01"]["playbooks"]["site"]["can_run"] is True
    assert path.stat().st_mode & 0o777 == 0o600
    assert run.stats["changed"] == 0


def test_probes_ask_by_reads_alone_and_write_no_name(
    make_site: Callable[..., Simulator], make_player: Callable[[Simulator], Player], tmp_path: t.Any
) -> None:
    """The tenant is asked once, each CommCell for itself; a site with names in every place leaves none of them in the file."""
    site = make_site(set="M")
    path = tmp_path / "probes.json"
    site.journal.clear()
    run = make_player(site)(
        DOCTOR,
        extra_vars={**site.variables(), "doctor_probe_file": str(path)},
        check=True,
        env=dict.fromkeys(connection_of(site), ""),
    ).ok()
    assert_no_writes(site)
    assert run.stats["changed"] == 0 and path.stat().st_mode & 0o777 == 0o600
    found = json.loads(path.read_text())
    assert [one["format"] for one in found] == ["cvops.identity/probes/1"] * len(site.commcells)
    assert [one["commvault_release"] for one in found] == [44] * len(site.commcells)
    verdicts = [{row["id"]: row["verdict"] for row in one["answers"]} for one in found]
    settled = {name for name, verdict in verdicts[0].items() if verdict != "could not be asked"}
    # the trail shows the run's own log-in after some seconds: whether it is asked by then is a matter of speed
    assert settled - {"commvault-audit-columns"} == {
        "graph-token-claims",
        "graph-absent-object",
        "graph-deleted-applications",
        "graph-sign-in-kinds",
        "commvault-saml-absent",
        "commvault-credential-secret",
        "commvault-credential-environment",
        "commvault-inherited-grants",
    }
    assert {verdict for of_cell in verdicts for verdict in of_cell.values()} == {"confirmed", "could not be asked"}
    assert all(
        set(of_cell) == {name for name in verdicts[0] if name.startswith("commvault-")} for of_cell in verdicts[1:]
    )
    told = [line for result in run.of("Report the open questions") for line in result["msg"]]
    assert [line.partition(":")[0] for line in told] == [name for of_cell in verdicts for name in of_cell]

    names = {user["displayName"] for user in site.tenant.users.values()}
    names |= {group["displayName"] for group in site.tenant.groups.values()} | set(site.tenant.users)
    for cell in site.commcells.values():
        names |= {one.name for kind in (cell.state.users, cell.state.groups, cell.state.roles) for one in kind}
    text = path.read_text()
    assert [name for name in names if len(name) > 5 and name in text] == []
