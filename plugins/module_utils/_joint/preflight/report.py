# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The result of a preflight: verdicts, what they are about, and what neither service shows. Pure."""

from __future__ import annotations

import typing as t

from ..._core.names import fold_case
from ..._core.values import format_time
from .checks import check_site, count_days_left
from .facts import OK, VERDICTS, CountedUser, Finding, PreflightFacts, find_worst_verdict
from .groups import GroupCheck
from .memberships import Memberships, is_over_limit, predict_memberships
from .sign_ons import predict_sign_on

Row = dict[str, t.Any]
#: What neither service shows.
_UNSEEN_FACTS = (
    "the signing certificate that Commvault trusts: it cannot be read back, so after a change load it again",
    "claim names and group filters that were customised in the portal under Attributes & Claims",
)

_UNREAD_LINKS = "whether Commvault groups that the mapping does not name are linked to its Entra groups too: their links were not read"


def build_preflight_report(facts: PreflightFacts) -> Row:
    """Build the value of the module; it does not depend on the order of what was read."""
    group_checks = [GroupCheck(facts, mapped) for mapped in facts.mapped]
    groups, checks = _build_group_rows(group_checks), check_site(facts)
    return {
        "verdict": find_worst_verdict([*(finding.verdict for finding in checks), *(row["verdict"] for row in groups)]),
        "checks": [finding.as_result() for finding in checks],
        "groups": groups,
        "users": _build_user_rows(facts, group_checks),
        "identity_provider": _build_provider_row(facts),
        "application": _build_application_row(facts),
        "match_by": facts.match_by,
        "users_checked": sum(1 for person in facts.users if person.groups is not None),
        "users_not_checked": facts.unchecked,
        "not_checked": [
            *_UNSEEN_FACTS,
            *([] if all(group.link_read for group in facts.user_groups) else [_UNREAD_LINKS]),
        ],
    }


def build_group_rows(facts: PreflightFacts) -> list[dict[str, t.Any]]:
    """Build one row per mapped group, sorted by name."""
    return _build_group_rows([GroupCheck(facts, mapped) for mapped in facts.mapped])


def _build_group_rows(checks: t.Sequence[GroupCheck]) -> list[Row]:
    return sorted(
        (_build_group_row(check) for check in checks),
        key=lambda row: (fold_case(row["entra_group"]), row["entra_group"], str(row["object_id"]), row["where"]),
    )


def _build_group_row(check: GroupCheck) -> Row:
    mapped = check.mapped
    ranked = sorted(check.findings, key=lambda finding: -VERDICTS.index(finding.verdict))
    gravest = ranked[0] if ranked else Finding("", OK, "members get the Commvault group at sign-in")
    group = check.user_group
    return {
        "entra_group": mapped.entra.display_name if mapped.entra else mapped.name,
        "object_id": mapped.entra.object_id if mapped.entra else None,
        "where": list(mapped.where),
        "emitted": check.value,
        "emitted_as": check.emission.form if check.emission else None,
        "user_group": group.name if group else mapped.user_group_name,
        "user_group_exists": group is not None,
        "company": group.company if group else mapped.company,
        "linked": bool(group and mapped.entra and group.azure_guid == mapped.entra.object_id),
        "verdict": gravest.verdict,
        "reason": gravest.reason,
        "remedy": gravest.remedy,
        "findings": [finding.as_result() for finding in ranked],
    }


def _build_user_rows(facts: PreflightFacts, checks: t.Sequence[GroupCheck]) -> list[Row]:
    """Build rows of users above the limit of groups, and of all sample users."""
    shown = [person for person in facts.users if person.sampled or is_over_limit(person)]
    rows = [_build_user_row(facts, person, checks) for person in shown]
    return sorted(rows, key=lambda row: (fold_case(row["user"]), str(row["object_id"])))


def _build_user_row(facts: PreflightFacts, person: CountedUser, checks: t.Sequence[GroupCheck]) -> Row:
    """Build the row of one user; sign-on and groups are predicted for sample users that are there."""
    is_asked = person.sampled and person.groups is not None
    sign_on = predict_sign_on(facts, person) if is_asked else None
    found = predict_memberships(facts, person, checks, sign_on) if sign_on else Memberships([], [])
    return {
        "user": person.member.name or person.member.object_id,
        "object_id": person.member.object_id or None,
        "enabled": person.member.enabled,
        "groups": person.groups,
        "over_limit": is_over_limit(person),
        "sign_on": sign_on.verdict if sign_on else None,
        "sign_on_reason": sign_on.reason if sign_on else "",
        "user_groups": found.sure,
        "possible_user_groups": found.possible,
    }


def _build_provider_row(facts: PreflightFacts) -> Row | None:
    app = facts.app
    if app is None:
        return None
    return {
        "name": app.name,
        "kind": "saml",
        "enabled": app.enabled,
        "company": app.company,
        "groups_claim": app.groups_claim,
        "name_id": app.name_id,
        "auto_create_users": app.auto_create,
        "email_suffixes": list(app.email_suffixes),
    }


def _build_application_row(facts: PreflightFacts) -> Row | None:
    application = facts.application
    if application is None:
        return None
    principal = application.principal
    return {
        "app_id": application.app_id,
        "display_name": application.display_name,
        "group_claims": sorted(application.claim.scopes),
        "emits": sorted(application.claim.forms),
        "claim": application.claim.uri,
        "enabled": principal.enabled if principal else None,
        "assignment_required": principal.assignment_required if principal else None,
        "sign_on_mode": principal.sign_on_mode if principal else None,
        "certificates": [
            {
                "name": certificate.name,
                "thumbprint": certificate.thumbprint,
                "expires": format_time(certificate.ends),
                "days_left": count_days_left(facts, certificate),
                "active": certificate.active,
            }
            for certificate in (principal.certificates if principal else ())
        ],
    }
