# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_oidc_app against the simulator."""

from __future__ import annotations

import copy
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Company, IdentityApp, User
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_diff_agrees, assert_no_secrets, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.calls import OidcApps
from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.resource import OidcAppResource
from ansible_collections.cvops.identity.plugins.modules import commvault_oidc_app

pytestmark = pytest.mark.any_core

APPLICATION = "66666666-7777-4888-8999-00000000aaaa"
SECRET = "Hx8Q~zeroToHero.of_the-day0123456789abcd"
OTHER_SECRET = "Kz1Q~another.one_for-the-night0123456789"
KEY_ID, OTHER_KEY_ID = "0f0e0d0c-0000-4000-8000-000000000001", "0f0e0d0c-0000-4000-8000-000000000002"
CONSOLE = "https://cv.corp.example:443/webconsole"


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    return [{"name": "app", "cvops.identity.commvault_oidc_app": options}]


def run(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    """Run the module's body in this process, to a good end."""
    result = run_body(commvault_oidc_app, site, options)
    assert not result.get("failed"), result["msg"]
    return result


def whole(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """All options of an app."""
    return {
        "name": "entra-oidc",
        "description": "People sign in here",
        "application_id": APPLICATION,
        "secret": SECRET,
        "secret_policy": "fingerprint",
        "secret_fingerprint": KEY_ID,
        "discovery_url": discovery(site),
        "web_console_urls": ["https://CV.corp.example/webconsole/"],
        "associations": {
            "users": ["anna"],
            "user_groups": ["master"],
            "companies": ["corp"],
            "domains": ["ad.example"],
        },
        **more,
    }


def discovery(site: Simulator) -> str:
    """The address of the tenant's OpenID configuration."""
    return f"{site.login_url}/{site.tenant_id}/v2.0/.well-known/openid-configuration"


def stored(site: Simulator, name: str = "entra-oidc") -> list[IdentityApp]:
    """The apps of this name on the first CommCell."""
    return list(site.commcells["cs01"].state.apps.named(name))


def properties(app: IdentityApp) -> dict[str, t.Any]:
    """The properties of an app by name."""
    return {item["name"]: item.get("value", item.get("values")) for item in app.document["props"]["nameValues"]}


@pytest.fixture
def site(empty_site: Simulator) -> Simulator:
    """A CommCell with a company and two users of known names."""
    state = empty_site.commcells["cs01"].state
    state.companies.add(Company(9100, "Corp Ltd", "corp"))
    for name in ("anna", "ben"):
        state.users.add(User(state.users.new_id(), name))
    return empty_site


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """Predict, create, leave alone, write a new secret, leave alone, delete, leave alone; no secret is shown anywhere."""
    site.journal.clear()
    predicted = play(task(**whole(site)), check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert predicted.result["oidc_app"]["app_key"] is None
    assert predicted.result["oidc_app"]["reply_url"] == f"{CONSOLE}/openIdConnectCallback.do"

    real = play(task(**whole(site)), diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    (app,) = stored(site)
    assert real.result["oidc_app"] == {
        "not_confirmed": [],
        "name": "entra-oidc",
        "company": None,
        "app_key": app.key,
        "description": "People sign in here",
        "enabled": True,
        "application_id": APPLICATION,
        "discovery_url": discovery(site),
        "web_console_urls": [CONSOLE],
        "reply_url": f"{CONSOLE}/openIdConnectCallback.do",
        "reply_urls": [f"{CONSOLE}/openIdConnectCallback.do"],
        "secret_fingerprint": KEY_ID,
        "associations": {
            "users": ["anna"],
            "user_groups": ["master"],
            "companies": ["corp"],
            "domains": ["ad.example"],
            "others": [],
        },
    }
    assert app.type == 5 and app.secrets == {"clientSecret": SECRET}
    assert app.description == f"People sign in here\n[cvops secret: {KEY_ID}]"
    assert properties(app) == {"clientId": APPLICATION, "endPointUrl": discovery(site), "webConsoleUrls": [CONSOLE]}

    site.journal.clear()
    again = play(task(**whole(site, name="Entra-OIDC")), diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert again.result["oidc_app"] == real.result["oidc_app"]
    assert_no_writes(site)

    rotated = {"name": "entra-oidc", "secret": OTHER_SECRET, "secret_policy": "fingerprint"}
    rotated["secret_fingerprint"] = OTHER_KEY_ID
    predicted = play(task(**rotated), check=True, diff=True, in_process=in_process).ok()
    changed = play(task(**rotated), diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, changed)
    (row,) = stored(site)
    assert (row.key, row.secrets) == (app.key, {"clientSecret": OTHER_SECRET})
    assert row.description == f"People sign in here\n[cvops secret: {OTHER_KEY_ID}]"
    assert properties(row)["clientId"] == APPLICATION and len(row.document["assocTree"]) == 4
    assert [f"{entry.method} {entry.path.rsplit('/', 1)[-1]}" for entry in writes(site)] == ["PUT App"]
    assert not play(task(**rotated), in_process=in_process).ok().result["changed"]

    gone = task(name="entra-oidc", state="absent")
    predicted = play(gone, check=True, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, play(gone, diff=True, in_process=in_process).ok())
    assert stored(site) == []
    site.journal.clear()
    last = play(gone, in_process=in_process).ok()
    assert not last.result["changed"]
    assert_no_writes(site)
    for run in (real, changed, last):
        assert_no_secrets(run, [], [SECRET, OTHER_SECRET])


def test_what_nobody_manages_stays(site: Simulator) -> None:
    """A change keeps flags, associations, properties and the secret; without exclusive lists only grow."""
    run(site, **whole(site))
    (app,) = stored(site)
    app.flags = 1
    app.document["props"]["nameValues"].append({"name": "scope", "value": "openid email"})
    app.document["assocTree"].append({"_type_": 12})
    more = {"associations": {"users": ["ben"]}, "web_console_urls": ["https://cv2.corp.example/webconsole"]}
    changed = run(site, name="entra-oidc", enabled=False, **more)["oidc_app"]
    (row,) = stored(site)
    assert (row.flags, row.enabled, row.secrets) == (1, False, {"clientSecret": SECRET})
    assert changed["associations"]["users"] == ["anna", "ben"] and changed["associations"]["others"] == ["all users"]
    assert changed["web_console_urls"] == [CONSOLE, "https://cv2.corp.example:443/webconsole"]
    assert properties(row)["scope"] == "openid email" and {"_type_": 12} in row.document["assocTree"]

    fewer = {"associations": {"users": ["ben"], "companies": []}, "web_console_urls": [CONSOLE], "exclusive": True}
    changed = run(site, name="entra-oidc", **fewer)["oidc_app"]
    kept = {"users": ["ben"], "user_groups": ["master"], "companies": [], "domains": ["ad.example"]}
    assert changed["associations"] == {**kept, "others": ["all users"]}
    assert changed["web_console_urls"] == [CONSOLE]
    assert stored(site)[0].secrets == {"clientSecret": SECRET}


def test_a_secret_is_written_as_the_policy_says(site: Simulator) -> None:
    """on_create never touches the one that is there; always writes it; a missing mark is no equal one."""
    run(site, **whole(site, secret_fingerprint=None, secret_policy="on_create"))
    assert stored(site)[0].description == "People sign in here"
    other = {"name": "entra-oidc", "secret": OTHER_SECRET}
    assert not run(site, **other, secret_policy="on_create", secret_fingerprint=KEY_ID)["changed"]
    assert stored(site)[0].secrets == {"clientSecret": SECRET}
    marked = {"secret_policy": "fingerprint", "secret_fingerprint": KEY_ID}
    assert run(site, **other, **marked)["changed"]
    assert stored(site)[0].secrets == {"clientSecret": OTHER_SECRET}
    for _turn in range(2):
        assert run(site, name="entra-oidc", secret=SECRET, secret_policy="always")["changed"]
    assert (stored(site)[0].secrets, stored(site)[0].description) == (
        {"clientSecret": SECRET},
        "People sign in here",
    )


def test_an_app_of_a_company(site: Simulator) -> None:
    """The app is made in its company; the CommCell's level has one of its own, or none."""
    plain = whole(site, associations=None)
    made = run(site, **plain, company="corp")["oidc_app"]
    assert made["company"] == "Corp Ltd" and stored(site)[0].company_id == 9100
    site.journal.clear()
    assert not run(site, **plain, company="Corp Ltd")["changed"]
    assert_no_writes(site)


def test_a_new_app_is_of_the_tenant_and_the_host_of_the_task(site: Simulator) -> None:
    made = run(site, **whole(site, discovery_url=None, web_console_urls=None))["oidc_app"]
    assert made["discovery_url"] == discovery(site)
    assert made["web_console_urls"] == [site.commcells["cs01"].url.replace("/commandcenter/api", "/webconsole")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"discovery_url": "https://login.corp.example/{tenant}/v2.0/.well-known/openid-configuration"}, "its host is"),
        ({"discovery_url": "{login}/common/v2.0/.well-known/openid-configuration"}, "every tenant"),
        ({"discovery_url": "http://login.corp.example/x"}, "is not an https address"),
        ({"application_id": "commvault"}, "is not the application (client) id"),
        ({"associations": {"users": ["nobody"], "user_groups": ["none"]}}, "associations.user_groups[0]"),
        ({"name": "saml app"}, "of another kind (SAML)"),
    ],
)
def test_what_cannot_be_is_refused_before_a_write(site: Simulator, options: dict[str, t.Any], said: str) -> None:
    site.commcells["cs01"].state.apps.add(IdentityApp(77, "saml app", "77AA", 2))
    site.journal.clear()
    filled = dict(options)
    if options.get("discovery_url"):
        filled["discovery_url"] = options["discovery_url"].format(login=site.login_url, tenant=site.tenant_id)
    found = run_body(commvault_oidc_app, site, whole(site, **filled))
    assert found["failed"] and said in found["msg"]
    assert_no_writes(site)


@pytest.mark.parametrize("action", ["drop_after", "status_after"])
def test_lost_answers(site: Simulator, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    """A creation, a change and a deletion whose answers are lost end well, once."""
    share_clock(monkeypatch, site)
    for method, options in (
        ("POST", whole(site)),
        ("PUT", {"name": "entra-oidc", "enabled": False}),
        ("POST", {"name": "entra-oidc", "state": "absent"}),
    ):
        site.faults.add(Fault("cs01", method, "*/ThirdParty/App", action, status=503))
        assert run(site, **options)["changed"]
        assert len(stored(site)) == (0 if "state" in options else 1)


def test_sign_ins_are_not_sent_where_only_the_service_says(site: Simulator) -> None:
    """Whoever registers that address in Entra ID has everybody's sign-in sent there."""
    run(site, **whole(site))
    (app,) = stored(site)
    (urls,) = (item for item in app.document["props"]["nameValues"] if item["name"] == "webConsoleUrls")
    urls["values"] = ["https://evil.example:443/webconsole", CONSOLE]
    found = run(site, name="entra-oidc", web_console_urls=[CONSOLE])
    assert found["oidc_app"]["web_console_urls"] == [CONSOLE, "https://evil.example:443/webconsole"]
    assert found["oidc_app"]["reply_urls"] == [f"{CONSOLE}/openIdConnectCallback.do"]
    assert any("https://evil.example" in text and "web_console_urls" in text for text in found["warnings"])
    found = run(site, name="entra-oidc")
    assert found["oidc_app"]["reply_urls"] is None and found["oidc_app"]["reply_url"] is None


def test_an_app_that_took_the_name_meanwhile_is_not_touched(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleted and created again by somebody else between the plan and the write."""
    run(site, **whole(site))
    (planned,) = stored(site)
    plan = OidcAppResource.plan

    def plan_and_replace(resource: OidcAppResource) -> t.Any:
        found = plan(resource)
        apps = site.commcells["cs01"].state.apps
        apps.remove(planned)
        apps.add(IdentityApp(apps.new_id(), "entra-oidc", "anotherkey", 5, document=planned.document))
        return found

    monkeypatch.setattr(OidcAppResource, "plan", plan_and_replace)
    site.journal.clear()
    found = run_body(commvault_oidc_app, site, {"name": "entra-oidc", "state": "absent"})
    assert found["failed"] and found["error"]["kind"] == "plan_changed" and "anotherkey" in found["msg"]
    assert [app.key for app in stored(site)] == ["anotherkey"]
    assert_no_writes(site)


@pytest.fixture
def others(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app, to which somebody else adds ben and a web console, and which they switch off, between the plan of the next task and its write."""
    run(site, **whole(site))
    (app,) = stored(site)
    (ben,) = site.commcells["cs01"].state.users.named("ben")
    plan, once = OidcAppResource.plan, [True]

    def plan_and_change(resource: OidcAppResource) -> t.Any:
        found = plan(resource)
        if once:
            once.pop()
            document = copy.deepcopy(app.document)
            document["assocTree"].append({"_type_": 13, "userId": ben.id, "userName": ben.name})
            (urls,) = (item for item in document["props"]["nameValues"] if item["name"] == "webConsoleUrls")
            urls["values"] = [*urls["values"], "https://cv9.corp.example:443/webconsole"]
            app.document, app.enabled = document, False
        return found

    monkeypatch.setattr(OidcAppResource, "plan", plan_and_change)
    site.journal.clear()


#: A change of every list.
OF_LISTS: dict[str, t.Any] = {
    "name": "entra-oidc",
    "associations": {"users": ["anna", "carl"]},
    "web_console_urls": ["https://cv2.corp.example/webconsole"],
}


@pytest.mark.usefixtures("others")
def test_what_others_add_between_plan_and_write_stays(site: Simulator) -> None:
    """Without exclusive, also what the row holds beside the lists."""
    users = site.commcells["cs01"].state.users
    users.add(User(users.new_id(), "carl"))
    done = run(site, **OF_LISTS)["oidc_app"]
    assert len(writes(site)) == 1 and done["not_confirmed"] == []
    assert done["associations"]["users"] == ["anna", "ben", "carl"] and done["enabled"] is False
    assert [url[8:11] for url in done["web_console_urls"]] == ["cv.", "cv2", "cv9"]
    (app,) = stored(site)
    assert app.enabled is False and app.secrets == {"clientSecret": SECRET} and len(app.document["assocTree"]) == 6
    assert run(site, **OF_LISTS)["changed"] is False


@pytest.mark.usefixtures("others")
def test_exclusive_takes_nothing_away_that_was_not_planned(site: Simulator) -> None:
    options = {**OF_LISTS, "associations": {"users": ["anna"]}, "exclusive": True}
    refused = run_body(commvault_oidc_app, site, options)
    assert refused["error"]["kind"] == "plan_changed" and refused["changed"] is False, refused["msg"]
    assert "remove user ben" in refused["msg"] and "cv9.corp.example" in refused["msg"]
    assert_no_writes(site)
    assert run(site, **options)["oidc_app"]["associations"]["users"] == ["anna"]


def test_an_app_that_is_gone_before_a_change_is_not_written(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    run(site, **whole(site))
    (app,) = stored(site)
    plan = OidcAppResource.plan

    def plan_and_take_away(resource: OidcAppResource) -> t.Any:
        found = plan(resource)
        site.commcells["cs01"].state.apps.remove(app)
        return found

    monkeypatch.setattr(OidcAppResource, "plan", plan_and_take_away)
    site.journal.clear()
    refused = run_body(commvault_oidc_app, site, {"name": "entra-oidc", "enabled": False})
    assert refused["error"]["kind"] == "plan_changed" and refused["changed"] is False
    assert_no_writes(site)


def test_associations_of_others_that_a_write_takes_along_are_told(
    site: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else writes the app at the same time, with the list of before: not confirmed, with a warning that names what is gone."""
    share_clock(monkeypatch, site)
    run(site, **whole(site))
    update = OidcApps.update

    def update_and_lose(apps: OidcApps, *args: t.Any) -> None:
        update(apps, *args)
        (app,) = stored(site)
        tree = [entry for entry in app.document["assocTree"] if entry.get("userName") != "anna"]
        app.document = {**app.document, "assocTree": tree}

    monkeypatch.setattr(OidcApps, "update", update_and_lose)
    done = run(site, name="entra-oidc", associations={"users": ["ben"]})
    assert done["oidc_app"]["not_confirmed"] == [{"field": "other_associations"}]
    assert any("user anna was there before" in line for line in done["warnings"]), done
