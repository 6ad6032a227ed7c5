#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_oidc_app
short_description: Manage OpenID Connect apps in Commvault, which let people sign in with Microsoft Entra ID
version_added: 1.0.0
description:
  - Creates, changes and deletes an OpenID Connect app of a CommCell or a company, and says which redirect URI the registration in Entra ID needs.
  - The app is found by O(name) and O(company), without regard to letter case; a name that only looks equal is another one. It is never renamed.
    An identity provider app of another kind with this name, such as a SAML app, is refused.
  - Each change writes the whole row of the app, with all that the options do not name as Commvault shows it. Where the release is known to be older than
    11.42, it is written by a command, as the official client of these releases does.
  - OpenID Connect gives people no groups; what maps Entra groups to user groups of Commvault is SAML.
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
      - The name of the app.
    type: str
    required: true
  description:
    description:
      - What the app is for. When left out it is not managed; empty clears it. The mark of O(secret_fingerprint) is not part of it.
    type: str
  enabled:
    description:
      - Whether people can sign in through the app. When left out it is not managed; a new app is enabled.
    type: bool
  application_id:
    description:
      - Application (client) id of the registration in Entra ID that people sign in to. The options O(client_id) and O(client_secret) are those of the
        identity that the task itself may sign in with. When left out it is not managed; a new app needs it.
    type: str
  secret:
    description:
      - A client secret of that registration. Commvault never shows it again. A new app needs it; for others O(secret_policy) says when it is written.
      - When left out, the secret of an existing app is not touched.
    type: str
  secret_policy:
    description:
      - When O(secret) is written to an app that exists.
      - V(on_create) - never. V(always) - in every run, which is then a change. V(fingerprint) - where the mark that the app carries is not
        O(secret_fingerprint), also where it carries none, because the secret that it holds is unknown then.
    type: str
    choices: [on_create, always, fingerprint]
    default: on_create
  secret_fingerprint:
    description:
      - A text by which O(secret) is known, such as the key id that Entra ID gave it; never anything made from the secret. Whenever the secret is
        written, this text is kept in the last line of the app's description, where everybody can read it.
      - When left out, a secret is written without a mark, and a mark that was there goes.
    type: str
  discovery_url:
    description:
      - Address of the OpenID configuration, such as C(https://login.microsoftonline.com/TENANT/v2.0/.well-known/openid-configuration). Whoever
        answers there says who has signed in, so it has to be that of one tenant, at the token service of O(cloud) or O(authority_url); if O(tenant_id)
        is an id, of that tenant.
      - When left out it is not managed; a new app gets that of O(tenant_id).
    type: str
  web_console_urls:
    description:
      - Addresses of the web consoles or Command Centers that people sign in to, with the port, such as C(https://cv.corp.example:443/webconsole).
      - When left out they are not managed; a new app gets C(/webconsole) of the host of O(commvault_url). An empty list removes all.
    type: list
    elements: str
  associations:
    description:
      - Who may sign in through the app. Of what is left out, and of what other kinds there are, everything stays.
      - E-mail suffixes are not known to be kept by Commvault for apps of this kind.
    type: dict
    suboptions:
      users:
        description:
          - Users by name, or each as a dictionary with C(name) and C(company), or with C(id). When left out they are not managed; an empty list
            removes all.
        type: list
        elements: raw
      user_groups:
        description:
          - User groups, in the form of O(associations.users). When left out they are not managed; an empty list removes all.
        type: list
        elements: raw
      companies:
        description:
          - Companies by name or alias, or each as a dictionary with C(name), or with C(id). When left out they are not managed; an empty list removes all.
        type: list
        elements: raw
      domains:
        description:
          - Domains of a directory by name. When left out they are not managed; an empty list removes all.
        type: list
        elements: str
  exclusive:
    description:
      - Whether web consoles and associations that the lists do not name are removed. Lists that are left out are not touched.
    type: bool
    default: false
  max_removals:
    description:
      - The largest number of associations that this task may remove; a list that has lost its contents by mistake must not lock everybody out.
    type: int
    default: 20
  state:
    description:
      - Whether the app exists. It is deleted by its key; where another app has its name by the time of the deletion, that one is not touched, and the task
        fails with RV(ignore:error.kind=plan_changed).
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: cvops.identity.entra_application
  - module: cvops.identity.entra_application_secret
"""

EXAMPLES = r"""
- name: A secret for the registration that people sign in with
  cvops.identity.entra_application_secret:
    application:
      unique_name: commvault-sign-on
    name: commvault-oidc
  register: created
  no_log: true

- name: People sign in with Entra ID
  cvops.identity.commvault_oidc_app:
    name: entra-oidc
    application_id: 66666666-7777-4888-8999-000000000000
    secret: "{{ created.secret.value }}"
    secret_policy: fingerprint
    secret_fingerprint: "{{ created.secret.key_id }}"
    discovery_url: https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0/.well-known/openid-configuration
    web_console_urls:
      - https://commvault.corp.example:443/webconsole
    associations:
      user_groups:
        - Backup Operators
  when: created.secret.value is not none
  register: sign_on

- name: The redirect URI that it needs
  cvops.identity.entra_application:
    unique_name: commvault-sign-on
    web:
      redirect_uris: "{{ sign_on.oidc_app.reply_urls }}"
  when: sign_on.oidc_app.reply_urls is not none

- name: Delete the app
  cvops.identity.commvault_oidc_app:
    name: entra-oidc
    state: absent
"""

RETURN = r"""
oidc_app:
  description: The app as it is now; in check mode as it would be, with an unknown key V(null). Empty when it is absent. Its secret is never in it.
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
      description: Whether people can sign in through it.
      type: bool
    application_id:
      description: Application (client) id.
      type: str
    discovery_url:
      description: Address of the OpenID configuration.
      type: str
    web_console_urls:
      description: Addresses of web consoles as the app has them, sorted. Those to register in Entra ID are RV(oidc_app.reply_urls).
      type: list
      elements: str
    reply_url:
      description: The redirect URI to register for the application in Entra ID; of several, the first. V(null) where there is none in RV(oidc_app.reply_urls).
      type: str
    reply_urls:
      description:
        - The redirect URIs to register, one for each web console.
        - Entra ID sends sign-ins there, and of a web console that O(web_console_urls) does not name, it is Commvault that says so. So one whose host is
          neither that of O(web_console_urls) nor that of O(commvault_url) is left out with a warning, and all of this is V(null) where none is left; an
          empty list, which is an app without web consoles, would remove all redirect URIs from a registration.
      type: list
      elements: str
    secret_fingerprint:
      description: What the mark says of the secret that the app holds, V(null) where it carries no mark.
      type: str
    associations:
      description: Names by kind, sorted; those of no kind of the options as C(others). V(null) where Commvault does not show them.
      type: dict
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

from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.resource import OidcAppResource
from ansible_collections.cvops.identity.plugins.module_utils._commvault.secret_marks import SECRET_POLICIES
from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_removals_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(
    build_approval_spec(),
    build_removals_spec(),
    ArgumentSpec(
        {
            "name": {"type": "str", "required": True},
            "company": {"type": "str"},
            "description": {"type": "str"},
            "enabled": {"type": "bool"},
            "application_id": {"type": "str"},
            "secret": {"type": "str", "no_log": True},
            "secret_policy": {"type": "str", "choices": list(SECRET_POLICIES), "default": "on_create", "no_log": False},
            "secret_fingerprint": {"type": "str", "no_log": False},
            "discovery_url": {"type": "str"},
            "web_console_urls": {"type": "list", "elements": "str"},
            "associations": {
                "type": "dict",
                "options": {
                    "users": {"type": "list", "elements": "raw"},
                    "user_groups": {"type": "list", "elements": "raw"},
                    "companies": {"type": "list", "elements": "raw"},
                    "domains": {"type": "list", "elements": "str"},
                },
            },
            "exclusive": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        }
    ),
)

RESOURCE = OidcAppResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
