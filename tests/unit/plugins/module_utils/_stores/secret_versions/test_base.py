# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of a store of two names, with places that lose answers, meet others and fail in every order."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporters import RecordingReporter

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, ConfigError, CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._stores.conflicts import StoreConflict
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions import base
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import (
    Held,
    PlacedKeys,
    StoredKey,
    list_facts,
)

#: What may become of a write: done; done with a lost answer; not done and no answer; refused; another process was faster.
OUTCOMES = ("done", "lost", "undone", "refused", "overtaken")


@dataclasses.dataclass
class FakePlace:
    """A name of a store with numbered versions; ``outcomes``: of its writes, in order, then all are done."""

    label: str
    outcomes: list[str] = dataclasses.field(default_factory=list)
    key: StoredKey | None = None
    version: int = 0
    history: list[StoredKey | None] = dataclasses.field(default_factory=list)

    def read(self) -> Held:
        return Held(self.key, self.version)

    def read_before(self, held: Held) -> StoredKey | None:
        return None

    def write(self, key: StoredKey, held: Held) -> None:
        self._change(key, held)

    def clear(self, held: Held) -> None:
        self._change(None, held)

    def _change(self, key: StoredKey | None, held: Held) -> None:
        outcome = self.outcomes.pop(0) if self.outcomes else "done"
        if outcome == "refused":
            raise ApiError("refused")
        if outcome == "undone":
            raise ApiError("no answer", may_have_acted=True)
        if outcome == "overtaken":
            self._set(StoredKey("of another", "other"))
        if held.version != self.version:
            raise StoreConflict("overtaken")
        self._set(key)
        if outcome == "lost":
            raise ApiError("no answer", may_have_acted=True)

    def _set(self, key: StoredKey | None) -> None:
        self.key, self.version = key, self.version + 1
        self.history.append(key)


def make(current: list[str] | None = None, pending: list[str] | None = None) -> tuple[PlacedKeys, FakePlace, FakePlace]:
    """A store whose consumers read an old key."""
    ctx = Context(options={}, reporter=RecordingReporter(), deadline_at=None)
    ctx.sleep = lambda seconds: None  # type: ignore[method-assign]
    places = FakePlace("current", current or [], OLD, 1), FakePlace("pending", pending or [])
    return PlacedKeys(ctx, "fake", *places), *places


OLD, NEW = StoredKey("old-value", "1"), StoredKey("new-value", "2", "r", "a", "2027-01-01T00:00:00Z")


def test_a_key_never_shows_its_value() -> None:
    for shown in (repr(NEW), str(NEW), f"{NEW}", repr(Held(NEW, 3, {"other": "planted"})), repr(list_facts(NEW))):
        assert "new-value" not in shown and "planted" not in shown
    assert list_facts(NEW) == {"key_id": "2", "rotation_id": "r", "application": "a", "expires": "2027-01-01T00:00:00Z"}
    assert list_facts(OLD) == {"key_id": "1"}


@given(st.lists(st.sampled_from(OUTCOMES), max_size=8), st.lists(st.sampled_from(OUTCOMES), max_size=8))
def test_whatever_becomes_of_writes_consumers_have_a_whole_value_and_a_run_gets_there(
    current: list[str], pending: list[str]
) -> None:
    store, place, waiting = make(current, pending)
    for dummy in range(len(current) + len(pending) + 1):
        try:
            found = store.read_pending()
            if found is not None and found.key_id != NEW.key_id:
                store.discard_pending(found.key_id)
            store.write_pending(NEW)
            store.promote(NEW.key_id)
            break
        except CvopsError:
            pass
        assert place.key is not None
    assert (place.key, waiting.key) == (NEW, None)
    assert None not in place.history
    values: dict[str, set[str]] = {}
    for key in [*place.history, *waiting.history]:
        if key is not None:
            values.setdefault(key.key_id, set()).add(key.value)
    assert all(len(found) == 1 for found in values.values())


def test_a_lost_answer_is_looked_for_and_the_write_made_again_only_where_nothing_has_changed() -> None:
    store, place, _pending = make(["lost"])
    store.write_pending(NEW)
    store.promote(NEW.key_id)
    assert place.history == [NEW]
    store, place, _pending = make(["undone", "undone"])
    store.write_pending(NEW)
    store.promote(NEW.key_id)
    assert place.history == [NEW]
    store, place, _pending = make(["undone"] * 3)
    store.write_pending(NEW)
    with pytest.raises(ApiError, match="no answer"):
        store.promote(NEW.key_id)
    assert (place.history, place.outcomes) == ([], [])


def test_what_another_process_wrote_is_not_overwritten() -> None:
    store, place, waiting = make(["overtaken"])
    store.write_pending(NEW)
    with pytest.raises(StoreConflict):
        store.promote(NEW.key_id)
    assert (place.key, waiting.key) == (StoredKey("of another", "other"), NEW)


def test_a_failed_look_says_that_the_outcome_is_unknown() -> None:
    store, place, _pending = make(["lost"])
    store.write_pending(NEW)
    read = place.read

    def read_once() -> Held:
        place.read = fail  # type: ignore[method-assign]
        return read()

    def fail() -> Held:
        raise ApiError("gone")

    place.read = read_once  # type: ignore[method-assign]
    with pytest.raises(ApiError, match="gone") as refused:
        store.promote(NEW.key_id)
    assert refused.value.facts["outcome"] == "unknown"


def test_a_pending_value_that_cannot_be_taken_away_is_an_error_and_the_next_run_does_it() -> None:
    store, place, waiting = make(pending=["done", "undone"])
    store.write_pending(NEW)
    with pytest.raises(ApiError, match="no answer"):
        store.promote(NEW.key_id)
    assert (place.key, waiting.key) == (NEW, NEW)
    store.promote(NEW.key_id)
    assert (place.history, waiting.key) == ([NEW], None)
    store, place, waiting = make(pending=["done", "lost"])
    store.write_pending(NEW)
    store.promote(NEW.key_id)
    assert waiting.key is None


def test_a_pending_value_that_no_rotation_has_marked_is_left_to_people() -> None:
    store, _place, waiting = make()
    waiting.key = StoredKey("by hand")
    store.discard_pending("")
    for act in (lambda: store.write_pending(NEW), lambda: store.promote(NEW.key_id)):
        with pytest.raises(ConfigError, match="that no rotation has marked.*if nobody needs it, remove it there"):
            act()
    with pytest.raises(ConfigError, match="nothing is pending"):
        store.promote("")
    assert (waiting.key, waiting.history) == (StoredKey("by hand"), [])


def test_values_are_hidden_from_the_run_as_soon_as_they_are_known() -> None:
    store, _place, waiting = make()
    store.read_current()
    with pytest.raises(ConfigError):
        store.write_pending(StoredKey("without-an-id", ""))
    waiting.key = StoredKey("pending-value", "3")
    store.read_pending()
    assert store._ctx.secrets == {"old-value", "without-an-id", "pending-value"}


def test_the_lock_is_held_while_names_are_read_and_written() -> None:
    held: list[str] = []

    class Lock:
        def __init__(self, create: bool) -> None:
            self.create = create

        def __enter__(self) -> None:
            held.append(f"taken {self.create}")

        def __exit__(self, *_error: object) -> None:
            held.append("released")

    ctx = Context(options={}, reporter=RecordingReporter())
    current, pending = FakePlace("current"), FakePlace("pending")
    store = PlacedKeys(ctx, "fake", current, pending, Lock)
    read = current.read
    current.read = lambda: held.append("read") or read()  # type: ignore[method-assign, func-returns-value]
    store.write_pending(NEW)
    store.promote(NEW.key_id)
    assert held == ["taken True", "read", "released", "taken False", "read", "released"]


def test_rights_are_checked_with_what_was_read() -> None:
    seen: list[t.Any] = []
    ctx = Context(options={}, reporter=RecordingReporter())
    store = PlacedKeys(
        ctx,
        "fake",
        FakePlace("c", key=OLD),
        FakePlace("p"),
        check_rights=lambda *held: seen.append([h.key for h in held]),
    )
    store.check()
    assert seen == [[OLD, None]]
    assert set(base.KEY_FACTS) | {"value"} == {field.name for field in dataclasses.fields(StoredKey)}
