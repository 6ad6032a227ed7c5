# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.plugin_utils.declared import (
    covers_commcell,
    find_permissions,
    find_uses,
    items_in_state,
    lacking_permissions,
    removes_owner,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import as_filters


class FilterModule:
    """Filters on what a variables document declares."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return as_filters(
            covers_commcell=covers_commcell,
            dates_as_text=convert_to_builtins,
            document_permissions=find_permissions,
            document_uses=find_uses,
            items_in_state=items_in_state,
            lacking_permissions=lacking_permissions,
            removes_owner=removes_owner,
        )
