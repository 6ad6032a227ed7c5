#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_security_info
short_description: Read users, groups, roles, associations, owners and access tokens of a CommCell
version_added: 1.0.0
description:
  - Returns one snapshot of who exists on a CommCell, who may do what there, how they sign in, what they own and which access tokens they have.
  - What the service does not show is V(null), never V(false) and never an empty list. A read that fails ends the task.
  - 'Commvault permissions: C(View) on the CommCell. What the signed-in account may not see is missing from the lists. The access tokens of others need
    user management or C(Administrative Management); RV(security.owners_complete) and RV(security.access_tokens_complete) tell whether everything was seen.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.info
  - cvops.identity._attributes.commvault
  - cvops.identity._transport
  - cvops.identity._entra
  - cvops.identity._commvault
  - cvops.identity._query
options:
  subset:
    description:
      - The parts to read. Each of the parts that are read by default costs one call.
      - V(role_permissions), V(user_group_details) and V(user_details) cost one call per role, user group and user. V(role_permissions) adds permissions and
        fields to RV(security.roles), V(user_group_details) adds members and links to RV(security.user_groups), V(user_details) adds to RV(security.users)
        what they are, how they sign in and their groups.
      - V(user_details) costs a second call for a local user where the release does not say in the first one whether it is a service account, and for a user
        with a password where two-factor authentication is for some user groups only.
      - V(associations) costs one call per user and group, and needs release 11.42 or later.
      - V(owners) costs one call per entity of O(entity_kinds), or two per server where its properties say nothing of owners. An owner has rights on an entity
        without any association.
      - V(access_tokens) costs one call per user, and needs release 11.38 or later. The tokens themselves are never returned.
    type: list
    elements: str
    choices:
      - users
      - user_groups
      - external_groups
      - roles
      - permissions
      - companies
      - role_permissions
      - user_group_details
      - user_details
      - associations
      - owners
      - access_tokens
    default: [users, user_groups, external_groups, roles, permissions, companies]
  principals:
    description:
      - Narrows V(associations) to users and groups, V(user_details) and V(access_tokens) to users, and V(owners) to owners whose name matches one of these
        shell patterns, without regard to letter case. With V(user_details), RV(security.users) holds these users alone.
      - When left out, all users and groups are read.
    type: list
    elements: str
  entity_kinds:
    description:
      - The kinds of entities whose owners V(owners) reads.
      - Each kind costs one list and each entity one call, so on a CommCell with many servers name the kinds that matter.
    type: list
    elements: str
    choices:
      - commcell
      - company
      - servers
      - server_groups
      - plans
      - storage_pools
      - workflows
      - credentials
    default:
      - commcell
      - company
      - servers
      - server_groups
      - plans
      - storage_pools
      - workflows
      - credentials
  parallel_reads:
    description:
      - How many reads may be under way at a time.
    type: int
    default: 8
"""

EXAMPLES = r"""
- name: Who holds which role, and how it came to be
  cvops.identity.commvault_security_info:
    subset: [associations]
    principals: ['GG-Commvault-*']
  register: snapshot

- name: Local users that can sign in without an identity provider, and what of two-factor authentication they have
  cvops.identity.commvault_security_info:
    subset: [user_details]
    query: users[?local_password && enabled].{name:name, two_factor:two_factor, last_sign_in:last_sign_in}

- name: Who owns a server or a credential
  cvops.identity.commvault_security_info:
    subset: [owners]
    entity_kinds: [servers, credentials]

- name: Access tokens of service accounts
  cvops.identity.commvault_security_info:
    subset: [access_tokens]
    principals: ['svc-*']
  register: tokens
  failed_when: tokens is failed or not tokens.security.access_tokens_complete

- name: Names of the user groups that are linked to Entra
  cvops.identity.commvault_security_info:
    subset: [user_group_details]
    query: user_groups[?entra_group_id != ''].name
"""

RETURN = r"""
security:
  description: The snapshot, or what O(query) makes of it. Lists are sorted by name; ids are text.
  returned: success
  type: raw
  contains:
    commcell:
      description: The CommCell, with C(id), C(name), C(release) and C(company); what the account may not see is empty or V(null).
      type: dict
    users:
      description: Users, with C(id), C(name), C(company) and C(enabled). The other fields are those of V(user_details) in O(subset).
      type: list
      elements: dict
      contains:
        kind:
          description:
            - V(external) (of a directory), V(local) or V(service_account), as in the option O(cvops.identity.commvault_user#module:kind).
            - V(null) where the service does not tell whether it is a service account.
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
        signs_in_with:
          description:
            - Who checks that it is the user. V(commvault_password) and V(directory_password) are passwords that Commvault or a directory checks,
              V(identity_provider) is SAML or OpenID Connect, V(access_token) is all that a service account has.
          type: str
        identity_provider:
          description: The server that the user signs in with, V(null) where RV(security.users[].signs_in_with) is anything else than V(identity_provider).
          type: str
        local_password:
          description:
            - Whether Commvault keeps a password of the user. V(null) where that is not certain, as for a local user that signs in with an identity
              provider, who may have kept a password from before.
          type: bool
        two_factor:
          description:
            - Whether Commvault asks for a one-time PIN beside the password. V(null) for those who type no password there.
          type: bool
        locked:
          description: Whether the user is locked after wrong passwords.
          type: bool
        last_sign_in:
          description: When the user last signed in, RFC 3339 in UTC. V(null) also for one that never did.
          type: str
        groups:
          description:
            - The groups that the user is in, with C(kind) (V(user_group) or V(external_group), V(null) for one that no list shows), C(id) and C(name).
          type: list
          elements: dict
    two_factor:
      description: The two-factor setting of the CommCell. Only with V(user_details) in O(subset).
      type: dict
      contains:
        mode:
          description: V(off), V(everyone) or V(user_groups).
          type: str
        user_groups:
          description: Names of the user groups that need two factors.
          type: list
          elements: str
    user_groups:
      description: Groups of the CommCell and of companies, with C(id), C(name), C(company) and C(enabled).
      type: list
      elements: dict
    external_groups:
      description: Groups of a directory, named C(DOMAIN\group).
      type: list
      elements: dict
    roles:
      description: Roles, with C(id), C(name), C(company) and C(enabled).
      type: list
      elements: dict
    permissions:
      description: The permission catalogue, with C(id) and C(name).
      type: list
      elements: dict
    companies:
      description: Companies, with C(id) and C(name).
      type: list
      elements: dict
    associations:
      description: Who may do what where, as the service shows it for each user and group; memberships are not followed.
      type: list
      elements: dict
      contains:
        principal:
          description: C(kind) (C(user), C(user_group) or C(external_group)), C(id) and C(name).
          type: dict
        role:
          description: C(id) and C(name); V(null) where single permissions are granted.
          type: dict
        permissions:
          description: Names of the single permissions.
          type: list
          elements: str
        entity:
          description: C(kind), C(id) and C(name); the id C(all) stands for all entities of the kind, future ones included.
          type: dict
        grant_kind:
          description:
            - How the grant came to be. V(explicit) was granted as it stands, V(creator) came with the creation of the entity, V(owner) with its ownership,
              V(inherited) is granted elsewhere and shown here where the release marks that, V(permissions) are single permissions without a role.
            - V(unknown) is anything that cannot be told for certain.
          type: str
    owners:
      description: Who owns what, in the form of RV(security.associations). Only with V(owners) in O(subset).
      type: list
      elements: dict
      contains:
        principal:
          description: C(kind) (V(user), V(user_group), V(external_group), or V(unknown) where the service does not say who), C(id) and C(name).
          type: dict
        role:
          description: The role that comes with the ownership, where the service names one.
          type: dict
        permissions:
          description: Names of single permissions that come with the ownership, where the service names them.
          type: list
          elements: str
        entity:
          description: What is owned, with C(kind), C(id) and C(name).
          type: dict
        grant_kind:
          description: V(owner); V(unknown) where the service does not say who or of what.
          type: str
    owners_complete:
      description: Whether all entities of all kinds were read, by an account that certainly sees them all. Otherwise there may be further owners.
      type: bool
    owners_unread:
      description:
        - Entities whose owners the service does not show to this account, with C(kind), C(id) and C(name). The id V(all) stands for a kind that it may
          not list.
      type: list
      elements: dict
    access_tokens:
      description: Access tokens, without the tokens themselves. Only with V(access_tokens) in O(subset).
      type: list
      elements: dict
      contains:
        id:
          description: Id.
          type: str
        name:
          description: Name.
          type: str
        owner:
          description: The user that it acts as, with C(kind), C(id) and C(name). Id and name are V(null) where the service does not say whose it is.
          type: dict
        token_type:
          description:
            - What it is for, as in the option O(cvops.identity.commvault_access_token#module:token_type). V(null) for a type that is not known.
          type: str
        api_endpoints:
          description: The paths of the API that it is limited to, with all below them.
          type: list
          elements: str
        allowed_ips:
          description: The addresses that it is accepted from; empty means all.
          type: list
          elements: str
        expires:
          description: When the access token ends, RFC 3339 in UTC. One that can be renewed gets another end with each renewal.
          type: str
        renewable_until:
          description: Until when it can be renewed, RFC 3339 in UTC.
          type: str
        created:
          description: When it was made, RFC 3339 in UTC. Releases are not known to show it.
          type: str
        last_used:
          description: When it was last used, RFC 3339 in UTC. Releases are not known to show it.
          type: str
    access_tokens_complete:
      description:
        - Whether the tokens of all users that O(principals) means were read, by an account that certainly sees all users and their tokens. An account that
          may see only its own has V(false) here.
      type: bool
    access_tokens_unread:
      description: Users whose tokens the service does not show to this account, with C(kind), C(id) and C(name).
      type: list
      elements: dict
"""

from ansible_collections.cvops.identity.plugins.module_utils._commvault.overview.snapshot import (
    DETAILED,
    LISTED,
    take_snapshot,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import ENTITY_TYPES
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(
    ArgumentSpec(
        {
            "subset": {
                "type": "list",
                "elements": "str",
                "choices": [*LISTED, *DETAILED],
                "default": list(LISTED),
            },
            "principals": {"type": "list", "elements": "str"},
            "entity_kinds": {
                "type": "list",
                "elements": "str",
                "choices": list(ENTITY_TYPES),
                "default": list(ENTITY_TYPES),
            },
            "parallel_reads": {"type": "int", "default": 8},
            "query": {"type": "str"},
        }
    )
)

RESOURCE = Report("security", take_snapshot)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
