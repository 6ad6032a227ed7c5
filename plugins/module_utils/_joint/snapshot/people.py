# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which texts in the documents of a snapshot tell who a person is, and which words are others' names as well. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._core.names import fold_case

Document: t.TypeAlias = "t.Mapping[str, t.Any]"
#: Lists of people, with the fields that tell who they are. A description is about a person, and is no name of one.
_PEOPLE = {
    "users": ("name", "full_name", "email", "user_principal_name", "displayName", "userPrincipalName", "mail"),
    "deleted_users": ("displayName", "userPrincipalName", "mail"),
}
#: Lists of what is no person, and whose names stay.
_NAMED = ("roles", "permissions", "companies", "user_groups", "external_groups", "groups", "applications")
_NAME_FIELDS = ("name", "displayName", "category")
_WORD = re.compile(r"\w+")


def collect_people(documents: t.Iterable[Document]) -> set[str]:
    """Return all texts that tell who a person is, without regard to letter case; empty ones left out."""
    found: set[str] = set()
    for document in documents:
        for kind, fields in _PEOPLE.items():
            for row in document.get(kind) or ():
                found.update(row[name] for name in fields if isinstance(row.get(name), str))
        for row in document.get("others") or ():
            if row.get("kind") != "device" and isinstance(row.get("displayName"), str):
                found.add(row["displayName"])
        for listed in ("associations", "owners"):
            for row in document.get(listed) or ():
                if row["principal"]["kind"] == "user":
                    found.add(row["principal"]["name"])
    return {fold_case(text) for text in found if text.strip()}


def list_common_words(documents: t.Iterable[Document]) -> set[str]:
    """Return words that may be meant otherwise: names of groups and others as a whole, and each word of roles, permissions and categories."""
    found: set[str] = set()
    for document in documents:
        for kind in _NAMED:
            for row in document.get(kind) or ():
                names = [fold_case(row[name]) for name in _NAME_FIELDS if isinstance(row.get(name), str)]
                found.update(names)
                if kind in ("roles", "permissions"):
                    found.update(word for name in names for word in _WORD.findall(name))
        for listed in (document.get("entities") or {}).values():
            found.update(fold_case(row["name"]) for row in listed)
    return found
