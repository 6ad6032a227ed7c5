#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_group_info
short_description: Read groups of Microsoft Entra ID
version_added: 1.0.0
description:
  - Returns the groups that an id, a name, a prefix or a filter selects, or all groups; a list that is empty when there is none.
  - 'Graph permissions (application), least first: C(GroupMember.Read.All), C(Group.Read.All).'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.info
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._entra
  - cvops.identity._query
options:
  object_id:
    description:
      - The object id of one group. When this and all other selecting options are left out, all groups are returned.
    type: str
  object_ids:
    description:
      - The object ids of several groups, which are read together, many in one request. Those of no group are left out. When left out, they do not select.
    type: list
    elements: str
  unique_name:
    description:
      - The unique name of one group. When left out, it does not select.
    type: str
  display_name:
    description:
      - The display name, letter case apart. Several groups may have it. When left out, it does not select.
    type: str
  prefix:
    description:
      - The beginning of the display name. When left out, it does not select.
    type: str
  filter:
    description:
      - An OData filter of Microsoft Graph, passed on as it is. When left out, it does not select.
    type: str
  members:
    description:
      - Whether the direct members of each group are read too, those of twenty groups in one request.
    type: bool
    default: false
  owners:
    description:
      - Whether the owners of each group are read too, those of twenty groups in one request.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: All access groups, with their members
  cvops.identity.entra_group_info:
    prefix: GG-Commvault-
    members: true
  register: access

- name: Who is in two groups
  cvops.identity.entra_group_info:
    object_ids:
      - 5d2f0b1e-3b3a-4a0a-9a0e-2f7a9c1b6d11
      - 0f8fad5b-d9cb-469f-a165-70867728950e
    members: true

- name: The ids of the groups that access can be given to, by name
  cvops.identity.entra_group_info:
    prefix: GG-Commvault-
    query: "[?security_enabled].{name: display_name, id: object_id}"
"""

RETURN = r"""
groups:
  description: The groups, sorted by display name.
  returned: success
  type: list
  elements: dict
  contains:
    object_id:
      description: Object id.
      type: str
    display_name:
      description: Display name.
      type: str
    unique_name:
      description: Alternate key, if it has one.
      type: str
    mail_nickname:
      description: Mail alias.
      type: str
    description:
      description: What the group is for.
      type: str
    security_enabled:
      description: Whether access can be given to the group.
      type: bool
    members:
      description: Object ids of the direct members, sorted; only with O(members=true).
      type: list
      elements: str
    member_details:
      description: The same members, each as C(object_id), C(name), a user principal name for users, and C(type), such as V(user), V(group) or
        V(servicePrincipal); V(null) for what this identity may not read. Only with O(members=true).
      type: list
      elements: dict
    owners:
      description: Object ids of the owners, sorted; only with O(owners=true).
      type: list
      elements: str
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.info import find_groups
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SELECTING = ["object_id", "unique_name", "display_name", "prefix", "filter"]

SPEC = entra_spec().merge(
    ArgumentSpec(
        {
            **{name: {"type": "str"} for name in SELECTING},
            "object_ids": {"type": "list", "elements": "str"},
            "members": {"type": "bool", "default": False},
            "owners": {"type": "bool", "default": False},
            "query": {"type": "str"},
        },
        mutually_exclusive=[[*SELECTING, "object_ids"]],
    ),
)

RESOURCE = Report("groups", find_groups)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
