# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The proof that a local administrator can sign in without the identity provider, before everybody is sent there."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ApiError, GuardRefused
from ..._core.names import fold_case
from ..client import CommvaultClient
from ..whoami import parse_rights

#: Permission "Administrative Management" (Commvault documentation: permissions).
_ADMINISTRATION = 1
#: How Commvault writes that a user is checked by the CommCell itself (OAS).
_LOCAL = ("commcell", "local")
_SOURCE = "option break_glass"


def prove_local_sign_in(ctx: Context, account: t.Mapping[str, t.Any]) -> str:
    """Sign in as *account* (``username``, ``password``, ``pin`` or None), sign out when the task ends, and return the user's name.

    Raises GuardRefused for an account that cannot sign in, that an identity provider checks, or that does not have administrator rights on the CommCell;
    and Unreachable and other errors of reads, since what could not be checked is not proven.
    """
    options = {
        **ctx.options,
        "commvault_auth_method": "password",
        "commvault_username": account["username"],
        "commvault_password": account["password"],
        "commvault_pin": account.get("pin"),
        "commvault_company": None,
    }
    # The record of the run says who the task signs in as, and that is not this account.
    client, name = CommvaultClient(dataclasses.replace(ctx, options=options, identity={})), str(account["username"])

    def refuse(why: str, cause: Exception | None = None) -> t.NoReturn:
        raise GuardRefused(
            f"break_glass: {name} {why}; auto-redirect stays off, because this account could not repair the sign-in.",
            risk="lock_out",
            source=_SOURCE,
        ) from cause

    try:
        number, shown = client.caller
    except ApiError as exc:
        if exc.status is None or exc.status >= 500 or exc.status == 429:
            raise
        refuse(f"cannot sign in ({exc})", exc)
    if not number:
        refuse("signed in, but Commvault does not show as whom")
    details = client.get(f"v4/user/{quote_segment(number)}", intent=f"read how {name} is signed in") or {}
    method = str(details.get("authenticationMethod") or "")
    if fold_case(method) not in _LOCAL:
        refuse(f"is signed in by {method or 'a method that Commvault does not show'}, not by the CommCell itself")
    path = f"Security/COMMCELL_ENTITY/{quote_segment(client.commcell_id)}/Permissions"
    rights = parse_rights(client.get(path, intent=f"read the rights of {name}"))
    if rights is None or _ADMINISTRATION not in rights:
        refuse("does not have administrator rights on the CommCell")
    return shown or name
