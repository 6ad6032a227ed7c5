# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.access_log import (
    build_log_csv,
    build_log_ocsf,
    find_log_start,
    join_logs,
    list_logged_subjects,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.access_log_lines import format_log
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import FilterText
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_filters


def write_csv(joined: t.Any) -> str:
    """Return a table as it is; see access_log_csv.yml."""
    return t.cast("str", FilterText(build_log_csv(joined)))


def write_ocsf(joined: t.Any) -> str:
    """Return lines as they are; see access_log_ocsf.yml."""
    return t.cast("str", FilterText(build_log_ocsf(joined)))


class FilterModule:
    """Filters that join the logs of both services, and write them for people and programs."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_filters(
            access_log_csv=write_csv,
            access_log_lines=format_log,
            access_log_ocsf=write_ocsf,
            access_log_start=find_log_start,
            join_logs=join_logs,
            logged_subjects=list_logged_subjects,
        )
