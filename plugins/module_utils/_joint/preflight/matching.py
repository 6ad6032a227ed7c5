# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether a value in a token leads to a Commvault user group, and who is concerned by it at all. Pure.

Documented: the link (azureGUID) to the object id, and exactly the same name. Everything else is not, and may be or not.
"""

from __future__ import annotations

import typing as t

from ..._commvault.identity_providers.read import SamlApp
from ..._core.names import is_same_name
from .facts import BROKEN, OK, UNKNOWN, UserGroup

#: Reasons of a match that no documentation decides.
LETTER_CASE, LINKED_BY_NAME, EXTERNAL = "letter_case", "linked_by_name", "external_group"


class Match(t.NamedTuple):
    """``verdict``: ok, unknown or broken (no match); ``doubt``: why it is unknown, else empty."""

    verdict: str
    doubt: str = ""


def match_user_group(group: UserGroup, values: t.Collection[str]) -> Match:
    """Return whether one of the *values* in the claim that Commvault reads leads to *group*."""
    if group.azure_guid in values:
        return Match(OK)
    if group.name in values:
        if group.external:
            return Match(UNKNOWN, EXTERNAL)
        return Match(UNKNOWN, LINKED_BY_NAME) if group.azure_guid else Match(OK)
    if any(is_same_name(group.name, value) for value in values):
        return Match(UNKNOWN, LETTER_CASE)
    return Match(BROKEN)


def is_same_company(one: str | None, other: str | None) -> bool:
    """Return whether two objects are of one company, or both of none."""
    return is_same_name(one or "", other or "")


def maps_company_name(app: SamlApp) -> bool:
    """Return whether an app at CommCell level takes the company of a person from a claim, whose value is not known here."""
    return app.company is None and "COMPANY_NAME" in (app.attributes or {})


def may_join(app: SamlApp, group: UserGroup) -> bool:
    """Return whether people of *app* surely can be put into *group*: enabled, and of the company that they are of."""
    return group.enabled is True and is_same_company(group.company, app.company) and not maps_company_name(app)


def is_default_group(app: SamlApp, group: UserGroup) -> bool:
    """Return whether users whom *app* creates join *group*."""
    return group.id in app.default_groups and not group.external
