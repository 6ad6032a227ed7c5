# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No step of a mapping grows with the square of the grants: hashes and comparisons are counted, so that no machine's load matters."""

from __future__ import annotations

import typing as t

import pytest
from mapping_fakes import make_silent_context

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    Association,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    MappedPrincipal,
    PlannedGrant,
    Resolved,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.drift import (
    Drift,
    describe_drift,
    find_surplus,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import (
    find_differences,
    fit_budget,
    make_plan,
    order_requests,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.read import Reader

#: Groups of the smaller and of the larger mapping; each has as many grants.
FEW, MANY = 20, 200
GRANTS_EACH = 20
#: Sorting takes a little more for each of many; a step that grows with the square takes ten times as much for each.
STEEPER = 1.35


class CountedId(int):
    """An id that counts how often it is hashed and compared."""

    uses = 0

    def __hash__(self) -> int:
        CountedId.uses += 1
        return int.__hash__(self)

    def __eq__(self, other: object) -> bool:
        CountedId.uses += 1
        return int.__eq__(self, other) is True

    def __lt__(self, other: int) -> bool:
        CountedId.uses += 1
        return int.__lt__(self, other)


class Service:
    """A CommCell where half of the groups hold what is wanted; details show that, or nothing."""

    can_list_principal = is_known_to_list_principals = True
    commcell = Entity("commcell", 2)

    def __init__(self, count: int, with_details: bool) -> None:
        principals = [Principal("user_group", CountedId(number + 1)) for number in range(count)]
        self.wanted = [
            PlannedGrant(who, CountedId(index % 3 + 1), Entity("plans", CountedId(number * 5 + index + 1)))
            for number, who in enumerate(principals)
            for index in range(GRANTS_EACH)
        ]
        self.held: dict[int, list[PlannedGrant]] = {int(who.id): [] for who in principals}
        for grant in self.wanted:
            if grant.principal.id % 2:  # type: ignore[union-attr]
                self.held[int(grant.principal.id)].append(grant)  # type: ignore[union-attr]
        self.with_details = with_details
        self.resolved = Resolved(present=dict.fromkeys(self.wanted, "mappings[0]"))
        for who in principals:
            self.resolved.add_principal(MappedPrincipal(who, f"group {int(who.id)}", "mappings[0]"))

    def can_list_entity(self, _entity: Entity) -> bool:
        return True

    def warn_of_unknown_release(self) -> None: ...

    def list_of_principal(self, principal: Principal) -> list[Association]:
        return [
            Association(principal, "p", t.cast(int, grant.role), "role", grant.entity, "plan", "explicit")
            for grant in self.held[int(principal.id)]
        ]

    def list_on_entity(self, entity: Entity) -> list[Association]:
        return []

    def read_catalogue(self, _kind: str) -> Catalogue:
        return Catalogue("user group", ())

    def get_cached_user_group(self, group_id: int) -> dict[str, t.Any] | None:
        rows = [
            {"role": {"id": int(t.cast(int, grant.role))}, "type": 158, "id": int(grant.entity.id)}
            for grant in self.held[int(group_id)]
        ]
        return {"associatedEntities": rows} if self.with_details else None


def count_uses(count: int, with_details: bool, exclusive: bool) -> float:
    """Return how often ids are hashed and compared, for each grant, from reading to the plan."""
    service = Service(count, with_details)
    fake, resolved = t.cast(t.Any, service), service.resolved
    CountedId.uses = 0
    current = Reader(make_silent_context(), fake, fake, 1).read_current(resolved, exclusive)
    drift = Drift(find_surplus(resolved.present, current.grants, resolved.principals))
    changes = find_differences(
        resolved.present, resolved.absent, current.grants, exclusive, resolved.principals, current.list_satisfied()
    )
    schedule = fit_budget(order_requests(changes, [], dict.fromkeys(resolved.principals)), None)
    plan = make_plan(schedule, resolved, current.grants, lambda _number: None, drift)
    describe_drift(drift, schedule.list_grants("remove"), resolved.names)
    assert plan.steps and len(current.grants) == count * GRANTS_EACH // 2
    return CountedId.uses / (count * GRANTS_EACH)


@pytest.mark.parametrize("with_details", [True, False], ids=["details", "security service"])
@pytest.mark.parametrize("exclusive", [True, False], ids=["exclusive", "additive"])
def test_work_for_each_grant_does_not_grow_with_their_number(with_details: bool, exclusive: bool) -> None:
    few, many = count_uses(FEW, with_details, exclusive), count_uses(MANY, with_details, exclusive)
    assert many < few * STEEPER, (
        f"{few:.0f} for each of {FEW * GRANTS_EACH} grants, {many:.0f} for each of {MANY * GRANTS_EACH}"
    )
