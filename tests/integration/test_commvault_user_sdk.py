# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The official SDK reads what commvault_user writes, and commvault_user leaves what the SDK has written."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import pytest
from cvops_simulator import Simulator
from helpers.checks import assert_no_writes
from helpers.direct import run_body

from ansible_collections.cvops.identity.plugins.modules import commvault_user as module

commcell_module = pytest.importorskip(
    "cvpysdk.commcell", reason="the official SDK is installed with the simulator's tests"
)

LOCAL: dict[str, t.Any] = {
    "name": "jvega",
    "kind": "local",
    "full_name": "J. Vega",
    "email": "jvega@corp.example",
    "user_principal_name": "j.vega@corp.example",
    "description": "First line",
    "password": "Not-a-real-1",
    "user_groups": ["Storage Team", "View All"],
}


@pytest.fixture
def sdk(site: Simulator) -> Iterator[t.Any]:
    """The SDK, signed in as the automation account."""
    cell = site.commcells["cs01"]
    name, password = cell.automation
    commcell = commcell_module.Commcell(
        f"localhost:{cell.port}", name, password, certificate_path=str(site.ca_path), force_https=True
    )
    yield commcell
    commcell.logout()


def run(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    result = run_body(module, site, options)
    assert not result.get("failed"), result["msg"]
    return result


def test_the_sdk_reads_what_the_module_writes(site: Simulator, sdk: t.Any) -> None:
    assert run(site, **LOCAL)["changed"]
    sdk.users.refresh()
    user = sdk.users.get("jvega")
    assert (user.full_name, user.email, user.description) == ("J. Vega", "jvega@corp.example", "First line")
    assert (user.upn, user.status) == ("j.vega@corp.example", True)
    assert sorted(user.associated_usergroups) == ["Storage Team", "View All"]
    cell = site.commcells["cs01"]
    signed_in = commcell_module.Commcell(
        f"localhost:{cell.port}", "jvega", "Not-a-real-1", certificate_path=str(site.ca_path), force_https=True
    )
    assert signed_in.commcell_username == "jvega"
    signed_in.logout()

    changed = {**LOCAL, "enabled": False, "user_groups": ["View All"], "exclusive": True}
    assert run(site, **changed)["changed"]
    user.refresh()
    assert (user.status, user.associated_usergroups) == (False, ["View All"])
    assert run(site, name="jvega", state="absent", new_owner={"user": "admin"})["changed"]
    sdk.users.refresh()
    assert not sdk.users.has_user("jvega")


def test_the_module_leaves_what_the_sdk_writes(site: Simulator, sdk: t.Any) -> None:
    sdk.users.add("kim", "kim@corp.example", "Kim", password="Not-a-real-2", local_usergroups=["Storage Team"])
    sdk.users.v4_add("lee", "lee@corp.example", "Lee", password="Not-a-real-2", local_usergroups=["Storage Team"])
    sdk.users.get("kim").description = "by the SDK"  # an update of the SDK writes the name in small letters
    site.journal.clear()
    for name, full_name, description in (("Kim", "Kim", "by the SDK"), ("LEE", "Lee", "")):
        wanted = {
            "name": name,
            "kind": "local",
            "full_name": full_name,
            "email": f"{name}@corp.example",
            "user_principal_name": f"{name}@corp.example",
            "description": description,
            "enabled": True,
            "password": "Not-a-real-2",
            "user_groups": ["Storage Team"],
            "exclusive": True,
        }
        result = run(site, **wanted)
        assert not result["changed"], result["steps"]
    assert_no_writes(site)


def test_a_service_account_of_the_sdk_is_taken_up_when_it_is_approved(site: Simulator, sdk: t.Any) -> None:
    wanted = {"name": "robot", "kind": "service_account", "full_name": "Robot"}
    with pytest.raises(commcell_module.SDKException):  # it looks for the account, which waits
        sdk.users.add_service_account("robot", "Robot")
    waiting = run(site, **wanted)
    assert not waiting["changed"] and waiting["user"]["pending_approval"] is True
    site.commcells["cs01"].user("robot").approved = True
    ready = run(site, **wanted)
    assert not ready["changed"] and ready["user"]["pending_approval"] is False
    sdk.users.refresh()
    assert sdk.users.get("robot").full_name == "Robot"
