# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_snapshot against the simulator: what a tenant's document holds, what it takes, and what becomes of failures."""

from __future__ import annotations

import json
import pathlib
import re
import stat
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.grants import assign_role
from cvops_simulator.entra.graph.deletion import soft_delete
from helpers.direct import connection, run_body
from helpers.playing import Player
from helpers.sampling import WHOLE
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.power import get_permission_power
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import write_document
from ansible_collections.cvops.identity.plugins.modules import commvault_snapshot, entra_snapshot

pytestmark = pytest.mark.any_core

Document = dict[str, t.Any]
ALL_READS = (
    "Organization.Read.All",
    "GroupMember.Read.All",
    "Group.Read.All",
    "User.Read.All",
    "Application.Read.All",
    "Directory.Read.All",
    "RoleManagement.Read.Directory",
    "Policy.Read.All",
)
#: By permission, the sources that are incomplete without it where the others are held.
LISTS = ("users", "groups", "applications", "service_principals", "directory_roles", "named_locations")


def keep_commcell(site: Simulator, folder: pathlib.Path, **more: t.Any) -> None:
    """Write the document of the site's first CommCell, with *more* in place of what it holds."""
    cell = next(iter(site.commcells))
    told = run_body(commvault_snapshot, site, {"dest": str(folder), "commcell": cell, **connection(site, cell)})
    assert not told.get("failed"), told["msg"]
    document = json.loads(pathlib.Path(told["snapshot"]["path"]).read_text()) | more
    write_document(str(folder), t.cast("t.Any", document))


def collect(site: Simulator, folder: pathlib.Path, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
    """The result of the module, which has not failed."""
    result = run_body(entra_snapshot, site, {"dest": str(folder), **options}, check=check)
    assert not result.get("failed"), result["msg"]
    return result


def read(folder: pathlib.Path) -> Document:
    """The document that was written."""
    found: Document = json.loads((folder / "entra.json").read_text())
    return found


def without_provenance(document: Document) -> Document:
    """What two documents of an unchanged tenant have in common."""
    return {name: value for name, value in document.items() if name != "provenance"}


def sources(document: Document) -> dict[str, t.Any]:
    """The sources by name."""
    return {one["name"]: one for one in document["provenance"]["sources"]}


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits."""
    share_clock(monkeypatch, request.getfixturevalue("site"))


def test_what_matters_to_a_commcell_is_read(site: Simulator, tmp_path: pathlib.Path) -> None:
    """Every linked group with its members, and every user whom Commvault knows by name; the second run changes nothing."""
    keep_commcell(site, tmp_path)
    predicted = collect(site, tmp_path, check=True)
    assert predicted["changed"] and not (tmp_path / "entra.json").exists()
    result = collect(site, tmp_path)
    document = read(tmp_path)
    assert result["changed"] and result["snapshot"]["not_visible"] == []
    assert result["snapshot"]["counts"] == predicted["snapshot"]["counts"]
    assert stat.S_IMODE((tmp_path / "entra.json").stat().st_mode) == 0o600

    cell = json.loads(next((tmp_path / "commcells").glob("*.json")).read_text())
    linked = {row["entra_group_id"] for row in cell["user_groups"] if row.get("entra_group_id")}
    there = {row["id"]: row for row in document["groups"]}
    assert linked and linked & set(site.tenant.groups) <= set(there)
    for key, row in there.items():
        assert row["members"] == sorted(site.tenant.members(key)) and row["owners"] == sorted(site.tenant.owners(key))
    users = {row["id"] for row in document["users"]}
    kinds = {one: site.tenant.kind_of(one) for row in there.values() for one in row["members"]}
    assert {one for one, kind in kinds.items() if kind == "user"} <= users
    names = {row["userPrincipalName"].lower(): row["id"] for row in site.tenant.users.values()}
    known = {str(row.get("user_principal_name") or row.get("email") or "").lower() for row in cell["users"]}
    assert known & set(names) and {names[name] for name in known & set(names)} <= users
    for name in LISTS[:4]:
        assert [row["id"] for row in document[name]] == sorted(row["id"] for row in document[name])

    site.journal.clear()
    written = (tmp_path / "entra.json").stat().st_ino
    again = collect(site, tmp_path)
    assert not again["changed"] and again["steps"] == []
    assert (tmp_path / "entra.json").stat().st_ino != written, "the provenance is that of the last run"
    collect(site, tmp_path, check=True)
    assert without_provenance(read(tmp_path)) == without_provenance(document)
    assert not site.journal.writes()


def test_few_requests(site: Simulator, tmp_path: pathlib.Path) -> None:
    """The requests are counted, and grow by one for twenty lists of groups, for twenty users whose groups are counted, and for 300 users."""
    keep_commcell(site, tmp_path)
    site.journal.clear()
    result = collect(site, tmp_path)
    document = read(tmp_path)
    asked = [entry for entry in site.journal.entries() if entry.service == "graph"]
    reads, within = result["stats"]["reads"], result["stats"]["batch_parts"]
    assert document["provenance"]["requests"] == reads and reads + within == len(asked)
    users = len(document["users"])
    assert reads <= 28 + (3 * len(document["groups"]) + users) / 20 + users / 100


def test_in_how_many_groups_people_are(site: Simulator, tmp_path: pathlib.Path) -> None:
    """All groups of the tenant count by their kinds, through nesting; of people who cannot sign in they are not asked for."""
    keep_commcell(site, tmp_path)
    collect(site, tmp_path)
    before = {row["id"]: row["groupCounts"] for row in read(tmp_path)["users"]}
    person = next(key for key, counts in before.items() if counts)
    kinds = [
        {"securityEnabled": True},
        {"securityEnabled": True, "mailEnabled": True},
        {"securityEnabled": False, "mailEnabled": True, "groupTypes": ["Unified"]},
        {"securityEnabled": False, "mailEnabled": True},
    ]
    made = [
        site.tenant.add("group", {"displayName": f"Elsewhere {number}", **kind}, replicated=True)["id"]
        for number, kind in enumerate(kinds)
    ]
    site.tenant.relate("members", made[0], [person], True)
    for outer, inner in zip(made[1:], made, strict=False):
        site.tenant.relate("members", outer, [inner], True)
    collect(site, tmp_path)
    document = read(tmp_path)
    after = {row["id"]: row["groupCounts"] for row in document["users"]}
    own = t.cast("Document", before[person])
    more = {"security": own["security"] + 2, "microsoft365": 1, "distribution": 1}
    assert after == {**before, person: more}
    assert not {row["id"] for row in document["groups"]} & set(made)
    assert {row["id"] for row in document["users"] if not row["groupCounts"]} == {
        row["id"] for row in document["users"] if row["accountEnabled"] is False
    }
    counted = sources(document)["group_counts"]
    assert (counted["count"], counted["complete"]) == (sum(bool(one) for one in after.values()), True)


@pytest.mark.parametrize("times", [1, 0])
def test_counts_that_are_refused_are_told(site: Simulator, tmp_path: pathlib.Path, times: int) -> None:
    """One person's (once in the batch, once alone) or everybody's: who was not counted has no count, and a source says so."""
    keep_commcell(site, tmp_path)
    collect(site, tmp_path)
    expected = read(tmp_path)
    person = next(row["id"] for row in expected["users"] if row["groupCounts"])
    path = f"/v1.0/users/{person}/transitiveMemberOf" if times else "*/transitiveMemberOf"
    body = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}
    site.faults.add(Fault("graph", "GET", path, "status", status=403, body=body, times=0))
    site.journal.clear()
    result = collect(site, tmp_path)
    site.faults.clear()
    document = read(tmp_path)
    told = {row["id"]: row["groupCounts"] for row in document["users"]}
    before = {row["id"]: row["groupCounts"] for row in expected["users"]}
    assert told == ({**before, person: None} if times else dict.fromkeys(before))
    (source,) = result["snapshot"]["not_visible"]
    assert source["name"] == "group_counts" and source["complete"] is False
    assert "User.Read.All with GroupMember.Read.All" in source["why"]
    # The other people are asked for no further once twenty in a row were refused.
    asked = [entry.path for entry in site.journal.entries() if entry.path.endswith("/transitiveMemberOf")]
    assert times or len(asked) <= 65, len(asked)


def test_a_throttled_count_is_waited_for(site: Simulator, tmp_path: pathlib.Path) -> None:
    keep_commcell(site, tmp_path)
    collect(site, tmp_path)
    expected = without_provenance(read(tmp_path))
    person = next(row["id"] for row in expected["users"] if row["groupCounts"])
    path = f"/v1.0/users/{person}/transitiveMemberOf"
    site.faults.add(Fault("graph", "GET", path, "status", status=429, retry_after=2, times=2))
    result = collect(site, tmp_path)
    assert not result["changed"] and result["stats"]["retries"] == 2
    assert without_provenance(read(tmp_path)) == expected


@pytest.mark.whole
def test_no_counts_where_tokens_carry_assigned_groups_alone(site: Simulator, tmp_path: pathlib.Path) -> None:
    tenant = site.tenant
    row = next(row for row in tenant.applications.values() if row["displayName"] == "Commvault management API")
    for claims, is_asked in (("ApplicationGroup", False), ("SecurityGroup", True)):
        tenant.store.put("applications", row["id"], {**row, "groupMembershipClaims": claims}, replicated=True)
        keep_commcell(site, tmp_path)
        site.journal.clear()
        collect(site, tmp_path, applications=[row["appId"]])
        asked = any(entry.path.endswith("/transitiveMemberOf") for entry in site.journal.entries())
        source = sources(read(tmp_path))["group_counts"]
        assert (asked, bool(source["count"]), source["complete"]) == (is_asked, is_asked, True)
        assert is_asked or "only the assigned groups" in source["why"]


def test_a_program_that_holds_much_power_is_read(site: Simulator, tmp_path: pathlib.Path) -> None:
    """Whoever holds a powerful permission or a directory role is in the document, whether or not anybody named it."""
    strong = site.identity("RoleManagement.ReadWrite.Directory", name="strong")
    weak = site.identity("GroupMember.Read.All", name="weak")
    holder = site.identity("GroupMember.Read.All", name="holder")
    principals = {
        one.client_id: t.cast("Document", site.tenant.service_principal_of(one.client_id))
        for one in (strong, weak, holder)
    }
    template = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
    site.tenant.relate("roleMembers", template, [principals[holder.client_id]["id"]], True)
    collect(site, tmp_path)
    document = read(tmp_path)
    found = {row["appId"]: row for row in document["service_principals"]}
    assert strong.client_id in found and holder.client_id in found and weak.client_id not in found
    assert document["directory_roles"] == [
        {
            "roleTemplateId": template,
            "displayName": "Application Administrator",
            "members": [principals[holder.client_id]["id"]],
            "scopedMembers": [],
        }
    ]
    graph = found["00000003-0000-0000-c000-000000000000"]
    names = {role["id"]: role["value"] for role in graph["appRoles"]}
    held = [names[one["appRoleId"]] for one in found[strong.client_id]["appRoleAssignments"]]
    assert held == ["RoleManagement.ReadWrite.Directory"]
    assert get_permission_power(graph["appId"], held[0]).tier == "0"


def test_nested_groups_and_loops(site: Simulator, tmp_path: pathlib.Path) -> None:
    """Each level is read with its direct members; a group within itself is read once."""
    tenant = site.tenant
    person = next(iter(tenant.users))
    made = [
        tenant.add("group", {"displayName": f"GG-Nested-{number}", "securityEnabled": True}, replicated=True)["id"]
        for number in range(4)
    ]
    for outer, inner in zip(made, [*made[1:], made[0]], strict=True):
        tenant.relate("members", outer, [inner], True)
    tenant.relate("members", made[2], [made[3], person, made[2]], True)
    collect(site, tmp_path, groups=["gg-nested-0"])
    document = read(tmp_path)
    there = {row["id"]: row["members"] for row in document["groups"]}
    assert there == {key: sorted(tenant.members(key)) for key in made}
    assert [row["id"] for row in document["users"]] == [person] and document["others"] == []


def test_what_is_assigned_and_who_owns(site: Simulator, tmp_path: pathlib.Path) -> None:
    """Groups that hold a role of a chosen application come with it, owners as objects of their kind, credentials without their values."""
    tenant = site.tenant
    application = next(row for row in tenant.applications.values() if row["displayName"] == "Commvault management API")
    principal = t.cast("Document", tenant.service_principal_of(application["appId"]))
    group, person = next(iter(tenant.groups)), next(iter(tenant.users))
    assign_role(tenant, group, principal["id"], principal["appRoles"][0]["id"], replicated=True)
    tenant.relate("owners", application["id"], [person, principal["id"]], True)
    collect(site, tmp_path, applications=[application["appId"]])
    document = read(tmp_path)
    (row,) = document["applications"]
    assert row["owners"] == sorted([person, principal["id"]])
    own = next(one for one in document["service_principals"] if one["id"] == principal["id"])
    assert [one["principalId"] for one in own["appRoleAssignedTo"]] == [group]
    assert [one["id"] for one in document["groups"]] == [group]
    assert person in {one["id"] for one in document["users"]}


def test_an_application_of_another_tenant_keeps_its_roles(site: Simulator, tmp_path: pathlib.Path) -> None:
    """It has no registration here; the names of the roles that people hold stand in its service principal."""
    tenant = site.tenant
    role = {
        "id": tenant.new_id(),
        "value": "Use",
        "displayName": "Use",
        "isEnabled": True,
        "allowedMemberTypes": ["User"],
    }
    values = {"appId": tenant.new_id(), "displayName": "Vendor", "appRoles": [{**role, "description": "x"}]}
    principal = tenant.add("servicePrincipal", {**values, "appOwnerOrganizationId": tenant.new_id()}, replicated=True)
    person = next(iter(tenant.users))
    assign_role(tenant, person, principal["id"], role["id"], replicated=True)
    result = collect(site, tmp_path, applications=["Vendor"])
    document = read(tmp_path)
    (own,) = [row for row in document["service_principals"] if row["id"] == principal["id"]]
    assert document["applications"] == [] and result["warnings"] == []
    assert [one["value"] for one in own["appRoles"]] == ["Use"]
    assert [one["principalId"] for one in own["appRoleAssignedTo"]] == [person]
    assert [row["id"] for row in document["users"]] == [person]


def test_no_secret_and_no_key_material(site: Simulator, tmp_path: pathlib.Path) -> None:
    """Nothing of a credential but its ids, name and dates."""
    keep_commcell(site, tmp_path)
    collect(site, tmp_path, applications=[site.automation.client_id])
    text = (tmp_path / "entra.json").read_text()
    assert site.automation.client_secret not in text
    row = next(one for one in json.loads(text)["applications"] if one["appId"] == site.automation.client_id)
    assert [set(one) for one in row["passwordCredentials"]] == [
        {"keyId", "displayName", "startDateTime", "endDateTime"}
    ]
    assert not re.search(r'"(hint|secretText|key|customKey)"', text)


def test_deleted_objects(site: Simulator, tmp_path: pathlib.Path) -> None:
    """A user whom Commvault knows and a group that is linked are told when they are deleted; others that are deleted are not."""
    keep_commcell(site, tmp_path)
    cell = json.loads(next((tmp_path / "commcells").glob("*.json")).read_text())
    names = {str(row.get("user_principal_name") or row.get("email") or "").lower() for row in cell["users"]}
    known = next(row for row in site.tenant.users.values() if row["userPrincipalName"].lower() in names)
    linked = next(
        row["entra_group_id"] for row in cell["user_groups"] if row.get("entra_group_id") in site.tenant.groups
    )
    other = site.tenant.add(
        "user", {"displayName": "Nobody", "userPrincipalName": "nobody@else.example"}, replicated=True
    )
    soft_delete(site.tenant, "user", known)
    soft_delete(site.tenant, "user", other)
    soft_delete(site.tenant, "group", site.tenant.groups[linked])
    collect(site, tmp_path)
    document = read(tmp_path)
    assert [row["id"] for row in document["deleted_users"]] == [known["id"]]
    assert [row["id"] for row in document["deleted_groups"]] == [linked]
    assert document["deleted_users"][0]["deletedDateTime"]
    assert known["id"] not in {row["id"] for row in document["users"]}


@pytest.mark.parametrize("missing", ALL_READS)
def test_a_refused_part_is_told_with_its_permission(site: Simulator, tmp_path: pathlib.Path, missing: str) -> None:
    """One permission less ends nothing: either another one suffices and the document is whole, or a source says what is missing."""
    keep_commcell(site, tmp_path)
    whole = site.identity(*ALL_READS, name="whole")
    less = site.identity(*[one for one in ALL_READS if one != missing], name="less")
    options = {"applications": ["Commvault management API"]}
    collect(site, tmp_path, client_id=whole.client_id, client_secret=whole.client_secret, **options)
    expected = read(tmp_path)
    assert all(one["complete"] for one in sources(expected).values())
    result = collect(site, tmp_path, client_id=less.client_id, client_secret=less.client_secret, **options)
    document = read(tmp_path)
    incomplete = [one for one in sources(document).values() if one["complete"] is not True]
    if without_provenance(document) != without_provenance(expected):
        assert incomplete, [name for name, value in document.items() if value != expected[name]]
    assert all(one["why"] for one in incomplete)
    assert len(result["snapshot"]["not_visible"]) == len(incomplete)


def test_an_identity_without_rights_still_gets_a_document(site: Simulator, tmp_path: pathlib.Path) -> None:
    """It says of every part that it could not be seen."""
    nobody = site.identity(name="nobody")
    result = collect(
        site,
        tmp_path,
        client_id=nobody.client_id,
        client_secret=nobody.client_secret,
        groups=[next(iter(site.tenant.groups))],
    )
    document = read(tmp_path)
    assert document["users"] == document["groups"] == document["directory_roles"] == []
    assert document["tenant"] == {"id": site.tenant_id, "displayName": None, "domain": None}
    assert len(result["snapshot"]["not_visible"]) >= 8


@pytest.mark.whole
def test_a_read_that_fails_ends_the_task(site: Simulator, tmp_path: pathlib.Path) -> None:
    """Each address in turn, or every third: an error of the service or a broken answer is never "nothing there"; the file stays as it is."""
    keep_commcell(site, tmp_path)
    options: dict[str, t.Any] = {"dest": str(tmp_path), "applications": ["Commvault management API"]}
    site.journal.clear()
    assert run_body(entra_snapshot, site, options)["changed"]
    before = (tmp_path / "entra.json").read_text()
    asked = sorted({entry.path for entry in site.journal.entries() if entry.service == "graph"})
    assert len(asked) > 12
    rounds = [(path, "status") for path in asked]
    rounds += [
        (path, action) for path in ("/v1.0/$batch", "/v1.0/organization") for action in ("garbage", "drop_before")
    ]
    for path, action in rounds if WHOLE else rounds[::3]:
        site.faults.clear()
        site.faults.add(Fault("graph", "*", path, action, status=503, times=0))
        result = run_body(entra_snapshot, site, options)
        assert result.get("failed"), (path, action)
        assert (tmp_path / "entra.json").read_text() == before
    site.faults.clear()


def test_hostile_kinds_are_refused(site: Simulator, tmp_path: pathlib.Path) -> None:
    """A value of another kind than the property has fails the task, which names the property."""
    group = next(iter(site.tenant.groups))
    body = {"value": [{"id": group, "displayName": "x", "mailNickname": {"a": 1}}]}
    site.faults.add(Fault("graph", "GET", "/v1.0/groups", "status", status=200, body=body, times=0))
    result = run_body(entra_snapshot, site, {"dest": str(tmp_path), "groups": [group]})
    assert result.get("failed") and "mailNickname" in result["msg"], result["msg"]


def test_names_that_nothing_has_are_told_and_nothing_is_lacking(site: Simulator, tmp_path: pathlib.Path) -> None:
    """A document declares what is not there yet: that is warned of and told in a source that is complete."""
    gone, group = "0cf5a44e-4d92-4c1a-9d2b-8f38f56c3a11", next(iter(site.tenant.groups.values()))
    assert collect(site, tmp_path)["warnings"] == []
    application = next(iter(site.tenant.applications.values()))
    by = {"applications": [application["id"], "No such", gone], "groups": [group["displayName"], "No such", gone]}
    result = collect(site, tmp_path, **by)
    assert sorted(text.partition(":")[0] for text in result["warnings"]) == ["named_applications", "named_groups"]
    told = sources(read(tmp_path))
    for name in ("named_applications", "named_groups"):
        assert told[name] | {"read_at": ""} == {
            "name": name,
            "count": 1,
            "complete": True,
            "why": f"not in the tenant: 'No such', {gone!r}",
            "read_at": "",
        }
    assert result["snapshot"]["not_visible"] == []
    assert [row["id"] for row in read(tmp_path)["applications"]] == [application["id"]]


@pytest.mark.parametrize("name", ["No such", "0cf5a44e-4d92-4c1a-9d2b-8f38f56c3a11"])
def test_what_may_not_be_looked_for_is_not_told_to_be_missing(
    site: Simulator, tmp_path: pathlib.Path, name: str
) -> None:
    reader = site.identity(name="reader")
    signed_in = {"client_id": reader.client_id, "client_secret": reader.client_secret}
    result = collect(site, tmp_path, applications=[name], groups=[name], **signed_in)
    told = sources(read(tmp_path))
    for source, named in (("applications", "named_applications"), ("groups", "named_groups")):
        assert told[source]["complete"] is False and told[named]["why"] == ""
    assert not [text for text in result["warnings"] if "not in the tenant" in text]


def test_the_report_on_policies_is_about_the_applications(site: Simulator, tmp_path: pathlib.Path) -> None:
    """All policies are told, with what each is to the applications that matter; a program to which nobody signs in is not a gap."""
    application = next(
        row
        for row in site.tenant.applications.values()
        if row["uniqueName"] == site.variables()["cvops_application"]["unique_name"]
    )
    key = "conditional_access_policies"
    collect(site, tmp_path, applications=[application["appId"]])
    document = read(tmp_path)
    found = [
        row["object"]["id"]
        for row in document["policy_report"]["findings"]
        if row["kind"] == "no_policy_reaches_application"
    ]
    assert found == [application["appId"]]
    assert len(document["policy_report"]["policies"]) == len(document[key])
    application["web"] = {**application["web"], "redirectUris": []}
    for row in site.tenant.service_principals.values():
        if row["appId"] == application["appId"]:
            row.update(replyUrls=[], oauth2PermissionScopes=[])
    collect(site, tmp_path, applications=[application["appId"]])
    assert read(tmp_path)["policy_report"]["findings"] == []


@pytest.mark.whole
def test_as_a_task(site: Simulator, play: Player, tmp_path: pathlib.Path, in_process: bool) -> None:
    """The same through Ansible, predicted and done."""
    task = {
        "name": "read",
        "cvops.identity.entra_snapshot": {"dest": str(tmp_path / "s"), "groups": [next(iter(site.tenant.groups))]},
    }
    predicted = play([task], check=True, diff=True, in_process=in_process).ok()
    assert predicted.result["changed"] and not (tmp_path / "s").exists()
    real = play([task], diff=True, in_process=in_process).ok()
    assert real.result["steps"] == predicted.result["steps"] and (tmp_path / "s" / "entra.json").exists()
    assert not play([task], in_process=in_process).ok().result["changed"]
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700


def test_set_m(make_site: Callable[..., Simulator], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A larger site, in few requests."""
    site = make_site(set="M")
    share_clock(monkeypatch, site)
    keep_commcell(site, tmp_path)
    site.journal.clear()
    result = collect(site, tmp_path)
    assert result["snapshot"]["counts"]["groups"] >= 15
    assert result["stats"]["reads"] <= 60
    assert not collect(site, tmp_path)["changed"]
