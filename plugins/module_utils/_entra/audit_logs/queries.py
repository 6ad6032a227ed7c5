# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What is asked of the logs: one query for each kind of entry and each thing that it may be about. Pure.

Each filter is one that Microsoft Learn names for the log, joined by "and" only: which of them may be joined by "or" is not documented.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.log_events import LogEvent
from ..._core.names import fold_case
from ..._core.values import format_time, is_guid
from ..client import quote_literal
from . import audits, sign_ins
from .periods import Window

_ROOT = "/auditLogs"
#: Microsoft Learn (list signIns): the largest page.
PAGE_SIZE = 1000


@dataclass(frozen=True)
class Subject:
    """What the entries have to be about. ``ids``: object ids; ``name``: what the log calls it, where that is to be looked for."""

    kind: t.Literal["application", "user", "object", "everything"]
    label: str
    app_id: str | None = None
    ids: tuple[str, ...] = ()
    name: str | None = None


@dataclass(frozen=True)
class LogQuery:
    """One query of a log. ``date``: the member with the date of an entry."""

    log: str
    api: t.Literal["v1.0", "beta"]
    conditions: tuple[str, ...]
    about: str
    sign_in_type: str | None = None

    @property
    def path(self) -> str:
        """The path as GraphClient takes it."""
        name = "signIns" if self.log == sign_ins.LOG else "directoryAudits"
        return f"{'/beta' if self.api == 'beta' else ''}{_ROOT}/{name}"

    @property
    def date(self) -> str:
        """The member that holds the date of an entry."""
        return "createdDateTime" if self.log == sign_ins.LOG else "activityDateTime"

    @property
    def words(self) -> str:
        """What is read, in words."""
        kind = f" ({self.sign_in_type.replace('_', ' ')})" if self.sign_in_type else ""
        return f"{self.log.replace('_', ' ')}{kind} of {self.about}"

    def build_params(self, window: Window, ordered: bool = True) -> dict[str, str]:
        """Return the parameters for the entries of *window*, oldest first where they are *ordered*."""
        period = [f"{self.date} ge {format_time(window.start)}", f"{self.date} le {format_time(window.end)}"]
        return {
            "$filter": " and ".join([*period, *self.conditions]),
            **({"$orderby": f"{self.date} asc"} if ordered else {}),
            "$top": str(PAGE_SIZE),
        }


def build_sign_in_queries(subjects: t.Iterable[Subject], types: t.Sequence[str]) -> list[LogQuery]:
    """Return the queries for sign-ins of *types*: by the applications and to them, and by the users."""
    found: list[LogQuery] = []
    for subject in subjects:
        for kind in types:
            is_beta = kind != sign_ins.IN_V1
            by_type = (f"signInEventTypes/any(t: t eq {quote_literal(sign_ins.SIGN_IN_TYPES[kind])})",)
            for condition in _list_sign_in_conditions(subject, kind):
                conditions = (*(by_type if is_beta else ()), *condition)
                found.append(LogQuery(sign_ins.LOG, "beta" if is_beta else "v1.0", conditions, subject.label, kind))
    return found


def _list_sign_in_conditions(subject: Subject, kind: str) -> list[tuple[str, ...]]:
    if subject.kind == "everything":
        return [()]
    if subject.kind == "application" and subject.app_id:
        return [(f"{member} eq {quote_literal(subject.app_id)}",) for member in ("appId", "resourceId")]
    found: list[tuple[str, ...]] = []
    if subject.kind == "user" and kind not in sign_ins.WORKLOADS:
        found += [(f"userId eq {quote_literal(object_id)}",) for object_id in subject.ids]
        found = found or [(f"userPrincipalName eq {quote_literal(str(subject.name))}",)]
    return found


def build_audit_queries(subjects: t.Iterable[Subject]) -> list[LogQuery]:
    """Return the queries for changes of the objects, and for what the applications and users among them have done."""
    found: list[LogQuery] = []
    for subject in subjects:
        conditions: list[tuple[str, ...]] = [()] if subject.kind == "everything" else []
        conditions += [(f"targetResources/any(t: t/id eq {quote_literal(object_id)})",) for object_id in subject.ids]
        if subject.kind == "object" and subject.name:
            conditions.append((f"targetResources/any(t: t/displayName eq {quote_literal(subject.name)})",))
        if subject.app_id:
            conditions.append((f"initiatedBy/app/appId eq {quote_literal(subject.app_id)}",))
        if subject.kind == "user":
            by_id = [(f"initiatedBy/user/id eq {quote_literal(object_id)}",) for object_id in subject.ids]
            conditions += by_id or [(f"initiatedBy/user/userPrincipalName eq {quote_literal(str(subject.name))}",)]
        found += [LogQuery(audits.LOG, "v1.0", condition, subject.label) for condition in conditions]
    return found


def is_about(event: LogEvent, subjects: t.Iterable[Subject]) -> bool:
    """Return whether a change is one that the queries of :func:`build_audit_queries` for *subjects* would give."""
    targets = (event.target, *event.others)
    ids = {str(target.id).lower() for target in targets if target.id}
    names = {fold_case(target.name) for target in targets if target.name}
    actor_ids = {str(value).lower() for value in (event.actor.entra_id, event.actor.app_id) if value}
    for subject in subjects:
        if not ids.isdisjoint(subject.ids) or (subject.app_id and subject.app_id in actor_ids):
            return True
        if subject.kind == "object" and subject.name and fold_case(subject.name) in names:
            return True
        if subject.kind == "user":
            is_principal_name = not subject.ids and not event.details.get("actor_name_is_display_name")
            is_named = is_principal_name and fold_case(str(subject.name)) == fold_case(event.actor.name or "")
            if is_named or not actor_ids.isdisjoint(subject.ids):
                return True
    return False


def build_object_subject(text: str) -> Subject:
    """Return what an object id, or the display name of an object, stands for; names are not looked up, since the object may be gone."""
    if is_guid(text):
        return Subject("object", f"object {text}", ids=(text.lower(),))
    return Subject("object", f"object {text}", name=text)
