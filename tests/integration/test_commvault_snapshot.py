# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_snapshot against the simulator: all that is there is in the file, and what could not be seen is told, never "nothing there"."""

from __future__ import annotations

import json
import os
import pathlib
import re
import stat
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Grant, User
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import read_snapshot
from ansible_collections.cvops.identity.plugins.modules import commvault_snapshot

pytestmark = pytest.mark.any_core

KINDS = {13: "user", 15: "user_group", 62: "external_group"}
ENTITIES = {"servers": 3, "server_groups": 28, "plans": 158, "storage_pools": 17, "workflows": 83}
#: What nobody can be sure to see all of: the service lists a credential to those alone who own or may use it.
NEVER_SURE = {"credentials", "entities.credentials"}
REFUSAL = {"errorCode": 8, "errorMessage": "User does not have the permission [View] {{ 7 * 6 }}"}
#: Each read of a snapshot, and the sources that are not complete without it. An empty set: the task fails, or nothing depends on it.
READS: dict[str, set[str]] = {
    "*/v4/user": {"users", "user_details", "two_factor", "associations", "access_tokens"},
    "*/V4/UserGroup": {"user_groups", "external_groups", "user_group_details", "user_details", "associations"},
    "*/V4/Role": {"roles", "role_permissions"},
    "*/V4/Permissions": {"permissions", "role_permissions", "associations"},
    "*/V4/company": {"companies", "owners"},
    "*/Client": {"entities.servers", "owners"},
    "*/ClientGroup": {"entities.server_groups", "owners"},
    "*/V2/Plan": {"entities.plans", "owners"},
    "*/User/*/Security": {"associations"},
    "*/UserGroup/*/Security": {"associations"},
    "*/Client/*": {"owners"},
    "*/Security/158/*": {"owners"},
    "*/V4/Role/*": {"role_permissions"},
    "*/V4/UserGroup/*": {"user_group_details"},
    "*/v4/user/*": {"user_details"},
    "*/Commcell/Properties/TwoFactorAuth": {"two_factor"},
    "*/V4/AccessToken*": {"access_tokens"},
    "*/V4/Credential": {"credentials", "entities.credentials", "owners"},
    "*/V5/Credential/*": {"credentials", "owners"},
    "*/v4/SAML/*": {"identity_providers"},
    "*/ThirdParty/App": {"identity_providers"},
}
Document = dict[str, t.Any]


def take(site: Simulator, folder: pathlib.Path, **options: t.Any) -> dict[str, t.Any]:
    return run_body(commvault_snapshot, site, {"dest": str(folder), **options})


def load(folder: pathlib.Path) -> Document:
    (document,) = read_snapshot(str(folder)).commcells
    return t.cast(Document, document)


def list_incomplete(result: dict[str, t.Any]) -> set[str]:
    """Sources that are not complete but those that never are."""
    return {source["name"] for source in result["snapshot"]["not_visible"]} - NEVER_SURE


@pytest.fixture
def site(make_site: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch) -> Simulator:
    found = make_site(set="S")
    share_clock(monkeypatch, found)
    return found


@pytest.mark.parametrize("size", ["S", "M"])
def test_everything_is_in_the_file(
    make_site: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, size: str
) -> None:
    site = make_site(set=size)
    share_clock(monkeypatch, site)
    cell = next(iter(site.commcells.values()))
    state, name = cell.state, next(iter(site.commcells))
    users = [user for user in state.users if user.approved]
    site.journal.clear()
    result = take(site, tmp_path / "s")
    assert result["changed"], result
    assert_no_writes(site)
    document = load(tmp_path / "s")
    assert document["name"] == document["commcell"]["name"] == name
    assert {row["id"] for row in document["users"]} == {str(user.id) for user in users}
    groups = {key: document[key] for key in ("user_groups", "external_groups")}
    shown = {(row["id"], key) for key, rows in groups.items() for row in rows}
    assert shown == {(str(group.id), "external_groups" if group.provider else "user_groups") for group in state.groups}
    members = {row["id"]: row["members"] for row in document["user_groups"]}
    assert members == {
        str(group.id): [str(number) for number in sorted(group.member_ids)]
        for group in state.groups
        if not group.provider
    }
    assert {row["id"] for row in document["roles"]} == {str(role.id) for role in state.roles}
    assert {row["id"] for row in document["companies"]} == {str(company.id) for company in state.companies}
    held = [grant for grant in state.grants if grant.kind != "owner"]
    assert sorted((row["principal"]["kind"], row["principal"]["id"]) for row in document["associations"]) == sorted(
        (KINDS[grant.principal_kind], str(grant.principal_id)) for grant in held
    ), "no grant is missing and none is there twice"
    assert len(document["owners"]) == len(list(state.grants)) - len(held) + len(state.credentials)
    for kind, number in ENTITIES.items():
        assert {row["id"] for row in document["entities"][kind]} == {str(one.id) for one in state.entities[number]}
    assert [row["kind"] for row in document["identity_providers"]].count("saml") == 2
    assert [row["name"] for row in document["credentials"]] == ["azure-prod"]
    assert list_incomplete(result) == set()
    assert {source["name"]: source["count"] for source in result["snapshot"]["sources"]}["users"] == len(users)
    collector = document["provenance"]["collector"]
    assert (collector["name"], collector["id"]) == (cell.automation[0], str(cell.user(cell.automation[0]).id))
    assert {"View", "Administrative Management"} <= set(collector["rights"])
    # Once each list; once or twice each object.
    owned = sum(len(state.entities[number]) for number in ENTITIES.values()) + len(state.companies) + 1
    twice = sum(not any(g.kind == "owner" and g.entity_id == one.id for g in state.grants) for one in state.entities[3])
    principals, details = len(users) + len(list(state.groups)), len(users) + len(members) + len(list(state.roles))
    least = principals + owned + details + len(users)
    assert least < result["stats"]["reads"] <= least + twice + 40
    assert document["provenance"]["requests"] <= result["stats"]["reads"]


def test_lists_are_sorted_and_a_second_document_is_equal_but_for_provenance(
    site: Simulator, tmp_path: pathlib.Path
) -> None:
    first = take(site, tmp_path / "s")
    path = pathlib.Path(first["snapshot"]["path"])
    before, text = load(tmp_path / "s"), path.read_text()
    assert json.loads(text) == before and text.isascii() and text.endswith("}\n")
    site.clock.advance(3600)
    second = take(site, tmp_path / "s")
    after = load(tmp_path / "s")
    assert second["changed"] is False and second["steps"] == []
    assert {key: value for key, value in before.items() if key != "provenance"} == {
        key: value for key, value in after.items() if key != "provenance"
    }
    assert after["provenance"]["started"] > before["provenance"]["ended"], "when it was read is brought up to date"
    for name in ("users", "user_groups", "roles", "permissions"):
        numbers = [int(row["id"]) for row in after[name]]
        assert numbers == sorted(numbers), name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (tmp_path / "s", path.parent)} == {0o700}
    assert os.listdir(path.parent) == ["cs01.json"]


def test_one_grant_more_is_one_row_more(site: Simulator, tmp_path: pathlib.Path) -> None:
    take(site, tmp_path / "s")
    before, state = load(tmp_path / "s"), site.commcells["cs01"].state
    plan = state.entities[158][0] if isinstance(state.entities[158], list) else next(iter(state.entities[158]))
    user = next(user for user in state.users if user.name == "breakglass")
    state.grants.add(Grant(13, user.id, 2, 158, plan.id))
    result = take(site, tmp_path / "s")
    after = load(tmp_path / "s")
    assert result["changed"] and [step["sign"] for step in result["steps"]] == ["~"]
    (row,) = [row for row in after["associations"] if row not in before["associations"]]
    assert (row["principal"]["name"], row["entity"]["id"]) == ("breakglass", str(plan.id))
    rest = {key for key in after if key not in ("provenance", "associations") and after[key] != before[key]}
    assert rest == set() and len(after["associations"]) == len(before["associations"]) + 1


def test_check_mode_writes_nothing(site: Simulator, tmp_path: pathlib.Path) -> None:
    predicted = run_body(commvault_snapshot, site, {"dest": str(tmp_path / "s")}, check=True)
    assert predicted["changed"] and not (tmp_path / "s").exists()
    real = take(site, tmp_path / "s")
    assert real["diff"] == predicted["diff"] and real["steps"] == predicted["steps"]
    text = pathlib.Path(real["snapshot"]["path"]).read_text()
    site.clock.advance(60)
    assert run_body(commvault_snapshot, site, {"dest": str(tmp_path / "s")}, check=True)["changed"] is False
    assert pathlib.Path(real["snapshot"]["path"]).read_text() == text


def test_a_playbook_takes_one(site: Simulator, play: Player, in_process: bool, tmp_path: pathlib.Path) -> None:
    task = {"name": "take", "cvops.identity.commvault_snapshot": {"dest": str(tmp_path / "s"), "commcell": "Köln/1"}}
    run = play([task], in_process=in_process).ok()
    assert run.result["snapshot"]["path"].endswith("/commcells/Köln%2F1.json")
    assert load(tmp_path / "s")["name"] == "Köln/1"


@pytest.mark.parametrize("path", sorted(READS))
def test_what_is_refused_is_told_and_the_rest_is_read(site: Simulator, tmp_path: pathlib.Path, path: str) -> None:
    whole = take(site, tmp_path / "whole")
    site.faults.add(Fault(service="cs01", method="GET", path=path, status=403, body=REFUSAL, times=0))
    result = take(site, tmp_path / "s")
    assert not result.get("failed"), result["msg"]
    assert list_incomplete(result) | NEVER_SURE == READS[path] | NEVER_SURE
    document, counts = load(tmp_path / "s"), {one["name"]: one for one in result["snapshot"]["sources"]}
    for source in result["snapshot"]["not_visible"]:
        if source["name"] in READS[path]:
            assert source["complete"] is False or source["name"] in NEVER_SURE
            assert source["why"] and "{{" not in source["why"] and "permission [" not in source["why"]
    for source in whole["snapshot"]["sources"]:
        if source["name"] not in READS[path]:
            assert counts[source["name"]]["count"] == source["count"], source["name"]
    assert set(document) == set(load(tmp_path / "whole"))


@pytest.mark.parametrize("action", ["status", "garbage", "html"])
@pytest.mark.parametrize("path", sorted(set(READS) - {"*/Client/*"}))
def test_a_read_that_fails_ends_the_task_and_the_older_document_stays(
    site: Simulator, tmp_path: pathlib.Path, path: str, action: str
) -> None:
    text = pathlib.Path(take(site, tmp_path / "s")["snapshot"]["path"]).read_text()
    site.faults.add(Fault(service="cs01", method="GET", path=path, action=action, status=500, times=0))
    result = take(site, tmp_path / "s")
    assert result.get("failed") and "snapshot" not in result, path
    assert pathlib.Path(tmp_path / "s" / "commcells" / "cs01.json").read_text() == text
    assert len(os.listdir(tmp_path / "s" / "commcells")) == 1


def test_what_vanishes_between_list_and_details_is_told(site: Simulator, tmp_path: pathlib.Path) -> None:
    cell = site.commcells["cs01"]
    user, group = cell.user("breakglass"), cell.state.groups.named("View All")[0]
    gone = {"errorCode": 2, "errorMessage": "no such object"}
    for path in (f"*/v4/user/{user.id}", f"*/V4/UserGroup/{group.id}", "*/V4/Role/2"):
        site.faults.add(Fault(service="cs01", method="GET", path=path, status=404, body=gone, times=0))
    result = take(site, tmp_path / "s")
    document, why = load(tmp_path / "s"), {one["name"]: one["why"] for one in result["snapshot"]["not_visible"]}
    assert list_incomplete(result) == {"user_details", "user_group_details", "role_permissions"}
    assert why["user_details"] == f"in the list, but gone when they were read, by id: {user.id}"
    assert why["user_group_details"].endswith(f": {group.id}") and why["role_permissions"].endswith(": 2")
    counts = {one["name"]: one["count"] for one in result["snapshot"]["sources"]}
    assert counts["user_details"] == counts["users"] - 1 and counts["role_permissions"] == counts["roles"] - 1
    rows = {row["id"]: row for row in document["users"]}
    assert (rows[str(user.id)]["name"], rows[str(user.id)]["groups"]) == ("breakglass", None), "never dropped"
    assert next(row for row in document["user_groups"] if row["id"] == str(group.id))["members"] is None
    assert next(row for row in document["roles"] if row["id"] == "2")["permissions"] is None


def test_an_account_with_few_rights(site: Simulator, tmp_path: pathlib.Path) -> None:
    cell = site.commcells["cs01"]
    name = site.site.anomalies["disabled_entra_user"]["user"]
    token = cell.access_token(name)
    who = {"commvault_auth_method": "access_token", "commvault_access_token": token}
    result = take(site, tmp_path / "s", commcell="cs01", **who)
    assert not result.get("failed"), result["msg"]
    incomplete = list_incomplete(result)
    assert {
        "users",
        "user_groups",
        "roles",
        "associations",
        "owners",
        "access_tokens",
        "entities.servers",
    } <= incomplete
    document = load(tmp_path / "s")
    assert document["provenance"]["collector"]["name"] == name
    assert all(source["why"] for source in result["snapshot"]["not_visible"])
    assert token not in (tmp_path / "s" / "commcells" / "cs01.json").read_text()


@pytest.mark.parametrize("release", [32, 36, 40, 42, 44])
def test_releases(
    make_site: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, release: int
) -> None:
    """What an early release cannot show is told; the grants on what it lists are read all the same."""
    site = make_site(set="S", release=release)
    share_clock(monkeypatch, site)
    result = take(site, tmp_path / "s")
    assert not result.get("failed"), result["msg"]
    document, incomplete = load(tmp_path / "s"), list_incomplete(result)
    assert document["commcell"]["release"] == release
    assert ("associations" in incomplete) is (release < 42)
    assert ("access_tokens" in incomplete) is (release < 38)
    state = site.commcells["cs01"].state
    held = {
        (KINDS[grant.principal_kind], str(grant.principal_id), str(grant.entity_id))
        for grant in state.grants
        if grant.kind not in ("owner", "inherited")
        and grant.entity_id
        and grant.entity_type in (1, 61, *ENTITIES.values())
    }
    shown = {
        (row["principal"]["kind"], row["principal"]["id"], row["entity"]["id"]) for row in document["associations"]
    }
    assert held and held <= shown
    assert all(row["principal"]["name"] and row["entity"]["name"] for row in document["associations"])
    assert take(site, tmp_path / "s")["changed"] is False


def test_a_release_that_is_hidden(site: Simulator, tmp_path: pathlib.Path) -> None:
    body = {"errorCode": 8, "errorMessage": "User does not have the permission [View]"}
    site.faults.add(Fault(service="cs01", method="GET", path="*/CommServ", status=200, body=body, times=0))
    result = take(site, tmp_path / "s")
    assert result["error"]["source"] == "option commcell", "nobody knows what the CommCell is called"
    result = take(site, tmp_path / "s", commcell="emea")
    found = next(one for one in result["snapshot"]["sources"] if one["name"] == "associations")
    assert found["complete"] is None and found["count"] > 0 and "release" in found["why"]


def test_fewer_kinds_of_entities(site: Simulator, tmp_path: pathlib.Path) -> None:
    result = take(site, tmp_path / "s", entity_kinds=["servers"])
    assert list_incomplete(result) == {"owners"}
    (why,) = (one["why"] for one in result["snapshot"]["not_visible"] if one["name"] == "owners")
    assert "plans" in why and "entity_kinds" in why and "servers," not in why


def test_a_company_sees_its_own_alone(
    make_site: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    site = make_site(set="M")
    share_clock(monkeypatch, site)
    result = take(site, tmp_path / "s", commvault_company="Northwind")
    assert all(source["complete"] is False for source in result["snapshot"]["sources"])
    assert all("Northwind" in source["why"] for source in result["snapshot"]["sources"])


def test_hostile_names_stay_data(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    state = site.commcells["cs01"].state
    names = ["{{ lookup('pipe', 'touch pwned') }}", "</script><b>", "\u202eadmin", "=1+1", "a\nb", "x" * 256]
    for name in names:
        state.users.add(User(state.users.new_id(), name, description=name))
    task = {"name": "take", "cvops.identity.commvault_snapshot": {"dest": str(tmp_path / "s")}}
    run = play([task]).ok()
    shown = {row["name"] for row in load(tmp_path / "s")["users"]}
    assert set(names) <= shown and not any((run.folder / "pwned").parent.rglob("pwned"))


def test_no_secret_is_in_the_document(site: Simulator, tmp_path: pathlib.Path) -> None:
    cell = site.commcells["cs01"]
    tokens = [cell.access_token("admin"), cell.access_token("breakglass")]
    result = take(site, tmp_path / "s")
    text = (tmp_path / "s" / "commcells" / "cs01.json").read_text()
    assert len(load(tmp_path / "s")["access_tokens"]) == len(tokens)
    stored = [row["text"] for row in site.tenant.store.primary().rows("secrets").values()]
    passwords = [cell.admin[1], cell.automation[1], *(user.password for user in cell.state.users if user.password)]
    held = [str(one.secret) for one in cell.state.credentials if getattr(one, "secret", None)]
    hunted = {*tokens, *stored, *passwords, *held, *cell.sessions.issued, site.automation.client_secret}
    assert cell.automation[1] in hunted and stored, "the hunt knows what it hunts"
    for secret in hunted:
        assert secret not in text and secret not in json.dumps(result), secret


@pytest.mark.parametrize("what", ["open to others", "a link", "a file"])
def test_a_folder_that_is_not_private_is_refused_before_anything_is_read(
    site: Simulator, tmp_path: pathlib.Path, what: str
) -> None:
    folder = tmp_path / "s"
    if what == "a link":
        (tmp_path / "other").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "other")
    elif what == "a file":
        folder.write_text("")
    else:
        folder.mkdir()
        folder.chmod(0o755)
    site.journal.clear()
    result = take(site, folder)
    assert result["error"]["kind"] == "config" and result["error"]["source"] == "option dest"
    assert not any(re.search("/user|/Role", entry.path) for entry in site.journal.entries())


def test_an_older_file_that_nobody_can_use_is_replaced_and_told(site: Simulator, tmp_path: pathlib.Path) -> None:
    path = pathlib.Path(take(site, tmp_path / "s")["snapshot"]["path"])
    path.write_text('{"format": "something else"}')
    result = take(site, tmp_path / "s")
    assert result["changed"] and any("replaced" in warning for warning in result["warnings"])
    assert load(tmp_path / "s")["name"] == "cs01"
