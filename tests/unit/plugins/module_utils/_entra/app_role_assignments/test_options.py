# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of assignments."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.options import (
    KINDS,
    app_role_assignments_spec,
)


@pytest.mark.parametrize("rule", ["required_one_of", "mutually_exclusive"])
def test_each_assignment_names_exactly_one_principal(rule: str) -> None:
    option = app_role_assignments_spec().options["assignments"]
    assert option[rule] == [list(KINDS)]
    assert set(option["options"]) == {"app_role", *KINDS}
