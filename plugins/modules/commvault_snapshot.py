#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_snapshot
short_description: Write everything about access to a CommCell into a file
version_added: 1.0.0
description:
  - Reads who exists on a CommCell, how they sign in, who may do what there, who owns what, access tokens, credentials of Azure applications, and identity
    providers, and writes it as one JSON document. It changes nothing on the CommCell.
  - The document holds no secret. It holds names and addresses of people, so it is written for its owner alone (mode 0600).
  - The lists of principals and their grants are read first, and once. A part that the service refuses to this account, or that the release does not have, is
    an empty list with the reason in RV(snapshot.sources), never "nothing there". A read that fails ends the task, and an older document stays.
  - Two documents of an unchanged CommCell are equal but for C(provenance), which says who read what, and when. A document that shows nothing new is written
    again for that alone, which is not C(changed).
  - 'Commvault permissions: C(View) on the CommCell; user management or C(Administrative Management) for the access tokens of others.
    RV(snapshot.not_visible) says what the account could not see.'
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
options:
  dest:
    description:
      - The folder of the snapshot. The document is C(commcells/NAME.json) in it, in the place of an older one. Folders that are not there are made, for this
        user alone; one that others can use is refused.
    type: path
    required: true
  commcell:
    description:
      - The name of the CommCell in the document, and of the file, such as its name in C(cvops_connection.commcells). When left out, the CommCell's own.
    type: str
  entity_kinds:
    description:
      - The kinds of entities whose owners are read, one call for each entity, two for a server whose properties say nothing of owners. The lists of entities
        are read of all kinds in any case.
      - With fewer than all kinds, the source C(owners) is not complete.
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
notes:
  - It costs one call per list, and one or two calls per user, group, role, entity, credential of Azure, and identity provider.
  - Before release 11.42 the service does not list all that a user or group holds. Associations are read from the entities then, and are not complete.
seealso:
  - module: cvops.identity.commvault_security_info
"""

EXAMPLES = r"""
- name: What bears on access to the CommCell, as a file
  cvops.identity.commvault_snapshot:
    dest: /var/lib/cvops/snapshot
    commcell: emea
  register: taken

- name: Nothing may be hidden from the account
  ansible.builtin.assert:
    that: taken.snapshot.not_visible | rejectattr('name', 'in', ['credentials', 'entities.credentials']) | length == 0
    fail_msg: "{{ taken.snapshot.not_visible | map(attribute='why') | join('; ') }}"
"""

RETURN = r"""
snapshot:
  description: Where the document is, how much it holds, and what could not be seen.
  returned: success
  type: dict
  contains:
    path:
      description: The file. In check mode, the one that would be written.
      type: str
    commcell:
      description: The name of the CommCell in the document.
      type: str
    counts:
      description: How many rows each list of the document has, by its name; lists of entities are named C(entities.KIND).
      type: dict
    sources:
      description: Each list that was read, in order.
      type: list
      elements: dict
      contains:
        name:
          description: The list; V(role_permissions), V(user_details) and V(user_group_details) are the details of those that are listed.
          type: str
        count:
          description: How many were read.
          type: int
        complete:
          description: Whether all were read. V(null) where the service does not let the account know.
          type: bool
        why:
          description: What is missing and why, with ids in place of names. Empty when all was read.
          type: str
        read_at:
          description: When its last answer came, RFC 3339 in UTC.
          type: str
    not_visible:
      description: Those of RV(snapshot.sources) that are not complete, or not known to be.
      type: list
      elements: dict
      contains:
        name:
          description: As in RV(snapshot.sources).
          type: str
        count:
          description: As in RV(snapshot.sources).
          type: int
        complete:
          description: As in RV(snapshot.sources).
          type: bool
        why:
          description: As in RV(snapshot.sources).
          type: str
        read_at:
          description: As in RV(snapshot.sources).
          type: str
steps:
  description: What the task changes, or would change in check mode, one entry per change; empty when the document shows nothing new.
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
      description: What is given, removed or changed, such as V(document).
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

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import ENTITY_TYPES
from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.commcell import CommCellSnapshot
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(
    build_approval_spec(),
    ArgumentSpec(
        {
            "dest": {"type": "path", "required": True},
            "commcell": {"type": "str"},
            "entity_kinds": {
                "type": "list",
                "elements": "str",
                "choices": list(ENTITY_TYPES),
                "default": list(ENTITY_TYPES),
            },
            "parallel_reads": {"type": "int", "default": 8},
        }
    ),
)

RESOURCE = CommCellSnapshot


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
