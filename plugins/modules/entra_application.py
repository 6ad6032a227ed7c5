#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_application
short_description: Manage application registrations in Microsoft Entra ID
version_added: 1.0.0
description:
  - Creates, adopts, changes, restores and deletes application registrations.
  - The application is found by O(object_id), else by O(app_id), else by O(unique_name), else by O(display_name), which must then be unambiguous.
    An application that exists already is adopted; everything that the options do not name stays as it is.
  - Passwords, certificates and federated credentials are never touched.
  - No service principal is created; see M(cvops.identity.entra_service_principal). API permissions are requested, not granted; see
    M(cvops.identity.entra_admin_consent).
  - 'Graph permissions (application), least first: C(Application.ReadWrite.OwnedBy) to create, and to change applications that the identity owns;
    C(Application.ReadWrite.All) for all others; with O(owners), also C(Directory.Read.All), and C(User.Read.All) for owners given by user name.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.entra
  - cvops.identity._risk
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._api_permissions
options:
  unique_name:
    description:
      - An immutable alternate key. An application that is created with it is never created twice, whatever happens to the answer.
      - Together with O(object_id) or O(app_id), it is given to an application that has none.
      - When left out, a new application has none.
    type: str
  app_id:
    description:
      - The application (client) id of an existing application. When left out, the application is found by another key.
    type: str
  object_id:
    description:
      - The object id of an existing application. When left out, the application is found by another key.
    type: str
  display_name:
    description:
      - The name that people see. Not unique in Entra ID. An application whose name differs in letter case only has this name, and keeps its spelling.
      - When left out, the name of an existing application is not managed; a new application needs it.
    type: str
  sign_in_audience:
    description:
      - Whose accounts can sign in. When left out it is not managed; a new application gets V(AzureADMyOrg).
    type: str
    choices: [AzureADMyOrg, AzureADMultipleOrgs, AzureADandPersonalMicrosoftAccount, PersonalMicrosoftAccount]
  description:
    description:
      - What the application is for. When left out it is not managed; empty clears it.
    type: str
  notes:
    description:
      - Notes for administrators. When left out they are not managed; empty clears them.
    type: str
  enabled:
    description:
      - Whether the application is active. When left out it is not managed; a new application is.
      - V(false) deactivates it. It then gets no new tokens in any tenant, and nobody can sign in to it; tokens that were issued are valid until they end.
        Its settings, permissions and credentials stay. This needs O(accept_risk=kill_switch).
      - V(true) activates it again. An owner of the application can do that, too; where that must not be, remove the owners in the same task.
    type: bool
  tags:
    description:
      - Tags without blanks. When left out they are not managed; an empty list removes all.
    type: list
    elements: str
  owners:
    description:
      - Owners as object ids or user principal names. When left out owners are not managed.
      - Object ids are verified with C(Directory.Read.All); without that permission a warning says which were not verified.
      - Entra ID makes the identity that creates an application its owner; with O(exclusive=true) it stays one only if it is listed.
    type: list
    elements: str
  identifier_uris:
    description:
      - URIs by which tokens are requested for this application. C({app_id}) is replaced by the application id.
      - When left out they are not managed; an empty list removes all.
    type: list
    elements: str
  web:
    description:
      - The web platform. What is left out is not managed.
    type: dict
    suboptions:
      redirect_uris:
        description:
          - Addresses to which sign-in answers are sent. When left out they are not managed; an empty list removes all.
        type: list
        elements: str
      logout_url:
        description:
          - Address for front-channel sign-out. When left out it is not managed; empty clears it.
        type: str
      home_page_url:
        description:
          - Home page. When left out it is not managed; empty clears it.
        type: str
      implicit_grant:
        description:
          - Tokens that the authorization endpoint itself hands out. When left out it is not managed.
        type: dict
        suboptions:
          access_tokens:
            description:
              - Whether it hands out access tokens. When left out it is not managed.
            type: bool
          id_tokens:
            description:
              - Whether it hands out id tokens. When left out it is not managed.
            type: bool
  spa:
    description:
      - The single-page application platform. When left out it is not managed.
    type: dict
    suboptions:
      redirect_uris:
        description:
          - Addresses to which sign-in answers are sent. When left out they are not managed; an empty list removes all.
        type: list
        elements: str
  public_client:
    description:
      - The platform of mobile and desktop applications. When left out it is not managed.
    type: dict
    suboptions:
      redirect_uris:
        description:
          - Addresses to which sign-in answers are sent. When left out they are not managed; an empty list removes all.
        type: list
        elements: str
  app_roles:
    description:
      - App roles, found by O(app_roles[].value). When left out they are not managed; an empty list removes all.
      - An enabled role that changes or goes is disabled first, as Entra ID demands; with C(diff), a role that goes shows who holds it.
    type: list
    elements: dict
    suboptions:
      value:
        description:
          - What appears in the C(roles) claim.
        type: str
        required: true
      display_name:
        description:
          - Name in consent and assignment dialogues. When left out it is not managed; a new role gets its value.
        type: str
      description:
        description:
          - What the role allows. When left out it is not managed; a new role gets its display name.
        type: str
      allowed_member_types:
        description:
          - Who can hold the role; users include groups. When left out it is not managed; a new role gets V(User).
        type: list
        elements: str
        choices: [User, Application]
      enabled:
        description:
          - Whether the role can be assigned and is emitted. When left out it is not managed; a new role is enabled.
        type: bool
      id:
        description:
          - Id of the role. A role with the same value keeps the id that it has; if only the id matches, the role gets the new value.
          - When left out, a new role's id is derived from O(unique_name) (or the application id) and the value, so that it is the same in every run.
        type: str
  api_scopes:
    description:
      - Delegated permissions that this application offers as an API, found by O(api_scopes[].value).
      - When left out they are not managed; an empty list removes all.
      - An enabled scope that changes or goes is disabled first.
    type: list
    elements: dict
    suboptions:
      value:
        description:
          - What appears in the C(scp) claim.
        type: str
        required: true
      type:
        description:
          - Who can consent. When left out it is not managed; a new scope gets V(Admin).
        type: str
        choices: [Admin, User]
      admin_consent_display_name:
        description:
          - Name that administrators see. When left out it is not managed; a new scope gets its value.
        type: str
      admin_consent_description:
        description:
          - Description that administrators see. When left out it is not managed; a new scope gets its name.
        type: str
      user_consent_display_name:
        description:
          - Name that users see. When left out it is not managed; empty clears it.
        type: str
      user_consent_description:
        description:
          - Description that users see. When left out it is not managed; empty clears it.
        type: str
      enabled:
        description:
          - Whether the scope can be requested. When left out it is not managed; a new scope is enabled.
        type: bool
      id:
        description:
          - Id of the scope, with the same rules as O(app_roles[].id). When left out, a new scope's id is derived from its value.
        type: str
  api_permissions:
    description:
      - Permissions that the application requests of APIs. When left out they are not managed; an empty list removes all.
      - All names that an API does not know are reported together before anything is written.
      - Permissions of tier 0, with which their holder can take over the tenant, are warned of when they are new, and RV(steps) says why. What the
        purpose of a preset needs beside permissions, such as app roles or a redirect URI, is warned of while it is missing.
  group_claims:
    description:
      - Which groups tokens carry; the list is taken as a whole, whatever O(exclusive) says. When left out it is not managed; an empty list means none.
    type: list
    elements: str
    choices: [SecurityGroup, DirectoryRole, ApplicationGroup, All]
  optional_claims:
    description:
      - Claims that tokens carry beside the usual ones, by kind of token; a claim is found by name and source. When left out they are not managed.
    type: dict
    suboptions:
      access_token:
        description:
          - Claims in access tokens. When left out they are not managed; an empty list removes all.
        type: list
        elements: dict
        suboptions: &claim
          name:
            description:
              - The claim.
            type: str
            required: true
          source:
            description:
              - Where it comes from, such as V(user) for an extension property. When left out, it is one of Entra ID's own.
            type: str
          essential:
            description:
              - Whether the claim is needed for a smooth sign-in. When left out it is not managed; a new claim is not essential.
            type: bool
          additional_properties:
            description:
              - Properties that shape the claim, as a whole. When left out they are not managed.
            type: list
            elements: str
      id_token:
        description:
          - Claims in id tokens. When left out they are not managed; an empty list removes all.
        type: list
        elements: dict
        suboptions: *claim
      saml2_token:
        description:
          - Claims in SAML tokens. When left out they are not managed; an empty list removes all.
        type: list
        elements: dict
        suboptions: *claim
  access_token_version:
    description:
      - Version of access tokens for this API. When left out it is not managed; a new application gets 1, and 2 where its audience
        includes personal accounts, which Entra ID demands.
    type: int
    choices: [1, 2]
  pending_application:
    description:
      - In check mode, takes an application that does not exist for one that an earlier task of the same run makes. Outside check mode, an application
        that does not exist is then an error. Playbooks that plan everything first need it.
    type: bool
    default: false
  pending_redirect_uris:
    description:
      - Redirect URIs of the web platform that another service makes in the course of the same run, such as the reply URL of a SAML app in Commvault,
        which holds a key that is not known before. They are added, whatever O(exclusive) says, and plans tell them by name.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - What plans call the URI, such as V(reply URL of SAML app corp.example on cs01).
        type: str
        required: true
      uri:
        description:
          - The URI. When left out, it is not known yet, which is an error outside check mode.
        type: str
  restore_deleted:
    description:
      - Whether a deleted application with the same object id, application id, unique name or identifier URI is brought back.
      - Its service principal is brought back too, also where the application itself is in use already and has none.
      - With V(false), a deleted application that stands in the way is reported.
    type: bool
    default: false
  max_removals:
    description:
      - The largest number of owners that this task may remove; a list that has lost its contents by mistake must not remove them all.
    type: int
    default: 20
  accept_risk:
    description:
      - Guards to open, one by one. When left out, all guards are closed.
      - V(kill_switch) - an active application is deactivated, see O(enabled).
    type: list
    elements: str
    choices: [kill_switch]
  exclusive:
    description:
      - Whether what the lists do not name is removed. Lists that are left out are not touched.
    type: bool
    default: false
  state:
    description:
      - Whether the application exists. A deleted application, and its service principal, can be restored for 30 days.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: cvops.identity.entra_application_info
  - module: cvops.identity.entra_service_principal
"""

EXAMPLES = r"""
- name: The registration that Commvault uses
  cvops.identity.entra_application:
    unique_name: commvault-management
    display_name: Commvault management API
    sign_in_audience: AzureADMyOrg
    identifier_uris:
      - api://{app_id}
    web:
      redirect_uris:
        - https://commvault.corp.example/webconsole/openIdConnectCallback.do
    app_roles:
      - value: Backup.Operate
        display_name: Operate backups
        description: Start, stop and repeat backup jobs
        allowed_member_types: [User, Application]
    api_permissions:
      - api: Microsoft Graph
        application: [User.Read.All, GroupMember.Read.All]
        delegated: [User.Read]

- name: Adopt an application that was made by hand, and request exactly these permissions
  cvops.identity.entra_application:
    app_id: d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa
    unique_name: commvault-management
    api_permissions:
      - api: Microsoft Graph
        application: [User.Read.All]
        delegated: []
    exclusive: true

- name: The application with which Commvault backs up Entra ID, with reading rights only
  cvops.identity.entra_application:
    unique_name: commvault-entra-backup
    display_name: Commvault backup of Entra ID
    api_permissions:
      - preset: entra_backup
    exclusive: true

- name: Stop a registration whose secret has leaked; no owner may activate it again
  cvops.identity.entra_application:
    unique_name: commvault-management
    enabled: false
    owners: []
    accept_risk: [kill_switch]
    accept_reason: INC0012345, the client secret was published

- name: Delete the registration
  cvops.identity.entra_application:
    unique_name: commvault-management
    state: absent
"""

RETURN = r"""
application:
  description: The application as it is now; in check mode as it would be, with unknown ids V(null). Empty with O(state=absent).
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
    enabled:
      description: Whether the application is active, so that it gets tokens.
      type: bool
    tags:
      description: Tags, sorted.
      type: list
      elements: str
    owners:
      description: Object ids of the owners, sorted; only when O(owners) is given.
      type: list
      elements: str
    identifier_uris:
      description: Identifier URIs, sorted.
      type: list
      elements: str
    web:
      description: Web platform, as in O(web).
      type: dict
    spa:
      description: Single-page application platform, as in O(spa).
      type: dict
    public_client:
      description: Mobile and desktop platform, as in O(public_client).
      type: dict
    app_roles:
      description: App roles with their ids, sorted by value.
      type: list
      elements: dict
    api_scopes:
      description: API scopes with their ids, sorted by value.
      type: list
      elements: dict
    api_permissions:
      description: Requested permissions by API; names for the APIs that O(api_permissions) names, ids for all others.
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
    not_confirmed:
      description:
        - What Entra ID does not show as written after a minute, as the name of an option, or V(list) for a new application that is not found everywhere.
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
      description: What is given, removed or changed, such as V(redirect URI).
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
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_removals_spec, build_risk_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.options import application_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.resource import ApplicationResource
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC: ArgumentSpec = entra_spec().merge(
    application_spec(), build_removals_spec(), build_risk_spec("kill_switch"), build_approval_spec()
)

RESOURCE = ApplicationResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
