# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Single calls for user groups: find, read, create, update, link to an Entra group, change members, delete."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..client import CommvaultClient
from ..create import create_object_once
from ..directory import Directory


class UserGroups:
    """The user groups of a CommServe. Writes drop the group from the cache of the directory."""

    def __init__(self, client: CommvaultClient, directory: Directory | None = None) -> None:
        self._client = client
        self.directory = directory or Directory(client)

    def create(self, name: str, description: str | None = None, company_id: int | None = None) -> int:
        """Create a group and return its id; ``company_id`` as for create_once. The caller has made sure that the name is free."""
        body: dict[str, t.Any] = {"name": name, "enforceFSQuota": False}
        if description:
            body["description"] = description
        return create_object_once(
            self._client,
            self.directory,
            "user_groups",
            "V4/UserGroup",
            body,
            company_id=company_id,
            intent=f"create user group {name}",
        )

    def link(self, group_id: int, azure_guid: str) -> None:
        """Link the group to an Entra group by object id; an empty one removes the link. Nothing else of the group is sent."""
        self.update(group_id, {"azureGUID": azure_guid}, intent=f"link user group {group_id} to its Entra group")

    def add_members(self, group_id: int, user_ids: t.Sequence[int]) -> None:
        """Add users to the group, by id."""
        self._change_members(group_id, user_ids, "ADD")

    def remove_members(self, group_id: int, user_ids: t.Sequence[int]) -> None:
        """Remove users from the group, by id."""
        self._change_members(group_id, user_ids, "DELETE")

    def update(self, group_id: int, body: t.Mapping[str, t.Any], *, intent: str) -> None:
        """Update fields of a group; *body* has the names of the request. *intent* completes "Cannot …" in errors."""
        self._client.write("PUT", f"V4/UserGroup/{quote_segment(group_id)}", dict(body), intent=intent)
        self.directory.forget_user_group(group_id)

    def delete(self, group_id: int, new_user_id: int, new_group_id: int) -> None:
        """Delete a group and transfer what it owns to the user or the group (0: not to this one)."""
        self._client.write(
            "DELETE",
            f"V4/UserGroup/{quote_segment(group_id)}",
            intent=f"delete user group {group_id}",
            params={"newUserId": new_user_id, "newUserGroupId": new_group_id},
            missing_ok=True,
        )
        self.directory.forget_user_group(group_id)

    def _change_members(self, group_id: int, user_ids: t.Sequence[int], operation: str) -> None:
        # Only ADD and DELETE are documented for members; an exact list is the difference, sent as one of each.
        body = {"users": [{"id": number} for number in user_ids], "userOperationType": operation}
        verb = "add members to" if operation == "ADD" else "remove members from"
        self.update(group_id, body, intent=f"{verb} user group {group_id}")
