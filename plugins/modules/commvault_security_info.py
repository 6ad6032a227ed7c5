#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_security_info
short_description: Read users, groups, roles, permissions and associations of a CommCell
version_added: 0.1.0
description:
  - Returns one snapshot of who exists on a CommCell and who may do what there.
  - 'Commvault permissions: C(View) on the CommCell. What the signed-in account may not see is missing from the lists.'
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
      - V(role_permissions), V(user_group_details) and V(associations) cost one call per role, per user group, and per user and group.
        V(role_permissions) adds permissions and fields to RV(security.roles), V(user_group_details) adds members and links to RV(security.user_groups).
      - V(associations) needs release 11.42 or later.
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
      - associations
    default: [users, user_groups, external_groups, roles, permissions, companies]
  principals:
    description:
      - Narrows V(associations) to users and groups whose name matches one of these shell patterns, without regard to letter case.
      - When left out, all users and groups are read.
    type: list
    elements: str
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
      description: Users, with C(id), C(name), C(company) and C(enabled).
      type: list
      elements: dict
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
      description: Who may do what where.
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
          description: C(explicit), C(creator), C(owner), C(inherited), C(permissions) (no role, single permissions) or C(unknown).
          type: str
"""

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.info import (
    DETAILED,
    LISTED,
    take_snapshot,
)
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
