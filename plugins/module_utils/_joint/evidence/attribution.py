# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who made a change, as the log of one of the services tells: exactly one matching entry, or nobody and why. Pure."""

from __future__ import annotations

import typing as t

from ..._core.names import fold_case
from ..access_log.reading import ENTRA_HOST
from .log_index import Entry, LogIndex
from .tables import Row

BY_COMMVAULT, BY_ENTRA, UNATTRIBUTED = "commvault_audit_trail", "entra_audit_log", "unattributed"
NO_ENTRY, NOT_READ, SEVERAL = "no entry", "log not read", "several entries"
#: An entry of Commvault names who it is about, and two of that name were there between the bundles.
GIVEN_AGAIN = "name given again"
#: Words of the log for something that changes who has what.
_CHANGING = ("add", "change", "remove", "assign", "unassign")
GRANT, MEMBERSHIP, ACCOUNT = "grant", "membership", "account"
#: A group came into another one, or went: the entry names two of the groups.
NESTING = "nesting"
#: After which a name may be somebody else's.
_DELETIONS = ("delete user", "delete user group", "delete external user group")
#: Words in the name of an operation that say what it is about; the services name their operations freely.
_WORDS = {
    GRANT: ("securit", "associat", "role", "owner", "permission", "assign"),
    MEMBERSHIP: ("member", "group"),
    ACCOUNT: ("disable", "enable", "delete", "restore", "add user", "invite"),
}
#: Columns of ``access`` that follow from Entra ID, from the account on the CommCell, and from the document of variables.
ENTRA_COLUMNS = frozenset(
    (
        "expected_at_next_login",
        "path",
        "entra_group",
        "entra_group_id",
        "entra_enabled",
        "entra_user_id",
        "user_principal_name",
        "person_kind",
    )
)
DOCUMENT_COLUMNS = frozenset(
    (
        "in_mapping",
        "business_owner",
        "approved_by",
        "approved_on",
        "ticket",
        "reason",
        "review_by",
        "valid_until",
    )
)


class Cause(t.NamedTuple):
    """Where a change would be logged. ``host``: a CommCell, or ENTRA_HOST. ``first``: ids and names, one of which the entry is about;
    ``second``: likewise, of which it must name one beside. ``kind``: GRANT, MEMBERSHIP, ACCOUNT or empty, what the entry must be about where it
    names nothing beside; NESTING: it must name two of the first.
    """

    host: str
    first: tuple[str, ...]
    second: tuple[str, ...] = ()
    kind: str = ""


class Attribution(t.NamedTuple):
    """The last columns of ``changes``."""

    attribution: str
    when: str | None
    who: str | None
    sign_in: str | None
    why: str | None


class Attributor:
    """Looks causes up in the log of the time between two bundles, each cause once."""

    def __init__(
        self,
        log: LogIndex,
        starts: t.Mapping[str, str],
        ends: t.Mapping[str, str],
        doubled: t.Collection[tuple[str, str]] = (),
    ) -> None:
        """Keep the log, by host when the previous bundle's document was begun and when this one's was finished, and CommCells with names (after
        fold_case) that one bundle has for somebody else than the other.
        """
        self._log, self._starts, self._ends, self._doubled = log, starts, ends, frozenset(doubled)
        self._found: dict[tuple[Cause, ...], Attribution] = {}

    def attribute(self, causes: tuple[Cause, ...]) -> Attribution:
        """Return what made a change that any of *causes* explains; unattributed, with why, where not exactly one entry does."""
        if causes not in self._found:
            self._found[causes] = self._attribute(causes)
        return self._found[causes]

    def _attribute(self, causes: tuple[Cause, ...]) -> Attribution:
        if not causes:
            return _say_why(NO_ENTRY)
        if not self._log.is_given or not all(self._starts.get(cause.host) for cause in causes):
            return _say_why(NOT_READ)
        entries: dict[int, tuple[str, Entry]] = {}
        for cause in causes:
            for entry in self._find_entries(cause):
                if entry.get("operation") in _CHANGING and _is_about(entry, cause):
                    entries[id(entry)] = (cause.host, entry)
        if len(entries) > 1:
            return _say_why(SEVERAL)
        for cause in causes:
            start = self._starts[cause.host]
            lack = self._log.find_lack(cause.host, start, self._ends.get(cause.host, start))
            if lack is not None:
                # An entry that was not read may be the one, also where another was read.
                return _say_why(lack)
        if not entries:
            return _say_why(NO_ENTRY)
        host, entry = next(iter(entries.values()))
        if host != ENTRA_HOST and any(self._is_given_again(cause) for cause in causes if cause.host == host):
            return _say_why(GIVEN_AGAIN)
        who = entry.get("person") or (entry.get("actor") or {}).get("name")
        kind = BY_ENTRA if host == ENTRA_HOST else BY_COMMVAULT
        sign_in = None if host == ENTRA_HOST else self._log.describe_sign_in(host, str(entry.get("record_id")))
        return Attribution(kind, str(entry.get("time")), str(who) if who else None, sign_in, None)

    def _is_given_again(self, cause: Cause) -> bool:
        """Return whether the name of what a cause is about meant two in the time between the bundles: the trail of a CommCell has no ids."""
        if any((cause.host, fold_case(word)) in self._doubled for word in cause.first):
            return True
        names = {fold_case(word) for word in cause.first}
        return any(
            fold_case(str(entry.get("activity") or "")) in _DELETIONS
            and fold_case(str((entry.get("object") or {}).get("name") or "")) in names
            for entry in self._find_entries(cause)
        )

    def _find_entries(self, cause: Cause) -> list[Entry]:
        """Return the entries about one of the first words of a cause, of the time between the bundles."""
        return self._log.find_entries(
            cause.host, cause.first, self._starts[cause.host], self._ends.get(cause.host, "~")
        )


def _say_why(why: str) -> Attribution:
    return Attribution(UNATTRIBUTED, None, None, None, why)


def _is_about(entry: Entry, cause: Cause) -> bool:
    """Return whether an entry about the first is about the second as well, as far as it tells."""
    objects = [one for one in (entry.get("object"), *(entry.get("others") or ())) if isinstance(one, t.Mapping)]
    named = [{str(one.get(key)).lower() for key in ("id", "name") if one.get(key)} for one in objects]
    first, second = {word.lower() for word in cause.first}, {word.lower() for word in cause.second}
    if cause.kind == NESTING:
        return sum(bool(names & first) for names in named) > 1
    others = [names for names in named if names and not names & first]
    if second and others:
        return any(names & second for names in others)
    changed = {*(entry.get("before") or {}), *(entry.get("after") or {})}
    if cause.kind == ACCOUNT and "AccountEnabled" in changed:
        return True
    activity = str(entry.get("activity") or "").lower()
    is_given = entry.get("operation") in ("assign", "unassign") and cause.kind in (GRANT, MEMBERSHIP)
    return not cause.kind or is_given or any(word in activity for word in _WORDS[cause.kind])


def list_causes(row: Row, columns: t.Collection[str], is_whole_grant: bool) -> tuple[Cause, ...]:
    """Return where the change of a row of ``access`` would be logged. *columns*: those that differ, empty for a row that came or went;
    *is_whole_grant*: the grant itself came or went, and not a person who holds it.
    """

    def words(*names: str) -> tuple[str, ...]:
        return tuple(sorted({str(row.get(name)) for name in names if row.get(name)}))

    commcell = str(row.get("commcell") or "")
    user, principal = words("commvault_user"), words("principal")
    if is_whole_grant:
        return (Cause(commcell, principal, words("role", "entity"), GRANT),) if principal else ()
    differing = set(columns) - DOCUMENT_COLUMNS
    if columns and not differing:
        return ()  # no service logs what the document of variables says
    causes = []
    # By id where there is one: a name is given again, several groups may have it, and the log of Entra ID has ids. A path ends with the linked group.
    linked, path = words("entra_group_id"), t.cast("list[str]", row.get("path") or [])
    groups = tuple(sorted({*(linked or words("entra_group")), *(path[:-1] if linked else path)}))
    entra_user = words("entra_user_id") or words("user_principal_name")
    if entra_user and "entra_enabled" in differing:
        causes.append(Cause(ENTRA_HOST, entra_user, (), ACCOUNT))
    elif entra_user and groups:
        causes.append(Cause(ENTRA_HOST, entra_user, groups, MEMBERSHIP))
        if len(path) > 1:
            causes.append(Cause(ENTRA_HOST, groups, (), NESTING))
    elif entra_user:
        causes.append(Cause(ENTRA_HOST, entra_user))
    if user and (not columns or differing - ENTRA_COLUMNS):
        is_closed = "commvault_enabled" in differing
        causes.append(Cause(commcell, user, () if is_closed else principal, ACCOUNT if is_closed else MEMBERSHIP))
    return tuple(causes)
