# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""App roles and scopes that this collection has disabled in order to change them, told by tags on the registration. Pure.

The request that disables also adds a tag for each of them, and the request that changes them takes the tags away. Where a
run ends between the two, the tags are left, and the next run enables what they name, whatever it is asked to do.
"""

from __future__ import annotations

import typing as t

from ..._core.values import is_guid
from .roles_and_scopes import ROLE, SCOPE, Entitlement

CanonicalApplication = dict[str, t.Any]
#: What the tag of a disabled entry begins with; the id of the app role or scope follows.
TAG = "cvops.identity:disabled-to-change:"


def find_interrupted(application: CanonicalApplication) -> list[Entitlement]:
    """Return the app roles and scopes that an interrupted change has left disabled, sorted as they are there."""
    ids = _read_ids(application["tags"])
    return [
        entry
        for kind in (ROLE, SCOPE)
        for entry in application[kind.option]
        if entry["id"] in ids and not entry["enabled"]
    ]


def undo_interruption(application: CanonicalApplication) -> CanonicalApplication:
    """Return the application as it was before an interrupted change: without our tags, and enabled what they name."""
    ids = _read_ids(application["tags"])
    found = {**application, "tags": [tag for tag in application["tags"] if not _is_own(tag)]}
    for kind in (ROLE, SCOPE):
        found[kind.option] = [
            {**entry, "enabled": entry["enabled"] or entry["id"] in ids} for entry in application[kind.option]
        ]
    return found


def disable_entitlements(application: CanonicalApplication, ids: t.Collection[str]) -> CanonicalApplication:
    """Return the application with the app roles and scopes *ids* disabled and tagged; other tags stay."""
    found = {**application, "tags": sorted({*application["tags"], *(f"{TAG}{item}" for item in ids)})}
    for kind in (ROLE, SCOPE):
        found[kind.option] = [
            {**entry, "enabled": entry["enabled"] and entry["id"] not in ids} for entry in application[kind.option]
        ]
    return found


def _is_own(tag: str) -> bool:
    return tag.startswith(TAG) and is_guid(tag[len(TAG) :])


def _read_ids(tags: t.Iterable[str]) -> set[str]:
    return {tag[len(TAG) :].lower() for tag in tags if _is_own(tag)}
