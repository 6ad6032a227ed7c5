# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts on single groups, case by case, and which identity provider is meant."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from preflight_examples import (
    ALL_GROUPS,
    ANNA,
    ASSIGNED,
    FACTS,
    GONE,
    GROUP,
    HERE,
    ID,
    NESTED,
    ONLY_NESTED,
    OTHER,
    SHOWN,
    UNREAD,
    app,
    application,
    entry,
    group,
)

from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import (
    GROUPS_CLAIM,
    ROLES_CLAIM,
    GroupClaim,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.read import (
    GroupMembers,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.facts import (
    UserGroup,
    find_worst_verdict,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.report import build_group_rows

CASES: dict[str, tuple[dict[str, t.Any], dict[str, str]]] = {
    "all is well": ({}, {}),
    "not there": (
        entry(entra=None, missing="not_found", explanation="no"),
        {"entra_group": "broken"},
    ),
    "coming": (entry(entra=None, missing="pending", explanation="later"), {"entra_group": "warning"}),
    "two of a name": (entry(entra=None, missing="ambiguous", explanation="two"), {"ambiguous": "broken"}),
    "renamed in Entra, not in the mapping": (
        entry(entra=None, missing="not_found", explanation="no", linked={ID: "New"}),
        {"entra_group": "broken", "renamed": "broken"},
    ),
    "an old name beside the id": (entry(name="Old"), {"renamed": "broken"}),
    "no Commvault group": ({"user_groups": ()}, {"user_group": "broken"}),
    "no Commvault group yet": ({"user_groups": (), "mapping_pending": True}, {"user_group": "warning"}),
    "no name for the Commvault group": (
        {**entry(user_group_name=None), "user_groups": (), "match_by": "sam_account_name"},
        {"user_group": "broken"},
    ),
    "no Commvault group of the id": (entry(user_group_id=9, user_group_name=None), {"user_group": "broken"}),
    "by id": (entry(user_group_id=7, user_group_name=None), {}),
    "in another company": (group(company="x"), {"user_group": "broken"}),
    "a Commvault group of another name": (group(name="Old"), {"renamed_user_group": "warning"}),
    "not linked": (group(azure_guid=None), {"link": "warning", "match": "broken"}),
    "not linked yet": ({**group(azure_guid=None), "mapping_pending": True}, {"link": "warning"}),
    "linked to another": (group(azure_guid=OTHER), {"recreated": "broken", "match": "broken"}),
    "linked to another, relink": (
        {**group(azure_guid=OTHER), **entry(relink=True), "mapping_pending": True},
        {"recreated": "warning"},
    ),
    "disabled": (group(enabled=False), {"disabled": "broken"}),
    "named like the id": (
        {**group(name=ID, azure_guid=None), **entry(user_group_name=ID), "match_by": "object_id_name"},
        {},
    ),
    "found by name only": (
        {**application(SHOWN), **entry(entra=HERE), **group(azure_guid=None)},
        {"match_by": "warning", "link": "warning"},
    ),
    "by display name": (
        {**application(SHOWN), **entry(entra=HERE), **group(azure_guid=None), "match_by": "display_name"},
        {},
    ),
    "by display name, and linked": (
        {**application(SHOWN), **entry(entra=HERE), "match_by": "display_name"},
        {"linked_by_name": "unknown"},
    ),
    "by the name of a directory's group": (
        {
            **application(SHOWN),
            **entry(entra=HERE),
            **group(azure_guid=None, external=True),
            "match_by": "display_name",
        },
        {"external_group": "unknown"},
    ),
    "perhaps by object id": (
        application(dataclasses.replace(ALL_GROUPS, synced_form="sam_account_name")),
        {"claim_undocumented": "unknown"},
    ),
    "not by object id either": (
        {**application(dataclasses.replace(ALL_GROUPS, synced_form="sam_account_name")), **group(azure_guid=None)},
        {"claim": "broken", "link": "warning"},
    ),
    "the group of newcomers": (app(auto_create=True, default_groups=frozenset({7})), {"default_group": "warning"}),
    "the group of newcomers, and there are none": (app(default_groups=frozenset({7})), {}),
    "by display name, other letter case": (
        {**application(SHOWN), **entry(entra=HERE), **group(name="OPS"), "match_by": "display_name"},
        {"letter_case": "warning"},
    ),
    "by display name, and there are two": (
        {
            **application(SHOWN),
            **entry(entra=HERE, namesakes=(OTHER,)),
            **group(azure_guid=None),
            "match_by": "display_name",
        },
        {"twin": "warning"},
    ),
    "not assigned": (application(ASSIGNED), {"claim": "broken"}),
    "no groups emitted": (application(GroupClaim()), {"claim": "broken"}),
    "another Commvault group has the link too": (
        {"user_groups": (GROUP, UserGroup(8, "Second", None, ID))},
        {"other_group": "warning"},
    ),
    "claim not mapped": (app(attributes={}), {"attribute_mapping": "broken"}),
    "short claim name": (app(attributes={"USER_GROUPS": "groups"}), {"attribute_mapping": "broken"}),
    "no SAML app": ({"app": None}, {"identity_provider": "broken"}),
    "application unknown": ({"application": None}, {"claim_unknown": "warning"}),
    "app roles": (
        {
            **app(attributes={"USER_GROUPS": ROLES_CLAIM}),
            **entry(entra=dataclasses.replace(HERE, app_roles=("Ops", "A"))),
            **group(azure_guid=None),
            "match_by": "display_name",
        },
        {},
    ),
    "app roles and nesting": (
        {
            **app(attributes={"USER_GROUPS": ROLES_CLAIM}),
            **entry(entra=dataclasses.replace(HERE, app_roles=("Ops",)), members=NESTED),
            **group(azure_guid=None),
            "match_by": "display_name",
        },
        {"nested": "warning"},
    ),
    "nesting is followed by security groups": (entry(members=NESTED), {}),
    "nesting is not followed by assignments": (
        {**application(ASSIGNED), **entry(entra=HERE, members=NESTED)},
        {"nested": "warning"},
    ),
    "nobody but nested members": (
        {**application(ASSIGNED), **entry(entra=HERE, members=ONLY_NESTED)},
        {"nested": "broken"},
    ),
    "assignment required": (application(assignment_required=True), {"assignment": "warning"}),
    "assignment required and there": ({**application(assignment_required=True), **entry(entra=HERE)}, {}),
    "no members": (entry(members=GroupMembers()), {"no_members": "warning"}),
    "disabled members": (entry(members=GroupMembers(frozenset({ANNA, GONE}))), {"disabled_members": "warning"}),
    "members of whom nothing may be read": (
        entry(members=GroupMembers(frozenset({ANNA, UNREAD}))),
        {"disabled_members": "unknown"},
    ),
    "disabled members and others of whom nothing may be read": (
        entry(members=GroupMembers(frozenset({ANNA, GONE, UNREAD}))),
        {"disabled_members": "warning"},
    ),
    "not told whether it is enabled": (group(enabled=None), {"disabled": "unknown"}),
    "a SAML app of a company": (app(company="x"), {"company": "warning"}),
    "a company's group, and the claim of the company": (
        {
            **group(company="x"),
            **entry(company="X"),
            **app(attributes={"USER_GROUPS": GROUPS_CLAIM, "COMPANY_NAME": "c"}),
        },
        {"company": "unknown"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_verdicts(name: str) -> None:
    changes, expected = CASES[name]
    (row,) = build_group_rows(dataclasses.replace(FACTS, **changes))
    assert {item["check"]: item["verdict"] for item in row["findings"]} == expected
    assert row["verdict"] == find_worst_verdict(expected.values())
    assert all(item["reason"] and item["remedy"] for item in row["findings"])
    assert row["reason"]
