# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""sso_preflight_info and the playbook preflight against the simulator."""

from __future__ import annotations

import json
import pathlib
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import IdentityApp
from cvops_simulator.entra.grants import DEFAULT_ACCESS, assign_role
from cvops_simulator.entra.seeding import add_application
from cvops_simulator.entra.tenant import format_graph_time
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.playing import Player, Result

pytestmark = pytest.mark.any_core

GROUPS = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"
SERVICE = "https://commvault.corp.example:443/webconsole"
APP = {"unique_name": "commvault-sso"}
DAY = 86400.0


def sign_on(site: Simulator, *, days: float = 200.5, claims: str = "SecurityGroup", emit: t.Sequence[str] = ()) -> str:
    """Give the site a working sign-on: an enterprise application with a certificate, and the SAML app that trusts it."""
    tenant = site.tenant
    ends = format_graph_time(site.clock.now() + days * DAY)
    certificate = {
        "customKeyIdentifier": "3q2+7w==",
        "displayName": "CN=Commvault",
        "endDateTime": ends,
        "keyId": "0a0a0a0a-1111-4222-8333-444444444444",
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": None,
        "startDateTime": tenant.now(),
    }
    groups = [{"name": "groups", "source": None, "essential": False, "additionalProperties": list(emit)}]
    principal = {
        "preferredSingleSignOnMode": "saml",
        "keyCredentials": [certificate],
        "preferredTokenSigningKeyThumbprint": "DEADBEEF",
    }
    row = add_application(
        tenant,
        {
            "displayName": "Commvault sign-on",
            "uniqueName": APP["unique_name"],
            "signInAudience": "AzureADMyOrg",
            "identifierUris": [SERVICE],
            "groupMembershipClaims": claims,
            "optionalClaims": {"accessToken": [], "idToken": [], "saml2Token": groups if emit else []},
            "servicePrincipal": principal,
        },
        {},
    )
    app = saml(site)
    app.document["attributeMappings"] = [{"customAttribute": "USER_GROUPS", "SAMLAttribute": GROUPS}]
    app.document["serviceProviderMetaData"] = {"serviceProviderEndpoint": SERVICE}
    found = tenant.service_principal_of(row["appId"])
    assert found is not None
    return str(found["id"])


def saml(site: Simulator, name: str = "corp.example") -> IdentityApp:
    return next(app for app in site.commcells["cs01"].state.apps if app.name == name)


def task(site: Simulator, **options: t.Any) -> list[dict[str, t.Any]]:
    """One task with the mapping of the site's document."""
    full = {"mappings": site.variables()["cvops_role_mappings"], "commcell": "cs01", **options}
    return [{"name": "preflight", "cvops.identity.sso_preflight_info": full}]


def only(*names: str, **more: t.Any) -> dict[str, t.Any]:
    """A mapping of these Entra groups."""
    grants = [{"role": "View", "entities": {"servers": "all"}}]
    return {"mappings": [{"principal": {"entra_group": name}, "grants": grants} for name in names], **more}


def checks(result: Result) -> dict[str, str]:
    return {item["check"]: item["verdict"] for item in result["preflight"]["checks"]}


def rows(result: Result) -> dict[str, dict[str, t.Any]]:
    return {row["entra_group"]: row for row in result["preflight"]["groups"]}


def found(row: dict[str, t.Any]) -> dict[str, str]:
    return {item["check"]: item["verdict"] for item in row["findings"]}


def test_a_site_in_order(site: Simulator, play: Player, in_process: bool) -> None:
    """Everything fits: only what is odd about groups and people themselves is told. Few reads, no write."""
    sign_on(site)
    site.journal.clear()
    run = play(task(site, user_limit=5), in_process=in_process).ok()
    assert not run.result["changed"]
    told = rows(run.result)
    mapped = {entry["principal"]["entra_group"]["name"] for entry in site.variables()["cvops_role_mappings"]}
    assert set(told) == mapped
    assert {check for row in told.values() for check in found(row)} <= {"no_members"}
    assert all(row["emitted"] == row["object_id"] and row["linked"] for row in told.values())
    # The people with more than 150 groups are part of the seeded anomalies.
    assert {name for name, verdict in checks(run.result).items() if verdict != "ok"} == {"group_limit"}
    assert run.result["preflight"]["users_checked"] == 5
    assert run.result["preflight"]["application"]["certificates"][0]["days_left"] == 200
    # CommCell: sign-in apart, three reads of providers, one list and each mapped group; Graph: four about the application
    # and the groups (by name, then by id), their members, and five users.
    assert run.result["stats"]["reads"] <= 2 * len(mapped) + 14 + 5
    assert_no_writes(site)


def test_check_mode_tells_the_same(site: Simulator, play: Player) -> None:
    sign_on(site)
    real, predicted = play(task(site)).ok(), play(task(site), check=True).ok()
    assert real.result["preflight"] == predicted.result["preflight"]


def test_without_any_group_claim(site: Simulator, play: Player) -> None:
    sign_on(site, claims="None")
    run = play(task(site)).ok()
    assert run.result["preflight"]["verdict"] == "broken"
    assert checks(run.result)["claim"] == "broken"
    assert {row["verdict"] for row in rows(run.result).values()} == {"broken"}
    assert {row["emitted"] for row in rows(run.result).values()} == {None}


def test_only_assigned_groups(site: Simulator, play: Player) -> None:
    """A group that is not assigned is not emitted; one that is goes by its display name; inner groups are not followed."""
    principal = sign_on(site, claims="ApplicationGroup", emit=["cloud_displayname"])
    groups = {row["displayName"]: key for key, row in site.tenant.groups.items()}
    names = ("GG-Commvault-hq-vm-Operator", "Team Backup", "GG-Commvault-hq-vm-View")
    for name in names[:2]:
        assign_role(site.tenant, groups[name], principal, DEFAULT_ACCESS, replicated=True)
    run = play(task(site, **only(names[0]), match_by="display_name")).ok()
    assert found(rows(run.result)[names[0]]) == {"linked_by_name": "unknown"}
    site.commcells["cs01"].state.groups.named(names[0])[0].azure_guid = ""
    run = play(task(site, **only(*names), match_by="display_name")).ok()
    told = rows(run.result)
    assert checks(run.result)["match_by"] == "ok"
    assert (told[names[0]]["verdict"], told[names[0]]["emitted"]) == ("ok", names[0])
    assert found(told["Team Backup"])["nested"] == "warning"
    assert (told[names[2]]["emitted"], found(told[names[2]])["claim"]) == (None, "broken")
    assert "assign the group" in told[names[2]]["remedy"]
    assert run.result["preflight"]["users_checked"] == 0
    run = play(task(site, **only(names[0]), match_by="azure_guid")).ok()
    assert checks(run.result)["match_by"] == "broken"
    assert found(rows(run.result)[names[0]]) == {"match_by": "warning", "link": "warning"}


def test_the_mess(site: Simulator, play: Player) -> None:
    """Renamed, made anew, of one name, not there: each has its own finding."""
    sign_on(site)
    anomalies = site.site.anomalies
    renamed, recreated, twins = (
        anomalies[name]
        for name in ("renamed_entra_group", "recreated_entra_group", "cloud_only_and_synced_equal_names")
    )
    names = (renamed["new_name"], renamed["old_name"], recreated["name"], twins["name"], "GG-Commvault-nobody")
    told = rows(play(task(site, **only(*names))).ok().result)
    assert found(told[renamed["new_name"]]) == {"renamed_user_group": "warning"}
    assert told[renamed["new_name"]]["user_group"] == renamed["old_name"]
    assert found(told[renamed["old_name"]]) == {"entra_group": "broken", "renamed": "broken"}
    assert found(told[recreated["name"]])["recreated"] == "broken"
    assert "no longer exists" in told[recreated["name"]]["reason"]
    assert found(told[twins["name"]])["ambiguous"] == "broken"
    assert {"entra_group": "broken"}.items() <= found(told["GG-Commvault-nobody"]).items()


def test_account_names_of_synchronised_groups(site: Simulator, play: Player) -> None:
    """A synchronised group has an account name, a cloud group has none."""
    sign_on(site, emit=["sam_account_name"])
    twins = site.site.anomalies["cloud_only_and_synced_equal_names"]
    entries = [
        {"principal": {"entra_group": {"name": twins["name"], "object_id": twins[kind]}}, "user_group": "Reviewers"}
        for kind in ("cloud", "synced")
    ]
    run = play(task(site, mappings=entries, match_by="sam_account_name")).ok()
    emitted = {row["object_id"]: row["emitted"] for row in run.result["preflight"]["groups"]}
    assert emitted == {twins["cloud"]: None, twins["synced"]: "backup-reviewers"}


def test_people_in_too_many_groups(site: Simulator, play: Player) -> None:
    """151 groups are one too many for a SAML token; somebody who is asked for is shown with what to expect."""
    sign_on(site)
    anomalies = site.site.anomalies
    large, small = anomalies["user_in_151_groups"], anomalies["user_in_201_groups"]
    name = "GG-Commvault-hq-vm-Operator"
    group = next(key for key, row in site.tenant.groups.items() if row["displayName"] == name)
    other = next(
        row["userPrincipalName"] for key, row in site.tenant.users.items() if key in site.tenant.members(group)
    )
    sample = [large["upn"], small["upn"], other, "nobody@corp.example"]
    run = play(task(site, **only(name), sample_users=sample, user_limit=0)).ok()
    people = {row["user"]: row for row in run.result["preflight"]["users"]}
    assert {upn: people[upn]["groups"] for upn in sample[:2]} == {large["upn"]: 151, small["upn"]: 201}
    assert all(people[upn]["over_limit"] for upn in sample[:2])
    assert people[other]["user_groups"] == [name]
    assert people["nobody@corp.example"]["groups"] is None
    assert (checks(run.result)["group_limit"], checks(run.result)["sample_users"]) == ("broken", "warning")
    assert run.result["preflight"]["users_not_checked"] >= len(site.tenant.members(group)) - 3


@pytest.mark.parametrize(
    ("days", "verdict", "said"), [(-3.5, "broken", "4 days ago"), (20.5, "warning", "20 days left"), (90, "ok", "left")]
)
def test_certificates(site: Simulator, play: Player, days: float, verdict: str, said: str) -> None:
    sign_on(site, days=days)
    run = play(task(site, user_limit=0)).ok()
    check = next(item for item in run.result["preflight"]["checks"] if item["check"] == "signing_certificate")
    assert check["verdict"] == verdict
    assert said in check["reason"]


def test_the_identity_provider(site: Simulator, play: Player) -> None:
    """Disabled, without the mapping of USER_GROUPS, unknown, or only OpenID Connect: nobody gets a group."""
    sign_on(site)
    apps = site.commcells["cs01"].state.apps
    disabled = play(task(site, saml_app="CORP-ENTRA", user_limit=0)).ok().result
    assert (checks(disabled)["saml_enabled"], checks(disabled)["attribute_mapping"]) == ("broken", "broken")
    unknown = play(task(site, saml_app="elsewhere", user_limit=0)).ok().result
    assert "elsewhere" in unknown["preflight"]["checks"][0]["reason"]
    saml(site, "Corp-Entra").enabled = True
    ambiguous = play(task(site, user_limit=0))
    assert ambiguous.result["error"]["kind"] == "ambiguous"
    assert "Corp-Entra, corp.example" in ambiguous.result["msg"]
    for app in [app for app in apps if app.type == 2]:
        apps.remove(app)
    apps.add(IdentityApp(4711, "entra-oidc", "0123", 5))
    for options in ({}, {"oidc_app": "entra-oidc"}):
        oidc = play(task(site, user_limit=0, application=APP, **options)).ok().result
        assert checks(oidc)["identity_provider"] == "broken"
        assert "carries no groups" in oidc["preflight"]["checks"][0]["reason"]
        assert {row["verdict"] for row in rows(oidc).values()} == {"broken"}


def test_a_mapping_that_is_still_to_come(
    make_site: Callable[..., Simulator], make_player: Callable[[Simulator], Player]
) -> None:
    """On an empty site what the mapping will make is a warning, and broken where nothing will make it."""
    site = make_site(set="S", empty=True)
    sign_on(site)
    play = make_player(site)
    names = [group["display_name"] for group in site.variables()["cvops_entra_groups"]]
    coming = play(task(site, pending_entra_groups=names, mapping_pending=True)).ok().result
    assert {row["verdict"] for row in rows(coming).values()} == {"warning"}
    missing = play(task(site)).ok().result
    assert {row["verdict"] for row in rows(missing).values()} == {"broken"}


def test_bad_input(site: Simulator, play: Player) -> None:
    """A mapping that cannot be understood is one error with all problems, before anything is read."""
    site.journal.clear()
    run = play(
        task(site, mappings=[{"principal": {}}, {"principal": {"entra_group": {"name": "a", "object_id": "b"}}}])
    )
    assert [problem["where"] for problem in run.result["error"]["problems"]] == [
        "mappings[0].principal",
        "mappings[1].principal.entra_group.object_id",
    ]
    assert site.journal.entries() == []


def test_least_permissions(site: Simulator, play: Player) -> None:
    """With the documented permissions all is told; without User.Read.All all but who is in too many groups; without those for
    the application the error names what is missing.
    """
    sign_on(site)
    enough = site.identity("GroupMember.Read.All", "Application.Read.All", "User.Read.All")
    env = {"CVOPS_CLIENT_ID": enough.client_id, "CVOPS_CLIENT_SECRET": enough.client_secret}
    assert play(task(site, user_limit=3), env=env).ok().result["preflight"]["users_checked"] == 3
    some = site.identity("GroupMember.Read.All", "Application.Read.All")
    env = {"CVOPS_CLIENT_ID": some.client_id, "CVOPS_CLIENT_SECRET": some.client_secret}
    told = play(task(site, sample_users=["somebody@corp.example"]), env=env).ok().result["preflight"]
    check = next(item for item in told["checks"] if item["check"] == "group_limit")
    assert (check["verdict"], told["users_checked"], "User.Read.All" in check["remedy"]) == ("warning", 0, True)
    assert {row["verdict"] for row in told["groups"]} <= {"ok", "warning"}
    few = site.identity("GroupMember.Read.All")
    env = {"CVOPS_CLIENT_ID": few.client_id, "CVOPS_CLIENT_SECRET": few.client_secret}
    run = play(task(site), env=env)
    assert run.result["error"]["kind"] == "forbidden"
    assert "Application.Read.All" in run.result["msg"]


PLAYBOOK = "cvops.identity.preflight"


@pytest.mark.every_core
def test_the_playbook(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    """A table per CommCell; broken ends the run only where that is asked for; everything goes into a file on demand."""
    sign_on(site)
    site.journal.clear()
    name = "GG-Commvault-hq-vm-Operator"
    document = {**site.variables(), "cvops_sso": {"application": APP, "saml_app": "corp.example", "user_limit": 0}}
    target = tmp_path / "preflight.json"
    run = play(PLAYBOOK, extra_vars={**document, "preflight_file": str(target)}).ok()
    lines = run.one("Report")["msg"]
    row = next(line for line in lines if name in line)
    assert lines[0].startswith("cs01: warning, 12 groups: 11 ok, 1 warning, 0 broken")
    assert row.split()[:2] == ["ok", name]
    assert len({line.index(" GG-Commvault") for line in lines if " GG-Commvault" in line}) == 1
    assert json.loads(target.read_text())["cs01"]["verdict"] == "warning"
    assert run.stats["changed"] == 0
    assert_no_writes(site)
    secrets = [site.automation.client_secret, site.commcells["cs01"].admin[1]]
    assert_no_secrets(run, [tmp_path / "preflight.json"], secrets)

    saml(site).enabled = False
    saml(site, "Corp-Entra").enabled = True
    assert play(PLAYBOOK, extra_vars=document).rc == 0
    failed = play(PLAYBOOK, extra_vars={**document, "preflight_fail": True})
    assert failed.rc != 0
    assert failed.result["msg"].endswith("see above: cs01")
    assert any(
        line.startswith("broken   saml_enabled: SAML app corp.example is disabled")
        for line in failed.one("Report")["msg"]
    )


def test_the_playbook_before_the_mapping(
    make_site: Callable[..., Simulator], make_player: Callable[[Simulator], Player]
) -> None:
    """As the site playbook calls it: nothing is broken that the run itself will mend."""
    site = make_site(set="S", empty=True)
    sign_on(site)
    document = {**site.variables(), "cvops_sso": {"user_limit": 0}}
    run = make_player(site)(
        PLAYBOOK, extra_vars={**document, "preflight_mapping_pending": True, "preflight_fail": True}
    )
    assert run.ok().one("Report")["msg"][0].startswith("cs01: warning, 12 groups: 0 ok, 12 warning, 0 broken")


def test_the_playbook_without_a_mapping(play: Player) -> None:
    run = play(PLAYBOOK)
    assert run.result["msg"].startswith("cvops_role_mappings: is missing; give the variables document")
