# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies × identities × places: what the guard says of a sign-in is what the simulated token service decides, and they share no code.

Disputes are decided by the documented cases of ``lock_out_cases.yml``, each with its source, which both have to meet.
"""

from __future__ import annotations

import pathlib
import random
import typing as t

import pytest
import yaml
from cvops_simulator import Simulator
from cvops_simulator.entra.conditional_access.conditions import APPLIES, find_reason
from cvops_simulator.entra.conditional_access.places import find_country
from cvops_simulator.entra.conditional_access.policies import add_location, add_policy
from cvops_simulator.entra.conditional_access.sign_ins import SignIn as RealSignIn

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.canonical import read_policy
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.evaluation import (
    Applies,
    SignIn,
    evaluate_policy,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.guard import read_places

pytestmark = pytest.mark.any_core

POLICIES = 200
ROLE = "62e90394-69f5-4237-9190-012177145e10"
APPLICATIONS = ["00000003-0000-0000-c000-000000000000", "d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa"]
#: Of Switzerland, Germany, the United States, of a documented IPv6 range, and of no known country.
ADDRESSES = ["203.0.113.20", "198.51.100.20", "192.0.2.20", "2001:db8:40::7", "10.1.2.3"]
#: Where only the service knows: which service principals are of this tenant's own making, and which addresses were trusted before locations.
OPEN = {"users", "locations"}


class World:
    """A tenant with users in groups in groups, roles, service principals and locations."""

    def __init__(self, site: Simulator) -> None:
        self.site, self.tenant = site, site.tenant
        members = [row for row in site.tenant.users.values() if row.get("userType") != "Guest"]
        self.users = members[:4]
        ids = [row["id"] for row in self.users]
        self.inner = self._group("inner", [ids[0]])
        self.outer = self._group("outer", [self.inner, ids[1]])
        self.other = self._group("other", [ids[2]])
        self.groups = [self.inner, self.outer, self.other]
        self.tenant.relate("roleMembers", ROLE, [ids[3]], True)
        # Of applications of this tenant: those of others are not covered by such policies.
        made = [site.identity(name=f"service {number}") for number in range(2)]
        self.principals = [site.tenant.service_principals[one.object_id] for one in made]
        ranges = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}]
        wide = [*ranges, {"@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8:40::/48"}]
        self.locations = [
            self._location(ipRanges=wide, isTrusted=True),
            self._location(ipRanges=[{"@odata.type": ranges[0]["@odata.type"], "cidrAddress": "198.51.100.0/25"}]),
            self._location("country", countriesAndRegions=["CH", "US"]),
        ]

    def _group(self, name: str, members: list[str]) -> str:
        group = self.tenant.add("group", {"displayName": name, "securityEnabled": True}, replicated=True)
        self.tenant.relate("members", group["id"], members, replicated=True)
        return str(group["id"])

    def _location(self, kind: str = "ip", **values: t.Any) -> str:
        head = {"@odata.type": f"#microsoft.graph.{kind}NamedLocation", "displayName": kind}
        return str(add_location(self.tenant, {**head, **values}, replicated=True)["id"])

    def groups_of(self, user_id: str) -> frozenset[str]:
        """The groups of a user, also through other groups."""
        found: set[str] = set()
        todo = [user_id]
        while todo:
            member = todo.pop()
            for group in self.groups:
                if member in self.tenant.members(group) and group not in found:
                    found.add(group)
                    todo.append(group)
        return frozenset(found)

    def sign_ins(self) -> t.Iterator[tuple[SignIn, RealSignIn]]:
        """Every identity, to each application, from each address: as the guard and as the service see it."""
        for row in [*self.users, *self.principals]:
            is_user = "userPrincipalName" in row
            for application in APPLICATIONS:
                for address in ADDRESSES:
                    country = find_country(self.tenant, address)
                    own = SignIn(
                        "x",
                        row["id"].lower(),
                        not is_user,
                        self.groups_of(row["id"]) if is_user else None,
                        frozenset({ROLE} if row["id"] in self.tenant.role_members(ROLE) else ()),
                        False,
                        application,
                        address,
                        country or "",
                    )
                    real = RealSignIn(
                        row, is_user, targets=(application,), address=address, country=country, client_app="browser"
                    )
                    yield own, real


def draw_policy(world: World, random_: random.Random) -> dict[str, t.Any]:
    """A policy with conditions by chance."""
    some = lambda listed: random_.sample(listed, random_.randint(0, min(2, len(listed))))  # noqa: E731
    one_or_two = lambda listed: random_.sample(listed, random_.randint(1, 2))  # noqa: E731
    users = [row["id"] for row in world.users]
    conditions: dict[str, t.Any] = {
        "applications": {
            "includeApplications": random_.choice([["All"], ["All"], ["None"], one_or_two(APPLICATIONS)]),
            "excludeApplications": random_.choice([[], [], some(APPLICATIONS)]),
        },
        "clientAppTypes": ["all"],
    }
    if random_.random() < 0.25:
        ids = [row["id"] for row in world.principals]
        included = random_.choice([some(ids), ["ServicePrincipalsInMyTenant"]])
        conditions["clientApplications"] = {"includeServicePrincipals": included, "excludeServicePrincipals": some(ids)}
    else:
        conditions["users"] = {
            "includeUsers": random_.choice([["All"], ["None"], some(users)]),
            "includeGroups": some(world.groups),
            "includeRoles": random_.choice([[], [ROLE]]),
            "excludeUsers": random_.choice([[], some(users)]),
            "excludeGroups": random_.choice([[], some(world.groups)]),
            "excludeRoles": random_.choice([[], [], [ROLE]]),
        }
    if random_.random() < 0.7:
        conditions["locations"] = {
            "includeLocations": random_.choice([["All"], ["AllTrusted"], one_or_two(world.locations)]),
            "excludeLocations": random_.choice([[], ["AllTrusted"], some(world.locations)]),
        }
    controls = {"operator": "OR", "builtInControls": ["block"]}
    return {"displayName": "drawn", "state": "enabled", "conditions": conditions, "grantControls": controls}


def judge_both(
    world: World, values: dict[str, t.Any], own: SignIn, real: RealSignIn
) -> tuple[Applies, bool, tuple[str, ...]]:
    """What the guard and what the service say of one policy and one sign-in."""
    row = add_policy(world.tenant, values, replicated=True)
    places = read_places(world.tenant.named_locations.values())
    verdict = evaluate_policy(read_policy(row).form, own, places)
    return (
        verdict.applies,
        find_reason(world.tenant, world.tenant.store.primary(), row, real) == APPLIES,
        verdict.reasons,
    )


def is_open(form: dict[str, t.Any], reason: str) -> bool:
    """Whether the guard may leave a condition open."""
    named = {"users": ["client_applications.include"], "locations": ["locations.include", "locations.exclude"]}[reason]
    words = {text for option in named for text in form.get(option) or ()}
    return bool(words & {"all_in_tenant", "all_trusted"})


def test_the_guard_says_what_the_service_decides(site: Simulator) -> None:
    world, random_ = World(site), random.Random(17)
    sign_ins, seen = list(world.sign_ins()), {Applies.NO: 0, Applies.MAYBE: 0, Applies.YES: 0}
    places = read_places(site.tenant.named_locations.values())
    for _number in range(POLICIES):
        row = add_policy(site.tenant, draw_policy(world, random_), replicated=True)
        form, view = read_policy(row).form, site.tenant.store.primary()
        for own, real in sign_ins:
            verdict = evaluate_policy(form, own, places)
            applies = find_reason(site.tenant, view, row, real) == APPLIES
            seen[verdict.applies] += 1
            if verdict.applies is Applies.MAYBE:
                assert set(verdict.reasons) <= OPEN and any(is_open(form, reason) for reason in verdict.reasons), form
            else:
                assert (verdict.applies is Applies.YES) == applies, (form, own, verdict)
    assert all(seen.values()), seen
    assert seen[Applies.MAYBE] < seen[Applies.YES], "where the guard does not know it is of little use"


CASES = yaml.safe_load((pathlib.Path(__file__).resolve().parent / "lock_out_cases.yml").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["title"])
def test_documented_cases(site: Simulator, case: dict[str, t.Any]) -> None:
    """What the documentation says of a sign-in is what both say; "may" stands where the guard cannot know."""
    world = World(site)
    names = {
        **{f"user{number}": row["id"] for number, row in enumerate(world.users)},
        **{f"service{number}": row["id"] for number, row in enumerate(world.principals)},
        **{"inner": world.inner, "outer": world.outer, "other": world.other, "role": ROLE},
        **{"office": world.locations[0], "germany": world.locations[1], "countries": world.locations[2]},
        **{"graph": APPLICATIONS[0], "console": APPLICATIONS[1]},
    }
    conditions = {
        part: {name: [names.get(text, text) for text in listed] for name, listed in fields.items()}
        for part, fields in case["conditions"].items()
    }
    values = {"displayName": "case", "state": "enabled", "conditions": {"clientAppTypes": ["all"], **conditions}}
    wanted = names[case["who"]], names[case.get("application", "console")], case.get("address", ADDRESSES[0])
    own, real = next(
        pair
        for pair in world.sign_ins()
        if (pair[0].object_id, pair[0].application, pair[0].address) == (wanted[0].lower(), *wanted[1:])
    )
    applies, decided, _reasons = judge_both(world, values, own, real)
    assert decided is case["applies"], "the service"
    assert applies is (Applies.MAYBE if case.get("guard") == "may" else Applies.YES if case["applies"] else Applies.NO)
