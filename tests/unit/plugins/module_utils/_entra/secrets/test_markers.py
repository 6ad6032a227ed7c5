# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Markers of client secrets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.markers import (
    build_marker_pattern,
    draw_attempt_id,
)


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_marker_is_of_its_own_name_only(name: str, other: str) -> None:
    marker = f"{name}/{draw_attempt_id()}"
    assert build_marker_pattern(name).fullmatch(marker) and build_marker_pattern(name).fullmatch(name)
    if other != name:
        assert not build_marker_pattern(other).fullmatch(name + "/x" + draw_attempt_id())
        assert not build_marker_pattern(other).fullmatch(marker) or other == marker


def test_no_two_attempts_have_one_id() -> None:
    drawn = {draw_attempt_id() for dummy in range(200)}
    assert len(drawn) == 200 and {len(one) for one in drawn} == {12}
