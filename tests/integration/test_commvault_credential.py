# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_credential against the simulator."""

from __future__ import annotations

import base64
import pathlib
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import CREDENTIAL, USER, Credential, Grant
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_diff_agrees, assert_no_secrets, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.rotating import Rotating
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import commvault_credential

pytestmark = pytest.mark.any_core

SECRET = "abc8Q~first-not-a-real-secret_12345"
NEXT = "xyz8Q~second-not-a-real-secret_6789"
AZURE: dict[str, t.Any] = {
    "name": "azure-new",
    "description": "Backup of the new subscription",
    "azure_tenant_id": "11111111-2222-4333-8444-555555555555",
    "azure_application_id": "66666666-7777-4888-8999-00000000000A",
    "secret": SECRET,
    "secret_policy": "fingerprint",
    "secret_fingerprint": "key-1",
    "shared_with": [{"user_group": "Storage Team"}, {"user": "breakglass"}],
}
PUBLIC = {
    "active_directory": "https://login.microsoftonline.com/",
    "resource_manager": "https://management.azure.com/",
    "storage": "blob.core.windows.net",
}


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    return [{"name": "credential", "cvops.identity.commvault_credential": options}]


def run(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    """Run the module's body in this process."""
    return run_body(commvault_credential, site, options)


def stored(site: Simulator, name: str = "azure-new") -> list[Credential]:
    """The credentials of this name on the first CommCell."""
    return list(site.commcells["cs01"].state.credentials.named(name))


def own(site: Simulator, name: str = "azure-prod") -> Credential:
    """Return a credential that belongs to the automation account from now on."""
    (credential,) = stored(site, name)
    service = site.commcells["cs01"]
    credential.owner = (USER, service.cell.user(service.automation[0]).id)
    return credential


def shares(site: Simulator, credential: Credential) -> set[str]:
    """Who may use a credential, by name and kind of grant."""
    state = site.commcells["cs01"].state
    names = {(USER, user.id): user.name for user in state.users} | {(15, one.id): one.name for one in state.groups}
    return {
        f"{names[grant.principal]} {grant.kind} {sorted(grant.permission_ids)}"
        for grant in state.grants.of_entity(CREDENTIAL, credential.id)
    }


@pytest.fixture
def site(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Set S; its clock moves on by as much as a run waits."""
    share_clock(monkeypatch, site)
    return site


def encode(secret: str) -> str:
    """A secret as requests carry it, without its end, which depends on what follows."""
    return base64.b64encode(secret.encode()).decode()[:-4]


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """Predict, create, leave alone, rotate, delete, leave alone."""
    site.journal.clear()
    predicted = play(task(**AZURE), check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert predicted.result["credential"]["id"] is None

    real = play(task(**AZURE), diff=True, in_process=in_process, verbosity=3).ok()
    assert_diff_agrees(predicted, real)
    assert_no_secrets(real, [], [SECRET, encode(SECRET)])
    (row,) = stored(site)
    owner = site.commcells["cs01"].state.users.get(row.owner[1])
    found = real.result["credential"]
    assert [holder["name"] for holder in found.pop("shared_with")] == ["breakglass", "Storage Team"]
    assert found == {
        "not_confirmed": [],
        "pending_approval": False,
        "id": str(row.id),
        "name": "azure-new",
        "company": None,
        "description": "Backup of the new subscription",
        "azure_tenant_id": AZURE["azure_tenant_id"],
        "azure_application_id": AZURE["azure_application_id"].lower(),
        "environment": "public",
        "endpoints": PUBLIC,
        "secret_fingerprint": "key-1",
        "secret_written": True,
        "owner": {"kind": "user", "name": owner.name, "id": str(owner.id)},
    }
    assert row.secrets == {"applicationSecret": SECRET}
    assert row.description == "Backup of the new subscription\n[cvops secret: key-1]"
    assert (row.account_type, row.vendor_type, row.auth_type) == (
        "CLOUD_ACCOUNT",
        "MICROSOFT_AZURE_TYPE",
        "AZUREACCOUNT",
    )
    assert shares(site, row) == {"Storage Team explicit [218]", "breakglass explicit [218]"}
    assert [entry.method for entry in writes(site)] == ["POST"]

    site.journal.clear()
    again = play(task(**{**AZURE, "name": "AZURE-New"}), diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert again.result["credential"]["secret_written"] is False
    assert again.result["credential"]["owner"] == found["owner"]
    assert_no_writes(site)

    rotated = task(**{**AZURE, "secret": NEXT, "secret_fingerprint": "key-2"})
    predicted = play(rotated, check=True, diff=True, in_process=in_process).ok()
    real = play(rotated, diff=True, in_process=in_process, verbosity=3).ok()
    assert_diff_agrees(predicted, real)
    assert_no_secrets(real, [], [SECRET, NEXT, encode(SECRET), encode(NEXT)])
    assert row.secrets == {"applicationSecret": NEXT}
    assert row.description == "Backup of the new subscription\n[cvops secret: key-2]"
    assert [entry.method for entry in writes(site)] == ["PUT"]
    assert [step["sentence"] for step in real.result["steps"]] == ['write the secret, marked "key-2"']

    gone = task(name="azure-new", state="absent")
    predicted = play(gone, check=True, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, play(gone, diff=True, in_process=in_process).ok())
    assert stored(site) == []
    site.journal.clear()
    last = play(gone, in_process=in_process).ok()
    assert not last.result["changed"]
    assert last.result["credential"] == {}
    assert_no_writes(site)


def test_the_spelling_of_the_service_stays(site: Simulator) -> None:
    """The seeded credential has the older word for its cloud; a new description leaves it, and its endpoints, as they are."""
    credential = own(site)
    before = dict(credential.fields)
    changed = run(site, name="azure-prod", environment="public", description="other\n")
    assert changed["changed"] is True, changed
    assert (credential.fields, credential.description) == (before, "other")
    assert run(site, name="azure-prod", environment="public", description="other\n")["changed"] is False


def test_a_secret_that_is_there_is_left_unless_the_policy_says_so(site: Simulator) -> None:
    credential = own(site)
    old = dict(credential.secrets)
    marked = {"name": "azure-prod", "secret": SECRET, "secret_fingerprint": "key-1"}
    assert run(site, **marked)["changed"] is False
    assert credential.secrets == old
    assert run(site, **marked, secret_policy="fingerprint")["changed"] is True
    assert credential.secrets == {"applicationSecret": SECRET}
    assert credential.description.endswith("\n[cvops secret: key-1]")
    assert run(site, **marked, secret_policy="fingerprint")["changed"] is False
    for _again in range(2):
        written = run(site, name="azure-prod", secret=NEXT, secret_policy="always")
        assert (written["changed"], written["credential"]["secret_fingerprint"]) == (True, None)
    assert credential.secrets == {"applicationSecret": NEXT}
    assert "cvops secret" not in credential.description


def test_a_rotation_writes_the_first_secret(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    """Created before there is a secret; the rotation fills it, and a second run of this task leaves what it has written."""
    rotating = Rotating(site, tmp_path / "stores")
    options = {
        "name": "azure-rotated",
        "azure_tenant_id": site.tenant.id,
        "azure_application_id": rotating.app_id,
        "azure_application_name": "Backup",
        "secret_policy": "rotated",
        "description": "Backup of a subscription",
    }
    predicted = play(task(**options), check=True, diff=True).ok()
    assert stored(site, "azure-rotated") == []
    real = play(task(**options), diff=True, verbosity=4).ok()
    assert_diff_agrees(predicted, real)
    assert [step["id"] for step in predicted.result["steps"]] == [step["id"] for step in real.result["steps"]]
    own(site, "azure-rotated")
    placeholder = rotating.secret_of()
    assert placeholder.startswith("no-secret-yet-")
    assert_no_secrets(real, [], [placeholder, encode(placeholder)])
    found = real.result["credential"]
    assert (found["secret_written"], found["secret_fingerprint"]) == (False, None)
    assert rotating.record().description == "Backup of a subscription"
    site.journal.clear()
    assert run(site, **options)["changed"] is False
    assert_no_writes(site)

    target = {"name": "azure", "commvault_credential": {"name": "azure-rotated", "commcell": "cs01"}}
    rotated = rotating.run(rotating.file(), target)
    assert rotated["changed"] and not rotated.get("failed"), rotated
    (key_id,) = rotating.own_keys()
    assert rotating.secret_of() == rotating.value(key_id)
    site.journal.clear()
    again = run(site, **options)
    assert (again["changed"], again["credential"]["secret_fingerprint"]) == (False, key_id)
    assert run(site, **{**options, "description": "other"})["changed"] is True
    assert rotating.secret_of() == rotating.value(key_id)
    assert rotating.record().description == f"other\n[cvops secret: {key_id}]"


def test_a_secret_is_refused_where_a_rotation_writes_it(site: Simulator) -> None:
    site.journal.clear()
    refused = run(site, **{**AZURE, "secret_policy": "rotated"})
    assert refused["error"]["kind"] == "config"
    assert "leave out secret and secret_fingerprint" in refused["msg"]
    assert SECRET not in str(refused)
    assert_no_writes(site)


def test_another_cloud_brings_its_endpoints(site: Simulator) -> None:
    credential = own(site)
    moved = run(site, name="azure-prod", environment="usgov")
    assert moved["changed"] is True, moved
    assert credential.fields["environment"] == "AZURE_USGOV"
    assert credential.fields["endpoints"] == {
        "activeDirectoryEndpoint": "https://login.microsoftonline.us/",
        "resourceManagerEndpoint": "https://management.usgovcloudapi.net/",
        "storageEndpoint": "blob.core.usgovcloudapi.net",
    }
    credential.fields["endpoints"] = {"activeDirectory": "https://adfs.corp.example/"}
    refused = run(site, name="azure-prod", environment="china")
    assert refused["error"]["kind"] == "config"
    assert "its own" in refused["msg"]
    assert run(site, name="azure-prod", description="x", environment="usgov")["changed"] is True
    assert credential.fields["endpoints"] == {"activeDirectory": "https://adfs.corp.example/"}


def test_users_are_added_and_others_stay(site: Simulator) -> None:
    credential, state = own(site), site.commcells["cs01"].state
    group = state.groups.named("View All")[0].id
    state.grants.add(Grant(15, group, None, CREDENTIAL, credential.id, permission_ids=frozenset({219})))
    state.grants.add(Grant(USER, 1, None, CREDENTIAL, credential.id, kind="creator", permission_ids=frozenset({218})))
    foreign = {"View All explicit [219]", "admin creator [218]"}
    first = run(site, name="azure-prod", shared_with=[{"user_group": "storage team"}])
    assert first["changed"] is True, first
    assert shares(site, credential) == {"Storage Team explicit [218]", *foreign}
    run(site, name="azure-prod", shared_with=[{"user": "breakglass"}])
    assert shares(site, credential) == {"Storage Team explicit [218]", "breakglass explicit [218]", *foreign}
    assert run(site, name="azure-prod", shared_with=[{"user": "admin"}])["changed"] is False
    exact = run(site, name="azure-prod", shared_with=[{"user": "breakglass"}], exclusive=True)
    assert "remove the right to use it from user group Storage Team" in str(exact["steps"])
    assert shares(site, credential) == {"breakglass explicit [218]", *foreign}
    refused = run(site, name="azure-prod", shared_with=[], max_removals=0)
    assert refused["error"]["kind"] == "guard", refused
    assert run(site, name="azure-prod", shared_with=[])["changed"] is True
    assert shares(site, credential) == foreign


def test_only_the_owner_writes_and_the_refusal_names_it(site: Simulator) -> None:
    site.journal.clear()
    for options in ({"description": "mine"}, {"state": "absent"}, {"secret": SECRET, "secret_policy": "always"}):
        refused = run(site, name="azure-prod", **options)
        assert refused["error"]["kind"] == "forbidden", refused
        assert "belongs to user admin" in refused["msg"]
    assert_no_writes(site)
    (credential,) = stored(site, "azure-prod")
    assert run(site, name="azure-prod", description=credential.description)["changed"] is False
    credential.owner = (15, site.commcells["cs01"].state.groups.named("master")[0].id)
    assert run(site, name="azure-prod", description="of a group that the user is in")["changed"] is True


def test_a_credential_is_handed_over(site: Simulator) -> None:
    credential = own(site)
    given = run(site, name="azure-prod", owner={"user": "admin"})
    assert given["changed"] is True, given
    assert credential.owner == (USER, 1)
    assert "cannot change it from then on" in str(given["warnings"])
    assert run(site, name="azure-prod", owner={"user": "admin"})["changed"] is False


@pytest.mark.parametrize("state", ["present", "absent"])
def test_another_kind_is_refused(site: Simulator, state: str) -> None:
    credential = own(site)
    credential.auth_type, credential.account_type = "", "WINDOWSACCOUNT"
    refused = run(site, **{**AZURE, "name": "azure-prod", "state": state})
    assert refused["error"]["kind"] == "config"
    assert "of another kind (WINDOWSACCOUNT)" in refused["msg"]
    assert_no_writes(site)


def test_one_that_is_in_use_stays(site: Simulator) -> None:
    own(site).used_by.append("azure-hypervisor")
    refused = run(site, name="azure-prod", state="absent")
    assert refused["error"]["kind"] == "config"
    assert "azure-hypervisor" in refused["msg"]
    assert "Associations" in refused["msg"]


@pytest.mark.parametrize("how", ["code", "text", "silent"])
def test_a_write_that_waits_for_an_approval_is_no_error(site: Simulator, how: str) -> None:
    own(site)
    site.commcells["cs01"].behaviours.change({"credential_approval": how})
    changes = {"name": "azure-prod", "secret": SECRET, "secret_policy": "fingerprint", "secret_fingerprint": "key-1"}
    for options in (AZURE, changes):
        waiting = run(site, **options)
        assert not waiting.get("failed"), waiting
        assert (waiting["changed"], waiting["credential"]["pending_approval"]) == (True, True)
        assert "approv" in str(waiting["warnings"])
        assert SECRET not in str(waiting)
        assert encode(SECRET) not in str(waiting)
    assert stored(site) == []
    gone = run(site, name="azure-prod", state="absent")
    if how == "silent":
        assert gone["error"]["kind"] == "timeout"
        assert "approval" in gone["msg"]
    else:
        assert gone["credential"]["pending_approval"] is True, gone


@pytest.mark.parametrize("fault", ["drop_after", "truncated"])
def test_a_creation_whose_answer_is_lost_is_found(site: Simulator, fault: str) -> None:
    rotated = {name: value for name, value in AZURE.items() if "secret" not in name}
    for options in (
        AZURE,
        {**AZURE, "name": "azure-bare", "secret_policy": "on_create", "secret_fingerprint": None},
        {**rotated, "name": "azure-rotated", "secret_policy": "rotated"},
    ):
        site.faults.add(Fault("cs01", "POST", "*/Credential", action=fault))
        made = run(site, **options)
        assert made["changed"] is True and not made.get("failed"), made
        (credential,) = stored(site, options["name"])
        written = credential.secrets["applicationSecret"]
        assert written == SECRET if "secret" in options else written.startswith("no-secret-yet-")
        assert written not in str(made)


def test_a_twin_of_somebody_else_is_not_adopted(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The creation is lost before it was done, and another one of the name is there when the list is read."""
    state = site.commcells["cs01"].state
    twin = Credential(
        77,
        "azure-new",
        "CLOUD_ACCOUNT",
        auth_type="AZUREACCOUNT",
        fields={"tenantId": "t", "applicationId": "a", "environment": "AZURE_CLOUD"},
        secrets={"applicationSecret": "theirs"},
    )
    site.faults.add(Fault("cs01", "POST", "*/Credential", action="drop_before"))
    hit = site.faults.match

    def match(service: str, method: str, path: str) -> Fault | None:
        found = hit(service, method, path)
        if found is not None:
            state.credentials.add(twin)
        return found

    monkeypatch.setattr(site.faults, "match", match)
    refused = run(site, **AZURE)
    assert refused["failed"] is True
    assert "belongs to user admin" in refused["msg"], refused
    assert [item.secrets["applicationSecret"] for item in stored(site)] == ["theirs"]


def test_a_name_that_another_user_has_is_told(site: Simulator) -> None:
    """A limited account does not see the credential that has the name."""
    own(site)
    site.faults.add(
        Fault(
            "cs01",
            "POST",
            "*/Credential",
            action="status",
            times=0,
            status=500,
            body={"errorMessage": "Das Konto [azure-new] gibt es schon.", "errorCode": 587206339},
        )
    )
    refused = run(site, **AZURE)
    assert refused["error"]["kind"] == "config"
    assert "another user owns it" in refused["msg"]


def test_an_early_release_has_the_older_calls(site: Simulator) -> None:
    site.commcells["cs01"].release = 28
    options = {name: value for name, value in AZURE.items() if name != "shared_with"}
    refused = run(site, **AZURE)
    assert "shared_with" in refused["msg"]
    made = run(site, **options)
    assert made["changed"] is True, made
    (credential,) = stored(site)
    assert credential.secrets == {"applicationSecret": SECRET}
    assert credential.fields["tenantId"] == AZURE["azure_tenant_id"]
    assert credential.fields["environment"] == "AzureCloud"
    again = run(site, **options)
    assert again["changed"] is False
    assert "does not show azure_tenant_id" in str(again["warnings"])
    rotated = run(site, **{**options, "secret": NEXT, "secret_fingerprint": "key-2"})
    assert rotated["changed"] is True, rotated
    assert credential.secrets == {"applicationSecret": NEXT}
    assert credential.fields["tenantId"] == AZURE["azure_tenant_id"]
    assert run(site, name="azure-new", state="absent")["changed"] is True
    assert stored(site) == []
    assert {entry.path.rpartition("/api/")[2] for entry in writes(site)} == {
        "Commcell/Credentials",
        "Commcell/Credentials/action/delete",
    }
