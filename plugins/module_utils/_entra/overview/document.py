# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The document that holds what of a tenant bears on access to Commvault, without secrets. Shapes only.

Rows have Microsoft Graph's own property names, a fixed selection of them, with the extra keys named here; every list is sorted by id, inside
rows as well, so that two documents differ only where the tenant does. What could not be read is an empty list with a Source that says so;
groups, applications and service principals have the further key ``notVisible``: the names of those of their keys that could not be read.
"""

from __future__ import annotations

import typing as t

from ..._core.provenance import Provenance

FORMAT = "cvops.identity/snapshot-entra/1"

Row = dict[str, t.Any]


class EntraDocument(t.TypedDict):
    """``entra.json`` of a snapshot."""

    format: str
    provenance: Provenance
    tenant: Row
    """``id``, ``displayName``, ``domain`` (the initial one)."""
    users: list[Row]
    """Members of groups and owners that were read, and users with the name or address of a Commvault user: ``id``, ``displayName``,
    ``userPrincipalName``, ``mail``, ``accountEnabled``, ``userType``, ``onPremisesSyncEnabled``, ``createdDateTime``. Extra key:
    ``groupCounts``, in how many groups of the whole tenant a user is, through nesting as well: ``security`` (mail-enabled ones too),
    ``microsoft365`` (those that are no security groups) and ``distribution``; None for users who cannot sign in, where it could not be read
    (source ``group_counts``), and where tokens carry assigned groups alone, so that it was not asked for."""
    groups: list[Row]
    """Groups that Commvault groups are linked to or named after, those that the document names, those that are assigned to applications,
    those that hold a directory role, and all groups nested in them. Extra keys: ``members``, ``owners`` (object ids, direct ones only)."""
    applications: list[Row]
    """Registrations, with ``passwordCredentials`` and ``keyCredentials`` without any value. Extra keys: ``owners`` (object ids),
    ``federatedIdentityCredentials``."""
    service_principals: list[Row]
    """Of the applications, of every program that holds an application permission that counts as powerful or a directory role, and those that
    are members or owners of the above; further the resources whose roles they hold or request, with the ``appRoles`` and
    ``oauth2PermissionScopes`` that are used. Extra keys: ``owners`` (object ids), ``appRoleAssignments`` (held: ``id``, ``resourceId``,
    ``appRoleId``), ``appRoleAssignedTo`` (``id``, ``principalId``, ``principalType``, ``appRoleId``; of the chosen applications alone, empty
    for all others), ``oauth2PermissionGrants`` (``id``, ``resourceId``, ``scope``, ``consentType``, ``principalId``)."""
    directory_roles: list[Row]
    """Active roles: ``roleTemplateId``, ``displayName``, ``members`` (object ids), ``scopedMembers`` (``id``, ``directoryScopeId``: held for a
    part of the tenant only, such as an administrative unit)."""
    named_locations: list[Row]
    conditional_access_policies: list[Row]
    """Bodies as Graph returns them."""
    policy_report: Row
    """The value of entra_conditional_access_info: policies in words, findings and what is not evaluable (without reasons); no finding depends on
    the day. Empty where it was not read."""
    deleted_users: list[Row]
    """As ``users``, with ``deletedDateTime``, without ``groupCounts``."""
    deleted_groups: list[Row]
    """``id``, ``displayName``, ``deletedDateTime``."""
    others: list[Row]
    """Members and owners of another kind: ``id``, ``kind`` (``device``, ``contact``, ``unknown``, as of a user that could not be read), ``displayName``."""
