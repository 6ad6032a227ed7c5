# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Facts for sso_preflight_info: whether members of the mapped groups get their Commvault groups at sign-in. Nothing is written."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import Problems
from ..mappings.parse import parse_mappings
from .read import read_preflight_facts
from .report import build_preflight_report


def run_preflight(ctx: Context) -> dict[str, t.Any]:
    """Return the preflight report of one CommCell. Raises Problems for a mapping that cannot be parsed."""
    entries, problems = parse_mappings(ctx.options["mappings"], ctx.options.get("commcell"), ctx.clock.now().date())
    if problems:
        raise Problems(f"{len(problems)} problems in the mapping; nothing was checked:", problems)
    wanted = [entry for entry in entries if entry.kind == "entra_group" and entry.present]
    return build_preflight_report(read_preflight_facts(ctx, wanted))
