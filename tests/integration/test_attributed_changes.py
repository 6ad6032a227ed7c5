# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who changed a grant between two bundles, through the playbooks: evidence, a person who signs in with Entra ID and grants, the log, evidence.

What the logs do not tell for certain names nobody: two entries, a name that was given again, and a time that they do not reach back to.
"""

from __future__ import annotations

import csv
import json
import pathlib
import shutil
import ssl
import typing as t
import urllib.request

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Grant, User, UserGroup
from helpers.checks import assert_no_writes
from helpers.playing import Player, Run
from helpers.signing_on import Browser, set_up_sign_on
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.canonical import (
    serialize_entity,
    serialize_principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Entity, Principal

pytestmark = [pytest.mark.any_core, pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")]

PERSON, OFFICE = "sam.signer@corp.example", "203.0.113.20"
LEAVER = "lou.leaver@corp.example"
MASTER, VIEW = 1, 2
HOUR, DAY = 3600, 24 * 3600


class Story:
    """A site, its bundles and its log, made by the playbooks. *evidence*: the folder of bundles; *log*: the joined log."""

    def __init__(self, site: Simulator, play: Player, folder: pathlib.Path) -> None:
        self.site, self._play = site, play
        self.evidence, self.log = folder / "evidence", folder / "access.json"
        self.state = site.commcells["cs01"].state
        self.token = ""

    def run(self, playbook: str, **more: t.Any) -> Run:
        connection = self.site.variables()["cvops_connection"]
        return self._play(f"cvops.identity.{playbook}", extra_vars={"cvops_connection": connection, **more}).ok()

    def seal(self, dest: pathlib.Path | None = None, **more: t.Any) -> pathlib.Path:
        """Make the next bundle; returns its folder."""
        self.site.journal.clear()
        made = self.run("access_evidence", access_evidence_dir=str(dest or self.evidence), **more)
        assert_no_writes(self.site)
        return pathlib.Path(made.one("Seal the bundle")["evidence"]["path"])

    def read_log(self, file: pathlib.Path, since: str) -> None:
        consoles = ["Commvault sign-on"]
        options = {"access_log_everything": True, "access_log_since": since, "access_log_file": str(file)}
        self.run("access_log", access_log_applications=consoles, access_log_consoles=consoles, **options)

    def sign_on(self) -> None:
        """A person signs in at Entra ID, and so logs in to the CommCell."""
        self.site.tenant.behaviours.client_address = OFFICE
        self.token = Browser(self.site).sign_on(PERSON)["token"]

    def send(self, method: str, path: str, body: dict[str, t.Any] | None = None) -> None:
        """A request of the person who has signed on."""
        url = f"{self.site.commcells['cs01'].url}/{path}"
        headers = {"Authtoken": self.token, "Accept": "application/json", "Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(body or {}).encode(), headers, method=method)
        context = ssl.create_default_context(cafile=self.site.ca_path)
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            assert answer.status == 200
        self.site.clock.advance(60)

    def grant(self, kind: str, number: int, operation: str = "ADD") -> None:
        """The person grants View on the CommCell."""
        principal = serialize_principal(Principal(kind, number), None)
        associations = [{"userOrGroup": [principal], "properties": {"role": {"roleId": VIEW, "_type_": 120}}}]
        body = {
            "entityAssociated": {"entity": [serialize_entity(Entity("commcell", 2), None)]},
            "securityAssociations": {"associationsOperationType": operation, "associations": associations},
        }
        self.send("POST", "Security", body)

    def find_group(self, number: int) -> UserGroup:
        group = self.state.groups.get(number)
        assert group is not None
        return group

    def add_group(self, name: str) -> int:
        self.send("POST", "V4/usergroup", {"name": name})
        return self.state.groups.named(name)[0].id


def read_table(bundle: pathlib.Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((bundle / f"{name}.csv").read_text().splitlines()))


def attribute(bundle: pathlib.Path) -> dict[str, tuple[str, str, str]]:
    """Attribution, who, and why nobody, by the principal of the grant that was added."""
    rows = [row for row in read_table(bundle, "changes") if row["table"] == "access" and row["change"] == "added"]
    access = {row["id"]: row["principal"] for row in read_table(bundle, "access")}
    return {access[row["row_id"]]: (row["attribution"], row["who"], row["why_unattributed"]) for row in rows}


def find_leaver(bundle: pathlib.Path) -> str:
    """The finding on the person who left, in words."""
    rows = [row for row in read_table(bundle, "findings") if row["rule"] == "leaver_holds_access"]
    (told,) = [row["description"] for row in rows if LEAVER in row["description"]]
    return told


def disable_in_entra(site: Simulator, user: dict[str, t.Any]) -> str:
    """Disable a person in Entra ID as an administrator does in the portal, with the entry of the audit log; returns the day."""
    site.tenant.update("user", {**user, "accountEnabled": False}, replicated=True)
    when = site.tenant.now()
    changed = {"displayName": "AccountEnabled", "oldValue": "[true]", "newValue": "[false]"}
    target = {"id": user["id"], "type": "User", "userPrincipalName": user["userPrincipalName"]}
    site.tenant.directory_audits.append(
        {
            "id": "Directory_disabled_1",
            "activityDateTime": when,
            "activityDisplayName": "Disable account",
            "additionalDetails": [],
            "category": "UserManagement",
            "correlationId": "00000000-0000-4000-8000-0000000000ff",
            "initiatedBy": {"app": None, "user": {"id": "hr", "userPrincipalName": "hr@corp.example"}},
            "loggedByService": "Core Directory",
            "operationType": "Update",
            "result": "success",
            "resultReason": "",
            "targetResources": [{**target, "displayName": None, "groupType": None, "modifiedProperties": [changed]}],
        }
    )
    return str(when)[:10]


def test_a_changed_grant_names_who_made_it_and_doubt_names_nobody(
    empty_site: Simulator,
    make_player: t.Callable[[Simulator], Player],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
) -> None:
    site = empty_site
    share_clock(monkeypatch, site)
    set_up_sign_on(site)
    leaver = site.tenant.add("user", {"displayName": "Lou Leaver", "userPrincipalName": LEAVER, "mail": LEAVER})
    site.clock.advance(HOUR)
    story = Story(site, make_player(site), tmp_path)
    story.sign_on()
    (sam,) = [user for user in story.state.users if user.name.lower() == PERSON]
    story.state.groups.named("master")[0].member_ids.add(sam.id)
    once, twice, again = (story.add_group(name) for name in ("granted once", "granted twice", "given again"))
    members = (once, twice, again)
    for number in members:
        story.find_group(number).member_ids.add(sam.id)
    story.state.users.add(User(story.state.users.new_id(), LEAVER, upn=LEAVER, email=LEAVER, auth_method="SAML"))
    first = story.seal()
    assert read_table(first, "changes") == []

    # A day later the same person signs in once more, grants, takes away and grants again.
    site.clock.advance(DAY)
    story.sign_on()
    site.clock.advance(60)
    story.grant("user_group", once)
    story.grant("user_group", twice)
    story.grant("user_group", twice, "DELETE")
    story.grant("user_group", twice)
    story.grant("user_group", again)
    # Of two groups with one name, the trail does not say which one an entry is about.
    story.send("DELETE", f"UserGroup/{again}?newUserGroupId=1")
    reborn = story.add_group("given again")
    story.find_group(reborn).member_ids.add(sam.id)
    story.state.grants.add(Grant(15, reborn, VIEW, 1, 2))
    day = disable_in_entra(site, leaver)
    site.clock.advance(DAY)
    only_first = tmp_path / "only_first"
    shutil.copytree(story.evidence, only_first)
    story.read_log(story.log, "5d")
    second = story.seal(access_evidence_log=str(story.log))

    assert attribute(second) == {
        "granted once": ("commvault_audit_trail", PERSON, ""),
        "granted twice": ("unattributed", "", "several entries"),
        "given again": ("unattributed", "", "name given again"),
    }
    log = json.loads(story.log.read_text())
    ids = {row["id"] for row in read_table(second, "access") if row["principal"] == "granted once"}
    changes = [row for row in read_table(second, "changes") if row["row_id"] in ids]
    change = changes[0]
    assert {(row["when"], row["sign_in"]) for row in changes} == {(change["when"], change["sign_in"])}
    found = [one for one in log["events"] if one["log"] == "audit_trail" and one["time"] == change["when"]]
    (event,) = [one for one in found if one["object"] and one["object"]["name"] == "granted once"]
    (shake,) = [one for one in log["handshakes"] if event["record_id"] in one["actions"]]
    assert shake["certain"] and change["sign_in"] == f"{shake['sign_in']} at {shake['since']} from {OFFICE}"
    signed_in = {one["record_id"]: one for one in log["events"]}[shake["sign_in"]]
    assert signed_in["details"]["application"] == "Commvault sign-on"

    gone = [row for row in read_table(second, "leavers") if row["user_principal_name"] == LEAVER]
    assert gone and {(row["state"], row["since"], row["since_source"]) for row in gone} == {
        ("disabled", day, "entra_audit_log")
    }
    assert f"is disabled in Entra ID since {day} (by the audit log of Entra ID)" in find_leaver(second)

    # A log that does not reach back to the first bundle may lack the entry that matters, whatever it has.
    short = tmp_path / "short.json"
    story.read_log(short, "1h")
    later = story.seal(only_first, access_evidence_snapshot=str(second / "snapshot"), access_evidence_log=str(short))
    assert {told[0] for told in attribute(later).values()} == {"unattributed"}
    assert attribute(later)["granted once"] == ("unattributed", "", "outside the retention")
    assert {row["since_source"] for row in read_table(later, "leavers") if row["user_principal_name"] == LEAVER} == {
        "unknown"
    }
    assert "is disabled in Entra ID (it is not known since when)" in find_leaver(later)
