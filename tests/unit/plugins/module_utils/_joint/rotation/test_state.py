# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rotation has read: which keys are its own, and what a target holds."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.state import (
    Key,
    RotationState,
    TargetState,
    change_target,
    drop_key,
    format_marker_name,
    mark_kept,
    mark_switched,
    parse_marker,
    put_key,
)

NOW = datetime.datetime(2026, 3, 2, 9, 41, tzinfo=datetime.timezone.utc)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", fullmatch=True)


@given(NAMES, st.from_regex("[0-9a-f]{12}", fullmatch=True))
def test_a_marker_is_read_back_as_it_was_written(name: str, rotation_id: str) -> None:
    found = parse_marker(f"{format_marker_name(name)}/{rotation_id}")
    assert found is not None
    assert (found.rotation_name, found.rotation + found.attempt) == (name, rotation_id)


@pytest.mark.parametrize(
    "display_name",
    [
        "",
        "cvops/backup",
        "cvops/0123456789ab",
        "cvops/backup/0123456789AB",
        "cvops/backup/0123456789a",
        "cvops/backup/0123456789abc",
        "Cvops/backup/0123456789ab",
        "cvops/back/up/0123456789ab",
        " cvops/backup/0123456789ab",
        "cvops/backup/0123456789ab\n",
    ],
)
def test_what_only_looks_like_a_marker_is_none(display_name: str) -> None:
    assert parse_marker(display_name) is None


def test_a_key_without_an_end_never_expires() -> None:
    assert Key("k", "", NOW, None).is_unexpired(NOW)
    assert not Key("k", "", NOW, NOW).is_unexpired(NOW)
    assert Key("k", "", NOW, NOW + datetime.timedelta(seconds=1)).is_unexpired(NOW)


def test_a_change_of_a_state_leaves_everything_else() -> None:
    first, second = TargetState("a", "file", "store", "k"), TargetState("b", "file", "store", "k")
    state = RotationState(NOW, (Key("k", "", NOW, None),), (first, second))
    assert mark_kept(state, "a", "n").targets == (TargetState("a", "file", "store", "k", pending_key_id="n"), second)
    unseen = change_target(state, "b", is_known=False, may_hold_unseen=True, problem="x")
    assert mark_switched(mark_kept(unseen, "b", "n"), "b", "n").targets[1] == TargetState("b", "file", "store", "n")
    assert [key.key_id for key in put_key(state, Key("n", "", NOW, None)).keys] == ["k", "n"]
    assert drop_key(state, "k").keys == ()
    assert put_key(state, Key("k", "again", NOW, None)).keys == (Key("k", "again", NOW, None),)
