#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_service_principal_info
short_description: Read enterprise applications, with the permissions they offer, their single sign-on and who may use them
version_added: 1.0.0
description:
  - Reads one service principal by key, those of a name, those that a filter selects, or all.
  - This tells the names that other modules take - the permissions of an API for O(cvops.identity.entra_application#module:api_permissions), the app
    roles for M(cvops.identity.entra_app_role_assignment), the thumbprints of signing certificates for M(cvops.identity.entra_service_principal).
  - Private keys and secrets are never read out.
  - 'Graph permissions (application), least first: C(Application.ReadWrite.OwnedBy) or C(Application.Read.All), which O(assignments) needs.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.info
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._entra
  - cvops.identity._query
options:
  object_id:
    description:
      - Object id of the service principal. When left out, another option selects.
    type: str
  app_id:
    description:
      - Application (client) id. When left out, another option selects.
    type: str
  display_name:
    description:
      - All service principals of exactly this name, letter case apart. When left out, another option selects.
    type: str
  filter:
    description:
      - An OData filter in Microsoft Graph's words, such as C(startsWith(displayName,'Commvault')).
      - When this and all keys are left out, all service principals are returned, those of Microsoft's own applications among them.
    type: str
  assignments:
    description:
      - Whether to read who holds the app roles, too; one request for twenty service principals, more where a list is long.
    type: bool
    default: false
  owners:
    description:
      - Whether to read the owners, too; one request for twenty service principals.
    type: bool
    default: false
seealso:
  - module: cvops.identity.entra_service_principal
  - module: cvops.identity.entra_app_role_assignment
  - module: cvops.identity.entra_application_info
"""

EXAMPLES = r"""
- name: Names of the application permissions that Microsoft Graph offers
  cvops.identity.entra_service_principal_info:
    display_name: Microsoft Graph
    query: "[0].app_roles[?enabled && contains(allowed_member_types, 'Application')].value"

- name: Who may sign in to Commvault, with which role
  cvops.identity.entra_service_principal_info:
    app_id: d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa
    assignments: true

- name: Thumbprints and days left of the certificates that sign SAML tokens
  cvops.identity.entra_service_principal_info:
    filter: startsWith(displayName,'Commvault')
    query: "[].{name: display_name, certificates: signing_certificates[].[thumbprint, days_left, active]}"
"""

RETURN = r"""
service_principals:
  description: The service principals, sorted by display name; empty when there is none.
  returned: success
  type: list
  elements: dict
  contains:
    object_id:
      description: Object id.
      type: str
    app_id:
      description: Application (client) id.
      type: str
    display_name:
      description: Display name, which follows the application.
      type: str
    type:
      description: What it stands for, such as V(Application) or V(ManagedIdentity).
      type: str
    owner_tenant_id:
      description: Id of the tenant in which the application is registered.
      type: str
    identifiers:
      description: Identifier URIs and application id by which tokens for it are asked for, sorted.
      type: list
      elements: str
    enabled:
      description: Whether tokens are issued.
      type: bool
    assignment_required:
      description: Whether only those who are assigned get tokens.
      type: bool
    sign_on_mode:
      description: How single sign-on is done; V(none) if that is not set.
      type: str
    login_url:
      description: Where people are sent who start the application from Entra ID.
      type: str
    relay_state:
      description: The relay state for single sign-on that begins in Entra ID.
      type: str
    reply_urls:
      description: Reply URLs, sorted.
      type: list
      elements: str
    notification_emails:
      description: Addresses told before the token signing certificate expires, sorted.
      type: list
      elements: str
    tags:
      description: Tags, sorted.
      type: list
      elements: str
    description:
      description: What the service principal is for.
      type: str
    notes:
      description: Notes for administrators.
      type: str
    app_roles:
      description:
        - App roles, sorted by value. Those that V(Application) is among the C(allowed_member_types) of are application permissions.
      type: list
      elements: dict
      contains:
        value:
          description: The name that tokens and permissions have; V(null) where it has none.
          type: str
        display_name:
          description: What people call it.
          type: str
        description:
          description: What it allows.
          type: str
        allowed_member_types:
          description: Who can hold it, V(User) for users and groups, V(Application) for service principals.
          type: list
          elements: str
        enabled:
          description: Whether it can be assigned.
          type: bool
        id:
          description: Its id.
          type: str
    api_scopes:
      description: Delegated permissions, sorted by value.
      type: list
      elements: dict
      contains:
        value:
          description: The name that tokens and permissions have.
          type: str
        type:
          description: Who may consent, V(Admin) or V(User).
          type: str
        admin_consent_display_name:
          description: Its title for administrators.
          type: str
        admin_consent_description:
          description: What it allows, for administrators.
          type: str
        user_consent_display_name:
          description: Its title for users.
          type: str
        user_consent_description:
          description: What it allows, for users.
          type: str
        enabled:
          description: Whether it can be granted.
          type: bool
        id:
          description: Its id.
          type: str
    signing_certificates:
      description: The certificates that sign SAML tokens, the one that ends first first.
      type: list
      elements: dict
      contains:
        thumbprint:
          description: SHA-1 thumbprint in upper-case hexadecimal, as Entra ID's pages show it.
          type: str
        fingerprint_sha256:
          description: SHA-256 fingerprint in upper-case hexadecimal; V(null) unless O(object_id) or O(app_id) selects, since lists do not have it.
          type: str
        key_id:
          description: Key id of the credential to verify with.
          type: str
        name:
          description: Its name, the subject of a certificate that Entra ID has made.
          type: str
        starts:
          description: When it begins to be valid.
          type: str
        expires:
          description: When it ends.
          type: str
        days_left:
          description: Whole days until it ends; below zero after that.
          type: int
        active:
          description: Whether Entra ID is told to sign with it. None is active where Entra ID chooses by itself.
          type: bool
        certificate:
          description: The public certificate, base64 of DER, as SAML metadata has it; V(null) as C(fingerprint_sha256) is.
          type: str
    assignments:
      description: Who holds which app role; only with O(assignments).
      type: list
      elements: dict
      contains:
        app_role:
          description: Value of the role, its display name where it has none, its id where the application offers it no more; V(null) for access without a role.
          type: str
        app_role_id:
          description: Id of the role, of zeros for access without a role.
          type: str
        principal_type:
          description: V(group), V(user) or V(service_principal).
          type: str
        name:
          description: Display name of the principal.
          type: str
        object_id:
          description: Object id of the principal.
          type: str
    owners:
      description: Object ids of the owners, sorted; only with O(owners).
      type: list
      elements: str
    owner_details:
      description: What Graph tells of the owners, in the same order; only with O(owners).
      type: list
      elements: dict
      contains:
        object_id:
          description: Object id.
          type: str
        name:
          description: User principal name of a user, display name of others; V(null) where it is not told.
          type: str
        type:
          description: Type of the object, such as V(user) or V(servicePrincipal); V(null) where it is not told.
          type: str
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._entra.service_principals.info import (
    find_service_principals,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(
    ArgumentSpec(
        {
            "object_id": {"type": "str"},
            "app_id": {"type": "str"},
            "display_name": {"type": "str"},
            "filter": {"type": "str"},
            "assignments": {"type": "bool", "default": False},
            "owners": {"type": "bool", "default": False},
            "query": {"type": "str"},
        },
        mutually_exclusive=[["object_id", "app_id", "display_name", "filter"]],
    ),
)

RESOURCE = Report("service_principals", find_service_principals)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
