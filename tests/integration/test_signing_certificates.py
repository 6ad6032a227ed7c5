# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token signing certificates of entra_service_principal against the simulator."""

from __future__ import annotations

import base64
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.graph.token_signing import add_signing_certificate
from cvops_simulator.entra.secrets import add_secret
from cvops_simulator.entra.tenant import format_graph_time
from helpers.checks import assert_diff_agrees, assert_no_secrets, assert_no_writes, writes
from helpers.playing import Player

pytestmark = pytest.mark.any_core

APPLICATION = {
    "name": "application",
    "cvops.identity.entra_application": {
        "unique_name": "commvault-sign-on",
        "display_name": "Commvault sign-on",
        "web": {"redirect_uris": ["https://cv.corp.example:443/webconsole"]},
    },
}
ADDING = "*addTokenSigningCertificate"
DAY_S = 86400.0


def task(signing: dict[str, t.Any] | None = None, **options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    options = {"application": {"unique_name": "commvault-sign-on"}, "sign_on_mode": "saml", **options}
    if signing is not None:
        options["signing_certificate"] = signing
    return [{"name": "service principal", "cvops.identity.entra_service_principal": options}]


def stored(site: Simulator) -> dict[str, t.Any]:
    """The service principal as Entra ID has it."""
    (found,) = [row for row in site.tenant.service_principals.values() if row["displayName"] == "Commvault sign-on"]
    return t.cast("dict[str, t.Any]", found)


def rows(run: t.Any) -> list[dict[str, t.Any]]:
    """The certificates of a result."""
    return t.cast("list[dict[str, t.Any]]", run.result["service_principal"]["signing_certificates"])


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """With application and service principal from nothing: predict, add and activate, leave alone."""
    both = [APPLICATION, *task({"activate": "first"})]
    site.journal.clear()
    predicted = play(both, check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    (unmade,) = rows(predicted)
    assert unmade["active"] is True and {name for name, value in unmade.items() if value is None} == {
        *unmade.keys() - {"active"}
    }

    real = play(both, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    assert [step["action"] for step in real.result["steps"]] == [step["action"] for step in predicted.result["steps"]]
    (row,) = rows(real)
    principal = stored(site)
    assert principal["preferredTokenSigningKeyThumbprint"] == row["thumbprint"] and row["active"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(row["certificate"]))
    assert certificate.fingerprint(hashes.SHA1()).hex().upper() == row["thumbprint"]
    assert certificate.fingerprint(hashes.SHA256()).hex().upper() == row["fingerprint_sha256"]
    assert certificate.subject.rfc4514_string() == row["name"] == "CN=Commvault sign-on"
    assert row["days_left"] in (1094, 1095)
    verify = next(item for item in principal["keyCredentials"] if item["usage"] == "Verify")
    assert row["key_id"] == verify["keyId"]

    site.journal.clear()
    again = play(both, diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert_no_writes(site)
    assert rows(again) == [{**row, "days_left": rows(again)[0]["days_left"]}]


def test_stages(site: Simulator, play: Player) -> None:
    """Add an inactive one, activate it, remove the old one: each is a run of its own, and each is idempotent."""
    first = rows(play([APPLICATION, *task({"activate": "first"})]).ok())[0]
    foreign = next(iter(site.tenant.users.values()))
    play(task(owners=[foreign["userPrincipalName"]])).ok()
    renewing = task({"renew_before_days": 1090, "lifetime_days": 1095})
    site.clock.advance(20 * DAY_S)
    assert_diff_agrees(play(renewing, check=True, diff=True).ok(), play(renewing, diff=True).ok())
    listed = rows(play(renewing).ok())
    assert [row["active"] for row in listed] == [True, False]
    old, new = listed
    assert old["thumbprint"] == first["thumbprint"]
    site.journal.clear()
    assert not play(renewing).ok().result["changed"]
    assert_no_writes(site)

    early = play(task({"remove": [old["thumbprint"]]})).result
    assert early.failed and "it is active" in early["msg"]

    activating = task({"activate": new["thumbprint"].lower()})
    predicted = play(activating, check=True, diff=True).ok()
    real = play(activating, diff=True).ok()
    assert_diff_agrees(predicted, real)
    assert rows(predicted) == rows(real)
    assert [row["active"] for row in rows(real)] == [False, True]
    assert stored(site)["preferredTokenSigningKeyThumbprint"] == new["thumbprint"]
    assert not play(activating).ok().result["changed"]

    removing = task({"remove": [old["thumbprint"]], "activate": new["thumbprint"]})
    predicted = play(removing, check=True, diff=True).ok()
    site.journal.clear()
    real = play(removing, diff=True).ok()
    assert_diff_agrees(predicted, real)
    assert len(writes(site)) == 1
    principal = stored(site)
    assert {item["usage"] for item in principal["keyCredentials"]} == {"Sign", "Verify"}
    assert len(principal["keyCredentials"]) == 2 and len(principal["passwordCredentials"]) == 1
    assert [row["thumbprint"] for row in rows(real)] == [new["thumbprint"]]
    assert not play(removing).ok().result["changed"]


def plant(site: Simulator, starts_days: float, ends_days: float, active: bool = False) -> str:
    """Give the service principal a certificate with these dates, days from now; return its thumbprint."""
    now = site.clock.now()
    added = add_signing_certificate(
        site.tenant, stored(site), "CN=Planted", now + starts_days * DAY_S, now + ends_days * DAY_S, replicated=True
    )
    if active:
        changed = {**stored(site), "preferredTokenSigningKeyThumbprint": added["thumbprint"]}
        site.tenant.update("servicePrincipal", changed, replicated=True)
    return str(added["thumbprint"])


def count(site: Simulator) -> int:
    """How many certificates there are."""
    return len([item for item in stored(site)["keyCredentials"] if item["usage"] == "Sign"])


@pytest.mark.parametrize(
    ("fault", "ends_well"),
    [
        ({"action": "drop_after"}, True),
        ({"action": "drop_before"}, False),
        ({"action": "status", "status": 429, "retry_after": 1}, True),
        ({"action": "status", "status": 503, "retry_after": 1}, False),
        ({"action": "status", "status": 500}, False),
    ],
)
def test_a_lost_answer_leaves_one_certificate(
    site: Simulator, play: Player, fault: dict[str, t.Any], ends_well: bool
) -> None:
    """Whatever becomes of the request that adds: one certificate after this run and the next, and the next one changes nothing more."""
    play([APPLICATION, *task()]).ok()
    site.faults.add(Fault(service="graph", method="POST", path=ADDING, **fault))
    run = play(task({"activate": "first"}))
    if ends_well:
        assert rows(run.ok())[0]["active"]
    site.faults.clear()
    last = play(task({"activate": "first"})).ok()
    assert count(site) == 1 and [row["active"] for row in rows(last)] == [True]
    site.journal.clear()
    assert not play(task({"activate": "first"})).ok().result["changed"]
    assert_no_writes(site)


@pytest.mark.parametrize("action", ["drop_after", "drop_before", "status"])
@pytest.mark.parametrize("stage", ["activate", "remove"])
def test_a_fault_in_later_stages(site: Simulator, play: Player, action: str, stage: str) -> None:
    """Activating and removing are idempotent: with a fault in between, and after another run, everything is as asked for."""
    play([APPLICATION, *task()]).ok()
    old, new = plant(site, -300, 20), plant(site, -1, 900)
    kept = add_secret(site.tenant, "servicePrincipal", stored(site), {"displayName": "own", **_dates(site)}, None, True)
    stages = {"activate": task({"activate": new}), "remove": task({"activate": new, "remove": [old]})}
    if stage == "remove":
        play(stages["activate"]).ok()
    more = {"status": 503} if action == "status" else {}
    site.faults.add(Fault(service="graph", method="PATCH", path="*servicePrincipals*", action=action, **more))
    play(stages[stage])
    site.faults.clear()
    last = play(stages[stage]).ok()
    assert rows(last)[-1]["thumbprint"] == new and rows(last)[-1]["active"]
    assert count(site) == (1 if stage == "remove" else 2)
    assert kept["keyId"] in [item["keyId"] for item in stored(site)["passwordCredentials"]]
    site.journal.clear()
    assert not play(stages[stage]).ok().result["changed"]
    assert_no_writes(site)


def _dates(site: Simulator) -> dict[str, str]:
    now = site.clock.now()
    return {"startDateTime": format_graph_time(now), "endDateTime": format_graph_time(now + 90 * DAY_S)}


def test_what_cannot_be_done_is_told_before_anything_is_written(site: Simulator, play: Player) -> None:
    """All that is wrong is told together, and nothing was written."""
    play([APPLICATION, *task()]).ok()
    active, ended, later = plant(site, -300, 400, True), plant(site, -300, -1), plant(site, 10, 500)
    site.journal.clear()
    for asked, words in (
        ({"activate": ended, "remove": [active]}, ["it has ended", "it is active: activate another one first"]),
        ({"activate": later}, ["it is not valid before"]),
        ({"activate": "0" * 40}, ["no certificate of the service principal has this thumbprint"]),
        ({"activate": active, "remove": [active]}, ["it is the one to activate"]),
    ):
        refused = play(task(asked)).result
        assert refused.failed, asked
        text = str(refused["error"])
        assert all(word in text for word in words), text
    text = str(play(task({}, sign_on_mode="oidc")).result["error"])
    assert "such certificates are used for SAML only" in text
    assert_no_writes(site)


def test_private_parts_of_an_answer_are_kept_nowhere(site: Simulator, play: Player, tmp_path: t.Any) -> None:
    """Should the service send a private key or a password, neither is in the result, in the diff or in what is printed."""
    play([APPLICATION, *task()]).ok()
    thumbprint = plant(site, -1, 900, True)
    key, text = (
        base64.b64encode(b"0\x82\x04\xbe\x02\x01\x00" + b"private" * 20).decode(),
        "Abc8Q~secret~of.the-service_1234567890z",
    )
    principal = stored(site)
    changed = {
        **principal,
        "passwordCredentials": [{**item, "secretText": text} for item in principal["passwordCredentials"]],
        "keyCredentials": principal["keyCredentials"],
    }
    site.tenant.update("servicePrincipal", changed, replicated=True)
    for item in principal["keyCredentials"]:
        if item["usage"] == "Sign":
            site.tenant.store.put(
                "certificates", item["keyId"], {"owner": principal["id"], "der": key}, replicated=True
            )
    run = play(task({}), diff=True, verbosity=3).ok()
    assert rows(run)[0]["thumbprint"] == thumbprint
    assert_no_secrets(run, [], [key, text])
