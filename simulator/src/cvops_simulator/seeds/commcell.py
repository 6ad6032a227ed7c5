# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One CommCell of a site: principals and grants on top of its inventory."""

from __future__ import annotations

from cvops_simulator.commvault.catalogue import PERMISSION_BY_NAME
from cvops_simulator.commvault.model import (
    CLIENT,
    CLIENT_GROUP,
    COMMCELL,
    COMMCELL_ID,
    CREATOR,
    EXTERNAL_GROUP,
    INHERITED,
    OWNER,
    PLAN,
    USER,
    USER_GROUP,
    CommCellSeed,
    Grant,
    IdentityApp,
    User,
    UserGroup,
)
from cvops_simulator.seeds.ids import Ids
from cvops_simulator.seeds.inventory import Inventory
from cvops_simulator.seeds.mapping import MappedGroup, list_grant_triples
from cvops_simulator.seeds.people import DOMAIN, Person
from cvops_simulator.seeds.profile import Profile
from cvops_simulator.seeds.roles import make_seeded_roles

AUTOMATION = "svc-cvops"
LOCAL_ADMIN = "breakglass"
DIRECTORY = "CORP"
MASTER_GROUP = 1
VIEW_ALL_GROUP = 3
_FIRST_USER = 11
_FIRST_GROUP = 11
_FIRST_ROLE = 35

#: Groups outside the mapping; a set with few user groups takes the first ones.
_UNMANAGED = (
    "Storage Team",
    "NOC Night Shift",
    "Datacenter Frankfurt",
    "DBA Guild",
    "Service Desk",
    "Vendor Support",
    "Migration 2024",
    "Trainees",
)


class CommCellBuilder:
    """Collects the seed of one CommCell."""

    def __init__(self, profile: Profile, ids: Ids, name: str, inventory: Inventory, empty: bool) -> None:
        self.profile = profile
        self._ids = ids
        self._id_offset = 100 * list(profile.commcells).index(name)
        self._inventory = inventory
        roles = make_seeded_roles(profile, ids, name, empty, _FIRST_ROLE + self._id_offset)
        self.role_ids = {role.name: role.id for role in roles}
        self.group_ids: dict[str, int] = {}
        self.user_ids: dict[str, int] = {}
        self.seed = CommCellSeed(
            name=name,
            roles=roles,
            entities=inventory.entities,
            companies=inventory.companies,
            credentials=inventory.credentials,
            group_clients=inventory.group_clients,
            automation=(AUTOMATION, ids.secret(name, AUTOMATION)),
        )
        self._add_built_in()

    def add_user(self, name: str, user_id: int | None = None, **values: object) -> User:
        """Add a user."""
        if user_id is None:
            user_id = max(_FIRST_USER + self._id_offset, max(self.user_ids.values(), default=0) + 1)
        user = User(id=user_id, name=name, guid=self._ids.guid(self.seed.name, "cv-user", name))
        for key, value in values.items():
            setattr(user, key, value)
        self.seed.users.append(user)
        self.user_ids[name] = user_id
        return user

    def add_group(self, name: str, group_id: int | None = None, **values: object) -> UserGroup:
        """Add a user group."""
        if group_id is None:
            group_id = max(_FIRST_GROUP + self._id_offset, max(self.group_ids.values(), default=0) + 1)
        group = UserGroup(id=group_id, name=name, guid=self._ids.guid(self.seed.name, "cv-group", name))
        for key, value in values.items():
            setattr(group, key, value)
        self.seed.groups.append(group)
        self.group_ids[name] = group_id
        return group

    def add_grant(
        self, principal_kind: int, principal_id: int, role: str | None, entity: tuple[int, int], **values: object
    ) -> Grant:
        """Add a grant; `role` None: permissions only."""
        role_id = None if role is None else self.role_ids[role]
        grant = Grant(principal_kind, principal_id, role_id, *entity, **values)  # type: ignore[arg-type]
        self.seed.grants.append(grant)
        return grant

    def find_entity(self, entity_type: int, position: int = 0) -> tuple[int, int]:
        """Return the n-th entity of a type, as (type, id)."""
        found = [item.id for item in self._inventory.entities if item.type == entity_type]
        return entity_type, found[position % len(found)]

    def _add_built_in(self) -> None:
        name = self.seed.name
        self.add_user(
            "admin", 1, full_name="Administrator", email=f"root@{DOMAIN}", password=self._ids.secret(name, "admin")
        )
        self.add_user(AUTOMATION, 2, full_name="Access automation", email=f"svc-cvops@{DOMAIN}")
        self.seed.users[-1].password = self.seed.automation[1]
        self.add_user(LOCAL_ADMIN, 3, full_name="Emergency access", email=f"emergency@{DOMAIN}")
        self.seed.users[-1].password = self._ids.secret(name, LOCAL_ADMIN)
        self.add_group("master", MASTER_GROUP, description="Administrative Group", system=True, member_ids={1, 2, 3})
        self.add_group("View All", VIEW_ALL_GROUP, description="Sees everything", system=True)
        self.add_grant(USER_GROUP, MASTER_GROUP, "Master", (COMMCELL, COMMCELL_ID))
        self.add_grant(USER_GROUP, VIEW_ALL_GROUP, "View", (COMMCELL, COMMCELL_ID))

    def add_people(self, people: list[Person]) -> None:
        """Add the Commvault users of these people."""
        for person in people:
            self.add_user(
                person.account,
                full_name=person.name,
                email=person.upn,
                upn=person.upn,
                auth_method="SAML",
            )

    def add_unmanaged(self, count: int) -> None:
        """Add groups and grants that no mapping knows: they have to survive every run."""
        names = [*_UNMANAGED[:count], *(f"Project {number:03d}" for number in range(1, count - len(_UNMANAGED) + 1))]
        members = [user.id for user in self.seed.users if user.upn]
        for number, name in enumerate(names):
            group = self.add_group(name, description="Made by hand")
            group.member_ids = set(members[number : number + 3])
            self.add_grant(USER_GROUP, group.id, "View", self.find_entity(CLIENT_GROUP, number))
        external = self.add_group(f"{DIRECTORY}\\cv-operators", provider=DIRECTORY, description="Directory group")
        self.add_grant(EXTERNAL_GROUP, external.id, "Client Admins", self.find_entity(CLIENT_GROUP, 1))
        self.add_grant(USER, members[0] if members else 1, "View", self.find_entity(PLAN))
        storage = self.group_ids[names[0]]
        permission = PERMISSION_BY_NAME["browse"]
        self.add_grant(USER_GROUP, storage, None, self.find_entity(CLIENT, 1), permission_ids=frozenset({permission}))
        self.add_grant(
            USER, members[1] if members else 1, "Client Admins", self.find_entity(CLIENT_GROUP), kind=CREATOR
        )
        self.add_grant(USER, members[2] if members else 1, "Client Admins", self.find_entity(CLIENT, 2), kind=OWNER)
        source = self.find_entity(CLIENT_GROUP)
        clients = self._inventory.group_clients.get(source[1]) or [self.find_entity(CLIENT, 1)[1]]
        self.add_grant(USER_GROUP, storage, "View", (CLIENT, clients[0]), kind=INHERITED, source=source)

    def add_mapped_group(self, group: MappedGroup) -> None:
        """Add the converged state of one mapping entry."""
        member_ids = {self.user_ids[person.account] for person in group.members if person.account in self.user_ids}
        record = self.add_group(group.name, azure_guid=group.object_id, member_ids=member_ids)
        for role, entity_type, entity_id in list_grant_triples(group.entry, self._inventory):
            self.add_grant(USER_GROUP, record.id, role, (entity_type, entity_id))

    def add_identity_apps(self) -> None:
        """Add one SAML app with mixed case and one with a dot in its name; people sign in with the latter."""
        for number, name in enumerate(("Corp-Entra", "corp.example")):
            key = self._ids.guid(self.seed.name, "saml", name).replace("-", "").upper()
            self.seed.apps.append(
                IdentityApp(
                    id=1097 + number + self._id_offset,
                    name=name,
                    key=key,
                    type=2,
                    description="Entra ID",
                    enabled=number == 1,
                    document={
                        "identityProviderMetaData": {
                            "entityId": f"https://sts.windows.net/{self._ids.guid('tenant')}/",
                            "redirectUrl": f"https://login.microsoftonline.com/{self._ids.guid('tenant')}/saml2",
                            "logoutUrl": f"https://login.microsoftonline.com/{self._ids.guid('tenant')}/saml2",
                        },
                        "associations": {"emailSuffixes": [DOMAIN] if number else []},
                    },
                )
            )
        for user in self.seed.users:
            if user.auth_method == "SAML":
                user.auth_server_id = self.seed.apps[-1].id
