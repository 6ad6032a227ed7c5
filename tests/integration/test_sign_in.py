# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in to both services: every way it can go wrong is one clear message, and no session is left behind."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.blocked_addresses import block_application, lift
from helpers.direct import Words, run_body

from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.resource import RoleResource
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.modules import (
    commvault_role,
    commvault_security_info,
    connection_info,
    entra_group_info,
)

pytestmark = pytest.mark.any_core

OTHER_TENANT = "d1ad2f3e-5f5c-4a3f-8d7e-0d7a7f1c2b3a"
WRONG = "wrong-secret-4711"


def entra(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    """Something that needs a token for Graph."""
    return run_body(entra_group_info, site, {"display_name": "nobody", "token_cache": "none", **options})


def commvault(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    """Something that needs a session on the CommServe."""
    return run_body(commvault_security_info, site, {"subset": ["roles"], "token_cache": "none", **options})


def cell(site: Simulator) -> t.Any:
    return next(iter(site.commcells.values()))


def token_requests(site: Simulator) -> int:
    return sum(entry.path.endswith("/token") for entry in site.journal.entries("login"))


def calls(site: Simulator, name: str) -> int:
    return sum(entry.path.lower().endswith(f"/{name}") for entry in site.journal.entries(cell(site).name))


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"client_secret": WRONG}, "AADSTS7000215", "give its value, not its id"),
        (
            {"client_secret": OTHER_TENANT},
            "AADSTS7000215",
            "The given client_secret looks like a secret's id, which is a GUID; the secret's value is needed.",
        ),
        ({"tenant_id": OTHER_TENANT}, "AADSTS90002", "The tenant was not found: check where tenant_id comes from."),
        ({"client_id": OTHER_TENANT}, "AADSTS700016", "No application with this client id exists in this tenant"),
    ],
)
def test_refused_by_entra(site: Simulator, options: dict[str, str], code: str, said: str) -> None:
    result = entra(site, **options)
    assert result["failed"] is True
    assert (result["error"]["kind"], result["error"]["code"]) == ("auth", code)
    assert said in result["msg"]
    named = {"tenant_id": site.tenant_id, "client_id": site.automation.client_id, **options}
    assert f"tenant {named['tenant_id']} " in result["msg"]
    assert named["client_id"] in result["msg"]
    assert "tenant_id from option tenant_id" in result["msg"]
    assert "orrelation id" in result["msg"]
    assert WRONG not in str(result)
    assert site.automation.client_secret not in str(result)
    assert token_requests(site) <= 1, "a refusal is final"
    assert not site.journal.entries("graph")


def test_a_token_that_has_expired(site: Simulator) -> None:
    ready = ready_token(site, lifetime=-60)
    result = entra(site, auth_method="token", access_token=ready)
    assert (result["error"]["kind"], result["error"]["code"]) == ("auth", "token_expired")
    assert "The access token from option access_token has expired; get a new one." in result["msg"]
    assert not site.journal.entries(), "nothing is sent with it"


def ready_token(site: Simulator, lifetime: int = 3600) -> str:
    """A token as the caller's own command line would give it."""
    site.login.issuer.expires_in = lifetime
    taken: list[str] = []

    def read(ctx: Context) -> t.Any:
        from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.sign_in import EntraSignIn

        taken.append(EntraSignIn(ctx).get_token("https://graph.microsoft.com/.default").value)
        return []

    module = type("Module", (), {"SPEC": entra_group_info.SPEC, "RESOURCE": Report("groups", read)})
    run_body(t.cast(t.Any, module), site, {"display_name": "nobody", "token_cache": "none"})
    site.login.issuer.expires_in = 3599
    site.journal.clear()
    return taken[0]


def test_a_ready_token_is_used_as_it_is(site: Simulator) -> None:
    ready = ready_token(site)
    result = entra(site, auth_method="auto", access_token=ready, client_secret=None)
    assert result["groups"] == []
    assert not site.journal.entries("login")
    assert ready not in str(result)


def test_a_ready_token_that_graph_refuses(site: Simulator) -> None:
    result = entra(site, auth_method="token", access_token="not.a.token")
    assert result["error"]["kind"] == "auth"
    assert result["error"]["status"] == 401
    assert len(site.journal.entries("graph")) == 1, "there is nothing to renew it with"


def test_an_untrusted_certificate_names_the_ca(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    tried = {"ca_path": entra(site, ca_path=None), "commvault_ca_path": commvault(site, commvault_ca_path=None)}
    for option, result in tried.items():
        assert (result["error"]["kind"], result["error"]["code"]) == ("unreachable", "certificate")
        assert "the CA bundle of Python's certifi" in result["msg"]
        assert f"set {option} to the CA that signed it" in result["msg"]
    assert not site.journal.entries()


def test_a_ca_that_is_not_there(site: Simulator) -> None:
    result = entra(site, ca_path="/nowhere/ca.pem")
    assert result["error"]["kind"] == "config"
    assert "/nowhere/ca.pem" in result["msg"]


def test_an_unreachable_host(site: Simulator) -> None:
    dead = "https://localhost:9"
    result = entra(site, authority_url=dead, retries=0)
    assert (result["error"]["kind"], result["error"]["code"]) == ("unreachable", "refused")
    assert "localhost:9" in result["msg"]
    result = commvault(site, commvault_url=f"{dead}/commandcenter/api", retries=0)
    assert (result["error"]["kind"], result["error"]["code"]) == ("unreachable", "refused")


@pytest.mark.parametrize("option", ["authority_url", "graph_url"])
def test_plain_http_is_refused_for_entra(site: Simulator, option: str) -> None:
    result = entra(site, **{option: "http://localhost:8080"})
    assert result["error"]["kind"] == "config"
    assert f"{option}: http://localhost:8080 is not an https address" in result["msg"]
    assert not site.journal.entries()


def test_plain_http_is_refused_for_commvault(site: Simulator) -> None:
    result = commvault(site, commvault_url="http://localhost:8080/commandcenter/api")
    assert "commvault_url: http://localhost:8080 is not an https address" in result["msg"]
    assert not site.journal.entries()


@pytest.mark.parametrize("action", ["html", "garbage", "empty"])
def test_a_token_endpoint_that_answers_something_else(
    site: Simulator, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    site.faults.add(Fault("login", "POST", "*/token", action, status=200, times=0))
    result = entra(site)
    assert result["error"]["kind"] == "auth", result
    assert "Cannot sign in to tenant" in result["msg"]
    assert ("HTML page titled" in result["msg"]) is (action == "html")
    assert token_requests(site) == 1
    assert not [record for record in caplog.records if record.name.startswith("msal")], "libraries' logs are files, too"


def test_discovery_that_answers_html(site: Simulator) -> None:
    site.faults.add(Fault("login", "GET", "*", "html", status=200, times=0))
    result = entra(site)
    assert result["error"]["kind"] == "auth", result
    assert site.login_url in result["msg"] or "HTML page" in result["msg"]


def test_a_token_endpoint_that_fails(site: Simulator) -> None:
    site.faults.add(Fault("login", "POST", "*/token", "status", status=500, times=0))
    result = entra(site)
    assert (result["error"]["kind"], result["error"]["status"]) == ("api", 500)
    assert "Entra sign-in failed with HTTP 500: AADSTS90033: A transient error has occurred." in result["msg"]
    assert token_requests(site) <= 5


def test_a_token_endpoint_that_stumbles(site: Simulator) -> None:
    site.faults.add(Fault("login", "POST", "*/token", "status", status=503))
    site.faults.add(Fault("login", "POST", "*/token", "drop_after"))
    result = entra(site)
    assert result["groups"] == []
    assert result["stats"]["sign_ins"] == 1


def test_throttled_sign_in(site: Simulator) -> None:
    site.faults.add(Fault("login", "POST", "*/token", "status", status=429, retry_after=1))
    result = entra(site)
    assert result["groups"] == []
    assert result["stats"]["waited_s"] >= 1
    site.faults.add(Fault("login", "POST", "*/token", "status", status=429, retry_after=900, times=0))
    result = entra(site)
    assert result["error"]["kind"] == "throttled", result
    assert result["error"]["retry_after_s"] == 900


def test_a_token_that_dies_in_mid_run_is_renewed_once(site: Simulator) -> None:
    site.faults.add(Fault("graph", "GET", "*", "status", status=401))
    result = entra(site)
    assert result["groups"] == []
    assert result["stats"]["sign_ins"] == 2


def test_incomplete_inputs(site: Simulator) -> None:
    result = entra(site, auth_method="client_secret", client_secret="", client_id="")
    assert result["error"]["kind"] == "config"
    assert "auth_method client_secret needs client_id, client_secret: set them as options" in result["msg"]
    assert "CVOPS_CLIENT_ID" in result["msg"]
    result = commvault(site, commvault_password="", commvault_access_token="x" * 20)
    assert (
        "needs commvault_password; commvault_access_token is set: to use it, set commvault_auth_method" in result["msg"]
    )
    assert not site.journal.entries()


# Commvault


def test_a_wrong_password_is_tried_once(site: Simulator) -> None:
    result = commvault(site, commvault_password=WRONG)
    assert (result["error"]["kind"], result["error"]["code"]) == ("auth", "1116")
    assert "The user name or password is not correct" in result["msg"]
    assert "commvault_password from option commvault_password" in result["msg"]
    assert WRONG not in str(result)
    assert calls(site, "login") == 1
    assert cell(site).user(cell(site).automation[0]).failed_logins == 1


def test_a_locked_account(site: Simulator) -> None:
    cell(site).user(cell(site).automation[0]).locked_until = site.clock.now() + 600
    result = commvault(site)
    assert result["error"]["kind"] == "auth"
    assert "The account is locked for another" in result["msg"]
    assert calls(site, "login") == 1


def test_a_password_that_must_be_changed(site: Simulator) -> None:
    body = {"token": "QSDK 0123456789abcdef", "forcePasswordChange": True, "errList": []}
    site.faults.add(Fault(cell(site).name, "POST", "*/Login", "status", status=200, body=body))
    result = commvault(site)
    assert result["error"]["kind"] == "auth"
    assert "the password must be changed first. Change it in the Command Center." in result["msg"]
    assert "0123456789abcdef" not in str(result)


@pytest.mark.parametrize("action", ["html", "empty", "garbage", "drop_after"])
def test_a_login_that_answers_something_else(site: Simulator, action: str) -> None:
    site.faults.add(Fault(cell(site).name, "POST", "*/Login", action, status=200))
    result = commvault(site)
    assert result["error"]["kind"] == ("unreachable" if action == "drop_after" else "auth")
    assert calls(site, "login") == 1, "a password is not sent again once it may have been received"


def test_every_login_is_ended(site: Simulator) -> None:
    assert commvault(site)["security"]["roles"]
    assert not cell(site).sessions.logins
    assert (calls(site, "login"), calls(site, "logout")) == (1, 1)


def test_every_login_is_ended_after_a_failure(site: Simulator) -> None:
    options = {"name": "R", "permissions": ["no such permission"]}
    assert run_body(commvault_role, site, options)["failed"] is True
    assert (calls(site, "login"), calls(site, "logout")) == (1, 1)
    assert not cell(site).sessions.logins


@pytest.mark.parametrize("crash", [ApiError("refused"), ZeroDivisionError("a fault of our own")])
def test_every_login_is_ended_after_a_crash(site: Simulator, crash: Exception) -> None:
    class Crashing(RoleResource):
        def _create(self, step: Step) -> None:
            raise crash

    module = t.cast(t.Any, type("Module", (), {"SPEC": commvault_role.SPEC, "RESOURCE": Crashing}))
    options = {"name": "New role", "permissions": ["View"]}
    result = run_body(module, site, options)
    assert result["failed"] is True
    assert result["error"]["kind"] == ("api" if isinstance(crash, ApiError) else "internal")
    assert (calls(site, "login"), calls(site, "logout")) == (1, 1)
    assert not cell(site).sessions.logins


def test_a_logout_that_fails_does_not_fail_the_task(site: Simulator) -> None:
    for action in ("status", "drop_before", "html"):
        site.faults.clear()
        site.faults.add(Fault(cell(site).name, "POST", "*/Logout", action))
        assert commvault(site)["security"]["roles"], action


def test_a_session_that_dies_in_mid_run_is_opened_anew_once(site: Simulator) -> None:
    site.faults.add(
        Fault(
            cell(site).name,
            "GET",
            "*/Role*",
            "status",
            status=401,
            body={"errorCode": 5, "errorMessage": "Access denied"},
        )
    )
    assert commvault(site)["security"]["roles"]
    assert calls(site, "login") == 2
    site.faults.add(Fault(cell(site).name, "GET", "*/Role*", "status", status=401, times=0))
    site.journal.clear()
    assert commvault(site)["error"]["kind"] == "auth"
    assert calls(site, "login") == 2


@pytest.mark.parametrize("path", ["/commandcenter/api", "/webconsole/api", "/SearchSvc/CVWebService.svc"])
def test_the_path_of_the_api_is_found(site: Simulator, path: str) -> None:
    """A bare host name is enough wherever the API stands."""
    service = cell(site)
    for other in ("/commandcenter/api", "/webconsole/api", "/SearchSvc/CVWebService.svc"):
        if other != path:
            site.faults.add(Fault(service.name, "GET", f"{other}/", "html", status=404, times=0))
    result = commvault(site, commvault_url=service.origin)
    assert result["security"]["roles"], result
    (login,) = [entry for entry in site.journal.entries(service.name) if entry.path.lower().endswith("/login")]
    assert login.path == f"{path}/Login"


def test_a_login_service_that_is_not_well_blames_no_password(site: Simulator) -> None:
    site.faults.add(Fault(cell(site).name, "POST", "*/Login", "status", status=500, body={"error": {}}))
    result = commvault(site)
    assert (result["error"]["kind"], result["error"]["status"]) == ("auth", 500)
    assert "it failed with HTTP 500" in result["msg"]
    assert "password" not in result["msg"].lower()
    assert calls(site, "login") == 1, "what became of the password is not known"


def test_a_login_that_is_put_off_is_made_later(site: Simulator) -> None:
    site.faults.add(Fault(cell(site).name, "POST", "*/Login", "status", status=429, retry_after=1))
    result = commvault(site)
    assert result["security"]["roles"], result
    assert calls(site, "login") == 2


def test_a_host_without_the_api(site: Simulator) -> None:
    result = commvault(site, commvault_url=site.login_url)
    assert result["error"]["kind"] == "config"
    assert "No Commvault API found at" in result["msg"]
    assert "/webconsole/api" in result["msg"]


@pytest.mark.whole
def test_a_host_that_is_not_well(site: Simulator) -> None:
    """That the service fails is no reason to say that the address is wrong."""
    service = cell(site)
    for path in ("/commandcenter/api", "/webconsole/api", "/SearchSvc/CVWebService.svc"):
        site.faults.add(Fault(service.name, "GET", f"{path}/", "html", status=500, times=0))
    result = commvault(site, commvault_url=service.origin)
    assert (result["error"]["kind"], result["error"]["service"]) == ("api", "Commvault")
    assert "failed with HTTP 500" in result["msg"]


@pytest.mark.parametrize("given", ["/commandcenter", "/commandcenter/", "/webconsole", "/commandcenter/api/"])
def test_addresses_as_people_write_them(site: Simulator, given: str) -> None:
    assert commvault(site, commvault_url=f"{cell(site).origin}{given}")["security"]["roles"]


@pytest.mark.parametrize("header", ["Authtoken", "Authorization"])
def test_a_ready_access_token(site: Simulator, header: str) -> None:
    token = cell(site).access_token()
    method = {"commvault_auth_method": "access_token", "commvault_password": None}
    result = commvault(site, **method, commvault_access_token=token, commvault_token_header=header)
    assert result["security"]["roles"], result
    assert token not in str(result)
    assert calls(site, "login") == calls(site, "logout") == 0
    wrong = commvault(site, **method, commvault_access_token="f" * 40, commvault_token_header=header)
    assert wrong["error"]["kind"] == "auth"
    assert calls(site, "login") == 0


def test_an_access_token_for_the_wrong_header(site: Simulator) -> None:
    cell(site).behaviours.authtoken_only = True
    options = {"commvault_auth_method": "access_token", "commvault_access_token": cell(site).access_token()}
    assert commvault(site, **options, commvault_token_header="Authorization")["error"]["kind"] == "auth"
    assert commvault(site, **options)["security"]["roles"]


def assert_blocked(error: t.Mapping[str, t.Any]) -> None:
    """Check that an error speaks of conditional access, says what to do, and leaves the credential alone."""
    assert (error["kind"], error["code"]) == ("conditional_access", "AADSTS53003")
    for words in ("whatever the credential", "named location", "report-only", "The sign-in log has the policy"):
        assert words in error["remedy"]
    assert error["request_id"]


def test_conditional_access_is_told_and_not_asked_again(site: Simulator) -> None:
    """Whoever signs in: the credential is not to blame, and to sign in once more changes nothing."""
    policy = block_application(site, site.automation.client_id)
    site.journal.clear()
    blocked = entra(site)
    assert_blocked(blocked["error"])
    assert blocked["error"]["remedy"] in blocked["msg"]
    assert token_requests(site) == 1
    assert "secret is wrong" not in blocked["msg"]

    found = run_body(connection_info, site, {"token_cache": "none"})["connection"]
    assert_blocked(found["entra"]["error"])
    assert found["commvault"]["status"] == "ok"
    assert "report-only" in "\n".join(found["report"]["entra"])

    service = cell(site)
    service.behaviours.oauth = True
    service.behaviours.oauth_app_users = {site.automation.client_id: service.automation[0]}
    scope = f"{site.automation.client_id}/.default"
    by_token = {"commvault_auth_method": "entra", "commvault_entra_scope": scope}
    assert_blocked(commvault(site, **by_token)["error"])
    lift(site, policy)
    assert "error" not in commvault(site, **by_token)
    assert not entra(site).get("failed")


def test_a_policy_that_is_put_in_force_in_the_middle_of_a_run_is_told(
    site: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that is out stays good until Graph refuses it; the next sign-in says what has happened."""
    add = site.journal.add

    def add_and_block(entry: t.Any) -> None:
        add(entry)
        if entry.service == "login" and entry.path.endswith("/token") and not site.tenant.policies:
            block_application(site, site.automation.client_id)

    monkeypatch.setattr(site.journal, "add", add_and_block)
    assert not entra(site).get("failed")
    for policy in list(site.tenant.policies):
        site.tenant.store.remove("conditionalAccessPolicies", policy)
    site.faults.add(Fault("graph", "GET", "*", "status", times=1, status=401))
    refused = entra(site)
    assert_blocked(refused["error"])
    assert token_requests(site) == 3, "one each, and one after Graph refused the token"


def test_a_token_of_entra(site: Simulator) -> None:
    service, scope = cell(site), f"{site.automation.client_id}/.default"
    service.behaviours.oauth = True
    service.behaviours.oauth_app_users = {site.automation.client_id: service.automation[0]}
    result = commvault(site, commvault_auth_method="entra", commvault_entra_scope=scope)
    assert result.get("security", {}).get("roles"), result
    assert any("experimental" in warning for warning in result["warnings"])
    assert calls(site, "login") == 0
    service.behaviours.oauth = False
    assert commvault(site, commvault_auth_method="entra", commvault_entra_scope=scope)["error"]["kind"] == "auth"


@pytest.mark.parametrize(
    ("taken", "chosen", "found"),
    [
        ("authorization", "Authorization", "Authorization"),
        ("authorization", "Authtoken", None),
        ("authorization", "try_both", "Authorization"),
        ("authtoken", "Authorization", None),
        ("authtoken", "Authtoken", "Authtoken"),
        ("authtoken", "try_both", "Authtoken"),
        ("both", "Authtoken", "Authtoken"),
        ("both", "try_both", "Authorization"),
        ("neither", "try_both", None),
    ],
)
def test_a_token_of_entra_in_the_header_that_is_taken(
    site: Simulator, taken: str, chosen: str, found: str | None
) -> None:
    """Each header of the vendor's own clients; both are tried only where the option says so."""
    service, scope = cell(site), f"{site.automation.client_id}/.default"
    service.behaviours.oauth = taken != "neither"
    service.behaviours.oauth_header = "both" if taken == "neither" else taken
    service.behaviours.oauth_app_users = {site.automation.client_id: service.automation[0]}
    words = Words()
    options = {"commvault_auth_method": "entra", "commvault_entra_scope": scope, "commvault_entra_header": chosen}
    result = run_body(connection_info, site, options, verbosity=4, words=words)
    side = result["connection"]["commvault"]
    assert (side["status"], side["token_header"]) == ("ok" if found else "failed", found), side
    sent = [line for line in words.lines if line.split(" ")[1].startswith(service.url) and " headers " in line]
    tried = [[name for name in ("Authorization", "Authtoken") if f"'{name}'" in line] for line in sent]
    assert all(len(names) == 1 for names in tried)
    if chosen != "try_both":
        assert {names[0] for names in tried} == {chosen}
    else:
        assert [names[0] for names in tried][:2] == ["Authorization", found or "Authtoken"]
        assert all(names == [found] for names in tried[2:]) if found else len(tried) == 2
    lines = "\n".join(result["connection"]["report"]["commvault"])
    assert (f"taken as Bearer in the header {found}" in lines) is bool(found)


def test_missing_rights_are_not_tried_in_another_header(site: Simulator) -> None:
    service, scope = cell(site), f"{site.automation.client_id}/.default"
    service.behaviours.oauth, service.behaviours.oauth_header = True, "both"
    service.behaviours.oauth_app_users = {site.automation.client_id: service.automation[0]}
    site.faults.add(Fault("cs01", "GET", "*/V2/WhoAmI", "status", status=403, times=1))
    site.journal.clear()
    options = {"commvault_auth_method": "entra", "commvault_entra_scope": scope, "commvault_entra_header": "try_both"}
    assert commvault(site, **options)["security"]["roles"]
    assert [entry.status for entry in site.journal.entries("cs01") if entry.path.endswith("/V2/WhoAmI")] == [403]


def test_a_token_for_the_proxy_beside_the_login(site: Simulator) -> None:
    """A Command Center that is published behind a gateway: both headers go out, also with login and logout."""
    words = Words()
    scope = f"{site.automation.client_id}/.default"
    options = {"subset": ["roles"], "commvault_proxy_scope": scope, "token_cache": "none"}
    result = run_body(commvault_security_info, site, options, verbosity=4, words=words)
    assert result["security"]["roles"], result
    assert token_requests(site) == 1
    sent = [line for line in words.lines if line.split(" ")[1].startswith(cell(site).url) and " headers " in line]
    assert sent
    assert all("'Authorization'" in line for line in sent), sent
    assert all("'Authtoken'" in line for line in sent if "/Login " not in line)
    assert not cell(site).sessions.logins


@pytest.mark.parametrize(
    "more",
    [
        {"commvault_auth_method": "entra", "commvault_entra_scope": "x/.default"},
        {"commvault_token_header": "Authorization"},
    ],
)
def test_two_tokens_for_one_header(site: Simulator, more: dict[str, str]) -> None:
    result = commvault(site, commvault_proxy_scope="x/.default", **more)
    assert result["error"]["kind"] == "config"
    assert "cannot be combined" in result["msg"]
    assert not site.journal.entries()


def test_two_factor_authentication(site: Simulator) -> None:
    cell(site).behaviours.two_factor_pin = "314159"
    assert commvault(site, commvault_pin="314159")["security"]["roles"]
    assert commvault(site)["error"]["kind"] == "auth"
