# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook bootstrap: from an empty tenant to an identity that runs everything else, without the person."""

from __future__ import annotations

import pathlib
import re
import stat
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.entra.replication import Replication
from cvops_simulator.entra.wellknown import GRAPH_APP_ID
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.people import SCOPES, persons_token
from helpers.playing import Player, Run, connection_of

from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import PRESETS

pytestmark = pytest.mark.any_core

BOOTSTRAP = "cvops.identity.bootstrap"
REPORT = "What was made, and what to take away from the person"
APPLICATION = {"unique_name": "cvops-automation", "display_name": "cvops automation"}
LEAST = ["Application.ReadWrite.OwnedBy", "Group.Create", "GroupMember.Read.All", "User.Read.All"]


class Tenant:
    """A simulated tenant, its document without the automation's credentials, and a person who signs in with a token."""

    def __init__(self, site: Simulator, player: Player) -> None:
        self.site, self._player = site, player
        self.person, self.token = persons_token(site, *SCOPES)
        self.document: dict[str, t.Any] = site.variables()
        self.document["cvops_connection"]["entra"] = {
            name: value
            for name, value in self.document["cvops_connection"]["entra"].items()
            if name not in ("client_id", "client_secret")
        }

    def run(self, playbook: str = BOOTSTRAP, *, env: dict[str, str] | None = None, **options: t.Any) -> Run:
        """Run with nothing in the environment but *env*; *bootstrap* is ``cvops_bootstrap``, the person's token is given."""
        variables = dict(self.document)
        if "bootstrap" in options:
            variables["cvops_bootstrap"] = {"sign_in": {"access_token": self.token}, **options.pop("bootstrap")}
        self.site.journal.clear()
        nothing = dict.fromkeys(connection_of(self.site), "")
        return self._player(playbook, extra_vars=variables, env={**nothing, **(env or {})}, **options)

    def held(self, principal_id: str) -> list[str]:
        """Graph permissions that a service principal holds."""
        graph = self.site.tenant.service_principal_of(GRAPH_APP_ID)
        assert graph is not None
        names = {role["id"]: role["value"] for role in graph["appRoles"]}
        rows = self.site.tenant.app_role_assignments.values()
        return sorted(names[row["appRoleId"]] for row in rows if row["principalId"] == principal_id)

    def application(self, name: str) -> dict[str, t.Any]:
        """The only registration of this display name."""
        (found,) = [row for row in self.site.tenant.applications.values() if row["displayName"] == name]
        return found


@pytest.fixture
def whole(empty_site: Simulator, make_player: Callable[[Simulator], Player]) -> Tenant:
    """An empty tenant, and the whole document."""
    return Tenant(empty_site, make_player(empty_site))


@pytest.fixture
def tenant(whole: Tenant) -> Tenant:
    """An empty tenant, and a document with two groups, which is as good and takes less time."""
    whole.document["cvops_entra_groups"] = whole.document["cvops_entra_groups"][:2]
    return whole


def report(run: Run) -> str:
    """What the end says."""
    return "\n".join(run.one(REPORT)["msg"])


def test_from_nothing_to_an_identity_that_runs_the_site(whole: Tenant, tmp_path: pathlib.Path) -> None:
    """Predicted, made, left alone; then the site converges as that identity, with nothing but what it was handed."""
    kept = tmp_path / "secret"
    wanted = {"application": APPLICATION, "secret": {"file": str(kept)}}
    predicted = whole.run(bootstrap=wanted, check=True, diff=True).ok()
    assert_no_writes(whole.site)
    assert predicted.stats["changed"] > 0 and not kept.exists()
    assert "Check mode: nothing was written" in report(predicted)

    run = whole.run(bootstrap=wanted).ok()
    principal = whole.site.tenant.service_principal_of(whole.application("cvops automation")["appId"])
    assert principal is not None
    assert whole.held(principal["id"]) == LEAST
    owned = whole.application("Commvault management API")
    owned_principal = whole.site.tenant.service_principal_of(owned["appId"])
    assert owned_principal is not None
    groups = [key for key in whole.site.tenant.groups if _is_mapped(whole, key)]
    assert len(groups) == len(whole.document["cvops_entra_groups"])
    for object_id in [owned["id"], owned_principal["id"], *groups]:
        assert principal["id"] in whole.site.tenant.owners(object_id)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    told = report(run)
    assert "Verified: it signs in and holds all of them" in told
    assert f"Remove from {whole.person['userPrincipalName']}" in told
    assert "WARNING: a client secret" in run.text
    assert_no_secrets(run, [run.folder / "results.jsonl"], [kept.read_text(), whole.token])

    again = whole.run(bootstrap=wanted).ok()
    assert again.stats["changed"] == 0
    assert_no_writes(whole.site)
    assert "Verified" in report(again)

    whole.document["cvops_connection"]["entra"] |= {
        "client_id": principal["appId"],
        "client_secret": kept.read_text(),
    }
    doctor = whole.run("cvops.identity.doctor").ok()
    assert any(line.split() == ["site", "can", "run"] for result in doctor.of("Report") for line in result["msg"])
    whole.run("cvops.identity.site").ok()
    assert whole.run("cvops.identity.site").ok().stats["changed"] == 0


def _is_mapped(tenant: Tenant, group_id: str) -> bool:
    names = {group["display_name"] for group in tenant.document["cvops_entra_groups"]}
    return tenant.site.tenant.groups[group_id]["displayName"] in names


@pytest.mark.whole
def test_a_managed_identity_needs_nothing_but_rights(tenant: Tenant) -> None:
    identity = tenant.site.imds.assign("worker")
    wanted = {
        "managed_identity": {"object_id": identity.object_id},
        "verify_with": {"auth_method": "managed_identity"},
    }
    env = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": tenant.site.imds_url}
    before = set(tenant.site.tenant.applications)
    run = tenant.run(bootstrap=wanted, env=env).ok()
    assert tenant.held(identity.object_id) == LEAST
    made = {
        tenant.site.tenant.applications[key]["displayName"] for key in set(tenant.site.tenant.applications) - before
    }
    assert made == {"Commvault management API"}
    assert "Verified: it signs in and holds all of them" in report(run)
    assert "auth_method: managed_identity" in report(run)
    assert tenant.run(bootstrap=wanted, env=env).ok().stats["changed"] == 0


@pytest.mark.whole
def test_federated_credentials_in_place_of_a_secret(tenant: Tenant) -> None:
    """Another issuer's jobs sign in; what cannot be verified from here is said."""
    repository = {"repository": "corp/access", "owner_id": 17, "repository_id": 4711, "branch": "main"}
    github = {"name": "github-main", "github": repository}
    aap = {"issuer": "https://aap.corp.example/o", "organization": "Platform", "job_template": "Converge access"}
    wanted = {"application": APPLICATION, "federated_credentials": [github, {"name": "aap-converge", "awx": aap}]}
    run = tenant.run(bootstrap=wanted).ok()
    rows = tenant.site.tenant.federated_credentials(tenant.application("cvops automation")["id"])
    assert sorted(row["name"] for row in rows) == ["aap-converge", "github-main"]
    assert tenant.application("cvops automation")["passwordCredentials"] == []
    assert "Not verified, because it cannot sign in from here" in report(run)
    # of the preset awx, whose subject is made of names
    assert len(re.findall(r"\[WARNING\]: (?!awx: )", run.text)) == 0 and run.text.count("[WARNING]: awx: ") == 2
    assert tenant.run(bootstrap=wanted).ok().stats["changed"] == 0


def test_a_person_who_may_not_consent(tenant: Tenant) -> None:
    """The rest is done, and the report names what an administrator must grant, and where."""
    _person, tenant.token = persons_token(
        tenant.site, "Application.ReadWrite.All", "Directory.Read.All", "Group.ReadWrite.All"
    )
    run = tenant.run(bootstrap={"application": APPLICATION}).ok()
    told = report(run)
    assert "CONSENT IS PENDING" in told and "Group.Create" in told and tenant.site.login_url in told
    assert "does less without" in "\n".join(run.one("Say who runs this, and what they may not do")["msg"])
    automation = tenant.application("cvops automation")
    principal = tenant.site.tenant.service_principal_of(automation["appId"])
    assert principal is not None and tenant.held(principal["id"]) == []
    assert automation["requiredResourceAccess"], "the consent page grants what the registration requests"


@pytest.mark.whole
def test_an_application_that_exists_is_adopted(tenant: Tenant) -> None:
    """By app_id: nothing of it is lost, and only what was missing is added."""
    existing = tenant.site.identity("User.Read.All", name="made by hand")
    before = dict(tenant.site.tenant.applications[existing.app_object_id])
    wanted = {"application": {"app_id": existing.client_id}}
    tenant.document["cvops_connection"]["entra"] |= {
        "client_id": existing.client_id,
        "client_secret": existing.client_secret,
    }
    run = tenant.run(bootstrap=wanted).ok()
    after = tenant.site.tenant.applications[existing.app_object_id]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"requiredResourceAccess"}
    assert tenant.held(existing.object_id) == LEAST
    assert "Verified" in report(run), "with the credentials that the document has for it"


@pytest.mark.whole
def test_credentials_of_somebody_else_do_not_count(tenant: Tenant) -> None:
    other = tenant.site.identity("User.Read.All", name="somebody else")
    secret = {"auth_method": "client_secret", "client_id": other.client_id, "client_secret": other.client_secret}
    run = tenant.run(bootstrap={"application": APPLICATION, "api_permissions": [], "verify_with": secret})
    assert run.rc != 0
    assert "are those of somebody else" in run.one("Check that it is the automation who signed in")["msg"]
    (seen,) = run.of("Who is the automation, and what may it do")
    assert seen["attempts"] == 1, "waiting does not make them another one's"


@pytest.mark.whole
def test_permissions_may_be_a_preset_and_are_verified_one_by_one(tenant: Tenant, tmp_path: pathlib.Path) -> None:
    """What the automation is granted is what the preset gives, and the report names it."""
    secret = {"file": str(tmp_path / "secret")}
    wanted = [{"preset": "onedrive_backup"}, {"api": "Microsoft Graph", "application": ["Group.Create"]}]
    run = tenant.run(bootstrap={"application": APPLICATION, "api_permissions": wanted, "secret": secret}).ok()
    (identity,) = [
        row
        for row in tenant.site.tenant.service_principals.values()
        if row["displayName"] == APPLICATION["display_name"]
    ]
    given = PRESETS["onedrive_backup"].select_names(GRAPH_APP_ID, "application")
    assert tenant.held(identity["id"]) == sorted([*given, "Group.Create"])
    assert f"Permissions: {', '.join([*sorted(given), 'Group.Create'])}" in report(run)
    assert "Verified: it signs in and holds all of them" in report(run)


@pytest.mark.whole
def test_credentials_that_do_not_work_are_reported(tenant: Tenant) -> None:
    """What was made stays made; the report says that nobody has proven it."""
    existing = tenant.site.identity(*LEAST, name="made by hand")
    wanted = {
        "application": {"app_id": existing.client_id},
        "verify_with": {"auth_method": "client_secret", "client_id": existing.client_id, "client_secret": "wrong"},
    }
    tenant.document = {"cvops_connection": tenant.document["cvops_connection"]}
    tenant.run(bootstrap={"application": {"app_id": existing.client_id}}).ok()
    assert "NOT VERIFIED: Cannot sign in" in report(tenant.run(bootstrap=wanted).ok())


def test_a_secret_that_cannot_be_kept_is_not_made(tenant: Tenant, tmp_path: pathlib.Path) -> None:
    """The file is made first, for its owner only: nobody else reads it, not even for a moment."""
    tenant.document = {"cvops_connection": tenant.document["cvops_connection"]}
    run = tenant.run(bootstrap={"application": APPLICATION, "secret": {"file": str(tmp_path / "missing" / "secret")}})
    assert run.rc != 0 and run.results[-1].task == "Make the file of the secret, for its owner only"
    assert tenant.application("cvops automation")["passwordCredentials"] == []


@pytest.mark.whole
def test_a_secret_whose_file_is_lost_is_not_made_again(tenant: Tenant, tmp_path: pathlib.Path) -> None:
    kept = tmp_path / "secret"
    tenant.document = {"cvops_connection": tenant.document["cvops_connection"]}
    wanted = {"application": APPLICATION, "secret": {"file": str(kept)}}
    tenant.run(bootstrap=wanted).ok()
    kept.unlink()
    run = tenant.run(bootstrap=wanted)
    assert run.rc != 0
    said = run.one("Check that the secret is kept")["msg"]
    assert "key id" in said and str(kept) in said
    assert len(tenant.application("cvops automation")["passwordCredentials"]) == 1


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "cvops_bootstrap: needs one of application, managed_identity"),
        (
            {"application": APPLICATION, "managed_identity": {"object_id": "x"}},
            "cvops_bootstrap: takes only one of application, managed_identity; remove the others",
        ),
        (
            {"managed_identity": {"object_id": "x"}, "secret": {"file": "/tmp/x"}},
            "cvops_bootstrap: secret also needs application",
        ),
        ({"application": APPLICATION, "secret": {}}, "cvops_bootstrap.secret.file: is missing; add it"),
        ({"aplication": APPLICATION}, "cvops_bootstrap.aplication: there is no such key; did you mean application?"),
    ],
)
def test_bad_input(tenant: Tenant, wanted: dict[str, t.Any], said: str) -> None:
    run = tenant.run(bootstrap=wanted)
    assert run.rc != 0 and run.result["msg"] == said
    assert_no_writes(tenant.site)


def test_owners_that_would_undo_it_are_refused(tenant: Tenant) -> None:
    tenant.document["cvops_application"] |= {"owners": [tenant.person["userPrincipalName"]], "exclusive": True}
    run = tenant.run(bootstrap={"application": APPLICATION})
    assert run.rc != 0
    assert "With exclusive" in run.one("Check that nothing would take the ownership away again")["msg"]


def test_nobody_signed_in(tenant: Tenant) -> None:
    """Before anything is made, one message says what is missing."""
    run = tenant.run(bootstrap={"application": APPLICATION, "sign_in": {}})
    assert run.rc != 0
    assert run.result["msg"].startswith(
        "cvops_bootstrap.sign_in: is missing: it says how you sign in for this one run: set CVOPS_ACCESS_TOKEN"
    )
    assert_no_writes(tenant.site)


@pytest.mark.whole
def test_replicas_that_lag_are_waited_for(
    make_site: Callable[..., Simulator],
    make_player: Callable[[Simulator], Player],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
) -> None:
    """What one task creates, the next finds: owners, consent, the secret, and the sign-in that proves them."""
    lagging = make_site(set="S", empty=True, replication=Replication(credential_lag_token=8.0, seed=3))
    tenant = Tenant(lagging, make_player(lagging))
    tenant.document["cvops_entra_groups"] = tenant.document["cvops_entra_groups"][:1]
    wanted = {"application": APPLICATION, "secret": {"file": str(tmp_path / "secret")}}
    run = tenant.run(bootstrap=wanted).ok()
    assert "Verified: it signs in and holds all of them" in report(run)
