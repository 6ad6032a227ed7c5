# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The object id to which a Commvault user group is to be linked: verified with Entra ID before it is written."""

from __future__ import annotations

from .._core.context import Context
from .._core.errors import ConfigError
from .._entra.client import GraphClient
from .._entra.groups.verification import check_group_ids


def verify_group_link(ctx: Context, object_id: str) -> str | None:
    """Return the name of the group, its id where Entra ID has none; None, with a warning, where Entra ID could not be asked.

    Raises ConfigError for an object id that no group has.
    """
    checked = check_group_ids(lambda: GraphClient(ctx), [object_id], "id,displayName")
    if checked.failure is not None:
        ctx.warn(
            f"entra_group_id: {object_id} was not verified, so it is not known whether it is the right group. {checked.failure}"
        )
        return None
    if checked.missing:
        raise ConfigError(
            f"entra_group_id: no Entra group has the object id {object_id}.", source="option entra_group_id"
        )
    return str(checked.found.get(object_id, {}).get("displayName") or object_id)
