# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_application_secret: added once, found again, removed by key id alone, whatever happens to the answers."""

from __future__ import annotations

import re
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_secrets, assert_no_writes, writes
from helpers.playing import Player, Result

pytestmark = pytest.mark.any_core

MODULE = "cvops.identity.entra_application_secret"


def task(title: str, application: t.Mapping[str, str], /, **more: t.Any) -> dict[str, t.Any]:
    keywords = {key: more.pop(key) for key in ("check_mode", "register", "no_log") if key in more}
    return {"name": title, MODULE: {"application": dict(application), **more}, "ignore_errors": True, **keywords}


def registered(site: Simulator) -> dict[str, str]:
    """A registration that is not the caller's own."""
    return {"app_id": site.identity(name="job").client_id}


def secrets_of(site: Simulator, application: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Display names by key id, as the directory holds them."""
    (found,) = [item for item in site.tenant.applications.values() if item["appId"] == application["app_id"]]
    return {item["keyId"]: item["displayName"] for item in found["passwordCredentials"]}


def test_one_secret_is_added_kept_and_removed(site: Simulator, play: Player, in_process: bool) -> None:
    application = registered(site)
    before = secrets_of(site, application)
    site.journal.clear()
    run = play(
        [
            task("predict", application, name="backup", lifetime_days=90, check_mode=True),
            task("add", application, name="backup", lifetime_days=90, register="added"),
            task("again", application, name="backup"),
            task("other name", application, name="backup 2", check_mode=True),
            task("predict removal", application, state="absent", key_id="{{ added.secret.key_id }}", check_mode=True),
            task("remove", application, state="absent", key_id="{{ added.secret.key_id }}"),
            task("remove again", application, state="absent", key_id="{{ added.secret.key_id }}"),
        ],
        in_process=in_process,
        diff=True,
    ).ok()
    assert [(result.task, result.failed, result["changed"], result["stats"]["writes"]) for result in run.results] == [
        ("predict", False, True, 0),
        ("add", False, True, 1),
        ("again", False, False, 0),
        ("other name", False, True, 0),
        ("predict removal", False, True, 0),
        ("remove", False, True, 1),
        ("remove again", False, False, 0),
    ]
    assert len(writes(site)) == 2
    added, again = run.one("add")["secret"], run.one("again")["secret"]
    assert re.fullmatch("backup/[0-9a-f]{12}", added["display_name"])
    assert again == {**added, "value": None}
    assert run.one("predict")["secret"]["value"] is run.one("predict")["secret"]["key_id"] is None
    assert run.one("predict")["diff"] == run.one("add")["diff"]
    assert run.one("predict removal")["diff"] == run.one("remove")["diff"]
    assert added["value"] not in str([result.get("diff") for result in run.results])
    assert secrets_of(site, application) == before


def test_the_value_works_and_stays_out_of_sight(site: Simulator, play: Player, in_process: bool) -> None:
    """Signing in with the new secret proves that what is returned is what was stored."""
    application = registered(site)
    before = secrets_of(site, application)
    run = play(
        [
            task("add", application, register="added", no_log=True),
            {
                "name": "sign in with it",
                "cvops.identity.entra_group_info": {
                    "client_id": application["app_id"],
                    "client_secret": "{{ added.secret.value }}",
                    "display_name": "nobody",
                },
                "ignore_errors": True,
            },
        ],
        in_process=in_process,
        verbosity=4,
    )
    assert run.one("sign in with it")["error"]["kind"] == "forbidden", "signed in, but without any permission"
    (key_id,) = [key for key in secrets_of(site, application) if key not in before]
    value = site.tenant.store.primary().rows("secrets")[key_id]["text"]
    assert_no_secrets(run, [run.folder], [value, site.automation.client_secret])


def test_a_lost_answer_leaves_one_working_secret(site: Simulator, play: Player) -> None:
    """The connection breaks after the secret was made: its value is lost, so it goes and another one comes."""
    application = registered(site)
    before = secrets_of(site, application)
    site.faults.add(Fault("graph", "POST", "*/addPassword", "drop_after"))
    result = play([task("add", application)]).ok().one("add")
    after = secrets_of(site, application)
    assert result["changed"]
    assert {key for key in after if key not in before} == {result["secret"]["key_id"]}
    assert result["secret"]["value"]


def test_an_answer_without_a_body_is_a_lost_answer(site: Simulator, play: Player) -> None:
    """Nothing came to be, which nobody can know: after a minute the task says so and names its marker."""
    application = registered(site)
    before = secrets_of(site, application)
    site.faults.add(Fault("graph", "POST", "*/addPassword", "empty"))
    result = play([task("add", application, deadline=3)]).one("add")
    assert result.failed
    assert result["error"]["outcome"] == "unknown"
    assert re.fullmatch("cvops/[0-9a-f]{12}", result["error"]["marker"])
    assert result["error"]["marker"] in result["msg"]
    assert secrets_of(site, application) == before


def test_throttling_is_waited_for(site: Simulator, play: Player) -> None:
    application = registered(site)
    before = secrets_of(site, application)
    site.faults.add(Fault("graph", "POST", "*/addPassword", "status", status=429, retry_after=1))
    result = play([task("add", application)]).ok().one("add")
    assert result["changed"]
    assert result["stats"]["waited_s"] >= 1
    assert len(secrets_of(site, application)) == len(before) + 1


def test_a_lost_answer_to_a_removal_is_no_failure(site: Simulator, play: Player) -> None:
    application = registered(site)
    run = play([task("add", application)]).ok()
    key_id = run.result["secret"]["key_id"]
    site.faults.add(Fault("graph", "POST", "*/removePassword", "drop_after"))
    result = play([task("remove", application, state="absent", key_id=key_id)]).ok().result
    assert result["changed"]
    assert key_id not in secrets_of(site, application)


def test_dangerous_removals_need_a_reason(site: Simulator, play: Player) -> None:
    application = registered(site)
    (last,) = secrets_of(site, application)
    own_application = {"app_id": site.automation.client_id}
    (own,) = secrets_of(site, own_application)
    site.journal.clear()
    reason = {"accept_reason": "the job is gone"}
    run = play(
        [
            task("last", application, state="absent", key_id=last, check_mode=True),
            task("last for real", application, state="absent", key_id=last),
            task("own", own_application, state="absent", key_id=own, accept_risk=["last_key"], **reason),
            task(
                "accepted",
                application,
                state="absent",
                key_id=last,
                accept_risk=["last_key"],
                **reason,
                check_mode=True,
            ),
            task("gone", {"unique_name": "never-was"}, state="absent", key_id=last),
        ]
    )
    refused = {name: run.one(name)["error"] for name in ("last", "last for real", "own")}
    assert {name: (error["kind"], error["risk"]) for name, error in refused.items()} == {
        "last": ("guard", "last_key"),
        "last for real": ("guard", "last_key"),
        "own": ("guard", "own_key"),
    }
    assert run.one("accepted")["changed"]
    assert "the job is gone" in str(run.one("accepted")["warnings"])
    assert not run.one("gone")["changed"]
    assert_no_writes(site)


def test_bad_input_is_refused_before_anything_is_sent(site: Simulator, play: Player) -> None:
    application = registered(site)
    site.journal.clear()
    run = play(
        [
            task("two keys", {**application, "unique_name": "x"}),
            task("no key", {}),
            task("no GUID", {"app_id": "Commvault"}),
            task("unknown", {"unique_name": "never-was"}),
            task("key with present", application, key_id="0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"),
            task("absent without key", application, state="absent"),
            task("no lifetime", application, lifetime_days=0),
            task("blank name", application, name=" "),
        ]
    )
    assert all(result.failed for result in run.results)
    messages = {result.task: result["msg"] for result in run.results}
    assert "mutually exclusive" in messages["two keys"]
    assert "one of the following is required" in messages["no key"]
    assert "GUID" in messages["no GUID"]
    assert "never-was" in messages["unknown"]
    assert "key_id" in messages["key with present"]
    assert "key_id" in messages["absent without key"]
    assert "lifetime_days" in messages["no lifetime"]
    assert "name" in messages["blank name"]
    assert_no_writes(site)


def test_a_policy_that_caps_the_lifetime_is_named(site: Simulator, play: Player) -> None:
    application = registered(site)
    restriction = {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P90D"}
    policy = {**(site.tenant.store.primary().get("policies", "defaultAppManagementPolicy") or {}), "isEnabled": True}
    policy["applicationRestrictions"] = {"passwordCredentials": [restriction]}
    site.tenant.store.put("policies", "defaultAppManagementPolicy", policy)
    run = play([task("long", application, lifetime_days=365), task("short", application, lifetime_days=90)])
    refused: Result = run.one("long")
    assert refused["error"]["code"] == "CredentialInvalidLifetimeAsPerAppPolicy"
    assert refused["error"]["cap_days"] == 90
    assert "90 days" in refused["msg"]
    assert run.one("short")["changed"]
