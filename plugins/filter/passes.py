# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_exact_filters, build_filters
from ansible_collections.cvops.identity.plugins.plugin_utils.passes import (
    collect_pass,
    collect_run_results,
    describe_failure,
    group_results_by_host,
    list_approved_ids,
    merge_options_of_localhost,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.run_conclusions import (
    conclude_run,
    decide_run,
    find_result_failure,
    format_conclusion,
    format_decision,
    split_entra_tasks,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.run_scope import select_scope


class FilterModule:
    """Filters of the playbooks that plan everything before they write."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        shown = build_filters(
            approved_ids=list_approved_ids,
            conclusion_lines=format_conclusion,
            decision_lines=format_decision,
            entra_order=split_entra_tasks,
            failure_text=describe_failure,
            pass_outcome=collect_pass,
            result_failure=find_result_failure,
            results_by_host=group_results_by_host,
            run_conclusion=conclude_run,
            run_decision=decide_run,
            run_results=collect_run_results,
            run_scope=select_scope,
        )
        return shown | build_exact_filters(options_of_localhost=merge_options_of_localhost)
