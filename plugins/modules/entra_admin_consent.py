#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_admin_consent
short_description: Grant API permissions to an application in Microsoft Entra ID
version_added: 1.0.0
description:
  - Grants application permissions, and delegated permissions for all users of the tenant, by name; what an administrator does by giving consent.
  - Where the signed-in identity may not grant, the task does not fail. RV(consent.status) is then V(pending_consent), RV(consent.missing) has the
    names, and RV(consent.consent_url) is the page on which an administrator grants what the application requests.
  - 'Graph permissions (application), least first: to read, C(Application.Read.All), and C(DelegatedPermissionGrant.Read.All) for delegated permissions;
    to grant application permissions, C(AppRoleAssignment.ReadWrite.All), with which an identity can grant itself anything; to grant delegated ones,
    C(DelegatedPermissionGrant.ReadWrite.All). No scheduled job needs the last two.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._application_reference
  - cvops.identity._api_permissions
options:
  app_id:
    description:
      - The application (client) id; the application may belong to another tenant. When left out, O(application) says which.
    type: str
  application:
    description:
      - A registration in this tenant, by exactly one of its keys. When left out, O(app_id) says which.
  api_permissions:
    description:
      - The permissions to grant. When left out, what the registration requests.
      - Permissions of tier 0, with which their holder can take over the tenant, are warned of when they are granted or wait for an administrator, and
        RV(steps) says why.
  exclusive:
    description:
      - Whether permissions of the named APIs that are granted and not listed are revoked. Other APIs, and consent that users gave for
        themselves, are never touched.
    type: bool
    default: false
  state:
    description:
      - The permissions are granted, as far as the signed-in identity may.
    type: str
    choices: [present]
    default: present
notes:
  - Whether the identity may grant is read from its token before anything is planned, so that check mode and the real run agree. Where the token does not
    tell, the grant is tried, and check mode predicts that it succeeds.
  - A token that is in use when a permission is granted does not carry it. The next sign-in does, within seconds to minutes.
seealso:
  - module: cvops.identity.entra_application
  - module: cvops.identity.entra_service_principal
"""

EXAMPLES = r"""
- name: Grant what the application requests, or say what an administrator must grant
  cvops.identity.entra_admin_consent:
    application:
      unique_name: commvault-management
  register: granting

- name: Ask for consent
  ansible.builtin.debug:
    msg: "Missing: {{ granting.consent.missing }}. Please consent at {{ granting.consent.consent_url }}"
  when: granting.consent.status == 'pending_consent'

- name: Exactly these permissions of Microsoft Graph
  cvops.identity.entra_admin_consent:
    app_id: d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa
    api_permissions:
      - api: Microsoft Graph
        application: [GroupMember.Read.All]
        delegated: [User.Read]
    exclusive: true

- name: What Commvault documents for the backup and restore of OneDrive, and nothing else of Microsoft Graph
  cvops.identity.entra_admin_consent:
    app_id: d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa
    api_permissions:
      - preset: onedrive_backup_restore
    exclusive: true
"""

RETURN = r"""
consent:
  description: What is granted now; in check mode what would be.
  returned: success
  type: dict
  contains:
    status:
      description: V(granted) when nothing is missing, else V(pending_consent).
      type: str
    requested:
      description: The permissions asked for.
      type: list
      elements: dict
      contains:
        api:
          description: Display name of the API.
          type: str
        application:
          description: Names of application permissions, sorted.
          type: list
          elements: str
        delegated:
          description: Names of delegated permissions, sorted.
          type: list
          elements: str
    granted:
      description: Those of them that are granted.
      type: list
      elements: dict
      contains:
        api:
          description: Display name of the API.
          type: str
        application:
          description: Names of application permissions, sorted.
          type: list
          elements: str
        delegated:
          description: Names of delegated permissions, sorted.
          type: list
          elements: str
    missing:
      description: Those of them that are not.
      type: list
      elements: dict
      contains:
        api:
          description: Display name of the API.
          type: str
        application:
          description: Names of application permissions, sorted.
          type: list
          elements: str
        delegated:
          description: Names of delegated permissions, sorted.
          type: list
          elements: str
    consent_url:
      description: The page on which an administrator grants what the registration requests. V(null) while the application does not exist.
      type: str
    not_confirmed:
      description:
        - What Entra ID does not show as written after a minute, as V(granted).
        - A revocation that is not shown fails the task instead.
      type: list
      elements: dict
      contains:
        field:
          description: What is not shown.
          type: str
steps:
  description: What the task changes, or would change in check mode, one entry per change, in the order of the writes; empty when nothing changes.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Identifies the step; the same in check mode and in the run that carries it out. See O(approved_steps).
      type: str
    action:
      description: The kind of write.
      type: str
    sign:
      description: V(+) gives or creates something, V(-) removes something, V(~) changes what stays.
      type: str
    kind:
      description: What is given, removed or changed, such as V(application permission).
      type: str
    principal:
      description: Who or what it is about, by name.
      type: str
    sentence:
      description: What happens to the principal, with names in place of ids.
      type: str
target:
  description: Where that is. The address of the CommCell, with the company that is acted for, or the id of the tenant.
  returned: success
  type: str
steps_gone:
  description: The ids of O(approved_steps) that are not needed any more; somebody else was faster.
  returned: when O(approved_steps) is given
  type: list
  elements: str
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import application_option
from ansible_collections.cvops.identity.plugins.module_utils._entra.consent.resource import ConsentResource
from ansible_collections.cvops.identity.plugins.module_utils._entra.permissions import api_permissions_option
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

KEYS = ["app_id", "application"]

SPEC = entra_spec().merge(
    build_approval_spec(),
    application_option(),
    ArgumentSpec(
        {
            "app_id": {"type": "str"},
            "api_permissions": api_permissions_option(),
            "exclusive": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present"], "default": "present"},
        },
        required_one_of=[KEYS],
        mutually_exclusive=[KEYS],
    ),
)

RESOURCE = ConsentResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
