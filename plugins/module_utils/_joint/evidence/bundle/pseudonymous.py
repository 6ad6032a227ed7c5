# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Pseudonyms for all that a bundle is made of: the documents, and what else names people. Pure."""

from __future__ import annotations

import re
import typing as t

from ...._commvault.references import parse_id
from ...._core.names import fold_case
from ...._core.values import is_guid
from ...snapshot.files import Snapshot, list_documents
from ...snapshot.people import KnownPeople, collect_people, list_common_words, sort_people
from ...snapshot.pseudonyms import Pseudonyms, Table, is_pseudonym
from ...snapshot.replacement import TextReplacer, pseudonymise

#: Keys of the document, the log, drills and filled-in rows whose values are about people, whether a snapshot knows them or not: names, object ids
#: of Entra ID, ids of Commvault users (numbers), or references with a name or an id.
_PEOPLE = frozenset(
    {
        "user",
        "users",
        "approved_by",
        "business_owner",
        "owner",
        "reviewer",
        "requested_by",
        "person",
        "service_account",
        "user_principal_name",
        "user_name",
        "login",
        "entra_users",
        "commvault_users",
        "commvault_user",
        "identity",
        "entra_id",
        "commvault_id",
    }
)
#: Keys of logs whose values lead to one person: where somebody signed in from, and which sign-in that was.
_TRACES = frozenset(("address", "sign_in"))
#: One of which each entry of a log, and each handshake, has.
_LOGGED = frozenset(("record_id", "log_in"))
#: Kinds of actors, objects and people of logs that are no people.
_PROGRAMS = frozenset(("application", "service", "service_principal"))
_ACTOR_KINDS = frozenset(("user", "commvault_user", "person", "unknown"))
_DECIDED = re.compile(r"(.* \((?:\d{4}-\d\d-\d\d|no date), )(.*)\)", re.DOTALL)
_NOBODY = "nobody named"


def replace_people(
    snapshot: Snapshot, key: bytes, others: t.Sequence[t.Any], table: Table | None = None
) -> tuple[Snapshot, list[t.Any], Table]:
    """Return *snapshot*, JSON values that go with it, with the pseudonyms that *key* makes in place of people, and the table of those.

    *table*: that of a snapshot which has pseudonyms of this key already; it stays as it is. Raises MissingLibrary without the library
    cryptography, and ConfigError for a table of another key.
    """
    names, documents = Pseudonyms(key), list_documents(snapshot)
    if table is None:
        replaced, table = pseudonymise(snapshot, key)
        people = collect_people(documents)
    else:
        replaced, people = snapshot, _list_people(table, names)
    work = _Replacement(names, TextReplacer(names, people, list_common_words(documents)), people)
    found = [work.replace(value) for value in others]
    # The same key gives the same pseudonyms, so that the tables do not contradict each other.
    entries = dict(sorted({**table["entries"], **names.build_table()["entries"]}.items()))
    return replaced, found, {**table, "entries": entries}


def _list_people(table: Table, names: Pseudonyms) -> KnownPeople:
    """Return the people of a table: what its pseudonyms of names and object ids stand for. Raises ConfigError for a table of another key."""
    told = {made: sealed for made, sealed in table["entries"].items() if is_pseudonym(made) or is_guid(made)}
    return sort_people(names.decrypt(made, sealed) for made, sealed in told.items())


class _Replacement:
    """Replaces people in what goes with a snapshot."""

    def __init__(self, names: Pseudonyms, replacer: TextReplacer, people: KnownPeople) -> None:
        self._names, self._replacer, self._people = names, replacer, people

    def replace(self, value: t.Any) -> t.Any:
        """Return *value* without people."""
        if isinstance(value, str):
            return self._replacer.replace(value)
        if isinstance(value, (list, tuple)):
            return [self.replace(item) for item in value]
        if isinstance(value, t.Mapping):
            return {self._replacer.replace_key(str(key)): self._replace_member(key, value) for key in value}
        return value

    def _replace_member(self, key: t.Any, holder: t.Mapping[t.Any, t.Any]) -> t.Any:
        value = holder[key]
        if key == "last_decision" and isinstance(value, str):
            return self._replace_decision(value)
        if key in _TRACES and isinstance(value, str) and not _LOGGED.isdisjoint(holder):
            return self._names.make_opaque(value)
        kind = holder.get("kind")
        if key == "person" and isinstance(holder.get("actor"), t.Mapping):
            kind = holder["actor"].get("kind")  # an entry of a log
        is_about = kind not in _PROGRAMS and (
            key in _PEOPLE or (key in ("name", "display_name", "id") and kind in _ACTOR_KINDS)
        )
        return self._replace_person(value) if is_about else self.replace(value)

    def _replace_person(self, value: t.Any) -> t.Any:
        """Return the pseudonym of a name, an id or a reference."""
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return int(self._names.make_number(str(value)))
        if isinstance(value, str):
            return self._replace_name(value)
        if isinstance(value, (list, tuple)):
            return [self._replace_person(item) for item in value]
        if isinstance(value, t.Mapping):
            found = {str(key): self.replace(item) for key, item in value.items()}
            found.update(
                {key: self._replace_person(value[key]) for key in ("name", "id") if value.get(key) is not None}
            )
            return found
        return self.replace(value)

    def _replace_name(self, text: str) -> str:
        if is_pseudonym(text):  # of a sheet of this chain
            return text
        # A number is a name where somebody has it, as for whom it is given to.
        is_number = parse_id(text) is not None and fold_case(text) not in self._people.names
        return self._names.make_number(text) if is_number else self._names.make(text)

    def _replace_decision(self, text: str) -> str:
        """Return the last decision of a sheet without who made it."""
        found = _DECIDED.fullmatch(text)
        if found is None or found[2] == _NOBODY:
            return self._replacer.replace(text)
        return f"{self._replacer.replace(found[1])}{self._replace_name(found[2])})"
