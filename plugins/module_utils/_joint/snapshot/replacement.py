# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The documents of a snapshot with pseudonyms in place of people: names, addresses and ids, wherever they stand. Pure.

Names and ids of groups, roles, entities and applications stay, but for names and ids of people within them. Lists are in the order of the
pseudonyms, since the order of ids would tell them to whoever may read the service; of moments that belong to one person the day is left.
"""

from __future__ import annotations

import re
import typing as t

from ..._commvault.overview.document import CommCellDocument
from ..._commvault.overview.order import get_number, sort_grants, sort_rows
from ..._core.errors import ConfigError
from ..._entra.overview.document import EntraDocument
from .files import Snapshot, list_documents
from .people import KnownPeople, collect_people, list_common_words, split_deleted
from .pseudonyms import Pseudonyms, Table
from .texts import IdFinder, PeopleFinder

Row: t.TypeAlias = dict[str, t.Any]
Given: t.TypeAlias = "t.Mapping[str, t.Any]"
#: Fields of the users of each document that are texts about a person, and moments of theirs.
_COMMVAULT_FIELDS = ("name", "full_name", "email", "user_principal_name", "description")
_ENTRA_FIELDS = ("displayName", "userPrincipalName", "mail")
_MOMENTS = ("createdDateTime", "deletedDateTime", "last_sign_in")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T.*", re.DOTALL)
_COLLECTORS = ("commvault_user", "person")
#: Keys whose values are never names of people.
_KEPT = frozenset(
    {
        "format",
        "id",
        "grant_kind",
        "read_at",
        "started",
        "ended",
        "rights",
        "permissions",
        "categories",
        # Words of the services, each of which may be somebody's login name as well.
        "kind",
        "type",
        "@odata.type",
        "state",
        "usage",
        "signs_in_with",
        "signInAudience",
        "groupMembershipClaims",
        "groupTypes",
        "userType",
        "principalType",
        "consentType",
        "servicePrincipalType",
        "allowedMemberTypes",
        "preferredSingleSignOnMode",
    }
)
#: How sources tell which users were not read, and those in which other ids are of groups; see SourceLog and read_access_tokens.
_BY_ID = re.compile(r"(?<=by id: )\d+(?:, \d+)*")
_SUCH_AS = re.compile(r"(?<=such as user )\d+")
_OF_USERS, _OF_HOLDERS = "user_details", "associations"
_MARK = re.compile(r"[0-9a-f]{16}")
#: Keys of documents, which somebody may be called like, such as "entity".
_PLAIN_KEY = re.compile(r"(?:@odata\.)?\w+", re.ASCII)


def pseudonymise(snapshot: Snapshot, key: bytes) -> tuple[Snapshot, Table]:
    """Return *snapshot* with pseudonyms in place of people, marked as such, and the table that takes them back with the same *key*.

    Raises MissingLibrary without the library cryptography, ConfigError for a snapshot that has pseudonyms already.
    """
    if find_mark(snapshot) is not None:
        raise ConfigError("the snapshot has pseudonyms already, and these would be replaced again: use one with names")
    names = Pseudonyms(key)
    documents = list_documents(snapshot)
    words = list_common_words(documents)
    replacer = TextReplacer(names, collect_people(documents), words)
    cells = [
        t.cast(CommCellDocument, _CommCellReplacement(replacer).replace(t.cast(Given, cell)))
        for cell in snapshot.commcells
    ]
    entra = None
    if snapshot.entra is not None:
        entra = t.cast(EntraDocument, _TenantReplacement(replacer).replace(t.cast(Given, snapshot.entra)))
    return Snapshot(cells, entra), names.build_table()


def find_mark(snapshot: Snapshot) -> str | None:
    """Return which key has made the pseudonyms of a snapshot, as Pseudonyms.key_id; None for one with names.

    Raises ConfigError where the documents do not have that in common, or say something else.
    """
    found = {document["provenance"].get("pseudonym_key") for document in list_documents(snapshot)}
    if len(found) > 1:
        raise ConfigError(
            "some documents of the snapshot have pseudonyms instead of people, and others have names or pseudonyms "
            "of another key: take the whole snapshot again in one way"
        )
    mark = next(iter(found), None)
    if mark is not None and not (isinstance(mark, str) and _MARK.fullmatch(mark)):
        raise ConfigError("provenance.pseudonym_key of a document is none that this collection writes")
    return mark


class TextReplacer:
    """Puts pseudonyms in place of *people* in texts. *words*: folded words and names that mean something else as well."""

    def __init__(self, names: Pseudonyms, people: KnownPeople, words: t.Container[str]) -> None:
        self.names, self._ids = names, people.ids
        self._id_finder, self._name_finder = IdFinder(people.ids), PeopleFinder(people.names, words)

    def is_person_id(self, value: t.Any) -> bool:
        """Return whether a value is the object id of a person."""
        return isinstance(value, str) and value.lower() in self._ids

    def replace(self, text: str, *, keeps_names: bool = False) -> str:
        """Return *text* with pseudonyms in place of the names and object ids of people in it; *keeps_names*: of the ids alone."""
        parts = []
        for part, guid in self._id_finder.split(text):
            if guid is not None:
                parts.append(self.names.make_part(part, guid))
            else:
                parts.append(part if keeps_names else self._name_finder.replace(part, self.names.make))
        return "".join(parts)

    def replace_key(self, key: str) -> str:
        """Return the key of an object with pseudonyms in place of people in it; one that is a word keeps it."""
        return self.replace(key, keeps_names=_PLAIN_KEY.fullmatch(key) is not None)

    def replace_all(self, value: t.Any, key: str = "") -> t.Any:
        """Return *value* with names and ids of people replaced wherever they stand: as such beside a kind that says so, else within texts."""
        if isinstance(value, str):
            return self.replace(value, keeps_names=key in _KEPT)
        if isinstance(value, list):
            found = [self.replace_all(item, key) for item in value]
            return _sort_texts(value, found)
        if isinstance(value, dict):
            row = {self.replace_key(name): self.replace_all(item, name) for name, item in value.items()}
            if value.get("kind") == "user":
                self.replace_user(value, row)
            return row
        return value

    def replace_user(self, before: Given, row: Row) -> None:
        """Replace name and id of a user of Commvault."""
        self.replace_fields(before, row, ("name",))
        if isinstance(before.get("id"), str):
            row["id"] = self.names.make_number(before["id"])

    def replace_fields(self, before: Given, row: Row, fields: t.Iterable[str]) -> None:
        """Replace texts that are about a person as a whole, and leave of moments the day."""
        for name in fields:
            if isinstance(before.get(name), str):
                row[name] = self.names.make(before[name])
        for name in _MOMENTS:
            if isinstance(before.get(name), str):
                row[name] = _MOMENT.sub(r"\1T00:00:00Z", before[name])


class _Replacement:
    """One pass over a document."""

    def __init__(self, replacer: TextReplacer) -> None:
        self.replacer, self.names = replacer, replacer.names

    def _replace_document(self, document: Given) -> Row:
        found = {
            name: value if name == "format" else self.replacer.replace_all(value, name)
            for name, value in document.items()
        }
        provenance, before = found["provenance"], document["provenance"]["collector"]
        if before["kind"] in _COLLECTORS:
            self.replacer.replace_fields(before, provenance["collector"], ("name",))
        for given, source in zip(document["provenance"]["sources"], provenance["sources"], strict=True):
            source["name"] = given["name"]
        provenance["pseudonym_key"] = self.names.key_id
        return found


class _CommCellReplacement(_Replacement):
    """The document of a CommCell."""

    def replace(self, document: Given) -> Row:
        """Return the document without people."""
        found = self._replace_document(document)
        for before, row in zip(document["users"], found["users"], strict=True):
            self.replacer.replace_fields(before, row, _COMMVAULT_FIELDS)
            row["id"] = self.names.make_number(before["id"])
        for before, row in zip(document["user_groups"], found["user_groups"], strict=True):
            if isinstance(before.get("members"), list):
                made = {self.names.make_number(str(one)) for one in before["members"]}
                row["members"] = sorted(made, key=get_number)
        for before, row in zip(document["access_tokens"], found["access_tokens"], strict=True):
            self.replacer.replace_user(before["owner"], row["owner"])
        for before, row in zip(document["identity_providers"], found["identity_providers"], strict=True):
            held = before.get("associations")
            if isinstance(held, dict) and isinstance(held.get("users"), list):
                row["associations"]["users"] = sorted(self.names.make(str(name)) for name in held["users"])
        for row in found["credentials"]:
            if isinstance(row.get("shared_with"), list):
                row["shared_with"] = sorted(row["shared_with"], key=_get_holder_key)
        found["users"] = sort_rows(found["users"])
        found["associations"], found["owners"] = sort_grants(found["associations"]), sort_grants(found["owners"])
        collector = found["provenance"]["collector"]
        if collector["kind"] == "commvault_user":
            collector["id"] = self.names.make_number(document["provenance"]["collector"]["id"])
        self._replace_reasons(document, found["provenance"]["sources"])
        return found

    def _replace_reasons(self, document: Given, sources: t.Iterable[Row]) -> None:
        """Replace ids of users in the words of sources on what was not read."""
        users = {row["id"] for row in document["users"]}
        groups = {row["id"] for kind in ("user_groups", "external_groups") for row in document[kind]}

        def make(number: str) -> str:
            return self.names.make_number(number)

        def make_user(number: str) -> str:
            return number if number in groups - users else make(number)

        for source in sources:
            source["why"] = _SUCH_AS.sub(lambda found: make(found[0]), source["why"])
            if source["name"] in (_OF_USERS, _OF_HOLDERS):
                each = make if source["name"] == _OF_USERS else make_user
                source["why"] = _BY_ID.sub(
                    lambda found, each=each: ", ".join(sorted(map(each, found[0].split(", ")), key=get_number)),  # type: ignore[misc]
                    source["why"],
                )


class _TenantReplacement(_Replacement):
    """The document of a tenant."""

    def replace(self, document: Given) -> Row:
        """Return the document without people."""
        found = self._replace_document(document)
        for kind in ("users", "deleted_users"):
            for before, row in zip(document[kind], found[kind], strict=True):
                self.replacer.replace_fields(before, row, _ENTRA_FIELDS)
                row["id"] = self.names.make_id(before["id"])
                if kind == "deleted_users" and isinstance(before.get("userPrincipalName"), str):
                    row["userPrincipalName"] = self._make_deleted_name(before["id"], before["userPrincipalName"])
        for before, row in zip(document["others"], found["others"], strict=True):
            if before.get("kind") != "device":
                self.replacer.replace_fields(before, row, ("displayName",))
                row["id"] = self.names.make_id(before["id"])
        for kind in ("users", "deleted_users", "others"):
            found[kind] = sorted(found[kind], key=lambda row: str(row["id"]))
        for kind in ("groups", "applications", "service_principals", "directory_roles"):
            for before, row in zip(document[kind], found[kind], strict=True):
                self._replace_holders(before, row)
        return found

    def _make_deleted_name(self, object_id: str, name: str) -> str:
        """Return the pseudonym of the name of a deleted user, before which Entra ID puts the object id."""
        prefix, own = split_deleted(name)
        if prefix.lower() != object_id.replace("-", "").lower() or not prefix:
            return self.names.make(name)
        return self.names.make_id(object_id).replace("-", "") + self.names.make(own)

    def _replace_holders(self, before: Given, row: Row) -> None:
        """Replace who holds an object, or something of it, also in the ids of assignments, which are made of those of their holders."""
        for name in ("members", "owners"):
            if isinstance(before.get(name), list):
                made = [self.names.make_id(one) if self.replacer.is_person_id(one) else one for one in before[name]]
                row[name] = sorted(made, key=str)
        for name in ("appRoleAssignedTo", "oauth2PermissionGrants"):
            for one, made in zip(before.get(name) or (), row.get(name) or (), strict=False):
                if self.replacer.is_person_id(one.get("principalId")) and isinstance(one.get("id"), str):
                    made["id"] = self.names.make_opaque(one["id"])
        for name in ("appRoleAssignedTo", "oauth2PermissionGrants", "scopedMembers"):
            if isinstance(row.get(name), list):
                row[name] = sorted(row[name], key=lambda one: str(one.get("id") or ""))
        if isinstance(before.get("notificationEmailAddresses"), list):
            row["notificationEmailAddresses"] = sorted(
                self.names.make(str(one)) for one in before["notificationEmailAddresses"]
            )


def _sort_texts(before: list[t.Any], found: list[t.Any]) -> list[t.Any]:
    """Return a list of texts sorted where one of them was replaced: its order told who it was."""
    if all(isinstance(item, str) for item in found) and found != before:
        return sorted(found)
    return found


def _get_holder_key(row: t.Any) -> tuple[t.Any, ...]:
    holder = row if isinstance(row, dict) else {}
    return str(holder.get("kind")), get_number(holder.get("id")), str(holder.get("name"))
