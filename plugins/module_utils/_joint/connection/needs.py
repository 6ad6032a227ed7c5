# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The permissions that each playbook needs of an identity, as a table. A new playbook is a new row of ``PLAYBOOKS``."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: Features of a variables document; a need that belongs only to features that are not used does not count.
FEATURES = (
    *("application", "consent", "app_role_assignments", "entra_groups", "user_names", "group_names", "commvault_roles"),
    *("role_mappings", "conditional_access"),
)
_BY_HAND = ("consent", "app_role_assignments", "conditional_access")
#: Features that are assumed where option uses is not given: all but what an administrator may do by hand.
DEFAULT_FEATURES = tuple(feature for feature in FEATURES if feature not in _BY_HAND)


@dataclass(frozen=True)
class PermissionNeed:
    """An operation that an identity must be allowed to do, with the permissions that allow it.

    ``purpose`` completes "needed for". ``any_of``: permissions of which one is enough, least first; a text "A + B" stands for
    both. ``delegated``: the same for people, who also need one of ``directory_roles`` (empty: no role). ``rights``: Commvault
    permissions as ``(id, name)``, of which one is enough; ``named``: others, by name, which are enough together and are asked for where none is held.
    ``features``: empty counts always. ``optional``: the playbook runs
    without, and does less. ``elsewhere``: the right may be held on the entities or in the company, where connection_info does not look.
    """

    purpose: str
    any_of: tuple[str, ...] = ()
    delegated: tuple[str, ...] = ()
    directory_roles: tuple[str, ...] = ()
    rights: tuple[tuple[int, str], ...] = ()
    named: tuple[str, ...] = ()
    features: frozenset[str] = frozenset()
    optional: bool = False
    elsewhere: bool = False

    @property
    def side(self) -> str:
        """The side that grants the permissions: ``entra`` or ``commvault``."""
        return "commvault" if self.rights else "entra"


@dataclass(frozen=True)
class PlaybookNeeds:
    """The needs of a playbook; with ``any_side`` it runs as soon as one side can be signed in to, with any permissions."""

    needs: tuple[PermissionNeed, ...]
    any_side: bool = False


_AS_USER = "Directory.AccessAsUser.All"
_APPLICATION_ROLES = ("Cloud Application Administrator", "Application Administrator", "Global Administrator")
_GROUP_ROLES = ("Groups Administrator", "User Administrator", "Global Administrator")
_READ_GROUPS = (
    "GroupMember.Read.All",
    "Group.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
_READ_USERS = (
    "User.Read.All",
    "User.ReadBasic.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
_READ_APPLICATIONS = (
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)

APPLICATION_NEED = PermissionNeed(
    "creating and changing application registrations, as their owner",
    any_of=("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"),
    delegated=("Application.ReadWrite.All", _AS_USER),
    directory_roles=_APPLICATION_ROLES,
    features=frozenset({"application"}),
)
CONSENT_NEED = PermissionNeed(
    "granting consent, which otherwise stays pending until an administrator grants it",
    any_of=("AppRoleAssignment.ReadWrite.All + DelegatedPermissionGrant.ReadWrite.All",),
    delegated=("AppRoleAssignment.ReadWrite.All + DelegatedPermissionGrant.ReadWrite.All", _AS_USER),
    directory_roles=("Privileged Role Administrator", "Global Administrator"),
    features=frozenset({"consent"}),
    optional=True,
)
ASSIGNMENTS_NEED = PermissionNeed(
    "changing who holds app roles, which fails without it where there is something to change",
    any_of=("AppRoleAssignment.ReadWrite.All",),
    delegated=("AppRoleAssignment.ReadWrite.All", _AS_USER),
    directory_roles=_APPLICATION_ROLES,
    features=frozenset({"app_role_assignments"}),
    optional=True,
)
CONDITIONAL_ACCESS_NEED = PermissionNeed(
    "creating and changing named locations and conditional access policies",
    any_of=("Policy.ReadWrite.ConditionalAccess + Policy.Read.All + Application.Read.All",),
    delegated=("Policy.ReadWrite.ConditionalAccess + Policy.Read.All + Application.Read.All",),
    directory_roles=("Conditional Access Administrator", "Security Administrator", "Global Administrator"),
    features=frozenset({"conditional_access"}),
)
_ACCESS = frozenset({"conditional_access"})
#: Whether somebody can sign in is not among what User.ReadBasic.All shows.
_READ_ACCOUNTS = tuple(name for name in _READ_USERS if name != "User.ReadBasic.All")
_READ_ROLES = (
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
#: What policies name, and who must not be locked out by them.
_ACCESS_READS = (
    PermissionNeed(
        "groups that policies name, and who is in those for emergencies",
        any_of=_READ_GROUPS,
        delegated=(*_READ_GROUPS, _AS_USER),
        features=_ACCESS,
    ),
    PermissionNeed(
        "users that policies name, and whether those for emergencies can sign in",
        any_of=_READ_ACCOUNTS,
        delegated=(*_READ_ACCOUNTS, _AS_USER),
        features=_ACCESS,
    ),
    PermissionNeed(
        "who holds directory roles (a policy that names roles fails without it)",
        any_of=_READ_ROLES,
        delegated=(*_READ_ROLES, _AS_USER),
        features=_ACCESS,
        optional=True,
    ),
)
SIGN_INS_NEED = PermissionNeed(
    "reading sign-ins, without which the policy for the application's own egress stays in report-only",
    any_of=("AuditLog.Read.All",),
    delegated=("AuditLog.Read.All",),
    directory_roles=(
        "Reports Reader",
        "Security Reader",
        "Global Reader",
        "Security Administrator",
        "Global Administrator",
    ),
    features=frozenset({"conditional_access"}),
    optional=True,
)
ENTRA_GROUPS_NEED = PermissionNeed(
    "creating Entra groups, and changing those that it owns",
    any_of=("Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"),
    delegated=("Group.ReadWrite.All", "Directory.ReadWrite.All", _AS_USER),
    features=frozenset({"entra_groups"}),
)
USER_NAMES_NEED = PermissionNeed(
    "members and owners given by user name",
    any_of=_READ_USERS,
    delegated=(*_READ_USERS, _AS_USER),
    features=frozenset({"user_names"}),
)
GROUP_NAMES_NEED = PermissionNeed(
    "reading the Entra groups of the document, and those that mappings name without object_id",
    any_of=_READ_GROUPS,
    delegated=(*_READ_GROUPS, _AS_USER),
    features=frozenset({"entra_groups", "group_names"}),
)
VIEW_NEED = PermissionNeed(
    "reading the CommCell",
    rights=((31, "View"), (1, "Administrative Management")),
    features=frozenset({"commvault_roles", "role_mappings"}),
    elsewhere=True,
)
USER_GROUPS_NEED = PermissionNeed(
    "creating user groups and linking them to Entra groups",
    rights=((102, "add, delete and modify a user group"), (1, "Administrative Management")),
    features=frozenset({"role_mappings"}),
    elsewhere=True,
)
SECURITY_NEED = PermissionNeed(
    "granting and revoking roles, together with every permission in them",
    rights=((107, "Change security settings"),),
    features=frozenset({"role_mappings"}),
    elsewhere=True,
)
#: Commvault documents the names of these permissions, and no ids.
ROLES_NEED = PermissionNeed(
    "creating and changing roles",
    rights=((1, "Administrative Management"),),
    named=("Create Role", "Edit Role"),
    features=frozenset({"commvault_roles"}),
)

_MAPPINGS = (
    ENTRA_GROUPS_NEED,
    USER_NAMES_NEED,
    GROUP_NAMES_NEED,
    VIEW_NEED,
    USER_GROUPS_NEED,
    SECURITY_NEED,
    ROLES_NEED,
)
_BOOTSTRAP = (
    PermissionNeed(
        "creating or adopting the applications, and making the automation identity their owner",
        any_of=("Application.ReadWrite.All",),
        delegated=("Application.ReadWrite.All", _AS_USER),
        directory_roles=_APPLICATION_ROLES,
    ),
    PermissionNeed(
        "making the automation identity an owner of Entra groups",
        any_of=("Group.ReadWrite.All", "Directory.ReadWrite.All"),
        delegated=("Group.ReadWrite.All", "Directory.ReadWrite.All", _AS_USER),
        directory_roles=_GROUP_ROLES,
        features=frozenset({"entra_groups"}),
    ),
    PermissionNeed(
        CONSENT_NEED.purpose,
        any_of=CONSENT_NEED.any_of,
        delegated=CONSENT_NEED.delegated,
        directory_roles=CONSENT_NEED.directory_roles,
        optional=True,
    ),
)

_READ_CELL = replace(VIEW_NEED, features=frozenset())
_PREFLIGHT = (
    PermissionNeed("finding the mapped groups", any_of=_READ_GROUPS, delegated=(*_READ_GROUPS, _AS_USER)),
    PermissionNeed(
        "reading the application and who is assigned to it",
        any_of=_READ_APPLICATIONS,
        delegated=(*_READ_APPLICATIONS, _AS_USER),
    ),
    PermissionNeed(
        "names of members, and the limit of 150 groups",
        any_of=_READ_USERS,
        delegated=(*_READ_USERS, _AS_USER),
        optional=True,
    ),
    _READ_CELL,
)
_EXPIRY = (
    PermissionNeed(
        "reading applications with their keys",
        any_of=("Application.ReadWrite.OwnedBy", *_READ_APPLICATIONS),
        delegated=(*_READ_APPLICATIONS, _AS_USER),
    ),
    PermissionNeed(
        "federated credentials of applications that it does not own",
        any_of=_READ_APPLICATIONS,
        delegated=(*_READ_APPLICATIONS, _AS_USER),
        optional=True,
    ),
    _READ_CELL,
)
_ROTATION = (
    PermissionNeed(
        "adding keys to applications that it owns, and removing them",
        any_of=("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"),
        delegated=("Application.ReadWrite.All", _AS_USER),
        directory_roles=_APPLICATION_ROLES,
    ),
    PermissionNeed(
        "what application management policies allow before a key is added",
        any_of=("Policy.Read.All",),
        delegated=("Policy.Read.All", _AS_USER),
        optional=True,
    ),
    replace(_READ_CELL, optional=True),
)
_ROLL_OVER = (
    PermissionNeed(
        "activating another signing certificate of an application that it owns",
        any_of=("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"),
        delegated=("Application.ReadWrite.All", _AS_USER),
        directory_roles=_APPLICATION_ROLES,
    ),
    _READ_CELL,
)
_ACCESS_LOG = (
    PermissionNeed(
        "reading the logs of sign-ins and changes",
        any_of=("AuditLog.Read.All",),
        delegated=("AuditLog.Read.All",),
        directory_roles=("Reports Reader", "Security Reader", "Security Administrator", "Global Reader"),
    ),
    PermissionNeed(
        "the names of applications whose entries are read",
        any_of=_READ_APPLICATIONS,
        delegated=(*_READ_APPLICATIONS, _AS_USER),
        optional=True,
    ),
    PermissionNeed(
        "which policies of conditional access decided on a sign-in",
        any_of=("Policy.Read.All",),
        delegated=("Policy.Read.All",),
        optional=True,
    ),
    _READ_CELL,
)
#: What is not visible is told in the documents of a snapshot, and never fails the run.
_SNAPSHOT = (
    PermissionNeed(
        "groups that Commvault's are linked to, and who is in them",
        any_of=_READ_GROUPS,
        delegated=(*_READ_GROUPS, _AS_USER),
    ),
    PermissionNeed("users, and whether they can sign in", any_of=_READ_ACCOUNTS, delegated=(*_READ_ACCOUNTS, _AS_USER)),
    PermissionNeed(
        "applications and what they may do, without which identities are not told",
        any_of=_READ_APPLICATIONS,
        delegated=(*_READ_APPLICATIONS, _AS_USER),
        optional=True,
    ),
    PermissionNeed("who holds directory roles", any_of=_READ_ROLES, delegated=(*_READ_ROLES, _AS_USER), optional=True),
    PermissionNeed(
        "policies of conditional access", any_of=("Policy.Read.All",), delegated=("Policy.Read.All",), optional=True
    ),
    _READ_CELL,
)
_EXPORT_ENTRA = (
    PermissionNeed(
        "applications with who owns and holds them",
        any_of=("Application.Read.All", "Application.ReadWrite.All"),
        delegated=("Application.Read.All", "Directory.Read.All", _AS_USER),
    ),
    PermissionNeed(
        "groups with members and owners",
        any_of=("Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All"),
        delegated=("Group.Read.All", "Directory.Read.All", _AS_USER),
    ),
    PermissionNeed(
        "names of users, who is named by object id without them",
        any_of=("User.Read.All", "Directory.Read.All"),
        delegated=("User.Read.All", "Directory.Read.All", _AS_USER),
        optional=True,
    ),
    PermissionNeed(
        "delegated permissions, without which nothing is exported as granted",
        any_of=("Directory.Read.All",),
        delegated=("Directory.Read.All", _AS_USER),
        optional=True,
    ),
    PermissionNeed(
        "conditional access policies and named locations",
        any_of=("Policy.Read.All",),
        delegated=("Policy.Read.All", _AS_USER),
        optional=True,
    ),
)

PLAYBOOKS: dict[str, PlaybookNeeds] = {
    "doctor": PlaybookNeeds((), any_side=True),
    "bootstrap": PlaybookNeeds(_BOOTSTRAP),
    "site": PlaybookNeeds(
        (
            *(APPLICATION_NEED, *_MAPPINGS, CONSENT_NEED, ASSIGNMENTS_NEED),
            *(CONDITIONAL_ACCESS_NEED, *_ACCESS_READS, SIGN_INS_NEED),
        )
    ),
    "converge_role_mappings": PlaybookNeeds(_MAPPINGS),
    "export_role_mappings": PlaybookNeeds((_READ_CELL,)),
    "export_entra": PlaybookNeeds(_EXPORT_ENTRA),
    "preflight": PlaybookNeeds(_PREFLIGHT),
    "revert": PlaybookNeeds(_MAPPINGS),
    "expiry": PlaybookNeeds(_EXPIRY),
    "rotate_secrets": PlaybookNeeds(_ROTATION),
    "roll_over_certificate": PlaybookNeeds(_ROLL_OVER),
    "access_log": PlaybookNeeds(_ACCESS_LOG),
    "access_evidence": PlaybookNeeds(_SNAPSHOT),
    "snapshot": PlaybookNeeds(_SNAPSHOT),
    "access": PlaybookNeeds(_SNAPSHOT),
}
