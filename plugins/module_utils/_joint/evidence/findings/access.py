# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on grants and who holds them: privileged access, empty groups, what does not exist, single permissions. Pure."""

from __future__ import annotations

import typing as t

from ...._commvault.security.administrators import MASTER_ROLE
from ...snapshot.people import is_automation_name
from ..commcell_side import CommCellSide
from ..facts import CellFacts, Facts
from ..grants import MANAGED, Grant
from ..people import NO, Person
from ..words import describe_entity, describe_rights
from .model import Finding, count_words, list_words
from .rules import FEWEST_ADMINISTRATORS, RULES


def find_on_access(facts: Facts) -> t.Iterator[Finding]:
    """Yield the findings of all CommCells."""
    for cell in facts.cells:
        rows: dict[Grant, list[str]] = {}
        for made in cell.access:
            rows.setdefault(made.grant, []).append(str(made.row["id"]))
        yield from _find_last_administrators(cell)
        yield from _find_empty_groups(cell)
        yield from _find_automation(cell)
        for grant in cell.grants:
            yield from _find_orphan(cell.side, grant, rows[grant])
            if grant.columns["grant_kind"] == "permissions":
                told = f"{grant.holder} holds {grant.right} without a role."
                yield _build(RULES["single_permissions"], cell, grant, told, rows[grant])


def _build(rule: t.Any, cell: CellFacts, grant: Grant, told: str, rows: t.Sequence[str], **more: t.Any) -> Finding:
    return Finding(rule, cell.name, "grant", grant.identity, grant.label, told, rows, **more)


def _find_last_administrators(cell: CellFacts) -> t.Iterator[Finding]:
    """Yield whether too few can administer the CommCell while Entra ID cannot be reached. Those alone count of whom it is certain."""
    able: dict[str, Person] = {}
    rows: list[str] = []
    for made in cell.access:
        grant, person = made.grant, made.holder.person
        is_master = grant.role_id == str(MASTER_ROLE) and grant.entity[0] == "commcell"
        if not is_master or grant.columns["grant_kind"] not in (MANAGED, "unknown"):
            continue
        kind, number = grant.principal
        is_fed = kind == "external_group" or (kind == "user_group" and cell.holders.find_link(number).status != "none")
        if not is_fed and made.holder.effective == "yes" and _can_sign_in_locally(person):
            able[person.key[1]] = person
            rows.append(str(made.row["id"]))
    if len(able) >= FEWEST_ADMINISTRATORS:
        return
    seen = cell.side.visibility.is_complete("associations", "users", "user_groups")
    who = list_words(str(person.columns["commvault_user"]) for person in able.values()) or "nobody"
    told = f"Who can certainly administer {cell.name} with a password of Commvault's own, without Entra ID: {who}."
    told += f" At least {FEWEST_ADMINISTRATORS} are needed."
    if not seen:
        told += " There may be others: not all users, groups and grants were seen."
    severity = "" if able else "critical"
    yield Finding(RULES["last_administrators"], cell.name, "commcell", cell.name, cell.name, told, rows, seen, severity)


def _can_sign_in_locally(person: Person) -> bool:
    user = person.user or {}
    return (
        user.get("kind") == "local"
        and user.get("enabled") is True
        and user.get("signs_in_with") == "commvault_password"
        and not user.get("locked")
    )


def _find_empty_groups(cell: CellFacts) -> t.Iterator[Finding]:
    held: dict[tuple[str, str], list[t.Any]] = {}
    for made in cell.access:
        if made.row["person_kind"] == "nobody" and made.row["privileged"]:
            held.setdefault(made.grant.principal, []).append(made)
    for (_kind, number), found in sorted(held.items()):
        name = str(found[0].row["principal"] or number)
        grants = {made.grant: made.grant.columns for made in found}
        rights = describe_rights(grants.values(), with_holder=False)
        told = f"{name} has no members and holds {count_words(len(grants), 'privileged grant')}: {rights}."
        rows = [made.row["id"] for made in found]
        yield Finding(RULES["empty_privileged_group"], cell.name, "user_group", number, name, told, rows)


def is_automation(person: Person) -> bool:
    """Return whether an account is one that a program signs in with, by its kind or its name."""
    names = [str(person.columns[key] or "") for key in ("commvault_user", "user_principal_name")]
    return person.columns["person_kind"] == "service_account" or any(is_automation_name(name) for name in names if name)


def _find_automation(cell: CellFacts) -> t.Iterator[Finding]:
    by_group: dict[str, list[t.Any]] = {}
    for made in cell.access:
        is_there = made.holder.person.user is not None or made.holder.person.entra is not None
        is_held = made.holder.effective != NO or made.holder.expected != NO
        if made.grant.principal[0] == "user_group" and is_there and is_held:
            by_group.setdefault(made.grant.principal[1], []).append(made)
    for number, found in sorted(by_group.items()):
        programs = {made.holder.person.key: made.holder.person for made in found if is_automation(made.holder.person)}
        if not programs or all(made.holder.person.key in programs for made in found):
            continue
        group = str(found[0].row["principal"])
        for key, person in sorted(programs.items()):
            rows = [made.row["id"] for made in found if made.holder.person.key == key]
            held = describe_rights(
                (made.grant.columns for made in found if made.holder.person.key == key), with_holder=False
            )
            told = f"{person.label} is an account for programs, and is in {group} together with people. The group gives it {held}."
            subject = f"{key[0]} user {key[1]} in user_group {number}"
            yield Finding(RULES["automation_account_in_group"], cell.name, "person", subject, person.label, told, rows)


def _find_orphan(side: CommCellSide, grant: Grant, rows: t.Sequence[str]) -> t.Iterator[Finding]:
    """Yield what of a grant does not exist; where the lists were not seen in full, that is not evaluable."""
    gone: list[str] = []
    unseen: list[str] = []
    kind, number = grant.principal
    if side.find_principal(kind, number) is None:
        lists = {"user": "users", "user_group": "user_groups", "external_group": "external_groups"}
        is_listed = kind not in lists or side.visibility.is_complete(lists[kind])
        (gone if is_listed else unseen).append(describe_entity(kind, number, ""))
    if grant.role_id and grant.role_id not in side.roles:
        (gone if side.visibility.is_complete("roles") else unseen).append(
            f"role {grant.columns['role'] or grant.role_id}"
        )
    entity_kind, entity_id = grant.entity
    is_known_kind = entity_kind in side.entities or side.is_listed(entity_kind)
    if entity_id != "all" and is_known_kind and entity_id not in side.entities.get(entity_kind, {}):
        told = describe_entity(entity_kind, entity_id, grant.columns["entity"])
        (gone if side.is_listed(entity_kind) else unseen).append(told)
    if gone:
        told = f"{grant.holder} holds {grant.right}; {' and '.join(gone)} is in no list of the CommCell."
        yield Finding(RULES["orphaned_grant"], side.name, "grant", grant.identity, grant.label, told, rows)
    elif unseen:
        told = f"{grant.holder} holds {grant.right}; {' and '.join(unseen)} was not seen, and the lists were not read in full."
        yield Finding(RULES["orphaned_grant"], side.name, "grant", grant.identity, grant.label, told, rows, False)
