# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.controller_approvals import (
    describe_approval_node,
    format_published_plan,
    read_approval,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_export import export_variables
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_failures import (
    describe_setup_failure,
    find_connection_problems,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_lines import (
    conclude_setup,
    describe_settings,
    format_setup,
    format_trusts,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_settings import (
    build_access_options,
    reduce_document,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_state import (
    find_playbook_problem,
    find_state_problems,
    list_batch,
    list_queries,
    read_answers,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_exact_filters


class FilterModule:
    """Filters for what a controller (AWX, Automation Controller) is to have."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_exact_filters(
            controller_access=build_access_options,
            controller_approval=read_approval,
            controller_approval_node=describe_approval_node,
            controller_batch=list_batch,
            controller_connection_problems=find_connection_problems,
            controller_conclusion=conclude_setup,
            controller_document=reduce_document,
            controller_failure=describe_setup_failure,
            controller_plan_lines=format_setup,
            controller_problems=find_state_problems,
            controller_project_problem=find_playbook_problem,
            controller_queries=list_queries,
            controller_settings=describe_settings,
            controller_state=read_answers,
            controller_trust_lines=format_trusts,
            controller_variables=export_variables,
            published_plan=format_published_plan,
        )
