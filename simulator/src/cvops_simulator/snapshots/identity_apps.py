# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity providers of a document as apps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cvops_simulator.commvault.model import COMPANY, USER, USER_GROUP, IdentityApp
from cvops_simulator.core.names import fold_case
from cvops_simulator.snapshots.files import Document
from cvops_simulator.snapshots.notes import Notes

SAML, OIDC = 2, 5
_FIRST_ID = 1097
_REDIRECT_FLAG = 1
#: The lists that an app is associated with: in documents, and in answers.
LISTS = {
    "email_suffixes": "emailSuffixes",
    "companies": "companies",
    "user_groups": "userGroups",
    "domains": "domains",
    "users": "users",
}
NAME_IDS = {"email": "Email", "user_principal_name": "User Principal Name"}
#: By kind of an association of an OpenID Connect app: its type, and the members with its id and its name.
TREE = {
    "users": (USER, "userId", "userName"),
    "user_groups": (USER_GROUP, "userGroupId", "userGroupName"),
    "companies": (COMPANY, "providerId", "providerDomainName"),
    "domains": (COMPANY, "providerId", "providerDomainName"),
}


def read_identity_apps(document: Document, find_company: Callable[[Document], int], notes: Notes) -> list[IdentityApp]:
    """Return the apps; certificates and client secrets are in no snapshot, so nobody can sign in through them."""
    apps, names = [], _Names(document)
    rows = sorted(document["identity_providers"], key=lambda row: (row["kind"] != "saml", row["app_key"]))
    for number, row in enumerate(rows):
        if row["kind"] not in ("saml", "oidc"):
            notes.tell("identity providers of a kind that the simulator does not have", row["name"])
            continue
        app = IdentityApp(
            id=_FIRST_ID + number,
            name=row["name"],
            key=row["app_key"],
            type=SAML if row["kind"] == "saml" else OIDC,
            description=row.get("description") or "",
            flags=_REDIRECT_FLAG if row.get("auto_redirect") else 0,
            enabled=row.get("enabled") is not False,
            company_id=find_company(row),
        )
        (_fill_saml if app.type == SAML else _fill_oidc)(app, row, names, notes)
        apps.append(app)
    return apps


def add_mark(text: str, word: str, fingerprint: str | None) -> str:
    """Return a description with the line by which the collection knows what an object holds."""
    if fingerprint is None:
        return text
    mark = f"[cvops {word}: {fingerprint}]"
    return f"{text}\n{mark}" if text else mark


def split_mark(text: str, word: str) -> tuple[str, str | None]:
    """Return a description without its mark, and what the mark says; None without one."""
    before, separator, last = text.rpartition("\n")
    found = re.fullmatch(rf"\[cvops {word}: ([^\[\]\n]+)\]", last)
    return (text, None) if found is None else (before if separator else "", found[1])


class _Names:
    """Ids by kind and name."""

    def __init__(self, document: Document) -> None:
        lists = {name: document[name] for name in ("users", "user_groups", "companies")}
        self._ids = {
            kind: {fold_case(row["name"]): int(row["id"]) for row in reversed(rows)} for kind, rows in lists.items()
        }

    def find(self, kind: str, name: str) -> int:
        """Return the id; 0 for a name that no list shows."""
        return self._ids.get(kind, {}).get(fold_case(name), 0)


def _fill_saml(app: IdentityApp, row: Document, names: _Names, notes: Notes) -> None:
    if row.get("certificate_fingerprint"):
        mark = f"{row['certificate_fingerprint']} until {row.get('certificate_expires')}"
        app.description = add_mark(app.description, "certificate", mark)
    associations: dict[str, list[Any]] = {}
    for kind, listed in (row.get("associations") or {}).items():
        if kind in LISTS and listed:
            found = [_refer(kind, name, names) for name in listed]
            associations[LISTS[kind]] = list(listed) if kind == "email_suffixes" else found
        elif listed:
            notes.tell("associations of SAML apps of a kind that the simulator does not have", f"{app.name}: {kind}")
    app.document = {
        "identityProviderMetaData": {
            "entityId": row.get("entity_id") or "",
            "redirectUrl": row.get("sign_on_url") or "",
            "logoutUrl": row.get("sign_out_url") or "",
        },
        "serviceProviderMetaData": {
            "serviceProviderEndpoint": row.get("service_provider_endpoint") or "",
            "spAliases": list(row.get("service_provider_aliases") or ()),
        },
        "associations": associations,
        "attributeMappings": [
            {"customAttribute": name.upper(), "SAMLAttribute": claim}
            for name, claim in sorted((row.get("attribute_mappings") or {}).items())
        ],
        "userGroups": [
            {"companyInfo": {"id": 0}, "userGroupInfo": {"id": names.find("user_groups", name), "name": name}}
            for name in row.get("default_user_groups") or ()
        ],
        "autoCreateUser": bool(row.get("auto_create_users")),
    }
    if name_id := row.get("name_id"):
        app.document["nameIDAttribute"] = NAME_IDS.get(name_id, name_id)


def _refer(kind: str, name: str, names: _Names) -> dict[str, Any]:
    number = names.find(kind, name)
    return {"id": number, "name": name} if number else {"name": name}


def _fill_oidc(app: IdentityApp, row: Document, names: _Names, notes: Notes) -> None:
    app.description = add_mark(app.description, "secret", row.get("secret_fingerprint"))
    tree = []
    for kind, listed in (row.get("associations") or {}).items():
        if kind not in TREE and listed:
            notes.tell("associations of OpenID Connect apps of another kind are left out", f"{app.name}: {kind}")
            continue
        for name in listed or ():
            number, id_member, name_member = TREE[kind]
            item: dict[str, Any] = {"_type_": number, name_member: name}
            if found := names.find(kind, name):
                item[id_member] = found
            tree.append(item)
    values: list[dict[str, Any]] = [
        {"name": "clientId", "value": row.get("application_id") or ""},
        {"name": "endPointUrl", "value": row.get("discovery_url") or ""},
        {"name": "webConsoleUrls", "values": list(row.get("web_console_urls") or ())},
    ]
    app.document = {"props": {"nameValues": values}, "assocTree": tree}
