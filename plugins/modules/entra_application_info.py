#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_application_info
short_description: Read application registrations and the days left of their credentials
version_added: 1.0.0
description:
  - Reads one application by key, those that a filter selects, or all.
  - Passwords and certificates are listed with their ends, never with key material.
  - 'Graph permissions (application), least first: C(Application.ReadWrite.OwnedBy) or C(Application.Read.All).'
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
      - Object id of the application. When left out, another option selects.
    type: str
  app_id:
    description:
      - Application (client) id. When left out, another option selects.
    type: str
  unique_name:
    description:
      - Alternate key. When left out, another option selects.
    type: str
  display_name:
    description:
      - All applications of exactly this name, letter case apart. When left out, another option selects.
    type: str
  filter:
    description:
      - An OData filter in Microsoft Graph's words, such as C(startsWith(displayName,'Commvault')).
      - When this and all keys are left out, all applications are returned.
    type: str
seealso:
  - module: cvops.identity.entra_application
"""

EXAMPLES = r"""
- name: One application
  cvops.identity.entra_application_info:
    unique_name: commvault-management

- name: Names of applications with a secret that ends within 30 days
  cvops.identity.entra_application_info:
    query: "[?passwords[?days_left != null && days_left < `30`]].display_name"
"""

RETURN = r"""
applications:
  description: The applications, sorted by display name; empty when there is none.
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
    unique_name:
      description: Alternate key, if it has one.
      type: str
    display_name:
      description: Display name.
      type: str
    sign_in_audience:
      description: Whose accounts can sign in.
      type: str
    description:
      description: What the application is for.
      type: str
    notes:
      description: Notes for administrators.
      type: str
    created:
      description: When it was created.
      type: str
    enabled:
      description: Whether the application is active; a deactivated one gets no new tokens.
      type: bool
    tags:
      description: Tags, sorted.
      type: list
      elements: str
    identifier_uris:
      description: Identifier URIs, sorted.
      type: list
      elements: str
    web:
      description: Web platform, with C(redirect_uris), C(logout_url), C(home_page_url) and C(implicit_grant).
      type: dict
    spa:
      description: Single-page application platform, with C(redirect_uris).
      type: dict
    public_client:
      description: Mobile and desktop platform, with C(redirect_uris).
      type: dict
    app_roles:
      description: App roles, sorted by value.
      type: list
      elements: dict
    api_scopes:
      description: API scopes, sorted by value.
      type: list
      elements: dict
    api_permissions:
      description: Requested permissions; C(api) is an application id, C(application) and C(delegated) are permission ids.
      type: list
      elements: dict
    group_claims:
      description: Which groups tokens carry.
      type: list
      elements: str
    optional_claims:
      description: Optional claims by kind of token.
      type: dict
    access_token_version:
      description: Version of access tokens for this API.
      type: int
    passwords:
      description: Client secrets, soonest end first.
      type: list
      elements: dict
      contains:
        key_id:
          description: Id of the secret.
          type: str
        name:
          description: Its label.
          type: str
        starts:
          description: From when it is valid.
          type: str
        expires:
          description: Until when it is valid.
          type: str
        days_left:
          description: Whole days until then, negative once it has run out.
          type: int
    certificates:
      description: Certificates, soonest end first.
      type: list
      elements: dict
      contains:
        key_id:
          description: Id of the certificate.
          type: str
        name:
          description: Its label.
          type: str
        thumbprint:
          description: SHA-1 thumbprint in hexadecimal.
          type: str
        type:
          description: Kind of key.
          type: str
        usage:
          description: What it is used for.
          type: str
        starts:
          description: From when it is valid.
          type: str
        expires:
          description: Until when it is valid.
          type: str
        days_left:
          description: Whole days until then, negative once it has run out.
          type: int
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.info import find_applications
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(
    ArgumentSpec(
        {
            "object_id": {"type": "str"},
            "app_id": {"type": "str"},
            "unique_name": {"type": "str"},
            "display_name": {"type": "str"},
            "filter": {"type": "str"},
            "query": {"type": "str"},
        },
        mutually_exclusive=[["object_id", "app_id", "unique_name", "display_name", "filter"]],
    ),
)

RESOURCE = Report("applications", find_applications)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
