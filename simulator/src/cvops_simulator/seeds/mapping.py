# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Entra groups that are mapped, and the mapping itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cvops_simulator.commvault.model import (
    CLIENT,
    CLIENT_GROUP,
    COMMCELL,
    COMMCELL_ID,
    PLAN,
    STORAGE_POOL,
)
from cvops_simulator.seeds.ids import Ids
from cvops_simulator.seeds.inventory import Inventory
from cvops_simulator.seeds.people import DOMAIN, Person
from cvops_simulator.seeds.profile import Profile, Scope
from cvops_simulator.seeds.roles import get_tier_role

#: Document key of an entity list -> entity type number.
ENTITY_KEYS = {
    "servers": CLIENT,
    "server_groups": CLIENT_GROUP,
    "plans": PLAN,
    "storage_pools": STORAGE_POOL,
}

#: CommCell-wide groups: name suffix and role, first choice and the built-in one for small sets.
_WIDE = (
    ("platform-Admin", ("Platform Administrator", "Client Admins")),
    ("platform-Audit", ("Access Auditor", "Compliance")),
    ("platform-Automation", ("Identity Automation", "")),
)


@dataclass
class MappedGroup:
    """One Entra group with its mapping entry. `scope` None: a CommCell-wide group."""

    name: str
    object_id: str
    description: str
    scope: Scope | None
    tier: str
    members: list[Person]
    entry: dict[str, Any] = field(default_factory=dict)

    @property
    def unique_name(self) -> str:
        """Entra's alternate key; also the mail nickname."""
        return self.name.lower()

    def commcells(self, profile: Profile) -> list[str]:
        """Return the CommCells that the mapping entry reaches."""
        return list(profile.commcells) if self.scope is None else [self.scope.commcell]


def make_groups(
    profile: Profile, ids: Ids, people: list[Person], inventories: dict[str, Inventory]
) -> list[MappedGroup]:
    """Return all mapped groups of a set with members and mapping entries: wide ones first, then scope by scope."""
    names = list(_list_slots(profile))
    choice = ids.random("members")
    staff: dict[str, list[Person]] = {}
    for person in people:
        if person.enabled:
            staff.setdefault(person.region, []).append(person)
    everyone = [person for person in people if person.enabled]
    groups = []
    for number, (name, scope, tier, description) in enumerate(names):
        pool = everyone if scope is None else staff[scope.region]
        size = min(len(pool), 3 if scope is None else choice.randint(*profile.members))
        members = [] if number % 33 == len(names) % 33 - 1 else choice.sample(pool, size)
        group = MappedGroup(name, ids.guid("group", name.lower()), description, scope, tier, members)
        group.entry = _make_entry(profile, group, number, inventories)
        groups.append(group)
    return groups


def _list_slots(profile: Profile) -> Iterator[tuple[str, Scope | None, str, str]]:
    """Return the name, scope, tier and description of exactly `profile.groups` groups.

    The last scopes go without an Audit group when there are too many.
    """
    wide = [item for item in _WIDE if profile.custom_roles > 2 or item[1][1]]
    for suffix, _roles in wide:
        kind = suffix.rsplit("-", 1)[1]
        yield f"GG-Commvault-{suffix}", None, kind, f"Commvault platform: {kind.lower()}, all CommCells"
    slots = [(scope, tier) for scope in profile.scopes for tier in profile.tiers_of(scope)]
    surplus = len(slots) + len(wide) - profile.groups
    dropped = [slot for slot in reversed(slots) if slot[1] == "Audit"][:surplus]
    for scope, tier in slots:
        if (scope, tier) not in dropped:
            description = f"Commvault {scope.workload} in {scope.region}: {tier.lower()}"
            yield f"GG-Commvault-{scope.name}-{tier}", scope, tier, description


def _make_entry(profile: Profile, group: MappedGroup, number: int, inventories: dict[str, Inventory]) -> dict[str, Any]:
    principal: dict[str, Any] = {"name": group.name}
    if profile.groups_given:
        principal["object_id"] = group.object_id
    return {
        "principal": {"entra_group": principal},
        "commcells": _make_patterns(profile, group),
        "grants": _make_grants(profile, group, number, inventories),
        "approval": {
            "ticket": f"CHG{40217 + 7 * number:07d}",
            "approved_by": ("d.ramos", "p.keller", "o.petrova")[number % 3],
            "approved_on": f"2026-0{1 + number % 8}-{1 + number * 5 % 28:02d}",
            "reason": f"{group.tier} access for the team in charge",
        },
        "business_owner": f"{group.scope.workload if group.scope else 'backup'}-platform@{DOMAIN}",
    }


def _make_patterns(profile: Profile, group: MappedGroup) -> list[str]:
    if group.scope is None:
        return list(profile.commcells)[:1] if profile.groups_given else ["*"]
    return [f"{group.scope.region}-*"] if profile.name == "M" else [group.scope.commcell]


def _make_grants(
    profile: Profile, group: MappedGroup, number: int, inventories: dict[str, Inventory]
) -> list[dict[str, Any]]:
    scope = group.scope
    if scope is None:
        return [{"role": _choose_wide_role(profile, group.tier), "entities": "commcell"}]
    inventory = inventories[scope.commcell]
    server_groups, plans = inventory.server_groups[scope.name], inventory.plans[scope.name]
    entities: dict[str, list[str]] = {"server_groups": list(server_groups)}
    if group.tier == "Admin":
        entities |= {"plans": list(plans), "storage_pools": inventory.storage_pools[scope.region][:2]}
    elif group.tier == "Operator":
        entities["plans"] = plans[: max(2, len(plans) - 1)]
    elif group.tier == "View" and profile.name != "M":
        entities["plans"] = plans[:2]
    elif group.tier == "Audit" and profile.name == "M":
        entities["server_groups"] = server_groups[:3]
    if profile.name == "S" and group.tier in ("Admin", "Operator"):
        entities["server_groups"] = [*server_groups, "servers"]
    grants: list[dict[str, Any]] = [{"role": get_tier_role(profile, group.tier), "entities": entities}]
    if number % 10 == 4:
        grants.append({"role": _choose_exception_role(profile), "entities": {"plans": [plans[-1]]}})
    elif number % 20 == 9:
        grants.append({"role": "Restore Operator", "entities": {"servers": [inventory.servers[scope.name][0]]}})
    if profile.has_customers:
        for grant in grants:
            grant["entities"] = _add_company(grant["entities"], scope.region)
    return grants


def _add_company(entities: dict[str, list[str]], company: str) -> dict[str, list[Any]]:
    """Return entities as a mapping names those of a company; storage pools are the CommCell's own."""
    return {
        kind: names if kind == "storage_pools" else [{"name": name, "company": company} for name in names]
        for kind, names in entities.items()
    }


def _choose_wide_role(profile: Profile, tier: str) -> str:
    custom, built_in = next(roles for suffix, roles in _WIDE if suffix.endswith(tier))
    return custom if profile.custom_roles > 2 else built_in


def _choose_exception_role(profile: Profile) -> str:
    return "Plan Manager" if profile.custom_roles > 6 else "Compliance"


def list_grant_triples(entry: dict[str, Any], inventory: Inventory) -> list[tuple[str, int, int]]:
    """Return what an entry grants on one CommCell: (role name, entity type, entity id)."""
    found = []
    for grant in entry["grants"]:
        if grant["entities"] == "commcell":
            found.append((grant["role"], COMMCELL, COMMCELL_ID))
            continue
        for key, names in grant["entities"].items():
            for name in names:
                text = name["name"] if isinstance(name, dict) else name
                found.append((grant["role"], ENTITY_KEYS[key], inventory.id_of(ENTITY_KEYS[key], text)))
    return found
