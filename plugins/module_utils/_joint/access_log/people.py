# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who is who on both sides: the identity in Entra ID of each account that a CommCell's log names. Pure.

An account is the person only where it says so itself, by a link that somebody declares, or by a name that is the same in every
character but case. What only looks equal, and what two people could be, is nobody's.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.names import fold_case
from .reading import ENTRA, Row, get_commcell

Owner = t.TypeVar("Owner")
#: How an account was found to be a person's, best first.
DECLARED, BY_PRINCIPAL_NAME, BY_LOGIN_NAME, BY_EMAIL = "declared", "user_principal_name", "login_name", "email"
#: Why it was not: nobody in Entra ID's log has the name, or several people have.
NOBODY, AMBIGUOUS = "nobody", "ambiguous"


@dataclass(frozen=True)
class Account:
    """A user of a CommCell. ``linked_by``: how it was found to be the person's, or why it is not."""

    commcell: str
    id: str | None
    name: str | None
    linked_by: str

    def as_row(self) -> dict[str, t.Any]:
        """Return the account as results have it."""
        return {"commcell": self.commcell, "id": self.id, "name": self.name, "linked_by": self.linked_by}


@dataclass
class Person:
    """Who acts: an identity of Entra ID with its accounts on CommCells, or an account that is nobody's there."""

    kind: str
    name: str | None = None
    entra_id: str | None = None
    app_id: str | None = None
    accounts: list[Account] = field(default_factory=list)

    def as_row(self) -> dict[str, t.Any]:
        """Return the person as results have it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "entra_id": self.entra_id,
            "app_id": self.app_id,
            "accounts": [account.as_row() for account in self.accounts],
        }


@dataclass(frozen=True)
class KnownAccount:
    """What a CommCell says of one of its users, beside what its log does."""

    commcell: str
    id: str | None
    name: str
    user_principal_name: str = ""
    email: str = ""


@dataclass(frozen=True)
class DeclaredLink:
    """An account that somebody declares to be an identity's: ``identity`` is a user principal name, an object id or an application id."""

    commvault_user: str
    identity: str
    commcell: str | None = None


def choose_owner(
    by_name: t.Mapping[str, t.Sequence[Owner]], user_principal_name: str, login_name: str, email: str
) -> tuple[Owner | None, str]:
    """Return whose account of a CommCell it is by its names, and by which; None and why where it is nobody's.

    *by_name*: identities of Entra ID by their user principal names in the form of ``fold_case``. The first name that any identity has
    decides: several with that name are nobody.
    """
    tried = ((BY_PRINCIPAL_NAME, user_principal_name), (BY_LOGIN_NAME, login_name), (BY_EMAIL, email))
    for how, text in tried:
        found = by_name.get(fold_case(text), ()) if text else ()
        if len(found) > 1:
            return None, AMBIGUOUS
        if found:
            return found[0], how
    return None, NOBODY


class People:
    """The people of all rows. Each row's actor is one of them; :meth:`find` returns which, None where the log names nobody."""

    def __init__(
        self, rows: t.Iterable[Row], known: t.Iterable[KnownAccount] = (), links: t.Iterable[DeclaredLink] = ()
    ) -> None:
        self._links = list(links)
        self._known: dict[tuple[str, str], KnownAccount] = {}
        for account in known:
            for key in _list_account_keys(account.commcell, account.id, account.name):
                self._known[key] = account
        self._by_key: dict[tuple[str, ...], Person] = {}
        self._by_name: dict[str, list[Person]] = {}
        found = list(rows)
        for row in found:
            if row["service"] == ENTRA:
                # a display name is chosen freely
                self._add_identity(row["actor"], bool(row["details"].get("actor_name_is_display_name")))
        for row in found:
            if row["service"] != ENTRA:
                self._add_account(get_commcell(row), row["actor"])

    def find(self, row: Row) -> Person | None:
        """Return who did what the entry tells."""
        return next((self._by_key[key] for key in _list_keys(row) if key in self._by_key), None)

    def list_people(self) -> list[Person]:
        """Return everybody, once, by name."""
        found = {id(person): person for person in self._by_key.values()}.values()
        return sorted(found, key=lambda one: (one.name or "", one.entra_id or "", [x.commcell for x in one.accounts]))

    def _add_identity(self, actor: Row, is_display_name: bool) -> None:
        keys = _list_identity_keys(actor)
        if not keys:
            return
        person = next((self._by_key[key] for key in keys if key in self._by_key), None)
        if person is None:
            person = Person(actor["kind"], actor.get("name"), actor.get("entra_id"), actor.get("app_id"))
        person.name = person.name or actor.get("name")
        person.app_id = person.app_id or actor.get("app_id")
        self._by_key.update((key, person) for key in keys if key not in self._by_key)
        if actor["kind"] == "user" and actor.get("name") and not is_display_name:
            named = self._by_name.setdefault(fold_case(actor["name"]), [])
            if person not in named:
                named.append(person)

    def _add_account(self, commcell: str, actor: Row) -> None:
        keys = _list_account_keys(commcell, actor.get("commvault_id"), actor.get("name"))
        person = next((self._by_key[key] for key in keys if key in self._by_key), None)
        if keys and person is None:
            person, how = self._find_owner(commcell, keys, actor.get("name") or "")
            person = person or Person(actor["kind"], actor.get("name"))
            person.accounts.append(Account(commcell, actor.get("commvault_id"), actor.get("name"), how))
        if person is not None:
            for key in keys:
                self._by_key.setdefault(key, person)

    def _find_owner(self, commcell: str, keys: t.Sequence[tuple[str, str]], name: str) -> tuple[Person | None, str]:
        """Return whose account it is, and how that was found; None and why where it is nobody's."""
        for link in self._links:
            if link.commcell in (None, commcell) and fold_case(link.commvault_user) == fold_case(name):
                person = self._find_declared(link.identity)
                return (person, DECLARED) if person else (None, NOBODY)
        known = next((self._known[key] for key in keys if key in self._known), None)
        principal_name, email = (known.user_principal_name, known.email) if known else ("", "")
        return choose_owner(self._by_name, principal_name, name, email)

    def _find_declared(self, identity: str) -> Person | None:
        folded = fold_case(identity)
        by_id = self._by_key.get(("id", folded)) or self._by_key.get(("app", folded))
        named = self._by_name.get(folded, [])
        return by_id or (named[0] if len(named) == 1 else None)


def _list_keys(row: Row) -> list[t.Any]:
    actor = row["actor"]
    if row["service"] == ENTRA:
        return list(_list_identity_keys(actor))
    return list(_list_account_keys(get_commcell(row), actor.get("commvault_id"), actor.get("name")))


def _list_identity_keys(actor: Row) -> list[tuple[str, str]]:
    """Return by what an identity of Entra ID is the same in two entries: its object id; where the log has none, its application or name."""
    pairs = (("id", actor.get("entra_id")), ("app", actor.get("app_id") if actor["kind"] == "application" else None))
    keys = [(kind, fold_case(value)) for kind, value in pairs if value]
    return keys or [("name", fold_case(actor["name"]))] if actor.get("name") or keys else []


def _list_account_keys(commcell: str, key: str | None, name: str | None) -> list[tuple[str, str]]:
    """Return by what an account is the same in two entries: its id; where the log has none, its name. A name is given again, an id is not."""
    if key:
        return [(f"account {commcell}", key)]
    return [(f"account name {commcell}", fold_case(name))] if name else []
