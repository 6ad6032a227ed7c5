# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The risks of a change of a user: locking oneself out, leaving nobody to administer the CommCell, taking rights from a break-glass account.

A check that cannot be made is not passed: the risk has to be accepted then, too.
"""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError, NotFound
from ..._core.names import is_same_name
from ..._core.risks import require_accepted_risk
from ..client import CommvaultClient
from ..directory import Directory
from ..envelope import is_declined
from ..security.administrators import Administrators
from ..security.break_glass import find_kept_user_ids
from ..security.calls import SecurityAssociations
from ..security.grants import Principal

#: Guards of the module.
RISKS = ("own_rights", "last_admin", "break_glass")


class UserRisks:
    """Judges what is planned for one user, with what the service tells of the caller and of the administrators."""

    def __init__(self, ctx: Context, client: CommvaultClient, directory: Directory, user_id: int, name: str) -> None:
        self._ctx, self._client, self._directory = ctx, client, directory
        self._user_id, self._name = user_id, name

    def check_own_rights(self, deed: str) -> None:
        """Raise GuardRefused where the user is, or may be, the signed-in one. *deed*: what would happen to it, such as "be deleted"."""
        own = self._is_caller()
        if own is None:
            require_accepted_risk(
                self._ctx,
                "own_rights",
                f"User {self._name} would {deed}, and Commvault does not show who is signed in, so it may be that user.",
                "it is another user, or that is intended",
            )
        elif own:
            require_accepted_risk(self._ctx, "own_rights", f"User {self._name}, who is signed in, would {deed}.")

    def check_break_glass(self, deed: str, names: t.Sequence[str]) -> None:
        """Raise GuardRefused for a user that is kept for emergencies. *names*: those of ``break_glass.commvault_users``."""
        if names and self._user_id in find_kept_user_ids(self._ctx, self._directory.read_catalogue("users"), names):
            require_accepted_risk(self._ctx, "break_glass", f"User {self._name}, a break-glass account, would {deed}.")

    def check_last_admin(self, deed: str, lost_groups: t.Collection[int] | None) -> None:
        """Raise GuardRefused where nobody who can sign in without Entra ID would administer the CommCell afterwards.

        *lost_groups*: the ids of the groups that the user would leave, None where the user itself would be gone.
        """
        security = SecurityAssociations(self._client)
        try:
            found = Administrators(self._client, security, self._directory).find_all()
        except ApiError as exc:
            is_accepted = "last_admin" in (self._ctx.options.get("accept_risk") or [])
            # "Not found" is no refusal: the CommCell is there, so that a further run may well be told.
            if not is_declined(exc) or (isinstance(exc, NotFound) and not is_accepted):
                raise
            require_accepted_risk(
                self._ctx,
                "last_admin",
                f"User {self._name} would {deed}, and it could not be checked whether anybody else administers the CommCell: {exc}",
                "somebody does, or that is intended",
            )
            return
        own = found.pop(self._user_id, None)
        if own is None or found:
            return
        if lost_groups is not None and own - {Principal("user_group", number) for number in lost_groups}:
            return
        require_accepted_risk(
            self._ctx,
            "last_admin",
            f"User {self._name} would {deed}: no enabled local user would be left who administers the CommCell and can sign in without"
            " Entra ID.",
        )

    def _is_caller(self) -> bool | None:
        """Return whether the user is the signed-in one, None where that is not told. A name decides only where there is no id."""
        number, name = self._client.caller
        if number:
            return number == self._user_id
        options = self._ctx.options
        if not name and options["commvault_auth_method"] == "password":
            name = str(options.get("commvault_username") or "")
        if not name:
            return None
        return is_same_name(name.rpartition("\\")[2], self._name.rpartition("\\")[2])
