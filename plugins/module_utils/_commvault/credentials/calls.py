# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Single calls for the credentials of a CommServe: list, find, read, create, change, write a secret, delete.

They serve the module and the rotation of secrets. What the service answers to a write is looked at for errors and for approvals and
then dropped: it may repeat the secret. A write returns True where somebody else has to approve it first: nothing has changed then.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError, ConfigError, Forbidden, mark_outcome_unknown
from ..._core.parallel import map_in_parallel
from ..._core.polling import poll_until
from ..._core.values import get_objects
from ..approvals import send_write
from ..client import CommvaultClient
from ..create import LAG_LIMIT_S, create_object_once
from ..directory import Directory
from ..envelope import is_approval_pending, is_declined, is_in_use, is_name_taken
from ..references import parse_id
from ..releases import CREDENTIAL_HOLDERS
from .bodies import (
    build_creation,
    build_older_creation,
    build_older_removal,
    build_older_update,
    build_update,
)
from .canonical import Credential, is_older_form, parse_credential
from .checks import find_owner_fault

_KIND = "credentials"
_OLDER_PATH = "Commcell/Credentials"
_OLDER_LIST = "CommCell/Credentials"
_PARALLEL_READS = 8


class Credentials:
    """The credentials of a CommServe. All methods raise ApiError and its subclasses."""

    def __init__(self, client: CommvaultClient, directory: Directory | None = None) -> None:
        self.client = client
        self.directory = directory or Directory(client)
        self._uses_older: bool | None = None
        self._caller_groups: frozenset[int] | None = None
        self._asked_for_groups = False

    @property
    def uses_older_calls(self) -> bool:
        """Whether this release has only the older calls, which show neither owner nor users nor the application's tenant."""
        if self._uses_older is None:
            rows = [entry.raw for entry in self.directory.read_catalogue(_KIND)]
            # The newer list is said to answer "not found" where there are none, so an empty one says nothing.
            if rows and not is_older_form(rows[0]):
                self._uses_older = False
            else:
                release = self.client.release
                self._uses_older = CREDENTIAL_HOLDERS.is_missing(release) or (not release and bool(rows))
        return self._uses_older

    def list_all(self) -> list[Credential]:
        """Return all credentials that this account sees; those of applications of Entra ID are read one by one, with what lists leave out.

        One that is gone when it is read is left out.
        """
        listed = [parse_credential(entry.raw) for entry in self.directory.read_catalogue(_KIND)]
        if self.uses_older_calls:
            return listed
        numbers = [one.id for one in listed if one.is_azure_application or is_older_form(one.wire)]
        ctx = self.client.ctx
        read = dict(
            zip(numbers, map_in_parallel(self.read, numbers, _PARALLEL_READS, ctx, "credentials read"), strict=True)
        )
        found = [read.get(one.id, one) for one in listed]
        return [one for one in found if one is not None]

    def find(self, name: str, company: str | int | None = None) -> Credential | None:
        """Return the credential of a name, as the rules of names of the collection find it; None when there is none.

        *company*: as for Catalogue.find. Raises AmbiguousMatch.
        """
        found = self.directory.find_living(_KIND, name, company, self._fetch)
        if found is None:
            return None
        entry, wire = found
        return dataclasses.replace(parse_credential(wire), id=entry.id, company=entry.company)

    def find_listed(self, name: str, company: str | int | None = None) -> Credential | None:
        """Return the credential of a name as the list shows it, which is read once; None where it is not listed. Raises AmbiguousMatch.

        Lists lag, and leave out whose the credential is and, most of them, of which application.
        """
        entry = self.directory.read_catalogue(_KIND).get(name, company)
        if entry is None:
            return None
        return dataclasses.replace(parse_credential(entry.raw), id=entry.id, company=entry.company)

    def read(self, number: int) -> Credential | None:
        """Return a credential by its id, as it is now; None when it is not there."""
        wire = self._fetch(number)
        return None if wire is None else dataclasses.replace(parse_credential(wire), id=number)

    def find_owner_fault(self, credential: Credential) -> str | None:
        """Return why the signed-in user may not change a credential, with the owner's name; None where it may or where nothing is known."""
        owner, group_ids = credential.owner, None
        if owner is not None and owner.principal.kind == "user_group":
            group_ids = self._read_caller_groups()
        return find_owner_fault(credential, self.client.caller, group_ids)

    def check_may_change(self, credential: Credential) -> None:
        """Raise Forbidden where the signed-in user may not change a credential: only its owner may."""
        fault = self.find_owner_fault(credential)
        if fault is not None:
            raise Forbidden(fault, service="Commvault")

    def create(self, wanted: Credential, secret: str, company_id: int | None) -> int | None:
        """Create a credential and return its id; None where somebody else has to approve it. The caller has made sure that the name is free.

        One that the list shows after a lost answer is taken for it where it is the same: see _adopt. *company_id*: as for create_object_once.
        """
        older = self.uses_older_calls
        build = build_older_creation if older else build_creation
        try:
            return create_object_once(
                self.client,
                self.directory,
                _KIND,
                _OLDER_PATH if older else "V4/Credential",
                build(wanted, secret),
                company_id=company_id,
                intent=f"create credential {wanted.name}",
                name=wanted.name,
                find_id=_find_created_id,
                adopt=lambda number: self._adopt(number, wanted, secret),
            )
        except ApiError as exc:
            if is_approval_pending(exc) or exc.facts.get("pending_approval"):
                return None
            if is_name_taken(exc) and not exc.is_outdated and "outcome" not in exc.facts:
                raise ConfigError(
                    f"{exc} This account cannot see the credential of this name: another user owns it. Choose "
                    "another name, or ask the owner to share it.",
                    source="option name",
                    **exc.facts,
                ) from exc
            raise

    def update(self, before: Credential, after: Credential, secret: str | None) -> bool:
        """Change a credential; without *secret* the one that it holds stays. Return whether it waits for an approval."""
        intent = f"change credential {before.name}"
        if self.uses_older_calls:
            body = build_older_update(before, after, secret)
            return send_write(self.client, "PUT", _OLDER_PATH, body, intent=intent)
        return send_write(
            self.client, "PUT", _build_path(before.id), build_update(before, after, secret), intent=intent
        )

    def write_secret(self, credential: Credential, secret: str, fingerprint: str | None) -> bool:
        """Write a new secret to a credential, with the mark of it. Return whether it waits for an approval.

        The same request twice has the effect of one. Raises ConfigError for another kind, Forbidden where the signed-in user is not the owner.
        """
        self.check_may_change(credential)
        return self.update(credential, dataclasses.replace(credential, secret_fingerprint=fingerprint), secret)

    def is_secret_shown(self, number: int, fingerprint: str) -> bool:
        """Return whether a credential is there and shows the mark of a secret."""
        shown = self.read(number)
        return shown is not None and shown.secret_fingerprint == fingerprint

    def delete(self, credential: Credential) -> bool:
        """Delete a credential; one that is gone is fine. Return whether that waits for an approval. Raises ConfigError for one in use."""
        intent = f"delete credential {credential.name}"
        try:
            if not self.uses_older_calls:
                return send_write(self.client, "DELETE", _build_path(credential.id), None, intent=intent)
            # By name and id: a request that is sent again must not meet another credential of the name.
            return send_write(
                self.client,
                "POST",
                f"{_OLDER_PATH}/action/delete",
                build_older_removal(credential),
                intent=intent,
                is_undone=lambda: self.read(credential.id) is not None,
            )
        except ApiError as exc:
            if not isinstance(exc, Forbidden) and is_in_use(exc, credential.name):
                raise ConfigError(
                    f"{exc} The page of the credential in the Command Center shows under Associations what uses it. "
                    "Assign another credential there, and run the task again.",
                    source="option state",
                    **exc.facts,
                ) from exc
            raise

    def _adopt(self, number: int, wanted: Credential, secret: str) -> None:
        """Take the credential that the list shows for the one whose creation was not answered, and make sure that it holds the secret.

        Raises ApiError where it is another one, which somebody else has created at the same time.
        """
        with mark_outcome_unknown():
            shown = poll_until(
                self.client.ctx,
                lambda: self.read(number),
                lambda found: found is not None,
                what=f"credential {wanted.name} to show",
                timeout_s=LAG_LIMIT_S,
            )
        if shown is None or not _is_same(shown, wanted) or self.find_owner_fault(shown) is not None:
            raise ApiError(
                f"Cannot create credential {wanted.name}: somebody else created one with this name at the same time.",
                service="Commvault",
                is_outdated=True,
            )
        if wanted.secret_fingerprint is None:  # nothing tells whether it holds our secret
            self.update(shown, shown, secret)

    def _fetch(self, number: int) -> dict[str, t.Any] | None:
        if not self.uses_older_calls:
            path = _build_path(number)
            return self.client.get(path, intent=f"read credential {number}", missing_ok=True)
        params = {"propertyLevel": "30", "hardRefresh": "true"}
        answer = self.client.get(_OLDER_LIST, intent=f"read credential {number}", params=params)
        rows = get_objects(answer, "credentialRecordInfo")
        return next((row for row in rows if parse_credential(row).id == number), None)

    def _read_caller_groups(self) -> frozenset[int] | None:
        """Return the ids of the user groups of the signed-in user; None where it may not see them."""
        number = self.client.caller[0]
        if not self._asked_for_groups and number:
            self._asked_for_groups = True
            try:
                user = self.client.get(
                    f"v4/user/{quote_segment(number)}", intent="read the groups of the signed-in user", unknown_ok=True
                )
            except ApiError as exc:
                if not is_declined(exc):
                    raise
                user = None
            if user is not None and isinstance(user.get("associatedUserGroups"), list):
                ids = (parse_id(row.get("id")) for row in get_objects(user, "associatedUserGroups"))
                self._caller_groups = frozenset(number for number in ids if number)
        return self._caller_groups


def _build_path(number: int) -> str:
    return f"V5/Credential/{quote_segment(number)}"


def _find_created_id(answer: t.Mapping[str, t.Any]) -> t.Any:
    """Return the id in the answer to a creation, in any of its forms; None where there is none."""
    records = answer.get("records")
    first = records[0] if isinstance(records, list) and records else None
    for holder, member in (
        (answer, "id"),
        (answer.get("credential"), "id"),
        (first.get("credentialRecord") if isinstance(first, t.Mapping) else None, "credentialId"),
    ):
        if isinstance(holder, t.Mapping) and parse_id(holder.get(member)):
            return holder[member]
    return None


def _is_same(shown: Credential, wanted: Credential) -> bool:
    """Return whether a credential may be the one that was to be created, as far as it is shown."""
    fields = ("azure_tenant_id", "azure_application_id", "environment")
    return (
        shown.is_azure_application
        and shown.secret_fingerprint == wanted.secret_fingerprint
        and all(getattr(shown, field) in (None, getattr(wanted, field)) for field in fields)
    )
