# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import FilterText
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_filters
from ansible_collections.cvops.identity.plugins.plugin_utils.review import format_review, get_patch


def write_patch(found: t.Any) -> str:
    """Return a patch as it is; see review_patch.yml."""
    return t.cast("str", FilterText(get_patch(found)))


class FilterModule:
    """Filters of an access review."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_filters(review_lines=format_review, review_patch=write_patch)
