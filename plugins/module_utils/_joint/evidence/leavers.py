# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What people hold who are disabled, deleted or not found in Entra ID. Pure; nothing is ever taken away here."""

from __future__ import annotations

import typing as t

from ..._commvault.access_tokens.canonical import NON_RENEWABLE_TYPES
from .entra_side import fold_id, get_principal_name
from .facts import CellFacts, Facts, get_day, is_before
from .log_index import LogIndex
from .people import ABSENT, DELETED, DISABLED, LEFT, Person
from .tables import Row, make_row_id

#: By what is held, what to do about it.
OFFBOARD = {
    "account": "Disable or delete the user in Commvault.",
    "user_group": "Remove the account from the group in Commvault, or disable the account.",
    "direct_grant": "Remove the grant, or disable the account.",
    "owner": "Give the entity another owner.",
    "local_password": "Disable the account: its password works without Entra ID.",
    "access_token": "Revoke the token: it works without a sign-in.",
    "entra_group": "Remove the user from the group in Entra ID: if the account is enabled again, it gets the access back.",
    "group_owner": "Give the group other owners: an owner can add anybody to it, also after the account is enabled again.",
    "application_owner": "Give the application other owners: an owner can add credentials to it.",
}
_OWNED = ("owner", "creator")
#: So long after its end an access token can be renewed (Commvault documentation: access tokens).
RENEWAL_DAYS = 14


class _Leaver(t.NamedTuple):
    person: Person
    commcell: str
    since: str | None
    since_source: str


def is_leaver(person: Person) -> bool:
    """Return whether somebody has left: not there is only one who signs in with Entra ID, others need not be."""
    if person.user is None and person.entra is None:
        return False
    return person.state in LEFT and (person.state != ABSENT or person.uses_entra is True)


def list_leavers(facts: Facts, identities: t.Sequence[Row] = ()) -> list[Row]:
    """Return a row per thing that somebody holds who has left. *identities*: rows of the table, which tell how far an application reaches."""
    finder = _SinceFinder(facts)
    rows: dict[str, Row] = {}
    for cell in facts.cells:
        held, tokens = _index_grants(cell), _index_tokens(cell)
        for user_id in cell.side.users:
            person = cell.people.get_user(user_id)
            if is_leaver(person):
                leaver = _Leaver(person, cell.name, *finder.find(person, cell.name))
                for row in _list_of_account(cell, leaver, held, tokens):
                    rows.setdefault(str(row["id"]), row)
    tiers = {fold_id(row["app_id"]): str(row["tier"]) for row in identities if row["app_id"]}
    for row in _list_in_entra(facts, finder, tiers):
        rows.setdefault(str(row["id"]), row)
    return list(rows.values())


def _index_grants(cell: CellFacts) -> dict[tuple[str, str], list[t.Any]]:
    found: dict[tuple[str, str], list[t.Any]] = {}
    for grant in cell.grants:
        found.setdefault(grant.principal, []).append(grant)
    return found


def _list_of_account(
    cell: CellFacts,
    leaver: _Leaver,
    held: t.Mapping[tuple[str, str], list[t.Any]],
    tokens: t.Mapping[str, list[t.Any]],
) -> t.Iterator[Row]:
    """Yield what a Commvault user holds."""
    user = leaver.person.user or {}
    user_id = str(user["id"])
    groups = cell.side.list_groups_of(user_id)
    by_principal = [_is_privileged(held.get(place, ())) for place in (*groups, ("user", user_id))]
    # What lets somebody in gives all that the account has.
    whole = _combine(by_principal)
    if user.get("enabled") is not False:
        yield _build_row(leaver, "account", str(user.get("name") or ""), user_id, whole)
    for (kind, number), is_privileged in zip(groups, by_principal, strict=False):
        group = cell.side.find_principal(kind, number) or {}
        yield _build_row(leaver, "user_group", str(group.get("name") or number), number, is_privileged)
    for grant in held.get(("user", user_id), ()):
        if grant.columns["grant_kind"] == "inherited":
            continue  # it goes where it comes from
        holds = "owner" if grant.columns["grant_kind"] in _OWNED else "direct_grant"
        yield _build_row(leaver, holds, grant.right, grant.identity, grant.columns["privileged"])
    if user.get("local_password") is True:
        yield _build_row(leaver, "local_password", "a password of Commvault's own", "", whole)
    for token in tokens.get(user_id, ()):
        yield _build_row(leaver, "access_token", str(token.get("name") or ""), str(token.get("id")), whole)


def find_end_of_token(token: t.Mapping[str, t.Any]) -> str:
    """Return when an access token ends for good, by its renewals as well; empty where no end is known.

    One that is renewed has a life of hours, which begins anew with each renewal, and may be renewed for ever from release 11.42 on: without
    ``renewable_until`` its ``expires`` is no end.
    """
    expires, until = (str(token.get(name) or "") for name in ("expires", "renewable_until"))
    return expires if token.get("token_type") in NON_RENEWABLE_TYPES else until and max(expires, until)


def is_token_over(token: t.Mapping[str, t.Any], day: str) -> bool:
    """Return whether an access token certainly gives nothing any more on a day: it has ended, or the time has gone in which it could be renewed."""
    end = find_end_of_token(token)
    return is_before(end, day) if end else is_before(token.get("expires"), day, -RENEWAL_DAYS)


def _index_tokens(cell: CellFacts) -> dict[str, list[t.Any]]:
    found: dict[str, list[t.Any]] = {}
    for token in cell.side.document.get("access_tokens") or ():
        if is_token_over(token, cell.side.date):
            continue
        found.setdefault(str((token.get("owner") or {}).get("id")), []).append(token)
    return found


def _is_privileged(grants: t.Iterable[t.Any]) -> bool | None:
    return _combine(grant.columns["privileged"] for grant in grants)


def _combine(told: t.Iterable[bool | None]) -> bool | None:
    """Return whether any is, None where that is not known."""
    found = set(told)
    return True if True in found else None if None in found else False


def _list_in_entra(facts: Facts, finder: _SinceFinder, tiers: t.Mapping[str, str]) -> t.Iterator[Row]:
    """Yield memberships and ownerships in Entra ID of users who are disabled, and ownerships of deleted ones."""
    privileged = _list_privileged_groups(facts)
    owned = _index_owned(facts, tiers)
    gone = [(user, DELETED) for user in facts.entra.deleted_users.values()]
    closed = [(user, DISABLED) for user in facts.entra.users.values() if user.get("accountEnabled") is False]
    for user, state in closed + gone:
        key = fold_id(user["id"])
        person = _make_person(user, state)
        leaver: _Leaver | None = None
        groups = facts.entra.list_direct_groups(key) if state == DISABLED else []
        if groups or key in owned:
            leaver = _Leaver(person, "", *finder.find(person, ""))
            for group in groups:
                is_privileged = bool(facts.entra.list_ancestors(fold_id(group["id"])) & privileged)
                yield _build_row(
                    leaver, "entra_group", str(group.get("displayName") or ""), str(group["id"]), is_privileged
                )
            for holds, name, object_id, is_powerful in owned.get(key, ()):
                is_group = holds == "group_owner"
                leads_on = is_group and bool(facts.entra.list_ancestors(fold_id(object_id)) & privileged)
                yield _build_row(leaver, holds, name, object_id, leads_on if is_group else is_powerful)


def _index_owned(facts: Facts, tiers: t.Mapping[str, str]) -> dict[str, list[tuple[str, str, str, bool | None]]]:
    """Return, by the object id of an owner in Entra ID, what is owned: kind, name, object id, whether it is an application of tier 0; sorted.

    The latter is None where it is not known, and for groups.
    """
    owned: dict[str, list[tuple[str, str, str, bool | None]]] = {}
    for key, holds in (
        ("applications", "application_owner"),
        ("service_principals", "application_owner"),
        ("groups", "group_owner"),
    ):
        for one in facts.entra.document.get(key) or ():
            tier = tiers.get(fold_id(one.get("appId"))) if holds == "application_owner" else None
            found = holds, str(one.get("displayName") or ""), str(one.get("id")), None if tier is None else tier == "0"
            for owner in one.get("owners") or ():
                owned.setdefault(fold_id(owner), []).append(found)
    return {owner: sorted(found, key=lambda one: one[:3]) for owner, found in owned.items()}


def _list_privileged_groups(facts: Facts) -> frozenset[str]:
    """Return the ids of Entra groups that are linked to user groups with privileged grants."""
    return frozenset(
        cell.holders.find_link(grant.principal[1]).object_id
        for cell in facts.cells
        for grant in cell.grants
        if grant.principal[0] == "user_group" and grant.columns["privileged"]
    ) - {""}


def _make_person(user: t.Mapping[str, t.Any], state: str) -> Person:
    columns: dict[str, t.Any] = {
        "person": str(user.get("displayName") or ""),
        "entra_user_id": str(user["id"]),
        "user_principal_name": get_principal_name(user),
        "commvault_user_id": "",
        "commvault_user": "",
        "commvault_enabled": None,
    }
    return Person(("entra", fold_id(user["id"])), columns, None, user, state)


def _build_row(leaver: _Leaver, holds: str, what: str, what_id: str, is_privileged: t.Any) -> Row:
    columns = leaver.person.columns
    return {
        "id": make_row_id("leaver", leaver.commcell, *leaver.person.key, holds, what_id),
        "person": columns["person"],
        "entra_user_id": columns["entra_user_id"],
        "user_principal_name": columns["user_principal_name"],
        "state": leaver.person.state,
        "since": leaver.since,
        "since_source": leaver.since_source,
        "commcell": leaver.commcell,
        "commvault_user_id": columns["commvault_user_id"],
        "commvault_user": columns["commvault_user"],
        "commvault_enabled": columns["commvault_enabled"],
        "holds": holds,
        "what": what,
        "what_id": what_id,
        "privileged": is_privileged,
        "offboard": OFFBOARD[holds],
    }


class _SinceFinder:
    """Finds since when somebody has left: the log, the date of deletion, else what an earlier bundle knew."""

    def __init__(self, facts: Facts) -> None:
        self._log = LogIndex(facts.inputs.usable_log)
        self._earlier: dict[tuple[str, str, str, str], str] = {}
        for row in (facts.inputs.previous or {}).get("leavers") or ():
            if row.get("since"):
                self._earlier[_make_key(row, str(row.get("commcell") or ""), str(row.get("state")))] = str(row["since"])

    def find(self, person: Person, commcell: str) -> tuple[str | None, str]:
        """Return the day, None where it is not known, and where it comes from."""
        entra = person.entra or {}
        told = self._log.find_end_of_account(str(entra.get("id") or ""), person.state) if entra else None
        if told is not None:
            return told, "entra_audit_log"
        deleted = get_day(entra.get("deletedDateTime")) if person.state == DELETED else None
        if deleted is not None:
            return deleted.isoformat(), "deletion_date"
        earlier = self._earlier.get(_make_key(person.columns, commcell, person.state))
        # Who was let in again since then, was shut out once more on a day that nothing tells.
        undone = self._log.find_return_of_account(str(entra.get("id") or ""), person.state) if entra else None
        if earlier and undone and undone >= earlier[:10]:
            earlier = None
        return (earlier, "previous_bundle") if earlier else (None, "unknown")


def _make_key(row: t.Mapping[str, t.Any], commcell: str, state: str) -> tuple[str, str, str, str]:
    return commcell, state, str(row.get("commvault_user_id") or ""), str(row.get("entra_user_id") or "")
