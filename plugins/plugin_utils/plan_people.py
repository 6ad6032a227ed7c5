# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the plan of a playbook means for people: who gets and who loses which right on which CommCell, through which group.

From the results of the plan: the ``effects`` of commvault_role_mappings, the changes of members in those of entra_groups, and the members that
entra_group_info has read. What is not known is told, person or not.
"""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case

from .filter_values import make_visible, require_list, require_mapping, require_mappings, to_text
from .passes import ENTRA
from .people_results import GroupChange, Holder, Person, Right, Way, read_members, read_results
from .plan_lines import format_block
from .task_results import flatten_results

Mapping = t.Mapping[str, t.Any]

#: Steps of a CommCell that are about grants and who holds them; all others change a role itself.
_GRANT_KINDS = frozenset({"grant", "user group"})
_NAMES_TOLD = 10


class RightChange(t.NamedTuple):
    """One line: a person gets (``+``) or loses (``-``) a right on a way; ``also``: on which others it was, or stays, held."""

    person: Person
    right: Right
    sign: str
    text: str
    way: Way
    also: tuple[Way, ...]


class PeoplePlan(t.NamedTuple):
    """The lines, sorted by person, and in words what is not known."""

    changes: tuple[RightChange, ...]
    unknown: tuple[str, ...]


def list_groups_to_read(results: t.Any) -> list[str]:
    """Return the object ids of the Entra groups whose members the plan for people needs; *results*: as for :func:`format_people`."""
    holders, groups = read_results(results)
    return sorted({holder.group_id for holder in _select_holders(holders, groups) if holder.group_id})


def format_people(
    results: t.Any,
    members: t.Any = None,
    scope: t.Any = None,
    limit: t.Any = 0,
    markdown: bool = False,
    rest: t.Any = "",
) -> list[str]:
    """Return person by person, as lines, who gets and who loses which right, and what of that is not known.

    *results*: registered results by host, as for ``plan_lines``; *members*: the result of entra_group_info for the groups that
    :func:`list_groups_to_read` names; *scope*: that of the run. *limit*: so many lines of each kind are shown, 0 for all; *rest*: where the
    others are; *markdown*: for a file.
    """
    plan = plan_people(results, members, scope)
    labels = _label_apart(change.person for change in plan.changes)
    steps = [
        {
            "sign": change.sign,
            "principal": labels[change.person],
            "sentence": f"{change.text} ({change.right.commcell}), {_describe_way(change)}",
        }
        for change in plan.changes
    ]
    gaining, losing = (
        len({change.person for change in plan.changes if change.sign == sign and not change.also}) for sign in "+-"
    )
    told = f"{gaining or 'nobody'} {'gains' if gaining <= 1 else 'gain'} access, {losing or 'nobody'} {'loses' if losing <= 1 else 'lose'} access"
    return format_block(f"People: {told}", steps, {"Not known": plan.unknown}, limit, rest, markdown)


def plan_people(results: t.Any, members: t.Any = None, scope: t.Any = None) -> PeoplePlan:
    """Return who gets and who loses what. Arguments as those of :func:`format_people`.

    Somebody who has a right through several holders gets it with the first and loses it with the last; the other lines say so in ``also``.
    """
    holders, groups = read_results(results)
    listed, failure = read_members(members)
    before: dict[tuple[Person, Right], dict[Way, str]] = {}
    after: dict[tuple[Person, Right], dict[Way, str]] = {}
    unknown: list[str] = []
    for holder in _select_holders(holders, groups):
        was, becomes = _find_members(holder, groups, listed)
        unknown += _list_unknown(holder, groups, listed, failure)
        for people, found, is_after in ((was, before, False), (becomes, after, True)):
            rights = holder.list_rights(is_after)
            for person in people:
                for right, text in rights.items():
                    found.setdefault((person, right), {})[holder.way] = text
    changes = [*_compare("-", before, after), *_compare("+", after, before)]
    read = _find_read_commcells(results)
    unknown += [
        *_list_unread(read, groups, scope),
        *(_list_unmatched(holders, groups) if read else ()),
        *_list_changed_roles(results),
    ]
    return PeoplePlan(tuple(sorted(changes)), tuple(dict.fromkeys(unknown)))


_Ways = t.Mapping[tuple[Person, Right], t.Mapping[Way, str]]


def _compare(sign: str, here: _Ways, there: _Ways) -> t.Iterator[RightChange]:
    """Yield the rights that somebody has *here* in a way that is not *there*, with the ways that are there."""
    for (person, right), ways in here.items():
        others = there.get((person, right), {})
        for way, text in ways.items():
            if way not in others:
                yield RightChange(person, right, sign, text, way, tuple(sorted(others)))


def _describe_way(change: RightChange) -> str:
    told = _name_way(change.way)
    if not change.also:
        return told
    others = [
        f"{_name_way(way)} (as {way.holder})" if way.label == change.way.label else _name_way(way)
        for way in change.also
    ]
    return f"{told}; {'stays' if change.sign == '-' else 'held already'} {_join(others)}"


def _name_way(way: Way) -> str:
    return way.label if way.kind == "user" else f"through {way.label}"


def _label_apart(people: t.Iterable[Person]) -> dict[Person, str]:
    """Return the labels, of somebody who is named in one place the name, with what tells them apart where several people have the same one."""
    best: dict[Person, Person] = {}
    for person in people:
        best[person] = person if person.is_named else best.get(person, person)
    alike: dict[str, list[Person]] = {}
    for person in best.values():
        alike.setdefault(fold_case(person.label), []).append(person)
    return {
        person: f"{person.label} ({person.key[-1]})" if len(same) > 1 else person.label
        for same in alike.values()
        for person in same
    }


def _select_holders(holders: t.Sequence[Holder], groups: t.Mapping[str, GroupChange]) -> list[Holder]:
    """Return the holders of which somebody gets or loses something, and those through which they have the same right."""
    changing = [holder for holder in holders if _is_changing(holder, groups)]
    affected = {
        Right(holder.commcell, key)
        for holder in changing
        for key in (*holder.added, *holder.removed, *(holder.kept if _is_moving(holder, groups) else ()))
    }
    return [
        holder
        for holder in holders
        if _is_changing(holder, groups)
        or any(Right(holder.commcell, key) in affected for key in (*holder.added, *holder.removed, *holder.kept))
    ]


def _is_moving(holder: Holder, groups: t.Mapping[str, GroupChange]) -> bool:
    return holder.group in groups and groups[holder.group].is_change


def _is_changing(holder: Holder, groups: t.Mapping[str, GroupChange]) -> bool:
    return bool(holder.added or holder.removed) or _is_moving(holder, groups)


def _find_members(
    holder: Holder, groups: t.Mapping[str, GroupChange], listed: t.Mapping[str, set[Person]]
) -> tuple[set[Person], set[Person]]:
    """Return who is a member before and after the plan, of those who are known."""
    if holder.is_user:
        person = Person(("user", holder.name, holder.commcell), f"{holder.name} (Commvault user)")
        return {person}, {person}
    change = groups.get(holder.group, GroupChange(""))
    was = listed.get(holder.group_id, set()) | change.removed
    return was, set() if change.is_deleted else (was | change.added) - change.removed


def _list_unknown(
    holder: Holder, groups: t.Mapping[str, GroupChange], listed: t.Mapping[str, set[Person]], failure: str
) -> t.Iterator[str]:
    """Yield what is not known of a holder: who its members are, and what else it holds."""
    is_new = holder.group in groups and groups[holder.group].is_new
    if not (holder.is_user or is_new or holder.group_id in listed):
        if not holder.group:
            why = "it is not linked to an Entra group, and its members are not read"
        elif not holder.group_id:
            why = "its Entra group and its members are not known yet"
        else:
            why = f"the members of its Entra group could not be read ({failure or 'Entra ID does not show the group'})"
        counts = [(len(holder.added), "gets"), (len(holder.removed), "loses"), (len(holder.kept), "keeps")]
        told = ", ".join(f"{verb} {count} right{'s' if count > 1 else ''}" for count, verb in counts if count)
        yield f"{holder.label}: {why}; it {told}"
    if not holder.is_complete:
        yield f"{holder.label}: what it holds in addition to the document, which this release or account does not list"


def _find_read_commcells(results: t.Any) -> set[str]:
    """Return the CommCells whose mapping was read."""
    return {
        host
        for host, listed in require_mapping(results, "the results by host").items()
        for result in flatten_results(listed)
        if "effects" in require_mapping(result.get("role_mappings"), "role_mappings")
    }


def _list_unread(read: set[str], groups: t.Mapping[str, GroupChange], scope: t.Any) -> t.Iterator[str]:
    """Yield a line on groups whose members change and that may be mapped on CommCells which were not *read*."""
    chosen = require_mapping(scope, "the scope")
    known = [*require_list(chosen.get("commcells"), "commcells"), *require_list(chosen.get("left_out"), "left_out")]
    unread = sorted(to_text(make_visible(name)) for name in known if name not in read)
    names = sorted(change.name for change in groups.values() if change.is_change)
    if unread and names:
        yield f"what members of {_join(names)} have on {_join(unread)}, whose mapping is not part of this run"


def _list_unmatched(holders: t.Sequence[Holder], groups: t.Mapping[str, GroupChange]) -> t.Iterator[str]:
    """Yield lines on groups whose members change and that no holder is known to be for."""
    mapped = {holder.group for holder in holders}
    unmatched = [change for key, change in sorted(groups.items()) if change.is_change and key not in mapped]
    shared = [change for change in unmatched if any(holder.is_for(change.name) for holder in holders)]
    for change in shared:
        yield f"who loses access with the Entra group {change.name}, which is deleted: several mapped groups have this name"
    names = sorted(change.name for change in unmatched if change not in shared)
    if names:
        yield f"what members of {_join(names)} have through groups that contain it, which is not read"


def _list_changed_roles(results: t.Any) -> t.Iterator[str]:
    """Yield a line on each CommCell's roles that change themselves: whoever holds them may do more, or less."""
    for host, listed in sorted(require_mapping(results, "the results by host").items()):
        steps = [] if host == ENTRA else [step for item in flatten_results(listed) for step in _list_steps(item)]
        made = {step.get("principal") for step in steps if step.get("kind") == "role" and step.get("sign") == "+"}
        roles = {step.get("principal") for step in steps if step.get("kind") not in _GRANT_KINDS} - made
        if roles:
            yield f"who holds the roles on {make_visible(host)} that themselves change, see above: {_join(sorted(map(to_text, roles)))}"


def _list_steps(result: Mapping) -> list[Mapping]:
    return [make_visible(step) for step in require_mappings(result.get("steps"), "steps")]


def _join(names: t.Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES_TOLD} more" if len(names) > _NAMES_TOLD else ""
    return f"{', '.join(names[:_NAMES_TOLD])}{more}"
