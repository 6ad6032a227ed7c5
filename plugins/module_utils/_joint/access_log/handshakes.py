# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Handshakes: a sign-in at Entra ID, the log-in to a CommCell that it led to, and what was done there until the log-out. Pure.

Neither log names the other's entry. They belong together when the person is the same and the log-in comes right after the sign-in;
where more than one sign-in may be meant, or a part of the log is missing, the handshake is not certain and says why.
"""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field

from ..._core.names import fold_case
from ..._core.values import format_time, parse_time
from .people import People, Person
from .reading import ENTRA, Row, get_commcell

#: A log-in follows the sign-in within this time: an assertion is valid for minutes, and a token is sent on at once.
_FOLLOWS_WITHIN = datetime.timedelta(minutes=5)
#: So far the clocks of the two services may be apart.
_CLOCKS_APART = datetime.timedelta(minutes=2)
#: Why a log-in is not followed: that of every local account.
NOBODY_IN_ENTRA = "Entra ID's log names nobody with this account"
_SIGN_IN, _SIGN_OUT = "sign_in", "sign_out"

IsGap: t.TypeAlias = "t.Callable[[str, str, str], bool]"

LOG_OUT, NEXT_LOG_IN, OPEN = "sign_out", "next_sign_in", "open"


@dataclass
class Handshake:
    """``number``: from 1, in order of time. ``ends``: by what; OPEN: by nothing that the logs show."""

    number: int
    person: Person
    commcell: str
    log_in: Row
    sign_in: Row | None = None
    doubts: list[str] = field(default_factory=list)
    actions: list[Row] = field(default_factory=list)
    log_out: Row | None = None
    ends: str = OPEN
    until: str | None = None

    def as_row(self) -> dict[str, t.Any]:
        """Return the handshake as results have it: entries by their ids."""
        return {
            "number": self.number,
            "person": self.person.name,
            "entra_id": self.person.entra_id,
            "commcell": self.commcell,
            "since": self.log_in["time"],
            "until": self.until,
            "ends": self.ends,
            "address": self.sign_in["address"] if self.sign_in else self.log_in["address"],
            "sign_in": self.sign_in["record_id"] if self.sign_in else None,
            "log_in": self.log_in["record_id"],
            "log_out": self.log_out["record_id"] if self.log_out else None,
            "actions": [row["record_id"] for row in self.actions],
            "certain": not self.doubts,
            "doubts": list(self.doubts),
        }


def follow_handshakes(
    rows: t.Sequence[Row], people: People, is_gap: IsGap, consoles: t.Iterable[str] = ()
) -> list[Handshake]:
    """Return the handshakes in *rows*, which are in order of time.

    *is_gap*: whether the sign-in log (empty name) or the log of a CommCell is not known for good between two moments. *consoles*: names and
    ids of the applications through which people sign on to CommCells; without any, no handshake is certain.
    """
    signed_on = {fold_case(name) for name in consoles}
    sign_ins: dict[int, list[Row]] = {}
    open_ones: dict[tuple[int, str], Handshake] = {}
    handshakes: list[Handshake] = []
    used: set[str] = set()
    for row in rows:
        if row["service"] == ENTRA and row["operation"] == _SIGN_IN and row["outcome"] == "success":
            person = people.find(row)
            if person is not None and (not signed_on or not signed_on.isdisjoint(_list_applications(row))):
                sign_ins.setdefault(id(person), []).append(row)
    for row in rows:
        person = people.find(row) if row["service"] != ENTRA else None
        if person is None:
            continue
        key = (id(person), get_commcell(row))
        current = open_ones.get(key)
        if row["operation"] == _SIGN_IN and row["outcome"] != "failure":
            if current is not None:
                _end(current, NEXT_LOG_IN, row)
            current = Handshake(len(handshakes) + 1, person, get_commcell(row), row)
            if row["outcome"] != "success":
                current.doubts.append("the CommCell's log does not say whether it succeeded")
            _find_sign_in(current, sign_ins.get(id(person), []), used, is_gap)
            if current.sign_in is not None and not signed_on:
                current.doubts.append("it is not known which application people use to sign on to the CommCell")
            handshakes.append(current)
            open_ones[key] = current
        elif current is not None:
            if row["operation"] == _SIGN_OUT:
                _end(open_ones.pop(key), LOG_OUT, row)
                current.log_out = row
            else:
                current.actions.append(row)
    return handshakes


def _list_applications(row: Row) -> set[str]:
    """Return names and ids of what somebody signed in to, and through."""
    details, target = row["details"], row["object"]
    values = (target.get("name"), target.get("id"), details.get("application"), details.get("app_id"))
    return {fold_case(value) for value in values if isinstance(value, str)}


def _end(handshake: Handshake, how: str, row: Row) -> None:
    handshake.ends, handshake.until = how, row["time"]


def _find_sign_in(handshake: Handshake, sign_ins: t.Sequence[Row], used: set[str], is_gap: IsGap) -> None:
    """Find the sign-in at Entra ID that the log-in follows: the last one that comes before it, each for one log-in."""
    moment = parse_time(handshake.log_in["time"])
    first, last = moment - _FOLLOWS_WITHIN, moment + _CLOCKS_APART
    near = [row for row in sign_ins if first <= parse_time(row["time"]) <= last and row["record_id"] not in used]
    # what may be missing is everything in which the sign-in could be that is meant
    is_incomplete = is_gap("", format_time(first), format_time(moment))
    if is_incomplete:
        handshake.doubts.append("Entra ID's log of sign-ins is not complete at this time")
    if not near:
        if not is_incomplete and handshake.person.entra_id is None:
            handshake.doubts.append(NOBODY_IN_ENTRA)
        elif not is_incomplete:
            handshake.doubts.append("no sign-in at Entra ID comes before it: it may have been made without Entra ID")
        return
    before = [row for row in near if parse_time(row["time"]) <= moment]
    handshake.sign_in = before[-1] if before else near[0]
    used.add(handshake.sign_in["record_id"])
    if len(near) > 1:
        handshake.doubts.append(f"{len(near)} sign-ins at Entra ID come right before it")
    if not before:
        handshake.doubts.append("the sign-in at Entra ID is later by its clock")
    if is_gap(handshake.commcell, format_time(first), format_time(moment)):
        handshake.doubts.append("the CommCell's log is not complete at this time")
