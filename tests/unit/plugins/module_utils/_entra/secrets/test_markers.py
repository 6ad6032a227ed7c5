# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Markers of client secrets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.names import is_same_name
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.markers import (
    draw_attempt_id,
    is_secret_of_name,
)


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_marker_is_of_its_own_name_only(name: str, other: str) -> None:
    marker = f"{name}/{draw_attempt_id()}"
    assert is_secret_of_name(marker, name) and is_secret_of_name(name, name)
    if not is_same_name(other, name):
        assert not is_secret_of_name(name + "/x" + draw_attempt_id(), other)
        assert not is_secret_of_name(marker, other) or is_same_name(other, marker)


def test_letter_case_makes_no_other_name() -> None:
    """Else the second run would add a second secret beside the first."""
    assert is_secret_of_name("Nightly/0123456789ab", "nightly") and is_secret_of_name("nightly", "NIGHTLY")
    assert not is_secret_of_name("night\u017fy", "nightsy")


def test_no_two_attempts_have_one_id() -> None:
    drawn = {draw_attempt_id() for dummy in range(200)}
    assert len(drawn) == 200 and {len(one) for one in drawn} == {12}
