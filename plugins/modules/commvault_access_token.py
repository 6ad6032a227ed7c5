#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_access_token
short_description: Manage access tokens in Commvault
version_added: 1.0.0
description:
  - Creates, changes and revokes access tokens. They are found by O(name), without regard to letter case, among the tokens of their owner.
  - Commvault shows the value of a token once. With O(store) it goes straight to the place that keeps it and is not returned; sign in with it by
    O(commvault_auth_method=token_store) and the same store. Without O(store) it is in the result, once.
  - Needs release 11.38 or later. O(user), O(allowed_ips), O(token_type=hyperscale) and O(renewable_until) more than a year ahead need 11.42. On a release
    that lacks it, the task fails before it writes anything, and names both releases; where the account may not see the release, the service decides.
  - 'Commvault permissions, least first: for tokens of one''s own, none; for tokens of others and of service accounts, C(User Management) or
    C(Administrative Management).'
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
  - cvops.identity._risk
requirements:
  - hvac, for a store in HashiCorp Vault
options:
  name:
    description:
      - The name of the token. Required with O(state=present); with O(state=absent) either it or O(id) is needed.
    type: str
  id:
    description:
      - The id of the token, for names that are not unique. A token with this id has to exist for O(state=present), and has to have O(name) where that is given.
      - When left out, the token is found by O(name).
    type: str
  user:
    description:
      - The token's owner, as a name or as a dictionary with C(name) and C(company), or with C(id). A name alone means a user of the company of
        O(commvault_company), else of the CommCell.
      - Tokens for others than the signed-in user can be created for approved service accounts only, from release 11.42 on.
      - When left out, the signed-in user.
    type: raw
  token_type:
    description:
      - What the token is for. V(all) may do whatever its owner may; V(custom) is limited to O(api_endpoints); V(scim), V(one_touch) and V(hyperscale) are for
        these products. V(scim) and V(one_touch) have no refresh token and end at O(expires).
      - When left out it is not managed; a new token is V(all).
    type: str
    choices: [all, custom, scim, one_touch, hyperscale]
  api_endpoints:
    description:
      - All paths that a V(custom) token may use. Each allows what is below it and what begins with the same letters, as C(/plan) allows C(/plans).
      - When left out they are not managed; a new V(custom) token needs at least one.
    type: list
    elements: str
  allowed_ips:
    description:
      - All addresses, networks (C(10.20.0.0/24)) and ranges (C(10.20.0.1-10.20.0.9)) from which the token may be used.
      - When left out they are not managed; a new token can be used from everywhere. Empty allows all.
    type: list
    elements: str
  renewable_until:
    description:
      - The date until which the token can be renewed, such as C(2027-03-31T00:00:00Z); at most a year ahead before release 11.42.
      - When left out it is not managed; a new token gets 90 days from the service.
    type: str
  expires:
    description:
      - The date on which a token of type V(scim) (at most a year ahead) or V(one_touch) (at most 14 days) ends. The life of other types is set by the service.
      - When left out it is not managed; a new token gets 30 or 7 days from the service.
    type: str
  store:
    description:
      - The place that keeps the token pair; exactly one of O(store.file) and O(store.hashi_vault). This host and user become its custodian.
      - With O(state=present) the store has the token's living pair afterwards. A pair of this token that is dead there is replaced, which revokes the token and
        creates it again. A living pair of another token is never overwritten. With O(state=absent) the token's pair is taken out of the store.
      - When left out, nothing is stored, and a new token is in the result.
    type: dict
    suboptions:
      file:
        description:
          - Path of a file on the host where the task runs. It and its folder are made for their owner alone (0600, 0700), an existing folder has
            to be so. Links are refused.
          - A relative path begins in the folder of the playbook, or, with a playbook of a collection, in the folder in which Ansible was started.
          - When left out, O(store.hashi_vault) is used.
        type: path
      hashi_vault:
        description:
          - A secret in a KV version 2 mount of HashiCorp Vault. The policy needs C(create), C(read) and C(update) on the secret, and for O(state=absent)
            C(update) on its C(destroy) path.
          - When left out, O(store.file) is used.
        type: dict
        suboptions:
          path:
            description:
              - Path of the secret in the mount.
            type: str
            required: true
          mount:
            description:
              - The mount.
            type: str
            default: secret
          url:
            description:
              - Address of the Vault, https; http only on a loopback address, for an agent. Redirects are not followed, so it is that of the active node,
                or of a load balancer that leads to it. When left out, E(VAULT_ADDR).
            type: str
          namespace:
            description:
              - Namespace. When left out, E(VAULT_NAMESPACE), else none.
            type: str
          token:
            description:
              - Token of the Vault. When left out, E(VAULT_TOKEN); without that, O(store.hashi_vault.role_id) is used.
            type: str
          role_id:
            description:
              - Role id of an AppRole. When left out, E(VAULT_ROLE_ID).
            type: str
          secret_id:
            description:
              - Secret id of the AppRole. When left out, E(VAULT_SECRET_ID).
            type: str
          approle_mount:
            description:
              - Mount of the AppRole method.
            type: str
            default: approle
          ca_path:
            description:
              - CA bundle for the Vault. When left out, E(VAULT_CACERT), then E(REQUESTS_CA_BUNDLE), then the bundle of the Python library certifi.
            type: path
  accept_risk:
    description:
      - V(lost_value) allows revoking a token of this name whose value is not in O(store) and creating it again. Whoever uses it is locked out.
    choices: [lost_value]
  state:
    description:
      - Whether the token exists.
    type: str
    choices: [present, absent]
    default: present
notes:
  - On current releases access tokens are managed by a password login only; with O(commvault_auth_method=access_token) or
    O(commvault_auth_method=token_store) the task fails before it writes anything.
  - A creation whose answer was lost leaves a token whose value nobody knows. It is recognised by its name, which was free before, revoked, and created again.
  - Without O(store) set C(no_log) to V(true) on the task, as the result holds the token.
"""

EXAMPLES = r"""
- name: A narrow token for the nightly jobs, kept on this host
  cvops.identity.commvault_access_token:
    name: nightly
    user: svc-nightly
    token_type: custom
    api_endpoints:
      - /V4/UserGroup
      - /V4/Role
      - /Security
    allowed_ips:
      - 10.20.0.0/24
    renewable_until: "2027-03-31T00:00:00Z"
    store:
      file: /var/lib/cvops/tokens/cs01.json

- name: Use it; it renews itself
  cvops.identity.commvault_security_info:
    commvault_auth_method: token_store
    commvault_token_store:
      file: /var/lib/cvops/tokens/cs01.json

- name: A token that all execution nodes share
  cvops.identity.commvault_access_token:
    name: execution-nodes
    store:
      hashi_vault:
        url: https://vault.corp.example:8200
        mount: secret
        path: commvault/cs01

- name: A token for provisioning from Entra ID
  cvops.identity.commvault_access_token:
    name: entra-provisioning
    token_type: scim
    expires: "2027-03-31T00:00:00Z"
  no_log: true
  register: provisioning

- name: Revoke a token
  cvops.identity.commvault_access_token:
    name: nightly
    user: svc-nightly
    state: absent
    store:
      file: /var/lib/cvops/tokens/cs01.json
"""

RETURN = r"""
access_token:
  description: The token as it is now; in check mode as it would be, with what the service decides V(null). Empty when it is absent.
  returned: success
  type: dict
  contains:
    id:
      description: Id.
      type: str
    name:
      description: Name.
      type: str
    user:
      description: Name of its owner, V(null) where the service does not tell.
      type: str
    expires:
      description: When the access token ends, RFC 3339 in UTC. One that can be renewed gets another end with each renewal.
      type: str
    renewable_until:
      description: Until when it can be renewed, RFC 3339 in UTC.
      type: str
    stored_in:
      description: The store that keeps the pair, V(null) without O(store).
      type: str
    value:
      description: The access token itself when this task has created it without O(store), else V(null).
      type: str
    refresh_token:
      description: The refresh token that goes with RV(access_token.value), else V(null).
      type: str
    not_confirmed:
      description:
        - What was written and is not shown as written after a minute of looks, as the name of an option, or V(list) where only the list lags.
        - A limit of the token or a revocation that is not shown fails the task instead.
      type: list
      elements: dict
      contains:
        field:
          description: The option, V(list) for the list of all tokens.
          type: str
salvaged:
  description: RV(access_token.id), RV(access_token.value) and RV(access_token.refresh_token) in a failed task that has created a token without O(store).
  returned: failure, when a token was created before
  type: dict
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
      description: What is given, removed or changed, such as V(access token).
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

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.resource import (
    AccessTokenResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_risk_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec
from ansible_collections.cvops.identity.plugins.module_utils._stores.options import token_store_option

SPEC = commvault_spec().merge(
    build_approval_spec(),
    build_risk_spec("lost_value"),
    ArgumentSpec(
        {
            "name": {"type": "str"},
            "id": {"type": "str"},
            "user": {"type": "raw"},
            "token_type": {
                "type": "str",
                "choices": ["all", "custom", "scim", "one_touch", "hyperscale"],
                "no_log": False,
            },
            "api_endpoints": {"type": "list", "elements": "str"},
            "allowed_ips": {"type": "list", "elements": "str"},
            "renewable_until": {"type": "str"},
            "expires": {"type": "str"},
            "store": token_store_option(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[["state", "present", ["name"]], ["state", "absent", ["name", "id"], True]],
    ),
)

RESOURCE = AccessTokenResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
