# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which sign-in options have a value, and where it came from."""

from __future__ import annotations

import typing as t

from .._core.context import Context


def list_option_sources(ctx: Context, options: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, str]:
    """Return the source of each of *options* (as in an argument spec), never its value; options at their default are left out."""
    return {
        name: ctx.describe_source(name)
        for name, option in options.items()
        if ctx.options.get(name) is not None and ctx.options[name] != option.get("default")
    }
