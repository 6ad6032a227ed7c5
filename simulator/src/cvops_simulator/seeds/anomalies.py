# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The anomalies of a real site, each under its own name, so that a test can ask for it.

They stand beside the mapping document, not in it: a converged site stays converged. An anomaly that needs a mapping
entry carries one under `entry`.
"""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import VIEW
from cvops_simulator.commvault.model import (
    CLIENT,
    CLIENT_GROUP,
    CREATOR,
    INHERITED,
    OWNER,
    PLAN,
    USER_GROUP,
    Entity,
    Grant,
    Role,
)
from cvops_simulator.core.site import TenantSeed
from cvops_simulator.seeds.commcell import LOCAL_ADMIN, CommCellBuilder
from cvops_simulator.seeds.ids import Ids
from cvops_simulator.seeds.mapping import MappedGroup
from cvops_simulator.seeds.people import DOMAIN, Person
from cvops_simulator.seeds.tenant import make_graph_group

ODD_SERVERS = {
    "umlaut": "Büro-München-01",
    "double_quote": 'the "old" server',
    "single_quote": "O'Brien",
    "slash": "dev/test",
    "backslash": "LAB\\host",
    "comma": "rack 4, slot 2",
    "hash": "node#7",
    "percent": "100%-virtual",
    "ampersand": "R&D",
    "emoji": "backup-🚀",
    "upper_twin": "PRINT01",
    "lower_twin": "print01",
}
ODD_GROUPS = {"umlaut": "Büro & Söhne", "slash": "Ops/Night", "percent": "50% staff", "comma": "Sales, EMEA"}

#: Part of the names that ids are made of: another word would change the ids of every seeded site.
_ID_PART = "mess"


class AnomalyBuilder:
    """Adds anomalies to a site under construction and records where they are."""

    def __init__(
        self,
        ids: Ids,
        tenant: TenantSeed,
        people: list[Person],
        groups: list[MappedGroup],
        builders: dict[str, CommCellBuilder],
    ) -> None:
        self._ids = ids
        self._tenant = tenant
        self._people = people
        self._groups = groups
        self._builders = builders
        self._first = next(iter(builders.values()))
        self.found: dict[str, Any] = {}

    def add_always(self, odd_names: bool) -> None:
        """Add those of the CommCells, which are there before and after a run."""
        seed = self._first.seed
        self.found["local_admin_outside_sso"] = {"commcell": seed.name, "user": LOCAL_ADMIN}
        for name, kind in (("creator_grant", CREATOR), ("owner_grant", OWNER), ("inherited_duplicate", INHERITED)):
            self.found[name] = self._locate(next(grant for grant in seed.grants if grant.kind == kind))
        self.found["custom_permission_grant"] = self._locate(
            next(grant for grant in seed.grants if grant.role_id is None)
        )
        leaver = next(person for person in self._people if not person.enabled)
        cells = [name for name, builder in self._builders.items() if leaver.account in builder.user_ids]
        self.found["disabled_entra_user"] = {"upn": leaver.upn, "user": leaver.account, "commcells": cells}
        self.found["group_without_members"] = {
            "groups": [group.name for group in self._groups if not group.members],
        }
        self.found["mapping_to_missing_role"] = self._make_entry("GG-Commvault-retired-Operator", "Tape Librarian")
        self._add_role_of_equal_name()
        self._add_company_group()
        if odd_names:
            self._add_odd_names()

    def add_to_converged(self) -> None:
        """Add those that need the mapped groups."""
        self._add_renamed_group()
        self._add_recreated_group()
        self._add_nested_group()
        self._add_equal_names()
        self._add_foreign_grants()
        self._add_duty_conflicts()
        self._add_partial_group()
        # Last, because it counts in how many groups two people are.
        self._add_many_groups()

    def _locate(self, grant: Grant) -> dict[str, Any]:
        return {"commcell": self._first.seed.name, "grant": grant}

    def _make_entry(self, name: str, role: str, commcells: list[str] | None = None) -> dict[str, Any]:
        """Return a mapping entry that is valid but not in the document."""
        group = next(item.name for item in self._first.seed.entities if item.type == CLIENT_GROUP)
        return {
            "principal": {"entra_group": {"name": name}},
            "commcells": commcells or [self._first.seed.name],
            "grants": [{"role": role, "entities": {"server_groups": [group]}}],
        }

    def _add_graph_group(self, name: str, members: list[str], key: str = "", **extra: object) -> str:
        object_id = self._ids.guid("group", _ID_PART, name, key)
        self._tenant.groups.append(make_graph_group(object_id, name, "", members, **extra))
        return object_id

    def _add_mapped_group(self, builder: CommCellBuilder, name: str, object_id: str) -> int:
        record = builder.add_group(name, azure_guid=object_id)
        builder.add_grant(USER_GROUP, record.id, "View", builder.find_entity(CLIENT_GROUP))
        return record.id

    def _add_renamed_group(self) -> None:
        old, new = "GG-Commvault-print-Operator", "GG-Commvault-output-Operator"
        object_id = self._add_graph_group(new, [self._people[0].object_id])
        group_id = self._add_mapped_group(self._first, old, object_id)
        self.found["renamed_entra_group"] = {
            "object_id": object_id,
            "old_name": old,
            "new_name": new,
            "user_group_id": group_id,
            "entry": self._make_entry(new, "View"),
        }

    def _add_recreated_group(self) -> None:
        name = "GG-Commvault-branch-Operator"
        object_id = self._add_graph_group(name, [self._people[1].object_id], "new")
        old_id = self._ids.guid("group", _ID_PART, name, "old")
        group_id = self._add_mapped_group(self._first, name, old_id)
        self.found["recreated_entra_group"] = {
            "name": name,
            "old_object_id": old_id,
            "object_id": object_id,
            "user_group_id": group_id,
            "entry": self._make_entry(name, "View"),
        }

    def _add_nested_group(self) -> None:
        inner = self._add_graph_group("Team Backup Night", [person.object_id for person in self._people[2:5]])
        outer = self._add_graph_group("Team Backup", [inner, self._people[5].object_id])
        self.found["nested_group"] = {"outer": outer, "inner": inner}

    def _add_equal_names(self) -> None:
        name = "Backup Reviewers"
        cloud = self._add_graph_group(name, [self._people[6].object_id], "cloud")
        synced = self._add_graph_group(
            name,
            [self._people[7].object_id],
            "synced",
            onPremisesSyncEnabled=True,
            onPremisesSamAccountName="backup-reviewers",
            onPremisesDomainName=DOMAIN,
            onPremisesSecurityIdentifier="S-1-5-21-1004336348-1177238915-682003330-5121",
        )
        self.found["cloud_only_and_synced_equal_names"] = {"name": name, "cloud": cloud, "synced": synced}

    def _add_many_groups(self) -> None:
        """Add a user in 151 groups and one in 201: one more than a SAML token or a JWT carries."""
        for upn_key, position, limit in (("user_in_151_groups", 8, 151), ("user_in_201_groups", 9, 201)):
            person = self._people[position]
            have = sum(1 for group in self._tenant.groups if person.object_id in group["members"])
            self.found[upn_key] = {"upn": person.upn, "object_id": person.object_id, "missing": limit - have}
        small, large = self.found["user_in_151_groups"], self.found["user_in_201_groups"]
        for number in range(max(small["missing"], large["missing"])):
            members = [item["object_id"] for item in (small, large) if number < item["missing"]]
            self._add_graph_group(f"DL-Project-{number + 1:03d}", members)
        for item in (small, large):
            del item["missing"]

    def _add_foreign_grants(self) -> None:
        builder = self._first
        group = next(item for item in self._groups if item.scope and item.scope.commcell == builder.seed.name)
        group_id = builder.group_ids[group.name]
        grant = builder.add_grant(USER_GROUP, group_id, "Client Admins", builder.find_entity(CLIENT, 3))
        self.found["foreign_grant_on_mapped_group"] = {**self._locate(grant), "group": group.name}
        held = next(item for item in builder.seed.grants if item.principal == (USER_GROUP, group_id))
        second = builder.add_grant(USER_GROUP, group_id, "Compliance", held.entity)
        self.found["two_roles_on_one_entity"] = {**self._locate(second), "group": group.name, "other": held}

    def _add_duty_conflicts(self) -> None:
        """Add combinations that segregation of duties forbids, held through groups outside the mapping."""
        admin = next(group for group in self._groups if group.scope and group.tier == "Admin" and group.members)
        person = admin.members[0]
        approver = self._add_graph_group("GG-Commvault-restore-Approver", [person.object_id])
        self.found["sod_admin_and_approver"] = {"upn": person.upn, "admin": admin.name, "approver": approver}
        auditors = self._add_graph_group("GG-Commvault-external-Audit", [person.object_id])
        self.found["sod_audit_and_admin"] = {"upn": person.upn, "admin": admin.name, "audit": auditors}
        service = {
            "id": self._ids.guid("user", "svc-cvops"),
            "displayName": "svc-cvops",
            "userPrincipalName": f"svc-cvops@{DOMAIN}",
            "mail": f"svc-cvops@{DOMAIN}",
            "accountEnabled": True,
            "userType": "Member",
        }
        self._tenant.users.append(service)
        human = self._add_graph_group("Backup Team Lunch", [str(service["id"]), self._people[10].object_id])
        self.found["automation_in_human_group"] = {"upn": service["userPrincipalName"], "group": human}

    def _add_partial_group(self) -> None:
        """Add a group that exists on all CommCells but the last one."""
        if len(self._builders) < 2:
            return
        name = "GG-Commvault-global-Observer"
        object_id = self._add_graph_group(name, [self._people[11].object_id])
        *present, missing = list(self._builders)
        for cell in present:
            self._add_mapped_group(self._builders[cell], name, object_id)
        entry = self._make_entry(name, "View", list(self._builders))
        entry["grants"] = [{"role": "View", "entities": "commcell"}]
        self.found["group_missing_in_one_commcell"] = {
            "name": name,
            "object_id": object_id,
            "present": present,
            "missing": missing,
            "entry": entry,
        }

    def _add_role_of_equal_name(self) -> None:
        """Add a company's own role with the name of a role of the CommCell."""
        seed = self._first.seed
        if not seed.companies:
            return
        company = seed.companies[0]
        # A set with few roles has no Storage Operator.
        name = "Storage Operator" if self._first.profile.custom_roles > 7 else "Access Auditor"
        role = Role(
            id=901,
            name=name,
            guid=self._ids.guid(seed.name, "role", company.alias, name),
            company_id=company.id,
            permission_ids={VIEW},
        )
        seed.roles.append(role)
        self.found["role_name_twin_in_company"] = {
            "commcell": seed.name,
            "role": name,
            "id": 901,
            "company": company.name,
        }

    def _add_company_group(self) -> None:
        """Make the last of the unmanaged groups one of a company."""
        seed = self._first.seed
        if not seed.companies:
            return
        company = seed.companies[0]
        group = [item for item in seed.groups if item.description == "Made by hand"][-1]
        group.company_id = company.id
        self.found["user_group_of_company"] = {
            "commcell": seed.name,
            "user_group": group.name,
            "company": company.name,
        }

    def _add_odd_names(self) -> None:
        """Add names that break careless clients: servers replace ordinary ones, a plan and user groups are added."""
        seed = self._first.seed
        servers = [item for item in seed.entities if item.type == CLIENT][-len(ODD_SERVERS) :]
        for server, name in zip(servers, ODD_SERVERS.values(), strict=True):
            server.name = name
        plan_id = max(item.id for item in seed.entities if item.type == PLAN) + 1
        seed.entities.append(Entity(PLAN, plan_id, "Täglich, 100% & #1"))
        for name in ODD_GROUPS.values():
            self._first.add_group(name, description="Test material")
        self.found["odd_names"] = {"servers": ODD_SERVERS, "user_groups": ODD_GROUPS, "plan": "Täglich, 100% & #1"}
