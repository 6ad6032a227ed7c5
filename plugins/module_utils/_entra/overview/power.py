# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""How far an application permission or a directory role reaches, as data with its sources. Pure.

Tier ``"0"`` can take over the tenant or the backups, ``"1"`` reads or writes much, ``"2"`` is every other, and so is what is not listed.
Only tiers 0 and 1 are powerful: each program that holds one of them is part of a snapshot.
"""

from __future__ import annotations

import typing as t

from ..permission_presets.presets import EXCHANGE, GRAPH, SHAREPOINT
from ..permission_presets.tier_0 import TIER_0

#: What is not listed here.
DEFAULT_TIER = "2"
#: Sources of the entries, by the names that the tables use.
SOURCES = {
    "tier_0": "https://github.com/emiliensocchi/azure-tiering: Microsoft Graph application permissions, tier 0; see permission_presets/tier_0.py",
    "owned": "the same, where it depends on the applications that the holder owns, so it is one tier lower here",
    "graph": "https://learn.microsoft.com/en-us/graph/permissions-reference: reads or writes the data of all users, or what decides on sign-ins",
    "exchange": "https://learn.microsoft.com/en-us/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth",
    "sharepoint": "https://learn.microsoft.com/en-us/sharepoint/dev/solution-guidance/security-apponly-azuread: full control of all sites",
    "roles_tier_0": "https://github.com/emiliensocchi/azure-tiering: Entra roles, tier 0",
    "roles_tier_1": "the same, tier 1",
    "privileged": "https://learn.microsoft.com/en-us/entra/identity/role-based-access-control/permissions-reference: marked as privileged",
    "reads_all": "the same page: reads everything that an administrator can read",
}


class Power(t.NamedTuple):
    """How far something reaches: ``tier``, ``because`` in words that complete "can", and the name of its source in SOURCES."""

    tier: str
    because: str
    source: str


_MAIL = "read and write the mail of every user"
_READ_MAIL = "read the mail of every user"
_FILES = "read and write every file of every user and site"
_READ_FILES = "read every file of every user and site"
_CHATS = "read every chat and channel message"
_DEVICES = "run programs on managed devices, including those of administrators"
#: Application permissions by the application id of their API and their value.
PERMISSIONS: dict[tuple[str, str], Power] = {
    **{(GRAPH, name): Power("0", because, "tier_0") for name, because in TIER_0.items()},
    (GRAPH, "Application.ReadWrite.OwnedBy"): Power("1", "add a secret to each application that it owns", "owned"),
    (GRAPH, "BackupRestore-Control.ReadWrite.All"): Power("1", "switch Microsoft 365 Backup on and off", "graph"),
    (GRAPH, "BackupRestore-Restore.ReadWrite.All"): Power(
        "1", "overwrite the data of every user with a restore", "graph"
    ),
    (GRAPH, "ChannelMessage.Read.All"): Power("1", _CHATS, "graph"),
    (GRAPH, "Chat.Read.All"): Power("1", _CHATS, "graph"),
    (GRAPH, "Chat.ReadWrite.All"): Power("1", _CHATS, "graph"),
    (GRAPH, "CustomSecAttributeAssignment.ReadWrite.All"): Power(
        "1", "change the attributes by which policies select people", "graph"
    ),
    (GRAPH, "Device.ReadWrite.All"): Power("1", "change and delete every device", "graph"),
    (GRAPH, "DeviceManagementConfiguration.ReadWrite.All"): Power("1", _DEVICES, "graph"),
    (GRAPH, "DeviceManagementManagedDevices.PrivilegedOperations.All"): Power("1", _DEVICES, "graph"),
    (GRAPH, "DeviceManagementScripts.ReadWrite.All"): Power("1", _DEVICES, "graph"),
    (GRAPH, "Directory.Read.All"): Power("1", "read the whole directory", "graph"),
    (GRAPH, "Files.Read.All"): Power("1", _READ_FILES, "graph"),
    (GRAPH, "Files.ReadWrite.All"): Power("1", _FILES, "graph"),
    (GRAPH, "IdentityProvider.ReadWrite.All"): Power("1", "change whose sign-ins are trusted", "graph"),
    (GRAPH, "Mail.Read"): Power("1", _READ_MAIL, "graph"),
    (GRAPH, "Mail.ReadWrite"): Power("1", _MAIL, "graph"),
    (GRAPH, "Mail.Send"): Power("1", "send mail in the name of every user", "graph"),
    (GRAPH, "MailboxItem.ImportExport.All"): Power("1", _MAIL, "graph"),
    (GRAPH, "MailboxSettings.ReadWrite"): Power("1", "forward the mail of every user", "graph"),
    (GRAPH, "Notes.Read.All"): Power("1", "read every notebook", "graph"),
    (GRAPH, "Notes.ReadWrite.All"): Power("1", "read and write every notebook", "graph"),
    (GRAPH, "Organization.ReadWrite.All"): Power(
        "1", "change settings of the tenant, including certificate authorities", "graph"
    ),
    (GRAPH, "Policy.ReadWrite.ApplicationConfiguration"): Power("1", "change what tokens say", "graph"),
    (GRAPH, "Policy.ReadWrite.Authorization"): Power("1", "change what every user may do in the directory", "graph"),
    (GRAPH, "Policy.ReadWrite.ConditionalAccess"): Power("1", "open or close the sign-in for everybody", "graph"),
    (GRAPH, "Policy.ReadWrite.CrossTenantAccess"): Power("1", "trust the sign-ins of other tenants", "graph"),
    (GRAPH, "Sites.FullControl.All"): Power("1", _FILES, "graph"),
    (GRAPH, "Sites.Manage.All"): Power("1", _FILES, "graph"),
    (GRAPH, "Sites.Read.All"): Power("1", _READ_FILES, "graph"),
    (GRAPH, "Sites.ReadWrite.All"): Power("1", _FILES, "graph"),
    (GRAPH, "Synchronization.ReadWrite.All"): Power("1", "change how users and groups are provisioned", "graph"),
    (GRAPH, "TeamMember.ReadWrite.All"): Power("1", "add anybody to any team", "graph"),
    (GRAPH, "User.DeleteRestore.All"): Power("1", "delete and restore every user", "graph"),
    (GRAPH, "User.EnableDisableAccount.All"): Power("1", "disable and enable every user", "graph"),
    (GRAPH, "User.Export.All"): Power("1", "export the data of every user", "graph"),
    (GRAPH, "User.ManageIdentities.All"): Power("1", "change the ways in which users sign in", "graph"),
    (EXCHANGE, "Exchange.ManageAsApp"): Power(
        "1", "manage Exchange Online as far as its directory roles go", "exchange"
    ),
    (EXCHANGE, "full_access_as_app"): Power("1", _MAIL, "exchange"),
    (SHAREPOINT, "Sites.FullControl.All"): Power("1", _FILES, "sharepoint"),
    (SHAREPOINT, "Sites.Read.All"): Power("1", _READ_FILES, "sharepoint"),
    (SHAREPOINT, "Sites.ReadWrite.All"): Power("1", _FILES, "sharepoint"),
}
#: Tier by the value of an application permission, whatever the API; of equal values the most powerful.
TIERS: dict[str, str] = {
    name: min(power.tier for (_api, other), power in PERMISSIONS.items() if other == name) for _api, name in PERMISSIONS
}
_ANY_SP = "add a secret to any application, and act with all that it may do"
_PASSWORDS = "set the passwords of people who own powerful applications"
_GROUPS = "add anybody to groups without directory roles"
_FEDERATION = "federate a domain, and sign in as any of its users"
_ALL_PASSWORDS = "set the credentials of administrators, and sign in as them"
_LOCK = "lock everybody out with policies"
#: Directory roles by template id, which is the same in every tenant.
ROLES: dict[str, tuple[str, Power]] = {
    template: (name, Power(tier, because, source))
    for template, name, tier, because, source in (
        ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator", "0", "do everything", "roles_tier_0"),
        (
            "e8611ab8-c189-46e8-94e1-60213ab1f814",
            "Privileged Role Administrator",
            "0",
            "give anybody any role",
            "roles_tier_0",
        ),
        (
            "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
            "Privileged Authentication Administrator",
            "0",
            _ALL_PASSWORDS,
            "roles_tier_0",
        ),
        ("e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8", "Partner Tier2 Support", "0", _ALL_PASSWORDS, "roles_tier_0"),
        ("4ba39ca4-527c-499a-b93d-d9b492c50246", "Partner Tier1 Support", "0", _ANY_SP, "roles_tier_0"),
        ("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator", "0", _ANY_SP, "roles_tier_0"),
        ("158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator", "0", _ANY_SP, "roles_tier_0"),
        ("8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", "Hybrid Identity Administrator", "0", _FEDERATION, "roles_tier_0"),
        ("8329153b-31d0-4727-b945-745eb3bc5f31", "Domain Name Administrator", "0", _FEDERATION, "roles_tier_0"),
        (
            "be2f45a1-457d-42af-a067-6ec1fa63bc45",
            "External Identity Provider Administrator",
            "0",
            _FEDERATION,
            "roles_tier_0",
        ),
        ("194ae4cb-b126-40b2-bd5b-6091b380977d", "Security Administrator", "0", _LOCK, "roles_tier_0"),
        ("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", "Conditional Access Administrator", "0", _LOCK, "roles_tier_0"),
        ("c4e39bd9-1100-46d3-8c65-fb160da0071f", "Authentication Administrator", "0", _PASSWORDS, "roles_tier_0"),
        ("729827e3-9c14-49f7-bb1b-9608f156bbb8", "Helpdesk Administrator", "0", _PASSWORDS, "roles_tier_0"),
        ("966707d0-3269-4727-9be2-8c3a10f19b9d", "Password Administrator", "0", _PASSWORDS, "roles_tier_0"),
        ("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator", "0", _PASSWORDS, "roles_tier_0"),
        ("9360feb5-f418-4baa-8175-e2a00bac4301", "Directory Writers", "0", _GROUPS, "roles_tier_0"),
        ("fdd7a751-b60b-444a-984c-02652fe8fa1c", "Groups Administrator", "0", _GROUPS, "roles_tier_0"),
        ("29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator", "0", _GROUPS, "roles_tier_0"),
        ("f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "SharePoint Administrator", "0", _GROUPS, "roles_tier_0"),
        ("69091246-20e8-4a56-aa4d-066075b2a7a8", "Teams Administrator", "0", _GROUPS, "roles_tier_0"),
        ("45d8d3c5-c802-45c6-b32a-1d70b5e1e86e", "Identity Governance Administrator", "0", _GROUPS, "roles_tier_0"),
        ("b5a8dcf3-09d5-43a9-a639-8e29ef291470", "Knowledge Administrator", "0", _GROUPS, "roles_tier_0"),
        ("11451d60-acb2-45eb-a7d6-43d0f0125c13", "Windows 365 Administrator", "0", _GROUPS, "roles_tier_0"),
        ("3a2c62db-5318-420d-8d74-23affee5d9d5", "Intune Administrator", "0", _DEVICES, "roles_tier_0"),
        (
            "25a516ed-2fa0-40ea-a2d0-12923a21473a",
            "Authentication Extensibility Administrator",
            "1",
            "change what happens at sign-in",
            "privileged",
        ),
        ("cf1c38e5-3621-4004-a7cb-879624dced7c", "Application Developer", "1", "create applications", "privileged"),
        (
            "7698a772-787b-4ac8-901f-60d6b08affd2",
            "Cloud Device Administrator",
            "1",
            "change and delete every device",
            "privileged",
        ),
        ("f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader", "1", "read everything", "reads_all"),
        (
            "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
            "Security Operator",
            "1",
            "act on security events of every user",
            "privileged",
        ),
        (
            "5d6b6bb7-de71-4623-b4af-96380a352509",
            "Security Reader",
            "1",
            "read security reports and logs",
            "privileged",
        ),
        (
            "0526716b-113d-4c15-b2c8-68e3c22b9f80",
            "Authentication Policy Administrator",
            "1",
            "change the ways to sign in",
            "roles_tier_1",
        ),
        (
            "17315797-102d-40b4-93e0-432062caca18",
            "Compliance Administrator",
            "1",
            "read what people write",
            "roles_tier_1",
        ),
    )
}
#: Tier by the template id of a directory role.
ROLE_TIERS: dict[str, str] = {template: power.tier for template, (_name, power) in ROLES.items()}


def get_permission_power(api: str, name: str) -> Power:
    """Return how far the application permission *name* of the API with this application id reaches; of tier 2 where it is not listed."""
    return PERMISSIONS.get((api.lower(), name)) or Power(DEFAULT_TIER, "", "")


def get_role_power(template_id: str) -> Power:
    """Return how far the directory role with this template id reaches; of tier 2 where it is not listed."""
    found = ROLES.get(template_id.lower())
    return found[1] if found else Power(DEFAULT_TIER, "", "")


def is_powerful(tier: str) -> bool:
    """Return True for a tier whose holders are part of every snapshot."""
    return tier != DEFAULT_TIER
