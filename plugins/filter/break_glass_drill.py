# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.break_glass_drill import (
    add_drills,
    build_drill,
    build_drill_options,
    format_drills,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_exact_filters, build_filters


class FilterModule:
    """Filters of the break-glass drill."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        shown = build_filters(
            add_drills=add_drills,
            drill_lines=format_drills,
            drill_result=build_drill,
        )
        return shown | build_exact_filters(drill_options=build_drill_options)
