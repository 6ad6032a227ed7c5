# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Single calls for users: find, read, create, update, write a password, change groups, delete.

A write returns True where somebody else has to approve it first. What it is answered is dropped: it may repeat a password.
"""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError, ConfigError
from ..._core.names import is_same_name
from ..._core.values import get_objects
from ..approvals import send_write
from ..catalogue import Entry
from ..client import CommvaultClient
from ..create import create_object_once
from ..credentials.bodies import encode_secret
from ..directory import Directory
from ..envelope import is_approval_pending, is_declined, is_name_taken
from ..listings import parse_entries
from ..releases import SERVICE_ACCOUNTS
from ..security.canonical import is_flag_set
from .canonical import Kind, build_update, find_kind
from .plan import Heir

Wire = dict[str, t.Any]
_WIRE_NAMES = {"full_name": "fullName", "email": "email", "user_principal_name": "userPrincipalName"}
_OLDER_WIRE_NAMES = {"full_name": "fullName", "description": "description"}


class NameTaken(ApiError):
    """A user of the name exists, and no list shows it."""


class Users:
    """The users of a CommServe. All methods raise ApiError and its subclasses."""

    def __init__(self, client: CommvaultClient, directory: Directory) -> None:
        self._client, self._directory = client, directory

    def find(self, name: str, company: str | int | None) -> tuple[Entry, Wire] | None:
        """Return the user that lists show under a name, and its details; None when there is none. Raises AmbiguousMatch."""
        return self._directory.find_living("users", name, company, self.read)

    def read(self, number: int) -> Wire | None:
        """Return a user by its id, as it is now; None when it is not there."""
        return self._client.get(f"v4/user/{quote_segment(number)}", intent=f"read user {number}", missing_ok=True)

    def find_unlisted(self, name: str, company_id: int | None) -> tuple[int, Wire] | None:
        """Return id and details of a service account that no list shows, because it waits for an approval; None when none is told.

        Asked by name; a release that does not answer that, and one that hides what waits, tell nothing. *company_id*: of its company.
        """
        if "'" in name:  # the call has no way to write it
            return None
        path = f"User/byName(userName='{quote_segment(name)}')"
        try:
            answer = self._client.get(path, intent=f"look for user {name}", unknown_ok=True)
        except ApiError as exc:
            if not is_declined(exc):
                raise
            self._client.ctx.debug(1, str(exc))
            return None
        if not answer or not get_objects(answer, "users"):
            return None
        wanted = self._client.company_id if company_id is None else company_id
        for entry in parse_entries("users", answer):
            is_meant = is_same_name(entry.name, name) or is_same_name(entry.name.rpartition("\\")[2], name)
            if is_meant and (not entry.company_shown or (entry.company_id or 0) == wanted):
                return entry.id, self.read(entry.id) or dict(entry.raw)
        return None

    def read_is_service_account(self, number: int) -> bool | None:
        """Return whether a user is a service account, from the older call; None where that does not tell either."""
        path, intent = f"User/{quote_segment(number)}", f"read the kind of user {number}"
        try:
            answer = self._client.get(path, intent=intent, params={"Level": "50"}, unknown_ok=True)
        except ApiError as exc:
            if not is_declined(exc):
                raise
            return None
        rows = get_objects(answer, "users") if answer else []
        shown = rows[0].get("isServiceAccount") if rows else None
        return None if shown is None else is_flag_set(shown)

    def find_kind(self, number: int, wire: t.Mapping[str, t.Any]) -> Kind | None:
        """Return the kind of a user, asking the older call where *wire*, the newer one's answer, does not tell; None where neither does."""
        kind = find_kind(wire)
        if kind is not None:
            return kind
        return find_kind(wire, self.read_is_service_account(number) if self.has_service_accounts else False)

    @property
    def has_service_accounts(self) -> bool:
        """Whether this release may have service accounts; True when the release is unknown."""
        return not SERVICE_ACCOUNTS.is_missing(self._client.release)

    def create(
        self,
        name: str,
        kind: Kind,
        fields: t.Mapping[str, t.Any],
        group_ids: t.Sequence[int],
        password: str | None,
        company_id: int | None,
    ) -> int | None:
        """Create a user and return its id; None where somebody else has to approve it. The caller has made sure that the name is free.

        *company_id*: as for create_object_once. Without *password* Commvault makes one for a local user and mails a
        link to reset it. Raises NameTaken where the name is refused and no list shows who has it.
        """
        older = kind == "service_account"
        if older:
            row = _build_service_account(name, fields, self._name_groups(group_ids))
        else:
            row = _build_user(name, kind, fields, group_ids, password)
            if company_id is not None:
                row["company"] = {"id": company_id}
        try:
            return create_object_once(
                self._client,
                self._directory,
                "users",
                "User" if older else "v4/user",
                {"users": [row]},
                company_id=company_id,
                intent=f"create user {name}",
                name=name,
                find_id=_find_created_id,
            )
        except ApiError as exc:
            if is_approval_pending(exc) or exc.facts.get("pending_approval"):
                return None
            if is_name_taken(exc) and not exc.is_outdated and "outcome" not in exc.facts:
                raise NameTaken(str(exc), **exc.facts) from exc
            raise

    def update(self, number: int, changes: t.Mapping[str, t.Any], *, intent: str) -> bool:
        """Change fields of a user; *changes* has the names of the options."""
        return self._put(number, build_update(changes), intent=intent)

    def set_password(self, number: int, name: str, password: str, validation: str) -> bool:
        """Write a new password. *validation*: that of the signed-in user or the user's old one, releases differ (sources disagree).

        It is sent once: a password that is refused may count towards a lock. Raises ConfigError where it is refused.
        """
        body = {"newPassword": encode_secret(password), "validationPassword": encode_secret(validation)}
        try:
            return self._put(number, body, intent=f"write the password of user {name}")
        except ApiError as exc:
            if not exc.code or exc.may_have_acted or not _is_about_password(exc):
                raise
            raise ConfigError(
                f"{exc} Depending on the release, Commvault asks for the password of the signed-in user (which is "
                "sent by default) or for the user's old password. Give the right one as validation_password. It is "
                "not tried again here, because wrong passwords can lock the account.",
                source="option validation_password",
                **exc.facts,
            ) from exc

    def join(self, number: int, group_ids: t.Sequence[int], *, intent: str) -> bool:
        """Put a user into groups."""
        return self._change_groups(number, group_ids, "ADD", intent)

    def leave(self, number: int, group_ids: t.Sequence[int], *, intent: str) -> bool:
        """Take a user out of groups."""
        return self._change_groups(number, group_ids, "DELETE", intent)

    def delete(self, number: int, name: str, heir: Heir) -> bool:
        """Delete a user, and transfer what it owns; one that is gone is fine.

        The documentation and the official client name the parameters differently, so both spellings are sent.
        """
        user, group = str(heir.user_id), str(heir.group_id)
        params = {"newUserId": user, "newUserGroupId": group, "transferToUser": user, "transfertoUserGroup": group}
        if not heir.user_id and not heir.group_id:
            params = {"newUserId": "0", "newUserGroupId": "0", "skipOwnerShipTransfer": "true"}
        path = f"v4/user/{quote_segment(number)}"
        return send_write(self._client, "DELETE", path, intent=f"delete user {name}", params=params)

    def _name_groups(self, group_ids: t.Sequence[int]) -> list[Wire]:
        """Return user groups as the older call takes them: with the name, which the official client sends, and the id, which is unique."""
        known = self._directory.read_catalogue("user_groups")
        found = ((number, known.get_by_id(number)) for number in group_ids)
        return [{"userGroupId": number, **({"userGroupName": one.name} if one else {})} for number, one in found]

    def _change_groups(self, number: int, group_ids: t.Sequence[int], operation: str, intent: str) -> bool:
        body = {"userGroups": [{"id": one} for one in group_ids], "userGroupOperation": operation}
        return self._put(number, body, intent=intent)

    def _put(self, number: int, body: t.Mapping[str, t.Any], *, intent: str) -> bool:
        pin = self._client.ctx.options.get("commvault_pin")
        # With two-factor authentication releases from 11.42 on want the PIN again, for passwords and addresses.
        headers = {"otp": str(pin)} if pin and {"newPassword", "email"}.intersection(body) else None
        return send_write(self._client, "PUT", f"v4/user/{quote_segment(number)}", body, intent=intent, headers=headers)


def _build_user(
    name: str, kind: Kind, fields: t.Mapping[str, t.Any], group_ids: t.Sequence[int], password: str | None
) -> Wire:
    row: Wire = {"name": name, "inviteUser": False}
    row.update((_WIRE_NAMES[field], value) for field, value in fields.items())
    if kind == "local":
        row["useSystemGeneratePassword"] = password is None
        if password is not None:
            row["password"] = encode_secret(password)
    if group_ids:
        row["userGroups"] = [{"id": number} for number in group_ids]
    return row


def _build_service_account(name: str, fields: t.Mapping[str, t.Any], groups: t.Sequence[Wire]) -> Wire:
    row: Wire = {"userEntity": {"userName": name}, "isServiceAccount": True}
    row.update((_OLDER_WIRE_NAMES[field], value) for field, value in fields.items())
    if groups:
        row["associatedUserGroups"] = list(groups)
    return row


def _find_created_id(answer: t.Mapping[str, t.Any]) -> t.Any:
    """Return the id in the answer to a creation by the newer or the older call; None where there is none."""
    users, response = answer.get("users"), answer.get("response")
    first = users[0] if isinstance(users, list) and users else None
    if isinstance(first, dict):
        return first.get("id")
    first = response[0] if isinstance(response, list) and response else None
    entity = first.get("entity") if isinstance(first, dict) else None
    return entity.get("userId") if isinstance(entity, dict) else None


def _is_about_password(error: ApiError) -> bool:
    return "password" in str(error).rpartition(f"Commvault error {error.code}: ")[2].lower()
