# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""connection_info against the simulator: both sides, either side, and sides that misbehave."""

from __future__ import annotations

import datetime
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.direct import connection, run_body
from helpers.people import persons_token
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock
from ansible_collections.cvops.identity.plugins.modules import connection_info as module

pytestmark = pytest.mark.any_core

TASK = {"name": "who", "cvops.identity.connection_info": {}}
NO_ENTRA = dict.fromkeys(("tenant_id", "client_id", "client_secret"))


def look(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    """What the module finds."""
    result = run_body(module, site, options)
    assert not result.get("failed"), result["msg"]
    assert result["changed"] is False
    return t.cast("dict[str, t.Any]", result["connection"])


def test_both_sides(site: Simulator, play: Player, in_process: bool) -> None:
    """In a real run, both ways: identity, sources from the environment, and not one write."""
    site.journal.clear()
    run = play([TASK], check=True, in_process=in_process).ok()
    found = run.one("who")["connection"]
    assert_no_writes(site)
    entra, cell = found["entra"], found["commvault"]
    assert (entra["status"], entra["method"], entra["error"]) == ("ok", "client_secret", None)
    assert entra["identity"]["kind"] == "application"
    assert entra["identity"]["object_id"] == site.automation.object_id
    assert entra["identity"]["app_id"] == site.automation.client_id
    assert entra["sources"]["client_secret"] == "environment variable CVOPS_CLIENT_SECRET"
    assert "Application.ReadWrite.All" in entra["permissions"]
    assert entra["tenant"] == {"id": site.tenant_id, "display_name": "Corp Example", "domains": [site.tenant_domain]}
    assert entra["ca"] == f"CA bundle {site.ca_path}" and entra["proxy"] == "no proxy"
    assert entra["clock_difference_s"] == 0 and entra["latency_ms"] < 5000
    assert 3000 < entra["token_life_s"] <= 3600

    (service,) = site.commcells.values()
    assert (cell["status"], cell["release"], cell["url"]) == ("ok", "11.44", service.url)
    assert cell["identity"]["user_name"] == service.admin[0]
    assert cell["identity"]["groups"] == ["master"]
    assert cell["commcell"] == {"id": "2", "name": service.name}
    assert {"id": "31", "name": "View"} in cell["rights"]
    assert {verdict["can_run"] for verdict in found["playbooks"].values()} == {True}
    assert run.one("who")["stats"]["writes"] == 0
    assert_no_secrets(run, [run.folder / "results.jsonl"], [site.automation.client_secret, service.admin[1]])


def test_only_what_is_in_the_token_counts(site: Simulator) -> None:
    """An identity with little is told what it lacks, and what it may not read is None."""
    little = site.identity("GroupMember.Read.All")
    found = look(site, client_id=little.client_id, client_secret=little.client_secret)
    entra = found["entra"]
    assert entra["status"] == "ok"
    assert entra["permissions"] == ["GroupMember.Read.All"]
    assert entra["tenant"] == {"id": site.tenant_id, "display_name": None, "domains": None}
    assert entra["owned_applications"] is None
    site_verdict = found["playbooks"]["site"]
    assert site_verdict["can_run"] is False
    assert site_verdict["missing"] == ["Application.ReadWrite.OwnedBy", "Group.Create", "User.Read.All"]
    assert found["playbooks"]["doctor"]["can_run"] is True
    mapping_only = look(
        site, client_id=little.client_id, client_secret=little.client_secret, uses=["role_mappings", "group_names"]
    )
    assert mapping_only["playbooks"]["site"]["can_run"] is True


def test_without_any_permission_signing_in_is_enough(site: Simulator) -> None:
    bare = site.identity(name="bare")
    entra = look(site, client_id=bare.client_id, client_secret=bare.client_secret)["entra"]
    assert (entra["status"], entra["permissions"], entra["clock_difference_s"]) == ("ok", [], 0)


def test_owned_applications_are_counted(site: Simulator) -> None:
    for application in list(site.tenant.applications.values())[:2]:
        site.tenant.relate("owners", application["id"], [site.automation.object_id])
    assert look(site)["entra"]["owned_applications"] == 2


def test_half_of_the_connection(site: Simulator) -> None:
    """Either side may be missing; nothing is sent there, and the other is read."""
    site.journal.clear()
    cell_only = look(site, **NO_ENTRA)
    assert cell_only["entra"]["status"] == "not_configured" and cell_only["commvault"]["status"] == "ok"
    assert not site.journal.entries(service="login") and not site.journal.entries(service="graph")
    assert cell_only["playbooks"]["site"]["reason"] == "Microsoft Entra ID: not configured"
    entra_only = look(site, commvault_url=None)
    assert entra_only["entra"]["status"] == "ok" and entra_only["commvault"]["status"] == "not_configured"
    assert entra_only["playbooks"]["bootstrap"]["can_run"] is True
    nothing = look(site, **NO_ENTRA, commvault_url=None)
    assert nothing["playbooks"]["doctor"]["can_run"] is False
    assert nothing["report"]["entra"][0] == "Microsoft Entra ID: not configured"


@pytest.mark.parametrize(
    ("side", "options", "kind", "words"),
    [
        ("entra", {"client_secret": "wrong"}, "auth", "AADSTS7000215"),
        ("entra", {"tenant_id": None, "client_id": None}, "config", "lacks tenant_id, client_id"),
        ("entra", {"ca_path": "/nowhere/ca.pem"}, "config", "/nowhere/ca.pem"),
        ("entra", {"graph_url": "http://localhost"}, "config", "not an https address"),
        ("commvault", {"commvault_password": "wrong"}, "auth", "Cannot log in"),
        ("commvault", {"commvault_username": None}, "config", "commvault_username"),
        ("commvault", {"commvault_url": "https://localhost:9/api", "retries": 0}, "unreachable", "refused"),
        ("commvault", {"commvault_company": "no such company"}, "not_found", "no such company"),
    ],
)
def test_a_side_that_fails_never_hides_the_other(
    site: Simulator, side: str, options: dict[str, t.Any], kind: str, words: str
) -> None:
    found = look(site, **options)
    other = {"entra": "commvault", "commvault": "entra"}[side]
    assert found[side]["status"] == "failed" and found[other]["status"] == "ok"
    assert found[side]["error"]["kind"] == kind and words in found[side]["error"]["msg"]
    assert "FAILED" in found["report"][side][0]
    assert found["playbooks"]["doctor"]["can_run"] is True
    assert found["playbooks"]["site"]["can_run"] is False


@pytest.mark.parametrize(("action", "kind"), [("html", "api"), ("garbage", "bad_answer"), ("empty", "bad_answer")])
def test_services_that_answer_nonsense(site: Simulator, action: str, kind: str) -> None:
    """Graph behind a broken gateway is a failed side, not a crash; so is a CommServe."""
    site.faults.add(Fault(service="graph", action=action, times=50))
    site.faults.add(Fault(service="cs01", path="*WhoAmI*", action=action, times=50))
    found = look(site, retries=0)
    assert found["entra"]["error"]["kind"] == found["commvault"]["error"]["kind"] == kind


def test_a_commserve_that_does_not_tell_rights_leaves_the_verdict_open(site: Simulator) -> None:
    site.faults.add(Fault(service="cs01", path="*Permissions*", action="status", status=404, times=50))
    found = look(site)
    assert found["commvault"]["status"] == "ok" and found["commvault"]["rights"] is None
    assert found["playbooks"]["site"]["can_run"] is None


def test_inside_a_company(make_site: Callable[..., Simulator]) -> None:
    site = make_site(set="M")
    service = next(iter(site.commcells.values()))
    company = next(iter(service.state.companies))
    found = look(site, commvault_company=company.name)
    assert found["commvault"]["company"] == company.name


def test_what_is_required_decides_whether_the_task_fails(site: Simulator) -> None:
    assert run_body(module, site, {"require": ["entra", "commvault", "site"]})["changed"] is False
    result = run_body(module, site, {"commvault_password": "wrong", "require": ["entra", "commvault"]})
    assert result["failed"] and result["error"]["kind"] == "requirement"
    assert "Cannot log in" in result["msg"]
    assert result["error"]["connection"]["entra"]["status"] == "ok"
    little = site.identity("User.Read.All")
    options = {"client_id": little.client_id, "client_secret": little.client_secret, "require": ["site"]}
    assert "Group.Create" in run_body(module, site, options)["msg"]


def test_a_person_with_their_own_token(site: Simulator) -> None:
    """Scopes and roles of a person; this tenant does not tell the roles, so the verdict stays open."""
    user, token = persons_token(site, "Application.ReadWrite.All", "Group.ReadWrite.All", "User.Read.All")
    found = look(site, **NO_ENTRA, access_token=token, commvault_url=None)
    entra = found["entra"]
    assert (entra["method"], entra["identity"]["kind"]) == ("token", "user")
    assert entra["identity"]["user_name"] == user["userPrincipalName"]
    assert entra["permissions"] == ["Application.ReadWrite.All", "Group.ReadWrite.All", "User.Read.All"]
    assert entra["directory_roles"] is None
    bootstrap = found["playbooks"]["bootstrap"]
    assert bootstrap["can_run"] is None and "Cloud Application Administrator" in bootstrap["missing"]


def test_a_managed_identity(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = site.imds.assign("worker", "Group.Create")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", site.imds_url)
    entra = look(site, **NO_ENTRA, auth_method="managed_identity", commvault_url=None)["entra"]
    assert entra["status"] == "ok", entra["error"]
    assert (entra["identity"]["kind"], entra["identity"]["object_id"]) == ("managed_identity", identity.object_id)


def test_a_wrong_clock_is_told_even_when_signing_in_fails(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    now = Clock.now
    monkeypatch.setattr(Clock, "now", lambda self: now(self) + datetime.timedelta(minutes=10))
    found = look(site)
    assert -603 <= found["entra"]["clock_difference_s"] <= -597
    assert -603 <= found["commvault"]["clock_difference_s"] <= -597
    assert any("SET THE CLOCK" in line for line in found["report"]["entra"])
    failed = look(site, client_secret="wrong")["entra"]
    assert failed["status"] == "failed" and -603 <= failed["clock_difference_s"] <= -597


def test_query(site: Simulator) -> None:
    result = run_body(module, site, {"query": "playbooks.site.can_run"})
    assert result["connection"] is True


def test_few_requests(site: Simulator) -> None:
    """It is run first and often: six reads, one sign-in on each side."""
    result = run_body(module, site, {})
    assert (result["stats"]["reads"], result["stats"]["sign_ins"], result["stats"]["writes"]) == (6, 2, 0)


def test_an_old_release(make_site: Callable[..., Simulator]) -> None:
    site = make_site(set="S", release=32)
    assert look(site)["commvault"]["release"] == "11.32"


def test_the_connection_of_the_tests_is_complete(site: Simulator) -> None:
    """The cases above take options away from this."""
    assert {"tenant_id", "client_id", "client_secret", "commvault_url"} <= connection(site).keys()
