# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.bootstrap_lines import format_bootstrap_report
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_filters
from ansible_collections.cvops.identity.plugins.plugin_utils.notification import (
    build_notification,
    is_notification_wanted,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.plan_lines import compute_digest, format_plan
from ansible_collections.cvops.identity.plugins.plugin_utils.plan_people import format_people, list_groups_to_read
from ansible_collections.cvops.identity.plugins.plugin_utils.policy_lines import format_policies
from ansible_collections.cvops.identity.plugins.plugin_utils.report_lines import (
    build_run_summary,
    find_doctor_faults,
    format_access,
    format_doctor_report,
    format_drift,
    format_export,
    format_pending_consent,
    format_preflight,
    format_run,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.report_notifications import (
    build_evidence_notification,
    build_refusal_notification,
    build_review_notification,
)


class FilterModule:
    """Filters that make the reports of roles and playbooks."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_filters(
            access_lines=format_access,
            bootstrap_lines=format_bootstrap_report,
            consent_lines=format_pending_consent,
            doctor_faults=find_doctor_faults,
            doctor_lines=format_doctor_report,
            drift_lines=format_drift,
            evidence_notification=build_evidence_notification,
            export_lines=format_export,
            notification_wanted=is_notification_wanted,
            people_groups=list_groups_to_read,
            people_lines=format_people,
            plan_digest=compute_digest,
            plan_lines=format_plan,
            policy_lines=format_policies,
            preflight_lines=format_preflight,
            refusal_notification=build_refusal_notification,
            review_notification=build_review_notification,
            run_lines=format_run,
            run_notification=build_notification,
            run_summary=build_run_summary,
        )
