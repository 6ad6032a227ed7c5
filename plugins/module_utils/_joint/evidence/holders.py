# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who holds what a user, a user group or a directory's group is granted, now and by what Entra ID says at the next sign-in. Pure."""

from __future__ import annotations

import typing as t

from ..._core.names import fold_case
from ..._entra.claims.group_claim import SAML_LIMIT, EmittedCount
from .commcell_side import CommCellSide, Row
from .entra_side import EntraSide, Members, fold_id
from .people import NO, UNKNOWN, YES, PeopleOfCommCell, Person, build_placeholder, build_stranger
from .token_groups import TokenGroups

_NO_MEMBERS = Members({}, {}, (), True)
#: The most groups that a JWT carries (Microsoft Learn, group claims and their limits).
_JWT_LIMIT = 200


class Holder(t.NamedTuple):
    """A person who has what a principal is granted. ``path``: names of groups between both."""

    person: Person
    path: list[str]
    effective: str
    expected: str


class Link(t.NamedTuple):
    """What a user group of Commvault is in Entra ID. ``status``: ``none``, ``live``, ``gone`` (no such group), ``unknown`` (not certain).

    ``group``: the linked one. ``twin``: where no living group is linked, the only one with exactly the same name; ``twins``: all of them.
    """

    object_id: str
    status: str
    group: Row | None = None
    twin: Row | None = None
    twins: tuple[Row, ...] = ()


class Holders:
    """Finds the holders of each principal of one CommCell, once."""

    def __init__(self, side: CommCellSide, entra: EntraSide, people: PeopleOfCommCell) -> None:
        self._side, self._entra, self._people = side, entra, people
        self._found: dict[tuple[str, str], list[Holder]] = {}
        self._links: dict[str, Link] = {}
        self._tokens = TokenGroups(side, entra)
        self._overfull: dict[str, EmittedCount] = {}

    def find_link(self, group_id: str) -> Link:
        """Return which Entra group a user group is linked to."""
        if group_id not in self._links:
            self._links[group_id] = self._find_link(self._side.groups.get(group_id) or {})
        return self._links[group_id]

    def _find_link(self, group: Row) -> Link:
        object_id = fold_id(group.get("entra_group_id"))
        if object_id in self._entra.groups and object_id:
            return Link(object_id, "live", self._entra.groups[object_id])
        name = str(group.get("name") or "")
        alike = self._entra.groups_by_name.get(fold_case(name), []) if name else []
        twins = tuple(item for item in alike if item.get("displayName") == name)
        twin = twins[0] if len(twins) == 1 else None
        if not object_id:
            return Link("", "none", None, twin, twins)
        is_gone = object_id in self._entra.deleted_groups or self._entra.visibility.is_complete("groups")
        return Link(object_id, "gone" if is_gone else "unknown", None, twin, twins)

    def list_holders(self, kind: str, number: str, name: str) -> list[Holder]:
        """Return everybody who holds what this principal is granted, sorted; one placeholder at least."""
        if (kind, number) not in self._found:
            found = self._list(kind, number, name)
            self._found[kind, number] = sorted(found, key=lambda one: (one.person.key, one.path))
        return self._found[kind, number]

    def _list(self, kind: str, number: str, name: str) -> list[Holder]:
        principal = self._side.find_principal(kind, number)
        if principal is None or kind not in ("user", "user_group", "external_group"):
            return [Holder(build_placeholder("not_evaluable"), [], UNKNOWN, UNKNOWN)]
        if kind == "user":
            person = self._people.get_user(number)
            return [Holder(person, [], person.account_works, self._expect(person, None))]
        works = {True: YES, False: NO}.get(t.cast(bool, principal.get("enabled")), UNKNOWN)
        if kind == "external_group":
            found = self._list_members(kind, number, Link("", "none"), _NO_MEMBERS)
            # Others may come from the directory at any time.
            found.append(Holder(build_placeholder("directory_group", name), [], UNKNOWN, UNKNOWN))
        else:
            link = self.find_link(number)
            group = link.group or link.twin
            members = self._entra.list_members(fold_id(group["id"])) if group else _NO_MEMBERS
            found = self._list_members(kind, number, link, members) + self._list_newcomers(number, link, members)
            if not found:
                found = [self._stand_for_nobody(link, members)]
        return [_weaken(one, works) for one in found]

    def _stand_for_nobody(self, link: Link, members: Members) -> Holder:
        """Return the row of a group without anybody; what was not seen is not said to be empty."""
        is_seen = self._side.visibility.is_complete("user_groups") and members.is_complete
        if not is_seen or link.status == "unknown":
            return Holder(build_placeholder("not_evaluable"), [], UNKNOWN, UNKNOWN)
        return Holder(build_placeholder("nobody"), [], NO, NO)

    def _list_members(self, kind: str, number: str, link: Link, members: Members) -> list[Holder]:
        """Return those whom Commvault has in the group."""
        found = []
        for user_id in self._side.list_member_ids(kind, number):
            person = self._people.get_user(user_id)
            entra_id = fold_id(person.entra["id"]) if person.entra else ""
            path = members.paths.get(entra_id)
            is_in = self._is_in(link, members, path is not None, person)
            expected = self._expect(person, is_in if self._people.takes_groups(person) else None)
            found.append(Holder(person, list(path or ()), person.account_works, expected))
        return found

    def _is_in(self, link: Link, members: Members, is_member: bool, person: Person) -> str | None:
        """Return whether Entra ID has somebody in the group: yes, no, unknown; None where no group of Entra ID decides."""
        if link.status == "none" and not link.twins:
            return None
        if link.status == "live" and person.entra is not None:
            return YES if is_member else NO if members.is_complete else UNKNOWN
        if link.status == "live":
            return UNKNOWN
        if link.status == "gone" and not link.twins:
            return NO
        # A name leads to the group or not, by what the token carries.
        return YES if link.status == "none" and link.twin is not None and is_member else UNKNOWN

    def _expect(self, person: Person, is_in: str | None) -> str:
        """Return whether the person has it after the next sign-in. *is_in*: as of _is_in."""
        if person.account_works == NO:
            return NO
        if person.uses_entra is False:
            return person.account_works
        lets_in = person.entra_lets_in
        if person.uses_entra is None:
            is_sure = lets_in == YES and (is_in is None or (is_in == YES and self._carries_groups(person)))
            return person.account_works if is_sure else UNKNOWN
        if lets_in == NO or is_in == NO:
            return NO
        if is_in is not None and not self._carries_groups(person):
            return UNKNOWN
        return UNKNOWN if UNKNOWN in (lets_in, is_in, person.account_works) else YES

    def _list_newcomers(self, number: str, link: Link, members: Members) -> list[Holder]:
        """Return those whom Entra ID has in the group and Commvault has not."""
        own = {self._people.get_user(user_id).key for user_id in self._side.list_member_ids("user_group", number)}
        found = []
        for entra_id, path in members.paths.items():
            accounts = self._people.accounts.get(entra_id, [])
            if any(account.key in own for account in accounts):
                continue
            by_entra = [account for account in accounts if account.uses_entra is not False]
            for person in by_entra or [self._people.get_entra_user(entra_id)]:
                expected = self._expect_newcomer(person, link, bool(accounts) and not by_entra)
                found.append(Holder(person, list(path), NO, expected))
        for object_id, path in members.unknown.items():
            found.append(Holder(build_stranger(object_id), list(path), UNKNOWN, UNKNOWN))
        return found

    def _expect_newcomer(self, person: Person, link: Link, is_local: bool) -> str:
        """*is_local*: the only accounts on the CommCell sign in without Entra ID, so that nobody can say what a sign-in makes of them."""
        if person.entra_lets_in == NO or (person.user is not None and person.account_works == NO):
            return NO
        if link.status != "live" or is_local or person.uses_entra is None or not self._people.takes_groups(person):
            return UNKNOWN
        return person.entra_lets_in if self._carries_groups(person) else UNKNOWN

    def _carries_groups(self, person: Person) -> bool:
        """Return whether the person's token surely carries groups; False also where nobody knows how many it would have to carry."""
        count = self._tokens.count(person)
        if count is not None and count.most > SAML_LIMIT and person.entra is not None:
            key = fold_id(person.entra["id"])
            self._overfull[key] = max(count, self._overfull.get(key, count), key=lambda one: (one.least, one.most))
        return count is not None and count.most <= SAML_LIMIT

    def list_overfull(self) -> list[tuple[str, EmittedCount]]:
        """Return Entra object id and number of groups of everybody whose token carries no groups, or may carry none, sorted."""
        return sorted(self._overfull.items())


def describe_limit(count: int) -> str:
    """Return in words which tokens carry no groups of somebody in so many."""
    also = f", and a JWT more than {_JWT_LIMIT}" if count > _JWT_LIMIT else ""
    return f"a SAML token carries no groups of somebody who is in more than {SAML_LIMIT}{also}"


def _weaken(holder: Holder, works: str) -> Holder:
    """Return the holder for a group that may be disabled: all its associations are then (Commvault documentation: enabling or disabling a
    user group).
    """
    if works == YES:
        return holder
    both = [NO if works == NO or value == NO else UNKNOWN for value in (holder.effective, holder.expected)]
    return holder._replace(effective=both[0], expected=both[1])
