# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Bodies of the requests that write credentials. Pure. A secret is base64 in them, once."""

from __future__ import annotations

import base64
import typing as t

from ..._core.values import get_objects
from ..secret_marks import join_mark
from .canonical import USE_CREDENTIAL, Credential, Holder, get_azure_information, is_own_association
from .environments import are_same_endpoints, serialize_endpoints, serialize_environment

Body: t.TypeAlias = dict[str, t.Any]

_MEMBERS = {"user": "user", "user_group": "userGroup"}
_KIND = {"accountType": "CLOUD_ACCOUNT", "vendorType": "MICROSOFT_AZURE_TYPE", "authType": "AZUREACCOUNT"}


def encode_secret(secret: str) -> str:
    """Return a secret as requests carry it: base64 of its UTF-8."""
    return base64.b64encode(secret.encode("utf-8")).decode("ascii")


def build_creation(wanted: Credential, secret: str) -> Body:
    """Return the body that creates a credential."""
    body = {
        **_KIND,
        "name": wanted.name,
        "tenantId": wanted.azure_tenant_id,
        "applicationId": wanted.azure_application_id,
        "applicationSecret": encode_secret(secret),
        "environment": serialize_environment(wanted.environment or "", older=False),
        "endpoints": serialize_endpoints(wanted.endpoints, None),
        "description": join_mark(wanted.description, wanted.secret_fingerprint),
    }
    security = _build_security(None, wanted)
    return {**body, "security": security} if security else body


def build_update(before: Credential, after: Credential, secret: str | None) -> Body:
    """Return the body that changes a credential; without *secret* the one that it holds stays.

    Every field is sent, as official clients do; what does not change in the spelling of the service. Security is sent only where
    it changes: the whole list of associations then, those that are not ours as they are.
    """
    body: Body = {
        **{name: before.wire.get(name) or value for name, value in _KIND.items()},
        "name": before.name,
        "newName": before.name,
        "description": join_mark(after.description, after.secret_fingerprint),
        **_build_azure_fields(before, after, older=False),
    }
    if secret is not None:
        body["newApplicationSecret"] = encode_secret(secret)
    if after.owner != before.owner or after.shared_with != before.shared_with:
        body["security"] = _build_security(before, after)
    return body


def build_older_creation(wanted: Credential, secret: str) -> Body:
    """Return the body that creates a credential by the older calls."""
    azure = {
        "tenantId": wanted.azure_tenant_id,
        "applicationId": wanted.azure_application_id,
        "environment": serialize_environment(wanted.environment or "", older=True),
        "endpoints": serialize_endpoints(wanted.endpoints, None),
    }
    record = {
        "recordType": _KIND["authType"],
        "description": join_mark(wanted.description, wanted.secret_fingerprint),
        "createAs": {},
        "credentialRecord": {"credentialName": wanted.name},
        "record": {"userName": wanted.azure_application_id, "password": encode_secret(secret)},
        "additionalInformation": {"azureCredInfo": azure},
        "securityAssociations": {"associations": [], "associationsOperationType": 1},
    }
    return {"credentialRecordInfo": [record]}


def build_older_update(before: Credential, after: Credential, secret: str | None) -> Body:
    """Return the body that changes a credential by the older calls; Azure's fields are sent as far as they are shown."""
    account: Body = {"userName": after.azure_application_id or ""}
    if secret is not None:
        account["password"] = encode_secret(secret)
    record: Body = {
        "recordType": before.wire.get("recordType") or _KIND["authType"],
        "description": join_mark(after.description, after.secret_fingerprint),
        "credentialRecord": {"credentialId": before.id, "credentialName": before.name},
        "record": account,
    }
    if get_azure_information(before.wire):
        record["additionalInformation"] = {"azureCredInfo": _build_azure_fields(before, after, older=True)}
    return {"credentialRecordInfo": [record]}


def build_older_removal(credential: Credential) -> Body:
    """Return the body that deletes a credential by the older calls."""
    return {
        "credentialRecordInfo": [
            {"credentialRecord": {"credentialId": credential.id, "credentialName": credential.name}}
        ]
    }


def _build_azure_fields(before: Credential, after: Credential, *, older: bool) -> Body:
    shown = get_azure_information(before.wire) if older else before.wire
    found: Body = {"tenantId": after.azure_tenant_id, "applicationId": after.azure_application_id}
    if after.environment is not None:
        kept = after.environment == before.environment and shown.get("environment")
        found["environment"] = kept or serialize_environment(after.environment, older=older)
    if after.endpoints:
        same = are_same_endpoints(before.endpoints, after.endpoints)
        found["endpoints"] = (
            shown["endpoints"] if same else serialize_endpoints(after.endpoints, shown.get("endpoints"))
        )
    return {name: value for name, value in found.items() if value is not None}


def _build_security(before: Credential | None, after: Credential) -> Body:
    security: Body = {}
    if after.owner is not None:
        security["owner"] = _serialize_holder(after.owner)
    if after.shared_with is not None and (before is not None or after.shared_with):
        shown = get_objects(before.wire.get("security"), "associations") if before is not None else []
        foreign = [dict(row) for row in shown if not is_own_association(row)]
        own = [
            {
                **_serialize_holder(holder),
                "permissions": {"permissionId": USE_CREDENTIAL},
                "isCreatorAssociation": False,
            }
            for holder in sorted(after.shared_with)
        ]
        security["associations"] = [*foreign, *own]
    return security


def _serialize_holder(holder: Holder) -> Body:
    return {_MEMBERS[holder.principal.kind]: {"id": holder.principal.id}}
