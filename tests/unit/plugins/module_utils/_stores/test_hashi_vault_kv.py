# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One secret of a KV mount: its versions, its errors in words, and documents that are never shown."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources
from ansible_collections.cvops.identity.plugins.module_utils._stores.conflicts import StoreConflict
from ansible_collections.cvops.identity.plugins.module_utils._stores.hashi_vault_kv import (
    KvSecret,
    SecretVersion,
    VaultConnection,
)

DOCUMENT = {"value": "Planted"}


@pytest.fixture
def connection(make_ctx: t.Any, server: t.Any) -> VaultConnection:
    ctx = make_ctx({"retries": 0}, sources=OptionSources(environ={"VAULT_NAMESPACE": "team/"}))
    return VaultConnection(ctx, {"url": server.url, "token": "hvs.4711"})


@pytest.fixture
def secret(connection: VaultConnection) -> KvSecret:
    return KvSecret(connection, "/kv/", "/a/b/", "secret store", "key")


def test_a_version_never_shows_what_it_holds() -> None:
    assert "Planted" not in repr(SecretVersion(DOCUMENT, 3))


def test_its_place_is_named_with_the_namespace(secret: KvSecret, server: t.Any) -> None:
    assert secret.full_path == "team/kv/a/b"
    assert secret.location == f"team/kv/a/b in HashiCorp Vault at localhost:{server.port}"


def test_versions_are_read_by_number(secret: KvSecret, server: t.Any, answer: t.Any) -> None:
    server.says(answer(body={"data": {"data": DOCUMENT, "metadata": {"version": 3}}}))
    assert secret.read() == secret.read_version(3) == SecretVersion(DOCUMENT, 3)
    assert [found.path for found in server.received] == ["/v1/kv/data/a/b", "/v1/kv/data/a/b?version=3"]


def test_a_removed_version_keeps_its_number(secret: KvSecret, server: t.Any, answer: t.Any) -> None:
    server.says(answer(404, body={"data": {"data": None, "metadata": {"version": 3, "destroyed": True}}}))
    assert secret.read() == SecretVersion(None, 3)
    server.says(answer(404, body={"errors": []}))
    assert secret.read() == SecretVersion(None, 0)


def test_a_write_names_the_version_that_it_follows(secret: KvSecret, server: t.Any, answer: t.Any) -> None:
    server.says(answer(body={"data": {"version": 4}}))
    assert secret.write(DOCUMENT, 3) == 4
    assert json.loads(server.received[0].body) == {"options": {"cas": 3}, "data": DOCUMENT}
    server.says(answer(400, body={"errors": ["check-and-set parameter did not match the current version"]}))
    with pytest.raises(StoreConflict, match="The key in team/kv/a/b .* was changed in the meantime"):
        secret.write(DOCUMENT, 3)


@pytest.mark.parametrize(
    ("what", "needed"),
    [("write", "create, read and update on kv/data/a/b"), ("remove", "and update on kv/destroy/a/b")],
)
def test_a_refusal_names_the_rights(secret: KvSecret, server: t.Any, answer: t.Any, what: str, needed: str) -> None:
    server.says(answer(403, body={"errors": ["permission denied"]}))
    with pytest.raises(ConfigError, match=f"Cannot {what} the secret store .*permission denied.*{needed}"):
        secret.write(DOCUMENT, 0) if what == "write" else secret.destroy_version(1)


def test_one_connection_serves_several_secrets(connection: VaultConnection, server: t.Any, answer: t.Any) -> None:
    server.says(answer(503, body={"errors": ["Vault is sealed"]}))
    secrets = [KvSecret(connection, "kv", name, "secret store", "key") for name in ("a", "b")]
    for one in secrets:
        with pytest.raises(ApiError, match="sealed"):
            one.read()
    assert connection.open(lambda what, call: call())[0] is connection.open(lambda what, call: call())[0]
    assert [found.path for found in server.received] == ["/v1/kv/data/a", "/v1/kv/data/b"]
    assert {found.headers["X-Vault-Namespace"] for found in server.received} == {"team/"}
