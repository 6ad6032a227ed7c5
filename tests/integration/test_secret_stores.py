# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stores of an application's key, all three by the same contract, against a real file system, OpenBao and the simulator's vault.

Consumers read a whole value at every moment, never a pending one, and one key id has one value, wherever a run ends.
"""

from __future__ import annotations

import pathlib
import re

import pytest
from helpers.secret_stores import Ended, FileCase, KeyVaultCase, StoreCase, VaultCase

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import SecretStore, StoredKey

pytestmark = pytest.mark.any_core

OLD = StoredKey("Planted-old~4711", "11111111-0000-4000-8000-000000000001", "r1", "app-1", "2027-01-02T03:04:05Z")
NEW = StoredKey(
    "Planted-new~4712", "11111111-0000-4000-8000-000000000002", "r2", "app-1", "2028-01-02T03:04:05.1234567Z"
)


@pytest.fixture(params=["file", "hashi_vault", "azure_key_vault"])
def case(request: pytest.FixtureRequest, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> StoreCase:
    """An empty place in each kind of store."""
    if request.param == "file":
        return FileCase(tmp_path, monkeypatch)
    if request.param == "hashi_vault":
        path = re.sub("[^0-9a-z]+", "-", request.node.name.lower()).strip("-")
        return VaultCase(request.getfixturevalue("bao"), f"keys/{path}", monkeypatch)
    return KeyVaultCase(request.getfixturevalue("site"), monkeypatch)


def rotate(store: SecretStore, key: StoredKey) -> None:
    store.write_pending(key)
    store.promote(key.key_id)


class TestContract:
    """What every store does."""

    def test_an_empty_store_is_usable_and_left_alone(self, case: StoreCase) -> None:
        store = case.open()
        store.check()
        assert (store.read_current(), store.read_pending(), store.read_previous()) == (None, None, None)
        assert (store.kind, case.watch.writes, case.consume()) == (case.kind, 0, None)

    def test_what_is_pending_is_read_by_nobody_until_it_is_promoted(self, case: StoreCase) -> None:
        rotate(case.open(), OLD)
        assert (case.consume(), case.open().read_current(), case.open().read_pending()) == (OLD.value, OLD, None)
        case.open().write_pending(NEW)
        assert (case.consume(), case.open().read_current(), case.open().read_pending()) == (OLD.value, OLD, NEW)
        case.open().promote(NEW.key_id)
        assert (case.consume(), case.open().read_current(), case.open().read_pending()) == (NEW.value, NEW, None)
        assert case.open().read_previous() == OLD
        assert case.list_pending_values() == []

    def test_nothing_is_written_where_it_is_there_already(self, case: StoreCase) -> None:
        store = case.open()
        store.write_pending(NEW)
        case.watch.clear()
        store.write_pending(NEW)
        assert case.watch.writes == 0
        store.promote(NEW.key_id)
        case.watch.clear()
        store.promote(NEW.key_id)
        store.write_pending(NEW)
        store.discard_pending(NEW.key_id)
        store.check()
        assert (case.watch.writes, case.consume()) == (0, NEW.value)

    def test_a_key_has_one_value(self, case: StoreCase) -> None:
        other = StoredKey("Planted-third~4713", NEW.key_id)
        store = case.open()
        store.write_pending(NEW)
        with pytest.raises(ConfigError, match="another value under the id"):
            store.write_pending(other)
        store.promote(NEW.key_id)
        with pytest.raises(ConfigError, match="another value under the id"):
            store.write_pending(other)
        assert (case.consume(), case.list_pending_values()) == (NEW.value, [])

    def test_a_pending_key_of_another_run_stays_until_it_is_discarded(self, case: StoreCase) -> None:
        store = case.open()
        rotate(store, OLD)
        store.write_pending(NEW)
        third = StoredKey("Planted-third~4713", "11111111-0000-4000-8000-000000000003")
        with pytest.raises(ConfigError, match=f"holds key {NEW.key_id}"):
            store.write_pending(third)
        with pytest.raises(ConfigError, match=f"holds key {NEW.key_id}"):
            store.promote(third.key_id)
        store.discard_pending(third.key_id)
        assert store.read_pending() == NEW
        store.discard_pending(NEW.key_id)
        assert (store.read_pending(), case.list_pending_values()) == (None, [])
        store.write_pending(third)
        assert (case.consume(), store.read_pending()) == (OLD.value, third)

    @pytest.mark.parametrize("key_id", ["", NEW.key_id])
    def test_only_what_is_pending_is_promoted(self, case: StoreCase, key_id: str) -> None:
        case.put("Planted-by-hand~4714")
        with pytest.raises(ConfigError, match="nothing is pending"):
            case.open().promote(key_id)
        assert case.consume() == "Planted-by-hand~4714"

    def test_what_somebody_else_has_put_there_is_read_and_followed(self, case: StoreCase) -> None:
        case.put("Planted-by-hand~4714")
        store = case.open()
        found = store.read_current()
        assert found is not None and (found.value, found.key_id) == ("Planted-by-hand~4714", "")
        store.write_pending(NEW)
        assert case.consume() == "Planted-by-hand~4714"
        store.promote(NEW.key_id)
        assert case.consume() == NEW.value
        before = store.read_previous()
        assert before is not None and before.value == "Planted-by-hand~4714"

    @pytest.mark.parametrize("key", [StoredKey("", "id"), StoredKey("Planted-new~4712")], ids=["value", "id"])
    def test_a_key_without_value_or_id_is_not_stored(self, case: StoreCase, key: StoredKey) -> None:
        with pytest.raises(ConfigError, match="is not stored"):
            case.open().write_pending(key)
        assert case.watch.calls == []

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_a_run_may_end_at_any_request(self, case: StoreCase, moment: str) -> None:
        """Run again it gets there, and at no moment is there anything but a whole value for consumers."""
        rotate(case.open(), OLD)
        number, keys, current = 0, 0, OLD
        while True:
            number += 1
            keys += 1
            new = StoredKey(f"Planted-sweep~{keys}", f"22222222-0000-4000-8000-{keys:012d}", f"r{keys}", "app-1")
            case.watch.clear((number, moment))
            try:
                rotate(case.open(), new)
            except Ended:
                case.watch.clear()
            else:
                case.watch.clear()
                assert (case.consume(), case.list_pending_values()) == (new.value, [])
                break
            assert case.consume() in (current.value, new.value)
            seen = case.open().read_current()
            assert seen in (current, new) and seen is not None and seen.value == case.consume()
            pending = case.open().read_pending()
            assert pending in (None, new)
            rotate(case.open(), new)
            assert (case.consume(), case.open().read_pending(), case.list_pending_values()) == (new.value, None, [])
            current = new
        assert number > 5

    def test_no_value_is_told(self, case: StoreCase) -> None:
        store, told = case.open(), []
        rotate(store, OLD)
        store.write_pending(NEW)
        for act in (
            lambda: store.write_pending(StoredKey("Planted-third~4713", NEW.key_id)),
            lambda: store.write_pending(StoredKey("Planted-third~4713", "33")),
            lambda: store.promote("33"),
        ):
            with pytest.raises(CvopsError) as refused:
                act()
            told += [str(refused.value), repr(refused.value.facts), repr(refused.value)]
        told += [store.label, repr(store.read_current()), repr(store.read_pending()), *case.words.lines]
        told += [warning for ctx in case.contexts for warning in ctx.warnings]
        assert "Planted" not in "\n".join(told)
        assert {OLD.value, NEW.value} <= set.union(*(ctx.secrets for ctx in case.contexts))
