#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_app_role_assignment
short_description: Assign the app roles of an application in Microsoft Entra ID
version_added: 1.0.0
description:
  - Assigns app roles of one application to groups, users and service principals, all assignments in one task, as a set. That is who may sign in where
    the application requires an assignment, and which roles tokens carry.
  - Roles and principals are given by name. All of them are looked up, and checked against whom a role is for, before anything is written; what is
    wrong is reported together.
  - Assignments are written one after another, what is added first. After a failure the result tells what was written and what is left, and the
    next run goes on with that.
  - 'Graph permissions (application), least first: to read, C(Application.Read.All), C(GroupMember.Read.All) for names of groups, C(User.Read.All) for user
    principal names, and C(Directory.Read.All) to verify object ids, without which they are written unverified; to write,
    C(AppRoleAssignment.ReadWrite.All), with which an identity can grant itself anything, so that no scheduled job should need it.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._application_reference
options:
  app_id:
    description:
      - The application (client) id; the application may belong to another tenant. When left out, O(application) says which.
    type: str
  application:
    description:
      - A registration in this tenant, by exactly one of its keys. When left out, O(app_id) says which.
  assignments:
    description:
      - Who holds which role, each pair once. An empty list together with O(exclusive=true) removes every role.
    type: list
    elements: dict
    required: true
    suboptions:
      app_role:
        description:
          - The role by its value, or by its display name or id, in this order. When left out, access without a role, which Entra ID allows only where the
            application has no role for that kind of principal.
        type: str
      group:
        description:
          - A group, by display name or object id. Members of groups within the group get nothing, and the tenant needs Entra ID P1.
            When left out, another key says who.
        type: str
      user:
        description:
          - A user, by user principal name or object id. When left out, another key says who.
        type: str
      service_principal:
        description:
          - A service principal, by display name or object id, for roles that applications can hold. Everybody who may register applications chooses
            display names, so that the object id is safer where a role means much. When left out, another key says who.
        type: str
  exclusive:
    description:
      - Whether assignments that are not listed are removed, whoever holds them.
    type: bool
    default: false
  max_removals:
    description:
      - The largest number of assignments that the task may remove; a list that has lost its contents by mistake must not lock everybody out.
    type: int
    default: 20
  accept_risk:
    description:
      - Changes that are refused until they are accepted here, each by its name. Goes with O(accept_reason).
      - V(lock_out) allows removing the last role of all groups and users of an application that requires an assignment; nobody can sign in then.
      - V(own_rights) allows taking a role from the signed-in identity itself.
    type: list
    elements: str
    choices: [lock_out, own_rights]
  accept_reason:
    description:
      - Why the risks are accepted; needed with O(accept_risk).
    type: str
  pending_app_roles:
    description:
      - Values of app roles that earlier tasks of the same play would create. Used in check mode only; where the application itself is still to be
        created, and there are any, a role that is not among them is a mistake.
    type: list
    elements: str
    default: []
  pending_entra_groups:
    description:
      - Display names of groups that earlier tasks of the same play would create. Used in check mode only.
    type: list
    elements: str
    default: []
  state:
    description:
      - Whether the listed assignments exist. What they name has to exist either way, so that a misspelt name leaves nobody with a role unnoticed.
    type: str
    choices: [present, absent]
    default: present
notes:
  - Tokens that were issued before keep their roles until they expire, an hour as a rule.
  - A principal has at most 1,500 assignments.
seealso:
  - module: cvops.identity.entra_application
    description: Defines the roles.
  - module: cvops.identity.entra_service_principal
    description: Says whether an assignment is required.
  - module: cvops.identity.entra_admin_consent
    description: Grants the permissions that an application requests of APIs.
"""

EXAMPLES = r"""
- name: These groups may sign in, and nobody else
  cvops.identity.entra_app_role_assignment:
    application:
      unique_name: commvault
    assignments:
      - group: GG-Commvault-emea-vm-Operator
        app_role: Operator
      - group: GG-Commvault-emea-vm-Auditor
        app_role: Auditor
    exclusive: true

- name: A reporting service may call the management API
  cvops.identity.entra_app_role_assignment:
    application:
      unique_name: commvault-management
    assignments:
      - service_principal: backup-reports
        app_role: Reports.Read

- name: One person loses the role
  cvops.identity.entra_app_role_assignment:
    application:
      unique_name: commvault
    assignments:
      - user: j.vega@corp.example
        app_role: Operator
    state: absent
"""

RETURN = r"""
app_role_assignments:
  description: All assignments of the application as they are now, those that the task does not manage among them; in check mode as they would be.
  returned: success
  type: list
  elements: dict
  contains:
    app_role:
      description: Value of the role, its display name where it has none, its id where the application offers it no more; V(null) for access without a role.
      type: str
    app_role_id:
      description: Id of the role, of zeros for access without a role; V(null) in check mode for one that an earlier task would create.
      type: str
    principal_type:
      description: V(group), V(user) or V(service_principal).
      type: str
    name:
      description: Display name of the principal; of users that O(assignments) lists, the name that is given there.
      type: str
    object_id:
      description: Object id of the principal; V(null) in check mode for one that an earlier task would create.
      type: str
    not_confirmed:
      description:
        - One entry where Entra ID does not show the assignment after a minute, else none.
        - An assignment that was removed and is shown still fails the task instead.
      type: list
      elements: dict
      contains:
        field:
          description: V(assignment).
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
      description: What is given, removed or changed, such as V(app role assignment).
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
from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.options import (
    app_role_assignments_spec,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.resource import (
    AppRoleAssignmentsResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(build_approval_spec(), app_role_assignments_spec())

RESOURCE = AppRoleAssignmentsResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
