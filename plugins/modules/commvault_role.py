#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_role
short_description: Manage roles in Commvault
version_added: 1.0.0
description:
  - Creates, changes and deletes roles, which are named sets of permissions.
  - The role is found by O(name) and O(company), without regard to letter case. Permissions are compared one by one, also where a role holds
    whole categories.
  - 'Commvault permissions, least first: to read, C(View) on the CommCell; to write, C(Create Role), C(Edit Role) or C(Delete Role).'
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
      - The name of the role. The built-in role C(Master) is never changed.
    type: str
    required: true
  description:
    description:
      - What the role is for. When left out it is not managed; empty clears it.
    type: str
  permissions:
    description:
      - Permissions by name or id, as the permission catalogue of the CommServe writes them.
      - When O(permissions) and O(categories) are both left out, permissions are not managed; a new role needs one of them.
    type: list
    elements: str
  categories:
    description:
      - Permission categories by name or id. All permissions of a category and of its sub-categories are meant, those of later releases included.
      - When left out, only O(permissions) count.
    type: list
    elements: str
  exclusive:
    description:
      - Whether permissions that are not listed are removed.
    type: bool
    default: true
  enabled:
    description:
      - Whether the role has effect. When left out it is not managed; a new role is enabled.
    type: bool
  visible_to_all:
    description:
      - Whether all users see the role. When left out it is not managed; a new role is not visible to all.
    type: bool
  state:
    description:
      - Whether the role exists. Deleting a role takes it from everyone who holds it.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: People who restore, and see alerts
  cvops.identity.commvault_role:
    name: Restore Operator
    description: First-line restores
    permissions:
      - View
      - Browse
      - In Place Recover
    categories:
      - Alert

- name: Add one permission, leave the others
  cvops.identity.commvault_role:
    name: Restore Operator
    permissions:
      - Download
    exclusive: false
"""

RETURN = r"""
role:
  description: The role as it is now; in check mode as it would be, with unknown ids V(null). Empty when it is absent.
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
      description: Company of the role, V(null) for the CommCell.
      type: str
    description:
      description: What the role is for.
      type: str
    enabled:
      description: Whether it has effect.
      type: bool
    visible_to_all:
      description: Whether all users see it.
      type: bool
    permissions:
      description: Names of all its permissions, those of categories included, sorted.
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
      description: What is given, removed or changed, such as V(permission).
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

from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.options import build_role_spec
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.resource import RoleResource
from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(build_approval_spec(), build_role_spec())

RESOURCE = RoleResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
