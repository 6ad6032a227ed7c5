# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workload identity from end to end: the trust is written by the module, and a token of the issuer signs in, or does not."""

from __future__ import annotations

import base64
import json
import pathlib
import typing as t

import jwt
import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.bao import Bao
from helpers.checks import assert_no_secrets
from helpers.direct import Words, connection, run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock
from helpers.workload_issuers import AUDIENCE, BaoIssuer, Cluster, Projection

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient
from ansible_collections.cvops.identity.plugins.modules import entra_federated_credential, entra_group_info

pytestmark = pytest.mark.any_core

READ = {"display_name": "GG-Commvault-hq-vm-Admin", "client_secret": None, "retries": 0}
OTHERS = "00000000-0000-4000-8000-000000000000"


def read(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    return run_body(entra_group_info, site, {**READ, **options}, verbosity=3)


def trust(site: Simulator, name: str, **how: t.Any) -> dict[str, t.Any]:
    """Let the module write the trust of the automation's own application."""
    application = {"object_id": site.automation.app_object_id}
    result = run_body(entra_federated_credential, site, {"application": application, "name": name, **how})
    assert result["changed"], result
    return t.cast("dict[str, t.Any]", result["federated_credential"])


@pytest.fixture
def cluster(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """A cluster whose service account awx/cvops is trusted by the preset."""
    share_clock(monkeypatch, site)
    running = Cluster(site)
    trust(site, "awx-jobs", kubernetes={"issuer": running.issuer, "namespace": "awx", "service_account": "cvops"})
    return running


@pytest.mark.parametrize(
    "name", ["AZURE_FEDERATED_TOKEN_FILE", "CVOPS_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN_FILE_PATH"]
)
def test_a_pod_signs_in_with_its_projected_token(
    site: Simulator, play: Player, tmp_path: pathlib.Path, name: str
) -> None:
    cluster, projection = Cluster(site), Projection(tmp_path / "tokens")
    trust(site, "awx-jobs", kubernetes={"issuer": cluster.issuer, "namespace": "awx", "service_account": "cvops"})
    token = cluster.token()
    projection.write(token)
    tasks = [{"name": "read", "cvops.identity.entra_group_info": {"display_name": READ["display_name"]}}]
    run = play(tasks, verbosity=4, env={"CVOPS_CLIENT_SECRET": "", name: str(projection.path)}).ok()
    assert len(run.one("read")["groups"]) == 1
    assert_no_secrets(run, [run.folder / "results.jsonl"], [token])


def test_text_in_the_environment_wins_over_the_file(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    """AKS sets the name of the file in every pod; whoever hands over a token besides means that one."""
    cluster = Cluster(site)
    trust(site, "awx-jobs", kubernetes={"issuer": cluster.issuer, "namespace": "awx", "service_account": "cvops"})
    token, path = cluster.token(), tmp_path / "none"
    tasks = [{"name": "read", "cvops.identity.entra_group_info": {"display_name": READ["display_name"]}}]
    env = {"CVOPS_CLIENT_SECRET": "", "AZURE_FEDERATED_TOKEN": f"{token}\n", "AZURE_FEDERATED_TOKEN_FILE": str(path)}
    run = play(tasks, verbosity=4, env=env).ok()
    assert (
        len(run.one("read")["groups"]) == 1
        and "federated_token from environment variable AZURE_FEDERATED_TOKEN" in run.text
    )
    assert_no_secrets(run, [run.folder / "results.jsonl"], [token])


def test_a_run_that_outlives_its_token_takes_the_new_one(
    site: Simulator, cluster: Cluster, tmp_path: pathlib.Path
) -> None:
    projection = Projection(tmp_path / "tokens")
    first = cluster.token()
    projection.write(first)
    given = {**connection(site), "client_secret": None, "auth_method": "auto", "cloud": "public"}
    words = Words()
    options = {**given, "validate_certs": True, "token_cache": "none", "federated_token_file": str(projection.path)}
    ctx = Context(options=options, reporter=words, verbosity=3)
    graph = GraphClient(ctx)
    assert graph.get("/organization", intent="look")
    site.clock.advance(7200)
    second = cluster.token()
    projection.write(second)
    assert graph.get("/organization", intent="look again"), "the access token is over, and so is the first assertion"
    assert ctx.stats.as_result()["sign_ins"] == 2
    assert {first, second} <= ctx.secrets and not [line for line in words.lines if first in line or second in line]
    site.clock.advance(7200)
    with pytest.raises(Exception, match="AADSTS700024") as refused:  # nobody has replaced it
        graph.get("/organization", intent="look once more")
    assert second not in str(refused.value)


def test_a_token_that_is_replaced_while_it_is_presented_is_presented_anew(
    site: Simulator, cluster: Cluster, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read was cut off within the signature, which no form tells; meanwhile the file is whole."""
    path, whole = tmp_path / "token", cluster.token()
    path.write_text(whole[:-40])
    original = site.login._client_credentials  # the token service's own answer, behind what happens meanwhile

    def replace_then_answer(form: dict[str, str], *rest: t.Any) -> t.Any:
        path.write_text(whole)
        return original(form, *rest)

    monkeypatch.setattr(site.login, "_client_credentials", replace_then_answer)
    result = read(site, federated_token_file=str(path))
    assert not result.get("failed"), result["msg"]
    path.write_text(whole[:-40])
    monkeypatch.setattr(site.login, "_client_credentials", original)
    refused = read(site, federated_token_file=str(path))
    assert refused["error"]["kind"] == "auth" and refused["stats"]["sign_ins"] == 1, (
        "what has not changed is not repeated"
    )
    assert whole[:-40] not in str(refused)


def _unsigned(cluster: Cluster) -> str:
    def encode(value: t.Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{encode({'alg': 'none', 'typ': 'JWT'})}.{encode(cluster.claims())}.e30"


def _signed_by_another(cluster: Cluster) -> str:
    return jwt.encode(cluster.claims(), Cluster(cluster.site, "https://other.example").key, algorithm="RS256")


FORGED: dict[str, tuple[t.Callable[[Cluster], str], str]] = {
    "an issuer that is not trusted": (lambda one: one.token(iss="https://oidc.k8s.corp.example/other"), "AADSTS700211"),
    "an issuer with a slash": (lambda one: one.token(iss=f"{one.issuer}/"), "AADSTS700211"),
    "another namespace": (lambda one: one.token(sub="system:serviceaccount:default:cvops"), "AADSTS700213"),
    "another letter case": (lambda one: one.token(sub="system:serviceaccount:awx:Cvops"), "AADSTS700213"),
    "the audience of the cluster": (lambda one: one.token(aud=["https://kubernetes.default.svc"]), "AADSTS700212"),
    "no audience": (lambda one: one.token(aud=None), "AADSTS700212"),
    "a token that is over": (lambda one: one.token(exp=int(one.site.clock.now()) - 3600), "AADSTS700024"),
    "a token of tomorrow": (lambda one: one.token(nbf=int(one.site.clock.now()) + 86400), "AADSTS700024"),
    "no end": (lambda one: one.token(exp=None), "AADSTS700024"),
    "no signature": (_unsigned, "AADSTS50013"),
    "the signature of another": (_signed_by_another, "AADSTS50013"),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_token_that_is_not_the_pods_signs_nobody_in(site: Simulator, cluster: Cluster, what: str) -> None:
    make, code = FORGED[what]
    token = make(cluster)
    result = read(site, federated_token=token)
    assert (result["error"]["kind"], result["error"]["code"]) == ("auth", code), result["msg"]
    assert token not in str(result) and "The presented token has issuer" in result["msg"]


def test_the_token_service_fails_and_the_token_is_shown_nowhere(site: Simulator, cluster: Cluster) -> None:
    token = cluster.token()
    site.faults.add(Fault(service="login", method="POST", path="*/token", action="status", status=500, times=9))
    result = read(site, federated_token=token)
    assert result["failed"] and token not in str(result)


def test_tokens_of_openbao_sign_in(site: Simulator, bao: Bao, play: Player, tmp_path: pathlib.Path) -> None:
    """A real issuer with discovery document and keys; the subject is the entity of the role that signed in there."""
    issuer = BaoIssuer(bao, site)
    written = trust(site, "openbao-converge", issuer=issuer.issuer, subject=issuer.subject)
    assert written["audiences"] == [AUDIENCE]
    token = issuer.token()
    path = tmp_path / "token"
    path.write_text(token)
    tasks = [{"name": "read", "cvops.identity.entra_group_info": {"display_name": READ["display_name"]}}]
    env = {"CVOPS_CLIENT_SECRET": "", "CVOPS_FEDERATED_TOKEN_FILE": str(path)}
    run = play(tasks, verbosity=4, env=env).ok()
    assert len(run.one("read")["groups"]) == 1
    assert_no_secrets(run, [run.folder / "results.jsonl"], [token])
    other = BaoIssuer(bao, site, role="rotate")
    assert other.subject != issuer.subject
    refused = read(site, federated_token=other.token())
    assert refused["error"]["code"] == "AADSTS700213" and refused["error"]["presented"]["sub"] == other.subject
