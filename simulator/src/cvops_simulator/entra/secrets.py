# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client secrets: made by the service, shown once, known to the token endpoint after a while."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

from cvops_simulator.entra.schema import parse_date_time

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Kind, Tenant

_LETTERS = string.ascii_letters + string.digits
_ALPHABET = _LETTERS + "~.-_"


def make_secret_text(source: random.Random) -> str:
    """Return 40 characters: three, a fixed mark, and a tail that holds each of the special characters at least once."""
    head = source.choice(_LETTERS) + source.choice(_LETTERS) + source.choice(_LETTERS)
    tail = [*"~.-_", *(source.choice(_ALPHABET) for _ in range(29))]
    source.shuffle(tail)
    return f"{head}8Q~{''.join(tail)}z"


def add_secret(
    tenant: Tenant, kind: Kind, owner: Row, values: Row, text: str | None = None, replicated: bool = False
) -> Row:
    """Add a secret to an application or service principal; returns the passwordCredential with its secretText.

    `values`: displayName, startDateTime, endDateTime as Graph properties (all but the name are required).
    """
    secret_text = text or make_secret_text(tenant.random)
    credential: Row = {
        "customKeyIdentifier": values.get("customKeyIdentifier"),
        "displayName": values.get("displayName"),
        "endDateTime": values["endDateTime"],
        "hint": secret_text[:3],
        "keyId": values.get("keyId") or tenant.new_id(),
        "secretText": None,
        "startDateTime": values["startDateTime"],
    }
    changed = {**owner, "passwordCredentials": [*owner["passwordCredentials"], credential]}
    tenant.update(kind, changed, "credential_graph", replicated)
    known: Row = {
        "owner": owner["id"],
        "text": secret_text,
        "start": parse_date_time(values["startDateTime"]),
        "end": parse_date_time(values["endDateTime"]),
    }
    tenant.store.put("secrets", credential["keyId"], known, "credential_token", replicated)
    return {**credential, "secretText": secret_text}


def remove_secret(tenant: Tenant, kind: Kind, owner: Row, key_id: str) -> bool:
    """Remove a secret by its key id; False when there is none."""
    left = [item for item in owner["passwordCredentials"] if item["keyId"] != key_id.lower()]
    if len(left) == len(owner["passwordCredentials"]):
        return False
    tenant.update(kind, {**owner, "passwordCredentials": left}, "credential_graph")
    tenant.store.remove("secrets", key_id.lower(), "credential_token")
    return True
