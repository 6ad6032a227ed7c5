# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps that bring a user into its desired form, or delete it. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Sign, Step
from ..._core.set_changes import find_set_changes
from ..catalogue import name_with_company
from .canonical import FIELDS, User, is_same_value
from .desired import DesiredUser

_WORDS = {"email": "e-mail address"}
_NOUNS = {"external": "user of a directory", "local": "local user", "service_account": "service account"}
#: By kind, the fields that the call that creates it does not take; a new user gets them in a second request.
_AFTER_CREATE = {
    "external": frozenset({"description", "enabled"}),
    "local": frozenset({"description", "enabled"}),
    "service_account": frozenset({"enabled"}),
}


class Heir(t.NamedTuple):
    """Who inherits what a deleted user owns: a user or a user group by id, 0 where it is not that one. With both 0, nobody."""

    user_id: int = 0
    group_id: int = 0
    name: str = ""


def plan_user(
    wanted: DesiredUser,
    current: User | None,
    current_groups: t.Mapping[str, int],
    company: str | None = None,
    kept_groups: t.Collection[str] = (),
) -> Plan:
    """Plan to create the user, or to update in one request the fields that differ, to write its password, and to change its groups.

    *current_groups*: ids of the user groups that it is in, by name; *kept_groups*: names of those that are never taken away;
    *company*: the name of its company, None at the level of the CommCell. Group changes name groups; ``data`` has their ids.
    """
    have = current or User(wanted.name, wanted.kind)
    principal = name_with_company(have.name, company)
    changes = {
        name: value for name, value in wanted.fields.items() if not is_same_value(name, value, getattr(have, name))
    }
    after = dataclasses.replace(have, **changes)
    groups = wanted.groups
    change = find_set_changes(
        None if groups is None else {*groups, *kept_groups},
        current_groups,
        wanted.exclusive or not groups,
    )
    ids = {**current_groups, **(groups or {})}
    steps: list[Step] = []
    if current is None:
        steps.append(_plan_creation(wanted, after, change.add, ids, principal))
        changes = {name: value for name, value in changes.items() if name in _AFTER_CREATE[wanted.kind]}
    if changes:
        told = describe_object_changes(principal, {name: getattr(have, name) for name in changes}, changes, _WORDS)
        steps.append(Step("update", f"user {have.name}: {', '.join(sorted(changes))}", {"changes": changes}, told))
    if current is not None:
        if wanted.writes_password:
            told = (Change("~", "password", principal, "write the password"),)
            steps.append(Step("set_password", f"user {have.name}: password", {}, told))
        steps += _plan_group_changes(have.name, principal, change.add, change.remove, ids)
    shown = groups is not None
    before = None if current is None else format_user(current, sorted(current_groups) if shown else None)
    if before is not None and wanted.writes_password:
        before["password_written"] = False
    form = format_user(after, change.after if shown else None)
    if wanted.writes_password or (current is None and wanted.has_password):
        form["password_written"] = True
    return Plan(before or {}, form, tuple(steps))


def plan_user_removal(current: User | None, heir: Heir, company: str | None = None) -> Plan:
    """Plan to delete the user; nothing when it is not there (None)."""
    if current is None:
        return Plan({}, {})
    to = f"{heir.name} gets what it owns" if heir.name else "nobody gets what it owns"
    ids = {"heir_user_id": heir.user_id or None, "heir_group_id": heir.group_id or None}
    gone = Change("-", "user", name_with_company(current.name, company), f"delete the user; {to}", ids=ids)
    return Plan(format_user(current, None), {}, (Step("delete", f"user {current.name}", {"heir": heir}, (gone,)),))


def format_user(user: User, groups: t.Sequence[str] | None) -> dict[str, t.Any]:
    """Return a user for diffs and results; *groups*: names of its user groups, None where they are not managed."""
    form = {"name": user.name, "kind": user.kind, **{name: getattr(user, name) for name in FIELDS}}
    return form if groups is None else {**form, "user_groups": list(groups)}


def _plan_creation(
    wanted: DesiredUser, after: User, groups: t.Sequence[str], ids: t.Mapping[str, int], principal: str
) -> Step:
    """Return the step that creates a user with its groups, and with what the call takes at once."""
    taken = {name: value for name, value in wanted.fields.items() if name not in _AFTER_CREATE[wanted.kind]}
    noun = _NOUNS[wanted.kind]
    (created,) = describe_creation(noun, principal, taken, _WORDS)
    created = dataclasses.replace(created, kind="user", facts={**created.facts, "kind": wanted.kind})
    if wanted.kind == "local":
        how = (
            "with a password" if wanted.has_password else "with a generated password, for which a reset link is mailed"
        )
        created = dataclasses.replace(created, sentence=f"{created.sentence}; {how}")
    told = _tell_groups("+", principal, groups, ids)
    data = {"fields": taken, "ids": [ids[name] for name in groups]}
    return Step("create", f"{noun} {wanted.name}", data, (created, *told))


def _plan_group_changes(
    name: str, principal: str, added: t.Sequence[str], removed: t.Sequence[str], ids: t.Mapping[str, int]
) -> t.Iterator[Step]:
    """Yield the steps that put the user into groups and take it out of others; in this order, so that no right is missing in between."""
    if added:
        told = _tell_groups("+", principal, added, ids)
        yield Step("join", f"user {name}: join {', '.join(added)}", {"ids": [ids[one] for one in added]}, told)
    if removed:
        told = _tell_groups("-", principal, removed, ids)
        yield Step("leave", f"user {name}: leave {', '.join(removed)}", {"ids": [ids[one] for one in removed]}, told)


def _tell_groups(sign: Sign, principal: str, groups: t.Sequence[str], ids: t.Mapping[str, int]) -> tuple[Change, ...]:
    verb = "add to" if sign == "+" else "remove from"
    return tuple(
        Change(sign, "membership", principal, f"{verb} user group {group}", ids={"user_group": ids[group]})
        for group in groups
    )
