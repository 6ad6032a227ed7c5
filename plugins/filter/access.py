# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.access_questions import (
    build_answer_csv,
    build_question,
    check_question,
    format_answer,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import FilterText
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_filters


def write_csv(answer: t.Any) -> str:
    """Return a table as it is; see access_answer_csv.yml."""
    return t.cast("str", FilterText(build_answer_csv(answer)))


class FilterModule:
    """Filters around the question who can do what."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_filters(
            access_answer_csv=write_csv,
            access_answer_lines=format_answer,
            access_question=build_question,
            access_question_problems=check_question,
        )
