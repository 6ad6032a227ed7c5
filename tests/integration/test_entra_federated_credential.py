# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_federated_credential against the simulator, and a sign-in with what it made."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.modules import connection_info
from ansible_collections.cvops.identity.plugins.modules import entra_federated_credential as module

pytestmark = pytest.mark.any_core

APPLICATION = {
    "name": "application",
    "cvops.identity.entra_application": {"unique_name": "automation", "display_name": "Automation"},
}
WANTED: dict[str, t.Any] = {
    "application": {"unique_name": "automation"},
    "name": "github-main",
    "description": "Converges access",
    "github": {"repository": "corp/access", "branch": "main"},
}


def task(**options: t.Any) -> dict[str, t.Any]:
    """One task of the module."""
    return {"name": "credential", "cvops.identity.entra_federated_credential": options}


def stored(site: Simulator, application: str = "Automation") -> list[dict[str, t.Any]]:
    """The credentials that the tenant holds for the application of this name."""
    rows = [row for row in site.tenant.applications.values() if row["displayName"] == application]
    return site.tenant.federated_credentials(rows[0]["id"]) if rows else []


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """With its application from nothing: predict, create, leave alone, change, delete, leave alone."""
    both = [APPLICATION, task(**WANTED)]
    site.journal.clear()
    predicted = play(both, check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert predicted.result["federated_credential"]["id"] is None

    real = play(both, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    (row,) = stored(site)
    assert (row["subject"], row["audiences"]) == (
        "repo:corp/access:ref:refs/heads/main",
        ["api://AzureADTokenExchange"],
    )
    assert real.result["federated_credential"]["id"] == row["id"]

    site.journal.clear()
    again = play(both, diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert again.result["federated_credential"] == real.result["federated_credential"]
    assert_no_writes(site)

    changed = task(**{**WANTED, "github": {"repository": "corp/access", "environment": "prod"}})
    assert_diff_agrees(
        play([changed], check=True, diff=True, in_process=in_process).ok(),
        play([changed], diff=True, in_process=in_process).ok(),
    )
    assert stored(site)[0]["subject"] == "repo:corp/access:environment:prod"
    assert stored(site)[0]["id"] == row["id"]

    gone = [task(application={"unique_name": "automation"}, name="github-main", state="absent")]
    assert play(gone, in_process=in_process).ok().result["federated_credential"] == {}
    site.journal.clear()
    assert not play(gone, in_process=in_process).ok().result["changed"]
    assert_no_writes(site)


def test_a_lost_answer_makes_no_second_credential(site: Simulator) -> None:
    options = {**WANTED, "application": {"object_id": site.automation.app_object_id}}
    site.faults.add(Fault(service="graph", method="PATCH", path="*federated*", action="drop_after"))
    site.faults.add(Fault(service="graph", method="PATCH", path="*federated*", action="status", status=429, after=1))
    result = run_body(module, site, options)
    assert not result.get("failed"), result["msg"]
    (row,) = site.tenant.federated_credentials(site.automation.app_object_id)
    assert result["federated_credential"]["id"] == row["id"]


def test_a_managed_identity_signs_in_through_it(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The preset's issuer and subject are what the managed identity's token presents."""
    identity = site.imds.assign("rotator", system=False)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", site.imds_url)
    options = {
        "application": {"app_id": site.automation.client_id},
        "name": "rotator",
        "managed_identity": {"object_id": identity.object_id},
    }
    assert run_body(module, site, options)["changed"]
    result = run_body(
        connection_info,
        site,
        {"client_secret": None, "federated_managed_identity": identity.client_id, "commvault_url": None},
    )
    entra = result["connection"]["entra"]
    assert (entra["status"], entra["identity"]["app_id"]) == ("ok", site.automation.client_id)


def test_bad_input(site: Simulator) -> None:
    """All of it is said before anything is written."""
    mine = {"application": {"object_id": site.automation.app_object_id}}
    run_body(module, site, {**WANTED, **mine})
    site.journal.clear()
    for options, said in (
        ({**WANTED, "application": {"unique_name": "no-such"}}, "no application with unique_name no-such"),
        ({**WANTED, **mine, "name": "x"}, "3 to 120 letters"),
        ({**WANTED, **mine, "name": "second"}, "github-main"),
        ({**mine, "name": "none"}, "any of the following"),
        ({**WANTED, **mine, "issuer": "https://x", "subject": "y"}, "mutually exclusive"),
        ({**mine, "name": "half", "issuer": "https://x"}, "required together"),
    ):
        result = run_body(module, site, options)
        assert result["failed"] and said in result["msg"], (said, result["msg"])
    assert_no_writes(site)


def test_the_last_of_twenty_is_told_and_the_next_refused(site: Simulator) -> None:
    mine = {"application": {"object_id": site.automation.app_object_id}, "issuer": "https://x.example"}
    for number in range(19):
        run_body(module, site, {**mine, "name": f"ci-{number}", "subject": str(number)})
    last = run_body(module, site, {**mine, "name": "ci-last", "subject": "last"})
    assert any("last of 20" in warning for warning in last["warnings"])
    site.journal.clear()
    refused = run_body(module, site, {**mine, "name": "ci-more", "subject": "more"})
    assert refused["error"]["kind"] == "config" and "all 20" in refused["msg"]
    assert writes(site) == []
