# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys in HashiCorp Vault against a real server (OpenBao): rights, versions, mounts, conflicts, and answers that are lost."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator

import pytest
from collection_tree import ROOT
from helpers.bao import Bao
from helpers.bao_proxy import BaoProxy
from helpers.secret_stores import VaultCase

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._stores.conflicts import StoreConflict
from ansible_collections.cvops.identity.plugins.module_utils._stores.hashi_vault_kv import KvSecret
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import StoredKey

pytestmark = pytest.mark.any_core

OLD = StoredKey("Planted-old~4711", "11111111-0000-4000-8000-000000000001", "r1", "app-1", "2027-01-02T03:04:05Z")
NEW = StoredKey("Planted-new~4712", "11111111-0000-4000-8000-000000000002", "r2", "app-1")
GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_secret_stores.rst"
#: The rights that the documentation names, one a line.
POLICY = [" ".join(line.split()) for line in GUIDE.read_text().splitlines() if line.startswith('   path "secret/')]


def build_policy(path: str, without: str = "") -> str:
    """Return the documented policy for *path*, without the rule for what begins with *without*."""
    rules = [rule.replace("backup/azure-prod", path) for rule in POLICY]
    assert len(rules) == 3
    return "\n".join(rule for rule in rules if not (without and rule.startswith(f'path "{without}"')))


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """A place of the test's own."""
    return "keys/" + re.sub("[^0-9a-z]+", "-", request.node.name.lower()).strip("-")


@pytest.fixture
def case(bao: Bao, path: str, monkeypatch: pytest.MonkeyPatch) -> VaultCase:
    return VaultCase(bao, path, monkeypatch)


@pytest.fixture
def proxy(bao: Bao) -> Iterator[BaoProxy]:
    running = BaoProxy(bao)
    yield running
    running.stop()


def rotate(case: VaultCase, key: StoredKey, **more: t.Any) -> None:
    store = case.open(**more)
    store.write_pending(key)
    store.promote(key.key_id)


def test_the_documented_rights_are_enough(case: VaultCase, bao: Bao, path: str) -> None:
    role = bao.app_role(path.replace("/", "-"), build_policy(path))
    case.option = {**{name: value for name, value in case.option.items() if name != "token"}, **role}
    store = case.open()
    store.check()
    store.write_pending(OLD)
    store.promote(OLD.key_id)
    store.write_pending(NEW)
    store.discard_pending(NEW.key_id)
    assert (case.consume(), case.list_pending_values(), store.read_previous()) == (OLD.value, [], None)
    store.check()


@pytest.mark.parametrize(
    ("lost", "left", "said"),
    [
        ("secret/data/{path}-pending", "read", "create and update on secret/data/{path}-pending"),
        ("secret/data/{path}", "create", "lacks update on secret/data/{path}."),
        ("secret/destroy/{path}-pending", "deny", "update on secret/destroy/{path}-pending"),
    ],
)
def test_a_missing_right_is_found_before_anything_is_written(
    case: VaultCase, bao: Bao, path: str, lost: str, left: str, said: str
) -> None:
    place = lost.format(path=path)
    rights = '["create", "read"]' if left == "create" else f'["{left}"]'
    policy = f'{build_policy(path, without=place)}\npath "{place}" {{ capabilities = {rights} }}'
    role = bao.app_role(path.replace("/", "-"), policy)
    case.option = {**{name: value for name, value in case.option.items() if name != "token"}, **role}
    with pytest.raises(ConfigError, match="may not write the secret store") as refused:
        case.open().check()
    assert said.format(path=path) in str(refused.value)


def test_a_token_without_any_right_is_told_what_it_needs(case: VaultCase, bao: Bao, path: str) -> None:
    role = bao.app_role(path.replace("/", "-"), 'path "secret/data/other" { capabilities = ["read"] }')
    case.option = {**{name: value for name, value in case.option.items() if name != "token"}, **role}
    for act in (lambda s: s.check(), lambda s: s.read_current(), lambda s: s.write_pending(NEW)):
        with pytest.raises(ConfigError, match=f"needs create, read and update on secret/data/{path}"):
            act(case.open())


def test_an_expired_token_is_an_error_and_no_empty_store(case: VaultCase, bao: Bao) -> None:
    rotate(case, OLD)
    case.option = {**case.option, "token": bao.expired_token()}
    for act in (lambda s: s.check(), lambda s: s.read_current(), lambda s: s.read_pending(), lambda s: s.promote("x")):
        with pytest.raises(ConfigError, match="permission denied"):
            act(case.open())


def test_a_sealed_vault_is_an_error_and_no_empty_store(case: VaultCase, bao: Bao) -> None:
    rotate(case, OLD)
    bao.seal()
    try:
        for act in (lambda s: s.check(), lambda s: s.read_current(), lambda s: s.write_pending(NEW)):
            with pytest.raises(ApiError, match="sealed"):
                act(case.open())
    finally:
        bao.unseal()
    assert case.open().read_current() == OLD


def test_a_mount_that_there_is_not(case: VaultCase) -> None:
    for act in (lambda s: s.check(), lambda s: s.read_current(), lambda s: s.write_pending(NEW)):
        with pytest.raises(ConfigError, match="no KV version 2 mount for nowhere/"):
            act(case.open(mount="nowhere"))


def test_a_mount_of_version_1_is_refused_before_anything_is_written(case: VaultCase, bao: Bao, path: str) -> None:
    mount = f"kv1-{path.rpartition('/')[2]}"
    bao.ask("POST", f"sys/mounts/{mount}", {"type": "kv", "options": {"version": "1"}})
    for act in (lambda s: s.check(), lambda s: s.read_current(), lambda s: s.write_pending(NEW)):
        with pytest.raises(ConfigError, match=f"{mount} is KV version 1.*enable-versioning {mount}"):
            act(case.open(mount=mount))
    assert case.watch.writes == 0


def test_namespaces_are_apart(case: VaultCase, bao: Bao, path: str) -> None:
    name = path.rpartition("/")[2]
    bao.ask("POST", f"sys/namespaces/{name}")
    bao.ask("POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}}, namespace=name)
    rotate(case, OLD)
    store = case.open(namespace=name)
    assert (store.read_current(), store.label.startswith(f"{name}/secret/")) == (None, True)
    rotate(case, NEW, namespace=name)
    assert (case.consume(), bao.latest(path, namespace=name)["value"]) == (OLD.value, NEW.value)


@pytest.mark.parametrize("how", ["delete", "destroy"])
def test_a_removed_newest_version_is_nothing_and_is_followed(case: VaultCase, bao: Bao, path: str, how: str) -> None:
    rotate(case, OLD)
    bao.ask("POST" if how == "delete" else "PUT", f"secret/{how}/{path}", {"versions": [1]})
    store = case.open()
    assert (store.read_current(), store.read_previous()) == (None, None)
    rotate(case, NEW)
    assert case.consume() == NEW.value
    assert store.read_previous() is None


def test_other_fields_of_the_secret_and_the_field_of_consumers(case: VaultCase, bao: Bao, path: str) -> None:
    bao.put(path, {"client_id": "abc", "client_secret": "by hand", "value": "of another"})
    assert case.open(field="client_secret").read_current() == StoredKey("by hand")
    rotate(case, NEW, field="client_secret")
    assert bao.latest(path) == {
        "client_id": "abc",
        "value": "of another",
        "client_secret": NEW.value,
        "cvops_key_id": NEW.key_id,
        "cvops_rotation_id": "r2",
        "cvops_application": "app-1",
    }
    third = StoredKey("third", "33")
    rotate(case, third, field="client_secret")
    assert bao.latest(path)["cvops_key_id"] == "33" and "cvops_rotation_id" not in bao.latest(path)


def test_a_field_that_is_no_text_is_not_replaced(case: VaultCase, bao: Bao, path: str) -> None:
    bao.put(path, {"value": {"nested": "Planted"}})
    with pytest.raises(ConfigError, match="field value.*is not a text") as refused:
        case.open().read_current()
    assert "Planted" not in str(refused.value)


def test_a_field_that_holds_what_is_known_of_a_key_is_refused(case: VaultCase) -> None:
    with pytest.raises(ConfigError, match="reserved for data about the"):
        case.open(field="cvops_key_id")


@pytest.mark.parametrize("at", ["pending", "current"])
def test_of_two_runs_one_wins(case: VaultCase, bao: Bao, path: str, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """The other one writes between this run's read and its write."""
    rotate(case, OLD)
    store, write = case.open(), KvSecret.write
    name = f"{path}-pending" if at == "pending" else path
    if at == "current":
        store.write_pending(NEW)

    def overtaken(secret: KvSecret, document: t.Any, version: int, must_arrive: bool = False) -> int:
        monkeypatch.setattr(KvSecret, "write", write)
        bao.put(name, {"value": "of the other", "cvops_key_id": "other"})
        return write(secret, document, version, must_arrive)

    monkeypatch.setattr(KvSecret, "write", overtaken)
    with pytest.raises(StoreConflict, match="was changed in the meantime"):
        if at == "current":
            store.promote(NEW.key_id)
        else:
            store.write_pending(NEW)
    assert bao.latest(name)["value"] == "of the other"
    monkeypatch.setattr(KvSecret, "write", write)
    if at == "current":
        store.promote(NEW.key_id)
        assert (case.consume(), case.list_pending_values()) == (NEW.value, [])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_write_whose_answer_is_lost_is_not_made_twice(
    case: VaultCase, bao: Bao, path: str, proxy: BaoProxy, number: int
) -> None:
    proxy.lost_writes = {number}
    rotate(case, NEW, url=proxy.url, ca_path=None)
    assert (case.consume(), case.list_pending_values()) == (NEW.value, [])
    for name in (path, f"{path}-pending"):
        assert bao.ask("GET", f"secret/metadata/{name}")["data"]["current_version"] == 1
