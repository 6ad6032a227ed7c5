# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.declared import (
    find_document_permissions,
    find_document_uses,
    find_lacking_permissions,
    is_owner_removed,
    list_declared_roles,
    select_items_in_state,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import (
    build_exact_filters,
    build_filters,
    convert_dates_to_text,
)


class FilterModule:
    """Filters on what a variables document declares."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        shown = build_filters(
            declared_roles=list_declared_roles,
            document_permissions=find_document_permissions,
            document_uses=find_document_uses,
            items_in_state=select_items_in_state,
            lacking_permissions=find_lacking_permissions,
            removes_owner=is_owner_removed,
        )
        return shown | build_exact_filters(dates_as_text=convert_dates_to_text)
