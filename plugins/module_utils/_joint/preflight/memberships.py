# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which Commvault groups of the mapping a person has after the next sign-on: surely, or perhaps. Pure.

The claim that is mapped to USER_GROUPS puts people into groups and takes them out. Where no documentation decides, the membership
is possible and no more.
"""

from __future__ import annotations

import typing as t

from ..._commvault.identity_providers.read import SamlApp
from ..._entra.claims.group_claim import SAML_LIMIT, GroupClaim, predict_emission
from .facts import BROKEN, OK, UNKNOWN, Candidate, CountedUser, MappedGroup, PreflightFacts, UserGroup
from .groups import GroupCheck, is_groups_claim
from .matching import is_default_group, match_user_group, may_join
from .sign_ons import SignOn


class Memberships(t.NamedTuple):
    """Names of Commvault groups, sorted."""

    sure: list[str]
    possible: list[str]


def is_over_limit(person: CountedUser) -> bool | None:
    """Return whether the token of *person* carries no groups, None where that cannot be told.

    Microsoft Learn: a SAML token with more than 150 groups carries none.
    """
    if person.groups is None:
        return False
    least = person.groups if person.surely is None else person.surely
    if least > SAML_LIMIT:
        return True
    return None if person.groups > SAML_LIMIT else False


def predict_memberships(
    facts: PreflightFacts, person: CountedUser, checks: t.Sequence[GroupCheck], sign_on: SignOn
) -> Memberships:
    """Return the groups of *person*, who is a user of the tenant. Nobody whose sign-on is refused has any."""
    if facts.app is None or sign_on.verdict == BROKEN:
        return Memberships([], [])
    found: dict[str, set[str]] = {OK: set(), UNKNOWN: set(), BROKEN: set()}
    for check in checks:
        if check.user_group is not None:
            verdict = _predict_membership(facts, facts.app, person, check, sign_on)
            found[UNKNOWN if verdict == OK and sign_on.verdict != OK else verdict].add(check.user_group.name)
    return Memberships(sorted(found[OK]), sorted(found[UNKNOWN] - found[OK]))


def _predict_membership(
    facts: PreflightFacts, app: SamlApp, person: CountedUser, check: GroupCheck, sign_on: SignOn
) -> str:
    """Return ok (a member), unknown or broken (none)."""
    group = t.cast(UserGroup, check.user_group)
    is_member = bool(sign_on.known and group.id in (sign_on.known.user_groups or ()) and not group.external)
    is_in = is_member or (sign_on.created and is_default_group(app, group))
    if not app.groups_claim:
        return OK if is_in else BROKEN
    application = facts.application
    if application is None:
        return UNKNOWN
    given = BROKEN
    if is_groups_claim(app.groups_claim, application.claim):
        candidates = _list_candidates(check.mapped)
        verdicts = [_predict_candidate(application.claim, app.groups_claim, person, group, item) for item in candidates]
        given = min([*verdicts, BROKEN], key=(OK, UNKNOWN, BROKEN).index)
        over = is_over_limit(person)
        if over:
            given = BROKEN
        elif given == OK and (over is None or not may_join(app, group)):
            given = UNKNOWN
    if given != BROKEN:
        return given
    unread = sign_on.known is not None and sign_on.known.user_groups is None
    if not is_in:
        return UNKNOWN if unread else BROKEN
    # Sign-ons look after a linked group. That one without groups in the token does so too, or takes people out of other groups,
    # is not documented, nor what becomes of the group of newcomers.
    names_others = (
        bool(person.groups) and is_over_limit(person) is False and is_groups_claim(app.groups_claim, application.claim)
    )
    return BROKEN if is_member and group.azure_guid and names_others else UNKNOWN


def _list_candidates(mapped: MappedGroup) -> list[Candidate]:
    own = [] if mapped.entra is None or mapped.members is None else [Candidate(mapped.entra, mapped.members)]
    return [*own, *mapped.others]


def _predict_candidate(
    claim: GroupClaim, read_claim: str, person: CountedUser, group: UserGroup, candidate: Candidate
) -> str:
    """Return what comes of it that *person* is in this Entra group, or not."""
    emission = predict_emission(claim, candidate.entra, read_claim)
    members = candidate.members.direct
    if not emission.direct_only:
        members = members | candidate.members.inherited
    if person.member.object_id not in {member.object_id for member in members}:
        return BROKEN
    if emission.values:
        return match_user_group(group, emission.values).verdict
    return UNKNOWN if match_user_group(group, emission.possible).verdict != BROKEN else BROKEN
