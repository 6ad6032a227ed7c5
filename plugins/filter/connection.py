# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.connection_options import (
    build_commcell_options,
    build_sign_in_options,
    build_verification_options,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_exact_filters


class FilterModule:
    """Filters that turn the connection of a variables document into options of modules."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_exact_filters(
            commcell_options=build_commcell_options,
            sign_in_options=build_sign_in_options,
            verification_options=build_verification_options,
        )
