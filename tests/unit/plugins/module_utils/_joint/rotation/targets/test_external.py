# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The target that people write: what it tells is what was acknowledged."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue, StoreTarget
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.external import ExternalTarget


def test_it_holds_the_key_that_was_acknowledged() -> None:
    assert ExternalTarget("proxy", "prx07", "the team", "ABC", False).read().key_id == "abc"
    found = ExternalTarget("proxy", "prx07", None, None, True).read()
    assert (found.key_id, found.is_known, found.is_key_management) == (None, True, True)


def test_nothing_writes_it() -> None:
    target = ExternalTarget("proxy", "prx07", None, None, False)
    target.check()
    assert not isinstance(target, StoreTarget)
    with pytest.raises(ConfigError, match="proxy"):
        target.switch(KeyValue("k", "", "", "", "v"))
