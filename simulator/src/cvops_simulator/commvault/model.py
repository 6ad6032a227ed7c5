# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of a CommCell: users, groups, roles, entities, grants and the rest, as plain mutable dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cvops_simulator.commvault.catalogue import DEFAULT, Catalogue
from cvops_simulator.commvault.tokens import AccessToken

# Entity type numbers (`_type_`, `entityType`) as the product uses them.
COMMCELL = 1
CLIENT = 3
USER = 13
USER_GROUP = 15
STORAGE_POOL = 17
CLIENT_GROUP = 28
COMPANY = 61
EXTERNAL_GROUP = 62
WORKFLOW = 83
ROLE = 120
GENERIC = 150
#: No source shows the number of a credential entity; this one is invented. Clients should use `credentialId`.
CREDENTIAL = 154
PLAN = 158

#: The local CommCell's entity id is 2 on every CommServe; "all of a kind" grants carry entity id 0.
COMMCELL_ID = 2
ALL_OF_KIND = 0

TYPE_NAMES = {
    "COMMCELL_ENTITY": COMMCELL,
    "CLIENT_ENTITY": CLIENT,
    "USER_ENTITY": USER,
    "USERGROUP_ENTITY": USER_GROUP,
    "STORAGE_POLICY_ENTITY": STORAGE_POOL,
    "CLIENT_GROUP_ENTITY": CLIENT_GROUP,
    "PROVIDER_ENTITY": COMPANY,
    "WORKFLOW_ENTITY": WORKFLOW,
    "ROLE_ENTITY": ROLE,
    "CREDENTIAL_ENTITY": CREDENTIAL,
    "PLAN_ENTITY": PLAN,
}

# Kinds of grants. `inherited` rows are shown where they take effect and cannot be removed there.
EXPLICIT = "explicit"
CREATOR = "creator"
OWNER = "owner"
INHERITED = "inherited"


@dataclass
class User:
    """A user. `provider`: domain of a directory user, empty for a local one. `password` None: none was ever set."""

    id: int
    name: str
    guid: str = ""
    full_name: str = ""
    email: str = ""
    upn: str = ""
    description: str = ""
    enabled: bool = True
    company_id: int = 0
    provider: str = ""
    password: str | None = None
    is_service_account: bool = False
    approved: bool = True
    auth_method: str = "Commcell"
    auth_server_id: int = 0
    age_password_days: int = 0
    failed_logins: int = 0
    locked_until: float = 0.0
    last_login: float = 0.0


@dataclass
class UserGroup:
    """A user group. `provider`: domain of a directory group (entity type 62); `system`: built in, cannot be deleted."""

    id: int
    name: str
    guid: str = ""
    description: str = ""
    enabled: bool = True
    company_id: int = 0
    provider: str = ""
    email: str = ""
    azure_guid: str = ""
    show_azure_guid_option: bool = True
    enforce_fs_quota: bool = False
    quota_limit_gb: int = 0
    two_factor: str = "OFF"
    local_authentication: str = "ON"
    allow_multiple_company_members: bool = False
    restricted_console_types: list[str] = field(default_factory=list)
    system: bool = False
    member_ids: set[int] = field(default_factory=set)
    #: Directory groups whose members count as members of this group.
    external_group_ids: set[int] = field(default_factory=set)
    #: Local groups that this (directory) group belongs to.
    local_group_ids: set[int] = field(default_factory=set)

    @property
    def kind(self) -> int:
        """Principal kind: 62 for a directory group, 15 otherwise."""
        return EXTERNAL_GROUP if self.provider else USER_GROUP

    @property
    def short_name(self) -> str:
        """The name without its domain."""
        return self.name.split("\\", 1)[1] if self.provider and "\\" in self.name else self.name


@dataclass
class Role:
    """A role: single permissions and whole categories. Role 1 (Master) holds everything whatever its lists say."""

    id: int
    name: str
    guid: str = ""
    description: str = ""
    enabled: bool = True
    visible_to_all: bool = False
    company_id: int = 0
    permission_ids: set[int] = field(default_factory=set)
    category_ids: set[int] = field(default_factory=set)
    system: bool = False


@dataclass
class Entity:
    """Anything that grants point at and that has no record type of its own: servers, groups of them, plans, ..."""

    type: int
    id: int
    name: str
    company_id: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Company:
    """A company (tenant of the CommCell). `alias` is the value of the SAML attribute COMPANY_NAME."""

    id: int
    name: str
    alias: str
    guid: str = ""
    status: str = "ACTIVE"
    contact_name: str = ""
    contact_email: str = ""
    email_domains: list[str] = field(default_factory=list)
    local_authentication: str = "ENABLED_FOR_ALL"
    #: Its two-factor setting, as that of the CommCell.
    two_factor: dict[str, Any] = field(default_factory=lambda: {"mode": 0, "userGroups": []})


@dataclass(frozen=True)
class Grant:
    """One association. Either `role_id` or `permission_ids` is set; `entity_id` 0 means all entities of the type."""

    principal_kind: int
    principal_id: int
    role_id: int | None
    entity_type: int
    entity_id: int
    permission_ids: frozenset[int] = frozenset()
    kind: str = EXPLICIT
    #: Where an inherited grant comes from: (entity type, entity id).
    source: tuple[int, int] | None = None

    @property
    def principal(self) -> tuple[int, int]:
        """(kind, id)."""
        return self.principal_kind, self.principal_id

    @property
    def entity(self) -> tuple[int, int]:
        """(type, id)."""
        return self.entity_type, self.entity_id


@dataclass
class Credential:
    """A Credential Manager record. `fields`: the readable members in V4 spelling; `secrets`: write-only, decoded.

    Whom it is shared with are grants on the credential. `used_by`: what uses it, and keeps it from being deleted.
    """

    id: int
    name: str
    account_type: str
    auth_type: str = ""
    vendor_type: str = ""
    description: str = ""
    company_id: int = 0
    owner: tuple[int, int] = (USER, 1)
    fields: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    used_by: list[str] = field(default_factory=list)


@dataclass
class IdentityApp:
    """An identity provider app. `type`: 1 regular, 2 SAML, 3 CommCell, 4 local identity, 5 OpenID Connect."""

    id: int
    name: str
    key: str
    type: int
    description: str = ""
    flags: int = 0
    enabled: bool = True
    company_id: int = 0
    saml_type: str = "AZURE"
    #: V4 SAML members as read back (without write-only parts); for OIDC `props` and `assocTree`.
    document: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


@dataclass
class OfficeClient:
    """A client of Microsoft 365, with `is_dynamics` of Dynamics 365.

    `agent`: 134 cloud apps (OneDrive, Teams), 137 Exchange, 78 SharePoint. `apps`: rows of `azureApps` as
    they are read, without their keys, which nothing shows.
    """

    id: int
    name: str
    agent: int = 134
    is_dynamics: bool = False
    apps: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class KeyServer:
    """A key management server. `type`: 4 Azure Key Vault; `access`: its `keyVaultCredential` as it is read."""

    id: int
    name: str
    type: int = 4
    access: dict[str, Any] = field(default_factory=dict)


@dataclass
class CommCellSeed:
    """Everything that a CommCell starts with; plain data, copied before use."""

    name: str
    users: list[User] = field(default_factory=list)
    groups: list[UserGroup] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)
    apps: list[IdentityApp] = field(default_factory=list)
    office_clients: list[OfficeClient] = field(default_factory=list)
    key_servers: list[KeyServer] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    #: Server group id -> ids of the servers in it.
    group_clients: dict[int, list[int]] = field(default_factory=dict)
    #: Its permissions in categories.
    catalogue: Catalogue = DEFAULT
    two_factor: dict[str, Any] = field(default_factory=lambda: {"mode": 0, "userGroups": []})
    #: Names, by type and id, of what grants refer to and no list shows.
    unlisted: dict[tuple[int, int], str] = field(default_factory=dict)
    #: Feature release of this CommCell; 0: that of the simulator.
    release: int = 0
    access_tokens: list[AccessToken] = field(default_factory=list)
    #: Name and password of the automation account.
    automation: tuple[str, str] = ("", "")
