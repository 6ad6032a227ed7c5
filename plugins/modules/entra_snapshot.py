#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_snapshot
short_description: Write everything in a tenant about access to Commvault into a file
version_added: 1.0.0
description:
  - Reads the groups that Commvault user groups are linked to or named after, with all groups in them, their members and owners; the users whom Commvault
    knows by user principal name or address; the applications of credentials and identity providers with owners, permissions, assignments and federated
    credentials; every program that holds a powerful application permission or a directory role; directory roles in use, conditional access policies and
    named locations; and writes all of it as one document, C(entra.json), into the folder of the snapshot.
  - What matters is taken from the documents of CommCells in the same folder (C(commcells/*.json)) and from O(applications) and O(groups). Without either,
    the programs that hold powers, roles, policies and locations are all that is read.
  - What the identity may not read is left empty, and RV(snapshot.sources) says which permission it takes. All other failures fail the task, so that a
    document never lacks what a service was merely too slow to tell.
  - The document holds no secret, no hint of one and no key. Files have mode 0600, folders 0700. Two documents of an unchanged tenant differ in their
    provenance only; then nothing is reported as changed, and the file has the new provenance.
  - The document tells all conditional access policies, and what each is to the applications of credentials, identity providers and O(applications).
  - Of each user who can sign in the document tells in how many groups of the whole tenant he or she is, through nesting as well, since a token carries no
    groups of somebody who is in too many. That costs one request for twenty users, and none where all applications that were read and have a group claim have
    the assigned groups alone in their tokens.
  - Directory roles that somebody may activate but has not are not read. Groups are followed through 50 levels; RV(snapshot.sources) tells what is deeper.
  - 'Graph permissions (application): C(Directory.Read.All) and C(Policy.Read.All) with C(RoleManagement.Read.Directory) for all of it; or
    C(GroupMember.Read.All) and C(Group.Read.All) for groups, C(User.Read.All) for users and whether they can sign in, C(User.Read.All) with
    C(GroupMember.Read.All) for in how many groups they are, C(Application.Read.All) for applications and service principals, C(Directory.Read.All) for
    delegated permissions, C(Organization.Read.All) for the name of the tenant.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._entra
options:
  dest:
    description:
      - Folder of the snapshot; it is created where it is missing. With C(delegate_to) it is on that host.
    type: path
    required: true
  applications:
    description:
      - Further applications, by application id, object id, unique name or display name; of several with one display name all.
      - A name that no application has is warned of, and RV(snapshot.sources) tells it under V(named_applications); nothing is lacking for it.
    type: list
    elements: str
    default: []
  groups:
    description:
      - Further groups, by object id, unique name or display name; of several with one display name all.
      - A name that no group has is warned of, and RV(snapshot.sources) tells it under V(named_groups); nothing is lacking for it.
    type: list
    elements: str
    default: []
seealso:
  - module: cvops.identity.entra_group_info
  - module: cvops.identity.entra_conditional_access_info
"""

EXAMPLES = r"""
- name: Write down what of the tenant bears on the CommCells of the snapshot
  cvops.identity.entra_snapshot:
    dest: snapshots/2026-11-27
  register: read

- name: Stop where not all of it could be read
  ansible.builtin.assert:
    that: read.snapshot.not_visible | length == 0
    fail_msg: "{{ read.snapshot.not_visible | map(attribute='why') | join('; ') }}"

- name: Also what the backup of Entra ID signs in with, and the groups of the help desk
  cvops.identity.entra_snapshot:
    dest: snapshots/2026-11-27
    applications: [Commvault management API]
    groups: [GG-Commvault-platform-Admin]
"""

RETURN = r"""
snapshot:
  description: The document; in check mode the one that would be written.
  returned: success
  type: dict
  contains:
    path:
      description: Path of the document.
      type: str
    counts:
      description: How many objects of each kind it holds, by the names of its lists, such as V(users) and V(groups).
      type: dict
    sources:
      description: What was read, sorted by name.
      type: list
      elements: dict
      contains:
        name:
          description: What was read.
          type: str
        count:
          description: How much was read of it.
          type: int
        complete:
          description: Whether that is all; V(null) where the service does not let the identity know.
          type: bool
        why:
          description: What is missing, and the permission that reading it takes, or which names nothing has; empty where there is nothing to tell.
          type: str
        read_at:
          description: When the last of it was read, RFC 3339 in UTC.
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
  description: What the task changes, or would change in check mode, one entry per change, in the order of the writes; empty when nothing changes.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Identifies the step; the same in check mode and in the run that carries it out.
      type: str
    action:
      description: The kind of write.
      type: str
    sign:
      description: V(+) gives or creates something, V(-) removes something, V(~) changes what stays.
      type: str
    kind:
      description: What is given, removed or changed, here V(document).
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
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.entra_options import (
    build_entra_snapshot_spec,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.entra_resource import EntraSnapshotResource
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(build_entra_snapshot_spec())

RESOURCE = EntraSnapshotResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
