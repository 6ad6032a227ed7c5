# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Pseudonyms for all that a bundle is made of: the documents, and what else names people. Pure."""

from __future__ import annotations

import typing as t

from ...snapshot.files import Snapshot
from ...snapshot.people import collect_people, list_common_words
from ...snapshot.pseudonyms import Pseudonyms, Table, pseudonymise
from ...snapshot.texts import PeopleFinder

#: Keys of the document, the log, drills and filled-in rows whose texts are names of people, whether a snapshot knows them or not.
_PEOPLE = frozenset(
    (
        *("user", "users", "approved_by", "business_owner", "owner", "reviewer", "requested_by", "person"),
        *("user_principal_name", "user_name", "login", "entra_users", "commvault_user", "identity"),
    )
)
#: Keys of mappings that are about a person where they have a name.
_ACTORS = frozenset(("actor", "initiated_by"))


class PseudonymousInputs(t.NamedTuple):
    """The same as what was given, without people; *table* takes them back, with the key."""

    snapshot: Snapshot
    others: list[t.Any]
    table: Table


def replace_people(snapshot: Snapshot, key: bytes, others: t.Sequence[t.Any]) -> PseudonymousInputs:
    """Return *snapshot*, and JSON values that go with it, with the pseudonyms that *key* makes in place of people.

    Raises MissingLibrary without the library cryptography.
    """
    documents: list[t.Any] = [*snapshot.commcells, *([snapshot.entra] if snapshot.entra else [])]
    replaced, table = pseudonymise(snapshot, key)
    names = Pseudonyms(key)
    finder = PeopleFinder(collect_people(documents), list_common_words(documents))
    found = [_replace(value, names, finder, False) for value in others]
    # The same key gives the same pseudonyms, so that the tables do not contradict each other.
    entries = dict(sorted({**table["entries"], **names.build_table()["entries"]}.items()))
    return PseudonymousInputs(replaced, found, {**table, "entries": entries})


def _replace(value: t.Any, names: Pseudonyms, finder: PeopleFinder, is_person: bool) -> t.Any:
    """Return *value* without people; *is_person*: texts are names of people as a whole."""
    if isinstance(value, str):
        return names.make(value) if is_person else finder.replace(value, names.make)
    if isinstance(value, (list, tuple)):
        return [_replace(item, names, finder, is_person) for item in value]
    if isinstance(value, t.Mapping):
        return {
            finder.replace(str(key), names.make): _replace(item, names, finder, key in _PEOPLE or _is_actor(key, value))
            for key, item in value.items()
        }
    return value


def _is_actor(key: t.Any, holder: t.Mapping[t.Any, t.Any]) -> bool:
    """Return whether the text under *key* names who did something."""
    return key in ("name", "display_name") and holder.get("kind") in ("user", "commvault_user", "person", "unknown")
