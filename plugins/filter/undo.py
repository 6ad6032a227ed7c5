# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import mark_untrusted
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_filters
from ansible_collections.cvops.identity.plugins.plugin_utils.undo_plan import (
    drop_findings,
    format_told,
    leave_missing,
    plan_reads,
    plan_undo,
    select_addresses,
    select_risks,
)


def _keep_untrusted(compute: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    """Return *compute* on plain data, and with a result that core never takes for templates: records and services name things."""

    @functools.wraps(compute)
    def computed(*args: t.Any, **options: t.Any) -> t.Any:
        given = [convert_to_builtins(value) for value in args]
        return mark_untrusted(compute(*given, **{name: convert_to_builtins(value) for name, value in options.items()}))

    return computed


class FilterModule:
    """Filters of the playbook that undoes a run."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return build_filters(
            undo_addresses=_keep_untrusted(select_addresses),
            undo_leave=_keep_untrusted(leave_missing),
            undo_lines=_keep_untrusted(format_told),
            undo_plan=_keep_untrusted(plan_undo),
            undo_reads=_keep_untrusted(plan_reads),
            undo_results=_keep_untrusted(drop_findings),
            undo_risks=_keep_untrusted(select_risks),
        )
