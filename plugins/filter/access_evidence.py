# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.evidence_lines import (
    find_grave_findings,
    format_evidence,
    list_unread_sources,
    select_evidence_document,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_filters


class FilterModule:
    """Filters of the playbook access_evidence."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_filters(
            evidence_document=select_evidence_document,
            evidence_lines=format_evidence,
            grave_findings=find_grave_findings,
            unread_sources=list_unread_sources,
        )
