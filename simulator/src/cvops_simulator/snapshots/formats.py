# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents of a snapshot have to look like, as far as a copy is made of it."""

from __future__ import annotations

from cvops_simulator.snapshots.shapes import ANY, COUNT, ID, TIME, Shape

ENTRA_FORMAT = "cvops.identity/snapshot-entra/1"
COMMCELL_FORMAT = "cvops.identity/snapshot-commcell/1"

TEXT: Shape = (str, None)
FLAG: Shape = (bool, None)
TEXTS: Shape = ([str], None)

PROVENANCE: Shape = {
    "started?": TEXT,
    "collector": {"kind": str, "id": TEXT, "name": TEXT, "rights?": TEXTS},
    "sources": [{"name": str, "complete": FLAG, "why": TEXT}],
}

_OBJECT: Shape = {"id": str}
_COUNTS: Shape = ({"security": COUNT, "microsoft365": COUNT, "distribution": COUNT}, None)
_HOLDER: Shape = {"kind": str, "id": (ID, None), "name": TEXT}

ENTRA: Shape = {
    "format": str,
    "provenance": PROVENANCE,
    "tenant": {"id": str, "displayName": TEXT, "domain": TEXT},
    "users": [
        {**_OBJECT, "userPrincipalName": str, "displayName?": TEXT, "accountEnabled?": FLAG, "groupCounts?": _COUNTS}
    ],
    "groups": [{**_OBJECT, "displayName": TEXT, "members": [str], "owners?": TEXTS, "notVisible?": TEXTS}],
    "applications": [
        {
            **_OBJECT,
            "appId": str,
            "displayName": TEXT,
            "owners?": TEXTS,
            "notVisible?": TEXTS,
            "passwordCredentials?": ([{"keyId": str}], None),
            "keyCredentials?": ([{"keyId": str}], None),
            "federatedIdentityCredentials?": ([{"id": str, "name": str}], None),
        }
    ],
    "service_principals": [
        {
            **_OBJECT,
            "appId": str,
            "displayName": TEXT,
            "owners?": TEXTS,
            "notVisible?": TEXTS,
            "appRoles?": ([{"id": str, "value": TEXT}], None),
            "oauth2PermissionScopes?": ([{"id": str, "value": TEXT}], None),
            "appRoleAssignments?": ([{"id": str, "resourceId": str, "appRoleId": str}], None),
            "appRoleAssignedTo?": ([{"id": str, "principalId": str, "appRoleId": str, "principalType?": TEXT}], None),
            "oauth2PermissionGrants?": (
                [{"id": str, "resourceId": str, "scope": TEXT, "consentType": str, "principalId": TEXT}],
                None,
            ),
        }
    ],
    "directory_roles": [
        {
            "roleTemplateId": str,
            "displayName": TEXT,
            "members": [str],
            "scopedMembers?": ([{"id": str, "directoryScopeId": str}], None),
        }
    ],
    "named_locations": [_OBJECT],
    "conditional_access_policies": [{**_OBJECT, "displayName": str, "state": str, "conditions": ({}, None)}],
    "deleted_users": [{**_OBJECT, "userPrincipalName?": TEXT, "displayName?": TEXT}],
    "deleted_groups": [{**_OBJECT, "displayName?": TEXT}],
    "others": [{**_OBJECT, "kind": str}],
}

_NAMED: Shape = {"id": ID, "name": str}
_IN_COMPANY: Shape = {**_NAMED, "company?": TEXT, "enabled?": FLAG}
_ASSOCIATION: Shape = {
    "principal": _HOLDER,
    "role": ({"id": ID, "name": TEXT}, None),
    "permissions": [str],
    "entity": {"kind": str, "id": str, "name": TEXT},
    "grant_kind": str,
}

COMMCELL: Shape = {
    "format": str,
    "provenance": PROVENANCE,
    "name": str,
    "commcell": {"id": ID, "name": str, "release": (str, int, None)},
    "companies": [{**_NAMED, "alias?": TEXT}],
    "permissions": [{**_NAMED, "category?": ANY}],
    "roles": [
        {**_IN_COMPANY, "description?": TEXT, "permissions": [str], "categories?": TEXTS, "visible_to_all?": FLAG}
    ],
    "users": [
        {
            **_IN_COMPANY,
            "kind": TEXT,
            "full_name?": TEXT,
            "email?": TEXT,
            "user_principal_name?": TEXT,
            "description?": TEXT,
            "signs_in_with?": TEXT,
            "identity_provider?": TEXT,
            "local_password?": FLAG,
            "two_factor?": FLAG,
            "locked?": FLAG,
            "last_sign_in?": (TIME, None),
            "groups?": ([{"kind": TEXT, "id": (ID, None), "name": TEXT}], None),
        }
    ],
    "two_factor": {"mode?": TEXT, "user_groups?": TEXTS},
    "user_groups": [
        {
            **_IN_COMPANY,
            "description?": TEXT,
            "entra_group_id?": TEXT,
            "restricted_consoles?": TEXTS,
            "two_factor?": FLAG,
            "members?": ([ID], None),
        }
    ],
    "external_groups": [_IN_COMPANY],
    "associations": [_ASSOCIATION],
    "owners": [_ASSOCIATION],
    "access_tokens": [
        {
            "id": ID,
            "name": TEXT,
            "owner": _HOLDER,
            "token_type": TEXT,
            "api_endpoints": TEXTS,
            "allowed_ips": TEXTS,
            "expires": (TIME, None),
            "renewable_until": (TIME, None),
        }
    ],
    "entities": {},
    "credentials": [
        {
            **_NAMED,
            "company?": TEXT,
            "description?": TEXT,
            "azure_tenant_id": TEXT,
            "azure_application_id": TEXT,
            "environment": TEXT,
            "endpoints?": ({}, None),
            "secret_fingerprint?": TEXT,
            "owner": (_HOLDER, None),
            "shared_with": ([_HOLDER], None),
        }
    ],
    "identity_providers": [
        {
            "kind": str,
            "name": str,
            "app_key": str,
            "company?": TEXT,
            "description?": TEXT,
            "enabled?": FLAG,
            "attribute_mappings?": ({}, None),
            "associations?": ({}, None),
            "default_user_groups?": TEXTS,
            "certificate_fingerprint?": TEXT,
            "certificate_expires?": TEXT,
            "secret_fingerprint?": TEXT,
        }
    ],
}
ENTITY_ROWS: Shape = [{**_NAMED, "company?": TEXT}]
