# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Entra side of a simulated site as variables: run against the same tenant, they change nothing."""

from __future__ import annotations

import pathlib
import stat
import typing as t
from collections.abc import Callable

import pytest
import yaml
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.grants import assign_role
from helpers.checks import assert_no_writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.export_entra import export_entra
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import read_snapshot
from ansible_collections.cvops.identity.plugins.modules import (
    entra_admin_consent,
    entra_app_role_assignment,
    entra_application,
    entra_conditional_access_policy,
    entra_federated_credential,
    entra_groups,
    entra_named_location,
    entra_service_principal,
    entra_snapshot,
)

pytestmark = pytest.mark.any_core

Variables = dict[str, t.Any]


def export(site: Simulator, folder: pathlib.Path, *applications: str) -> t.Any:
    """The export of the site's groups and of *applications*."""
    groups = [row["id"] for row in site.tenant.groups.values()]
    options = {"dest": str(folder), "applications": list(applications), "groups": groups}
    result = run_body(entra_snapshot, site, options)
    assert not result.get("failed"), result["msg"]
    document = read_snapshot(str(folder)).entra
    assert document is not None
    return export_entra(document)


def run_all(site: Simulator, variables: Variables) -> list[dict[str, t.Any]]:
    """The results, in check mode, of the modules that the roles call with *variables*."""
    found = []

    def run(module: t.Any, options: t.Mapping[str, t.Any]) -> None:
        result = run_body(module, site, options, check=True)
        assert not result.get("failed"), (module.__name__, options, result["msg"])
        found.append(result)

    application = dict(variables.get("cvops_application") or {})
    if application:
        principal = application.pop("service_principal", {})
        consent = application.pop("grant_admin_consent", False)
        assigned = application.pop("app_role_assignments", {})
        key = {name: application[name] for name in ("unique_name", "app_id") if name in application}
        run(entra_application, application)
        run(entra_service_principal, {"application": key, **principal})
        if consent:
            run(entra_admin_consent, {"application": key, "api_permissions": application["api_permissions"]})
        if assigned:
            run(entra_app_role_assignment, {"application": key, **assigned})
    if variables.get("cvops_entra_groups"):
        run(entra_groups, {"groups": variables["cvops_entra_groups"]})
    access = variables.get("cvops_conditional_access") or {}
    for location in access.get("named_locations", []):
        run(entra_named_location, location)
    for policy in access.get("policies", []):
        run(entra_conditional_access_policy, policy)
    return found


def test_what_was_exported_changes_nothing(
    site: Simulator, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_clock(monkeypatch, site)
    tenant = site.tenant
    application = next(row for row in tenant.applications.values() if row["displayName"] == "Commvault management API")
    principal = t.cast("Variables", tenant.service_principal_of(application["appId"]))
    role = principal["appRoles"][0]["id"]
    for holder in (next(iter(tenant.groups)), next(iter(tenant.users)), site.identity(name="job").object_id):
        assign_role(tenant, holder, principal["id"], role, replicated=True)
    found = export(site, tmp_path, "commvault-management", site.automation.client_id)
    assert len(found["variables"]) == 2 and len(found["variables"][0]["cvops_entra_groups"]) >= 3
    assert {"cvops_application"} == set(found["variables"][1])
    site.journal.clear()
    for variables in found["variables"]:
        for result in run_all(site, variables):
            assert not result["changed"], result["steps"]
    assert_no_writes(site)


def make_policies(site: Simulator) -> None:
    """A named location of each kind, and a policy that names one."""
    made = (
        (entra_named_location, {"display_name": "Offices", "ip_ranges": ["203.0.113.0/24"], "trusted": True}),
        (entra_named_location, {"display_name": "Homes", "countries": ["DE", "FR"]}),
        (
            entra_conditional_access_policy,
            {
                "display_name": "CA-Backup-MFA",
                "policy_state": "report_only",
                "users": {"include": {"groups": [next(iter(site.tenant.groups))]}},
                "applications": {"include": ["Commvault management API"]},
                "locations": {"include": ["all"], "exclude": ["Offices"]},
                "grant": {"controls": ["mfa"]},
            },
        ),
    )
    for module, options in made:
        result = run_body(module, site, options)
        assert not result.get("failed"), result["msg"]


def read_file(path: pathlib.Path) -> Variables:
    """The variables in a file, which has no tag."""
    found: Variables = yaml.safe_load(path.read_text())
    return found


@pytest.mark.parametrize("check", [False, pytest.param(True, marks=pytest.mark.whole)])
def test_the_playbook(
    site: Simulator, play: Player, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    """One file, which run with the playbook site changes nothing; the private folder is gone; check mode writes nothing."""
    share_clock(monkeypatch, site)
    make_policies(site)
    path = tmp_path / "entra.yml"
    connection = site.variables()["cvops_connection"]
    variables = {
        "cvops_connection": connection,
        "cvops_entra_groups": site.variables()["cvops_entra_groups"],
        "cvops_application": {"unique_name": "commvault-management"},
    }
    site.journal.clear()
    run = play(
        "cvops.identity.export_entra", check=check, extra_vars={**variables, "export_entra_file": str(path)}
    ).ok()
    assert_no_writes(site)
    assert path.exists() is not check
    assert not pathlib.Path(run.one("Make a private folder")["path"]).exists()
    assert site.automation.client_secret not in run.text
    if check:
        return
    first = path.read_bytes()
    exported = read_file(path)
    assert set(exported) == {"cvops_application", "cvops_entra_groups", "cvops_conditional_access"}
    assert len(exported["cvops_entra_groups"]) >= len(variables["cvops_entra_groups"])
    play("cvops.identity.export_entra", extra_vars={**variables, "export_entra_file": str(path)}).ok()
    assert path.read_bytes() == first
    site.journal.clear()
    again = play("cvops.identity.site", check=True, extra_vars={**exported, "cvops_connection": connection}).ok()
    assert again.stats["changed"] == 0, again.text
    assert_no_writes(site)


@pytest.mark.whole
def test_names_are_data_and_each_application_has_its_file(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    """What somebody names in Entra ID is not evaluated; a second application has a file of its own."""
    name = "GG {{ lookup('pipe', 'id') }}"
    site.tenant.add(
        "group", {"displayName": name, "securityEnabled": True, "uniqueName": "gg-hostile"}, replicated=True
    )
    path = tmp_path / "entra.yml"
    extra = {
        "cvops_connection": site.variables()["cvops_connection"],
        "export_entra_file": str(path),
        "export_entra_applications": ["commvault-management", site.automation.client_id],
        "export_entra_groups": ["gg-hostile"],
    }
    run = play("cvops.identity.export_entra", extra_vars=extra).ok()
    assert "uid=" not in run.text and f'!unsafe "{name}"' in path.read_text()
    second = read_file(tmp_path / "entra-2.yml")
    assert set(second) == {"cvops_application"} and stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_stays_after_a_failure(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    site.faults.add(Fault("graph", "GET", "*/organization", "status", status=503, times=0))
    extra = {
        "cvops_connection": {**site.variables()["cvops_connection"]},
        "export_entra_file": str(tmp_path / "entra.yml"),
    }
    run = play("cvops.identity.export_entra", extra_vars=extra)
    assert run.rc != 0 and not (tmp_path / "entra.yml").exists()
    assert not pathlib.Path(run.one("Make a private folder")["path"]).exists()


@pytest.mark.whole
def test_set_m_changes_nothing(
    make_site: Callable[..., Simulator], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site(set="M")
    share_clock(monkeypatch, site)
    found = export(site, tmp_path, "commvault-management")
    for result in run_all(site, found["variables"][0]):
        assert not result["changed"], result["steps"]
    assert export(site, tmp_path, "commvault-management") == found


def test_what_no_variable_says_is_told(
    site: Simulator, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Federated credentials come with the options of the module that takes them, and these change nothing."""
    share_clock(monkeypatch, site)
    trust = {"issuer": "https://token.actions.githubusercontent.com", "subject": "repo:corp/backup:ref:refs/heads/main"}
    key = {"application": {"unique_name": "commvault-management"}}
    made = run_body(entra_federated_credential, site, {**key, "name": "pipeline", **trust})
    assert not made.get("failed"), made["msg"]
    found = export(site, tmp_path, "commvault-management")
    (row,) = [one for one in found["other"] if one["kind"] == "federated credential"]
    result = run_body(entra_federated_credential, site, row["options"], check=True)
    assert not result.get("failed") and not result["changed"], result
    assert any(one["kind"] == "group" and "on-premises" in one["why"] for one in found["other"])
