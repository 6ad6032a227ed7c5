# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a rotation: its steps for people, the value of its result, and the key to go back to."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import replace

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, add_ids, list_planned_changes
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.decision import Decision, Gate, Move
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.state import (
    Key,
    RotationState,
    TargetState,
    Wish,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.words import (
    TO_BE_ADDED,
    build_steps,
    choose_rollback_value,
    format_removed_key,
    format_rotation,
    predict_state,
)

NOW = datetime.datetime(2026, 3, 2, 9, 41, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
WISH = Wish("backup", 183, 93, DAY)
MOVES = (
    Move("withdraw", "left"),
    Move("add"),
    Move("store", None, "vault"),
    Move("prove"),
    Move("switch", None, "vault"),
    Move("retire", "old"),
)


def key(key_id: str, age_days: int = 1, left_days: int = 90, name: str | None = None) -> Key:
    display_name = f"cvops/backup/{'0' * 12}" if name is None else name
    return Key(key_id, display_name, NOW - age_days * DAY, NOW + left_days * DAY)


def value(key_id: str) -> KeyValue:
    return KeyValue(key_id, "", "app", "", "the secret value")


def test_every_step_says_what_it_changes_and_takes_its_data_along() -> None:
    steps = build_steps(Decision("not_due", moves=MOVES), WISH, "commvault-management")
    assert [(step.action, step.data["key_id"], step.data["target"]) for step in steps] == [
        (move.action, move.key_id, move.target) for move in MOVES
    ]
    told = [(change.sign, change.principal) for step in steps for change in step.changes]
    assert told == [(sign, "commvault-management") for sign in "-+~~~-"]
    assert all(step.changes[0].sentence for step in steps)
    assert "backup" in steps[1].subject


def test_steps_are_told_from_those_of_a_later_rotation_whatever_is_approved() -> None:
    """Nobody's approval from before serves for it: neither with another key, nor from before there was one."""

    def list_ids(*replaced: str, approved: t.Collection[str] = ()) -> list[str]:
        due = Decision("not_due", moves=tuple(move for move in MOVES if move.key_id is None))
        steps = add_ids(build_steps(due, WISH, "job", replaced), principal="0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70")
        return [change["id"] for change in list_planned_changes("rotation", Plan({}, {}, steps), approved)]

    assert list_ids("a") == list_ids("a", approved=list_ids("a"))
    for earlier in (list_ids(), list_ids("a")):
        assert set(earlier).isdisjoint(list_ids("b", approved=earlier))


@pytest.mark.parametrize("kind", ["secret", "certificate"])
def test_a_step_says_what_kind_of_key_it_is_about(kind: str) -> None:
    steps = build_steps(Decision("not_due", moves=MOVES), replace(WISH, kind=kind), "commvault-management")
    assert f"add a {kind} of the rotation" in steps[1].subject
    assert [change.kind for step in steps for change in step.changes] == [kind, kind, "target", kind, "target", kind]


def test_what_will_be_there_has_the_key_that_does_not_exist_yet() -> None:
    state = RotationState(NOW, (key("left"), key("old")), (TargetState("vault", "file", "store", "old"),))
    after = predict_state(state, Decision("not_due", moves=MOVES), WISH, NOW + 183 * DAY)
    assert [one.key_id for one in after.keys] == [TO_BE_ADDED]
    assert (after.targets[0].key_id, after.targets[0].pending_key_id) == (TO_BE_ADDED, None)
    shown = format_rotation(after, Decision("overlap", active_key_id=TO_BE_ADDED), WISH)
    assert (shown["active_key_id"], shown["targets"][0]["key_id"]) == (None, None)
    assert shown["targets"][0]["state"] == "active"


def test_the_value_of_the_result_tells_each_target_apart() -> None:
    targets: dict[str, t.Any] = {
        "active": TargetState("active", "file", "store", "new"),
        "kept": TargetState("kept", "file", "store", "old", pending_key_id="new"),
        "behind": TargetState("behind", "file", "store", "old"),
        "unknown": TargetState("unknown", "commvault_credential", "consumer", is_known=False),
        "failed": TargetState("failed", "commvault_credential", "consumer", "old", problem="not its owner"),
        "awaiting_approval": TargetState("a", "commvault_credential", "consumer", "old", is_awaiting_approval=True),
        "not_acknowledged": TargetState("not_acknowledged", "external", "external", "old"),
        "returned_once": TargetState("returned_once", "return", "return", is_known=False),
    }
    state = RotationState(NOW, (key("new"), key("old")), tuple(targets.values()))
    found = format_rotation(state, Decision("overlap", active_key_id="new", gates=(Gate("g", False, "why"),)), WISH)
    assert [target["state"] for target in found["targets"]] == list(targets)
    assert found["gates"] == [{"name": "g", "open": False, "reason": "why"}]
    assert found["expires"] == "2026-05-31T09:41:00Z"
    assert found["targets"][4]["message"] == "not its owner"


def test_the_way_back_is_the_newest_key_that_works_before_the_newest() -> None:
    keys = (
        key("older", 180, 3),
        key("old", 90, 93),
        key("new", 1, 182),
        key("gone", 100, -1),
        key("foreign", 2, name="x"),
    )
    state = RotationState(NOW, keys, ())
    assert choose_rollback_value([value("new"), value("old")], state, WISH) == "old"
    assert choose_rollback_value([value("old"), value("new")], state, WISH) == "old", "after going back, too"
    assert choose_rollback_value([value("older"), value("old")], state, WISH) == "old"
    assert choose_rollback_value([value("new"), value("gone")], state, WISH) is None
    assert choose_rollback_value([value("foreign")], state, WISH) == "foreign", "the one made by hand before the first"
    assert choose_rollback_value([], state, WISH) is None


def test_a_value_is_not_in_the_text_of_a_key() -> None:
    assert "the secret value" not in repr(value("k"))


def test_a_removed_key_is_of_use_as_long_as_a_token() -> None:
    assert format_removed_key("abc", NOW) == {
        "key_id": "abc",
        "removed_at": "2026-03-02T09:41:00Z",
        "last_possible_use": "2026-03-02T11:11:00Z",
    }
