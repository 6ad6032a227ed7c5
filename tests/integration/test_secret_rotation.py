# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""secret_rotation: from the first secret to the removal of the one before, from any state that is found, and when it cannot go on."""

from __future__ import annotations

import json
import pathlib
import stat
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import USER, OfficeClient
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.replication import Replication
from cvops_simulator.entra.secrets import add_secret
from helpers.blocked_addresses import NAME, block_application, lift
from helpers.checks import assert_no_secrets
from helpers.playing import Player
from helpers.process_scan import ProcessScan
from helpers.rotating import DAY, Rotating
from helpers.rotation_watch import list_forms
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time

pytestmark = pytest.mark.any_core

MODULE = "cvops.identity.secret_rotation"


@pytest.fixture
def rotating(
    make_site: t.Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Rotating:
    """Return a site whose replicas lag, and whose clock moves on by as much as a run waits."""
    site = make_site(set="S", replication=Replication(seed=3))
    share_clock(monkeypatch, site)
    return Rotating(site, tmp_path / "stores")


def test_the_whole_life_of_a_rotation(rotating: Rotating) -> None:
    target, more, site = rotating.file(), {"consumers_complete": True, "retire": "auto"}, rotating.site
    predicted = rotating.run(target, check=True, **more)
    assert rotating.own_keys() == []
    first = rotating.run(target, **more)
    assert (first["changed"], first["rotation"]["outcome"]) == (True, "overlap"), first
    assert [step["id"] for step in predicted["steps"]] == [step["id"] for step in first["steps"]]
    assert predicted["rotation"]["active_key_id"] is None
    (key_id,) = rotating.own_keys()
    assert first["rotation"]["active_key_id"] == key_id
    assert rotating.stored()["value"] == rotating.value(key_id)
    assert stat.S_IMODE((rotating.folder / "secret.json").stat().st_mode) == 0o600
    assert rotating.value(key_id) not in str(first)

    site.clock.advance(DAY)
    site.journal.clear()
    again = rotating.run(target, **more)
    assert (again["changed"], again["rotation"]["outcome"], again["stats"]["writes"]) == (False, "not_due", 0)
    assert len(site.journal.entries("graph")) <= 2

    site.clock.advance(90 * DAY)
    second = rotating.run(target, **more)
    new = second["rotation"]["active_key_id"]
    assert (second["rotation"]["outcome"], second["rotation"]["previous_key_ids"]) == ("overlap", [key_id])
    assert rotating.own_keys() == [key_id, new]

    site.clock.advance(DAY / 2)
    waiting = rotating.run(target, **more)["rotation"]
    assert [gate["name"] for gate in waiting["gates"] if not gate["open"]] == ["overlap_over"]
    site.clock.advance(DAY)
    third = rotating.run(target, **more)
    assert (third["rotation"]["outcome"], rotating.own_keys()) == ("retired", [new])
    assert rotating.run(target, **more)["changed"] is False


@pytest.mark.whole
def test_by_default_the_old_secret_expires(rotating: Rotating) -> None:
    rotating.run(rotating.file())
    for dummy in range(8):
        rotating.site.clock.advance(30 * DAY)
        found = rotating.run(rotating.file(), consumers_complete=True)["rotation"]
        assert found["outcome"] in ("overlap", "not_due")
    assert [key for key in found["previous_key_ids"]] == rotating.own_keys()[-2:-1]
    assert len(rotating.own_keys()) == 3, "every 90 days, and none was removed"


def test_a_value_that_is_returned_is_returned_once(rotating: Rotating) -> None:
    first = rotating.run({"return": True})
    (key_id,) = rotating.own_keys()
    assert first["rotation"]["value"] == rotating.value(key_id)
    assert [target["state"] for target in first["rotation"]["targets"]] == ["returned_once"]
    rotating.site.clock.advance(DAY)
    again = rotating.run({"return": True})
    assert (again["changed"], again["rotation"]["value"], again["rotation"]["active_key_id"]) == (False, None, key_id)


def test_an_external_user_keeps_the_old_secret_until_it_has_the_new_one(rotating: Rotating) -> None:
    def external(key_id: str | None = None) -> dict[str, t.Any]:
        return {"external": {"where": "proxy prx07", "contact": "storage team", "acknowledged_key_id": key_id}}

    options = {"consumers_complete": True, "retire": "auto"}
    refused = rotating.run(external(), **options)
    assert "store" in refused["msg"]
    old = rotating.run(rotating.file(), external(), **options)["rotation"]["active_key_id"]
    rotating.site.clock.advance(91 * DAY)
    new = rotating.run(rotating.file(), external(old), **options)["rotation"]["active_key_id"]
    rotating.site.clock.advance(9 * DAY)
    waiting = rotating.run(rotating.file(), external(old), **options)
    assert (waiting["changed"], waiting["rotation"]["outcome"]) == (False, "waiting_for_consumers")
    assert "prx07" in str(waiting["rotation"]["gates"])
    done = rotating.run(rotating.file(), external(new.upper()), **options)
    assert (done["rotation"]["outcome"], rotating.own_keys()) == ("retired", [new])


def test_what_a_commcell_shows_to_use_the_old_secret_keeps_it(rotating: Rotating) -> None:
    """Whether or not it is a target: a client of Microsoft 365 with a key of its own, a credential that nobody has named."""
    options = {"consumers_complete": True, "retire": "auto"}
    state = rotating.site.commcells["cs01"].state
    old = rotating.run(rotating.file(), **options)["rotation"]["active_key_id"]
    state.office_clients.add(OfficeClient(7001, "Exchange", 137, apps=[{"azureAppId": rotating.app_id}]))
    rotating.credential(key=(old, rotating.value(old)))
    rotating.site.clock.advance(91 * DAY)
    new = rotating.run(rotating.file(), **options)["rotation"]["active_key_id"]
    rotating.site.clock.advance(9 * DAY)
    waiting = rotating.run(rotating.file(), **options)
    assert (waiting["changed"], waiting["rotation"]["outcome"]) == (False, "waiting_for_consumers")
    (gate,) = (gate for gate in waiting["rotation"]["gates"] if not gate["open"])
    assert gate["name"] == "no_other_consumers"
    assert "Microsoft 365 client Exchange on cs01; credential azure-rotated on cs01" in gate["reason"]
    known = {"name": "Exchange", "external": {"where": "the Command Center", "acknowledged_key_id": new}}
    done = rotating.run(rotating.file(), rotating.credential(), known, **options)
    assert rotating.own_keys() == [old, new], done
    again = rotating.run(rotating.file(), rotating.credential(), known, **options)
    assert (again["rotation"]["outcome"], rotating.own_keys()) == ("retired", [new])
    rotating.site.journal.clear()
    assert rotating.run(rotating.file(), rotating.credential(), known, **options)["changed"] is False
    assert len(rotating.site.journal.entries("graph")) <= 2
    assert not any("Office365" in entry.path for entry in rotating.site.journal.entries("cs01"))


def test_a_proof_that_fails_lets_nobody_use_the_secret(rotating: Rotating) -> None:
    """The next run goes on with the one that the store keeps."""
    rotating.site.faults.add(
        Fault(
            "login",
            "POST",
            "*",
            "status",
            after=1,
            times=0,
            status=401,
            body={"error": "invalid_client", "error_codes": [7000215]},
        )
    )
    first = rotating.run(rotating.file())
    assert first["failed"]
    assert first["error"]["outcome"] == first["rotation"]["outcome"] == "added_unproven", first["msg"]
    assert first["rotation"]["targets"][0]["state"] == "kept"
    assert not (rotating.folder / "secret.json").exists()
    rotating.site.faults.clear()
    second = rotating.run(rotating.file())
    assert second["rotation"]["outcome"] == "overlap"
    assert rotating.own_keys() == [rotating.stored()["key_id"]] == [first["rotation"]["active_key_id"]]


def test_a_proof_that_conditional_access_blocks_loses_nothing(rotating: Rotating) -> None:
    """A secret waits in the store for as long as that lasts; whoever uses the one before goes on with it."""
    site, targets = rotating.site, (rotating.file(), rotating.credential())
    old = rotating.run(*targets)["rotation"]["active_key_id"]
    site.clock.advance(91 * DAY)
    policy = block_application(site, rotating.app_id)
    for dummy in range(3):
        site.journal.clear()
        blocked = rotating.run(*targets)
        assert blocked["failed"]
        assert blocked["error"]["outcome"] == blocked["rotation"]["outcome"] == "blocked_by_conditional_access"
        new = rotating.own_keys()[-1]
        assert rotating.own_keys() == [old, new]
        assert [item["state"] for item in blocked["rotation"]["targets"]] == ["kept", "behind"]
        asked = [
            entry for entry in site.journal.entries("login") if entry.path.endswith("/token") and entry.status == 400
        ]
        assert len(asked) == 1, "a blocked sign-in is not tried again"
        site.clock.advance(2 * DAY)
    for words in (
        f"refused the sign-in that should prove key {new}, so it is not known whether the key works",
        "It stays in secret, where nobody reads it, and the next run continues with it",
        "the first of these expires at 20",
        "AADSTS53003 (correlation id ",
        "report-only",
        f"Policies in force that can refuse the application: {NAME}.",
    ):
        assert words in blocked["msg"]
        assert words in blocked["rotation"]["reason"]
    assert (rotating.stored()["key_id"], rotating.secret_of()) == (old, rotating.value(old))
    lift(site, policy)
    done = rotating.run(*targets)["rotation"]
    assert (done["outcome"], done["active_key_id"], rotating.own_keys()) == ("overlap", new, [old, new])
    assert (rotating.stored()["value"], rotating.secret_of()) == (rotating.value(new), rotating.value(new))


def test_without_a_store_a_blocked_secret_is_taken_back(rotating: Rotating) -> None:
    """Nobody has its value: at no time is there a second one."""
    site = rotating.site
    old = rotating.run(rotating.credential())["rotation"]["active_key_id"]
    site.clock.advance(91 * DAY)
    policy = block_application(site, rotating.app_id)
    for dummy in range(2):
        blocked = rotating.run(rotating.credential())
        assert blocked["error"]["outcome"] == "blocked_by_conditional_access"
        assert "it was removed again, and the next run adds another one" in blocked["msg"]
        assert (rotating.own_keys(), rotating.secret_of()) == ([old], rotating.value(old))
        site.clock.advance(DAY)
    returned = rotating.run({"return": True})
    assert returned["error"]["outcome"] == "blocked_by_conditional_access"
    assert returned["rotation"]["value"] == rotating.value(rotating.own_keys()[-1]), "the caller has it"
    assert "whoever called has its value" in returned["msg"]
    lift(site, policy)
    site.clock.advance(DAY)
    done = rotating.run(rotating.credential())
    assert done["rotation"]["outcome"] == "overlap", done
    assert rotating.secret_of() == rotating.value(rotating.own_keys()[-1])


def test_nothing_is_retired_while_conditional_access_blocks_the_proof(rotating: Rotating) -> None:
    site, more = rotating.site, {"consumers_complete": True, "retire": "auto"}
    old = rotating.run(rotating.file(), **more)["rotation"]["active_key_id"]
    site.clock.advance(91 * DAY)
    new = rotating.run(rotating.file(), **more)["rotation"]["active_key_id"]
    site.clock.advance(3 * DAY)
    policy = block_application(site, rotating.app_id)
    for dummy in range(2):
        blocked = rotating.run(rotating.file(), **more)
        assert blocked["error"]["outcome"] == "blocked_by_conditional_access"
        assert "It stays in use (secret), and no older key was removed" in blocked["msg"]
        assert (rotating.own_keys(), rotating.stored()["key_id"]) == ([old, new], new)
    lift(site, policy)
    assert rotating.run(rotating.file(), **more)["rotation"]["outcome"] == "retired"
    assert rotating.own_keys() == [new]


def test_a_block_is_told_where_policies_cannot_be_read(rotating: Rotating) -> None:
    fault = Fault("graph", "GET", "/v1.0/identity/conditionalAccess/policies*", "status", times=0, status=403)
    rotating.site.faults.add(fault)
    block_application(rotating.site, rotating.app_id)
    blocked = rotating.run(rotating.file())
    assert blocked["error"]["outcome"] == "blocked_by_conditional_access"
    assert "It is not known which policy it was: Cannot list the conditional access policies" in blocked["msg"]
    assert blocked["rotation"]["targets"][0]["state"] == "kept"


def test_a_value_that_nobody_keeps_goes_with_a_proof_that_fails(rotating: Rotating) -> None:
    rotating.run({"return": True})
    rotating.site.clock.advance(91 * DAY)
    before = rotating.own_keys()
    loop = {"error": "invalid_request", "error_codes": [50196], "error_description": "AADSTS50196: a loop"}
    rotating.site.faults.add(Fault("login", "POST", "*", "status", after=1, times=0, status=400, body=loop))
    found = rotating.run({"return": True})
    assert found["failed"]
    assert "AADSTS50196" in found["msg"]
    assert found["rotation"]["value"] == rotating.value(rotating.own_keys()[-1]), "the caller has it"
    assert len(rotating.own_keys()) == len(before) + 1


def test_going_back_takes_the_value_that_the_store_kept(rotating: Rotating) -> None:
    old = rotating.run(rotating.file())["rotation"]["active_key_id"]
    rotating.site.clock.advance(91 * DAY)
    new = rotating.run(rotating.file())["rotation"]["active_key_id"]
    back = {"rollback_from": {"file": rotating.file()["file"]}}
    found = rotating.run(rotating.file(), **back)
    assert (found["changed"], found["rotation"]["outcome"], found["rotation"]["active_key_id"]) == (
        True,
        "rolled_back",
        old,
    ), found
    assert rotating.stored()["value"] == rotating.value(old)
    assert rotating.run(rotating.file(), **back)["changed"] is False
    assert rotating.own_keys() == [old, new]


@pytest.mark.parametrize("kind", ["addition", "lifetime"])
def test_a_policy_is_found_before_anything_is_written(rotating: Rotating, kind: str) -> None:
    restriction = {"restrictionType": f"password{kind.capitalize()}", "state": "enabled", "maxLifetime": "P90D"}
    rotating.site.tenant.assign_app_management_policy(rotating.wire()["id"], {"passwordCredentials": [restriction]})
    rotating.site.journal.clear()
    found = rotating.run(rotating.file())
    assert found["error"]["outcome"] == "blocked_by_app_policy", found
    assert "custom" in found["msg"]
    assert "custom security attribute" in found["msg"]
    assert "policy of its own" in found["msg"]
    assert rotating.site.journal.writes("graph") == []


def test_a_deactivated_application_is_an_outcome_of_its_own(rotating: Rotating) -> None:
    rotating.site.tenant.update("application", {**rotating.wire(), "isDisabled": True}, replicated=True)
    found = rotating.run(rotating.file())
    assert (found["failed"], found["changed"], found["error"]["outcome"]) == (True, False, "application_deactivated")


def test_where_personal_accounts_sign_in_there_are_two_slots(rotating: Rotating) -> None:
    wire = {**rotating.wire(), "signInAudience": "AzureADandPersonalMicrosoftAccount"}
    rotating.site.tenant.update("application", wire, replicated=True)
    rotating.run(rotating.file())
    rotating.site.clock.advance(91 * DAY)
    found = rotating.run(rotating.file())
    assert (found["error"]["outcome"], found["changed"]) == ("slots_full", False)
    assert len(rotating.keys()) == 2


def _sign_in_as(rotating: Rotating, *permissions: str) -> tuple[str, dict[str, str]]:
    """Return the object id of a caller with these permissions, and the options with which it signs in."""
    caller = rotating.site.identity(*permissions)
    rotating.site.clock.advance(600)  # until every replica knows it
    return caller.object_id, {"client_id": caller.client_id, "client_secret": caller.client_secret}


@pytest.mark.parametrize("permission", ["Application.Read.All", "Application.ReadWrite.OwnedBy"])
def test_a_caller_without_the_right_is_told_with_all_else_before_anything_is_written(
    rotating: Rotating, permission: str
) -> None:
    dummy, caller = _sign_in_as(rotating, permission)
    target = rotating.credential()
    rotating.record().owner = (USER, 1)
    before = rotating.list_all_keys()
    for check in (True, False):
        found = rotating.run(target, check=check, **caller)
        assert found["failed"], found
        assert [problem["where"] for problem in found["error"]["problems"]] == ["application", target["name"]]
        assert "must be an owner" in found["msg"] or "the token has Application.Read.All." in found["msg"]
        assert found["stats"]["writes"] == 0
    assert rotating.list_all_keys() == before


def test_an_owner_rotates_what_it_owns(rotating: Rotating) -> None:
    object_id, caller = _sign_in_as(rotating, "Application.ReadWrite.OwnedBy")
    rotating.site.tenant.relate("owners", rotating.wire()["id"], [object_id], True)
    found = rotating.run(rotating.file(), **caller)
    assert (found["rotation"]["outcome"], found["warnings"]) == ("overlap", []), found


def test_a_right_that_does_not_show_may_be_there(rotating: Rotating) -> None:
    """As with a directory role that is limited to the application: then Entra ID decides, and a refusal leaves nothing behind."""
    dummy, caller = _sign_in_as(rotating, "Application.ReadWrite.OwnedBy")
    accepted = {"accept_risk": ["right_not_shown"], "accept_reason": "a role limited to the application"}
    found = rotating.run(rotating.file(), **caller, **accepted)
    assert found["failed"], found
    assert "Authorization_RequestDenied" in str(found["error"])
    assert any("right_not_shown" in warning for warning in found["warnings"])
    assert rotating.own_keys() == []


@pytest.mark.whole
def test_what_may_be_used_after_a_removal_is_told(rotating: Rotating) -> None:
    target, more = rotating.file(), {"consumers_complete": True, "retire": "auto"}
    assert rotating.run(target, **more)["rotation"]["removed_keys"] == []
    (old,) = rotating.own_keys()
    rotating.site.clock.advance(92 * DAY)
    rotating.run(target, **more)
    rotating.site.clock.advance(2 * DAY)
    (removed,) = rotating.run(target, **more)["rotation"]["removed_keys"]
    at, last = (parse_time(removed[name]) for name in ("removed_at", "last_possible_use"))
    assert removed["key_id"] == old
    assert (last - at).total_seconds() == 90 * 60
    assert abs((at - rotating.site.clock.datetime()).total_seconds()) < 600


def test_a_run_that_was_killed_is_followed_after_an_hour(rotating: Rotating) -> None:
    """The key of a run that came to nothing looks like that of one that is under way."""
    rotating.run(rotating.file())
    rotating.site.clock.advance(91 * DAY)
    orphan = {"displayName": "cvops/backup/0123456789ab", "startDateTime": rotating.site.tenant.now()}
    end = rotating.site.clock.iso(rotating.site.clock.now() + 183 * DAY)
    left = add_secret(
        rotating.site.tenant, "application", rotating.wire(), {**orphan, "endDateTime": end}, replicated=True
    )
    found = rotating.run(rotating.file())
    assert (found["changed"], found["rotation"]["outcome"]) == (False, "unfinished_run")
    assert left["keyId"] in found["rotation"]["reason"]
    rotating.site.clock.advance(3601)
    after = rotating.run(rotating.file())
    assert (after["rotation"]["outcome"], after["steps"][0]["action"]) == ("overlap", "withdraw")
    assert left["keyId"] not in rotating.own_keys()
    assert rotating.keys()[after["rotation"]["active_key_id"]].startswith("cvops/backup/012345"), (
        "one rotation, two tries"
    )


def test_foreign_keys_stay_whatever_they_are_called(rotating: Rotating) -> None:
    end = rotating.site.clock.iso(rotating.site.clock.now() + 10 * DAY)
    foreign = [
        add_secret(
            rotating.site.tenant,
            "application",
            rotating.wire(),
            {"displayName": name, "startDateTime": rotating.site.tenant.now(), "endDateTime": end},
            replicated=True,
        )["keyId"]
        for name in (
            "cvops/backup2/0123456789ab",
            "cvops/backup",
            "Cvops/backup/0123456789ab",
            "cvops/backup/0123456789AB",
            "",
        )
    ]
    rotating.site.clock.advance(2 * 3600)
    rotating.run(rotating.file(), consumers_complete=True, retire="now")
    rotating.run(rotating.file(), consumers_complete=True, retire="now")
    assert set(foreign) < set(rotating.keys())


def test_the_log_tells_what_was_done_and_no_secret(rotating: Rotating) -> None:
    path = rotating.folder / "log" / "rotations.jsonl"
    rotating.run(rotating.file(), rotation_log=str(path))
    rotating.run(rotating.file(), rotation_log=str(path))
    (line,) = path.read_text().splitlines()
    entry = json.loads(line)
    (key_id,) = rotating.own_keys()
    assert (entry["outcome"], entry["added_key_id"], entry["is_proven"]) == ("overlap", key_id, True)
    assert rotating.value(key_id) not in line
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_options_that_cannot_be_right_are_refused_before_anything_is_sent(rotating: Rotating) -> None:
    rotating.site.journal.clear()
    file = rotating.file()
    messages = {
        name: rotating.run(*targets, **options)["msg"]
        for name, targets, options in (
            ("rotation_name", [file], {"rotation_name": "a/b"}),
            ("lifetime_days", [file], {"lifetime_days": 90, "rotate_before_days": 20}),
            ("rotate_before_days", [file], {"lifetime_days": 90, "rotate_before_days": 90}),
            ("overlap_hours", [file], {"overlap_hours": 3}),
            ("adopt_key_ids", [file], {"adopt_key_ids": ["x"]}),
            ("max_keys", [file], {"max_keys": 1}),
            ("targets", [file, file], {}),
            ("prove", [file], {"prove": {"successes": 0}}),
            ("acknowledged_key_id", [file, {"external": {"where": "x", "acknowledged_key_id": "y"}}], {}),
        )
    }
    assert [name for name, message in messages.items() if name not in message] == []
    assert rotating.site.journal.writes("graph") == []


def test_a_play_shows_no_value(
    site: Simulator, play: Player, in_process: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Ansible's worker and as a module; in arguments and environments of processes neither."""
    app_id = site.identity(name="job").client_id
    before = set(site.tenant.store.primary().rows("secrets"))

    def list_values() -> list[str]:
        rows = site.tenant.store.primary().rows("secrets")
        return [form for key in set(rows) - before for form in list_forms(str(rows[key]["text"]))]

    scan = ProcessScan(site, monkeypatch, list_values)
    options = {
        "application": {"app_id": app_id},
        "rotation_name": "backup",
        "targets": [{"file": {"path": "{{ playbook_dir }}/kept/secret.json"}}],
        "prove": {"successes": 2, "over_seconds": 0},
    }
    tasks = [
        {"name": "predict", MODULE: options, "check_mode": True},
        {"name": "rotate", MODULE: options, "register": "rotated"},
        {"name": "again", MODULE: options},
    ]
    run = play(tasks, in_process=in_process, diff=True, verbosity=4).ok()
    assert [(one.task, one["changed"]) for one in run.results] == [
        ("predict", True),
        ("rotate", True),
        ("again", False),
    ]
    key_id = run.one("rotate")["rotation"]["active_key_id"]
    value = site.tenant.store.primary().rows("secrets")[key_id]["text"]
    assert scan.looks > 0
    assert scan.found == set()
    kept = [path for path in run.folder.rglob("secret.json")]
    assert [json.loads(path.read_text())["current"]["value"] for path in kept] == [value]
    for path in kept:
        path.unlink()
    assert_no_secrets(run, [run.folder], [value, site.automation.client_secret])


@pytest.mark.whole
def test_credentials_of_several_commcells_are_switched_once_the_secret_is_proven(
    make_site: t.Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    site = make_site(set="M", replication=Replication(seed=3))
    share_clock(monkeypatch, site)
    rotating = Rotating(site, tmp_path / "stores")
    cells = list(site.commcells)
    assert len(cells) > 1
    targets = [rotating.credential(cell) for cell in cells]
    first = rotating.run(rotating.file(), *targets)
    key_id = first["rotation"]["active_key_id"]
    assert {target["state"] for target in first["rotation"]["targets"]} == {"active"}, first
    assert {rotating.secret_of(commcell=cell) for cell in cells} == {rotating.value(key_id)}
    assert rotating.record(commcell=cells[0]).description == f"Backup of a subscription\n[cvops secret: {key_id}]"
    site.clock.advance(DAY)
    again = rotating.run(rotating.file(), *targets)
    assert (again["changed"], again["stats"]["writes"]) == (False, 0)


@pytest.mark.whole
def test_an_openid_connect_app_gets_the_secret_and_keeps_all_else(rotating: Rotating) -> None:
    target = rotating.oidc_app()
    (app,) = rotating.site.commcells["cs01"].state.apps.named("entra-rotated")
    before = {item["name"]: item for item in app.document["props"]["nameValues"]}
    first = rotating.run(rotating.file(), target)
    assert [one["state"] for one in first["rotation"]["targets"]] == ["active", "active"], first
    key_id = first["rotation"]["active_key_id"]
    assert app.secrets == {"clientSecret": rotating.value(key_id)}
    assert app.description == f"People sign in here\n[cvops secret: {key_id}]"
    after = {item["name"]: item for item in app.document["props"]["nameValues"]}
    assert {name: after[name] for name in before} == before
    rotating.site.clock.advance(DAY)
    again = rotating.run(rotating.file(), target)
    assert (again["changed"], again["stats"]["writes"]) == (False, 0)


@pytest.mark.whole
def test_one_target_that_fails_for_ever_keeps_no_other_back(rotating: Rotating) -> None:
    """The others get the new secret, and the old one stays while one needs it."""
    good, bad = rotating.credential(), rotating.credential(name="azure-foreign")
    own, rotating.record("azure-foreign").owner = rotating.record().owner, (USER, 1)
    options = {"consumers_complete": True, "retire": "now"}
    for dummy in range(3):
        found = rotating.run(rotating.file(), good, bad, **options)
        assert (found["failed"], found["error"]["outcome"]) == (True, "switch_partial"), found
        assert [target["state"] for target in found["rotation"]["targets"]] == ["active", "active", "failed"]
        rotating.site.clock.advance(DAY)
    assert found["stats"]["writes"] == 0
    assert len(rotating.own_keys()) == 1
    rotating.record("azure-foreign").owner = own
    found = rotating.run(rotating.file(), good, bad, **options)
    assert (found["rotation"]["outcome"], rotating.secret_of("azure-foreign")) == (
        "overlap",
        rotating.stored()["value"],
    )


def test_without_a_store_a_target_that_cannot_be_written_keeps_the_secret_from_being_added(rotating: Rotating) -> None:
    good, bad = rotating.credential(), rotating.credential(name="azure-foreign")
    rotating.record("azure-foreign").owner = (USER, 1)
    found = rotating.run(good, bad)
    assert found["failed"]
    assert "azure-foreign" in found["msg"]
    assert rotating.own_keys() == []


@pytest.mark.whole
def test_a_value_that_one_of_two_consumers_has_alone_is_replaced(rotating: Rotating) -> None:
    """In memory it is gone with the run that was stopped in between."""
    targets = [rotating.credential(), rotating.credential(name="azure-second")]
    path = f"*/V5/Credential/{rotating.record('azure-second').id}"
    rotating.site.faults.add(Fault("cs01", "PUT", path, "status", times=0, status=500))
    first = rotating.run(*targets)
    assert first["error"]["outcome"] == "switch_partial", first
    assert [target["state"] for target in first["rotation"]["targets"]] == ["active", "failed"]
    rotating.site.faults.clear()
    second = rotating.run(*targets)
    assert second["rotation"]["outcome"] == "overlap", second
    values = {rotating.secret_of(), rotating.secret_of("azure-second")}
    assert values == {rotating.value(second["rotation"]["active_key_id"])}
    names = [rotating.keys()[key_id][:-6] for key_id in rotating.own_keys()]
    assert len(names) == 2 and len(set(names)) == 1, "two tries of one rotation"
    rotating.site.clock.advance(2 * DAY)
    third = rotating.run(*targets)
    assert [step["action"] for step in third["steps"]] == ["withdraw"]
    assert rotating.own_keys() == [second["rotation"]["active_key_id"]]
