# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on the document of variables: what it does not declare, what is not applied, approvals and dates. Pure."""

from __future__ import annotations

import typing as t

from ...._core.names import fold_case
from ..facts import AccessRow, CellFacts, Facts, is_before
from ..grants import Grant
from ..mapping import NOT_KNOWN, SURPLUS, UNMANAGED
from ..words import describe_rights
from .break_glass import list_kept_users
from .model import Finding, count_words, list_words
from .rules import RULES


def find_on_mapping(facts: Facts) -> t.Iterator[Finding]:
    """Yield the findings of all CommCells; without a document, that owners and approvals are not known."""
    kept = {fold_case(name) for name in list_kept_users(facts.inputs.document)}
    for cell in facts.cells:
        if not cell.mapping.is_given:
            told = "No document of variables with cvops_role_mappings was given: owners, approvals and grants beyond the mapping are not known."
            rule = RULES["approval_not_evaluable"]
            yield Finding(rule, cell.name, "commcell", cell.name, cell.name, told, (), False)
            continue
        by_grant: dict[Grant, list[AccessRow]] = {}
        for made in cell.access:
            by_grant.setdefault(made.grant, []).append(made)
        for grant, rows in by_grant.items():
            is_kept = grant.principal[0] == "user" and fold_case(str(grant.columns["principal"])) in kept
            yield from _judge_grant(cell, grant, rows, is_kept)
        yield from _find_unmanaged(cell, by_grant, kept)
        yield from _find_missing(cell)
        for problem in cell.mapping.problems:
            told, where = f"{problem['where']}: {problem['message']}", str(problem["where"])
            yield Finding(RULES["mapping_not_resolved"], cell.name, "mapping", told, where, told, (), False)


def _judge_grant(cell: CellFacts, grant: Grant, rows: t.Sequence[AccessRow], is_kept: bool) -> t.Iterator[Finding]:
    first = rows[0].row
    ids = [str(made.row["id"]) for made in rows]
    held = f"{grant.holder} holds {grant.right}"

    def build(rule: str, told: str) -> Finding:
        return Finding(RULES[rule], cell.name, "grant", grant.identity, grant.label, told, ids)

    day = cell.side.date
    if first["in_mapping"] == SURPLUS:
        if first["valid_until"] and is_before(first["valid_until"], day):
            yield build("grant_expired", f"{held} until {first['valid_until']} by the mapping, and still holds it.")
        else:
            yield build("grant_surplus", f"{held}. It has an entry in the mapping, which does not grant this.")
    is_known = first["in_mapping"] != NOT_KNOWN
    if first["privileged"] and is_known and not is_kept and grant.columns["grant_kind"] == "explicit":
        missing = [
            name for name, column in (("owner", "business_owner"), ("approval", "approved_by")) if not first[column]
        ]
        if missing:
            power = list_words(set(t.cast("list[str]", first["privileged_by"])) - {str(first["role"])})
            told = f"{held}, which is privileged{f' by {power}' if power else ''}. The mapping names no {' and no '.join(missing)} for it."
            yield build("privileged_not_approved", told)
    if first["review_by"] and is_before(first["review_by"], day):
        yield build("review_overdue", f"{held}; this was to be reviewed by {first['review_by']}.")


def _find_unmanaged(
    cell: CellFacts, by_grant: t.Mapping[Grant, t.Sequence[AccessRow]], kept: t.AbstractSet[str]
) -> t.Iterator[Finding]:
    """Yield who has grants and no entry. *kept*: names of break-glass accounts, which need none."""
    held: dict[tuple[str, str], list[Grant]] = {}
    for grant, rows in by_grant.items():
        if rows[0].row["in_mapping"] == UNMANAGED:
            held.setdefault(grant.principal, []).append(grant)
    for (kind, number), grants in sorted(held.items()):
        name = str(grants[0].columns["principal"] or number)
        if kind == "user" and fold_case(name) in kept:
            continue
        pattern = " It matches the groups that the document manages." if cell.mapping.is_managed_group(name) else ""
        rights = describe_rights((one.columns for one in grants), with_holder=False)
        told = f"{name} holds {count_words(len(grants), 'grant')} and has no entry in the mapping: {rights}.{pattern}"
        ids = [str(made.row["id"]) for grant in grants for made in by_grant[grant]]
        yield Finding(RULES["grant_unmanaged"], cell.name, kind, number, name, told, ids)


def _find_missing(cell: CellFacts) -> t.Iterator[Finding]:
    is_hidden = cell.mapping.are_people_hidden
    is_seen = cell.side.visibility.is_complete("associations")
    for missing in cell.mapping.list_missing(cell.grants):
        told = (
            f"The mapping gives {missing.holder} {missing.right} ({missing.where}), and {cell.name} has no such grant."
        )
        if not is_seen:
            told += " Not all grants were seen."
        if is_hidden:
            told += " The snapshot has pseudonyms, also within names of groups and entities."
        yield Finding(
            RULES["mapping_not_applied"],
            cell.name,
            "mapping",
            missing.subject,
            f"{missing.holder}: {missing.right}",
            told,
            (),
            is_seen and not is_hidden,
        )
