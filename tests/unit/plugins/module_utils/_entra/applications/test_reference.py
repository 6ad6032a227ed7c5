# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registration that another module's option names."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import find_application


@pytest.mark.parametrize("asked", [{"unique_name": None}, {"app_id": ""}, {"object_id": "", "app_id": None}, {}])
def test_a_key_without_a_value_is_named_before_anything_is_read(asked: dict[str, t.Any]) -> None:
    with pytest.raises(ConfigError, match="application: the key that is given is empty") as caught:
        find_application(t.cast("t.Any", None), asked)
    assert caught.value.facts["source"] == "option application"
