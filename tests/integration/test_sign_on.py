# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SAML sign-ons that really happen: set up on both sides by the modules, signed by Entra ID's part, believed or refused by Commvault's.

Entra ID's part signs with signxml, Commvault's checks with python3-saml, so that neither proves itself.
"""

from __future__ import annotations

import json
import pathlib
import re
import shlex
import subprocess
import sys
import typing as t

import pytest
from collection_tree import ROOT
from cvops_simulator import Simulator
from cvops_simulator.cli import write_documents
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.grants import assign_role
from helpers.checks import writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.signing_on import Browser, certify, run, set_up_sign_on
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import commvault_saml_app, expiry_info

sys.path.append(str(ROOT / "tests" / "unit"))
from documented import blocks_of, parsed  # noqa: E402 - it lies beside the unit tests

GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_single_sign_on.rst"
pytestmark = [pytest.mark.any_core, pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")]


def add_another(site: Simulator) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The active certificate, and one that was added beside it."""
    (old,) = certify(site)
    both = certify(site, renew_before_days=400)
    (new,) = [row for row in both if row["thumbprint"] != old["thumbprint"]]
    return old, new


@pytest.fixture
def site(empty_site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Single sign-on set up on both sides, with one person in one group of Entra ID that Commvault knows."""
    share_clock(monkeypatch, empty_site)
    set_up_sign_on(empty_site)
    return empty_site


def replace(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """Give Commvault the certificate that is active in Entra ID, as its metadata names it."""
    application = next(row for row in site.tenant.applications.values() if row["uniqueName"] == "commvault-sign-on")
    return run(commvault_saml_app, site, name="people", metadata={"application": application["appId"]}, **more)


def test_a_person_signs_on_with_the_groups_of_entra(site: Simulator) -> None:
    browser = Browser(site)
    found = browser.sign_on("sam.signer@corp.example")
    assert found["userName"] == "sam.signer@corp.example" and found["userGroups"] == ["operators"]
    group = next(row for row in site.tenant.groups.values() if row["displayName"] == "GG Operators")
    site.tenant.relate("members", group["id"], [])
    assert browser.sign_on("Sam.Signer@corp.example")["userGroups"] == []


def test_nobody_else_signs_on(site: Simulator) -> None:
    """A stranger of another domain, a disabled app, an answer that was used before."""
    browser = Browser(site)
    site.tenant.add("user", {"displayName": "X", "userPrincipalName": "x@other.example", "mail": "x@other.example"})
    assert "creates none" in browser.sign_on("x@other.example")["errorMessage"]
    seen: list[tuple[str, dict[str, str]]] = []
    post = browser.post
    browser.post = lambda *arguments: seen.append(arguments) or post(*arguments)  # type: ignore[method-assign, func-returns-value, assignment]
    assert "userName" in browser.sign_on("sam.signer@corp.example")
    assert "used before" in post(*seen[0])["errorMessage"] or "not sent" in post(*seen[0])["errorMessage"]
    run(commvault_saml_app, site, name="people", enabled=False)
    assert "disabled" in post(*seen[0])["errorMessage"]


def test_a_roll_over_has_a_gap_of_two_requests_and_no_more(site: Simulator) -> None:
    """Added: nothing changes. Activated: refused until Commvault holds it. Then believed; the old one is removed last."""
    browser = Browser(site)
    old, new = add_another(site)
    assert not new["active"] and "userName" in browser.sign_on("sam.signer@corp.example")
    assert not replace(site)["changed"]
    site.journal.clear()
    certify(site, activate=new["thumbprint"])
    assert "errorMessage" in browser.sign_on("sam.signer@corp.example")
    replaced = replace(site)
    assert replaced["changed"] and replaced["saml_app"]["certificate_fingerprint"] == new["fingerprint_sha256"]
    changes = [entry.method for entry in writes(site) if "samlAcs" not in entry.path]
    assert changes == ["PATCH", "PUT"]
    assert "userName" in browser.sign_on("sam.signer@corp.example")
    certify(site, remove=[old["thumbprint"]])
    assert "userName" in browser.sign_on("sam.signer@corp.example")
    assert not replace(site)["changed"]


def test_a_roll_over_is_taken_back(site: Simulator) -> None:
    """The new certificate does not work in Commvault: the old one is activated, and written again from what the task kept."""
    browser = Browser(site)
    old, new = add_another(site)
    certify(site, activate=new["thumbprint"])
    run(commvault_saml_app, site, name="people", certificate=new["certificate"])
    assert "userName" in browser.sign_on("sam.signer@corp.example")
    certify(site, activate=old["thumbprint"])
    assert "errorMessage" in browser.sign_on("sam.signer@corp.example")
    back = run(commvault_saml_app, site, name="people", certificate=old["certificate"])
    assert back["saml_app"]["certificate_fingerprint"] == old["fingerprint_sha256"]
    assert "userName" in browser.sign_on("sam.signer@corp.example")


def test_a_release_that_believes_two_certificates_has_no_gap(site: Simulator) -> None:
    site.commcells["cs01"].behaviours.change({"saml_keeps_previous_certificate": True})
    browser = Browser(site)
    old, new = add_another(site)
    run(commvault_saml_app, site, name="people", certificate=new["certificate"])
    assert "userName" in browser.sign_on("sam.signer@corp.example")
    certify(site, activate=new["thumbprint"])
    assert "userName" in browser.sign_on("sam.signer@corp.example")


@pytest.mark.parametrize("wrong", ["issuer", "audience", "endpoint"])
def test_what_is_not_meant_for_the_app_is_refused(site: Simulator, wrong: str) -> None:
    """Another tenant's assertion, another identifier, another reply URL."""
    browser = Browser(site)
    (app,) = site.commcells["cs01"].state.apps.named("people")
    if wrong == "issuer":
        app.document["identityProviderMetaData"]["entityId"] = (
            "https://sts.windows.net/99999999-2222-4333-8444-555555555555/"
        )
        assert "Invalid issuer" in browser.sign_on("sam.signer@corp.example")["errorMessage"]
        return
    seen: list[tuple[str, dict[str, str]]] = []
    browser.post = lambda *arguments: seen.append(arguments) or {}  # type: ignore[method-assign, func-returns-value, assignment]
    browser.sign_on("sam.signer@corp.example")
    moved = "https://cv.corp.example:443/other"
    app.document["serviceProviderMetaData"]["serviceProviderEndpoint"] = moved
    assert "errorMessage" in Browser(site).post(*seen[0])


def pick(name: str) -> list[dict[str, t.Any]]:
    """The tasks of the guide's example that begins with this one."""
    blocks = (parsed(block) for block in blocks_of(GUIDE) if block.language == "yaml")
    return next(
        tasks for documents in blocks for tasks in documents if isinstance(tasks, list) and tasks[0].get("name") == name
    )


def show(word: str) -> list[str]:
    """The texts of the guide's examples in which this word stands."""
    return [block.text for block in blocks_of(GUIDE) if word in block.text]


@pytest.mark.whole
def test_the_guide_tries_a_sign_on(make_site: t.Callable[..., Simulator], bare: Player, tmp_path: pathlib.Path) -> None:
    """Its first example, from one document, on the simulator; then somebody who is assigned, and somebody who is not."""
    site = make_site(set="S", empty=True)
    (tmp_path / "site").mkdir()
    write_documents(site, tmp_path / "site")
    text = show("cvops_sso:")[0]
    (block,) = show("cvops-simulator serve")
    serve, _wait, playbook, curl = block.strip().splitlines()
    assert serve.startswith("cvops-simulator serve --set S --seed 1 --empty ")
    command, name, *words = shlex.split(playbook)
    assert command == "ansible-playbook"

    def type_playbook(document: str, *more: str) -> list[str]:
        """The notes of the plan of a run with this document."""
        (tmp_path / "sign_on.yml").write_text(document)
        typed = [*(word.replace("@", f"@{tmp_path}/") for word in words), *more]
        done = bare(name, *typed)
        return [line for line in done.ok().one("Plan")["msg"] if line.startswith("Note")]

    (note,) = type_playbook(re.sub(r"  app_role_assignments:\n(    .*\n)+", "", text), "--check")
    assert "auto_redirect is switched on (cs01)" in note and "the document assigns nobody" in note
    assert type_playbook(text) == []

    def type_curl(user: str) -> dict[str, t.Any]:
        """What the command of the guide answers, about this person."""
        typed = curl.replace("http://127.0.0.1:41003", site.control_url).replace("tara.petrova@corp.example", user)
        done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, timeout=120, check=True)
        return t.cast("dict[str, t.Any]", json.loads(done.stdout))

    allowed, refused = (json.loads(text) for text in show('"signed_in"'))
    assert type_curl("tara.petrova@corp.example") == allowed
    found = type_curl("tom.amiri@corp.example")
    beginning = refused["reason"].removesuffix("...")
    assert found["reason"].startswith(beginning) and found == {**refused, "reason": found["reason"]}


@pytest.mark.parametrize("fails", [False, True])
def test_the_guide_sets_up_both_sides_and_rolls_over(
    empty_site: Simulator, make_player: t.Callable[[Simulator], Player], fails: bool
) -> None:
    """Also where Commvault does not take the new certificate: then people sign on with the former one, and a later run goes on."""
    site, play = empty_site, make_player(empty_site)
    set_up = pick("The registration")
    signing = set_up[1]["cvops.identity.entra_service_principal"]["signing_certificate"]
    signing["lifetime_days"] = 60  # so that it is time for the next one soon
    assert play(set_up).ok().results[-1].task == "Where Entra ID sends people back to"
    assert not any(result["changed"] for result in play(set_up).ok().results[1:3])
    user = site.tenant.add("user", {"displayName": "Sam Signer", "userPrincipalName": "sam.signer@corp.example"})
    (principal,) = [row for row in site.tenant.service_principals.values() if row["displayName"] == "Commvault SAML"]
    assign_role(site.tenant, user["id"], principal["id"], "00000000-0000-0000-0000-000000000000", replicated=True)
    (app,) = site.commcells["cs01"].state.apps.named("corp.example")
    app.document["autoCreateUser"] = True
    browser = Browser(site, "corp.example")
    found = browser.sign_on("sam.signer@corp.example")
    assert "userName" in found, found
    signing["renew_before_days"], signing["lifetime_days"] = 90, 1000
    rolled = [*set_up, *pick("The next certificate")]
    if fails:
        site.faults.add(Fault("cs01", "PUT", "*/v4/SAML/*", "status", status=400, times=1))
        refused = play(rolled)
        assert "The next certificate is not in use" in refused.text
        assert "userName" in browser.sign_on("sam.signer@corp.example")
    held = app.secrets["certificateData"]
    play(rolled).ok()
    assert app.secrets["certificateData"] != held
    assert "userName" in browser.sign_on("sam.signer@corp.example")
    play([*set_up, *pick("The old certificate goes, with its private key")]).ok()
    assert "userName" in browser.sign_on("sam.signer@corp.example")


def look_at_copy(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    """What expiry_info says of the certificate that the app of Commvault holds."""
    found = run(expiry_info, site, commcell="cs01", **options)["expiring"]["rows"]
    return next(
        row for row in found if row["kind"] == "identity_provider_certificate" and row["consumer"] == "SAML app people"
    )


def test_what_ends_is_told_of_both_ends_and_a_sign_on_that_is_broken(site: Simulator) -> None:
    copy = look_at_copy(site)
    assert (copy["state"], copy["findings"], copy["unknown"]) == ("ok", [], None)
    assert Browser(site).sign_on("sam.signer@corp.example")["userName"]
    alone = look_at_copy(site, services=["commvault"])
    assert (alone["state"], alone["expires"]) == ("ok", copy["expires"])
    site.faults.add(Fault("graph", "GET", "*/servicePrincipals/*", "status", status=403, times=0))
    unread = look_at_copy(site)
    assert (unread["state"], unread["expires"]) == ("unknown", copy["expires"])
    site.faults.clear()

    _old, new = add_another(site)
    assert look_at_copy(site)["findings"] == ["next_certificate_unused"]
    certify(site, activate=new["thumbprint"])
    broken = look_at_copy(site)
    assert (broken["state"], broken["findings"]) == ("missing", ["other_certificate_signs"])
    assert new["thumbprint"] in broken["unknown"] and broken["key_id"] == copy["key_id"]
    failed = run_body(expiry_info, site, {"commcell": "cs01", "fail_below_days": 0})
    assert failed["failed"] and "SAML app people on CommCell cs01 uses identity provider certificate" in failed["msg"]
    assert "errorMessage" in Browser(site).sign_on("sam.signer@corp.example")

    replace(site)
    repaired = look_at_copy(site)
    assert (repaired["state"], repaired["findings"]) == ("ok", []) and repaired["key_id"] != copy["key_id"]
    (app,) = site.commcells["cs01"].state.apps.named("people")
    app.description = "by hand"
    assert (look_at_copy(site)["state"], look_at_copy(site)["expires"]) == ("unknown", None)
