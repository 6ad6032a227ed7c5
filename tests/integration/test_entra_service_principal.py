# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_service_principal against the simulator."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.replication import Replication
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.playing import Player

pytestmark = pytest.mark.any_core

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
APPLICATION = {
    "name": "application",
    "cvops.identity.entra_application": {
        "unique_name": "reporting-api",
        "display_name": "Reporting API",
        "tags": ["from-application"],
    },
}
WANTED: dict[str, t.Any] = {
    "application": {"unique_name": "reporting-api"},
    "assignment_required": True,
    "sign_on_mode": "saml",
    "notification_emails": ["backup@corp.example"],
    "tags": ["backup"],
    "notes": "Owned by the backup team",
}


def task(**options: t.Any) -> dict[str, t.Any]:
    """One task of the module."""
    return {"name": "service principal", "cvops.identity.entra_service_principal": options}


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """With its application from nothing: predict, create, leave alone, delete, leave alone."""
    both = [APPLICATION, task(**WANTED)]
    site.journal.clear()
    predicted = play(both, check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert predicted.result["service_principal"]["app_id"] is None

    real = play(both, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    principal = real.result["service_principal"]
    stored = site.tenant.service_principal_of(real.one("application")["application"]["app_id"])
    assert stored is not None
    assert (principal["object_id"], principal["app_id"]) == (stored["id"], stored["appId"])
    assert stored["appRoleAssignmentRequired"] is True
    assert stored["preferredSingleSignOnMode"] == "saml"
    assert principal["tags"] == ["backup", "from-application"] == sorted(stored["tags"])

    site.journal.clear()
    again = play(both, diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert again.result["service_principal"] == principal
    assert_no_writes(site)

    gone = [task(application={"unique_name": "reporting-api"}, state="absent")]
    assert_diff_agrees(
        play(gone, check=True, diff=True, in_process=in_process).ok(),
        play(gone, diff=True, in_process=in_process).ok(),
    )
    assert site.tenant.service_principal_of(principal["app_id"]) is None
    site.journal.clear()
    assert not play(gone, in_process=in_process).ok().result["changed"]
    assert_no_writes(site)


def test_exclusive_spares_what_the_application_gives(site: Simulator, play: Player) -> None:
    """Tags of the application show on the service principal and cannot be removed there: no endless change."""
    play([APPLICATION, task(**WANTED)]).ok()
    only = [task(**{**WANTED, "tags": ["archive"], "exclusive": True})]
    first = play(only, diff=True).ok()
    assert first.result["changed"]
    assert first.result["service_principal"]["tags"] == ["archive", "from-application"]
    site.journal.clear()
    assert not play(only).ok().result["changed"]
    assert_no_writes(site)


def test_adoption_keeps_what_is_not_named(site: Simulator, play: Player) -> None:
    """A service principal found by object id keeps everything but the one thing that the task names."""
    made = play([APPLICATION, task(**WANTED)]).ok().result["service_principal"]
    site.journal.clear()
    changed = play([task(object_id=made["object_id"], enabled=False)]).ok()
    assert changed.result["service_principal"] == {**made, "enabled": False}
    assert len(writes(site)) == 1


def test_owners_exactly(site: Simulator, play: Player) -> None:
    """Exclusive owners at creation leave nobody else, the creator included, and a second run changes nothing."""
    user = next(iter(site.tenant.users.values()))
    options = {**WANTED, "owners": [user["userPrincipalName"]], "exclusive": True}
    first = play([APPLICATION, task(**options)]).ok()
    assert first.result["service_principal"]["owners"] == [user["id"]]
    site.journal.clear()
    assert not play([task(**options)]).ok().result["changed"]
    assert_no_writes(site)


def test_lost_answers_and_throttling(site: Simulator, play: Player) -> None:
    """The create is an upsert: repeated after a lost answer or a refusal, it makes one service principal."""
    play([APPLICATION]).ok()
    site.faults.add(Fault(service="graph", method="PATCH", path="*servicePrincipals*", action="drop_after"))
    site.faults.add(Fault(service="graph", method="GET", action="status", status=429, retry_after=1))
    run = play([task(**WANTED)]).ok()
    assert run.result["service_principal"]["object_id"]
    app_id = run.result["service_principal"]["app_id"]
    assert len([row for row in site.tenant.service_principals.values() if row["appId"] == app_id]) == 1


def test_waits_for_a_fresh_application(
    make_site: Callable[..., Simulator], make_player: Callable[[Simulator], Player]
) -> None:
    """Replicas that lag refuse the create for a while; that is waited out, and a missing service principal is not waited for."""
    site = make_site(set="S", replication=Replication(object_lag=3.0))
    run = make_player(site)([APPLICATION, task(**WANTED)]).ok()
    assert run.result["changed"]
    assert 0 < run.result["stats"]["waited_s"] < 60


def test_bad_input(site: Simulator, play: Player) -> None:
    """What cannot be is said before anything is written."""
    site.journal.clear()
    unknown = "11111111-2222-3333-4444-555555555555"
    for options, said in (
        ({"application": {"unique_name": "no-such"}}, "no application with unique_name no-such"),
        ({"app_id": "commvault"}, "is not a GUID"),
        ({"object_id": unknown}, "No service principal has the object id"),
        ({"app_id": GRAPH_APP_ID, "owners": ["nobody@nowhere.example"]}, "no user nobody@nowhere.example"),
    ):
        run = play([task(**options)])
        assert run.result.failed
        assert said in run.result["msg"]
        assert run.result["error"]["kind"] == "config"
    assert_no_writes(site)
