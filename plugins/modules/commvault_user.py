#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_user
short_description: Manage users and service accounts in Commvault
version_added: 1.0.0
description:
  - Creates, changes and deletes users of a CommCell or a company. They are local users, users of a directory, and service accounts, with which programs
    use the API.
  - The user is found by O(name) and O(company), without regard to letter case. A name that only looks equal is another one. The user is never renamed,
    and never becomes one of another kind.
  - People who sign in with Entra ID need no entry here when the SAML app creates them; their groups follow Entra ID.
  - A service account can be used only after somebody else has approved it. Until then RV(user.pending_approval) is V(true), and nothing is created again.
  - 'Commvault permissions, least first: to read, C(View) on the CommCell; to write, C(User Management); to create service accounts, C(Change security
    settings) as well.'
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
  - cvops.identity._risk
options:
  name:
    description:
      - The name to sign in with, C(DOMAIN\name) with O(kind=external), without a domain otherwise.
    type: str
    required: true
  kind:
    description:
      - What the user is. One that exists and is of another kind is refused.
      - V(local) - a user with a password in Commvault. V(external) - a user of a directory such as Active Directory. V(service_account) - an account
        without password, e-mail address and console, which uses the API with access tokens; it needs release 11.42.
      - Required with O(state=present). With O(state=absent), when left out, a user of any kind is deleted.
    type: str
    choices: [external, local, service_account]
  full_name:
    description:
      - Name of the person or the service. When left out it is not managed; empty clears it.
    type: str
  email:
    description:
      - E-mail address, in any letter case. A new local user needs one; a service account has none.
      - When left out it is not managed; empty clears that of a user of a directory.
    type: str
  user_principal_name:
    description:
      - User principal name, in any letter case. When left out it is not managed, and Commvault decides on that of a new user; empty clears it.
    type: str
  description:
    description:
      - What the user is for. When left out it is not managed; empty clears it.
    type: str
  enabled:
    description:
      - Whether the user can sign in. When left out it is not managed; a new user is enabled.
    type: bool
  password:
    description:
      - Password of a local user in clear; it is encoded here, once. Commvault never shows it, so O(password_policy) says when it is written.
      - When left out, Commvault makes one for a new local user and mails a link to reset it, and that of an existing one is not touched.
    type: str
  password_policy:
    description:
      - When O(password) is written to a user that exists.
      - V(on_create) - never. V(always) - in every run, which is then a change.
    type: str
    choices: [on_create, always]
    default: on_create
  validation_password:
    description:
      - The password that proves that O(password) of an existing user may be replaced. Sources disagree whether Commvault wants that of the signed-in user or
        the old one of the user. It is sent once, since refused passwords may lock accounts.
      - When left out, the password that the task signs in with. An access token has none, so it is needed then.
    type: str
  user_groups:
    description:
      - User groups by name, or each as a dictionary with C(name) and C(company), or with C(id). A name alone means a group of the company of
        O(commvault_company), else of the CommCell.
      - Refused for a user of a directory, which M(cvops.identity.commvault_user_group) puts into groups, and for a group to join that is linked to an Entra
        group, whose members belong to the identity provider.
      - When left out groups are not managed; an empty list takes the user out of all, apart from linked groups and groups of a directory.
    type: list
    elements: raw
  exclusive:
    description:
      - Whether the user leaves user groups that O(user_groups) does not list, apart from linked groups and groups of a directory.
    type: bool
    default: false
  max_removals:
    description:
      - The largest number of groups that the user may leave in this task; a list that has lost its contents by mistake must not remove all rights.
    type: int
    default: 20
  new_owner:
    description:
      - Who inherits what a deleted user owns, exactly one of O(new_owner.user) and O(new_owner.user_group).
      - With O(state=absent) either it or O(skip_ownership_transfer=true) is required; when left out, nobody inherits.
    type: dict
    suboptions:
      user:
        description:
          - A user by name, or as a dictionary with C(name) and C(company), or with C(id). When left out, O(new_owner.user_group) inherits.
        type: raw
      user_group:
        description:
          - A user group, in the form of O(new_owner.user). When left out, O(new_owner.user) inherits.
        type: raw
  skip_ownership_transfer:
    description:
      - Whether a user is deleted without an heir of what it owns.
    type: bool
    default: false
  state:
    description:
      - Whether the user exists. The built-in user C(admin) cannot be deleted. With a user its access tokens go.
    type: str
    choices: [present, absent]
    default: present
  break_glass:
    description:
      - Accounts that are kept for emergencies, which are not deleted, not disabled and not taken out of groups. When left out, none.
    type: dict
    suboptions:
      commvault_users:
        description: Names of Commvault users. When left out, none.
        type: list
        elements: str
      entra_users:
        description: User principal names; not looked at here, so that one variable serves all modules.
        type: list
        elements: str
      entra_groups:
        description: Entra groups; not looked at here, so that one variable serves all modules.
        type: list
        elements: str
  accept_risk:
    description:
      - V(own_rights) allows deleting or disabling the signed-in user, taking it out of groups, and writing its password.
      - V(last_admin) allows the same with the last enabled local user who administers the CommCell and can sign in without Entra ID.
      - V(break_glass) allows it with accounts in O(break_glass).
      - Where Commvault does not tell what it takes to judge V(own_rights) or V(last_admin), the change is refused as well until the risk is accepted.
    choices: [own_rights, last_admin, break_glass]
notes:
  - What the API answers while a service account waits for its approval is not published. The account is looked for by name where no list shows it; where
    that does not find it either, check mode says that it would be created, and the run finds that the name is taken and changes nothing.
seealso:
  - module: cvops.identity.commvault_access_token
  - module: cvops.identity.commvault_user_group
  - module: cvops.identity.commvault_role_mappings
"""

EXAMPLES = r"""
- name: An account for the nightly jobs, approved by somebody else afterwards
  cvops.identity.commvault_user:
    name: svc-nightly
    kind: service_account
    description: Converges access every night
    user_groups:
      - Automation
  register: account

- name: A token for it, once it is approved
  cvops.identity.commvault_access_token:
    name: nightly
    user: svc-nightly
    token_type: custom
    api_endpoints:
      - /V4/UserGroup
    store:
      file: /var/lib/cvops/tokens/cs01.json
  when: account.user.pending_approval is false

- name: A local administrator for the day when Entra ID does not answer
  cvops.identity.commvault_user:
    name: emergency-2
    kind: local
    full_name: Emergency access
    email: backup-platform@corp.example
    password: "{{ vault_emergency_password }}"
    user_groups:
      - master

- name: A user of Active Directory
  cvops.identity.commvault_user:
    name: CORP\jvega
    kind: external

- name: Somebody has left; the team inherits
  cvops.identity.commvault_user:
    name: jdoe
    state: absent
    new_owner:
      user_group: Storage Team
"""

RETURN = r"""
user:
  description: The user as it is now; in check mode as it would be, with unknown ids V(null). Empty when it is absent. Its password is never in it.
  returned: success
  type: dict
  contains:
    id:
      description: Id.
      type: str
    name:
      description: Name, as the service writes it.
      type: str
    company:
      description: Company of the user, V(null) for the CommCell.
      type: str
    kind:
      description: What the user is, as in O(kind). V(null) where the service does not tell whether it is a service account.
      type: str
    full_name:
      description: Name of the person or the service.
      type: str
    email:
      description: E-mail address.
      type: str
    user_principal_name:
      description: User principal name.
      type: str
    description:
      description: What the user is for.
      type: str
    enabled:
      description: Whether it can sign in.
      type: bool
    identity_provider:
      description: The server that the user signs in with, V(null) for Commvault itself and for a new user.
      type: str
    password_written:
      description: Whether the task writes the password, or would in check mode.
      type: bool
    user_groups:
      description: Names of the user groups that it is in, sorted; only when O(user_groups) is given.
      type: list
      elements: str
    provider_groups:
      description:
        - Those of RV(user.user_groups) that O(user_groups) does not list and that were not left, because the identity provider looks after them. Only when
          O(user_groups) is given.
      type: list
      elements: str
    pending_approval:
      description:
        - Whether the user, or the change of it, waits until somebody else approves it. Nothing of the change has happened then; run the task again when it is
          approved. With O(state=absent) the value is V(true) or not there.
        - V(null) where that is not told, as for a service account that is disabled, or that check mode would create.
      type: bool
    not_confirmed:
      description:
        - What was written and is not shown as written after a minute of looks, as the name of an option, V(state) for the user itself, or V(list) where only
          the list lags.
        - A change that removes rights and is not shown fails the task instead.
      type: list
      elements: dict
      contains:
        field:
          description: The option, V(state) for the user itself, V(list) for the list of all users.
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
      description: What is given, removed or changed, such as V(membership).
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

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.break_glass import (
    build_break_glass_spec,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.desired import build_user_spec
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.resource import UserResource
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.risks import RISKS
from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_removals_spec, build_risk_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(
    build_approval_spec(), build_risk_spec(*RISKS), build_removals_spec(), build_break_glass_spec(), build_user_spec()
)

RESOURCE = UserResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
