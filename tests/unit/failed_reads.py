# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors that say nothing about what was asked: after one of them, nothing counts as absent, empty or forbidden."""

from __future__ import annotations

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    Throttled,
    Unreachable,
)

FAILED_READS = [
    Unreachable("no answer"),
    Throttled("slow down", status=429),
    AuthError("refused", status=401),
    BadAnswer("a page", status=200),
    ApiError("HTTP 500", status=500),
]
