# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What of a tenant matters to a snapshot, as CommCells and options tell. A shape only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """What to look for in a tenant.

    ``group_ids``: of linked Entra groups, and such as Commvault groups are named after, in lower case; ``named_groups``: name of each Commvault
    group and the id that it is linked to, empty for none; ``user_names``: user principal names and
    addresses of Commvault users; ``application_ids``: of credentials and identity providers, in lower case; ``identifiers``: identifiers of
    SAML applications. ``applications`` and ``groups``: what people name besides, by id or display name.
    """

    group_ids: frozenset[str] = frozenset()
    named_groups: frozenset[tuple[str, str]] = frozenset()
    user_names: frozenset[str] = frozenset()
    application_ids: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()
    applications: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
