# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Warnings about the permissions that a registration requests. Pure."""

from __future__ import annotations

import typing as t

from ..permission_presets.expand import list_presets
from ..permission_presets.needs import find_unmet_needs
from ..permission_presets.tier_0 import build_tier_0_warning
from .canonical import CanonicalApplication
from .changes import list_tier_0_requests


def find_permission_warnings(
    options: t.Mapping[str, t.Any],
    before: CanonicalApplication,
    after: CanonicalApplication,
    names: t.Mapping[str, str],
) -> list[str]:
    """Return the warnings: permissions of tier 0 that are new, and what the presets need beside permissions.

    *names*: of APIs and permissions, by id.
    """
    new = list_tier_0_requests(before, after, names)
    subject = f"application {after['display_name']}"
    warned = [build_tier_0_warning(subject, "requests", new)] if new else []
    return [*warned, *find_unmet_needs(list_presets(options.get("api_permissions")), after)]
