# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""azure-keyvault-secrets, the official client, against the vault."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator
from typing import Any

import msal
import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.keyvault.secrets import SecretClient

from cvops_simulator import Fault, Identity, Simulator

SECRET = "Planted-value-4711"
EXPIRES = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)


class Credential:
    """Signs in with MSAL, for whatever scope the client asks for."""

    def __init__(self, sim: Simulator, identity: Identity) -> None:
        self.asked: list[tuple[str, Any]] = []
        session = requests.Session()
        session.verify, session.trust_env = sim.ca_path, False
        self._app = msal.ConfidentialClientApplication(
            identity.client_id,
            client_credential=identity.client_secret,
            authority=f"{sim.login_url}/{sim.tenant_id}",
            instance_discovery=False,
            http_client=session,
        )

    def get_token(self, *scopes: str, tenant_id: str | None = None, **_options: Any) -> AccessToken:
        self.asked.append((scopes[0], tenant_id))
        answer = self._app.acquire_token_for_client(list(scopes))
        return AccessToken(answer["access_token"], 4102444800)


def make_client(sim: Simulator, credential: Credential, **options: Any) -> SecretClient:
    settings = {"verify_challenge_resource": False, "retry_total": 0, "connection_verify": sim.ca_path, **options}
    return SecretClient(sim.keyvault_url, credential, **settings)


@pytest.fixture
def credential(sim: Simulator) -> Credential:
    return Credential(sim, sim.automation)


@pytest.fixture
def client(sim: Simulator, credential: Credential) -> Iterator[SecretClient]:
    with make_client(sim, credential) as made:
        yield made


def inner_code(error: HttpResponseError) -> Any:
    return error.response.json()["error"].get("innererror", {}).get("code")  # type: ignore[union-attr]


def test_the_challenge_names_scope_and_tenant(sim: Simulator, client: SecretClient, credential: Credential) -> None:
    client.set_secret("a", SECRET)
    assert credential.asked == [("https://vault.azure.net/.default", sim.tenant_id)]
    assert [entry.status for entry in sim.journal.entries("keyvault")] == [401, 200]


def test_a_secret_comes_back_as_it_was_set(client: SecretClient) -> None:
    begins = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    made = client.set_secret(
        "app-secret", SECRET, tags={"a": "b"}, content_type="text/plain", not_before=begins, expires_on=EXPIRES
    )
    found = client.get_secret("app-secret")
    assert (found.value, found.properties.version) == (SECRET, made.properties.version)
    assert (found.properties.tags, found.properties.content_type) == ({"a": "b"}, "text/plain")
    assert (found.properties.not_before, found.properties.expires_on) == (begins, EXPIRES)
    assert found.properties.enabled is True
    assert client.get_secret("APP-SECRET").value == SECRET


def test_readers_get_the_newest_version_and_can_ask_for_others(sim: Simulator, client: SecretClient) -> None:
    first = client.set_secret("a", "1").properties.version
    client.set_secret("a", "2")
    assert (client.get_secret("a").value, client.get_secret("a", first).value) == ("2", "1")
    assert len({found.version for found in client.list_properties_of_secret_versions("a")}) == 2
    assert [event.readable for event in sim.keyvault.vault.timeline] == ["1", "2"]


def test_lists_come_in_pages(client: SecretClient) -> None:
    for number in range(27):
        client.set_secret(f"s{number}", "v")
    assert len(list(client.list_properties_of_secrets())) == 27
    assert len([page for page in client.list_properties_of_secrets(max_page_size=10).by_page()]) == 3
    for _number in range(27):
        client.set_secret("a", "v")
    assert len(list(client.list_properties_of_secret_versions("a"))) == 27


def test_a_disabled_newest_version_is_an_outage(sim: Simulator, client: SecretClient) -> None:
    client.set_secret("a", "1")
    second = client.set_secret("a", "2").properties.version
    client.update_secret_properties("a", second, enabled=False)
    with pytest.raises(HttpResponseError, match="not allowed on a disabled secret") as refused:
        client.get_secret("a")
    assert (refused.value.status_code, inner_code(refused.value)) == (403, "SecretDisabled")
    assert sim.keyvault.vault.read_value("a") is None
    client.update_secret_properties("a", second, enabled=True)
    assert client.get_secret("a").value == "2"


def test_properties_of_a_version_change_without_its_value(client: SecretClient) -> None:
    version = client.set_secret("a", "1", tags={"x": "y"}).properties.version
    client.update_secret_properties("a", version, content_type="text/plain")
    assert client.get_secret("a").properties.tags == {"x": "y"}
    client.update_secret_properties("a", version, tags={})
    assert not client.get_secret("a").properties.tags
    with pytest.raises(ResourceNotFoundError):
        client.update_secret_properties("a", "0" * 32, enabled=False)


def test_a_deleted_secret_holds_its_name(sim: Simulator, client: SecretClient) -> None:
    client.set_secret("a", "1")
    sim.keyvault.vault.delete_lag = 30.0
    client.begin_delete_secret("a")
    with pytest.raises(ResourceExistsError) as refused:
        client.set_secret("a", "2")
    assert inner_code(refused.value) == "ObjectIsBeingDeleted"
    sim.clock.advance(31)
    with pytest.raises(ResourceExistsError) as refused:
        client.set_secret("a", "2")
    assert inner_code(refused.value) == "ObjectIsDeletedButRecoverable"
    with pytest.raises(ResourceNotFoundError, match="recently deleted"):
        client.get_secret("a")
    deleted = client.get_deleted_secret("a")
    assert (deleted.name, [item.name for item in client.list_deleted_secrets()]) == ("a", ["a"])
    assert deleted.scheduled_purge_date > deleted.deleted_date  # type: ignore[operator]
    client.begin_recover_deleted_secret("a").wait()
    assert client.get_secret("a").value == "1"
    client.begin_delete_secret("a")
    sim.clock.advance(31)
    client.purge_deleted_secret("a")
    client.set_secret("a", "3")
    assert len(sim.keyvault.vault.versions("a")) == 1


@pytest.mark.parametrize(
    ("mode", "inner", "said"),
    [
        ("rbac", "ForbiddenByRbac", "Caller is not authorized to perform action on resource"),
        ("policy", "AccessDenied", "does not have secrets set permission"),
    ],
)
def test_who_may_read_may_not_write(sim: Simulator, client: SecretClient, mode: str, inner: str, said: str) -> None:
    client.set_secret("a", "1")
    reader = sim.identity(name="reader")
    sim.keyvault.access.grant(reader.object_id, "get")
    sim.keyvault.access.mode = mode
    with make_client(sim, Credential(sim, reader)) as limited:
        assert limited.get_secret("a").value == "1"
        for write in (
            lambda: limited.set_secret("a", "2"),
            lambda: limited.update_secret_properties("a", "0" * 32, enabled=False),
        ):
            with pytest.raises(HttpResponseError, match=said) as refused:
                write()
            assert (refused.value.status_code, inner_code(refused.value)) == (403, inner)
    assert sim.keyvault.vault.read_value("a") == "1"


def test_network_rules_refuse_everybody(sim: Simulator, client: SecretClient) -> None:
    sim.keyvault.access.blocks_network = True
    with pytest.raises(HttpResponseError) as refused:
        client.get_secret("a")
    assert inner_code(refused.value) == "ForbiddenByFirewall"


def test_a_token_for_another_resource_is_refused(sim: Simulator, credential: Credential) -> None:
    token = credential.get_token("https://graph.microsoft.com/.default").token
    answer = requests.get(
        f"{sim.keyvault_url}/secrets/a?api-version=7.5",
        headers={"Authorization": f"Bearer {token}"},
        verify=sim.ca_path,
        timeout=30,
    )
    assert (answer.status_code, "AKV10022" in answer.json()["error"]["message"]) == (401, True)
    assert 'resource="https://vault.azure.net"' in answer.headers["WWW-Authenticate"]


def test_an_expired_token_is_refused(sim: Simulator, client: SecretClient) -> None:
    client.set_secret("a", "1")
    sim.clock.advance(7200)  # MSAL, whose clock has not moved, goes on giving the token
    with pytest.raises(ClientAuthenticationError, match="TokenExpired"):
        client.get_secret("a")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a", {"tags": {str(number): "x" for number in range(16)}}),
        ("a", {"tags": {"x": "y" * 257}}),
        ("a", {"value": "x" * 25601}),
        ("a_b", {}),
        ("a", {"not_before": EXPIRES, "expires_on": EXPIRES}),
    ],
    ids=["tags", "tag", "value", "name", "dates"],
)
def test_what_is_beyond_the_limits_is_refused(client: SecretClient, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(HttpResponseError) as refused:
        client.set_secret(name, **{"value": "x", **options})
    assert (refused.value.status_code, refused.value.response.json()["error"]["code"]) == (400, "BadParameter")  # type: ignore[union-attr]


def test_throttling_and_lost_answers(sim: Simulator, client: SecretClient) -> None:
    client.set_secret("a", "1")
    sim.faults.add(Fault("keyvault", method="GET", status=429, retry_after=1))
    with pytest.raises(HttpResponseError) as refused:
        client.get_secret("a")
    assert (refused.value.status_code, refused.value.response.headers["Retry-After"]) == (429, "1")  # type: ignore[union-attr]
    sim.faults.add(Fault("keyvault", method="PUT", action="drop_after"))
    with pytest.raises(Exception):  # noqa: B017, PT011 - of the client's transport
        client.set_secret("a", "2")
    assert sim.keyvault.vault.read_value("a") == "2"


def test_no_value_is_where_it_does_not_belong(
    sim: Simulator, client: SecretClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "cvops_simulator"):
        version = client.set_secret("a", SECRET).properties.version
        assert SECRET not in repr(sim.keyvault.vault.versions("a")) + repr(sim.keyvault.vault.timeline)
        assert SECRET not in repr([entry.as_dict() for entry in sim.journal.entries()])
        listed = [*client.list_properties_of_secrets(), *client.list_properties_of_secret_versions("a")]
        assert {found.name for found in listed} == {"a"} and version in {found.version for found in listed}
    assert SECRET not in caplog.text


def test_the_control_listener_tells_and_steers(sim: Simulator, client: SecretClient) -> None:
    client.set_secret("a", "1")
    base = f"{sim.control_url}/services/keyvault"
    rows = requests.get(f"{base}/timeline", timeout=30).json()["timeline"]
    assert [(row["action"], row["name"], row["readable"]) for row in rows] == [("set", "a", "1")]
    taken = requests.post(f"{base}/access", json={"granted": {sim.automation.object_id: ["get"]}}, timeout=30)
    assert taken.status_code == 204
    with pytest.raises(HttpResponseError):
        client.set_secret("a", "2")
    assert requests.post(f"{base}/access", json={"granted": {"x": ["own"]}}, timeout=30).status_code == 400
