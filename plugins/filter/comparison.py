# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import FilterText
from ansible_collections.cvops.identity.plugins.plugin_utils.comparison import compare_commcells
from ansible_collections.cvops.identity.plugins.plugin_utils.comparison_text import format_comparison, write_comparison
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_filters


def write_text(comparison: t.Any, path: t.Any) -> str:
    """Return the text of a file as it is; see comparison_text.yml."""
    return t.cast("str", FilterText(write_comparison(comparison, path)))


class FilterModule:
    """Filters that compare what is granted on the CommCells."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_filters(
            commcell_comparison=compare_commcells,
            comparison_lines=format_comparison,
            comparison_text=write_text,
        )
