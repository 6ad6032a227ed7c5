#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_user_group
short_description: Manage user groups in Commvault, also those linked to Entra groups
version_added: 1.0.0
description:
  - Creates, changes and deletes user groups of a CommCell or a company, links them to groups of Entra ID, and keeps the members of those that are not
    linked.
  - The group is found by O(name) and O(company), without regard to letter case. A name that only looks equal is another one. The group is never renamed.
  - 'Commvault permissions, least first: to read, C(View) on the CommCell; to write, C(add / delete / modify a user group).'
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
      - The name of the group, without a domain. Groups of a directory (C(DOMAIN\name)) are made by the directory and refused.
    type: str
    required: true
  description:
    description:
      - What the group is for. When left out it is not managed; empty clears it.
    type: str
  enabled:
    description:
      - Whether the group has effect. When left out it is not managed; a new group is enabled.
    type: bool
  entra_group_id:
    description:
      - Object id of the Entra group that this group stands for (C(azureGUID)). From then on its members follow the Entra group at each sign-in.
      - Before it is written it is verified with Microsoft Graph (C(GroupMember.Read.All)). One that no group has is refused; where Graph cannot be asked, a
        warning and RV(user_group.unverified) say so.
      - When left out the link is not managed; empty removes it.
    type: str
  members:
    description:
      - Users by name, or each as a dictionary with C(name) and C(company), or with C(id). Refused for a group that is or becomes linked, whose members belong
        to the identity provider.
      - A name alone means a user of the company of O(commvault_company), else of the CommCell, and never one of another company.
      - When left out members are not managed; an empty list removes all.
    type: list
    elements: raw
  restricted_consoles:
    description:
      - Consoles that the members may not use, in Commvault's words, for example V(API) or V(COMMAND_LINE).
      - When left out they are not managed; an empty list lifts all restrictions.
    type: list
    elements: str
  two_factor:
    description:
      - Whether the members sign in with two factors. When left out it is not managed.
    type: bool
  exclusive:
    description:
      - Whether members and restrictions that are not listed are removed.
    type: bool
    default: false
  max_removals:
    description:
      - The largest number of members that this task may remove; a list that has lost its contents by mistake must not empty a group.
    type: int
    default: 20
  transfer_to_user:
    description:
      - The user who inherits what a deleted group owns, in the form of an element of O(members).
      - One of O(transfer_to_user) and O(transfer_to_group) is required with O(state=absent); when left out, the group of the other option inherits.
    type: raw
  transfer_to_group:
    description:
      - The user group that inherits what a deleted group owns, in the form of an element of O(members). When left out, the user of O(transfer_to_user)
        inherits.
    type: raw
  state:
    description:
      - Whether the group exists. The built-in groups C(master) and C(View All) cannot be deleted.
    type: str
    choices: [present, absent]
    default: present
  accept_risk:
    description:
      - V(own_rights) allows disabling or deleting a group that the signed-in user is in, and removing that user from it; V(last_admin) allows disabling
        the group C(master) and removing its last member.
    choices: [own_rights, last_admin]
"""

EXAMPLES = r"""
- name: The Commvault side of an Entra group
  cvops.identity.commvault_user_group:
    name: GG-Commvault-emea-vm-Operator
    description: Operators of virtual machine backup, EMEA
    entra_group_id: 8d0f3a52-4b1c-4a52-9d6e-0c1f5b7a9e21

- name: A local group with exactly these members
  cvops.identity.commvault_user_group:
    name: break-glass
    members:
      - breakglass
    exclusive: true
    two_factor: true

- name: Delete a group; what it owns goes to master
  cvops.identity.commvault_user_group:
    name: old-operators
    state: absent
    transfer_to_group: master
"""

RETURN = r"""
user_group:
  description: The group as it is now; in check mode as it would be, with unknown ids V(null). Empty when it is absent.
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
      description: Company of the group, V(null) for the CommCell.
      type: str
    description:
      description: What the group is for.
      type: str
    enabled:
      description: Whether it has effect.
      type: bool
    entra_group_id:
      description: Object id of the linked Entra group in lower case; empty when there is none.
      type: str
    unverified:
      description: The object id of O(entra_group_id) where it was to be written and could not be verified, because Microsoft Graph could not be asked.
      type: list
      elements: str
    restricted_consoles:
      description: Consoles that the members may not use, sorted.
      type: list
      elements: str
    two_factor:
      description: Whether the members sign in with two factors; V(null) where their company forbids it.
      type: bool
    members:
      description: Names of the members, sorted; only when O(members) is given.
      type: list
      elements: str
    not_confirmed:
      description:
        - What was written and is not shown as written after a minute of looks, as the name of an option, or V(list) where only the list lags.
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
      description: What is given, removed or changed, such as V(member).
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

import functools

from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.resource import (
    RISKS,
    UserGroupResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_removals_spec, build_risk_spec
from ansible_collections.cvops.identity.plugins.module_utils._joint.entra_group_links import verify_group_link
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(
    build_approval_spec(),
    build_risk_spec(*RISKS),
    build_removals_spec(),
    ArgumentSpec(
        {
            "name": {"type": "str", "required": True},
            "company": {"type": "str"},
            "description": {"type": "str"},
            "enabled": {"type": "bool"},
            "entra_group_id": {"type": "str"},
            "members": {"type": "list", "elements": "raw"},
            "restricted_consoles": {"type": "list", "elements": "str"},
            "two_factor": {"type": "bool"},
            "exclusive": {"type": "bool", "default": False},
            "transfer_to_user": {"type": "raw"},
            "transfer_to_group": {"type": "raw"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[["state", "absent", ["transfer_to_user", "transfer_to_group"], True]],
        mutually_exclusive=[["transfer_to_user", "transfer_to_group"]],
    ),
)

RESOURCE = functools.partial(UserGroupResource, verify_link=verify_group_link)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
