# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials, V4 (by name) and V5 (by id)."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.body_values import decode_secret
from cvops_simulator.commvault.credential_rules import (
    list_secret_keys,
    list_sharing_grants,
    list_visible_credentials,
    make_credential,
    make_share,
    remove_credential,
    require_owner,
    require_unique_credential,
    share_credential,
)
from cvops_simulator.commvault.envelopes import invalid, make_success_g, not_found
from cvops_simulator.commvault.lifecycle import find_approval_answer
from cvops_simulator.commvault.model import COMMCELL_ID, USER, Credential, Grant
from cvops_simulator.commvault.references import find_addressed, make_company_reference, resolve_record
from cvops_simulator.commvault.routing import Call, Routes

_OWN = frozenset({"name", "newName", "id", "accountType", "vendorType", "authType", "description", "security"})
_FIELDS = frozenset(
    {
        "tenantId",
        "applicationId",
        "environment",
        "endpoints",
        "userAccount",
        "username",
        "userName",
        "accountName",
        "accessKeyId",
        "databaseCredentialType",
        "serviceName",
        "externalId",
        "roleArn",
        "apiEndpoint",
        "caCertificate",
        "serviceAccount",
        "sslClientCertFile",
        "sslCAFile",
        "credentialVault",
        "region",
    }
)
_SECRETS = list_secret_keys("MICROSOFT_AZURE")
_NEW_SECRETS = {"new" + key[0].upper() + key[1:]: key for key in _SECRETS}
_CREATE = _OWN | _FIELDS | _SECRETS
_UPDATE = _CREATE | frozenset(_NEW_SECRETS)
_ENVIRONMENTS = {
    "AZURE_CLOUD",
    "AZURE_USGOV",
    "AZURE_GERMANCLOUD",
    "AZURE_CHINACLOUD",
    "AZURE_STACK",
    "AzureCloud",
    "AzureUSGovernment",
    "AzureGermanCloud",
    "AzureChinaCloud",
    "AzureStack",
}
_APPLICATION = ("tenantId", "applicationId", "applicationSecret", "environment")


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "V4/Credential", _list, feature="credentials_v4")
    routes.add("POST", "V4/Credential", _create, feature="credentials_v4")
    for path in ("V4/Credential/{id}", "V5/Credential/{id}"):
        routes.add("GET", path, _read, feature="credentials_v4")
        routes.add("PUT", path, _update, feature="credentials_v4")
        routes.add("DELETE", path, _delete, feature="credentials_v4")


def _find(call: Call) -> Credential:
    """Return the addressed credential: V4 addresses by name, even when the name is a number; V5 by id."""
    if call.segments[0].lower() == "v4":
        named = call.state.credentials.named(call.params["id"])
        if named:
            return named[0]
    return find_addressed(call.state.credentials, call, "Credential")


def _list(call: Call) -> dict[str, Any]:
    rows = list_visible_credentials(call, call.cell.lists(v4=True).credentials)
    if call.query.get("recordtype"):
        rows = []
    elif not rows:
        raise not_found("No credentials found")
    return {
        "credentialManager": [
            {
                "id": item.id,
                "name": item.name,
                "accountType": item.account_type,
                "vendorType": item.vendor_type,
                "authType": item.auth_type,
                "description": item.description,
                "company": make_company_reference(call, item.company_id),
                "commcell": {"id": COMMCELL_ID, "name": call.state.name},
            }
            for item in rows
        ]
    }


def _render_security(call: Call, credential: Credential) -> dict[str, Any]:
    def reference(kind: int, principal_id: int) -> dict[str, Any]:
        if kind == USER:
            user = call.state.users.get(principal_id)
            return {"user": {"id": principal_id, "name": user.name if user else ""}}
        group = call.state.groups.get(principal_id)
        return {"userGroup": {"id": principal_id, "name": group.name if group else ""}}

    rows = [
        {
            **reference(*grant.principal),
            "permissions": {"permissionId": permission_id},
            "isCreatorAssociation": grant.kind == "creator",
        }
        for grant in list_sharing_grants(call, credential)
        for permission_id in sorted(grant.permission_ids)
    ]
    return {"owner": reference(*credential.owner), "associations": rows}


def _read(call: Call) -> dict[str, Any]:
    credential = _find(call)
    if credential not in list_visible_credentials(call, [credential]):
        require_owner(call, credential)
    answer = {
        "id": credential.id,
        "name": credential.name,
        "accountType": credential.account_type,
        "vendorType": credential.vendor_type,
        "authType": credential.auth_type,
        "description": credential.description,
        "company": make_company_reference(call, credential.company_id),
        **credential.fields,
        "security": _render_security(call, credential),
    }
    return {key: value for key, value in answer.items() if value not in (None, "") or key == "description"}


def _check(auth_type: str, data: dict[str, Any], creating: bool) -> None:
    environment = data.get("environment")
    if environment is not None and environment not in _ENVIRONMENTS:
        raise invalid(f"[{environment}] is not an environment")
    if creating and auth_type == "AZUREACCOUNT":
        missing = [key for key in _APPLICATION if not data.get(key)]
        if missing:
            raise invalid(f"Missing: {', '.join(missing)}")


def _parse_shares(call: Call, credential: Credential, security: Any) -> list[Grant] | None:
    """Return the grants that a body asks for, those of the creator left out; None where it says nothing of them."""
    if not isinstance(security, dict) or "associations" not in security:
        return None
    found = []
    for row in security["associations"]:
        if row.get("isCreatorAssociation"):
            continue
        if row.get("user"):
            principal = USER, resolve_record(call.state.users, row["user"], "id", "name", "User").id
        else:
            group = resolve_record(call.state.groups, row.get("userGroup"), "id", "name", "User group")
            principal = group.kind, group.id
        permission = (row.get("permissions") or {}).get("permissionId")
        found.append(make_share(credential, principal, frozenset({int(permission)} if permission else ())))
    return found


def _parse_owner(call: Call, security: Any) -> tuple[int, int] | None:
    owner = security.get("owner") if isinstance(security, dict) else None
    if not isinstance(owner, dict):
        return None
    if owner.get("user"):
        return USER, resolve_record(call.state.users, owner["user"], "id", "name", "User").id
    group = resolve_record(call.state.groups, owner.get("userGroup"), "id", "name", "User group")
    return group.kind, group.id


def _create(call: Call) -> dict[str, Any]:
    data = call.strict_body(_CREATE)
    auth_type = str(data.get("authType") or "")
    if not data.get("accountType"):
        raise invalid("Missing: accountType")
    _check(auth_type, data, creating=True)
    hidden, owner = list_secret_keys(auth_type), _parse_owner(call, data.get("security"))
    credential = make_credential(
        call,
        str(data.get("name") or ""),
        account_type=str(data["accountType"]),
        auth_type=auth_type,
        vendor_type=str(data.get("vendorType") or ""),
        description=str(data.get("description") or ""),
        fields={key: value for key, value in data.items() if key in _FIELDS - hidden},
        secrets={key: decode_secret(value, key) for key, value in data.items() if key in hidden},
    )
    shares = _parse_shares(call, credential, data.get("security"))

    def write() -> None:
        credential.owner = owner or credential.owner
        call.state.credentials.add(credential)
        share_credential(call, credential, shares or [])

    if (pending := find_approval_answer(call, call.cell.behaviours.credential_approval, write)) is not None:
        return pending
    write()
    return {"id": credential.id, "type": auth_type or credential.account_type}


def _update(call: Call) -> dict[str, Any]:
    credential, data = _find(call), call.strict_body(_UPDATE)
    require_owner(call, credential)
    _check(credential.auth_type, data, creating=False)
    hidden, owner = list_secret_keys(credential.auth_type), _parse_owner(call, data.get("security"))
    shares = _parse_shares(call, credential, data.get("security"))
    secrets = {
        _NEW_SECRETS.get(key, key): decode_secret(value, key)
        for key, value in data.items()
        if value and _NEW_SECRETS.get(key, key) in hidden
    }
    echo = data if call.cell.behaviours.credential_echo else {}

    def write() -> None:
        name = data.get("newName")
        if name and name != credential.name:
            require_unique_credential(call, name, credential.id)
            call.state.credentials.rename(credential, name)
        credential.fields |= {key: value for key, value in data.items() if key in _FIELDS - hidden}
        credential.secrets |= secrets
        credential.description = str(data.get("description", credential.description) or "")
        credential.owner = owner or credential.owner
        if shares is not None:
            share_credential(call, credential, shares)

    if (pending := find_approval_answer(call, call.cell.behaviours.credential_approval, write)) is not None:
        return {**echo, **pending}
    write()
    return {**echo, **make_success_g()}


def _delete(call: Call) -> dict[str, Any]:
    credential = _find(call)
    require_owner(call, credential)
    how = call.cell.behaviours.credential_approval
    if (pending := find_approval_answer(call, how, lambda: remove_credential(call, credential))) is not None:
        return pending
    remove_credential(call, credential)
    return make_success_g()
