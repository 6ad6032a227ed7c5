# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The target that is the result: nobody can tell afterwards who has the value."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.returned import ReturnTarget


def test_any_key_may_be_in_use_where_its_value_was_taken() -> None:
    found = ReturnTarget("the result").read()
    assert (found.key_id, found.is_known, found.may_hold_unseen) == (None, False, True)


def test_nothing_writes_it() -> None:
    target = ReturnTarget("the result")
    target.check()
    with pytest.raises(ConfigError, match="result"):
        target.switch(KeyValue("k", "", "", "", "v"))
