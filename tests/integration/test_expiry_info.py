# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""expiry_info against the simulator: what it reads, with how few requests, and what it says of what it cannot read."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.direct import run_body
from helpers.expiring import APPLICATIONS, VALUES, seed_expiring
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.modules import expiry_info

pytestmark = pytest.mark.any_core


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    return [{"name": "expiry", "cvops.identity.expiry_info": {"commcell": "cs01", **options}}]


def run(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    """Run the module's body in this process."""
    return run_body(expiry_info, site, {"commcell": "cs01", **options})


def count_requests(site: Simulator) -> int:
    """Requests to Graph; a batch is one, whatever is in it."""
    return sum(entry.user_agent != "$batch" for entry in site.journal.entries("graph"))


def states(result: t.Mapping[str, t.Any]) -> dict[tuple[str | None, str | None], str]:
    """States by consumer and label of the key."""
    return {(row["consumer"], row["name"]): row["state"] for row in result["expiring"]["rows"]}


EXPECTED = {
    (None, "ended"): "superseded",
    ("credential azure-prod", "soon"): "warning",
    ("Microsoft 365 client OneDrive through credential azure-prod", "soon"): "warning",
    ("Microsoft 365 client Dynamics", None): "unknown",
    ("Microsoft 365 client Exchange", None): "unknown",
    ("Microsoft 365 client SharePoint", None): "unknown",
    ("key management server vault-kms", None): "unknown",
    (None, "hidden"): "warning",
    ("OIDC app console", "later"): "ok",
    (None, "for ever"): "no_end",
    (None, "awx"): "no_end",
    ("SAML app corp.example", "CN=Commvault"): "warning",
    ("SAML app corp.example", None): "unknown",
    ("user admin", "ci"): "warning",
    (None, None): "missing",
}


def test_everything_that_expires_by_who_uses_it(site: Simulator, play: Player, in_process: bool) -> None:
    seed_expiring(site)
    site.journal.clear()
    asked = [{"unique_name": name} for name in (*APPLICATIONS, "not-there")]
    run = play(task(applications=asked), in_process=in_process).ok()
    assert states(run.result) == EXPECTED
    found = run.result["expiring"]
    assert (found["state"], found["partial"], run.result["changed"]) == ("missing", False, False)
    assert {source["status"] for source in found["sources"]} == {"read"}
    assert_no_writes(site)
    assert_no_secrets(run, [run.folder], VALUES)
    # Graph: the applications in one batch, what belongs to them in another, what signs in a third. CommCell: who signs in and the tokens, the
    # list of credentials and one of them, the two lists of identity providers, one SAML app, one OpenID Connect app, the two
    # lists of Microsoft 365 clients, two requests for each client and three for SharePoint, the key management servers.
    assert count_requests(site) == 3
    assert run.result["stats"]["reads"] == 3 + 7 + 1 + 2 + 3 * 2 + 3 + 1


def test_what_else_is_to_be_known_of_keys(site: Simulator, play: Player) -> None:
    seed_expiring(site)
    asked = [{"unique_name": name} for name in APPLICATIONS]
    rows = play(task(applications=asked)).ok().result["expiring"]["rows"]
    found = {row["name"]: row["findings"] for row in rows if row["findings"]}
    assert found == {"hidden": ["of_service_principal", "no_known_consumer"], "for ever": ["no_end"]}


def test_sources_that_the_account_may_not_read_can_be_left_out(site: Simulator, play: Player) -> None:
    seed_expiring(site)
    for path in ("*/KeyManagementServers*", "*/Office365/*"):
        site.faults.add(Fault("cs01", "GET", path, "status", status=403, times=0))
    left_out = ["key_management_servers", "office365_clients"]
    run = play(task(services=["commvault"], fail_below_days=0))
    assert "key management servers of Commvault (cs01) could not be read" in run.result["msg"]
    found = play(task(services=["commvault"], fail_below_days=0, leave_out=left_out)).ok().result["expiring"]
    assert [source["what"] for source in found["sources"] if source["status"] == "left_out"] == sorted(left_out)[::-1]
    assert not found["partial"]


def test_all_applications_of_the_tenant(site: Simulator) -> None:
    seed_expiring(site)
    site.journal.clear()
    result = run(site, services=["entra"])
    assert not result.get("failed"), result["msg"]
    rows = result["expiring"]["rows"]
    assert {row["application"] for row in rows} > set(APPLICATIONS)
    assert {source["service"] for source in result["expiring"]["sources"]} == {"entra"}
    # Two lists of one page each, one batch for the federated credentials of up to twenty applications, one for what signs.
    assert count_requests(site) == 4


def test_a_threshold_fails_the_task_with_all_that_it_has_read(site: Simulator) -> None:
    seed_expiring(site)
    asked = [{"unique_name": APPLICATIONS[0]}]
    result = run(site, services=["entra"], applications=asked, fail_below_days=15)
    assert result["failed"]
    assert states(result)[None, "soon"] == "critical"
    assert result["error"]["kind"] == "expiry"
    assert "12 days left" in result["msg"]


def test_a_source_that_cannot_be_read_is_told(site: Simulator) -> None:
    seed_expiring(site)
    site.faults.add(Fault("graph", "GET", "*/federatedIdentityCredentials*", "status", status=403, times=0))
    result = run(site, services=["entra"], applications=[{"unique_name": APPLICATIONS[0]}])
    assert not result.get("failed"), result["msg"]
    found = result["expiring"]
    failed = [source["what"] for source in found["sources"] if source["status"] == "failed"]
    assert (failed, found["partial"]) == (["federated_credentials"], True)
    assert "federated credentials of Entra ID could not be read" in str(result["warnings"])
    result = run(site, services=["entra"], applications=[{"unique_name": APPLICATIONS[0]}], fail_below_days=0)
    assert "federated credentials of Entra ID could not be read" in result["msg"]


def test_where_no_service_can_be_read_the_task_fails(site: Simulator) -> None:
    site.faults.add(Fault("graph", "GET", "*/applications*", "status", status=403, times=0))
    result = run(site, services=["entra"])
    assert result["failed"]
    assert result["error"]["kind"] == "forbidden"
    assert "expiring" not in result
