# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The company that a task acts for, where an option of its own names it."""

from __future__ import annotations

import dataclasses

from .._core.context import Context
from .catalogue import is_commcell_level


def act_in_company(ctx: Context, company: str | int | None) -> Context:
    """Return the context in which *company* is the one that is acted for; None or an empty one: as *ctx*."""
    if company is None or company == "":
        return ctx
    acting = "" if is_commcell_level(company) else str(company)
    return dataclasses.replace(ctx, options={**ctx.options, "commvault_company": acting})
