# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of snapshots for tests: read, written, compared, and small ones made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]

TENANT = "11111111-0000-4000-8000-000000000001"
APP = "22222222-0000-4000-8000-000000000001"
ADA, BO = "33333333-0000-4000-8000-000000000001", "33333333-0000-4000-8000-000000000002"
GROUP, INNER = "44444444-0000-4000-8000-000000000001", "44444444-0000-4000-8000-000000000002"
PRINCIPAL, OBJECT = "55555555-0000-4000-8000-000000000001", "66666666-0000-4000-8000-000000000001"


def read_documents(folder: Path) -> dict[str, Row]:
    """Return the documents of a folder by path, without what differs between two snapshots of an unchanged site."""
    found = {}
    for path in sorted(folder.rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        del document["provenance"]
        found[str(path.relative_to(folder))] = document
    return found


def write_documents(folder: Path, entra: Row, *commcells: Row) -> Path:
    """Write documents as a snapshot; returns its folder."""
    (folder / "commcells").mkdir(parents=True)
    (folder / "entra.json").write_text(json.dumps(entra), encoding="utf-8")
    for number, document in enumerate(commcells, 1):
        (folder / "commcells" / f"cell{number}.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def list_differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Yield the places in which two documents differ, with both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from list_differences(one.get(key, "missing"), other.get(key, "missing"), f"{place}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (first, second) in enumerate(zip(one, other, strict=True)):
            yield from list_differences(first, second, f"{place}[{number}]")
    elif one != other:
        yield f"{place}: {one!r} is {other!r}"


def make_provenance(kind: str, object_id: str, name: str = "collector") -> Row:
    """A provenance of what was read as a whole."""
    return {
        "collection_version": "1",
        "started": "2026-05-04T03:02:01Z",
        "ended": "2026-05-04T03:02:01Z",
        "requests": 1,
        "collector": {"kind": kind, "id": object_id, "name": name, "rights": []},
        "sources": [],
    }


def make_entra(**parts: Any) -> Row:
    """A small tenant: two people, a group in a group, one application that collected."""
    return {
        "format": "cvops.identity/snapshot-entra/1",
        "provenance": make_provenance("application", APP),
        "tenant": {"id": TENANT, "displayName": "Corp", "domain": "corp.example"},
        "users": [
            {"id": ADA, "displayName": "Ada", "userPrincipalName": "ada@corp.example", "accountEnabled": True},
            {"id": BO, "displayName": "Bo", "userPrincipalName": "bo@corp.example", "accountEnabled": False},
        ],
        "groups": [
            {"id": GROUP, "displayName": "GG-Backup", "members": [ADA, INNER], "owners": [BO]},
            {"id": INNER, "displayName": "GG-Night", "members": [BO], "owners": []},
        ],
        "applications": [{"id": OBJECT, "appId": APP, "displayName": "collector", "owners": []}],
        "service_principals": [{"id": PRINCIPAL, "appId": APP, "displayName": "collector", "owners": []}],
        "directory_roles": [],
        "named_locations": [],
        "conditional_access_policies": [],
        "policy_report": {},
        "deleted_users": [],
        "deleted_groups": [],
        "others": [],
        **parts,
    }


def make_user(number: int, name: str, **fields: Any) -> Row:
    """A local user of a document."""
    return {
        "id": str(number),
        "name": name,
        "company": None,
        "enabled": True,
        "kind": "local",
        "signs_in_with": "commvault_password",
        "identity_provider": None,
        "local_password": True,
        "two_factor": False,
        "locked": False,
        "last_sign_in": None,
        "groups": [],
        **fields,
    }


def make_association(principal: Row, entity: Row, role: Row | None = None, **fields: Any) -> Row:
    """An association of a document."""
    kind = "explicit" if role else "permissions"
    return {
        "principal": principal,
        "role": role,
        "permissions": [] if role else ["Browse"],
        "entity": entity,
        "grant_kind": kind,
        **fields,
    }


def make_commcell(**parts: Any) -> Row:
    """A small CommCell: its administrator, who collected, and one server."""
    return {
        "format": "cvops.identity/snapshot-commcell/1",
        "provenance": make_provenance("commvault_user", "5"),
        "name": "prod",
        "commcell": {"id": "2", "name": "cs-prod-01", "release": "11.40.12", "company": None},
        "companies": [],
        "permissions": [{"id": "13", "name": "Browse"}, {"id": "31", "name": "View"}],
        "roles": [{"id": "2", "name": "View", "company": None, "enabled": True, "permissions": ["View"]}],
        "users": [make_user(1, "admin"), make_user(5, "collector")],
        "two_factor": {"mode": "off", "user_groups": []},
        "user_groups": [
            {"id": "1", "name": "master", "company": None, "enabled": True, "two_factor": False, "members": ["1"]}
        ],
        "external_groups": [],
        "associations": [],
        "owners": [],
        "access_tokens": [],
        "entities": {"servers": [{"id": "7", "name": "srv7", "company": None}]},
        "credentials": [],
        "identity_providers": [],
        **parts,
    }
