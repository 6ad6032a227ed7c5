# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_exact_filters, build_filters
from ansible_collections.cvops.identity.plugins.plugin_utils.rotation_lines import (
    format_rotation_plan,
    format_rotation_report,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.rotation_runs import (
    build_rotation_options,
    choose_rotations,
    collect_rotation,
    conclude_rotations,
    decide_rotations,
    find_rotations_failure,
)


class FilterModule:
    """Filters of the role secret_rotation and the playbook rotate_secrets."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        shown = build_filters(
            rotation_choice=choose_rotations,
            rotation_conclusion=conclude_rotations,
            rotation_decision=decide_rotations,
            rotation_failure=find_rotations_failure,
            rotation_lines=format_rotation_report,
            rotation_outcome=collect_rotation,
            rotation_plan_lines=format_rotation_plan,
        )
        return shown | build_exact_filters(rotation_options=build_rotation_options)
