# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What signs in to Entra ID as an application with a key of its own: clients of Microsoft 365 and Dynamics 365, key management servers. Pure.

Where the applications of a client stand depends on its kind and the release (SDK: instances of cloud apps, backup sets of SharePoint, the
agent of Exchange), so that they are looked for by the names of their members, wherever these are.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import BadAnswer
from ..._core.values import get_object, get_objects, is_guid
from ..references import parse_id

Wire = t.Mapping[str, t.Any]

OFFICE_CLIENT, KEY_SERVER = "office365_client", "key_management_server"
#: The only kind of key management server that signs in to Entra ID, and how it does without a key: as a managed identity (SDK,
#: key_management_server).
_AZURE_KEY_VAULT, _MANAGED_IDENTITY = 4, 3
#: Members that an answer has a secret in, if a release echoes what it was sent.
_SECRETS = (
    "azureAppKeyValue",
    "azureAppKeySecret",
    "clientSecret",
    "certBase64String",
    "certPassword",
    "sslPassPhrase",
)
#: Nothing that is looked for stands deeper.
_DEPTH = 12


@dataclass(frozen=True)
class KeyHolder:
    """Something that signs in as an application.

    ``app_id`` and ``tenant_id``: None where they are not shown. ``credential``: the name of the credential that keeps the key for it; None
    where it keeps the key itself, and does not tell which.
    """

    kind: str
    name: str
    app_id: str | None = None
    tenant_id: str | None = None
    credential: str | None = None


def parse_office_holders(name: str, document: t.Any) -> list[KeyHolder]:
    """Return the applications that the client *name* signs in as by what *document* shows, each once. Raises BadAnswer."""
    found: dict[tuple[str | None, str | None], KeyHolder] = {}
    for row in _list_application_rows(document):
        credential = get_object(row, "credentialEntity").get("credentialName")
        holder = KeyHolder(
            OFFICE_CLIENT,
            name,
            _get_guid(row, "azureAppId", "azureAppKeyID", "clientId"),
            _get_guid(row, "azureDirectoryId", "azureTenantName", "tenant"),
            str(credential) if credential else None,
        )
        if holder.app_id or holder.credential:
            found.setdefault((holder.app_id, holder.credential), holder)
    return list(found.values())


def _list_application_rows(document: t.Any) -> list[Wire]:
    """Return the objects in *document* that may describe an application of Entra ID. Raises BadAnswer."""
    rows: list[Wire] = []
    for holder in _walk(document):
        rows += get_objects(get_object(holder, "azureAppList"), "azureApps")
        rows += [get_object(holder, name) for name in ("azureDetails", "oneDriveInstance", "v2CloudAppsInstance")]
    return rows


def parse_key_servers(answer: Wire) -> list[KeyHolder]:
    """Return the key management servers that sign in to Entra ID with a key. Raises BadAnswer."""
    found: list[KeyHolder] = []
    for row in get_objects(answer, "keyProviders"):
        if parse_id(row.get("keyProviderType")) != _AZURE_KEY_VAULT:
            continue
        name = get_object(row, "provider").get("keyProviderName")
        if not name:
            raise BadAnswer("Commvault shows a key management server without a name.", member="keyProviderName")
        shown = [get_object(holder, "keyVaultCredential") for holder in _walk(row)]
        accesses = [item for item in shown if item]
        used = [item for item in accesses if parse_id(item.get("authType")) != _MANAGED_IDENTITY]
        if accesses and not used:
            continue
        pairs = {(_get_guid(item, "applicationId"), _get_guid(item, "tenantId")): None for item in used}
        pairs = pairs or {(None, None): None}
        found += [KeyHolder(KEY_SERVER, str(name), app_id, tenant_id) for app_id, tenant_id in pairs]
    return found


def list_shown_secrets(document: t.Any) -> list[str]:
    """Return the texts that *document* has where a secret is sent; those that are stars, or empty, are none."""
    values = [holder.get(name) for holder in _walk(document) for name in _SECRETS]
    return [value for value in values if isinstance(value, str) and value.strip("* ")]


def _walk(document: t.Any) -> t.Iterator[Wire]:
    """Return every object within *document*, itself among them, down to a depth that no answer needs."""
    waiting: list[tuple[t.Any, int]] = [(document, 0)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, t.Mapping):
            yield item
        if depth < _DEPTH and isinstance(item, (t.Mapping, list)):
            inner = item.values() if isinstance(item, t.Mapping) else item
            waiting += [(value, depth + 1) for value in inner if isinstance(value, (t.Mapping, list))]


def _get_guid(row: Wire, *names: str) -> str | None:
    """Return the first of these members that is a GUID: other members of these names are ids of Commvault."""
    return next((str(row[name]).lower() for name in names if is_guid(row.get(name))), None)
