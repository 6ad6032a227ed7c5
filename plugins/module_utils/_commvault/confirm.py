# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Waiting until Commvault shows what was written."""

from __future__ import annotations

import typing as t

from .._core import confirmation
from .._core.context import Context
from .create import LAG_LIMIT_S

_PATIENCE = confirmation.Patience("Commvault", LAG_LIMIT_S, advice="; it may await approval")


def wait_until_shown(
    ctx: Context, look: t.Callable[[], t.Sequence[str]], subject: str, must_show: t.Collection[str]
) -> list[dict[str, str]]:
    """Wait for a minute at most until *look* returns no field that is not shown as written; see confirmation.wait_until_shown."""
    return confirmation.wait_until_shown(ctx, look, subject, must_show, _PATIENCE)
