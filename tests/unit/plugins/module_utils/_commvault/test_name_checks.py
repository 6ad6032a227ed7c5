# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that lists and consoles do not show are refused before anything is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.name_checks import check_object_name
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError


@pytest.mark.parametrize("name", ["", "  ", "\t", " x", "x ", "x\n", "\u00a0x", "x" * 256])
def test_a_name_that_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_object_name("new_name", name)
    assert str(caught.value).startswith("new_name: ")
    assert caught.value.facts["source"] == "option new_name" and len(str(caught.value)) < 200


@given(st.one_of(st.text(), st.integers(250, 260).map("x".__mul__)))
def test_exactly_short_names_without_blanks_around_them_pass(name: str) -> None:
    if name and name == name.strip() and len(name) <= 255:
        check_object_name("name", name)
        return
    with pytest.raises(ConfigError):
        check_object_name("name", name)
