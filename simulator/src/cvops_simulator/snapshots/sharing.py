# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credentials of a document, with their owners and those who may use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cvops_simulator.commvault.catalogue import USER_CREDENTIAL
from cvops_simulator.commvault.model import CREDENTIAL, CommCellSeed, Credential, Grant
from cvops_simulator.snapshots.files import Document
from cvops_simulator.snapshots.grants import PRINCIPAL_KINDS
from cvops_simulator.snapshots.identity_apps import add_mark
from cvops_simulator.snapshots.notes import Notes

ENVIRONMENTS = {
    "public": "AzureCloud",
    "usgov": "AzureUSGovernment",
    "china": "AzureChinaCloud",
    "germany": "AzureGermanCloud",
    "stack": "AzureStack",
}
ENDPOINTS = {
    "active_directory": "activeDirectoryEndpoint",
    "resource_manager": "resourceManagerEndpoint",
    "storage": "storageEndpoint",
}


def read_credentials(
    document: Document, seed: CommCellSeed, find_company: Callable[[Document], int], notes: Notes
) -> list[Credential]:
    """Return the credentials, without secrets; adds to the seed's grants who may use them."""
    rows = {int(row["id"]): row for row in document["entities"].get("credentials") or ()}
    rows |= {int(row["id"]): row for row in document["credentials"]}
    owners = {
        int(row["entity"]["id"]): row["principal"]
        for row in document["owners"]
        if row["entity"]["kind"] == "credentials" and row["entity"]["id"].isdigit()
    }
    found = []
    for number, row in sorted(rows.items()):
        if "azure_application_id" in row:
            credential = _read_application(number, row)
            seed.grants += _list_shares(seed, credential, row, notes)
        else:
            notes.tell("credentials of which the snapshot has the name alone", row["name"])
            credential = Credential(number, row["name"], "UNKNOWN")
        credential.company_id = find_company(row)
        owner = _read_holder(row.get("owner") or owners.get(number))
        if owner is None:
            notes.tell("credentials without an owner in the snapshot are owned by user 1", row["name"])
        else:
            credential.owner = owner
        found.append(credential)
    return found


def _read_application(number: int, row: Document) -> Credential:
    environment = row["environment"]
    fields: dict[str, Any] = {
        "tenantId": row["azure_tenant_id"],
        "applicationId": row["azure_application_id"],
        "environment": ENVIRONMENTS.get(environment, environment),
        "endpoints": {ENDPOINTS[key]: value for key, value in (row.get("endpoints") or {}).items() if key in ENDPOINTS},
    }
    return Credential(
        number,
        row["name"],
        "CLOUD_ACCOUNT",
        "AZUREACCOUNT",
        "MICROSOFT_AZURE_TYPE",
        add_mark(row.get("description") or "", "secret", row.get("secret_fingerprint")),
        fields={key: value for key, value in fields.items() if value},
    )


def _list_shares(seed: CommCellSeed, credential: Credential, row: Document, notes: Notes) -> list[Grant]:
    """Return who may use a credential and has no association that says so."""
    told = {grant.principal for grant in seed.grants if grant.entity == (CREDENTIAL, credential.id)}
    if row["shared_with"] is None:
        notes.tell("credentials of which the snapshot does not tell who may use them", row["name"])
    holders = [_read_holder(holder) for holder in row["shared_with"] or ()]
    return [
        Grant(*holder, None, CREDENTIAL, credential.id, permission_ids=frozenset({USER_CREDENTIAL}))
        for holder in holders
        if holder is not None and holder not in told
    ]


def _read_holder(holder: Document | None) -> tuple[int, int] | None:
    if holder is None or holder["id"] is None:
        return None
    kind = PRINCIPAL_KINDS.get(holder["kind"])
    return None if kind is None else (kind, int(holder["id"]))
