# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.declared_credentials import (
    build_credential_options,
    describe_registered,
    find_unregistered_problem,
    list_credential_results,
    list_credentials,
    select_approved,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_exact_filters, build_filters


class FilterModule:
    """Filters of the role commvault_credentials."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        shown = build_filters(
            credential_problems=find_unregistered_problem,
            credential_steps=select_approved,
            credentials_found=list_credential_results,
            credentials_of=list_credentials,
            registered_application=describe_registered,
        )
        return shown | build_exact_filters(credential_options=build_credential_options)
