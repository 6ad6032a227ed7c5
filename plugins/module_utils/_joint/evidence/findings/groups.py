# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on the links between user groups of Commvault and groups of Entra ID. Pure."""

from __future__ import annotations

import typing as t

from ...._core.names import fold_case, is_same_name
from ...._entra.claims.group_claim import SAML_LIMIT, EmittedCount
from ...._entra.overview.group_counts import read_group_counts
from ..entra_side import fold_id, get_principal_name
from ..facts import CellFacts, Facts
from ..holders import Link, describe_limit
from .model import Finding, FindingRule, count_words, list_words
from .rules import RULES


def find_on_groups(facts: Facts) -> t.Iterator[Finding]:
    """Yield the findings of all CommCells on user groups, and on people in too many groups."""
    if not facts.entra.is_read:
        return
    for cell in facts.cells:
        rows: dict[str, list[str]] = {}
        privileged: set[str] = set()
        for made in cell.access:
            kind, number = made.grant.principal
            if kind == "user_group":
                rows.setdefault(number, []).append(str(made.row["id"]))
                if made.row["privileged"]:
                    privileged.add(number)
        for number, group in sorted(cell.side.groups.items()):
            link = cell.holders.find_link(number)
            for rule, told, is_evaluable in _judge(
                facts, link, str(group.get("name") or ""), str(group.get("company") or "")
            ):
                name = str(group.get("name") or number)
                yield Finding(rule, cell.name, "user_group", number, name, told, rows.get(number, ()), is_evaluable)
        yield from _find_owners(facts, cell, privileged, rows)
        yield from _find_overfull(facts, cell)


def _judge(facts: Facts, link: Link, name: str, company: str) -> t.Iterator[tuple[FindingRule, str, bool]]:
    if link.status in ("gone", "unknown"):
        is_gone = link.status == "gone"
        deleted = str((facts.entra.deleted_groups.get(link.object_id) or {}).get("deletedDateTime") or "")[:10]
        when = f", which was deleted on {deleted}" if deleted else ""
        if link.twins:
            ids = list_words(fold_id(twin["id"]) for twin in link.twins)
            told = f"{name} is linked to the Entra group {link.object_id}{when}, but another group has its name: {ids}."
            yield RULES["recreated_group"], told, is_gone
        else:
            told = f"{name} is linked to the Entra group {link.object_id}{when or ', which was not found'}."
            yield RULES["linked_group_gone"], told, is_gone
    elif link.status == "none" and link.twins:
        ids = list_words(fold_id(twin["id"]) for twin in link.twins)
        if len(link.twins) > 1:
            yield (
                RULES["ambiguous_group_name"],
                f"{name} is not linked to an Entra group, and several Entra groups have its name: {ids}.",
                True,
            )
        else:
            told = f"{name} is not linked to an Entra group, and one Entra group has its name: {ids}. It is not known whether a sign-in leads to it."
            yield RULES["linked_by_name_only"], told, True
    if link.group is None:
        return
    shown = str(link.group.get("displayName") or "")
    group = shown or f"the Entra group {fold_id(link.group['id'])}"
    # One whose name is not shown has none that could differ.
    if shown and name and not _is_name_of(link.group, name, company):
        yield RULES["renamed_group"], f"{name} is linked to an Entra group that is named {shown}.", True
    members = facts.entra.list_members(fold_id(link.group["id"]))
    if members.nested:
        nested = list_words(str(facts.entra.groups[key].get("displayName") or key) for key in members.nested)
        told = f"{group} contains {count_words(len(members.nested), 'group')}: {nested}."
        yield RULES["nested_group"], told, True
    if members.unknown or not members.is_complete:
        are = "is" if len(members.unknown) == 1 else "are"
        unknown = f" {count_words(len(members.unknown), 'member')} {are} shown by id alone." if members.unknown else ""
        yield RULES["group_members_not_evaluable"], f"Not all members of {group} are visible.{unknown}", False


def _find_owners(
    facts: Facts, cell: CellFacts, privileged: t.AbstractSet[str], rows: t.Mapping[str, t.Sequence[str]]
) -> t.Iterator[Finding]:
    """Yield who owns the Entra groups, nested ones as well, that lead to *privileged* access. A program or a guest as an owner is graver."""
    for number in sorted(privileged):
        link = cell.holders.find_link(number)
        if link.group is None:
            continue
        key = fold_id(link.group["id"])
        owned = {one: facts.entra.groups[one] for one in (key, *facts.entra.list_members(key).nested)}
        owners = {fold_id(owner) for group in owned.values() for owner in group.get("owners") or ()}
        if not owners:
            continue
        shown = str(link.group.get("displayName") or key)
        through = " or the groups nested in it" if len(owned) > 1 else ""
        told = f"{count_words(len(owners), 'owner')} can add anybody to {shown}{through}: {list_words(facts.entra.name_object(one) for one in owners)}."
        severity = "medium" if any(map(facts.entra.is_outsider, owners)) else ""
        name = str(cell.side.groups[number].get("name") or number)
        found = rows.get(number, ())
        yield Finding(
            RULES["privileged_group_owned"], cell.name, "user_group", number, name, told, found, True, severity
        )


def _is_name_of(group: t.Mapping[str, t.Any], name: str, company: str) -> bool:
    """Return whether a user group has the name of an Entra group, in any form by which they are matched."""
    prefix, backslash, short = name.partition("\\")
    own = short if backslash and company and is_same_name(prefix, company) else name
    known = (group.get("displayName"), group.get("onPremisesSamAccountName"), group.get("id"))
    return fold_case(own) in {fold_case(str(one)) for one in known if one}


def _find_overfull(facts: Facts, cell: CellFacts) -> t.Iterator[Finding]:
    overfull = dict(cell.holders.list_overfull())
    rows: dict[str, list[str]] = {}
    for made in cell.access if overfull else ():
        entra_id = fold_id(made.row["entra_user_id"])
        if entra_id in overfull:
            rows.setdefault(entra_id, []).append(str(made.row["id"]))
    for entra_id, count in overfull.items():
        user = facts.entra.users[entra_id]
        name = get_principal_name(user) or str(user.get("displayName"))
        least = "" if read_group_counts(user) else "at least "
        told = f"{name} is in {least}{_describe_count(count)}: {describe_limit(count.most)}. The effect of the sign-in in Commvault is not known."
        is_sure = count.least > SAML_LIMIT
        yield Finding(
            RULES["too_many_groups"], cell.name, "person", entra_id, name, told, rows.get(entra_id, ()), is_sure
        )


def _describe_count(count: EmittedCount) -> str:
    if count.least == count.most:
        return count_words(count.most, "group")
    return f"{count.least} to {count.most} groups that count (it is not documented whether directory roles and some groups count)"
