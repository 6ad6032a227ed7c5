#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_credential
short_description: Manage credentials of Entra applications in Commvault
version_added: 1.0.0
description:
  - Creates, changes and deletes credentials of Credential Manager that hold the client secret of an application of Entra ID (in Commvault an Azure
    application), with which backups sign in to Azure.
  - The credential is found by O(name) and O(company), without regard to letter case. A name that only looks equal is another one. One of another kind, such
    as a Windows account, is neither changed nor deleted. A credential is never renamed.
  - 'Commvault never shows a secret. Which one a credential holds is therefore kept in readable text, as the last line of its description:
    C([cvops secret: FINGERPRINT]), with the text of O(secret_fingerprint). O(description) and the result do not have that line.'
  - Only the owner may change or delete a credential; that is checked before anything is written. A write that somebody else has to approve first is no
    error, see RV(credential.pending_approval).
  - To replace a secret without an outage for those who use it, rotate it.
  - 'Commvault permissions, least first: C(Create Credential) to create; the owner changes and deletes.'
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
      - The name of the credential.
    type: str
    required: true
  description:
    description:
      - What the credential is for, without the line that says which secret it holds. When left out it is not managed; empty clears it.
    type: str
  azure_tenant_id:
    description:
      - Id of the tenant of the application. When left out it is not managed; a new credential needs it.
    type: str
  azure_application_id:
    description:
      - Application id (client id). When left out it is not managed; a new credential needs it.
    type: str
  azure_application_name:
    description:
      - What people call the application. A plan tells it in place of the id where the credential gets another application; it is not written.
    type: str
  pending_application:
    description:
      - In check mode, takes an application without O(azure_application_id) for one that an earlier task of the same run registers;
        O(azure_application_name) is then needed. Outside check mode that is an error. Playbooks that plan everything first need it.
    type: bool
    default: false
  secret:
    description:
      - The client secret as Entra ID has shown it; the module encodes it. It is written when O(secret_policy) says so; a new credential needs it, except
        with O(secret_policy=rotated).
    type: str
  secret_policy:
    description:
      - When O(secret) is written to a credential that exists. V(on_create) never does.
      - V(always) does in every run, so each one is a change.
      - V(fingerprint) does where the credential does not show O(secret_fingerprint), also where it shows none.
      - V(rotated) leaves the secret to a rotation, such as one of M(cvops.identity.secret_rotation). A new credential holds a random text until that writes
        the first secret, since Commvault stores none without; one that exists keeps what it holds. Where it gets another application, its mark goes
        and a warning says that nobody can sign in with it until the rotation has run. O(secret) and O(secret_fingerprint) are refused.
    type: str
    choices: [on_create, always, fingerprint, rotated]
    default: on_create
  secret_fingerprint:
    description:
      - A text by which people know the secret, such as the key id that Entra ID gave it; never made from the secret. It is written with the secret, and
        everybody who sees the credential may read it.
      - When left out, a secret that is written has no mark. Required with O(secret_policy=fingerprint).
    type: str
  environment:
    description:
      - The cloud of the application. When left out it is not managed; a new credential is for V(public).
    type: str
    choices: [public, usgov, china, germany, stack]
  endpoints:
    description:
      - Addresses of the cloud. Those that are left out are the ones that the credential has, and those of O(environment) where it is new or changes its cloud.
      - Endpoints that are not those of a known cloud are never replaced by these. With V(stack) as O(environment) all three are needed, since each
        installation has its own.
    type: dict
    suboptions:
      active_directory:
        description: Address where the application signs in, such as V(https://login.microsoftonline.com/).
        type: str
      resource_manager:
        description: Address of the resource manager, such as V(https://management.azure.com/).
        type: str
      storage:
        description: Host name of the storage, such as V(blob.core.windows.net).
        type: str
  owner:
    description:
      - Who owns the credential, and alone may change and delete it. When left out it is not managed; a new one belongs to the signed-in user.
    type: dict
    suboptions:
      user:
        description: A user by name, or as a dictionary with C(name) and C(company), or with C(id). One of this and O(owner.user_group) is needed.
        type: raw
      user_group:
        description: A user group, in the same form. One of this and O(owner.user) is needed.
        type: raw
  shared_with:
    description:
      - Users and user groups that may use the credential (permission C(User Credential)). When left out they are not managed; an empty list takes that right
        from all.
      - Associations that give other rights, or were made for the creator, are kept as they are.
    type: list
    elements: dict
    suboptions:
      user:
        description:
          - A user by name, or as a dictionary with C(name) and C(company), or with C(id). One of this and O(shared_with[].user_group) is needed.
        type: raw
      user_group:
        description: A user group, in the same form. One of this and O(shared_with[].user) is needed.
        type: raw
  pending_user_groups:
    description:
      - User groups that an earlier task of the same run creates, each by name, or as a dictionary with C(name) and C(company), such as
        RV(cvops.identity.commvault_role_mappings#module:role_mappings.user_group_references). In check mode those in O(owner) and O(shared_with) may
        then be missing; otherwise they are waited for, up to a minute. Plans tell them in the same words both times.
    type: list
    elements: raw
    default: []
  exclusive:
    description:
      - Whether users and user groups that are not listed in O(shared_with) lose the right to use the credential.
    type: bool
    default: false
  max_removals:
    description:
      - The largest number of users and user groups from which this task may take the right to use the credential; a list that has lost its contents by
        mistake must not lock everybody out.
    type: int
    default: 20
  state:
    description:
      - Whether the credential exists. Commvault refuses to delete one that something uses.
    type: str
    choices: [present, absent]
    default: present
notes:
  - Releases before 11.32 show neither the tenant, the environment, the owner nor the users of a credential. There O(owner) and O(shared_with) are refused,
    the owner is not checked beforehand, and a warning names what cannot be compared.
"""

EXAMPLES = r"""
- name: The application that backs up the production subscription
  cvops.identity.commvault_credential:
    name: azure-prod
    description: Backup of the production subscription
    azure_tenant_id: 11111111-2222-4333-8444-555555555555
    azure_application_id: 66666666-7777-4888-8999-000000000000
    secret: "{{ azure_prod_secret }}"
    secret_policy: fingerprint
    secret_fingerprint: "{{ azure_prod_key_id }}"
    shared_with:
      - user_group: Storage Team

- name: An application of the US government cloud, used by exactly one group
  cvops.identity.commvault_credential:
    name: azure-gov
    azure_tenant_id: 11111111-2222-4333-8444-555555555555
    azure_application_id: 66666666-7777-4888-8999-000000000001
    secret: "{{ azure_gov_secret }}"
    environment: usgov
    shared_with:
      - user_group: Storage Team
    exclusive: true

- name: A credential whose secret a rotation writes, the first one included
  cvops.identity.commvault_credential:
    name: azure-rotated
    azure_tenant_id: 11111111-2222-4333-8444-555555555555
    azure_application_id: 66666666-7777-4888-8999-000000000002
    azure_application_name: Commvault backup
    secret_policy: rotated

- name: Delete a credential that nothing uses any more
  cvops.identity.commvault_credential:
    name: azure-old
    state: absent
"""

RETURN = r"""
credential:
  description: The credential as it is now, never its secret; in check mode as it would be, with unknown ids V(null). Empty when it is absent.
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
      description: Company of the credential, V(null) for the CommCell.
      type: str
    description:
      description: What the credential is for, without the mark of its secret.
      type: str
    azure_tenant_id:
      description: Id of the tenant in lower case; V(null) where the release does not show it.
      type: str
    azure_application_id:
      description: Application id in lower case.
      type: str
    environment:
      description: The cloud, a value of O(environment), or Commvault's word for another one; V(null) where the release does not show it.
      type: str
    endpoints:
      description: Addresses of the cloud, with the keys of O(endpoints), as the service writes them.
      type: dict
    secret_fingerprint:
      description: The text by which people know the secret; V(null) where the credential does not say which secret it holds.
      type: str
    secret_written:
      description: Whether O(secret) was written in this run, or would be in check mode.
      type: bool
    owner:
      description: The owner; V(null) where the release does not show it.
      type: dict
      contains:
        kind:
          description: V(user) or V(user_group).
          type: str
        name:
          description: Name.
          type: str
        id:
          description: Id; V(null) in check mode for a user group of O(pending_user_groups).
          type: str
    shared_with:
      description: Users and user groups that may use it, sorted, each in the form of RV(credential.owner); V(null) where the release does not show them.
      type: list
      elements: dict
    pending_approval:
      description:
        - Whether what was written has no effect yet because somebody else has to approve it, as Commvault has said, or because it shows nothing of
          it after a minute of looks. Run the task again after the approval.
      type: bool
    not_confirmed:
      description:
        - What was written and is not shown as written after a minute of looks, as the name of an option, V(secret) for the mark of the secret, V(state) for
          the credential itself, or V(list) where only the list lags.
        - A change that removes rights and is not shown fails the task instead.
      type: list
      elements: dict
      contains:
        field:
          description: The option, V(list) for the list of all objects.
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
      description: What is given, removed or changed, such as V(secret).
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

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.desired import (
    build_credential_spec,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.resource import CredentialResource
from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_removals_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(build_approval_spec(), build_removals_spec(), build_credential_spec())

RESOURCE = CredentialResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
