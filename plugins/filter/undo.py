# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import (
    build_exact_filters,
    build_filters,
    refuse_templates,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.undo_plan import (
    drop_findings,
    format_told,
    leave_missing,
    plan_reads,
    plan_undo,
    select_addresses,
    select_risks,
)


def _take_builtins(
    compute: t.Callable[..., t.Any], check: t.Callable[[t.Any], t.Any] = refuse_templates
) -> t.Callable[..., t.Any]:
    """Return *compute* on plain data; *check* may refuse its result, in which records and services name things."""

    @functools.wraps(compute)
    def computed(*args: t.Any, **options: t.Any) -> t.Any:
        given = [convert_to_builtins(value) for value in args]
        result = compute(*given, **{name: convert_to_builtins(value) for name, value in options.items()})
        return check(result)

    return computed


class FilterModule:
    """Filters of the playbook that undoes a run."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        shown = build_filters(undo_lines=_take_builtins(format_told, check=list))
        return shown | build_exact_filters(
            undo_addresses=_take_builtins(select_addresses),
            undo_leave=_take_builtins(leave_missing),
            undo_plan=_take_builtins(plan_undo),
            undo_reads=_take_builtins(plan_reads),
            undo_results=_take_builtins(drop_findings),
            undo_risks=_take_builtins(select_risks),
        )
