# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every release from 11.32 to 11.44: a module works there, or says once what it needs and what there is, before anything is written."""

from __future__ import annotations

import datetime
import re
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import User
from cvops_simulator.core.faults import Fault
from helpers.cases import CASES, Case, make_oidc_app, make_saml_app
from helpers.checks import assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import (
    commvault_access_token,
    commvault_oidc_app,
    commvault_role_mappings,
    commvault_saml_app,
    commvault_security_info,
    commvault_user,
    expiry_info,
    sso_preflight_info,
)

pytestmark = pytest.mark.any_core

#: The oldest, and those on both sides of what came with 11.38 and 11.42, are the sample.
RELEASES = [
    pytest.param(release, marks=() if release in (32, 38, 40, 42) else pytest.mark.whole)
    for release in (32, 34, 36, 38, 40, 42, 44)
]
#: Modules that ask a CommServe, whatever else they ask.
ASKING = [case for case in CASES if not case.module.startswith("entra_")]
#: The release that a case needs, where not every release has it.
NEEDS = {
    "commvault_access_token: create": 38,
    "commvault_security_info: details": 38,
    "commvault_user: service account": 42,
    "commvault_role_mappings: exclusive": 42,
    "commvault_role_mappings_info: read": 42,
}
#: With them a second run repeats a change by design.
_REPEATED = ("secret_rotation",)
_HIDDEN = {"errorCode": 8, "errorMessage": "User does not have the permission [View]"}


@pytest.fixture
def virtual_clock(monkeypatch: pytest.MonkeyPatch, site: Simulator) -> None:
    """Waits of runs in this process take no time."""
    share_clock(monkeypatch, site)


def set_release(site: Simulator, release: int, *, is_hidden: bool = False) -> None:
    """Let the CommServe be of a release, and hide that from everybody or not. The journal begins here."""
    site.commcells["cs01"].release = release
    if is_hidden:
        site.faults.add(Fault(service="cs01", method="GET", path="*/CommServ", status=200, body=_HIDDEN, times=0))
    site.journal.clear()


def assert_refused(site: Simulator, result: t.Mapping[str, t.Any], found: int, needed: int, option: str = "") -> None:
    """One error names the release that was found, the one that is needed, and the option; nothing was written."""
    assert result["failed"] and not result["changed"], result
    assert_no_writes(site)
    assert f"need release 11.{needed}; this CommServe is 11.{found}." in result["msg"].replace("needs", "need")
    assert option in result["msg"]
    assert set(re.findall(r"11\.\d\d", result["msg"])) == {f"11.{needed}", f"11.{found}"}
    after = result["msg"].partition(f"this CommServe is 11.{found}.")[2]
    assert re.search(r"[A-Z]\w+", after), "what to do instead"


@pytest.mark.usefixtures("virtual_clock")
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("case", ASKING, ids=lambda case: case.name)
def test_every_module_works_or_tells_why_it_cannot(site: Simulator, case: Case, release: int) -> None:
    options = case.options(site)
    set_release(site, release)
    result = run_body(case.load(), site, options)
    if release < NEEDS.get(case.name, 0):
        assert_refused(site, result, release, NEEDS[case.name])
        return
    assert not result.get("failed"), result
    assert result["changed"] is case.changes
    if not case.changes:
        assert_no_writes(site)
    elif case.module not in _REPEATED:
        again = run_body(case.load(), site, options)
        assert not again.get("failed") and not again["changed"], again


#: Options of modules that need a release: (module, options, release, the option that is named).
OPTIONS: tuple[tuple[t.Any, dict[str, t.Any], int, str], ...] = (
    (commvault_access_token, {"name": "nightly"}, 38, "nightly"),
    (commvault_access_token, {"name": "nightly", "state": "absent"}, 38, "nightly"),
    (commvault_access_token, {"name": "nightly", "allowed_ips": ["10.0.0.1"]}, 42, "allowed_ips"),
    (commvault_access_token, {"name": "nightly", "token_type": "hyperscale"}, 42, "token_type"),
    (commvault_access_token, {"name": "nightly", "user": "svc-nightly"}, 42, "user"),
    (commvault_access_token, {"name": "nightly", "renewable_until": "2099-01-01T00:00:00Z"}, 42, "renewable_until"),
    (commvault_user, {"name": "robot", "kind": "service_account"}, 42, "kind"),
    (commvault_security_info, {"subset": ["users", "access_tokens"]}, 38, "subset"),
    (commvault_security_info, {"subset": ["associations"]}, 42, "subset"),
)


@pytest.mark.usefixtures("virtual_clock")
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("used", OPTIONS, ids=lambda used: f"{used[0].__name__.rpartition('.')[2]}-{used[3]}")
def test_options_that_need_a_release(
    site: Simulator, used: tuple[t.Any, dict[str, t.Any], int, str], release: int
) -> None:
    module, options, needed, option = used
    site.commcells["cs01"].state.users.add(User(9001, "svc-nightly", password=None, is_service_account=True))
    for check in (True, False):
        set_release(site, release)
        result = run_body(module, site, options, check=check)
        if release >= needed:
            assert not result.get("failed"), result
        else:
            found = 38 if needed == 42 and release < 38 and module is commvault_access_token else needed
            assert_refused(site, result, release, found, option if found == needed else "")


def test_several_options_are_told_together(site: Simulator) -> None:
    set_release(site, 40)
    options = {"token_type": "hyperscale", "allowed_ips": ["10.0.0.1"], "renewable_until": "2099-01-01T00:00:00Z"}
    result = run_body(commvault_access_token, site, {"name": "nightly", **options})
    assert {problem["where"] for problem in result["error"]["problems"]} == set(options)
    assert_refused(site, result, 40, 42, "allowed_ips")


def test_in_a_play(site: Simulator, play: Player) -> None:
    """As people see it: tasks that a release cannot carry out fail one by one, and the others go on."""
    set_release(site, 36)
    wanted: dict[str, tuple[str, dict[str, t.Any], int | None]] = {
        "token": ("commvault_access_token", {"name": "nightly"}, 38),
        "robot": ("commvault_user", {"name": "robot", "kind": "service_account"}, 42),
        "grants": ("commvault_security_info", {"subset": ["associations"]}, 42),
        "export": ("commvault_role_mappings_info", {}, 42),
        "users": ("commvault_security_info", {"subset": ["user_details"]}, None),
    }
    tasks = [
        {"name": name, f"cvops.identity.{module}": options, "ignore_errors": True}
        for name, (module, options, dummy) in wanted.items()
    ]
    run = play(tasks).ok()
    for name, (dummy, _options, needed) in wanted.items():
        result = run.one(name)
        assert result.failed is (needed is not None), name
        if needed is not None:
            assert_refused(site, {"failed": True, **result}, 36, needed)
    assert_no_writes(site)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("header", ["Authorization", "try_both"])
def test_a_token_of_entra_needs_a_release(site: Simulator, header: str, release: int) -> None:
    """Nobody is signed in who could see the release: what is needed is told with the refusal."""
    set_release(site, release)
    behaviours, automation = site.commcells["cs01"].behaviours, site.commcells["cs01"].automation
    behaviours.oauth, behaviours.oauth_app_users = True, {site.automation.client_id: automation[0]}
    options = {
        "commvault_auth_method": "entra",
        "commvault_entra_scope": f"{site.automation.client_id}/.default",
        "commvault_entra_header": header,
    }
    result = run_body(commvault_user, site, {"name": "jvega", "kind": "local", "email": "j@corp.example", **options})
    if release >= 42:
        assert result.get("changed"), result
    else:
        assert result["failed"] and result["error"]["kind"] == "auth"
        assert "11.42 CU27" in " ".join((result["msg"], *result["warnings"]))
        assert_no_writes(site)


@pytest.mark.parametrize("release", [32, 40])
def test_an_oidc_app_of_an_old_release_is_written_by_command(site: Simulator, release: int) -> None:
    """As the official client of these releases writes it; changes and deletions work as well."""
    options = make_oidc_app(site)
    set_release(site, release)
    assert run_body(commvault_oidc_app, site, options)["changed"]
    renamed = {**options, "description": "Staff signs in"}
    assert run_body(commvault_oidc_app, site, renamed)["changed"]
    assert {entry.path.rsplit("/", 2)[-2] for entry in writes(site)} == {"Qcommand"}
    (app,) = site.commcells["cs01"].state.apps.named("entra-oidc")
    assert (app.description.splitlines()[0], app.secrets["clientSecret"]) == ("Staff signs in", options["secret"])
    assert not run_body(commvault_oidc_app, site, renamed)["changed"]
    gone = run_body(commvault_oidc_app, site, {"name": "entra-oidc", "state": "absent"})
    assert gone["changed"] and not site.commcells["cs01"].state.apps.named("entra-oidc")


@pytest.mark.parametrize("action", ["drop_after", "status_after"])
def test_an_app_whose_creating_command_is_not_answered_is_created_once(site: Simulator, action: str) -> None:
    options = make_oidc_app(site)
    set_release(site, 40)
    site.faults.add(Fault("cs01", "POST", "*/Qcommand/*", action, status=502))
    result = run_body(commvault_oidc_app, site, options)
    assert result["changed"] and not result.get("failed"), result
    (app,) = site.commcells["cs01"].state.apps.named("entra-oidc")
    assert (app.secrets["clientSecret"], result["oidc_app"]["app_key"]) == (options["secret"], app.key)
    assert not run_body(commvault_oidc_app, site, options)["changed"]


def test_users_of_a_saml_app_that_a_release_does_not_show(site: Simulator) -> None:
    """They are warned of where associations are written, and are still there afterwards."""
    options = make_saml_app(site)
    run_body(commvault_saml_app, site, options)
    (app,) = site.commcells["cs01"].state.apps.named("entra-saml")
    app.document["associations"]["users"] = [{"id": 1, "name": "admin"}]
    more = {**options, "associations": {"email_suffixes": ["corp.example", "new.example"]}}
    set_release(site, 36)
    unchanged = run_body(commvault_saml_app, site, options)
    assert not unchanged["changed"] and not any("does not show which users" in said for said in unchanged["warnings"])
    result = run_body(commvault_saml_app, site, more)
    assert result["changed"] and any("releases before 11.38" in said for said in result["warnings"])
    assert app.document["associations"]["users"] == [{"id": 1, "name": "admin"}]
    set_release(site, 38)
    result = run_body(
        commvault_saml_app, site, {**more, "associations": {"email_suffixes": []}, "auto_create_users": False}
    )
    assert result["changed"] and not any("does not show which users" in said for said in result["warnings"])
    assert app.document["associations"]["users"] == [{"id": 1, "name": "admin"}]


@pytest.mark.parametrize("release", [32, 36])
def test_a_lack_is_not_taken_for_nothing_there(site: Simulator, release: int) -> None:
    """What reads for reports tells what the release does not show."""
    app = site.commcells["cs01"].state.apps.named("corp.example")[0]
    app.document["associations"] = {"users": [{"id": 1, "name": "admin"}]}
    set_release(site, release)
    expiring = run_body(expiry_info, site, {"commcell": "cs01"})["expiring"]
    status = {source["what"]: source["status"] for source in expiring["sources"] if source["service"] == "commvault"}
    assert status.pop("access_tokens") == "not_offered"
    assert set(status.values()) == {"read"}
    mappings, unlinked = site.variables()["cvops_role_mappings"], {"require_object_id": "none"}
    checks = run_body(sso_preflight_info, site, {"mappings": mappings, "saml_app": "corp.example"})["preflight"]
    (found,) = [check for check in checks["checks"] if check["check"] == "associations"]
    assert (found["verdict"], "11.38" in found["reason"]) == ("unknown", True), found
    result = run_body(commvault_role_mappings, site, {"mappings": mappings, "managed_groups": ["GG-*"], **unlinked})
    assert (result["role_mappings"]["surplus"], result["role_mappings"]["unmanaged"]) == ("unknown", "unknown")


def test_tokens_that_an_unknown_release_does_not_list_are_not_read(site: Simulator) -> None:
    set_release(site, 36, is_hidden=True)
    result = run_body(commvault_security_info, site, {"subset": ["access_tokens"], "principals": ["admin"]})
    found = result["security"]
    assert (found["access_tokens"], found["access_tokens_complete"]) == ([], False)
    assert [user["name"] for user in found["access_tokens_unread"]] == ["admin"]


#: What a release refuses that this account may not see: what is tried, what the release is, and what is said beside its refusal.
TRIED: tuple[tuple[t.Any, t.Any, int, str], ...] = (
    (commvault_access_token, {"name": "nightly"}, 36, "11.38"),
    (commvault_access_token, {"name": "nightly", "allowed_ips": ["10.0.0.1"]}, 40, "allowed_ips (11.42)"),
    (commvault_access_token, {"name": "nightly", "token_type": "hyperscale"}, 40, "token_type (11.42)"),
    (commvault_user, {"name": "robot", "kind": "service_account"}, 40, "Releases before 11.42"),
    (commvault_oidc_app, make_oidc_app, 40, "Releases before 11.42"),
    (commvault_security_info, {"subset": ["associations"], "principals": ["admin"]}, 40, "Before 11.42"),
)


@pytest.mark.usefixtures("virtual_clock")
@pytest.mark.parametrize("used", TRIED, ids=lambda used: f"{used[0].__name__.rpartition('.')[2]}-{used[3]}")
def test_an_unknown_release_is_left_to_the_service(site: Simulator, used: tuple[t.Any, t.Any, int, str]) -> None:
    """Nothing is refused on a guess; what the service refuses is explained, and nothing is half done."""
    module, given, release, said = used
    options = given(site) if callable(given) else given
    set_release(site, release, is_hidden=True)
    result = run_body(module, site, options)
    assert result["failed"] and not result["changed"], result
    assert said in " ".join((result["msg"], *result["warnings"]))
    state = site.commcells["cs01"].state
    assert not state.users.named("robot") and not state.apps.named("entra-oidc")
    assert not any(site.commcells["cs01"].sessions.store.of_user(user.id) for user in state.users)
    set_release(site, 44)
    assert not run_body(module, site, options).get("failed"), "a release that has it takes it, unseen as it is"


def test_a_token_is_edited_where_limits_to_addresses_are_unknown(site: Simulator) -> None:
    set_release(site, 40)
    soon = f"{site.clock.datetime() + datetime.timedelta(days=200):%Y-%m-%d}"
    made = run_body(commvault_access_token, site, {"name": "nightly"})
    assert made["changed"], made
    edited = run_body(commvault_access_token, site, {"name": "nightly", "renewable_until": soon, "allowed_ips": []})
    assert edited["changed"], edited
    assert not run_body(commvault_access_token, site, {"name": "nightly", "renewable_until": soon})["changed"]
