#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_roles
short_description: Manage many roles in Commvault
version_added: 1.0.0
description:
  - Creates, changes and deletes roles, which are named sets of permissions, many roles in one task and under one log-in.
  - Each role is found and changed as M(cvops.identity.commvault_role) does it. Each list is read once, and all roles are planned before anything is
    written; what is wrong with any of them is reported together.
  - Roles are written one after another, deletions last. After a failure the result tells what was written and what is left, and the next run goes on with
    that.
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
  - cvops.identity._roles
"""

EXAMPLES = r"""
- name: The roles of the first line
  cvops.identity.commvault_roles:
    roles:
      - name: Restore Operator
        description: First-line restores
        permissions:
          - View
          - Browse
          - In Place Recover
      - name: Alert Reader
        categories:
          - Alert

- name: One role is there, another one is gone
  cvops.identity.commvault_roles:
    roles:
      - name: Restore Operator
        permissions:
          - Download
        exclusive: false
      - name: Tape Operator
        state: absent
"""

RETURN = r"""
roles:
  description: The roles as they are now, in the order of O(roles); in check mode as they would be, with unknown ids V(null).
  returned: success
  type: list
  elements: dict
  contains:
    changed:
      description: Whether the task changes the role. A role that is absent has nothing else.
      type: bool
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
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.resource_list import RolesResource
from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource_list import build_list_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(build_approval_spec(), build_list_spec("roles", build_role_spec()))

RESOURCE = RolesResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
