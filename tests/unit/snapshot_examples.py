# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of a snapshot for tests."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.overview import document as commcell_document
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview import document as entra_document

Row = dict[str, t.Any]


def make_provenance(**more: t.Any) -> Row:
    source = {"name": "users", "count": 1, "complete": True, "why": "", "read_at": "2026-11-27T08:00:00Z"}
    return {
        "collection_version": "0.1.0",
        "started": "2026-11-27T08:00:00Z",
        "ended": "2026-11-27T08:00:01Z",
        "requests": 17,
        "collector": {"kind": "commvault_user", "id": "2", "name": "svc-cvops", "rights": ["View"]},
        "sources": [source],
        **more,
    }


def make_user(number: int, name: str, **more: t.Any) -> Row:
    return {
        "id": str(number),
        "name": name,
        "company": None,
        "full_name": "",
        "email": "",
        "user_principal_name": "",
        "description": "",
        "groups": [],
        **more,
    }


def make_grant(principal: Row, entity: Row, **more: t.Any) -> Row:
    return {
        "principal": principal,
        "role": {"id": "2", "name": "View"},
        "permissions": [],
        "entity": entity,
        "grant_kind": "explicit",
        **more,
    }


def make_commcell(name: str = "emea", **more: t.Any) -> t.Any:
    """A small, sound document of a CommCell."""
    return {
        "format": commcell_document.FORMAT,
        "provenance": make_provenance(),
        "name": name,
        "commcell": {"id": "2", "name": name, "release": 44, "company": None},
        "companies": [],
        "permissions": [{"id": "31", "name": "View"}],
        "roles": [{"id": "2", "name": "View", "company": None, "permissions": ["View"], "categories": []}],
        "users": [make_user(4, "leila.mensah")],
        "two_factor": {"mode": "off", "user_groups": []},
        "user_groups": [{"id": "21", "name": "Operators", "company": None, "members": ["4"]}],
        "external_groups": [],
        "associations": [
            make_grant(
                {"kind": "user", "id": "4", "name": "leila.mensah"}, {"kind": "plans", "id": "12", "name": "gold"}
            )
        ],
        "owners": [],
        "access_tokens": [],
        "entities": {"plans": [{"id": "12", "name": "gold", "company": None}]},
        "credentials": [],
        "identity_providers": [],
        **more,
    }


def make_entra(**more: t.Any) -> t.Any:
    """A small, sound document of a tenant."""
    return {
        "format": entra_document.FORMAT,
        "provenance": make_provenance(collector={"kind": "application", "id": "a", "name": "reader", "rights": None}),
        "tenant": {"id": "t", "displayName": "Contoso", "domain": "contoso.example"},
        "users": [],
        "groups": [],
        "applications": [],
        "service_principals": [],
        "directory_roles": [],
        "named_locations": [],
        "conditional_access_policies": [],
        "policy_report": {},
        "deleted_users": [],
        "deleted_groups": [],
        "others": [],
        **more,
    }
