# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who is who: the users of a CommCell as people of Entra ID, and whether they are let in. Pure.

An account is a person's by the rules of the joined log: the same user principal name, login name or e-mail address, in every character
but case; what several people could be is nobody's.
"""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from ..._core.names import fold_case
from ..access_log.people import AMBIGUOUS, choose_owner
from .commcell_side import CommCellSide, Row
from .entra_side import EntraSide, fold_id, get_principal_name
from .tables import Cell

YES, NO, UNKNOWN = "yes", "no", "unknown"
#: What Entra ID says of a person. ABSENT: certainly not there. UNCLEAR: several people, no document, or not all users were seen.
PRESENT, DISABLED, DELETED, ABSENT, UNCLEAR = "present", "disabled", "deleted", "not_found", "unclear"
#: Those whose account ended or is closed in Entra ID.
LEFT = (DISABLED, DELETED, ABSENT)
#: The way to sign in that Entra ID decides on; a directory's password is checked by the directory.
_IDENTITY_PROVIDER = "identity_provider"


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody with an account on a CommCell, in Entra ID, or both.

    ``key``: what identifies the person in rows, the Commvault user where there is one. ``state``: PRESENT to UNCLEAR. ``doubt``: why it is
    UNCLEAR, for people. ``uses_entra``: whether Entra ID signs the person in; None where the service does not tell.
    """

    key: tuple[str, str]
    columns: t.Mapping[str, Cell]
    user: Row | None
    entra: Row | None
    state: str
    doubt: str = ""
    uses_entra: bool | None = True

    @property
    def label(self) -> str:
        """The name for people."""
        return str(self.columns["person"] or self.columns["commvault_user"] or self.key[1])

    @property
    def account_works(self) -> str:
        """Whether Commvault lets the account in: yes, no, unknown."""
        if self.user is None:
            return NO
        return {True: YES, False: NO}.get(t.cast(bool, self.user.get("enabled")), UNKNOWN)

    @property
    def entra_lets_in(self) -> str:
        """Whether Entra ID lets the person in: yes, no, unknown."""
        if self.state == PRESENT and self.entra is not None and self.entra.get("accountEnabled") is not True:
            return UNKNOWN
        return {PRESENT: YES, UNCLEAR: UNKNOWN}.get(self.state, NO)


class PeopleOfCommCell:
    """The people of one CommCell, each made once."""

    def __init__(self, side: CommCellSide, entra: EntraSide) -> None:
        self._side, self._entra = side, entra
        self._users: dict[str, Person] = {}
        self._entra_only: dict[str, Person] = {}
        self._oidc = {
            fold_case(str(app.get("name")))
            for app in side.document.get("identity_providers") or ()
            if app.get("kind") == "oidc"
        }

    def get_user(self, user_id: str) -> Person:
        """Return the person of a Commvault user, also of an id that no list has."""
        if user_id not in self._users:
            user = self._side.users.get(user_id)
            self._users[user_id] = self._build_user(user) if user is not None else _build_unlisted(user_id)
        return self._users[user_id]

    def get_entra_user(self, entra_id: str) -> Person:
        """Return a person of Entra ID as one without a Commvault user."""
        if entra_id not in self._entra_only:
            user = self._entra.users[entra_id]
            state = DISABLED if user.get("accountEnabled") is False else PRESENT
            columns = _make_columns(None, user, _find_entra_kind(user))
            self._entra_only[entra_id] = Person(("entra", entra_id), columns, None, user, state)
        return self._entra_only[entra_id]

    @functools.cached_property
    def accounts(self) -> dict[str, list[Person]]:
        """The people with a Commvault user by their Entra object ids."""
        found: dict[str, list[Person]] = {}
        for user_id in sorted(self._side.users):
            person = self.get_user(user_id)
            if person.entra is not None:
                found.setdefault(fold_id(person.entra["id"]), []).append(person)
        return found

    def takes_groups(self, person: Person) -> bool:
        """Return whether the groups of Entra ID reach Commvault when the person signs in: OpenID Connect carries none."""
        provider = (person.user or {}).get("identity_provider")
        return not provider or fold_case(str(provider)) not in self._oidc

    def _build_user(self, user: Row) -> Person:
        names = [str(user.get(key) or "") for key in ("user_principal_name", "name", "email")]
        found, how = choose_owner(self._entra.by_name, *names)
        deleted = None
        if found is None and how != AMBIGUOUS:
            deleted, how = choose_owner(self._entra.deleted_by_name, *names)
        signs_in = user.get("signs_in_with")
        uses_entra = None if signs_in is None else signs_in == _IDENTITY_PROVIDER
        state, doubt = self._judge(user, found, deleted, how)
        entra = found or deleted
        if user.get("kind") == "service_account":
            kind = "service_account"
        elif entra is not None:
            kind = _find_entra_kind(entra)
        else:
            kind = "not_evaluable" if state == UNCLEAR and uses_entra is not False else "commvault_user"
        columns = _make_columns(user, entra, kind)
        return Person(("commvault", str(user["id"])), columns, user, entra, state, doubt, uses_entra)

    def _judge(self, user: Row, found: Row | None, deleted: Row | None, how: str) -> tuple[str, str]:
        if found is not None:
            return (DISABLED if found.get("accountEnabled") is False else PRESENT), ""
        if deleted is not None:
            return DELETED, ""
        if how == AMBIGUOUS:
            return UNCLEAR, "several people in Entra ID have this name or address"
        if not self._entra.is_read:
            return UNCLEAR, "Entra ID was not read"
        if fold_case(str(user.get("email") or "")) in self._entra.addresses:
            return UNCLEAR, "somebody in Entra ID has this address and another user principal name"
        if not self._entra.visibility.is_complete("users"):
            return UNCLEAR, "not all users of Entra ID that could be this person were seen"
        return ABSENT, ""


def _build_unlisted(user_id: str) -> Person:
    columns = {**_make_columns(None, None, "not_evaluable"), "commvault_user_id": user_id}
    doubt = (
        "Commvault names this user in a group or a grant, but does not list a user with this id to the reading account"
    )
    return Person(("commvault", user_id), columns, {}, None, UNCLEAR, doubt, None)


def build_stranger(object_id: str) -> Person:
    """Return a member of a group that Entra ID names by id alone."""
    columns = {**_make_columns(None, None, "not_evaluable"), "entra_user_id": object_id}
    doubt = "Entra ID names this member of a group, but does not show its kind to the reading identity"
    return Person(("entra", object_id), columns, None, None, UNCLEAR, doubt)


def build_placeholder(kind: str, name: str = "") -> Person:
    """Return what stands in the place of a person: nobody, a directory's group whose members are not visible, or what cannot be told."""
    columns = {**_make_columns(None, None, kind), "person": name}
    return Person((kind, ""), columns, None, None, UNCLEAR, uses_entra=None)


def _make_columns(user: Row | None, entra: Row | None, kind: str) -> dict[str, Cell]:
    """Return the columns of ``access`` that are about the person."""
    user_name = str(user["name"]) if user and user.get("name") else ""
    name = str((entra or {}).get("displayName") or "") or str((user or {}).get("full_name") or "") or user_name
    return {
        "person": name,
        "person_kind": kind,
        "entra_user_id": str(entra["id"]) if entra else "",
        "user_principal_name": get_principal_name(entra)
        if entra
        else str((user or {}).get("user_principal_name") or ""),
        "entra_enabled": _get_flag(entra, "accountEnabled"),
        "commvault_user_id": str(user["id"]) if user else "",
        "commvault_user": user_name,
        "commvault_enabled": _get_flag(user, "enabled"),
        "signs_in_with": str(user["signs_in_with"]) if user and user.get("signs_in_with") else None,
    }


def _get_flag(row: Row | None, name: str) -> bool | None:
    value = (row or {}).get(name)
    return value if isinstance(value, bool) else None


def _find_entra_kind(user: Row) -> str:
    return "entra_guest" if fold_case(str(user.get("userType") or "")) == "guest" else "entra_member"
