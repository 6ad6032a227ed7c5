#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_saml_app
short_description: Manage SAML apps in Commvault, through which people sign in with Microsoft Entra ID
version_added: 1.0.0
description:
  - Creates, changes and deletes a SAML app of a CommCell or a company, and says which reply URL the enterprise application in Entra ID needs.
  - The app is found by O(name) and O(company), without regard to letter case; a name that only looks equal is another one. Commvault cannot rename
    an app. An identity provider app of another kind with this name is refused.
  - Commvault never shows the signing certificate that an app holds. Whenever this module writes one, the last line of the app's description says
    which, with its SHA-256 fingerprint and its end; see O(certificate_policy).
  - An app is created by one request and completed by a second one, since Commvault takes no more at first. What is missing after a run that was
    interrupted is written by the next one.
  - Commvault takes lists of an app as a whole. So the app is read once more right before a change, and what others have added meanwhile stays. Where more
    would be written then than was planned, such as a removal with O(exclusive), the task fails with RV(ignore:error.kind=plan_changed) and leaves the app.
  - 'Commvault permissions, least first: to read, C(View) on the CommCell; to write, C(Domain management).'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.commvault
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._commvault
  - cvops.identity._commvault.company
options:
  name:
    description:
      - The name of the app. For Entra ID, Commvault's documentation asks for the name of the tenant or of the company.
    type: str
    required: true
  description:
    description:
      - What the app is for. When left out it is not managed; empty clears it. The mark of the certificate is not part of it.
    type: str
  enabled:
    description:
      - Whether people can sign in through the app. When left out it is not managed; a new app is enabled.
    type: bool
  metadata:
    description:
      - The federation metadata of the identity provider, which says where people sign in and which certificate signs. When left out these are not
        managed; a new app needs it. Exactly one of O(metadata.application), O(metadata.url) and O(metadata.file) is given.
      - A document with a document type, of more than one provider, or of another tenant than O(tenant_id) is refused. Its own signature is not
        looked at; TLS, or who may write the file, vouches for it.
    type: dict
    suboptions:
      application:
        description:
          - Application (client) id of the enterprise application in Entra ID, whose own document names the certificate that is active there. It is
            read at the token service of O(cloud) or O(authority_url) for O(tenant_id), without signing in.
        type: str
      url:
        description:
          - Address of the document, https only. No token is sent there and no redirect is followed.
        type: str
      file:
        description:
          - Path of a file with the document on the machine that runs the task; a relative one begins at the playbook.
        type: path
      entity_id:
        description:
          - The entity id that the document has to have. When left out, it has to be one of the tenant, where O(tenant_id) is an id.
        type: str
  pending_metadata:
    description:
      - Whether an earlier task of the same run prepares the application, or activates the certificate, that O(metadata) is about. In check mode the
        metadata is then not read, and O(metadata) may be left out; otherwise it is waited for, up to a minute. Plans tell it in the same words both
        times. Playbooks that plan everything first need it.
    type: bool
    default: false
  certificate:
    description:
      - The certificate with which the identity provider signs, as PEM, as base64 of DER, or as the path of a file with either or with DER, without the
        certificates of its issuers. When left out, that of O(metadata). Give it to move an app to another certificate than the one that the metadata
        names, such as one that is about to be activated.
    type: str
  certificate_fingerprint:
    description:
      - The fingerprint of the certificate that the app has to hold, SHA-256 or SHA-1. It chooses one of several in O(metadata), and O(certificate)
        has to have it.
    type: str
  certificate_policy:
    description:
      - When the certificate is written to an app that exists.
      - V(fingerprint) - where the mark in the app's description names another one, or where there is no mark, because it is unknown then what the app
        holds. V(always) - in every run, which is then a change; take it once after the certificate was changed in the Command Center, which leaves the
        mark as it was. V(on_create) - never, unless addresses of the identity provider change, which
        Commvault takes only with the certificate.
    type: str
    choices: [fingerprint, always, on_create]
    default: fingerprint
  service_provider_endpoint:
    description:
      - Address of the web console or Command Center that people sign in to, with the port, such as C(https://cv.corp.example:443/webconsole). It is the
        identifier that Entra ID has to know. When left out it is not managed; a new app gets C(/webconsole) of the host of O(commvault_url).
      - When it changes, Commvault creates a new key pair for the app.
    type: str
  service_provider_aliases:
    description:
      - Further such addresses. When left out they are not managed; an empty list removes all.
    type: list
    elements: str
  name_id:
    description:
      - What the NameID of an assertion holds. When left out it is not managed.
    type: str
    choices: [email, user_principal_name]
  attribute_mappings:
    description:
      - Which SAML attribute fills which attribute of a Commvault user. An attribute that is left out is not managed; an empty text removes its mapping.
        When the whole option is left out no mapping is managed; an empty dictionary removes all. Mappings of other attributes stay;
        with O(exclusive) they are removed.
    type: dict
    suboptions:
      user_groups:
        description:
          - The groups of a user. At each sign-in Commvault then adds the user to the user groups that the assertion names, and removes it from others.
            For Entra ID, V(http://schemas.microsoft.com/ws/2008/06/identity/claims/groups).
        type: str
      email:
        description:
          - The e-mail address.
        type: str
      user_name:
        description:
          - The name of the user.
        type: str
      company_name:
        description:
          - The company, by its alias, where one app of the CommCell serves all companies.
        type: str
      sid:
        description:
          - The security identifier.
        type: str
      user_guid:
        description:
          - The GUID of the user.
        type: str
  associations:
    description:
      - Who may sign in through the app. Of what is left out, and of what other kinds there are, everything stays. Releases before 11.38 do not show which
        users are associated, and a change of associations warns of that.
    type: dict
    suboptions:
      email_suffixes:
        description:
          - What stands behind the @ of the names of people, such as V(corp.example). When left out they are not managed; an empty list removes all.
        type: list
        elements: str
      companies:
        description:
          - Companies by name or alias, or each as a dictionary with C(name), or with C(id). When left out they are not managed; an empty list removes all.
        type: list
        elements: raw
      user_groups:
        description:
          - User groups by name, or each as a dictionary with C(name) and C(company), or with C(id). When left out they are not managed; an empty list
            removes all.
        type: list
        elements: raw
      domains:
        description:
          - Domains of a directory by name. When left out they are not managed; an empty list removes all.
        type: list
        elements: str
  default_user_groups:
    description:
      - User groups that everybody joins who signs in through the app, in the form of O(associations.user_groups). When left out they are not managed; an
        empty list removes all.
    type: list
    elements: raw
  pending_user_groups:
    description:
      - User groups that an earlier task of the same run creates, in the form of O(associations.user_groups), such as
        RV(cvops.identity.commvault_role_mappings#module:role_mappings.user_group_references). In check mode those in O(associations) and
        O(default_user_groups) may then be missing; otherwise they are waited for, up to a minute. Plans tell them in the same words both times.
    type: list
    elements: raw
    default: []
  auto_create_users:
    description:
      - Whether a user is created who signs in for the first time. It takes an associated e-mail suffix. When left out it is not managed; a new app creates
        none.
    type: bool
  auto_redirect:
    description:
      - Whether everybody who opens the web console is sent to the identity provider at once. When left out it is not managed.
      - It is switched on only after the account in O(break_glass) was proven to get in without the identity provider, or with C(lock_out) in
        O(accept_risk). It is switched on last, and off first. The same holds for disabling an app that people are sent to.
    type: bool
  break_glass:
    description:
      - A local administrator who can repair the sign-in. Before O(auto_redirect) is switched on, the task signs in as this user, in check mode too, and
        makes sure that the CommCell itself checks the password and that the user administers the CommCell.
    type: dict
    suboptions:
      username:
        description:
          - The name of the user.
        type: str
        required: true
      password:
        description:
          - The password.
        type: str
        required: true
      pin:
        description:
          - The PIN of two-factor authentication, where the CommCell asks for one. When left out, none is sent; that of O(commvault_pin) is another user's.
        type: str
  exclusive:
    description:
      - Whether aliases, mappings, associations and default user groups that the options do not name are removed. Those that are left out are not touched.
    type: bool
    default: false
  max_removals:
    description:
      - The largest number of associations that this task may remove; a list that has lost its contents by mistake must not lock everybody out.
    type: int
    default: 20
  accept_risk:
    description:
      - Dangerous changes that are refused unless they are listed here.
      - V(lock_out) - people are sent to the identity provider, or to an app that is disabled, and nobody is proven to get in without it.
      - V(rename) - a new app is of the same identity provider and endpoint as another one, or it cannot be checked whether it is; it would not take
        its place, but have another app key and another reply URL.
    type: list
    elements: str
    choices: [lock_out, rename]
  accept_reason:
    description:
      - Why the risks are accepted, for the record of the run. Needed with O(accept_risk).
    type: str
  state:
    description:
      - Whether the app exists. It is deleted by its key; where another app has its name by the time of the deletion, that one is not touched, and the task
        fails with RV(ignore:error.kind=plan_changed).
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: cvops.identity.commvault_oidc_app
  - module: cvops.identity.entra_service_principal
  - module: cvops.identity.sso_preflight_info
"""

EXAMPLES = r"""
- name: People sign in with Entra ID, and their groups come with them
  cvops.identity.commvault_saml_app:
    name: corp.example
    tenant_id: 11111111-2222-4333-8444-555555555555
    metadata:
      application: 66666666-7777-4888-8999-000000000000
    service_provider_endpoint: https://commvault.corp.example:443/webconsole
    name_id: user_principal_name
    attribute_mappings:
      user_groups: http://schemas.microsoft.com/ws/2008/06/identity/claims/groups
    associations:
      email_suffixes:
        - corp.example
    auto_create_users: true
  register: sign_on

- name: The reply URL that it needs
  cvops.identity.entra_application:
    unique_name: commvault-sign-on
    web:
      redirect_uris:
        - "{{ sign_on.saml_app.reply_url }}"
  when: sign_on.saml_app.reply_url is not none

- name: Everybody is sent to Entra ID at once, now that a local administrator gets in without it
  cvops.identity.commvault_saml_app:
    name: corp.example
    auto_redirect: true
    break_glass:
      username: breakglass
      password: "{{ break_glass_password }}"

- name: Delete the app
  cvops.identity.commvault_saml_app:
    name: corp.example
    state: absent
"""

RETURN = r"""
saml_app:
  description: The app as it is now; in check mode as it would be, with unknown keys V(null). Empty when it is absent.
  returned: success
  type: dict
  contains:
    name:
      description: Name, as the service writes it.
      type: str
    company:
      description: Company of the app, V(null) for the CommCell.
      type: str
    app_key:
      description: The key by which Commvault knows the app.
      type: str
    description:
      description: What the app is for, without the mark.
      type: str
    enabled:
      description: Whether people can sign in through it; V(null) where Commvault does not show it.
      type: bool
    entity_id:
      description: Entity id of the identity provider.
      type: str
    sign_on_url:
      description: Where people are sent to sign in.
      type: str
    sign_out_url:
      description: Where people are sent to sign out.
      type: str
    certificate_fingerprint:
      description: SHA-256 fingerprint of the certificate that the app is marked to hold, V(null) where it carries no mark.
      type: str
    certificate_expires:
      description: When that certificate ends, RFC 3339.
      type: str
    service_provider_endpoint:
      description:
        - Address of the web console as the app has it, the identifier for Entra ID. Where O(service_provider_endpoint) does not name it, it is Commvault
          that says so; register RV(saml_app.reply_url), not this, as a reply URL.
      type: str
    service_provider_aliases:
      description: Further addresses, sorted.
      type: list
      elements: str
    reply_url:
      description:
        - The reply URL to register in Entra ID, V(null) for an app that is not there yet.
        - Entra ID sends sign-ins there, and it is Commvault that says where. So V(null), too, where its host is neither that of
          O(service_provider_endpoint) or O(service_provider_aliases) nor that of O(commvault_url); a warning where the endpoint is given.
      type: str
    reply_url_pending:
      description: Whether the reply URLs are not known yet, since a task in check mode would give the app another address of the web console.
      returned: when state is present
      type: bool
    sign_out_reply_url:
      description: The address that people come back to from signing out, under the same condition.
      type: str
    name_id:
      description: What the NameID holds; a word of Commvault where it is none of the choices, V(null) where it is not shown.
      type: str
    attribute_mappings:
      description: SAML attributes by attribute of the user.
      type: dict
    associations:
      description: Names by kind, sorted.
      type: dict
    default_user_groups:
      description: User groups that everybody joins, sorted.
      type: list
      elements: str
    auto_create_users:
      description: Whether users are created at their first sign-in.
      type: bool
    auto_redirect:
      description: Whether people are sent to the identity provider at once; V(null) where Commvault does not show it.
      type: bool
    not_confirmed:
      description:
        - Fields that Commvault does not show as written after a minute; V(list) for a new app that is not listed. Then it may await approval.
        - V(other_associations) where associations that were there before, and that nobody asked to remove, are gone; a warning names them.
        - A deletion, and a change that keeps somebody out, that is not shown fails the task instead.
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
      description: What is given, removed or changed, such as V(association).
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

from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.canonical import ATTRIBUTES, NAME_IDS
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.certificates import (
    CERTIFICATE_POLICIES,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.resource import RISKS, SamlAppResource
from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_removals_spec, build_risk_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

_SOURCES = ["application", "url", "file"]

SPEC = commvault_spec().merge(
    build_approval_spec(),
    build_removals_spec(),
    build_risk_spec(*RISKS),
    ArgumentSpec(
        {
            "name": {"type": "str", "required": True},
            "company": {"type": "str"},
            "description": {"type": "str"},
            "enabled": {"type": "bool"},
            "metadata": {
                "type": "dict",
                "options": {
                    "application": {"type": "str"},
                    "url": {"type": "str"},
                    "file": {"type": "path"},
                    "entity_id": {"type": "str"},
                },
                "mutually_exclusive": [_SOURCES],
                "required_one_of": [_SOURCES],
            },
            "pending_metadata": {"type": "bool", "default": False},
            "certificate": {"type": "str", "no_log": True},
            "certificate_fingerprint": {"type": "str", "no_log": False},
            "certificate_policy": {
                "type": "str",
                "choices": list(CERTIFICATE_POLICIES),
                "default": "fingerprint",
                "no_log": False,
            },
            "service_provider_endpoint": {"type": "str"},
            "service_provider_aliases": {"type": "list", "elements": "str"},
            "name_id": {"type": "str", "choices": list(NAME_IDS)},
            "attribute_mappings": {"type": "dict", "options": {name: {"type": "str"} for name in ATTRIBUTES}},
            "associations": {
                "type": "dict",
                "options": {
                    "email_suffixes": {"type": "list", "elements": "str"},
                    "companies": {"type": "list", "elements": "raw"},
                    "user_groups": {"type": "list", "elements": "raw"},
                    "domains": {"type": "list", "elements": "str"},
                },
            },
            "default_user_groups": {"type": "list", "elements": "raw"},
            "pending_user_groups": {"type": "list", "elements": "raw", "default": []},
            "auto_create_users": {"type": "bool"},
            "auto_redirect": {"type": "bool"},
            "break_glass": {
                "type": "dict",
                "options": {
                    "username": {"type": "str", "required": True},
                    "password": {"type": "str", "required": True, "no_log": True},
                    "pin": {"type": "str", "no_log": True},
                },
            },
            "exclusive": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        }
    ),
)

RESOURCE = SamlAppResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
