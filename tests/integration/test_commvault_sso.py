# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single sign-on from one variables document: planned as a whole, written in the safe order, proven by people who sign on."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Company, User, UserGroup
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_writes, writes
from helpers.hostile import commands
from helpers.playing import Player, Run
from helpers.sampling import WHOLE
from helpers.signing_on import CONSOLE, GROUPS, Browser

pytestmark = [pytest.mark.any_core, pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")]

SITE = "cvops.identity.site"
PERSON = "sam.signer@corp.example"
#: The flag of an app that sends people on.
REDIRECT = 1
Make = Callable[..., Simulator]
Document = dict[str, t.Any]


def describe_sign_on(site: Simulator, **app: t.Any) -> Document:
    """The document of the site, whose registration is for single sign-on, with one SAML app."""
    document = site.variables()
    document["cvops_application"] = {
        "unique_name": "commvault-sign-on",
        "display_name": "Commvault sign-on",
        "identifier_uris": [CONSOLE],
        "group_claims": ["SecurityGroup"],
        "service_principal": {"sign_on_mode": "saml", "signing_certificate": {"activate": "first"}},
    }
    document["cvops_sso"] = {
        "saml_apps": [
            {
                "name": "people",
                "service_provider_endpoint": CONSOLE,
                "name_id": "user_principal_name",
                "attribute_mappings": {"user_groups": GROUPS},
                "associations": {"email_suffixes": ["corp.example"]},
                "auto_create_users": True,
                **app,
            }
        ]
    }
    return document


def without_mapping(document: Document) -> Document:
    """Only the registration and single sign-on of a document."""
    return {
        name: value
        for name, value in document.items()
        if name not in ("cvops_role_mappings", "cvops_entra_groups", "cvops_commvault_roles")
    }


def add_break_glass(site: Simulator, name: str = "cs01") -> dict[str, str]:
    """A local administrator of the CommCell."""
    state = site.commcells[name].state
    user = state.users.add(User(state.users.new_id(), "firefighter"))
    user.password = "Br3ak~the.glass-in-an-emergency-only"
    state.groups.named("master")[0].member_ids.add(user.id)
    return {"username": user.name, "password": user.password}


def add_person(site: Simulator) -> dict[str, t.Any]:
    """Somebody of the tenant who is in no group."""
    return site.tenant.add("user", {"displayName": "Sam", "userPrincipalName": PERSON, "mail": PERSON})


def registered_urls(site: Simulator) -> list[str]:
    """Where Entra ID sends people back to."""
    (row,) = (row for row in site.tenant.applications.values() if row.get("uniqueName") == "commvault-sign-on")
    return t.cast("list[str]", row["web"]["redirectUris"])


def is_redirected(site: Simulator) -> bool:
    """Whether everybody who opens the console is sent to Entra ID at once."""
    return any(app.flags & REDIRECT for app in site.commcells["cs01"].state.apps.named("people"))


def plan_of(run: Run) -> list[str]:
    """The plan for people."""
    return t.cast("list[str]", [result for result in run.results if result.task == "Plan"][-1]["msg"])


def told(run: Run) -> str:
    """The plan on one line, without what differs between a plan and the run that carries it out."""
    return "\n".join(line for line in plan_of(run) if not line.startswith("Note"))


def add_groups_of_the_run(document: Document) -> list[str]:
    """Have the app let in, and put newcomers into, user groups that the mapping of the document creates; return their names."""
    first, second = (group["display_name"] for group in document["cvops_entra_groups"][:2])
    (app,) = document["cvops_sso"]["saml_apps"]
    app["associations"] = {**app["associations"], "user_groups": [first, {"name": second, "company": "Commcell"}]}
    app["default_user_groups"] = [second]
    return [first, second]


def groups_of_app(site: Simulator) -> tuple[list[str], list[str]]:
    """Names of the user groups that may sign in through the app, and of those that newcomers join."""
    (app,) = site.commcells["cs01"].state.apps.named("people")
    joined = [row["userGroupInfo"]["name"] for row in app.document.get("userGroups", [])]
    return sorted(row["name"] for row in app.document["associations"]["userGroups"]), joined


def test_from_nothing_to_people_who_sign_on(make_site: Make, bare: Player, tmp_path: pathlib.Path) -> None:
    """The plan tells everything, is approved by its digest, is written as it was told, and nothing is left for a second run.

    Registration with app roles and consent, what signs, groups, mapping, a credential and apps that name groups of the mapping. A person of
    each mapped group then signs on, and is in the user group that the mapping names.
    """
    site = make_site(set="S", empty=True)
    document = {**describe_sign_on(site, auto_redirect=True), "commvault_sso_break_glass": add_break_glass(site)}
    one, two = groups = add_groups_of_the_run(document)
    application = document["cvops_application"]
    application["app_roles"] = [{"value": "Backup.Read", "display_name": "Read", "allowed_member_types": ["User"]}]
    application["app_role_assignments"] = {"assignments": [{"group": one, "app_role": "Backup.Read"}]}
    graph = {"api": "Microsoft Graph", "application": ["GroupMember.Read.All"]}
    application |= {"api_permissions": [graph], "grant_admin_consent": True}
    document["cvops_commvault_credentials"] = [
        {
            "name": "azure-backup",
            "secret_policy": "rotated",
            "owner": {"user_group": one},
            "shared_with": [{"user_group": two}],
        }
    ]
    person = add_person(site)
    site.journal.clear()
    predicted = bare(SITE, check=True, extra_vars=document).ok()
    assert_no_writes(site)
    plan = told(predicted)
    assert "send people back to the reply URL of SAML app people on cs01" in plan
    assert "the Entra ID application that this run prepares" in plan
    assert "send everybody who opens the web console directly to the identity provider" in plan
    assert all(f"add user group {name}" in plan for name in groups) and f"add default user group {two}" in plan
    assert "create the credential" in plan and 'application "Commvault sign-on"' in plan
    assert f'owner "user group {one}"' in plan and f"give user group {two} the right to use it" in plan
    (digest,) = re.findall("Digest: ([0-9a-f]{64})", plan)

    done = tmp_path / "done.json"
    real = bare(SITE, extra_vars={**document, "cvops_approved_plan": digest, "cvops_summary_file": str(done)}).ok()
    assert told(real) == plan
    summary = json.loads(done.read_text())
    assert [host["status"] for host in summary["hosts"].values()] == ["applied", "applied"], summary["hosts"]
    assert not any(host["left"] or host["gone"] for host in summary["hosts"].values()), summary["hosts"]
    assert document["commvault_sso_break_glass"]["password"] not in real.text
    (app,) = site.commcells["cs01"].state.apps.named("people")
    assert [app.key in url for url in registered_urls(site)] == [True]
    assert groups_of_app(site) == (sorted(groups), [two])
    (credential,) = site.commcells["cs01"].state.credentials.named("azure-backup")
    assert credential.fields["applicationId"] == summary["registration"]["application"]["app_id"]
    asked = [(entry.method, entry.path) for entry in writes(site)]
    entra_second = max(
        number for number, (method, path) in enumerate(asked) if method == "PATCH" and "/applications" in path
    )
    redirect = max(number for number, (_method, path) in enumerate(asked) if path.endswith("/ThirdParty/App"))
    assert redirect > entra_second, asked

    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)

    browser = Browser(site)
    for group in document["cvops_entra_groups"]:
        (row,) = (row for row in site.tenant.groups.values() if row["displayName"] == group["display_name"])
        site.tenant.relate("members", row["id"], [person["id"]])
        assert {group["display_name"]} <= set(browser.sign_on(PERSON)["userGroups"]) <= {group["display_name"], two}
        site.tenant.relate("members", row["id"], [])


@pytest.mark.whole
def test_only_single_sign_on_of_two_commcells_and_one_of_them_fails(make_site: Make, bare: Player) -> None:
    """The one that works is complete, with its reply URL; the other one is completed by the next run."""
    site = make_site(set="M", empty=True)
    document = without_mapping(describe_sign_on(site))
    names = list(site.commcells)[:2]
    document["cvops_sso"]["saml_apps"][0]["commcells"] = names
    site.faults.add(Fault(names[1], "POST", "*/v4/SAML*", "status", status=400, times=100))
    failed = bare(SITE, extra_vars=document)
    assert failed.rc == 2
    assert len(registered_urls(site)) == 1
    assert f"{names[1]}: failed" in failed.text and f"{names[0]}: applied" in failed.text
    assert (
        f"left: + Commvault sign-on: send people back to the reply URL of SAML app people on {names[1]}" in failed.text
    )
    site.faults.clear()
    bare(SITE, extra_vars=document).ok()
    assert len(registered_urls(site)) == 2
    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


def test_nothing_is_written_where_nobody_gets_in_without_entra(make_site: Make, bare: Player) -> None:
    """A wrong password of the local administrator is found while the run plans, also before there is an app."""
    site = make_site(set="S", empty=True)
    account = {**add_break_glass(site), "password": "n0t-the-passw0rd"}
    document = without_mapping(describe_sign_on(site, auto_redirect=True))
    site.journal.clear()
    run = bare(SITE, verbosity=4, extra_vars={**document, "commvault_sso_break_glass": account})
    assert run.rc == 2 and "nothing was written" in run.text
    assert_no_writes(site)
    assert account["password"] not in run.text
    missing = bare(SITE, extra_vars=document)
    assert "needs commvault_sso_break_glass" in missing.text
    assert_no_writes(site)


@pytest.mark.whole
def test_people_are_not_sent_where_entra_does_not_know_the_reply_url(make_site: Make, bare: Player) -> None:
    """Entra ID's second half fails: the redirect stays off, and the next run does both."""
    site = make_site(set="S", empty=True)
    document = without_mapping(describe_sign_on(site, auto_redirect=True))
    document["commvault_sso_break_glass"] = add_break_glass(site)
    site.faults.add(Fault("graph", "PATCH", "*/applications/*", "status", status=400, times=100))
    failed = bare(SITE, extra_vars=document)
    assert failed.rc == 2, failed.text
    (app,) = site.commcells["cs01"].state.apps.named("people")
    assert registered_urls(site) == [] and not is_redirected(site)
    site.faults.clear()
    bare(SITE, extra_vars=document).ok()
    assert [app.key in url for url in registered_urls(site)] == [True] and is_redirected(site)


def list_writes(site: Simulator) -> list[tuple[str, str, int]]:
    """Service and method of every write so far, with the number of requests of that service and method before it."""
    counted: dict[tuple[str, str], int] = {}
    found = []
    for entry in site.journal.entries():
        key = entry.service, entry.method
        if not entry.read:
            found.append((*key, counted.get(key, 0)))
        counted[key] = counted.get(key, 0) + 1
    return found


#: Of the writes of the whole set-up, those that fail in the sample: the second request of the app, its redirect.
SAMPLE = ("/v4/SAML/people", "/ThirdParty/App")


@pytest.mark.whole
def test_a_run_that_fails_at_a_write_is_completed_by_the_next(make_site: Make, bare: Player) -> None:
    """Each write request of the whole set-up in turn, or a sample of them."""

    def begin() -> tuple[Simulator, Document]:
        site = make_site(set="S", empty=True)
        document = describe_sign_on(site, auto_redirect=True)
        groups = add_groups_of_the_run(document)
        document["cvops_entra_groups"] = document["cvops_entra_groups"][: len(groups)]
        document["cvops_role_mappings"] = [
            {**item, "grants": item["grants"][:1]}
            for item in document["cvops_role_mappings"]
            if item["principal"]["entra_group"]["name"] in groups
        ]
        document["commvault_sso_break_glass"] = add_break_glass(site)
        add_person(site)
        site.journal.clear()
        return site, document

    site, document = begin()
    bare(SITE, extra_vars=document).ok()
    planned = list_writes(site)
    asked = [f"{entry.method} {entry.path}" for entry in writes(site)]
    sample = [number for number, request in enumerate(asked) if request.endswith(SAMPLE)]
    assert len(sample) == len(SAMPLE)
    for number in range(len(planned)) if WHOLE else sample:
        site, document = begin()
        service, method, before = planned[number]
        fault = site.faults.add(Fault(service, method, "*", "status", status=400, after=before))
        failed = bare(SITE, extra_vars=document)
        assert fault.hits == 1 and failed.rc == 2, (planned[number], failed.text)
        assert not is_redirected(site) or registered_urls(site), failed.text
        site.faults.clear()
        bare(SITE, extra_vars=document).ok()
        assert len(registered_urls(site)) == 1 and is_redirected(site)
        assert "userName" in Browser(site).sign_on(PERSON)
        assert [len(listed) for listed in groups_of_app(site)] == [2, 1]
        site.journal.clear()
        assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0


@pytest.mark.whole
def test_user_groups_that_nobody_creates_are_a_problem(make_site: Make, bare: Player) -> None:
    """A plan without the mapping, and one whose mapping is wrong: nothing is written, and only what is wrong is told."""
    site = make_site(set="S", empty=True)
    document = describe_sign_on(site)
    one, two = add_groups_of_the_run(document)
    missing = bare(SITE, "--tags", "entra,sso", extra_vars=document)
    assert missing.rc == 2 and f"No user group is named '{two}'" in missing.text, missing.text
    document["cvops_role_mappings"][0]["grants"][0]["role"] = "No Such Role"
    wrong = bare(SITE, extra_vars=document)
    assert wrong.rc == 2 and "No Such Role" in wrong.text and "No user group is named" not in wrong.text, wrong.text
    assert_no_writes(site)


@pytest.mark.whole
def test_the_group_of_another_company_is_not_taken_for_one_of_the_run(make_site: Make, bare: Player) -> None:
    """The same name at two levels: the app has that of a company, and gets that of the CommCell, which the mapping creates, as planned."""
    site = make_site(set="S", empty=True)
    document = describe_sign_on(site)
    one, two = add_groups_of_the_run(document)
    (app,) = document["cvops_sso"]["saml_apps"]
    state = site.commcells["cs01"].state
    company = state.companies.add(Company(9100, "Corp Ltd", "corp"))
    state.groups.add(UserGroup(state.groups.new_id(), one, company_id=company.id))
    app["associations"]["user_groups"] = [{"name": one, "company": company.name}]
    app["default_user_groups"] = []
    bare(SITE, extra_vars=without_mapping(document)).ok()
    app["associations"]["user_groups"].append(one)
    for item in document[
        "cvops_role_mappings"
    ]:  # the other way round: created in the company, named by another of its names
        if item["principal"]["entra_group"]["name"] == two:
            item["user_group"] = {"name": two, "company": "corp"}
    app["default_user_groups"] = [{"name": two, "company": "Corp Ltd"}]
    plan = told(bare(SITE, check=True, extra_vars=document).ok())
    assert (
        "2 associations added" in plan and f"add user group {one}" in plan and f"add default user group {two}" in plan
    )
    (digest,) = re.findall("Digest: ([0-9a-f]{64})", plan)
    assert told(bare(SITE, extra_vars={**document, "cvops_approved_plan": digest}).ok()) == plan
    assert groups_of_app(site) == ([one, one], [two])
    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


@pytest.mark.whole
def test_an_app_that_gets_another_console_is_one_plan(make_site: Make, bare: Player) -> None:
    """Commvault shows the reply URL of the former console until the run has written the new one: the approved plan names it, and covers it."""
    site = make_site(set="S", empty=True)
    (existing,) = site.commcells["cs01"].state.apps.named("Corp-Entra")
    document = without_mapping(describe_sign_on(site, name=existing.name, auto_redirect=True))
    document["commvault_sso_break_glass"] = add_break_glass(site)
    plan = told(bare(SITE, check=True, extra_vars=document).ok())
    assert f"send people back to the reply URL of SAML app {existing.name} on cs01" in plan
    (digest,) = re.findall("Digest: ([0-9a-f]{64})", plan)
    bare(SITE, extra_vars={**document, "cvops_approved_plan": digest}).ok()
    (url,) = registered_urls(site)
    assert url.startswith(CONSOLE) and existing.key in url
    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


@pytest.mark.whole
def test_without_entra_the_apps_know_the_application_that_is_there(make_site: Make, bare: Player) -> None:
    site = make_site(set="S", empty=True)
    document = without_mapping(describe_sign_on(site, auto_redirect=True))
    document["commvault_sso_break_glass"] = add_break_glass(site)
    nothing = bare(SITE, "--tags", "sso", extra_vars=document)
    assert nothing.rc == 2 and "metadata is needed" in nothing.text
    assert_no_writes(site)
    bare(SITE, "--tags", "entra", extra_vars=document).ok()
    site.journal.clear()
    left = bare(SITE, "--tags", "sso", extra_vars=document).ok()
    assert "left: ~ people: send everybody" in left.text and not is_redirected(site)
    assert not [entry for entry in writes(site) if entry.service == "graph"]
    assert site.commcells["cs01"].state.apps.named("people") and registered_urls(site) == []
    bare(SITE, extra_vars=document).ok()
    assert len(registered_urls(site)) == 1 and is_redirected(site)


@pytest.mark.whole
def test_what_the_apps_trust_is_not_written_after_them(make_site: Make, bare: Player) -> None:
    """An app role that leaves the registration goes last, and the certificate would go with it: refused while the run plans."""
    site = make_site(set="S", empty=True)
    document = without_mapping(describe_sign_on(site))
    application = document["cvops_application"]
    role = {"value": "Backup.Read", "display_name": "Read", "allowed_member_types": ["User"]}
    first = {**application, "app_roles": [role], "service_principal": {}}
    only = {name: value for name, value in document.items() if name != "cvops_sso"}
    bare(SITE, extra_vars={**only, "cvops_application": first}).ok()
    site.journal.clear()
    application["app_roles"] = []
    refused = bare(SITE, extra_vars=document)
    assert refused.rc == 2 and "take the app role away in another" in "".join(plan_of(refused)), refused.text
    assert_no_writes(site)


@pytest.mark.whole
def test_a_console_that_nobody_named_is_a_problem(make_site: Make, bare: Player) -> None:
    """Commvault shows the reply URL on another host than the document: told in every run, and nothing else is lost."""
    site = make_site(set="S", empty=True)
    document = without_mapping(describe_sign_on(site))
    bare(SITE, extra_vars=document).ok()
    (app,) = site.commcells["cs01"].state.apps.named("people")
    del document["cvops_sso"]["saml_apps"][0]["service_provider_endpoint"]
    site.journal.clear()
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2 and "give the address of the web console" in "".join(plan_of(run)), run.text
    role = bare(
        [{"hosts": "localhost", "gather_facts": False, "roles": ["cvops.identity.commvault_sso"]}], extra_vars=document
    )
    assert role.rc == 2 and "give the address of the web console" in role.text
    assert_no_writes(site)


@pytest.mark.whole
def test_each_commcell_has_its_own_way_back(make_site: Make, bare: Player) -> None:
    """Two passwords, each sent to its own CommCell only."""
    site = make_site(set="M", empty=True)
    document = without_mapping(describe_sign_on(site, auto_redirect=True))
    names = list(site.commcells)[:2]
    document["cvops_sso"]["saml_apps"][0]["commcells"] = names
    accounts = {name: add_break_glass(site, name) for name in names}
    user = site.commcells[names[1]].state.users.named("firefighter")[0]
    user.password = accounts[names[1]]["password"] = "An0ther~passw0rd-for-the-second-one"
    bare(SITE, extra_vars={**document, "commvault_sso_break_glass": {"commcells": accounts}}).ok()
    assert all(site.commcells[name].state.apps.named("people")[0].flags & REDIRECT for name in names)
    document["commvault_sso_break_glass"] = {"commcells": {names[0]: {"username": "firefighter"}}}
    assert "commvault_sso_break_glass.commcells" in bare(SITE, extra_vars=document).text


@pytest.mark.whole
def test_the_role_does_both_halves(make_site: Make, bare: Player) -> None:
    """By itself: in check mode nothing is written, then everything in order, then nothing."""
    site = make_site(set="S", empty=True)
    document = without_mapping(describe_sign_on(site, auto_redirect=True))
    document["commvault_sso_break_glass"] = add_break_glass(site)
    add_person(site)
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "roles": ["cvops.identity.commvault_sso"],
            "post_tasks": [{"name": "Result", "ansible.builtin.debug": {"var": "commvault_sso_result"}}],
        }
    ]
    site.journal.clear()
    predicted = bare(play, check=True, extra_vars=document).ok()
    assert_no_writes(site)
    assert predicted.one("Result")["commvault_sso_result"]["changed"]
    real = bare(play, extra_vars=document).ok().one("Result")["commvault_sso_result"]
    (app,) = real["commcells"]["cs01"]
    assert app["auto_redirect"] is True and registered_urls(site) == [app["reply_url"]]
    assert "userName" in Browser(site).sign_on(PERSON)
    site.journal.clear()
    again = bare(play, extra_vars=document).ok()
    assert again.stats["changed"] == 0
    assert_no_writes(site)


ROLL_OVER = "cvops.identity.roll_over_certificate"


@pytest.fixture
def rolling(make_site: Make, bare: Player) -> tuple[Simulator, Document, list[str]]:
    """Sign-on set up on two CommCells, and the next certificate there, which is not active; names of the CommCells."""
    site = make_site(set="M", empty=True)
    document = without_mapping(describe_sign_on(site))
    names = list(site.commcells)[:2]
    document["cvops_sso"]["saml_apps"][0]["commcells"] = names
    signing = document["cvops_application"]["service_principal"]["signing_certificate"]
    signing |= {"lifetime_days": 60}
    add_person(site)
    bare(SITE, extra_vars=document).ok()
    signing |= {"lifetime_days": 900, "renew_before_days": 90}
    bare(SITE, extra_vars=document).ok()
    site.journal.clear()
    return site, document, names


def held(site: Simulator, names: list[str]) -> list[str]:
    """The certificates that the apps believe."""
    return [site.commcells[name].state.apps.named("people")[0].secrets["certificateData"] for name in names]


@pytest.mark.whole
def test_the_certificate_is_rolled_over(rolling: tuple[Simulator, Document, list[str]], bare: Player) -> None:
    """Three writes, one after the other; then nothing is left to do, and it can be taken back."""
    site, document, names = rolling
    former = held(site, names)
    predicted = bare(ROLL_OVER, check=True, extra_vars=document).ok()
    assert_no_writes(site)
    assert "Nobody can sign in through them" in predicted.text
    done = bare(ROLL_OVER, extra_vars=document).ok()
    changes = [(entry.service, entry.method) for entry in writes(site)]
    assert changes == [("graph", "PATCH"), (names[0], "PUT"), (names[1], "PUT")]
    assert "Nobody could sign in through them for" in done.text
    for text in (predicted.text, done.text):
        assert all(f"~ SAML app people on {name}: trust that certificate" in text for name in names)
    assert done.text.count("trust that certificate") == 4  # in the plan, and in the report
    assert not set(held(site, names)) & set(former)
    assert "userName" in Browser(site, commcell=names[1]).sign_on(PERSON)
    site.journal.clear()
    again = bare(ROLL_OVER, extra_vars=document).ok()
    assert "already" in again.text
    assert_no_writes(site)
    bare(ROLL_OVER, extra_vars={**document, "roll_over_to": "former"}).ok()
    assert held(site, names) == former
    assert "userName" in Browser(site, commcell=names[0]).sign_on(PERSON)


def signing_names(site: Simulator) -> set[str]:
    """The thumbprints of the certificates with which Entra ID can sign."""
    (principal,) = (row for row in site.tenant.service_principals.values() if row["displayName"] == "Commvault sign-on")
    return {entry["customKeyIdentifier"] for entry in principal["keyCredentials"]}


REMOVE = {"roll_over_remove_former": True}


@pytest.mark.whole
def test_the_former_certificate_is_removed_in_a_run_of_its_own(
    rolling: tuple[Simulator, Document, list[str]], bare: Player
) -> None:
    """Not the next one before the roll-over, not by the roll-over itself; then told, removed by one write, and nothing is left to do."""
    site, document, names = rolling
    both = signing_names(site)
    early = bare(ROLL_OVER, extra_vars={**document, **REMOVE}).ok()
    assert "nothing to remove" in early.text
    assert_no_writes(site)
    bare(ROLL_OVER, extra_vars=document).ok()
    assert signing_names(site) == both and len(both) == 2
    excluded = bare(ROLL_OVER, extra_vars={**document, **REMOVE, "roll_over_to": "next"})
    assert excluded.rc == 2 and "exclude each other" in excluded.text

    site.journal.clear()
    predicted = bare(ROLL_OVER, check=True, extra_vars={**document, **REMOVE}).ok()
    assert "- Entra ID: remove" in predicted.text and "all 2 SAML apps are marked to trust it" in predicted.text
    assert predicted.stats["changed"] == 1
    assert_no_writes(site)
    done = bare(ROLL_OVER, extra_vars={**document, **REMOVE}).ok()
    assert [(entry.service, entry.method) for entry in writes(site)] == [("graph", "PATCH")]
    assert told(done) == told(predicted) and "Removed, with its private key" in done.text
    assert len(signing_names(site)) == 1 and signing_names(site) < both
    assert all("userName" in Browser(site, commcell=name).sign_on(PERSON) for name in names)
    site.journal.clear()
    again = bare(ROLL_OVER, extra_vars={**document, **REMOVE}).ok()
    assert "nothing to remove" in again.text and again.stats["changed"] == 0
    assert_no_writes(site)


@pytest.mark.whole
def test_a_former_certificate_that_an_app_may_need_stays(
    rolling: tuple[Simulator, Document, list[str]], bare: Player
) -> None:
    """One app was given another one by hand, which took its mark; one is gone; one cannot be read: each is named, in one refusal."""
    site, document, names = rolling
    bare(ROLL_OVER, extra_vars=document).ok()
    both = signing_names(site)
    apps = [site.commcells[name].state.apps for name in names]
    (first,), (second,) = (listed.named("people") for listed in apps)
    mark, first.description = first.description, "made by hand"
    site.journal.clear()

    def refuse(*said: str) -> None:
        for check in (True, False):
            refused = bare(ROLL_OVER, check=check, extra_vars={**document, **REMOVE})
            assert refused.rc == 2 and all(text in refused.text for text in said), refused.text
            assert "No signing certificate was removed" in refused.text
        assert signing_names(site) == both
        assert_no_writes(site)

    apps[1].remove(second)
    refuse(
        f"SAML app people on {names[0]} is not known to trust it", f"SAML app people on {names[1]} could not be read"
    )
    first.description = mark
    apps[1].add(second)
    site.faults.add(Fault(names[0], "GET", "*/ThirdParty/App*", "status", status=403, times=1000))
    refuse(f"SAML app people on {names[0]} could not be read")
    site.faults.clear()
    bare(ROLL_OVER, extra_vars={**document, **REMOVE}).ok()
    assert len(signing_names(site)) == 1


@pytest.mark.whole
def test_a_certificate_that_an_app_refuses_is_taken_back(
    rolling: tuple[Simulator, Document, list[str]], bare: Player
) -> None:
    """The first CommCell has it already when the second one refuses: both have the former one again; the next run goes on."""
    site, document, names = rolling
    former = held(site, names)
    site.faults.add(Fault(names[1], "PUT", "*/v4/SAML/*", "status", status=400, times=1))
    failed = bare(ROLL_OVER, extra_vars=document)
    assert failed.rc == 2 and "the former certificate" in failed.text and "signs again" in failed.text
    assert held(site, names) == former
    assert all("userName" in Browser(site, commcell=name).sign_on(PERSON) for name in names)
    bare(ROLL_OVER, extra_vars=document).ok()
    assert not set(held(site, names)) & set(former)


@pytest.mark.whole
def test_apps_that_work_are_left_alone_where_entra_is_not_taken_back(
    rolling: tuple[Simulator, Document, list[str]], bare: Player
) -> None:
    """Entra ID signs with the next certificate and cannot be asked to go back: the app that has it keeps it."""
    site, document, names = rolling
    former = held(site, names)
    site.faults.add(Fault(names[1], "PUT", "*/v4/SAML/*", "status", status=400, times=1))
    site.faults.add(Fault("graph", "PATCH", "*/servicePrincipals/*", "status", status=403, after=1, times=100))
    failed = bare(ROLL_OVER, extra_vars=document)
    assert failed.rc == 2 and "Entra ID may sign with" in failed.text and "keep it" in failed.text, failed.text
    assert held(site, names)[0] != former[0] and held(site, names)[1] == former[1]
    assert "userName" in Browser(site, commcell=names[0]).sign_on(PERSON)
    site.faults.clear()
    site.faults.add(Fault(names[1], "PUT", "*/v4/SAML/*", "status", status=400, times=1))
    again = bare(ROLL_OVER, extra_vars=document)
    assert again.rc == 2 and "nothing was undone" in again.text
    assert "userName" in Browser(site, commcell=names[0]).sign_on(PERSON)
    bare(ROLL_OVER, extra_vars=document).ok()
    assert not set(held(site, names)) & set(former)


@pytest.mark.whole
def test_texts_of_the_services_run_nothing(
    rolling: tuple[Simulator, Document, list[str]], bare: Player, tmp_path: pathlib.Path
) -> None:
    """Names of certificates and descriptions of apps are commands for whatever evaluates them, on their way through every pass."""
    site, document, names = rolling
    marks = tmp_path / "ran"
    planted = commands(marks)
    (principal,) = (row for row in site.tenant.service_principals.values() if row["displayName"] == "Commvault sign-on")
    for number, entry in enumerate(principal["keyCredentials"]):
        entry["displayName"] = f"CN={planted[number]}"
    for number, name in enumerate(names):
        (app,) = site.commcells[name].state.apps.named("people")
        app.description = f"{planted[number]}\n{app.description}"
    summary = {"cvops_summary_file": str(tmp_path / "summary.json")}
    bare(SITE, verbosity=3, extra_vars={**document, **summary}).ok()
    bare(ROLL_OVER, verbosity=3, extra_vars=document).ok()
    assert "Removed" in bare(ROLL_OVER, verbosity=3, extra_vars={**document, **REMOVE}).ok().text
    play = {"hosts": "localhost", "gather_facts": False, "roles": ["cvops.identity.commvault_sso"]}
    shown = [{"ansible.builtin.debug": {"var": "commvault_sso_result"}}]
    told = bare([{**play, "post_tasks": shown}], extra_vars=document).ok()
    assert "touch" in told.text  # they were there
    assert sorted(marks.iterdir()) == []
