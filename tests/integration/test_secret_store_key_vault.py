# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys in Azure Key Vault against the simulator's vault: versions, rights, deleted names, limits, throttling, lost answers."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from cvops_simulator import Fault, Simulator
from helpers.direct import connection
from helpers.secret_stores import KeyVaultCase

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    ConfigError,
    Forbidden,
    Throttled,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._stores.conflicts import StoreConflict
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import StoredKey

pytestmark = pytest.mark.any_core

OLD = StoredKey("Planted-old~4711", "11111111-0000-4000-8000-000000000001", "r1", "app-1", "2027-01-02T03:04:05Z")
NEW = StoredKey("Planted-new~4712", "11111111-0000-4000-8000-000000000002", "r2", "app-1", "2028-01-02T03:04:05Z")
#: The permissions that the documentation names, as an access policy has them, and as a role.
NEEDED = ("get", "set", "update", "list")


@pytest.fixture
def case(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> KeyVaultCase:
    return KeyVaultCase(site, monkeypatch)


def rotate(case: KeyVaultCase, key: StoredKey) -> None:
    store = case.open()
    store.write_pending(key)
    store.promote(key.key_id)


def test_a_version_says_what_is_known_of_its_key(case: KeyVaultCase, site: Simulator) -> None:
    rotate(case, OLD)
    (version,) = site.keyvault.vault.versions("azure-prod")
    assert version.tags == {
        "cvops_key_id": OLD.key_id,
        "cvops_rotation_id": "r1",
        "cvops_application": "app-1",
        "cvops_expires": OLD.expires,
    }
    expires = datetime.datetime(2027, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc).timestamp()
    assert (version.expires, version.content_type, version.enabled) == (expires, "text/plain", True)
    assert version.not_before is not None and abs(version.not_before - site.clock.now()) < 60


def test_its_start_is_by_the_clock_of_the_service(case: KeyVaultCase, site: Simulator) -> None:
    """A host whose clock is a day ahead would else write a version that is not valid yet."""
    store = case.open()
    store.read_current()
    case.contexts[0].clock.now = lambda: datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)  # type: ignore[method-assign]
    store.write_pending(StoredKey("v", "1"))
    (version,) = site.keyvault.vault.versions("azure-prod-pending")
    assert version.not_before is not None and version.not_before < site.clock.now() + 60


def test_tags_and_content_type_of_others_go_on(case: KeyVaultCase, site: Simulator) -> None:
    case.put("by hand")
    rotate(case, OLD)
    rotate(case, StoredKey("third", "33"))
    newest = site.keyvault.vault.versions("azure-prod")[-1]
    assert (newest.tags, newest.content_type) == ({"note": "by hand", "cvops_key_id": "33"}, "text/x-mine")


def test_one_request_reads_what_consumers_read(case: KeyVaultCase, site: Simulator) -> None:
    rotate(case, OLD)
    site.journal.clear()
    case.open().read_current()
    assert [(entry.method, entry.status) for entry in site.journal.entries("keyvault")] == [("GET", 200)]


def test_a_disabled_newest_version_is_told_as_the_outage_that_it_is(case: KeyVaultCase, site: Simulator) -> None:
    rotate(case, OLD)
    vault = site.keyvault.vault
    vault.update("azure-prod", vault.versions("azure-prod")[-1].id, enabled=False)
    for act in (
        lambda s: s.check(),
        lambda s: s.read_current(),
        lambda s: s.write_pending(NEW),
        lambda s: s.promote(NEW.key_id),
    ):
        with pytest.raises(
            ConfigError, match=r"azure-prod in Azure Key Vault localhost:\d+ is disabled: whoever reads it"
        ):
            act(case.open())
    assert len(vault.versions("azure-prod-pending")) == 1


def test_a_pending_version_that_was_disabled_is_none(case: KeyVaultCase, site: Simulator) -> None:
    store = case.open()
    store.write_pending(OLD)
    store.discard_pending(OLD.key_id)
    assert store.read_pending() is None
    store.write_pending(NEW)
    assert store.read_pending() == NEW
    assert [version.enabled for version in site.keyvault.vault.versions("azure-prod-pending")] == [False, True]


@pytest.mark.parametrize("name", ["azure-prod", "azure-prod-pending"])
def test_a_name_that_a_deleted_secret_holds_is_found_before_anything_is_written(
    case: KeyVaultCase, site: Simulator, name: str
) -> None:
    vault = site.keyvault.vault
    vault.set(name, "former")
    vault.delete(name)
    with pytest.raises(ConfigError, match=f"secret {name} in .* was deleted, and its name is held.*recover"):
        case.open().check()
    with pytest.raises(
        ApiError, match=f"(?s)Cannot write secret {name} .*currently in a deleted but recoverable.*recover"
    ):
        rotate(case, NEW)
    assert case.consume() is None


def test_the_documented_permissions_are_enough(case: KeyVaultCase, site: Simulator) -> None:
    site.keyvault.access.grant(site.automation.object_id, *NEEDED)
    store = case.open()
    store.check()
    for key in (OLD, NEW):
        store.write_pending(key)
        store.promote(key.key_id)
    assert (case.consume(), store.read_previous()) == (NEW.value, OLD)


@pytest.mark.parametrize("mode", ["rbac", "policy"])
def test_who_may_only_read_is_found_before_anything_is_written(case: KeyVaultCase, site: Simulator, mode: str) -> None:
    rotate(case, OLD)
    site.keyvault.access.grant(site.automation.object_id, "get")
    site.keyvault.access.mode = mode
    store = case.open()
    assert store.read_current() == OLD
    with pytest.raises(Forbidden, match="needs the role Key Vault Secrets Officer on it"):
        store.check()
    with pytest.raises(Forbidden, match="needs the role Key Vault Secrets Officer on it"):
        store.write_pending(NEW)


@pytest.mark.parametrize(
    ("mode", "said"),
    [("rbac", "Caller is not authorized"), ("policy", "does not have secrets get permission")],
)
def test_who_may_not_read_is_told_what_is_needed(case: KeyVaultCase, site: Simulator, mode: str, said: str) -> None:
    rotate(case, OLD)
    site.keyvault.access.grant(site.automation.object_id)
    site.keyvault.access.mode = mode
    for act in (lambda s: s.check(), lambda s: s.read_current(), lambda s: s.read_pending()):
        with pytest.raises(Forbidden, match=f"{said}.*needs the role Key Vault Secrets User") as refused:
            act(case.open())
        assert "\n" not in str(refused.value)


def test_network_rules_are_named(case: KeyVaultCase, site: Simulator) -> None:
    site.keyvault.access.blocks_network = True
    with pytest.raises(Forbidden, match="network rules have to allow this host"):
        case.open().check()


def test_a_short_throttling_passes_and_a_long_one_is_told(case: KeyVaultCase, site: Simulator) -> None:
    rotate(case, OLD)
    site.faults.add(Fault("keyvault", method="PUT", status=429, retry_after=0.1))
    rotate(case, NEW)
    assert (case.consume(), len(site.keyvault.vault.versions("azure-prod"))) == (NEW.value, 2)
    site.faults.add(Fault("keyvault", status=429, retry_after=600))
    with pytest.raises(Throttled, match="asks to wait 600 s"):
        case.open().read_current()


@pytest.mark.parametrize("action", ["drop_after", "status_after", "truncated", "drop_before"])
@pytest.mark.parametrize(("method", "number"), [("PUT", 0), ("PUT", 1), ("PATCH", 0)])
def test_a_write_whose_answer_is_lost_leads_to_one_value(
    case: KeyVaultCase, site: Simulator, action: str, method: str, number: int
) -> None:
    rotate(case, OLD)
    site.faults.add(Fault("keyvault", method=method, path="*azure-prod*", action=action, after=number))
    rotate(case, NEW)
    assert (case.consume(), case.list_pending_values()) == (NEW.value, [])
    assert len(site.keyvault.vault.versions("azure-prod")) == 2
    assert [event.readable for event in site.keyvault.vault.timeline if event.name == "azure-prod"] == [
        OLD.value,
        NEW.value,
    ]


def test_a_vault_that_fails_for_ever_is_an_error(case: KeyVaultCase, site: Simulator) -> None:
    site.faults.add(Fault("keyvault", method="PUT", status=500, times=0))
    with pytest.raises(ApiError, match="Cannot write secret azure-prod-pending"):
        case.open().write_pending(NEW)
    assert case.list_pending_values() == []


def test_another_process_that_writes_at_the_same_time_is_a_conflict(case: KeyVaultCase, site: Simulator) -> None:
    """Key Vault takes both; the newest version is that of the other, so this run does not say that it has switched."""
    vault, number = site.keyvault.vault, len("azure-prod")
    store = case.open()
    store.write_pending(NEW)
    add = vault.set

    def set_twice(name: str, value: str, **properties: t.Any) -> t.Any:
        made = add(name, value, **properties)
        if len(name) == number:
            add(name, "of the other", tags={"cvops_key_id": "other"})
        return made

    vault.set = set_twice  # type: ignore[method-assign]
    try:
        with pytest.raises(StoreConflict, match="its newest version is not that of this run"):
            store.promote(NEW.key_id)
    finally:
        vault.set = add  # type: ignore[method-assign]
    assert store.read_pending() == NEW


def test_limits_are_told_before_anything_is_sent(case: KeyVaultCase, site: Simulator) -> None:
    site.keyvault.vault.set("azure-prod", "v", tags={str(number): "x" for number in range(13)})
    store = case.open()
    store.write_pending(NEW)
    site.journal.clear()
    with pytest.raises(ConfigError, match="would have 17 tags, but 15 are possible"):
        store.promote(NEW.key_id)
    store.discard_pending(NEW.key_id)
    with pytest.raises(ConfigError, match="more than 25000 bytes"):
        store.write_pending(StoredKey("v" * 25_001, "1"))
    with pytest.raises(ConfigError, match="a tag has more than 256 characters"):
        store.write_pending(StoredKey("v", "1", application="a" * 257))
    assert not [entry for entry in site.journal.writes("keyvault") if entry.method == "PUT"]


def test_the_previous_value_is_that_of_the_newest_other_key(case: KeyVaultCase, site: Simulator) -> None:
    rotate(case, OLD)
    rotate(case, NEW)
    vault = site.keyvault.vault
    vault.set("azure-prod", NEW.value, tags={"cvops_key_id": NEW.key_id})
    for number, version in enumerate(vault.versions("azure-prod")):
        version.created += number
    assert case.open().read_previous() == OLD
    vault.update("azure-prod", vault.versions("azure-prod")[0].id, enabled=False)
    assert case.open().read_previous() is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://cvops.vault.azure.net", "https only"),
        ("https://cvops.vault.azure.net.example.com", "is not a vault of cloud public"),
        ("https://cvops.vault.azure.cn", "is not a vault of cloud public"),
        ("https://vault.azure.net", "is not a vault of cloud public"),
        ("https://cvops.vault.azure.net/secrets/x", "the address of the vault"),
    ],
)
def test_a_token_is_sent_to_vaults_only(case: KeyVaultCase, site: Simulator, url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        case.open(vault_url=url)
    assert site.journal.entries() == []


@pytest.mark.parametrize("name", ["", "a_b", "a/b", "a" * 120, "ä"])
def test_a_name_that_no_secret_has_is_refused(case: KeyVaultCase, name: str) -> None:
    with pytest.raises(ConfigError, match="is not the name of a secret"):
        case.open(name=name)


def test_it_is_reached_as_the_connection_says(
    case: KeyVaultCase, site: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for option, value, said in (
        ("ca_path", None, "certificate"),
        ("proxy", "http://127.0.0.1:9", "proxy"),
    ):
        monkeypatch.setattr(case, "list_options", lambda: {**connection(site), option: value})  # noqa: B023
        with pytest.raises(Unreachable, match=said):
            case.open().read_current()


def test_a_refused_token_is_replaced_once(case: KeyVaultCase, site: Simulator) -> None:
    rotate(case, OLD)
    store = case.open()
    store.read_current()
    site.journal.clear()
    site.faults.add(Fault("keyvault", status=401))
    assert store.read_current() == OLD
    assert [entry.status for entry in site.journal.entries("keyvault")] == [401, 200]


@pytest.mark.parametrize("status", [404, 500])
def test_a_look_after_a_write_that_fails_is_made_again(case: KeyVaultCase, site: Simulator, status: int) -> None:
    rotate(case, OLD)
    store = case.open()
    store.write_pending(NEW)
    site.journal.clear()
    times = 2 if status == 500 else 1  # the transport tries a read once more
    site.faults.add(Fault("keyvault", method="GET", path="*/azure-prod/", status=status, after=1, times=times))
    store.promote(NEW.key_id)
    assert [entry.status for entry in site.journal.entries("keyvault")].count(status) == times
    assert (case.consume(), len(site.keyvault.vault.versions("azure-prod"))) == (NEW.value, 2)
