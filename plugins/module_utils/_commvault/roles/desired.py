# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The role that the options of commvault_role describe. Pure."""

from __future__ import annotations

import typing as t

from .canonical import ROLE_FIELDS, CanonicalRole


def desired_role(options: t.Mapping[str, t.Any]) -> CanonicalRole:
    """Return the managed fields but permissions; None is not managed."""
    return {name: options.get(name) for name in ROLE_FIELDS}
