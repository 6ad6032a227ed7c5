# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers, server groups, plans, storage pools, workflows and companies of the CommCells."""

from __future__ import annotations

from dataclasses import dataclass, field

from cvops_simulator.commvault.model import (
    CLIENT,
    CLIENT_GROUP,
    PLAN,
    STORAGE_POOL,
    WORKFLOW,
    Company,
    Credential,
    Entity,
)
from cvops_simulator.seeds.ids import Ids
from cvops_simulator.seeds.people import DOMAIN
from cvops_simulator.seeds.profile import Profile, Scope

_WORKFLOWS = (
    "Restore approval",
    "Access request",
    "Server onboarding",
    "Server decommissioning",
    "Monthly restore test",
    "Ransomware response",
)
_COMPANIES = ("Northwind", "Fabrikam", "Tailspin", "Litware", "Adatum", "Proseware", "Wingtip", "Lucerne", "Relecloud")
_EXTRA_COMPANY = "Contoso Labs"
_ROLES = ("app", "web", "db", "fs", "dc", "ts")


@dataclass
class Inventory:
    """What one CommCell protects. The dicts list names by scope (`emea-vm`), storage pools by region."""

    entities: list[Entity] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)
    group_clients: dict[int, list[int]] = field(default_factory=dict)
    server_groups: dict[str, list[str]] = field(default_factory=dict)
    plans: dict[str, list[str]] = field(default_factory=dict)
    servers: dict[str, list[str]] = field(default_factory=dict)
    storage_pools: dict[str, list[str]] = field(default_factory=dict)
    _index: dict[tuple[int, str], int] = field(default_factory=dict)

    def id_of(self, entity_type: int, name: str) -> int:
        """Return the id of a named entity."""
        if len(self._index) != len(self.entities):
            self._index = {(item.type, item.name): item.id for item in self.entities}
        return self._index[entity_type, name]


class InventoryBuilder:
    """Builds the inventory of one CommCell; ids of different CommCells never coincide."""

    def __init__(self, profile: Profile, ids: Ids, commcell: str) -> None:
        self._profile = profile
        self._ids = ids
        self._commcell = commcell
        number = list(profile.commcells).index(commcell)
        self._next = {
            CLIENT: 2 + 10000 * number,
            CLIENT_GROUP: 101 + 1000 * number,
            PLAN: 301 + 1000 * number,
            STORAGE_POOL: 601 + 1000 * number,
            WORKFLOW: 701 + 1000 * number,
        }
        self._number = number
        self._company_ids: dict[str, int] = {}
        self.inventory = Inventory()

    def _add(self, entity_type: int, name: str, **extra: object) -> int:
        entity_id = self._next[entity_type]
        self._next[entity_type] += 1
        self.inventory.entities.append(Entity(entity_type, entity_id, name, extra=extra))
        return entity_id

    def build(self) -> Inventory:
        """Return the whole inventory."""
        self._add(CLIENT, self._commcell, hostName=f"{self._commcell}.{DOMAIN}")
        if self._profile.has_customers:
            for region in self._profile.commcells[self._commcell]:
                self._add_company(f"Customer {region[1:]}", region)
        everything = self._profile.scopes
        scopes = [scope for scope in everything if scope.commcell == self._commcell]
        total = self._profile.clients - sum(1 for regions in self._profile.commcells.values() if regions)
        everywhere = len(everything)
        for scope in scopes:
            index = everything.index(scope)
            count = total * (index + 1) // everywhere - total * index // everywhere
            first = len(self.inventory.entities)
            self._add_scope(scope, count)
            for entity in self.inventory.entities[first:] if self._profile.has_customers else ():
                entity.company_id = self._company_ids[scope.region]
        for region in dict.fromkeys(scope.region for scope in scopes):
            self._add_pools(region)
        if not scopes:
            self._add_small_commcell()
        for name in _WORKFLOWS:
            self._add(WORKFLOW, name)
        self._add_companies()
        self._add_credential()
        return self.inventory

    def _add_scope(self, scope: Scope, count: int) -> None:
        sites = self._profile.sites[scope.region]
        servers = []
        for number in range(count):
            site = sites[number % len(sites)]
            name = f"{site}-{scope.workload}-{_ROLES[number % len(_ROLES)]}{number // len(_ROLES) + 1:03d}"
            servers.append((self._add(CLIENT, name, hostName=f"{name}.{DOMAIN}"), name))
        self.inventory.servers[scope.name] = [name for _id, name in servers]
        groups = []
        for position, kind in enumerate(self._profile.group_kinds):
            name = f"{scope.name}-{kind}" if kind else scope.name
            group_id = self._add(CLIENT_GROUP, name)
            inside = servers if not kind else servers[position :: len(self._profile.group_kinds)]
            self.inventory.group_clients[group_id] = [client_id for client_id, _name in inside]
            groups.append(name)
        self.inventory.server_groups[scope.name] = groups
        plans = [f"{tier}-{scope.name}" for tier in self._profile.plan_tiers]
        for plan in plans:
            self._add(PLAN, plan)
        self.inventory.plans[scope.name] = plans

    def _add_pools(self, region: str) -> None:
        names = [f"{region}-{site}-{kind}" for site in self._profile.sites[region][:2] for kind in ("disk", "cloud")]
        for name in names:
            self._add(STORAGE_POOL, name)
        self.inventory.storage_pools[region] = names
        if self._profile.name == "M":
            self._add(PLAN, f"laptop-{region}")
        if self._profile.name == "S":
            for name in ("laptops", "servers"):
                self._add(CLIENT_GROUP, name)
        if self._profile.name == "L":
            self._add(CLIENT_GROUP, f"{region}-all-sites")

    def _add_small_commcell(self) -> None:
        """Add a handful of everything: a CommCell on the side."""
        for number in range(1, 9):
            self._add(
                CLIENT, f"{self._commcell}-srv{number:02d}", hostName=f"{self._commcell}-srv{number:02d}.{DOMAIN}"
            )
        self._add(CLIENT_GROUP, f"{self._commcell}-servers")
        self._add(PLAN, f"{self._commcell}-default")
        self._add(STORAGE_POOL, f"{self._commcell}-disk")

    def _add_companies(self) -> None:
        names = (*_COMPANIES, _EXTRA_COMPANY)[: self._profile.companies]
        for name in names:
            self._add_company(name, name.split()[0].lower())
        if names and self._number == 0:
            first = self.inventory.companies[0]
            self._add(PLAN, f"{first.alias}-standard")
            self.inventory.entities[-1].company_id = first.id

    def _add_company(self, name: str, alias: str) -> None:
        company_id = 901 + len(self.inventory.companies) + 1000 * self._number
        self._company_ids[alias] = company_id
        self.inventory.companies.append(
            Company(
                id=company_id,
                name=name,
                alias=alias,
                guid=self._ids.guid(self._commcell, "company", alias),
                contact_name=f"{name} administration",
                contact_email=f"backup@{alias}.example",
                email_domains=[f"{alias}.example"],
            )
        )

    def _add_credential(self) -> None:
        self.inventory.credentials.append(
            Credential(
                id=61 + 1000 * self._number,
                name="azure-prod",
                account_type="CLOUD_ACCOUNT",
                auth_type="AZUREACCOUNT",
                vendor_type="MICROSOFT_AZURE_TYPE",
                description="Backup of the production subscription",
                fields={
                    "tenantId": self._ids.guid("tenant"),
                    "applicationId": self._ids.guid("application", "azure-prod"),
                    "environment": "AzureCloud",
                    "endpoints": {
                        "activeDirectoryEndpoint": "https://login.microsoftonline.com/",
                        "resourceManagerEndpoint": "https://management.azure.com/",
                        "storageEndpoint": "blob.core.windows.net",
                    },
                },
                secrets={"applicationSecret": self._ids.secret(self._commcell, "azure-prod")},
            )
        )
