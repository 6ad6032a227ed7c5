# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults, quota, journal, replication, batches and the control listener."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
import yaml

from certificates import make_certificate
from cvops_simulator import Fault, Replication, Simulator
from cvops_simulator.cli import main
from cvops_simulator.testing import running_simulator
from graph_client import GraphClient, secret_form, token_answer


def test_fault_counting() -> None:
    fault = Fault("graph", path="/v1.0/USERS*", after=1, every=2, times=2)
    assert fault.applies("graph", "GET", "/v1.0/users/x")
    assert not fault.applies("graph", "GET", "/v1.0/groups")
    assert not fault.applies("login", "GET", "/v1.0/users")
    assert [fault.take() for _ in range(7)] == [False, True, False, True, False, False, False]
    with pytest.raises(ValueError, match="unknown action"):
        Fault("graph", action="explode")
    with pytest.raises(ValueError, match="unknown key"):
        Fault.from_dict({"service": "graph", "colour": "red"})


def test_a_connection_that_closes_before_or_after_the_write(sim: Simulator, graph: GraphClient) -> None:
    path = f"/applications/{graph.application()['id']}"
    for action, expected in (("drop_before", 0), ("drop_after", 1)):
        sim.faults.add(Fault("graph", method="POST", path="*/addPassword", action=action))
        with pytest.raises(httpx.RemoteProtocolError):
            graph.call("POST", f"{path}/addPassword", {})
        assert len(graph.ok(200, "GET", path)["passwordCredentials"]) == expected
    dropped = [entry for entry in sim.journal.entries("graph", "POST") if entry.fault]
    assert [(entry.fault, entry.status) for entry in dropped] == [("drop_before", 0), ("drop_after", 0)]


def test_a_write_that_happened_may_be_answered_with_a_refusal(sim: Simulator, graph: GraphClient) -> None:
    path = f"/applications/{graph.application()['id']}"
    sim.faults.add(
        Fault("graph", method="POST", path="*/addPassword", action="status_after", status=503, retry_after=2)
    )
    answer = graph.call("POST", f"{path}/addPassword", {})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert len(graph.ok(200, "GET", path)["passwordCredentials"]) == 1


def test_every_answer_tells_the_time_by_the_services_clock(sim: Simulator, graph: GraphClient) -> None:
    sim.clock.advance(90 * 86400)
    for path in ("/users", "/nowhere"):
        dates = graph.call("GET", path).headers.get_list("Date")
        (told,) = [parsedate_to_datetime(date) for date in dates]
        assert abs((told - sim.clock.datetime()).total_seconds()) < 10


def test_broken_answers(sim: Simulator, graph: GraphClient) -> None:
    sim.faults.add(Fault("graph", action="status", status=503, retry_after=7))
    answer = graph.call("GET", "/users")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert answer.json()["error"]["code"] == "ServiceUnavailable"
    sim.faults.add(Fault("graph", action="html", status=502))
    answer = graph.call("GET", "/users")
    assert answer.status_code == 502
    assert "<title>502" in answer.text
    sim.faults.add(Fault("graph", action="empty"))
    assert graph.call("GET", "/users").content == b""
    sim.faults.add(Fault("graph", action="garbage"))
    with pytest.raises(ValueError, match="Expecting value"):
        graph.call("GET", "/users").json()
    sim.faults.add(Fault("graph", action="truncated"))
    cut = graph.call(
        "POST", "/groups", {"displayName": "Cut", "mailEnabled": False, "mailNickname": "cut", "securityEnabled": True}
    )
    assert cut.status_code == 201
    assert len(cut.content) == int(cut.headers["Content-Length"])
    with pytest.raises(ValueError, match="Unterminated|Expecting"):
        cut.json()
    assert [row["displayName"] for row in sim.tenant.groups.values()].count("Cut") == 1, "the service has acted"
    sim.faults.add(Fault("graph", action="status", status=418, body={"error": {"code": "Teapot"}}))
    assert graph.error(418, "GET", "/users") == {"code": "Teapot"}
    graph.ok(200, "GET", "/users")


def test_quota_and_counts(sim: Simulator, graph: GraphClient) -> None:
    sim.journal.clear()
    sim.quota("graph", writes=1, reads=2, per=60)
    graph.group("one")
    refused = graph.call("POST", "/groups", {})
    assert refused.status_code == 429
    assert refused.headers["X-RateLimit-Limit"] == "1"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    graph.ok(200, "GET", "/users")
    assert graph.call("GET", "/users").headers["X-RateLimit-Remaining"] == "0"
    assert graph.error(429, "GET", "/users")["code"] == "TooManyRequests"
    sim.clock.advance(60)
    graph.ok(200, "GET", "/users")
    assert sim.journal.counts()["graph"] == {"reads": 4, "writes": 2, "total": 6}


def test_batch(sim: Simulator, graph: GraphClient) -> None:
    sim.journal.clear()
    group = graph.group("ops")
    requests = [
        {"id": "1", "method": "GET", "url": f"/groups/{group['id']}?$select=id"},
        {"id": "2", "method": "GET", "url": "/groups/3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"},
        {"id": "3", "method": "DELETE", "url": f"/groups/{group['id']}", "dependsOn": ["2"]},
        {
            "id": "4",
            "method": "PATCH",
            "url": f"/groups/{group['id']}",
            "headers": {"Content-Type": "application/json"},
            "body": {"description": "d"},
            "depends_on": [],
        },
    ]
    answers = {item["id"]: item for item in graph.ok(200, "POST", "/$batch", {"requests": requests})["responses"]}
    assert {key: item["status"] for key, item in answers.items()} == {"1": 200, "2": 404, "3": 424, "4": 204}
    assert answers["1"]["body"]["id"] == group["id"]
    assert sim.journal.counts()["graph"] == {"reads": 3, "writes": 2, "total": 5}
    sim.faults.add(Fault("graph", path="/v1.0/groups/*", action="status", status=429, retry_after=3))
    (limited,) = graph.ok(200, "POST", "/$batch", {"requests": requests[:1]})["responses"]
    assert (limited["status"], limited["headers"]["Retry-After"]) == (429, "3")
    graph.error(400, "POST", "/$batch", {"requests": [requests[0], {**requests[1], "id": "1"}]})
    many = [{**requests[0], "id": str(number)} for number in range(21)]
    graph.error(400, "POST", "/$batch", {"requests": many})


@pytest.fixture
def slow() -> Iterator[GraphClient]:
    """Graph of a tenant whose replicas lag a minute, three minutes at the token service."""
    lags = Replication(
        seed=3, object_lag=60, property_lag=60, credential_lag_graph=60, credential_lag_token=180, grant_lag=60, tail=0
    )
    with running_simulator(set="S", seed=1, replication=lags) as sim, GraphClient(sim, sim.automation) as client:
        yield client


def statuses(graph: GraphClient, method: str, path: str, body: object = None, tries: int = 30) -> set[int]:
    return {graph.call(method, path, body).status_code for _ in range(tries)}


def test_replicas_learn_of_writes_one_by_one(slow: GraphClient) -> None:
    application = slow.application()
    path = f"/applications/{application['id']}"
    assert statuses(slow, "GET", path) == {404}
    assert statuses(slow, "PATCH", path, {"notes": "n"}, 5) == {404}
    error = slow.error(400, "POST", "/servicePrincipals", {"appId": application["appId"]})
    assert "does not reference a valid application object" in error["message"]
    seen: list[set[int]] = []
    for _ in range(12):
        slow.sim.clock.advance(5)
        seen.append(statuses(slow, "GET", path))
    assert seen[-1] == {200}
    assert {200, 404} in seen


def test_a_new_secret_is_refused_for_a_while(slow: GraphClient) -> None:
    sim = slow.sim
    application = slow.application()
    sim.clock.advance(61)
    slow.principal(application)
    added = slow.ok(200, "POST", f"/applications/{application['id']}/addPassword", {})
    form = secret_form(sim, sim.automation, client_id=application["appId"], client_secret=added["secretText"])
    sim.clock.advance(1)
    outcomes = {token_answer(sim, **form).json().get("error_codes", [0])[0] for _ in range(20)}
    assert outcomes & {7000215, 7000229}
    assert 0 not in outcomes
    sim.clock.advance(180)
    assert {token_answer(sim, **form).status_code for _ in range(10)} == {200}
    slow.sign_in()
    slow.ok(204, "POST", f"/applications/{application['id']}/removePassword", {"keyId": added["keyId"]})
    assert 200 in {token_answer(sim, **form).status_code for _ in range(10)}
    sim.clock.advance(180)
    assert {token_answer(sim, **form).status_code for _ in range(10)} == {401}


def test_a_new_certificate_shows_as_late_as_a_new_secret(slow: GraphClient) -> None:
    path = f"/applications/{slow.application()['id']}"
    slow.sim.clock.advance(61)
    slow.sim.tenant.store.replication = Replication(seed=3, property_lag=0, credential_lag_graph=60, tail=0)
    entry = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": make_certificate("one").der_base64}
    slow.ok(204, "PATCH", path, {"keyCredentials": [entry]})
    assert {len(slow.ok(200, "GET", path)["keyCredentials"]) for _ in range(10)} == {0}
    slow.sim.clock.advance(61)
    assert {len(slow.ok(200, "GET", path)["keyCredentials"]) for _ in range(10)} == {1}
    slow.ok(204, "PATCH", path, {"notes": "n"})
    assert slow.ok(200, "GET", path)["notes"] == "n"


def test_a_disabled_role_can_go_only_once_the_replica_knows(slow: GraphClient) -> None:
    role = {
        "id": "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d",
        "allowedMemberTypes": ["User"],
        "displayName": "Operate",
        "description": "Operate",
        "isEnabled": True,
        "value": "Operate",
    }
    path = f"/applications/{slow.application(appRoles=[role])['id']}"
    slow.sim.clock.advance(61)
    slow.ok(204, "PATCH", path, {"appRoles": [{**role, "isEnabled": False}]})
    assert slow.error(400, "PATCH", path, {"appRoles": []})["code"] == "CannotDeleteOrUpdateEnabledEntitlement"
    slow.sim.clock.advance(61)
    slow.ok(204, "PATCH", path, {"appRoles": []})


def test_seeded_objects_are_everywhere_at_once(slow: GraphClient) -> None:
    assert statuses(slow, "GET", f"/users/{next(iter(slow.sim.tenant.users))}", tries=10) == {200}


def test_control_listener(sim: Simulator, graph: GraphClient) -> None:
    with httpx.Client(base_url=sim.control_url, trust_env=False) as control:
        health = control.get("/health").json()
        assert health["services"]["graph"] == sim.graph_url
        assert control.post("/faults", json={"service": "graph", "status": 500}).status_code == 201
        assert control.post("/faults", json={"service": "graph", "colour": 1}).status_code == 400
        graph.error(500, "GET", "/users")
        entries = control.get("/journal", params={"service": "graph"}).json()["entries"]
        assert [(entry["path"], entry["status"], entry["read"]) for entry in entries] == [("/v1.0/users", 500, True)]
        assert control.get("/counts").json()["graph"]["total"] == 1
        control.post("/clock", json={"advance": 4000})
        graph.error(401, "GET", "/users")
        assert control.get("/variables").json()["cvops_connection"]["entra"]["tenant_id"] == sim.tenant_id
        assert control.delete("/journal").status_code == 204
        assert control.get("/counts").json() == {}
        assert control.post("/reset").status_code == 204
        graph.ok(200, "GET", "/users")


def test_a_reset_brings_everything_back(sim: Simulator, graph: GraphClient) -> None:
    before = sim.variables()
    graph.application()
    sim.faults.add(Fault("graph", status=500))
    sim.reset()
    assert sim.variables() == before
    assert not any(row["displayName"] == "probe" for row in sim.tenant.applications.values())
    graph.ok(200, "GET", "/users")


def test_the_same_seed_gives_the_same_document(capsys: pytest.CaptureFixture[str]) -> None:
    documents = []
    for _ in range(2):
        assert main(["variables", "--set", "S", "--seed", "7"]) == 0
        documents.append(yaml.safe_load(capsys.readouterr().out))
    for document in documents:
        connection = document.pop("cvops_connection")
        document["ids"] = [connection["entra"][key] for key in ("tenant_id", "client_id", "client_secret")]
    assert documents[0] == documents[1]


def test_files_of_the_ca_are_private(tmp_path: Path) -> None:
    with running_simulator(set="S", seed=1, empty=True, directory=tmp_path) as sim:
        assert sim.ca_path == str(tmp_path / "ca.pem")
        assert (tmp_path / "server.pem").stat().st_mode & 0o077 == 0
