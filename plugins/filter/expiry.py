# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import FilterText
from ansible_collections.cvops.identity.plugins.plugin_utils.expiry_calendar import build_expiry_calendar
from ansible_collections.cvops.identity.plugins.plugin_utils.expiry_junit import build_expiry_junit
from ansible_collections.cvops.identity.plugins.plugin_utils.expiry_metrics import build_expiry_metrics
from ansible_collections.cvops.identity.plugins.plugin_utils.expiry_reports import (
    find_expiry_faults,
    format_expiry,
    join_expiring,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_filters
from ansible_collections.cvops.identity.plugins.plugin_utils.report_notifications import build_expiry_notification


def write_calendar(expiring: t.Any) -> str:
    """Return a calendar as it is; see expiry_calendar.yml."""
    return t.cast("str", FilterText(build_expiry_calendar(expiring)))


def write_junit(expiring: t.Any) -> str:
    """Return JUnit XML as it is; see expiry_junit.yml."""
    return t.cast("str", FilterText(build_expiry_junit(expiring)))


def write_metrics(expiring: t.Any) -> str:
    """Return metrics as they are; see expiry_metrics.yml."""
    return t.cast("str", FilterText(build_expiry_metrics(expiring)))


class FilterModule:
    """Filters that join what expiry_info has found, and write it for people and machines."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_filters(
            expiry_calendar=write_calendar,
            expiry_faults=find_expiry_faults,
            expiry_junit=write_junit,
            expiry_lines=format_expiry,
            expiry_metrics=write_metrics,
            expiry_notification=build_expiry_notification,
            join_expiring=join_expiring,
        )
