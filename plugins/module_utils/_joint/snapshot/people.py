# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which texts and object ids in the documents of a snapshot tell who a person is, and which words are others' names as well. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._core.names import fold_case, matches_any_pattern
from .pseudonym_ids import parse_guid

Document: t.TypeAlias = "t.Mapping[str, t.Any]"
#: Names of accounts that programs sign in with, beside those that Commvault has as service accounts. Shell patterns. Their pseudonyms match, too.
AUTOMATION_NAMES = ("svc-*", "svc_*", "svc.*", "sa-*", "automation-*")
#: Lists of people, with the fields that tell who they are. A description is about a person, and is no name of one.
_PEOPLE = {
    "users": ("name", "full_name", "email", "user_principal_name", "displayName", "userPrincipalName", "mail"),
    "deleted_users": ("displayName", "userPrincipalName", "mail"),
}
#: Lists of what is no person, and whose names stay; those of Entra ID have object ids, which stay as well.
_NAMED = ("roles", "permissions", "companies", "user_groups", "external_groups", "groups", "applications")
_OBJECTS = ("groups", "deleted_groups", "applications", "service_principals")
_NAME_FIELDS = ("name", "displayName", "category")
#: Keys with lists of object ids that may be people's: whatever is no known object of another kind is taken for a person.
_HOLDERS = frozenset(("members", "owners", "scopedMembers", "includeUsers", "excludeUsers"))
#: What policies say in place of users.
_NOBODY = frozenset(("all", "none", "guests", "guestsorexternalusers"))
_WORD = re.compile(r"[^\W_]+")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_DELETED = re.compile(r"[0-9A-Fa-f]{32}(?=.*@)")


class KnownPeople(t.NamedTuple):
    """``names``: texts that tell who somebody is, without regard to letter case. ``ids``: object ids in lower case."""

    names: frozenset[str]
    ids: frozenset[str]


def is_automation_name(name: str) -> bool:
    """Return whether an account is one that a program signs in with, by its name."""
    return matches_any_pattern(name.rpartition("\\")[2], AUTOMATION_NAMES)


def collect_people(documents: t.Iterable[Document]) -> KnownPeople:
    """Return all texts and object ids that tell who a person is; empty ones left out."""
    names: set[str] = set()
    ids: set[str] = set()
    others: set[str] = set()
    for document in documents:
        for kind, fields in _PEOPLE.items():
            for row in document.get(kind) or ():
                names.update(row[name] for name in fields if isinstance(row.get(name), str))
        for listed in ("associations", "owners"):
            for row in document.get(listed) or ():
                if row["principal"]["kind"] == "user":
                    names.add(row["principal"]["name"])
        if "tenant" in document:
            _collect_in_tenant(document, names, ids, others)
    return sort_people(names, ids - others)


def sort_people(names: t.Iterable[str], ids: t.Iterable[str] = ()) -> KnownPeople:
    """Return these texts and object ids as people: names without regard to letter case, and what of them is an object id as one."""
    found: set[str] = set()
    known = set(ids)
    for text in map(fold_case, names):
        if parse_guid(text) is not None:
            known.add(text)
        elif text.strip():
            found.update(_list_forms(text))
    return KnownPeople(frozenset(found), frozenset(known))


def list_common_words(documents: t.Iterable[Document]) -> set[str]:
    """Return words that may be meant otherwise: single words that name a group or another object, and names and words of roles and permissions.

    A name of several words, and an address, is somebody's where a person has it, although a group or an application may be called so. So is
    the name of a server, since a laptop may be called as who uses it.
    """
    found: set[str] = set()
    for document in documents:
        for name in (document.get("name"), (document.get("commcell") or {}).get("name")):
            found.add(fold_case(str(name or "")))
        for kind in _NAMED:
            for row in document.get(kind) or ():
                names = [fold_case(row[name]) for name in _NAME_FIELDS if isinstance(row.get(name), str)]
                if kind in ("roles", "permissions"):
                    found.update(names)
                    found.update(word for name in names for word in _WORD.findall(name))
                found.update(name for name in names if _is_one_word(name))
        for kind, listed in (document.get("entities") or {}).items():
            names = [fold_case(row["name"]) for row in listed if kind != "servers"]
            found.update(name for name in names if _is_one_word(name))
    return {name for name in found if "@" not in name}


def _is_one_word(name: str) -> bool:
    return len(_WORD.findall(name)) == 1


def split_deleted(name: str) -> tuple[str, str]:
    """Return the object id without hyphens that Entra ID puts before the user principal name of a deleted user, empty for none, and the name."""
    found = _DELETED.match(name)
    return (found[0], name[found.end() :]) if found else ("", name)


def _list_forms(text: str) -> t.Iterator[str]:
    """Yield a name, and the parts of it that name the person as well: without the directory, and of an address of several words what is before @."""
    yield text
    short = text.rpartition("\\")[2].strip()
    if short != text and short:
        yield short
    address = split_deleted(short)[1]
    if address != short:
        yield address
    local = address.rpartition("@")[0]
    if len(_WORD.findall(local)) > 1:
        yield local


def _collect_in_tenant(document: Document, names: set[str], ids: set[str], others: set[str]) -> None:
    """Add the people of a tenant's document, and to *others* the object ids of what is no person."""
    for kind in _OBJECTS:
        others.update(_fold_ids(row.get(name) for row in document[kind] for name in ("id", "appId")))
    for row in document.get("others") or ():
        if row.get("kind") == "device":
            others.update(_fold_ids([row["id"]]))
        else:
            ids.add(row["id"].lower())
            if isinstance(row.get("displayName"), str):
                names.add(row["displayName"])
    collector = document["provenance"]["collector"]
    if collector["kind"] == "person":
        ids.update(_fold_ids([collector["id"]]))
    for source in document["provenance"]["sources"]:
        ids.update(_fold_ids(_GUID.findall(source["why"])))
    for key, value in document.items():
        if key != "provenance":
            _collect_references(value, key, names, ids)
    for kind in _PEOPLE:
        listed = {row["id"].lower() for row in document[kind]}  # of whichever form
        ids.update(listed)
        others.difference_update(listed)


def _collect_references(value: t.Any, key: str, names: set[str], ids: set[str]) -> None:
    """Add whom a value refers to: holders of something, users of policies, and what says of itself that it is a user."""
    if isinstance(value, list):
        texts = [item for item in value if isinstance(item, str)]
        if key in _HOLDERS:
            ids.update(_fold_ids(texts))
            ids.update(_fold_ids(item.get("id") for item in value if isinstance(item, dict)))
        elif key == "users":  # of a policy in words: user principal names, or ids where those are not known
            names.update(text for text in texts if fold_case(text) not in _NOBODY)
        for item in value:
            _collect_references(item, key, names, ids)
    elif isinstance(value, dict):
        if value.get("principalType", "User") == "User":
            ids.update(_fold_ids([value.get("principalId")]))
        if value.get("type") == "user":
            ids.update(_fold_ids([value.get("id")]))
            names.update(text for text in [value.get("name")] if isinstance(text, str))
        for name, item in value.items():
            _collect_references(item, name, names, ids)


def _fold_ids(found: t.Iterable[t.Any]) -> set[str]:
    """Return those values that are object ids, in lower case."""
    return {one.lower() for one in found if isinstance(one, str) and _GUID.fullmatch(one)}
