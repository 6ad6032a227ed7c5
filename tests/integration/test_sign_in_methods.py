# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in without a client secret, through the real MSAL: certificates, federated tokens, managed identities, people."""

from __future__ import annotations

import pathlib
import threading
import time
import typing as t

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.direct import Words, connection, run_body
from helpers.trust import Issuer, Pair, graph_of, register_certificate

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra import interactive
from ansible_collections.cvops.identity.plugins.modules import entra_group_info as module

pytestmark = pytest.mark.any_core

READ = {"display_name": "GG-Commvault-hq-vm-Admin"}
NO_SECRET = {"client_secret": None, "retries": 0}


def read(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    return run_body(module, site, {**READ, **NO_SECRET, **options}, verbosity=1)


def assert_signed_in(result: dict[str, t.Any]) -> None:
    assert not result.get("failed"), result["msg"]
    assert len(result["groups"]) == 1


@pytest.mark.parametrize("form", ["text", "file", "encrypted", "pkcs12"])
def test_client_certificate(site: Simulator, tmp_path: pathlib.Path, form: str) -> None:
    pair = Pair()
    register_certificate(site, pair)
    path = tmp_path / "client"
    options: dict[str, t.Any] = {"client_certificate": str(path)}
    if form == "text":
        options["client_certificate"] = pair.key_pem() + pair.pem
    elif form == "file":
        path.write_text(pair.pem + pair.key_pem())
    elif form == "encrypted":
        path.write_text(pair.key_pem("locked") + pair.pem)
        options["client_certificate_password"] = "locked"
    else:
        lock = serialization.BestAvailableEncryption(b"locked")
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", pair.key, pair.certificate, None, lock))
        options["client_certificate_password"] = "locked"
    assert_signed_in(read(site, **options))


def test_what_is_wrong_with_a_certificate_is_said_before_any_request(site: Simulator, tmp_path: pathlib.Path) -> None:
    one, other = Pair(), Pair()
    site.journal.clear()
    cases = {
        "does not belong": one.key_pem() + other.pem,
        "is encrypted": one.key_pem("locked") + one.pem,
        "cannot be read": str(tmp_path / "missing"),
        "holds no certificate": one.key_pem(),
    }
    (tmp_path / "junk").write_text("no certificate at all")
    cases["must hold"] = str(tmp_path / "junk")
    for words, value in cases.items():
        result = read(site, auth_method="client_certificate", client_certificate=value)
        assert result["failed"] and words in result["msg"], (words, result["msg"])
        assert "BEGIN" not in result["msg"]
    assert site.journal.entries() == []


def test_a_certificate_that_is_not_registered(site: Simulator) -> None:
    pair = Pair()
    result = read(site, client_certificate=pair.key_pem() + pair.pem)
    assert result["error"]["code"] == "AADSTS700027" and "not registered" in result["msg"]


def test_federated_token_as_text_and_from_a_file_that_is_replaced(site: Simulator, tmp_path: pathlib.Path) -> None:
    issuer = Issuer(site)
    assert_signed_in(read(site, federated_token=issuer.token()))
    path = tmp_path / "token"
    path.write_text(issuer.token(exp=int(time.time()) - 3600))
    stale = read(site, federated_token_file=str(path))
    assert stale["failed"]
    path.write_text(issuer.token() + "\n")
    assert_signed_in(read(site, federated_token_file=str(path)))


def test_a_federated_token_that_nobody_trusts_tells_what_it_presented(site: Simulator) -> None:
    issuer = Issuer(site)
    token = issuer.token(sub="job-8")
    result = read(site, federated_token=token)
    assert result["error"]["code"] == "AADSTS700213"
    assert "subject job-8" in result["msg"] and result["error"]["presented"]["sub"] == "job-8"
    assert token not in str(result)


@pytest.mark.whole
def test_an_empty_or_missing_token_file(site: Simulator, tmp_path: pathlib.Path) -> None:
    (tmp_path / "empty").write_text("\n")
    assert "is empty" in read(site, federated_token_file=str(tmp_path / "empty"))["msg"]
    assert "cannot be read" in read(site, federated_token_file=str(tmp_path / "missing"))["msg"]


def test_managed_identity(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    site.imds.assign("worker", "Group.Read.All")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", site.imds_url)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert_signed_in(read(site, auth_method="managed_identity"))


def test_user_assigned_managed_identity(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = site.imds.assign("reader", "Group.Read.All", system=False)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", site.imds_url)
    assert_signed_in(read(site, auth_method="managed_identity", managed_identity_client_id=identity.client_id))
    unknown = read(
        site, auth_method="managed_identity", managed_identity_client_id="00000000-0000-4000-8000-000000000000"
    )
    assert unknown["error"]["kind"] == "auth" and "user-assigned" in unknown["msg"]


def test_app_service_identity(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    site.imds.assign("web", "Group.Read.All")
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{site.imds_url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", site.imds.identity_header)
    assert_signed_in(read(site, auth_method="managed_identity"))


def test_no_identity_and_no_endpoint_is_one_clear_error(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
    result = read(site, auth_method="managed_identity")
    assert result["error"]["kind"] == "auth" and "no managed identity endpoint" in result["msg"]


def test_an_endpoint_that_hangs_is_given_up_soon(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ansible_collections.cvops.identity.plugins.module_utils._signin.entra.managed_identity._TIMEOUT_S", 0.2
    )
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", site.imds_url)
    site.imds.assign("worker", "Group.Read.All")
    site.faults.add(Fault(service="imds", action="slow", seconds=60.0, times=10))
    started = time.monotonic()
    result = read(site, auth_method="managed_identity")
    assert result["failed"] and time.monotonic() - started < 120


def test_a_managed_identity_stands_for_an_application(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = site.imds.assign("rotator")
    body = {
        "name": "rotator",
        "issuer": f"{site.login_url}/{site.tenant_id}/v2.0",
        "subject": identity.object_id,
        "audiences": ["api://AzureADTokenExchange"],
    }
    path = f"/applications/{site.automation.app_object_id}/federatedIdentityCredentials"
    graph_of(site).write("POST", path, body, intent="trust a managed identity")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", site.imds_url)
    assert_signed_in(read(site, federated_managed_identity="system"))


def test_people_are_asked_only_at_a_terminal(site: Simulator) -> None:
    for method in ("device_code", "interactive"):
        result = read(site, auth_method=method)
        assert result["failed"] and "terminal" in result["msg"]


def test_device_code_shows_its_message_once(site: Simulator) -> None:
    path = f"/applications/{site.automation.app_object_id}"
    graph = graph_of(site)
    graph.write("PATCH", path, {"isFallbackPublicClient": True}, intent="allow public clients")
    resource = graph.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')", intent="find Graph") or {}
    consent = {"clientId": site.automation.object_id, "consentType": "AllPrincipals", "resourceId": resource["id"]}
    graph.write("POST", "/oauth2PermissionGrants", {**consent, "scope": "User.Read"}, intent="consent")
    options = {**connection(site), "cloud": "public", "validate_certs": True, "retries": 0, "client_secret": None}
    words = Words()
    ctx = Context(options=options, reporter=words, attended=True)
    answers: list[t.Mapping[str, t.Any]] = []
    asking = threading.Thread(
        target=lambda: answers.append(interactive.sign_in_with_device_code(ctx, "https://graph.microsoft.com/.default"))
    )
    asking.start()
    for dummy in range(1000):
        if words.lines:
            break
        time.sleep(0.1)
    (message,) = words.lines
    code = message.split("enter the code ")[1].split()[0].rstrip(".")
    assert site.login.approve_device(code, next(iter(site.tenant.users)))
    asking.join(300)
    assert answers and answers[0].get("access_token"), answers


def test_auto_says_what_it_took_and_why(site: Simulator) -> None:
    words = Words()
    result = run_body(module, site, READ, verbosity=1, words=words)
    assert_signed_in(result)
    assert any("auth_method auto: client_secret" in line and "client_secret from" in line for line in words.lines)


def test_incomplete_inputs_name_the_nearest_method(site: Simulator) -> None:
    result = read(site, tenant_id=None)
    assert result["error"]["kind"] == "config" and "tenant_id" in result["msg"]


def test_a_missing_secret_is_named_as_such(site: Simulator) -> None:
    assert "client_secret, lacks client_secret" in read(site)["msg"]
