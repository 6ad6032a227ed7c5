#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_group
short_description: Manage security groups in Microsoft Entra ID
version_added: 1.0.0
description:
  - Creates, changes and deletes cloud security groups, and keeps their members and owners.
  - The group is found by O(object_id), else by O(unique_name), else by O(display_name), which must then be unambiguous.
  - 'Graph permissions (application), least first: to read, C(GroupMember.Read.All); to create, C(Group.Create), which does not allow changing the
    group afterwards unless the identity owns it; to change, C(Group.ReadWrite.All); for members or owners given by user name,
    C(User.Read.All); to verify those given by object id, C(Directory.Read.All), without which a warning says which were not verified.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._risk
options:
  display_name:
    description:
      - The name that people see. Not unique in Entra ID. A group whose name differs in letter case only has this name, and keeps its spelling.
      - When left out, the name of an existing group is not managed; a new group needs it.
    type: str
  object_id:
    description:
      - The group's object id. When left out, the group is found by name.
    type: str
  unique_name:
    description:
      - An immutable alternate key. A group that is created with it is never created twice, whatever happens to the answer.
      - When left out, a new group has none.
    type: str
  mail_nickname:
    description:
      - The mail alias that Entra ID demands of every group. When left out, a new group's is made from O(display_name), an existing group's is not managed.
    type: str
  description:
    description:
      - What the group is for. When left out it is not managed; empty clears it.
    type: str
  members:
    description:
      - Direct members as object ids or user principal names. When left out members are not managed; an empty list removes all.
    type: list
    elements: str
  owners:
    description:
      - Owners as object ids or user principal names. When left out owners are not managed.
    type: list
    elements: str
  exclusive:
    description:
      - Whether members and owners that are not listed are removed.
    type: bool
    default: false
  max_removals:
    description:
      - The largest number of members and owners that this task may remove; a list that has lost its contents by mistake must not empty a group.
    type: int
    default: 20
  state:
    description:
      - Whether the group exists. A deleted cloud security group can be restored for 30 days.
    type: str
    choices: [present, absent]
    default: present
  accept_risk:
    description:
      - V(rename) allows changing the display name of an existing group. Where Commvault matches groups by name, its members lose their access.
    choices: [rename]
"""

EXAMPLES = r"""
- name: A group for the operators of one region
  cvops.identity.entra_group:
    display_name: GG-Commvault-emea-vm-Operator
    unique_name: gg-commvault-emea-vm-operator
    description: Operators of virtual machine backup, EMEA
    members:
      - j.vega@corp.example

- name: Exactly these members, nobody else
  cvops.identity.entra_group:
    unique_name: gg-commvault-emea-vm-operator
    members:
      - j.vega@corp.example
      - 5d2f0b1e-3b3a-4a0a-9a0e-2f7a9c1b6d11
    exclusive: true
"""

RETURN = r"""
group:
  description: The group as it is now; in check mode as it would be, with unknown ids V(null).
  returned: success
  type: dict
  contains:
    object_id:
      description: Object id.
      type: str
    unverified:
      description: Object ids of O(members) and O(owners) that could not be verified, because this identity may not look them up; sorted.
      type: list
      elements: str
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
    members:
      description: Object ids of the direct members, sorted; only when O(members) is given.
      type: list
      elements: str
    members_added:
      description: Who becomes a member, each as C(object_id), C(name), a user principal name for users, and C(type), such as V(user); V(null) for what Entra ID
        does not tell. Only when O(members) is given.
      type: list
      elements: dict
    members_removed:
      description: Who is a member no more, in the same form; only when O(members) is given.
      type: list
      elements: dict
    owners:
      description: Object ids of the owners, sorted; only when O(owners) is given.
      type: list
      elements: str
    not_confirmed:
      description:
        - What Entra ID does not show as written after a minute, as the name of an option, or V(list) for a new group that is not found everywhere.
        - A deletion, and the removal of members and owners, that is not shown fails the task instead.
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

from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_removals_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.options import build_group_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.resource import GroupResource
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(build_approval_spec(), build_removals_spec(), build_group_spec())

RESOURCE = GroupResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
