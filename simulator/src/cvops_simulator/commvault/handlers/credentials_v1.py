# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials, V1."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cvops_simulator.commvault.association_format import parse_principal
from cvops_simulator.commvault.credential_rules import (
    RECORD_NUMBERS,
    RECORD_TYPES,
    list_visible_credentials,
    make_credential,
    make_share,
    remove_credential,
    require_owner,
    require_unique_credential,
    share_credential,
)
from cvops_simulator.commvault.envelopes import CREDENTIAL_EXISTS, ApiError, invalid, make_success_e
from cvops_simulator.commvault.model import CREDENTIAL, Credential
from cvops_simulator.commvault.references import resolve_record
from cvops_simulator.commvault.routing import Call, Routes

#: Account kinds whose secret is a password beside a user account.
_ACCOUNTS = ("WINDOWSACCOUNT", "LINUXACCOUNT", "SSHACCOUNT", "VMWAREACCOUNT")


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "CommCell/Credentials", _list, envelope="E")
    routes.add("GET", "CommCell/Credentials/{name}", _read, envelope="E")
    routes.add("POST", "CommCell/Credentials", _create, envelope="E")
    routes.add("PUT", "CommCell/Credentials", _update, envelope="E")
    routes.add("POST", "CommCell/Credentials/action/delete", _delete, envelope="E")


def _get_record_number(credential: Credential) -> int:
    return RECORD_NUMBERS.get(credential.auth_type) or RECORD_NUMBERS.get(credential.account_type) or 0


def _render_row(credential: Credential) -> dict[str, Any]:
    name = credential.fields.get("applicationId") or credential.fields.get("userAccount") or ""
    return {
        "recordType": _get_record_number(credential),
        "description": credential.description,
        "credentialRecord": {
            "credentialId": credential.id,
            "credentialName": credential.name,
            "_type_": CREDENTIAL,
        },
        "record": {"userName": name or credential.fields.get("accountName", "")},
    }


def _list(call: Call) -> dict[str, Any]:
    return {
        "credentialRecordInfo": [_render_row(item) for item in list_visible_credentials(call, call.lists.credentials)]
    }


def _read(call: Call) -> dict[str, Any]:
    return {"credentialRecordInfo": [_render_row(_find_named(call, {"credentialName": call.params["name"]}))]}


def _find_named(call: Call, record: Any) -> Credential:
    return resolve_record(call.state.credentials, record, "credentialId", "credentialName", "Credential")


def _parse_body(call: Call) -> dict[str, Any]:
    rows = call.body().get("credentialRecordInfo")
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise invalid("credentialRecordInfo holds exactly one record")
    row: dict[str, Any] = rows[0]
    return row


def _parse_record_type(value: Any) -> str:
    word = RECORD_TYPES.get(int(value)) if str(value).isdigit() else str(value or "").upper()
    if word not in RECORD_NUMBERS:
        raise invalid(f"[{value}] is not a record type")
    return word


def _decode_base64(value: Any, times: int = 1) -> str:
    data = str(value or "").encode()
    try:
        for _ in range(times):
            data = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise invalid("A secret is not base64 text") from None
    return data.decode("latin-1") if times > 1 else data.decode("utf-8", "replace")


def _parse_content(word: str, row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return readable members and secrets in V4 spelling."""
    record = row.get("record") or {}
    azure = (row.get("additionalInformation") or {}).get("azureCredInfo") or {}
    password = _decode_base64(record.get("password"))
    if word in _ACCOUNTS:
        return {"userAccount": record.get("userName")}, {"password": password}
    readable = {key: azure[key] for key in ("tenantId", "applicationId", "environment", "endpoints") if key in azure}
    if word == "AZUREACCOUNT":
        return readable, {"applicationSecret": password}
    if word == "AZUREACCOUNT_SECRET_CERTIFICATE":
        certificate = _decode_base64(azure.get("certificateP12"), 2)
        return readable, {
            "applicationSecret": password,
            "certificateP12": certificate,
            "certPassword": _decode_base64(azure.get("certPassword")),
        }
    if word == "MICROSOFT_AZURE":
        return {**readable, "accountName": record.get("userName")}, {"accessKeyId": password}
    return {"accessKeyId": record.get("userName")}, {"secretAccessKey": password}


def _create(call: Call) -> dict[str, Any]:
    row = _parse_body(call)
    word = _parse_record_type(row.get("recordType"))
    readable, secrets = _parse_content(word, row)
    cloud = word not in _ACCOUNTS
    try:
        credential = make_credential(
            call,
            str((row.get("credentialRecord") or {}).get("credentialName") or ""),
            account_type="CLOUD_ACCOUNT" if cloud else word,
            auth_type=word if cloud else "",
            vendor_type=("AMAZON" if word == "AMAZON_S3" else "MICROSOFT_AZURE_TYPE") if cloud else "",
            description=str(row.get("description") or ""),
            fields=readable,
            secrets=secrets,
        )
    except ApiError as error:
        if error.code != CREDENTIAL_EXISTS:
            raise
        raise ApiError(error.code, error.message) from None
    call.state.credentials.add(credential)
    record = {"recordType": RECORD_NUMBERS[word], "credentialRecord": {"credentialId": credential.id}}
    answer = make_success_e(records=[record])
    answer["error"]["errorMessage"] = "Successful!"
    return answer


def _update(call: Call) -> dict[str, Any]:
    row = _parse_body(call)
    record = row.get("credentialRecord") or {}
    credential = _find_named(call, record)
    require_owner(call, credential)
    name = record.get("credentialName")
    if name and name != credential.name:
        require_unique_credential(call, name, credential.id)
        call.state.credentials.rename(credential, name)
    inner = row.get("record") or {}
    if "userAccount" in credential.fields and inner.get("userName"):
        credential.fields["userAccount"] = inner["userName"]
    if credential.auth_type == "AZUREACCOUNT":
        azure = (row.get("additionalInformation") or {}).get("azureCredInfo") or {}
        known = ("tenantId", "applicationId", "environment", "endpoints")
        credential.fields |= {key: azure[key] for key in known if azure.get(key)}
        if inner.get("userName"):
            credential.fields["applicationId"] = inner["userName"]
    if inner.get("password"):
        key = next(iter(credential.secrets), "password")
        credential.secrets[key] = _decode_base64(inner["password"])
    if "description" in row:
        credential.description = str(row["description"] or "")
    security = row.get("securityAssociations") or {}
    if security.get("associations"):
        principals = [parse_principal(call, one) for item in security["associations"] for one in item["userOrGroup"]]
        share_credential(call, credential, [make_share(credential, principal) for principal in principals])
    return make_success_e()


def _delete(call: Call) -> dict[str, Any]:
    remove_credential(call, _find_named(call, _parse_body(call).get("credentialRecord")))
    return make_success_e()
