# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a site together."""

from __future__ import annotations

from cvops_simulator.core.site import Site
from cvops_simulator.seeds.anomalies import AnomalyBuilder
from cvops_simulator.seeds.commcell import CommCellBuilder
from cvops_simulator.seeds.evidence import EvidenceBuilder
from cvops_simulator.seeds.ids import Ids
from cvops_simulator.seeds.inventory import Inventory, InventoryBuilder
from cvops_simulator.seeds.mapping import MappedGroup, make_groups
from cvops_simulator.seeds.people import Person, make_people
from cvops_simulator.seeds.profile import PROFILES, Profile
from cvops_simulator.seeds.tenant import make_tenant_seed
from cvops_simulator.seeds.variables import make_variables

#: User groups that are neither mapped nor unmanaged: two built-in, one of the directory, three anomalies.
_OTHER_GROUPS = 6


def build_site(set: str, seed: int, empty: bool, anomalies: str = "") -> Site:
    """Return a site of one set, the same for the same arguments.

    `empty`: what the mapping document creates is missing (Entra groups, application, custom roles, mapped user
    groups and their grants; in set L the Entra groups exist all the same, because its mapping names their ids).
    Otherwise the site is converged, and has all of `Site.anomalies`; with `anomalies` "evidence" also those of
    `seeds.evidence`. Raises ValueError for other words.
    """
    if anomalies not in ("", "evidence"):
        raise ValueError(f"{anomalies!r} are no anomalies: evidence")
    profile, ids = PROFILES[set], Ids(set, seed)
    people = make_people(profile, ids)
    inventories = {name: InventoryBuilder(profile, ids, name).build() for name in profile.commcells}
    groups = make_groups(profile, ids, people, inventories)
    tenant_seed = make_tenant_seed(profile, ids, people, groups, empty)
    builders = {
        name: _build_commcell(profile, ids, name, inventory, people, groups, empty)
        for name, inventory in inventories.items()
    }
    found = AnomalyBuilder(ids, tenant_seed, people, groups, builders)
    found.add_always(odd_names=profile.name == "S")
    if not empty:
        found.add_to_converged()
    if anomalies and not empty:
        first = next(iter(builders.values()))
        EvidenceBuilder(ids, tenant_seed, people, groups, first, found.found).add_all()
    return Site(
        tenant_seed=tenant_seed,
        commcells={name: builder.seed for name, builder in builders.items()},
        variables=make_variables(profile, groups),
        anomalies=found.found,
    )


def _build_commcell(
    profile: Profile,
    ids: Ids,
    name: str,
    inventory: Inventory,
    people: list[Person],
    groups: list[MappedGroup],
    empty: bool,
) -> CommCellBuilder:
    builder = CommCellBuilder(profile, ids, name, inventory, empty)
    regions = profile.commcells[name]
    here = [group for group in groups if name in _list_reached(profile, group)]
    known = {person.upn for group in here for person in group.members}
    builder.add_people([person for person in people if person.region in regions or person.upn in known])
    busy = bool(regions)
    builder.add_unmanaged(max(2, profile.user_groups - len(groups) - _OTHER_GROUPS) if busy else 2)
    builder.add_identity_apps()
    if not empty:
        for group in here:
            builder.add_mapped_group(group)
    return builder


def _list_reached(profile: Profile, group: MappedGroup) -> list[str]:
    """Return the CommCells of a group; in the set that has one large CommCell, the small ones are left alone."""
    commcells = group.commcells(profile)
    return commcells[:1] if profile.groups_given else commcells
