# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of the preflight: order never matters, a verdict never depends on strangers, and a prediction comes true in a model."""

from __future__ import annotations

import dataclasses
import random

from hypothesis import event, given
from hypothesis import strategies as st
from preflight_examples import all_facts, mapped_groups

from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import (
    GROUPS_CLAIM,
    ROLES_CLAIM,
    DirectoryGroup,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.facts import (
    PreflightFacts,
    UserGroup,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.report import (
    build_group_rows,
    build_preflight_report,
)


@given(all_facts(), st.randoms())
def test_order_never_matters(facts: PreflightFacts, chance: random.Random) -> None:
    def shuffled(items: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(chance.sample(items, len(items)))

    names = ("mapped", "user_groups", "users", "servers")
    other = dataclasses.replace(facts, **{name: shuffled(getattr(facts, name)) for name in names})
    assert build_preflight_report(other) == build_preflight_report(facts)


@given(all_facts(), st.data())
def test_strangers_change_no_verdict(facts: PreflightFacts, data: st.DataObject) -> None:
    """Neither other entries of the mapping nor Commvault groups of other names and links matter to a group."""
    stranger = data.draw(mapped_groups(5))
    more = (UserGroup(91, "stranger", None, None), UserGroup(92, "stranger 2", None, "f" * 36, False))
    larger = dataclasses.replace(facts, mapped=(stranger, *facts.mapped), user_groups=(*more, *facts.user_groups))
    fewer = {row["where"][0]: row for row in build_group_rows(facts)}
    for row in build_group_rows(larger):
        if row["where"][0] in fewer:
            assert row == fewer[row["where"][0]]


def token(facts: PreflightFacts, group: DirectoryGroup) -> set[str]:
    """A model of Entra ID, independent of the judge: what the claim that Commvault reads says about a group."""
    assert facts.application is not None
    assert facts.app is not None
    claim, read = facts.application.claim, facts.app.groups_claim
    if read == ROLES_CLAIM and not claim.as_roles:
        return set(group.app_roles)
    if read != (ROLES_CLAIM if claim.as_roles else GROUPS_CLAIM):
        return set()
    concerned = (
        ("ApplicationGroup" in claim.scopes and (group.assigned or len(claim.scopes) > 1))
        or "All" in claim.scopes
        or ("SecurityGroup" in claim.scopes and group.security_enabled)
    )
    if not concerned:
        return set()
    by_name = claim.cloud_display_name and claim.scopes == {"ApplicationGroup"}
    if claim.synced_form and group.synced:
        prefix = "" if claim.synced_form == "sam_account_name" else "CORP\\"
        return {prefix + str(group.sam_account_name)}
    if by_name and not group.synced:
        return {group.display_name}
    return set() if claim.synced_form or by_name else {group.object_id}


#: Findings that are not about what a token leads to.
BESIDE = {"no_members", "disabled_members", "nested", "assignment", "renamed", "renamed_user_group", "link", "company"}
#: Findings about what no documentation decides; a model cannot either.
OPEN = {"claim_undocumented", "linked_by_name", "letter_case"}


@given(all_facts().map(lambda facts: dataclasses.replace(facts, mapping_pending=False)))
def test_predictions_come_true(facts: PreflightFacts) -> None:
    """Ok: sign-in yields exactly the Commvault group that is told. Warning: that one, or others too. Unknown: that one, or what
    nobody documents. Broken: not that one, unless it is of no use (disabled, linked to another, the claim is not read).
    """
    for row in build_group_rows(facts):
        entra = next(item.entra for item in facts.mapped if item.where == tuple(row["where"]))
        if entra is None:
            assert row["verdict"] != "ok"
            continue
        said = token(facts, entra)
        yields = {
            group.name
            for group in facts.user_groups
            if group.company == row["company"]
            and (group.name in said or (group.azure_guid is not None and group.azure_guid in said))
        }
        about = {item["check"]: item["verdict"] for item in row["findings"] if item["check"] not in BESIDE}
        name = row["user_group"]
        if not about:
            event("ok")
            assert yields == {name}
        elif "broken" not in about.values():
            event("warning or unknown")
            assert name in yields or OPEN & set(about)
            assert ("other_group" in about) == bool(yields - {name})
        else:
            event("broken")
            useless = {"disabled", "recreated", "attribute_mapping"} & set(about)
            assert name not in yields or useless
            assert not (name not in yields and useless == {"disabled"} and len(about) == 1)
