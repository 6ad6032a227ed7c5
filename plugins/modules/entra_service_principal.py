#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_service_principal
short_description: Manage service principals (enterprise applications) in Microsoft Entra ID
version_added: 1.0.0
description:
  - Creates, adopts, changes and deletes the service principal of an application in this tenant.
  - A service principal that exists already is adopted; what the options do not name stays as it is.
  - When the application was created a moment ago, the module waits until Entra ID knows it everywhere.
  - For single sign-on with SAML it adds, activates and removes the certificates with which Entra ID signs, each as a stage of its own, so that those who
    check the signatures can be given the next certificate in between. Private keys stay in Entra ID.
  - 'Graph permissions (application), least first: C(Application.ReadWrite.OwnedBy) for applications of this tenant that the identity owns;
    C(Application.ReadWrite.All) for all others, and for applications of other tenants; with O(owners), also C(Directory.Read.All), and
    C(User.Read.All) for owners given by user name.'
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
options:
  app_id:
    description:
      - The application (client) id; the application may belong to another tenant. When left out, O(application) or O(object_id) says which.
    type: str
  application:
    description:
      - A registration in this tenant, by exactly one of its keys. When left out, O(app_id) or O(object_id) says which.
  object_id:
    description:
      - The object id of an existing service principal. When left out, it is found by its application.
    type: str
  assignment_required:
    description:
      - Whether only users, groups and applications that are assigned get tokens. When left out it is not managed; Entra ID takes V(false) for a new one.
    type: bool
  enabled:
    description:
      - Whether tokens are issued at all. When left out it is not managed; a new one is enabled.
    type: bool
  sign_on_mode:
    description:
      - How single sign-on is done; V(none) clears it. When left out it is not managed.
    type: str
    choices: [none, saml, oidc, password, notSupported]
  login_url:
    description:
      - Where people are sent who start the application from Entra ID, for single sign-on that the application begins. When left out it is not managed;
        empty clears it.
    type: str
  relay_state:
    description:
      - The relay state that a SAML application is sent when single sign-on begins in Entra ID. When left out it is not managed; empty clears it.
    type: str
  signing_certificate:
    description:
      - The certificates with which Entra ID signs SAML tokens for the application. When left out they are neither read nor managed.
      - They need O(sign_on_mode=saml), or a service principal with that mode.
      - A certificate is added only where none that signs ends later than O(signing_certificate.renew_before_days) from now, and is not active
        before it is activated. After an answer that was lost, the certificate is looked for before anything else is done.
      - Microsoft offers adding one in the global cloud only, not in national clouds.
    type: dict
    suboptions:
      name:
        description:
          - The common name of a new certificate, with or without C(CN=). When left out it is the name of the service principal. Certificates that are
            there are never replaced for their name.
        type: str
      lifetime_days:
        description:
          - For how long a new certificate is valid, in days; 1095 at most.
        type: int
        default: 1095
      renew_before_days:
        description:
          - A new certificate is added where all that are there end within as many days; with V(0), once they have ended. It is less than
            O(signing_certificate.lifetime_days).
        type: int
        default: 30
      activate:
        description:
          - V(never) leaves the active certificate as it is. V(first) activates one where none is active, the one that ends last.
          - A thumbprint (SHA-1 or SHA-256) activates exactly that certificate, which must be there and valid now. From then on Entra ID signs with it,
            and nobody can sign in where it is not known, so give it to the application in the same run.
        type: str
        default: never
      remove:
        description:
          - Thumbprints (SHA-1 or SHA-256) of certificates to remove, with their private keys. Others stay. The one that is active, and the one that is
            to become so, are refused.
        type: list
        elements: str
        default: []
  reply_urls:
    description:
      - Addresses to which sign-in answers are sent. When left out they are not managed; an empty list removes all but those of the application.
      - Entra ID takes over the redirect URIs of an application of this tenant, and its identifier URIs as the names of the service principal. For SAML, set
        both there, with O(cvops.identity.entra_application#module:web.redirect_uris) and O(cvops.identity.entra_application#module:identifier_uris).
    type: list
    elements: str
  notification_emails:
    description:
      - E-mail addresses for notices before the token signing certificate expires. When left out they are not managed; an empty list removes all.
    type: list
    elements: str
  tags:
    description:
      - Tags. When left out they are not managed; an empty list removes all but those of the application, which Entra ID shows here too.
    type: list
    elements: str
  description:
    description:
      - What the service principal is for. When left out it is not managed; empty clears it.
    type: str
  notes:
    description:
      - Notes for administrators. When left out they are not managed; empty clears them.
    type: str
  owners:
    description:
      - Owners as object ids or user principal names. When left out owners are not managed.
      - Object ids are verified with C(Directory.Read.All); without that permission a warning says which were not verified.
      - Entra ID may make the identity that creates a service principal its owner; with O(exclusive=true) it stays one only if it is listed.
    type: list
    elements: str
  max_removals:
    description:
      - The largest number of owners that this task may remove; a list that has lost its contents by mistake must not remove them all.
    type: int
    default: 20
  exclusive:
    description:
      - Whether what the lists do not name is removed. Lists that are left out are not touched.
    type: bool
    default: false
  state:
    description:
      - Whether the service principal exists. Deleting it leaves the application as it is.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: cvops.identity.entra_application
"""

EXAMPLES = r"""
- name: Only those who are assigned may use the application
  cvops.identity.entra_service_principal:
    app_id: d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa
    assignment_required: true
    notification_emails:
      - backup-platform@corp.example

- name: A signing certificate for single sign-on, active at once where there was none
  cvops.identity.entra_service_principal:
    app_id: d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa
    sign_on_mode: saml
    signing_certificate:
      activate: first
      renew_before_days: 60

- name: By the unique name of a registration that an earlier task creates
  cvops.identity.entra_service_principal:
    application:
      unique_name: commvault-management
    tags:
      - backup
"""

RETURN = r"""
service_principal:
  description: The service principal as it is now; in check mode as it would be, with unknown ids V(null). Empty with O(state=absent).
  returned: success
  type: dict
  contains:
    object_id:
      description: Object id.
      type: str
    unverified:
      description: Object ids of O(owners) that could not be verified, because this identity may not look them up; sorted.
      type: list
      elements: str
    app_id:
      description: Application (client) id.
      type: str
    display_name:
      description: Display name, which follows the application.
      type: str
    assignment_required:
      description: Whether only those who are assigned get tokens.
      type: bool
    enabled:
      description: Whether tokens are issued.
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
    signing_certificates:
      description:
        - The certificates that sign SAML tokens, the one that ends first first; only when O(signing_certificate) is given.
        - In check mode everything of one that would be added is V(null), but whether it would be active.
      type: list
      elements: dict
      contains:
        thumbprint:
          description: SHA-1 thumbprint in upper-case hexadecimal, as Entra ID's pages show it.
          type: str
        fingerprint_sha256:
          description: SHA-256 fingerprint in upper-case hexadecimal; V(null) where Entra ID did not give the certificate itself.
          type: str
        key_id:
          description: Key id of the credential to verify with; V(null) where a new one does not show yet.
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
          description: The public certificate, base64 of DER, as SAML metadata has it; V(null) where Entra ID did not give it.
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
      description: Tags, sorted; those of the application included.
      type: list
      elements: str
    description:
      description: What the service principal is for.
      type: str
    notes:
      description: Notes for administrators.
      type: str
    owners:
      description: Object ids of the owners, sorted; only when O(owners) is given.
      type: list
      elements: str
    not_confirmed:
      description:
        - What Entra ID does not show as written after a minute, as the name of an option, or V(list) for a new service principal that is not found everywhere.
        - A deletion, and a change that removes something, that is not shown fails the task instead.
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
      description: What is given, removed or changed, such as V(tag).
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
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_removals_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import application_option
from ansible_collections.cvops.identity.plugins.module_utils._entra.service_principals.resource import (
    ServicePrincipalResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.options import (
    SIGNING_CERTIFICATE_SPEC,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(
    build_approval_spec(),
    application_option(),
    build_removals_spec(),
    ArgumentSpec(
        {
            "app_id": {"type": "str"},
            "object_id": {"type": "str"},
            "assignment_required": {"type": "bool"},
            "enabled": {"type": "bool"},
            "sign_on_mode": {"type": "str", "choices": ["none", "saml", "oidc", "password", "notSupported"]},
            "reply_urls": {"type": "list", "elements": "str"},
            "login_url": {"type": "str"},
            "relay_state": {"type": "str"},
            "signing_certificate": SIGNING_CERTIFICATE_SPEC,
            "notification_emails": {"type": "list", "elements": "str"},
            "tags": {"type": "list", "elements": "str"},
            "description": {"type": "str"},
            "notes": {"type": "str"},
            "owners": {"type": "list", "elements": "str"},
            "exclusive": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_one_of=[["app_id", "application", "object_id"]],
        mutually_exclusive=[["app_id", "application"], ["object_id", "application"]],
    ),
)

RESOURCE = ServicePrincipalResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
