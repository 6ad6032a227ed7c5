# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_filters
from ansible_collections.cvops.identity.plugins.plugin_utils.snapshot_report import report_snapshot
from ansible_collections.cvops.identity.plugins.plugin_utils.snapshot_subjects import list_snapshot_subjects


class FilterModule:
    """Filters that tell what a snapshot is to hold, and what it holds."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_filters(snapshot_report=report_snapshot, snapshot_subjects=list_snapshot_subjects)
