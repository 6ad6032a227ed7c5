# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_filters
from ansible_collections.cvops.identity.plugins.plugin_utils.task_results import (
    choose_application_key,
    find_group_references,
    find_owned_names,
    sum_results,
)


class FilterModule:
    """Filters on registered results of the collection's modules."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_filters(
            application_key=choose_application_key,
            entra_group_references=find_group_references,
            names_owned_by=find_owned_names,
            sum_results=sum_results,
        )
