# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials as a CommServe answers them, for unit tests."""

from __future__ import annotations

import typing as t

TENANT = "11111111-2222-4333-8444-555555555555"
APPLICATION = "66666666-7777-4888-8999-00000000000a"
SECRET = "abc8Q~not-a-real-secret_12345"
#: A credential of ``V5/Credential``: shared by us with a user group, used by its creator, and with a right of another kind.
WIRE: dict[str, t.Any] = {
    "id": 61,
    "name": "azure-prod",
    "accountType": "CLOUD_ACCOUNT",
    "vendorType": "MICROSOFT_AZURE_TYPE",
    "authType": "AZUREACCOUNT",
    "description": "Backup\r\n[cvops secret: key-1]",
    "company": {"id": 0, "name": "Commcell"},
    "tenantId": TENANT.upper(),
    "applicationId": APPLICATION,
    "environment": "AzureCloud",
    "endpoints": {
        "activeDirectory": "https://login.microsoftonline.com/",
        "resourceManager": "https://management.azure.com/",
        "storage": "blob.core.windows.net",
    },
    "security": {
        "owner": {"user": {"id": 44, "name": "svc"}},
        "associations": [
            {"userGroup": {"id": 21, "name": "Storage Team"}, "permissions": {"permissionId": 218}},
            {"user": {"id": 44, "name": "svc"}, "permissions": {"permissionId": 218}, "isCreatorAssociation": True},
            {"user": {"id": 45, "name": "ann"}, "permissions": {"permissionId": 219}},
        ],
    },
}
#: The same of ``CommCell/Credentials``.
OLDER: dict[str, t.Any] = {
    "recordType": 4,
    "description": WIRE["description"],
    "credentialRecord": {"credentialId": 61, "credentialName": "azure-prod"},
    "record": {"userName": APPLICATION.upper()},
}
