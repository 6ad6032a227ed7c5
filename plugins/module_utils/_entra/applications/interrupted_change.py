# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""App roles and scopes that this collection has switched for the time of a change, told by tags on the registration. Pure.

Graph changes none that is enabled, and creates none that is disabled; an app role and a scope of one id are in one state. So
one is disabled to be changed, and a disabled one is enabled while the other of its id is created. The request that switches
also adds a tag for each of them, and the request that ends the change takes the tags away. Where a run ends between the two,
the tags are left, and the next run switches back what they name, whatever it is asked to do.
"""

from __future__ import annotations

import typing as t

from ..._core.values import is_guid
from .canonical import CanonicalApplication
from .roles_and_scopes import ROLE, SCOPE, Entitlement

#: What the tag of a disabled entry begins with; the id of the app role or scope follows.
TAG = "cvops.identity:disabled-to-change:"
#: What the tag of an entry begins with that is enabled only until the other of its id is created and disabled again.
ENABLED_TAG = "cvops.identity:enabled-to-create:"
OWN_TAGS = (TAG, ENABLED_TAG)


def find_interrupted(application: CanonicalApplication) -> list[Entitlement]:
    """Return the app roles and scopes that an interrupted change has left disabled, sorted as they are there."""
    return _find_tagged(application, TAG, enabled=False)


def find_left_enabled(application: CanonicalApplication) -> list[Entitlement]:
    """Return the app roles and scopes that an interrupted creation has left enabled, sorted as they are there."""
    return _find_tagged(application, ENABLED_TAG, enabled=True)


def undo_interruption(application: CanonicalApplication) -> CanonicalApplication:
    """Return the application as it was before an interrupted change: without our tags, and switched back what they name."""
    disabled, enabled = (_read_ids(application["tags"], prefix) for prefix in OWN_TAGS)
    found = {**application, "tags": [tag for tag in application["tags"] if not is_own_tag(tag)]}
    for kind in (ROLE, SCOPE):
        found[kind.option] = [
            {**entry, "enabled": (entry["enabled"] or entry["id"] in disabled) and entry["id"] not in enabled}
            for entry in application[kind.option]
        ]
    return found


def disable_entitlements(application: CanonicalApplication, ids: t.Collection[str]) -> CanonicalApplication:
    """Return the application with the app roles and scopes *ids* disabled and tagged; other tags stay."""
    return _switch_entitlements(application, ids, TAG, enabled=False)


def enable_entitlements(application: CanonicalApplication, ids: t.Collection[str]) -> CanonicalApplication:
    """Return the application with the app roles and scopes *ids* enabled and tagged; other tags stay."""
    return _switch_entitlements(application, ids, ENABLED_TAG, enabled=True)


def _switch_entitlements(
    application: CanonicalApplication, ids: t.Collection[str], prefix: str, *, enabled: bool
) -> CanonicalApplication:
    found = {**application, "tags": sorted({*application["tags"], *(f"{prefix}{item}" for item in ids)})}
    for kind in (ROLE, SCOPE):
        found[kind.option] = [
            {**entry, "enabled": enabled} if entry["id"] in ids else entry for entry in application[kind.option]
        ]
    return found


def _find_tagged(application: CanonicalApplication, prefix: str, *, enabled: bool) -> list[Entitlement]:
    ids = _read_ids(application["tags"], prefix)
    return [
        entry
        for kind in (ROLE, SCOPE)
        for entry in application[kind.option]
        if entry["id"] in ids and entry["enabled"] == enabled
    ]


def is_own_tag(tag: str) -> bool:
    """Return whether the tag is a mark that a change in several requests leaves until it is done."""
    return any(tag.startswith(prefix) and is_guid(tag[len(prefix) :]) for prefix in OWN_TAGS)


def _read_ids(tags: t.Iterable[str], prefix: str) -> set[str]:
    return {tag[len(prefix) :].lower() for tag in tags if tag.startswith(prefix) and is_own_tag(tag)}


def describe_interruption(had: CanonicalApplication) -> t.Iterator[str]:
    """Yield warnings of what an interrupted change has left disabled or enabled."""
    left = sorted({str(entry["value"] or entry["id"]) for entry in find_interrupted(had)})
    if left:
        yield (
            f"Application {had['display_name']}: {', '.join(left)} were disabled by an interrupted run that was "
            "about to change them. They are enabled again, unless the options say that they are disabled."
        )
    left = sorted({str(entry["value"] or entry["id"]) for entry in find_left_enabled(had)})
    if left:
        yield (
            f"Application {had['display_name']}: {', '.join(left)} were enabled by an interrupted run that was about "
            "to disable them again. They are disabled again, unless the options say that they are enabled."
        )
