# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditional access in one variables document: planned with all else, approved, written last, put in force with the guard, and enforced."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t
from collections.abc import Callable

import pytest
import requests
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.identities import Identity
from helpers.checks import assert_no_writes, writes
from helpers.playing import Player, Run
from helpers.signing_on import CONSOLE, GROUPS, Browser

pytestmark = pytest.mark.any_core

SITE = "cvops.identity.site"
ROLE = "cvops.identity.conditional_access"
HERE, ABROAD = "203.0.113.20", "198.51.100.7"
ADMINISTRATORS = "Commvault - administrators of the console"
PLACES, EGRESS = "Commvault - sign-in places", "Commvault - egress of the application"
REPORTED = "enabledForReportingButNotEnforced"
Make = Callable[..., Simulator]
Document = dict[str, t.Any]


def add_group(site: Simulator, name: str, members: t.Sequence[str] = ()) -> str:
    """A new group of this name; returns its id."""
    group = site.tenant.add("group", {"displayName": name, "securityEnabled": True}, replicated=True)
    if members:
        site.tenant.relate("members", group["id"], list(members), replicated=True)
    return str(group["id"])


def people(site: Simulator) -> list[dict[str, t.Any]]:
    return [dict(user) for user in site.tenant.users.values() if user.get("userType") != "Guest"]


def describe_access(site: Simulator, **more: t.Any) -> Document:
    """The document of the site with a registration and the three ready policies."""
    add_group(site, "GG-Break-Glass", [people(site)[0]["id"]])
    document = site.variables()
    document["cvops_application"] = {"unique_name": "commvault-console", "display_name": "Commvault console"}
    document["cvops_conditional_access"] = {
        "break_glass": {"groups": ["GG-Break-Glass"]},
        "caller_address": HERE,
        "named_locations": [
            {"display_name": "Backup operators", "countries": ["CH"]},
            {"display_name": "Commvault egress", "ip_ranges": ["203.0.113.0/24"]},
        ],
        "administrators": {},
        "places": {"locations": ["Backup operators"]},
        "egress": {"locations": ["Commvault egress"]},
        **more,
    }
    return document


def only_access(document: Document) -> Document:
    """A document with the registration and conditional access alone, for administrators by name."""
    left_out = ("cvops_role_mappings", "cvops_entra_groups", "cvops_commvault_roles")
    found = {name: value for name, value in document.items() if name not in left_out}
    administrators = {"roles": ["Global Administrator"], **document["cvops_conditional_access"]["administrators"]}
    return {
        **found,
        "cvops_conditional_access": {**document["cvops_conditional_access"], "administrators": administrators},
    }


def policies(site: Simulator) -> dict[str, dict[str, t.Any]]:
    return {str(row["displayName"]): dict(row) for row in site.tenant.policies.values()}


def told(run: Run) -> str:
    """The plan as people read it."""
    plan = [result for result in run.results if result.task == "Plan"][-1]["msg"]
    return "\n".join(line for line in plan if not line.startswith("Note"))


def digest_of(plan: str) -> str:
    (digest,) = re.findall("Digest: ([0-9a-f]{64})", plan)
    return str(digest)


def states(site: Simulator) -> dict[str, str]:
    """The states of the policies by name."""
    return {name: row["state"] for name, row in policies(site).items()}


def written(site: Simulator) -> list[str]:
    """What was written in Graph, in order: the method and the collection."""
    found = []
    for entry in writes(site):
        path = re.sub("/[0-9a-f-]{36}.*|[?(].*", "", entry.path)
        found.append(f"{entry.method} {path.rpartition('/')[2]}")
    return found


def ask_for_token(site: Simulator, identity: Identity, address: str) -> int:
    """A sign-in of an application by itself at the token endpoint; returns the status."""
    form = {
        "grant_type": "client_credentials",
        "client_id": identity.client_id,
        "client_secret": identity.client_secret,
        "scope": f"{site.graph_url}/.default",
    }
    url = f"{site.login_url}/{site.tenant_id}/oauth2/v2.0/token"
    answer = requests.post(url, data=form, headers={"x-client-address": address}, verify=site.ca_path, timeout=30)
    site.clock.advance(60)
    return answer.status_code


def prepare(site: Simulator, **access: t.Any) -> Document:
    """A small document, whose application and policies in report-only are there."""
    return only_access(describe_access(site, **access))


def test_from_nothing_to_three_policies(make_site: Make, bare: Player, tmp_path: pathlib.Path) -> None:
    """The plan tells whom, where and what is required, is approved by its digest, and is written as told, after all else; a second run does nothing.

    The policies name groups, locations and the application that the same run makes.
    """
    site = make_site(set="S", empty=True)
    document = describe_access(site)
    site.journal.clear()
    predicted = bare(SITE, check=True, extra_vars=document).ok()
    assert_no_writes(site)
    plan = told(predicted)
    assert "2 named locations created" in plan and "3 conditional access policies created" in plan
    assert 'for "all users, except group GG-Break-Glass"' in plan and 'state "report-only"' in plan
    assert 'from "everywhere, except Backup operators"' in plan and 'effect "sign-in is blocked"' in plan
    assert 'requires "a compliant device and multifactor authentication"' in plan
    assert 'for "service principal Commvault console"' in plan and "Workload Identities Premium" in plan
    assert "Managed identities and applications of other tenants" in plan

    done = tmp_path / "done.json"
    approved = {"cvops_approved_plan": digest_of(plan), "cvops_summary_file": str(done)}
    real = bare(SITE, extra_vars={**document, **approved}).ok()
    assert told(real) == plan
    assert states(site) == dict.fromkeys([ADMINISTRATORS, PLACES, EGRESS], REPORTED)
    entra = [name for name in written(site) if not name.startswith("POST commandcenter")]
    last = max(number for number, name in enumerate(entra) if name.endswith(("groups", "$ref", "applications")))
    guarded = [number for number, name in enumerate(entra) if name.endswith(("namedLocations", "policies"))]
    assert len(guarded) == 5 and min(guarded) > last, entra
    assert entra[guarded[0] : guarded[-1] + 1] == ["POST namedLocations"] * 2 + ["POST policies"] * 3
    (registered,) = (row for row in site.tenant.applications.values() if row.get("uniqueName") == "commvault-console")
    conditions = policies(site)[PLACES]["conditions"]
    assert conditions["applications"]["includeApplications"] == [registered["appId"]]
    mapped = {group["display_name"] for group in document["cvops_entra_groups"]}
    included = policies(site)[ADMINISTRATORS]["conditions"]["users"]["includeGroups"]
    assert {site.tenant.groups[key]["displayName"] for key in included} <= mapped and included

    summary = json.loads(done.read_text())
    assert [host["status"] for host in summary["hosts"].values()] == ["applied", "applied"], summary["hosts"]
    assert not any(host["left"] or host["gone"] for host in summary["hosts"].values()), summary["hosts"]
    access = summary["conditional_access"]
    assert [len(access[name]) for name in ("named_locations", "policies")] == [2, 3]
    report = "\n".join(real.one("Summary")["msg"])
    assert f"Conditional access: {PLACES}: report-only" in report and "express configuration" in report

    site.journal.clear()
    again = bare(SITE, extra_vars={**document, "cvops_summary_file": str(done)}).ok()
    assert_no_writes(site)
    assert again.stats["changed"] == 0
    assert json.loads(done.read_text())["status"] == "unchanged"


def describe_sign_on(site: Simulator, **access: t.Any) -> Document:
    """The small document with single sign-on, for people of Switzerland."""
    document = prepare(site, **access)
    document["cvops_application"] |= {
        "identifier_uris": [CONSOLE],
        "group_claims": ["SecurityGroup"],
        "service_principal": {"sign_on_mode": "saml", "signing_certificate": {"activate": "first"}},
    }
    app = {
        "name": "people",
        "service_provider_endpoint": CONSOLE,
        "name_id": "user_principal_name",
        "attribute_mappings": {"user_groups": GROUPS},
        "associations": {"email_suffixes": ["corp.example"]},
        "auto_create_users": True,
    }
    return {**document, "cvops_sso": {"saml_apps": [app]}}


@pytest.mark.whole
def test_in_force_with_the_guard_and_enforced(make_site: Make, bare: Player) -> None:
    """Three policies in report-only, switched on: who comes from abroad is refused, break-glass still gets in, and the program is held back."""
    site = make_site(set="S", empty=True)
    document = describe_sign_on(site)
    bare(SITE, extra_vars=document).ok()
    glass, person = people(site)[:2]
    browser = Browser(site)

    def sign_on(user: dict[str, t.Any], address: str) -> bool:
        site.tenant.behaviours.change({"circumstances": {user["id"]: {"address": address}}})
        return "errorMessage" not in browser.sign_on(user["userPrincipalName"])

    assert sign_on(person, ABROAD), "report-only refuses nobody"
    access = document["cvops_conditional_access"]
    for name in ("administrators", "places", "egress"):
        access[name]["policy_state"] = "enabled"
    access["must_get_in"] = [
        {"user": person["userPrincipalName"], "address": HERE, "country": "CH", "can": ["mfa", "compliant_device"]}
    ]
    plan = told(bare(SITE, check=True, extra_vars=document).ok())
    assert "2 policies put in force" in plan and "put in force: report-only -> in force" in plan
    assert "Sign-ins that the policy would have refused" in plan and "the log shows no sign-in" in plan
    real = bare(SITE, extra_vars={**document, "cvops_approved_plan": digest_of(plan)}).ok()
    assert told(real) == plan
    assert states(site) == {ADMINISTRATORS: "enabled", PLACES: "enabled", EGRESS: REPORTED}
    report = "\n".join(real.one("Summary")["msg"])
    assert f"{PLACES}: in force" in report and "stays in report-only: the log shows no sign-in" in report
    assert [sign_on(person, address) for address in (HERE, ABROAD)] == [True, False]
    assert sign_on(glass, ABROAD), "the account for emergencies still gets in"
    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


@pytest.mark.whole
def test_a_program_in_force_when_nothing_speaks_against_it(make_site: Make, bare: Player) -> None:
    """Its sign-ins from another address hold it back, by name; when the location has that address, it is put in force, and refuses a third."""
    site = make_site(set="S", empty=True)
    job = site.identity(name="backup job")
    row = dict(site.tenant.applications[job.app_object_id])
    site.tenant.update("application", {**row, "createdDateTime": "2020-01-01T00:00:00Z"}, replicated=True)
    egress = {"service_principals": ["backup job"], "locations": ["Commvault egress"], "policy_state": "enabled"}
    document = prepare(site, egress={**egress, "sign_in_history_days": 7}, places=None)
    del document["cvops_conditional_access"]["administrators"]
    assert [ask_for_token(site, job, address) for address in (HERE, ABROAD)] == [200, 200]
    real = bare(SITE, extra_vars=document).ok()
    assert states(site) == {EGRESS: REPORTED}
    told_so = f"backup job from {ABROAD} (DE), 1 time, last at "
    assert told_so in told(real) and told_so in "\n".join(real.one("Summary")["msg"])
    site.journal.clear()
    again = bare(SITE, extra_vars=document).ok()
    assert_no_writes(site)
    assert told_so in "\n".join(again.one("Summary")["msg"]), "each run says so"
    document["cvops_conditional_access"]["named_locations"][1]["ip_ranges"].append("198.51.100.0/28")
    # What the locations cover is judged as it is there: in the run after.
    bare(SITE, extra_vars=document).ok()
    forced = bare(SITE, extra_vars=document).ok()
    assert states(site) == {EGRESS: "enabled"}, told(forced)
    assert [ask_for_token(site, job, address) for address in (HERE, ABROAD, "192.0.2.1")] == [200, 200, 400]
    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


def test_a_policy_that_would_hit_the_caller_is_refused(make_site: Make, bare: Player) -> None:
    site = make_site(set="S", empty=True)
    (own,) = (
        row["displayName"]
        for row in site.tenant.service_principals.values()
        if row["appId"] == site.automation.client_id
    )
    egress = {"service_principals": [own], "locations": ["Commvault egress"], "policy_state": "enabled"}
    document = prepare(site, egress=egress, caller_address=ABROAD)
    bare(
        SITE,
        extra_vars={
            **document,
            "cvops_conditional_access": {"named_locations": document["cvops_conditional_access"]["named_locations"]},
        },
    ).ok()
    site.journal.clear()
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2 and "the identity that runs this" in run.text
    assert_no_writes(site)
    assert policies(site) == {}


#: Each write of the document: how, where, and after how many others in the run.
WRITES = [
    *(("PATCH", "applications(*", 0), ("PATCH", "servicePrincipals(*", 0)),
    *(("POST", "namedLocations", 0), ("POST", "namedLocations", 1)),
    # The policy that a run makes before the next one fails is there in the run after.
    *[("POST", "policies", 0), ("POST", "policies", 1), ("POST", "policies", 1)],
]


@pytest.mark.whole
def test_each_write_failed_in_turn(make_site: Make, bare: Player) -> None:
    """One write after the other fails for ever; the run after goes on from there, and no object is made twice."""
    site = make_site(set="S", empty=True)
    document = prepare(site)
    for method, collection, after in WRITES:
        fault = Fault("graph", method, f"*/{collection}", "status", status=400, after=after, times=100)
        site.faults.add(fault)
        failed = bare(SITE, extra_vars=document)
        assert failed.rc == 2 and fault.hits, (collection, after, failed.text)
        site.faults.clear()
    bare(SITE, extra_vars=document).ok()
    assert states(site) == dict.fromkeys([ADMINISTRATORS, PLACES, EGRESS], REPORTED)
    assert len(site.tenant.named_locations) == 2 and len(site.tenant.policies) == 3
    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


@pytest.mark.whole
def test_conditional_access_alone(make_site: Make, bare: Player) -> None:
    """With its tag: the application has to be there already, and nothing else is planned or written."""
    site = make_site(set="S", empty=True)
    document = prepare(site)
    missing = bare(SITE, "--tags", "conditional_access", extra_vars=document)
    assert missing.rc == 2 and "needs an application in Entra ID that does not exist" in missing.text
    assert_no_writes(site)
    bare(SITE, "--tags", "entra", extra_vars=document).ok()
    assert policies(site) == {}
    # What the registration lacks is no part of this run, nor of its plan.
    document["cvops_application"]["notes"] = "Somebody else's change"
    site.journal.clear()
    run = bare(SITE, "--tags", "conditional_access", extra_vars=document).ok()
    assert written(site) == ["POST namedLocations"] * 2 + ["POST policies"] * 3
    assert "notes" not in told(run) and "Entra ID: applied, " in run.text
    site.journal.clear()
    assert bare(SITE, "--tags", "conditional_access", extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)
    nothing = {name: value for name, value in document.items() if name != "cvops_conditional_access"}
    assert (
        "the tags select nothing (the document has no cvops_conditional_access)"
        in bare(SITE, "--tags", "conditional_access", extra_vars=nothing).text
    )


@pytest.mark.whole
def test_without_the_licence_for_programs(make_site: Make, bare: Player) -> None:
    """The service's words are told; what it has taken stays, and the run with the licence completes it."""
    site = make_site(set="S", empty=True)
    document = prepare(site)
    site.tenant.behaviours.change({"licences": ["P1"]})
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2 and "not licensed for this feature" in run.text
    assert sorted(states(site)) == [ADMINISTRATORS, PLACES]
    site.tenant.behaviours.change({"licences": ["P1", "WorkloadIdentities"]})
    bare(SITE, extra_vars=document).ok()
    assert sorted(states(site)) == [ADMINISTRATORS, EGRESS, PLACES]


def test_security_defaults_are_told_before_anything_is_written(make_site: Make, bare: Player) -> None:
    site = make_site(set="S", empty=True)
    row = site.tenant.store.tables["policies"]["identitySecurityDefaultsEnforcementPolicy"]
    site.tenant.store.put("policies", "identitySecurityDefaultsEnforcementPolicy", {**row, "isEnabled": True})
    document = prepare(site)
    document["cvops_conditional_access"]["administrators"]["policy_state"] = "enabled"
    site.journal.clear()
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2 and "Security defaults are on in this tenant" in run.text
    assert_no_writes(site)


@pytest.mark.whole
def test_one_commcell_fails_and_sign_in_is_guarded(make_site: Make, bare: Player) -> None:
    site = make_site(set="M", empty=True)
    one, two = list(site.commcells)[:2]
    document = prepare(site)
    document["cvops_commvault_credentials"] = [
        {"name": "azure-backup", "secret_policy": "rotated", "commcells": [one, two]}
    ]
    site.faults.add(Fault(two, "POST", "*/Credential", "status", status=400, times=100))
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2 and f"{two}: failed" in run.text and f"{one}: applied" in run.text
    assert states(site) == dict.fromkeys([ADMINISTRATORS, PLACES, EGRESS], REPORTED)


@pytest.mark.whole
def test_what_goes_and_in_which_order(make_site: Make, bare: Player) -> None:
    """Locations after the policies that named them; a policy that leaves a location does so before it goes; the group after both."""
    site = make_site(set="S", empty=True)
    document = prepare(site)
    access = document["cvops_conditional_access"]
    document["cvops_entra_groups"] = [
        {"unique_name": "gg-old", "display_name": "GG-Old", "mail_nickname": "gg-old"},
    ]
    access["places"]["exclude"] = {"groups": ["GG-Old"]}
    bare(SITE, extra_vars=document).ok()
    document["cvops_entra_groups"][0]["state"] = "absent"
    access["named_locations"][0]["state"] = "absent"
    access["places"] = {"state": "absent"}
    access["named_locations"].append({"display_name": "New", "ip_ranges": ["192.0.2.0/28"]})
    access["egress"]["locations"] = ["New"]
    plan = told(bare(SITE, check=True, extra_vars=document).ok())
    site.journal.clear()
    bare(SITE, extra_vars={**document, "cvops_approved_plan": digest_of(plan)}).ok()
    order = ["POST namedLocations", "PATCH policies", "DELETE policies", "DELETE namedLocations", "DELETE groups"]
    assert written(site) == order
    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


@pytest.mark.whole
def test_nothing_is_deleted_where_a_policy_was_not_reached(make_site: Make, bare: Player) -> None:
    """A reply URL fails, so sign-in is not guarded: the group that a policy still excludes stays, and goes in the run after."""
    site = make_site(set="S", empty=True)
    document = describe_sign_on(site)
    sso = document.pop("cvops_sso")
    document["cvops_entra_groups"] = [
        {"unique_name": f"gg-{name.lower()}", "display_name": f"GG-{name}", "mail_nickname": f"gg-{name.lower()}"}
        for name in ("Old", "New")
    ]
    access = document["cvops_conditional_access"]
    access["places"]["exclude"] = {"groups": ["GG-Old"]}
    bare(SITE, extra_vars=document).ok()
    document["cvops_sso"] = sso
    document["cvops_entra_groups"][0]["state"] = "absent"
    access["places"] |= {"exclude": {"groups": ["GG-New"]}, "exclusive": True}
    fault = Fault("graph", "PATCH", "*/applications*", "status", status=400, times=100)
    site.faults.add(fault)
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2 and fault.hits, run.text
    names = {key: group["displayName"] for key, group in site.tenant.groups.items()}
    excluded = policies(site)[PLACES]["conditions"]["users"]["excludeGroups"]
    assert {names.get(key) for key in excluded} == {"GG-Break-Glass", "GG-Old"}
    site.faults.clear()
    bare(SITE, extra_vars=document).ok()
    excluded = policies(site)[PLACES]["conditions"]["users"]["excludeGroups"]
    assert {names.get(key) for key in excluded} == {"GG-Break-Glass", "GG-New"}
    assert "GG-Old" not in {group["displayName"] for group in site.tenant.groups.values()}


@pytest.mark.whole
def test_what_was_not_written_is_told_as_planned(make_site: Make, bare: Player, tmp_path: pathlib.Path) -> None:
    """Report and summary name no policy as in force that is not: the plan was refused; the policy failed; it was not reached."""
    site = make_site(set="S", empty=True)
    document = prepare(site, egress=None)
    bare(SITE, extra_vars=document).ok()
    for name in ("administrators", "places"):
        document["cvops_conditional_access"][name]["policy_state"] = "enabled"
    done = tmp_path / "done.json"
    document["cvops_summary_file"] = str(done)

    def report(run: Run) -> list[str]:
        return [line for line in run.one("Summary")["msg"] if line.startswith("Conditional access: ")]

    refused = bare(SITE, extra_vars={**document, "cvops_approved_plan": "0" * 64})
    assert refused.rc == 2 and set(states(site).values()) == {REPORTED}
    assert report(refused) == [f"Conditional access: {name}: would be in force" for name in (ADMINISTRATORS, PLACES)]
    assert [row["planned"] for row in json.loads(done.read_text())["conditional_access"]["policies"]] == [True, True]
    site.faults.add(Fault("graph", "PATCH", "*/policies*", "status", status=400, times=100))
    failed = bare(SITE, extra_vars=document)
    assert failed.rc == 2 and set(states(site).values()) == {REPORTED}
    assert report(failed) == [f"Conditional access: {PLACES}: would be in force"]
    rows = json.loads(done.read_text())["conditional_access"]["policies"]
    assert [(row["display_name"], row["planned"]) for row in rows] == [(PLACES, True)]
    site.faults.clear()
    assert report(bare(SITE, extra_vars=document).ok()) == [
        f"Conditional access: {name}: in force" for name in (ADMINISTRATORS, PLACES)
    ]


@pytest.mark.whole
def test_what_the_same_run_makes_speak_against_a_policy(make_site: Make, bare: Player) -> None:
    """A location loses the address of a program by the run that is to put its policy in force: the plan says that it stays as it is."""
    site = make_site(set="S", empty=True)
    job = site.identity(name="backup job")
    egress = {"service_principals": ["backup job"], "locations": ["Commvault egress"]}
    document = prepare(site, egress=egress, places=None)
    access = document["cvops_conditional_access"]
    del access["administrators"]
    bare(SITE, extra_vars=document).ok()
    assert ask_for_token(site, job, HERE) == 200
    access["egress"] |= {"policy_state": "enabled", "sign_in_history_days": 7}
    access["named_locations"][1] |= {"ip_ranges": ["192.0.2.0/24"], "exclusive": True}
    report = "\n".join(bare(SITE, extra_vars=document).ok().one("Summary")["msg"])
    assert states(site) == {EGRESS: REPORTED}
    assert "stays in report-only: " in report and "Commvault egress" in report and "somebody else" not in report


@pytest.mark.whole
def test_a_further_policy_names_the_application_as_somebody_elses_is_called(make_site: Make, bare: Player) -> None:
    """In the document its name is that of the registered one: by its id where it is there, and a problem where nothing registers it."""
    site = make_site(set="S", empty=True)
    other = {"displayName": "Commvault console", "appId": "0f0f0f0f-1111-4222-8333-444444444444"}
    site.tenant.add("servicePrincipal", other, replicated=True)
    document = prepare(site, egress=None, places=None)
    access = document["cvops_conditional_access"]
    del access["administrators"]
    access["policies"] = [
        {
            "display_name": f"Own {number}",
            "users": {"include": {"users": ["all"]}},
            "applications": {"include": ["Commvault console"]},
            "grant": {"controls": ["mfa"]},
        }
        for number in range(2)
    ]
    alone = [{"ansible.builtin.include_role": {"name": ROLE}}]
    for early in (
        bare(SITE, "--tags", "conditional_access", extra_vars=document),
        bare(alone, extra_vars=document),
        bare(alone, check=True, extra_vars=document),
    ):
        assert early.rc == 2 and "needs an application in Entra ID that does not exist" in early.text
    assert states(site) == {} and site.tenant.named_locations == {}
    plan = told(bare(SITE, check=True, extra_vars=document).ok())
    bare(SITE, extra_vars={**document, "cvops_approved_plan": digest_of(plan)}).ok()
    (registered,) = (row["appId"] for row in site.tenant.applications.values() if row.get("uniqueName"))
    for policy in policies(site).values():
        assert policy["conditions"]["applications"]["includeApplications"] == [registered]
    site.journal.clear()
    for again in (bare(SITE, extra_vars=document), bare(alone, extra_vars=document)):
        assert again.ok().stats["changed"] == 0
    assert_no_writes(site)


@pytest.mark.whole
def test_the_role_alone(make_site: Make, bare: Player) -> None:
    """It looks the application up and registers nothing; a second run does nothing."""
    site = make_site(set="S", empty=True)
    document = prepare(site)
    tasks = [
        {"ansible.builtin.include_role": {"name": ROLE}},
        {"ansible.builtin.debug": {"var": "conditional_access_result"}},
    ]
    missing = bare(tasks, extra_vars=document)
    assert missing.rc == 2 and "does not exist" in missing.text
    assert_no_writes(site)
    bare(SITE, "--tags", "entra", extra_vars=document).ok()
    document["cvops_application"]["notes"] = "Somebody else's change"
    site.journal.clear()
    predicted = bare(tasks, check=True, extra_vars=document).ok()
    assert_no_writes(site)
    assert predicted.stats["changed"] == 5
    run = bare(tasks, extra_vars=document).ok()
    assert written(site) == ["POST namedLocations"] * 2 + ["POST policies"] * 3
    found = run.result["conditional_access_result"]
    assert found["changed"] is True and found["writes"] == 5
    assert [row["policy_state"] for row in found["policies"]] == ["report_only"] * 3
    site.journal.clear()
    again = bare(tasks, extra_vars=document).ok()
    assert_no_writes(site)
    assert again.stats["changed"] == 0 and again.result["conditional_access_result"]["changed"] is False


@pytest.mark.parametrize(
    ("access", "said"),
    [
        ({"break_glass": None}, "cvops_conditional_access.break_glass: is missing, and administrators and places"),
        (
            {"places": {}},
            "cvops_conditional_access.places.locations: is missing, so all sign-ins would be blocked",
        ),
        ({"placs": {}}, "cvops_conditional_access.placs: there is no such key; did you mean places?"),
        ({"policies": [{"grant": {}}]}, "cvops_conditional_access.policies[0]: "),
        ({"administrators": {"controls": ["mfaa"]}}, "cvops_conditional_access.administrators.controls[0]: "),
    ],
)
def test_what_is_wrong_is_told_before_any_request(
    make_site: Make, bare: Player, access: dict[str, t.Any], said: str
) -> None:
    site = make_site(set="S", empty=True)
    document = prepare(site)
    document["cvops_conditional_access"] |= access
    site.journal.clear()
    run = bare(SITE, extra_vars=document)
    assert run.rc != 0 and said in run.result["msg"], run.text
    assert len([line for line in str(run.result["msg"]).split("\n") if "cvops_conditional_access" in line]) == 1
    assert not list(site.journal.entries())
