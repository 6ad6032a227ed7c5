# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets that keep a key before it is read, and those that people write: what they show of themselves."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue, StoreTarget
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.stored import StoredTarget
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import StoredKey

APP = "66666666-7777-4888-8999-000000000000"
NEW = KeyValue("new", "rotation", APP, "2026-09-01T00:00:00Z", "value of new")


class Store:
    """A store in memory."""

    kind, label = "file", "file /x"

    def __init__(self, current: StoredKey | None = None, pending: StoredKey | None = None) -> None:
        self.current, self.pending, self.previous = current, pending, None
        self.checked = 0

    def check(self) -> None:
        self.checked += 1

    def read_current(self) -> StoredKey | None:
        return self.current

    def read_previous(self) -> StoredKey | None:
        return self.previous

    def read_pending(self) -> StoredKey | None:
        return self.pending

    def write_pending(self, key: StoredKey) -> None:
        self.pending = key

    def promote(self, key_id: str) -> None:
        assert self.pending is not None
        assert self.pending.key_id == key_id
        self.current, self.pending = self.pending, None

    def discard_pending(self, key_id: str) -> None:
        self.pending = None


def stored(key_id: str, application: str = APP) -> StoredKey:
    return StoredKey(f"value of {key_id}", key_id, "rotation", application, "2026-09-01T00:00:00Z")


def target(store: Store) -> StoredTarget:
    return StoredTarget("the file", t.cast("t.Any", store), APP)


def test_a_store_is_a_store_target() -> None:
    assert isinstance(target(Store()), StoreTarget)


def test_a_key_goes_through_the_store() -> None:
    store = Store(stored("OLD"))
    found = target(store)
    assert found.read().key_id == "old"
    found.keep(NEW)
    state = found.read_pending(found.read())
    assert (state.key_id, state.pending_key_id) == ("old", "new")
    assert state.pending_expires == datetime.datetime(2026, 9, 1, tzinfo=datetime.timezone.utc)
    assert found.recover("new") == NEW
    assert found.switch(NEW) == "switched"
    assert (found.read().key_id, found.read_pending(found.read()).pending_key_id) == ("new", None)
    assert found.recover("new") == NEW
    assert found.recover("old") is None


def test_an_empty_store_holds_nothing_and_one_without_a_key_id_tells_nothing() -> None:
    assert (target(Store()).read().is_known, target(Store()).read().may_hold_unseen) == (True, False)
    foreign = target(Store(StoredKey("a value"))).read()
    assert (foreign.key_id, foreign.is_known, foreign.may_hold_unseen) == (None, False, True)


def test_the_key_of_another_application_is_not_touched() -> None:
    other = stored("k", "11111111-2222-4333-8444-555555555555")
    with pytest.raises(ConfigError, match="11111111"):
        target(Store(other)).read()
    found = target(Store(None, other))
    with pytest.raises(ConfigError, match="11111111"):
        found.read_pending(found.read())


def test_what_somebody_else_has_written_meanwhile_is_no_success() -> None:
    store = Store(None, stored("new"))
    store.promote = lambda key_id: None  # type: ignore[method-assign]
    store.current = stored("theirs")
    with pytest.raises(ConfigError, match="new"):
        target(store).switch(NEW)


def test_the_values_to_go_back_to_are_those_in_use_and_before() -> None:
    store = Store(stored("new"))
    store.previous = stored("old")
    assert [value.key_id for value in target(store).list_values()] == ["new", "old"]
