# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of snapshots: they hold what their documents say, and who collected these signs in to them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from cvops_simulator import Simulator
from cvops_simulator.commvault.model import EXPLICIT, INHERITED, OWNER, USER, Grant
from cvops_simulator.snapshots.files import SnapshotError
from cvops_simulator.testing import running_simulator, write_snapshot
from graph_client import GraphClient, secret_form, token_answer

sys.path.insert(0, str(Path(__file__).resolve().parent))

from documents import (  # noqa: E402 - beside this file
    ADA,
    APP,
    BO,
    GROUP,
    INNER,
    PRINCIPAL,
    list_differences,
    make_association,
    make_commcell,
    make_entra,
    make_provenance,
    make_user,
    read_documents,
    write_documents,
)

ADMIN = {"kind": "user", "id": "1", "name": "admin"}
SERVER = {"kind": "servers", "id": "7", "name": "srv7"}
VIEW = {"id": "2", "name": "View"}


def list_grants(simulator: Simulator) -> dict[str, set[Grant]]:
    """The grants of each CommCell without what none shows: roles of owners, sources of inherited ones."""
    found = {}
    for name, cell in simulator.commcells.items():
        found[name] = {
            Grant(*one.principal, None if one.kind == OWNER else one.role_id, *one.entity, one.permission_ids, one.kind)
            for one in cell.state.grants
        }
    return found


def serve(tmp_path: Path, entra: dict[str, Any], *commcells: dict[str, Any], **options: Any) -> Simulator:
    """A copy of these documents, not listening."""
    return Simulator(snapshot=write_documents(tmp_path / "snapshot", entra, *commcells), **options)


@pytest.mark.parametrize("name", ["S", "M", "L", "XL"])
def test_a_copy_has_the_documents_of_the_original(name: str, tmp_path: Path) -> None:
    original = Simulator(set=name, seed=1)
    write_snapshot(original, tmp_path / "before")
    copy = Simulator(snapshot=tmp_path / "before", grant_automation=False)
    write_snapshot(copy, tmp_path / "after")
    before, after = read_documents(tmp_path / "before"), read_documents(tmp_path / "after")
    assert list(list_differences(before, after)) == []
    assert len(before) == 1 + len(original.commcells)
    assert list_grants(copy) == list_grants(original)


def test_a_copy_has_what_evidence_has_to_find(tmp_path: Path) -> None:
    original = Simulator(set="M", seed=1, anomalies="evidence")
    write_snapshot(original, tmp_path / "before")
    copy = Simulator(snapshot=tmp_path / "before", grant_automation=False)
    write_snapshot(copy, tmp_path / "after")
    before, after = read_documents(tmp_path / "before"), read_documents(tmp_path / "after")
    assert list(list_differences(before, after)) == []
    first = original.site.anomalies["leaver_holding_everything"]["commcell"]
    assert len(before[f"commcells/{first}.json"]["access_tokens"]) == 2
    assert len(before["entra.json"]["deleted_users"]) == 1
    assert list_grants(copy) == list_grants(original)


@pytest.mark.parametrize("name", ["S", "M"])
def test_nothing_of_a_copy_is_a_stranger(name: str, tmp_path: Path) -> None:
    """What collected is the automation: no object is added for it."""
    original = Simulator(set=name, seed=1)
    write_snapshot(original, tmp_path / "snapshot")
    copy = Simulator(snapshot=tmp_path / "snapshot")
    assert copy.automation.client_id == original.automation.client_id
    assert copy.automation.client_secret != original.automation.client_secret
    for kind in ("applications", "service_principals", "users", "groups"):
        assert getattr(copy.tenant, kind).keys() - _resources(copy) == (
            getattr(original.tenant, kind).keys() - _resources(original)
        )
    shown = json.dumps(list(copy.tenant.applications.values()))
    assert copy.automation.client_secret[:20] not in shown
    for cell_name, cell in copy.commcells.items():
        assert cell.automation[0] == original.commcells[cell_name].automation[0]
        assert {user.name for user in cell.state.users} == {
            user.name for user in original.commcells[cell_name].state.users
        }


def _resources(simulator: Simulator) -> set[str]:
    """The APIs of Microsoft, which every tenant has."""
    rows = simulator.tenant.service_principals.items()
    return {key for key, row in rows if row["signInAudience"] != "AzureADMyOrg"}


def test_secrets_are_in_no_document(tmp_path: Path) -> None:
    original = Simulator(set="S", seed=1)
    write_snapshot(original, tmp_path / "snapshot")
    text = "".join(path.read_text() for path in (tmp_path / "snapshot").rglob("*.json"))
    cell = original.commcells["cs01"]
    secrets = [original.automation.client_secret, *(user.password or "" for user in cell.state.users)]
    secrets += [value for one in cell.state.credentials for value in one.secrets.values()]
    assert len([secret for secret in secrets if secret]) > 4
    assert [secret for secret in secrets if secret and secret in text] == []


def test_the_automation_signs_in_and_writes(tmp_path: Path) -> None:
    folder = write_documents(tmp_path / "snapshot", make_entra(), make_commcell())
    with running_simulator(snapshot=folder) as copy:
        assert copy.automation.object_id == PRINCIPAL
        assert token_answer(copy, **secret_form(copy, copy.automation)).status_code == 200
        with GraphClient(copy, copy.automation) as graph:
            graph.ok(201, "POST", "groups", _make_group("New"))
            members = graph.ok(200, "GET", f"groups/{GROUP}/members")
            assert sorted(row["id"] for row in members["value"]) == [ADA, INNER]
            assert (
                graph.ok(200, "GET", f"applications?$filter=appId eq '{APP}'")["value"][0]["passwordCredentials"] == []
            )
        assert copy.commcells["prod"].automation[0] == "collector"
        assert any("permissions in the copy" in note for note in copy.notes)
        assert any("as a member of master" in note for note in copy.notes)
        document = copy.variables()
        assert list(document) == ["cvops_connection"]
        assert document["cvops_connection"]["commcells"]["prod"]["username"] == "collector"


def _make_group(name: str) -> dict[str, Any]:
    return {"displayName": name, "mailNickname": name.lower(), "mailEnabled": False, "securityEnabled": True}


def test_without_further_rights_the_automation_may_what_it_may(tmp_path: Path) -> None:
    folder = write_documents(tmp_path / "snapshot", make_entra(), make_commcell())
    with running_simulator(snapshot=folder, grant_automation=False) as copy:
        with GraphClient(copy, copy.automation) as graph:
            graph.ok(403, "POST", "groups", _make_group("New"))
        assert copy.commcells["prod"].state.groups.get(1).member_ids == {1}
        assert not any("in the copy:" in note or "of master" in note for note in copy.notes)


def test_an_application_that_collected_and_is_not_in_the_snapshot_is_in_the_copy(tmp_path: Path) -> None:
    """A snapshot has the applications that matter to access, which what collected need not be."""
    own = "99999999-0000-4000-8000-000000000009"
    provenance = make_provenance("application", own, "reader")
    provenance["collector"]["rights"] = ["User.Read.All", "Rights.From.Tomorrow"]
    folder = write_documents(tmp_path / "snapshot", make_entra(provenance=provenance), make_commcell())
    with running_simulator(snapshot=folder, grant_automation=False) as copy:
        assert copy.automation.client_id == own
        assert copy.tenant.applications[copy.automation.app_object_id]["displayName"] == "reader"
        held = [
            row for row in copy.tenant.app_role_assignments.values() if row["principalId"] == copy.automation.object_id
        ]
        assert len(held) == 1
        with GraphClient(copy, copy.automation) as graph:
            graph.ok(200, "GET", f"users/{ADA}")
            graph.ok(403, "GET", f"groups/{GROUP}")
        told = "\n".join(copy.notes)
        assert "is not in it" in told
        assert "Rights.From.Tomorrow" in told
        copy.reset()
        assert copy.automation.client_id == own


def test_only_the_registration_may_be_missing(tmp_path: Path) -> None:
    copy = serve(tmp_path, make_entra(applications=[]), make_commcell(), grant_automation=False)
    assert (copy.automation.client_id, copy.automation.object_id) == (APP, PRINCIPAL)
    assert copy.tenant.application_of(APP)["displayName"] == "collector"
    assert any("the registration of what collected" in note for note in copy.notes)


@pytest.mark.parametrize(("kind", "object_id"), [("person", ADA), ("application", "no id")])
def test_a_collector_that_cannot_sign_in_is_replaced_and_told(kind: str, object_id: str, tmp_path: Path) -> None:
    entra = make_entra(provenance=make_provenance(kind, object_id, "somebody"))
    cell = make_commcell(provenance=make_provenance("commvault_user", "77", "gone"))
    copy = serve(tmp_path, entra, cell)
    assert copy.automation.client_id != APP
    assert len(copy.tenant.applications) == 2
    assert copy.commcells["prod"].automation[0] == "svc-cvops-rehearsal"
    told = "\n".join(copy.notes)
    assert "one more application" in told
    assert "somebody" in told
    assert "one more user" in told
    assert "gone" in told


@pytest.mark.parametrize("fields", [{"enabled": False}, {"locked": True}, {"kind": "service_account"}])
def test_a_user_that_cannot_log_in_is_not_the_automation(fields: dict[str, Any], tmp_path: Path) -> None:
    copy = serve(
        tmp_path, make_entra(), make_commcell(users=[make_user(1, "admin"), make_user(5, "collector", **fields)])
    )
    assert copy.commcells["prod"].automation[0] == "svc-cvops-rehearsal"


def test_a_name_that_is_taken_is_not_taken_again(tmp_path: Path) -> None:
    users = [make_user(1, "admin"), make_user(9, "SVC-cvops-rehearsal")]
    copy = serve(tmp_path, make_entra(), make_commcell(users=users))
    assert copy.commcells["prod"].automation[0] == "svc-cvops-rehearsal-2"


def test_reset_goes_back_to_the_snapshot(tmp_path: Path) -> None:
    folder = write_documents(tmp_path / "snapshot", make_entra(), make_commcell())
    with running_simulator(snapshot=folder) as copy:
        secret, password = copy.automation.client_secret, copy.commcells["prod"].automation[1]
        with GraphClient(copy, copy.automation) as graph:
            made = graph.ok(201, "POST", "groups", _make_group("New"))
        copy.commcells["prod"].state.users.get(1).name = "changed"
        assert httpx.post(f"{copy.control_url}/reset", trust_env=False).status_code == 204
        assert made["id"] not in copy.tenant.groups
        assert copy.commcells["prod"].state.users.get(1).name == "admin"
        # variables.yml is still true
        assert (copy.automation.client_secret, copy.commcells["prod"].automation[1]) == (secret, password)
        assert token_answer(copy, **secret_form(copy, copy.automation)).status_code == 200


def test_each_commcell_has_its_release_and_its_permissions(tmp_path: Path) -> None:
    other = make_commcell(
        name="lab",
        commcell={"id": "2", "name": "cs-lab", "release": None, "company": None},
        permissions=[{"id": "31", "name": "View"}, {"id": "4711", "name": "Water the plants", "category": "Office"}],
        roles=[{"id": "9", "name": "Gardener", "company": None, "enabled": True, "permissions": ["Water the plants"]}],
    )
    copy = serve(tmp_path, make_entra(), make_commcell(), other, release=42)
    assert (copy.commcells["prod"].release, copy.commcells["lab"].release) == (40, 42)
    assert copy.commcells["lab"].state.catalogue.names == {31: "View", 4711: "Water the plants"}
    assert copy.commcells["lab"].state.roles.get(9).permission_ids == {4711}
    assert copy.commcells["prod"].state.catalogue.find_permission("water the plants") is None
    assert any("lab" in note and "release" in note for note in copy.notes)


def test_what_has_no_place_is_told(tmp_path: Path) -> None:
    """A line for each kind of thing, with how many there are; nothing else of the kind is lost."""
    device = "77777777-0000-4000-8000-000000000001"
    entra = make_entra(
        groups=[{"id": GROUP, "displayName": "GG-Backup", "members": [ADA, device, "88888888"], "owners": []}],
        others=[{"id": device, "kind": "device", "displayName": "Laptop"}],
    )
    unknown = {"kind": "unknown", "id": "0", "name": ""}
    nowhere = {"kind": "type:0", "id": "0", "name": ""}
    cell = make_commcell(
        users=[
            make_user(5, "collector", groups=[{"kind": None, "id": None, "name": "Secret society"}]),
            make_user(6, "ada", identity_provider="corp", signs_in_with="identity_provider", local_password=None),
        ],
        user_groups=[{"id": "4", "name": "Ops", "company": "Unseen", "enabled": True, "members": ["5", "66"]}],
        external_groups=[{"id": "4", "name": "CORP\\Ops", "company": None, "enabled": True}],
        associations=[
            make_association(unknown, SERVER, VIEW),
            make_association({"kind": "user", "id": "5", "name": "collector"}, nowhere, VIEW),
            make_association({"kind": "external_group", "id": "4", "name": "CORP\\Ops"}, SERVER, VIEW),
            make_association({"kind": "user", "id": "5", "name": "collector"}, SERVER, VIEW, grant_kind="unknown"),
        ],
        access_tokens=[
            {
                "id": "1",
                "name": "orphan",
                "owner": {"kind": "user", "id": None, "name": None},
                "token_type": "all",
                "api_endpoints": [],
                "allowed_ips": None,
                "expires": None,
                "renewable_until": None,
            }
        ],
        entities={"servers": [], "tape_robots": [{"id": "1", "name": "robot", "company": None}]},
    )
    copy = serve(tmp_path, entra, cell, grant_automation=False)
    told = "\n".join(copy.notes)
    assert copy.tenant.members(GROUP) == [ADA]
    for text in (
        f"device {device} of GG-Backup",
        "object that is not in the snapshot 88888888 of GG-Backup",
        "Secret society",
        "ada (corp)",
        "user 66 in Ops",
        "Unseen",
        "CORP\\Ops",
        "who has them",
        "where they hold",
        "unknown kind are inherited",
        "orphan",
        "robot",
    ):
        assert text in told, text
    state = copy.commcells["prod"].state
    assert {grant.kind for grant in state.grants} == {INHERITED}
    assert state.groups.get(4).member_ids >= {5}


def test_grants_on_what_no_list_shows_keep_their_names(tmp_path: Path) -> None:
    associations = [
        make_association(ADMIN, {"kind": "servers", "id": "70", "name": "gone-srv"}, {"id": "99", "name": "Old role"}),
        make_association(ADMIN, {"kind": "type:64", "id": "3", "name": "Disk alert"}, VIEW),
        make_association(ADMIN, {"kind": "plans", "id": "all", "name": "all plans"}),
    ]
    copy = serve(tmp_path, make_entra(), make_commcell(associations=associations))
    state = copy.commcells["prod"].state
    assert {(grant.role_id, *grant.entity) for grant in state.grants if grant.kind == EXPLICIT} == {
        (99, 3, 70),
        (2, 64, 3),
        (None, 158, 0),
    }
    assert (state.entity_name(3, 70), state.entity_name(120, 99)) == ("gone-srv", "Old role")
    assert [entity.name for entity in state.entities[3]] == ["srv7"]
    assert all(grant.principal_kind == USER for grant in state.grants)


def test_incomplete_sources_are_told(tmp_path: Path) -> None:
    provenance = make_provenance("commvault_user", "5")
    provenance["sources"] = [
        {"name": "users", "count": 1, "complete": False, "why": "no right to see them", "read_at": ""},
        {"name": "roles", "count": 1, "complete": None, "why": "", "read_at": ""},
        {"name": "plans", "count": 1, "complete": True, "why": "", "read_at": ""},
    ]
    told = "\n".join(serve(tmp_path, make_entra(), make_commcell(provenance=provenance)).notes)
    assert "prod: users is not complete in the snapshot: no right to see them" in told
    assert "prod: roles may not be complete in the snapshot" in told
    assert "plans" not in told


def test_pseudonymised_documents_are_served_like_others(tmp_path: Path) -> None:
    """Names and addresses are of the form that the collection makes of them; ids are what they were, or other GUIDs."""
    original = Simulator(set="S", seed=1)
    write_snapshot(original, tmp_path / "plain")
    upns = sorted(row["userPrincipalName"] for row in original.tenant.users.values())
    (tmp_path / "masked" / "commcells").mkdir(parents=True)
    for path in sorted((tmp_path / "plain").rglob("*.json")):
        text = path.read_text()
        for number, upn in enumerate(upns):
            text = re.sub(rf"\b{re.escape(upn)}\b", f"person-{number:016x}@pseudonym.invalid", text)
        (tmp_path / "masked" / path.relative_to(tmp_path / "plain")).write_text(text)
    copy = Simulator(snapshot=tmp_path / "masked", grant_automation=False)
    write_snapshot(copy, tmp_path / "after")
    assert list(list_differences(read_documents(tmp_path / "masked"), read_documents(tmp_path / "after"))) == []
    assert {row["userPrincipalName"].partition("@")[2] for row in copy.tenant.users.values()} == {"pseudonym.invalid"}


def _drop(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}


FAULTS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "format of the tenant": (make_entra(format="cvops.identity/snapshot-entra/2"), make_commcell(), "snapshot-entra/2"),
    "format of a CommCell": (make_entra(), make_commcell(format="x\x1b[31m"), "has the format x?[31m"),
    "a list that is missing": (make_entra(), _drop(make_commcell(), "roles"), "roles is missing"),
    "a list that is none": (make_entra(users={}), make_commcell(), "users is not a list"),
    "an id that is none": (
        make_entra(),
        make_commcell(users=[make_user(5, "x") | {"id": "5e"}]),
        "users[0].id is not a number",
    ),
    "a user twice": (
        make_entra(),
        make_commcell(users=[make_user(5, "x"), make_user(5, "y")]),
        "users: id 5 stands there twice",
    ),
    "an object twice": (
        make_entra(users=[{"id": GROUP, "userPrincipalName": "x@corp.example"}]),
        make_commcell(),
        f"id {GROUP} stands there twice",
    ),
    "an entity without a name": (
        make_entra(),
        make_commcell(entities={"plans": [{"id": "1"}]}),
        "entities.plans[0].name is missing",
    ),
    "a member that is none": (
        make_entra(groups=[{"id": GROUP, "displayName": "x", "members": [1]}]),
        make_commcell(),
        "groups[0].members[0] is not a text",
    ),
    "a moment that is none": (
        make_entra(),
        make_commcell(users=[make_user(5, "x", last_sign_in="yesterday")]),
        "last_sign_in is not a date and time (RFC 3339) or null",
    ),
    "a name that is taken": (make_entra(), make_commcell(name="Graph"), "cannot be served under the name 'Graph'"),
    "a name with a slash": (make_entra(), make_commcell(name="a/b"), "cannot be served under the name 'a/b'"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_documents_that_are_none_are_refused(case: str, tmp_path: Path) -> None:
    entra, cell, text = FAULTS[case]
    with pytest.raises(SnapshotError) as raised:
        serve(tmp_path, entra, cell)
    assert text in str(raised.value)


def test_two_commcells_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="has the same name, Prod"):
        serve(tmp_path, make_entra(), make_commcell(), make_commcell(name="Prod"))


def test_folders_that_are_no_snapshot_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError) as raised:
        Simulator(snapshot=tmp_path)
    assert "entra.json is missing" in str(raised.value)
    assert "has no file NAME.json" in str(raised.value)
    folder = write_documents(tmp_path / "snapshot", make_entra(), make_commcell())
    (folder / "entra.json").write_text("[" * 100_000)
    with pytest.raises(SnapshotError, match="is not JSON in UTF-8"):
        Simulator(snapshot=folder)


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cvops_simulator.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_program_prints_the_variables_of_a_copy(tmp_path: Path) -> None:
    folder = write_documents(tmp_path / "snapshot", make_entra(), make_commcell())
    done = run_program("variables", "--snapshot", str(folder))
    assert done.returncode == 0, done.stderr
    assert f"client_id: {APP}" in done.stdout
    assert "username: collector" in done.stdout
    refused = run_program("variables", "--snapshot", str(tmp_path / "nothing"))
    assert refused.returncode == 2
    assert "is no snapshot" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert run_program("variables", "--snapshot", str(folder), "--set", "M").returncode == 2


def test_roles_and_owners_in_the_tenant(tmp_path: Path) -> None:
    """Directory roles that the simulator does not know, grants with one end, and the deleted come along."""
    gone = "33333333-0000-4000-8000-00000000000f"
    role = {"roleTemplateId": "0" * 8, "displayName": "Own role", "members": [ADA]}
    entra = make_entra(
        directory_roles=[{**role, "scopedMembers": [{"id": BO, "directoryScopeId": "/administrativeUnits/1"}]}],
        service_principals=[
            {
                "id": PRINCIPAL,
                "appId": APP,
                "displayName": "collector",
                "owners": [BO],
                "appRoleAssignedTo": [
                    {"id": "a1", "principalId": GROUP, "principalType": "Group", "appRoleId": "0" * 8},
                    {"id": "a2", "principalId": "unknown", "principalType": "User", "appRoleId": "0" * 8},
                ],
                "appRoleAssignments": [],
                "oauth2PermissionGrants": [],
                "notVisible": ["owners"],
            }
        ],
        deleted_users=[
            {
                "id": gone,
                "displayName": "Gone",
                "userPrincipalName": "gone@corp.example",
                "deletedDateTime": "2026-05-01T00:00:00Z",
            }
        ],
    )
    copy = serve(tmp_path, entra, make_commcell())
    assert copy.tenant.directory_roles["0" * 8] == "Own role"
    assert copy.tenant.role_members("0" * 8) == [ADA]
    assert copy.tenant.owners(PRINCIPAL) == [BO]
    assert copy.tenant.app_role_assignments["a1"]["principalDisplayName"] == "GG-Backup"
    assert copy.tenant.app_role_assignments["a2"]["principalDisplayName"] is None
    assert copy.tenant.deleted[gone]["kind"] == "user"
    assert any("app role assignments with one end" in note for note in copy.notes)
    assert any("owners that were not visible" in note for note in copy.notes)
    with (
        running_simulator(snapshot=tmp_path / "snapshot") as running,
        GraphClient(running, running.automation) as graph,
    ):
        rows = graph.ok(200, "GET", "roleManagement/directory/roleAssignments")["value"]
        assert sorted((row["principalId"], row["directoryScopeId"]) for row in rows) == [
            (ADA, "/"),
            (BO, "/administrativeUnits/1"),
        ]
