# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a preflight tells: the verdicts, what they are about, and what nobody can see from outside. Pure."""

from __future__ import annotations

import typing as t

from ..._core.names import fold_case
from ..._core.values import format_time
from .checks import checked, days_left, over
from .facts import BROKEN, OK, VERDICTS, Finding, Mapped, Person, Scene, worst
from .groups import Judge

Row = dict[str, t.Any]
#: What neither service shows.
_UNSEEN = (
    "the signing certificate that Commvault trusts: it cannot be read back, so after a change load it again",
    "claim names and group filters that were customised in the portal under Attributes & Claims",
)

_LINKS = "whether Commvault groups that the mapping does not name are linked to its Entra groups too: their links were not read"


def report(scene: Scene) -> Row:
    """The value of the module, the same whatever the order of what was read."""
    groups, checks = judged(scene), checked(scene)
    return {
        "verdict": worst([*(finding.verdict for finding in checks), *(row["verdict"] for row in groups)]),
        "checks": [finding.as_result() for finding in checks],
        "groups": groups,
        "users": _people(scene, groups),
        "identity_provider": _provider(scene),
        "application": _application(scene),
        "match_by": scene.match_by,
        "users_checked": sum(1 for person in scene.people if person.groups is not None),
        "users_not_checked": scene.unchecked,
        "not_checked": [*_UNSEEN, *([] if all(group.link_read for group in scene.user_groups) else [_LINKS])],
    }


def judged(scene: Scene) -> list[dict[str, t.Any]]:
    """One row per mapped group, by name."""
    rows = [_row(Judge(scene, mapped), mapped) for mapped in scene.mapped]
    return sorted(
        rows, key=lambda row: (fold_case(row["entra_group"]), row["entra_group"], str(row["object_id"]), row["where"])
    )


def _row(judge: Judge, mapped: Mapped) -> dict[str, t.Any]:
    ranked = sorted(judge.findings, key=lambda finding: -VERDICTS.index(finding.verdict))
    gravest = ranked[0] if ranked else Finding("", OK, "members get the Commvault group at sign-in")
    group = judge.user_group
    return {
        "entra_group": mapped.entra.display_name if mapped.entra else mapped.name,
        "object_id": mapped.entra.object_id if mapped.entra else None,
        "where": list(mapped.where),
        "emitted": judge.value,
        "emitted_as": judge.emission.form if judge.emission else None,
        "user_group": group.name if group else mapped.user_group_name,
        "user_group_exists": group is not None,
        "company": group.company if group else mapped.company,
        "linked": bool(group and mapped.entra and group.azure_guid == mapped.entra.object_id),
        "verdict": gravest.verdict,
        "reason": gravest.reason,
        "remedy": gravest.remedy,
        "findings": [finding.as_result() for finding in ranked],
    }


def _people(scene: Scene, groups: t.Sequence[Row]) -> list[Row]:
    """People above the limit, and all that the task asked for."""
    works = {str(row["object_id"]): str(row["user_group"]) for row in groups if row["verdict"] != BROKEN}
    rows = []
    for person in scene.people:
        if not person.sampled and not over(person):
            continue
        rows.append(
            {
                "user": person.member.name or person.member.object_id,
                "object_id": person.member.object_id or None,
                "enabled": person.member.enabled,
                "groups": person.groups,
                "over_limit": over(person),
                "user_groups": [] if over(person) else _expected(scene, person, works),
            }
        )
    return sorted(rows, key=lambda row: (fold_case(row["user"]), str(row["object_id"])))


def _expected(scene: Scene, person: Person, works: t.Mapping[str, str]) -> list[str]:
    """Commvault groups of the mapping that this person has after the next sign-in."""
    direct_only = scene.application is not None and scene.application.claim.assigned_only
    found = set()
    for mapped in scene.mapped:
        if mapped.entra is None or mapped.members is None or mapped.entra.object_id not in works:
            continue
        members = mapped.members.direct if direct_only else mapped.members.direct | mapped.members.inherited
        if person.member.object_id in {member.object_id for member in members}:
            found.add(works[mapped.entra.object_id])
    return sorted(found)


def _provider(scene: Scene) -> Row | None:
    app = scene.app
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


def _application(scene: Scene) -> Row | None:
    application = scene.application
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
                "days_left": days_left(scene, certificate),
                "active": certificate.active,
            }
            for certificate in (principal.certificates if principal else ())
        ],
    }
