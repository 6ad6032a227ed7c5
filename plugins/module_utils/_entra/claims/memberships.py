# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What is asked of Graph to tell which groups somebody is in, through nesting as well, and what the answers mean for claims. Pure."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.values import get_texts
from ..batches import ReadRequest
from .group_claim import DirectoryGroup

USER_NEEDS = ("User.Read.All with GroupMember.Read.All", "Directory.Read.All")
#: All that claims depend on, and what tells of which kind a group is.
GROUP_SELECT = (
    "id,displayName,securityEnabled,groupTypes,onPremisesSyncEnabled,onPremisesSamAccountName,onPremisesNetBiosName,"
    "onPremisesDomainName"
)
KIND_SELECT = "id,securityEnabled,groupTypes"


def build_membership_request(object_id: str, select: str) -> ReadRequest:
    """Return the read of everything that a user is in: groups, and directory roles and administrative units among them."""
    return ReadRequest(f"/users/{quote_segment(object_id)}/transitiveMemberOf", {"$select": select, "$top": "999"})


def has_type(item: t.Mapping[str, t.Any], kind: str) -> bool:
    """Return whether a directory object of a list is of this kind."""
    return item.get("@odata.type") == f"#microsoft.graph.{kind}"


def build_directory_group(item: t.Mapping[str, t.Any], assigned: t.Mapping[str, tuple[str, ...]]) -> DirectoryGroup:
    """Return a group as Graph, or the document of a tenant, gives it. *assigned*: values of app roles by object id."""
    object_id = str(item["id"]).lower()
    return DirectoryGroup(
        object_id,
        str(item.get("displayName")),
        bool(item.get("onPremisesSyncEnabled")),
        item.get("onPremisesSamAccountName") or None,
        item.get("onPremisesNetBiosName") or None,
        item.get("onPremisesDomainName") or None,
        item.get("securityEnabled") is not False,
        object_id in assigned,
        assigned.get(object_id, ()),
        "Unified" in get_texts(item, "groupTypes"),
    )
