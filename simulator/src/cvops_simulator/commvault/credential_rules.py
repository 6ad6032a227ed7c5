# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials, whichever generation of the API they come through: kinds, secrets, ownership, sharing."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import CREATE_CREDENTIAL, USER_CREDENTIAL
from cvops_simulator.commvault.envelopes import (
    CREDENTIAL_EXISTS,
    IN_USE,
    MISSING_RIGHTS,
    ApiError,
    invalid,
)
from cvops_simulator.commvault.model import CREDENTIAL, USER, Credential, Grant
from cvops_simulator.commvault.references import is_in_scope
from cvops_simulator.commvault.routing import Call

#: V1 `recordType`: number -> word, which is also the V4 `authType` or `accountType`.
RECORD_TYPES = {
    1: "WINDOWSACCOUNT",
    2: "LINUXACCOUNT",
    3: "SSHACCOUNT",
    4: "AZUREACCOUNT",
    5: "VMWAREACCOUNT",
    101: "AMAZON_S3",
    103: "MICROSOFT_AZURE",
    104: "AZUREACCOUNT_SECRET_CERTIFICATE",
}
RECORD_NUMBERS = {word: number for number, word in RECORD_TYPES.items()}
#: Members that are stored and never returned. `accessKeyId` is one only for an Azure storage account.
SECRETS = frozenset(
    {
        "applicationSecret",
        "password",
        "secretAccessKey",
        "sharedSecret",
        "apiKey",
        "serviceToken",
        "consumerSecret",
        "certPassword",
        "certificateP12",
        "sslPEMKeyFile",
    }
)


def list_secret_keys(auth_type: str) -> frozenset[str]:
    """Return the write-only members of a kind."""
    return SECRETS | {"accessKeyId"} if auth_type == "MICROSOFT_AZURE" else SECRETS


def list_visible_credentials(call: Call, credentials: Any) -> list[Credential]:
    """Return credentials that the caller may use or owns."""
    rights = call.caller.rights
    return [
        item
        for item in credentials
        if is_in_scope(call, item.company_id) and (rights.sees(CREDENTIAL, item.id) or item.owner in rights.principals)
    ]


def require_owner(call: Call, credential: Credential) -> None:
    """Refuse when the caller is not the owner of a credential; administrators are no exception."""
    if credential.owner not in call.caller.rights.principals:
        raise ApiError(MISSING_RIGHTS, f"User is not the owner of credential [{credential.name}].", 403)


def make_credential(call: Call, name: str, **values: Any) -> Credential:
    """Return a credential of the caller, not yet stored; refuses a taken name the way the product does."""
    call.caller.rights.require({CREATE_CREDENTIAL})
    if not name.strip():
        raise invalid("The credential name is missing")
    require_unique_credential(call, name)
    return Credential(
        call.state.credentials.new_id(),
        name,
        owner=(USER, call.caller.user.id),
        company_id=call.caller.company_id,
        **values,
    )


def require_unique_credential(call: Call, name: str, but: int = 0) -> None:
    """Refuse a name that another credential has."""
    if any(item.id != but for item in call.state.credentials.named(name)):
        message = f"Credential account [{name}] already exists. Use other credentials."
        raise ApiError(CREDENTIAL_EXISTS, message, 500)


def remove_credential(call: Call, credential: Credential) -> None:
    """Delete a credential and its sharing."""
    require_owner(call, credential)
    if credential.used_by:
        users = ", ".join(credential.used_by)
        raise ApiError(IN_USE, f"Credential [{credential.name}] is in use by [{users}] and cannot be deleted.", 400)
    for grant in call.state.grants.of_entity(CREDENTIAL, credential.id):
        call.state.grants.remove(grant)
    call.state.credentials.remove(credential)


def list_sharing_grants(call: Call, credential: Credential) -> list[Grant]:
    """Return the grants that share a credential."""
    return call.state.grants.of_entity(CREDENTIAL, credential.id)


def share_credential(call: Call, credential: Credential, shares: list[Grant]) -> None:
    """Share a credential by exactly these grants; what its creator has as such stays."""
    for grant in list_sharing_grants(call, credential):
        if grant.kind != "creator":
            call.state.grants.remove(grant)
    for grant in shares:
        call.state.grants.add(grant)


def make_share(credential: Credential, principal: tuple[int, int], permissions: frozenset[int] = frozenset()) -> Grant:
    """Return the grant that lets a principal use a credential, or of other permissions on it."""
    permission_ids = permissions or frozenset({USER_CREDENTIAL})
    return Grant(*principal, None, CREDENTIAL, credential.id, permission_ids=permission_ids)
