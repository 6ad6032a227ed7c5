# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commvault's lists lag behind writes: each noun is created, changed, deleted and created again, and always once."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from helpers.direct import run_body
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import (
    commvault_access_token,
    commvault_credential,
    commvault_role,
    commvault_user,
    commvault_user_group,
)

pytestmark = pytest.mark.any_core

LAG_S = 0.7
ROLE = {"name": "Tape courier", "permissions": ["View"]}
GROUP = {"name": "tape couriers", "members": ["breakglass"]}
USER = {
    "name": "jvega",
    "kind": "local",
    "email": "jvega@corp.example",
    "description": "First line",
    "user_groups": ["View All"],
}
TOKEN = {"name": "nightly", "allowed_ips": ["10.0.0.1", "10.0.0.2"]}
CREDENTIAL = {
    "name": "azure-tape",
    "azure_tenant_id": "11111111-2222-4333-8444-555555555555",
    "azure_application_id": "66666666-7777-4888-8999-000000000000",
    "secret": "abc8Q~not-a-real-secret_12345",
    "secret_policy": "fingerprint",
    "secret_fingerprint": "key-1",
}
NOUNS = [
    pytest.param(commvault_role, ROLE, {"enabled": False}, {}, id="role"),
    pytest.param(commvault_user_group, GROUP, {"members": []}, {"transfer_to_user": "admin"}, id="group"),
    pytest.param(commvault_access_token, TOKEN, {"allowed_ips": ["10.0.0.1"]}, {}, id="token"),
    pytest.param(commvault_user, USER, {"user_groups": []}, {"new_owner": {"user": "admin"}}, id="user"),
    pytest.param(commvault_credential, CREDENTIAL, {"secret_fingerprint": "key-2"}, {}, id="credential"),
]


@pytest.fixture
def site(empty_site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Return a site whose CommCell shows each write a while later, and whose clock moves on by as much as a run waits."""
    share_clock(monkeypatch, empty_site)
    empty_site.commcells["cs01"].behaviours.change({"replication_lag": LAG_S})
    return empty_site


@pytest.mark.parametrize("details_lag", [False, True])
@pytest.mark.parametrize(("module", "options", "change", "heir"), NOUNS)
def test_a_task_waits_until_what_it_wrote_is_shown(
    site: Simulator, module: t.Any, options: t.Any, change: t.Any, heir: t.Any, details_lag: bool
) -> None:
    site.commcells["cs01"].behaviours.change({"details_lag": details_lag})
    gone = {"name": options["name"], "state": "absent", **heir}
    for given in (options, {**options, **change}, gone, options):
        first = run_body(module, site, given)
        assert first["changed"] is True, first
        second = run_body(module, site, given)
        assert second.get("changed") is False and not second.get("failed"), second


@pytest.mark.parametrize(("module", "options", "change", "heir"), NOUNS[:2])
def test_what_others_deleted_a_moment_ago_is_created_anew(
    site: Simulator, module: t.Any, options: t.Any, change: t.Any, heir: t.Any
) -> None:
    cell = site.commcells["cs01"]
    run_body(module, site, options)
    cell.behaviours.change({"replication_lag": 3600})
    cell.cell.keep_lists()
    records = cell.state.roles if module is commvault_role else cell.state.groups
    (old,) = records.named(options["name"])
    records.remove(old)
    gone = run_body(module, site, {"name": options["name"], "state": "absent", **heir})
    assert gone["changed"] is False, gone
    cell.behaviours.change({"replication_lag": 0})
    made = run_body(module, site, {**options, "deadline": 8})
    (new,) = records.named(options["name"])
    assert new.id != old.id
    assert made["changed"] is True, made
