# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which lists of Commvault hold the principals and the entities of a mapping. Pure."""

from __future__ import annotations

import typing as t


class PrincipalKind(t.NamedTuple):
    """``kind``: as grants write it; ``catalogue``: the list in which it is looked up."""

    kind: str
    catalogue: str


#: By the key under which an entry names its principal; an Entra group stands for a user group.
PRINCIPAL_KINDS = {
    "user_group": PrincipalKind("user_group", "user_groups"),
    "directory_group": PrincipalKind("external_group", "external_groups"),
    "user": PrincipalKind("user", "users"),
    "service_account": PrincipalKind("user", "users"),
}


def name_catalogue(entity_kind: str) -> str:
    """Return the name of the list that holds entities of this kind."""
    return {"company": "companies"}.get(entity_kind, entity_kind)
