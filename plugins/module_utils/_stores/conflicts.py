# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The error for something in a store that was changed after it was read."""

from __future__ import annotations

from .._core.errors import CvopsError


class StoreConflict(CvopsError):
    """What is stored was changed by another process after it was read; it has to be read again."""

    kind = "overtaken"
