# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_saml_app against the simulator."""

from __future__ import annotations

import copy
import hashlib
import pathlib
import ssl
import typing as t
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Company, IdentityApp, User, UserGroup
from cvops_simulator.core.faults import Fault
from helpers import certificates
from helpers.checks import assert_diff_agrees, assert_no_secrets, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.saml_metadata import make_metadata, write_metadata
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.calls import SamlApps
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.resource import SamlAppResource
from ansible_collections.cvops.identity.plugins.modules import commvault_saml_app

pytestmark = pytest.mark.any_core

CONSOLE = "https://cv.corp.example:443/webconsole"
GROUPS = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"
#: The CommCell has one of the same tenant and endpoint.
SECOND_APP = {"accept_risk": ["rename"], "accept_reason": "both are needed during the move"}
UNTIL = "2099-01-01T00:00:00Z"


def fingerprint(pem: str) -> str:
    """The SHA-256 fingerprint of a certificate."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()


def body_of(pem: str) -> str:
    """The base64 text of a certificate."""
    return "".join(pem.split("-----")[2].split())


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    return [{"name": "app", "cvops.identity.commvault_saml_app": options}]


def run(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    """Run the module's body in this process, to a good end."""
    result = run_body(commvault_saml_app, site, options)
    assert not result.get("failed"), result["msg"]
    return result


def whole(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """All options of an app, but auto-redirect."""
    return {
        "name": "people",
        "description": "People sign in here",
        "metadata": {"file": write_metadata(site)},
        "service_provider_endpoint": "https://CV.corp.example/webconsole/",
        "service_provider_aliases": ["https://cv2.corp.example/webconsole"],
        "name_id": "user_principal_name",
        "attribute_mappings": {"user_groups": GROUPS, "email": "mail"},
        "associations": {"email_suffixes": ["Corp.example"], "user_groups": ["master"], "companies": ["corp"]},
        "default_user_groups": ["NOC Night Shift"],
        "auto_create_users": True,
        **more,
    }


def stored(site: Simulator, name: str = "people") -> list[IdentityApp]:
    """The apps of this name on the first CommCell."""
    return list(site.commcells["cs01"].state.apps.named(name))


def break_glass(site: Simulator) -> dict[str, str]:
    """A local administrator who can sign in."""
    state = site.commcells["cs01"].state
    user = state.users.add(User(state.users.new_id(), "firefighter"))
    user.password = "Br3ak~the.glass-in-an-emergency-only"
    state.groups.named("master")[0].member_ids.add(user.id)
    return {"username": user.name, "password": user.password}


@pytest.fixture
def site(empty_site: Simulator) -> Simulator:
    """A CommCell with a company."""
    state = empty_site.commcells["cs01"].state
    state.companies.add(Company(9100, "Corp Ltd", "corp"))
    return empty_site


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """Predict, create, leave alone, change, leave alone, delete, leave alone."""
    options = whole(site)
    site.journal.clear()
    predicted = play(task(**options), check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert predicted.result["saml_app"]["app_key"] is None and predicted.result["saml_app"]["reply_url"] is None

    real = play(task(**options), diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    (app,) = stored(site)
    assert real.result["saml_app"] == {
        "not_confirmed": [],
        "name": "people",
        "company": None,
        "app_key": app.key,
        "description": "People sign in here",
        "enabled": True,
        "entity_id": f"https://sts.windows.net/{site.tenant_id}/",
        "sign_on_url": f"https://login.microsoftonline.com/{site.tenant_id}/saml2",
        "sign_out_url": f"https://login.microsoftonline.com/{site.tenant_id}/saml2",
        "certificate_fingerprint": fingerprint(certificates.FIRST),
        "certificate_expires": UNTIL,
        "service_provider_endpoint": CONSOLE,
        "service_provider_aliases": ["https://cv2.corp.example:443/webconsole"],
        "reply_url": f"{CONSOLE}/samlAcsIdpInitCallback.do?samlAppKey={app.key}",
        "reply_url_pending": False,
        "sign_out_reply_url": f"{CONSOLE}/server/SAMLSingleLogout?samlAppKey={app.key}",
        "name_id": "user_principal_name",
        "attribute_mappings": {"user_groups": GROUPS, "email": "mail"},
        "associations": {
            "email_suffixes": ["corp.example"],
            "companies": ["Corp Ltd"],
            "user_groups": ["master"],
            "domains": [],
            "users": [],
        },
        "default_user_groups": ["NOC Night Shift"],
        "auto_create_users": True,
        "auto_redirect": False,
    }
    assert app.type == 2 and app.secrets == {"certificateData": body_of(certificates.FIRST)}
    mark = f"[cvops certificate: {fingerprint(certificates.FIRST)} until {UNTIL}]"
    assert app.description == f"People sign in here\n{mark}"
    assert [f"{entry.method} {entry.path.rsplit('/', 1)[-1]}" for entry in writes(site)] == ["POST SAML", "PUT people"]

    site.journal.clear()
    again = play(task(**{**options, "name": "PEOPLE"}), diff=True, in_process=in_process).ok()
    assert not again.result["changed"] and again.result["saml_app"] == real.result["saml_app"]
    assert_no_writes(site)

    moved = {"name": "people", "certificate": certificates.SECOND, "enabled": False}
    predicted = play(task(**moved), check=True, diff=True, in_process=in_process).ok()
    changed = play(task(**moved), diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, changed)
    (row,) = stored(site)
    assert row.secrets == {"certificateData": body_of(certificates.SECOND)} and row.enabled is False
    assert fingerprint(certificates.SECOND) in row.description and row.document["attributeMappings"]
    assert len(writes(site)) == 1
    assert not play(task(**moved), in_process=in_process).ok().result["changed"]

    gone = task(name="people", state="absent")
    predicted = play(gone, check=True, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, play(gone, diff=True, in_process=in_process).ok())
    assert stored(site) == []
    site.journal.clear()
    assert not play(gone, in_process=in_process).ok().result["changed"]
    assert_no_writes(site)


def test_what_nobody_manages_stays(site: Simulator) -> None:
    """A change keeps other mappings, associations, flags; without exclusive lists only grow."""
    run(site, **whole(site))
    (app,) = stored(site)
    app.flags = 4
    app.document["attributeMappings"].append({"customAttribute": "FULL_NAME", "SAMLAttribute": "displayname"})
    app.document["associations"]["users"] = [{"id": 1, "name": "admin"}]
    more = {"associations": {"email_suffixes": ["other.example"]}, "attribute_mappings": {"email": "", "sid": "sid"}}
    changed = run(site, name="people", **more)["saml_app"]
    assert changed["associations"]["email_suffixes"] == ["corp.example", "other.example"]
    assert changed["associations"]["users"] == ["admin"]
    assert changed["attribute_mappings"] == {"FULL_NAME": "displayname", "sid": "sid", "user_groups": GROUPS}
    (row,) = stored(site)
    assert row.flags == 4 and row.document["associations"]["users"] == [{"id": 1, "name": "admin"}]
    assert row.secrets == {"certificateData": body_of(certificates.FIRST)}
    fewer = {
        "associations": {"email_suffixes": ["other.example"], "companies": []},
        "attribute_mappings": {"user_groups": GROUPS},
    }
    changed = run(site, name="people", exclusive=True, **fewer)["saml_app"]
    assert changed["associations"]["email_suffixes"] == ["other.example"]
    assert changed["associations"]["companies"] == [] and changed["associations"]["user_groups"] == ["master"]
    assert changed["attribute_mappings"] == {"user_groups": GROUPS}


def test_a_certificate_is_written_as_the_policy_says(site: Simulator) -> None:
    """A missing mark is no equal one; on_create never touches the one that is there; always writes it."""
    options = whole(site)
    run(site, **options)
    (app,) = stored(site)
    app.description = "made by hand"
    other = {"name": "people", "certificate": certificates.SECOND}
    assert not run(site, **other, certificate_policy="on_create")["changed"]
    found = run(site, **other)
    assert found["changed"] and found["saml_app"]["description"] == "made by hand"
    assert app.secrets == {"certificateData": body_of(certificates.SECOND)}
    assert not run(site, **other)["changed"]
    assert run(site, **other, certificate_policy="always")["changed"]
    assert run(site, **{**options, "description": None})["saml_app"]["certificate_fingerprint"] == fingerprint(
        certificates.FIRST
    )


def test_the_certificate_is_chosen_among_several(site: Simulator) -> None:
    """Commvault holds one: which, nobody guesses."""
    both = {"file": write_metadata(site, certificates.FIRST, certificates.SECOND)}
    found = run_body(commvault_saml_app, site, whole(site, metadata=both))
    assert (
        found["failed"] and "2 signing certificates" in found["msg"] and certificates.FIRST_THUMBPRINT in found["msg"]
    )
    chosen = run(site, **whole(site, metadata=both, certificate_fingerprint=certificates.FIRST_THUMBPRINT))
    assert chosen["saml_app"]["certificate_fingerprint"] == fingerprint(certificates.FIRST)
    told = run(site, name="people", certificate_fingerprint=fingerprint(certificates.FIRST).lower())
    assert not told["changed"]
    found = run_body(commvault_saml_app, site, {"name": "people", "certificate_fingerprint": "ab" * 32})
    assert found["failed"] and "not marked to hold" in found["msg"]


def test_an_app_of_a_company(site: Simulator) -> None:
    plain = whole(site, associations={"email_suffixes": ["corp.example"]}, default_user_groups=None)
    made = run(site, **plain, company="corp")["saml_app"]
    assert made["company"] == "Corp Ltd" and stored(site)[0].company_id == 9100
    site.journal.clear()
    assert not run(site, **plain, company="Corp Ltd")["changed"]
    assert_no_writes(site)


def test_a_new_app_is_of_the_host_of_the_task(site: Simulator) -> None:
    made = run(site, **whole(site, service_provider_endpoint=None, **SECOND_APP))["saml_app"]
    assert made["service_provider_endpoint"] == site.commcells["cs01"].url.replace("/commandcenter/api", "/webconsole")


def test_nobody_is_sent_away_before_somebody_gets_in_without(site: Simulator, play: Player) -> None:
    """Auto-redirect takes a local administrator who signs in; it is switched on last and off first; his password is shown nowhere."""
    account = break_glass(site)
    user = site.commcells["cs01"].state.users.named("firefighter")[0]
    options = whole(site, auto_redirect=True)
    found = run_body(commvault_saml_app, site, options)
    assert found["failed"] and found["error"]["risk"] == "lock_out" and stored(site) == []
    for change, said in (
        (lambda: account.update(password="Wr0ng~one"), "cannot sign in"),
        (lambda: account.update(password=user.password), "does not have administrator rights"),
    ):
        change()
        state = site.commcells["cs01"].state
        if said == "does not have administrator rights":
            state.groups.named("master")[0].member_ids.discard(user.id)
        found = run_body(commvault_saml_app, site, {**options, "break_glass": account})
        assert found["failed"] and said in found["msg"], found["msg"]
        assert stored(site) == [] and not writes(site)
    state.groups.named("master")[0].member_ids.add(user.id)
    user.auth_server_id = state.apps.add(IdentityApp(78, "other", "78AA", 2)).id
    found = run_body(commvault_saml_app, site, {**options, "break_glass": account})
    assert found["failed"] and "not by the CommCell itself" in found["msg"]
    user.auth_server_id = 0
    real = play(task(**options, break_glass=account), diff=True, in_process=True).ok()
    assert_no_secrets(real, [], [account["password"]])
    (app,) = stored(site)
    assert real.result["saml_app"]["auto_redirect"] is True and app.flags == 1
    assert [entry.path.rsplit("/", 1)[-1] for entry in writes(site)] == ["SAML", "people", "App"]
    assert not run(site, **options)["changed"]
    site.journal.clear()
    app.flags = 5
    off = run(site, name="people", auto_redirect=False, enabled=False)
    assert off["saml_app"]["auto_redirect"] is False and app.flags == 4
    assert [entry.path.rsplit("/", 1)[-1] for entry in writes(site)] == ["App", "people"]
    reason = {"accept_risk": ["lock_out"], "accept_reason": "the console is not used by administrators"}
    assert run(site, name="people", auto_redirect=True, **reason)["changed"]


def test_another_name_is_another_app(site: Simulator) -> None:
    """A second app of the same provider and endpoint has another reply URL: it takes an accepted risk."""
    run(site, **whole(site))
    found = run_body(commvault_saml_app, site, whole(site, name="corp-new"))
    assert found["failed"] and found["error"]["risk"] == "rename" and "people" in found["msg"]
    assert run(site, **whole(site, name="corp-new", **SECOND_APP))["changed"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"associations": {"user_groups": ["none"], "companies": ["nobody"]}}, "associations.companies[0]"),
        ({"associations": {"email_suffixes": ["j.vega@corp.example"]}}, "after the @"),
        ({"associations": None}, "associations.email_suffixes"),
        ({"name": ".."}, "would change the path of"),
        ({"name": "oidc app"}, "of another kind (OpenID Connect)"),
        ({"service_provider_endpoint": "http://cv.corp.example/webconsole"}, "is not an https address"),
        ({"metadata": None}, "to create it, metadata is needed"),
        ({"description": "x\n[cvops certificate: y]"}, "its last line is the mark"),
        ({"certificate": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"}, "contains a private key"),
        ({"certificate": certificates.FIRST + certificates.SECOND}, "contains 2 certificates"),
        ({"metadata": {"file": "/nowhere.xml"}}, "cannot be read"),
        ({"metadata": {"url": "http://sts.corp.example/metadata.xml"}}, "is not an https address"),
        ({"metadata": {"application": "sign-on"}}, "is not the application (client) id"),
    ],
)
def test_what_cannot_be_is_refused_before_a_write(site: Simulator, options: dict[str, t.Any], said: str) -> None:
    site.commcells["cs01"].state.apps.add(IdentityApp(77, "oidc app", "77AA", 5))
    site.journal.clear()
    found = run_body(commvault_saml_app, site, whole(site, **options))
    assert found["failed"] and said in found["msg"], found["msg"]
    assert_no_writes(site)


@pytest.mark.parametrize(
    ("pems", "said"),
    [
        ([certificates.make_certificate(1, ends=2025)], "has expired"),
        ([certificates.make_certificate(1, starts=2090)], "is not valid before 2090-01-01"),
        ([certificates.make_certificate(1, key=rsa.generate_private_key(65537, 1024))], "1024 bits"),
        ([certificates.FIRST, certificates.SECOND], "2 signing certificates"),
    ],
    ids=["expired", "not yet valid", "weak key", "two"],
)
@pytest.mark.parametrize("source", ["metadata", "certificate"])
def test_certificates_with_which_nobody_could_sign_in(site: Simulator, pems: list[str], said: str, source: str) -> None:
    """Of the metadata, or given beside it: refused before a write, for a new app and for one that works."""
    options = whole(site)
    bad = (
        {"metadata": {"file": write_metadata(site, *pems)}}
        if source == "metadata"
        else {"certificate": "\n".join(pems)}
    )
    for planned in ({**options, **bad}, {"name": "people", **bad}):
        site.journal.clear()
        found = run_body(commvault_saml_app, site, planned)
        said = said if source == "metadata" or len(pems) == 1 else "contains 2 certificates"
        assert found["failed"] and said in found["msg"], found["msg"]
        assert_no_writes(site)
        run(site, **options)


def test_a_certificate_of_another_key_than_the_metadata_is_not_taken_for_it(site: Simulator) -> None:
    """A fingerprint says which one is meant; neither another one in the metadata nor one that is given goes for it."""
    site.journal.clear()
    meant = fingerprint(certificates.SECOND)
    for given in ({}, {"certificate": certificates.FIRST}):
        found = run_body(commvault_saml_app, site, whole(site, certificate_fingerprint=meant, **given))
        assert found["failed"] and "fingerprint" in found["msg"], found["msg"]
    assert_no_writes(site)


def test_metadata_of_another_tenant_is_refused(site: Simulator, tmp_path: pathlib.Path) -> None:
    """Whoever it belongs to would say who is signed in; named on purpose, it is taken."""
    other = "99999999-2222-4333-8444-555555555555"
    path = tmp_path / "metadata.xml"
    path.write_text(make_metadata(other, certificates.FIRST))
    found = run_body(commvault_saml_app, site, whole(site, metadata={"file": str(path)}))
    assert found["failed"] and other in found["msg"]
    named = {"file": str(path), "entity_id": f"https://sts.windows.net/{other}/"}
    assert run(site, **whole(site, metadata=named))["saml_app"]["entity_id"] == named["entity_id"]


def test_sign_ins_are_not_sent_where_only_the_service_says(site: Simulator) -> None:
    """Whoever registers that address in Entra ID has everybody's sign-in sent there."""
    run(site, **whole(site))
    (app,) = stored(site)
    app.document["serviceProviderMetaData"]["serviceProviderEndpoint"] = "https://evil.example:443/webconsole"
    found = run(site, name="people")
    assert found["saml_app"]["reply_url"] is None and found["saml_app"]["sign_out_reply_url"] is None
    assert not found.get("warnings")  # this task does not name the console
    found = run_body(commvault_saml_app, site, {"name": "people", "service_provider_endpoint": CONSOLE}, check=True)
    # What Commvault shows is of the address that this run changes.
    assert (found["saml_app"]["reply_url"], found["saml_app"]["reply_url_pending"]) == (None, True)
    assert not found.get("warnings")


def test_people_are_not_sent_to_an_app_that_is_disabled(site: Simulator) -> None:
    account = break_glass(site)
    run(site, **whole(site), auto_redirect=True, break_glass=account)
    found = run_body(commvault_saml_app, site, {"name": "people", "enabled": False})
    assert found["failed"] and found["error"]["risk"] == "lock_out" and "although the app is disabled" in found["msg"]
    assert run(site, name="people", enabled=False, break_glass=account)["changed"]
    assert not run(site, name="people", enabled=False)["changed"]


def test_what_cannot_be_told_from_a_rename_takes_the_same_risk(site: Simulator) -> None:
    site.faults.add(Fault("cs01", "GET", "*/v4/SAML/Corp-Entra", "status", status=403, times=2))
    found = run_body(commvault_saml_app, site, whole(site))
    assert found["failed"] and found["error"]["risk"] == "rename" and "cannot be checked" in found["msg"]
    assert run(site, **whole(site, **SECOND_APP))["changed"]


@pytest.mark.parametrize("action", ["drop_after", "status_after"])
def test_lost_answers(site: Simulator, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    """A creation, a change and a deletion whose answers are lost end well, once."""
    share_clock(monkeypatch, site)
    for method, path, options in (
        ("POST", "*/v4/SAML", whole(site)),
        ("PUT", "*/v4/SAML/*", {"name": "people", "enabled": False}),
        ("POST", "*/ThirdParty/App", {"name": "people", "state": "absent"}),
    ):
        site.faults.add(Fault("cs01", method, path, action, status=503))
        assert run(site, **options)["changed"]
        assert len(stored(site)) == (0 if "state" in options else 1)


def test_a_run_that_was_interrupted_is_completed(site: Simulator) -> None:
    """After each of the requests that create an app; the next run writes what is missing, and no second app."""
    options = {**whole(site), "auto_redirect": True, "break_glass": break_glass(site), "retries": 0}
    for method, path in (("POST", "*/v4/SAML"), ("PUT", "*/v4/SAML/*"), ("PUT", "*/ThirdParty/App")):
        site.faults.add(Fault("cs01", method, path, "status", status=500))
        found = run_body(commvault_saml_app, site, options)
        assert found["failed"], (method, path)
        assert run(site, **options)["changed"]
        (app,) = stored(site)
        assert app.flags == 1 and app.document["autoCreateUser"] is True
        assert not run(site, **options)["changed"]
        assert run(site, name="people", state="absent")["changed"]


@pytest.mark.parametrize("details_lag", [False, True])
def test_a_task_waits_until_what_it_wrote_is_shown(
    site: Simulator, monkeypatch: pytest.MonkeyPatch, details_lag: bool
) -> None:
    """Commvault shows each write a while later: created, changed, deleted and created again, always once."""
    share_clock(monkeypatch, site)
    site.commcells["cs01"].behaviours.change({"replication_lag": 0.7, "details_lag": details_lag})
    options = {**whole(site), "auto_redirect": True, "break_glass": break_glass(site)}
    gone = {"name": "people", "state": "absent"}
    for given in (options, {**options, "enabled": False}, gone, options):
        assert run(site, **given)["changed"] is True
        assert run(site, **given)["changed"] is False


def test_an_app_that_took_the_name_meanwhile_is_not_touched(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleted and created again by somebody else between the plan and the write."""
    run(site, **whole(site))
    (planned,) = stored(site)
    plan = SamlAppResource.plan

    def plan_and_replace(resource: SamlAppResource) -> t.Any:
        found = plan(resource)
        apps = site.commcells["cs01"].state.apps
        apps.remove(planned)
        apps.add(IdentityApp(apps.new_id(), "people", "anotherkey", 2, document=planned.document))
        return found

    monkeypatch.setattr(SamlAppResource, "plan", plan_and_replace)
    site.journal.clear()
    found = run_body(commvault_saml_app, site, {"name": "people", "state": "absent"})
    assert found["failed"] and found["error"]["kind"] == "plan_changed" and "anotherkey" in found["msg"]
    assert [app.key for app in stored(site)] == ["anotherkey"]
    assert_no_writes(site)


def test_user_groups_that_an_earlier_task_creates(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planned before they are there, written in the same words and under the same ids; missing afterwards they are waited for, and told."""
    share_clock(monkeypatch, site)
    coming = [{"name": "GG-New", "company": "Commcell"}, "gg-two", {"name": "GG-New", "company": 9100}]
    options = {
        **whole(site),
        "associations": {
            "email_suffixes": ["corp.example"],
            "user_groups": ["gg-new", {"name": "GG-New", "company": "corp"}],
        },
        "default_user_groups": ["GG-Two"],
    }
    site.journal.clear()
    unknown = run_body(commvault_saml_app, site, options, check=True)
    assert [item["where"] for item in unknown["error"]["problems"]] == [
        "associations.user_groups[0]",
        "associations.user_groups[1]",
        "default_user_groups[0]",
    ]
    options["pending_user_groups"] = coming
    planned = run_body(commvault_saml_app, site, options, check=True)
    told = [step["sentence"] for step in planned["steps"] if step["kind"] == "association"]
    assert sorted(told) == [
        "add default user group gg-two",
        "add e-mail suffix corp.example",
        "add user group GG-New",
        "add user group GG-New",
    ]
    approved = {**options, "approved_steps": [step["id"] for step in planned["steps"]]}
    missing = run_body(commvault_saml_app, site, approved)
    assert missing["failed"] and "gg-new" in missing["msg"], missing["msg"]
    assert_no_writes(site)

    state = site.commcells["cs01"].state
    made = [
        state.groups.add(UserGroup(state.groups.new_id(), name, company_id=level))
        for name, level in (("GG-NEW", 0), ("GG-Two", 0), ("GG-New", 9100))
    ]
    done = run(site, **approved)
    assert [step["id"] for step in done["steps"]] == approved["approved_steps"] and done["steps_gone"] == []
    assert [step["sentence"] for step in done["steps"]] == [step["sentence"] for step in planned["steps"]]
    (app,) = stored(site)
    assert [row["id"] for row in app.document["associations"]["userGroups"]] == [made[0].id, made[2].id]
    assert [row["userGroupInfo"]["id"] for row in app.document["userGroups"]] == [made[1].id]
    assert run(site, **options)["changed"] is False


def change_after_planning(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Have somebody else *change* something once, between the plan of a task and its first write."""
    plan, once = SamlAppResource.plan, [change]

    def plan_and_change(resource: SamlAppResource) -> t.Any:
        found = plan(resource)
        if once:
            once.pop()()
        return found

    monkeypatch.setattr(SamlAppResource, "plan", plan_and_change)


def add_of_others(site: Simulator) -> None:
    """Somebody adds to each list of the app, switches it off, and describes it."""
    (app,) = stored(site)
    found = copy.deepcopy(app.document)
    (group,) = site.commcells["cs01"].state.groups.named("NOC Night Shift")
    known = {"id": group.id, "name": group.name}
    found["associations"]["userGroups"].append(known)
    found["associations"]["emailSuffixes"].append("other.example")
    (master,) = site.commcells["cs01"].state.groups.named("master")
    found["userGroups"].append({"companyInfo": {"id": 0}, "userGroupInfo": {"id": master.id, "name": master.name}})
    found["attributeMappings"].append({"customAttribute": "SID", "SAMLAttribute": "sid"})
    found["serviceProviderMetaData"]["spAliases"].append("https://cv9.corp.example:443/webconsole")
    app.document, app.enabled = found, False


def change_of_lists(site: Simulator) -> dict[str, t.Any]:
    """A task that changes every list of the app."""
    state = site.commcells["cs01"].state
    state.groups.add(UserGroup(state.groups.new_id(), "operators"))
    return {
        "name": "people",
        "associations": {"user_groups": ["master", "operators"]},
        "default_user_groups": ["NOC Night Shift", "operators"],
        "attribute_mappings": {"email": "mail", "user_name": "upn"},
        "service_provider_aliases": ["https://cv3.corp.example/webconsole"],
    }


def test_what_others_add_between_plan_and_write_stays(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without exclusive, every list has both additions afterwards, and the result says so; other settings stay as they are."""
    run(site, **whole(site))
    options = change_of_lists(site)
    change_after_planning(monkeypatch, lambda: add_of_others(site))
    site.journal.clear()
    done = run(site, **options)["saml_app"]
    assert len(writes(site)) == 1 and done["not_confirmed"] == []
    assert done["associations"]["user_groups"] == ["NOC Night Shift", "master", "operators"]
    assert done["associations"]["email_suffixes"] == ["corp.example", "other.example"]
    assert done["default_user_groups"] == ["NOC Night Shift", "master", "operators"]
    assert done["attribute_mappings"] == {"user_groups": GROUPS, "email": "mail", "sid": "sid", "user_name": "upn"}
    assert [url[8:11] for url in done["service_provider_aliases"]] == ["cv2", "cv3", "cv9"]
    (app,) = stored(site)
    assert app.enabled is False and [row["name"] for row in app.document["associations"]["userGroups"]] == [
        "master",
        "NOC Night Shift",
        "operators",
    ]
    assert run(site, **options)["changed"] is False


def test_exclusive_takes_nothing_away_that_was_not_planned(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody else has added to the lists since is told, and nothing is written; the next run takes it away, as planned."""
    run(site, **whole(site))
    options = {**change_of_lists(site), "exclusive": True}
    change_after_planning(monkeypatch, lambda: add_of_others(site))
    site.journal.clear()
    refused = run_body(commvault_saml_app, site, options)
    assert refused["error"]["kind"] == "plan_changed" and refused["changed"] is False, refused["msg"]
    assert (
        "remove user group NOC Night Shift" in refused["msg"] and "remove default user group master" in refused["msg"]
    )
    assert_no_writes(site)
    done = run(site, **options)["saml_app"]
    assert done["associations"]["user_groups"] == ["master", "operators"]
    assert done["associations"]["email_suffixes"] == ["corp.example", "other.example"]  # nobody manages these


def test_what_somebody_else_has_done_already_is_not_written_again(
    site: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(site, **whole(site))

    def be_faster() -> None:
        (app,) = stored(site)
        app.document = {
            **app.document,
            "associations": {**app.document["associations"], "emailSuffixes": ["b.example"]},
        }

    change_after_planning(monkeypatch, be_faster)
    site.journal.clear()
    done = run(site, name="people", associations={"email_suffixes": ["b.example"]}, exclusive=True)
    assert done["saml_app"]["associations"]["email_suffixes"] == ["b.example"]
    assert_no_writes(site)


@pytest.mark.parametrize("replaced", [False, True])
def test_an_app_that_is_gone_before_a_change_is_not_written(
    site: Simulator, monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    run(site, **whole(site))
    (planned,) = stored(site)
    apps = site.commcells["cs01"].state.apps

    def take_away() -> None:
        apps.remove(planned)
        if replaced:
            apps.add(IdentityApp(apps.new_id(), "people", "anotherkey", 2, document=planned.document))

    change_after_planning(monkeypatch, take_away)
    site.journal.clear()
    refused = run_body(commvault_saml_app, site, {"name": "people", "description": "other"})
    assert refused["failed"] and refused["changed"] is False, refused
    assert not replaced or refused["error"]["kind"] == "plan_changed"
    assert_no_writes(site)


def test_associations_of_others_that_a_write_takes_along_are_told(
    site: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else writes the app at the same time, with the list of before: not confirmed, with a warning that names what is gone."""
    share_clock(monkeypatch, site)
    run(site, **whole(site))
    update = SamlApps.update

    def update_and_lose(apps: SamlApps, *args: t.Any) -> None:
        update(apps, *args)
        (app,) = stored(site)
        app.document = {**app.document, "associations": {**app.document["associations"], "companies": []}}

    monkeypatch.setattr(SamlApps, "update", update_and_lose)
    done = run(site, name="people", associations={"email_suffixes": ["b.example"]})
    assert done["saml_app"]["not_confirmed"] == [{"field": "other_associations"}]
    assert any("company Corp Ltd was there before" in line for line in done["warnings"]), done
