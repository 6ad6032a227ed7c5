# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.declared_access import (
    build_access_options,
    collect_access,
    describe_target,
    find_unregistered_problem,
    list_access_tasks,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_exact_filters, build_filters


class FilterModule:
    """Filters of the role conditional_access."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        shown = build_filters(
            conditional_access_found=collect_access,
            conditional_access_problems=find_unregistered_problem,
            conditional_access_target=describe_target,
            conditional_access_tasks=list_access_tasks,
        )
        return shown | build_exact_filters(conditional_access_options=build_access_options)
