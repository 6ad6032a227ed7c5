# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Entries of logs in one form, whichever service keeps them, so that what happened can be followed across both. Pure."""

from __future__ import annotations

import datetime
import hashlib
import json
import typing as t
from dataclasses import dataclass, field

from .values import format_time

#: What a log says of who did something: a person, an application that signs in by itself, or the service itself.
ACTOR_KINDS = ("user", "application", "service", "unknown")
OUTCOMES = ("success", "failure", "unknown")
#: What was done, in the same few words for both services. ``use``: something was read, run or used, and is as it was.
OPERATIONS = ("sign_in", "sign_out", "add", "change", "remove", "assign", "unassign", "use", "other")


@dataclass(frozen=True)
class Actor:
    """Who did it, as far as the log tells; None for what it does not.

    ``name``: user principal name, login name or display name. ``entra_id``: object id of the user or service principal in Entra ID.
    ``app_id``: of an application. ``commvault_id``: id of the user on the CommCell.
    """

    kind: str = "unknown"
    name: str | None = None
    entra_id: str | None = None
    app_id: str | None = None
    commvault_id: str | None = None

    def as_row(self) -> dict[str, t.Any]:
        """Return the actor as results have it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "entra_id": self.entra_id,
            "app_id": self.app_id,
            "commvault_id": self.commvault_id,
        }


@dataclass(frozen=True)
class Target:
    """What something was done to. ``kind``: in lower case with underscores, such as ``application``, ``user_group``; None where it is not told."""

    kind: str | None = None
    name: str | None = None
    id: str | None = None

    def as_row(self) -> dict[str, t.Any]:
        """Return the object as results have it."""
        return {"kind": self.kind, "name": self.name, "id": self.id}


@dataclass(frozen=True)
class LogEvent:
    """One entry of a log.

    ``service``: entra or commvault. ``log``: sign_ins, directory_audits, audit_trail or events. ``activity``: the service's own word.
    ``before``, ``after``: of each property that the log says was changed, the values as it tells them. ``others``: further objects that
    took part, such as the member of a group. ``details``: what only this log tells. ``record_id``: the log's own id of the entry, or
    where it has none, one that is made of the entry.
    """

    time: datetime.datetime
    service: str
    log: str
    activity: str
    operation: str = "other"
    outcome: str = "unknown"
    reason: str | None = None
    actor: Actor = field(default_factory=Actor)
    address: str | None = None
    target: Target = field(default_factory=Target)
    others: tuple[Target, ...] = ()
    before: t.Mapping[str, t.Any] = field(default_factory=dict)
    after: t.Mapping[str, t.Any] = field(default_factory=dict)
    details: t.Mapping[str, t.Any] = field(default_factory=dict)
    correlation_id: str | None = None
    record_id: str = ""

    def as_row(self) -> dict[str, t.Any]:
        """Return the entry as results have it, the same keys for every log."""
        row: dict[str, t.Any] = {
            "time": format_time(self.time),
            "service": self.service,
            "log": self.log,
            "activity": self.activity,
            "operation": self.operation,
            "outcome": self.outcome,
            "reason": self.reason,
            "actor": self.actor.as_row(),
            "address": self.address,
            "object": self.target.as_row(),
            "others": [other.as_row() for other in self.others],
            "before": dict(self.before),
            "after": dict(self.after),
            "details": dict(self.details),
            "correlation_id": self.correlation_id,
        }
        return {**row, "record_id": self.record_id or _make_record_id(row)}


def sort_rows(rows: t.Iterable[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return rows of any log oldest first, those of one second by their source, so that the same rows always come in the same order.

    Ids that are numbers grow as entries are written, so that what a CommCell has logged in one second stays in its order.
    """
    return sorted(rows, key=lambda row: (row["time"], row["service"], row["log"], _get_order(row["record_id"])))


def _get_order(record_id: str) -> tuple[int, str]:
    is_number = record_id.isascii() and record_id.isdigit()
    return (len(record_id.lstrip("0")), record_id) if is_number else (0, record_id)


def _make_record_id(row: t.Mapping[str, t.Any]) -> str:
    """Return an id for an entry of a log that gives none: the same entry gets the same id in each reading."""
    return "sha256:" + hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()[:32]
