# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.bootstrap_lines import bootstrap_lines
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import as_filters
from ansible_collections.cvops.identity.plugins.plugin_utils.report_lines import (
    consent_lines,
    doctor_faults,
    doctor_lines,
    export_lines,
    preflight_lines,
    run_lines,
    run_summary,
)


class FilterModule:
    """Filters that make the reports of roles and playbooks."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return as_filters(
            bootstrap_lines=bootstrap_lines,
            consent_lines=consent_lines,
            doctor_faults=doctor_faults,
            doctor_lines=doctor_lines,
            export_lines=export_lines,
            preflight_lines=preflight_lines,
            run_lines=run_lines,
            run_summary=run_summary,
        )
