# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a preflight tells: users, links that were not read, and a verdict for the whole."""

from __future__ import annotations

import dataclasses

import pytest
from preflight_examples import SITE as FACTS
from preflight_examples import person
from preflight_examples import site_claim as claim

from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import (
    DirectoryGroup,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.read import (
    GroupMembers,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.facts import (
    KnownUser,
    MappedGroup,
    UserGroup,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.report import build_preflight_report


def test_what_is_told_about_people() -> None:
    """Somebody above the limit has no group; somebody who is nested has one unless assignments are emitted."""
    anna, paul, many = person("anna", 3, True), person("paul", 3, True), person("many", 151)
    other = person("other", 3)
    members = GroupMembers(frozenset({anna.member, many.member}), frozenset({paul.member}), ("inner",))
    entra = DirectoryGroup("1", "Ops", assigned=True)
    entry = MappedGroup(("mappings[0]",), "Ops", entra, user_group_name="Ops", members=members)
    facts = dataclasses.replace(
        FACTS,
        mapped=(entry,),
        user_groups=(UserGroup(1, "Ops", None, "1"),),
        users=(paul, many, other, anna, person("nobody", None, True)),
        known_users=tuple(KnownUser(frozenset({f"{name}@corp.example"})) for name in ("anna", "paul")),
        unchecked=2,
    )
    told = build_preflight_report(facts)
    assert [(row["user"], row["over_limit"], row["sign_on"], row["user_groups"]) for row in told["users"]] == [
        ("anna@corp.example", False, "ok", ["Ops"]),
        ("many@corp.example", True, None, []),
        ("nobody@corp.example", False, None, []),
        ("paul@corp.example", False, "ok", ["Ops"]),
    ]
    assert (told["users_checked"], told["users_not_checked"], told["verdict"]) == (4, 2, "broken")
    told = build_preflight_report(dataclasses.replace(facts, **claim("ApplicationGroup")))
    assert [row["user_groups"] for row in told["users"]] == [["Ops"], [], [], []]
    unread = build_preflight_report(dataclasses.replace(facts, known_users=None))["users"][0]
    assert (unread["sign_on"], unread["user_groups"], unread["possible_user_groups"]) == ("unknown", [], ["Ops"])
    assert "was not read" in unread["sign_on_reason"]


@pytest.mark.parametrize("link_read", [True, False])
def test_links_that_were_not_read_are_told(link_read: bool) -> None:
    """Members may become members of another Commvault group with the same link, which nobody looked for."""
    groups = (UserGroup(1, "Ops", None, "1"), UserGroup(2, "Other", link_read=link_read))
    told = build_preflight_report(dataclasses.replace(FACTS, user_groups=groups))["not_checked"]
    assert [("linked" in item) for item in told].count(True) == (0 if link_read else 1)
