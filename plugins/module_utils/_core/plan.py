# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Plans: what is, what shall be, and the steps between. Check mode, diff and ``changed`` follow from them."""

from __future__ import annotations

import hashlib
import itertools
import json
import typing as t
from dataclasses import dataclass, field, replace

from .names import fold_case
from .values import is_guid

#: Of a change: it gives something, takes something away, or alters what stays.
Sign: t.TypeAlias = t.Literal["+", "-", "~"]
#: An id that a service made.
ObjectId: t.TypeAlias = "str | int | None"


@dataclass(frozen=True)
class Change:
    """One change that a step makes, in words for people.

    ``principal``: who or what it is about, by name. ``kind``: what is added, removed or altered, in the singular, such as "grant".
    ``sentence``: what happens to the principal, with names; it does not repeat the principal. ``facts``: what else tells this change from
    others; JSON values that are the same whether an object exists already or is still to be created, without secrets, ids that this
    change generates, and dates that were computed. ``ids``: generated ids of the few objects that it is about, None for those still to be created:
    whatever takes the place of an object, and its name, is another one. That of the principal is ``ids["principal"]``.
    """

    sign: Sign
    kind: str
    principal: str
    sentence: str
    facts: t.Mapping[str, t.Any] = field(default_factory=dict)
    ids: t.Mapping[str, ObjectId] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One write. ``action``: the key of the resource's ``actions`` that does it with ``data``; ``subject`` names it for people.

    ``changes``: all that it changes; each belongs to this step alone.
    """

    action: str
    subject: str
    data: t.Mapping[str, t.Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a run changes. ``before`` and ``after``: canonical forms without secrets; equal forms with steps are a programming error."""

    before: t.Any
    after: t.Any
    steps: tuple[Step, ...] = ()

    @property
    def changed(self) -> bool:
        """True when there is something to write; the same in check mode and in the real run."""
        return bool(self.steps)


class PlannedChange(t.TypedDict):
    """A change as task results have it under ``steps``; ``id``: see :func:`identify_change`."""

    id: str
    action: str
    sign: str
    kind: str
    principal: str
    sentence: str


def add_ids(steps: t.Iterable[Step], **ids: ObjectId) -> tuple[Step, ...]:
    """Return *steps* whose changes are about the objects with these *ids*, too; ``principal``: the one that all of them are about."""
    return tuple(
        replace(
            step,
            changes=tuple(replace(change, ids={**change.ids, **ids}) for change in step.changes),
        )
        for step in steps
    )


def list_planned_changes(noun: str, plan: Plan, approved: t.Collection[str] = ()) -> list[PlannedChange]:
    """Return all changes of *plan*, in the order in which they are written.

    Those of which *approved* holds the id from before their objects were created have that one.
    """
    return [
        {
            "id": _choose_id(noun, step.action, change, approved),
            "action": step.action,
            "sign": change.sign,
            "kind": change.kind,
            "principal": change.principal,
            "sentence": change.sentence,
        }
        for step in plan.steps
        for change in step.changes
    ]


def identify_change(noun: str, action: str, change: Change) -> str:
    """Return 16 hexadecimal digits that stay the same between a plan and the run that carries it out, while the same objects exist.

    They are made of all that people are shown, of the facts, and of the ids that are known. A GUID counts in place of the principal's
    name, which the same run may change; a number does not, since another CommCell has another object with it.
    Letter case of names counts in the facts only: a name is spelled by the document while the object is planned, and by the
    service afterwards.
    """
    known = _list_known_ids(change)
    principal = None if is_guid(known.get("principal")) else fold_case(change.principal)
    shown = (noun, action, change.sign, change.kind, principal, fold_case(change.sentence))
    text = json.dumps([*shown, change.facts, *([known] if known else [])], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _choose_id(noun: str, action: str, change: Change, approved: t.Collection[str]) -> str:
    """Return the id of *change*, or the one from before some of its objects were created, if that is *approved* and the other is not."""
    found = identify_change(noun, action, change)
    if not approved or found in approved:
        return found
    known = _list_known_ids(change)
    for count in reversed(range(len(known))):
        for names in itertools.combinations(sorted(known), count):
            earlier = replace(change, ids={name: known[name] for name in names})
            if (other := identify_change(noun, action, earlier)) in approved:
                return other
    return found


def _list_known_ids(change: Change) -> dict[str, ObjectId]:
    """Return the ids of what exists, GUIDs in small letters."""
    return {
        name: value.lower() if isinstance(value, str) else value
        for name, value in change.ids.items()
        if value is not None
    }


def find_changed_fields(desired: t.Mapping[str, t.Any], current: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the fields that the user manages (not None) and whose canonical value differs from the service's."""
    return {name: value for name, value in desired.items() if value is not None and value != current.get(name)}
