# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls on user groups: details, create, link to an Entra group, members."""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError
from .._core.retry import Repeat
from .catalogue import COMMCELL_LEVEL, Entry
from .client import CommvaultClient, segment
from .directory import Directory
from .listings import as_id


class UserGroups:
    """One call each; nothing is planned here."""

    def __init__(self, client: CommvaultClient, directory: Directory | None = None) -> None:
        self._client = client
        self.directory = directory or Directory(client)

    def details(self, group_id: int) -> dict[str, t.Any] | None:
        """The group in full, as the service writes it; None when it is not there."""
        return self.directory.user_group_details(group_id)

    def find(self, name: str, company: str | None = None) -> Entry | None:
        """The group of this name; without a company, that of the task's scope, else at CommCell level."""
        return self.directory.catalogue("user_groups").get(name, company or self.scope)

    @property
    def scope(self) -> str:
        """The company in which names are looked up when none is given."""
        return self._client.company_name or COMMCELL_LEVEL

    def create(self, name: str, description: str | None = None, company: str | None = None) -> int:
        """Create a group and return its id. The caller has made sure that the name is free.

        If the answer is lost, the list tells whether the group came to be, before anything else is tried.
        """
        body: dict[str, t.Any] = {"name": name, "enforceFSQuota": False}
        if description:
            body["description"] = description
        intent = f"create user group {name}"
        try:
            answer = self._client.write(
                "POST", "V4/UserGroup", body, intent=intent, repeat=Repeat.IF_REFUSED, headers=self._acting_in(company)
            )
        except ApiError as exc:
            if not exc.may_have_acted:
                raise
            found = self._after_lost_answer(name, company)
            if found is None:
                exc.facts["outcome"] = "unknown"
                raise
            return found
        created = as_id(answer.get("id")) or self._after_lost_answer(name, company)
        if created is None:
            raise ApiError(
                f"Cannot {intent}: the service reported success and shows no such group. It may wait for an approval.",
                service="Commvault",
                may_have_acted=True,
            )
        return created

    def link(self, group_id: int, azure_guid: str) -> None:
        """Tie the group to an Entra group by object id; empty unties it. Nothing else of the group is sent."""
        self.update(group_id, {"azureGUID": azure_guid}, intent=f"link user group {group_id} to its Entra group")

    def add_members(self, group_id: int, user_ids: t.Sequence[int]) -> None:
        """Add users, by id."""
        self._members(group_id, user_ids, "ADD")

    def remove_members(self, group_id: int, user_ids: t.Sequence[int]) -> None:
        """Remove users, by id."""
        self._members(group_id, user_ids, "DELETE")

    def update(self, group_id: int, body: t.Mapping[str, t.Any], *, intent: str) -> None:
        """Send some fields of a group under the names that an update takes."""
        self._client.write("PUT", f"V4/UserGroup/{segment(group_id)}", dict(body), intent=intent)
        self.directory.forget_user_group(group_id)

    def delete(self, group_id: int, new_user_id: int, new_group_id: int) -> None:
        """Delete a group; what it owns goes to the user or the group (0: none)."""
        self._client.write(
            "DELETE",
            f"V4/UserGroup/{segment(group_id)}",
            intent=f"delete user group {group_id}",
            params={"newUserId": new_user_id, "newUserGroupId": new_group_id},
            missing_ok=True,
        )
        self.directory.forget_user_group(group_id)

    def _members(self, group_id: int, user_ids: t.Sequence[int], operation: str) -> None:
        body = {"users": [{"id": number} for number in user_ids], "userOperationType": operation}
        verb = "add to" if operation == "ADD" else "remove from"
        self.update(group_id, body, intent=f"{verb} user group {group_id} {len(user_ids)} members")

    def _acting_in(self, company: str | None) -> dict[str, str]:
        if company is None:
            return {}
        if company.casefold() in ("", "0", COMMCELL_LEVEL.casefold()):
            return self._client.company_headers(0)
        return self._client.company_headers(self.directory.catalogue("companies").find(company).id)

    def _after_lost_answer(self, name: str, company: str | None) -> int | None:
        found = self.directory.look_again("user_groups").get(name, company or self.scope)
        return found.id if found else None
