# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Anomalies that evidence of access has to find: each with rights on both sides, and beside all other ones.

They stand on the first CommCell, and are no part of the mapping document. Everything that is needed to find one stands
in `Site.anomalies` under its name: ids, names and grants.
"""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import DEFAULT
from cvops_simulator.commvault.model import (
    CLIENT,
    CLIENT_GROUP,
    COMMCELL,
    COMMCELL_ID,
    OWNER,
    PLAN,
    USER,
    USER_GROUP,
    Credential,
    Role,
    User,
)
from cvops_simulator.commvault.tokens import AccessToken
from cvops_simulator.core.site import TenantSeed
from cvops_simulator.seeds.commcell import AUTOMATION, CommCellBuilder
from cvops_simulator.seeds.ids import Ids
from cvops_simulator.seeds.mapping import MappedGroup
from cvops_simulator.seeds.people import DOMAIN, Person
from cvops_simulator.seeds.tenant import make_graph_group

_ID_PART = "evidence"
_GRAPH = "00000003-0000-0000-c000-000000000000"
#: Application permissions of Microsoft Graph by name (published ids).
_PERMISSIONS = {
    "RoleManagement.ReadWrite.Directory": "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
    "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
    "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    "Directory.ReadWrite.All": "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
    "Sites.FullControl.All": "a82116e5-55eb-4c41-a434-62fe8a61c773",
    "Files.ReadWrite.All": "75359482-378d-4052-8f01-80520e7db3cd",
    "Mail.ReadWrite": "e2a3a72e-5f79-4c64-b1b1-878b674786c9",
}
_DELETED = "2026-06-30T07:00:00Z"
#: Far enough in the future of every test: 2031-01-01.
_NEXT_DECADE = 1924992000.0


class EvidenceBuilder:
    """Adds the anomalies to a converged site under construction and records them in `found`."""

    def __init__(
        self,
        ids: Ids,
        tenant: TenantSeed,
        people: list[Person],
        groups: list[MappedGroup],
        builder: CommCellBuilder,
        found: dict[str, Any],
    ) -> None:
        self._ids = ids
        self._tenant = tenant
        self._people = people
        self._groups = groups
        self._builder = builder
        self._found = found

    def add_all(self) -> None:
        """Add every one."""
        self._add_nested_group()
        self._add_many_groups()
        self._add_leaver()
        self._add_deleted_user()
        self._add_orphans()
        self._add_guest()
        self._add_duty_conflicts()
        self._add_automation_in_human_group()
        self._add_applications()
        self._add_administrator_who_left()

    def _record(self, anomaly: str, **values: Any) -> None:
        self._found[anomaly] = {"commcell": self._builder.seed.name, **values}

    def _add_person(self, name: str, *, deleted: bool = False, **values: object) -> dict[str, Any]:
        """Add a user to the tenant, or to its deleted items; returns its Graph properties."""
        account = name.lower().replace(" ", ".")
        person: dict[str, Any] = {
            "id": self._ids.guid("user", _ID_PART, account),
            "displayName": name,
            "userPrincipalName": f"{account}@{DOMAIN}",
            "mail": f"{account}@{DOMAIN}",
            "accountEnabled": True,
            "userType": "Member",
            **values,
        }
        if deleted:
            self._tenant.deleted.append({**person, "kind": "user", "deletedDateTime": _DELETED})
        else:
            self._tenant.users.append(person)
        return person

    def _add_user(self, person: dict[str, Any]) -> User:
        """Add the Commvault user of a person, who signs in with SAML."""
        upn = person["userPrincipalName"]
        seed = self._builder.seed
        return self._builder.add_user(
            upn.partition("@")[0],
            full_name=person["displayName"],
            email=upn,
            upn=upn,
            auth_method="SAML",
            auth_server_id=seed.apps[-1].id if seed.apps else 0,
        )

    def _add_local_user(self, name: str, person: dict[str, Any]) -> User:
        """Add a Commvault user of a person with a password of its own."""
        user = self._builder.add_user(name, full_name=person["displayName"], email=person["mail"])
        user.password = self._ids.secret(self._builder.seed.name, name)
        return user

    def _add_linked_group(
        self, name: str, role: str, entity: tuple[int, int], members: list[str], users: set[int], key: str = ""
    ) -> dict[str, Any]:
        """Add an Entra group and the user group that is linked to it, with one grant; returns all of their ids."""
        object_id = self._ids.guid("group", _ID_PART, name, key)
        self._tenant.groups.append(make_graph_group(object_id, name, "", members))
        return {"object_id": object_id, **self._link(name, object_id, role, entity, users)}

    def _link(self, name: str, object_id: str, role: str, entity: tuple[int, int], users: set[int]) -> dict[str, Any]:
        group = self._builder.add_group(name, azure_guid=object_id, member_ids=users)
        grant = self._builder.add_grant(USER_GROUP, group.id, role, entity)
        return {"name": name, "user_group_id": group.id, "grant": grant}

    def _add_role(self, name: str, *permissions: str) -> str:
        """Return a role's name; adds it where the set has no role of this name."""
        seed = self._builder.seed
        if name not in self._builder.role_ids:
            numbers = {DEFAULT.find_permission(permission) for permission in permissions}
            role = Role(
                id=max(one.id for one in seed.roles) + 1,
                name=name,
                guid=self._ids.guid(seed.name, "role", _ID_PART, name),
                permission_ids={number for number in numbers if number is not None},
            )
            seed.roles.append(role)
            self._builder.role_ids[name] = role.id
        return name

    def _find_user(self, person: Person) -> int:
        return self._builder.user_ids[person.account]

    def _list_local_people(self) -> list[Person]:
        """Return the enabled people whom the first CommCell knows, in the order of the set."""
        return [one for one in self._people if one.enabled and one.account in self._builder.user_ids]

    def _add_nested_group(self) -> None:
        """Add a linked group whose members are in a group within a group; a token names the outer one for them."""
        person = self._add_person("Nora Nested")
        inner, middle = (self._ids.guid("group", _ID_PART, "nested", name) for name in ("inner", "middle"))
        self._tenant.groups.append(make_graph_group(inner, "Backup Shift Inner", "", [person["id"]]))
        self._tenant.groups.append(make_graph_group(middle, "Backup Shift Middle", "", [inner]))
        entity = self._builder.find_entity(CLIENT_GROUP)
        outer = self._add_linked_group("GG-Commvault-shift-Operator", "View", entity, [middle], set())
        self._record("nested_group_with_grant", **outer, inner=inner, middle=middle, upn=person["userPrincipalName"])

    def _add_many_groups(self) -> None:
        """Give the people in 151 and 201 groups a right through a group that their tokens may not name."""
        found = [self._found[name] for name in ("user_in_151_groups", "user_in_201_groups")]
        entity = self._builder.find_entity(PLAN)
        # In place of one of the groups that only add to the number.
        number = next(i for i, one in enumerate(self._tenant.groups) if one["displayName"] == "DL-Project-001")
        counted = self._tenant.groups[number]
        linked = self._link(counted["displayName"], counted["id"], "View", entity, set())
        upns = [one["upn"] for one in found]
        self._record("many_groups_with_grant", object_id=counted["id"], **linked, upns=upns)

    def _add_leaver(self) -> None:
        """Add somebody disabled who holds one of everything."""
        person = self._add_person("Lena Leaver", accountEnabled=False)
        user = self._add_user(person)
        entity = self._builder.find_entity(CLIENT_GROUP)
        linked = self._add_linked_group("GG-Commvault-alumni-View", "View", entity, [person["id"]], {user.id})
        direct = self._builder.add_grant(USER, user.id, "Client Admins", entity)
        owned = self._builder.add_grant(USER, user.id, None, self._builder.find_entity(CLIENT, 1), kind=OWNER)
        local = self._add_local_user("lena.local", person)
        self._builder.add_grant(USER, local.id, "View", entity)
        token = self._add_token("lena-script", user)
        self._record(
            "leaver_holding_everything",
            entra_user_id=person["id"],
            upn=person["userPrincipalName"],
            user_id=user.id,
            local_user_id=local.id,
            group=linked,
            direct_grant=direct,
            owner_grant=owned,
            token_id=token.id,
        )
        self._record("leaver_access_token", token_id=token.id, user_id=user.id, upn=person["userPrincipalName"])

    def _add_token(self, name: str, owner: User) -> AccessToken:
        secret = self._ids.secret(self._builder.seed.name, "token", name)
        tokens = self._builder.seed.access_tokens
        token = AccessToken(len(tokens) + 1, name, owner.id, 2, secret, secret[::-1], _NEXT_DECADE, _NEXT_DECADE)
        tokens.append(token)
        return token

    def _add_administrator_who_left(self) -> None:
        """Add somebody disabled who still administers: by the password of a local account, and by an access token."""
        person = self._add_person("Viktor Vanished", accountEnabled=False)
        local = self._add_local_user("viktor.admin", person)
        grant = self._builder.add_grant(USER, local.id, "Master", (COMMCELL, COMMCELL_ID))
        token = self._add_token("viktor-nightly", local)
        self._record(
            "leaver_who_administers",
            entra_user_id=person["id"],
            upn=person["userPrincipalName"],
            user_id=local.id,
            user=local.name,
            grant=grant,
            token_id=token.id,
        )

    def _add_deleted_user(self) -> None:
        """Add somebody deleted, who is still a member of a user group."""
        person = self._add_person("Otto Farewell", deleted=True)
        user = self._add_user(person)
        entity = self._builder.find_entity(CLIENT_GROUP)
        linked = self._add_linked_group("GG-Commvault-former-Operator", "Client Admins", entity, [], {user.id})
        self._record(
            "deleted_entra_user",
            entra_user_id=person["id"],
            upn=person["userPrincipalName"],
            user_id=user.id,
            deleted=_DELETED,
            **linked,
        )

    def _add_orphans(self) -> None:
        """Add a user of whom Entra knows nothing, and a group that is linked to nothing."""
        upn = f"nobody.known@{DOMAIN}"
        user = self._add_user({"userPrincipalName": upn, "displayName": "Nobody Known"})
        entity = self._builder.find_entity(CLIENT_GROUP)
        grant = self._builder.add_grant(USER, user.id, "Client Admins", entity)
        self._record("orphan_user", upn=upn, user_id=user.id, grant=grant)
        gone = self._ids.guid("group", _ID_PART, "orphan")
        linked = self._link("GG-Commvault-lost-Admin", gone, "Client Admins", entity, set())
        self._record("orphan_group", object_id=gone, **linked)

    def _add_guest(self) -> None:
        person = self._add_person(
            "Gero Guest", userType="Guest", userPrincipalName=f"gero_partner.example#EXT#@{DOMAIN}"
        )
        user = self._add_user(person)
        entity = self._builder.find_entity(PLAN)
        linked = self._add_linked_group("GG-Commvault-partner-View", "View", entity, [person["id"]], {user.id})
        self._record("guest_with_grant", upn=person["userPrincipalName"], user_id=user.id, **linked)

    def _add_duty_conflicts(self) -> None:
        """Give the people in the groups of `sod_...` the rights that those stand for, where their other rights hold."""
        admin = next(group for group in self._groups if group.scope and group.tier == "Admin" and group.members)
        person = admin.members[0]
        admin_id = self._builder.group_ids[admin.name]
        held = next(
            one
            for one in self._builder.seed.grants
            if one.principal == (USER_GROUP, admin_id) and one.entity_type == CLIENT_GROUP
        )
        users = {self._find_user(person)}
        approver = self._add_role("Restore Approver", "View", "Approve Restore", "Execute Workflow")
        object_id = self._found["sod_admin_and_approver"]["approver"]
        linked = self._link("GG-Commvault-restore-Approver", object_id, approver, held.entity, users)
        self._record("sod_admin_and_approver_held", upn=person.upn, object_id=object_id, other=held, **linked)
        auditor = self._add_role("Access Auditor", "View", "Report Management", "Audit")
        object_id = self._found["sod_audit_and_admin"]["audit"]
        everywhere = (COMMCELL, COMMCELL_ID)
        linked = self._link("GG-Commvault-external-Audit", object_id, auditor, everywhere, users)
        self._record("sod_audit_and_admin_held", upn=person.upn, object_id=object_id, other=held, **linked)

    def _add_automation_in_human_group(self) -> None:
        told = self._found["automation_in_human_group"]
        human = self._list_local_people()[0]
        users = {self._builder.user_ids[AUTOMATION], self._find_user(human)}
        entity = self._builder.find_entity(CLIENT_GROUP)
        linked = self._link("Backup Team Lunch", told["group"], "View", entity, users)
        self._record("automation_in_human_group_held", upn=told["upn"], object_id=told["group"], **linked)

    def _add_applications(self) -> None:
        """Add Commvault's own application, and one that has nothing to do with it and may take over the tenant."""
        owner = self._found["leaver_holding_everything"]["entra_user_id"]
        backup = self._add_application(
            "Commvault backup for Microsoft 365", ("Sites.FullControl.All", "Files.ReadWrite.All", "Mail.ReadWrite")
        )
        stranger = self._add_application(
            "Directory sync of HR", ("RoleManagement.ReadWrite.Directory", "AppRoleAssignment.ReadWrite.All"), owner
        )
        credential = Credential(
            id=max((one.id for one in self._builder.seed.credentials), default=60) + 1,
            name="m365-backup",
            account_type="CLOUD_ACCOUNT",
            auth_type="AZUREACCOUNT",
            vendor_type="MICROSOFT_AZURE_TYPE",
            description="Backup of Microsoft 365",
            fields={
                "tenantId": self._ids.guid("tenant"),
                "applicationId": backup["appId"],
                "environment": "AzureCloud",
            },
            secrets={"applicationSecret": backup["secrets"][0]["value"]},
        )
        self._builder.seed.credentials.append(credential)
        self._record("tier_0_backup_app", app_id=backup["appId"], object_id=backup["id"], credential_id=credential.id)
        self._record("tier_0_stranger", app_id=stranger["appId"], object_id=stranger["id"], owner=owner)

    def _add_application(self, name: str, permissions: tuple[str, ...], *owners: str) -> dict[str, Any]:
        resource = {
            "resourceAppId": _GRAPH,
            "resourceAccess": [{"id": _PERMISSIONS[permission], "type": "Role"} for permission in permissions],
        }
        secret = {
            "keyId": self._ids.guid("application", _ID_PART, "key", name),
            "displayName": "seeded",
            "value": self._ids.secret("application", name),
            "startDateTime": "2026-01-01T00:00:00Z",
            "endDateTime": "2030-01-01T00:00:00Z",
        }
        application: dict[str, Any] = {
            "id": self._ids.guid("application", _ID_PART, name),
            "appId": self._ids.guid("application", _ID_PART, "app-id", name),
            "displayName": name,
            "signInAudience": "AzureADMyOrg",
            "requiredResourceAccess": [resource],
            "servicePrincipal": {"id": self._ids.guid("servicePrincipal", _ID_PART, name)},
            "owners": list(owners),
            "secrets": [secret],
            "consented": True,
            "assignments": [],
        }
        self._tenant.applications.append(application)
        return application
